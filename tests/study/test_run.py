"""Running: steps stream from t = 0, checks conclude, and what this machine cannot finish is refused first."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import pytest

import markovdiff as md
from markovdiff.arithmetic.rational import text
from markovdiff.cli import main
from markovdiff.process.chain import Chain
from markovdiff.study.forecast import Forecast, forecast, forecast_balls, forecast_float
from markovdiff.study.result import Step

CONSTANT = 'schedule = { kind = "constant", beta = "1/10" }'
MEMORY = (
    '{ kind = "conditional", rows_by_source = [[["1/2", "1/2"], ["1/4", "3/4"]], [["9/10", "1/10"], ["1/2", "1/2"]]] }'
)


def study(
    kernel: str = '{ kind = "uniform" }',
    checks: str = "",
    data: str = "weights = [3, 1]",
    noise: str = CONSTANT,
    T: int = 5,
) -> md.Scenario:
    return md.loads(f"[data]\n{data}\n[noise]\nsteps = {T}\nkernel = {kernel}\n{noise}\n[checks]\n{checks}\n")


def verdicts(result: md.Result) -> dict[str, tuple[str, str]]:
    return {check.check: (check.observed, check.verdict) for check in result.checks}


# streaming


def test_on_step_begins_at_0_and_misses_none() -> None:
    """`on_step` is given t = 0, 1, …, T in turn, the very steps of the result."""
    seen: list[Step] = []
    result = md.run(study(), on_step=seen.append)
    assert [step.t for step in seen] == [0, 1, 2, 3, 4, 5]
    assert all(a is b for a, b in zip(seen, result.steps, strict=True))


def test_steps_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step t is handed over before step t + 1 is computed."""
    events: list[str] = []
    following = Chain._next

    def watched(self: Chain, before: object) -> object:
        moment = following(self, before)  # type: ignore[arg-type]
        events.append(f"made {moment.t}")
        return moment

    monkeypatch.setattr(Chain, "_next", watched)
    asked = study(T=3)
    events.clear()
    md.run(asked, on_step=lambda step: events.append(f"given {step.t}"))
    given = [event for event in events if event.startswith("given")]
    assert given == ["given 0", "given 1", "given 2", "given 3"]
    assert events.index("given 0") < events.index("made 1") < events.index("given 1")
    assert events.index("given 1") < events.index("made 2") < events.index("given 2")


def test_a_listener_may_stop_the_run() -> None:
    """What `on_step` raises comes out of `run` as it is."""

    class EnoughError(Exception):
        pass

    seen: list[int] = []

    def listen(step: Step) -> None:
        seen.append(step.t)
        if step.t == 2:
            raise EnoughError

    with pytest.raises(EnoughError):
        md.run(study(), on_step=listen)
    assert seen == [0, 1, 2]


def test_progress_ends_at_one() -> None:
    """Progress rises from 0 to 1 within each task."""
    shares: dict[str, list[float]] = {}
    md.run(study(), progress=lambda task, share: shares.setdefault(task, []).append(share))
    assert shares["steps"] == [t / 5 for t in range(6)]
    assert all(values == sorted(values) and values[-1] == 1 for values in shares.values())


# verdicts


@pytest.mark.parametrize(
    ("kernel", "beta", "observed"),
    [
        ('{ kind = "uniform" }', "1/10", "strict"),
        ('{ kind = "uniform" }', "0", "equal"),
        ('{ kind = "uniform" }', "1", "non-increasing"),
        ('{ kind = "matrix", rows = [[0, 1], [1, 0]] }', "1", "equal"),
        ('{ kind = "absorbing" }', "1/2", "strict"),
    ],
)
@pytest.mark.parametrize("expected", ["strict", "non-increasing", "equal", "violated"])
def test_decay_is_compared_with_what_is_expected(kernel: str, beta: str, observed: str, expected: str) -> None:
    """mi-decay holds where the word observed is the word expected; strict and equal are both non-increasing."""
    noise = f'schedule = {{ kind = "constant", beta = "{beta}" }}'
    result = md.run(study(kernel, f'mi-decay = "{expected}"', noise=noise))
    holds = expected in (observed, "non-increasing")
    assert verdicts(result)["mi-decay"] == (observed, "holds" if holds else "fails")


