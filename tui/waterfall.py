r"""Draw the ledger over time: how each term adds to the sum, up to L.

    L = Σ_t (lost at t + Δ_t) + I(x0;x_T) + KL(p_T‖π),   where Σ_(s ≤ t) lost at s = H(x0|x_t)

Each step has a slot, or where steps outnumber columns a column has several. What a step adds to H(x0|x_t) stands on
the shadow of what was lost before it; above is ▒, the model's errors so far. The prior is last: it pays what is left
of H(x0), and ░, its own gap, so that its bar is as high as L. What is infinite has ∞ on top and what is undefined a ?,
from there on: a sum with such a term is such. Sums are floats here, for a picture.

>>> from tui.raster import text
>>> rows = waterfall(Sums((0, 1, 2), (0, 0, 1), (2, 1, 1), 2), 15, 5, 2)
>>> print("\n".join(text([row]).rstrip() for row in rows))
4┤           ░░
2┤     ▒▒▒▒▒ ▒▒
 │     █████ ██
0┤██████████ ██
  0 1    2   π
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, isfinite, isnan
from typing import NamedTuple

from tui import raster
from tui.axes import time_labels, value_ticks
from tui.raster import Cell, Row, cells

PRIOR = 3
"""Columns of the prior: a gap, and its bar."""

EIGHTHS = " ▁▂▃▄▅▆▇█"

SHADOW = "cursor"
"""The colour of what a bar stands on."""


class Sums(NamedTuple):
    """What the terms add up to.

    - `lost` is H(x0|x_t) at t = 0 … T, as far as it is known
    - `errors` are the sums of the model's errors up to t; inf, or nan where one is undefined
    - `end` is H(x0), the sum of all errors, and the prior's gap; None while the totals are not known
    """

    lost: Sequence[float]
    errors: Sequence[float]
    end: tuple[float, float, float] | None
    T: int


class Frame(NamedTuple):
    """Where things are: the columns left of the bars and theirs, the rows of the bars, the sum at the top."""

    margin: int
    plot: int
    rows: int
    top: float


def frame(sums: Sums, width: int, height: int) -> Frame:
    """Return where things are in so many columns and rows; no columns of bars where there is no room."""
    known = [a + b for a, b in zip(sums.lost, sums.errors, strict=True)]
    known += [sum(sums.end[:2]), sum(sums.end)] if sums.end else []
    top = max([*(y for y in (*known, *sums.lost, *(sums.end or ())[:1]) if isfinite(y)), 0.0]) or 1.0
    margin = raster.gutter(value_ticks(0.0, top, _most(height - 1)))
    return Frame(margin, max(width - margin - PRIOR, 0), max(height - 1, 0), top)


def _most(rows: int) -> int:
    """Return how many steps of the vertical axis so many rows have room for."""
    return max(2 * rows // 5, 2)


def steps_at(x: int, T: int, plot: int) -> tuple[int, int]:
    """Return the steps of a column: those after the first number, up to the second.

    >>> [steps_at(x, 2, 4) for x in range(4)], [steps_at(x, 6, 3) for x in range(3)]
    ([(0, 1), (0, 1), (1, 2), (1, 2)], [(0, 2), (2, 4), (4, 6)])
    """
    upto = ceil((x + 1) * T / plot)
    return min(ceil(x * T / plot), upto - 1), upto


def slot_of(t: int, T: int, plot: int) -> int:
    """Return the column in the middle of a step's slot; the first for t = 0."""
    first, last = (t - 1) * plot // T, t * plot // T - 1
    return (first + max(first, last)) // 2 if t > 0 else 0


