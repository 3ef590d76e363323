"""Float64 that keeps its meaning: the numbers and the few functions that the float arithmetic is made of.

An `Approximation` is a float with an allowance for its rounding. The allowance is an estimate, not a bound: that is
why what rests on it is labelled "float" and never "proved". It lets a sign be +1, −1 or None (not to be told), and a
number be told only where the allowance is a small share of it, so that rounding is never reported as a fact.

The functions take the form in which nothing cancels:

    f(r) = (1+r)·log(1+r) − r          by its series where |r| is small; information is Σ p_0 Σ p f(D/p)
    u·log u − (u − 1), u = 1+r         the same entry by entry within rounding of u log u, not of f: for a large mean
    v·f((u−v)/v) = u·log(u/v) − u + v  the same with u = 1+r known to relative accuracy, also near 0
    −x·log x with x near 1             by log1p of the complement, summed from the other entries

numpy only, imported here and nowhere that `import markovdiff` or an exact run would meet it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isnan, log
from sys import float_info
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from markovdiff.arithmetic.decimals import float_text
from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.quantity import Enclosed

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

ROUNDING = 2.0**-40
"""The relative allowance for rounding, 9e-13. Measured against exact arithmetic on dense chains, up to K = 64 and
I = 1e-290, the error stayed under 1e-13."""

ROUNDED = 2.0**-50
"""The share of itself that a number may be off by after a few roundings."""

RESOLVED = 2.0**-32
"""A number is shown only while its rounding may come to at most this share of it, 2.3e-10."""

SMALLEST = float_info.min
"""Below this, 2.2e-308, float64 loses digits."""

LEAST = 2.0**-1000
"""9.3e-302: what falls below it has left float64's range, since what it was made of lies below 2.2e-308."""

SERIES_UNTIL = 2.0**-7
"""f(r) is summed as a series for |r| up to this; there the closed form has lost seven bits, and seven terms do."""

_SERIES = [(-1) ** n / (n * (n - 1)) for n in range(2, 9)]

LARGE = 2.0**-17
"""A mean of f from which its terms may be as wrong as |r|·2^-52: that is under √(3·mean)·2^-52, a share below 2^-42."""

BLOCK = 2**14
"""Entries that a formula takes at a time, so that its intermediate arrays stay in the cache."""


@dataclass(frozen=True, slots=True)
class Approximation:
    """A number in nats near `value`; `noise` is what its rounding may come to.

    >>> one = Approximation(1.0, 1e-12)
    >>> one.sign(), one.minus(one).sign(), one.minus(one, zero=True).sign()
    (1, None, 0)
    """

    value: float
    noise: float

    @classmethod
    def of(cls, value: float) -> Approximation:
        """Return a positive number computed without cancellation; beyond float64's range it is 0, give or take."""
        if not value >= LEAST:
            return cls(0.0, 2 * LEAST)
        if value == inf:
            return UNKNOWN
        return cls(float(value), ROUNDING * float(value))

    @classmethod
    def total(cls, *parts: Approximation) -> Approximation:
        """Return the sum of the parts."""
        return cls(sum(part.value for part in parts), sum(part.noise for part in parts))

    def minus(self, other: Approximation, zero: bool | None = None) -> Approximation:
        """Return self − other; `zero` says whether that is known to vanish."""
        if zero:
            return NOTHING
        return Approximation(self.value - other.value, self.noise + other.noise)

    def times(self, factor: float) -> Approximation:
        """Return factor · self."""
        return NOTHING if factor == 0 else Approximation(self.value * factor, self.noise * abs(factor))

    def sign(self) -> int | None:
        """Return +1 or −1 where the number is larger than its noise, 0 where it is known to vanish, else None."""
        if self.known_zero:
            return 0
        return (1 if self.value > 0 else -1) if abs(self.value) > self.noise else None

    @property
    def known_zero(self) -> bool:
        """Whether it vanishes without any rounding."""
        return self.noise == 0 and self.value == 0

    @property
    def is_unknown(self) -> bool:
        """Whether float64 knows nothing of it."""
        return self.noise == inf and self.value == 0

    @property
    def is_rounding(self) -> bool:
        """Whether too much of it may be rounding for its digits to be shown; a 0 known from structure is shown."""
        return self.noise > RESOLVED * abs(self.value)

    def give_or_take(self, noise: float) -> Approximation:
        """Return the same number with `noise` more allowed for rounding."""
        return Approximation(self.value, self.noise + (inf if isnan(noise) else noise))

    @property
    def is_surely_negative(self) -> bool:
        """Whether it is negative by far more than rounding, where a theorem says that it cannot be."""
        return self.value < 0 and not self.is_rounding

    def compare(self, r: Fraction, unit: Unit) -> int | None:
        """Return the sign of self − r, with r in `unit`."""
        bound = float(r) * (log(2) if unit == "bits" else 1)
        return self.minus(Approximation(bound, ROUNDING * bound)).sign()

    def enclosed(self, digits: int, unit: Unit, closed: bool = False) -> Enclosed:  # noqa: ARG002
        """Return the number in `unit` as a decimal without an enclosure; "undecided" where it may be rounding."""
        if self.is_rounding:
            return Enclosed("undecided", words="float64 cannot separate it from rounding")
        value = self.value / log(2) if unit == "bits" else self.value
        return Enclosed(float_text(value, digits))


