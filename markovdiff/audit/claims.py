"""The claims of a record about a number: bounds, a value, a closed form; or that it is infinite, undefined, undecided.

A result has value, lower and upper as decimals, a certificate lower and upper as mantissa·2^exponent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from markovdiff.audit import numerals
from markovdiff.audit.logarithm import step_up
from markovdiff.audit.numerals import Decimal, leading, quoted
from markovdiff.audit.record import Part
from markovdiff.errors import LimitError

FIRST_BITS = 192

MAX_FIGURES = 1_100
"""The most figures of a bound: those of the most digits that are certified, and some."""

MAX_MANTISSA = 1_400
"""Characters of a mantissa: a certificate has four bits for each digit and some, which are up to 1,220 figures."""


class WrongError(Exception):
    """A claim that is not true: where it stands, what it says, and what is so."""

    def __init__(self, where: str, said: str, true: str) -> None:
        super().__init__(f"{where}: said {said}, true is {true}")
        self.where, self.said, self.true = where, said, true


@dataclass(frozen=True)
class Claim:
    """What is said of one number."""

    where: str
    text: str
    kind: str = "finite"
    lower: Fraction = Fraction(0)
    upper: Fraction = Fraction(0)
    value: Decimal | None = None
    form: list[tuple[Fraction, int]] | None = None
    witness: Mapping[str, Any] | None = None

    @property
    def bits(self) -> int:
        """The precision at which the truth, if it is as claimed, should settle everything."""
        width = self.upper - self.lower
        if not width:
            return FIRST_BITS
        return step_up(width.denominator.bit_length() - width.numerator.bit_length() + 48)


def read(part: Part, where: str, unit: str) -> Claim:
    """Return a claim from a result or a certificate."""
    table = part.table()
    if table.get("value") in ("inf", "undefined", "undecided"):
        witness = part.only(("value", "witness"))["witness"]
        return Claim(where, str(table["value"]), kind=str(table["value"]), witness=witness.witness())
    if "value" not in table:
        part.only(("lower", "upper"))
        lower, upper = _dyadic(part["lower"]), _dyadic(part["upper"])
        return Claim(where, f"{leading(lower, 16)} to {leading(upper, 16)}", lower=lower, upper=upper)
    part.only(("value", "lower", "upper", "closed_form"))
    form = part["closed_form"]
    return Claim(
        where,
        quoted(table["value"]).strip("'"),
        lower=_bound(part["lower"]),
        upper=_bound(part["upper"]),
        value=part["value"].read(numerals.decimal),
        form=None if form.value is None else form.read(lambda text: numerals.closed_form(text, unit)),
    )


def _bound(part: Part) -> Fraction:
    """Return a decimal with at most the figures that can be certified: more would have to be computed too."""
    bound = part.decimal()
    if bound.shown > MAX_FIGURES:
        raise LimitError("a bound is too long", where=part.path, expected=f"at most {MAX_FIGURES} figures")
    return bound.value


def _dyadic(part: Part) -> Fraction:
    """Return mantissa·2^exponent from [mantissa as a string, exponent], no longer than can be certified."""
    mantissa, exponent = part.items(2)
    if isinstance(mantissa.value, str) and len(mantissa.value) > MAX_MANTISSA:
        raise LimitError("a mantissa is too long", where=mantissa.path, expected=f"at most {MAX_MANTISSA} characters")
    power = exponent.count(-4 * numerals.MAX_EXPONENT, 4 * numerals.MAX_EXPONENT)
    scaled = mantissa.ratio()
    if scaled.denominator != 1:
        raise mantissa.fail("not a whole number")
    return scaled * (1 << power) if power >= 0 else scaled / (1 << -power)


def witness_text(witness: Mapping[str, Any]) -> str:
    """Return a witness in one line."""
    return quoted(", ".join(f"{key} = {value}" for key, value in witness.items()), 120)
