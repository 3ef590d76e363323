"""A run in ball arithmetic: certified digits without exact denominators, for chains too big to be exact.

How many bits the last times need is forecast from a walk in float64; where that was too few, the walk starts again
with more. Small chains are walked exactly beside the balls to decide equalities, and for that alone. Kernels
κI + (1−κ)1πᵀ need no matrix and have a run of their own, unless a reverse model makes matrices of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import log2
from typing import Any, Generic, TypeVar

from flint import arb, ctx

from markovdiff.arithmetic.decimals import as_decimal, decimals
from markovdiff.arithmetic.enclosure import ALONE, accuracy, bits_for, from_integers, integers
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.arithmetic.value import in_a_line
from markovdiff.cached import cached_property
from markovdiff.engines.ball.forward import EnclosureRecursion, Enclosures
from markovdiff.engines.ball.information import (
    BallInformation,
    BallSnapshot,
    EnclosedInformation,
    ExactOracle,
    TimeStep,
)
from markovdiff.engines.ball.ledger import EnclosedLedger
from markovdiff.engines.ball.model_ledger import BallModelLedger
from markovdiff.engines.ball.prior import UNWRITTEN, BallPrior
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.triangle import pairs_of, triangle
from markovdiff.engines.float64.forward import forward
from markovdiff.engines.float64.information import FloatPast, FloatStepInformation
from markovdiff.engines.float64.information import information as in_float
from markovdiff.engines.float64.range import is_held
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.denoiser_loss import hybrid_loss
from markovdiff.measures.ledger import LedgerOf, Term, Unbounded
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.study.exact import Engine, ExactEngine
from markovdiff.study.forecast import forecast, is_admitted
from markovdiff.study.foresight import FLOAT_RANGE, with_deviation
from markovdiff.study.plan import Plan
from markovdiff.study.result import Elbo, Law, Rational, Step
from markovdiff.study.steps import Report, elbo_of, step_of, unbounded

Enclosing = TypeVar("Enclosing", bound=EnclosedInformation)

CHEAP_SECONDS = 5.0
"""A chain whose exact forecast is below this is walked exactly too, to decide equalities."""

CHEAP_WORDS = 2**26
"""A reverse model's ledger is also kept exactly up to this K³·T·words (some seconds), to decide what vanishes."""


def is_cheap(chain: Chain) -> bool:
    """Return whether the chain may be walked exactly too, to decide equalities."""
    return forecast(chain).seconds < CHEAP_SECONDS


def is_masked(chain: Chain) -> bool:
    """Return whether its steps mask and draw, and no datum is the mask: then it needs no matrix."""
    noise = chain.kernel.masked_noise
    return noise is not None and chain.data.weights[noise.mask] == 0


def exact_words(chain: Chain) -> float:
    """Return K³·T·words, the cost of an exact ledger of a reverse model."""
    return chain.K**3 * chain.T * forecast(chain, dense=True).bits / 64


@dataclass(frozen=True, eq=False)
class BallLaw:
    """The law p_t, as decimals when asked for."""

    p: list[arb]
    digits: int

    __repr__ = in_a_line

    def __reduce__(self) -> tuple[Callable[..., BallLaw], tuple[object, ...]]:
        """Return integers for pickles and copies: FLINT's balls have no pickles of their own."""
        return _from_integers, ([integers(x) for x in self.p], self.digits)

    def __eq__(self, other: object) -> bool:
        """Return whether the decimals are the same."""
        return self.rows() == other.rows() if isinstance(other, BallLaw) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # the law is written out to be compared; not a dict key

    def rows(self) -> tuple[tuple[Decimal, ...], ...]:
        """Return the one row, state by state."""
        return (tuple(nearest(x, self.digits) for x in self.p),)


def _from_integers(balls: list[tuple[int, int, int, int]], digits: int) -> BallLaw:
    return BallLaw([from_integers(*x) for x in balls], digits)


def nearest(x: arb, digits: int) -> Decimal:
    """Return a decimal within one unit of its last digit, from a ball that is narrow enough."""
    if x.is_zero():
        return Decimal(0)
    found, context = decimals(x, digits), Context(prec=digits)
    assert found is not None
    return context.scaleb(Decimal(found.nearest), found.exponent).normalize(context)


