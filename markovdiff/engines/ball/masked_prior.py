"""What a prior costs in balls where R_t is the Bayes reverse of noise by a mask and by uniform draws, O(K).

From a possible x0 the chain ends on the mask with probability 1 − c, on x0 untouched with c·κ, and anywhere besides the
mask evenly with c·(1−κ): so what the prior misses or makes up is read off c, κ and which of its weights are 0.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.ball.masked_information import MaskedBallInformation, noise_of
from markovdiff.engines.ball.prior import UNWRITTEN, ZERO
from markovdiff.engines.ball.rank_one_information import RankOneSetting
from markovdiff.engines.ball.rank_one_prior import refined
from markovdiff.measures.ledger import Term, Unbounded
from markovdiff.measures.rank_one_prior_likelihood import RankOneEnds, excess_ball
from markovdiff.process.chain import Chain


class MaskedBallPrior:
    """The prior π beside p_T, None where it is p_T itself; `left` is c_T."""

    def __init__(self, chain: Chain, prior: RationalMatrix | None, setting: RankOneSetting, left: Fraction) -> None:
        self.chain, self.prior = chain, prior
        self.walk, self.left, self.noise = setting.walk, left, noise_of(chain)
        self.own: list[fmpz] = []
        self.of_mask = fmpz(0)
        if prior is not None:
            weights = prior.N.entries()
            self.of_mask = weights.pop(self.noise.mask)
            self.own = [weights[i] for i in self.walk.classes.first]

    @property
    def _keeps(self) -> bool:
        """Whether x_T may be x0 untouched."""
        return self.left > 0 and not self.walk.is_gone(self.chain.T)

    @property
    def _draws(self) -> bool:
        """Whether x_T may be anywhere besides the mask."""
        return self.left > 0 and not self.walk.is_kept(self.chain.T)

    def is_still(self) -> bool | None:
        """Say whether I_1 = I_T, where that is known."""
        lost = self.walk.is_gone(1) or self.noise.gammas[0] == 1
        return len(self.chain.data.support) == 1 or lost or self.noise.is_over(1)

    @property
    def _mask_label(self) -> str:
        return self.chain.states[self.noise.mask]

    def _label(self, k: int) -> str:
        return self.walk.chain.states[self.walk.classes.first[k]]

    @property
    def _possible(self) -> list[bool]:
        """Which classes x_T may be in."""
        return [self.left > 0 and there for there in self.walk.possible(self.chain.T)]

    def gap(self, now: MaskedBallInformation) -> Term:
        """Return KL(p_T‖π)."""
        found = ZERO if self.prior is None else now.divergence(self.prior)
        if found is not None:
            return found
        T, x0 = self.chain.T, self.chain.states[self.chain.data.support[0]]
        label = self._mask_label
        if self.left == 1 or self.of_mask != 0:
            k = next(k for k, there in enumerate(self._possible) if there and self.own[k] == 0)
            label = self._label(k)
            x0 = x0 if self._draws else label
        words = f"the prior gives no mass to {label!r}, but x_{T} can be there"
        return Unbounded("inf", {"t": T, "x0": x0, "x_t": label}, words)

    def excess(self, now: MaskedBallInformation) -> Term:  # noqa: ARG002
        """Return NLL − H(x0)."""
        if self.prior is None:
            return ZERO
        T = self.chain.T
        beyond = next((k for k, there in enumerate(self._possible) if self.own[k] != 0 and not there), None)
        if beyond is not None or (self.of_mask != 0 and self.left == 1):
            label = self._mask_label if beyond is None else self._label(beyond)
            words = f"the model reaches x_{T} = {label!r}, of which R_{T} says nothing"
            return Unbounded("undefined", {"t": T, "x_t": label}, words)
        support = [k for k, n in enumerate(self.walk.p0) if n]
        by_chance = self.of_mask != 0 or (self._draws and any(self.own))
        missed = next((k for k in support if not by_chance and (self.own[k] == 0 or not self._keeps)), None)
        if missed is not None:
            words = f"the model cannot produce x0 = {self._label(missed)!r}"
            return Unbounded("inf", {"t": 0, "x0": self._label(missed)}, words)
        same = not self._keeps or self._alike([self._ratio(k) for k in support])
        return Quantity(self._cost, UNWRITTEN.form, zero=same)

    def is_tight(self, now: MaskedBallInformation) -> bool:  # noqa: ARG002
        """Say whether L = NLL is known."""
        if self.left == 0:
            return True
        masked = [] if self.left == 1 else [Fraction(int(self.of_mask)) / (1 - self.left)]
        ratios = [self._ratio(k) for k, there in enumerate(self._possible) if there]
        if self._draws:
            return self._alike([*masked, *ratios])
        return all(self._alike([*masked, ratio]) for ratio in ratios)

    def _ratio(self, k: int) -> Fraction:
        """Return the share π/p_T of each state of a class, up to π's denominator."""
        return Fraction(int(self.own[k])) / (self.left * self.walk.exactly(self.chain.T, k))

    @staticmethod
    def _alike(ratios: list[Fraction]) -> bool:
        return len(set(ratios)) <= 1

    def _cost(self, bits: int) -> arb:
        """KL(p_0‖m_0)."""
        return refined(self._once, bits)

    def _once(self, bits: int) -> arb:
        assert self.prior is not None
        walk, T, n = self.walk, self.chain.T, self.chain.K - 1
        law, p0 = walk.law(T, bits).entries(), walk.fixed(bits)[0].entries()
        keep, fresh = walk.kept(T, bits)
        with ALONE, ctx.workprec(bits):
            left, gone = (arb(fmpz(x.numerator)) / x.denominator for x in (self.left, 1 - self.left))
            p = [*(left * x for x in law), gone]
            pi = [arb(w) / self.prior.d for w in (*self.own, self.of_mask)]
            w = [arb(0) if q.is_zero() else x / q for x, q in zip(pi, p, strict=True)]
            off = [arb(0) if q.is_zero() else (x - q) / q for x, q in zip(pi, p, strict=True)]
            masses = [*(m * x for m, x in zip(walk.multiplicities, p0, strict=True)), arb(0)]
            reached = [*(m * left * fresh / n for m in walk.multiplicities), gone]
            ends = RankOneEnds(left * keep, arb(1), reached)
        return excess_ball(ends, masses, w, off, bits)
