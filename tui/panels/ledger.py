"""Show the ELBO's lines, which add up; what this step pays; the marked chain's beside them; and all over time.

The equation that L is, whole, is in sight at every size. Where there is room the waterfall is below it, or beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate
from math import inf, nan
from typing import Any, NamedTuple

from tui.glyphs import columns, padded, shorten
from tui.panel import Panel, Place
from tui.raster import Row
from tui.rows import Field, Words, line, number, paragraph
from tui.run_buffer import NO_NUMBERS, RunBuffer, short
from tui.view.view_state import Number, Readable, ViewState
from tui.waterfall import Sums, frame, steps_at, waterfall

DECIMALS = 6
"""The same in every line, so that the lines add up before one's eyes."""

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

EQUATIONS = (
    (
        ("negative_elbo", "L = −ELBO"),
        ("data_entropy", "= H(x0)"),
        ("model_error", "+ ΣΔ_t"),
        ("prior_gap", "+ KL(p_T‖π)"),
    ),
    (("negative_elbo", "L"), ("reconstruction", "= L_0"), ("denoising", "+ ΣL_(t−1)"), ("prior", "+ L_T")),
    (("negative_elbo", "L"), ("nll", "= NLL"), ("gap", "+ (L − NLL)")),
)
"""What L is equal to, term by term, where there is no room for a line each; the first is the last to be left out."""

Line = tuple[Words, Readable | None]

KEY: Words = (
    ("█", "series-2"),
    Field((" lost to noise  ", " lost  "), "dim"),
    ("▒", "series-3"),
    Field((" model error Δ_t  ", " Δ_t  "), "dim"),
    ("░", "series-4"),
    Field((" prior gap", " prior"), "dim", rank=1),
)
"""What the waterfall is made of."""

BESIDE_FROM, TEXT = 84, 42
"""Columns from which on the waterfall is beside the lines, and those of the lines then."""

FORMULA: tuple[Line, ...] = tuple(
    ([(words, "dim")], None) for words in ("", " L = L_0 + ΣL_(t−1) + L_T", "   = H(x0) + ΣΔ_t + KL(p_T‖π)")
)
"""What the lines are, where the panel is alone."""

CHART = 5
"""Rows that a waterfall has at least, with its axis."""


