"""Reference arrays are the exact chain's numbers, each rounded once, by another route than the one that made them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from breadth import few
from chains import examples, laws, matrices
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.cli import main
from markovdiff.process.reverse import exact_step
from markovdiff.reference.arrays import NAMES, arrays
from markovdiff.reference.rounding import UnroundedError, nearest, with_enough_bits

Streams = pytest.CaptureFixture[str]
TWO = md.load("two-state").replace("noise.steps", 6)
SHIPPED = ["elbo-d3pm", "elbo-mask-prior", "jump-masked", "permutation", "own-marginal"]


def rounded(rows: Any, shape: tuple[int, ...]) -> Any:
    """Nested Fractions as floats, each rounded once by Python; None as NaN throughout."""
    if rows is None:
        return np.full(shape, math.nan)
    if isinstance(rows, Fraction):
        return float(rows)
    return np.array([rounded(row, shape[1:]) for row in rows])


def check_laws(study: md.Scenario, made: dict[str, Any]) -> None:
    """Everything that the exact chain says by fractions is in the arrays, and nothing else."""
    chain, K = study.chain(), study.K
    for t in range(chain.T + 1):
        np.testing.assert_array_equal(made["Qbar"][t], rounded(chain.cumulative(t), (K, K)))
        np.testing.assert_array_equal(made["marginal"][t], rounded(chain.marginal(t), (K,)))
        np.testing.assert_array_equal(made["data_posterior"][t], rounded(chain.data_posterior(t), (K, K)))
    for t in range(1, chain.T + 1):
        np.testing.assert_array_equal(made["Q"][t - 1], rounded(chain.step(t), (K, K)))
        np.testing.assert_array_equal(made["bayes_reverse"][t - 1], rounded(chain.bayes_reverse(t), (K, K)))
        for k in range(K):
            expected = rounded(chain.forward_posterior(t, k), (K, K))
            np.testing.assert_array_equal(made["forward_posterior"][t - 1, k], expected)


@examples(60)
@given(st.data())
def test_each_entry_is_the_nearest_float(data: st.DataObject) -> None:
    """For random chains with zeros, impossible states and deterministic steps, against fractions rounded by Python."""
    K = data.draw(st.integers(1, 3))
    law, steps = data.draw(laws(K)), data.draw(st.lists(matrices(K), min_size=1, max_size=3))
    study = md.scenario(
        {"data": {"probabilities": list(law)}, "noise": {"kernel": {"kind": "per-step", "steps_rows": steps}}}
    )
    made = arrays(study)
    check_laws(study, made)
    result = md.run(study)
    with mpmath.workdps(40):
        for t, step in enumerate(result.steps):
            for name in ("entropy", "mutual_information"):
                q = getattr(step, name)
                assert Fraction(q.lower) <= Fraction(made[name][t]) * (1 + Fraction(1, 2**52))
                assert abs(made[name][t] - float(q)) <= 1e-14 * abs(float(q))


@few("name", SHIPPED, SHIPPED[:4])
def test_shipped_scenarios(name: str) -> None:
    """Laws, the model's rows and the ledger of scenarios that ship."""
    study = md.load(name)
    made, result, chain = arrays(study), md.run(study), study.chain()
    check_laws(study, made)
    totals = result.elbo
    for key, total in (("negative_elbo", totals.negative_elbo), ("nll", totals.nll), ("prior_term", totals.prior)):
        assert total is not None
        np.testing.assert_allclose(made[key], float(total), rtol=1e-14)
    np.testing.assert_allclose(made["elbo_terms"], [float(s.elbo_term) for s in result.steps[1:]], rtol=1e-14)
    if name == "elbo-d3pm":  # equation 4 of Austin et al. (2021), written out in NumPy
        joint = made["Qbar"][1:-1].swapaxes(1, 2) @ made["data_posterior"][2:].swapaxes(1, 2)
        formula = (made["Q"][1:] * joint).swapaxes(1, 2)
        expected = formula / formula.sum(axis=2, keepdims=True)
        np.testing.assert_allclose(made["reverse"][1:], expected, rtol=1e-13)
    else:
        np.testing.assert_array_equal(made["reverse"], made["bayes_reverse"])
    assert len(made["betas"]) == chain.T


