"""Logits as probabilities: exp(l_i) / Σ_k exp(l_k) rounded down to multiples of 2^-53; the largest takes the rest.

The exponentials are enclosed, and each floor is decided. A probability is rational only where all logits are the same
(Lindemann–Weierstrass); that case, and the one where the others are far smaller, is settled by integers. The row then
sums to exactly one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.rational import to_fmpq

GRID = Fraction(1, 2**53)

FAINT = -1000
"""e^d of less lies between 0 and e^−1000: so far below the grid that no more of it is needed."""


def softmax(logits: Sequence[Fraction], where: str) -> list[Fraction]:
    """Return the row of probabilities.

    >>> softmax([Fraction(0), Fraction(0), Fraction(-50)], "row")[2], softmax([Fraction(3)] * 2, "row")[0]
    (Fraction(0, 1), Fraction(1, 2))
    """
    top = max(logits)
    below = [x - top for x in logits]
    near = [d for d in below if d > FAINT]
    rest = len(below) - len(near)

    def probability(d: Fraction, _bits: int) -> arb:
        least = arb(FAINT).exp() / 2
        total = sum((arb(to_fmpq(x)).exp() for x in near), rest * arb(least, least.upper()))
        return arb(to_fmpq(d)).exp() / total

    def floor(d: Fraction) -> Fraction:
        if d <= FAINT:
            return Fraction(0)
        if len(set(near)) == 1:
            return (GRID.denominator - (rest > 0)) // len(near) * GRID
        return rounded(lambda bits: probability(d, bits), GRID, "down", None, where)

    floors = {d: floor(d) for d in set(below)}
    row = [floors[d] for d in below]
    row[below.index(Fraction(0))] += 1 - sum(row, Fraction(0))
    return row
