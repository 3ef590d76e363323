"""Every bug that changes a number is named, and none is invented where the code is right."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chains import examples
from diffusion import BUGS, diffusion, transition
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.cli import main
from markovdiff.reference import case
from markovdiff.reference.arrays import arrays
from markovdiff.reference.hypotheses import conventions
from markovdiff.study.practised import middle

Streams = pytest.CaptureFixture[str]
SCENARIOS = Path(__file__).parents[2] / "scenarios"

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


def rising(T: int) -> list[str]:
    """Rates from 1/(4T) to 1/4."""
    return [f"{k + 1}/{4 * T}" for k in range(T)]


EACH = [(kind, bug) for kind in KERNELS for bug in (None, *BUGS)]
SIZES = [(2, 200), (3, 2), (64, 20), (8, 60), (32, 12), (2, 2), (64, 4), (16, 50), (5, 200), (24, 30), (64, 2)]
"""Sizes from K = 2, T = 2 to K = 64 or T = 200; the kernels and bugs take them in turn."""

SAMPLED = [(kind, bug, *SIZES[n % len(SIZES)]) for n, (kind, bug) in enumerate(EACH)]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "bug", "K", "T"), SAMPLED)
def test_bugs_on_larger_chains(kind: str, bug: str | None, K: int, T: int) -> None:
    """K from 2 to 64 and T from 2 to 200, for each kernel and bug at one of eleven sizes."""
    check(kind, list(range(1, K + 1)), rising(T), bug)


@pytest.mark.parametrize(("kind", "bug", "K", "T"), [EACH[4] + (2, 40), EACH[16] + (24, 4), EACH[29] + (64, 2)])
def test_bugs_at_the_ends(kind: str, bug: str | None, K: int, T: int) -> None:
    """A long chain of two states, and short ones of many."""
    check(kind, list(range(1, K + 1)), rising(T), bug)


def test_another_scenario_is_looked_at_where_the_arrays_first_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a chain with other rates, like no convention, no convention is walked beyond the first time that differs."""
    betas = rising(12)
    study, other = (
        study_of("gaussian", [3, 2, 1], betas),
        study_of("gaussian", [3, 2, 1], [*betas[:4], "1/7", *betas[5:]]),
    )
    asked: list[Any] = []

    def watched(scenario: md.Scenario, what: Any = None, times: Any = None) -> Any:
        asked.append(times)
        return arrays(scenario, what, times)

    monkeypatch.setattr(case, "arrays", watched)
    (found,) = md.compare(study, {"Qbar": md.export(other, what=["Qbar"])["Qbar"]}).differences
    assert (found.t, found.diagnoses) == (5, ())
    assert asked.count(None) == 1  # the study's own Q, to tell one-step from cumulative
    assert asked.count([5]) == len(asked) - 1 > 3


def test_the_unit_alone_needs_no_second_habit() -> None:
    """In nats for bits, where the prior term is below the tolerance, no dropped prior is seen as well."""
    study = md.load("two-state").replace({"noise.steps": 16, "noise.schedule.beta": "3/4"})
    L = float(md.export(study, what=["negative_elbo"])["negative_elbo"])
    assert differences(study, negative_elbo=L * np.log(2)) == ("nats for bits",)


def differences(study: md.Scenario, **arrays: Any) -> tuple[str, ...]:
    return md.compare(study, arrays).diagnoses


COSINE = md.scenario({
    "data": {"weights": [4, 2, 1]},
    "noise": {"steps": 8, "kernel": {"kind": "gaussian"}, "schedule": {"kind": "cosine"}},
    "reverse": {"model": {"kind": "d3pm"}},
})  # fmt: skip

