"""From the resolved scenario of a record of sequences to the law of x_0, the noise of a symbol, and what was asked.

The kernel, β and the checks are read as those of one symbol are, the data being a symbol at a position drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from markovdiff.audit import scenario
from markovdiff.audit.process import Process
from markovdiff.audit.record import Part
from markovdiff.audit.scenario import Scenario
from markovdiff.audit.sequences import law, models
from markovdiff.audit.sequences.positions import PositionwiseModel
from markovdiff.audit.sequences.process import Rows, SequenceProcess

KEYS = ("name", "title", "description", "unit", "states", "data", "sequences", "kernel", "steps", "betas", "reverse")

PRIORS = ("marginal", "stationary", "uniform", "mask", "given")


@dataclass(frozen=True, eq=False, kw_only=True)
class SequenceScenario(Scenario):
    """What a record of sequences says was run; `process` and `prior` are one symbol's.

    `prior` is empty where it is p_T, the law of all of x_T.
    """

    sequences: SequenceProcess
    model: PositionwiseModel | None
    """None for the joint Bayes reverse."""
    asked: tuple[str, ...]
    """The checks in their order; `sampler` is not one of the questions, `samplers` has its part of the record."""
    samplers: Part | None
    wanted: Part | None
    """Which samplers the file asks for; records that were made before this was kept do not say it."""


def read(part: Part, in_balls: bool = False) -> SequenceScenario:  # noqa: ARG001 (what a run in balls knows is the same)
    """Return the scenario of a record. Raises InputError with the path of whatever does not fit."""
    part.only((*KEYS, "checks"), ("schedule", "samplers"))
    for key in ("title", "description"):
        part[key].text()
    if part["data"].value is not None:
        raise part["data"].fail("a law of one symbol beside one of sequences", "null")
    symbols = scenario.labels_of(part)
    length, data = law.read(part["sequences"], symbols)
    process, kind = scenario.process_of(part, symbols, lambda K: law.mean_position(data, K, length))
    prior = part["reverse"]["prior"].only(("kind", "probabilities"))
    prior_kind, given = prior["kind"].text(PRIORS), prior["probabilities"]
    if (given.value is None) != (prior_kind == "marginal"):
        raise given.fail("not what such a prior has", "null for p_T, else the law of a symbol")
    checks = part["checks"]
    sequences = SequenceProcess(process.K, length, process.T, _added_mask(process), data, _steps(process))
    return SequenceScenario(
        name=part["name"].text(),
        process=process,
        kind=kind,
        prior=() if given.value is None else tuple(given.law(process.K)),
        prior_kind=prior_kind,
        reverse=None,
        questions=scenario.questions_of(checks, process, more=("sampler",)),
        is_bayes=part["reverse"]["model"].value == {"kind": "bayes"},
        idle=scenario.idle_of(part),
        hybrid=scenario.hybrid_of(part["reverse"]),
        sequences=sequences,
        model=models.read(part["reverse"]["model"], sequences),
        asked=tuple(checks.table()),
        samplers=checks.get("sampler"),
        wanted=part.get("samplers"),
    )


def _steps(process: Process) -> list[Rows]:
    """Return Q_1 … Q_T of one symbol; steps that are one matrix are one table of rows."""
    made: dict[tuple[tuple[int, ...], ...], Rows] = {}
    found = []
    for t in range(1, process.T + 1):
        step = process.step(t)
        key = ((step.d,), *map(tuple, step.N))
        if key not in made:
            made[key] = tuple(tuple(Fraction(n, step.d) for n in row) for row in step.N)
        found.append(made[key])
    return found


def _added_mask(process: Process) -> int | None:
    """Return the one state that all noise moves to, if no datum has it."""
    towards: Sequence[int] = process.noise.target
    alone = [k for k, w in enumerate(towards) if w]
    return alone[0] if len(alone) == 1 and not process.data[alone[0]] else None
