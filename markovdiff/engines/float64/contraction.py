"""Dobrushin's coefficient of each step in float64, without building the exact kernel again at every β.

    η(Q) = max_{i,k} ½ Σ_j |Q[i,j] − Q[k,j]|

Two rows with disjoint supports settle it: η = 1. For Q = (1−β)I + βM the sum over j ≠ i, k is β times M's own, and
at i and k, where (1−β) + β(M_ii − M_ki) ≥ 0, the distance is (1−β) + β·c_ik with a c_ik that no β enters: one
search serves the whole chain. A Gaussian's is exact, by its jumps. Otherwise all pairs of rows are compared. Where all
rows are nearly equal, what they differ by is taken exactly: η keeps its relative accuracy however small it is.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from mmap import mmap

import numpy as np

from markovdiff.arithmetic.arrays import LEAST, Floats
from markovdiff.engines.float64.rounding import MOST, differences
from markovdiff.process.chain import Chain

SMALL = 2.0**-8
"""A coefficient below this has lost digits: it came of numbers that hardly differ."""

ROOM = 192 * 2**20
"""What scipy takes of the address space while it is loaded, 149 MB, and some."""


class Contraction:
    """η(Q_t), each kernel looked at once."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.seen: dict[Fraction, float | None] = {}
        self.blend: tuple[float, Fraction] | None = None

    def at(self, t: int) -> float | None:
        """Return η(Q_t); None where float64 cannot tell it."""
        if self.chain.K == 1:
            return 0.0
        beta = self.chain.strength(t)
        if beta not in self.seen:
            formula = self.chain.kernel.dobrushin_formula(beta)
            self.seen[beta] = self._compared(beta, t) if formula is None else float(formula)
        return self.seen[beta]

    def _compared(self, beta: Fraction, t: int) -> float | None:
        """η(Q_t) from its rows."""
        plain = self._of(beta)
        return plain if plain >= SMALL else self._closely(t)

    def _closely(self, t: int) -> float | None:
        """η(Q_t) of nearly equal rows, from what each differs from the first by."""
        step = self.chain.transition(t).dense
        if step.K > MOST:
            return None
        found = _widest(differences(step, 0))
        is_nothing = found == 0 and all(row == step.table[0] for row in step.table)
        return found if is_nothing or found >= LEAST else None

    def _of(self, beta: Fraction) -> float:
        kernel = self.chain.kernel
        if kernel.endpoint is not None:
            self.blend = self.blend or _of_blend(np.array(kernel.endpoint.floats()))
            c, until = self.blend
            if beta <= until:
                return float(1 - beta) + float(beta) * c
        return widest(kernel.floats(beta))


def _of_blend(M: Floats) -> tuple[float, Fraction]:
    """Max c_ik, and the β up to which it serves."""
    own = M.diagonal()
    c = -np.inf
    for i in range(len(M) - 1):
        away = np.abs(M[i + 1 :] - M[i])
        k = np.arange(i + 1, len(M))
        at_i, at_k = own[i] - M[k, i], own[k] - M[i, k]
        inner = away.sum(axis=1) - np.abs(at_i) - np.abs(at_k)
        c = max(c, float((inner + at_i + at_k).max()) / 2)
    most = float((M - own).max())
    until = Fraction(1) if most <= 0 else Fraction(1 / (1 + most) * (1 - 1e-12))
    return c, until


def widest(Q: Floats) -> float:
    """Max over pairs of rows of half their distance."""
    reaches = (Q > 0).astype(np.float32)
    return 1.0 if (reaches @ reaches.T == 0).any() else _widest(Q)


def _widest(rows: Floats) -> float:
    return min(float(_distances(np.unique(rows, axis=0)).max(initial=0.0)) / 2, 1.0)


def _distances(rows: Floats) -> Floats:
    """Σ_j |a_j − b_j| for all pairs of rows. Raises MemoryError where there is no room for scipy.

    Its BLAS looks for memory for ever where there is none, so it is looked for here first.
    """
    if "scipy.spatial" not in sys.modules:
        try:
            mmap(-1, ROOM).close()
        except OSError:
            raise MemoryError from None
    from scipy.spatial.distance import pdist

    return np.asarray(pdist(rows, "cityblock"))
