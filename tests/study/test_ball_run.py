"""Whole runs in balls: ledger, checks and files against exact arithmetic."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

import markovdiff as md
from markovdiff.cli import main
from markovdiff.study.result import TOTALS
from markovdiff.study.scenario import shipped_scenarios
from markovdiff.study.schema import result_schema

KERNELS = {
    "uniform": '{ kind = "uniform" }',
    "neighbour": '{ kind = "neighbour" }',
    "gaussian": '{ kind = "gaussian" }',
    "matrix": '{ kind = "matrix", rows = [["1/2", "1/2", 0], ["1/3", "1/3", "1/3"], [0, 0, 1]] }',
}
PRIORS = ['"marginal"', '"uniform"', '["1/2", "1/4", "1/4"]', "[0, 0, 1]", "[1, 0, 0]"]


def study(kernel: str, prior: str = '"marginal"', data: str = "weights = [5, 2, 1]") -> md.Scenario:
    return md.loads(
        f"data = {{ {data} }}\nreverse = {{ prior = {prior} }}\n"
        f'[noise]\nsteps = 5\nkernel = {kernel}\nschedule = {{ kind = "linear", start = "1/10", stop = "1/2" }}\n'
    )


@pytest.mark.parametrize("data", ["weights = [5, 2, 1]", "weights = [5, 2, 0]"])
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_ledger_meets_the_exact_one(kernel: str, prior: str, data: str) -> None:
    """Every total's enclosure meets the exact run's, infinite and undefined where that is."""
    scenario = study(KERNELS[kernel], prior, data)
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="ball")).elbo
    for name in (*TOTALS, "nll_excess"):
        a, b = getattr(exact, name), getattr(near, name)
        if a.is_finite:
            assert Fraction(b.lower) <= Fraction(a.upper), name
            assert Fraction(a.lower) <= Fraction(b.upper), name
        else:
            assert b.value == a.value, name


def test_an_undefined_likelihood_names_where() -> None:
    """A prior that reaches what the noise never does: NLL is undefined at the same (t, x_t) as exactly."""
    stays = '{ kind = "matrix", rows = [["1/2", 0, "1/2"], [0, 1, 0], ["1/3", 0, "2/3"]] }'
    scenario = study(stays, '["1/4", "1/4", "1/2"]', "weights = [5, 0, 2]")
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="ball")).elbo
    assert exact.nll.value == near.nll.value == "undefined"
    assert exact.nll.witness == near.nll.witness == {"t": 5, "x_t": "1"}


@pytest.mark.parametrize("prior", ['"marginal"', '"uniform"'])
def test_the_order_is_said_as_it_is_exactly(prior: str) -> None:
    """H(x0) = NLL = L from p_T itself, H(x0) < NLL < L from another prior."""
    scenario = study(KERNELS["matrix"], prior)
    said = [
        next(c.detail for c in md.run(scenario.with_options(arithmetic=kind)).checks if c.check == "elbo-ledger")
        for kind in ("exact", "ball")
    ]
    order = "H(x0) = NLL = L" if "marginal" in prior else "H(x0) < NLL < L"
    assert all(order in detail for detail in said)


@pytest.mark.parametrize("name", sorted(name for name in shipped_scenarios() if not name.startswith("elbo-")))
def test_shipped_scenarios_come_out_as_they_do_exactly(name: str) -> None:
    """Each verdict is the exact one and says enclosure (structured chains stay exact); values and files agree."""
    scenario = md.load(name)
    if scenario.T > 64:
        scenario = md.load("two-rooms")
    exact, near = md.run(scenario), md.run(scenario.with_options(arithmetic="ball"))
    assert [(c.check, c.observed, c.verdict) for c in near.checks] == [
        (c.check, c.observed, c.verdict) for c in exact.checks
    ]
    structured = any(step.alpha_bar is not None for step in exact.steps)
    assert {check.decided for check in near.checks} <= ({"enclosure", "exact"} if structured else {"enclosure"})
    for a, b in zip(exact.steps, near.steps, strict=True):
        assert b.mutual_information.value == a.mutual_information.value
        assert b.decay == a.decay
        assert isinstance(b.total_variation_to_prior, Decimal)
        assert float(b.total_variation_to_prior) == pytest.approx(float(a.total_variation_to_prior), rel=1e-13, abs=0)
        assert [float(p) for p in b.marginal] == pytest.approx([float(p) for p in a.marginal], rel=1e-13, abs=0)
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(near.to_json(distributions=True)))


def test_another_model_than_bayes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What balls do not have is bad usage, with a remedy."""
    path = tmp_path / "uniform-model.toml"
    kernel = 'kernel = { kind = "neighbour" }\nschedule = { kind = "constant", beta = "1/2" }'
    model = 'model = { kind = "uniform" }'
    path.write_text(f"data = {{ weights = [3, 1] }}\nreverse = {{ {model} }}\n[noise]\nsteps = 2\n{kernel}\n")
    assert main(["run", str(path), "--arithmetic", "ball"]) == 2
    assert "exact arithmetic" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["two-state", "two-rooms"])
def test_a_run_in_balls_gives_a_certificate(name: str, tmp_path: Path) -> None:
    """Its rationals stand there as the decimals that they are in the result."""
    file, other = tmp_path / "c.json", tmp_path / "r.json"
    both = ["--certificate", str(file), "--json", str(other)]
    assert main(["run", name, "--arithmetic", "ball", "--quiet", *both]) == 0
    made, result = (json.loads(path.read_text(encoding="utf-8")) for path in (file, other))
    for a, b in zip(made["steps"], result["steps"], strict=True):
        for key in ("beta", "alpha_bar", "dobrushin", "total_variation_to_prior"):
            assert a[key] == b[key]


@pytest.mark.parametrize(("K", "told"), [(2, True), (3, False)])
def test_what_balls_do_not_tell_from_zero_is_undecided(monkeypatch: pytest.MonkeyPatch, K: int, told: bool) -> None:
    """With no exact chain beside the balls: halves are balls of no width, thirds are not, and nothing is made up."""
    monkeypatch.setattr("markovdiff.study.balls.CHEAP_SECONDS", 0.0)
    scenario = md.loads(
        f'data = {{ family = {{ kind = "uniform", size = {K} }} }}\nreverse = {{ prior = "uniform" }}\n[noise]\n'
        'steps = 3\nkernel = { kind = "neighbour" }\nschedule = { kind = "constant", beta = "1/3" }\n'
    )
    result = md.run(scenario.with_options(arithmetic="ball"))
    assert result.steps[0].total_variation_to_prior == (0 if told else None)
    assert result.elbo.prior_gap is not None
    assert result.elbo.prior_gap.value == "undecided"
    assert {check.check: check.verdict for check in result.checks}["elbo-ledger"] == "undecided"
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(result.to_json(distributions=True)))
