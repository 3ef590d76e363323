"""View 5: two states and a noise that redraws x evenly: I(x0;x_t) in closed form, and the chain's own beside it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tui import raster
from tui.lab.coin import TICKS, axis
from tui.lab.dial import Dial, Values
from tui.lab.written import exact, said
from tui.raster import Row, Series
from tui.rows import line
from tui.view.view_state import fraction

if TYPE_CHECKING:
    from tui.lab.numbers import Channel

TITLE = "two states"
IDEA = "What x_t still tells of x0 never rises; for two states it has a closed form."
TOPIC = "exercise-4"
SHARE = "a probability is a share of all cases: no less than none of them, no more than all"
DIALS = (
    Dial("t", Fraction(0), Fraction(64), Fraction(8), Fraction(1), Fraction(10), "steps of noise",
         "the chain begins at t = 0, and this picture ends at 64", whole=True),
    Dial("p", Fraction(0), Fraction(1), Fraction(3, 4), Fraction(1, 100), Fraction(1, 10), "x0 = a", SHARE),
    Dial("beta", Fraction(0), Fraction(1), Fraction(1, 10), Fraction(1, 100), Fraction(1, 10),
         "redraw, each step", SHARE),
)  # fmt: skip
FORMULA = "I = h(p(1−e) + (1−p)e) − h(e), e = (1−ᾱ)/2"


def measure(values: Values) -> Channel:
    """Return the chain at t."""
    from tui.lab import numbers

    return numbers.channel(values["p"], values["beta"], int(values["t"]))


def render(values: Values, measured: Channel | None, chosen: int, width: int, height: int) -> list[Row]:  # noqa: ARG001
    """Draw both curves with the cursor at t, the formula, the numbers."""
    if measured is None:
        return []
    from tui.lab import numbers

    entropies, informations = numbers.channel_curves(values["p"], values["beta"])
    series = [Series(entropies, "series-1"), Series(informations, "series-2")]
    small = height < 11
    rows = raster.curves(series, 0.0, 1.0, TICKS, width, max(height - (5 if small else 7), 1), int(values["t"]))
    lost, kept = measured.lost, fraction(str(measured.kept), width - 14)
    agrees = "its joint law gives the same: equal, decided"
    return [
        line(
            [
                (" ━━ H(x_t)", "series-1"),
                ("  ━━ I(x0;x_t)", "series-2"),
                (f"   {FORMULA}" if width >= 75 else "", "dim"),
            ],
            width,
        ),
        *rows,
        *([] if small else [axis([(0, "t = 0"), (16, "16"), (32, "32"), (48, "48"), (64, "64")], 64, width)]),
        exact("I(x0;x_t)", measured.information, "bits", width, "series-2"),
        exact("H(x_t)", measured.entropy, "bits", width, "series-1"),
        exact("lost at t", lost, "bits", width) if lost else said("lost at t", "nothing yet: t = 0", width),
        *([] if small else [said("ᾱ = (1−β)^t", kept, width)]),
        said("chain", agrees if measured.agrees else "DISAGREES", width, colour="good" if measured.agrees else "bad"),
    ]


def grab(values: Values, x: int, y: int, width: int, height: int) -> tuple[str, Fraction] | None:  # noqa: ARG001
    """Return the t that a place on the curves stands for."""
    margin = raster.gutter(TICKS)
    if not (margin <= x < width and 1 <= y < height - (4 if height < 11 else 6)):
        return None
    return "t", Fraction(raster.time_at(x - margin, 64, width - margin))


def settings(values: Values) -> list[str]:
    """Return what the chapter's page is given; it has a last time, which is at least 1."""
    return [f"p={values['p']}", f"beta={values['beta']}", *([f"T={values['t']}"] if values["t"] else [])]
