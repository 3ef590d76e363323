"""Grids and kernels of discretised diffusions: exact rows, symmetry, and the density they stand for."""

from __future__ import annotations

from fractions import Fraction
from math import exp, sqrt

import pytest
from chains import examples
from hypothesis import example, given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.continuous.grids import (
    MAX_POINTS,
    QuadratureGrid,
    ornstein_uhlenbeck,
    variance_exploding_chain,
    variance_preserving_chain,
)

grids = st.builds(QuadratureGrid, st.integers(2, 12), st.fractions("1/2", 6, max_denominator=4))
betas = st.fractions("1/20", 1, max_denominator=20)


@given(grids, betas)
@examples(60)
def test_rows_are_distributions_and_mirror_each_other(grid, beta):
    """Rows sum to one, exactly, nothing is negative, and Q[K−1−i, K−1−j] = Q[i, j]."""
    rows = ornstein_uhlenbeck(grid, beta).rows()
    assert all(sum(row) == 1 and min(row) >= 0 for row in rows)
    assert rows == tuple(row[::-1] for row in rows[::-1])


@given(grids, betas, st.sampled_from([Fraction(1, 2**32), Fraction(1, 1000)]))
@examples(60)
@example(QuadratureGrid(7, Fraction(1, 2)), Fraction(3, 4), Fraction(1, 1000))
def test_entries_are_the_density_rounded_down(grid, beta, resolution):
    """Off the diagonal: exp(−(x_j − √(1−β) x_i)²/2β), normalised, less than a resolution lost."""
    rows = ornstein_uhlenbeck(grid, beta, resolution).rows()
    x = [float(v) for v in grid.points]
    for i, row in enumerate(rows):
        weights = [exp(-((y - sqrt(1 - beta) * x[i]) ** 2) / (2 * float(beta))) for y in x]
        if sum(weights) == 0:
            continue
        for j, p in enumerate(row):
            if i != j:
                lost = weights[j] / sum(weights) - float(p)
                assert -1e-12 <= lost <= float(resolution) + 1e-12
                assert (p / resolution).denominator == 1


def test_no_noise_is_the_identity():
    """β = 0 moves nothing."""
    rows = ornstein_uhlenbeck(QuadratureGrid(4, Fraction(1)), Fraction(0)).rows()
    assert rows == tuple(tuple(Fraction(int(i == j)) for j in range(4)) for i in range(4))


def test_at_full_noise_every_row_is_the_normal_law():
    """β = 1 forgets: every row is N(0, 1) on the grid, to the resolution times K."""
    grid = QuadratureGrid(9, Fraction(4))
    law = grid.normal(Fraction(1)).probabilities
    for row in ornstein_uhlenbeck(grid, Fraction(1)).rows():
        assert all(abs(p - q) <= 20 * Fraction(1, 2**32) for p, q in zip(row, law, strict=True))


def test_the_normal_law_is_stationary_on_a_fine_wide_grid():
    """TV(p, pQ) < 1e-8 at Δx = ¼, L = 6; and not on a grid of spacing 2, where it is not the same chain any more."""
    for K, stationary in ((49, True), (7, False)):
        grid = QuadratureGrid(K, Fraction(6))
        p = grid.normal(Fraction(1)).probabilities
        rows = ornstein_uhlenbeck(grid, Fraction(1, 4)).rows()
        after = [sum(a * row[j] for a, row in zip(p, rows, strict=True)) for j in range(K)]
        distance = sum(abs(a - b) for a, b in zip(p, after, strict=True)) / 2
        assert (distance < Fraction(1, 10**8)) == stationary


@given(grids, st.fractions("1/100", 3))
@examples(40)
def test_the_data_are_a_symmetric_bell(grid, sigma):
    """Weights fall away from the middle and mirror each other; they sum to one exactly."""
    p = grid.normal(sigma).probabilities
    assert sum(p) == 1
    assert p == p[::-1]
    assert list(p[: (grid.K + 1) // 2]) == sorted(p[: (grid.K + 1) // 2])


def test_chains_have_the_steps_they_were_given():
    """T is the number of β, and equal β share one matrix."""
    chain = variance_preserving_chain(QuadratureGrid(8, Fraction(4)), [Fraction(1, 4)] * 3)
    assert (chain.T, chain.K) == (3, 8)
    assert chain.transition(1) is chain.transition(3)
    assert variance_exploding_chain(8, [Fraction(1, 50)] * 2, Fraction(1, 5)).T == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: QuadratureGrid(1, Fraction(1)),
        lambda: QuadratureGrid(MAX_POINTS + 1, Fraction(1)),
        lambda: QuadratureGrid(4, Fraction(0)),
        lambda: QuadratureGrid(4, Fraction(1)).normal(Fraction(0)),
        lambda: ornstein_uhlenbeck(QuadratureGrid(4, Fraction(1)), Fraction(2)),
        lambda: ornstein_uhlenbeck(QuadratureGrid(4, Fraction(1)), Fraction(1, 2), Fraction(2)),
        lambda: variance_exploding_chain(4, [Fraction(-1)], Fraction(1)),
    ],
)
def test_bad_input_is_explained(call):
    """One point, too many, no width, β outside [0, 1]: InputError with a place."""
    with pytest.raises(md.InputError) as caught:
        call()
    assert caught.value.where
