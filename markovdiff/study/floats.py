"""A run in float64: the same Steps, with decimals in place of enclosures, labelled as float.

Rationals are reported as decimals too. A reverse model other than the Bayes reverse needs full K × K matrices, also
where the chain itself costs O(K) a step; what this machine has no time for is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from markovdiff.arithmetic.arrays import LEAST, RESOLVED, Approximation, Flags, Floats
from markovdiff.arithmetic.decimals import as_decimal
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.value import in_a_line
from markovdiff.engines.float64.contraction import Contraction
from markovdiff.engines.float64.deviation_from_law import DeviationFromLaw, DeviationsFromLaws
from markovdiff.engines.float64.forward import RankOneState, forward, last_of
from markovdiff.engines.float64.information import (
    FloatPast,
    FloatStepInformation,
    information,
)
from markovdiff.engines.float64.ledger import FloatLedger, FloatTerm
from markovdiff.engines.float64.model_ledger import FloatModelLedger, plus
from markovdiff.engines.float64.range import check_chain, check_law, check_model
from markovdiff.engines.float64.triangle import triangle
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.ledger import LedgerOf, Unbounded
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.study.plan import Plan
from markovdiff.study.result import Elbo, Step
from markovdiff.study.steps import Report, elbo_of, step_of, unbounded


@dataclass(frozen=True, eq=False)
class FloatLaw:
    """The law p_t in float64, written out as decimals when asked for."""

    p: Floats
    possible: Flags
    digits: int

    __repr__ = in_a_line

    def __eq__(self, other: object) -> bool:
        """Return whether it is the same law to the same digits."""
        if not isinstance(other, FloatLaw):
            return NotImplemented
        return self.digits == other.digits and self.rows() == other.rows()

    __hash__ = None  # type: ignore[assignment]  # the law is written out to be compared; not a dict key

    def rows(self) -> tuple[tuple[Decimal | None, ...], ...]:
        """Return the one row, state by state; None for a positive probability below what float64 can work with."""
        found = zip(self.p.tolist(), self.possible.tolist(), strict=True)
        return (tuple(None if there and x < LEAST else as_decimal(x, self.digits) for x, there in found),)


class FloatEngine:
    """The run in float64: numbers are `Approximation`."""

    def __init__(self, plan: Plan) -> None:
        """Prepare a run. Raise LimitError where float64 cannot hold a probability."""
        self.plan, self.chain, self.digits = plan, plan.chain, plan.digits
        self.prior = plan.prior
        self.share = None if plan.chain.kernel.identity() is None else Fraction(1)
        self._check_range()
        last = last_of(plan.chain) if plan.prior is None else None
        self.approach = DeviationFromLaw(plan.chain, plan.prior, last, plan.stationary)
        self.ledger = None if plan.model is None else self._ledger(plan.chain, plan.model)

    def _check_range(self) -> None:
        check_chain(self.chain)
        if self.prior is not None:
            check_law(self.prior, "reverse.prior")
        if self.plan.model is not None:
            check_model(self.plan.model, self.chain.K)
        for check, law in self.plan.laws.items():
            check_law(law, f"checks.{check}")

    def _ledger(self, chain: Chain, model: ReverseModel) -> LedgerOf[FloatStepInformation, Approximation]:
        if model.is_bayes:
            return FloatLedger(chain, self.prior, self.approach)
        return FloatModelLedger(chain, self.prior, self.approach, model)

    def stream(self) -> Iterator[FloatStepInformation]:
        before: FloatPast | None = None
        laws, contraction = DeviationsFromLaws(self.chain), Contraction(self.chain)
        for moment in forward(self.chain):
            eta = contraction.at(moment.t) if moment.t and moment.markov else None
            now = information(moment, before, eta, laws)
            yield now
            before = now.forget()

    def step(self, now: FloatStepInformation) -> Step:
        entry = None if self.ledger is None else self.ledger.observe(now)
        return step_of(now, entry, self._reporting(now.t), self)

    def number(self, value: Fraction | float | None) -> Decimal | None:
        return None if value is None else as_decimal(value, self.digits)

    def alpha_bar(self, now: FloatStepInformation) -> Decimal | None:
        """Return the share ᾱ_t: that of the walk, or the product so far where the walk goes by matrices."""
        if now.moment.alpha_bar is not None:
            return self.number(now.moment.alpha_bar)
        if now.t and self.share is not None:
            kept = self.chain.kernel.kept(self.chain.strength(now.t))
            self.share = None if kept is None else self.share * kept
        return self.number(self.share)

    def law(self, now: FloatStepInformation) -> FloatLaw:
        """Return the law p_t."""
        return FloatLaw(now.moment.p, now.moment.possible, self.digits)

    def distance(self, now: FloatStepInformation) -> Decimal | None:
        """Return TV(p_t, π); None where it may be rounding."""
        approach, moment = self.approach, now.moment
        found, uncertain = float(np.abs(approach.at(moment)).sum()) / 2, approach.uncertain
        vanished = moment.alpha_bar == 0 if isinstance(moment, RankOneState) else moment.vanished
        is_zero = vanished or approach.is_known_zero(moment.t)
        if found < LEAST and not (found == 0 and is_zero):
            return None  # it has left float64's range
        return None if uncertain > RESOLVED * found else as_decimal(found, self.digits)

    def _reporting(self, t: int) -> Report[Approximation]:
        def report(term: FloatTerm) -> Enclosed:
            if isinstance(term, Unbounded):
                return unbounded(term)
            found = term.enclosed(self.digits, self.plan.unit)
            return found if found.is_finite else replace(found, witness={"t": t})

        return report

    def conclude(self) -> tuple[Elbo, Finding | None]:
        if self.ledger is None:
            return Elbo(), None
        totals, finding = self.ledger.conclude()
        weight, costs = self.plan.hybrid, totals.cross_entropy
        loss = totals.negative_elbo
        if weight and costs is not None:
            loss = plus(loss, costs if isinstance(costs, Unbounded) else costs.times(float(weight)))
        return elbo_of(totals, self._reporting(self.chain.T), None if weight is None else loss), finding

    def triangle(self, tick: Callable[[float], None]) -> Finding:
        return triangle(self.chain, tick)
