"""Panel 2: the chosen matrix as a heat map, rows from top to bottom, with the chosen entry marked.

A colour means the same number at every t: from 0 to 1, or for the joint to the largest that the data allow. A bar at
the right says which.
"""

from __future__ import annotations

from tui import raster
from tui.messages import Question
from tui.raster import Cell, Row
from tui.rows import line, paragraph
from tui.view.scene import Readable, ViewState, fraction

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


def paint(scene: ViewState, width: int, height: int) -> list[Row]:
    """The heat map, or why there is none."""
    film = scene.film
    entries = film.matrix(scene.t, scene.matrix)
    if entries is None:
        step = film.at(scene.t)
        if step is None:
            return paragraph([], width, height)
        kept = step.matrices is not None
        why = "no such matrix at t = 0" if kept and scene.t == 0 else "not kept for this chain"
        K = film.opened.K if film.opened else 0
        why += f": K = {K} is above {MATRICES_MAX_K}" if not kept and K > MATRICES_MAX_K else ""
        return paragraph([[(f" {why}", "dim")]], width, height)
    room = _room(scene, width)
    top, _ = _top(scene)
    picture = raster.heat(entries, room, height, _cursor(scene), raster.cividis if scene.colour else None, top)
    return [[*row, *beside] for row, beside in zip(picture, _scale(scene, width - room, height), strict=True)]


def _room(scene: ViewState, width: int) -> int:
    """The columns that the matrix has, beside the bar."""
    bar = 3 + len(_top(scene)[1])
    return width - bar if width >= 2 * bar else width


def _top(scene: ViewState) -> tuple[float, str]:
    """The number that has the brightest colour, and how it is written: no entry of any t is above it."""
    opened = scene.film.opened
    if scene.matrix != "joint" or opened is None:
        return 1.0, "1"
    data = scene.film.steps[0].marginal
    i = max(range(len(data)), key=data.__getitem__)
    return data[i], fraction(opened.data[i], SCALE - 3)


def _scale(scene: ViewState, width: int, height: int) -> list[Row]:
    """The colours from 0 at the foot to the brightest at the top, with their numbers."""
    if not width:
        return [[] for _ in range(height)]
    top, name = _top(scene)
    steps = 2 * height if scene.colour else height
    shares: list[list[float | None]] = [[top * k / max(steps - 1, 1)] for k in reversed(range(steps))]
    bar = raster.heat(shares, 1, height, None, raster.cividis if scene.colour else None, top)
    names = {height - 1: "0", 0: name}
    return [[Cell(" "), *row, *line([(f" {names.get(y, '')}", "dim")], width - 2)] for y, row in enumerate(bar)]


def _cursor(scene: ViewState) -> tuple[int, int]:
    """Row and column of the chosen entry: in the reverse, rows are x_t."""
    return (scene.chosen, scene.source) if scene.matrix == "reverse" else (scene.source, scene.chosen)


def entry_at(scene: ViewState, x: int, y: int, width: int, height: int) -> tuple[int, int] | None:
    """The states (of the source, of x_t) of the entry that is shown there."""
    K = scene.film.opened.K if scene.film.opened else 0
    if scene.film.matrix(scene.t, scene.matrix) is None:
        return None
    cell = raster.cell_at(x, y, K, K, _room(scene, width), height, scene.colour)
    if cell is None:
        return None
    return (cell[1], cell[0]) if scene.matrix == "reverse" else cell


def spot(scene: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """The entry under the mouse."""
    entry = entry_at(scene, x, y, width, height)
    return Question(scene.matrix, scene.t, *entry) if entry else None


def here(scene: ViewState) -> Readable:
    """The chosen entry."""
    return Question(scene.matrix, scene.t, scene.source, scene.chosen)


ABOUT = (
    "Rows are where one comes from, columns where one goes; the brighter, the likelier, on one scale for all t, which "
    "the bar at the right has. Qbar is all steps up to t at once: when its rows are all alike, x_t tells nothing of x0."
)
FORMULA = "Qbar_t = Q_1 Q_2 ⋯ Q_t;   joint q(x0) Qbar_t;   reverse q(x_(t−1)|x_t) = p_(t−1) Q_t / p_t"
