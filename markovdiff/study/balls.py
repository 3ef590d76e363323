"""A run in ball arithmetic: certified digits without exact denominators, for chains too big to be exact.

How many bits the last times need is forecast from a walk in float64; where that was too few, the walk starts again
with more. Small chains are walked exactly beside the balls to decide equalities, and for that alone. Kernels
κI + (1−κ)1πᵀ need no matrix and have a run of their own, unless a reverse model makes matrices of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from math import log2
from typing import Any

from flint import arb, ctx

from markovdiff.arithmetic.enclosure import ALONE, accuracy, as_decimal, bits_for, decimals, from_integers, integers
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.value import in_a_line
from markovdiff.engines.ball.forward import EnclosureRecursion, Enclosures
from markovdiff.engines.ball.information import BallInformation, ExactOracle, TimeStep
from markovdiff.engines.ball.ledger import UNWRITTEN, BallLedger, EnclosedLedger
from markovdiff.engines.ball.model_ledger import BallModelLedger
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.triangle import pairs_of, triangle
from markovdiff.engines.float64.forward import forward
from markovdiff.engines.float64.information import FloatStepInformation
from markovdiff.engines.float64.information import information as in_float
from markovdiff.engines.float64.range import is_held
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.ledger import Term, Totals, Unbounded
from markovdiff.measures.protocol import StepInformation
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.study.exact import Engine, ExactEngine
from markovdiff.study.forecast import forecast, is_admitted
from markovdiff.study.foresight import FLOAT_RANGE, admit, is_bayes, with_deviation
from markovdiff.study.result import Elbo, Law, Step
from markovdiff.study.scenario import Scenario

CHEAP_SECONDS = 5.0
"""A chain whose exact forecast is below this is walked exactly too, to decide equalities."""

CHEAP_WORDS = 2**26
"""K³·T·words up to which a reverse model's ledger is kept exactly, to be asked what vanishes (some seconds)."""


def is_cheap(chain: Chain) -> bool:
    """Whether the chain may be walked exactly too, to decide equalities."""
    return forecast(chain).seconds < CHEAP_SECONDS


def exact_words(chain: Chain) -> float:
    """K³·T·words of an exact ledger of a reverse model."""
    return chain.K**3 * chain.T * forecast(chain, dense=True).bits / 64


@dataclass(frozen=True, eq=False)
class BallLaw:
    """P_t, as decimals when asked for."""

    p: list[arb]
    digits: int

    __repr__ = in_a_line

    def __reduce__(self) -> tuple[Callable[..., BallLaw], tuple[object, ...]]:
        """Pickles and copies are made of integers: FLINT's balls have no pickles of their own."""
        return _from_integers, ([integers(x) for x in self.p], self.digits)

    def __eq__(self, other: object) -> bool:
        """Whether the decimals are the same."""
        return self.rows() == other.rows() if isinstance(other, BallLaw) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def rows(self) -> tuple[tuple[Decimal, ...], ...]:
        """The one row, state by state."""
        return (tuple(nearest(x, self.digits) for x in self.p),)


def _from_integers(balls: list[tuple[int, int, int, int]], digits: int) -> BallLaw:
    return BallLaw([from_integers(*x) for x in balls], digits)


def nearest(x: arb, digits: int) -> Decimal:
    """A decimal within one unit of its last digit, of a ball that is narrow enough."""
    if x.is_zero():
        return Decimal(0)
    found, context = decimals(x, digits), Context(prec=digits)
    assert found is not None
    return context.scaleb(Decimal(found.nearest), found.exponent).normalize(context)


def _widest(now: Enclosures) -> arb:
    """The probability in p_t that is known the worst."""
    found: arb = min((x for x in now.p if not x.is_zero()), key=accuracy)
    return found


def needed_bits(chain: Chain, digits: int) -> int:
    """What the walk needs."""
    most = _seen_bits(chain) if is_held(chain) else FLOAT_RANGE
    return with_deviation(chain, digits, most)


def _seen_bits(chain: Chain) -> float:
    """What the deviations and cancellations cost that float64 sees."""
    most, before = 0.0, None
    for moment in forward(chain):
        now: FloatStepInformation = in_float(moment, before, None, None)
        left = now.mutual.value
        if left == 0:
            return max(most, FLOAT_RANGE if now.mutual.noise else 0)
        lost = 0.0
        if before is not None and now.loss.value > 0:
            lost = max(log2(before.mutual.value) - log2(now.loss.value), 0)
        for part, whole in ((now.conditional, now.data_entropy), (now.noise, now.entropy)):
            lost = max(lost, log2(whole.value) - log2(part.value) if part.value > 0 else 0)
        most, before = max(most, max(-log2(left), 0) / (1 if left > 2.0**-48 else 2) + lost), now.forget()
    return most


