"""q(x0): exact probabilities from weights, families and counts; nothing is silently renormalised."""

from fractions import Fraction
from itertools import pairwise
from math import gcd

import pytest
from chains import examples, laws
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import InputError, LimitError
from markovdiff.process.distribution import (
    MAX_STATES,
    Distribution,
    binomial,
    check_size,
    count,
    geometric,
    triangular,
    zipf,
)

weights = st.lists(st.integers(0, 50) | st.fractions(0, 5, max_denominator=30), min_size=1, max_size=6).filter(any)


@given(weights)
@examples(100)
def test_weights_are_normalised_exactly(w):
    """p_i = w_i / Σw, the sum is exactly one, and the integers kept have no factor in common."""
    d = Distribution.from_weights(w)
    assert d.probabilities == tuple(Fraction(x) / sum(Fraction(y) for y in w) for x in w)
    assert sum(d.probabilities) == 1
    assert gcd(*d.weights) == 1
    assert d.total == sum(d.weights)


@given(weights, st.fractions(Fraction(1, 9), 9, max_denominator=9))
@examples(100)
def test_a_common_factor_of_the_weights_means_nothing(w, c):
    """(c·w)/Σ(c·w) = w/Σw: the two distributions are equal as values."""
    assert Distribution.from_weights([c * x for x in w]) == Distribution.from_weights(w)


@given(st.integers(1, 6).flatmap(laws))
@examples(100)
def test_probabilities_that_sum_to_one_are_kept(p):
    """from_probabilities is the identity on laws, and the support is where they are positive."""
    d = Distribution.from_probabilities(p)
    assert d.probabilities == p
    assert d.support == tuple(i for i, x in enumerate(p) if x > 0)
    assert d.K == len(d.states) == len(p)


@given(st.integers(2, 6).flatmap(laws), st.fractions(Fraction(-1, 2), Fraction(1, 2)).filter(bool))
@examples(60)
def test_a_sum_that_is_not_one_is_refused(p, off):
    """Σp = 1 + ε is refused however small ε is, and even where a sum of floats would say 1."""
    for error in (off, off / 10**30):
        wrong = (*p[:-1], p[-1] + error)
        with pytest.raises(InputError):
            Distribution.from_probabilities(wrong)


def test_a_third_and_a_third_are_not_a_half_and_a_half():
    """⅓ + ⅓ ≠ 1: the error says what the sum was, and where."""
    with pytest.raises(InputError) as caught:
        Distribution.from_probabilities([Fraction(1, 3), Fraction(1, 3)], where="data.probabilities")
    assert caught.value.where == "data.probabilities"
    assert caught.value.got == "2/3, which is less by 1/3"


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Distribution.from_weights([]), "weights"),
        (lambda: Distribution.from_weights([0, 0]), "weights"),
        (lambda: Distribution.from_weights([3, -1], ["a", "b"]), "weights, state 'b'"),
        (lambda: Distribution.from_probabilities([Fraction(3, 2), Fraction(-1, 2)]), "probabilities[1]"),
        (lambda: Distribution.from_weights([1, 1], ["a"]), "weights"),
        (lambda: Distribution.from_weights([1, 1], ["a", "a"]), "data.states"),
    ],
)
def test_what_is_not_a_distribution_is_refused_by_place(make, where):
    """No states, no mass, negative mass, too few labels, a label twice: each is an InputError that says where."""
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.where == where


@given(st.integers(1, 6).flatmap(laws))
@examples(40)
def test_one_more_state_has_no_mass(p):
    """A mask added to the states changes no probability and has none itself."""
    d = Distribution.from_probabilities(p)
    masked = d.with_extra_state("[MASK]")
    assert masked.probabilities == (*p, 0)
    assert masked.states == (*d.states, "[MASK]")
    assert masked.support == d.support


