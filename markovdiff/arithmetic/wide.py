"""Float64 with an exponent beside each entry: matrices of non-negative numbers that span more than float64's range.

The value of an entry is M·2^(−900n), its mantissa between 2^-450 and 2^450. So a product of two entries never leaves
float64, and the product of two matrices is a few ordinary products, one for each pair of exponents that occur. There is
one where nothing is small, and then `n` is None and nothing is lost but a comparison. Nothing is negative and so
nothing cancels: each entry keeps its relative accuracy.

A Gaussian kernel at K = 256 needs it: q(x_2 = 0 | x_0 = 255) can be 2^-1600 and condition a model all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markovdiff.arithmetic.arrays import Floats

Exponents = NDArray[np.int64]

STEP = 900
LOW = 2.0**-450
"""A positive mantissa is above this."""


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """M·2^(−900n); n is None where it is 0 throughout.

    >>> tiny = Wide.of(np.array([[2.0**-400]]))
    >>> huge = tiny @ tiny @ tiny @ tiny
    >>> (huge * huge.reciprocal()).floats(), huge.floats()
    (array([[1.]]), array([[0.]]))
    """

    M: Floats
    n: Exponents | None = None

    @classmethod
    def of(cls, values: Floats) -> Wide:
        """Return float64 numbers as wide ones."""
        if not values.size or np.where(values > 0, values, 1.0).min() > LOW:
            return cls(values)
        return _regrouped(values, np.zeros(values.shape, np.int64))

    def __matmul__(self, other: Wide) -> Wide:
        """Return the product of matrices."""
        if self.n is None and other.n is None:
            return Wide.of(self.M @ other.M)
        sums: dict[int, Floats] = {}
        for m, A in self._levels():
            for n, B in other._levels():
                product = A @ B
                sums[m + n] = sums[m + n] + product if m + n in sums else product
        return _joined(sums)

    def __mul__(self, other: Wide) -> Wide:
        """Return the product entry by entry."""
        if self.n is None and other.n is None:
            return Wide.of(self.M * other.M)
        M = self.M * other.M
        return _regrouped(M, np.broadcast_to(_of(self.n) + _of(other.n), M.shape))

    def reciprocal(self) -> Wide:
        """Return 1/x of each entry that is positive, 0 of the others."""
        M = np.divide(1.0, self.M, out=np.zeros_like(self.M), where=self.M > 0)
        return Wide(M, None if self.n is None else -self.n)

    def transposed(self) -> Wide:
        """Return the transpose."""
        return Wide(self.M.T, None if self.n is None else self.n.T)

    def floats(self) -> Floats:
        """Return the numbers as float64: what is too small becomes 0, what is too large ∞."""
        if self.n is None:
            return self.M
        with np.errstate(over="ignore", under="ignore"):
            plain: Floats = np.ldexp(self.M, -STEP * self.n)
            return plain

    def shares(self) -> Floats:
        """Return each row divided by its sum; a row of zeros stays a row of zeros."""
        M = self.M
        if self.n is not None:
            largest = np.where(M > 0, self.n, np.iinfo(np.int64).max).min(axis=1, keepdims=True)
            largest = np.where((M > 0).any(axis=1, keepdims=True), largest, 0)
            with np.errstate(under="ignore"):
                M = np.where(M > 0, np.ldexp(M, STEP * (largest - self.n)), 0.0)
        sums = M.sum(axis=1, keepdims=True)
        found: Floats = np.divide(M, sums, out=np.zeros_like(M), where=sums > 0)
        return found

    def _levels(self) -> Iterator[tuple[int, Floats]]:
        if self.n is None:
            yield 0, self.M
            return
        for n in np.unique(self.n[self.M > 0]):
            yield int(n), np.where(self.n == n, self.M, 0.0)


def _of(n: Exponents | None) -> Exponents:
    return np.zeros((), np.int64) if n is None else n


def _regrouped(M: Floats, n: Exponents) -> Wide:
    """Return the same numbers, with mantissas in range again."""
    exponents = np.frexp(M)[1] - STEP * n
    wanted = np.where(M > 0, -np.rint(exponents / STEP), 0).astype(np.int64)
    if not wanted.any():
        return Wide(np.ldexp(M, -STEP * n) if n.any() else M)
    return Wide(np.ldexp(M, np.where(M > 0, STEP * (wanted - n), 0)), wanted)


def _joined(sums: dict[int, Floats]) -> Wide:
    """Return Σ_n S_n·2^(−900n)."""
    if len(sums) == 1:
        ((level, M),) = sums.items()
        return _regrouped(M, np.full(M.shape, level))
    tops = [np.where(S > 0, np.frexp(S)[1] - float(STEP * n), -np.inf) for n, S in sums.items()]
    top = np.max(tops, axis=0)
    n = np.where(top > -np.inf, -np.rint(top / STEP), 0).astype(np.int64)
    with np.errstate(under="ignore"):
        M = sum((np.where(S > 0, np.ldexp(S, STEP * (n - level)), 0.0) for level, S in sums.items()), np.zeros(n.shape))
    return Wide(M, n) if n.any() else Wide(M)