def test_memory_gains_information_and_is_expected_to() -> None:
    """A process with memory that gains information fails by default, and holds where "violated" is expected."""
    plain = md.run(study(MEMORY, noise="", data="weights = [1, 1]"))
    asked = md.run(study(MEMORY, 'mi-decay = "violated"', noise="", data="weights = [1, 1]"))
    assert verdicts(plain)["mi-decay"] == ("violated", "fails")
    assert verdicts(asked)["mi-decay"] == ("violated", "holds")
    witness = next(check.witness for check in asked.checks if check.check == "mi-decay")
    assert witness is not None
    t = witness["t"]
    assert asked.steps[t].decay == "violated"  # type: ignore[index]


@pytest.mark.parametrize("check", ["dpi", "sdpi", "identities", "h-theorem"])
def test_a_theorem_expected_to_fail_fails(check: str) -> None:
    """Where a theorem is expected to be violated the verdict is "fails": it was observed to hold."""
    result = md.run(study(checks=f'{check} = "violated"'))
    assert verdicts(result)[check] == ("holds", "fails")
    assert not result.passed


def test_entropy_need_not_grow() -> None:
    """Absorption first raises and then lowers H(x_t): non-decreasing is refuted, with the first fall as witness."""
    result = md.run(study('{ kind = "absorbing" }', 'entropy-growth = "non-decreasing"', T=20))
    assert verdicts(result)["entropy-growth"] == ("violated", "fails")
    check = next(check for check in result.checks if check.check == "entropy-growth")
    assert check.witness is not None
    entropies = [float(step.entropy) for step in result.steps]
    falls = [t for t, (before, after) in enumerate(pairwise(entropies), 1) if after < before]
    assert check.witness == {"t": falls[0]}


def test_a_law_that_is_not_stationary_breaks_the_h_theorem() -> None:
    """KL(p_t‖ν) may rise for a ν that is not stationary; for the stationary law it never does."""
    rising = 'h-theorem = { against = ["3/4", "1/4"], expected = "violated" }'
    assert verdicts(md.run(study(checks=rising)))["h-theorem"] == ("violated", "holds")
    assert verdicts(md.run(study(checks='h-theorem = "holds"')))["h-theorem"] == ("holds", "holds")


def test_order_of_checks_is_fixed() -> None:
    """The checks come in one order, whichever order the file has them in."""
    order = ["mi-decay", "identities", "sdpi", "h-theorem", "elbo-ledger", "dpi", "entropy-growth", "converged"]
    a = 'entropy-growth = "violated"\nconverged = { information = 1 }\nmi-decay = "strict"'
    b = 'mi-decay = "strict"\nconverged = { information = 1 }\nentropy-growth = "violated"'
    assert [[check.check for check in md.run(study(checks=text)).checks] for text in (a, b)] == [order, order]


@pytest.mark.parametrize("kernel", ["uniform", "neighbour", "gaussian", "absorbing"])
def test_one_state_has_nothing_to_lose(kernel: str) -> None:
    """With K = 1 every entropy and every loss is an exact 0, and the decay is "equal"."""
    result = md.run(study(f'{{ kind = "{kernel}" }}', data="weights = [1]"))
    assert all(step.mutual_information.value == "0" for step in result.steps)
    assert {step.decay for step in result.steps[1:]} == {"equal"}
    assert result.passed


def test_more_digits_agree_with_fewer() -> None:
    """At 200 digits every enclosure lies within the one at 15."""
    coarse, fine = (md.run(study().with_options(digits=n)) for n in (15, 200))
    for a, b in zip(coarse.steps, fine.steps, strict=True):
        for name in ("entropy", "conditional_entropy", "noise_entropy", "mutual_information"):
            wide, narrow = getattr(a, name), getattr(b, name)
            assert Fraction(wide.lower) <= Fraction(narrow.lower) <= Fraction(narrow.upper) <= Fraction(wide.upper)


# forecast


@pytest.mark.slow
def test_a_run_too_big_is_refused_before_it_starts() -> None:
    """A legal chain that would take days is refused with status 3, with what was forecast and what would help."""
    started: list[int] = []
    big = study('{ kind = "neighbour" }', data='family = { kind = "triangular", size = 64 }', T=100_000)
    with pytest.raises(md.UnfinishedError) as caught:
        md.run(big, on_step=lambda step: started.append(step.t))
    error = caught.value
    assert error.status == 3
    assert started == []
    assert error.where is not None
    assert "K = 64, T = 100000" in error.where
    assert error.got
    assert error.remedy
    assert "--arithmetic float" in error.remedy


