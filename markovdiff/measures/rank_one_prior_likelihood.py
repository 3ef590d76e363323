"""The likelihood of the Bayes reverse from a prior, where Q̄_T = κI + (1−κ)1μᵀ: all of it costs O(K).

    g = Q̄_T w,   g_i = κ w_i + (1−κ) Σ_j μ_j w_j,   and δ = g − 1 alike, from w − 1

Like states may be taken as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE, accuracy
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.cached import cached_property
from markovdiff.errors import TooLongError
from markovdiff.measures.prior_likelihood import PriorLikelihood
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne

MAX_BITS = 2**22
"""The law m_0 is written out as rationals up to this product of one common denominator's bits and states."""


def prior_likelihood(last: Moment, prior: RationalMatrix, states: tuple[str, ...]) -> PriorLikelihood:
    """Return the likelihood of the Bayes reverse of what ends in `last`, in closed form where there is one."""
    if isinstance(last.seen, IdentityPlusRankOne):
        return RankOnePriorLikelihood(last, prior, states, last.seen)
    return PriorLikelihood(last, prior, states)


@dataclass(frozen=True, eq=False)
class RankOnePriorLikelihood(PriorLikelihood):
    """As its base, from κ and μ alone."""

    kernel: IdentityPlusRankOne

    def _reached(self) -> list[tuple[int, list[int]]]:
        keep = self.kernel.keep
        drawn = [j for j, w in enumerate(self._target) if w and keep < 1]
        return [(i, [*drawn, i] if keep else drawn) for i in self._possible]

    @cached_property
    def _target(self) -> list[int]:
        """μ's weights, one a class."""
        return list(self.last.marginal.per_column(self.kernel.target.weights))

    @cached_property
    def is_tight(self) -> bool:
        """Whether L = NLL."""
        if 0 < self.kernel.keep < 1:
            return self._alike([k for k, (_, b) in enumerate(self.pairs) if b != 0])
        return super().is_tight

    @cached_property
    def is_data(self) -> bool:
        """Whether m_0 = p_0: δ is the same for all possible x0, and has the mean 0."""
        return self.kernel.keep == 0 or self._alike(self._possible)

    def _common_denominator(self) -> fmpz:
        common = fmpz(1)
        for a, b in self.pairs:
            if a != 0:
                common = common.lcm(b)
                if common.bit_length() * len(self.pairs) > MAX_BITS:
                    raise TooLongError("the model's likelihood has too many digits to be written out exactly")
        return common

    def _applied(self, w: list[fmpz]) -> tuple[list[fmpz], fmpz]:
        keep, total = self.kernel.keep, self.kernel.target.total
        u, v = fmpz(keep.numerator), fmpz(keep.denominator)
        counted = zip(self.last.marginal.multiplicities, self._target, w, strict=True)
        drawn = sum((m * x * y for m, x, y in counted), fmpz(0))
        return [u * total * x + (v - u) * drawn for x in w], v * total

    @cached_property
    def excess(self) -> Quantity:
        """NLL − H(x0), where it is finite."""
        return Quantity(self._excess, lambda: self._divergence().form(), zero=self.is_data)

    def _excess(self, bits: int) -> arb:
        """Evaluate with more bits until δ, whose two parts may cancel, keeps enough: it does not vanish."""
        spare = 32
        while accuracy(found := self._once(bits + spare)) < bits - 16:
            spare *= 2
        return found

    def _once(self, bits: int) -> arb:
        kernel, data = self.kernel, self.last.data
        multiplicities = self.last.marginal.multiplicities
        with ALONE, ctx.workprec(bits):
            w = [arb(0) if b == 0 else arb(a) / b for a, b in self.pairs]
            off = [arb(0) if b == 0 else arb(a - b) / b for a, b in self.pairs]
            keep, fresh = (arb(fmpz(x.numerator)) / x.denominator for x in (kernel.keep, 1 - kernel.keep))
            target = [arb(m * x) / kernel.target.total for m, x in zip(multiplicities, self._target, strict=True)]
            masses = [arb(m * n) / data.d for m, n in zip(multiplicities, data.N.entries(), strict=True)]
        return excess_ball(RankOneEnds(keep, fresh, target), masses, w, off, bits)


@dataclass(frozen=True, eq=False)
class RankOneEnds:
    """Q̄_T = κI + (1−κ)1μᵀ in balls; μ with like states added up."""

    keep: arb
    fresh: arb
    target: list[arb]

    def applied(self, column: list[arb]) -> Iterator[arb]:
        """Return Q̄_T times a column vector."""
        drawn = self.fresh * (arb_mat([self.target]) * arb_mat(len(column), 1, column))[0, 0]
        return (self.keep * x + drawn for x in column)


def excess_ball(kernel: RankOneEnds, masses: Sequence[arb], w: list[arb], off: list[arb], bits: int) -> arb:
    """Return Σ p_0 (δ − log(1+δ)), from w and w − 1, for masses p_0 of like states added up.

    Where 1 + δ = g is not near 1 the logarithm is that of g, which is a sum of positive terms.
    """
    with ALONE, ctx.workprec(bits):
        total = arb(0)
        for n, g, delta in zip(masses, kernel.applied(w), kernel.applied(off), strict=True):
            if not n.is_zero():
                total += (delta - (delta.log1p() if abs(delta) < HALF else g.log())) * n
        return total


HALF = arb(1) / 2
