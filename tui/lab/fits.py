"""What a fit in each direction is called, and its numbers as rows: the same for densities and for states."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tui.lab.dial import Dial
from tui.lab.written import floating, said
from tui.raster import Row

if TYPE_CHECKING:
    from tui.lab.numbers import DiscreteFits, Peak, Peaks


def weight(start: Fraction) -> Dial:
    """Return the dial of the left peak's weight."""
    return Dial(
        "w", Fraction(1, 100), Fraction(99, 100), start, Fraction(1, 100), Fraction(1, 10), "weight of the left one",
        "with less than 1/100 on one side hardly a second peak is left to choose",
    )  # fmt: skip


def rows(measured: Peaks | DiscreteFits, width: int, height: int) -> list[Row]:
    """List P, the forward fit, each reverse one; where there is no room, the best reverse one alone."""
    forward = _row("KL(P‖Q)", measured.forward, "series-3", width)
    reverse = [_row("KL(Q‖P)", fit, "series-2", width) for fit in measured.reverse]
    found = f"{len(reverse)} minim{'um' if len(reverse) == 1 else 'a'} of KL(Q‖P) found, from six starts"
    if height < 12:
        return [forward, _row("KL(Q‖P)", best(measured), "series-2", width), said("", found, width)]
    own = floating(
        "P itself", f"{plain(measured.mean)}", f"its mean; its width ≈ {measured.width:.4f}", width, "series-1"
    )
    return [own, forward, *reverse, said("", found, width)]


def best(measured: Peaks | DiscreteFits) -> Peak:
    """Return the reverse fit of least divergence."""
    return min(measured.reverse, key=lambda fit: fit.divergence)


def plain(x: float) -> str:
    """Return four decimals; a centre within a millionth of 0 is written without a sign."""
    return f"{round(x, 6) + 0.0:.4f}".replace("-", "−")


def _row(name: str, fit: Peak, style: str, width: int) -> Row:
    return floating(
        name, f"{fit.divergence:.6f} nats", f"centre {plain(fit.centre)}, width {fit.width:.4f}", width, style
    )
