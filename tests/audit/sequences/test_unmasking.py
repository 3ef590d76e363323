"""What the audit finds of unmasking by counts and of the curve: the reference values, and the engine's exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import pytest
from audited_sequences import decimal, is_same, process_of
from chains import examples
from hypothesis import given
from sequence_chains import PARITY, markov, masked
from sequence_laws import laws, written_out

from markovdiff.arithmetic.rational import to_fraction
from markovdiff.audit.sequences.curve import ConditionalEntropies
from markovdiff.audit.sequences.unmasking import Unmasker
from markovdiff.engines.exact.position_likelihood import unmasked
from markovdiff.sequences.curve import information_curve
from markovdiff.sequences.orders import choice
from markovdiff.sequences.surroundings import Positions
from markovdiff.sequences.unmasking import unmasking

STAYS = markov(Fraction(9, 10), 4)
ORDERS = ("random", "left-to-right", "confidence", "given")


def by_the_audit(chain, sizes, order):
    process = process_of(chain)
    return Unmasker(process, ConditionalEntropies(process.law), sizes, order)


def blocks(random, L):
    sizes = []
    while sum(sizes) < L:
        sizes.append(random.randint(1, L - sum(sizes)))
    return tuple(sizes)


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("seed", range(12))
def test_the_engine_says_the_same(seed, name):
    """Excess, KL(q‖ν), ν, what is false, and how often a tie was broken, of random laws with zeros."""
    random = Random(seed)
    K, L = random.choice([(2, 2), (2, 3), (3, 2), (2, 4), (3, 3)])
    law = {x: random.randint(1, 4) for x in product(range(K), repeat=L) if random.random() < 0.6} or {(0,) * L: 1}
    chain, sizes = masked(law, K), blocks(random, L)
    order = tuple(random.sample(range(L), L)) if name == "given" else name
    engine = unmasked(chain, Positions(chain), sizes, choice(order, L))
    audit = by_the_audit(chain, sizes, order)
    assert list(audit.drawn.inside.values()) == [to_fraction(mass) for mass in engine.exact.inside]
    assert [(x, share.exact) for x, share in engine.false(10)] == audit.drawn.likeliest_false
    assert audit.drawn.ties == engine.ties
    assert is_same(engine.divergence.form(), audit.drawn.kl)
    excess = unmasking(information_curve(chain.law), sizes).excess if order == "random" else engine.divergence
    assert is_same(excess.form(), audit.excess)


@given(laws)
@examples(40)
def test_the_curve_is_the_engines(law):
    """c_j, H(x) and both correlations; of an ordinary law and of a projection all the same."""
    engine = information_curve(law)
    audit = ConditionalEntropies({x: Fraction(w, sum(law.values())) for x, w in law.items()})
    pairs = list(zip(engine.increments, audit.curve, strict=True))
    pairs += [(engine.entropy, audit.entropy), (engine.total_correlation, audit.total_correlation)]
    pairs += [(engine.dual_total_correlation, audit.dual_total_correlation)]
    for said, found in pairs:
        assert is_same(said.form(), found)
        assert said.is_zero() == found.is_zero()


def test_reference_values_of_a_chain_that_stays_nine_times_in_ten():
    """L = 4: the curve; of two stages (1, 3) is the best in random order, and the worst costs 0.956 bits."""
    chain = masked(STAYS, 2)
    curve = ConditionalEntropies(process_of(chain).law).curve
    given_digits = ("1", "0.594794995635", "0.448736917613", "0.363454867520")
    assert all(decimal(c, digits) for c, digits in zip(curve, given_digits, strict=True))
    found = {sizes: by_the_audit(chain, sizes, "random") for sizes in [(1, 3), (2, 2), (3, 1)]}
    assert decimal(found[1, 3].excess, "0.3773982")
    assert decimal(found[1, 3].drawn.kl, "0.1969718")
    assert decimal(found[3, 1].excess, "0.956")
    middle = [x.excess.enclose(192).middle() for x in found.values()]
    assert middle == sorted(middle)


def test_reference_values_of_a_chain_that_starts_where_it_seldom_is():
    """Rows (.9, .1), (.3, .7), start (1/20, 19/20), L = 4: the sums of the curve are h_1 … h_4."""
    law = written_out(["1/20", "19/20"], [["9/10", "1/10"], ["3/10", "7/10"]], 4)
    curve, h = ConditionalEntropies(law).curve, Fraction(0)
    for c, digits in zip(curve, ("0.793240", "1.465739", "2.049260", "2.568274"), strict=True):
        h += c.enclose(192).in_bits().middle()
        assert round(h, 6) == Fraction(digits)


@pytest.mark.parametrize("order", ORDERS[:3])
def test_parity_two_at_first_are_free(order):
    """(2, 1) costs nothing in any order, and (1, 2) a bit at random."""
    chain = masked(PARITY, 2)
    assert by_the_audit(chain, (2, 1), order).excess.is_zero()
    assert by_the_audit(chain, (2, 1), order).drawn.kl.is_zero()
    assert decimal(by_the_audit(chain, (1, 2), "random").excess, "1")


def test_what_is_lost_is_shown_as_it_is():
    """Two bits that agree, and a third, free one, drawn last: what is false holds a mask still."""
    chain = masked({(a, a, b): 1 for a, b in product((0, 1), repeat=2)}, 2)
    quarter = Fraction(1, 4)
    drawn = by_the_audit(chain, (2, 1), "left-to-right").drawn
    assert drawn.likeliest_false == [((0, 1, 2), quarter), ((1, 0, 2), quarter)]
