"""A run of sequences: rationals all the way, as for one symbol, on the sequences that can occur.

In balls the same numbers are found, and rationals are reported as decimals. What is past the limits of exact equality
is undecided in both. float64 has no such run: H(x_t) − H(x_t | x_0) cancels, and a float has no second try.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from flint import arb, ctx

from markovdiff.arithmetic.decimals import as_decimal
from markovdiff.arithmetic.enclosure import ALONE, bits_for
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.engines.exact.sequence_information import SequenceInformation, SequenceSnapshot
from markovdiff.engines.exact.sequence_ledger import JointPrior, SequenceLedger
from markovdiff.engines.exact.sequence_triangle import triangle
from markovdiff.errors import LimitError, UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.denoiser_loss import hybrid_loss
from markovdiff.measures.ledger import Term, Unbounded
from markovdiff.measures.protocol import ArithmeticName
from markovdiff.process.transition import Transition
from markovdiff.sequences.curve import information_curve
from markovdiff.sequences.facts import dobrushin_of_product
from markovdiff.sequences.spaces import Space
from markovdiff.study.exact import CLOSED_FORM_BITS, Tick, total_variation
from markovdiff.study.plan import Plan, SequencePlan
from markovdiff.study.result import Elbo, Law, Rational, Step
from markovdiff.study.sampled import SequenceFacts
from markovdiff.study.scenario import Scenario
from markovdiff.study.steps import Report, elbo_of, step_of, unbounded


class SequenceEngine:
    """Sequences, in exact or ball arithmetic: the numbers are `Quantity`, evaluated to the digits asked for."""

    def __init__(self, plan: Plan, sequences: SequencePlan) -> None:
        self.plan, self.chain = plan, sequences.chain
        self.arithmetic: ArithmeticName = plan.arithmetic
        self.prior, self.model = sequences.prior, sequences.model
        self.end = JointPrior(sequences.chain, sequences.prior)
        self.ledger = SequenceLedger(sequences.chain, sequences.model, self.end, plan.digits)
        self.states = labels_of(sequences.chain.space, sequences.chain.law.symbols)
        self.contractions: dict[Transition, Fraction | None] = {}
        self.now: SequenceInformation | None = None

    def stream(self) -> Iterator[SequenceInformation]:
        before: SequenceSnapshot | None = None
        for moment in self.chain.moments():
            contraction = self._contraction(moment.symbol.transition)
            self.now = SequenceInformation(self.chain, moment, before, self.arithmetic, contraction)
            yield self.now
            before = self.now.forget()

    def _contraction(self, step: Transition | None) -> Fraction | None:
        """Return the η of the product kernel, once for each kind of step."""
        if step is None:
            return None
        if step not in self.contractions:
            self.contractions[step] = dobrushin_of_product(step, self.chain.length)
        return self.contractions[step]

    def step(self, now: SequenceInformation) -> Step:
        entry = self.ledger.observe(now)
        report = self._reporting(now)
        found = replace(
            step_of(now, entry, report, self), dobrushin_product=self.number(now.contraction), sequences=self.states
        )
        if now.before is None:
            return found
        split = self.model.split(now.before.moment, now.moment)
        if split is None:
            return found
        apart, own = map(report, split)
        return replace(found, expected_total_correlation=apart, position_error=own)

    def number(self, value: Fraction | None) -> Rational | None:
        return value if value is None or self.arithmetic == "exact" else as_decimal(value, self.plan.digits)

    def alpha_bar(self, now: SequenceInformation) -> Rational | None:
        return self.number(now.moment.alpha_bar)

    def distance(self, now: SequenceInformation) -> Rational | None:
        """Return TV(p_t, π) over all sequences."""
        within = total_variation(now.moment.marginal, self.end.law)
        return self.number(within + self.end.outside / 2)

    def law(self, now: SequenceInformation) -> Law:
        p = now.moment.marginal
        if self.arithmetic == "exact":
            return p
        from markovdiff.study.balls import BallLaw

        with ALONE, ctx.workprec(bits_for(self.plan.digits)):
            return BallLaw([arb(n) / p.d for n in p.N.entries()], self.plan.digits)

    def _reporting(self, now: SequenceInformation) -> Report[Quantity]:
        digits, unit, closed = self.plan.digits, self.plan.unit, self.plan.closed_forms and _is_small(now)

        def report(term: Term) -> Enclosed:
            if isinstance(term, Unbounded):
                return unbounded(term)
            try:
                return term.enclosed(digits, unit, closed)
            except UnfinishedError as error:
                words = f"not told from 0 by {error.got or 'enclosures'}"
                return Enclosed("undecided", witness={"t": now.t}, words=words)

        return report

    def conclude(self) -> tuple[Elbo, Finding | None]:
        assert self.now is not None
        totals, finding = self.ledger.conclude()
        return elbo_of(totals, self._reporting(self.now), hybrid_loss(totals, self.plan.hybrid)), finding

    def triangle(self, tick: Tick) -> Finding:
        return triangle(self.chain, tick)


def facts_of(scenario: Scenario) -> SequenceFacts | None:
    """Return what is known of the scenario's law of sequences before any noise; None where the data are one symbol."""
    law = scenario.sequences
    if law is None:
        return None
    try:
        curve = information_curve(law)
    except LimitError:
        return SequenceFacts(law.length, law.symbols)
    digits, unit = scenario.digits, scenario.unit
    return SequenceFacts(
        law.length,
        law.symbols,
        curve.values(digits, unit),
        curve.total_correlation.enclosed(digits, unit, closed=True),
        curve.dual_total_correlation.enclosed(digits, unit, closed=True),
    )


def labels_of(space: Space, symbols: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return every sequence of the space by its labels, in order."""
    return tuple(tuple(symbols[k] for k in space.sequence(n)) for n in range(space.size))


def _is_small(now: SequenceInformation) -> bool:
    """Whether closed forms are worth looking for: no number in one has more than a few hundred bits."""
    marginal, kernel = now.moment.marginal, now.moment.symbol.cumulative.dense.matrix
    atoms = len({int(n) for n in marginal.N.entries()})
    return marginal.d.bit_length() * atoms + kernel.d.bit_length() * len(kernel.N.entries()) <= CLOSED_FORM_BITS
