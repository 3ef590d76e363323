"""Unmasking by counts: reference values, every order enumerated, and every composition beside the dynamic programme."""

import copy
import pickle
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from math import comb, cos, pi

import pytest
from chains import examples
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from sequence_laws import STAYS, chains, entropy, exact, laws, markov, projection, written_out

import markovdiff as md
from markovdiff.arithmetic import shortest_path as module
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.errors import InputError, UnfinishedError
from markovdiff.process.distribution import Distribution
from markovdiff.sequences.curve import information_curve
from markovdiff.sequences.law import MarkovSequences
from markovdiff.sequences.unmasking import best_unmasking, cosine_sizes, equal_sizes, unmasking

PARITY = {"000": 1, "011": 1, "101": 1, "110": 1}


def compositions(L, n):
    """All block sizes of n stages."""
    for cuts in combinations(range(1, L), n - 1):
        ends = (0, *cuts, L)
        yield tuple(b - a for a, b in pairwise(ends))


def shown(quantity, digits):
    return quantity.enclosed(digits, "bits").value


def test_parity_two_at_first_are_free_and_two_at_last_cost_a_bit():
    curve = information_curve(PARITY)
    assert unmasking(curve, (2, 1)).excess.is_zero()
    assert shown(unmasking(curve, (1, 2)).excess, 15) == "1"
    best = best_unmasking(curve, 2)
    assert (best.sizes, best.ties, best.decided) == ((2, 1), 1, True)


def test_reference_values_of_a_chain_that_stays_nine_times_in_ten():
    """L = 4 in two stages, and L = 64 in eight: the best beside the worst, equal ones and the cosine's."""
    short, long = markov(["1/2", "1/2"], STAYS, 4), markov(["1/2", "1/2"], STAYS, 64)
    best = best_unmasking(short, 2)
    assert best.sizes == (1, 3)
    assert shown(best.excess, 7) == "0.3773982"
    assert shown(max((unmasking(short, s).excess for s in compositions(4, 2)), key=float_of), 3) == "0.956"
    best = best_unmasking(long, 8)
    assert (best.sizes, best.ties, best.decided) == ((4, 5, 6, 7, 8, 9, 11, 14), 1, True)
    assert shown(best.excess, 5) == "2.3107"
    assert shown(unmasking(long, equal_sizes(64, 8)).excess, 5) == "2.7985"
    assert shown(unmasking(long, cosine_sizes(64, 8)).excess, 5) == "2.5947"


def float_of(quantity):
    return float(quantity.enclosed(15, "bits"))


def by_enumerated_orders(law, sizes):
    """The mean, over all orders, of the sum over stages of TC(what is drawn | what is seen)."""
    law = {x: Fraction(w) for x, w in law.items()}
    L = sum(sizes)
    orders = list(permutations(range(L)))
    excess = LogForm()
    for order in orders:
        m = 0
        for b in sizes:
            seen, block = order[:m], order[m : m + b]
            known = entropy(projection(law, seen).values())
            alone = sum((entropy(projection(law, (*seen, i)).values()) - known for i in block), LogForm())
            excess += alone - (entropy(projection(law, (*seen, *block)).values()) - known)
            m += b
    return excess / len(orders)


@given(laws, st.data())
@examples(40)
def test_the_excess_is_that_of_enumerated_orders(law, data):
    """Σ over stages of Σ_j (c_m − c_j) is the expected conditional total correlation of what is drawn together."""
    curve = information_curve(law)
    L = curve.length
    sizes = data.draw(st.sampled_from([s for n in range(1, L + 1) for s in compositions(L, n)]))
    assert unmasking(curve, sizes).excess.form() == by_enumerated_orders(law, sizes)


@given(laws)
@examples(40)
def test_the_best_of_random_laws_is_the_best_of_all_compositions(law):
    """Least excess, number of ties and the first of them, each decided: against every composition, compared exactly."""
    check_against_all(information_curve(law))


