"""View 3: one Gaussian for two peaks, by either KL: both fits come out of a minimisation, nothing is drawn in."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tui import raster
from tui.lab import fits
from tui.lab.coin import axis
from tui.lab.dial import Dial, Values
from tui.raster import Row, Series
from tui.rows import Words, line

if TYPE_CHECKING:
    from tui.lab.numbers import Peaks

TITLE = "cover or seek"
IDEA = "Two far peaks, one Gaussian: forward KL covers both, reverse KL seeks one."
TOPIC = "forward-reverse"
DIALS = (
    Dial(
        "d", Fraction(1, 2), Fraction(12), Fraction(3), Fraction(1, 4), Fraction(1), "half the peaks' distance",
        "nearer than 1/2 the two peaks are one; beyond 12 the reverse fit cannot see the other at all",
    ),
    fits.weight(Fraction(1, 2)),
)  # fmt: skip


def measure(values: Values) -> Peaks:
    """Return the fits; slow, so that the screen asks for them on the side."""
    from tui.lab import numbers

    return numbers.peaks(values["d"], values["w"])


def render(values: Values, measured: Peaks | None, chosen: int, width: int, height: int) -> list[Row]:  # noqa: ARG001
    """Draw the three densities, the axis, a line a fit; while new fits are being made, the last ones."""
    if measured is None:
        return [line([(" fitting …", "dim")], width)]
    series = [Series(fit.density, "series-2", dash=raster.DASHED) for fit in measured.reverse]
    series += [Series(measured.forward.density, "series-3"), Series(measured.density, "series-1")]
    top = max(y or 0.0 for one in series for y in one.points)
    wanted = fits.rows(measured, width, height)
    T = len(measured.density) - 1
    ends = [(_place(x, measured.reach, T), f"{float(x):g}".replace("-", "−")) for x in (-measured.d, 0, measured.d)]
    return [
        line(_legend(values, measured), width),
        *raster.curves(series, 0.0, top, [], width, max(height - len(wanted) - 2, 1)),
        axis(ends, T, width, margin=1),
        *wanted,
    ]


def _legend(values: Values, measured: Peaks) -> Words:
    if (measured.d, measured.weight) != (values["d"], values["w"]):
        return [(f" fitting …  here is still d = {measured.d}, w = {measured.weight}", "highlight")]
    return [(" ━━ P", "series-1"), ("   ━━ forward fit", "series-3"), ("   ╌╌ reverse fits", "series-2")]


def _place(x: Fraction | int, reach: float, T: int) -> int:
    """Return the point of the picture nearest to x."""
    return round((float(x) + reach) / (2 * reach) * T)


def grab(values: Values, x: int, y: int, width: int, height: int) -> tuple[str, Fraction] | None:  # noqa: ARG001
    """Return nothing: only the sliders move here."""
    return None


def settings(values: Values) -> list[str]:
    """Return what the chapter's page is given."""
    return [f"{name}={value}" for name, value in values.items()]
