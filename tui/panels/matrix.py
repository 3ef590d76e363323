"""Draw the chosen matrix as a heat map, rows from top to bottom, with the chosen entry marked.

A colour means the same number at every t: from 0 to 1, or for the joint to the largest that the data allow. A bar at
the right says which. Entries are squares, with their states beside them and their numbers in them where those fit.
Where there are more entries than squares, each stands for a square block of them, and the panel says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from tui import raster
from tui.glyphs import columns, padded, shorten
from tui.messages import Question
from tui.panel import Panel, Place
from tui.raster import Cell, Row
from tui.rows import Field, line, paragraph
from tui.view.view_state import Readable, ViewState, fraction

NAMES = {
    "cumulative": "Qbar = q(x_t|x0)",
    "step": "Q = q(x_t|x_t-1)",
    "joint": "q(x0, x_t)",
    "reverse": "q(x_t-1|x_t)",
}
"""How the panel is headed; a combining macron would not keep its place in a terminal."""

MATRICES_MAX_K = 64
"""States up to which the engine's process sends matrices."""

NAME = 8
"""Columns that the name of a row may have."""

SCALE = 9
"""Columns of the colours' bar: a blank, the bar, a blank, and a number."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the heat map, or say why there is none."""
    run = view.run
    entries = run.matrix(view.t, view.matrix)
    if entries is None:
        step = run.at(view.t)
        if step is None:
            return paragraph([], width, height)
        kept = step.matrices is not None
        why = "no such matrix at t = 0" if kept and view.t == 0 else "not kept for this chain"
        K = run.opened.K if run.opened else 0
        why += f": K = {K} is above {MATRICES_MAX_K}" if not kept and K > MATRICES_MAX_K else ""
        return paragraph([[(f" {why}", "dim")]], width, height)
    room = _room(view, width)
    grid = _grid(view, room, height)
    picture = _picture(view, entries, grid, room, height)
    return [[*row, *beside] for row, beside in zip(picture, _scale(view, width - room, height), strict=True)]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the squares are: `block` states to a square, `count` squares to a side, each `across` by `down` pixels.

    `left` columns at the left are for the names of rows, `above` rows for those of columns. A pixel is half a cell high
    where there is colour, else a whole one.
    """

    block: int
    count: int
    across: int
    down: int
    left: int
    above: int


def _grid(view: ViewState, width: int, height: int) -> Grid:
    """Return the largest squares that go in; names give way where they would take more than a quarter."""
    K, halves = len(view.run.labels), 2 if view.colour else 1
    longest = min(max(columns(label) for label in view.run.labels), NAME) + 1
    above = 1 if height >= 4 else 0
    pixels = halves * (height - above)
    left = longest if 4 * longest <= width and pixels // K >= halves else 0
    block = max(ceil(K / pixels), ceil(K / (width - left)))
    count = ceil(K / block)
    down = min(pixels // count, max((width - left) // count * halves // 2, 1))
    return Grid(block, count, min(down * 2 // halves, (width - left) // count), down, left, above)


def _picture(
    view: ViewState, entries: Sequence[Sequence[float | None]], grid: Grid, width: int, height: int
) -> list[Row]:
    """Return the squares with what stands above, beside and in them."""
    size, halves = grid.count * grid.across, 2 if view.colour else 1
    tall = height - grid.above
    top, cursor = _top(view)[0], _cursor(view)
    at = (cursor[0] // grid.block, cursor[1] // grid.block)
    merged = _merged(entries, grid.block)
    # heat takes all the rows it is given: it is given as many as the squares have
    rows = raster.heat(
        merged, size, ceil(grid.count * grid.down / halves), at, raster.cividis if view.colour else None, top
    )
    if grid.block == 1:
        _write_numbers(rows, merged, grid, halves)
    names = [""] * len(rows)
    if grid.left:
        for i, label in enumerate(view.run.labels):
            names[(2 * i + 1) * grid.down // (2 * halves)] = shorten(label, grid.left - 1)
    beside = [line([(padded(name, grid.left), "dim")], grid.left) for name in names]
    shown = [[*name, *row, *line([], width - grid.left - size)] for name, row in zip(beside, rows, strict=True)]
    shown += [line([], width)] * (tall - len(shown))
    return [_heads(view, grid, width)] * grid.above + shown[:tall]


def _heads(view: ViewState, grid: Grid, width: int) -> Row:
    """Return the names of the columns; or, where a square is a block of entries, that it has the largest of them."""
    if grid.block > 1:
        long = f"a cell: the largest of {grid.block}×{grid.block}"
        return line(
            [
                Field(
                    [long, f"largest of {grid.block}×{grid.block}", f"{grid.block}×{grid.block}", ""],
                    "mark",
                    whole=True,
                )
            ],
            width,
        )
    if grid.across < 2:
        return line([], width)
    fields = [padded(shorten(label, grid.across - 1), grid.across, "^") for label in view.run.labels]
    return line([(" " * grid.left, ""), *((field, "dim") for field in fields)], width)


def _merged(entries: Sequence[Sequence[float | None]], block: int) -> list[list[float | None]]:
    """Return the largest entry of each square block; None where all are undefined."""
    K = len(entries)
    if block == 1:
        return [list(row) for row in entries]
    return [
        [
            max((v for row in entries[i : i + block] for v in row[j : j + block] if v is not None), default=None)
            for j in range(0, K, block)
        ]
        for i in range(0, K, block)
    ]


def _write_numbers(rows: list[Row], entries: Sequence[Sequence[float | None]], grid: Grid, halves: int) -> None:
    """Write each number into its square, where a whole row of it is of one colour."""
    for i, row in enumerate(entries):
        y = (2 * i + 1) * grid.down // (2 * halves)
        for j, value in enumerate(row):
            text = next((form for form in _forms(value) if len(form) <= grid.across - 2), "")
            start = j * grid.across + (grid.across - len(text) + 1) // 2
            under = rows[y][start : start + len(text)]
            if text and halves == 2 and len({(cell.char, cell.style, cell.back) for cell in under}) == 1:
                ground = under[0].back
                if under[0].char == "▀" and under[0].style == ground:
                    ink = "#000000" if ground[3:5] > "7f" else "#ffffff"
                    rows[y][start : start + len(text)] = [Cell(char, ink, ground) for char in text]


def _forms(value: float | None) -> list[str]:
    """Return an entry's roundings, the finest first. What is not 0 is not written as zeros."""
    if value is None:
        return []
    if 0 < value < 0.01:
        return [f"{value:.{digits}e}".replace("e-0", "e-") for digits in (2, 1, 0)]
    return [f"{value:.{digits}f}" for digits in (4, 3, 2)]