class Sheet(NamedTuple):
    """The lines, how many more numbers there are, whether there is a waterfall, and from which column and row on."""

    lines: list[Line]
    below: int
    x: int = 0
    y: int = 0
    chart: bool = False


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw as many lines as there is room for, and a sign where there are more; an equation is whole or not there."""
    sheet = _sheet(view, width, height)
    lines = [words for words, _ in sheet.lines]
    if not sheet.chart:
        return paragraph(lines, width, height, sheet.below)
    chart = waterfall(_sums(view.run), width - sheet.x, height - sheet.y - 1, view.t)
    if sheet.x:
        left = paragraph(lines, sheet.x, height, sheet.below)
        return [[*a, *b] for a, b in zip(left, [line(KEY, width - sheet.x), *chart], strict=True)]
    return [*paragraph(lines, width, sheet.y, sheet.below), line([(" ", ""), *KEY], width), *chart]


def _sheet(view: ViewState, width: int, height: int) -> Sheet:
    """Return what is where."""
    run = view.run
    ledger = len(run.steps) > 1 and run.value(len(run.steps) - 1, "model_error") is not None
    if not ledger or height < CHART + 1:
        return Sheet(*_lines(view, width, height))
    if width >= BESIDE_FROM:
        lines, below = _lines(view, TEXT, height)
        room = view.zoomed == PANEL.name and len(lines) + len(FORMULA) <= height
        return Sheet([*lines, *FORMULA] if room else lines, below, TEXT, 0, True)
    lines, below = _lines(view, width, height)
    if not below and len(lines) + CHART < height:
        return Sheet(lines, below, 0, len(lines), True)
    if run.finished is None or view.overlay_run is not None:
        return Sheet(lines, below)
    short = [step for step in _short_step(view)[: 1 + (height > 12)] if _least(step) <= width]
    lines, below = _equations(run, width, height - CHART - 1 - len(short), [])
    if below >= len(TOTALS) - 1 or (view.t and not short) or len(lines) + len(short) + CHART + 1 > height:
        return Sheet(*_lines(view, width, height))
    return Sheet([*lines, *short], below, 0, len(lines) + len(short), True)


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
        ([number(paid, "series-2")], Number("elbo_term", t)),
        ([number(bound, "series-4")], Number("sdpi_bound", t)),
    ]


def _least(line: Line) -> int:
    """Return how many columns the shortest words of a line need that say something, with a sign behind them."""
    return sum(columns([form for form in piece.forms if form][-1]) for piece in line[0] if isinstance(piece, Field)) + 3


def _sums(run: RunBuffer) -> Sums:
    """Return what the terms add up to, as floats; kept until more of the run comes."""
    kept = run.pictures.get(("sums",))
    if kept is None:
        lost = [y for y in run.numbers("conditional_entropy") if y is not None]
        errors = accumulate(_size(run.value(t, "model_error")) if t else 0.0 for t in range(len(lost)))
        end = None
        if run.finished is not None:
            e = run.finished["elbo"]
            end = _size(e["data_entropy"]), _size(e["model_error"]), _size(e["prior_gap"])
        kept = run.pictures["sums",] = Sums(lost, list(errors), end, run.T)
    return kept


def _size(record: dict[str, Any] | None) -> float:
    """Return a number for a picture: inf, and nan for what is undefined."""
    if record is None or record["value"] in NO_NUMBERS - {"inf"}:
        return nan
    return inf if record["value"] == "inf" else float(record["value"])


def _lines(view: ViewState, width: int, height: int) -> tuple[list[Line], int]:
    """Return the lines, and how many more numbers there are than those."""
    run = view.run
    if run.opened is None:
        return [], 0
    if run.finished is not None and run.finished["elbo"]["negative_elbo"] is None:
        return [([(" a process with memory has no ledger", "dim")], None)], 0
    here = _step(view)
    if run.finished is None:
        return [*here, ([("", "")], None), ([(" the totals come at the end", "dim")], None)], 0
    beside = view.overlay_run if width >= 48 else None
    rows = len(TOTALS) + 1 + bool(beside)
    if height < rows:
        return _equations(run, width, height, here)
    totals: list[Line] = [([(" " * 31, ""), (padded(_name(beside), 14, ">"), "beneath")], None)] if beside else []
    totals += [_total(run, beside, *entry) for entry in TOTALS]
    totals.insert(3 + bool(beside), ([(" " + "─" * min(29, max(width - 2, 0)), "axis")], None))
    return ([*totals, ([("", "")], None), *here], 0) if height >= rows + 2 else (totals, len(here))


def _equations(run: RunBuffer, width: int, height: int, here: list[Line]) -> tuple[list[Line], int]:
    """As many whole equations as there is room for, and what the step pays, if that goes in too."""
    for count in range(len(EQUATIONS), 0, -1):
        for decimals in (DECIMALS, 4, 3):
            lines = [line for terms in EQUATIONS[:count] for line in _equation(run, terms, width, decimals)]
            missing = sum(len(terms) - 1 for terms in EQUATIONS[count:])
            spare = len(lines) + len(here) <= height
            missing += 0 if spare else len(here)
            sign = len(f"▼{missing}") if missing and (len(lines) == height) else 0
            fits = all(_columns(words) <= width for words, _ in lines) and _columns(lines[-1][0]) <= width - sign
            if len(lines) <= height and fits:
                return [*lines, *here] if spare else lines, missing
    L = run.finished["elbo"]["negative_elbo"] if run.finished else None
    forms = [aligned(L, decimals) for decimals in (DECIMALS, 4, 3)]
    return [([(" L = −ELBO ", "title"), number(forms, "title")], Number("negative_elbo", None))], len(TOTALS) - 1 + len(
        here
    )


def _equation(run: RunBuffer, terms: Sequence[tuple[str, str]], width: int, decimals: int) -> list[Line]:
    """Return the terms one after the other, in as few lines as they need; none is broken."""
    assert run.finished is not None
    lines: list[Line] = []
    for key, words in terms:
        style = "title" if key == "negative_elbo" else "dim"
        term: list[tuple[str, str] | Field] = [
            (f" {words} ", style),
            Field((aligned(run.finished["elbo"][key], decimals),), style, whole=True),
        ]
        if lines and _columns([*lines[-1][0], *term]) <= width:
            lines[-1] = ([*lines[-1][0], *term], lines[-1][1])
        else:
            lines.append((term, Number(key, None)))
    return lines


def _columns(words: Words) -> int:
    return sum(columns(piece.forms[0] if isinstance(piece, Field) else piece[0]) for piece in words)


def _name(run: RunBuffer) -> str:
    return shorten(run.opened.name if run.opened else "", 13)


def _step(view: ViewState) -> list[Line]:
    """Return the lines of step t: its term, and what that pays for."""
    run, t = view.run, view.t
    if t == 0:
        return []
    paid = ("conditional_entropy", "H(x0|x_1)") if t == 1 else ("information_loss", "lost here")
    lines = (
        ("elbo_term", f"term of t = {t}", "title"),
        (*paid, "series-2"),
        ("model_error", "model error", "series-3"),
        ("sdpi_bound", "I_t ≤ η·I_(t−1)", "series-4"),
    )
    return [_row(words, style, run.value(t, quantity), Number(quantity, t)) for quantity, words, style in lines]


def _row(words: str, style: str, record: dict[str, Any] | None, spot: Readable) -> Line:
    numbers = [f"{aligned(record, decimals):>{6 + decimals}}" for decimals in (DECIMALS, 4, 3)]
    label = Field((f" {words:<18}", f" {words:<14}"), style)
    return [label, number(numbers, "title" if style == "title" else "", rank=1)], spot


def _total(run: RunBuffer, beside: RunBuffer | None, key: str, words: str, style: str) -> Line:
    assert run.finished is not None
    mine, spot = _row(words, style, run.finished["elbo"][key], Number(key, None))
    other = beside.finished["elbo"][key] if beside and beside.finished else None
    return [*mine, (f"{aligned(other):>14}" if beside else "", "beneath")], spot


def aligned(record: dict[str, Any] | None, decimals: int = DECIMALS) -> str:
    """Return a certified number with its point in place; one too small to be seen so, in its own size."""
    if record is None or record["value"] in {*NO_NUMBERS, "0"}:
        return short(record)
    number = Decimal(str(record["value"]))
    return f"{number:.{decimals}f}" if abs(number) >= Decimal(1).scaleb(-decimals) else f"{number:.2e}"


def _slot(view: ViewState, x: int, y: int, width: int, height: int) -> int | None:
    """Return the time of the bar in the column, if there is one."""
    sheet, run = _sheet(view, width, height), view.run
    if not sheet.chart or y <= sheet.y or (sheet.x and not y):
        return None
    margin, plot, _, _ = frame(_sums(run), width - sheet.x, height - sheet.y - 1)
    column = x - sheet.x - margin
    return steps_at(column, run.T, plot)[1] if 0 <= column < plot else None


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:
    """Go to the time of the bar, and rest there."""
    t = _slot(view, x, y, width, height)
    return view if t is None else replace(view, t=t, playing=False)


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the number of the line, or the term whose bar it is."""
    t = _slot(view, x, y, width, height)
    if t is not None:
        return Number("elbo_term", t) if t < len(view.run.steps) else None
    sheet = _sheet(view, width, height)
    there = y < len(sheet.lines) and (not sheet.x or x < sheet.x)
    return sheet.lines[y][1] if there else None


def here(view: ViewState) -> Readable:
    """Read out L, once it is known."""
    return Number("negative_elbo", None) if view.run.finished else Number("elbo_term", view.t)


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
    places={"short": Place(stack="rest"), "narrow": Place(stack="rest"), "normal": Place(2), "wide": Place(4)},
    click=click,
)