NOTHING = Approximation(0.0, 0.0)
"""Zero, known from structure."""

UNKNOWN = Approximation(0.0, inf)
"""A number of which float64 knows nothing."""


def f(r: Floats) -> Floats:
    """Return (1+r)·log(1+r) − r, entry by entry, for r ≥ −1."""
    return _f(r, _size(r))


def mean_f(weights: Floats, r: Floats, p: Floats) -> float:
    """Return Σ_i w_i Σ_j p_j f(r_ij)."""
    size = _size(r)
    if size >= SERIES_UNTIL:
        found = float(weights @ (_closed(r) @ p))
        if found >= LARGE * weights.sum():
            return found
    return float(weights @ (_f(r, size) @ p))


def slope(r: Floats) -> Floats:
    """Return |log(1+r)|, the slope of f; at most 37, since nearer to −1 rounding hardly moves f."""
    found: Floats = np.abs(np.log1p(np.maximum(r, 2.0**-53 - 1)))
    return found


def slip(r: Floats, off: Floats) -> Floats:
    """Return by how much f(r) may be wrong where r is wrong by `off`; infinite beyond float64's range."""
    with np.errstate(over="ignore", invalid="ignore"):
        found: Floats = off * (slope(r) + np.minimum(off, 37.0) + np.log1p(off))
    return found


def _size(r: Floats) -> float:
    return float(max(-r.min(initial=0.0), r.max(initial=0.0)))


def _f(r: Floats, size: float) -> Floats:
    if size < SERIES_UNTIL:
        return _series(r, _terms(size))
    large = np.abs(r) >= SERIES_UNTIL
    found = _series(np.where(large, 0.0, r), len(_SERIES))
    found[large] = _closed(r[large])
    return found


def _closed(r: Floats) -> Floats:
    """Return f by its closed form, to about |r|·2^-52; the rounding of 1 + r costs no more than that."""
    u = np.maximum(1 + r, SMALLEST)
    found: Floats = np.log(u)
    found *= u
    u -= 1
    found -= u
    return found


def _terms(size: float) -> int:
    """Return how many terms of the series |r| = `size` needs, so that less than a share of 2^-54 is left out."""
    return next(n for n in range(1, len(_SERIES) + 1) if 2 * size**n < 2.0**-54 * (n + 1) * (n + 2))


def _series(r: Floats, terms: int) -> Floats:
    s = np.full_like(r, _SERIES[terms - 1])
    for coefficient in _SERIES[terms - 2 :: -1] if terms > 1 else []:
        s *= r
        s += coefficient
    s *= r
    s *= r
    return s


def blocks(table: Floats) -> Iterator[slice]:
    """Return slices of a table's rows, so that each holds about BLOCK entries."""
    rows, columns = table.shape
    size = max(BLOCK // max(columns, 1), 1)
    return (slice(i, i + size) for i in range(0, rows, size))


def bregman(v: Floats, step: Floats) -> Floats:
    """Return u·log(u/v) − u + v ≥ 0, with step = u − v given; 0 where v = 0, since u is 0 there as well.

    Where u is over 2v nothing cancels, and (u−v)/v, which may be beyond float64's range, is not formed.
    """
    safe, far = np.where(v > 0, v, 1.0), step > v
    near = v * f(np.maximum(np.where(far, 0.0, step) / safe, -1.0))
    if not far.any():
        return np.where(v > 0, near, 0.0)
    u = np.where(far, v + step, 1.0)
    return np.where(v > 0, np.where(far, u * (np.log(u) - np.log(safe)) - step, near), 0.0)


def minus_x_log_x(x: Floats, complement: Floats) -> Floats:
    """Return −x·log x, and 0 at 0; near x = 1 it is computed from the complement 1 − x."""
    safe = np.where((x > 0) & (x < 0.5), x, 1.0)
    near = np.where(x >= 0.5, -np.minimum(complement, 0.5), 0.0)
    found: Floats = -x * (np.log(safe) + np.log1p(near))
    return found


def complements(p: Floats) -> Floats:
    """Return 1 − p_i; for the largest p_i it is the sum of the others, so that digits survive when p_i ≈ 1."""
    found: Floats = 1 - p
    top = int(p.argmax())
    found[top] = p[:top].sum() + p[top + 1 :].sum()
    return found


def row_entropies(rows: Floats) -> Floats:
    """Return the entropy of each row, a distribution; a row near certainty keeps its relative accuracy."""
    return np.concatenate([_entropies(rows[block]) for block in blocks(rows)])


def _entropies(rows: Floats) -> Floats:
    if rows.max() <= 0.5:
        spread: Floats = -np.einsum("ij,ij->i", rows, _logs(rows))
        return spread
    index = np.arange(len(rows)), rows.argmax(axis=1)
    others = rows.copy()
    others[index] = 0.0
    found: Floats = minus_x_log_x(rows[index], others.sum(axis=1)) - np.einsum("ij,ij->i", others, _logs(others))
    return found


def _logs(x: Floats) -> Floats:
    """Return log x, with zeros mapped to log(SMALLEST): they are always multiplied by 0."""
    safe = np.maximum(x, SMALLEST)
    return np.log(safe, out=safe)


def ratio(a: Floats, b: Floats) -> Floats:
    """Return a/b, and 0 where b is 0."""
    if b.all():
        return a / b
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b > 0)
