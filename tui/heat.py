"""Heat maps made of terminal cells: matrices as equal rectangles, and the colours of their entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import zip_longest
from math import ceil

from tui.raster import Cell, Row, level, share

CIVIDIS = bytes.fromhex("00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838 fee838")
PALETTE = [
    "#" + bytes(round(CIVIDIS[c] + (CIVIDIS[c + 3] - CIVIDIS[c]) * (9 * k % 255) / 255) for c in range(i, i + 3)).hex()
    for k, i in ((k, 9 * k // 255 * 3) for k in range(256))
]


def heat(
    matrix: Sequence[Sequence[float | None]], width: int, height: int, cursor: tuple[int, int] | None = None,
    colour: Callable[[float], str] | None = None, top: float = 1.0,
) -> list[Row]:  # fmt: skip
    """Draw a matrix as equal rectangles, as large as fit: coloured half blocks, or shades where there is no colour.

    A shade is a quarter, and blank exactly 0. None, undefined, is hatched. Where a matrix does not fit, an equal
    block is shown by its maximum. The entry at `cursor` has a rim, black or white, as is seen on it; a white one
    covers it if it is under 3 columns wide. Without colour it stands in brackets, or is "◆".

    >>> from tui.raster import text
    >>> print(text(heat([[1, 0, 0.3], [None, 0.5, 1]], 9, 2, cursor=(1, 2))))
    ███   ▒▒▒
    ·╳·▒▒▒[█]
    """
    rows = [[Cell(" ")] * width for _ in range(height)]
    if not matrix or not matrix[0] or width < 1 or height < 1:
        return rows
    step, _, down = _fit(len(matrix), 2 * height if colour else height)
    stride, _, across = _fit(len(matrix[0]), width)
    pixels: list[list[str]] = []
    for i in range(0, len(matrix), step):
        line: list[str] = []
        for j in range(0, len(matrix[0]), stride):
            block = [v for entries in matrix[i : i + step] for v in entries[j : j + stride] if v is not None]
            x = share(max(block), 0, top) if block else None
            line += ["undefined" if x is None else colour(x) if colour else " ░▒▓█"[ceil(4 * x)]] * across
        pixels += [line[:] for _ in range(down)]
    if cursor and 0 <= cursor[0] < len(matrix) and 0 <= cursor[1] < len(matrix[0]):
        y, x0 = cursor[0] // step * down, cursor[1] // stride * across
        _mark(pixels[y : y + down], x0, x0 + across, brackets=not colour)
    uppers, lowers = (pixels[::2], pixels[1::2]) if colour else (pixels, [])
    for y, pair in enumerate(zip_longest(uppers, lowers, fillvalue=[""] * len(pixels[0]))):
        rows[y][: len(pixels[0])] = [_pixels(*both, (x + y) % 2) for x, both in enumerate(zip(*pair, strict=True))]
    return rows


def cell_at(x: int, y: int, rows: int, columns: int, width: int, height: int, half: bool) -> tuple[int, int] | None:
    """Return the entry that `heat` shows at column x of row y, if any; with colour, that of the upper half."""
    if not (0 <= x < width and 0 <= y < height and rows > 0 and columns > 0):
        return None
    (step, lines, down), (stride, shown, across) = _fit(rows, 2 * height if half else height), _fit(columns, width)
    i, j = (2 * y if half else y) // down, x // across
    return (i * step, j * stride) if i < lines and j < shown else None


def _fit(entries: int, room: int) -> tuple[int, int, int]:
    """Return how many entries make a block, how many blocks there are, and how many pixels each has."""
    block = ceil(entries / room)
    return block, ceil(entries / block), room // ceil(entries / block)


def _mark(lines: list[list[str]], start: int, stop: int, brackets: bool) -> None:
    """Put an edge around the pixels of an entry, or brackets around its shades."""
    own, size = lines[0][start], stop - start
    edge = "highlight" if own == "undefined" else "#000000" if size > 2 and own[3:5] > "7f" else "#ffffff"  # by green
    left, right = (edge, edge) if not brackets else "[]" if size > 1 else "◆◆"
    for k, line in enumerate(lines):
        if not brackets and len(lines) > 2 and k in {0, len(lines) - 1}:
            line[start:stop] = [left] * size
        line[start], line[stop - 1] = left, right


@lru_cache(maxsize=4096)
def _pixels(upper: str, lower: str, odd: int) -> Cell:
    if upper == "undefined" and lower in {"", upper}:
        return Cell("╳·"[odd], upper)
    return Cell("▀", upper, lower) if len(upper) > 1 else Cell(upper, "highlight" if upper in "[]◆" else "")


def cividis(x: float) -> str:
    """Return the colour "#rrggbb" of x in 0..1, whose luminance strictly rises in 255 steps.

    Linear between ten colours of the map of Nuñez, Anderton & Renslow (2018), doi 10.1371/journal.pone.0199239.
    """
    return PALETTE[level(x, 0, 1, 255)]
