"""Running a scenario: the chain's moments stream past, each becomes a Step, and checks conclude.

    Scenario → Chain → Moment, Moment, … → Information → Step, Step, … → Result

Only two moments are held at a time; what is kept of a step is its reported numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import msgspec
from flint import fmpz

import markovdiff
from markovdiff.arithmetic.matrix import RationalMatrix, cofactors, fraction
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import shown, text
from markovdiff.errors import InputError
from markovdiff.measures.elbo import Entry, Ledger, Totals
from markovdiff.measures.findings import Finding, HTheorem, Watcher
from markovdiff.measures.processing import Information
from markovdiff.measures.terms import Term, Unbounded
from markovdiff.measures.triangle import times_of, triangle
from markovdiff.process.chain import Chain
from markovdiff.process.grouping import Classes
from markovdiff.process.kernels import Blend, Forgetting, Gaussian, PerStep
from markovdiff.process.reverse import (
    D3PM,
    Counted,
    DenoiserTable,
    PosteriorMixture,
    ReverseModel,
    ReverseTable,
    Row,
)
from markovdiff.process.transition import Mixing, Pushed, Transition
from markovdiff.study.forecast import Forecast, check_forecast
from markovdiff.study.result import Check, Elbo, Result, Step
from markovdiff.study.scenario import Scenario

Progress = Callable[[str, float], None]

CLOSED_FORM_BITS = 4096
"""Closed forms are looked for while the joint's cells have at most this many bits together."""


def run(
    scenario: Scenario,
    on_step: Callable[[Step], object] | None = None,
    progress: Progress = lambda _task, _share: None,
    on_begin: Callable[[Result, Forecast], object] | None = None,
) -> Result:
    """Run a scenario. `on_step` is given each Step as it is finished, from t = 0.

    `on_begin` is given, before the first of them, the result so far, all but what is to be found out, and the forecast.

    Raises UnfinishedError where the forecast says that this machine cannot finish it.
    """
    if not isinstance(scenario, Scenario):
        raise InputError("not a scenario", where="run", expected="what md.load or md.loads gives", got=shown(scenario))
    if scenario.file.arithmetic.kind != "exact":
        raise InputError(
            f"{scenario.file.arithmetic.kind} arithmetic is not built yet",
            where="arithmetic.kind",
            expected="exact",
            got=scenario.file.arithmetic.kind,
        )
    chain = scenario.chain()
    check_forecast(chain)
    prior, model = scenario.prior(chain), scenario.reverse_model(chain)
    ledger = None if model is None else Ledger(chain, model, prior, scenario.digits)
    dense = ledger is not None and not ledger.likelihood.is_data
    times = len(times_of(chain.T)) if "dpi" in scenario.expectations else 0
    made = check_forecast(chain, times * times // 2, dense=dense)
    begun = Result(
        version=markovdiff.__version__,
        unit=scenario.unit,
        arithmetic={"kind": scenario.file.arithmetic.kind, "digits": scenario.digits},
        scenario=resolved(scenario, chain, prior, model),
        partial=True,
    )
    if on_begin is not None:
        on_begin(begun, made)
    watchers = dict(scenario.watchers())
    classes, reached = None if dense else _classes(chain, prior, watchers.values()), prior
    if classes is not None:
        reached = classes.grouped(prior)
        for watcher in watchers.values():
            if isinstance(watcher, HTheorem):
                watcher.law = classes.grouped(watcher.law)
    steps: list[Step] = []
    for now in _stream(chain, classes):
        entry = None if ledger is None else ledger.observe(now)
        step = _step(now, scenario, reached, entry)
        for watcher in watchers.values():
            watcher.observe(now)
        steps.append(step)
        if on_step is not None:
            on_step(step)
        progress("steps", now.moment.t / chain.T)
    elbo = Elbo()
    findings = {check: watcher.conclude() for check, watcher in watchers.items()}
    if ledger is not None:
        totals, findings["elbo-ledger"] = ledger.conclude()
        elbo = Elbo(**{name: _report(getattr(totals, name), scenario, _is_small(now)) for name in Totals.__slots__})
    if times:
        findings["dpi"] = triangle(chain, lambda share: progress("pairs of times", share))
    checks = tuple(_check(name, e, findings[name]) for name, e in scenario.expectations.items())
    return replace(begun, steps=tuple(steps), elbo=elbo, checks=checks, partial=False)


def _classes(chain: Chain, prior: RationalMatrix, watchers: Iterable[Watcher]) -> Classes | None:
    """The classes of like states, where no law that the chain is measured against tells them apart either."""
    laws = [prior, *(watcher.law for watcher in watchers if isinstance(watcher, HTheorem))]
    classes = chain.classes
    return classes if classes is not None and all(classes.holds(law) for law in laws) else None


def _stream(chain: Chain, classes: Classes | None) -> Iterator[Information]:
    before: Information | None = None
    for moment in chain.moments(classes):
        now = Information(moment, before)
        yield now
        before = now.forget()


def _is_small(now: Information) -> bool:
    """Whether closed forms are worth looking for: no number in one has more than a few hundred bits."""
    bits, columns = now.moment.marginal.d.bit_length(), now.moment.marginal.N.entries()
    if bits * sum(n != 0 for n in columns) > CLOSED_FORM_BITS:
        return False
    bits = now.moment.deviation.scale.bit_length()
    cells = sum(len(cells) for _, cells in now.moment.deviation.columns)
    return bits <= CLOSED_FORM_BITS // 8 and bits * cells <= CLOSED_FORM_BITS


def _report(term: Term, scenario: Scenario, closed: bool) -> Enclosed:
    if isinstance(term, Unbounded):
        return Enclosed(term.kind, witness=term.witness, words=term.words)
    return term.enclosed(scenario.digits, scenario.unit, closed)


def _step(now: Information, scenario: Scenario, prior: RationalMatrix, entry: Entry | None) -> Step:
    moment, closed = now.moment, _is_small(now)

    def report(term: Term) -> Enclosed:
        return _report(term, scenario, closed)

    first = now.before is None
    return Step(
        t=moment.t,
        beta=moment.beta,
        alpha_bar=moment.alpha_bar,
        entropy=report(now.entropy),
        conditional_entropy=report(now.conditional),
        noise_entropy=report(now.noise),
        mutual_information=report(now.mutual),
        information_loss=None if first else report(now.loss),
        decay=None if first else now.decay,
        dobrushin=now.dobrushin,
        sdpi_bound=None if now.bound is None else report(now.bound),
        total_variation_to_prior=total_variation(moment.marginal, prior),
        elbo_term=None if entry is None else report(entry.term),
        model_error=None if entry is None else report(entry.error),
        law=Pushed(moment.data, moment.cumulative) if isinstance(moment.cumulative, Mixing) else moment.marginal,
    )


def total_variation(p: RationalMatrix, q: RationalMatrix) -> Fraction:
    """TV(p, q) = ½ Σ |p_j − q_j|, exactly."""
    u, v = cofactors(p.d, q.d)
    pairs = zip(p.N.entries(), p.beside(q).N.entries(), p.copies, strict=True)
    distance = sum((m * abs(a * u - b * v) for a, b, m in pairs), fmpz(0))
    return fraction(distance, 2 * p.d * u)


def _check(name: str, expected: str, finding: Finding) -> Check:
    as_expected = finding.observed == expected or (
        name == "mi-decay" and expected == "non-increasing" and finding.observed in ("strict", "equal")
    )
    verdict = "undecided" if finding.observed == "undecided" else "holds" if as_expected else "fails"
    return Check(name, expected, finding.observed, verdict, finding.decided, finding.detail, finding.witness)


def resolved(scenario: Scenario, chain: Chain, prior: RationalMatrix, model: ReverseModel | None) -> dict[str, object]:
    """The scenario with everything an independent recomputation needs, exact, as strings."""
    reverse = scenario.file.reverse
    named = reverse.prior if isinstance(reverse.prior, str) else "given"
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "unit": scenario.unit,
        "states": list(chain.states),
        "data": [text(p) for p in chain.data.probabilities],
        "kernel": _kernel(scenario, chain),
        "steps": chain.T,
        "betas": [text(beta) for beta in chain.betas] or None,
        "reverse": {
            "model": _model(scenario, model),
            "prior": {"kind": named, "probabilities": [text(p) for p in prior.rows()[0]]},
        },
        "checks": {name: _expected(scenario, name) for name in scenario.expectations},
    }


