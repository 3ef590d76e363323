"""Information of chains that forget, from few logarithms: the same numbers as by the form in which nothing cancels."""

from __future__ import annotations

from fractions import Fraction

import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.enclosure import accuracy
from markovdiff.arithmetic.logform import LogForm
from markovdiff.measures.information import divergence_of, entropy_of, information_left, information_of
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel

betas = st.sampled_from([Fraction(0), Fraction(1), Fraction(999, 1000)]) | st.fractions(0, 1, max_denominator=12)


@st.composite
def forgetting(draw: st.DrawFn) -> Chain:
    """Up to seven states, weights with zeros and repeats, noise from nothing to nearly everything in a step."""
    K = draw(st.integers(1, 7))
    weights = st.lists(st.integers(0, 3), min_size=K, max_size=K).filter(any)
    data, target = (Distribution.from_weights(draw(weights)) for _ in range(2))
    steps = draw(st.lists(betas, min_size=1, max_size=8))
    return Chain(data, RankOneKernel(target), tuple(steps), len(steps))


def overlap(a: object, b: object) -> bool:
    """Whether two balls have a point in common."""
    return bool(a.overlaps(b))  # type: ignore[attr-defined]


@examples(80)
@given(forgetting(), st.booleans())
def test_few_logarithms_make_the_same_information(chain: Chain, grouped: bool) -> None:
    """H(x_t) − H(x_t|x_0) is I_t as an exact form, as a ball of every precision, in digits and in sign."""
    for moment in chain.moments(chain.alike if grouped else None):
        cheap, careful = information_left(moment, entropy_of(moment.marginal)), information_of(moment.deviation)
        assert cheap.form() == careful.form()
        assert cheap.sign() == careful.sign() >= 0
        assert moment.is_independent == moment.deviation.vanishes == cheap.is_zero()
        for digits in (3, 15, 60):
            assert cheap.enclosed(digits, "bits") == careful.enclosed(digits, "bits")
        for bits in (64, 114, 500):
            assert overlap(cheap.ball(bits), careful.ball(bits))


@examples(60)
@given(forgetting())
def test_noise_from_the_distinct_weights(chain: Chain) -> None:
    """H(x_t|x_0) by distinct target weights is Σ_i p_0[i] H(row i of Q̄_t), on classes as on states."""
    for few, every in zip(chain.moments(chain.alike), chain.moments(), strict=True):
        rows = zip(chain.data.probabilities, every.cumulative.rows(), strict=True)
        plain = sum((p * _entropy(row) for p, row in rows), LogForm())
        for moment in (few, every):
            assert LogForm(*moment.cumulative.noise_terms(moment.data)) == plain  # type: ignore[union-attr]


def _entropy(row: tuple[Fraction, ...]) -> LogForm:
    from markovdiff import entropy

    return entropy(row)


@examples(60)
@given(forgetting())
def test_few_logarithms_make_the_same_divergence(chain: Chain) -> None:
    """KL(p_t‖μ) as H(p_t, μ) − H(p_t), and in the centred form; None alike where it is infinite."""
    assert chain.alike is not None
    law = chain.alike.grouped(list(chain.moments())[-1].marginal)
    for moment in chain.moments(chain.alike):
        cheap = divergence_of(moment.marginal, law, entropy_of(moment.marginal))
        careful = divergence_of(moment.marginal, law)
        assert (cheap is None) == (careful is None)
        if cheap is not None and careful is not None:
            assert cheap.form() == careful.form()
            assert cheap.enclosed(20, "nats") == careful.enclosed(20, "nats")


@pytest.mark.parametrize("T", [1, 10, 20, 40, 400])
def test_late_in_a_chain_the_digits_are_still_relative(T: int) -> None:
    """Σ β = 9T/10 decades later the difference has cancelled, from a few bits to 10^-800; fifteen digits stand."""
    coin = Distribution.from_weights([5, 2, 1])
    chain = Chain(coin, RankOneKernel(Distribution.from_weights([1, 1, 1])), (Fraction(9, 10),) * T, T)
    moment = chain.at(T)
    cheap = information_left(moment, entropy_of(moment.marginal))
    assert accuracy(cheap.ball(114)) > 90
    assert cheap.enclosed(15, "bits") == information_of(moment.deviation).enclosed(15, "bits")
