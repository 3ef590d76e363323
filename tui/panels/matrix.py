"""Draw the chosen matrix as a heat map, rows from top to bottom, with the chosen entry marked.

A colour means the same number at every t: from 0 to 1, or for the joint to the largest that the data allow. A bar at
the right says which.
"""

from __future__ import annotations

from dataclasses import replace

from tui import raster
from tui.messages import Question
from tui.panel import Panel, Place
from tui.raster import Cell, Row
from tui.rows import line, paragraph
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
    top, _ = _top(view)
    picture = raster.heat(entries, room, height, _cursor(view), raster.cividis if view.colour else None, top)
    return [[*row, *beside] for row, beside in zip(picture, _scale(view, width - room, height), strict=True)]


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
    K = view.run.opened.K if view.run.opened else 0
    if view.run.matrix(view.t, view.matrix) is None:
        return None
    cell = raster.cell_at(x, y, K, K, _room(view, width), height, view.colour)
    if cell is None:
        return None
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
    words="the matrix",
    title=lambda view: NAMES[view.matrix],
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "Rows are where one comes from, columns where one goes; the brighter, the likelier, on one scale for all t, "
        "which the bar at the right has. Qbar is all steps up to t at once: when its rows are all alike, x_t tells "
        "nothing of x0."
    ),
    formula="Qbar_t = Q_1 Q_2 ⋯ Q_t;   joint q(x0) Qbar_t;   reverse q(x_(t−1)|x_t) = p_(t−1) Q_t / p_t",
    places={"short": Place(stack="rest"), "narrow": Place(), "normal": Place(2), "wide": Place(4)},
    click=click,
)
