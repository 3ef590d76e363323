"""The cross-entropy of a denoiser at step t, what most code trains on, and whether it is a number at all.

    C_t = E[−log p̃(x0 | x_t)] = H(x0 | x_t) + E KL(q(x0 | x_t) ‖ p̃)

It is undefined where p̃ says nothing of an x_t that occurs, infinite where p̃ holds an x0 impossible that x_t can come
from, and 0 exactly where p̃ is sure of each x0 and right. D3PM's hybrid loss is L + λ·ΣC_t (arXiv 2107.03006, eq. 5),
which is T times the mean over t of its code's, and the prior's term.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from markovdiff.measures.ledger import Term, Totals, Unbounded, add

if TYPE_CHECKING:
    from markovdiff.process.support import ReverseSupport, SupportPattern


def hybrid_loss(totals: Totals[Term], weight: Fraction | None) -> Term | None:
    """Return L + λ·ΣC_t, L itself where λ = 0; None where no weight is given."""
    costs = totals.cross_entropy
    if weight is None or costs is None or weight == 0:
        return None if weight is None else totals.negative_elbo
    return add(totals.negative_elbo, costs if isinstance(costs, Unbounded) else costs.times(weight))


def silent(t: int, j: int, states: tuple[str, ...]) -> Unbounded:
    """Return the words for an x_t of which p̃ says nothing."""
    words = f"the denoiser says nothing about x_{t} = {states[j]!r}, which occurs"
    return Unbounded("undefined", {"t": t, "x_t": states[j]}, words)


def excluded(t: int, k: int, j: int, states: tuple[str, ...]) -> Unbounded:
    """Return the words for an x0 that p̃ holds impossible and that occurs."""
    words = f"the denoiser holds x0 = {states[k]!r} impossible given x_{t} = {states[j]!r}, and it occurs"
    return Unbounded("inf", {"t": t, "x0": states[k], "x_t": states[j]}, words)


def unbounded_cost(support: ReverseSupport, now: SupportPattern, states: tuple[str, ...]) -> Unbounded | None:
    """Return why C_t is no number, if it is none, from where p̃ > 0: a row for each x_t, a column for each x0."""
    (lost,) = (now.possible & ~support.defined).nonzero()
    if lost.size:
        return silent(now.t, int(lost[0]), states)
    j, k = ((now.reach & now.known[:, None]).T & ~support.cells).nonzero()
    return excluded(now.t, now.rows[int(k[0])], int(j[0]), states) if j.size else None


def is_sure(support: ReverseSupport, now: SupportPattern) -> bool:
    """Return whether p̃ allows one x0 for each x_t that occurs, so that C_t = 0 where it is a number."""
    return bool((support.cells[now.possible].sum(axis=1) <= 1).all())
