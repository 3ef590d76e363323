"""Number formats: what an operation of practical code gives, and exact arithmetic behind the same names.

A binary format has p bits of significand, the least exponent of a subnormal number, and a largest number. Each
operation is done in float64 and rounded once more, to the nearest number of the format, ties to even. That is the
format's own result: where a wider format has 2p + 2 bits or more, rounding twice is rounding once for +, −, × and ÷
(Figueroa 1995), and float64 has 53, float32 24. A logarithm is that of Python's `math`, rounded. Sums run from the
first term to the last.

    float64   p = 53                     float16    p = 11, least 2^−24,  largest 65504
    float32   p = 24, least 2^−149       bfloat16   p = 8,  least 2^−133, the range of float32

In balls the same operations are enclosures of exact ones, and nothing is rounded away: what differs from the truth then
is the habit's own doing.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from flint import arb, fmpz

from markovdiff.arithmetic.enclosure import bounds, sign_of

Table: TypeAlias = "np.ndarray[Any, Any]"
"""An array of a format's numbers: float64 that the format has, or balls."""

End: TypeAlias = Fraction | float
"""An end of an interval: a rational number, or an infinite float."""

Range: TypeAlias = tuple[End, End]
"""Where a number lies, both ends included."""


ZERO: Range = (Fraction(0), Fraction(0))
"""Where 0 lies."""


class NumberFormat(ABC):
    """The operations that the textbook's formulas are made of, on NumPy arrays."""

    name: str

    @abstractmethod
    def numbers(self, rows: Sequence[tuple[Sequence[fmpz | int], fmpz | int] | None], width: int) -> Table:
        """Return rows of numerators over a denominator as an array; NaN throughout where there is no row."""

    @abstractmethod
    def number(self, value: Fraction) -> Any:
        """Return a rational number in the format."""

    @abstractmethod
    def rounded(self, x: Table) -> Table:
        """Return what an operation leaves in the format of its result `x`."""

    @abstractmethod
    def log(self, x: Table, unit: str) -> Table:
        """Return the logarithms of numbers ≥ 0; that of 0 is −∞."""

    @abstractmethod
    def exp(self, value: Fraction) -> Any:
        """Return e to the power of a rational number."""

    @abstractmethod
    def larger(self, x: Table, least: Any) -> Table:
        """Return the larger of each number and `least`; the very array where none is below it."""

    @abstractmethod
    def positive(self, x: Table) -> Table:
        """Return where a number is above 0."""

    @abstractmethod
    def divided(self, a: Table, b: Table) -> Table:
        """Return a/b, infinite where b is 0 and a is not."""

    @abstractmethod
    def range(self, x: Any) -> Range | None:
        """Return where a number lies; None where it is none."""

    def zeros(self, shape: tuple[int, ...]) -> Table:
        """Return zeros."""
        zeros: Table = np.empty(shape, dtype=self.dtype)
        zeros[...] = self.number(Fraction(0))
        return zeros

    @property
    def dtype(self) -> type:
        """What NumPy holds the numbers as."""
        return np.float64

    def summed(self, x: Table) -> Any:
        """Return the sum over the first axis, from the first term to the last; 0 where there is none."""
        if not len(x):
            return self.zeros(x.shape[1:])[()]
        total = x[0]
        for term in x[1:]:
            total = self.rounded(total + term)
        return total

    def product(self, A: Table, Q: Table) -> Table:
        """Return A Q, or row i of A times Q[i]: each entry Σ_k A[i, k] Q[k, j], summed from k = 0 on."""
        total: Table = self.rounded(A[:, 0, None] * Q[..., 0, :])
        for k in range(1, A.shape[1]):
            total = self.rounded(total + self.rounded(A[:, k, None] * Q[..., k, :]))
        return total


