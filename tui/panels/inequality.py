"""Show the verdict on this step, what it lost, the bound, and the history as a strip of marks."""

from __future__ import annotations

from tui import raster
from tui.panel import Panel, Place
from tui.raster import Cell, Row
from tui.rows import Field, Words, number, paragraph
from tui.view.view_state import Number, Readable, ViewState, fraction_forms, roundings

MARKS = {"strict": "↓", "equal": "=", "violated": "↑", "undecided": "?"}
STYLES = {"↑": "bad", "?": "mark", "=": "dim", "↓": "good", "·": "axis"}
"""A mark's colour; where marks share a column, the first of these is shown."""

SAYS = {"strict": "I falls", "equal": "I stays", "violated": "I RISES", "undecided": "not decided"}
"""A verdict in words; an exact or an enclosed one is proved."""

LINES = ("information_loss", "mutual_information", "sdpi_bound")
"""What stands under the verdict, from the top; η is beneath."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the verdict and its numbers over the strip."""
    if not height:
        return []
    rows = paragraph(_lines(view), width, height - 1)
    return [*rows, [Cell(" "), *_strip(view, width), Cell(" ")][:width]]


def _strip(view: ViewState, width: int) -> Row:
    run = view.run
    history = [MARKS.get(str(s.record["decay"]), "·") for s in run.steps[1:]]
    marks = ["·", *history, *["·"] * (run.T - len(history))]
    return raster.strip(marks, max(width - 2, 1), view.t, STYLES)


def _lines(view: ViewState) -> list[Words]:
    run, step = view.run, view.run.at(view.t)
    if step is None or step.t == 0:
        return [[(" t = 0: nothing is lost yet", "dim")]]
    verdict = str(step.record["decay"])
    bound, eta = step.record["sdpi_bound"], step.record[_contraction(view)]
    named, none = (" η(⊗Q) ", "  too large to find") if view.has_sequences else (" η      ", "  none with memory")
    lost, left = run.value(step.t, "information_loss"), run.value(step.t, "mutual_information")
    certified = left is not None and left.get("lower") is not None
    proved = ", proved" if certified and verdict != "undecided" else ""
    return [
        [
            (f" {MARKS[verdict]} {verdict}", STYLES[MARKS[verdict]]),
            Field((f"  {SAYS[verdict]}{proved}", f"  {SAYS[verdict]}", "")),
        ],
        [(" lost   ", ""), number(roundings(lost, 9))],
        [(" I_t    ", "series-2"), number(roundings(left, 9), "series-2", rank=1), *_beside(view)],
        [
            (" bound  ", "series-4"),
            number(roundings(bound, 9), "series-4", rank=1),
            Field(("  = η·I_(t−1)" if bound is not None else none, ""), "dim"),
        ],
        [(named, ""), number(fraction_forms(str(eta)) if eta else ("·",))],
    ]


def _beside(view: ViewState) -> Words:
    """Return I_t of the chain that is laid beneath, at the same t."""
    if view.overlay_run is None:
        return []
    forms = roundings(view.overlay_run.value(view.t, "mutual_information"), 6)
    return [number([f"{words}{form}" for words in ("   beneath ", "  ") for form in forms if len(form) > 3], "beneath")]


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the number of the line, or the loss of the step whose mark it is."""
    if y == height - 1:
        t = raster.time_at(x - 1, view.run.T, max(width - 2, 1))
        return Number("information_loss", t) if t else None
    lines = (*LINES, _contraction(view))
    return Number(lines[y - 1], view.t) if view.t and 1 <= y <= len(lines) else None


def _contraction(view: ViewState) -> str:
    """Return which η the bound is formed by: that of the kernel, of sequences that of the product kernel."""
    return "dobrushin_product" if view.has_sequences else "dobrushin"


def here(view: ViewState) -> Readable:
    """Return what this step lost."""
    return Number("information_loss" if view.t else "mutual_information", view.t)


PANEL = Panel(
    key="6",
    name="inequality",
    words="the inequality",
    title=lambda _: "the inequality",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "The verdict on this step: ↓ strict, = equal, ↑ violated, which only a process with memory can do. Exact "
        "arithmetic decides it on integers, balls by enclosures; float64 says what it sees. The strip has the "
        "verdicts of all steps."
    ),
    formula="I(x0;x_(t−1)) − I(x0;x_t) = I(x0;x_(t−1)|x_t) ≥ 0;   η(Q) = max ½ Σ_j |Q[i,j] − Q[k,j]|",
    places={
        "short": Place(stack="rest"),
        "narrow": Place(stack="rest"),
        "normal": Place(2, "pair"),
        "wide": Place(3),
    },
    opens=True,
)
