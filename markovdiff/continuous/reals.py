"""Real numbers at the edge of the continuous measures: float64, finite, and labelled as such.

A mean or a variance of a Gaussian is a real number, and what is computed from it is an ordinary
float64 result: close, not certified. Numbers may come as int, float, Fraction, or text ("3/4"); what
cannot be a parameter (a negative width, NaN, no samples) is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.errors import InputError, LimitError


def real(value: object, where: str) -> float:
    """Return `value` as a finite float.

    >>> real("3/4", "mean"), real(2, "mean")
    (0.75, 2.0)
    """
    try:
        if isinstance(value, float) or (hasattr(value, "__float__") and type(value).__module__ == "numpy"):
            x = float(value)
        else:
            x = float(rational(value, where))
    except (OverflowError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise _not_finite(value, where) from None
    if not isfinite(x):
        raise _not_finite(value, where)
    return x


def positive(value: object, where: str, why: str) -> float:
    """Return `value` as a float > 0; `why` says in words what a zero or negative one would mean."""
    x = real(value, where)
    if x <= 0:
        raise InputError(why, where=where, expected="a number > 0", got=shown(value))
    return x


def fraction_of_one(value: object, where: str, why: str) -> float:
    """Return `value` as a float in [0, 1]."""
    x = real(value, where)
    if not 0 <= x <= 1:
        raise InputError(why, where=where, expected="a number from 0 to 1", got=shown(value))
    return x


def vector(values: object, where: str) -> list[float]:
    """Return a non-empty list of finite floats."""
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise InputError("not a sequence of numbers", where=where, expected="a list of numbers", got=shown(values))
    numbers = [real(x, f"{where}[{i}]") for i, x in enumerate(values)]
    if not numbers:
        raise InputError("an empty list of numbers", where=where, expected="at least one number", got="none")
    return numbers


def whole(value: object, where: str, why: str, least: int = 1, most: int | None = None) -> int:
    """Return `value` as an integer ≥ least; `why` says what a smaller one would mean."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(why, where=where, expected=f"an integer ≥ {least}", got=shown(value))
    if most is not None and value > most:
        raise LimitError("more than the fixed limit", where=where, expected=f"at most {most}", got=shown(value))
    return value


def _not_finite(value: object, where: str) -> InputError:
    return InputError("not a finite number", where=where, expected="a number that float64 can hold", got=shown(value))
