"""A sweep's table as a figure: a column against a key, a curve for each value of another key.

A number is drawn as the table has it, which is the float nearest to the certified one. A row without one is marked at
its place: ∞ where it is infinite, ? where it is undefined, undecided or not there, × where the point was refused or
could not be finished. Where several rows of a curve stand at one place, some other key varies: they are points then,
without a line that would lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError, LimitError
from markovdiff.figures.marks import (
    INFINITE,
    NO_NUMBER,
    NOT_RUN,
    at_edge,
    is_logarithmic,
    legend_below,
    scale_heights,
    whole_numbers,
)
from markovdiff.figures.style import curve_of
from markovdiff.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CURVES = 49
"""Curves of one figure: so many pairs of a colour and a dash are told apart."""

WIDE = 100
"""A horizontal axis is logarithmic where its greatest value is at least so many times its least."""

MEANINGS = {
    INFINITE: "infinite",
    NO_NUMBER: "undefined, undecided or not there",
    NOT_RUN: "refused, or not finished",
}
"""What each mark says of a row."""

Cell: TypeAlias = float | str | bool | None


def swept(axes: Axes, sweep: Sweep, x: str | None, y: str | None, color: str | None, scale: str | None) -> None:
    """Draw the column y against x, a curve for each value of `color`.

    Raises InputError for a column that is not there or holds no numbers, LimitError past 49 curves.
    """
    places, kinds = sweep[_column(sweep, "--x", x)], [None] * len(sweep)
    if color is not None:
        kinds = sweep[_column(sweep, "--color", color)]
    heights = sweep[_column(sweep, "--y", y)]
    if any(isinstance(cell, str | bool) for cell in heights):
        raise InputError("no numbers in this column", where="--y", expected="a column of numbers", got=shown(y))
    at = _places(axes, places)
    states = sweep["status"] if "status" in sweep.columns else ["ok"] * len(sweep)
    curves = list(dict.fromkeys(kinds))
    if len(curves) > MOST_CURVES:
        raise LimitError("too many curves", where="--color", expected=f"at most {MOST_CURVES}", got=f"{len(curves)}")
    logarithmic = is_logarithmic(scale, (cell for cell in heights if cell is not None))
    if logarithmic:
        axes.set_yscale("log")
    marks: set[str] = set()
    for k, kind in enumerate(curves):
        rows = [i for i, other in enumerate(kinds) if other == kind]
        look = curve_of(k, len(rows) if len({at[i] for i in rows}) == len(rows) else 1)
        if len({at[i] for i in rows}) < len(rows):
            look |= {"linestyle": "none"}
        points = sorted(((at[i], _height(heights[i], logarithmic)) for i in rows), key=lambda point: point[0])
        axes.plot(*zip(*points, strict=True), label=None if color is None else _words(kind), **look)
        for i in rows:
            if (sign := _sign(heights[i], states[i], logarithmic)) is not None:
                at_edge(axes, at[i], sign, look["color"])
                marks.add(sign)
    axes.margins(x=0.03, y=0.05)
    scale_heights(axes, logarithmic=logarithmic)
    axes.set_xlabel(str(x))
    axes.set_ylabel(str(y))
    said = [f"{sign} {words}" for sign, words in MEANINGS.items() if sign in marks]
    axes.set_title("\n".join(said), fontsize=7, pad=12)
    if color is not None:
        legend_below(axes, columns=3, title=color)


def _column(sweep: Sweep, option: str, name: str | None) -> str:
    """Return a column's name. Raises InputError that lists the columns where there is no such one."""
    if name not in sweep.columns:
        what = "which column?" if name is None else "no such column"
        got = {} if name is None else {"got": shown(name)}
        raise InputError(what, where=option, expected=f"one of {', '.join(sweep.columns)}", **got)
    return name


def _places(axes: Axes, cells: Sequence[Cell]) -> list[float]:
    """Return where each cell stands: numbers at themselves, on a wide axis by their powers; text side by side."""
    numbers = [float(cell) for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool)]
    if len(numbers) == len(cells) and all(map(math.isfinite, numbers)):
        if min(numbers) > 0 and max(numbers) >= WIDE * min(numbers):
            axes.set_xscale("log")
        elif all(isinstance(cell, int) for cell in cells):
            whole_numbers(axes.xaxis)
        return numbers
    names = list(dict.fromkeys(map(_words, cells)))
    axes.set_xticks(range(len(names)), names)
    return [float(names.index(_words(cell))) for cell in cells]


def _words(cell: Cell) -> str:
    return "none" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)


def _height(cell: float | None, logarithmic: bool) -> float:
    """Return a number as a height, NaN where it has none."""
    return cell if cell is not None and math.isfinite(cell) and (cell > 0 or not logarithmic) else math.nan


def _sign(cell: float | None, status: str, logarithmic: bool) -> str | None:
    """Return the mark of a row that has no height, None for one that has."""
    if status in ("refused", "error"):
        return NOT_RUN
    if cell is None or math.isnan(cell):
        return NO_NUMBER
    if math.isinf(cell):
        return INFINITE
    return "0" if logarithmic and cell == 0 else None
