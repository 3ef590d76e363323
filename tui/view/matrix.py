"""Panel 2: the chosen matrix as a heat map, rows from top to bottom, with the chosen entry marked."""

from __future__ import annotations

from tui import raster
from tui.messages import Question
from tui.raster import Row
from tui.view.scene import Scene, Spot, paragraph

NAMES = {
    "cumulative": "Qbar = q(x_t|x0)",
    "step": "Q = q(x_t|x_t-1)",
    "joint": "q(x0, x_t)",
    "reverse": "q(x_t-1|x_t)",
}
"""How the panel is headed; a combining macron would not keep its place in a terminal."""


def paint(scene: Scene, width: int, height: int) -> list[Row]:
    """The heat map, or why there is none."""
    film = scene.film
    entries = film.matrix(scene.t, scene.matrix)
    if entries is None:
        step = film.at(scene.t)
        kept = step is not None and step.matrices is not None
        why = "no such matrix at t = 0" if kept and scene.t == 0 else "not kept for this chain"
        return paragraph([[(f" {why}", "dim")]], width, height)
    top = max((x for row in entries for x in row if x is not None), default=1.0) or 1.0
    return raster.heat(entries, width, height, _cursor(scene), raster.cividis if scene.colour else None, top)


def _cursor(scene: Scene) -> tuple[int, int]:
    """Row and column of the chosen entry: in the reverse, rows are x_t."""
    return (scene.chosen, scene.source) if scene.matrix == "reverse" else (scene.source, scene.chosen)


def entry_at(scene: Scene, x: int, y: int, width: int, height: int) -> tuple[int, int] | None:
    """The states (of the source, of x_t) of the entry that is shown there."""
    K = scene.film.opened.K if scene.film.opened else 0
    cell = raster.cell_at(x, y, K, K, width, height, scene.colour)
    if cell is None or scene.film.matrix(scene.t, scene.matrix) is None:
        return None
    return (cell[1], cell[0]) if scene.matrix == "reverse" else cell


def spot(scene: Scene, x: int, y: int, width: int, height: int) -> Spot | None:
    """The entry under the mouse."""
    entry = entry_at(scene, x, y, width, height)
    return Question(scene.matrix, scene.t, *entry) if entry else None


def here(scene: Scene) -> Spot:
    """The chosen entry."""
    return Question(scene.matrix, scene.t, scene.source, scene.chosen)


ABOUT = (
    "Rows are where one comes from, columns where one goes; the brighter, the likelier. Qbar is all steps up to t at "
    "once: when its rows are all alike, x_t tells nothing of x0."
)
FORMULA = "Qbar_t = Q_1 Q_2 ⋯ Q_t;   joint q(x0) Qbar_t;   reverse q(x_(t−1)|x_t) = p_(t−1) Q_t / p_t"
