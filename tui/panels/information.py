"""Draw H(x_t), I(x0;x_t), H(x0|x_t) and the bound over all of time, with the cursor at t.

On request float64's I(x0;x_t) lies beneath, faintly, and a strip at the foot says where it is wrong in kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor, isfinite, log10, sqrt
from typing import Any, NamedTuple

from tui import raster
from tui.panel import Panel, Place
from tui.raster import Row, Series, Tick
from tui.rows import Field, line, paragraph
from tui.run_buffer import RunBuffer
from tui.view.view_state import Number, Readable, ViewState


class Curve(NamedTuple):
    """One of the curves: the result's name for it, its colour, whether it is dashed, its name here."""

    quantity: str
    style: str
    dashed: bool
    words: str


CURVES = (
    Curve("sdpi_bound", "series-4", True, "bound"),
    Curve("conditional_entropy", "series-3", True, "H(x0|x_t)"),
    Curve("entropy", "series-1", False, "H(x_t)"),
    Curve("mutual_information", "series-2", False, "I(x0;x_t)"),
)
"""Painted in this order: where two meet, the later has the cell."""

BENEATH = (Curve("entropy", "beneath", True, "H"), Curve("mutual_information", "beneath", False, "I"))
"""What is drawn of the chain that is laid beneath."""

SHADOW = Curve("shadow", "dim", True, "float64")

SLIPS = {"−": "dim", "↑": "dim", "=": "axis", "·": "axis"}
"""Where float64 is negative, rises falsely, stands still, or is none of these; the first of a column is shown."""

FOOT_FROM = 6
"""Rows from which on there is one to spare for that."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the curves under their legend."""
    if height < 3 or not view.run.steps:
        return paragraph([], width, height)
    rows, margin = _curves(view, width, height)
    at = margin + raster.column_of(view.t, last(view), width - margin)
    return [_legend(view, width), *([*row[:at], row[at]._replace(back="cursor"), *row[at + 1 :]] for row in rows)]


def _curves(view: ViewState, width: int, height: int) -> tuple[list[Row], int]:
    """Draw all but legend and cursor, once for all t, and return the rows and the columns left of the curves."""
    key = ("curves", view.scale, view.shadow, width, height, len(view.run.steps))
    kept = view.run.pictures.get(key)
    if kept is None or kept[0] is not view.overlay_run:
        series = [*_beneath(view), *_own(view).values()]
        low, high, ticks = _frame(series, view.scale, height)
        margin = gutter if (gutter := raster.gutter(ticks)) < width else 0
        rows = raster.curves(series, low, high, ticks, width, _plot(view, height))
        if _has_foot(view, height):
            rows.append(_foot(view, width, margin))
        kept = view.run.pictures[key] = (view.overlay_run, rows, margin)
    return kept[1], kept[2]


def _has_foot(view: ViewState, height: int) -> bool:
    return view.shadow and bool(view.run.float_errors) and height >= FOOT_FROM


def _plot(view: ViewState, height: int) -> int:
    """Return how many of the panel's rows the curves have."""
    return height - 1 - _has_foot(view, height)


def _foot(view: ViewState, width: int, margin: int) -> Row:
    """Return what is wrong with float64 in kind, t by t."""
    marks = [_slip(shade) for shade in view.run.float_errors]
    marks += [" "] * (last(view) + 1 - len(marks))
    return [*line([("f64".rjust(margin - 1), "dim")], margin), *raster.strip(marks, width - margin, None, SLIPS)]


def _slip(shade: dict[str, Any]) -> str:
    return "−" if shade["negative"] else "↑" if shade["false_rise"] else "=" if shade["stands_still"] else "·"


def _legend(view: ViewState, width: int) -> Row:
    names = list(reversed(_drawn(view)))
    if view.shadow and not (view.run.shadowed and view.run.shadowed.words):
        names.append(SHADOW if view.run.float_errors else SHADOW._replace(words="float64 …"))
    return line([Field(_wordings(curve), curve.style) for curve in names], width)


def _wordings(curve: Curve) -> list[str]:
    """Return a curve's name with a piece of its line, and shorter."""
    words, stroke = curve.words, "╌╌" if curve.dashed else "━━"
    return [f" {stroke} {words} ", f" {words} ", f"{words} ", f"{words.replace('(x0;x_t)', '')} "]


def title(view: ViewState) -> str:
    """Return what is drawn, and on which scale."""
    return f"information, {view.scale}"


def subtitle(view: ViewState) -> str:
    """Return which chain lies beneath, and what the marks of the foot mean."""
    chain = f"beneath: {view.overlay_run.opened.name}" if view.overlay_run and view.overlay_run.opened else ""
    marks = "↑ false rise − negative = stuck" if view.shadow and view.run.float_errors else ""
    return "   ".join(words for words in (chain, marks) if words)


