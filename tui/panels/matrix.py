"""Draw the chosen matrix as a heat map, rows from top to bottom, with the chosen entry marked.

A colour means the same number at every t: from 0 to 1, or for the joint to the largest that the data allow. A bar at
the right says which. Entries are squares, with their states beside them and their numbers in them where those fit.
Where there are more entries than squares, each stands for a square block of them, and the panel says so. Where numbers
do not fit but there is room beside the squares, the entries around the chosen one are there again, with their numbers.
What has few distinct values is told by those, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from tui import raster
from tui.glyphs import columns, padded, shorten
from tui.heat import cividis, heat
from tui.kernels import MatrixPicture
from tui.messages import COLUMN_MAX_K, Column, ColumnAnswer, Question
from tui.panel import GridArea, Panel
from tui.raster import Cell, Row
from tui.rows import BLANK, RowField, Words, line, number, paragraph
from tui.view.view_state import Readable, ViewState, fraction
from tui.view.window import window

NAMES = {
    "cumulative": "Qbar = q(x_t|x0)",
    "step": "Q = q(x_t|x_t-1)",
    "joint": "q(x0, x_t)",
    "reverse": "q(x_t-1|x_t)",
}
"""How the panel is headed; a combining macron would not keep its place in a terminal."""

NAME = 8
"""Columns that the name of a row may have."""

SCALE = 9
"""Columns of the colours' bar: a blank, the bar, a blank, and a number."""

NUMBERED = 6
"""Columns of a square from which on its number goes in."""

MARGINS = 2
"""Columns beside a number in its square."""

ROOMY = 9
"""Columns of a square that has room for three digits and an exponent."""

GAP = 2
"""Columns between the whole and the entries around the chosen one."""

ASKED = 12
"""Columns around the chosen one that the engine is asked for, where only blocks were sent: as many as may be shown."""

LEAST = 3
"""Squares to a side of those, at the least."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the heat map, or say why there is none."""
    run = view.run
    picture, step = run.matrix(view.t, view.matrix), run.at(view.t)
    if step is None or height < 1:
        return paragraph([], width, height)
    if picture is None:
        none_at_0 = view.t == 0 and view.matrix in ("step", "reverse")
        known = step.matrices is not None or step.parts is not None
        why = "a process with memory has none" if known else "unknown: exact arithmetic would take too long"
        return paragraph([[(" no such matrix at t = 0" if none_at_0 else f" {why}", "dim")]], width, height)
    room = _room(view, width)
    told = [line(_few_values(view), room)] * _told(view, height)
    parts = _parts(view, picture, room, height - len(told))
    drawn = [_picture(view, picture, part, height - len(told)) for part in parts]
    rows = [*told, *([cell for row in across for cell in row] for across in zip(*drawn, strict=True))]
    key = ("scale", view.matrix, view.colour, width - room, height)
    scale = run.once(key, lambda: _scale(view, width - room, height))
    return [[*row, *beside] for row, beside in zip(rows, scale, strict=True)]


@dataclass(frozen=True, slots=True)
class CellGrid:
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

    @property
    def width(self) -> int:
        """Columns of the names and the squares."""
        return self.left + self.count * self.across


@dataclass(frozen=True, slots=True)
class Part:
    """Squares for some rows and columns of the matrix, from column x of the panel on, in `width` columns."""

    x: int
    width: int
    rows: range
    columns: range
    grid: CellGrid


