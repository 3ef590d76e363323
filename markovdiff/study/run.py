"""Run a scenario: the chain's moments stream past, each becomes a Step, and checks conclude.

    Scenario → Chain → Moment, Moment, … → Information → Step, Step, … → Result

Only two moments are held at a time; what is kept of a step is its reported numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from markovdiff._version import __version__
from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.measures.checks import CHECKS, Dpi, ElboLedger, Sampler
from markovdiff.measures.checks.finding import Finding
from markovdiff.study.companions import companions
from markovdiff.study.exact import Engine, ExactEngine
from markovdiff.study.forecast import Forecast
from markovdiff.study.plan import Plan, planned
from markovdiff.study.record import scenario_record
from markovdiff.study.result import Check, Result, Step
from markovdiff.study.rounding import rounding
from markovdiff.study.sampled import Sampled, SequenceFacts
from markovdiff.study.scenario import Scenario

Progress = Callable[[str, float], None]


def run(
    scenario: Scenario,
    on_step: Callable[[Step], object] | None = None,
    progress: Progress | bool = False,
    on_begin: Callable[[Result, Forecast], object] | None = None,
    *,
    shadow: bool = False,
    contraction: bool = False,
    practice: Sequence[str] = (),
    closed_forms: bool = True,
) -> Result:
    """Run a scenario and return its Result. `on_step` is given each Step as it is finished, from t = 0.

    With `progress=True` a bar in a notebook, or a line on a terminal, says how far it is; a function is given the task
    in hand and the share of it that is done.

    With `shadow` each Step has beside its certified I(x0;x_t) what the textbook formula gives in float64. With
    `contraction` each has η_KL(Q_t), enclosed in any arithmetic, where the chain is Markov with at most 64 states.

    `practice` names habits of practical code, such as "fp32" and "eps=1e-6"; the result's `practice` says what each
    makes of I(x0;x_t), of the terms of L and of L itself (`markovdiff.practice.habits`).

    Without `closed_forms` none is looked for among the exact numbers: about a third of the work of a short run.

    `on_begin` is given, before the first of them, the result so far, all but what is to be found out, and the forecast.

    Raises UnfinishedError where the forecast says that this machine cannot finish it.
    """
    if not isinstance(scenario, Scenario):
        raise InputError("not a scenario", where="run", expected="what md.load or md.loads gives", got=shown(scenario))
    tick = _shown(scenario.name) if progress is True else progress or (lambda _task, _share: None)
    for name, listener in (("on_step", on_step), ("progress", tick), ("on_begin", on_begin)):
        if listener is not None and not callable(listener):
            raise InputError("not a function", where=f"run, {name}", expected="a function", got=shown(listener))
    chain = scenario.chain()
    beside = companions(scenario, chain, shadow=shadow, contraction=contraction, practice=practice)
    observers = dict(scenario.observers())
    plan = replace(planned(scenario, chain), closed_forms=closed_forms)
    engine = _engine(plan)
    rounded = rounding(scenario)
    begun = Result(
        version=__version__,
        unit=plan.unit,
        arithmetic={"kind": plan.arithmetic, "digits": plan.digits},
        scenario=scenario_record(
            scenario, chain, engine.prior, plan.model, None if plan.sequences is None else plan.sequences.model
        ),
        notes=(*scenario.notes, *rounded, *plan.notes),
        partial=True,
        sequence=_facts(scenario),
    )
    if on_begin is not None:
        on_begin(begun, plan.forecast)
    steps: list[Step] = []
    for now in engine.stream():
        step = beside.beside(engine.step(now), now)
        for observer in observers.values():
            observer.observe(now)
        steps.append(step)
        if on_step is not None:
            on_step(step)
        tick("steps", now.t / chain.T)
    findings = beside.concluded({check: observer.conclude() for check, observer in observers.items()})
    elbo, balanced = engine.conclude()
    if balanced is not None:
        findings[ElboLedger.name] = balanced
    if Dpi.name in plan.expectations:
        findings[Dpi.name] = engine.triangle(lambda share: tick("pairs of times", share))
    found: tuple[Sampled, ...] = ()
    if plan.sequences is not None:
        from markovdiff.study.sampler import bounds_of, samplers

        sampled = samplers(scenario, plan.sequences, tick)
        found = tuple(sampler.reported(plan.digits, plan.unit) for sampler in sampled)
        if Sampler.name in plan.expectations:
            findings[Sampler.name] = bounds_of(scenario, sampled)
    checks = tuple(_check(name, e, findings[name], rounded) for name, e in plan.expectations.items())
    habits = beside.practised(steps, elbo, tick)
    return replace(begun, steps=tuple(steps), elbo=elbo, checks=checks, sampler=found, practice=habits, partial=False)


def _shown(name: str) -> Progress:
    """Return what shows how far the tasks of a run are."""
    from markovdiff.study.progress_display import ProgressDisplay

    display = ProgressDisplay()
    return lambda task, share: display.show(task, f"{name}: {task}", share)


def _engine(plan: Plan) -> Engine[Any]:
    """Return the run in the arithmetic that the plan asks for; float's loads numpy, so it is imported only here."""
    if plan.sequences is not None:
        from markovdiff.study.sequences import SequenceEngine

        return SequenceEngine(plan, plan.sequences)
    match plan.arithmetic:
        case "float":
            from markovdiff.study.floats import FloatEngine

            return FloatEngine(plan)
        case "ball":
            from markovdiff.study.balls import ball_engine

            return ball_engine(plan)
        case "exact":
            return ExactEngine(plan)


def _facts(scenario: Scenario) -> SequenceFacts | None:
    if scenario.sequences is None:
        return None
    from markovdiff.study.sequences import facts_of

    return facts_of(scenario)


def _check(name: str, expected: str, finding: Finding, rounded: tuple[str, ...]) -> Check:
    """Return the verdict. A weak claim that float64 could not follow to the end is as expected, or undecided."""
    as_expected = CHECKS[name].meets(finding.observed, expected)
    unknown = finding.observed == "undecided" or (finding.open and not as_expected)
    observed = "undecided" if unknown else finding.observed
    verdict = "undecided" if unknown else "holds" if as_expected else "fails"
    detail = "; ".join((finding.detail, *rounded)) if CHECKS[name].shows_rounding else finding.detail
    return Check(name, expected, observed, verdict, finding.decided, detail, finding.witness)
