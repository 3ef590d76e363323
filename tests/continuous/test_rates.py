"""Continuous time: closed forms, mpmath's derivative and quadrature, the run's losses, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import mpmath as mp
import pytest
from chains import examples, laws
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.continuous.rates import RateProcess
from markovdiff.designs.continuous_time import ContinuousTime, continuous_time


def process(data: list[str], rates: list[list[str]], digits: int = 15) -> ContinuousTime:
    """From rates beside the diagonal."""
    R = [[Fraction(x) for x in row] for row in rates]
    rows = tuple(tuple(x if i != j else -sum(row) + x for j, x in enumerate(row)) for i, row in enumerate(R))
    return ContinuousTime(RateProcess(tuple(map(Fraction, data)), rows), "bits", digits, ())


def by_mpmath(of: RateProcess, sigma: mp.mpf) -> mp.mpf:
    """I(x0;x_σ) in bits, by the textbook's formula at forty digits."""

    def number(x: Fraction) -> mp.mpf:
        return mp.mpf(x.numerator) / x.denominator

    Q = mp.expm(mp.matrix([[number(x) * sigma for x in row] for row in of.R]))
    p0, K = [number(x) for x in of.data], len(of.R)
    p = [sum(p0[i] * Q[i, j] for i in range(K)) for j in range(K)]
    cells = ((p0[i] * Q[i, j], Q[i, j] / p[j]) for i in of.support for j in of.reach[i])
    return sum(a * mp.log(r, 2) for a, r in cells)


COIN = process(["3/4", "1/4"], [["0", "1"], ["1", "0"]])

SKEWED = process(["1/2", "1/3", "1/6"], [["0", "2", "0"], ["0", "0", "1"], ["1/2", "0", "0"]])
"""A cycle, from which every state is reached late."""

MASKED = process(["3/4", "1/4", "0"], [["0", "0", "1"], ["0", "0", "1"], ["0", "0", "0"]])


@pytest.mark.parametrize("of", [COIN, SKEWED, MASKED])
def test_information_and_its_derivative_by_mpmath(of: ContinuousTime) -> None:
    """Fifteen digits of I at forty digits by matrix exponential, and twelve of −dI/dσ by numerical differentiation."""
    with mp.workdps(40):
        for sigma in ("1/10", "2"):
            s = mp.mpf(Fraction(sigma).numerator) / Fraction(sigma).denominator
            assert abs(mp.mpf(of.information(sigma).value) - by_mpmath(of.process, s)) < mp.mpf(10) ** -14
            slope = -mp.diff(lambda x: by_mpmath(of.process, x), s)
            assert abs(mp.mpf(of.loss_rate(sigma).value) - slope) < mp.mpf(10) ** -11


def test_a_mask_apart() -> None:
    """I(σ) = e^{−σ}·H(x0), so −dI/dσ is the same, and a step from σ to τ loses (e^{−σ} − e^{−τ})·H(x0)."""
    H = float(md.entropy(["3/4", "1/4"]).enclosure(20, "bits")[0])  # type: ignore[union-attr]  # it is finite
    assert float(MASKED.information(1)) == pytest.approx(H * float(mp.exp(-1)), rel=1e-14)
    assert MASKED.loss_rate(1).value == MASKED.information(1).value
    low, high = md.log("10/9"), md.log(2)
    assert float(MASKED.score_entropy(low, high)) == pytest.approx(H * (0.9 - 0.5), rel=1e-14)


@examples(6)
@given(laws(3), st.lists(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(2)]), min_size=6, max_size=6))
def test_the_integral_is_the_loss(data: tuple[Fraction, ...], rates: list[Fraction]) -> None:
    """∫ of the score entropy = I(σ_1) − I(σ_2): enclosures of thirty digits meet; 0 exactly where no two x0 meet."""
    cells = iter(rates)
    table = [[str(next(cells)) if i != j else "0" for j in range(3)] for i in range(3)]
    of = process([str(x) for x in data], table, digits=8)
    assert of.agree("1/3", "3/2")
    assert (of.loss("1/3", "3/2").value == "0") == of.process.loses_nothing
    assert (of.loss_rate("1/3").value == "0") == of.process.loses_nothing


@pytest.mark.parametrize(("name", "t"), [("two-state", 5), ("sedd-geometric", 3)])
def test_information_loss_is_the_integral_over_the_step(name: str, t: int) -> None:
    """Of kernels that ᾱ alone tells, all fifteen digits: the run's information_loss is the score entropy's integral."""
    of, step = continuous_time(name), md.run(md.load(name)).steps[t]
    assert step.information_loss is not None
    assert of.score_entropy(of.levels[t - 1], of.levels[t]).value == step.information_loss.value
    assert of.information(of.levels[t]).value == step.mutual_information.value


def test_rates_on_a_grid_are_near_it() -> None:
    """A kernel of rates rounds its entries to 2^-32: the run's losses are the integrals to nine digits."""
    text = """
data = { weights = [3, 1, 2] }
[noise]
steps = 3
kernel = { kind = "rate", rows = [[-1, 1, 0], [1, -2, 1], [0, 1, -1]] }
schedule = { kind = "constant", beta = "1/2" }
"""
    scenario = md.loads(text)
    of, steps = continuous_time(scenario), md.run(scenario).steps
    assert of.levels == (0, Fraction(1, 2), 1, Fraction(3, 2))
    assert float(of.score_entropy(1, "3/2")) == pytest.approx(float(steps[3].information_loss or 0), rel=1e-8)


def test_refusals() -> None:
    """σ = 0, time that runs backward, a kernel without rates, sequences, noise without end."""
    with pytest.raises(md.InputError, match="must be above 0"):
        COIN.score_entropy(0, 1)
    with pytest.raises(md.InputError, match="runs forward"):
        COIN.loss(2, 1)
    with pytest.raises(md.InputError, match="not told by rates"):
        continuous_time("neighbours")
    with pytest.raises(md.InputError, match="not of sequences"):
        continuous_time("parity")
    assert continuous_time("jump-masked").levels[-1] is None
