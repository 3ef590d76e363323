"""Show the ELBO's lines, which add up; what this step pays; the marked chain's beside them; and all over time.

The equation that L is, whole, is in sight at every size. Where there is room the waterfall is below it, or beside it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from math import inf, nan
from typing import Any, NamedTuple

from tui.glyphs import columns, padded, shorten
from tui.panel import GridArea, Panel
from tui.raster import Row
from tui.rows import RowField, Words, line, number, paragraph
from tui.run_buffer import NO_NUMBERS, RunBuffer
from tui.view.costliest import costliest, told
from tui.view.equations import DECIMALS, Line, aligned, equations
from tui.view.times import TimeColumn, number_under, times_table
from tui.view.view_state import Readable, ReadNumber, ViewState
from tui.view.window import TableWindow, window
from tui.waterfall import Sums, frame, steps_at, waterfall

TOTALS = (
    ("reconstruction", "reconstruction", "series-1"),
    ("denoising", "denoising", "series-1"),
    ("prior", "prior matching", "series-1"),
    ("negative_elbo", "L = −ELBO", "title"),
    ("data_entropy", "= H(x0)", "dim"),
    ("model_error", "+ model error", "dim"),
    ("prior_gap", "+ prior gap", "dim"),
    ("nll", "NLL", "dim"),
    ("gap", "L − NLL", "dim"),
)
"""A total's name in the result, its words here, its colour."""

PARTS = (
    ("expected_total_correlation", "  drawn apart", "series-3"),
    ("position_error", "  positions' own", "series-3"),
)
"""What the model error is made of where a model draws each position of a sequence by itself."""

KEY: Words = (
    ("█", "series-2"),
    RowField((" lost to noise  ", " lost  ", " lost "), "dim"),
    ("▒", "series-3"),
    RowField((" model error Δ_t  ", " Δ_t  ", " Δ "), "dim"),
    ("░", "series-4"),
    RowField((" prior gap", " prior"), "dim"),
)
"""What the waterfall is made of."""

BESIDE_FROM, ALONE_BESIDE_FROM, TEXT = 84, 70, 42
"""Columns from which on the waterfall is beside the lines; where the panel is alone; and those of the lines then."""

FORMULA: tuple[Line, ...] = tuple(
    ([(words, "dim")], None) for words in ("", " L = L_0 + ΣL_(t−1) + L_T", "   = H(x0) + ΣΔ_t + KL(p_T‖π)")
)
"""What the lines are, where the panel is alone."""

TIMES = (
    TimeColumn("term", "elbo_term", prior="prior"),
    TimeColumn("lost", "information_loss", "series-2", prior="mutual_information"),
    TimeColumn("Δ_t", "model_error", "series-3", prior="prior_gap"),
)
"""What the table of times has, where the panel is alone: in each row term = lost + Δ_t, in each column the sum is
L = H(x0) + all errors. The prior's row has L_T = I(x0;x_T) + KL(p_T‖π)."""

LEAST_TIMES = 4
"""Rows from which on there is one."""

CHART = 5
"""Rows that a waterfall has at least, with its axis."""


class LedgerLayout(NamedTuple):
    """The lines, how many numbers are in none of them, the first column and row of the waterfall, if any."""

    lines: list[Line]
    below: int
    x: int = 0
    y: int = 0
    chart: bool = False


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw as many lines as there is room for; an equation is whole or not there. The rest can be scrolled to."""
    layout = _layout(view, width, height)
    lines = [words for words, _ in _visible(view, layout, height)]
    if not layout.chart:
        return paragraph(lines, width, height)
    chart = waterfall(_sums(view.run), width - layout.x, height - layout.y - 1, view.t, _largest(view))
    key = line([*[(" ", "")] * (not layout.x), *KEY, told(costliest(view.run), "  ", rank=1)], width - layout.x)
    if layout.x:
        left = paragraph(lines, layout.x - 1, height)  # a column free: a number must not touch the axis
        return [[*a, *line([], 1), *b] for a, b in zip(left, [key, *chart], strict=True)]
    return [*paragraph(lines, width, layout.y), key, *chart]


def table(view: ViewState, width: int, height: int) -> TableWindow | None:
    """Return the lines in sight where some are hidden; or, where the panel is alone, the times in sight."""
    layout = _layout(view, width, height)
    return _times(view, layout, height) or _hidden(view, layout, height)


def _largest(view: ViewState) -> tuple[int, ...]:
    """Return the times of the largest terms, as far as that is decided; T + 1 is the prior's."""
    found = costliest(view.run)
    return found.marked if found else ()


