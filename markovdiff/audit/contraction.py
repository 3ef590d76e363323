"""η_KL(N_t) a second time: the largest supremum of g over 0 < λ < 1, over pairs of rows a, b.

    g(λ) = 1 − Σ_j a_j b_j/(λa_j + (1−λ)b_j),   concave,   g'(λ) = Σ_j a_j b_j (a_j − b_j)/(λa_j + (1−λ)b_j)².

All by integers: λ = n/2^GRID, each term rounded down and up to a multiple of 2^-GRID. Where the slope changes its sign
between two neighbours l < r, sup g is at most g(l) + g'(l)·(r − l) on the left of r, and g(r) + g'(r)·(1 − r) beyond;
an end with the slope turned away from it is the supremum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from markovdiff.audit import budget
from markovdiff.audit.process import Matrix

GRID = 256
"""Bits of λ and of each term."""

ROUNDS = 160
"""Halvings of the interval around the maximum."""


@dataclass(frozen=True)
class _Rows:
    """Two rows over d, in the columns that both have; g and g' between integers over 2^GRID."""

    columns: tuple[tuple[int, int], ...]
    d: int

    def value(self, n: int) -> tuple[Fraction, Fraction]:
        """Return g(n/2^GRID), from below and above."""
        low = high = 0
        for a, b in self.columns:
            top, bottom = (a * b) << (2 * GRID), (n * a + ((1 << GRID) - n) * b) * self.d
            low, high = low + top // bottom, high - (-top // bottom)
        return 1 - Fraction(high, 1 << GRID), 1 - Fraction(low, 1 << GRID)

    def slope(self, n: int) -> tuple[int, int]:
        """Return g'(n/2^GRID)·2^GRID, from below and above."""
        low = high = 0
        for a, b in self.columns:
            top = (a * b * (a - b)) << (3 * GRID)
            bottom = (n * a + ((1 << GRID) - n) * b) ** 2 * self.d
            low, high = low + top // bottom, high - (-top // bottom)
        return low, high

    def supremum(self) -> tuple[Fraction, Fraction]:
        """Between what sup g lies."""
        left, right = 0, 1 << GRID
        if self.slope(left)[1] <= 0:
            return self.value(left)
        if self.slope(right)[0] >= 0:
            return self.value(right)
        for _ in range(ROUNDS):
            middle = (left + right) // 2
            if self.slope(middle)[0] > 0:
                left = middle
            else:
                right = middle
        low, high = self.value(left)
        between = Fraction(max(self.slope(left)[1], 0), 1 << GRID) * Fraction(right - left, 1 << GRID)
        beyond = self.value(right)[1] + Fraction(max(self.slope(right)[1], 0), 1 << GRID)
        return low, max(high + between, beyond)


def contradiction(step: Matrix, lower: Fraction, upper: Fraction) -> str | None:
    """Return what is true instead where η_KL cannot lie between the two; None where it is confirmed to.

    Each bound may be off by what the grid leaves, 2^-150: a value that ends is claimed with equal bounds.
    """
    low, high = _of(tuple(map(tuple, step.N)), int(step.d))
    spare = Fraction(1, 1 << 150)
    if lower <= low + spare and high <= upper + spare and high - low <= spare:
        return None
    return f"about {float(low):.15g}"


@lru_cache(maxsize=2)
def _of(table: tuple[tuple[int, ...], ...], d: int) -> tuple[Fraction, Fraction]:
    """Between what η_KL lies: equal steps follow one another."""
    found = [rows.supremum() for rows in _different(table, d)]
    return max((x for x, _ in found), default=Fraction(0)), max((x for _, x in found), default=Fraction(0))


def _different(table: tuple[tuple[int, ...], ...], d: int) -> Iterator[_Rows]:
    """Return the pairs of different rows; those with the same numbers in other columns once."""
    rows = list(dict.fromkeys(table))
    budget.spend(3e3 * ROUNDS * len(rows) ** 2 * len(table) / 8)
    met: set[Sequence[tuple[int, int]]] = set()
    for row, other in combinations(rows, 2):
        columns = tuple(sorted((a, b) for a, b in zip(row, other, strict=True) if a and b))
        turned = tuple(sorted((b, a) for a, b in columns))
        if columns in met or turned in met:
            continue
        met.add(columns)
        yield _Rows(columns, d)
