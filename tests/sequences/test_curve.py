"""The information curve: reference values, Han's inequality, and a second route by conditional entropies."""

from fractions import Fraction
from itertools import combinations, pairwise
from math import comb

import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st
from sequence_laws import STAYS, chains, conditional, entropy, exact, laws, markov, projection, written_out

from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.errors import InputError, LimitError, TooLongError
from markovdiff.process.distribution import Distribution
from markovdiff.sequences.curve import information_curve, masked_information
from markovdiff.sequences.law import MarkovSequences


@given(laws)
@examples(60)
def test_c_j_is_the_mean_conditional_entropy(law):
    """c_j = mean of H(x^i | x^S) over |S| = j and i ∉ S, with the conditional entropies from the conditional laws."""
    curve = information_curve(law)
    L = curve.length
    for j, c in enumerate(curve.increments):
        pairs = [(i, S) for S in combinations(range(L), j) for i in range(L) if i not in S]
        mean = sum((conditional(law, i, S) for i, S in pairs), LogForm()) / len(pairs)
        assert c.form() == mean


@given(laws)
@examples(60)
def test_the_curve_never_rises_and_adds_up(law):
    """c_0 ≥ c_1 ≥ … ≥ c_{L−1} ≥ 0 (Han 1978), Σ c_j = H(x), TC ≥ 0 and DTC ≥ 0."""
    curve = information_curve(law)
    forms = [c.form() for c in curve.increments]
    assert all(more >= less for more, less in pairwise(forms))
    assert forms[-1] >= 0
    assert sum(forms, LogForm()) == entropy(law.values()) == curve.entropy.form()
    alone = sum((entropy(projection(law, [i]).values()) for i in range(curve.length)), LogForm())
    assert curve.total_correlation.form() == alone - entropy(law.values())
    assert curve.total_correlation.sign() >= 0
    assert curve.dual_total_correlation.sign() >= 0


@given(chains())
@examples(60)
def test_the_markov_formula_agrees_with_the_subsets(chain):
    """h_j of the O(L²) formula is that of the 2^L subsets: equal as exact forms, and its balls contain it."""
    initial, rows, L = chain
    fast, slow = markov(initial, rows, L), information_curve(written_out(initial, rows, L))
    for a, b in zip(fast.joint, slow.joint, strict=True):
        assert a.form() == b.form()
        assert a.ball(128).overlaps(b.ball(256))


@pytest.mark.parametrize("L", [6, 8])
def test_the_markov_formula_agrees_with_the_subsets_at_length(L):
    fast, slow = markov(["1/20", "19/20"], STAYS, L), information_curve(written_out(["1/20", "19/20"], STAYS, L))
    assert [h.form() for h in fast.joint] == [h.form() for h in slow.joint]


def test_reference_values_of_two_chains():
    """h and c to the digits that three routes gave, one of them a joint state space walked with fractions."""
    uneven = markov(["1/20", "19/20"], [["9/10", "1/10"], ["3/10", "7/10"]], 4)
    assert [h.enclosed(7, "bits").value for h in uneven.joint[1:]] == ["0.7932400", "1.465739", "2.049260", "2.568274"]
    curve = markov(["1/2", "1/2"], STAYS, 4)
    assert [c.value for c in curve.values(12)] == ["1", "0.594794995635", "0.448736917613", "0.363454867520"]
    long = markov(["1/2", "1/2"], STAYS, 64)
    assert long.total_correlation.enclosed(6, "bits").value == "33.4533"
    assert long.dual_total_correlation.enclosed(6, "bits").value == "13.6181"


@given(chains(), st.fractions(0, 1, max_denominator=6))
@examples(40)
def test_information_under_an_added_mask_is_a_polynomial(chain, alpha_bar):
    """I(x_0;x_t) = Σ_j C(L,j) ᾱ^j (1−ᾱ)^{L−j} h_j, against H(x_0) − H(x_0|x_t) over all masked sequences."""
    initial, rows, L = chain
    law = {x: w for x, w in written_out(initial, rows, L).items() if w}
    left = entropy(law.values())
    for size in range(L + 1):
        for seen in combinations(range(L), size):
            chance = alpha_bar**size * (1 - alpha_bar) ** (L - size)
            for s, w in projection(law, seen).items():
                agreeing = [v for x, v in law.items() if tuple(x[k] for k in seen) == s]
                left -= entropy(agreeing) * (chance * w)
    assert masked_information(information_curve(law), alpha_bar).form() == left


