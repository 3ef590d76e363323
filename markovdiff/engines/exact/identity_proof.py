"""The proof that the ledger adds up: coefficients of logarithms, collected until they cancel.

L − H(x0) − ΣΔ_t − KL(p_T‖π) is a sum of rational multiples of log p_t[i], log Q_t[i,j], log Q̄_t[k,j],
log R_t[j,i] and log π[j]. Each term contributes a matrix of multiples to a block of such atoms, written from
the term's own definition; once nothing more can come to a block its sum must be the zero matrix. No
logarithm is evaluated, so the identity also stands where both sides are infinite. What makes it true, and what a fault
in the engine would break, are three facts: rows sum to one, p_{t−1}Q_t = p_t = p_0 Q̄_t, and Q̄_{t−1}Q_t = Q̄_t.

log Q̄_1 and log Q_1 are the same atoms. Only what refers to t−1 and t is held.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from flint import fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.process.masked import MaskedBlock, MaskedRankOne
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne, PlusRankOne
from markovdiff.process.transition import Transition

Block: TypeAlias = "RationalMatrix | PlusRankOne | MaskedBlock"


class Balance:
    """Watches every step and says at the end whether everything cancelled, else what did not first."""

    def __init__(self) -> None:
        self.blocks: dict[str, Any] = {}
        self.broken: str | None = None
        self.joint: Block | None = None

    def start(self, first: Moment) -> None:
        """−H(x0) = Σ p_0 log p_0."""
        self._add("p_0", first.data)
        self.joint = first.cumulative.weighted(first.data)

    def step(self, before: Moment, now: Moment) -> None:
        """Return the term L_{t−1} (L_0 at t = 1) from its definition, and −Δ_t from its own.

        −Δ_t = −Σ pair·(log p_{t−1} + log Q_t − log p_t − log R_t), pair = p_{t−1}[i] Q_t[i, j]; what L has for
        log Q_t and −log R_t goes by p_0 Q̄_{t−1} in place of p_{t−1}, so of both `apart` is left. L_0 has no log Q_1.
        """
        assert now.transition is not None
        assert self.joint is not None
        t, Q = now.t, now.transition
        pair = Q.weighted(before.marginal)
        self._add(f"p_{t - 1}", -pair.row_sums())
        self._add(f"p_{t}", pair.column_sums())
        apart = Q.weighted(before.marginal + -self.joint.column_sums())
        self._add(f"R_{t}", apart)
        if t == 1:
            self._add(_step(1), -pair)
        else:
            self._add(_step(t), -apart)
            self._add(_cumulative(t - 1), _weighted_by_row_sums(self.joint, Q))
            self._add(_cumulative(t), -_after(self.joint, Q))
        self.joint = now.cumulative.weighted(now.data)
        for name in (f"p_{t - 1}", f"R_{t}", *((_cumulative(t - 1), _step(t)) if t >= 2 else ())):
            self._settle(name)

    def finish(self, last: Moment) -> None:
        """L_T = Σ q(x0, x_T)(log Q̄_T − log π), and −KL(p_T‖π)."""
        assert self.joint is not None
        self._add(_cumulative(last.t), self.joint)
        self._add("prior", -self.joint.column_sums())
        self._add(f"p_{last.t}", -last.marginal)
        self._add("prior", last.marginal)
        for name in list(self.blocks):
            self._settle(name)

    def _add(self, block: str, multiples: Block) -> None:
        held = self.blocks.get(block)
        self.blocks[block] = multiples if held is None else held + multiples

    def _settle(self, block: str) -> None:
        if not self.blocks.pop(block).is_zero and self.broken is None:
            self.broken = block


def _step(t: int) -> str:
    return "Qbar_1" if t == 1 else f"Q_{t}"


def _cumulative(t: int) -> str:
    return f"Qbar_{t}"


def _after(joint: Block, Q: Transition) -> Block:
    """Return the multiple of log Q̄_t[k, j]: Σ_i q(x0 = k, x_{t−1} = i) Q_t[i, j]."""
    if isinstance(joint, PlusRankOne):
        assert isinstance(Q, IdentityPlusRankOne)
        return joint.then(Q)
    if isinstance(joint, MaskedBlock):
        assert isinstance(Q, MaskedRankOne)
        return joint.then(Q)
    return joint.whole_product(Q.dense.matrix)


def _weighted_by_row_sums(joint: Block, Q: Transition) -> Block:
    """Return the multiple of log Q̄_{t−1}[k, i]: q(x0 = k, x_{t−1} = i) times the sum of row i of Q_t."""
    if not Q.row_sums_differ(range(Q.K)):
        return joint
    assert isinstance(joint, RationalMatrix)
    sums = Q.dense.matrix.row_sums()
    scaled = [[n * s for n, s in zip(row, sums.N.entries(), strict=True)] for row in joint.table()]
    return RationalMatrix(fmpz_mat(scaled), joint.d * sums.d)