@dataclass(frozen=True)
class FloatFormat(NumberFormat):
    """A binary format with `precision` bits; `least` is the exponent of its least number above 0."""

    name: str
    precision: int
    least: int
    largest: float

    def numbers(self, rows: Sequence[tuple[Sequence[fmpz | int], fmpz | int] | None], width: int) -> Table:
        """Return the numbers, each rounded to float64 and then to the format, as a cast does."""
        nothing = [math.nan] * width
        return self.rounded(np.array([nothing if row is None else _quotients(*row) for row in rows]))

    def number(self, value: Fraction) -> float:
        """Return a rational number, rounded to float64 and then to the format."""
        return float(self.rounded(np.array(float(value))))

    def rounded(self, x: Table) -> Table:
        """Return the nearest numbers of the format, ties to even; infinite beyond the largest."""
        if self.precision == 53:
            return x
        quantum = np.ldexp(1.0, np.maximum(np.frexp(x)[1] - self.precision, self.least))
        with np.errstate(over="ignore", invalid="ignore"):
            nearest = np.rint(x / quantum) * quantum
        found: Table = np.where(np.abs(nearest) > self.largest, np.copysign(np.inf, nearest), nearest)
        return found

    def log(self, x: Table, unit: str) -> Table:
        """Return the logarithm of Python's `math`, rounded."""
        log = math.log2 if unit == "bits" else math.log
        found = [log(value) if value > 0 else -math.inf if value == 0 else math.nan for value in np.ravel(x).tolist()]
        return self.rounded(np.array(found).reshape(np.shape(x)))

    def exp(self, value: Fraction) -> float:
        """Return the exponential of Python's `math`, rounded."""
        return float(self.rounded(np.array(math.exp(value))))

    def larger(self, x: Table, least: Any) -> Table:
        """Return the larger of each number and `least`."""
        return np.maximum(x, least) if (x < least).any() else x

    def positive(self, x: Table) -> Table:
        """Return where a number is above 0."""
        found: Table = x > 0
        return found

    def divided(self, a: Table, b: Table) -> Table:
        """Return the quotients, rounded."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return self.rounded(a / b)

    def range(self, x: Any) -> Range | None:
        """Return the number itself, twice."""
        value = float(x)
        if math.isnan(value):
            return None
        end = value if math.isinf(value) else Fraction(value)
        return end, end


def _quotients(numerators: Sequence[fmpz | int], denominator: fmpz | int) -> list[float]:
    d = int(denominator)
    return [int(n) / d for n in numerators]


FP64 = FloatFormat("fp64", 53, -1074, float(np.finfo(np.float64).max))
FP32 = FloatFormat("fp32", 24, -149, (2 - 2.0**-23) * 2.0**127)
FP16 = FloatFormat("fp16", 11, -24, 65504.0)
BF16 = FloatFormat("bf16", 8, -133, (2 - 2.0**-7) * 2.0**127)


def _each(function: Callable[..., object], arguments: int = 1) -> Callable[..., Any]:
    made: Callable[..., Any] = np.frompyfunc(function, arguments, 1)
    return made


class Balls(NumberFormat):
    """Exact arithmetic, enclosed: to be used where FLINT's precision is set."""

    name = "exact"

    @property
    def dtype(self) -> type:
        """Objects, which balls are."""
        return object

    def numbers(self, rows: Sequence[tuple[Sequence[fmpz | int], fmpz | int] | None], width: int) -> Table:
        """Return the numbers as balls."""
        made = np.empty((len(rows), width), dtype=object)
        for i, row in enumerate(rows):
            made[i] = [arb("nan")] * width if row is None else [arb(n) / row[1] if n else arb(0) for n in row[0]]
        return made

    def number(self, value: Fraction) -> arb:
        """Return a rational number as a ball."""
        return arb(fmpz(value.numerator)) / fmpz(value.denominator)

    def rounded(self, x: Table) -> Table:
        """Return what came: nothing is rounded."""
        return x

    def log(self, x: Table, unit: str) -> Table:
        """Return enclosures of the logarithms."""
        scale = arb(2).log() if unit == "bits" else arb(1)
        made: Table = _each(lambda value: arb.neg_inf() if value.is_zero() else _log(value) / scale)(x)
        return made

    def exp(self, value: Fraction) -> arb:
        """Return an enclosure of the exponential."""
        return self.number(value).exp()

    def larger(self, x: Table, least: Any) -> Table:
        """Return enclosures of the larger ones."""
        below = [value for value in np.ravel(x) if sign_of(value - least) not in (0, 1)]
        made: Table = _each(lambda value: value.max(least))(x) if below else x
        return made

    def positive(self, x: Table) -> Table:
        """Return where a number is above 0; of numbers that are sums of products this is decided."""
        return np.array([sign_of(value) == 1 for value in np.ravel(x)], dtype=bool).reshape(np.shape(x))

    def divided(self, a: Table, b: Table) -> Table:
        """Return enclosures of the quotients."""
        made: Table = _each(lambda n, d: arb.pos_inf() if d.is_zero() else n / d, 2)(a, b)
        return made

    def range(self, x: Any) -> Range | None:
        """Return the ends of a ball."""
        if x.is_nan():
            return None
        if not x.is_finite():
            end = math.inf if sign_of(x) == 1 else -math.inf
            return end, end
        return bounds(x)


def _log(value: arb) -> arb:
    return arb.pos_inf() if not value.is_finite() and not value.is_nan() else value.log()


def difference(a: Range | None, b: Range | None) -> Range | None:
    """Return where a − b lies; None where either is no number, or both are infinite alike.

    >>> difference((Fraction(1), Fraction(2)), (Fraction(1, 2), Fraction(1, 2)))
    (Fraction(1, 2), Fraction(3, 2))
    """
    return None if b is None else added(a, (-b[1], -b[0]))


def added(a: Range | None, b: Range | None) -> Range | None:
    """Return where a + b lies; None where either is no number, or they are infinite in opposite ways."""
    if a is None or b is None:
        return None
    low, high = a[0] + b[0], a[1] + b[1]
    return None if math.isnan(low) or math.isnan(high) else (low, high)


def total(parts: Iterable[Range | None]) -> Range | None:
    """Return where a sum lies."""
    found: Range | None = ZERO
    for part in parts:
        found = added(found, part)
    return found


def scaled(a: Range | None, factor: Fraction) -> Range | None:
    """Return where factor·a lies, for a factor ≥ 0; 0 times anything is 0."""
    return a if a is None else ZERO if factor == 0 else (a[0] * factor, a[1] * factor)
