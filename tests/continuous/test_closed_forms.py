"""The triangular law's asymptote and the two-state chain's formula, exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from chains import examples, informations, laws, probabilities
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

import markovdiff as md
from markovdiff.continuous.closed_forms import (
    TRIANGULAR_DEFICIT,
    binary_entropy,
    triangular_deficit_bounds,
    triangular_entropy,
    two_state_information,
)
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel


@pytest.mark.parametrize("K", [*range(1, 40), 100, 999, 5000])
def test_the_triangular_deficit_is_between_its_bounds(K):
    """(log 2 − ½) + 1/2K − log(1 + 1/K) ≤ log K − H ≤ the same + log K / 4K(K+1), decided on exact forms."""
    deficit = md.log(K) - triangular_entropy(K)
    lower, upper = triangular_deficit_bounds(K)
    assert lower.at_most(deficit)
    assert upper.at_least(deficit)


@pytest.mark.parametrize("K", [2, 10, 100])
def test_the_triangular_bounds_can_fail(K):
    """The bounds are log K / 4K(K+1) apart: a deficit that is off by (log 2)/K either way is outside."""
    lower, upper = triangular_deficit_bounds(K)
    deficit, shift = md.log(K) - triangular_entropy(K), md.log(2) / K
    assert not upper.at_least(deficit + shift)
    assert not lower.at_most(deficit - shift)


@pytest.mark.parametrize("K", [1, 2, 7, 64])
def test_triangular_entropy_is_its_sum(K):
    """H = log Z − Σ k log k / Z, as logarithms of integers."""
    Z = K * (K + 1) // 2
    assert triangular_entropy(K) == md.log(Z) - sum((Fraction(k, Z) * md.log(k) for k in range(1, K + 1)), md.LogForm())


def test_the_constant_is_that_of_the_density_2x():
    """log 2 − ½ = ∫₀¹ 2x log 2x dx, by mpmath; and the bounds close in on it like 1/2K."""
    with mp.workdps(30):
        assert abs(float(TRIANGULAR_DEFICIT) - mp.quad(lambda x: 2 * x * mp.log(2 * x), [0, 1])) < 1e-16
    lower, upper = TRIANGULAR_DEFICIT.enclosure(40)
    assert 0 < upper - lower < Fraction(1, 10**38)
    for K in (100, 1000, 10_000):
        low, high = (float(b) for b in triangular_deficit_bounds(K))
        assert abs(low - float(TRIANGULAR_DEFICIT)) < 0.5 / K + 1 / K**2
        assert abs(high - float(TRIANGULAR_DEFICIT)) < 0.5 / K + 1 / K**1.5


@given(laws(2), laws(2), st.lists(probabilities, min_size=1, max_size=4))
@examples(120)
def test_two_states_by_formula_and_by_chain(data, target, betas):
    """I(x0; x_t) of the closed form is that of the chain, exactly, at every t, for any target and schedule."""
    kernel = RankOneKernel(Distribution.from_probabilities(target))
    chain = Chain(Distribution.from_probabilities(data), kernel, tuple(betas), len(betas))
    kept = Fraction(1)
    before = None
    for now in informations(chain):
        kept *= 1 - now.moment.beta if now.moment.beta is not None else 1
        formula = two_state_information(data[0], kept, target[0])
        assert formula == now.mutual_information.form()
        assert before is None or formula <= before
        before = formula


@given(probabilities, probabilities)
@examples(80)
def test_the_symmetric_channel(p, kept):
    """With target ½: I = h(p(1−e) + (1−p)e) − h(e), e = (1−ᾱ)/2; the joint table says the same."""
    e = (1 - kept) / 2
    assert two_state_information(p, kept) == binary_entropy(p * (1 - e) + (1 - p) * e) - binary_entropy(e)
    assert two_state_information(p, kept) == md.mutual_information(
        [[p * (1 - e), p * e], [(1 - p) * e, (1 - p) * (1 - e)]]
    )


@given(probabilities)
@examples(60)
def test_binary_entropy_is_symmetric_and_highest_at_one_half(p):
    """h(p) = h(1−p) ≤ log 2, with equality only at ½."""
    assert binary_entropy(p) == binary_entropy(1 - p)
    assert (binary_entropy(p) == md.log(2)) == (p == Fraction(1, 2))
    assert binary_entropy(p) <= md.log(2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: triangular_entropy(0),
        lambda: triangular_entropy(10**9),
        lambda: triangular_deficit_bounds(-1),
        lambda: binary_entropy("3/2"),
        lambda: binary_entropy(0.5),
        lambda: two_state_information("1/2", "-1/2"),
    ],
)
def test_bad_input_is_explained(call):
    """No states, too many, no probability, a float: a place and what was expected."""
    with pytest.raises(md.InputError) as caught:
        call()
    assert caught.value.where
    assert caught.value.expected
