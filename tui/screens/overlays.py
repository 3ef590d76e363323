"""What is laid over the main screen: scenarios, the editor, go to, export, help. Each gives back a choice."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from tui.actions import ACTIONS, spelled
from tui.view import PANELS

Chosen = TypeVar("Chosen")


class Overlay(ModalScreen[Chosen]):
    """A box over the screen; escape gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back", priority=True)]

    def action_leave(self) -> None:
        """Nothing was chosen."""
        self.dismiss(None)


class Scenarios(Overlay[str | None]):
    """The scenarios: a list to filter by typing, and what the one under the cursor shows.

    `entries` maps what is given back to (name, title, paragraph).
    """

    def __init__(self, entries: dict[str, tuple[str, str, str]]) -> None:
        super().__init__()
        self.entries = entries

    def compose(self) -> ComposeResult:
        """A filter, the list, and the paragraph."""
        with Vertical(classes="box"):
            yield Input(placeholder="type to filter; enter opens")
            yield OptionList(markup=False)
            yield Static(classes="about", markup=False)

    def on_mount(self) -> None:
        """Show all."""
        self.fill("")

    def fill(self, wanted: str) -> None:
        """List the scenarios whose name or title has the words."""
        options = self.query_one(OptionList)
        options.clear_options()
        for key, (name, title, _) in self.entries.items():
            if wanted.lower() in f"{name} {title}".lower():
                options.add_option(Option(f"{name:<22}{title}", id=key))
        options.highlighted = 0 if options.option_count else None

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        """Type to filter."""
        self.fill(event.value)

    @on(Input.Submitted)
    def open_first(self) -> None:
        """Enter opens the one that is highlighted."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(options.get_option_at_index(options.highlighted).id)

    def key_down(self) -> None:
        """From the filter into the list."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionHighlighted)
    def describe(self, event: OptionList.OptionHighlighted) -> None:
        """Say what it shows."""
        self.query_one(".about", Static).update(self.entries[str(event.option_id)][2], layout=True)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(event.option_id)


class Editor(Overlay[str | None]):
    """The scenario as it is written, checked while one types by the engine's own reader."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "apply", "apply", priority=True)]

    def __init__(self, text: str, check: Callable[[str], str | None]) -> None:
        super().__init__()
        self.text, self.check = text, check
        self.problem: str | None = None

    def compose(self) -> ComposeResult:
        """The text, and what is wrong with it."""
        with Vertical(classes="box") as box:
            box.border_title = "edit the chain: ctrl+s applies, escape leaves"
            yield TextArea(self.text, show_line_numbers=True, tab_behavior="indent")
            yield Static(classes="why", markup=False)

    def on_mount(self) -> None:
        """The text may be wrong already."""
        self.judge()

    @on(TextArea.Changed)
    def judge(self) -> None:
        """Ask the reader what it thinks of the text."""
        self.problem = self.check(self.query_one(TextArea).text)
        why = self.query_one(".why", Static)
        why.set_class(self.problem is None, "fine")
        why.update(self.problem or "✓ a scenario: ctrl+s applies it")

    def action_apply(self) -> None:
        """Give the text back if it is a scenario."""
        if self.problem is None:
            self.dismiss(self.query_one(TextArea).text)


class GoTo(Overlay[int | None]):
    """A time to go to."""

    def __init__(self, T: int) -> None:
        super().__init__()
        self.T = T

    def compose(self) -> ComposeResult:
        """One field."""
        with Vertical(classes="small") as box:
            box.border_title = f"go to t, from 0 to {self.T}"
            yield Input(type="integer", max_length=7)
            yield Static(classes="why", markup=False)

    @on(Input.Submitted)
    def go(self, event: Input.Submitted) -> None:
        """If there is such a time."""
        if event.value.isdecimal() and int(event.value) <= self.T:
            self.dismiss(int(event.value))
        else:
            self.query_one(".why", Static).update(f"t is a whole number from 0 to {self.T}")


class Export(Overlay[str | None]):
    """What to save."""

    KINDS: ClassVar[dict[str, str]] = {
        "svg": "a picture of this screen, SVG",
        "csv": "the numbers, one row a step, CSV",
        "json": "the result, JSON",
        "toml": "the scenario, TOML",
    }

    def compose(self) -> ComposeResult:
        """A short list."""
        with Vertical(classes="small") as box:
            box.border_title = "save into the current folder"
            yield OptionList(*(Option(words, id=kind) for kind, words in self.KINDS.items()))

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(event.option_id)


class Help(Overlay[None]):
    """Every action, from the registry, and what each panel means."""

    def compose(self) -> ComposeResult:
        """Keys first, then the panels."""
        with VerticalScroll(classes="box") as box:
            box.border_title = "help: escape leaves"
            for group, actions in groupby(ACTIONS, key=lambda action: action.group):
                keys = {a: " ".join(spelled(key) for key in a.keys.split(",")) for a in actions}
                body = "\n".join(f"  {spelled:<18} {a.words}" for a, spelled in keys.items())
                yield Static(f"{group}\n{body}\n", markup=False)
            for number, panel in PANELS.items():
                yield Static(Content.assemble((f"{number} {panel.title}", "bold"), f"\n{panel.about}\n"), markup=False)
                yield Static(f"  {panel.formula}\n", classes="formula", markup=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()
