"""What few steps cost: the samplers of a scenario that keep n of its T steps, as a table by n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.plain import plain
from markovdiff.study.plan import planned
from markovdiff.study.sampled import Sampled
from markovdiff.study.sampler import samplers
from markovdiff.study.scenario import Scenario
from markovdiff.study.sequences import SequenceEngine
from markovdiff.study.unmasking import sequences_of

SCHEMA = "markovdiff.steps/1"


@dataclass(frozen=True)
class StepsTable:
    """The samplers of a scenario, fewest steps first, in the scenario's unit; `model` is the kind of reverse model."""

    scenario: str
    title: str
    unit: str
    length: int
    symbols: int
    T: int
    model: str
    entropy: Enclosed
    sampler: tuple[Sampled, ...]

    def record(self) -> dict[str, Any]:
        """Return the table as plain dicts, lists and strings, as `--json` writes it."""
        found = {name: plain(x) if isinstance(x, Enclosed) else x for name, x in vars(self).items()}
        return {"schema": SCHEMA, **found, "sampler": [row.record() for row in self.sampler]}


def steps_table(scenario: Scenario, asked: Sequence[int] | None = None) -> StepsTable:
    """Return excess, KL(q‖ν), TV and the mass outside the support for the numbers of steps asked for.

    Without them those of [sampler] are taken, else 1, 2, 4, … and T. Raises InputError where the data are no sequences,
    or for more steps than T.
    """
    length = sequences_of(scenario).length
    given = scenario.file.sampler.steps if scenario.file.sampler is not None else None
    chosen = sorted(set(asked or given or doublings(scenario.T)))
    entropy, found = _sampled(scenario.replace({"sampler": {"steps": chosen}, "checks": {}}))
    return StepsTable(
        scenario.name,
        scenario.title,
        scenario.unit,
        length,
        scenario.labels,
        scenario.T,
        scenario.model.kind(),
        entropy,
        found,
    )


def _sampled(scenario: Scenario) -> tuple[Enclosed, tuple[Sampled, ...]]:
    """Return H(x_0) and the samplers of a scenario: nothing else of a run is found."""
    plan = planned(scenario, scenario.chain())
    sequences = plan.sequences
    assert sequences is not None
    engine = SequenceEngine(plan, sequences)
    first = engine.step(next(engine.stream()))
    found = samplers(scenario, sequences, lambda _task, _share: None)
    return first.entropy, tuple(one.reported(plan.digits, plan.unit) for one in found)


def doublings(T: int) -> list[int]:
    """Return 1, 2, 4, … up to T, and T.

    >>> doublings(6), doublings(8)
    ([1, 2, 4, 6], [1, 2, 4, 8])
    """
    return sorted({2**k for k in range(T.bit_length())} | {T})