def _widest(now: Enclosures) -> arb:
    """Return the probability in p_t whose relative error is largest."""
    found: arb = min((x for x in now.p if not x.is_zero()), key=accuracy)
    return found


def needed_bits(chain: Chain, digits: int) -> int:
    """Return the precision that the walk needs."""
    most = _seen_bits(chain) if is_held(chain) else FLOAT_RANGE
    return with_deviation(chain, digits, most)


def _seen_bits(chain: Chain) -> float:
    """Return the bits that deviations and cancellations cost, as a walk in float64 sees them."""
    most = 0.0
    before: FloatPast | None = None
    for moment in forward(chain):
        now: FloatStepInformation = in_float(moment, before, None, None)
        left = now.mutual_information.value
        if left == 0:
            return max(most, FLOAT_RANGE if now.mutual_information.noise else 0)
        lost = 0.0
        if before is not None and now.loss.value > 0:
            lost = max(log2(before.mutual_information.value) - log2(now.loss.value), 0)
        for part, whole in ((now.conditional_entropy, now.data_entropy), (now.noise_entropy, now.entropy)):
            lost = max(lost, log2(whole.value) - log2(part.value) if part.value > 0 else 0)
        most, before = max(most, max(-log2(left), 0) / (1 if left > 2.0**-48 else 2) + lost), now.forget()
    return most


class EnclosedEngine(ABC, Generic[Enclosing]):
    """What both runs in balls share: numbers are `Quantity`, with enclosures from a walk."""

    ledger: LedgerOf[Enclosing, Quantity] | None

    def __init__(self, plan: Plan) -> None:
        self.plan, self.chain, self.digits = plan, plan.chain, plan.digits
        self.prior = plan.prior

    @abstractmethod
    def stream(self) -> Iterator[Enclosing]:
        """Yield what is known at t = 0, 1, …, T."""

    @abstractmethod
    def alpha_bar(self, now: Enclosing) -> Rational | None:
        """Return ᾱ_t."""

    @abstractmethod
    def distance(self, now: Enclosing) -> Rational | None:
        """Return TV(p_t, π), None where balls cannot separate it from 0."""

    @abstractmethod
    def law(self, now: Enclosing) -> Law:
        """Return the law p_t, narrow enough for its digits."""

    def step(self, now: Enclosing) -> Step:
        entry = None if self.ledger is None else self.ledger.observe(now)
        return step_of(now, entry, self._reporting(now.t), self)

    def number(self, value: Fraction | None) -> Decimal | None:
        return None if value is None else as_decimal(value, self.digits)

    def _reporting(self, t: int) -> Report[Quantity]:
        def report(term: Term) -> Enclosed:
            if isinstance(term, Unbounded):
                return unbounded(term)
            try:
                return term.enclosed(self.digits, self.plan.unit)
            except UnfinishedError as error:
                words = f"not separated from 0 by {error.got or 'enclosures'}"
                return Enclosed("undecided", witness={"t": t}, words=words)

        return report

    def conclude(self) -> tuple[Elbo, Finding | None]:
        if self.ledger is None:
            return Elbo(), None
        totals, finding = self.ledger.conclude()
        return elbo_of(totals, self._reporting(self.chain.T), hybrid_loss(totals, self.plan.hybrid)), finding

    def triangle(self, tick: Callable[[float], None]) -> Finding:
        """Compare the pairs in exact arithmetic, unless that is too much: one enclosure settles a pair there."""
        if not is_admitted(forecast(self.chain, pairs_of(self.chain.T))):
            return Finding("undecided", "enclosure", "pairs of times are compared in exact arithmetic, too dear here")
        return triangle(self.chain, tick)


