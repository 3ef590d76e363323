"""The chains that are measured: dense, in thousandths, the same on every machine.

Row i of Q has K positive entries n/1000, cut from 1000 at places drawn by a seed; the data are triangular, p_k = k/Z.
Such a chain forgets fast: I(x0; x_t) falls some tenfold a step, so that a T of 64 is already late, far below 1e-16.
One matrix is applied T times. A entry gets Fractions and nothing else.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

Law = tuple[Fraction, ...]

PARTS = 1000


@dataclass(frozen=True)
class BenchProblem:
    """I(x0; x_t) in bits is asked for at t = 0, …, T: x0 ~ `p0`, each step by `Q`."""

    p0: Law
    Q: tuple[Law, ...]
    T: int

    @property
    def K(self) -> int:
        """The number of states."""
        return len(self.p0)

    @property
    def cells(self) -> int:
        """Entries of Q̄_t over all t, which every entry goes through."""
        return self.K**2 * (self.T + 1)


def dense(K: int, T: int, seed: int = 1) -> BenchProblem:
    """Return the chain of K ≤ 1000 states and T steps that a seed draws.

    >>> dense(2, 8).Q[0], sum(dense(5, 8).Q[4])
    ((Fraction(63, 125), Fraction(62, 125)), Fraction(1, 1))
    """
    rng = random.Random(seed)  # noqa: S311  (no secret: a benchmark)
    return BenchProblem(triangular(K), tuple(_row(K, rng) for _ in range(K)), T)


def _row(K: int, rng: random.Random) -> Law:
    places = sorted(range(1, PARTS), key=lambda _: rng.random())
    cuts = [0, *sorted(places[: K - 1]), PARTS]
    return tuple(Fraction(b - a, PARTS) for a, b in pairwise(cuts))


def triangular(K: int) -> Law:
    """Return p_k ∝ k, k = 1 … K."""
    return tuple(Fraction(2 * k, K * (K + 1)) for k in range(1, K + 1))