def _room(view: ViewState, width: int) -> int:
    """Return the columns that the matrix has, beside the bar."""
    bar = 3 + len(_top(view)[1])
    return width - bar if width >= 2 * bar else width


def _top(view: ViewState) -> tuple[float, str]:
    """Return the number that has the brightest colour, and how it is written: no entry of any t is above it."""
    opened = view.run.opened
    if view.matrix != "joint" or opened is None:
        return 1.0, "1"
    data = view.run.steps[0].marginal
    i = max(range(len(data)), key=data.__getitem__)
    return data[i], fraction(opened.data[i], SCALE - 3)


def _scale(view: ViewState, width: int, height: int) -> list[Row]:
    """Return the colours from 0 at the foot to the brightest at the top, with their numbers."""
    if not width:
        return [[] for _ in range(height)]
    top, name = _top(view)
    steps = 2 * height if view.colour else height
    shares: list[list[float | None]] = [[top * k / max(steps - 1, 1)] for k in reversed(range(steps))]
    bar = raster.heat(shares, 1, height, None, raster.cividis if view.colour else None, top)
    names = {height - 1: "0", 0: name}
    return [[Cell(" "), *row, *line([(f" {names.get(y, '')}", "dim")], width - 2)] for y, row in enumerate(bar)]


def _cursor(view: ViewState) -> tuple[int, int]:
    """Row and column of the chosen entry: in the reverse, rows are x_t."""
    return (view.chosen, view.source) if view.matrix == "reverse" else (view.source, view.chosen)


def entry_at(view: ViewState, x: int, y: int, width: int, height: int) -> tuple[int, int] | None:
    """Return the states (of the source, of x_t) of the entry that is shown there."""
    if view.run.matrix(view.t, view.matrix) is None or width < 1 or height < 1:
        return None
    room = _room(view, width)
    grid, halves = _grid(view, room, height), 2 if view.colour else 1
    i, j = (y - grid.above) * halves // grid.down, (x - grid.left) // grid.across
    if not (y >= grid.above and x >= grid.left and i < grid.count and j < grid.count):
        return None
    cell = (i * grid.block, j * grid.block)
    return (cell[1], cell[0]) if view.matrix == "reverse" else cell


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:
    """Choose both states of the entry."""
    entry = entry_at(view, x, y, width, height)
    return replace(view, source=entry[0], chosen=entry[1]) if entry else view


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the entry under the mouse."""
    entry = entry_at(view, x, y, width, height)
    return Question(view.matrix, view.t, *entry) if entry else None


def here(view: ViewState) -> Readable:
    """Return the chosen entry."""
    return Question(view.matrix, view.t, view.source, view.chosen)


PANEL = Panel(
    key="2",
    name="matrix",
    subject="symbol",
    words="the matrix",
    title=lambda view: NAMES[view.matrix],
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "Rows are where one comes from, columns where one goes; the brighter, the likelier, on one scale for all t, "
        "which the bar at the right has. Entries are squares, with their numbers where those fit; many share a cell. "
        "Qbar is all steps up to t at once: when its rows are all alike, x_t tells "
        "nothing of x0."
    ),
    formula="Qbar_t = Q_1 Q_2 ⋯ Q_t;   joint q(x0) Qbar_t;   reverse q(x_(t−1)|x_t) = p_(t−1) Q_t / p_t",
    places={"short": Place(stack="rest"), "narrow": Place(), "normal": Place(2), "wide": Place(4)},
    click=click,
)
