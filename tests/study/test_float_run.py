"""Whole runs in float64: the ledger, the checks and the files, against exact arithmetic."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import markovdiff as md
from markovdiff.cli import main
from markovdiff.process.kernels import Blend
from markovdiff.study.result import TOTALS
from markovdiff.study.scenario import shipped_scenarios
from markovdiff.study.schema import result_schema

KERNELS = {
    "uniform": '{ kind = "uniform" }',
    "absorbing": '{ kind = "absorbing", mask = "2" }',
    "mixing": '{ kind = "mixing", target = ["1/2", "0", "1/2"] }',
    "neighbour": '{ kind = "neighbour" }',
    "gaussian": '{ kind = "gaussian" }',
    "matrix": '{ kind = "matrix", rows = [["1/2", "1/2", 0], ["1/3", "1/3", "1/3"], [0, 0, 1]] }',
}
PRIORS = ['"marginal"', '"uniform"', '["1/2", "1/4", "1/4"]', "[0, 0, 1]", "[1, 0, 0]"]


def study(kernel: str, prior: str = '"marginal"', data: str = "weights = [5, 2, 1]") -> md.Scenario:
    return md.loads(
        f"data = {{ {data} }}\nreverse = {{ prior = {prior} }}\n"
        f'[noise]\nsteps = 6\nkernel = {kernel}\nschedule = {{ kind = "linear", start = "1/10", stop = "1/2" }}\n'
    )


def test_float64_needs_no_common_denominator(tmp_path: Path) -> None:
    """300 rows of floats, each over a sum of its own: their one denominator has thousands of bits, and is not made."""
    np.save(tmp_path / "rows.npy", np.random.default_rng(1).dirichlet(np.ones(300), 300))
    scenario = md.loads(
        "data = { family = { kind = 'uniform', size = 300 } }\narithmetic = { kind = 'float' }\n"
        "[noise]\nsteps = 3\nkernel = { kind = 'matrix', path = 'rows.npy', normalise = true }\n"
        "schedule = { kind = 'constant', beta = '1/3' }\n",
        folder=tmp_path,
    )
    assert md.run(scenario).steps[3].decay == "strict"
    kernel = scenario.chain().kernel
    assert isinstance(kernel, Blend)
    assert kernel.M.denominator.bit_length() > 10_000
    assert "matrix" not in vars(kernel.M)


@pytest.mark.parametrize("data", ["weights = [5, 2, 1]", "weights = [5, 2, 0]"])
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_ledger_agrees_with_the_exact_one(kernel: str, prior: str, data: str) -> None:
    """Every total is the exact one to within 1e-10, infinite and undefined where that is."""
    scenario = study(KERNELS[kernel], prior, data)
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="float")).elbo
    for name in (*TOTALS, "nll_excess"):
        a, b = getattr(exact, name), getattr(near, name)
        assert b.lower is b.upper is None
        if a.is_finite:
            assert float(b) == pytest.approx(float(a), rel=1e-10, abs=1e-16), name
        else:
            assert b.value == a.value, name


def test_an_undefined_likelihood_names_where() -> None:
    """A prior that reaches what the noise never does: NLL is undefined at the same (t, x_t) as exactly."""
    scenario = study(KERNELS["absorbing"], '["1/4", "1/4", "1/2"]', "weights = [5, 0, 2]")
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="float")).elbo
    assert exact.nll.value == near.nll.value == "undefined"
    assert exact.nll.witness == near.nll.witness == {"t": 6, "x_t": "1"}


@pytest.mark.parametrize("kind", ["float", "ball"])
def test_what_the_model_cannot_produce_is_named(kind: str) -> None:
    """A prior on a state that x0 = 2 never comes to: NLL is infinite, and the witness is that x0, as exactly."""
    scenario = study(KERNELS["matrix"], "[1, 0, 0]")
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic=kind)).elbo
    assert exact.nll.value == near.nll.value == "inf"
    assert exact.nll.witness == near.nll.witness == {"t": 0, "x0": "2"}


@pytest.mark.parametrize("kernel", KERNELS)
def test_steps_and_verdicts_agree_with_the_exact_ones(kernel: str) -> None:
    """Rationals are decimals, quantities have no bounds, and each verdict is the exact one, labelled float."""
    scenario = study(KERNELS[kernel], '"uniform"')
    exact, near = md.run(scenario), md.run(scenario.with_options(arithmetic="float"))
    for a, b in zip(exact.steps, near.steps, strict=True):
        assert b.decay == a.decay
        assert float(b.total_variation_to_prior) == pytest.approx(float(a.total_variation_to_prior), rel=1e-10, abs=0)
        assert isinstance(b.total_variation_to_prior, Decimal)
        assert (a.dobrushin is None) == (b.dobrushin is None)
        assert [float(p) for p in b.marginal] == pytest.approx([float(p) for p in a.marginal], rel=1e-10, abs=0)
    assert [(c.check, c.observed, c.verdict) for c in near.checks] == [
        (c.check, c.observed, c.verdict) for c in exact.checks
    ]
    assert {check.decided for check in near.checks} == {"float"}
    assert not any("proved" in check.detail for check in near.checks)


@pytest.mark.parametrize("name", sorted(name for name in shipped_scenarios() if not name.startswith("elbo-")))
def test_shipped_scenarios_are_never_contradicted(name: str) -> None:
    """In float64 each check of a shipped scenario holds or is undecided, and the JSON fits its schema."""
    result = md.run(md.load(name).with_options(arithmetic="float"))
    assert {check.verdict for check in result.checks} <= {"holds", "undecided"}
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(result.to_json(distributions=True)))
    assert result.to_csv(distributions=True).count("\n") == len(result.steps) + 1


def test_the_command_prints_a_float_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The table says float64; the exit status is the verdict's."""
    assert main(["run", "two-state", "--arithmetic", "float"]) == 0
    assert "float64: not certified" in capsys.readouterr().out
    assert main(["verify", "two-rooms", "--arithmetic", "float"]) == 3


def test_what_needs_exact_arithmetic_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Another reverse model than Bayes, and a certificate, are bad usage in float64."""
    assert main(["run", "elbo-d3pm", "--arithmetic", "float"]) == 2
    assert "exact arithmetic" in capsys.readouterr().err
