"""Describe a panel: what it draws, where it stands at each size of the screen, and what a click in it means.

A panel is a record, made in a file of its own in `tui.panels`. Its key, its help, its heading, its place and its row of
README.md are made from that record; nothing else names a panel by its key.

The screen has one of the LAYOUTS, by its size: a grid. A panel has a `GridArea` in each: the columns that it spans, and
perhaps a stack. Panels of one stack share a place, and the one asked for last is in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tui.glyphs import columns
from tui.messages import Column
from tui.raster import Row
from tui.view.view_state import Readable, ViewState
from tui.view.window import TableWindow


@dataclass(frozen=True, slots=True)
class Layout:
    """A grid: how many columns it has, how its rows share the height, and the stack that `tab` goes round, if any."""

    columns: int
    rows: str
    turned: str = ""


TALL_FROM, NORMAL_FROM, WIDE_FROM = 20, 100, 160
"""Rows from which on a screen is tall, columns from which on it is of normal width, and wide."""

ONE_BELOW = 60
"""Columns below which only one panel goes beside the form."""

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
    width, height = view.size
    return layout_for(width - view.beside, height, crowded=view.touring)


def alone(view: ViewState) -> str:
    """Return the name of the panel that has the room of all: as was asked, or since the form leaves room for one."""
    return view.zoomed or (view.focused if view.beside and view.size[0] - view.beside < ONE_BELOW else "")


@dataclass(frozen=True, slots=True)
class GridArea:
    """Where a panel stands in a layout: the columns of the grid that it spans, and the stack it belongs to, if any."""

    span: int = 1
    stack: str = ""


Drawing: TypeAlias = Callable[[ViewState, int, int], list[Row]]
"""A view state, a width and a height → so many rows of so many cells."""

Finder: TypeAlias = Callable[[ViewState, int, int, int, int], Readable | None]
"""A view state, x, y, and the width and height it is drawn in → what is shown there."""

Click: TypeAlias = Callable[[ViewState, int, int, int, int], ViewState]
"""A view state, x, y, width and height → the view state that a click there asks for."""


Tabled: TypeAlias = Callable[[ViewState, int, int], TableWindow | None]
"""A view state, a width and a height → which rows of the panel's table are in sight, if it has one."""


Finding: TypeAlias = Callable[[ViewState, int, int, int], ViewState]
"""A view state, a state that is asked for by name, width and height → the view state that shows it."""


Subject: TypeAlias = Literal["either", "symbol", "sequences"]
"""What a panel speaks of, where the data may be sequences."""


def no_words(view: ViewState) -> str:  # noqa: ARG001  (any panel's)
    """Return nothing to say."""
    return ""


def no_change(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Click)
    """Return the view state as it is."""
    return view


def no_columns(view: ViewState) -> Sequence[Column]:  # noqa: ARG001  (any panel's)
    """Return nothing to ask the engine for."""
    return ()


def choose_x_t(view: ViewState, state: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Finding)
    """Choose the state of x_t."""
    return replace(view, chosen=state)


def no_table(view: ViewState, width: int, height: int) -> TableWindow | None:  # noqa: ARG001  (a Tabled)
    """Return that nothing scrolls."""
    return None


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the screen knows of a panel.

    - `key` brings it into focus, and `words` say so in the help; panels stand in the order of their keys
    - `name` is how code calls it
    - `title` and `subtitle` are the words on its border, `brief` a shorter title, `draw` its rows
    - `spot` is what can be read under the mouse, `here` what is read under the panel's own cursor
    - `about` and `formula` are its part of the help; formulas are set apart by ";   "
    - `areas` has a GridArea for each layout
    - `click` is what a click asks for, `columns` what the engine is asked for while time rests
    - `inspects` is whether it shows what `inspect` says of the chain where it is alone: the engine is asked for it then
    - `table` is which rows of its table are in sight, where it has one that may be longer than its room
    - `found` is what a state asked for by name means here
    - `opens` puts it in front of its stack until another is asked for
    - `subject` is what it speaks of: where the data are sequences, a panel of one "symbol" says so in its title, and
      where they are none, one of "sequences" has nothing but a sentence. It stands in front of its stack where they are
    """

    key: str
    name: str
    words: str
    title: Callable[[ViewState], str]
    draw: Drawing
    spot: Finder
    here: Callable[[ViewState], Readable | None]
    about: str
    formula: str
    areas: Mapping[str, GridArea]
    brief: Callable[[ViewState], str] = no_words
    subtitle: Callable[[ViewState], str] = no_words
    click: Click = no_change
    columns: Callable[[ViewState], Sequence[Column]] = no_columns
    inspects: bool = False
    table: Tabled = no_table
    found: Finding = choose_x_t
    opens: bool = False
    subject: Subject = "either"


def footing(panel: Panel, view: ViewState, seen: TableWindow | None, width: int) -> str:
    """Return the words on a panel's lower border: its own, and which rows of its table are in sight if not all."""
    own = panel.subtitle(view)
    rows = seen.words(width - columns(own) - 4) if seen else ""
    return f"{own}  {rows}" if own and rows else own or rows


def heading(panel: Panel, view: ViewState, room: int) -> str:
    """Return a panel's key and title; the shorter one where there is no room for the other."""
    forms = [f"{panel.key} {words}" for words in (panel.title(view), panel.brief(view)) if words]
    return next((form for form in forms if columns(form) <= room), forms[-1])


def titled(panel: Panel) -> Panel:
    """Return a panel of one symbol so that its title says this where the data are sequences; any other as it is."""
    if panel.subject != "symbol":
        return panel
    return replace(
        panel,
        title=lambda view: panel.title(view) + ", one symbol" * view.has_sequences,
        brief=lambda view: (panel.brief(view) or panel.title(view)) + ", 1 symbol" * view.has_sequences,
    )


def visible_panels(panels: Iterable[Panel], layout: str, recent: Sequence[str]) -> list[str]:
    """Return the names of the panels that a layout shows, in the order of their places.

    Of each stack that is the one asked for last. `recent` has the names of panels, that asked for last first. A stack
    stands where the panel that opens in it would stand alone, whichever is in front: no other panel moves.
    """

    def rank(panel: Panel) -> tuple[int, bool]:
        return (recent.index(panel.name) if panel.name in recent else len(recent), not panel.opens)

    panels = list(panels)
    stacks: dict[str, list[Panel]] = {}
    for panel in sorted(panels, key=lambda panel: not panel.opens):
        stacks.setdefault(panel.areas[layout].stack or f"alone {panel.name}", []).append(panel)
    places = sorted(stacks.values(), key=lambda stack: panels.index(stack[0]))
    return [min(stack, key=rank).name for stack in places]


def ring(panels: Iterable[Panel], layout: str) -> list[str]:
    """Return the names of the panels that `tab` goes round: those of the layout's turned stack, or all."""
    turned = LAYOUTS[layout].turned
    return [panel.name for panel in panels if not turned or panel.areas[layout].stack == turned]