@pytest.mark.parametrize("K", [1, 2, 7, 40])
def test_triangular_is_k_over_its_sum(K):
    """p_k = k/Z for k = 1…K with Z = K(K+1)/2."""
    p = Distribution.from_weights(triangular(K)).probabilities
    assert p == tuple(Fraction(2 * k, K * (K + 1)) for k in range(1, K + 1))


@given(st.integers(1, 12), st.integers(0, 4))
@examples(40)
def test_zipf_falls_as_a_power(K, exponent):
    """p_k·k^a is the same for every k = 1…K."""
    p = Distribution.from_weights(zipf(K, exponent)).probabilities
    assert {x * k**exponent for k, x in enumerate(p, 1)} == {p[0]}


@given(st.integers(1, 12), st.fractions(Fraction(1, 9), 9, max_denominator=9))
@examples(40)
def test_geometric_has_one_ratio(K, ratio):
    """p_{k+1}/p_k is the ratio, for every k."""
    p = Distribution.from_weights(geometric(K, ratio)).probabilities
    assert {b / a for a, b in pairwise(p)} <= {ratio}


@given(st.integers(1, 10), st.fractions(0, 1, max_denominator=12), st.fractions(-3, 3, max_denominator=5))
@examples(60)
def test_binomial_has_its_generating_function(K, p, z):
    """Σ_k p_k z^k = (1 − p + pz)^{K−1}: K − 1 independent trials."""
    law = Distribution.from_weights(binomial(K, p)).probabilities
    assert sum(x * z**k for k, x in enumerate(law)) == (1 - p + p * z) ** (K - 1)


@given(st.text("abcde", min_size=1, max_size=40))
@examples(80)
def test_counting_gives_relative_frequencies(symbols):
    """p_s = (times that s occurs) / length, in the order of the symbols, or by falling count."""
    d = count(symbols, by_frequency=False)
    assert dict(zip(d.states, d.probabilities, strict=True)) == {
        s: Fraction(symbols.count(s), len(symbols)) for s in set(symbols)
    }
    assert list(d.states) == sorted(d.states)
    falling = count(symbols, by_frequency=True)
    assert list(falling.weights) == sorted(falling.weights, reverse=True)
    assert set(zip(falling.states, falling.weights, strict=True)) == set(zip(d.states, d.weights, strict=True))


@given(st.text("abcde", min_size=1, max_size=40), st.integers(1, 6))
@examples(80)
def test_the_rest_is_lumped_or_left_out(symbols, top):
    """With `top` the N most frequent stay; the others are one state together, or condition the law away."""
    lumped = count(symbols, by_frequency=True, top=top, other="…")
    alone = count(symbols, by_frequency=True, top=top)
    kept = sum(symbols.count(s) for s in alone.states)
    assert min(top, len(set(symbols))) == alone.K
    assert min(symbols.count(s) for s in alone.states) >= max(
        (symbols.count(s) for s in set(symbols) - set(alone.states)), default=0
    )
    assert lumped.states == (*alone.states, "…")
    assert lumped.probabilities[-1] == 1 - Fraction(kept, len(symbols))
    assert alone.probabilities == tuple(Fraction(symbols.count(s), kept) for s in alone.states)


def test_an_alphabet_sets_states_and_order():
    """Only the alphabet's symbols are states, in its order, seen or not; the rest is `other`."""
    d = count("abracadabra!", by_frequency=False, alphabet="zab", other="?")
    assert d.states == ("z", "a", "b", "?")
    assert d.probabilities == (0, Fraction(5, 12), Fraction(2, 12), Fraction(5, 12))
    with pytest.raises(InputError) as caught:
        count("ab", by_frequency=False, alphabet="ab", other="a")
    assert caught.value.where == "data.text.other"


def test_the_number_of_states_has_a_limit():
    """K = MAX_STATES is accepted, one more is a LimitError before anything is allocated."""
    check_size(MAX_STATES, "data")
    with pytest.raises(LimitError):
        check_size(MAX_STATES + 1, "data")
