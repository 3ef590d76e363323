"""A run of κI + (1−κ)1μᵀ in balls, O(K) a step: no matrix, and no rational with the bits of all steps so far.

A reverse model other than Bayes' needs K × K matrices; its run is that of any other chain in balls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial

from flint import arb, ctx, fmpz

from markovdiff.arithmetic.decimals import as_decimal
from markovdiff.arithmetic.enclosure import ALONE, accuracy, bits_for
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import in_a_line
from markovdiff.cached import cached_property
from markovdiff.engines.ball.information import TimeStep
from markovdiff.engines.ball.ledger import EnclosedLedger
from markovdiff.engines.ball.rank_one_forward import RankOneRecursion
from markovdiff.engines.ball.rank_one_information import RankOneBallInformation, RankOneSetting, RankOneSnapshot
from markovdiff.engines.ball.rank_one_prior import RankOneBallPrior
from markovdiff.errors import UnfinishedError
from markovdiff.measures.information import SPARE_BITS
from markovdiff.process.distribution import law_of
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.study.balls import EnclosedEngine, is_cheap, nearest
from markovdiff.study.exact import total_variation
from markovdiff.study.plan import Plan

GUARD = 8
"""Digits beyond those shown that decide to which side a number is rounded."""


def rounded(x: arb, digits: int, exact: Callable[[], Fraction]) -> Decimal:
    """Return a number rounded correctly: by its enclosure, or exactly if that meets the middle of two decimals."""
    if x.is_zero():
        return Decimal(0)
    m, r, _ = (int(part) for part in x.mid_rad_10exp(digits + GUARD))
    unit = 10 ** (len(str(abs(m))) - digits)
    if abs(2 * (abs(m) % unit) - unit) <= 2 * r + 2:
        return as_decimal(exact(), digits)
    return nearest(x, digits)


@dataclass(frozen=True, eq=False)
class MixingLaw:
    """The law p_t, as decimals when asked for: only t is kept."""

    walk: RankOneRecursion
    t: int
    digits: int

    __repr__ = in_a_line

    def __eq__(self, other: object) -> bool:
        """Return whether the decimals are the same."""
        return self.rows() == other.rows() if isinstance(other, MixingLaw) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # the law is written out to be compared; not a dict key

    def rows(self) -> tuple[tuple[Decimal, ...], ...]:
        """Return the one row, state by state."""
        law = self.walk.law(self.t, bits_for(self.digits)).entries()
        row = [rounded(x, self.digits, partial(self.walk.exactly, self.t, k)) for k, x in enumerate(law)]
        return (tuple(row[k] for k in self.walk.classes.of_state),)


class RankOneBallEngine(EnclosedEngine[RankOneBallInformation]):
    """The run in balls of a chain that forgets towards one law, with the Bayes reverse."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        chain = plan.chain
        self.mixing = RankOneRecursion(chain, [*plan.laws.values(), *([] if plan.prior is None else [plan.prior])])
        self.setting = RankOneSetting(self.mixing, is_cheap(chain))
        self.ledger = EnclosedLedger(RankOneBallPrior(chain, self.prior, self.setting))
        self.place = None if self.prior is None else self.mixing.place(self.prior)

    def stream(self) -> Iterator[RankOneBallInformation]:
        before: RankOneSnapshot | None = None
        for t in range(self.chain.T + 1):
            place = TimeStep(t, self.chain.betas[t - 1] if t else None, None, markov=True)
            now = RankOneBallInformation(place, before, self.setting)
            yield now
            before = now.forget()

    def alpha_bar(self, now: RankOneBallInformation) -> Decimal | None:
        keep, _ = self.mixing.kept(now.t, bits_for(self.digits))
        return rounded(keep, self.digits, partial(self.mixing.share, now.t))

    def law(self, now: RankOneBallInformation) -> MixingLaw:
        return MixingLaw(self.mixing, now.t, self.digits)

    def distance(self, now: RankOneBallInformation) -> Decimal | None:
        """Return TV(p_t, π): |κ_t − κ|·TV(p_0, μ) where π lies between them at κ, else by its definition."""
        t, walk = now.t, self.mixing
        if self.prior is None:
            still = walk.is_gone(t) or walk.is_stationary or not any(self.chain.betas[t:])
            zero, ball = still, self._to_the_end(t)
        else:
            on_line = self.place is not None
            zero, ball = walk.is_at(t, self.place), self._along(t) if on_line else self._variation_of(t, self.prior)
        if zero:
            return Decimal(0)
        wanted = bits_for(self.digits) - SPARE_BITS // 4
        bits, exactly = bits_for(self.digits), partial(self._exactly, t)
        try:
            while (short := wanted - accuracy(found := ball(bits))) > 0:
                bits += max(min(short, bits), SPARE_BITS)
        except UnfinishedError:
            return as_decimal(exactly(), self.digits)
        return rounded(found, self.digits, exactly)

    def _exactly(self, t: int) -> Fraction:
        """Return TV(p_t, π) as a rational."""
        start, kernel = self.chain.at(0).data, IdentityPlusRankOne(self.mixing.share(t), self.mixing.target)
        return total_variation(kernel.push(start), self.plan.exact_prior)

    @cached_property
    def _whole(self) -> Fraction:
        """TV(p_0, μ)."""
        return total_variation(self.chain.at(0).data, law_of(self.mixing.target))

    def _along(self, t: int) -> Callable[[int], arb]:
        def evaluate(bits: int) -> arb:
            keep, _ = self.mixing.kept(t, bits)
            assert self.place is not None
            with ALONE, ctx.workprec(bits):
                return self._scaled(abs(keep - arb(fmpz(self.place.numerator)) / self.place.denominator))

        return evaluate

    def _to_the_end(self, t: int) -> Callable[[int], arb]:
        def evaluate(bits: int) -> arb:
            (keep, _), (last, _) = (self.mixing.kept(s, bits) for s in (t, self.chain.T))
            with ALONE, ctx.workprec(bits):
                return self._scaled(keep - last)

        return evaluate

    def _scaled(self, distance: arb) -> arb:
        return distance * fmpz(self._whole.numerator) / self._whole.denominator

    def _variation_of(self, t: int, prior: RationalMatrix) -> Callable[[int], arb]:
        weights = self.mixing.grouped(prior)

        def evaluate(bits: int) -> arb:
            law = self.mixing.law(t, bits + SPARE_BITS).entries()
            with ALONE, ctx.workprec(bits + SPARE_BITS):
                apart = (
                    m * abs(x - arb(w) / prior.d)
                    for m, x, w in zip(self.mixing.multiplicities, law, weights, strict=True)
                )
                return sum(apart, arb(0)) / 2

        return evaluate
