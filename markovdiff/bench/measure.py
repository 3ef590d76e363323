"""The measuring: each answer judged first, then timed; what contradicts this engine is noted as a fault.

A fault is: enclosures of two arithmetics that do not meet, float answers that are wrong within float64's range, rise or
are negative. Rivals are only described. The truth of a chain is made once, however many are held against it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from markovdiff.bench.chains import Problem, dense
from markovdiff.bench.clock import Ratio, alone, race
from markovdiff.bench.contestants import Contestant
from markovdiff.bench.engine import ENGINES, exactly
from markovdiff.bench.fits import Fit, power_law
from markovdiff.bench.judge import TRUTH_DIGITS, Enclosure, Judgement, agree, judge
from markovdiff.bench.plan import EVERYONE, Duel, Plan, Series
from markovdiff.bench.rivals import RIVALS, of_mpf
from markovdiff.bench.sequences import SequenceTask

Say = Callable[[str], None]

FLOAT_UNTIL = Fraction(1, 10**280)
"""Float answers must be right down to here: f(r) ~ r²/2, and a deviation is followed to 1e-290 and beyond."""


@dataclass(frozen=True)
class Raced:
    """A duel that was run."""

    duel: Duel
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
class Growth:
    """What an arithmetic costs, in seconds at each size, and the power law through it."""

    engine: str
    variable: str
    sizes: tuple[tuple[int, int], ...]
    seconds: tuple[float, ...]
    fit: Fit


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
    races: list[Raced] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    sequences: list[Sequences] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Bencher:
    """Goes through a plan; `say` is told what comes next, `held` whether BLAS is held to one thread."""

    def __init__(self, plan: Plan, say: Say, *, held: bool = False) -> None:
        self.plan, self.say = plan, say
        self.found = Measurements(machine(held))
        self._truth: dict[Problem, list[Enclosure]] = {}

    def run(self) -> Measurements:
        """Measure everything."""
        asked = [EVERYONE[duel.rival] for duel in self.plan.duels]
        if self.plan.late:
            asked += EVERYONE.values()
        self.found.missing = sorted({one.missing for one in asked if one.missing})
        for duel in self.plan.duels:
            if not EVERYONE[duel.rival].missing:
                self.found.races.append(self._duel(duel))
        self.found.late += [self._late(dense(K, T)) for K, T in self.plan.late]
        self.found.growth += [self._growth(engine, series) for series in self.plan.cost for engine in ENGINES.values()]
        self.found.sequences += [self._sequences(task) for task in self.plan.sequences]
        self.found.faults = list(dict.fromkeys(self.found.faults))
        self.say("")
        return self.found

    def _duel(self, duel: Duel) -> Raced:
        self.say(f"{duel.engine} against {duel.rival}, K = {duel.K}, T = {duel.T}")
        problem, engine, rival = duel.problem, ENGINES[duel.engine], EVERYONE[duel.rival]
        self._answers(engine, problem)
        judgement = self._judged(rival, problem)
        return Raced(duel, race(lambda: engine.answer(problem), lambda: rival.answer(problem)), judgement)

    def _late(self, problem: Problem) -> Late:
        self.say(f"late chain, K = {problem.K}, T = {problem.T}")
        truth = self._truth_of(problem)
        return Late(
            problem.K,
            problem.T,
            float(truth[-1].lower),
            sum(b.upper < a.lower for a, b in pairwise(truth)),
            {one.name: self._judged(one, problem) for one in self.plan.asked_late(problem)},
        )

    def _growth(self, engine: Contestant, series: Series) -> Growth:
        taken = []
        for K, T in series.sizes:
            self.say(f"{engine.name} alone, K = {K}, T = {T}")
            problem = dense(K, T)
            taken.append(alone(lambda p=problem: engine.answer(p)))  # type: ignore[misc]
        xs = [K if series.variable == "K" else T for K, T in series.sizes]
        return Growth(engine.name, series.variable, series.sizes, tuple(taken), power_law(xs, taken))

    def _sequences(self, task: SequenceTask) -> Sequences:
        size = task.size()
        self.say(f"{task.name}, {size}")
        plain = None if RIVALS["fraction"].missing else task.plain
        if plain is None:
            return Sequences(task.name, size, alone(task.answer), None, None)
        truth = [Enclosure.of(known) for known in task.answer(TRUTH_DIGITS)]
        judgement = judge([of_mpf(c) for c in plain()], truth)
        ratio = race(task.answer, plain)
        return Sequences(task.name, size, ratio.first, ratio, judgement)

    def _truth_of(self, problem: Problem) -> list[Enclosure]:
        if problem not in self._truth:
            self._truth[problem] = [Enclosure.of(known) for known in exactly(problem, TRUTH_DIGITS)]
        return self._truth[problem]

    def _judged(self, one: Contestant, problem: Problem) -> Judgement:
        return judge(self._answers(one, problem), self._truth_of(problem))

    def _answers(self, one: Contestant, problem: Problem) -> list[Fraction | None]:
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
    found = judge(answers[:n], truth[:n])
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
