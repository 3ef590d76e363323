"""[sampler]: what is asked of samplers, found by the model's rows or by counts, and reported; and the check on them.

A row has either the times that are kept, or block sizes and an order. Of unmasking in random order the excess follows
from the information curve alone; what is drawn is found where there are not too many sequences to walk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from markovdiff.arithmetic import enclosure
from markovdiff.arithmetic.decimals import decimals
from markovdiff.arithmetic.enclosure import Unit, bits_for
from markovdiff.arithmetic.quantity import Enclosed, Quantity, of_rational, written
from markovdiff.cached import cached_property
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.position_likelihood import DrawnLaw, PositionLikelihood, Share, unmasked
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.sampler import FIGURES, claims_of, conclusion
from markovdiff.measures.ledger import Term, Unbounded
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.curve import information_curve
from markovdiff.sequences.orders import MAX_OUTCOMES, choice, outcomes
from markovdiff.sequences.unmasking import unmasking
from markovdiff.study.plan import SequencePlan
from markovdiff.study.sampled import FalseSequence, Sampled, TrueSequence
from markovdiff.study.sampler_keys import Asked, asked, bounds, find
from markovdiff.study.scenario import Scenario
from markovdiff.study.steps import unbounded

MOST_FALSE = 10
"""Sequences that never occur, shown for each sampler."""

MOST_TRUE = 10
"""Sequences of the data that stand beside them in pictures."""

MOST_SHARE_BITS = 2**14
"""Bits that a mass is evaluated with at most, where it is not known whether it is 0."""


class SamplerOutcome:
    """A sampler, and what it draws: numbers that are found when they are asked for."""

    def __init__(
        self, asked_for: Asked, chain: SequenceChain, law: DrawnLaw | None, excess: Callable[[], Term]
    ) -> None:
        self.asked, self.chain, self.law = asked_for, chain, law
        self._excess = excess

    @cached_property
    def excess(self) -> Term:
        """L − H(x_0)."""
        return self._excess()

    @cached_property
    def kl(self) -> Term | None:
        """KL(q‖ν); None where what is drawn is too much to walk."""
        if self.law is None:
            return None
        return self.law.unbounded or self.law.divergence

    @property
    def undefined(self) -> Unbounded | None:
        """Why ν is undefined, where it is."""
        found = None if self.law is None else self.law.unbounded
        return found if found is not None and found.kind == "undefined" else None

    @property
    def bound(self) -> str | None:
        """Whether KL(q‖ν) ≤ excess is strict, equal or undecided; None where either is no number."""
        if not isinstance(self.kl, Quantity) or not isinstance(self.excess, Quantity):
            return None
        tight = self.is_tight
        return "undecided" if tight is None else "equal" if tight else "strict"

    @property
    def is_tight(self) -> bool | None:
        """Whether KL(q‖ν) is the whole excess."""
        assert isinstance(self.kl, Quantity)
        assert isinstance(self.excess, Quantity)
        if self.asked.order not in (None, "random"):
            return True
        try:
            return self.excess.minus(self.kl).sign() == 0
        except UnfinishedError:
            return None

    @property
    def ties(self) -> int | None:
        """How often equals were told apart from the left, in the order by confidence."""
        return self.law.ties if self.law is not None and self.asked.order == "confidence" else None

    def share(self, name: str) -> Share:
        """Return TV(q, ν) or the mass outside the support."""
        assert self.law is not None
        return self.law.total_variation if name == "total_variation" else self.law.outside_support

    def compare(self, name: str, bound: Fraction, unit: Unit) -> int | None:
        """Return the sign of a number less its bound."""
        if name in ("kl", "excess"):
            term = self.kl if name == "kl" else self.excess
            if isinstance(term, Unbounded):
                return 1 if term.kind == "inf" else None
            return None if term is None else term.compare(bound, unit)
        if self.law is None or self.undefined is not None:
            return None
        return compared(self.share(name), bound)

    def describe(self, name: str, unit: Unit) -> str:
        """Return a few digits of a number, with its unit if it has one."""
        value = getattr(self.reported(FIGURES, unit), name)
        if value is None or name not in ("kl", "excess"):
            return "unknown" if value is None else f"= {value.value}"
        return f"= {value.value} {unit[:-1] if value.value == '1' else unit}"

    def reported(self, digits: int, unit: Unit) -> Sampled:
        """Return the row of the result."""

        def number(term: Term | None) -> Enclosed | None:
            if term is None:
                return None
            if isinstance(term, Unbounded):
                return unbounded(term)
            try:
                return term.enclosed(digits, unit, closed=True)
            except UnfinishedError as error:
                return Enclosed("undecided", witness={"t": 0}, words=f"not told from 0 by {error.got or 'enclosures'}")

        tv = outside = None
        false: tuple[FalseSequence, ...] = ()
        true: tuple[TrueSequence, ...] = ()
        if self.undefined is not None:
            tv = outside = unbounded(self.undefined)
        elif self.law is not None:
            tv, outside = (enclosed(self.share(name), digits) for name in ("total_variation", "outside_support"))
            law = self.chain.law
            false = tuple(
                FalseSequence(law.labels(x), enclosed(mass, digits)) for x, mass in self.law.false(MOST_FALSE)
            )
            true = tuple(
                TrueSequence(law.labels(x), p, enclosed(mass, digits)) for x, p, mass in self.law.true(MOST_TRUE)
            )
        by, excess = self.asked, number(self.excess)
        assert excess is not None
        numbers = (excess, number(self.kl), tv, outside)
        return Sampled(by.steps, by.times, by.unmask, by.order, *numbers, self.bound, false, self.ties, true)


class Kept(SamplerOutcome):
    """A sampler that keeps some of the times."""

    def __init__(self, asked_for: Asked, chain: SequenceChain, found: PositionLikelihood) -> None:
        super().__init__(asked_for, chain, found.law, lambda: found.path_excess)
        self.found = found

    @cached_property
    def kl(self) -> Term | None:
        """KL(q‖ν)."""
        return self.found.unbounded or self.found.excess

    @property
    def is_tight(self) -> bool | None:
        """Whether KL(q‖ν) is the whole excess."""
        return self.found.is_tight


def samplers(scenario: Scenario, plan: SequencePlan, progress: Callable[[str, float], None]) -> list[SamplerOutcome]:
    """Return the samplers that the file asks for, each walked."""
    wanted = asked(scenario)
    found: list[SamplerOutcome] = []
    for i, one in enumerate(wanted):
        sampler = _drawn(one, plan)
        if sampler.law is not None:
            _ = sampler.law.found
        found.append(sampler)
        progress("samplers", (i + 1) / len(wanted))
    return found


def _drawn(one: Asked, plan: SequencePlan) -> SamplerOutcome:
    model, chain = plan.model, plan.chain
    assert isinstance(model, PositionReverse)
    if one.times is not None:
        return Kept(one, chain, model.sampler(one.times, JointPrior(chain, plan.prior)))
    assert one.unmask is not None
    sizes, order = one.unmask, one.order
    assert order is not None
    way = choice(order, chain.length)
    law = None
    if outcomes(sizes, chain.K - 1, way) <= MAX_OUTCOMES:
        law = unmasked(chain, model.positions, sizes, way)
    if way.is_random:
        return SamplerOutcome(one, chain, law, lambda: unmasking(information_curve(chain.law), sizes).excess)
    walked = law or unmasked(chain, model.positions, sizes, way)
    return SamplerOutcome(one, chain, walked, lambda: walked.divergence)


def bounds_of(scenario: Scenario, found: Sequence[SamplerOutcome]) -> Finding:
    """Return the finding of the check `sampler`."""
    named = [sampler.asked for sampler in found]
    claims = claims_of(bounds(scenario), lambda entry, where: find(entry, where, named, lambda i: found[i]))
    return conclusion(claims, scenario.file_unit)


def compared(share: Share, bound: Fraction) -> int | None:
    """Return the sign of a share less its bound; None where balls do not tell."""
    if share.exact is not None:
        return (share.exact > bound) - (share.exact < bound)
    if share.is_zero:
        return -1 if bound else 0
    bits = bits_for(15)
    while bits <= MOST_SHARE_BITS:
        low, high = enclosure.bounds(share.evaluate(bits))
        if low > bound or high < bound:
            return 1 if low > bound else -1
        bits *= 2
    return None


def enclosed(share: Share, digits: int) -> Enclosed:
    """Return a share as it is reported: with its fraction as closed form, where that is short."""
    if share.exact is not None:
        return of_rational(share.exact, digits)
    if share.is_zero:
        return of_rational(Fraction(0), digits)
    bits = bits_for(digits)
    while (d := decimals(share.evaluate(bits), digits)) is None:
        bits *= 2
        if share.is_zero is None and bits > MOST_SHARE_BITS:
            return Enclosed("undecided", witness={"t": 0}, words=f"not told from 0 by {MOST_SHARE_BITS} bits")
    return written(d, digits)
