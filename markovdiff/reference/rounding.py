"""Correct rounding: the float64 nearest to a number, from an enclosure of it.

Where the two ends of an enclosure round to one float, so does all that lies between them. Where not, more bits are
needed: a number that lies exactly midway between two floats is decided where a ball of it is exact, or by rationals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TypeVar

from flint import arb

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.errors import UnfinishedError

T = TypeVar("T")

FIRST_BITS, MOST_BITS = 128, 16_384
FIRST_DIGITS, MOST_DIGITS = 20, 1000


class UnroundedError(Exception):
    """An enclosure is too wide to be rounded; caught where it can be made narrower."""


def nearest(balls: Iterable[arb]) -> list[float]:
    """Return the float nearest to each number. Raises UnroundedError where an enclosure leaves two."""
    found = []
    for ball in balls:
        low, high = float(ball.lower()), float(ball.upper())
        if low != high:
            raise UnroundedError
        found.append(low)
    return found


def with_enough_bits(made: Callable[[int], T]) -> T:
    """Return what `made` makes with the fewest bits at which it can be rounded, of 128, 256, … 16,384.

    Raises UnfinishedError where even these do not settle it.
    """
    return _first_settled(made, FIRST_BITS, MOST_BITS, "bits")


def nearest_float(q: Enclosed) -> float:
    """Return the float nearest to a certified number: inf where it is infinite, NaN where it is undefined.

    Raises UnroundedError where its bounds leave two, UnfinishedError where the run could not decide it.
    """
    if q.value == "undecided":
        raise UnfinishedError("a number was not decided", remedy='arithmetic = "exact", or leave it out with --what')
    if q.lower is None or q.upper is None:
        return float(q)
    low, high = (float(Fraction(from_decimal(end))) for end in (q.lower, q.upper))
    if low != high:
        raise UnroundedError
    return low


def with_enough_digits(made: Callable[[int], T]) -> T:
    """Return what `made` makes with the fewest digits at which it can be rounded, of 20, 40, … 640.

    Raises UnfinishedError where even these do not settle it.
    """
    return _first_settled(made, FIRST_DIGITS, MOST_DIGITS, "digits")


def _first_settled(made: Callable[[int], T], first: int, most: int, unit: str) -> T:
    size = first
    while True:
        try:
            return made(size)
        except UnroundedError:
            if 2 * size > most:
                raise UnfinishedError("the nearest float64 is not decided", got=f"{size} {unit}") from None
            size *= 2
