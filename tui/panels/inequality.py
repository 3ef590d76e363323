"""Show the verdict on this step, what it lost, the bound, and the history as a strip of marks."""

from __future__ import annotations

from tui import raster
from tui.panel import GridArea, Panel
from tui.raster import Cell, Row
from tui.rows import RowField, Words, number, paragraph
from tui.view.times import TimeColumn, number_under, times_table
from tui.view.view_state import Readable, ReadNumber, ViewState, fraction_forms, roundings
from tui.view.window import TableWindow, window

MARKS = {"strict": "↓", "equal": "=", "violated": "↑", "undecided": "?"}
STYLES = {"↑": "bad", "?": "mark", "=": "dim", "↓": "good", "·": "axis"}
"""A mark's colour; where marks share a column, the first of these is shown."""

SAYS = {"strict": "I falls", "equal": "I stays", "violated": "I RISES", "undecided": "not decided"}
"""A verdict in words; an exact or an enclosed one is proved."""

TIMES = (
    TimeColumn("verdict", "decay", is_number=False),
    TimeColumn("lost", "information_loss"),
    TimeColumn("I_t", "mutual_information", "series-2"),
    TimeColumn("bound", "sdpi_bound", "series-4"),
)
"""What the table of times has, where the panel is alone; η is beside."""

LEAST_TIMES = 4
"""Rows from which on there is one."""

LINES = ("information_loss", "mutual_information", "sdpi_bound")
"""What stands under the verdict, from the top; η is beneath."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the verdict and its numbers over the strip."""
    if not height:
        return []
    lines = _lines(view)
    if times := table(view, width, height):
        lines += [[("", "")], *times_table(view, _columns(view), width, times)]
    rows = paragraph(lines, width, height - 1)
    return [*rows, [Cell(" "), *_strip(view, width), Cell(" ")][:width]]


def table(view: ViewState, width: int, height: int) -> TableWindow | None:  # noqa: ARG001  (a Tabled)
    """Return the times in sight of the table below the lines, where the panel is alone and has room for some."""
    room = height - len(_lines(view)) - 3
    if view.zoomed != PANEL.name or room < LEAST_TIMES:
        return None
    return window(view, PANEL.name, len(view.run.steps), room, view.t)


def _columns(view: ViewState) -> tuple[TimeColumn, ...]:
    """Return what the table has."""
    return (*TIMES, TimeColumn("η", _contraction(view), "dim"))


def _strip(view: ViewState, width: int) -> Row:
    run, room = view.run, max(width - 2, 1)

    def marked() -> Row:
        history = [MARKS.get(str(s.record["decay"]), "·") for s in run.steps[1:]]
        return raster.strip(["·", *history, *["·"] * (run.T - len(history))], room, None, STYLES)

    row, at = list(run.once(("strip", room), marked)), raster.column_of(view.t, run.T, room)
    row[at] = row[at]._replace(back="cursor")
    return row


def _lines(view: ViewState) -> list[Words]:
    run, step = view.run, view.run.at(view.t)
    if step is None:
        return []
    if step.t == 0:
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
            RowField((f"  {SAYS[verdict]}{proved}", f"  {SAYS[verdict]}", "")),
        ],
        [(" lost   ", ""), number(roundings(lost, 9))],
        [(" I_t    ", "series-2"), number(roundings(left, 9), "series-2", rank=1), *_beside(view)],
        [
            (" bound  ", "series-4"),
            number(roundings(bound, 9), "series-4", rank=1),
            RowField(("  = η·I_(t−1)" if bound is not None else none, ""), "dim"),
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
        return ReadNumber("information_loss", t) if t else None
    times, first = table(view, width, height), len(_lines(view)) + 2
    if times and first <= y < first + len(times.rows):
        return number_under(view, _columns(view), x, width, times.rows[y - first])
    lines = (*LINES, _contraction(view))
    return ReadNumber(lines[y - 1], view.t) if view.t and 1 <= y <= len(lines) else None


def _contraction(view: ViewState) -> str:
    """Return which η the bound is formed by: that of the kernel, of sequences that of the product kernel."""
    return "dobrushin_product" if view.has_sequences else "dobrushin"


def here(view: ViewState) -> Readable:
    """Return what this step lost."""
    return ReadNumber("information_loss" if view.t else "mutual_information", view.t)


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
    areas={
        "short": GridArea(stack="rest"),
        "narrow": GridArea(stack="rest"),
        "normal": GridArea(2, "pair"),
        "wide": GridArea(3),
    },
    opens=True,
    table=table,
)
