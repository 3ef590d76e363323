"""Run a scenario: the chain's moments stream past, each becomes a Step, and checks conclude.

    Scenario → Chain → Moment, Moment, … → Information → Step, Step, … → Result

Only two moments are held at a time; what is kept of a step is its reported numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from markovdiff._version import __version__
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown, text
from markovdiff.errors import InputError
from markovdiff.measures.checks import CHECKS, Dpi, ElboLedger, Sampler
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.sdpi import Sdpi
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import Kernel
from markovdiff.process.kernels.registry import SHIPPED as KERNELS
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.reverse.registry import SHIPPED as MODELS
from markovdiff.process.reverse.spec import ModelSpec
from markovdiff.study.exact import Engine, ExactEngine
from markovdiff.study.forecast import Forecast
from markovdiff.study.naive_float import NaiveFloat, check_certified
from markovdiff.study.plan import Plan, planned
from markovdiff.study.result import Check, Result, Sampled, SequenceFacts, Step
from markovdiff.study.rounding import rounding
from markovdiff.study.scenario import Scenario

if TYPE_CHECKING:
    from markovdiff.study.contraction import Contractions

Progress = Callable[[str, float], None]


def run(
    scenario: Scenario,
    on_step: Callable[[Step], object] | None = None,
    progress: Progress = lambda _task, _share: None,
    on_begin: Callable[[Result, Forecast], object] | None = None,
    *,
    shadow: bool = False,
    contraction: bool = False,
) -> Result:
    """Run a scenario and return its Result. `on_step` is given each Step as it is finished, from t = 0.

    With `shadow` each Step has beside its certified I(x0;x_t) what the textbook formula gives in float64. With
    `contraction` each has η_KL(Q_t), enclosed in any arithmetic, where the chain is Markov with at most 64 states.

    `on_begin` is given, before the first of them, the result so far, all but what is to be found out, and the forecast.

    Raises UnfinishedError where the forecast says that this machine cannot finish it.
    """
    if not isinstance(scenario, Scenario):
        raise InputError("not a scenario", where="run", expected="what md.load or md.loads gives", got=shown(scenario))
    for name, listener in (("on_step", on_step), ("progress", progress), ("on_begin", on_begin)):
        if listener is not None and not callable(listener):
            raise InputError("not a function", where=f"run, {name}", expected="a function", got=shown(listener))
    chain = scenario.chain()
    shades = _shadow(scenario, chain) if shadow else None
    certified = scenario.file.arithmetic.kind != "float"
    eta_kl = _contractions(scenario, chain, certified) if contraction and scenario.sequences is None else None
    watchers = dict(scenario.watchers())
    plan = planned(scenario, chain)
    engine = _engine(plan)
    rounded = rounding(scenario)
    begun = Result(
        version=__version__,
        unit=plan.unit,
        arithmetic={"kind": plan.arithmetic, "digits": plan.digits},
        scenario=resolved(scenario, chain, engine.prior, plan.model),
        notes=(*scenario.notes, *rounded, *(() if plan.model is None else plan.model.notes)),
        partial=True,
        sequence=_facts(scenario),
    )
    if on_begin is not None:
        on_begin(begun, plan.forecast)
    steps: list[Step] = []
    for now in engine.stream():
        step = engine.step(now)
        if shades is not None:
            step = replace(step, shadow=shades.beside(step.mutual_information, step.decay))
        if eta_kl is not None:
            step = replace(step, contraction=eta_kl.at(now))
        for watcher in watchers.values():
            watcher.observe(now)
        steps.append(step)
        if on_step is not None:
            on_step(step)
        progress("steps", now.t / chain.T)
    findings = {check: watcher.conclude() for check, watcher in watchers.items()}
    if eta_kl is not None and Sdpi.name in findings:
        findings[Sdpi.name] = eta_kl.conclude(findings[Sdpi.name])
    elbo, balanced = engine.conclude()
    if balanced is not None:
        findings[ElboLedger.name] = balanced
    if Dpi.name in plan.expectations:
        findings[Dpi.name] = engine.triangle(lambda share: progress("pairs of times", share))
    found: tuple[Sampled, ...] = ()
    if plan.sequences is not None:
        from markovdiff.study.sampler import bounds_of, samplers

        sampled = samplers(scenario, plan.sequences, progress)
        found = tuple(sampler.reported(plan.digits, plan.unit) for sampler in sampled)
        if Sampler.name in plan.expectations:
            findings[Sampler.name] = bounds_of(scenario, sampled)
    checks = tuple(_check(name, e, findings[name], rounded) for name, e in plan.expectations.items())
    return replace(begun, steps=tuple(steps), elbo=elbo, checks=checks, sampler=found, partial=False)


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


def _shadow(scenario: Scenario, chain: Chain) -> NaiveFloat:
    check_certified(scenario.file.arithmetic.kind)
    scenario.chain_of_one_symbol("--shadow")
    return NaiveFloat(chain, scenario.unit)


def _check(name: str, expected: str, finding: Finding, rounded: tuple[str, ...]) -> Check:
    """Return the verdict. A weak claim that float64 could not follow to the end is as expected, or undecided."""
    as_expected = CHECKS[name].meets(finding.observed, expected)
    unknown = finding.observed == "undecided" or (finding.open and not as_expected)
    observed = "undecided" if unknown else finding.observed
    verdict = "undecided" if unknown else "holds" if as_expected else "fails"
    detail = "; ".join((finding.detail, *rounded)) if CHECKS[name].shows_rounding else finding.detail
    return Check(name, expected, observed, verdict, finding.decided, detail, finding.witness)


def resolved(
    scenario: Scenario, chain: Chain, prior: RationalMatrix | None, model: ReverseModel | None
) -> dict[str, object]:
    """Return the scenario with everything an independent recomputation needs, exact, as strings.

    `prior` is None where it is p_T and p_T was not computed exactly; then its kind, "marginal", says all.
    """
    reverse = scenario.file.reverse
    named = reverse.prior if isinstance(reverse.prior, str) else "given"
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "unit": scenario.unit,
        "states": list(chain.states),
        "data": None if scenario.sequences else [text(p) for p in chain.data.probabilities],
        **({"sequences": _law(scenario)} if scenario.sequences else {}),
        "kernel": _kernel(scenario, chain),
        "schedule": None if (schedule := scenario.file.noise.schedule) is None else schedule.described(),
        "steps": chain.T,
        "betas": [text(beta) for beta in chain.betas] or None,
        "reverse": {
            "model": _model(scenario, model, chain),
            "prior": {"kind": named, "probabilities": prior and [text(p) for p in prior.rows()[0]]},
        },
        "checks": scenario.check_records(),
    }


def _law(scenario: Scenario) -> dict[str, object]:
    from markovdiff.study.sequence_data import record_of

    assert scenario.sequences is not None
    return record_of(scenario.sequences)


def _contractions(scenario: Scenario, chain: Chain, certified: bool) -> Contractions:
    from markovdiff.study.contraction import Contractions

    return Contractions(chain, scenario.digits, certified=certified)


def _kernel(scenario: Scenario, chain: Chain) -> dict[str, object]:
    """Return the kernel's kind and what an audit needs; for a kind that no audit knows, the rows of every step."""
    spec, kernel = scenario.file.noise.kernel, chain.kernel
    kind, described = spec.kind(), spec.described()
    record = kernel.record(chain.strengths) if kind in KERNELS else Kernel.record(kernel, chain.strengths)
    return {"kind": kind, **described, **record}


def _model(scenario: Scenario, model: ReverseModel | None, chain: Chain) -> dict[str, object] | None:
    """Return the model's kind and what an audit needs of it: of a kind that no audit knows, the rows of every step."""
    spec = scenario.model
    if scenario.sequences is not None:
        return {"kind": spec.kind(), **spec.keys()}
    if model is None:
        return None
    record = spec.record(model, chain) if spec.kind() in MODELS else ModelSpec.record(spec, model, chain)
    return {"kind": spec.kind(), **record}
