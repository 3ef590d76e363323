"""What is run: a scenario resolved once, so that no engine asks the scenario again.

The order is that of the cost of being wrong: the law that a check names, then this machine's forecast, then the prior
and the reverse model.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.measures.protocol import ArithmeticName
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.study.forecast import Forecast
from markovdiff.study.foresight import admit
from markovdiff.study.scenario import Scenario

if TYPE_CHECKING:
    from markovdiff.engines.exact.sequence_ledger import JointReverse
    from markovdiff.sequences.chain import SequenceChain


@dataclass(frozen=True, eq=False)
class SequencePlan:
    """The chain of sequences and what reverses it; `prior` is one symbol's, None where π = p_T."""

    chain: SequenceChain
    model: JointReverse
    prior: RationalMatrix | None


@dataclass(frozen=True, eq=False)
class Plan:
    """A chain, what reverses it, what is measured against what, and how numbers are reported.

    `model` is None for a process with memory, which has no ledger; `prior` is None where it is p_T, which not every
    arithmetic forms exactly; `laws` are those that checks measure against, by the check;
    `stationary` is the law by which float64 follows p_t − p_T, None where it has no need of one.
    `hybrid` is the weight λ of the denoiser's cross-entropy in a loss that is reported too.
    `sequences` is what is run where the data are sequences; `chain` is one symbol's then, and has no `model`.
    `closed_forms` says whether exact numbers are reported with their closed forms, where these are short.
    """

    chain: Chain
    model: ReverseModel | None
    prior: RationalMatrix | None
    laws: dict[str, RationalMatrix]
    stationary: RationalMatrix | None
    expectations: dict[str, str]
    arithmetic: ArithmeticName
    digits: int
    unit: Unit
    forecast: Forecast
    sequences: SequencePlan | None = None
    hybrid: Fraction | None = None
    closed_forms: bool = True

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the tables of the reverse model as they were read."""
        model = self.model if self.sequences is None else self.sequences.model
        return () if model is None else model.notes

    @property
    def is_bayes(self) -> bool:
        """Whether there is no model, or the Bayes reverse under the data: then no R_t need be formed."""
        return self.model is None or self.model.is_bayes

    @property
    def exact_prior(self) -> RationalMatrix:
        """The prior π as rationals, p_T too."""
        return self.chain.final_marginal if self.prior is None else self.prior


def planned(scenario: Scenario, chain: Chain) -> Plan:
    """Return what a run of the scenario needs. Raise UnfinishedError where the forecast refuses it."""
    laws = dict(scenario.laws())
    forecast = admit(scenario, chain)
    kind, is_marginal = scenario.file.arithmetic.kind, scenario.file.reverse.prior == "marginal"
    prior = None if is_marginal else scenario.prior(chain)
    sequences = scenario.sequence_chain()
    joint = None if sequences is None else SequencePlan(sequences, scenario.joint_reverse(sequences), prior)
    model = None if joint else scenario.reverse_model(chain)
    stationary = scenario.stationary if kind == "float" and is_marginal else None
    return Plan(
        chain,
        model,
        prior,
        laws,
        stationary,
        scenario.expectations,
        kind,
        scenario.digits,
        scenario.unit,
        forecast,
        joint,
        scenario.file.reverse.hybrid,
    )
