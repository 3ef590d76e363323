"""Logits as probabilities: exp(l_i) / Σ_k exp(l_k) rounded down to multiples of 2^-53, the largest takes the rest.

The exponentials are enclosed, and each floor is decided; a probability is rational only where all logits that count are
the same (Lindemann–Weierstrass), and that case is settled by itself. The row then sums to exactly one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from markovdiff.arithmetic.enclosure import rounded
from markovdiff.arithmetic.rational import to_fmpq

GRID = Fraction(1, 2**53)

FAINT = -1000
"""e^d of less is enclosed by 0 and e^−1000: far below the grid, and cheap however far below it is."""


def softmax(logits: Sequence[Fraction], where: str) -> list[Fraction]:
    """The row of probabilities.

    >>> softmax([Fraction(0), Fraction(0), Fraction(-50)], "row") == [Fraction(1, 2), Fraction(1, 2), 0]
    True
    """
    top = max(logits)
    below = [x - top for x in logits]

    def weight(d: Fraction) -> arb:
        return arb(to_fmpq(d)).exp() if d > FAINT else arb(0, 1) * arb(FAINT).exp()

    def probability(d: Fraction, _bits: int) -> arb:
        return weight(d) / sum(map(weight, below), arb(0))

    def floor(d: Fraction) -> Fraction:
        if len(set(below)) == 1:
            return (Fraction(1, len(below)) // GRID) * GRID
        return rounded(lambda bits: probability(d, bits), GRID, "down", None, where)

    floors = {d: floor(d) if d > FAINT else Fraction(0) for d in set(below)}
    row = [floors[d] for d in below]
    row[below.index(Fraction(0))] += 1 - sum(row, Fraction(0))
    return row
