"""Float64 laid beside the truth: how wrong the textbook formula is at each step, and what it gets wrong in kind.

A `FloatError` belongs to one certified I(x0;x_t). Its relative error |v − I| / I is itself enclosed: v is an exact
dyadic number and I lies in a certified interval, so both ends are rationals and nothing is estimated. A *false rise* is
v_t > v_{t−1} where the truth is proved not to rise, *standing still* v_t = v_{t−1} where it is proved to fall; a
negative v is wrong by itself. What is not proved of the truth is not held against float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from math import isfinite

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain

MAX_K = 512
"""Matrices in float64 are multiplied step by step up to this K: a step then takes about half a second."""

Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class FloatError:
    """What float64 has at one t. `value` is None where it is no number (infinite or NaN).

    `error` encloses |value − I| / I; it is 0 where both are exactly 0, and None where only I is, or where either is
    no number.
    """

    value: float | None
    error: Interval | None = None
    false_rise: bool = False
    stands_still: bool = False
    negative: bool = False

    __repr__ = in_a_line

    def record(self) -> dict[str, object]:
        """Return the JSON's form: shortest decimals that read back as the float, the error rounded outward."""
        ends = None if self.error is None else [scientific(x) for x in rounded(self.error)]
        return {
            "mutual_information": None if self.value is None else repr(self.value),
            "relative_error": None if ends is None else {"lower": ends[0], "upper": ends[1]},
            "false_rise": self.false_rise,
            "stands_still": self.stands_still,
            "negative": self.negative,
        }


class NaiveFloat:
    """The float64 values of a run, one for each t in turn."""

    def __init__(self, chain: Chain, unit: Unit) -> None:
        """Start at t = 0. Raise LimitError past MAX_K."""
        if chain.K > MAX_K:
            raise LimitError(
                "too many states for the float shadow, which multiplies whole matrices",
                where="--shadow",
                expected=f"K ≤ {MAX_K}",
                got=f"K = {chain.K}",
                remedy="leave --shadow out, or lay it beside a smaller chain",
            )
        from markovdiff.practice.textbook import shadow

        self.values: Iterator[float] = shadow(chain, unit)
        self.before: float | None = None

    def compared_with(self, truth: Enclosed, decay: str | None) -> FloatError:
        """Return float64's I(x0;x_t) with the verdict on its decay; to be called for t = 0, 1, … in turn."""
        found = next(self.values)
        value, before = found if isfinite(found) else None, self.before
        self.before = value
        moved = None if value is None or before is None else (value > before) - (value < before)
        return FloatError(
            value,
            None if value is None else relative_error(value, truth),
            false_rise=moved == 1 and decay in ("strict", "equal"),
            stands_still=moved == 0 and decay == "strict",
            negative=value is not None and value < 0,
        )


def check_certified(kind: str, where: str = "--shadow") -> None:
    """Raise InputError where a run has no certified values to compare float64 with."""
    if kind == "float":
        raise InputError(
            "float arithmetic has no certified values to compare with",
            where=where,
            expected="exact or ball arithmetic",
            got="float",
            remedy="add --arithmetic exact, or --arithmetic ball for a large chain",
        )


def relative_error(value: float, truth: Enclosed) -> Interval | None:
    """Return |v − I| / I for the I between the truth's bounds; monotone in I on each side of v, so its ends suffice.

    >>> relative_error(0.5, Enclosed("0.4", "0.4", "0.4")), relative_error(0.5, Enclosed("0.4", "0.4", "0.8"))
    ((Fraction(1, 4), Fraction(1, 4)), (Fraction(0, 1), Fraction(3, 8)))
    """
    if truth.lower is None or truth.upper is None:
        return None
    v, lower, upper = Fraction(value), from_decimal(truth.lower), from_decimal(truth.upper)
    if upper == 0 == v:
        return Fraction(0), Fraction(0)
    if lower <= 0:
        return None
    low, high = sorted((abs(v - lower) / lower, abs(v - upper) / upper))
    return Fraction(0) if lower <= v <= upper else low, high


def rounded(error: Interval) -> tuple[Decimal, Decimal]:
    """Return two significant digits, rounded outward."""
    return _decimal(error[0], ROUND_FLOOR), _decimal(error[1], ROUND_CEILING)


def shown(error: Interval) -> str:
    """Return two significant digits where the enclosure settles them, else an upper bound.

    >>> shown((Fraction(1, 3), Fraction(1, 3))), shown((Fraction(0), Fraction(1, 10**15))), shown((Fraction(0),) * 2)
    ('3.3e-1', '≤ 1.0e-15', '0')
    """
    low, high = (_decimal(x, ROUND_HALF_EVEN) for x in error)
    return scientific(low) if low == high else f"≤ {scientific(rounded(error)[1])}"


def scientific(x: Decimal) -> str:
    """Return a number with two digits in scientific notation, whatever its size; 0 is 0."""
    return f"{x:.1e}".replace("e+", "e") if x else "0"


def _decimal(x: Fraction, rounding: str) -> Decimal:
    context = Context(prec=2, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return context.divide(Decimal(x.numerator), Decimal(x.denominator))
