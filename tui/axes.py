"""Axes: where the ticks are, and how they are labelled. Pure functions from a range and a room to labels and rows.

A round step is 1, 2 or 5 times a power of ten, so that a reader can count on from one tick to the next (Heckbert,
"Nice numbers for graph labels", Graphics Gems, 1990). A label is shown whole or not at all: one that would meet
another is dropped. Values are `Decimal`, so that a label is the tick itself and no rounding of it.

>>> [str(tick.label) for tick in value_ticks(0.0, 2.807, 4)]
['2', '1', '0']
>>> from tui.raster import text
>>> print(text(time_axis(64, 30, 2, cursor=17)))
└───┴───┴─────┴───┴────┴─────┴
0   10  17    30  40   50   64
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, isfinite

from tui.raster import Cell, Row, Tick, cells, column_of

STEPS = (1, 2, 5)
"""What a round step is a power of ten times."""


def round_step(span: float, most: int) -> Decimal:
    """Return the least round step that goes whole into `span` at most `most` times.

    Raise ValueError unless both are positive and the span is finite.

    >>> [plain(round_step(span, most)) for span, most in ((64, 4), (0.81, 2), (1.0, 1))]
    ['20', '0.5', '1']
    """
    if not (isfinite(span) and span > 0 and most > 0):
        raise ValueError(f"a span > 0 and a number of steps > 0 are needed, not {span} and {most}")
    exact = Decimal(span)
    power = (exact / (most + 1)).adjusted()
    steps = (Decimal(step).scaleb(exponent) for exponent in (power, power + 1) for step in STEPS)
    return next(step for step in steps if step * (most + 1) > exact)


def value_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most `most` + 1 round ticks of a linear axis, the highest first.

    >>> [[tick.label for tick in value_ticks(0.0, high, 2)] for high in (0.9, 2e-9)]
    [['0.5', '0'], ['2e-9', '1e-9', '0']]
    """
    if not high > low or most < 1:
        return [Tick(low, plain(Decimal(low)))] if low == 0 else []
    step = round_step(high - low, most)
    first, last = ceil(Fraction(low) / Fraction(step)), floor(Fraction(high) / Fraction(step))
    return [Tick(float(k * step), plain(k * step)) for k in range(last, first - 1, -1)]


def square_ticks(high: float, most: int) -> list[Tick]:
    """Return ticks of an axis that shows the square roots of 0 … `high`²: labels are the round values themselves."""
    return [Tick(tick.y**0.5, tick.label) for tick in value_ticks(0.0, high * high, most)]


def decade_ticks(bottom: int, top: int, most: int) -> list[Tick]:
    """Return ticks at powers of ten, y = log10 of the value, every 1, 2, 5, 10, … decades, the highest first.

    >>> [tick.label for tick in decade_ticks(-200, 1, 4)]
    ['1e0', '1e-50', '1e-100', '1e-150', '1e-200']
    """
    step = max(int(round_step(top - bottom, most)), 1) if top > bottom and most > 0 else 1
    marks = range(floor(top / step) * step, bottom - 1, -step)
    return [Tick(float(y), f"1e{y}") for y in marks]


def plain(value: Decimal) -> str:
    """Return a round number with as few characters as say it: 0.25, 5000, 2e-7.

    >>> plain(Decimal("0.20")), plain(Decimal("5E+3")), plain(Decimal("2E-7"))
    ('0.2', '5000', '2e-7')
    """
    value = value.normalize()
    if value == 0:
        return "0"
    if -4 <= value.adjusted() < 6:
        return f"{value:f}"
    digits = "".join(map(str, value.as_tuple().digits))
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{'-' if value < 0 else ''}{mantissa}e{value.adjusted()}"


def time_marks(T: int, width: int) -> list[int]:
    """Return the times to be marked: 0, round ones, T; as many as leave room between the longest labels.

    >>> time_marks(64, 40), time_marks(1000, 24), time_marks(1, 24)
    ([0, 10, 20, 30, 40, 50, 60, 64], [0, 500, 1000], [0, 1])
    """
    if T < 1:
        return [0]
    room = max(width // (len(str(T)) + 3), 1)
    step = max(int(round_step(T, room)), 1)
    return [*range(0, T, step), T]


def time_labels(
    T: int, width: int, cursor: int | None = None, place: Callable[[int, int, int], int] = column_of
) -> list[tuple[int, int, str]]:
    """Return the labels of the times that find room: (time, first column, label), from left to right.

    A label stands under its time, at column `place(t, T, width)`, at an end of the axis moved inward. The cursor's
    goes before all others, then T and 0; what would touch one that is there already is dropped, never cut.

    >>> time_labels(64, 12, cursor=60)
    [(0, 0, '0'), (60, 10, '60')]
    """
    first = [cursor] if cursor is not None and 0 <= cursor <= T else []
    placed: dict[int, tuple[int, str]] = {}
    taken: set[int] = set()
    for t in dict.fromkeys([*first, T, 0, *time_marks(T, width)]):
        label = str(t)
        start = min(max(place(t, T, width) - (len(label) - 1) // 2, 0), width - len(label))
        needed = set(range(start - 1, start + len(label) + 1))
        if start >= 0 and not needed & taken:
            taken |= set(range(start, start + len(label)))
            placed[t] = (start, label)
    return sorted((t, start, label) for t, (start, label) in placed.items())


def time_axis(T: int, width: int, height: int, cursor: int | None = None, margin: int = 0) -> list[Row]:
    """Return the axis under a plot, `margin` columns right of the edge: a rule with ticks where height > 1, labels."""
    if height < 1:
        return []
    labels = time_labels(T, width, cursor)
    row: Row = [Cell(" ")] * (margin + width)
    for t, start, label in labels:
        row[margin + start : margin + start + len(label)] = cells(label, "title" if t == cursor else "dim")
    if height == 1:
        return [row]
    return [_rule(T, width, (t for t, _, _ in labels), margin), row]


def _rule(T: int, width: int, times: Iterable[int], margin: int) -> Row:
    """Return a line with a mark at the column of each labelled time."""
    rule = [Cell("─", "axis")] * width
    for t in times:
        rule[column_of(t, T, width)] = Cell("┴", "axis")
    corner = [Cell("└", "axis")] if margin else []
    if not margin and rule:
        rule[0] = Cell("└", "axis")
    return [*[Cell(" ")] * (margin - 1), *corner, *rule]