def waterfall(sums: Sums, width: int, height: int, cursor: int, marks: Sequence[int] = ()) -> list[Row]:
    """Draw the bars between an axis of sums and one of time, as rows of exactly `width` cells.

    ▼ stands above the bars of the times that are marked, T + 1 for the prior's; in one that touches the top, within.
    """
    margin, plot, rows, top = frame(sums, width, height)
    if plot < 1 or rows < 1 or sums.T < 1:
        return [[Cell(" ")] * width for _ in range(height)]
    ticks = value_ticks(0.0, top, _most(rows))
    edge = [row[:margin] for row in raster.curves([], 0.0, top, ticks, margin + 1, rows)]
    bars = []
    for x in range(plot):
        before, upto = steps_at(x, sums.T, plot)
        back = "cursor" if before < cursor <= upto else ""
        known = upto < len(sums.lost)
        bars.append(_bar(sums.lost[before], sums.lost[upto], sums.errors[upto], 0.0, top, rows, back) if known else ())
    end = _bar(sums.lost[-1], *sums.end, top, rows) if sums.end else ()
    blank = Cell(" ")
    drawn = [[*edge[y], *(bar[y] if bar else blank for bar in bars), blank, *[end[y] if end else blank] * 2]
             for y in range(rows)]  # fmt: skip
    for t in marks:
        _mark(drawn, margin + slot_of(t, sums.T, plot) if t <= sums.T else width - 1)
    return [*drawn, _axis(sums, margin, plot, cursor)]


def _mark(drawn: list[Row], x: int) -> None:
    """Put ▼ above the bar of a column, else in its highest cell that says nothing else; not where there is no bar."""
    top = next((y for y, row in enumerate(drawn) if row[x].char != " "), None)
    if top is None:
        return
    y = top - 1 if top else min(1, len(drawn) - 1) if drawn[0][x].char in "∞?" else 0
    drawn[y][x] = Cell("▼", "mark", drawn[y][x].back if top else "")


@lru_cache(maxsize=4096)
def _bar(
    before: float, lost: float, errors: float, gap: float, top: float, rows: int, back: str = ""
) -> tuple[Cell, ...]:
    """Return a column of cells, from the top."""
    foot, head = (round(8 * rows * min(y / top, 1.0)) for y in (before, lost))
    foot = min(foot, head - 1) if lost > before and head else foot  # what is lost has an eighth at least
    paid, total = (_rows(y, top, rows) for y in (lost + errors, lost + errors + gap))
    column = [_cell(8 * y, foot, head, back) for y in range(rows)]
    if head % 8 and paid > head // 8 and errors > 0:
        column[head // 8] = column[head // 8]._replace(back="series-3")
    for y in range(-(-head // 8), rows):
        if y < total:
            column[y] = Cell("▒", "series-3", back) if y < paid else Cell("░", "series-4", back)
    if isnan(lost + errors + gap):
        column[-1] = Cell("?", "mark", back)
    elif not isfinite(lost + errors + gap):
        column[-1] = Cell("∞", "bad", back)
    return tuple(reversed(column))


def _rows(y: float, top: float, rows: int) -> int:
    """Return up to which row a sum comes; all of them where it is infinite, none where it is undefined."""
    return 0 if isnan(y) else rows if y > top else round(rows * y / top)


def _cell(base: int, foot: int, head: int, back: str) -> Cell:
    """Return the cell from `base` eighths on, of a bar from `foot` to `head` on its shadow."""
    if head <= base:
        return Cell(" ", "", back)
    if head < base + 8:
        return Cell(EIGHTHS[head - base], "series-2" if head > foot else SHADOW, back)
    if foot >= base + 8:
        return Cell("█", SHADOW)
    return Cell(EIGHTHS[foot - base], SHADOW, "series-2") if foot > base else Cell("█", "series-2")


def _axis(sums: Sums, margin: int, plot: int, cursor: int) -> Row:
    """Return the labels of time, and π under the prior."""
    row = [Cell(" ")] * (margin + plot + PRIOR)
    for t, start, label in time_labels(sums.T, plot, cursor, slot_of):
        row[margin + start : margin + start + len(label)] = cells(label, "title" if t == cursor else "dim")
    if sums.end:
        row[-PRIOR + 1] = Cell("π", "dim")
    return row