def last(view: ViewState) -> int:
    """Return the last time on the axis: that of the longer chain, where one lies beneath."""
    return max(view.run.T, view.overlay_run.T if view.overlay_run else 0)


def _drawn(view: ViewState) -> Sequence[Curve]:
    """The curves of the run; on a logarithmic scale beside float64 the information alone, for room is dear there."""
    alone = view.scale == "logarithmic" and view.shadow and view.run.float_errors
    return CURVES[-1:] if alone else CURVES


def _own(view: ViewState) -> dict[str, Series]:
    return {curve.quantity: _series(view.run, curve, view.scale) for curve in _drawn(view)}


def _beneath(view: ViewState) -> list[Series]:
    """Return what is painted before the run's own curves: another chain's, and float64's."""
    found = [_shadow(view.run, view.scale)] if view.shadow and view.run.float_errors else []
    return [*(_series(view.overlay_run, curve, view.scale) for curve in BENEATH), *found] if view.overlay_run else found


def _shadow(run: RunBuffer, scale: str) -> Series:
    """Float64's I(x0;x_t); what is not positive has no place on a logarithmic scale."""
    said = [shade["mutual_information"] for shade in run.float_errors]
    points = [None if text is None else float(text) for text in said]
    if scale == "logarithmic":
        points = [log10(y) if y is not None and y > 0 else None for y in points]
    if scale == "square root":
        points = [None if y is None else sqrt(max(y, 0.0)) for y in points]
    return Series([*points, *[None] * (run.T + 1 - len(points))], SHADOW.style, SHADOW.dashed)


def _series(run: RunBuffer, curve: Curve, scale: str) -> Series:
    points = run.logarithms(curve.quantity) if scale == "logarithmic" else run.numbers(curve.quantity)
    if scale == "square root":
        points = [None if y is None else sqrt(max(y, 0.0)) for y in points]
    return Series(points, curve.style, curve.dashed)


def _frame(series: Sequence[Series], scale: str, height: int) -> tuple[float, float, list[Tick]]:
    """Return the range of the axis and its labels."""
    values = [y for one in series for y in one.points if y is not None and isfinite(y)]
    if not values:
        return 0.0, 1.0, [Tick(0.0, "0")]
    if scale == "logarithmic":
        bottom, top = floor(min(values)), ceil(max(values))
        step = max(1, ceil((top - bottom) / max(height // 3, 1)))
        ticks = [Tick(float(y), f"1e{y}") for y in range(top, bottom - 1, -step)]
        return float(bottom), float(max(top, bottom + 1)), ticks
    high = max(values) or 1.0
    marks = [high, high / 2, 0.0]
    return 0.0, high, [Tick(y, _label(y * y if scale == "square root" else y)) for y in marks]


def _label(y: float) -> str:
    """Return a tick in two decimals, or in two digits where those would say 0 of what is not."""
    return f"{y:.2f}" if y >= 0.095 or not y else f"{y:.2g}".replace("e-0", "e-")


def time_under(view: ViewState, x: int, width: int, height: int) -> int | None:
    """Return the time under a column of the panel; None left of the curves, or where there are none."""
    if not view.run.steps or height < 3:
        return None
    series = [*_beneath(view), *_own(view).values()]
    gutter = raster.gutter(_frame(series, view.scale, height)[2])
    if not gutter <= x < width:
        return None
    return min(raster.time_at(x - gutter, last(view), width - gutter), view.run.T)


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Click)
    """Go to the time of the column, and rest there."""
    t = time_under(view, x, width, height)
    return view if t is None else replace(view, t=t, playing=False)


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the point of the curve that is nearest, in the column that the mouse is over."""
    t = time_under(view, x, width, height)
    if t is None or y < 1:
        return None
    series = _own(view)
    low, high, _ = _frame([*_beneath(view), *series.values()], view.scale, height)
    place = high - (high - low) * (y - 0.5) / _plot(view, height)
    known = {q: abs(p - place) for q, one in series.items() if t < len(one.points) and (p := one.points[t]) is not None}
    return Number(min(reversed(known), key=lambda q: known[q]), t) if known else None


def here(view: ViewState) -> Readable:
    """Read out I(x0; x_t) at the cursor."""
    return Number("mutual_information", view.t)


PANEL = Panel(
    key="1",
    name="information",
    words="the curves",
    title=title,
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "H(x_t) is the entropy of x_t, I(x0;x_t) what x_t still tells of the data: noise may add to the first, and "
        "never adds to the second where it has no memory. The bound is what the strong inequality leaves at most. F "
        "lays float64's own I(x0;x_t) beneath, and marks where it rises falsely (↑), is negative (−) or is stuck (=)."
    ),
    formula="I(x0;x_t) = H(x0) − H(x0|x_t) = H(x_t) − H(x_t|x0);   bound: η(Q_t)·I(x0;x_(t−1))",
    places={"short": Place(), "narrow": Place(), "normal": Place(4), "wide": Place(8)},
    subtitle=subtitle,
    click=click,
)