def _expected(scenario: Scenario, name: str) -> object:
    """What is expected of a check; with its law or its bound, where it has one."""
    word, asked = scenario.expectations[name], scenario.file.checks
    if name == "converged":
        assert asked is not None
        assert asked.converged is not None
        return {"expected": word, "information": text(asked.converged.information), "unit": scenario.file.unit}
    if name == "h-theorem":
        law, against = scenario.law()
        return {"expected": word, "against": against, "law": [text(p) for p in law.rows()[0]]}
    return word


def _model(scenario: Scenario, model: ReverseModel | None) -> dict[str, object] | None:
    """The reverse model's kind and parameters, with its rows where they were counted or brought."""
    if model is None:
        return None
    spec = scenario.file.reverse.model
    left_out = ("rows", "path", "normalise")
    record: dict[str, object] = {"kind": type(spec).__struct_config__.tag}
    for name in spec.__struct_fields__:
        value = getattr(spec, name)
        if name not in left_out and value is not None:
            record[name] = msgspec.to_builtins(value, enc_hook=text)
    if isinstance(model, Counted):
        record["smoothing"] = text(model.smoothing)
    match model:
        case Counted() | ReverseTable():
            record["rows"] = [_table(table) for table in model.tables]
        case PosteriorMixture(denoiser=DenoiserTable() as brought) | D3PM(denoiser=DenoiserTable() as brought):
            record["denoiser_rows"] = [_table(table) for table in brought.tables]
    return record


def _table(rows: Sequence[Row | None]) -> list[list[str] | None]:
    return [row and [text(fraction(n, row[1])) for n in row[0]] for row in rows]


def _kernel(scenario: Scenario, chain: Chain) -> dict[str, object]:
    """The kernel's kind, with its rows where they are not a formula of β."""
    kernel = chain.kernel
    kind = {"kind": type(scenario.file.noise.kernel).__struct_config__.tag}
    match kernel:
        case Forgetting():
            return {**kind, "target": [text(p) for p in kernel.target.probabilities]}
        case Blend():
            return {**kind, "rows": _rows(kernel.M)}
        case Gaussian():
            rows = {beta: _rows(kernel.transition(beta)) for beta in dict.fromkeys(chain.betas)}
            return {**kind, "resolution": text(kernel.resolution), "steps_rows": [rows[beta] for beta in chain.betas]}
        case PerStep():
            return {**kind, "steps_rows": [_rows(step) for step in kernel.steps]}
    return {**kind, "rows_by_source": [_rows(M) for M in kernel.by_source]}


def _rows(step: Transition) -> list[list[str]]:
    return [[text(x) for x in row] for row in step.rows()]