def _times(view: ViewState, layout: LedgerLayout, height: int) -> TableWindow | None:
    """Return the times and π in sight of the table below the lines, where the panel is alone and has room for some."""
    room = height - len(layout.lines) - 2
    if not (view.zoomed == PANEL.name and layout.x and room >= LEAST_TIMES):
        return None
    return window(view, PANEL.name, len(view.run.steps) + (view.run.finished is not None), room, view.t)


def _hidden(view: ViewState, layout: LedgerLayout, height: int) -> TableWindow | None:
    """Return the lines in sight of a page of equations and each number in a line of its own, where some are hidden."""
    if not layout.below or view.run.finished is None:
        return None
    room = layout.y or height
    return window(view, PANEL.name, len(_every_line(view, layout, room)), room)


def _every_line(view: ViewState, layout: LedgerLayout, room: int) -> list[Line]:
    """Return the equations, with blank lines so that they are a page, and then each number in a line of its own."""
    blank: Line = ([("", "")], None)
    page = [*layout.lines, *[blank] * (room - len(layout.lines))]
    return [*page, *(_total(view.run, None, *entry) for entry in TOTALS), *_step(view)]


def _visible(view: ViewState, layout: LedgerLayout, height: int) -> list[Line]:
    """Return the lines that are drawn beside or above the waterfall."""
    if times := _times(view, layout, height):
        cells = times_table(view, TIMES, layout.x - 1, times, _largest(view))
        return [*layout.lines, ([("", "")], None), *((words, None) for words in cells)]
    if seen := _hidden(view, layout, height):
        return _every_line(view, layout, seen.room)[seen.first :][: seen.room]
    return layout.lines


def _layout(view: ViewState, width: int, height: int) -> LedgerLayout:
    """Return what is where; the last one is kept, for it is asked for more than once a frame."""
    key = (view.t, width, height, view.zoomed, view.overlay_run)
    kept = view.run.pictures.get(("ledger layout",))
    if kept is None or kept[0] != key:
        kept = view.run.pictures["ledger layout",] = (key, _new_layout(view, width, height))
    layout: LedgerLayout = kept[1]
    return layout


def _new_layout(view: ViewState, width: int, height: int) -> LedgerLayout:
    run = view.run
    ledger = len(run.steps) > 1 and run.value(len(run.steps) - 1, "model_error") is not None
    if not ledger or height < CHART + 1:
        return LedgerLayout(*_lines(view, width, height, told(costliest(run))))
    alone = view.zoomed == PANEL.name
    if width >= (ALONE_BESIDE_FROM if alone else BESIDE_FROM):
        lines, below = _lines(view, TEXT, height)
        if alone and run.finished is not None and len(lines) + 2 + LEAST_TIMES > height:
            step = _short_step(view)
            whole, hidden = equations(run, TEXT, height - 2 - LEAST_TIMES - len(step), [], len(TOTALS) - 1)
            lines, below = (lines, below) if hidden else ([*whole, *step], 0)
        room = alone and len(lines) + len(FORMULA) + 2 + LEAST_TIMES <= height
        return LedgerLayout([*lines, *FORMULA] if room else lines, below, TEXT + 1, 0, True)
    lines, below = _lines(view, width, height)
    if not below and len(lines) + CHART < height:
        return LedgerLayout(lines, below, 0, len(lines), True)
    if run.finished is None or view.overlay_run is not None:
        return LedgerLayout(*_lines(view, width, height, told(costliest(run))))
    short = [step for step in _short_step(view)[: 1 + (height > 12)] if _least(step) <= width]
    lines, below = equations(run, width, height - CHART - 1 - len(short), [], len(TOTALS) - 1)
    if below >= len(TOTALS) - 1 or (view.t and not short) or len(lines) + len(short) + CHART + 1 > height:
        return LedgerLayout(*_lines(view, width, height, told(costliest(run))))
    return LedgerLayout([*lines, *short], below, 0, len(lines) + len(short), True)


