"""Ask for a state by its name: what one types finds it among however many there are."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.glyphs import padded, shorten
from tui.screens.lists import Choices
from tui.screens.overlays import BACK, Overlay
from tui.view.footer import Hint

LISTED = 50
"""States that are listed at most: whoever sees so many types another letter."""

NAME = 30
"""Columns of a name in the list."""


def folded(text: str) -> str:
    r"""Return a text so that it equals what looks or sounds like it: composed, and without capitals.

    >>> folded("E\u0301") == folded("\u00e9")
    True
    """
    return unicodedata.normalize("NFC", text).casefold()


def matches(wanted: str, names: Sequence[Collection[str]]) -> list[int]:
    """Return the states one of whose names has the words, the nearest first: equal, begins so, has it somewhere.

    `names` has each state's folded names. #3 is the state of that number, counted from 0.

    >>> matches("an", [("banana",), ("ant",), ("an",), ("bee",)]), matches("#1", [("a",), ("b",)])
    ([2, 1, 0], [1])
    """
    asked = folded(wanted)
    number = asked.removeprefix("#")
    found: list[list[int]] = [[], [], []]
    if number != asked and number.isdecimal() and int(number) < len(names):
        found[0].append(int(number))
    for state, own in enumerate(names):
        if asked in own:
            found[0].append(state)
        elif any(name.startswith(asked) for name in own):
            found[1].append(state)
        elif any(asked in name for name in own):
            found[2].append(state)
    return list(dict.fromkeys(found[0] + found[1] + found[2]))


class Jump(Overlay[int | None]):
    """A field, the states that are meant so far, and how many those are; enter gives back the one highlighted."""

    HINTS: ClassVar[tuple[Hint, ...]] = (
        Hint("type", "Filter", "", 1),
        Hint("↑↓", "Choose", "", 2),
        Hint("enter", "Go", "take", 3),
        BACK,
    )

    def __init__(self, states: Sequence[str], labels: Sequence[str]) -> None:
        """Take the names as they are written, and as they are shown."""
        super().__init__()
        self.labels = labels
        self.names = [{folded(name), folded(label)} for name, label in zip(states, labels, strict=True)]
        self.found: list[int] = []

    def compose(self) -> ComposeResult:
        """Lay out the field, the count and the list."""
        with Vertical(classes="small jump") as box:
            box.border_title = "go to a state by its name"
            yield Input(placeholder="a name, a part of it, or #number")
            yield Static(classes="count", markup=False)
            yield Choices(markup=False)

    def on_mount(self) -> None:
        """List the first of all."""
        self.fill("")

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        """List what is meant so far."""
        self.fill(event.value)

    def fill(self, wanted: str) -> None:
        """List the states found, and say how many there are."""
        self.found = matches(wanted, self.names) if wanted else list(range(len(self.labels)))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(f"{padded(shorten(self.labels[state], NAME), NAME)} #{state}") for state in self.found[:LISTED]
        )
        options.highlighted = 0 if self.found else None
        count, K = len(self.found), len(self.labels)
        told = f"{count:,} of {K:,} states" if count else f"none of {K:,} states has that in its name"
        self.query_one(".count", Static).update(told + f"; the first {LISTED}" * (count > LISTED))

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Give back the state that is highlighted."""
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None and highlighted < len(self.found):
            self.dismiss(self.found[highlighted])

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Give this one back."""
        if event.option_index < len(self.found):
            self.dismiss(self.found[event.option_index])

    def key_down(self) -> None:
        """Move the highlight, with the field still there to type in."""
        self.query_one(OptionList).action_cursor_down()

    def key_up(self) -> None:
        """Move it back."""
        self.query_one(OptionList).action_cursor_up()
