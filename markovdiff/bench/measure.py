"""The measuring: each answer judged first, then timed; what contradicts this engine is noted as a fault.

A fault is: enclosures of two arithmetics that do not meet, float answers that are wrong within float64's range, rise or
are negative. Baselines are only described. The truth of a chain is made once, however many are held against it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

from markovdiff.bench.baselines import BASELINES, of_mpf
from markovdiff.bench.chains import BenchProblem, dense
from markovdiff.bench.clock import Ratio, alone, interleaved_timing
from markovdiff.bench.engine import ENGINES, exactly
from markovdiff.bench.entries import BenchEntry
from markovdiff.bench.fits import PowerLaw, power_law
from markovdiff.bench.plan import EVERYONE, BenchPlan, Comparison, GrowthSeries
from markovdiff.bench.sequences import SequenceTask
from markovdiff.bench.verify import TRUTH_DIGITS, Enclosure, Judgement, agree, verify

Say = Callable[[str], None]

FLOAT_UNTIL = Fraction(1, 10**280)
"""Float answers must be right down to here: f(r) ~ r²/2, and a deviation is followed to 1e-290 and beyond."""


@dataclass(frozen=True)
class TimedAgainst:
    """A comparison that was run."""

    comparison: Comparison
    ratio: Ratio
    judgement: Judgement


@dataclass(frozen=True)
class Late:
    """What each program gets wrong on a late chain; one that was not asked is not in it."""

    K: int
    T: int
    last: float
    """I_T in bits."""
    falls: int
    """Steps at which the enclosures prove a fall."""
    judgements: dict[str, Judgement]


@dataclass(frozen=True)
class CostGrowth:
    """What an arithmetic costs, in seconds at each size, and the power law through it."""

    engine: str
    variable: str
    sizes: tuple[tuple[int, int], ...]
    seconds: tuple[float, ...]
    fit: PowerLaw


@dataclass(frozen=True)
class Sequences:
    """A task on sequences: what the engine takes; where a plain program was run, its ratio and what it is worth."""

    name: str
    size: str
    seconds: float
    ratio: Ratio | None
    judgement: Judgement | None


@dataclass
class Measurements:
    """All that was measured."""

    machine: dict[str, Any]
    timings: list[TimedAgainst] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    growth: list[CostGrowth] = field(default_factory=list)
    sequences: list[Sequences] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Bencher:
    """Goes through a plan; `say` is told what comes next, `held` whether BLAS is held to one thread."""

    def __init__(self, plan: BenchPlan, say: Say, *, held: bool = False) -> None:
        self.plan, self.say = plan, say
        self.found = Measurements(machine(held))
        self._truth: dict[BenchProblem, list[Enclosure]] = {}

    def run(self) -> Measurements:
        """Measure everything."""
        asked = [EVERYONE[comparison.baseline] for comparison in self.plan.comparisons]
        if self.plan.late:
            asked += EVERYONE.values()
        self.found.missing = sorted({one.missing for one in asked if one.missing})
        for comparison in self.plan.comparisons:
            if not EVERYONE[comparison.baseline].missing:
                self.found.timings.append(self._duel(comparison))
        self.found.late += [self._late(dense(K, T)) for K, T in self.plan.late]
        self.found.growth += [self._growth(engine, series) for series in self.plan.cost for engine in ENGINES.values()]
        self.found.sequences += [self._sequences(task) for task in self.plan.sequences]
        self.found.faults = list(dict.fromkeys(self.found.faults))
        self.say("")
        return self.found

    def _duel(self, comparison: Comparison) -> TimedAgainst:
        self.say(f"{comparison.engine} against {comparison.baseline}, K = {comparison.K}, T = {comparison.T}")
        problem, engine, baseline = comparison.problem, ENGINES[comparison.engine], EVERYONE[comparison.baseline]
        self._answers(engine, problem)
        judgement = self._judged(baseline, problem)
        return TimedAgainst(
            comparison, interleaved_timing(lambda: engine.answer(problem), lambda: baseline.answer(problem)), judgement
        )

    def _late(self, problem: BenchProblem) -> Late:
        self.say(f"late chain, K = {problem.K}, T = {problem.T}")
        truth = self._truth_of(problem)
        return Late(
            problem.K,
            problem.T,
            float(truth[-1].lower),
            sum(b.upper < a.lower for a, b in pairwise(truth)),
            {one.name: self._judged(one, problem) for one in self.plan.asked_late(problem)},
        )

    def _growth(self, engine: BenchEntry, series: GrowthSeries) -> CostGrowth:
        taken = []
        for K, T in series.sizes:
            self.say(f"{engine.name} alone, K = {K}, T = {T}")
            problem = dense(K, T)
            taken.append(alone(partial(engine.answer, problem)))
        xs = [K if series.variable == "K" else T for K, T in series.sizes]
        return CostGrowth(engine.name, series.variable, series.sizes, tuple(taken), power_law(xs, taken))

    def _sequences(self, task: SequenceTask) -> Sequences:
        size = task.size()
        self.say(f"{task.name}, {size}")
        plain = None if BASELINES["fraction"].missing else task.plain
        if plain is None:
            return Sequences(task.name, size, alone(task.answer), None, None)
        truth = [Enclosure.of(known) for known in task.answer(TRUTH_DIGITS)]
        judgement = verify([of_mpf(c) for c in plain()], truth)
        ratio = interleaved_timing(task.answer, plain)
        return Sequences(task.name, size, ratio.first, ratio, judgement)

    def _truth_of(self, problem: BenchProblem) -> list[Enclosure]:
        if problem not in self._truth:
            self._truth[problem] = [Enclosure.of(known) for known in exactly(problem, TRUTH_DIGITS)]
        return self._truth[problem]

    def _judged(self, one: BenchEntry, problem: BenchProblem) -> Judgement:
        return verify(self._answers(one, problem), self._truth_of(problem))

    def _answers(self, one: BenchEntry, problem: BenchProblem) -> list[Fraction | None]:
        given = one.answer(problem)
        answers = [one.exactly(x) for x in given]
        if one.name in ENGINES:
            fault = contradiction(given, answers, self._truth_of(problem))
            if fault is not None:
                self.found.faults.append(f"{one.name}, K = {problem.K}, T = {problem.T}: {fault}")
        return answers


def contradiction(given: Sequence[Any], answers: Sequence[Fraction | None], truth: Sequence[Enclosure]) -> str | None:
    """Return in words what this engine's own answer gets wrong; None where nothing."""
    if not isinstance(given[0], float):
        t = agree([Enclosure.of(x) for x in given], truth)
        return None if t is None else f"its enclosure at t = {t} does not meet the exact one"
    n = sum(known.lower > FLOAT_UNTIL for known in truth)
    found = verify(answers[:n], truth[:n])
    if found.wrong_from is not None:
        return f"wrong at t = {found.wrong_from}"
    if found.rises or found.negatives:
        return f"{found.rises} false rises, {found.negatives} negative values"
    return None


def machine(held: bool) -> dict[str, Any]:
    """Return what the figures depend on, without the machine's name."""
    from importlib.metadata import version

    used = {"python-flint": version("python-flint")}
    for one in EVERYONE.values():
        if not one.missing:
            used |= one.versions
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "blas_threads": 1 if held else None,
        "packages": used,
    }