def test_chosen_times_come_first_and_a_step_has_none_at_0() -> None:
    """With times every array by t has these, in their order; what belongs to a step is NaN at t = 0."""
    whole, some = arrays(TWO), arrays(TWO, times=[4, 0, 1])
    for name in ("Qbar", "marginal", "data_posterior", "entropy", "mutual_information"):
        np.testing.assert_array_equal(some[name], whole[name][[4, 0, 1]])
    for name in ("Q", "bayes_reverse", "forward_posterior", "reverse", "elbo_terms"):
        np.testing.assert_array_equal(some[name][[0, 2]], whole[name][[3, 0]])
        assert np.isnan(some[name][1]).all()
    np.testing.assert_array_equal(some["betas"], whole["betas"])


def test_numbers_are_in_the_scenarios_unit() -> None:
    """nats are bits times log 2, each rounded once."""
    bits, nats = arrays(TWO, ["entropy"]), arrays(TWO.with_options(unit="nats"), ["entropy"])
    np.testing.assert_allclose(nats["entropy"], bits["entropy"] * math.log(2), rtol=1e-15)


def test_infinite_is_inf() -> None:
    """A prior that forbids what is drawn makes the bound infinite, and it is inf in the array."""
    assert arrays(TWO.replace("reverse.prior", [1, 0]))["negative_elbo"] == math.inf


def test_every_arithmetic_gives_the_same_arrays() -> None:
    """Exact rationals, balls, and a scenario that asks for float64 (certified all the same)."""
    study = md.load("elbo-mixture")
    exact = arrays(study)
    for kind in ("ball", "float"):
        other = arrays(study.with_options(arithmetic=kind))  # type: ignore[arg-type]
        assert list(other) == list(exact)
        for name, array in exact.items():
            np.testing.assert_array_equal(other[name], array, err_msg=name)


def test_a_tie_is_decided_by_an_exact_ball() -> None:
    """1 + 2^-53 lies midway between two floats: a ball around it is never narrow enough, the exact one is."""
    with ALONE, ctx.workprec(128):
        exact = arb(1) + arb(2) ** -53
        assert nearest([exact]) == [1.0]
        with pytest.raises(UnroundedError):
            nearest([exact + arb(0, 1e-30)])
    with pytest.raises(md.UnfinishedError, match="nearest float64"):
        with_enough_bits(lambda _bits: nearest([arb(1, 1e-3)]))


def test_a_process_with_memory_has_fewer_arrays() -> None:
    """It has no Q_t and no ledger; asked for, they are refused with the reason."""
    made = arrays(md.load("memory"))
    assert list(made) == ["Qbar", "marginal", "data_posterior", "entropy", "mutual_information"]
    with pytest.raises(md.InputError, match="there is no 'Q'"):
        arrays(md.load("memory"), ["Q"])


def test_the_file_has_the_arrays_and_what_they_are_of(tmp_path: Path, capsys: Streams) -> None:
    """numpy.load without pickles gives what `md.export` returns; the same scenario gives the same bytes."""
    file = tmp_path / "r.npz"
    command = ["export", "two-state", "--set", "noise.steps=6", "-o", str(file)]
    assert main([*command, "--t", "0,3"]) == 0
    assert "Q                    2 × 2 × 2" in capsys.readouterr().out
    expected = md.export(TWO, times=[0, 3])
    with np.load(file, allow_pickle=False) as read:
        assert set(read) == {*NAMES, "times", "unit", "markovdiff", "scenario"}
        for name in read:
            np.testing.assert_array_equal(read[name], expected[name])
    first = file.read_bytes()
    assert main([*command, "--t", "0,3", "-q"]) == 0
    assert file.read_bytes() == first
    assert str(md.export(TWO.replace("noise.steps", 5), what=["betas"])["scenario"]) != str(expected["scenario"])


