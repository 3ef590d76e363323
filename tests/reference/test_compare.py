"""Every bug that changes a number is named, and none is invented where the code is right."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chains import examples
from diffusion import BUGS, diffusion
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.cli import main
from markovdiff.reference.hypotheses import conventions

Streams = pytest.CaptureFixture[str]

NAMED = {
    "transposed": ("Q", "transposed"),
    "shifted": ("data_posterior", "shifted by a step: entry t holds what belongs to t − 1"),
    "nats": ("entropy", "nats for bits"),
    "clamp": ("data_posterior", "a clamp: everything below ε raised to it, ε ≈ 0.001"),
    "drop-prior": ("negative_elbo", "a dropped prior term"),
    "unnormalised": ("reverse", "not normalised"),
    "mean": ("negative_elbo", "the mean over t"),
    "log": ("reverse", "log-probabilities"),
}
"""Where each bug shows first, and what is said of it."""

KERNELS = {
    "uniform": {"kind": "uniform"},
    "absorbing": {"kind": "absorbing"},
    "neighbour": {"kind": "neighbour"},
    "gaussian": {"kind": "gaussian", "resolution": "1/1000000000000000000000000"},
}


def study_of(kind: str, weights: list[int], betas: list[str]) -> md.Scenario:
    """The scenario that the implementation is of: an absorbing state is the last label, no data on it."""
    kernel: dict[str, Any] = KERNELS[kind]
    if kind == "absorbing":
        kernel = kernel | {"mask": str(len(weights) - 1)}
    return md.scenario({
        "data": {"weights": weights},
        "noise": {"steps": len(betas), "kernel": kernel, "schedule": {"kind": "explicit", "betas": betas}},
        "reverse": {"prior": "uniform"},
        "arithmetic": {"kind": "ball"},
    })  # fmt: skip


def arrays_of(study: md.Scenario, kind: str, bug: str | None = None) -> dict[str, Any]:
    data = np.array([float(p) for p in study.chain().marginal(0)])
    return diffusion(kind, data, np.array([float(beta) for beta in study.betas]), bug)


def check(kind: str, weights: list[int], betas: list[str], bug: str | None) -> None:
    """The right arrays agree; those with a bug differ, and the bug is named where it shows first."""
    study = study_of(kind, weights, betas)
    right, found = arrays_of(study, kind), arrays_of(study, kind, bug)
    compared = md.compare(study, found, rtol=1e-6, atol=1e-9)
    changed = {
        name for name in right if not np.allclose(right[name], found[name], rtol=1e-6, atol=1e-9, equal_nan=True)
    }
    assert {d.name for d in compared.differences} == changed
    if bug is not None and changed:
        name, words = NAMED[bug]
        if name in changed:
            (difference,) = (d for d in compared.differences if d.name == name)
            assert any(told.startswith(words) for told in difference.diagnoses), difference


@pytest.mark.parametrize("bug", [None, *BUGS])
@pytest.mark.parametrize("kind", KERNELS)
def test_each_bug_is_named(kind: str, bug: str | None) -> None:
    """On a small chain of each kernel, where every bug but the transposed symmetric matrix changes a number."""
    check(kind, [5, 3, 2, 1], ["1/5", "1/4", "1/3", "1/2"], bug)


@examples(12)
@given(st.data())
def test_bugs_on_drawn_chains(data: st.DataObject) -> None:
    """K from 2 to 5, T from 3 to 5, any weights, any rates from 1/20 to 3/4."""
    weights = data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=5))
    betas = data.draw(st.lists(st.integers(1, 15).map(lambda n: f"{n}/20"), min_size=3, max_size=5))
    check(data.draw(st.sampled_from(sorted(KERNELS))), weights, betas, data.draw(st.sampled_from([None, *BUGS])))


@pytest.mark.slow
@pytest.mark.parametrize("bug", [None, *BUGS])
@pytest.mark.parametrize("kind", KERNELS)
@pytest.mark.parametrize(("K", "T"), [(2, 60), (8, 12)])
def test_bugs_on_larger_chains(kind: str, K: int, T: int, bug: str | None) -> None:
    """K up to 8, T up to 60."""
    check(kind, list(range(1, K + 1)), [f"{k + 1}/{4 * T}" for k in range(T)], bug)


def differences(study: md.Scenario, **arrays: Any) -> tuple[str, ...]:
    return md.compare(study, arrays).diagnoses


COSINE = md.scenario({
    "data": {"weights": [4, 2, 1]},
    "noise": {"steps": 8, "kernel": {"kind": "gaussian"}, "schedule": {"kind": "cosine"}},
    "reverse": {"model": {"kind": "d3pm"}},
})  # fmt: skip


def test_other_peoples_conventions_are_named() -> None:
    """Each convention's own arrays are recognised, and right arrays of the scenario look like none of them."""
    names = ["Q", "reverse"]
    tried = 0
    for words, keys in conventions(COSINE):
        try:
            theirs = md.export(COSINE.replace(keys), what=names)
        except md.InputError:
            continue
        mine = {name: theirs[name] for name in names}
        if all(np.array_equal(mine[name], md.export(COSINE, what=[name])[name]) for name in names):
            continue  # rounding makes the first step the identity, where equation 4 is the prediction
        assert words in differences(COSINE, **mine)
        tried += 1
    assert tried >= 5
    assert differences(COSINE, **{name: md.export(COSINE, what=[name])[name] for name in names}) == ()