def _short_step(view: ViewState) -> list[Line]:
    """Return what step t adds, and the strong bound, in a line each, where a waterfall needs the rows."""
    run, t = view.run, view.t
    if t == 0:
        return []

    def said(name: str, decimals: int) -> str:
        return aligned(run.value(t, name), decimals)

    paid = [
        f" t={t} {said('elbo_term', d)} = lost {said('information_loss', d)} + {delta} {said('model_error', d)}"
        for d, delta in ((DECIMALS, "model error"), (DECIMALS, "Δ_t"), (DECIMALS, "Δ"), (4, "Δ"), (3, "Δ"))
    ]
    paid.append(f" t={t} {said('elbo_term', 3)} = {said('information_loss', 3)} + {said('model_error', 3)}")
    bound = [f" I_t {said('mutual_information', d)} ≤ η·I_(t−1) {said('sdpi_bound', d)}" for d in (DECIMALS, 4, 3)]
    return [
        ([number(paid, "series-2")], ReadNumber("elbo_term", t)),
        ([number(bound, "series-4")], ReadNumber("sdpi_bound", t)),
    ]


def _least(line: Line) -> int:
    """Return how many columns the shortest words of a line need that say something."""
    fields = (piece for piece in line[0] if isinstance(piece, RowField))
    return sum(columns([form for form in field.forms if form][-1]) for field in fields)


def _sums(run: RunBuffer) -> Sums:
    """Return what the terms add up to, as floats."""
    return run.once(("sums",), lambda: _new_sums(run))


def _new_sums(run: RunBuffer) -> Sums:
    lost = [y for y in run.numbers("conditional_entropy") if y is not None]
    errors = accumulate(_size(run.value(t, "model_error")) if t else 0.0 for t in range(len(lost)))
    end = None
    if run.finished is not None:
        e = run.finished["elbo"]
        end = _size(e["data_entropy"]), _size(e["model_error"]), _size(e["prior_gap"])
    return Sums(lost, list(errors), end, run.T)


def _size(record: dict[str, Any] | None) -> float:
    """Return a number for a picture: inf, and nan for what is undefined."""
    if record is None or record["value"] in NO_NUMBERS - {"inf"}:
        return nan
    return inf if record["value"] == "inf" else float(record["value"])


def _lines(view: ViewState, width: int, height: int, most: RowField | None = None) -> tuple[list[Line], int]:
    """Return the lines, and how many more numbers there are than those; `most` is the words on the largest term."""
    run = view.run
    if run.opened is None:
        return [], 0
    if run.finished is not None and run.finished["elbo"]["negative_elbo"] is None:
        return [([RowField((" a process with memory has no ledger", " no ledger: it has memory"), "dim")], None)], 0
    here = _step(view)
    if run.finished is None:
        return [*here, ([("", "")], None), ([(" the totals come at the end", "dim")], None)], 0
    beside = view.overlay_run if width >= 48 else None
    largest: list[Line] = [([most], None)] if most else []
    rows = len(TOTALS) + 1 + bool(beside) + len(largest)
    if height < rows:
        return equations(run, width, height, here, len(TOTALS) - 1, largest)
    totals: list[Line] = [([(" " * 31, ""), (padded(_name(beside), 14, ">"), "beneath")], None)] if beside else []
    totals += [_total(run, beside, *entry) for entry in TOTALS]
    totals.insert(3 + bool(beside), ([(" " + "─" * min(29, max(width - 2, 0)), "axis")], None))
    totals += largest
    return ([*totals, ([("", "")], None), *here], 0) if height >= rows + 2 else (totals, len(here))


