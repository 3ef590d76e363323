"""A run in exact arithmetic: rationals throughout, a Step of certified numbers for each Moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import prod
from typing import Protocol, TypeVar

from flint import fmpz

from markovdiff.arithmetic.matrix import RationalMatrix, cofactors, fraction
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.ledger import Ledger
from markovdiff.engines.exact.triangle import triangle
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.denoiser_loss import hybrid_loss
from markovdiff.measures.ledger import Unbounded
from markovdiff.measures.protocol import Snapshot, StepInformation
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import law_of
from markovdiff.process.grouping import Classes, GroupedLaws
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne, LazyMarginal
from markovdiff.study.plan import Plan
from markovdiff.study.result import Elbo, Law, Rational, Step
from markovdiff.study.steps import Report, elbo_of, step_of, unbounded

CLOSED_FORM_BITS = 4096
"""Closed forms are looked for while the joint's cells have at most this many bits together."""

Tick = Callable[[float], None]

Now = TypeVar("Now", bound=StepInformation)


class Engine(Protocol[Now]):
    """A run in one arithmetic, which knows each time in its own numbers.

    `prior` is π, None where it is p_T and that is not known exactly.
    """

    prior: RationalMatrix | None

    def stream(self) -> Iterator[Now]:
        """Yield what is known at t = 0, 1, …, T."""

    def step(self, now: Now) -> Step:
        """Return the reported step; to be called for each t in turn."""

    def conclude(self) -> tuple[Elbo, Finding | None]:
        """Return the ledger's totals and its verdict, None where there is no ledger."""

    def triangle(self, tick: Tick) -> Finding:
        """Return the verdict on pairs of times."""


class ExactEngine:
    """The exact run: numbers are `Quantity`, evaluated to the digits asked for."""

    def __init__(self, plan: Plan) -> None:
        chain, prior = plan.chain, plan.exact_prior
        self.plan, self.chain = plan, chain
        self.prior: RationalMatrix | None = prior
        self.ledger = None if plan.model is None else Ledger(chain, plan.model, prior, plan.digits)
        self.classes = _classes(plan) if plan.is_bayes else None
        self.laws = None if self.classes is None else GroupedLaws(self.classes)
        self.end = prior if self.classes is None else self.classes.grouped(prior)
        self.line = _line(chain, prior, is_marginal=plan.prior is None)
        self.now: Information | None = None

    def stream(self) -> Iterator[Information]:
        before: Snapshot[Moment, Quantity] | None = None
        for moment in self.chain.moments(self.classes):
            self.now = Information(moment, before, self.laws)
            yield self.now
            before = self.now.forget()

    def step(self, now: Information) -> Step:
        entry = None if self.ledger is None else self.ledger.observe(now)
        return step_of(now, entry, self._reporting(now), self)

    def number(self, value: Fraction | None) -> Rational | None:
        return value

    def alpha_bar(self, now: Information) -> Rational | None:
        return now.moment.alpha_bar

    def law(self, now: Information) -> Law:
        """Return the law p_t, a formula where the chain forgets towards one law."""
        moment, cumulative = now.moment, now.moment.cumulative
        if isinstance(cumulative, IdentityPlusRankOne):
            return LazyMarginal(moment.data, cumulative)
        return moment.marginal

    def distance(self, information: Information) -> Rational | None:
        """Return TV(p_t, π): |ᾱ_t − ᾱ_T| or ᾱ_t times TV(p_0, μ) where the chain forgets towards μ."""
        now = information.moment
        if self.line is None:
            return total_variation(now.marginal, self.end)
        whole, last = self.line
        assert now.alpha_bar is not None
        return abs(now.alpha_bar - last) * whole

    def _reporting(self, now: Information) -> Report[Quantity]:
        digits, unit, closed = self.plan.digits, self.plan.unit, self.plan.closed_forms and _is_small(now)
        return lambda term: unbounded(term) if isinstance(term, Unbounded) else term.enclosed(digits, unit, closed)

    def conclude(self) -> tuple[Elbo, Finding | None]:
        if self.ledger is None or self.now is None:
            return Elbo(), None
        totals, finding = self.ledger.conclude()
        return elbo_of(totals, self._reporting(self.now), hybrid_loss(totals, self.plan.hybrid)), finding

    def triangle(self, tick: Tick) -> Finding:
        return triangle(self.chain, tick)


def _line(chain: Chain, prior: RationalMatrix, *, is_marginal: bool) -> tuple[Fraction, Fraction] | None:
    """Return TV(p_0, μ), and the ᾱ at which π lies between p_0 and μ, if it does."""
    if (target := chain.kernel.rank_one_target) is None:
        return None
    law = law_of(target)
    if not is_marginal and prior != law:
        return None
    last = prod((1 - beta for beta in chain.betas), start=Fraction(1)) if is_marginal else Fraction(0)
    return total_variation(chain.at(0).data, law), last


def _classes(plan: Plan) -> Classes | None:
    """Return the classes of states that neither the chain nor a law it is measured against tells apart."""
    if plan.chain.kernel.rank_one_target is None:
        return None
    laws = [plan.exact_prior, *plan.laws.values()]
    return plan.chain.classes_beside(law.N.entries() for law in laws)


def _is_small(now: Information) -> bool:
    """Return whether closed forms are worth a search: no number in one has more than a few hundred bits."""
    bits, columns = now.moment.marginal.d.bit_length(), now.moment.marginal.N.entries()
    if bits * sum(n != 0 for n in columns) > CLOSED_FORM_BITS:
        return False
    bits = now.moment.deviation.scale.bit_length()
    cells = sum(len(cells) for _, cells in now.moment.deviation.columns)
    return bits <= CLOSED_FORM_BITS // 8 and bits * cells <= CLOSED_FORM_BITS


def total_variation(p: RationalMatrix, q: RationalMatrix) -> Fraction:
    """Return TV(p, q) = ½ Σ |p_j − q_j|, exactly."""
    u, v = cofactors(p.d, q.d)
    pairs = zip(p.N.entries(), p.aligned_with(q).N.entries(), p.multiplicities, strict=True)
    distance = sum((m * abs(a * u - b * v) for a, b, m in pairs), fmpz(0))
    return fraction(distance, 2 * p.d * u)