@pytest.mark.slow
def test_the_test_that_is_written_runs(tmp_path: Path) -> None:
    """It skips until it is filled in, passes with right arrays, and fails with wrong ones."""
    test = tmp_path / "test_mine.py"
    md.export(TWO, tmp_path / "r.npz", ["Q", "nll"], pytest=test)
    written = test.read_text(encoding="utf-8")

    def mine(arrays: str) -> str:
        return f"def yours():\n    return {arrays}\n"

    def outcome(code: str) -> str:
        test.write_text(f"{written}\n\n{code}", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
        alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
        return done.stdout.splitlines()[-1]

    assert outcome("").startswith("2 skipped")
    assert outcome(mine('{"Q": np.array(REFERENCE["Q"], np.float32)}')).startswith("1 passed, 1 skipped")
    assert outcome(mine('{"Q": REFERENCE["Q"], "nll": REFERENCE["nll"] + 1e-5}')).startswith("1 failed, 1 passed")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "r.npy"], "unknown kind of file"),
        (["-o", "r.npz", "--what", "Q,R"], "no such array"),
        (["-o", "r.npz", "--t", "7"], "no such times"),
        (["-o", "r.npz", "--t", "1,1"], "no such times"),
        (["-o", "r.npz", "--pytest", "t.txt"], "unknown kind of file"),
        (["-o", "no/r.npz"], "no such folder"),
        (["-o", "r.npz", "--set", "data={family={kind='uniform',size=2048}}", "--set", "noise.steps=100"], "too large"),
    ],
)
def test_what_cannot_be_exported(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    """One message, status 2, no file."""
    monkeypatch.chdir(tmp_path)
    assert main(["export", "two-state", "--set", "noise.steps=6", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_number_midway_between_two_floats_goes_to_the_even() -> None:
    """After a step that forgets, q(x0 | x_1) is q(x0) = 1/2 + 2^−54, a tie that no ball of a quotient settles."""
    p = Fraction(1, 2) + Fraction(1, 2**54)
    study = md.scenario({
        "data": {"probabilities": [p, (1 - p) / 2, (1 - p) / 2]},
        "noise": {"steps": 1, "kernel": {"kind": "uniform"}, "schedule": {"kind": "jump"}},
    })  # fmt: skip
    made = md.export(study, what=["data_posterior", "reverse"], times=[1])
    for name in ("data_posterior", "reverse"):
        assert made[name].tolist() == [[[0.5, float((1 - p) / 2), float((1 - p) / 2)]] * 3]


MODELS: list[dict[str, Any]] = [
    {"kind": "bayes", "data": [1, 0, 0, 0]},
    {"kind": "posterior-mixture", "error": "1/3"},
    {"kind": "d3pm", "denoiser": "data"},
    {"kind": "d3pm", "error": "1/5", "last": "formula"},
    {"kind": "counted", "trajectories": 5, "smoothing": 0, "seed": 1},
    {"kind": "uniform"},
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: "-".join(map(str, model.values())))
@pytest.mark.parametrize("kernel", [{"kind": "absorbing"}, {"kind": "neighbour"}], ids=["absorbing", "neighbour"])
def test_the_models_rows_are_the_nearest_floats(kernel: dict[str, Any], model: dict[str, Any]) -> None:
    """Of every model, where rows are undefined too: R_t by its exact rows, each entry rounded by Python."""
    study = md.scenario({
        "data": {"probabilities": ["1/2", "1/3", "1/6", 0]},
        "noise": {"steps": 3, "kernel": kernel, "schedule": {"kind": "jump"}},
        "reverse": {"model": model},
    })  # fmt: skip
    chain, found = study.chain(), study.reverse_model(study.chain())
    assert found is not None
    made = md.export(study, what=["reverse"])["reverse"]
    for t in (1, 2, 3):
        expected = rounded(exact_step(chain, found, t).fractions(), (chain.K, chain.K))
        np.testing.assert_array_equal(made[t - 1], expected)
