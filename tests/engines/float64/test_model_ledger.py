"""The ledger of any reverse model in float64, against the exact one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from breadth import few
from chains import constant_chain, examples, row_vector
from hypothesis import given
from modelled import Modelled, check_near, exactly, in_float64, modelled, pairs

import markovdiff as md
from markovdiff.engines.float64 import model_ledger as float_models
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import uniform
from markovdiff.process.reverse import D3PM, Bayes, MarginalDenoiser, Posterior, PosteriorMixture, ReverseModel


@examples(400)
@given(modelled())
def test_every_line_is_the_exact_one(drawn: Modelled) -> None:
    """Each Δ_t, each term and each total agree with the exact ledger, whatever is infinite or undefined agrees too."""
    near = in_float64(drawn)
    for name, a, b in pairs(exactly(drawn), near):
        check_near(a, b, name)
    assert near[2].observed == "holds"


def errors_of(drawn: Modelled) -> list[tuple[float, float]]:
    """Each Δ_t, exactly and in float64."""
    steps = zip(exactly(drawn)[0], in_float64(drawn)[0], strict=True)
    return [(float(a.error.ball(200)), b.error.value) for a, b in steps]


LATE = {
    "d3pm": D3PM(Posterior()),
    "d3pm, error": D3PM(Posterior(Fraction(1, 10**9))),
    "mixture, error": PosteriorMixture(Posterior(Fraction(1, 10))),
    "mixture, data": PosteriorMixture(MarginalDenoiser()),
    "belief": Bayes(row_vector([Fraction(1, 4) + Fraction(n, 10**9) for n in (3, -1, -1, -1)])),
}


@few("weights", [(8, 4, 2, 2), (1, 1, 1, 1)])
@pytest.mark.parametrize("model", LATE.values(), ids=LATE)
def test_small_errors_keep_their_digits(model: ReverseModel, weights: tuple[int, ...]) -> None:
    """While information falls to 1e-80, Δ_t, of its order or its square, is right to 1e-9 of itself at each step."""
    T = 120
    data = Distribution.from_weights(weights, list("abcd"))
    chain = Chain(data, uniform(4), tuple(Fraction(k, 150) for k in range(1, T + 1)), T)
    found = errors_of(Modelled(chain, model, None))
    assert min(truth for truth, _ in found if truth) < 1e-40
    assert all(near == pytest.approx(truth, rel=1e-9, abs=0) for truth, near in found)


@pytest.mark.parametrize("model", LATE.values(), ids=LATE)
def test_events_below_the_range_are_conditioned_on(model: ReverseModel) -> None:
    """Where x_t comes from some x0 with probability 2^-1000 and less, Δ_t and NLL are right all the same."""
    K, T, leap = 6, 12, Fraction(1, 2**200)
    rows = [[leap * (i + 1) * (abs(i - j) == 1) for j in range(K)] for i in range(K)]
    for i, row in enumerate(rows):
        row[i] = 1 - sum(row)
    chain = constant_chain([Fraction(1, 2), *[Fraction(1, 10)] * 5], rows, T)
    if isinstance(model, Bayes):
        model = Bayes(row_vector([Fraction(1, 6)] * 6))
    drawn = Modelled(chain, model, row_vector([Fraction(1, 6)] * 6))
    assert all(near == pytest.approx(truth, rel=1e-9, abs=0) for truth, near in errors_of(drawn))
    a, b = exactly(drawn)[1].nll_excess, in_float64(drawn)[1].nll_excess
    assert b.value == pytest.approx(float(a.ball(100)), rel=1e-9)


def test_a_wrong_error_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second formula of a step's term does not agree with a Δ_t that is off by a millionth."""
    drawn = Modelled(constant_chain(["1/2", "1/2"], [["2/3", "1/3"], ["1/4", "3/4"]], 3), D3PM(Posterior()), None)
    assert in_float64(drawn)[2].observed == "holds"
    right = float_models.model_error
    monkeypatch.setattr(float_models, "model_error", lambda *given: right(*given).times(1 + 1e-6))
    assert in_float64(drawn)[2].observed == "violated"


def test_a_row_of_the_model_that_float64_rounds_to_zero_leaves_the_error_undecided_without_a_warning():
    """R_1(1 | 0) is about 1e-330: no float, and yet q goes there, with 1e-30."""
    belief = f'["0.{"9" * 300}", "1e-300"]'
    rows = f'[[["1", "0"], ["1e-30", "0.{"9" * 30}"]], [["1/2", "1/2"], ["1/4", "3/4"]]]'
    study = md.loads(
        'data = { probabilities = ["1/2", "1/2"] }\n'
        f'reverse = {{ model = {{ kind = "bayes", data = {belief} }} }}\n'
        f'noise = {{ steps = 2, kernel = {{ kind = "per-step", steps_rows = {rows} }} }}\n'
    )
    exact, found = md.run(study), md.run(study.with_options(arithmetic="float"))
    assert exact.steps[1].model_error.value == "4.97567866712660e-28"
    assert found.steps[1].model_error.value == "undecided"
    assert found.steps[2].model_error.value == exact.steps[2].model_error.value == "497.243648236029"
    assert all(check.verdict == "holds" for check in found.checks)


def test_data_that_are_uniform_only_in_float64_do_not_make_a_mixture_exact():
    """The data miss 1/2 by 1e-60, which no float shows: Δ_1 is 1e-156 or so, and not 0."""
    data = f'["0.5{"0" * 59}1", "0.4{"9" * 60}"]'
    study = md.loads(
        f"data = {{ probabilities = {data} }}\n"
        'reverse = { model = { kind = "posterior-mixture", error = "1e-17" } }\n'
        'noise = { steps = 1, kernel = { kind = "matrix", rows = [["1/3", "2/3"], ["1/3", "2/3"]] }, '
        'schedule = { kind = "constant", beta = 1 } }\n'
    )
    assert float(md.run(study).steps[1].model_error) > 0
    assert md.run(study.with_options(arithmetic="float")).steps[1].model_error.value == "undecided"


def test_a_prediction_of_less_than_float64_sees_is_no_error() -> None:
    """R_1 = q(x0) is the Bayes reverse where x_1 forgets x0, Δ_1 = 0, also for an x0 of probability 2e-301."""
    mass = Fraction(2, 10**301)
    text = f"""
    data = {{ probabilities = ["{mass}", "{1 - mass}"] }}
    noise = {{ steps = 2, kernel = {{ kind = "per-step", steps_rows = [
        [["1/3", "2/3"], ["1/3", "2/3"]], [["1/2", "1/2"], ["1/4", "3/4"]]] }} }}
    reverse = {{ model = {{ kind = "d3pm", denoiser = "data" }} }}
    """
    exact, found = (md.run(md.loads(text).with_options(arithmetic=kind)) for kind in ("exact", "float"))
    assert exact.steps[1].model_error is not None
    assert exact.steps[1].model_error.value == "0"
    for number in (found.steps[1].model_error, found.elbo.model_error, found.elbo.gap):
        assert number is not None
        assert number.value in ("0", "undecided")
