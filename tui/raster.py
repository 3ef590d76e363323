"""Pictures made of terminal cells: curves, bars and strips as plain data.

A picture is a list of rows, a row a list of exactly `width` cells: a character one column wide and the names of two
colours; what is two columns wide is followed by a cell without a character. It knows of no terminal, so it is tested by
reading its text; a size of 0 or less is an empty one. t = 0 is in the first column, t = T in the last; a value is
rounded to a dot or eighth, and drawn at the edge if it is beyond.
A curve is one integer a column of braille dots, four a cell, bit 0 on top: a vertical stroke is one shift.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil, isnan
from typing import NamedTuple

from tui.glyphs import NUMERAL, columns, glyphs, padded, shorten

BRAILLE = [chr(0x2800 + (k & 0x87 | (k & 0x08) << 3 | (k & 0x70) >> 1)) for k in range(256)]  # 4 dots left, 4 right
Row = list["Cell"]
SOLID, LONG, DASHED, DOTTED = (1, 1), (6, 8), (4, 8), (1, 4)  # dots drawn, of how many; a cell is 4 upward, 2 across


class Cell(NamedTuple):
    """A character with the marks on it, its colour and the colour behind it: names or "#rrggbb"; "" is unset.

    "~#rrggbb" is a faint colour: a part of it on the ground.

    A character two columns wide has the cell behind it too, whose own `char` is "".
    """

    char: str
    style: str = ""
    back: str = ""


_cell = lru_cache(maxsize=4096)(Cell)


@dataclass(frozen=True)
class Series:
    """A curve: y at t = 0..T in data coordinates, None where it is not drawn; a heavy one is two dots thick."""

    points: Sequence[float | None]
    style: str
    dash: tuple[int, int] = SOLID
    heavy: bool = False


@dataclass(frozen=True)
class Tick:
    """A label of the vertical axis, at y in data coordinates."""

    y: float
    label: str


@lru_cache(maxsize=4096)
def cells(text: str, style: str = "", back: str = "") -> tuple[Cell, ...]:
    """Return a text as cells, however many columns it takes."""
    found: list[Cell] = []
    for char, size in glyphs(text):
        found += [Cell(char, style, back), *[Cell("", style, back)] * (size - 1)]
    return tuple(found)


def text(rows: Sequence[Row]) -> str:
    """Return the characters alone, trailing blanks kept."""
    return "\n".join("".join([cell.char for cell in row]) for row in rows)


def column_of(t: int, T: int, plot_width: int) -> int:
    """Return the cell column that shows t; one beyond 0..T is shown at the end."""
    return _dot(min(max(t, 0), T), T, plot_width) // 2


def time_at(column: int, T: int, plot_width: int) -> int:
    """Return the t whose column is nearest: the inverse of `column_of`, for a click."""
    near = min(max(round(column * T / max(plot_width - 1, 1)), 0), T)
    around = (t for t in (near, near - 1, near + 1) if 0 <= t <= T)
    return min(around, key=lambda t: abs(column_of(t, T, plot_width) - column), default=0)


def row_of(y: float, low: float, high: float, height: int) -> int:
    """Return the row of cells that shows y; one beyond low..high is shown at the edge."""
    return height - 1 - level(y, low, high, 4 * height - 1) // 4


def gutter(ticks: Sequence[Tick]) -> int:
    """Return the columns left of a plot: the longest label and the axis."""
    return 1 + max((columns(tick.label) for tick in ticks), default=0)


def curves(
    series: Sequence[Series], low: float, high: float, ticks: Sequence[Tick], width: int, height: int,
    cursor: int | None = None,
) -> list[Row]:  # fmt: skip
    """Draw lines through the points of each series in braille, right of an axis; T is that of the longest.

    A later series gives a shared cell its colour. The column of t = cursor has back "cursor". A tick outside
    [low, high] is left out, and so is the gutter where it would leave no column to the plot.

    >>> print(text(curves([Series([0.5, 1, 0, 1], "series-1")], 0, 1, [Tick(1, "1"), Tick(0, "0")], 6, 2)))
    1┤⡰⢣ ⡜
    0┤  ⢣⠃
    """
    margin = gutter(ticks) if gutter(ticks) < width else 0
    plot, levels = width - margin, 4 * height
    if plot < 1 or height < 1:
        return [[] for _ in range(height)]
    T = max((len(one.points) for one in series), default=1) - 1
    at = column_of(cursor, T, plot) if cursor is not None and 0 <= cursor <= T else -1
    blank = [Cell(" ", "", "cursor" if column == at else "") for column in range(plot)]
    rows = [([Cell(" ")] * (margin - 1) + [Cell("│", "axis")])[:margin] + blank for _ in range(height)]
    for tick in reversed(ticks if margin else []):
        if low <= tick.y <= high:
            label = cells(padded(tick.label, margin - 1, ">"), "dim")
            rows[row_of(tick.y, low, high, height)][:margin] = [*label, Cell("┤", "axis")]
    places = [_dot(t, T, plot) for t in range(T + 1)]
    drawn = [(_dots(one, places, low, high, 2 * plot, levels), one.style) for one in reversed(series)]
    for column in range(plot):
        left = right = 0
        for dots, _ in drawn:
            left, right = left | dots[2 * column], right | dots[2 * column + 1]
        back, free = "cursor" if column == at else "", -1
        for dots, style in drawn:
            while mine := (dots[2 * column] | dots[2 * column + 1]) & free:
                row = ((mine & -mine).bit_length() - 1) // 4
                char = BRAILLE[left >> 4 * row & 15 | (right >> 4 * row & 15) << 4]
                rows[row][margin + column] = _cell(char, style, back)
                free &= ~(15 << 4 * row)
    return rows


def _dots(one: Series, places: list[int], low: float, high: float, columns: int, levels: int) -> list[int]:
    """Return the dots of one curve: an integer a column of dots, bit 0 on top."""
    masks = [0] * columns
    drawn, period = one.dash
    pattern = sum(1 << k for k in range(levels + period) if k % period < drawn)
    arc, here = 0, None
    for x, y in zip(places, one.points, strict=False):
        if y is None or isnan(y):
            arc, here = 0, None
            continue
        there = x, levels - 1 - level(y, low, high, levels - 1)
        for column, start, stop in _line(here, there):
            length = abs(stop - start) + 1
            phase = arc if stop >= start else drawn - arc - length  # upward the pattern runs from its other end
            masks[column] |= (pattern >> phase % period & (1 << length) - 1) << min(start, stop)
            arc += length
        here = there
    return [_thick(mask, levels) for mask in masks] if one.heavy else masks


def _thick(mask: int, levels: int) -> int:
    """Return a column of dots with one more under each, or over that at the foot."""
    return (mask | mask << 1 | mask >> levels - 1 << max(levels - 2, 0)) & (1 << levels) - 1


def _line(here: tuple[int, int] | None, there: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    """Return the dots from here, which is left out, to there: a vertical run a column, from its start to its stop."""
    (x0, y0), (x1, y1) = here or (there[0], there[1] - 1), there
    across, rise, sign = x1 - x0, abs(y1 - y0), 1 if y1 > y0 else -1
    steep, done = rise > across, 0
    for k in range(0 if steep else 1, across + 1):
        last = min(rise * (2 * k + 1) // (2 * across or 1), rise) if steep else (2 * rise * k + across) // (2 * across)
        first = done + 1 if steep else last
        if first <= last:
            yield x0 + k, y0 + sign * first, y0 + sign * last
        done = last


def bars(
    values: Sequence[float], top: float, width: int, height: int, labels: Sequence[str] = (),
    marks: Sequence[float | None] = (), style: str = "series-1", highlight: int | None = None,
    behind: Sequence[float | None] = (),
) -> list[Row]:  # fmt: skip
    """Draw vertical bars of equal width in eighths of a cell; `top` is the full height.

    Over them lie `marks`, ─, and under those the marks `behind`, ╌; ═ is both. One that falls on a bar is a cut in it,
    in the colour of the ground: its own might be the bar's. Where values outnumber columns a bar shows the largest of
    its neighbours, their largest marks and first label.
    """
    rows, count = [[Cell(" ")] * width for _ in range(height)], min(len(values), width)
    if count < 1 or height < 1:
        return rows
    size = max((width + 1) // count - 1, 1)
    plot = height - 1 if labels and height >= 3 else height
    steps = {name: [[Cell(char, name)] * size for char in " ▁▂▃▄▅▆▇█"] for name in (style, "highlight")}
    for k in range(count):
        first, last = k * len(values) // count, (k + 1) * len(values) // count
        name = "highlight" if highlight is not None and first <= highlight < last else style
        bar = slice(left := k * (width + 1) // count, left + size)
        fill = level(max(values[first:last]), 0, top, 8 * plot)
        for row in range(ceil(fill / 8)):
            rows[plot - 1 - row][bar] = steps[name][min(fill - 8 * row, 8)]
        for some, char, colour in ((behind, "╌", "beneath"), (marks, "─", "mark")):
            if lines := [mark for mark in some[first:last] if mark is not None]:
                row = min(level(max(lines), 0, top, 8 * plot) // 8, plot - 1)
                both = char == "─" and rows[plot - 1 - row][left].char == "╌"
                inside = fill - 8 * row >= 4
                mark = Cell("═" if both else char, "ground" if inside else colour, name if inside else "")
                rows[plot - 1 - row][bar] = [mark] * size
    if plot < height:
        firsts = [k * len(values) // count for k in range(count)]
        names = tuple([labels[j] if j < len(labels) else "" for j in firsts])
        lefts = tuple([k * (width + 1) // count for k in range(count)])
        for k, left, label in placed(names, lefts, size, width):
            last = (k + 1) * len(values) // count
            mine = highlight is not None and firsts[k] <= highlight < last
            written = cells(label, "highlight" if mine else "dim")
            rows[plot][left : left + len(written)] = written
    return rows


@lru_cache(maxsize=64)
def placed(labels: tuple[str, ...], lefts: tuple[int, ...], size: int, width: int) -> list[tuple[int, int, str]]:
    """Choose the labels of bars that begin at `lefts` and are `size` wide: a bar's number, its column, its words.

    A label covers its bar or stands within it. All of them whole where they go in; else shortened to the size of a bar,
    if they still differ and keep three letters; else every n-th one whole, as many as go in, and the last, unless they
    are numerals. A blank is between two, but for single letters.

    >>> placed(("8", "9", "10", "11"), (0, 1, 2, 3), 1, 4), placed(("long label", "b"), (0, 6), 5, 11)
    ([(0, 0, '8'), (2, 2, '10')], [(0, 0, 'long…'), (1, 8, 'b')])
    >>> placed(("a", "b", "[MASK]"), (0, 4, 8), 3, 11), placed(("she", "they", "sell", "[MASK]"), (0, 3, 6, 9), 2, 15)
    ([(0, 1, 'a'), (2, 5, '[MASK]')], [(0, 0, 'she'), (2, 4, 'sell'), (3, 9, '[MASK]')])
    """
    numerals, last = any(NUMERAL.search(label) for label in labels), len(labels) - 1

    def seated(shown: Sequence[int], words: Sequence[str]) -> list[tuple[int, int, str]]:
        columns_of = _seats([words[k] for k in shown], [lefts[k] for k in shown], size, width, apart=numerals)
        return [(k, x, words[k]) for k, x in zip(shown, columns_of, strict=False)]

    if whole := seated(range(len(labels)), labels):
        return whole
    short = [shorten(label, size) for label in labels]
    kept = all(short[k] == label or len(glyphs(short[k])) > 3 for k, label in enumerate(labels))
    if kept and len(set(short)) == len(set(labels)) and (cut := seated(range(len(labels)), short)):
        return cut
    short = [shorten(label, 0 if numerals and columns(label) > width else width) for label in labels]
    for step in range(1, len(labels) + 1):
        shown = list(range(0, len(labels), step))
        if not seated(shown[:-1] if shown[-1] == last else shown, short):
            continue
        for end in range(len(shown), 0, -1):
            if found := seated(list(dict.fromkeys([*shown[:end], *[last] * (not numerals)])), short):
                return found
        return seated(shown[:-1], short)
    return []


def _seats(labels: Sequence[str], lefts: Sequence[int], size: int, width: int, *, apart: bool) -> list[int]:
    """Return the column in which each label begins, as near to the middle of its bar as there is room; or nothing."""
    sizes = [columns(label) for label in labels]
    gaps = [int(apart or m > 1 or n > 1) for m, n in pairwise([*sizes, 1])]
    latest, end = [0] * len(labels), width
    for k in reversed(range(len(labels))):
        latest[k] = min(max(lefts[k], lefts[k] + size - sizes[k]), end - sizes[k])
        end = latest[k] - gaps[k - 1]
    found, free = [], 0
    for k, n in enumerate(sizes):
        x = max(min(lefts[k] + (size - n) // 2, latest[k]), lefts[k] + min(size - n, 0), free)
        if x > latest[k]:
            return []
        found.append(x)
        free = x + n + gaps[k]
    return found


def bar_at(x: int, count: int, width: int) -> int | None:
    """Return the first of the values whose bar `bars` shows at column x; None between bars and beside them."""
    shown = min(count, width)
    size = max((width + 1) // shown - 1, 1) if shown > 0 else 0
    bars = ((k * (width + 1) // shown, k * count // shown) for k in range(shown))
    return next((first for left, first in bars if left <= x < left + size), None)


def strip(marks: Sequence[str], width: int, cursor: int | None, styles: Mapping[str, str]) -> Row:
    """Return the mark of each step at its column: of several in one column the one that comes first in `styles`."""
    row, T = [Cell(" ")] * width, len(marks) - 1
    at = column_of(cursor, T, width) if cursor is not None and 0 <= cursor <= T else -1
    rank = {mark: k for k, mark in enumerate(styles)}
    for t in sorted(range(len(row) and len(marks)), key=lambda t: -rank.get(marks[t], len(rank))):
        column = column_of(t, T, width)
        row[column] = Cell(_mark_of(marks[t]), styles.get(marks[t], ""), "cursor" if column == at else "")
    return row


def _mark_of(text: str) -> str:
    """Return the first glyph, if it is one column wide."""
    first = glyphs(text)[:1]
    return first[0][0] if first and first[0][1] == 1 else "□" if first else " "


def scrubber(t: int, T: int, width: int) -> Row:
    """Return a rail with its knob at the column of t."""
    knob = column_of(t, T, width)
    return ([Cell("━", "past")] * knob + [Cell("●", "knob")] + [Cell("─", "axis")] * (width - 1 - knob))[
        : max(width, 0)
    ]


def _dot(t: int, T: int, columns: int) -> int:
    return (2 * t * (2 * columns - 1) + T) // (2 * T) if T > 0 and columns > 0 else 0


def share(y: float, low: float, high: float) -> float:
    """Return how far y is from low to high, in 0..1, even where the limits are equal or further apart than a float."""
    if not y > low:
        return 0.0
    span = min(high - low, sys.float_info.max)
    return min(y - low, span) / span if y < high else 1.0


def level(y: float, low: float, high: float, steps: int) -> int:
    """Return the nearest of 0 … steps to y's share of the way."""
    return round(share(y, low, high) * steps)
