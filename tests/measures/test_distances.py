"""Exact distances: their theorems, attacked with random rational distributions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import scenario

import markovdiff as md

weights = st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(any)
laws = weights.map(lambda w: [Fraction(x, sum(w)) for x in w])


@given(laws, laws)
def test_total_variation_is_the_largest_difference_of_an_events_probability(
    p: list[Fraction], q: list[Fraction]
) -> None:
    """TV(p, q) = max over events of p(A) − q(A); a metric; 1 exactly where nothing is shared."""
    events = list(product((0, 1), repeat=3))
    gains = [sum(e * (x - y) for e, x, y in zip(event, p, q, strict=True)) for event in events]
    tv = md.total_variation(p, q)
    assert tv == max(gains) == md.total_variation(q, p)
    assert (tv == 0) == (p == q)
    assert (tv == 1) == all(x * y == 0 for x, y in zip(p, q, strict=True))


@given(laws, laws, laws)
def test_total_variation_obeys_the_triangle(p: list[Fraction], q: list[Fraction], r: list[Fraction]) -> None:
    """TV(p, r) ≤ TV(p, q) + TV(q, r)."""
    assert md.total_variation(p, r) <= md.total_variation(p, q) + md.total_variation(q, r)


@given(laws, laws)
def test_kl_lies_between_pinskers_bound_and_the_logarithm_of_chi_squared(p: list[Fraction], q: list[Fraction]) -> None:
    """2·TV² ≤ KL ≤ log(1 + χ²), and all three are infinite or zero together; χ² by its other formula."""
    kl, chi2 = md.kl(p, q), md.chi_squared(p, q)
    assert kl >= 2 * md.total_variation(p, q) ** 2
    assert (kl == md.INFINITY) == (chi2 == md.INFINITY)
    if isinstance(chi2, Fraction):
        assert kl <= md.log(1 + chi2)
        assert chi2 == sum((x - y) ** 2 / y for x, y in zip(p, q, strict=True) if y)


@given(laws, laws)
def test_renyis_divergence_rises_with_its_order(p: list[Fraction], q: list[Fraction]) -> None:
    """D_0 ≤ D_1 = KL ≤ D_2 = log(1 + χ²) ≤ D_3 ≤ D_∞, and D_α(p‖p) = 0."""
    found = [md.renyi(p, q, order) for order in (0, 1, 2, 3, md.INFINITY)]
    for lower, higher in pairwise(found):
        assert lower <= higher
    assert found[1] == md.kl(p, q)
    chi2 = md.chi_squared(p, q)
    assert found[2] == (md.log(1 + chi2) if isinstance(chi2, Fraction) else md.INFINITY)
    assert all(md.renyi(p, p, order) == 0 for order in (0, 1, 2, 3, md.INFINITY))


@pytest.mark.parametrize("order", [-1, True, 0.5, Fraction(1, 2), 10**5000, None, "2"], ids=lambda x: type(x).__name__)
def test_other_orders_are_refused(order: object) -> None:
    """Between whole orders stand sums of roots."""
    with pytest.raises(md.InputError, match="order"):
        md.renyi([1], [1], order)  # type: ignore[arg-type]


def test_a_distance_is_between_distributions_on_one_set() -> None:
    """As for kl."""
    for measure in (md.total_variation, md.chi_squared):
        with pytest.raises(md.InputError, match="different sets"):
            measure([1], [1, 0])
        with pytest.raises(md.InexactError):
            measure([0.5, 0.5], [1, 0])


@pytest.mark.parametrize("kernel", ["uniform", "absorbing", "mixing", "neighbour", "gaussian", "matrix"])
def test_a_chains_stationary_law_is_preserved(kernel: str) -> None:
    """μQ_t = μ at every t, and Σμ = 1."""
    chain = scenario(kernel).chain()
    law = chain.stationary()
    assert sum(law) == 1
    for t in (1, 2):
        assert law == tuple(
            sum(m * x for m, x in zip(law, column, strict=True)) for column in zip(*chain.step(t), strict=True)
        )


@pytest.mark.parametrize("kernel", ["per-step", "conditional"])
def test_a_chain_without_one_stationary_law_says_so(kernel: str) -> None:
    """Two closed classes, or memory."""
    with pytest.raises(md.InputError, match="stationary"):
        scenario(kernel).chain().stationary()
