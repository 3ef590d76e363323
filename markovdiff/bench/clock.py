"""The clock: processor seconds on one thread, two entries in turn, the median of repeats with its spread.

Processor time, because a machine that does other things as well stretches the wall clock of both, but not alike. The
two take turns, each beginning every other round, so that a processor that slows down slows both; each round gives a
ratio, and of these the median is told, and the least and the largest. A short run is repeated within a round until the
round is long enough to be read off. BLAS gets one thread, as FLINT has, since otherwise it would be the cores that win.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Run = Callable[[], object]
Clock = Callable[[], float]

BLAS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

ROUND = 0.02
"""Seconds that a round lasts at least."""

ROUNDS = ((0.1, 7), (0.5, 5), (5.0, 3))
"""(seconds, n): n rounds of what takes up to so many seconds; what takes longer runs once."""


@dataclass(frozen=True)
class Ratio:
    """How many times as long the second took as the first, over `rounds` rounds; and what a run took, in seconds."""

    first: float
    second: float
    times: float
    least: float
    largest: float
    rounds: int


ROUND_ALONE = 0.5
"""Seconds up to which what is timed alone is timed again: the fit through all sizes evens out the rest."""


def one_thread() -> bool:
    """Hold BLAS to one thread; False where it was loaded before and may have more."""
    early = "numpy" not in sys.modules or os.environ.get(BLAS[0]) == "1"
    os.environ.update(dict.fromkeys(BLAS, "1"))
    return early


def interleaved_timing(first: Run, second: Run, clock: Clock = time.process_time) -> Ratio:
    """Run both in turn; each has run once before, since its answers were looked at."""
    (n, a), (m, b) = calibrated(first, clock), calibrated(second, clock)
    pairs = [(a, b)]
    while len(pairs) < rounds_for(max(a, b)):
        pairs.append(_round((first, second), (n, m), len(pairs) % 2 == 1, clock))
    ratios = [b / a for a, b in pairs]
    return Ratio(
        median(a for a, _ in pairs), median(b for _, b in pairs), median(ratios), min(ratios), max(ratios), len(pairs)
    )


def _round(runs: tuple[Run, Run], n: tuple[int, ...], swapped: bool, clock: Clock) -> tuple[float, float]:
    taken = [0.0, 0.0]
    for k in (1, 0) if swapped else (0, 1):
        taken[k] = seconds(runs[k], n[k], clock)
    return taken[0], taken[1]


def alone(run: Run, clock: Clock = time.process_time) -> float:
    """Return the median of three runs, or of one run where that takes long."""
    n, once = calibrated(run, clock)
    more = 2 if once <= ROUND_ALONE else 0
    return median([once, *(seconds(run, n, clock) for _ in range(more))])


def calibrated(run: Run, clock: Clock) -> tuple[int, float]:
    """Return how many runs fill a round, a power of two, and the seconds of each; a coarse clock needs more."""
    n = 1
    while (each := seconds(run, n, clock)) * n < ROUND:
        n *= 2
    return n, each


def rounds_for(once: float) -> int:
    """Return how many rounds to measure of something that takes so many seconds."""
    return next((n for most, n in ROUNDS if once <= most), 1)


def seconds(run: Run, n: int, clock: Clock) -> float:
    """Return the seconds of one of n runs."""
    gc.collect()
    begun = clock()
    for _ in range(n):
        run()
    return (clock() - begun) / n
