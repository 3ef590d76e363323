"""Laws of sequences and the product kernel, against sums over all sequences and all paths."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import InputError
from markovdiff.process.distribution import Distribution
from markovdiff.process.transition import Dense
from markovdiff.sequences.law import MarkovSequences, SequenceLaw, number_of, sequence_of
from markovdiff.sequences.noise import masked_states, noised, pulled


@st.composite
def stochastic(draw, K):
    rows = []
    for _ in range(K):
        row = draw(st.lists(st.integers(0, 4), min_size=K, max_size=K).filter(any))
        rows.append([Fraction(n, sum(row)) for n in row])
    return rows


@st.composite
def laws(draw):
    K, L = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    everything = list(product(range(K), repeat=L))
    weights = draw(st.lists(st.integers(0, 5), min_size=len(everything), max_size=len(everything)).filter(any))
    return SequenceLaw.from_indices(dict(zip(everything, weights, strict=True)), "abc"[:K])


@given(laws())
def test_a_law_is_its_table(law):
    """Σ q(x) = 1, the dense vector has q(x) at x's number, and the positions' marginals are its sums."""
    row = law.dense().rows()[0]
    everything = list(product(range(law.K), repeat=law.length))
    assert sum(row) == 1
    assert [x for x, _ in law.support] == sorted(x for x in everything if law.probability(x))
    for n, x in enumerate(everything):
        assert (number_of(x, law.K), sequence_of(n, law.K, law.length)) == (n, x)
        assert row[n] == law.probability(x)
    for place, marginal in enumerate(law.position_marginals):
        for k, p in enumerate(marginal.probabilities):
            assert p == sum(law.probability(x) for x in everything if x[place] == k)


@given(st.data())
def test_every_position_is_noised_by_itself(data):
    """(p Q^⊗L)(y) = Σ_x p(x) Π_l Q[x^l, y^l], and (Q^⊗L v)(x) = Σ_y Π_l Q[x^l, y^l] v(y)."""
    law = data.draw(laws())
    rows = data.draw(stochastic(law.K))
    step = Dense.from_rows(rows, "rows")
    p = law.dense()
    everything = list(product(range(law.K), repeat=law.length))
    kernel = {(x, y): prod(rows[a][b] for a, b in zip(x, y, strict=True)) for x in everything for y in everything}
    pushed, back = noised(p, step, law.length).rows()[0], pulled(p, step, law.length).rows()[0]
    for n, y in enumerate(everything):
        assert pushed[n] == sum(law.probability(x) * kernel[x, y] for x in everything)
        assert back[n] == sum(kernel[y, x] * law.probability(x) for x in everything)


@given(laws(), st.fractions(0, 1, max_denominator=5))
def test_what_a_mask_can_leave(law, alpha_bar):
    """The masked states are where p_t > 0 for 0 < ᾱ < 1, with p_t's own probabilities at every ᾱ."""
    masked = law.with_extra_symbol("?")
    K = masked.K
    rows = [[alpha_bar * (i == j) + (1 - alpha_bar) * (j == K - 1) for j in range(K)] for i in range(K)]
    p = noised(masked.dense(), Dense.from_rows(rows, "rows"), law.length).rows()[0]
    found = {s.sequence: s.probability(alpha_bar, law.total) for s in masked_states(masked, K - 1)}
    assert [found.get(sequence_of(n, K, law.length), 0) for n in range(masked.states)] == list(p)
    if 0 < alpha_bar < 1:
        assert all(found.values())


@given(st.data())
def test_markov_sequences_are_products_of_rows(data):
    """q(x) = p(x^1) Π P(x^l, x^(l+1)); the support's size and the marginals are those of the law written out."""
    K, L = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    rows, weights = data.draw(stochastic(K)), data.draw(st.lists(st.integers(0, 3), min_size=K, max_size=K).filter(any))
    chain = MarkovSequences.make(Distribution.from_weights(weights, "abc"[:K]), rows, L)
    law = chain.law()
    for x in product(range(K), repeat=L):
        truth = chain.initial.probabilities[x[0]] * prod(rows[a][b] for a, b in pairwise(x))
        assert law.probability(x) == truth
    assert chain.support_size == len(law.support)
    assert chain.position_marginals == law.position_marginals
    assert chain.with_extra_symbol("?").law() == law.with_extra_symbol("?")


def test_windows_never_cross_runs():
    """The windows of "abab" and "ba" are ab, ba, ab and ba."""
    law = SequenceLaw.from_windows(["abab", "ba"], 2, "ab")
    assert law.support == (((0, 1), 1), ((1, 0), 1))
    with pytest.raises(InputError, match="shorter than the window"):
        SequenceLaw.from_windows(["ab", "b"], 3, "ab")


@pytest.mark.parametrize(
    ("weights", "what"),
    [({"ab": 1, "a": 1}, "different lengths"), ({"ac": 1}, "unknown symbol"), ({"ab": 0}, "zero"), ({"ab": -1}, "neg")],
)
def test_what_is_no_law(weights, what):
    """Sequences of unequal length, unknown symbols, no weight and a negative one are refused in words."""
    with pytest.raises(InputError, match=what):
        SequenceLaw.from_weights(weights, "ab")
