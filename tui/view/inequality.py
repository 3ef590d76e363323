"""Panel 6: the verdict on this step, what it lost, the bound, and the history as a strip of marks."""

from __future__ import annotations

from tui import raster
from tui.film import short
from tui.raster import Cell, Row
from tui.view.scene import Number, Scene, Spot, Words, fraction, paragraph

MARKS = {"strict": "↓", "equal": "=", "violated": "↑", "undecided": "?"}
STYLES = {"↑": "bad", "?": "mark", "=": "dim", "↓": "good", "·": "axis"}
"""A mark's colour; where marks share a column, the first of these is shown."""

PROVED = {
    "strict": "I falls, proved",
    "equal": "I stays, proved",
    "violated": "I RISES, proved",
    "undecided": "not decided",
}
LINES = ("information_loss", "mutual_information", "sdpi_bound", "dobrushin")
"""What stands under the verdict, from the top."""


def paint(scene: Scene, width: int, height: int) -> list[Row]:
    """The verdict and its numbers over the strip."""
    if not height:
        return []
    rows = paragraph(_lines(scene, width), width, height - 1)
    return [*rows, [Cell(" "), *_strip(scene, width), Cell(" ")][:width]]


def _strip(scene: Scene, width: int) -> Row:
    film = scene.film
    history = [MARKS.get(str(s.record["decay"]), "·") for s in film.steps[1:]]
    marks = ["·", *history, *["·"] * (film.T - len(history))]
    return raster.strip(marks, max(width - 2, 1), scene.t, STYLES)


def _lines(scene: Scene, width: int) -> list[Words]:
    film, step = scene.film, scene.film.at(scene.t)
    if step is None or step.t == 0:
        return [[(" t = 0: nothing is lost yet", "dim")]]
    verdict = str(step.record["decay"])
    bound, eta = step.record["sdpi_bound"], step.record["dobrushin"]
    lost, left = film.value(step.t, "information_loss"), film.value(step.t, "mutual_information")
    mine = f" I_t    {short(left, 9)}"
    lines: list[Words] = [
        [(f" {MARKS[verdict]} {verdict}", STYLES[MARKS[verdict]]), (f"  {PROVED[verdict]}", "")],
        [(f" lost   {short(lost, 9)}", "")],
        [(mine, "series-2"), *_beside(scene, width - len(mine))],
        [(f" bound  {short(bound, 9)}", "series-4"), (_beside_bound(bound is not None, width), "dim")],
        [(f" η      {fraction(str(eta), width - 9) if eta else '·'}", "")],
    ]
    return lines


def _beside_bound(there: bool, width: int) -> str:
    words = "  = η·I_(t−1)" if there else "  none with memory"
    return words if width >= 32 else ""


def _beside(scene: Scene, room: int) -> Words:
    """I_t of the chain that is laid beneath, at the same t: rounded to what there is room for, never cut."""
    if scene.beneath is None:
        return []
    number = scene.beneath.value(scene.t, "mutual_information")
    forms = [f"{words}{short(number, digits)}" for words in ("   beneath ", "  ") for digits in (6, 4, 3)]
    return [(next((form for form in forms if len(form) <= room), ""), "beneath")]


def spot(scene: Scene, x: int, y: int, width: int, height: int) -> Spot | None:
    """The number of the line, or the loss of the step whose mark it is."""
    if y == height - 1:
        t = raster.time_at(x - 1, scene.film.T, max(width - 2, 1))
        return Number("information_loss", t) if t else None
    return Number(LINES[y - 1], scene.t) if scene.t and 1 <= y <= len(LINES) else None


def here(scene: Scene) -> Spot:
    """What this step lost."""
    return Number("information_loss" if scene.t else "mutual_information", scene.t)


ABOUT = (
    "The verdict on this step: ↓ strict, = equal, ↑ violated, which only a process with memory can do. Exact "
    "arithmetic decides it on integers, balls by enclosures; float64 says what it sees. The strip has the verdicts of "
    "all steps."
)
FORMULA = "I(x0;x_(t−1)) − I(x0;x_t) = I(x0;x_(t−1)|x_t) ≥ 0;   η(Q) = max ½ Σ_j |Q[i,j] − Q[k,j]|"
