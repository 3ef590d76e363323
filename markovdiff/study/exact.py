"""A run in exact arithmetic: rationals all the way, a Step of certified numbers for each Moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import Protocol

from flint import fmpz

from markovdiff.arithmetic.matrix import RationalMatrix, cofactors, fraction
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.ledger import Ledger
from markovdiff.engines.exact.triangle import triangle
from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.ledger import Term, Totals, Unbounded
from markovdiff.measures.protocol import StepInformation
from markovdiff.process.chain import Chain, Moment
from markovdiff.process.distribution import law_of
from markovdiff.process.grouping import Classes
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.transition import IdentityPlusRankOne, LazyMarginal
from markovdiff.study.forecast import Forecast
from markovdiff.study.foresight import admit
from markovdiff.study.result import Elbo, Step
from markovdiff.study.scenario import Scenario

CLOSED_FORM_BITS = 4096
"""Closed forms are looked for while the joint's cells have at most this many bits together."""

Tick = Callable[[float], None]


class Engine(Protocol):
    """A run in one arithmetic.

    `prior` is π, None where it is p_T and that is not known exactly; `model` is R; `forecast` what the run was
    forecast to cost.
    """

    prior: RationalMatrix | None
    model: ReverseModel | None
    forecast: Forecast

    def stream(self) -> Iterator[StepInformation]:
        """What is known at t = 0, 1, …, T."""

    def step(self, now: StepInformation) -> Step:
        """What is reported of it; to be called for each t in turn."""

    def conclude(self) -> tuple[Elbo, Finding | None]:
        """The ledger's totals and its verdict, None where there is no ledger."""

    def triangle(self, tick: Tick) -> Finding:
        """The verdict on pairs of times."""


class ExactEngine:
    """Exact: the numbers are `Quantity`, evaluated to the digits asked for."""

    def __init__(self, scenario: Scenario, chain: Chain, watchers: Sequence[CheckObserver]) -> None:
        """Raises UnfinishedError where the forecast says that this machine cannot finish it."""
        self.scenario, self.chain = scenario, chain
        self.forecast = admit(scenario, chain)
        prior = scenario.prior(chain)
        self.prior: RationalMatrix | None = prior
        self.law = prior
        self.model = scenario.reverse_model(chain)
        self.ledger = None if self.model is None else Ledger(chain, self.model, prior, scenario.digits)
        dense = self.model is not None and not self.model.is_bayes
        self.classes = None if dense else _classes(chain, prior, watchers)
        if self.classes is not None:
            self.law = self.classes.grouped(prior)
            for watcher in watchers:
                watcher.group(self.classes)
        self.line = _line(chain, prior, is_marginal=scenario.file.reverse.prior == "marginal")
        self.now: Information | None = None

    def stream(self) -> Iterator[Information]:
        before: Information | None = None
        for moment in self.chain.moments(self.classes):
            self.now = Information(moment, before)
            yield self.now
            before = self.now.forget()

    def step(self, now: StepInformation) -> Step:
        assert isinstance(now, Information)
        entry = None if self.ledger is None else self.ledger.observe(now)
        moment, closed, first = now.moment, _is_small(now), now.before is None

        def report(term: Term) -> Enclosed:
            return self._report(term, closed)

        return Step(
            t=moment.t,
            beta=moment.beta,
            alpha_bar=moment.alpha_bar,
            entropy=report(now.entropy),
            conditional_entropy=report(now.conditional),
            noise_entropy=report(now.noise),
            mutual_information=report(now.mutual),
            information_loss=None if first else report(now.loss),
            decay=None if first else now.decay,
            dobrushin=now.dobrushin,
            sdpi_bound=None if now.bound is None else report(now.bound),
            total_variation_to_prior=self._distance(moment),
            elbo_term=None if entry is None else report(entry.term),
            model_error=None if entry is None else report(entry.error),
            law=LazyMarginal(moment.data, moment.cumulative)
            if isinstance(moment.cumulative, IdentityPlusRankOne)
            else moment.marginal,
        )

    def _distance(self, now: Moment) -> Fraction:
        """TV(p_t, π): where the chain forgets towards μ, and π is p_T or μ, |ᾱ_t − ᾱ_T| or ᾱ_t times TV(p_0, μ)."""
        if self.line is None:
            return total_variation(now.marginal, self.law)
        whole, last = self.line
        assert now.alpha_bar is not None
        return abs(now.alpha_bar - last) * whole

    def _report(self, term: Term, closed: bool) -> Enclosed:
        if isinstance(term, Unbounded):
            return Enclosed(term.kind, witness=term.witness, words=term.words)
        return term.enclosed(self.scenario.digits, self.scenario.unit, closed)

    def conclude(self) -> tuple[Elbo, Finding | None]:
        if self.ledger is None or self.now is None:
            return Elbo(), None
        totals, finding = self.ledger.conclude()
        closed = _is_small(self.now)
        return Elbo(**{name: self._report(getattr(totals, name), closed) for name in Totals.__slots__}), finding

    def triangle(self, tick: Tick) -> Finding:
        return triangle(self.chain, tick)


def _line(chain: Chain, prior: RationalMatrix, *, is_marginal: bool) -> tuple[Fraction, Fraction] | None:
    """TV(p_0, μ), and the ᾱ at which π lies between p_0 and μ, where it does."""
    if (target := chain.kernel.rank_one_target) is None:
        return None
    law = law_of(target)
    if not is_marginal and prior != law:
        return None
    last = prod((1 - beta for beta in chain.betas), start=Fraction(1)) if is_marginal else Fraction(0)
    return total_variation(chain.at(0).data, law), last


def _classes(chain: Chain, prior: RationalMatrix, watchers: Iterable[CheckObserver]) -> Classes | None:
    """The classes of states that neither the chain nor any law that it is measured against tells apart."""
    if chain.kernel.rank_one_target is None:
        return None
    laws = [prior, *(law for watcher in watchers for law in watcher.laws)]
    return chain.classes_beside(law.N.entries() for law in laws)


def _is_small(now: Information) -> bool:
    """Whether closed forms are worth looking for: no number in one has more than a few hundred bits."""
    bits, columns = now.moment.marginal.d.bit_length(), now.moment.marginal.N.entries()
    if bits * sum(n != 0 for n in columns) > CLOSED_FORM_BITS:
        return False
    bits = now.moment.deviation.scale.bit_length()
    cells = sum(len(cells) for _, cells in now.moment.deviation.columns)
    return bits <= CLOSED_FORM_BITS // 8 and bits * cells <= CLOSED_FORM_BITS


def total_variation(p: RationalMatrix, q: RationalMatrix) -> Fraction:
    """TV(p, q) = ½ Σ |p_j − q_j|, exactly."""
    u, v = cofactors(p.d, q.d)
    pairs = zip(p.N.entries(), p.beside(q).N.entries(), p.copies, strict=True)
    distance = sum((m * abs(a * u - b * v) for a, b, m in pairs), fmpz(0))
    return fraction(distance, 2 * p.d * u)
