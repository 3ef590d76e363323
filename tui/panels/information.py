"""Draw H(x_t), I(x0;x_t), H(x0|x_t) and the bound over all of time, with the cursor at t.

    bits                                   at t = 3     what a number says, and where float64 goes wrong
    1┤ the curves                 ○ H(x_t)   0.9019     each named at its end, with its value at the cursor
    0┤                            ● I(x0;x_t) 0.3296
     └───┴────┴─────┴                                   time
     0   3    10    20
    f64 ··↑··                                           on request: where float64 is wrong in kind

Curves differ by their dash and their mark as much as by colour. The scale is logarithmic where I spans more than four
decades, unless the person has chosen one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor, isfinite, sqrt
from typing import Any, NamedTuple

from tui import raster
from tui.axes import decade_ticks, square_ticks, time_axis, value_ticks
from tui.glyphs import columns
from tui.panel import GridArea, Panel
from tui.raster import DASHED, DOTTED, LONG, SOLID, Cell, Row, Series, Tick
from tui.rows import RowField, Words, line, number, paragraph
from tui.run_buffer import RunBuffer
from tui.view import float_slips
from tui.view.view_state import Readable, ReadNumber, ViewState, fraction_forms, roundings


class Curve(NamedTuple):
    """One of the curves: the result's name for it, its colour, dash and mark, its name here and a shorter one."""

    quantity: str
    style: str
    dash: tuple[int, int]
    mark: str
    words: str
    brief: str


CURVES = (
    Curve("sdpi_bound", "series-4", DOTTED, "▽", "bound", "bound"),
    Curve("conditional_entropy", "series-3", DASHED, "◆", "H(x0|x_t)", "H|x_t"),
    Curve("entropy", "series-1", LONG, "○", "H(x_t)", "H"),
    Curve("mutual_information", "series-2", SOLID, "●", "I(x0;x_t)", "I"),
)
"""Painted in this order: where two meet, the later has the cell, and the earlier loses its label first."""

BENEATH = (
    Curve("entropy", "beneath", LONG, "", "H", "H"),
    Curve("mutual_information", "beneath", SOLID, "", "I", "I"),
)
"""What is drawn of the chain that is laid beneath."""

SHADOW = Curve("shadow", "dim", DASHED, "×", "float64", "f64")

BRIEF_SCALES = {"linear": "linear", "square root": "√", "logarithmic": "log"}
"""What the scales are called where there is little room."""

DECADES = 4
"""Where I spans more, a linear scale would show it as a line at 0."""

FOOT_FROM, AXIS_FROM, RULE_FROM, HEAVY_FROM, NUMBERS_FROM = 6, 5, 11, 9, 20
"""Rows from which on there is room for float64's marks, labels of time, a rule over them, thick lines, numbers."""

VALUES_FROM, NAMES_FROM = 66, 30
"""Columns from which on curves have names with values at their ends, and short names."""

VALUE = 9
"""Columns that a value at the end of a curve may take: 1.23e-256."""