def _name(run: RunBuffer) -> str:
    return shorten(run.opened.name if run.opened else "", 13)


def _step(view: ViewState) -> list[Line]:
    """Return the lines of step t: its term, and what that pays for."""
    run, t = view.run, view.t
    if t == 0:
        return []
    paid = ("conditional_entropy", "H(x0|x_1)") if t == 1 else ("information_loss", "lost here")
    of_positions = PARTS if run.value(t, PARTS[0][0]) else ()
    lines = (
        ("elbo_term", f"term of t = {t}", "title"),
        (*paid, "series-2"),
        ("model_error", "model error", "series-3"),
        *of_positions,
        ("sdpi_bound", "I_t ≤ η·I_(t−1)", "series-4"),
    )
    return [_row(words, style, run.value(t, quantity), ReadNumber(quantity, t)) for quantity, words, style in lines]


def _row(words: str, style: str, record: dict[str, Any] | None, spot: Readable) -> Line:
    numbers = [f"{aligned(record, decimals):>{6 + decimals}}" for decimals in (DECIMALS, 4, 3)]
    label = RowField((f" {words:<18}", f" {words:<14}"), style)
    return [label, number(numbers, "title" if style == "title" else "", rank=1)], spot


def _total(run: RunBuffer, beside: RunBuffer | None, key: str, words: str, style: str) -> Line:
    assert run.finished is not None
    mine, spot = _row(words, style, run.finished["elbo"][key], ReadNumber(key, None))
    other = beside.finished["elbo"][key] if beside and beside.finished else None
    return [*mine, (f"{aligned(other):>14}" if beside else "", "beneath")], spot


def _slot(view: ViewState, x: int, y: int, width: int, height: int) -> int | None:
    """Return the time of the bar in the column, if there is one."""
    layout, run = _layout(view, width, height), view.run
    if not layout.chart or y <= layout.y or (layout.x and not y):
        return None
    margin, plot, _, _ = frame(_sums(run), width - layout.x, height - layout.y - 1)
    column = x - layout.x - margin
    return steps_at(column, run.T, plot)[1] if 0 <= column < plot else None


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:
    """Go to the time of the bar, and rest there."""
    t = _slot(view, x, y, width, height)
    return view if t is None else replace(view, t=t, playing=False)


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the number of the line, or the term whose bar it is."""
    t = _slot(view, x, y, width, height)
    if t is not None:
        return ReadNumber("elbo_term", t) if t < len(view.run.steps) else None
    layout = _layout(view, width, height)
    times, first = _times(view, layout, height), len(layout.lines) + 2
    if times and x < layout.x and first <= y < first + len(times.rows):
        return number_under(view, TIMES, x, layout.x - 1, times.rows[y - first])
    lines = _visible(view, layout, height)
    return lines[y][1] if y < len(lines) and (not layout.x or x < layout.x) else None


def here(view: ViewState) -> Readable:
    """Read out L, once it is known."""
    return ReadNumber("negative_elbo", None) if view.run.finished else ReadNumber("elbo_term", view.t)


PANEL = Panel(
    key="5",
    name="ledger",
    words="the ledger of the ELBO",
    title=lambda _: "ELBO",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "Each denoising term pays for the information its step destroyed, the reconstruction for H(x0|x_1), the prior "
        "for I(x0;x_T): together H(x0). What L has above it is all error: of the steps, and of the prior. The bars are "
        "the sum so far: █ is H(x0|x_t), what this step loses on the shadow of what was lost before it, ▒ the model's "
        "errors, and the last bar, π, has the prior's gap ░ on top and is as high as L. ∞ and ? stay once they come."
    ),
    formula="L = L_0 + ΣL_(t−1) + L_T = H(x0) + ΣΔ_t + KL(p_T‖π)",
    areas={
        "short": GridArea(stack="rest"),
        "narrow": GridArea(stack="rest"),
        "normal": GridArea(2),
        "wide": GridArea(4),
    },
    click=click,
    table=table,
)
