"""Panel 1: H(x_t), I(x0;x_t), H(x0|x_t) and the bound over all of time, with the cursor at t."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, isfinite, sqrt
from typing import NamedTuple

from tui import raster
from tui.film import Film
from tui.raster import Row, Series, Tick
from tui.view.scene import Number, Scene, Spot, line, paragraph


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


def paint(scene: Scene, width: int, height: int) -> list[Row]:
    """The curves under their legend."""
    if height < 3 or not scene.film.steps:
        return paragraph([], width, height)
    series = [*_beneath(scene), *(_series(scene.film, curve, scene.scale) for curve in CURVES)]
    low, high, ticks = _frame(series, scene.scale, height)
    return [_legend(scene, width), *raster.curves(series, low, high, ticks, width, height - 1, scene.t)]


def _legend(scene: Scene, width: int) -> Row:
    wide = width >= 60
    words = [(f" {('╌╌ ' if c.dashed else '━━ ') * wide}{c.words} ", c.style) for c in reversed(CURVES)]
    if wide:
        words.append((f" {scene.scale}", "dim"))
    return line(words, width)


def subtitle(scene: Scene) -> str:
    """Which chain lies beneath."""
    return f"beneath: {scene.beneath.opened.name}" if scene.beneath and scene.beneath.opened else ""


def last(scene: Scene) -> int:
    """The last time on the axis: that of the longer chain, where one lies beneath."""
    return max(scene.film.T, scene.beneath.T if scene.beneath else 0)


def _beneath(scene: Scene) -> list[Series]:
    return [_series(scene.beneath, curve, scene.scale) for curve in BENEATH] if scene.beneath else []


def _series(film: Film, curve: Curve, scale: str) -> Series:
    points = film.logarithms(curve.quantity) if scale == "logarithmic" else film.numbers(curve.quantity)
    if scale == "square root":
        points = [None if y is None else sqrt(max(y, 0.0)) for y in points]
    return Series(points, curve.style, curve.dashed)


def _frame(series: Sequence[Series], scale: str, height: int) -> tuple[float, float, list[Tick]]:
    """The range of the axis and its labels."""
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
    return 0.0, high, [Tick(y, f"{(y * y if scale == 'square root' else y):.2f}") for y in marks]


def time_under(scene: Scene, x: int, width: int, height: int) -> int | None:
    """The time under a column of the panel; None left of the curves, or where there are none."""
    if not scene.film.steps or height < 3:
        return None
    series = [*_beneath(scene), *(_series(scene.film, curve, scene.scale) for curve in CURVES)]
    gutter = raster.gutter(_frame(series, scene.scale, height)[2])
    if not gutter <= x < width:
        return None
    return min(raster.time_at(x - gutter, last(scene), width - gutter), scene.film.T)


def spot(scene: Scene, x: int, y: int, width: int, height: int) -> Spot | None:
    """The point of the curve that is nearest, in the column that the mouse is over."""
    t = time_under(scene, x, width, height)
    if t is None or y < 1:
        return None
    series = {curve.quantity: _series(scene.film, curve, scene.scale) for curve in CURVES}
    low, high, _ = _frame([*_beneath(scene), *series.values()], scene.scale, height)
    place = high - (high - low) * (y - 0.5) / (height - 1)
    known = {q: abs(p - place) for q, one in series.items() if t < len(one.points) and (p := one.points[t]) is not None}
    return Number(min(reversed(known), key=lambda q: known[q]), t) if known else None


def here(scene: Scene) -> Spot:
    """I(x0; x_t) at the cursor."""
    return Number("mutual_information", scene.t)


ABOUT = (
    "H(x_t) is the entropy of x_t, I(x0;x_t) what is left to know of the data: noise may add to the first, it only "
    "ever takes from the second. The bound is what the strong inequality leaves at most."
)
FORMULA = "I(x0;x_t) = H(x0) − H(x0|x_t) = H(x_t) − H(x_t|x0);   bound: η(Q_t)·I(x0;x_(t−1))"