class PlotLayout(NamedTuple):
    """Where things are: the range of the axis; columns left of the plot, of it, right of it; rows of it and below it.

    Row 0 is above the plot, the numbers of the zoom are below all else.
    """

    low: float
    high: float
    margin: int
    width: int
    names: int
    height: int
    axis: int
    foot: bool
    numbers: int


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the curves, their names, the axes."""
    if height < 3 or not view.run.steps:
        return paragraph([], width, height)
    rows, plot, series = _curves(view, width, height)
    at = plot.margin + raster.column_of(view.t, last(view), plot.width)
    ends = _labelled(view, plot, series)
    names = {y: line(_name(view, curve, plot.names), plot.names) for y, curve in ends.items()}
    shown = [
        [*row[:at], row[at]._replace(back="cursor"), *row[at + 1 :], *(names.get(y) or _blank(plot.names))]
        for y, row in enumerate(rows)
    ]
    for y, curve in _crossings(view, plot, series).items():
        shown[y][at] = Cell(curve.mark, curve.style, "cursor")
    axis = time_axis(last(view), plot.width, plot.axis, view.t, plot.margin)
    foot = [float_slips.strip(view, plot.width, plot.margin, last(view))] if plot.foot else []
    under = [[*row, *_blank(plot.names)] for row in (*axis, *foot)]
    return [
        _head(view, width, plot),
        *shown,
        *under,
        *paragraph(_numbers(view) if plot.numbers else [], width, plot.numbers),
    ]


def scale_of(view: ViewState) -> str:
    """Return the scale that was chosen, or else logarithmic where I spans more than four decades, and linear."""
    if view.scale:
        return view.scale
    return "logarithmic" if view.run.once(("span",), lambda: _decades(view.run)) > DECADES else "linear"


def _decades(run: RunBuffer) -> float:
    """Return how many powers of ten I(x0;x_t) spans."""
    logarithms = [y for y in run.logarithms("mutual_information") if y is not None]
    return max(logarithms, default=0.0) - min(logarithms, default=0.0)


def last(view: ViewState) -> int:
    """Return the last time on the axis: that of the longer chain, where one lies beneath."""
    return max(view.run.T, view.overlay_run.T if view.overlay_run else 0)


def _curves(view: ViewState, width: int, height: int) -> tuple[list[Row], PlotLayout, dict[str, Series]]:
    """Draw the curves with the axis at their left, once for all t; return their layout and the run's own series."""
    scale, zoomed = scale_of(view), view.zoomed == PANEL.name
    numbers = len(_numbers(view)) if zoomed and height >= NUMBERS_FROM else 0  # none of a time that has not come
    key = ("curves", scale, view.shadow, zoomed, width, height, numbers)
    kept = view.run.pictures.get(key)
    if kept is None or kept[0] is not view.overlay_run:
        foot = view.shadow and bool(view.run.float_errors) and height >= FOOT_FROM
        axis = 2 if height >= RULE_FROM else int(height >= AXIS_FROM)
        tall = height - 1 - axis - foot - numbers
        own = {curve.quantity: _series(view.run, curve, scale, height >= HEAVY_FROM) for curve in _drawn(view)}
        if view.shadow and view.run.float_errors:
            own = {SHADOW.quantity: _float64(view.run, scale), **own}
        series = [*_beneath(view), *own.values()]
        low, high, ticks = _frame(series, scale, max(tall // 2 if zoomed else 2 * tall // 5, 2))
        names = columns(_label(CURVES[1], "0" * VALUE)) if width >= VALUES_FROM else 7 if width >= NAMES_FROM else 0
        margin = gutter if (gutter := raster.gutter(ticks)) < width - names else 0
        rows = raster.curves(series, low, high, ticks, width - names, tall)
        if (slip := float_slips.first_slip(view.run)) and view.shadow:
            _mark(rows, margin + raster.column_of(slip[0], last(view), width - names - margin))
        plot = PlotLayout(low, high, margin, width - names - margin, names, tall, axis, foot, numbers)
        kept = view.run.pictures[key] = (view.overlay_run, rows, plot, own)
    return kept[1], kept[2], kept[3]


def _mark(rows: list[Row], column: int) -> None:
    """Draw a line down a column, where nothing else is."""
    for row in rows:
        if row[column].char == " ":
            row[column] = Cell("┊", "bad")


def _blank(width: int) -> Row:
    return [Cell(" ")] * width


def _head(view: ViewState, width: int, plot: PlotLayout) -> Row:
    """Return the unit, what float64 does, and the values at the cursor where they do not stand at the curves' ends."""
    words: list[tuple[str, str] | RowField] = [RowField((f" {view.unit} ", ""), "dim", rank=2)]
    moment = float_slips.moment(view)
    if plot.names < VALUE:
        for rank, curve in enumerate(_drawn(view)):
            if record := _value(view, curve):
                forms = [f"{curve.mark}{curve.brief} {form} " for form in roundings(record, 4)]
                words.insert(1, number(forms, curve.style, rank=rank))
        return line([*words, *moment], width)
    at = f" at t = {view.t} "
    return [*line([*words, *moment], width - columns(at)), *line([(at, "dim")], columns(at))]


def _value(view: ViewState, curve: Curve) -> dict[str, Any] | None:
    return view.run.value(view.t, curve.quantity)


def _labelled(view: ViewState, plot: PlotLayout, series: dict[str, Series]) -> dict[int, Curve]:
    """Return the curves by the row in which each ends, or as near as there is room."""
    if not plot.names:
        return {}
    known = [curve for curve in CURVES[::-1] if view.run.value(len(view.run.steps) - 1, curve.quantity) is not None]
    ends = [(_end(one, plot), curve) for curve in (*known, SHADOW) if (one := series.get(curve.quantity))]
    ends = sorted(ends[: plot.height], key=lambda end: end[0])
    rows: list[int] = []
    for k, (row, _) in enumerate(ends):
        highest = rows[-1] + 1 if rows else 0
        rows.append(min(max(row, highest), plot.height - len(ends) + k))
    return {row: curve for row, (_, curve) in zip(rows, ends, strict=True)}


def _end(one: Series, plot: PlotLayout) -> int:
    """Return the row of the last point; what has none, as 0 on a logarithmic scale, ends at the foot."""
    y = next((y for y in reversed(one.points) if y is not None), plot.low)
    return raster.row_of(y, plot.low, plot.high, plot.height)


def _name(view: ViewState, curve: Curve, width: int) -> Words:
    if width < VALUE:
        return [(f" {curve.mark}{curve.brief}", curve.style)]
    if curve is SHADOW:
        error = view.run.float_error(view.t)
        forms = [f"{float(error['mutual_information']):.{k}g}" for k in (5, 3, 2)] if error else ["·"]
        forms = [form.replace("e-0", "e-") for form in forms]
    else:
        forms = list(roundings(_value(view, curve), 5))
    fitting = [form for form in forms if len(form) <= VALUE]
    return [(_label(curve, fitting[0] if fitting else ""), curve.style)]


def _label(curve: Curve, value: str) -> str:
    return f" {curve.mark} {curve.words:<9} {value} "


def _crossings(view: ViewState, plot: PlotLayout, series: dict[str, Series]) -> dict[int, Curve]:
    """Return the rows in which the curves are at the cursor."""
    found: dict[int, Curve] = {}
    for curve in (SHADOW, *CURVES):
        points = series[curve.quantity].points if curve.quantity in series else ()
        if view.t < len(points) and (y := points[view.t]) is not None:
            found[raster.row_of(y, plot.low, plot.high, plot.height)] = curve
    return found


def _numbers(view: ViewState) -> list[Words]:
    """Return what the zoom has below the curves: each number at t to many digits, and the formula."""
    step = view.run.at(view.t)
    if step is None:
        return []
    rows: list[Words] = [[("", "")]]
    for curve in reversed(CURVES):
        record = _value(view, curve)
        rows.append([(f" {curve.mark} {curve.words:<10} ", curve.style), *_whole(record, "title")])
    lost, eta = view.run.value(view.t, "information_loss"), step.record["dobrushin"]
    rows.append([("   lost here   ", "dim"), *_whole(lost, "")])
    rows.append([("   η(Q_t)      ", "dim"), number(fraction_forms(str(eta)) if eta else ("·",))])
    return [*rows, [RowField((f" {PANEL.formula}", f" {PANEL.formula.partition(';   ')[0]}"), "dim")]]


def _whole(record: dict[str, Any] | None, style: str) -> Words:
    """Return a number with all the digits that the result has, and its enclosure."""
    if record is None:
        return [("·", "dim")]
    low, high = record.get("lower"), record.get("upper")
    enclosure = "" if low is None else "  exactly" if low == high else f"  ∈ [{low}, {high}]"
    return [number((str(record["value"]), *roundings(record, 12)), style, rank=1), number((enclosure,), "dim")]


def title(view: ViewState) -> str:
    """Return what is drawn, and on which scale."""
    return f"information, {scale_of(view)}"


def brief(view: ViewState) -> str:
    """Return the same in fewer columns."""
    return f"information, {BRIEF_SCALES[scale_of(view)]}"


def subtitle(view: ViewState) -> str:
    """Return which chain lies beneath, and what the marks of the foot mean."""
    chain = f"beneath: {view.overlay_run.opened.name}" if view.overlay_run and view.overlay_run.opened else ""
    marks = "↑ false rise − negative = stuck" if view.shadow and view.run.float_errors else ""
    return "   ".join(words for words in (chain, marks) if words)


def _drawn(view: ViewState) -> Sequence[Curve]:
    """Return the curves of the run; on a logarithmic scale beside float64 only the information."""
    alone = scale_of(view) == "logarithmic" and view.shadow and view.run.float_errors
    return CURVES[-1:] if alone else CURVES


def _beneath(view: ViewState) -> list[Series]:
    """Return another chain's curves, which are painted before the run's own."""
    run, scale = view.overlay_run, scale_of(view)
    return [_series(run, curve, scale, heavy=False) for curve in BENEATH] if run else []


def _float64(run: RunBuffer, scale: str) -> Series:
    """Return float64's I(x0;x_t) as a curve as long as the run."""
    points = float_slips.points(run, scale)
    return Series([*points, *[None] * (run.T + 1 - len(points))], SHADOW.style, SHADOW.dash)


def _series(run: RunBuffer, curve: Curve, scale: str, heavy: bool) -> Series:
    points = run.logarithms(curve.quantity) if scale == "logarithmic" else run.numbers(curve.quantity)
    if scale == "square root":
        points = [None if y is None else sqrt(max(y, 0.0)) for y in points]
    return Series(points, curve.style, curve.dash, heavy and curve.quantity in {"entropy", "mutual_information"})


def _frame(series: Sequence[Series], scale: str, most: int) -> tuple[float, float, list[Tick]]:
    """Return the range of the axis and its labels."""
    values = [y for one in series for y in one.points if y is not None and isfinite(y)]
    if not values:
        return 0.0, 1.0, [Tick(0.0, "0")]
    if scale == "logarithmic":
        bottom, top = floor(min(values)), ceil(max(values))
        return float(bottom), float(max(top, bottom + 1)), decade_ticks(bottom, max(top, bottom + 1), most)
    high = max(values) or 1.0
    return 0.0, high, square_ticks(high, most) if scale == "square root" else value_ticks(0.0, high, most)


def time_under(view: ViewState, x: int, width: int, height: int) -> int | None:
    """Return the time under a column of the panel, the last right of the curves; None left of them."""
    if not view.run.steps or height < 3:
        return None
    plot = _curves(view, width, height)[1]
    if not plot.margin <= x < width:
        return None
    return min(raster.time_at(min(x - plot.margin, plot.width - 1), last(view), plot.width), view.run.T)


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Click)
    """Go to the time of the column, and rest there."""
    t = time_under(view, x, width, height)
    return view if t is None else replace(view, t=t, playing=False)


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the point of the curve that is nearest, in the column that the mouse is over; of a name, its value."""
    t = time_under(view, x, width, height)
    if t is None or y < 1:
        return None
    _, plot, series = _curves(view, width, height)
    if x >= plot.margin + plot.width:
        curve = _labelled(view, plot, series).get(y - 1)
        return ReadNumber(curve.quantity, view.t) if curve in CURVES else None
    place = plot.high - (plot.high - plot.low) * (y - 0.5) / max(plot.height, 1)
    own = {curve.quantity: series[curve.quantity] for curve in _drawn(view)}
    known = {q: abs(p - place) for q, one in own.items() if t < len(one.points) and (p := one.points[t]) is not None}
    return ReadNumber(min(reversed(known), key=lambda q: known[q]), t) if known else None


def here(view: ViewState) -> Readable:
    """Read out I(x0; x_t) at the cursor."""
    return ReadNumber("mutual_information", view.t)


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
        "never adds to the second where it has no memory. The bound is what the strong inequality leaves at most. "
        "Names stand where the curves end, values are those at the cursor. The scale is logarithmic where I falls "
        "through more than four decades. F lays float64's own I(x0;x_t) beneath, says from "
        "where fewer than three of its digits are right, and marks where it rises falsely (↑), is "
        "negative (−) or is stuck (=)."
    ),
    formula="I(x0;x_t) = H(x0) − H(x0|x_t) = H(x_t) − H(x_t|x0);   bound: η(Q_t)·I(x0;x_(t−1))",
    areas={"short": GridArea(), "narrow": GridArea(), "normal": GridArea(4), "wide": GridArea(8)},
    brief=brief,
    subtitle=subtitle,
    click=click,
)
