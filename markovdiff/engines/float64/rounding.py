"""What rounding does to deviations on their way through steps in float64.

    D_t = D_{t−1} Q_t + local rounding,   each entry of it at most a few 2^-53 of |D_{t−1}| |Q_t|

The local rounding is small beside D_{t−1}, not beside D_t, and what has come of it is carried on by the later steps,
where it need not decay as D_t does. So it is carried along too: a few rows of random signs, of the size that the rows
of D have in the mean under p_0, go through the same steps and take up each step's rounding, GRAIN times as large as one
could be. Their size estimates what D may be off by, with a factor to spare; it costs O(K) of a step's O(K²·rows).

Since D1 = 0, D Q = D (Q − 1c) for any row c. Where the rows of Q_t are nearly equal, Q − 1c is formed exactly and
rounded after: D keeps its relative accuracy also where rows differ by 1e-30.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from markovdiff.arithmetic.arrays import Flags, Floats
from markovdiff.process.transition import Dense

PROBES = 4
"""Rows that are carried. Where one is small by chance another is not."""

GRAIN = 2.0**-46
"""128 times the rounding of one operation."""

TURNS = 64
"""Steps after which the same signs come again."""

FAR = 1e-200
"""A mean square below this may have underflowed."""

NEAR = 2.0**-8
"""Rows that differ by less than this in each entry are subtracted exactly."""

MOST = 512
"""States up to which that is done: it takes K² exact differences."""


def first_error(spread: Floats) -> Floats:
    """Return what a deviation may be off by that is known to rounding."""
    return GRAIN * _signs(0, len(spread)) * spread


def next_error(error: Floats, spread: Floats, step: Floats, p: Floats, t: int) -> Floats:
    """Return what it may be off by a step later; `spread` is the size of what went into the step."""
    found: Floats = error @ step + GRAIN * _signs(t, len(p)) * (spread @ np.abs(step))
    found -= found.sum(axis=1)[:, None] * p
    return found


def size(error: Floats) -> Floats:
    """Return the largest of the probes, entry by entry."""
    found: Floats = np.abs(error).max(axis=0)
    return found


def spread_of(D: Floats, p0: Floats) -> Floats:
    """Return the root of the mean of D² under p_0, column by column; D may be far below the root of float64's range."""
    squares: Floats = p0 @ (D * D)
    if squares.max(initial=0.0) > FAR:
        return np.sqrt(squares)
    top = float(np.abs(D).max(initial=0.0))
    return top * np.sqrt(p0 @ (D / top) ** 2) if top > 0 else np.zeros_like(squares)


def _signs(t: int, K: int) -> Floats:
    return _few_signs(t % TURNS, K)


@lru_cache(maxsize=2 * TURNS)
def _few_signs(t: int, K: int) -> Floats:
    return np.random.default_rng(t).choice((-1.0, 1.0), (PROBES, K))


def are_near(Q: Floats, rows: Flags) -> bool:
    """Return whether those rows of Q differ by little."""
    places = np.flatnonzero(rows)
    first, last = Q[places[0]], Q[places[-1]]
    if len(Q) > MOST or len(places) < 2 or np.abs(last - first).max() >= NEAR:
        return False
    return bool(np.abs(Q[rows] - first).max() < NEAR)


def differences(step: Dense, c: int) -> Floats:
    """Return Q − 1c for the row c, each entry rounded once."""
    rows = step.rows()
    return np.array([[float(x - y) for x, y in zip(row, rows[c], strict=True)] for row in rows])