def _parts(view: ViewState, picture: MatrixPicture, width: int, height: int) -> list[Part]:
    """Return the whole matrix, and where there is room and need, the entries around the chosen one."""
    states = range(view.run.K)
    grid = _grid(view, states, width, height, picture.grain)
    close = window(view, "", len(states), ASKED, _cursor(view)[0]).rows
    free = width - grid.width - GAP - min(max(columns(view.state(i)) for i in close), NAME) - 1
    room = min(free // ROOMY, 2 * (height - 1) // ROOMY, len(states), ASKED)
    if (grid.block == 1 and grid.across >= NUMBERED) or room < LEAST:
        return [Part(0, width, states, states, grid)]
    rows, across = (window(view, "", len(states), room, at).rows for at in _cursor(view))
    if _near(view, picture, rows, across) is None:
        return [Part(0, width, states, states, grid)]
    x = grid.width + GAP
    near = _grid(view, rows, width - x, height, 1)
    return [Part(0, x, states, states, grid), Part(x, width - x, rows, across, near)]


def _grid(view: ViewState, states: range, width: int, height: int, grain: int) -> CellGrid:
    """Return the largest squares that go in; names give way where they would take a quarter, or merge states."""
    K, halves = len(states), 2 if view.colour else 1
    above = 1 if height >= 4 else 0
    pixels = halves * (height - above)
    left = 0
    if pixels // K >= halves:
        longest = min(max(columns(view.state(k)) for k in states), NAME) + 1
        left = longest if 4 * longest <= width and width - longest >= K else 0
    block = max(ceil(K / pixels), ceil(K / (width - left)))
    block = ceil(block / grain) * grain
    count = ceil(K / block)
    down = min(pixels // count, max((width - left) // count * halves // 2, 1))
    return CellGrid(block, count, min(down * 2 // halves, (width - left) // count), down, left, above)


def _picture(view: ViewState, picture: MatrixPicture, part: Part, height: int) -> list[Row]:
    """Return the squares of a part with what stands above, beside and in them."""
    grid, halves = part.grid, 2 if view.colour else 1
    top, cursor = _top(view)[0], _cursor(view)
    if len(part.rows) == view.run.K:
        entries = picture.blocks(grid.block)
    else:
        entries = _near(view, picture, part.rows, part.columns) or []
    at = ((cursor[0] - part.rows.start) // grid.block, (cursor[1] - part.columns.start) // grid.block)
    size, colours = grid.count * grid.across, cividis if view.colour else None
    # heat takes all the rows it is given: it is given as many as the squares have
    rows = heat(entries, size, ceil(grid.count * grid.down / halves), at, colours, top)
    if grid.block == 1:
        _write_numbers(rows, entries, grid, halves)
    names = [""] * len(rows)
    if grid.left:
        for i, state in enumerate(part.rows):
            names[(2 * i + 1) * grid.down // (2 * halves)] = shorten(view.state(state), grid.left - 1)
    beside = [line([(padded(name, grid.left), "dim")], grid.left) for name in names]
    blank = [BLANK] * (part.width - grid.width)
    shown = [[*name, *row, *blank] for name, row in zip(beside, rows, strict=True)]
    shown = [*[_heads(view, part)] * grid.above, *shown]
    return [*shown, *([[BLANK] * part.width] * (height - len(shown)))][:height]


def _near(view: ViewState, picture: MatrixPicture, rows: range, across: range) -> list[list[float | None]] | None:
    """Return some entries; where only blocks were sent, as the engine has answered, or None until it has."""
    if picture.grain == 1:
        return [[picture.entry(i, j) for j in across] for i in rows]
    turned = view.matrix == "reverse"
    answers = [view.answer(Column(view.matrix, view.t, j)) for j in (rows if turned else across)]
    given = [answer.shares or [None] * view.run.K for answer in answers if isinstance(answer, ColumnAnswer)]
    if len(given) < len(answers):
        return None
    found = [[column[i] for i in (across if turned else rows)] for column in given]
    return found if turned else [list(row) for row in zip(*found, strict=True)]


def columns_of(view: ViewState) -> Sequence[Column]:
    """Return the columns around the chosen one, where the panel is alone and only blocks of the matrix were sent."""
    picture = view.run.matrix(view.t, view.matrix) if view.zoomed == PANEL.name else None
    if picture is None or picture.grain == 1 or view.run.K > COLUMN_MAX_K:
        return ()
    return [Column(view.matrix, view.t, j) for j in window(view, "", view.run.K, ASKED, view.chosen).rows]


def _heads(view: ViewState, part: Part) -> Row:
    """Return the names of the columns; or, where a square is a block of entries, that it has the largest of them."""
    block, grid = f"{part.grid.block:,}", part.grid
    if grid.block > 1:
        words = (f"a cell: the largest of {block}×{block}", f"largest of {block}×{block}", f"{block}×{block}", "")
        return line([RowField(words, "mark", whole=True)], part.width)
    row, names = line([], part.width), tuple(view.state(j) for j in part.columns)
    lefts = tuple(grid.left + n * grid.across for n in range(len(names)))
    for _, x, name in raster.placed(names, lefts, max(grid.across - 1, 1), part.width):
        written = raster.cells(name, "dim")
        row[x : x + len(written)] = written
    return row


def _told(view: ViewState, height: int) -> bool:
    """Return whether there is a line of the few values that the matrix has."""
    return bool(_few_values(view)) and height >= 6 and (view.zoomed == PANEL.name or height < 4 * view.run.K)


def _few_values(view: ViewState) -> Words:
    """Return the distinct values of a kernel in closed form, where they are two or three."""
    step, opened = view.run.at(view.t), view.run.opened
    if step is None or step.parts is None or opened is None or opened.target is None:
        return []
    kernel = {"cumulative": step.parts[0], "step": step.parts[1]}.get(view.matrix)
    if kernel is None:
        return []
    first, states, distinct = view.run.once(("law",), lambda: _law(opened.target or ()))
    fresh = kernel.fresh * opened.target[first]
    to = f"to {shorten(view.state(first if opened.mask is None else opened.mask), NAME)}"
    if opened.mask is not None:
        values = [("diagonal", kernel.keep + fresh), ("else", fresh), (to, kernel.gone)]
    elif states == 1:
        values = [("diagonal", kernel.keep), (to, kernel.fresh), ("else", 0.0)]
    elif distinct == 1:
        values = [("diagonal", kernel.keep + fresh), ("else", fresh)]
    else:
        return []
    fields: list[tuple[str, str] | RowField] = []
    for rank, (words, value) in enumerate(values):
        shown = [f"{value:.{digits}g}".replace("e-0", "e-") for digits in (4, 3, 2)]
        fields.append(number([f" {words} {'≈' * (value not in (0, 1))}{form} " for form in shown], "dim", rank=-rank))
    return fields


def _law(target: Sequence[float]) -> tuple[int, int, int]:
    """Return the first state that a law of arrival has, how many it has, and how many distinct shares."""
    support = [j for j, x in enumerate(target) if x]
    return support[0], len(support), len(set(target))


def _write_numbers(rows: list[Row], entries: Sequence[Sequence[float | None]], grid: CellGrid, halves: int) -> None:
    """Write each number into its square, where a whole row of it is of one colour, or of one shade."""
    for i, row in enumerate(entries if grid.across > MARGINS else ()):
        y = (2 * i + 1) * grid.down // (2 * halves)
        for j, value in enumerate(row):
            text = next((form for form in _forms(value) if len(form) <= grid.across - MARGINS), "")
            start = j * grid.across + (grid.across - len(text) + 1) // 2
            under = rows[y][start : start + len(text)]
            if not text or len(set(under)) > 1:
                continue
            ground = under[0].back
            if halves == 1:
                rows[y][start : start + len(text)] = [Cell(char) for char in text]
            elif under[0].char == "▀" and under[0].style == ground:
                ink = "#000000" if ground[3:5] > "7f" else "#ffffff"
                rows[y][start : start + len(text)] = [Cell(char, ink, ground) for char in text]


def _forms(value: float | None) -> list[str]:
    """Return an entry's roundings, the finest first. What is not 0 is not written as zeros."""
    if not value:
        return [] if value is None else ["0"]
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
    bar = heat(shares, 1, height, None, cividis if view.colour else None, top)
    names = {height - 1: "0", 0: name}
    return [[Cell(" "), *row, *line([(f" {names.get(y, '')}", "dim")], width - 2)] for y, row in enumerate(bar)]


def _cursor(view: ViewState) -> tuple[int, int]:
    """Row and column of the chosen entry: in the reverse, rows are x_t."""
    return (view.chosen, view.source) if view.matrix == "reverse" else (view.source, view.chosen)


def entry_at(view: ViewState, x: int, y: int, width: int, height: int) -> tuple[int, int] | None:
    """Return the states (of the source, of x_t) of the entry that is shown there."""
    picture = view.run.matrix(view.t, view.matrix)
    if picture is None or width < 1 or height < 1:
        return None
    told, halves = _told(view, height), 2 if view.colour else 1
    for part in _parts(view, picture, _room(view, width), height - told):
        grid = part.grid
        i, j = (y - told - grid.above) * halves // grid.down, (x - part.x - grid.left) // grid.across
        if 0 <= i < grid.count and 0 <= j < grid.count:
            cell = (part.rows[i * grid.block], part.columns[j * grid.block])
            return (cell[1], cell[0]) if view.matrix == "reverse" else cell
    return None


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:
    """Choose both states of the entry."""
    entry = entry_at(view, x, y, width, height)
    return replace(view, source=entry[0], chosen=entry[1], has_source=True) if entry else view


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
    brief=lambda view: NAMES[view.matrix].rpartition(" = ")[2],
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "Rows are where one comes from, columns where one goes; the brighter, the likelier, on one scale for all t, "
        "which the bar at the right has. Entries are squares, with their numbers where those fit; many share a cell, "
        "and then those around the chosen one are beside it where there is room. Of any K: a kernel of few distinct "
        "values is those, and never a matrix. Qbar is all steps up to t at once: when its rows are all alike, x_t "
        "tells nothing of x0."
    ),
    formula="Qbar_t = Q_1 Q_2 ⋯ Q_t;   joint q(x0) Qbar_t;   reverse q(x_(t−1)|x_t) = p_(t−1) Q_t / p_t",
    areas={"short": GridArea(stack="rest"), "narrow": GridArea(), "normal": GridArea(2), "wide": GridArea(4)},
    click=click,
    columns=columns_of,
)