def test_rates_told_another_way() -> None:
    """α, ᾱ, 1 − ᾱ, σ and σ̄ in the place of β are told apart."""
    betas = np.array([float(beta) for beta in COSINE.betas])
    alpha_bar = np.cumprod(1 - betas)
    for array, words in (
        (1 - betas, "α_t = 1 − β_t for β_t"),
        (alpha_bar, "ᾱ_t for β_t"),
        (1 - alpha_bar, "1 − ᾱ_t for β_t"),
        (-np.log1p(-betas), "σ_t = −log(1 − β_t) for β_t"),
        (-np.log(alpha_bar), "the total noise σ̄_t = −log ᾱ_t for β_t"),
    ):
        assert differences(COSINE, betas=array) == (words,)


def test_one_step_and_cumulative_are_told_apart() -> None:
    """Q̄_t for Q_t, and Q_t for Q̄_t, with all times and with some."""
    true = md.export(COSINE, what=["Q", "Qbar"])
    assert "cumulative for one-step: Q̄_t in place of Q_t" in differences(COSINE, Q=true["Qbar"][1:])
    one = np.concatenate([true["Qbar"][:1], true["Q"]])
    assert "one-step for cumulative: Q_t in place of Q̄_t" in differences(COSINE, Qbar=one)
    times = np.array([2, 5])
    some = {"Q": true["Qbar"][times], "times": times}
    assert "cumulative for one-step: Q̄_t in place of Q_t" in differences(COSINE, **some)


def test_logits_and_minus_signs() -> None:
    """Unnormalised logits are told apart from log-probabilities, an ELBO from its negative, in either unit."""
    true = md.export(COSINE, what=["Q", "negative_elbo"])
    with np.errstate(divide="ignore"):
        logits = np.log(true["Q"]) + np.arange(24).reshape(8, 3, 1) / 7
    assert differences(COSINE, Q=logits) == ("logits: softmax of them is right, and they are not normalised",)
    assert differences(COSINE, negative_elbo=-true["negative_elbo"]) == ("the sign: this is minus the number",)
    nats = -true["negative_elbo"] * np.log(2)
    assert differences(COSINE, negative_elbo=nats) == ("the sign: this is minus the number, and nats for bits",)


def test_the_mask_may_be_missing() -> None:
    """Arrays without the mask's row and column are held beside the truth without them."""
    study = md.load("letters-masked").replace("noise.steps", 4)
    true = md.export(study, what=["Q", "marginal"])
    compared = md.compare(study, {"Q": true["Q"][:, :-1, :-1], "marginal": true["marginal"][:, :-1]})
    assert compared.passed
    assert compared.notes == tuple(f"{name}: without the mask's row and column" for name in ("Q", "marginal"))
    with pytest.raises(md.InputError, match="wrong shape"):
        md.compare(md.load("two-state"), {"marginal": np.ones((65, 1))})


def test_the_first_difference_is_named_with_its_value() -> None:
    """Time, states, both numbers, how many entries, and the largest error."""
    study = md.load("two-state").replace("noise.steps", 4)
    array = md.export(study, what=["Qbar"])["Qbar"].copy()
    array[2, 0, 1] += 0.25
    array[3, 1, 1] = np.nan
    (found,) = md.compare(study, {"Qbar": array}).differences
    assert (found.t, found.entry, found.count, found.of) == (2, ("a", "b"), 2, 20)
    assert found.got - found.expected == pytest.approx(0.25)
    assert found.largest == pytest.approx(0.25)
    assert "like none of the habits" in str(found)


def test_undefined_and_infinite_truths() -> None:
    """Where the truth is undefined nothing is compared, and it is counted; inf agrees with inf alone."""
    study = md.load("jump-masked")
    true = md.export(study, what=["data_posterior"])["data_posterior"]
    compared = md.compare(study, {"data_posterior": np.nan_to_num(true)})
    assert compared.passed
    assert compared.undefined == int(np.isnan(true).sum()) > 0
    forbidden = md.load("two-state").replace("reverse.prior", [1, 0])
    assert md.compare(forbidden, {"negative_elbo": np.inf}).passed
    assert differences(forbidden, negative_elbo=25.3) == ("finite where the truth is infinite: something was clamped",)


