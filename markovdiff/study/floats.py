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
from markovdiff.arithmetic.enclosure import as_decimal
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.value import in_a_line
from markovdiff.engines.float64.contraction import Contraction
from markovdiff.engines.float64.deviation_from_law import DeviationFromLaw, DeviationsFromLaws
from markovdiff.engines.float64.forward import forward, last_of
from markovdiff.engines.float64.information import (
    DenseInformation,
    FloatStepInformation,
    RankOneFloatInformation,
    information,
)
from markovdiff.engines.float64.ledger import FloatLedger, FloatTerm
from markovdiff.engines.float64.model_ledger import FloatModelLedger
from markovdiff.engines.float64.range import check_chain, check_law, check_model
from markovdiff.engines.float64.triangle import triangle
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.ledger import Totals, Unbounded
from markovdiff.measures.protocol import StepInformation
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.study.foresight import admit
from markovdiff.study.result import Elbo, Step
from markovdiff.study.scenario import Scenario


@dataclass(frozen=True, eq=False)
class FloatLaw:
    """P_t in float64, written out as decimals when asked for."""

    p: Floats
    possible: Flags
    digits: int

    __repr__ = in_a_line

    def __eq__(self, other: object) -> bool:
        """Whether it is the same law to the same digits."""
        if not isinstance(other, FloatLaw):
            return NotImplemented
        return self.digits == other.digits and self.rows() == other.rows()

    __hash__ = None  # type: ignore[assignment]

    def rows(self) -> tuple[tuple[Decimal | None, ...], ...]:
        """The one row, state by state; None for a probability that is not 0 and below what float64 can work with."""
        found = zip(self.p.tolist(), self.possible.tolist(), strict=True)
        return (tuple(None if there and x < LEAST else as_decimal(x, self.digits) for x, there in found),)


class FloatEngine:
    """Float: the numbers are `Approximation`."""

    def __init__(self, scenario: Scenario, chain: Chain) -> None:
        """Raises UnfinishedError where the forecast refuses, LimitError where float64 cannot hold a probability."""
        self.scenario, self.chain, self.digits = scenario, chain, scenario.digits
        self.forecast = admit(scenario, chain)
        is_marginal = scenario.file.reverse.prior == "marginal"
        self.prior: RationalMatrix | None = None if is_marginal else scenario.prior(chain)
        self.model: ReverseModel | None = scenario.reverse_model(chain)
        self._check_range()
        last, via = (last_of(chain), scenario.stationary) if is_marginal else (None, None)
        self.approach = DeviationFromLaw(chain, self.prior, last, via)
        self.ledger = None if self.model is None else self._ledger(chain, self.model)

    def _check_range(self) -> None:
        check_chain(self.chain)
        if self.prior is not None:
            check_law(self.prior, "reverse.prior")
        if self.model is not None:
            check_model(self.model, self.chain.K)
        for check, law in self.scenario.laws():
            check_law(law, f"checks.{check}")

    def _ledger(self, chain: Chain, model: ReverseModel) -> FloatLedger:
        if model.is_bayes:
            return FloatLedger(chain, self.prior, self.approach)
        return FloatModelLedger(chain, self.prior, self.approach, model)

    def stream(self) -> Iterator[FloatStepInformation]:
        before: FloatStepInformation | None = None
        laws, contraction = DeviationsFromLaws(self.chain), Contraction(self.chain)
        for moment in forward(self.chain):
            eta = contraction.at(moment.t) if moment.t and moment.markov else None
            now = information(moment, before, eta, laws)
            yield now
            before = now.forget()

    def step(self, now: StepInformation) -> Step:
        assert isinstance(now, DenseInformation | RankOneFloatInformation)
        entry = None if self.ledger is None else self.ledger.observe(now)
        first = now.before is None
        return Step(
            t=now.t,
            beta=self._decimal(now.moment.beta),
            alpha_bar=self._decimal(now.moment.alpha_bar),
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
            law=FloatLaw(now.moment.p, now.moment.possible, self.digits),
        )

    def _distance(self, now: FloatStepInformation) -> Decimal | None:
        """TV(p_t, π); None where rounding does not tell it from 0."""
        found, uncertain = float(np.abs(self.approach.at(now.moment)).sum()) / 2, self.approach.uncertain
        return None if uncertain > RESOLVED * found else as_decimal(found, self.digits)

    def _decimal(self, value: Fraction | float | None) -> Decimal | None:
        return None if value is None else as_decimal(value, self.digits)

    def _report(self, term: FloatTerm, t: int) -> Enclosed:
        if isinstance(term, Unbounded):
            return Enclosed(term.kind, witness=term.witness, words=term.words)
        assert isinstance(term, Approximation)
        found = term.enclosed(self.digits, self.scenario.unit)
        return found if found.is_finite else replace(found, witness={"t": t})

    def conclude(self) -> tuple[Elbo, Finding | None]:
        if self.ledger is None:
            return Elbo(), None
        totals, finding = self.ledger.conclude()
        return Elbo(**{name: self._report(getattr(totals, name), self.chain.T) for name in Totals.__slots__}), finding

    def triangle(self, tick: Callable[[float], None]) -> Finding:
        return triangle(self.chain, tick)
