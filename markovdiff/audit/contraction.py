"""η_KL(N_t) a second time: the largest, over pairs of rows a, b, of the supremum over 0 < λ < 1 of

    g(λ) = 1 − Σ_j a_j b_j/(λa_j + (1−λ)b_j),   concave,   g'(λ) = Σ_j a_j b_j (a_j − b_j)/(λa_j + (1−λ)b_j)².

All by integers: λ = n/2^GRID, each term rounded down and up to a multiple of 2^-GRID. Where the slope changes its sign
between two neighbours l < r, sup g ≤ g(l) + g'(l)·(r − l); an end with the slope turned away from it is the supremum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
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
        """g(n/2^GRID), from below and above."""
        low = high = 0
        for a, b in self.columns:
            top, bottom = (a * b) << (2 * GRID), (n * a + ((1 << GRID) - n) * b) * self.d
            low, high = low + top // bottom, high - (-top // bottom)
        return 1 - Fraction(high, 1 << GRID), 1 - Fraction(low, 1 << GRID)

    def slope(self, n: int) -> tuple[int, int]:
        """g'(n/2^GRID)·2^GRID, from below and above."""
        low = high = 0
        for a, b in self.columns:
            top = (a * b * (a - b)) << (3 * GRID)
            bottom = (n * a + ((1 << GRID) - n) * b) ** 2 * self.d
            low, high = low + top // bottom, high - (-top // bottom)
        return low, high

    def supremum(self) -> tuple[Fraction, Fraction]:
        """Between what sup g lies."""
        l, r = 0, 1 << GRID
        if self.slope(l)[1] <= 0:
            return self.value(l)
        if self.slope(r)[0] >= 0:
            return self.value(r)
        for _ in range(ROUNDS):
            middle = (l + r) // 2
            if self.slope(middle)[0] > 0:
                l = middle
            else:
                r = middle
        rest = Fraction(max(self.slope(l)[1], 0), 1 << GRID) * Fraction(r - l, 1 << GRID)
        low, high = self.value(l)
        return low, high + rest if self.slope(r)[1] <= 0 else Fraction(1)


def contradiction(step: Matrix, lower: Fraction, upper: Fraction) -> str | None:
    """Return what is true instead where η_KL cannot lie between the two; None where it is confirmed to.

    Each bound may be off by what the grid leaves, 2^-150: a value that ends is claimed with equal bounds.
    """
    found = [rows.supremum() for rows in _different(step)]
    low = max((x for x, _ in found), default=Fraction(0))
    high = max((x for _, x in found), default=Fraction(0))
    spare = Fraction(1, 1 << 150)
    if lower <= low + spare and high <= upper + spare and high - low <= spare:
        return None
    return f"about {float(low):.15g}"


def _different(step: Matrix) -> Iterator[_Rows]:
    """The pairs of different rows; those with the same numbers in other columns once."""
    table = [tuple(row) for row in step.N]
    rows = list(dict.fromkeys(table))
    budget.spend(3e3 * ROUNDS * len(rows) ** 2 * len(table) / 8)
    met: set[Sequence[tuple[int, int]]] = set()
    for row, other in combinations(rows, 2):
        columns = tuple(sorted((a, b) for a, b in zip(row, other, strict=True) if a and b))
        turned = tuple(sorted((b, a) for a, b in columns))
        if columns in met or turned in met:
            continue
        met.add(columns)
        yield _Rows(columns, int(step.d))