class BallEngine(EnclosedEngine[BallInformation]):
    """The run in balls with matrices."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        chain = plan.chain
        self.walk = EnclosureRecursion(chain, needed_bits(chain, self.digits))
        self.zeros = ExactOracle(chain, self.walk, is_cheap(chain))
        self.ledger = None if plan.model is None else self._ledger(chain, plan.model)
        self.ends: dict[int, list[arb]] = {}

    def _ledger(self, chain: Chain, model: ReverseModel) -> LedgerOf[BallInformation, Quantity]:
        if model.is_bayes:
            return EnclosedLedger(BallPrior(chain, self.prior))
        cheap = self.zeros.cheap and exact_words(chain) < CHEAP_WORDS
        return BallModelLedger(chain, self.prior, model, self.walk, cheap)

    def stream(self) -> Iterator[BallInformation]:
        chain = self.chain
        before: BallSnapshot | None = None
        alpha_bar = None if chain.kernel.identity() is None else Fraction(1)
        for t in range(chain.T + 1):
            self.walk.at(t)
            beta = chain.betas[t - 1] if t and chain.betas else None
            kept = chain.kernel.kept(chain.strength(t)) if t and alpha_bar is not None else None
            alpha_bar = alpha_bar if alpha_bar is None or kept is None else alpha_bar * kept
            place = TimeStep(t, beta, alpha_bar, chain.is_markov)
            now = BallInformation(place, before, self.zeros, self._dobrushin(t))
            yield now
            before = now.forget()

    def _dobrushin(self, t: int) -> Fraction | None:
        if t == 0 or not self.chain.is_markov:
            return None
        return self.walk.dobrushin(t)

    def alpha_bar(self, now: BallInformation) -> Decimal | None:
        return self.number(now.moment.alpha_bar)

    def law(self, now: BallInformation) -> BallLaw:
        self.walk.evaluate(now.t, _widest, bits_for(self.digits))
        return BallLaw(self.walk.at(now.t).p, self.digits)

    def distance(self, now: BallInformation) -> Decimal | None:
        """Return TV(p_t, π), within one unit of its last digit; None where balls cannot separate it from 0."""
        exact = now.zeros.law(now.t)
        if (self.prior is None and now.t == self.chain.T) or (exact is not None and exact == self._end):
            return Decimal(0)
        distance = now.quantity(self._variation, lambda _exact: UNWRITTEN, zero=False)
        try:
            return Decimal(distance.enclosed(self.digits, "nats").value)
        except UnfinishedError:
            return None

    @cached_property
    def _end(self) -> RationalMatrix:
        """The prior π, exactly."""
        return self.plan.exact_prior

    def _variation(self, state: Enclosures) -> arb:
        pi = self._prior_ball(state.bits)
        with ALONE, ctx.workprec(state.bits):
            return sum((abs(x - y) for x, y in zip(state.p, pi, strict=True)), arb(0)) / 2

    def _prior_ball(self, bits: int) -> list[arb]:
        if bits not in self.ends:
            self.ends.clear()
            with ALONE, ctx.workprec(bits):
                if self.prior is not None:
                    self.ends[bits] = [arb(n) / self.prior.d for n in self.prior.N.entries()]
                else:
                    self.ends[bits] = self.walk.final_law()
        return self.ends[bits]


def ball_engine(plan: Plan) -> Engine[Any]:
    """Return the run that suits the kernel and the model.

    A chain of κI + (1−κ)1πᵀ needs no matrix, unless a reverse model other than Bayes' makes matrices of it; then its
    exact run is taken where that costs little, for all that balls cannot decide.
    """
    if plan.chain.kernel.rank_one_target is None:
        if not (plan.is_bayes and is_masked(plan.chain)):
            return BallEngine(plan)
        from markovdiff.study.masked_balls import MaskedBallEngine

        return MaskedBallEngine(plan)
    if plan.is_bayes:
        from markovdiff.study.rank_one_balls import RankOneBallEngine

        return RankOneBallEngine(plan)
    return StructuredEngine(plan) if exact_words(plan.chain) < CHEAP_WORDS else BallEngine(plan)


class StructuredEngine(ExactEngine):
    """The exact run with its rationals rounded to decimals."""

    def number(self, value: Rational | None) -> Rational | None:
        return as_decimal(value, self.plan.digits) if isinstance(value, Fraction) else value

    def alpha_bar(self, now: Information) -> Rational | None:
        return self.number(super().alpha_bar(now))

    def distance(self, information: Information) -> Rational | None:
        return self.number(super().distance(information))

    def law(self, now: Information) -> Law:
        return RoundedLaw(super().law(now), self.plan.digits)


@dataclass(frozen=True)
class RoundedLaw:
    """A law whose rationals are rounded when they are asked for."""

    law: Law
    digits: int

    def rows(self) -> tuple[tuple[Decimal | None, ...], ...]:
        """Return the one row, state by state."""
        (row,) = self.law.rows()
        return (tuple(p if p is None else as_decimal(Fraction(p), self.digits) for p in row),)
