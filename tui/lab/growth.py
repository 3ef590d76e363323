"""View 4: p_k = k/Z as K grows: H beside log K and log K − (log 2 − ½), and the measured gap beside its limit.

K runs along its logarithm: there log K is a straight line, and H runs beside it in the end.
"""

from __future__ import annotations

from fractions import Fraction
from math import log2
from typing import TYPE_CHECKING

from tui import raster
from tui.lab.coin import axis
from tui.lab.dial import Dial, Values
from tui.lab.written import exact, said
from tui.raster import Cell, Row, Series, Tick
from tui.rows import line

if TYPE_CHECKING:
    from tui.lab.numbers import Growth

TITLE = "growth"
IDEA = "The entropy of p_k = k/Z falls behind log K, but by less than log 2 − ½ nats."
TOPIC = "exercise-1"
DIALS = (
    Dial(
        "K", Fraction(1), Fraction(1024), Fraction(12), Fraction(1), Fraction(0), "states, p_k = k/Z",
        "a law needs a state at least; beyond 1024 the gap is within 0.0005 nats of its limit",
        whole=True, doubles=True,
    ),
)  # fmt: skip
ENTROPY_TICKS = (Tick(10.0, "10"), Tick(5.0, "5"), Tick(0.0, "0"))
GAP_TICKS = (Tick(0.2, "0.2"), Tick(0.1, "0.1"), Tick(0.0, "0"))


def measure(values: Values) -> Growth:
    """Measure H, log K and the gap at this K."""
    from tui.lab import numbers

    return numbers.growth(int(values["K"]))


def render(values: Values, measured: Growth | None, chosen: int, width: int, height: int) -> list[Row]:  # noqa: ARG001
    """Draw two pictures side by side, the axes, the numbers."""
    if measured is None:
        return []
    left = _left(width)
    numbers = [
        exact("H", measured.entropy, "bits", width, "series-1"),
        exact("log K", measured.uniform, "bits", width, "series-2"),
        exact("log K − H", measured.gap, "nats", width, "series-4"),
        said("log 2 − ½", f"{measured.limit} nats", width, "series-3", "title"),
        said("bounds", _verdict(measured), width, colour="good" if measured.bounded else "bad"),
    ]
    pictures = zip(
        _entropies(values["K"], left, max(height - 5, 3)),
        _gaps(values["K"], width - left - 1, max(height - 5, 3)),
        strict=True,
    )
    return [*([*a, Cell(" "), *b] for a, b in pictures), *numbers]


def _left(width: int) -> int:
    return width * 3 // 5


def _verdict(measured: Growth) -> str:
    return "those proved of the gap hold at this K, decided" if measured.bounded else "FAIL at this K"


def _place(K: Fraction) -> int:
    """Return the point of the curves nearest to K."""
    from tui.lab import numbers

    return round(numbers.PER_DOUBLING * log2(K))


def _entropies(K: Fraction, width: int, height: int) -> list[Row]:
    from tui.lab import numbers

    entropies, _ = numbers.growths()
    uniform = numbers.doublings()
    shifted = [y - numbers.limit_in_bits() for y in uniform]
    series = [
        Series(uniform, "series-2"),
        Series(entropies, "series-1"),
        Series(shifted, "series-3", dash=raster.DASHED),
    ]
    limit = "  ╌╌ log K − (log 2 − ½), bits" if width >= 46 else "  ╌╌ the limit"
    legend = [(" ━━ H", "series-1"), ("  ━━ log K", "series-2"), (limit, "series-3")]
    rows = raster.curves(series, 0.0, 10.0, ENTROPY_TICKS, width, height - 2, _place(K))
    return [line(legend, width), *rows, _sizes(width, ENTROPY_TICKS)]


def _gaps(K: Fraction, width: int, height: int) -> list[Row]:
    from tui.lab import numbers

    _, gaps = numbers.growths()
    limit = float(numbers.growth(1).limit)
    series = [Series([limit] * len(gaps), "series-3", dash=raster.DASHED), Series(gaps, "series-4")]
    legend = [("log K − H", "series-4"), (" ╌╌ log 2 − ½, nats" if width >= 29 else " ╌╌ limit, nats", "series-3")]
    rows = raster.curves(series, 0.0, 0.2, GAP_TICKS, width, height - 2, _place(K))
    return [line(legend, width), *rows, _sizes(width, GAP_TICKS)]


def _sizes(width: int, ticks: tuple[Tick, ...]) -> Row:
    from tui.lab import numbers

    places = [(doubling * numbers.PER_DOUBLING, f"{2**doubling}") for doubling in (0, 3, 6, 10)]
    return axis(places, len(numbers.doublings()) - 1, width, raster.gutter(ticks))


def grab(values: Values, x: int, y: int, width: int, height: int) -> tuple[str, Fraction] | None:  # noqa: ARG001
    """Return the K that a place in the left picture stands for."""
    from tui.lab import numbers

    margin, left = raster.gutter(ENTROPY_TICKS), _left(width)
    if not (margin <= x < left and 1 <= y < height - 6):
        return None
    places = numbers.doublings()
    return "K", Fraction(round(2 ** places[raster.time_at(x - margin, len(places) - 1, left - margin)]))


def settings(values: Values) -> list[str]:
    """Return what the chapter's page is given."""
    return [f"K={values['K']}"]