def test_arrays_of_other_libraries() -> None:
    """Whatever has __array__ is taken, in any precision; a tensor's gradient and its device are left behind."""

    class Tensor:
        def __init__(self, array: Any, *, graph: bool = True) -> None:
            self.array, self.graph = array, graph

        def detach(self) -> Tensor:
            return Tensor(self.array, graph=False)

        def __array__(self, *_: Any, **__: Any) -> Any:
            if self.graph:
                raise RuntimeError("requires grad")
            return self.array

    study = md.load("two-state")
    Q = md.export(study, what=["Q"])["Q"]
    assert md.compare(study, {"Q": Tensor(Q.astype(np.float32))}).passed
    assert md.compare(study, {"Q": Q.tolist()}).passed


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"q": np.eye(2)}, "no such array"),
        ({}, "nothing to compare"),
        ({"Q": np.eye(2)}, "wrong shape"),
        ({"Q": np.zeros((64, 2, 2), complex)}, "not an array of numbers"),
        ({"Q": np.array([object()])}, "not an array of numbers"),
        ({"Q": np.zeros((64, 2, 2), bool)}, "not an array of numbers"),
        ({"Q": np.zeros((2, 2, 2)), "times": [1, 65]}, "times that do not fit"),
        ({"Q": np.zeros((2, 2, 2)), "times": [1, 2, 3]}, "wrong shape"),
        ({"nll": 1.0, "unit": "bans"}, "unknown unit"),
    ],
)
def test_what_cannot_be_compared(arrays: dict[str, Any], words: str) -> None:
    """It is refused, with what was expected."""
    with pytest.raises(md.InputError, match=words):
        md.compare("two-state", arrays)
    with pytest.raises(md.InputError, match="there is no true 'Q'"):
        md.compare("memory", {"Q": np.zeros((12, 2, 2))})
    with pytest.raises(md.InputError, match="not a tolerance"):
        md.compare("two-state", {"nll": 1.0}, rtol=2)


def test_the_command(tmp_path: Path, capsys: Streams) -> None:
    """0 where all agree, 1 where some differ, with the diagnosis; JSON has the same; objects are never loaded."""
    file = str(tmp_path / "mine.npz")
    study = md.load("two-state")
    right = md.export(study, file, ["Q", "nll"])
    assert main(["compare", "two-state", file]) == 0
    assert capsys.readouterr().out == "✓ Q\n✓ nll\n"
    np.savez(file, Q=right["Q"], nll=right["nll"] * np.log(2))
    assert main(["compare", "two-state", file]) == 1
    out = capsys.readouterr().out
    assert out.startswith("✓ Q\n✗ nll: 0.562335144")
    assert "looks like  nats for bits" in out
    assert main(["compare", "two-state", file, "--json", "-"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert record["agree"] == ["Q"]
    assert record["differences"][0]["diagnoses"] == ["nats for bits"]
    np.savez(file, nll=right["nll"] * np.log(2), unit="nats")
    assert main(["compare", "two-state", file]) == 0
    np.savez(file, Q=np.array([object()]))
    assert main(["compare", "two-state", file]) == 2
    assert "objects, which are never loaded" in capsys.readouterr().err
    (tmp_path / "mine.npz").write_bytes(b"no archive")
    assert main(["compare", "two-state", file]) == 2
    err = capsys.readouterr().err
    assert "it is no .npz file" in err
    assert err.count("mine.npz") == 1
    (tmp_path / "mine.npz").unlink()
    assert main(["compare", "two-state", file]) == 2
    assert capsys.readouterr().err.count("mine.npz") == 1


def test_the_page_shows_what_is_said(tmp_path: Path, capsys: Streams) -> None:
    """The scenario and the output in CHECKING.md are those of the implementation here with two of its bugs."""
    page = (Path(__file__).parents[2] / "markovdiff" / "CHECKING.md").read_text(encoding="utf-8")
    scenario = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    shown = re.search(r"```\n(✓.*?)```", page, re.DOTALL)
    assert scenario is not None
    assert shown is not None
    (tmp_path / "mine.toml").write_text(scenario[1], encoding="utf-8")
    study = md.load(tmp_path / "mine.toml")
    mine = {name: arrays_of(study, "uniform")[name] for name in ("Q", "Qbar")}
    mine["data_posterior"] = arrays_of(study, "uniform", "shifted")["data_posterior"]
    mine["negative_elbo"] = arrays_of(study, "uniform", "drop-prior")["negative_elbo"]
    np.savez(tmp_path / "mine.npz", **mine)
    assert main(["compare", str(tmp_path / "mine.toml"), str(tmp_path / "mine.npz")]) == 1
    assert capsys.readouterr().out == shown[1]
