"""The `counted` reverse model, counted a second time.

    R_t[j][i] = (n_t(i → j) + s) / Σ_i' (n_t(i' → j) + s);  undefined where that sum is zero

n_t counts the steps of n trajectories drawn with Python's `random.Random(seed)`, of which `random()` alone is used:
Python guarantees that its sequence for a seed does not change. First x_0 of every trajectory is drawn, then x_1 of
every one, and so on; what u, a multiple of 2^-53, draws is the first state whose cumulative probability exceeds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from random import Random

from markovdiff.audit import budget
from markovdiff.audit.process import Process, Table
from markovdiff.audit.reverse import Row, row

GRID = 2**53
MAX_DRAWS = 20_000_000
"""Transitions that a run samples at most."""


class Spinner:
    """One law to be drawn from, by its cumulative probabilities over the grid."""

    def __init__(self, numerators: Sequence[int]) -> None:
        whole = sum(numerators)
        self.first = [-(-n * GRID // whole) for n in accumulate(numerators)]

    def draw(self, u: int) -> int:
        """Return the state of u/2^53, found by halving."""
        low, high = 0, len(self.first) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if u < self.first[middle] else (middle + 1, high)
        return low


def transitions(process: Process, trajectories: int, seed: int) -> Iterator[Table]:
    """Return, for each t, the counts of x_t = j and x_{t−1} = i, as [j][i]."""
    random, K = Random(seed), process.K  # noqa: S311  (sampling, not secrets)
    start = Spinner(process.data)
    places = [start.draw(int(random.random() * GRID)) for _ in range(trajectories)]
    for t in range(1, process.T + 1):
        budget.spend(600 * trajectories + 1000 * K * K)
        spinners = [Spinner(numerators) for numerators in process.step(t).N]
        counts = [[0] * K for _ in range(K)]
        for n, i in enumerate(places):
            places[n] = j = spinners[i].draw(int(random.random() * GRID))
            counts[j][i] += 1
        yield counts


def first_difference(
    process: Process, trajectories: int, seed: int, smoothing: Fraction, tables: Sequence[Sequence[Row | None]]
) -> tuple[int, int] | None:
    """Return the first (t, j) whose row is not what was counted, if there is one."""
    a, b = smoothing.numerator, smoothing.denominator
    counted = transitions(process, trajectories, seed)
    for t, (counts, given) in enumerate(zip(counted, tables, strict=True), 1):
        for j, (line, said) in enumerate(zip(counts, given, strict=True)):
            if row([b * n + a for n in line]) != said:
                return t, j
    return None