SMALL = md.scenario({
    "data": {"weights": [4, 2, 1, 0]},
    "noise": {
        "steps": 6,
        "kernel": {"kind": "uniform"},
        "schedule": {"kind": "linear", "start": "1/20", "stop": "1/2"},
    },
    "reverse": {"prior": "uniform", "model": {"kind": "d3pm"}},
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
        compared = md.compare(COSINE, mine)
        if compared.passed:
            continue  # a finer resolution; and the first step is the identity, where equation 4 is the prediction
        assert words in compared.diagnoses
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
        (-np.expm1(-betas), "1 − exp(−β_t) for β_t: each β_t taken for a rate"),
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


def test_the_smallest_difference_is_no_clamp() -> None:
    """An ε within the tolerance fits every number, and explains none of those that differ."""
    study = SMALL.replace("noise.kernel", {"kind": "absorbing", "mask": "3"})
    Q = md.export(study, what=["Q"])["Q"] + 0.9e-9
    Q[2, 0, 1] += 0.3e-9
    (found,) = md.compare(study, {"Q": Q}).differences
    assert (found.count, found.diagnoses) == (1, ())


def test_equation_4_is_tried_where_the_file_leaves_the_last_step_out() -> None:
    """What is left out is the prediction at t = 1."""
    theirs = md.export(SMALL.replace("reverse.model.last", "formula"), what=["reverse", "elbo_terms"])
    for name in ("reverse", "elbo_terms"):
        assert differences(SMALL, **{name: theirs[name]}) == (
            "equation 4 at t = 1 too, in the place of the prediction itself",
        )


def test_beta_for_sigma_of_rates() -> None:
    """exp(β_t R) in the place of exp(σR) with σ = −log(1 − β_t), where the schedule tells ᾱ."""
    rates = {"kind": "rate", "rows": [[-2, 2, 0, 0], [1, -3, 2, 0], [0, 1, -3, 2], [0, 0, 1, -1]]}
    study = SMALL.replace({"noise.kernel": rates, "noise.schedule": {"kind": "log-linear"}})
    theirs = study.replace("noise.schedule", {"kind": "explicit", "betas": list(study.betas)})
    Q = md.export(theirs, what=["Q"])["Q"]
    assert differences(study, Q=Q) == ("β for σ: s_t = β_t in the place of −log(1 − β_t)",)


def test_the_resolution_is_told_from_a_bug() -> None:
    """The Gaussian's formula in float64 differs from the chain on a coarse grid, and nothing is wrong with it."""
    study = SMALL.replace({"noise.kernel": {"kind": "gaussian", "resolution": "1/1000"}})
    Q = np.array([transition("gaussian", 4, float(beta)) for beta in study.betas])
    (words,) = differences(study, Q=Q)
    assert words.startswith("not rounded to `resolution`")
    assert md.compare(study.replace("noise.kernel.resolution", f"1/{10**24}"), {"Q": Q}).passed


def posterior_of(before: Any, Q: Any, now: Any) -> Any:
    """q(x_{t−1} | x_t, x_0) as [t−1][x_0][x_t][x_{t−1}], entry by entry."""
    T, K, _ = Q.shape
    found = np.empty((T, K, K, K))
    for t, k, j, i in np.ndindex(found.shape):
        found[t, k, j, i] = before[t, k, i] * Q[t, i, j] / now[t, k, j]
    return found


def test_posteriors_with_another_factor() -> None:
    """Q̄_t for Q̄_{t−1}, and an ε in the quotient or in both factors."""
    true = md.export(SMALL, what=["Q", "Qbar"])
    Q, before, now = true["Q"], true["Qbar"][:-1], true["Qbar"][1:]
    assert md.compare(SMALL, {"forward_posterior": posterior_of(before, Q, now)}).passed
    late = posterior_of(now, Q, now)
    both = posterior_of(before + 1e-6, Q + 1e-6, np.ones_like(now))
    ratio = (posterior_of(before, Q, np.ones_like(now)) + 1e-4) / (now[:, :, :, None] + 1e-4)
    for array, words in (
        (late, "shifted by a step: Q̄_t in the place of Q̄_{t−1}"),
        (
            late / late.sum(-1, keepdims=True),
            "shifted by a step: Q̄_t in the place of Q̄_{t−1}, then divided by the sums",
        ),
        (both / both.sum(-1, keepdims=True), "a clamp: ε added to both factors, then divided by the sums, ε = 1e-06"),
        (ratio, "a clamp: ε added above and below, ε = 0.0001"),
    ):
        assert differences(SMALL, forward_posterior=array) == (words,)


@pytest.mark.parametrize("habit", ["eps=1e-4", "clamp=1e-2"])
def test_an_epsilon_in_the_logarithms(habit: str) -> None:
    """What `--practice` says that it makes of the terms and of L is recognised, in either unit."""
    study = SMALL.replace("noise.schedule.start", "1/1000")
    (practised,) = md.run(study, practice=[habit]).practice
    terms = np.array([float(middle(step.elbo_term.value)) for step in practised.steps[1:]])
    form = "log(x + ε) for log(x), ε = 0.0001" if habit.startswith("eps") else "log(max(x, ε)) for log(x), ε = 0.01"
    assert f"a clamp: {form}" in differences(study, elbo_terms=terms)
    assert f"a clamp: {form}, and nats for bits" in differences(study, elbo_terms=terms * np.log(2))
    assert f"a clamp: {form}" in differences(study, negative_elbo=float(middle(practised.elbo["negative_elbo"].value)))


def test_an_epsilon_in_the_model_alone() -> None:
    """−log(R + ε) with exact weights: only the model's logarithm has it."""
    study = md.load("two-state").replace({"noise.steps": 1, "reverse.model": {"kind": "bayes"}})
    true = md.export(study, what=["reverse", "Qbar"])
    joint = np.array([0.75, 0.25])[:, None] * true["Qbar"][1]
    term = -(joint * np.log2(true["reverse"][0].T + 1e-5)).sum()
    assert "a clamp: log(x + ε) for log(x) of the model, ε = 1e-05" in differences(study, elbo_terms=np.array([term]))


def test_two_habits_at_once() -> None:
    """A convention in the other unit, an ELBO without its prior term, and p_0 from the wrong side."""
    theirs = md.export(COSINE.replace("noise.schedule.power", 1), what=["mutual_information"])["mutual_information"]
    words = "cos for cos² in the schedule (Nichol & Dhariwal square it, D3PM's code does not), and nats for bits"
    assert differences(COSINE, mutual_information=theirs * np.log(2)) == (words,)
    true = md.export(SMALL, what=["negative_elbo", "prior_term"])
    elbo = -(true["negative_elbo"] - true["prior_term"])
    assert differences(SMALL, negative_elbo=elbo) == ("a dropped prior term, and the sign",)
    study = SMALL.replace("noise.kernel", {"kind": "mixing", "target": ["1/10", "2/10", "3/10", "4/10"]})
    marginal = np.array([Q_bar @ np.array([4, 2, 1, 0]) / 7 for Q_bar in md.export(study, what=["Qbar"])["Qbar"]])
    assert differences(study, marginal=marginal) == ("transposed: p_0 multiplied from the other side",)


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
    array[3, 1, 1] += 0.125
    (found,) = md.compare(study, {"Qbar": array}).differences
    assert (found.t, found.entry, found.count, found.of) == (2, ("a", "b"), 2, 20)
    assert found.got - found.expected == pytest.approx(0.25)
    assert found.largest == pytest.approx(0.25)
    assert "like none of the habits" in str(found)


@pytest.mark.parametrize(
    ("name", "entry", "place", "times"),
    [
        ("Qbar", (3, 1, 1), "Qbar, t = 3, b, b", None),
        ("Q", (0, 0, 1), "Q, t = 1, a, b", None),
        ("marginal", (1, 0), "marginal, t = 3, a", [1, 3]),
        ("nll", (), "nll", None),
    ],
)
def test_nan_where_there_is_a_number_is_bad_input(name: str, entry: tuple[int, ...], place: str, times: Any) -> None:
    """NaN is no number to compare: it is refused with its place, and is never a difference."""
    study = md.load("two-state").replace("noise.steps", 4)
    beside = {} if times is None else {"times": times}
    array = np.array(md.export(study, what=[name], times=times)[name])
    array[entry] = np.nan
    with pytest.raises(md.InputError, match="NaN where there is a number, in 1 of") as caught:
        md.compare(study, {name: array, **beside})
    assert caught.value.where == place


def test_undefined_and_infinite_truths() -> None:
    """Where the truth is undefined nothing is compared, and it is counted; inf agrees with inf alone."""
    study = md.load("jump-masked")
    true = md.export(study, what=["data_posterior"])["data_posterior"]
    compared = md.compare(study, {"data_posterior": np.nan_to_num(true)})
    assert compared.passed
    assert compared.undefined == int(np.isnan(true).sum()) > 0
    forbidden = md.load("two-state").replace("noise.steps", 8).replace("reverse.prior", [1, 0])
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

    class Short:
        """As JAX has bfloat16: NumPy sees two opaque bytes, and the array itself can be made wider."""

        def __array__(self, *_: Any, **__: Any) -> Any:
            return Q.astype(np.float16).view("V2")

        def astype(self, dtype: str) -> Any:
            return Q.astype(dtype)

    assert md.compare(study, {"Q": Short()}).passed
    with pytest.raises(md.InputError, match="not an array of numbers"):
        md.compare(study, {"Q": Q.astype(np.float16).view("V2")})


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


@pytest.mark.parametrize(
    ("arrays", "remedy"),
    [
        ({"nll": np.zeros(1)}, "its one entry, as in array.item(); elbo_terms are by t"),
        ({"prior_term": np.zeros(64)}, "one number for the whole chain; elbo_terms are by t"),
        ({"Q": np.zeros((64, 3, 3))}, "one entry a state, in the order of the scenario's states"),
        ({"Q": np.zeros((3, 2, 2))}, "`times` beside the arrays says which times they are at"),
        ({"Q": np.zeros((3, 2, 2)), "times": [1, 2]}, "as many as `times`"),
        ({"betas": np.zeros(2), "times": [1, 2]}, "one β for each step, whatever `times` are"),
    ],
)
def test_a_wrong_shape_has_its_own_remedy(arrays: dict[str, Any], remedy: str) -> None:
    """`times` is named only where it can be the cause."""
    with pytest.raises(md.InputError, match="wrong shape") as caught:
        md.compare("two-state", arrays)
    assert caught.value.remedy == remedy


def test_the_command(tmp_path: Path, capsys: Streams) -> None:
    """0 where all agree, 1 where some differ, with the diagnosis; JSON has the same; objects are never loaded."""
    file, scenario = str(tmp_path / "mine.npz"), str(tmp_path / "two-state.toml")
    shipped = (SCENARIOS / "two-state.toml").read_text(encoding="utf-8")
    Path(scenario).write_text(shipped.replace("steps = 64", "steps = 8"), encoding="utf-8")
    study = md.load(scenario)
    right = md.export(study, file, ["Q", "nll"])
    assert main(["compare", scenario, file]) == 0
    assert capsys.readouterr().out == "✓ Q\n✓ nll\n"
    np.savez(file, Q=right["Q"], nll=right["nll"] * np.log(2))
    assert main(["compare", scenario, file]) == 1
    out = capsys.readouterr().out
    assert out.startswith("✓ Q\n✗ nll: 0.562335144")
    assert "looks like  nats for bits" in out
    assert main(["compare", scenario, file, "--json", "-"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert record["agree"] == ["Q"]
    assert record["differences"][0]["diagnoses"] == ["nats for bits"]
    np.savez(file, nll=right["nll"] * np.log(2), unit="nats")
    assert main(["compare", scenario, file]) == 0
    np.savez(file, nll=np.nan)
    assert main(["compare", scenario, file]) == 2
    assert "NaN where there is a number" in capsys.readouterr().err
    np.savez(file, Q=np.array([object()]))
    assert main(["compare", scenario, file]) == 2
    assert "objects, which are never loaded" in capsys.readouterr().err
    (tmp_path / "mine.npz").write_bytes(b"no archive")
    assert main(["compare", scenario, file]) == 2
    err = capsys.readouterr().err
    assert "it is no .npz file" in err
    assert err.count("mine.npz") == 1
    (tmp_path / "mine.npz").unlink()
    assert main(["compare", scenario, file]) == 2
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