def test_the_forecast_grows_with_the_work() -> None:
    """More steps, more states or longer denominators never make the forecast smaller."""
    size = 'family = {{ kind = "uniform", size = {} }}'
    steps = [forecast(study('{ kind = "neighbour" }', T=T).chain()) for T in (10, 100, 1000)]
    states = [forecast(study('{ kind = "neighbour" }', data=size.format(K)).chain()) for K in (4, 16, 64)]
    for made in (steps, states):
        assert [f.seconds for f in made] == sorted(f.seconds for f in made)
        assert [f.memory for f in made] == sorted(f.memory for f in made)
    assert [f.bits for f in steps] == sorted(f.bits for f in steps)


def test_the_triangles_kernels_are_in_the_forecast_of_memory() -> None:
    """`dpi` holds q(x_u | x_s) for every s at a time: their digits, a few times over, beside the chain's own."""
    chain = study('{ kind = "neighbour" }', T=200, data='family = { kind = "uniform", size = 32 }').chain()
    alone, paired = forecast(chain), forecast(chain, 64 * 64 // 2)
    assert paired.memory - alone.memory > 64 * 32**2 * alone.bits / 8


def test_the_forecast_is_told_before_the_first_step() -> None:
    """`on_begin` comes once and first, with a forecast and a result that has everything but findings."""
    told: list[object] = []
    result = md.run(study(), on_step=lambda step: told.append(step.t), on_begin=lambda *known: told.append(known))
    (begun, made), *times = told  # type: ignore[misc]
    assert times == list(range(len(result.steps)))
    assert begun.scenario == result.scenario
    assert (begun.partial, begun.steps, begun.checks, begun.passed) == (True, (), (), False)
    assert made == forecast(study().chain(), len(result.steps) * (len(result.steps)) // 2)
    assert not result.partial


def test_like_states_are_forecast_once() -> None:
    """A vocabulary of which all counts are equal is forecast as one of a single word, but for its memory."""
    like = forecast(study(data='family = { kind = "uniform", size = 50000 }').chain())
    unlike = forecast(study(data='family = { kind = "triangular", size = 50000 }').chain())
    assert 1000 * like.seconds < unlike.seconds


def test_the_forecast_counts_what_is_kept() -> None:
    """Exact ᾱ_t and TV(p_t, π) of 10^5 steps are gigabytes of digits: a forecast below that is none."""
    chain = study(T=100_000).chain()
    kept = sum(t * 10 // 3 // 8 for t in range(100_000))
    assert forecast(chain).memory >= kept


@pytest.mark.parametrize("kernel", ['{ kind = "uniform" }', '{ kind = "neighbour" }', '{ kind = "gaussian" }'])
@pytest.mark.parametrize("arithmetic", ["ball", "float"])
def test_each_arithmetic_has_a_forecast(arithmetic: Literal["ball", "float"], kernel: str) -> None:
    """It is told before the first step, in the words of the arithmetic that does the work."""
    told: list[Forecast] = []
    scenario = study(kernel).with_options(arithmetic=arithmetic)
    md.run(scenario, on_begin=lambda _begun, made: told.append(made))
    (made,) = told
    assert made.arithmetic == arithmetic
    assert made.seconds > 0
    assert made.memory > 0
    assert {"exact": "denominators", "ball": "enclosures of", "float": "float64"}[made.arithmetic] in str(made)


def test_forecasts_of_balls_and_floats_grow_with_the_work() -> None:
    """More steps, states, bits or rows never make them smaller, and no table of Q̄_t that is held is left out."""
    size = 'family = {{ kind = "uniform", size = {} }}'
    steps = [study('{ kind = "neighbour" }', T=T).chain() for T in (10, 100, 1000)]
    states = [study('{ kind = "neighbour" }', data=size.format(K)).chain() for K in (4, 16, 64)]
    for made in (
        [forecast_float(chain) for chain in steps],
        [forecast_float(chain) for chain in states],
        [forecast_balls(chain, 200, 2) for chain in steps],
        [forecast_balls(chain, 200, chain.K) for chain in states],
        [forecast_balls(states[-1], bits, 64) for bits in (100, 200, 5000)],
        [forecast_balls(states[-1], 200, rows) for rows in (32, 64)],
    ):
        assert [f.seconds for f in made] == sorted({f.seconds for f in made})
        assert [f.memory for f in made] == sorted({f.memory for f in made})
    assert forecast_float(states[-1]).memory > 4 * 8 * 64**2
    assert forecast_balls(states[-1], 6400, 64).memory > 3 * 800 * 64**2


@pytest.mark.parametrize(
    ("arithmetic", "advice"), [("exact", "--arithmetic ball"), ("ball", "--arithmetic float"), ("float", "fewer steps")]
)
def test_what_does_not_fit_into_memory_is_refused(
    arithmetic: Literal["exact", "ball", "float"], advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine too small no step is begun; the error names what was forecast and what would do instead."""
    scenario = study('{ kind = "neighbour" }').with_options(arithmetic=arithmetic)
    enough_for_float = 2 * int(forecast_float(scenario.chain()).memory) + 2
    pages = {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": enough_for_float if arithmetic == "ball" else 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    begun: list[object] = []
    with pytest.raises(md.UnfinishedError) as caught:
        md.run(scenario, on_step=begun.append)
    assert begun == []
    assert caught.value.status == 3
    assert advice in str(caught.value.remedy)
    assert "a forecast of" in str(caught.value.got)


@pytest.mark.parametrize("arithmetic", ["ball", "float"])
def test_the_command_tells_the_forecast(arithmetic: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`run --forecast` says seconds, memory and the arithmetic, and runs nothing."""
    assert main(["run", "dense-late", "--arithmetic", arithmetic, "--forecast"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("dense-late: ")
    assert ("enclosures" if arithmetic == "ball" else "float64") in said


def test_a_gaussian_is_written_out_as_it_is() -> None:
    """The record's matrices, which share the texts of their jumps, are the kernel's rows."""
    noise = 'schedule = { kind = "linear", start = "1/10", stop = "1/2" }'
    scenario = study('{ kind = "gaussian" }', data="weights = [3, 1, 2, 5, 4]", noise=noise, T=3)
    kernel = md.run(scenario).scenario["kernel"]
    assert isinstance(kernel, dict)
    assert kernel["steps_rows"] == [[[text(x) for x in row] for row in scenario.chain().step(t)] for t in (1, 2, 3)]


@pytest.mark.parametrize("prior", ['"marginal"', '"uniform"', '"stationary"', '["1/2", "1/2", 0]'])
@pytest.mark.parametrize("kernel", ["uniform", "mixing", "neighbour"])
def test_the_distance_to_the_prior_is_half_the_sum_of_differences(kernel: str, prior: str) -> None:
    """TV(p_t, π) = ½ Σ |p_t[j] − π[j]|, also where it is had from ᾱ_t alone."""
    target = ', target = ["1/6", "1/3", "1/2"]' if kernel == "mixing" else ""
    study = md.loads(
        f"data = {{ weights = [5, 2, 1] }}\nreverse = {{ prior = {prior} }}\n[noise]\nsteps = 5\n"
        f'kernel = {{ kind = "{kernel}"{target} }}\nschedule = {{ kind = "linear", start = "1/7", stop = "2/3" }}\n'
    )
    chain, pi = study.chain(), study.prior(study.chain()).rows()[0]
    for step in md.run(study).steps:
        gaps = (abs(p - q) for p, q in zip(chain.marginal(step.t), pi, strict=True))
        assert step.total_variation_to_prior == sum(gaps) / 2


def test_without_closed_forms_nothing_else_changes() -> None:
    """A result made without them is the other one with each closed form taken out; some numbers had one."""
    with_forms, without = (md.run(md.load("elbo-d3pm"), closed_forms=wanted) for wanted in (True, False))
    assert without_forms(json.loads(with_forms.to_json())) == without_forms(json.loads(without.to_json()))
    assert with_forms.steps[1].entropy.closed_form
    assert without.steps[1].entropy.closed_form is None


def without_forms(record: Any) -> Any:
    """Return JSON without closed forms."""
    if isinstance(record, list):
        return [without_forms(inner) for inner in record]
    if isinstance(record, dict):
        return {key: without_forms(inner) for key, inner in record.items() if key != "closed_form"}
    return record
