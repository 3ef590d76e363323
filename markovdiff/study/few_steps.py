"""What few steps cost: the samplers of a scenario that keep n of its T steps, as a table by n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.result import Sampled, quantity_record
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario
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
        plain = {name: quantity_record(x) if isinstance(x, Enclosed) else x for name, x in vars(self).items()}
        return {"schema": SCHEMA, **plain, "sampler": [row.record() for row in self.sampler]}


def steps_table(scenario: Scenario, asked: Sequence[int] | None = None) -> StepsTable:
    """Return excess, KL(q‖ν), TV and the mass outside the support for the numbers of steps asked for.

    Without them those of [sampler] are taken, else 1, 2, 4, … and T. Raises InputError where the data are no sequences,
    or for more steps than T.
    """
    length = sequences_of(scenario).length
    given = scenario.file.sampler.steps if scenario.file.sampler is not None else None
    chosen = sorted(set(asked or given or doublings(scenario.T)))
    result = run(scenario.replace({"sampler": {"steps": chosen}, "checks": {}}))
    return StepsTable(
        scenario.name,
        scenario.title,
        scenario.unit,
        length,
        scenario.labels,
        scenario.T,
        scenario.model.kind(),
        result.steps[0].entropy,
        result.sampler,
    )


def doublings(T: int) -> list[int]:
    """Return 1, 2, 4, … up to T, and T.

    >>> doublings(6), doublings(8)
    ([1, 2, 4, 6], [1, 2, 4, 8])
    """
    return sorted({2**k for k in range(T.bit_length())} | {T})
