"""Unmasking by counts, against the enumeration of every order and every sequence."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from random import Random

import pytest
import sequence_paths as paths
from sequence_chains import masked

from markovdiff.arithmetic.logform import log
from markovdiff.arithmetic.rational import to_fraction
from markovdiff.engines.exact.position_likelihood import unmasked
from markovdiff.errors import InputError
from markovdiff.sequences.curve import information_curve
from markovdiff.sequences.drawn import Rationals
from markovdiff.sequences.orders import block_sizes, choice, drawn_by_counts
from markovdiff.sequences.surroundings import Positions
from markovdiff.sequences.unmasking import unmasking

ORDERS = {
    "random": paths.at_random,
    "left-to-right": paths.in_order((0, 1, 2, 3)),
    "confidence": paths.by_confidence,
    "given": None,
}


def one_random_case(seed, order):
    random = Random(seed)
    K, L = random.choice([(2, 2), (2, 3), (3, 2), (2, 4), (3, 3)])
    weights = {x: random.randint(1, 4) for x in product(range(K), repeat=L) if random.random() < 0.6} or {(0,) * L: 1}
    sizes = []
    while sum(sizes) < L:
        sizes.append(random.randint(1, L - sum(sizes)))
    given = random.sample(range(L), L)
    chain = masked(weights, K)
    law = {x: Fraction(w, chain.law.total) for x, w in chain.law.support}
    way = choice(given if order == "given" else order, L)
    nu, excess = paths.drawn_in_blocks(law, tuple(sizes), ORDERS[order] or paths.in_order(given))
    found = unmasked(chain, Positions(chain), tuple(sizes), way)
    assert found.unbounded is None
    assert dict(zip(law, map(to_fraction, found.exact.inside), strict=True)) == {x: nu[x] for x in law}
    kl = paths.kl(law, nu)
    assert found.divergence.form() == kl
    assert kl <= excess
    if order == "random":
        assert unmasking(information_curve(chain.law), sizes).excess.form() == excess
    else:
        assert kl == excess
    assert (
        sum(share.exact for _, share in found.false(10**6))
        == found.outside_support.exact
        == 1 - sum(nu[x] for x in law)
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("seed", range(8))
def test_every_order_agrees(seed, order):
    """The law ν on the support, KL(q‖ν) and the excess, which are equal unless the order is random."""
    one_random_case(seed, order)


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_every_order_agrees_on_many(order):
    """The same of more."""
    for seed in range(100, 400):
        one_random_case(seed, order)


def test_what_is_lost_is_shown_as_it_is():
    """Two bits that agree, and a third, free one, drawn last: what is false holds a mask still."""
    chain = masked({(a, a, b): 1 for a, b in product((0, 1), repeat=2)}, 2)
    found = unmasked(chain, Positions(chain), (2, 1), choice("left-to-right", 3))
    assert [(x, share.exact) for x, share in found.false(10)] == [
        ((0, 1, 2), Fraction(1, 4)),
        ((1, 0, 2), Fraction(1, 4)),
    ]


def test_stages_of_a_markov_chain():
    """Stays 9/10, L = 4: (1, 3) has excess 0.3773982 and KL 0.1969718 bits; parity, (2, 1): nothing."""
    law = {
        x: paths.prod((Fraction(9 if a == b else 1, 10) for a, b in pairwise(x)), start=Fraction(1, 2))
        for x in product((0, 1), repeat=4)
    }
    chain = masked(law, 2)
    kl = unmasked(chain, Positions(chain), (1, 3), choice("random", 4)).divergence
    assert kl.enclosed(7, "bits").value == "0.1969718"
    assert unmasking(information_curve(chain.law), (1, 3)).excess.enclosed(7, "bits").value == "0.3773982"
    parity = masked({x: 1 for x in product((0, 1), repeat=3) if sum(x) % 2 == 0}, 2)
    for order in ("random", "left-to-right", "confidence"):
        assert unmasked(parity, Positions(parity), (2, 1), choice(order, 3)).divergence.is_zero()
    assert unmasked(parity, Positions(parity), (1, 2), choice("random", 3)).divergence.form() == log(2)


def test_ties_are_counted():
    """Positions that are equally sure are taken from the left, and that is told; where all are drawn none is."""
    chain = masked({(0, 0): 1, (1, 1): 1}, 2)
    for sizes, ties in [((1, 1), 1), ((2,), 0)]:
        _, found = drawn_by_counts(chain, Positions(chain), sizes, choice("confidence", 2), Rationals())
        assert found == ties


@pytest.mark.parametrize("sizes", [[], [1], [1, 3], [0, 3], [-1, 4], ["x"], [1.5, 1.5]])
def test_sizes_that_do_not_add_up(sizes):
    """What is not a list of positive integers that add up to L is refused, with what came."""
    with pytest.raises(InputError, match="add up") as refused:
        block_sizes(sizes, 3)
    assert refused.value.where == "sampler.unmask"


@pytest.mark.parametrize("order", ["sideways", [0, 1], [0, 1, 1], [1, 2, 3]])
def test_no_order(order):
    """An order has each position once, or one of three names."""
    with pytest.raises(InputError, match="order"):
        choice(order, 3)
