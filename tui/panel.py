"""Describe a panel: what it draws, where it stands at each size of the screen, and what a click in it means.

A panel is a record, made in a file of its own in `tui.panels`. Its key, its help, its heading, its place and its row of
README.md are made from that record; nothing else names a panel by its key.

The screen has one of the LAYOUTS, by its size: a grid. A panel has a `Place` in each: the columns that it spans, and
perhaps a stack. Panels of one stack share a place, and the one asked for last is in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tui.messages import Column
from tui.raster import Row
from tui.view.view_state import Readable, ViewState


@dataclass(frozen=True, slots=True)
class Layout:
    """A grid: how many columns it has, how its rows share the height, and the stack that `tab` goes round, if any."""

    columns: int
    rows: str
    turned: str = ""


TALL_FROM, NORMAL_FROM, WIDE_FROM = 20, 100, 160
"""Rows from which on a screen is tall, columns from which on it is of normal width, and wide."""

LAYOUTS = {
    "short": Layout(2, "1fr", turned="rest"),
    "narrow": Layout(2, "3fr 2fr", turned="rest"),
    "normal": Layout(6, "5fr 4fr 4fr"),
    "wide": Layout(12, "5fr 4fr 4fr"),
}
"""The layouts by name."""

ALONE = Layout(1, "1fr")
"""The layout of one panel that has the room of all."""


def layout_for(width: int, height: int, crowded: bool = False) -> str:
    """Return the name of the layout for a screen of this size; `crowded` where a card takes rows from the panels."""
    if height < TALL_FROM or (crowded and width < NORMAL_FROM):
        return "short"
    return "narrow" if width < NORMAL_FROM else "normal" if width < WIDE_FROM else "wide"


def layout_of(view: ViewState) -> str:
    """Return the name of the layout that the panels stand in."""
    return layout_for(*view.size, crowded=view.touring)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel stands in a layout: the columns of the grid that it spans, and the stack it belongs to, if any."""

    span: int = 1
    stack: str = ""


Drawing: TypeAlias = Callable[[ViewState, int, int], list[Row]]
"""A view state, a width and a height → so many rows of so many cells."""

Finder: TypeAlias = Callable[[ViewState, int, int, int, int], Readable | None]
"""A view state, x, y, and the width and height it is drawn in → what is shown there."""

Click: TypeAlias = Callable[[ViewState, int, int, int, int], ViewState]
"""A view state, x, y, width and height → the view state that a click there asks for."""


def no_words(view: ViewState) -> str:  # noqa: ARG001  (any panel's)
    """Return nothing to say."""
    return ""


def no_change(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Click)
    """Return the view state as it is."""
    return view


def no_columns(view: ViewState) -> Sequence[Column]:  # noqa: ARG001  (any panel's)
    """Return nothing to ask the engine for."""
    return ()


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the screen knows of a panel.

    - `key` brings it into focus, and `words` say so in the help; panels stand in the order of their keys
    - `name` is how code calls it
    - `title` and `subtitle` are the words on its border, `draw` its rows
    - `spot` is what can be read under the mouse, `here` what is read under the panel's own cursor
    - `about` and `formula` are its part of the help; formulas are set apart by ";   "
    - `places` has a Place for each layout
    - `click` is what a click asks for, `columns` what the engine is asked for while time rests
    - `opens` puts it in front of its stack until another is asked for
    """

    key: str
    name: str
    words: str
    title: Callable[[ViewState], str]
    draw: Drawing
    spot: Finder
    here: Callable[[ViewState], Readable]
    about: str
    formula: str
    places: Mapping[str, Place]
    subtitle: Callable[[ViewState], str] = no_words
    click: Click = no_change
    columns: Callable[[ViewState], Sequence[Column]] = no_columns
    opens: bool = False


def in_sight(panels: Iterable[Panel], layout: str, recent: Sequence[str]) -> list[str]:
    """Return the names of the panels that a layout shows.

    Of each stack that is the one asked for last. `recent` has the names of panels, that asked for last first.
    """

    def rank(panel: Panel) -> tuple[int, bool]:
        return (recent.index(panel.name) if panel.name in recent else len(recent), not panel.opens)

    panels = list(panels)
    stacks: dict[str, list[Panel]] = {}
    for panel in panels:
        stacks.setdefault(panel.places[layout].stack or f"alone {panel.name}", []).append(panel)
    front = {min(stack, key=rank).name for stack in stacks.values()}
    return [panel.name for panel in panels if panel.name in front]


def ring(panels: Iterable[Panel], layout: str) -> list[str]:
    """Return the names of the panels that `tab` goes round: those of the layout's turned stack, or all."""
    turned = LAYOUTS[layout].turned
    return [panel.name for panel in panels if not turned or panel.places[layout].stack == turned]