class BallEngine:
    """Ball: the numbers are `Quantity` whose enclosures come from a walk."""

    def __init__(self, scenario: Scenario, chain: Chain) -> None:
        """Raises UnfinishedError where the forecast refuses."""
        self._begin(scenario, chain)
        self.walk = EnclosureRecursion(chain, needed_bits(chain, self.digits))
        self.zeros = ExactOracle(chain, self.walk, is_cheap(chain))
        self.ledger = None if self.model is None else self._ledger(chain, self.model)
        self.ends: dict[int, list[arb]] = {}

    ledger: EnclosedLedger[Any] | None

    def _begin(self, scenario: Scenario, chain: Chain) -> None:
        self.scenario, self.chain, self.digits = scenario, chain, scenario.digits
        self.forecast = admit(scenario, chain)
        self.model = scenario.reverse_model(chain)
        marginal = scenario.file.reverse.prior == "marginal"
        self.prior: RationalMatrix | None = None if marginal else scenario.prior(chain)

    def _ledger(self, chain: Chain, model: ReverseModel) -> BallLedger:
        if model.is_bayes:
            return BallLedger(chain, self.prior)
        cheap = self.zeros.cheap and exact_words(chain) < CHEAP_WORDS
        return BallModelLedger(chain, self.prior, model, self.walk, cheap)

    def stream(self) -> Iterator[Information]:
        chain, before = self.chain, None
        alpha_bar = None if chain.kernel.rank_one_target is None else Fraction(1)
        for t in range(chain.T + 1):
            self.walk.at(t)
            beta = chain.betas[t - 1] if t and chain.betas else None
            alpha_bar = alpha_bar if alpha_bar is None or beta is None else alpha_bar * (1 - beta)
            place = TimeStep(t, beta, alpha_bar, chain.is_markov)
            now = BallInformation(place, before, self.zeros, self._dobrushin(t))
            yield now
            before = now.forget()

    def _dobrushin(self, t: int) -> Fraction | None:
        if t == 0 or not self.chain.is_markov:
            return None
        return self.walk.dobrushin(t)

    def step(self, now: StepInformation) -> Step:
        assert isinstance(now, Information)
        entry = None if self.ledger is None else self.ledger.observe(now)
        first = now.before is None
        return Step(
            t=now.t,
            beta=self._decimal(now.moment.beta),
            alpha_bar=self._alpha_bar(now),
            entropy=self._report(now.entropy, now.t),
            conditional_entropy=self._report(now.conditional, now.t),
            noise_entropy=self._report(now.noise, now.t),
            mutual_information=self._report(now.mutual, now.t),
            information_loss=None if first else self._report(now.loss, now.t),
            decay=None if first else now.decay,
            dobrushin=self._decimal(now.dobrushin),
            sdpi_bound=None if now.bound is None else self._report(now.bound, now.t),
            total_variation_to_prior=self._distance(now),
            elbo_term=None if entry is None else self._report(entry.term, now.t),
            model_error=None if entry is None else self._report(entry.error, now.t),
            law=self._law(now.t),
        )

    def _decimal(self, value: Fraction | None) -> Decimal | None:
        return None if value is None else as_decimal(value, self.digits)

    def _alpha_bar(self, now: Information) -> Decimal | None:
        return self._decimal(now.moment.alpha_bar)

    def _law(self, t: int) -> Law:
        """P_t, narrow enough for its digits."""
        self.walk.evaluate(t, _widest, bits_for(self.digits))
        return BallLaw(self.walk.at(t).p, self.digits)

    def _distance(self, now: Information) -> Decimal | None:
        """TV(p_t, π), within one unit of its last digit; None where balls do not tell it from 0."""
        assert isinstance(now, BallInformation)
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
        return self.chain.final_marginal if self.prior is None else self.prior

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

    def _report(self, term: Term, t: int) -> Enclosed:
        if isinstance(term, Unbounded):
            return Enclosed(term.kind, witness=term.witness, words=term.words)
        try:
            return term.enclosed(self.digits, self.scenario.unit)
        except UnfinishedError as error:
            words = f"not told from 0 by {error.got or 'enclosures'}"
            return Enclosed("undecided", witness={"t": t}, words=words)

    def conclude(self) -> tuple[Elbo, Finding | None]:
        if self.ledger is None:
            return Elbo(), None
        totals, finding = self.ledger.conclude()
        T = self.chain.T
        return Elbo(**{name: self._report(getattr(totals, name), T) for name in Totals.__slots__}), finding

    def triangle(self, tick: Callable[[float], None]) -> Finding:
        """By exact arithmetic, where that is not too much: it settles a pair by its first enclosure anyway."""
        if not is_admitted(forecast(self.chain, pairs_of(self.chain.T))):
            return Finding("undecided", "enclosure", "pairs of times are compared in exact arithmetic, too dear here")
        return triangle(self.chain, tick)


def ball_engine(scenario: Scenario, chain: Chain, watchers: Sequence[CheckObserver]) -> Engine:
    """The run that suits the kernel and the model.

    A chain of κI + (1−κ)1πᵀ needs no matrix, unless a reverse model other than Bayes' makes matrices of it; then its
    exact run is taken where that costs little, for all that balls cannot decide.
    """
    if chain.kernel.rank_one_target is None:
        return BallEngine(scenario, chain)
    if is_bayes(scenario.file.reverse.model):
        from markovdiff.study.rank_one_balls import RankOneBallEngine

        return RankOneBallEngine(scenario, chain, watchers)
    if exact_words(chain) < CHEAP_WORDS:
        return StructuredEngine(scenario, chain, watchers)
    return BallEngine(scenario, chain)


class StructuredEngine(ExactEngine):
    """The exact run with its rationals rounded to decimals."""

    def step(self, now: StepInformation) -> Step:
        exact, digits = super().step(now), self.scenario.digits

        def rounded(value: Fraction | Decimal | None) -> Decimal | None:
            return as_decimal(value, digits) if isinstance(value, Fraction) else value

        return replace(
            exact,
            beta=rounded(exact.beta),
            alpha_bar=rounded(exact.alpha_bar),
            dobrushin=rounded(exact.dobrushin),
            total_variation_to_prior=rounded(exact.total_variation_to_prior),
            law=RoundedLaw(exact.law, digits),
        )


@dataclass(frozen=True)
class RoundedLaw:
    """A law whose rationals are rounded when they are asked for."""

    law: Law
    digits: int

    def rows(self) -> tuple[tuple[Decimal | None, ...], ...]:
        """The one row, state by state."""
        (row,) = self.law.rows()
        return (tuple(p if p is None else as_decimal(Fraction(p), self.digits) for p in row),)
