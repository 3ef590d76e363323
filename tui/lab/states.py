"""View 6: one bell for two peaks on states, by either KL: what view 3 does to densities, where all can be counted."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tui import raster
from tui.lab import fits
from tui.lab.dial import Dial, Values
from tui.raster import Cell, Row
from tui.rows import Words, line

if TYPE_CHECKING:
    from tui.lab.numbers import DiscreteFits

TITLE = "discrete peaks"
IDEA = "Two far peaks on states, one bell: forward KL aims between, reverse KL at one."
TOPIC = "modes"
DIALS = (
    Dial(
        "gap", Fraction(2), Fraction(9), Fraction(8), Fraction(1), Fraction(2), "states from peak to peak",
        "the peaks need a state between them, and room on 20 states", whole=True,
    ),
    fits.weight(Fraction(2, 5)),
)  # fmt: skip


def measure(values: Values) -> DiscreteFits:
    """Return the fits; slow, so that the screen asks for them on the side."""
    from tui.lab import numbers

    return numbers.discrete_fits(int(values["gap"]), values["w"])


def render(values: Values, measured: DiscreteFits | None, chosen: int, width: int, height: int) -> list[Row]:  # noqa: ARG001
    """Draw P's bars, both fits as marks over them, a line a fit; while new fits are being made, the last ones."""
    if measured is None:
        return [line([(" fitting …", "dim")], width)]
    forward, reverse = measured.forward.density, fits.best(measured).density
    top = max(*measured.law, *forward, *reverse)
    wanted = fits.rows(measured, width, height)
    labels = [str(i) for i in range(len(measured.law))]
    room = max(height - len(wanted) - 1, 1)
    bars = raster.bars(measured.law, top, width - 2, room, labels, forward, "series-1", behind=reverse)
    return [line(_legend(values, measured), width), *([Cell(" "), *row, Cell(" ")] for row in bars), *wanted]


def _legend(values: Values, measured: DiscreteFits) -> Words:
    if (Fraction(measured.gap), measured.weight) != (values["gap"], values["w"]):
        return [(f" fitting …  here is still gap = {measured.gap}, w = {measured.weight}", "highlight")]
    return [(" █ P", "series-1"), ("   ─ forward fit", "mark"), ("   ╌ best reverse fit", "beneath")]


def grab(values: Values, x: int, y: int, width: int, height: int) -> tuple[str, Fraction] | None:  # noqa: ARG001
    """Return nothing: only the sliders move here."""
    return None


def settings(values: Values) -> list[str]:
    """Return what the chapter's page is given."""
    return [f"{name}={value}" for name, value in values.items()]
