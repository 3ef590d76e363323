"""What is laid beside the truth where it is asked for: naive float64, η_KL(Q_t), and habits of practical code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.sdpi import Sdpi
from markovdiff.process.chain import Chain
from markovdiff.study.naive_float import NaiveFloat, check_certified
from markovdiff.study.result import Elbo, Step
from markovdiff.study.scenario import Scenario

if TYPE_CHECKING:
    from markovdiff.study.contraction import Contractions
    from markovdiff.study.practised import PracticeResult, PracticeRun


@dataclass(frozen=True)
class Companions:
    """What stands beside a run's numbers; each is None where it was not asked for, or is not of sequences."""

    naive_float: NaiveFloat | None = None
    contractions: Contractions | None = None
    habits: PracticeRun | None = None

    def beside(self, step: Step, now: Any) -> Step:
        """Return the step with what is laid beside it; `now` is what the engine knows at that time."""
        if self.naive_float is not None:
            step = replace(step, shadow=self.naive_float.compared_with(step.mutual_information, step.decay))
        if self.contractions is not None:
            step = replace(step, contraction=self.contractions.at(now))
        return step

    def concluded(self, findings: dict[str, Finding]) -> dict[str, Finding]:
        """Return what the checks found, `sdpi` with the same against η_KL."""
        if self.contractions is None or Sdpi.name not in findings:
            return findings
        return {**findings, Sdpi.name: self.contractions.conclude(findings[Sdpi.name])}

    def practised(
        self, steps: Sequence[Step], elbo: Elbo, tick: Callable[[str, float], None]
    ) -> tuple[PracticeResult, ...]:
        """Return what each habit makes of the numbers."""
        return () if self.habits is None else tuple(self.habits.results(steps, elbo, tick))


def companions(
    scenario: Scenario, chain: Chain, *, shadow: bool, contraction: bool, practice: Sequence[str]
) -> Companions:
    """Return what was asked for. Raises InputError for what float arithmetic, or sequences, cannot have beside them."""
    return Companions(
        _naive_float(scenario, chain) if shadow else None,
        _contractions(scenario, chain) if contraction and scenario.sequences is None else None,
        _practised(scenario, chain, practice) if practice else None,
    )


def _naive_float(scenario: Scenario, chain: Chain) -> NaiveFloat:
    check_certified(scenario.file.arithmetic.kind)
    scenario.chain_of_one_symbol("--shadow")
    return NaiveFloat(chain, scenario.unit)


def _contractions(scenario: Scenario, chain: Chain) -> Contractions:
    from markovdiff.study.contraction import Contractions

    return Contractions(chain, scenario.digits, certified=scenario.file.arithmetic.kind != "float")


def _practised(scenario: Scenario, chain: Chain, asked: Sequence[str]) -> PracticeRun:
    from markovdiff.practice.habits import practices
    from markovdiff.study.practised import PracticeRun

    found = practices(asked)
    check_certified(scenario.file.arithmetic.kind, "--practice")
    scenario.chain_of_one_symbol("--practice")
    return PracticeRun(found, chain, scenario.reverse_model(chain), scenario.prior(chain), scenario.unit)
