"""View 1: the binary entropy over p, its maximum marked, and the two sides' shares of it at the slider."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tui import raster
from tui.lab.dial import Dial, Values
from tui.lab.written import exact
from tui.raster import Cell, Row, Series, Tick
from tui.rows import line

if TYPE_CHECKING:
    from tui.lab.numbers import BinaryEntropy

TITLE = "entropy"
IDEA = "Entropy is the surprise to expect: none in certainty, most in a fair coin."
TOPIC = "entropy"
DIALS = (
    Dial(
        "p", Fraction(0), Fraction(1), Fraction(9, 10), Fraction(1, 100), Fraction(1, 10), "chance of heads",
        "a probability is a share of all cases: no less than none of them, no more than all",
    ),
)  # fmt: skip
TICKS = (Tick(1.0, "1"), Tick(0.5, "½"), Tick(0.0, "0"))


def measure(values: Values) -> BinaryEntropy:
    """Return h(p) and its parts."""
    from tui.lab import numbers

    return numbers.binary_entropy(values["p"])


def render(values: Values, measured: BinaryEntropy | None, chosen: int, width: int, height: int) -> list[Row]:  # noqa: ARG001
    """Draw the curve with its cursor at p, the axis of p, the numbers."""
    if measured is None:
        return []
    from tui.lab import numbers

    curve = Series(numbers.entropies_of_coins(), "series-1")
    rows = raster.curves([curve], 0.0, 1.0, TICKS, width, max(height - 5, 1), round(values["p"] * numbers.GRID))
    _crown(rows, width)
    return [
        *rows,
        axis([(0, "p = 0"), (50, "½"), (100, "1")], 100, width),
        exact("h(p)", measured.entropy, "bits", width, "series-1"),
        exact("heads pay", measured.heads, "bits", width),
        exact("tails pay", measured.tails, "bits", width),
        exact("1 − h(p)", measured.shortfall, "bits", width),
    ]


def _crown(rows: list[Row], width: int) -> None:
    """Mark the maximum, and name it in the first row below where the words hide nothing of the curve."""
    margin = raster.gutter(TICKS)
    at = margin + raster.column_of(50, 100, width - margin)
    rows[0][at] = Cell("◆", "mark", rows[0][at].back)
    words = " the most: 1 bit at p = ½ "
    left = at - len(words) // 2
    beneath = slice(left, left + len(words))
    for row in rows[1:] if left >= margin and beneath.stop <= width else []:
        if all(cell.char == " " for cell in row[beneath]):
            row[beneath] = [Cell(char, "mark", old.back) for char, old in zip(words, row[beneath], strict=True)]
            return


def axis(places: list[tuple[int, str]], T: int, width: int, margin: int = 2) -> Row:
    """Write words under columns of a plot whose gutter is `margin` wide, each centred as far as there is room."""
    text = [" "] * width
    for t, words in places:
        at = margin + raster.column_of(t, T, width - margin) - len(words) // 2
        at = min(max(at, margin), width - len(words))
        text[at : at + len(words)] = words
    return line([("".join(text), "dim")], width)


def grab(values: Values, x: int, y: int, width: int, height: int) -> tuple[str, Fraction] | None:  # noqa: ARG001
    """Return the p that a place on the curve stands for; under the mark it is the maximum's."""
    margin = raster.gutter(TICKS)
    if not (margin <= x < width and y < height - 4):
        return None
    marked = raster.column_of(50, 100, width - margin)
    return "p", Fraction(50 if x - margin == marked else raster.time_at(x - margin, 100, width - margin), 100)


def settings(values: Values) -> list[str]:
    """Return what the chapter's page is given."""
    return [f"p={values['p']}"]
