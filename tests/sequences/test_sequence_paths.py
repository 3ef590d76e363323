"""The oracle itself, against published and derived values, and the theorems that the product builds on."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise, product
from random import Random

import pytest
import sequence_paths as paths
from sequence_paths import Sampler, Sequences, absorbing, at_random, drawn_in_blocks, jump, uniform

from markovdiff.arithmetic.logform import log

HALF = Fraction(1, 2)
AGREE = {(0, 0): HALF, (1, 1): HALF}
PARITY = {x: Fraction(1, 4) for x in product((0, 1), repeat=3) if sum(x) % 2 == 0}


def masked(law, T):
    return Sequences(law, [absorbing(beta, 3, 2) for beta in jump(T)])


def sampler(process, belief="posterior", model="posterior-mixture", last="formula", times=None, fixes=True):
    times = list(range(process.T + 1)) if times is None else times
    return Sampler(process, getattr(process, belief), model, last, times, fixes=fixes)


@pytest.mark.parametrize(
    ("law", "T", "excess", "kl", "tv", "outside"),
    [
        (AGREE, 2, log(2) * HALF, 2 * log(2) - log(3), Fraction(1, 4), Fraction(1, 4)),
        (PARITY, 2, log(2) * Fraction(5, 8), 4 * log(2) - log(11), Fraction(5, 16), Fraction(5, 16)),
        (PARITY, 3, log(2) * Fraction(4, 9), None, Fraction(2, 9), Fraction(2, 9)),
    ],
)
def test_reference_values_under_a_mask(law, T, excess, kl, tv, outside):
    """Two bits that agree, and parity: what three routes gave."""
    drawn = sampler(masked(law, T))
    nu, undefined = drawn.drawn()
    assert undefined is None
    assert sum(nu.values()) == 1
    assert drawn.excess() == excess
    assert kl is None or paths.kl(law, nu) == kl
    assert (paths.total_variation(law, nu), paths.outside(law, nu)) == (tv, outside)


def test_leave_one_out_fails_with_a_prediction():
    """Two bits that agree, T = 2: excess 1 bit, KL 1 bit, half of what is drawn outside."""
    drawn = sampler(masked(AGREE, 2), "leave_one_out", "d3pm", "prediction")
    nu, undefined = drawn.drawn()
    assert undefined is None
    assert drawn.excess() == log(2) == paths.kl(AGREE, nu)
    assert paths.outside(AGREE, nu) == HALF


@pytest.mark.parametrize(
    ("belief", "model", "last", "excess", "kl"),
    [
        ("posterior", "d3pm", "prediction", 0.300617407698, 0.112541296),
        ("posterior", "d3pm", "formula", 0.643317849, 0.247979167),
        ("posterior", "posterior-mixture", "formula", 0.193156311328, 0.0962549042),
        ("leave_one_out", "d3pm", "formula", 0.193156311328, 0.0962549042),
        ("leave_one_out", "d3pm", "prediction", 0.803123782, 0.432167000),
    ],
)
def test_reference_values_under_uniform_noise(belief, model, last, excess, kl):
    """Two bits that agree with probability 9/10, T = 4, to the digits given."""
    law = {(0, 0): Fraction(9, 20), (1, 1): Fraction(9, 20), (0, 1): Fraction(1, 20), (1, 0): Fraction(1, 20)}
    drawn = sampler(Sequences(law, [uniform(beta, 2) for beta in jump(4)]), belief, model, last)
    nu, _ = drawn.drawn()
    assert float(drawn.excess() / log(2).enclosure(30)[0]) == pytest.approx(excess, rel=3e-9)
    assert float(paths.kl(law, nu) / log(2).enclosure(30)[0]) == pytest.approx(kl, rel=3e-8)


def test_parity_is_free_at_first_and_fatal_at_last():
    """Unmasking (2, 1) has excess 0; (1, 2) has 1 bit, and draws half outside."""
    nu, excess = drawn_in_blocks(PARITY, (2, 1), at_random)
    assert (nu, excess) == (PARITY, 0)
    nu, excess = drawn_in_blocks(PARITY, (1, 2), at_random)
    assert excess == log(2) == paths.kl(PARITY, nu)


def random_process(random: Random, most=9):
    """A law with zeros and any kernel, of few states."""
    K, L = random.choice([(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)])
    T = random.randint(1, 2)
    if random.random() < 0.3:
        noise = [absorbing(Fraction(random.randint(1, 4), 4), K, K - 1) for _ in range(T)]
        ordinary = range(K - 1) if random.random() < 0.5 else range(K)
    else:
        noise = [
            [paths.normalised([Fraction(random.randint(0, 3)) for _ in range(K - 1)] + [Fraction(1)]) for _ in range(K)]
            for _ in range(T)
        ]
        ordinary = range(K)
    support = [x for x in product(ordinary, repeat=L) if random.random() < 0.7] or [(0,) * L]
    weights = [Fraction(random.randint(1, 5)) for _ in support]
    return Sequences({x: w / sum(weights) for x, w in zip(support, weights, strict=True)}, noise)


@pytest.mark.parametrize("seed", range(12))
def test_leave_one_out_with_the_formula_is_the_ideal_mixture(seed):
    """Both are q(x_s^l | x_t) wherever x_t is possible: every kernel, every pair of times."""
    process = random_process(Random(seed))
    for s, t in combinations(range(process.T + 1), 2):
        for y in process.marginal(t):
            bayes = [process.bayes(s, t, y, place) for place in range(process.L)]
            assert process.reverse_rows(s, t, y, process.posterior, "posterior-mixture") == bayes
            assert process.reverse_rows(s, t, y, process.leave_one_out, "d3pm", "formula") == bayes


@pytest.mark.parametrize("seed", range(12))
def test_the_excess_bounds_the_divergence_and_splits(seed):
    """KL(q‖ν) ≤ KL of the paths = Σ over steps of what is drawn apart and what each position's model adds."""
    process = random_process(Random(seed))
    drawn = sampler(process, times=[0, process.T], fixes=False) if seed % 2 else sampler(process, fixes=False)
    nu, undefined = drawn.drawn()
    excess = drawn.excess()
    if undefined is None:
        assert paths.kl(process.law, nu) <= excess
    total = 0 * log(2)
    for s, t in pairwise(drawn.times):
        Q, before = process.between(s, t), process.marginal(s)
        for y, p in process.marginal(t).items():
            joint = {x: m * process.chance(Q, x, y) / p for x, m in before.items()}
            rows = [process.bayes(s, t, y, place) for place in range(process.L)]
            apart = {x: paths.prod(r[k] for r, k in zip(rows, x, strict=True)) for x in joint}
            total += paths.kl(joint, apart) * p
    assert total == excess
