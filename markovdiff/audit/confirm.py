"""Whether the claims of a record about a number are true.

A result's claim is right when

    lower ≤ truth ≤ upper,   |value − truth| < one unit of value's last digit,   lower ≤ value ≤ upper,
    upper − lower ≤ 2·10^(1−digits)·|value|,   value shows at most `digits` digits,
    lower = upper only where that is the truth exactly,   the closed form, where there is one, is the truth exactly;

the decimal that a run in balls gives in place of a rational when it is 0 only where that is, shows at most `digits`
digits, and is nearer than half a unit of the truth's last digit, or than one unit where it came from balls;

a certificate's when its bounds hold the truth between them and agree to `digits` digits. The truth is enclosed more and
more narrowly until every comparison is settled; only a tie can keep it from that, and ties are decided exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from markovdiff.audit.claims import FIRST_BITS, Claim, WrongError, witness_text
from markovdiff.audit.logarithm import step_up
from markovdiff.audit.logsum import Interval
from markovdiff.audit.numerals import Decimal, fraction_text, leading
from markovdiff.errors import UnfinishedError

MAX_BITS = 400_000
"""Enclosures are not refined past this."""


class Truth(Protocol):
    """A real number, in nats; a LogSum is one."""

    def enclose(self, bits: int) -> Interval | None:
        """Return an interval around it; None where this precision cannot give one."""

    def equals(self, value: Fraction, unit: str) -> bool | None:
        """Return whether it is exactly a rational in a unit; None where that cannot be decided."""

    def is_form(self, terms: list[tuple[Fraction, int]]) -> bool | None:
        """Return whether it is exactly Σ a·log b; None where that cannot be decided."""


@dataclass(frozen=True, eq=False)
class Unbounded:
    """The truth that a number is "inf" or "undefined"; `holds` says whether a witness shows it."""

    kind: str
    holds: Callable[[Mapping[str, Any]], bool]


Fact: TypeAlias = "Truth | Unbounded"


def confirm(claim: Claim, fact: Fact, unit: str, digits: int) -> None:
    """Return if the claim is true. Raise WrongError if it is not, UnfinishedError where that cannot be settled."""
    if isinstance(fact, Unbounded):
        _confirm_unbounded(claim, fact)
        return
    if claim.kind != "finite":
        raise WrongError(claim.where, claim.kind, f"a number, {shown(fact, unit)}")
    _confirm_shape(claim, digits)
    if claim.lower == claim.upper:
        _confirm_exact(claim, fact, unit)
    else:
        _confirm_between(claim, fact, unit, digits)
    if claim.form is not None and not _decided(claim, fact.is_form(claim.form)):
        raise WrongError(f"{claim.where}, closed_form", "another number", shown(fact, unit))


def confirm_rounded(where: str, said: Decimal, truth: Fraction, digits: int, from_balls: bool) -> None:
    """Return if a decimal is the rational it stands for, rounded. Raise WrongError if it is not."""
    one, off = unit_of_last_digit(truth, digits), abs(said.value - truth)
    if (off >= one if from_balls else 2 * off > one) and said.value != truth:
        raise WrongError(where, leading(said.value, digits), fraction_text(truth))
    if said.shown > digits:
        raise WrongError(where, leading(said.value, digits + 9), f"more than the {digits} digits that are certified")


def _confirm_unbounded(claim: Claim, fact: Unbounded) -> None:
    if claim.kind != fact.kind:
        raise WrongError(claim.where, claim.text, fact.kind)
    assert claim.witness is not None
    if not fact.holds(claim.witness):
        raise WrongError(f"{claim.where}, witness", witness_text(claim.witness), "no such case")


def _confirm_shape(claim: Claim, digits: int) -> None:
    """Check what must hold among the numbers claimed, whatever the truth is."""
    lower, upper = claim.lower, claim.upper
    size = max(abs(lower), abs(upper)) if claim.value is None else abs(claim.value.value)
    if claim.value is not None and not lower <= claim.value.value <= upper:
        raise WrongError(claim.where, f"value {claim.text}", "not between its own lower and upper")
    if lower > upper:
        raise WrongError(claim.where, "a lower above its upper", "lower ≤ upper")
    if (upper - lower) * 10 ** (digits - 1) > 2 * size:
        raise WrongError(claim.where, f"bounds around {claim.text}", f"wider than {digits} digits allow")
    if claim.value is not None and claim.value.shown > digits:
        raise WrongError(claim.where, claim.text, f"more than the {digits} digits that are certified")


def _confirm_exact(claim: Claim, fact: Truth, unit: str) -> None:
    """Confirm that equal bounds are the truth exactly."""
    x = in_unit(fact.enclose(FIRST_BITS), unit)
    outside = x is not None and (x.below(claim.lower) or x.above(claim.lower))
    if outside or not _decided(claim, fact.equals(claim.lower, unit)):
        raise WrongError(claim.where, f"exactly {claim.text}", shown(fact, unit))


def _decided(claim: Claim, answer: bool | None) -> bool:
    if answer is None:
        raise _unsettled(claim)
    return answer


def _confirm_between(claim: Claim, fact: Truth, unit: str, digits: int) -> None:
    low, high = claim.lower, claim.upper
    least, most = low - 1, high + 1
    if claim.value is not None:
        one = unit_of_last_digit(claim.value.value, digits)
        least, most = claim.value.value - one, claim.value.value + one
    for bits in _precisions(claim.bits):
        x = in_unit(fact.enclose(bits), unit)
        if x is None:
            continue
        if x.below(low) or x.above(high) or x.at_most(least) or x.at_least(most):
            raise WrongError(claim.where, f"{claim.text}, from {leading(low)} to {leading(high)}", shown(fact, unit))
        if x.at_least(low) and x.at_most(high) and x.above(least) and x.below(most):
            return
        if bits > 2 * claim.bits and (tie := _tie(fact, unit, (low, high, least, most))) is not None:
            if least < tie < most:
                return
            raise WrongError(claim.where, claim.text, f"exactly {leading(tie)}")
    raise _unsettled(claim)


def _tie(fact: Truth, unit: str, ends: tuple[Fraction, ...]) -> Fraction | None:
    """Return the end that the truth is exactly equal to, if there is one."""
    return next((end for end in ends if fact.equals(end, unit)), None)


def _precisions(hint: int) -> Iterator[int]:
    """Yield a first precision that refutes gross errors, then the one the claim should need, then higher ones."""
    yield FIRST_BITS
    bits = max(min(hint, MAX_BITS), FIRST_BITS + 1)
    while bits <= MAX_BITS:
        yield step_up(bits)
        bits *= 2


def _unsettled(claim: Claim) -> UnfinishedError:
    return UnfinishedError(
        "whether a claim is true could not be settled", where=claim.where, expected=f"less than {MAX_BITS} bits"
    )


def unit_of_last_digit(value: Fraction, digits: int) -> Fraction:
    """Return 10^(⌊log10 |value|⌋ − digits + 1); for 0, which has no digits, 0."""
    if value == 0:
        return Fraction(0)
    size = abs(value)
    exponent = (size.numerator.bit_length() - size.denominator.bit_length()) * 30103 // 100000 - 1
    while size >= Fraction(10) ** (exponent + 1):
        exponent += 1
    return Fraction(10) ** (exponent - digits + 1)


def in_unit(x: Interval | None, unit: str) -> Interval | None:
    """Return an interval in nats or bits."""
    return x if x is None or unit == "nats" else x.in_bits()


def shown(fact: Truth, unit: str) -> str:
    """Return the truth to about twenty digits, for a message."""
    bits = FIRST_BITS
    while bits < 20_000:
        x = in_unit(fact.enclose(bits), unit)
        if x is not None and x.low == x.high == 0:
            return "exactly 0"
        if x is not None and (x.high - x.low) << 64 < abs(x.low):
            return leading(x.middle())
        bits = step_up(2 * bits)
    return "0, or too small to show"