def test_information_of_the_pair_under_the_jump_schedule():
    """½(00) + ½(11), T = 2: I = 1, 3/4, 0 bits."""
    pair = information_curve({"00": 1, "11": 1})
    said = [masked_information(pair, Fraction(a)).enclosed(15, "bits").value for a in ("1", "1/2", "0")]
    assert said == ["1", "0.75", "0"]


@pytest.mark.parametrize("rows", [STAYS, [["1/20", "19/20"]] * 2])
def test_an_added_mask_changes_no_curve(rows):
    """A symbol that no sequence has adds nothing; independent symbols have h_j = j·H."""
    law = MarkovSequences.make(Distribution.from_probabilities(exact([["1/20", "19/20"]])[0]), exact(rows), 5)
    plain, masked, slow = (information_curve(x) for x in (law, law.with_extra_symbol("?"), law.law()))
    assert [h.form() for h in plain.joint] == [h.form() for h in masked.joint] == [h.form() for h in slow.joint]


def test_weights_may_be_rational_and_huge():
    """Only ratios count: weights are brought over one denominator, at any size."""
    law = {"ab": "1/3", "ba": Fraction(1, 7), "bb": 2}
    scaled = {x: Fraction(w) * 10**40 for x, w in law.items()}
    assert [h.form() for h in information_curve(law).joint] == [h.form() for h in information_curve(scaled).joint]


def test_a_long_chain_has_certified_digits_and_no_exact_form():
    """What has no short form still has digits: those of 10 agree with those of 30."""
    rows = [[Fraction(1 + (3 * i + 5 * j + i * j) % 11, 1) for j in range(27)] for i in range(27)]
    rows = [[x / sum(row) for x in row] for row in rows]
    curve = markov(rows[0], rows, 40)
    with pytest.raises(TooLongError):
        curve.joint[20].form()
    few, many = curve.values(10), curve.values(30)
    assert all(Fraction(a.lower) <= Fraction(b.value) <= Fraction(a.upper) for a, b in zip(few, many, strict=True))


def test_states_that_underflow_their_ball_keep_an_enclosure():
    """A probability far below the working precision is enclosed by 0 and its bound, never dropped."""
    tiny = Fraction(1, 10**300)
    curve = markov([1 - tiny, tiny], [[1 - tiny, tiny], [tiny, 1 - tiny]], 3)
    assert all(h.ball(64).overlaps(h.ball(4096)) for h in curve.joint)


@pytest.mark.parametrize(
    ("law", "what"),
    [
        ({"ab": 1, "a": 1}, "sequences of unequal length"),
        ({"ab": -1}, "a weight is negative"),
        ({"ab": 0}, "a law without mass"),
        ({}, "a law without mass"),
        ({(): 1}, "a sequence without symbols"),
        ([("a", 1)], "this is no law of sequences"),
        ({"ab": 0.5}, "0.5 is a binary float, which is rarely the number that was meant"),
    ],
)
def test_what_is_no_law_is_refused(law, what):
    with pytest.raises(InputError) as refused:
        information_curve(law)
    assert refused.value.what == what


def test_too_many_projections_are_refused_before_they_are_made():
    law = {format(7**k % 2**40, "040b"): 1 for k in range(1, 200)}
    with pytest.raises(LimitError, match="on all subsets of 40 positions are too many"):
        information_curve(law)


def test_a_curve_shows_itself():
    assert repr(information_curve({"00": 1, "11": 1})) == "<InformationCurve of 2 positions: 1, 0 bits>"
    assert comb(2, 1) * information_curve({"00": 1, "11": 1}).joint[1].form() == 2 * log(2)
    assert isinstance(information_curve({"0": 1}).entropy, Quantity)
