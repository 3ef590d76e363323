"""What a prior costs in balls where R_t is the Bayes reverse of κI + (1−κ)1μᵀ, O(K).

What is infinite, undefined or equal is decided on the weights of p_0, μ and π; of κ_T only whether it is 0, 1 or
between. Whether π_i/p_T[i] = π_j/p_T[j] is the sign of κ·a + (1−κ)·b with small integers a and b, asked of the exact
κ_T where its enclosure leaves it open.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from flint import arb, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE, accuracy, sign_of
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.ball.prior import UNWRITTEN, ZERO
from markovdiff.engines.ball.rank_one_information import RankOneBallInformation, RankOneSetting
from markovdiff.measures.information import SPARE_BITS
from markovdiff.measures.ledger import Term, Unbounded
from markovdiff.measures.rank_one_prior_likelihood import RankOneEnds, excess_ball
from markovdiff.process.chain import Chain

FIRST_LOOK = 128
"""Bits of κ_T that mostly settle an equality."""


class RankOneBallPrior:
    """The prior π beside p_T; None where it is p_T itself."""

    def __init__(self, chain: Chain, prior: RationalMatrix | None, setting: RankOneSetting) -> None:
        self.chain, self.prior = chain, prior
        self.walk, self.setting = setting.walk, setting
        self.possible = self.walk.possible(chain.T)
        self.pi = [] if prior is None else self.walk.grouped(prior)

    def is_still(self) -> bool | None:
        """Say whether I_1 = I_T, where that is known."""
        walk = self.walk
        alone = len(self.chain.data.support) == 1
        return alone or walk.is_gone(1) or not any(self.chain.betas[1:])

    def _label(self, k: int) -> str:
        return self.chain.states[self.walk.classes.first[k]]

    def gap(self, now: RankOneBallInformation) -> Term:
        """Return KL(p_T‖π)."""
        found = ZERO if self.prior is None else now.divergence(self.prior)
        if found is not None:
            return found
        T, walk = self.chain.T, self.walk
        k = next(k for k, there in enumerate(self.possible) if there and self.pi[k] == 0)
        is_drawn = walk.mu[k] != 0 and not walk.is_kept(T)
        x0 = self.chain.data.support[0] if is_drawn else walk.classes.first[k]
        words = f"the prior gives no mass to {self._label(k)!r}, but x_{T} can be there"
        return Unbounded("inf", {"t": T, "x0": self.chain.states[x0], "x_t": self._label(k)}, words)

    def excess(self, now: RankOneBallInformation) -> Term:  # noqa: ARG002
        """Return NLL − H(x0)."""
        if self.prior is None:
            return ZERO
        T = self.chain.T
        for k, there in enumerate(self.possible):
            if self.pi[k] != 0 and not there:
                words = f"the model reaches x_{T} = {self._label(k)!r}, of which R_{T} says nothing"
                return Unbounded("undefined", {"t": T, "x_t": self._label(k)}, words)
        support = [k for k, n in enumerate(self.walk.p0) if n]
        drawn = not self.walk.is_kept(T) and any(a != 0 and b != 0 for a, b in zip(self.pi, self.walk.mu, strict=True))
        missed = next((k for k in support if not drawn and (self.pi[k] == 0 or self.walk.is_gone(T))), None)
        if missed is not None:
            words = f"the model cannot produce x0 = {self._label(missed)!r}"
            return Unbounded("inf", {"t": 0, "x0": self._label(missed)}, words)
        same = self.walk.is_gone(T) or self._alike(support)
        return Quantity(self._cost, UNWRITTEN.form, zero=same)

    def is_tight(self, now: RankOneBallInformation) -> bool:  # noqa: ARG002
        """Say whether L = NLL is known."""
        T, walk = self.chain.T, self.walk
        return walk.is_kept(T) or self._alike([k for k, there in enumerate(self.possible) if there])

    def _alike(self, classes: list[int]) -> bool:
        """Whether π/p_T is the same in all of these classes."""
        return all(self._is_equal(i, j) for i, j in pairwise(classes))

    def _is_equal(self, i: int, j: int) -> bool:
        (a, b), (c, d) = (
            (self.walk.p0[k] * self.walk.target.total, self.walk.mu[k] * self.chain.data.total) for k in (i, j)
        )
        own, drawn = self.pi[i] * c - self.pi[j] * a, self.pi[i] * d - self.pi[j] * b
        if own == drawn == 0:
            return True
        keep, fresh = self.walk.kept(self.chain.T, FIRST_LOOK)
        with ALONE, ctx.workprec(FIRST_LOOK):
            if sign_of(keep * own + fresh * drawn):
                return False
        share = self.walk.share(self.chain.T)
        return own * fmpz(share.numerator) + drawn * fmpz(share.denominator - share.numerator) == 0

    def _cost(self, bits: int) -> arb:
        """KL(p_0‖m_0)."""
        return refined(self._once, bits)

    def _once(self, bits: int) -> arb:
        assert self.prior is not None
        walk, T = self.walk, self.chain.T
        law, (p0, mu) = walk.law(T, bits).entries(), walk.fixed(bits)
        with ALONE, ctx.workprec(bits):
            pi = [arb(n) / self.prior.d for n in self.pi]
            w = [arb(0) if p.is_zero() else x / p for x, p in zip(pi, law, strict=True)]
            off = [arb(0) if p.is_zero() else (x - p) / p for x, p in zip(pi, law, strict=True)]
            masses, target = (
                [m * x for m, x in zip(walk.multiplicities, row.entries(), strict=True)] for row in (p0, mu)
            )
        return excess_ball(RankOneEnds(*walk.kept(T, bits), target), masses, w, off, bits)


def refined(once: Callable[[int], arb], bits: int) -> arb:
    """Return a sum with more bits until the differences that make it have enough of them."""
    spare = SPARE_BITS
    while accuracy(found := once(bits + spare)) < bits - 16:
        spare *= 2
    return found
