"""Lay out a table of times: a row for each t, a column for each quantity of a step, in as many digits as go in.

A table of terms has one more row, π, after that of T: what the prior has in each column.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tui.glyphs import padded
from tui.rows import Words, number
from tui.view.view_state import ReadNumber, ViewState, fraction_forms, roundings
from tui.view.window import TableWindow

DIGITS = 9
"""Digits of a certified number, at the most."""


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """A column: its head, the quantity's name in the result, its colour, whether that is a number to be read out.

    `prior` is what the row of the prior has in it: a total of the ledger, or else a quantity of step T.
    """

    head: str
    quantity: str
    style: str = ""
    is_number: bool = True
    prior: str = ""


def times_table(
    view: ViewState, columns: Sequence[TimeColumn], width: int, seen: TableWindow, largest: Collection[int] = ()
) -> list[Words]:
    """Return the head and a line for each row in sight, that of t marked ▸, and those of the largest numbers ▼."""
    first, room = _rooms(view, columns, width)
    head: Words = [(padded("t", first, ">"), "dim"), *((padded(c.head, room, ">"), "dim") for c in columns)]
    lines = [head]
    for t in seen.rows:
        now = t == view.t
        cells = [number(_forms(view, column, t, room), column.style, rank=1) for column in columns]
        marks = [*[("▸", "highlight")] * now, *[("▼", "mark")] * (t in largest)]
        name = str(t) if t <= view.run.T else "π"
        blank = " " * (first - len(marks) - len(name))
        lines.append([(blank, ""), *marks, (name, "highlight" if now else "dim"), *cells])
    return lines


def number_under(view: ViewState, columns: Sequence[TimeColumn], x: int, width: int, t: int) -> ReadNumber | None:
    """Return the number in the row of t at column x of such a table; None of words."""
    first, room = _rooms(view, columns, width)
    k = (x - first) // room if room else -1
    return _named(view, columns[k], t) if 0 <= k < len(columns) and columns[k].is_number else None


def _named(view: ViewState, column: TimeColumn, t: int) -> ReadNumber:
    """Return which number stands in a column in the row of t; that of T + 1 is the prior's."""
    T = view.run.T
    if t <= T:
        return ReadNumber(column.quantity, t)
    return ReadNumber(column.prior, T if view.run.value(T, column.prior) else None)


def _rooms(view: ViewState, columns: Sequence[TimeColumn], width: int) -> tuple[int, int]:
    """Return the width of the column of times, and that of each other."""
    first = len(str(view.run.T)) + 3
    return first, max((width - first - 1) // len(columns), 0)


def _forms(view: ViewState, column: TimeColumn, t: int, room: int) -> list[str]:
    """Return the forms of a number that go into its column with a blank before them; · is none at this t."""
    named, finished = _named(view, column, t), view.run.finished
    value: Any = finished["elbo"][named.quantity] if finished and named.t is None else None
    if named.t is not None:
        value = view.run.value(named.t, named.quantity)
    forms = roundings(value, DIGITS) if isinstance(value, dict) else fraction_forms(str(value)) if value else ("·",)
    return [padded(form, room, ">") for form in forms if len(form) < room] or [""]
