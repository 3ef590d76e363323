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
            assert (b.value, b.witness) == (a.value, a.witness), name


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


MODELS = [
    '{ kind = "posterior-mixture", error = "1/50" }',
    '{ kind = "posterior-mixture", denoiser = "data" }',
    '{ kind = "d3pm" }',
    '{ kind = "d3pm", error = 1 }',
    '{ kind = "d3pm", denoiser = "data" }',
    '{ kind = "bayes", data = ["1/3", "2/3", 0] }',
    '{ kind = "counted", trajectories = 50, smoothing = "1/2" }',
    '{ kind = "uniform" }',
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_models_ledger_agrees_with_the_exact_one(kernel: str, model: str) -> None:
    """Of any model each step's term and error and each total are the exact ones, as is the verdict."""
    text = (
        "data = { weights = [5, 2, 1] }\n"
        f"[noise]\nsteps = 6\nkernel = {KERNELS[kernel]}\n"
        'schedule = { kind = "linear", start = "1/10", stop = "1/2" }\n'
        f'[reverse]\nmodel = {model}\nprior = ["1/2", "1/4", "1/4"]\n'
    )
    exact, near = (md.run(md.loads(text).with_options(arithmetic=kind)) for kind in ("exact", "float"))
    records = [(a, b, ("elbo_term", "model_error")) for a, b in zip(exact.steps[1:], near.steps[1:], strict=True)]
    for a, b, names in [*records, (exact.elbo, near.elbo, (*TOTALS, "nll_excess"))]:
        for name in names:
            c, d = getattr(a, name), getattr(b, name)
            if c.is_finite:
                assert float(d) == pytest.approx(float(c), rel=1e-9, abs=1e-14), name
            else:
                assert (d.value, d.witness) == (c.value, c.witness), name
    assert [(c.check, c.verdict) for c in near.checks] == [(c.check, c.verdict) for c in exact.checks]
    assert near.elbo.negative_elbo.lower is None


@pytest.mark.parametrize("name", sorted(name for name in shipped_scenarios() if name.startswith("elbo-")))
def test_shipped_ledgers_come_out_as_they_do_exactly(name: str) -> None:
    """L, NLL and Σ Δ_t of a shipped scenario are the exact ones; no check fails."""
    exact, near = (md.run(md.load(name).with_options(arithmetic=kind)) for kind in ("exact", "float"))
    for total in TOTALS:
        a, b = getattr(exact.elbo, total), getattr(near.elbo, total)
        if a.is_finite:
            assert float(b) == pytest.approx(float(a), rel=1e-9, abs=1e-14), total
        else:
            assert (b.value, b.witness) == (a.value, a.witness), total
    assert {check.verdict for check in near.checks} <= {"holds", "undecided"}
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(near.to_json(distributions=True)))


def test_a_models_matrices_too_large_for_the_machine_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A structured chain of 20,000 states costs little; a reverse model with its K × K matrices is refused at once."""
    path = tmp_path / "vocabulary.toml"
    noise = '[noise]\nsteps = 50\nkernel = { kind = "uniform" }\nschedule = { kind = "constant", beta = "1/10" }\n'
    path.write_text(
        f'data = {{ family = {{ kind = "uniform", size = 20000 }} }}\n{noise}[reverse.model]\nkind = "d3pm"\n'
    )
    assert main(["run", str(path), "--arithmetic", "float"]) == 3
    assert "too big for this machine" in capsys.readouterr().err
