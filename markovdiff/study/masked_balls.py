"""A run of noise by a mask and by uniform draws in balls, O(K) a step, for data that have no mass on the mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import accumulate

from flint import arb, ctx, fmpz

from markovdiff.arithmetic.decimals import as_decimal
from markovdiff.arithmetic.enclosure import ALONE, accuracy, bits_for
from markovdiff.arithmetic.value import in_a_line
from markovdiff.engines.ball.information import TimeStep
from markovdiff.engines.ball.ledger import EnclosedLedger
from markovdiff.engines.ball.masked_information import (
    MaskedBallInformation,
    MaskedSnapshot,
    noise_of,
    unmasked,
    unmasked_chain,
)
from markovdiff.engines.ball.masked_prior import MaskedBallPrior
from markovdiff.engines.ball.rank_one_forward import MOST_BITS, RankOneRecursion
from markovdiff.engines.ball.rank_one_information import RankOneBallInformation, RankOneSetting
from markovdiff.measures.information import SPARE_BITS
from markovdiff.study.balls import EnclosedEngine, is_cheap
from markovdiff.study.exact import total_variation
from markovdiff.study.plan import Plan
from markovdiff.study.rank_one_balls import rounded


@dataclass(frozen=True, eq=False)
class MaskedLaw:
    """The law p_t, as decimals when asked for: nothing is kept of it but t and c_t."""

    walk: RankOneRecursion
    t: int
    left: Fraction
    mask: int
    digits: int

    __repr__ = in_a_line

    def __eq__(self, other: object) -> bool:
        """Whether the decimals are the same."""
        return self.rows() == other.rows() if isinstance(other, MaskedLaw) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # the law is written out to be compared; not a dict key

    def rows(self) -> tuple[tuple[Decimal, ...], ...]:
        """Return the one row, state by state."""
        bits = bits_for(self.digits)
        law = self.walk.law(self.t, bits).entries()
        with ALONE, ctx.workprec(bits):
            scaled = [x * fmpz(self.left.numerator) / self.left.denominator for x in law]
        row = [rounded(x, self.digits, partial(self._exactly, k)) for k, x in enumerate(scaled)]
        found = [row[k] for k in self.walk.classes.of_state]
        found.insert(self.mask, as_decimal(1 - self.left, self.digits))
        return (tuple(found),)

    def _exactly(self, k: int) -> Fraction:
        return self.left * self.walk.exactly(self.t, k)


class MaskedBallEngine(EnclosedEngine[MaskedBallInformation]):
    """Ball, for a chain that masks and draws, with the Bayes reverse."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        chain, noise = plan.chain, noise_of(plan.chain)
        laws = [*plan.laws.values(), *([] if plan.prior is None else [plan.prior])]
        drawn = [law for law in (unmasked(law, noise.mask) for law in laws) if law is not None]
        self.walk = RankOneRecursion(unmasked_chain(chain), drawn)
        self.setting = RankOneSetting(self.walk, is_cheap(self.walk.chain))
        self.mask = noise.mask
        self.left = tuple(accumulate(noise.gammas, lambda c, gamma: c * (1 - gamma), initial=Fraction(1)))
        self.ledger = EnclosedLedger(MaskedBallPrior(chain, self.prior, self.setting, self.left[-1]))

    def stream(self) -> Iterator[MaskedBallInformation]:
        """Return what is known at t = 0, 1, …, T."""
        before: MaskedSnapshot | None = None
        for t in range(self.chain.T + 1):
            place = TimeStep(t, self.chain.betas[t - 1] if t else None, None, markov=True)
            drawn_beta = self.walk.chain.betas[t - 1] if t else None
            drawn = RankOneBallInformation(
                TimeStep(t, drawn_beta, None, markov=True), None if before is None else before.drawn, self.setting
            )
            now = MaskedBallInformation(place, before, self.chain, drawn, self.left[t])
            yield now
            before = now.forget()

    def alpha_bar(self, now: MaskedBallInformation) -> Decimal | None:
        """Return the share ᾱ_t = Π(1−γ)(1−b)."""
        bits = bits_for(self.digits)
        keep, _ = self.walk.kept(now.t, bits)
        with ALONE, ctx.workprec(bits):
            share = keep * fmpz(now.left.numerator) / now.left.denominator
        return rounded(share, self.digits, lambda: self.walk.share(now.t) * now.left)

    def law(self, now: MaskedBallInformation) -> MaskedLaw:
        """Return the law p_t, written out when asked for."""
        return MaskedLaw(self.walk, now.t, now.left, self.mask, self.digits)

    def distance(self, now: MaskedBallInformation) -> Decimal | None:
        """Return TV(p_t, π), as it is defined: |c_t y_t − π| state by state, the mask's beside."""
        t, end = now.t, self._end
        if self.prior is None and noise_of(self.chain).is_over(t):
            return Decimal(0)
        exactly = partial(self._exactly, t)
        wanted, bits = bits_for(self.digits) - SPARE_BITS // 4, bits_for(self.digits) + SPARE_BITS
        while accuracy(found := self._apart(t, end, bits)) < wanted:
            bits *= 2
            if bits > MOST_BITS // 4:
                return as_decimal(exactly(), self.digits)
        return rounded(found, self.digits, exactly)

    @property
    def _end(self) -> Callable[[int], tuple[list[arb], arb]]:
        """The prior in balls, an entry a class and the mask's."""
        prior = self.prior
        if prior is None:
            return lambda bits: self._law(self.chain.T, bits)
        weights = prior.N.entries()
        of_mask = weights.pop(self.mask)
        own = [weights[i] for i in self.walk.classes.first]
        return lambda _bits: ([arb(w) / prior.d for w in own], arb(of_mask) / prior.d)

    def _law(self, t: int, bits: int) -> tuple[list[arb], arb]:
        left, law = self.left[t], self.walk.law(t, bits).entries()
        with ALONE, ctx.workprec(bits):
            share = arb(fmpz(left.numerator)) / left.denominator
            return [share * x for x in law], arb(fmpz(left.denominator - left.numerator)) / left.denominator

    def _apart(self, t: int, end: Callable[[int], tuple[list[arb], arb]], bits: int) -> arb:
        law, masked = self._law(t, bits)
        with ALONE, ctx.workprec(bits):
            others, of_mask = end(bits)
            apart = (m * abs(x - y) for m, x, y in zip(self.walk.multiplicities, law, others, strict=True))
            return (sum(apart, arb(0)) + abs(masked - of_mask)) / 2

    def _exactly(self, t: int) -> Fraction:
        """TV(p_t, π) as a rational."""
        return total_variation(self.chain.at(t).marginal, self.plan.exact_prior)