@given(chains(), st.integers(6, 9))
@examples(15)
def test_the_best_of_longer_chains_is_the_best_of_all_compositions(chain, L):
    initial, rows, _ = chain
    check_against_all(markov(initial, rows, L), stages=[2, L // 2])


def check_against_all(curve, stages=None):
    for n in stages or range(1, curve.length + 1):
        best = best_unmasking(curve, n)
        every = [(sizes, unmasking(curve, sizes).excess.form()) for sizes in compositions(curve.length, n)]
        least = min((form for _, form in every), key=Ordered)
        reached = [sizes for sizes, form in every if form == least]
        assert (best.sizes, best.ties, best.decided) == (min(reached), len(reached), True)
        assert best.excess.form() == least


class Ordered:
    """A LogForm as a sort key."""

    def __init__(self, form):
        self.form = form

    def __lt__(self, other):
        return self.form < other.form


def test_one_at_a_time_costs_nothing_known_without_a_logarithm():
    curve = markov(["1/2", "1/2"], STAYS, 64)
    assert best_unmasking(curve, 64).excess.known_zero


def test_independent_symbols_tie_in_every_way_at_any_length():
    """Independent symbols lose nothing: all C(255, 15) block sizes of sixteen stages are equal, and it is decided."""
    letters = Distribution.from_weights([5, 3, 2, 7])
    best = best_unmasking(information_curve(MarkovSequences.independent(letters, 256)), 16)
    assert best.excess.is_zero()
    assert (best.ties, best.decided) == (comb(255, 15), True)


def test_a_tie_without_an_exact_form_is_undecided(monkeypatch):
    """Where no coprime base may be made, equal sums stay undecided, and the block sizes still have the least excess."""
    monkeypatch.setattr(module, "MAX_ATOMS", 0)
    law = MarkovSequences.independent(Distribution.from_weights([2, 1]), 5)
    best = best_unmasking(information_curve(law), 2)
    assert not best.decided
    assert best.excess.is_zero()
    alone = best_unmasking(markov(["1/2", "1/2"], STAYS, 8), 3)
    assert alone.decided


def test_equal_sizes_round_half_up():
    assert equal_sizes(64, 8) == (8,) * 8
    assert equal_sizes(10, 4) == (3, 2, 3, 2)
    assert all(set(equal_sizes(L, n)) <= {L // n, L // n + 1} for L in range(1, 30) for n in range(1, L + 1))


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9])
@pytest.mark.parametrize("L", [9, 10, 27, 64])
def test_cosine_sizes_are_the_cosine_rounded_half_up(L, n):
    """Against float64 wherever its fraction is not near ½; at a third of the half turn L/2 is met exactly."""
    still, masked = L, [L]
    for b in cosine_sizes(L, n):
        still -= b
        masked.append(still)
    expected = []
    for i in range(n + 1):
        x = L * cos(pi * i / (2 * n))
        expected.append((L + 1) // 2 if 3 * i == 2 * n else int(x + 0.5))
        assert 3 * i == 2 * n or abs((x % 1) - 0.5) > 1e-9
    assert masked == sorted(set(expected), reverse=True)


def test_the_cosine_of_sixty_four_in_eight():
    assert cosine_sizes(64, 8) == (1, 4, 6, 8, 9, 12, 12, 12)


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda c: unmasking(c, (2, 2)), "these are no block sizes"),
        (lambda c: unmasking(c, (3, 0)), "these are no block sizes"),
        (lambda c: unmasking(c, (4, -1)), "these are no block sizes"),
        (lambda c: best_unmasking(c, 4), "the number of stages is out of range"),
        (lambda c: best_unmasking(c, 0), "the number of stages is out of range"),
        (lambda c: best_unmasking(c, 2.0), "the number of stages is out of range"),
        (lambda _: cosine_sizes(3, 4), "the number of stages is out of range"),
        (lambda _: equal_sizes(3, 4), "the number of stages is out of range"),
        (lambda _: best_unmasking(PARITY, 2), "this is no information curve"),
    ],
)
def test_what_is_no_unmasking_is_refused(act, what):
    with pytest.raises(InputError) as refused:
        act(information_curve(PARITY))
    assert refused.value.what == what


def test_curves_and_unmaskings_are_values():
    """They compare by value, pickle and are copied; only ratios of weights count."""
    thrice = information_curve({x: Fraction(w, 3) for x, w in PARITY.items()})
    chain = information_curve(MarkovSequences.make(Distribution.from_weights([1, 1]), exact(STAYS), 8))
    for curve in (thrice, chain):
        best = best_unmasking(curve, 2)
        again = pickle.loads(pickle.dumps(best))
        assert again == best == copy.deepcopy(best)
        assert hash(again) == hash(best)
        assert again.excess.form() == best.excess.form()
    assert thrice == information_curve(PARITY) != chain


def test_the_public_names():
    assert md.best_unmasking(md.information_curve(PARITY), 2).sizes == (2, 1)
    assert written_out(["1/2", "1/2"], STAYS, 2)[0, 0] == Fraction(9, 20)


def test_what_a_curve_and_a_schedule_hold_show_themselves_in_a_line() -> None:
    """Parity: c = 1, 1, 0 bits, and two at first are free; what is not told from 0 shows its ball."""
    curve = information_curve({"000": 1, "011": 1, "101": 1, "110": 1})
    assert repr(curve.increments[2]) == repr(best_unmasking(curve, 2).excess) == "<Quantity 0 nats>"
    assert repr(curve.increments[0]) == "<Quantity 0.6931472 nats>"

    def too_long() -> LogForm:
        raise UnfinishedError("too many logarithms")

    assert repr(Quantity(lambda _: arb(0, 1e-30), too_long)).startswith("<Quantity [+/- 1.0")
