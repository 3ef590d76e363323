"""The process in float64 once more, each number of it moved by chance in its 44th bit: what rests on it then moves too.

Where a formula cancels, a result moves by a larger share of itself than what went into it, and rounding, 512 times
smaller, has moved it in the same way. So what two such runs agree in is what can be told. It needs no bound for any
formula; it costs as much as the run itself. Patterns and what is known from structure are those of the process itself.
"""

from __future__ import annotations

import numpy as np

from markovdiff.arithmetic.arrays import Floats
from markovdiff.engines.float64.forward import DenseState, FloatState, RankOneState, project

SHAKEN = 2.0**-44
"""By what share of itself a number is moved."""

POOL = 2**16 + 1


class Shaker:
    """Moves numbers, or leaves them as they are; the same moves in each run."""

    def __init__(self, *, still: bool = False) -> None:
        self.still = still
        self.random = np.random.default_rng(1)
        self.pool: Floats = self.random.choice((1 - SHAKEN, 1 + SHAKEN), POOL)

    def __call__(self, x: Floats) -> Floats:
        """Return the same numbers, moved."""
        if self.still:
            return x
        at = int(self.random.integers(POOL))
        moves: Floats = np.resize(np.roll(self.pool, at) if x.size <= POOL else self.pool, x.shape)
        return x * moves


def shaken(now: FloatState, before: FloatState | None, shake: Shaker) -> FloatState:
    """Return the process at `now`, made from its own shaken past."""
    if shake.still:
        return now
    if isinstance(now, RankOneState):
        return RankOneState(now.t, now.beta, now.alpha_bar, shake(now.p0), shake(now.pi), markov=now.markov)
    assert before is None or isinstance(before, DenseState)
    return _followed(now, before, shake)


def _followed(now: DenseState, before: DenseState | None, shake: Shaker) -> DenseState:
    if before is None or now.Q is None or now.W is None:
        p, D, Q, Q_bar = now.p, now.D, now.Q, now.Q_bar
    else:
        Q = shake(now.Q)
        p = before.p @ Q
        p /= p.sum()
        gone = now.vanished or now.unresolved
        D = now.D if gone else project(before.D @ (Q if now.W is now.Q else shake(now.W)), before.p0, p)
        Q_bar = None
        if now.Q_bar is not None and before.Q_bar is not None:
            Q_bar = before.Q_bar @ Q
            Q_bar /= Q_bar.sum(axis=1, keepdims=True)
    return DenseState(
        now.t, now.beta, Q, now.p0, shake(p), now.possible, shake(D), now.spread, now.error,
        None if Q_bar is None else shake(Q_bar), reach=now.reach, W=Q, left_out=now.left_out,
        vanished=now.vanished, unresolved=now.unresolved, markov=now.markov,
    )  # fmt: skip
