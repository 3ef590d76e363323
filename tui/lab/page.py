"""The whole of the lab's screen as rows: the views' names, the idea, the view, its dials, the reason, the keys.

`under` is the other way round: what the mouse is over. Both take the same measures of the page from `_layout`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from tui.lab import VIEWS
from tui.lab.state import LabState
from tui.lab.written import rail, rail_span, wrapped
from tui.raster import Row
from tui.rows import Words, line

KEYS = " 1–6 view  {pick} pick  {move} move  shift: far  = type  0 reset  ? page  esc back"
SHORT_KEYS = " 1–6  {pick} pick  {move} move  = type  0 reset  ? page  esc"


class PageLayout(NamedTuple):
    """How many rows each part has."""

    idea: int
    body: int
    dials: int
    reason: int


@dataclass(frozen=True, slots=True)
class Tab:
    """The name of a view."""

    key: str


@dataclass(frozen=True, slots=True)
class Rail:
    """A place on a dial's rail, as a share of it: below 0 or above 1 beyond its ends."""

    index: int
    share: float


@dataclass(frozen=True, slots=True)
class DialValue:
    """A value that a place in the picture stands for."""

    name: str
    value: Fraction


def layout(lab: LabState, width: int, height: int) -> PageLayout:
    """Return the parts' heights: the view has what the others leave."""
    idea = len(textwrap.wrap(lab.view.idea, max(width - 2, 1))) + (height >= 20)
    dials = 0 if lab.view.upright else len(lab.view.dials)
    reason = max(len(textwrap.wrap(lab.refused, max(width - 2, 1))), 1)
    return PageLayout(idea, max(height - idea - dials - reason - 2, 0), dials, reason)


def render(lab: LabState, measured: Any, width: int, height: int) -> list[Row]:
    """Draw exactly `height` rows of `width` cells."""
    parts = layout(lab, width, height)
    view = lab.view
    body = view.render(lab.values, measured, lab.chosen, width, parts.body) if parts.body > 0 else []
    rows = [
        _tabs(lab, width),
        *_filled(wrapped(view.idea, width, "highlight"), parts.idea, width),
        *_filled(body, parts.body, width),
        *(rail(dial, lab.values, width, k == lab.chosen) for k, dial in enumerate(view.dials[: parts.dials])),
        *_filled(wrapped(lab.refused, width, "bad"), parts.reason, width),
        _keys(view.upright, width),
    ]
    return _filled(rows, height, width)


def _filled(rows: list[Row], height: int, width: int) -> list[Row]:
    return [*rows[:height], *(line([], width) for _ in range(height - len(rows)))]


def _names(width: int) -> list[tuple[str, str]]:
    """Return each view's key and how it is named at the top: short where there is little room."""
    names = [(key, f" {key} {view.title} ") for key, view in VIEWS.items()]
    if sum(len(name) for _, name in names) + 6 > width:
        names = [(key, f" {key} {view.title.split()[-1]} ") for key, view in VIEWS.items()]
    return names


def _tabs(lab: LabState, width: int) -> Row:
    words: Words = [
        (f"[{name[1:-1]}]" if key == lab.key else name, "title" if key == lab.key else "dim")
        for key, name in _names(width)
    ]
    return line([(" lab  ", "series-2"), *words], width)


def _keys(upright: bool, width: int) -> Row:
    pick, move = ("←→", "↑↓") if upright else ("↑↓", "←→")
    long = KEYS.format(pick=pick, move=move)
    return line([(long if len(long) <= width else SHORT_KEYS.format(pick=pick, move=move), "dim")], width)


def under(lab: LabState, x: int, y: int, width: int, height: int) -> Tab | Rail | DialValue | None:
    """Return what is at column x of row y."""
    parts = layout(lab, width, height)
    if y == 0:
        return _tab_at(x, width)
    row = y - 1 - parts.idea
    if 0 <= row < parts.body:
        found = lab.view.grab(lab.values, x, row, width, parts.body)
        return DialValue(*found) if found else None
    index = row - parts.body
    return along(index, x, width) if 0 <= index < parts.dials else None


def along(index: int, x: int, width: int) -> Rail:
    """Return a column as a place on a dial's rail."""
    left, length = rail_span(width)
    return Rail(index, (x - left) / (length - 1))


def _tab_at(x: int, width: int) -> Tab | None:
    at = 6
    for key, name in _names(width):
        if at <= x < at + len(name):
            return Tab(key)
        at += len(name)
    return None
