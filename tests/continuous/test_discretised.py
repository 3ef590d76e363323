"""Gaussian diffusions on a grid approach their closed forms, at the speed and with the exceptions that theory names."""

from __future__ import annotations

from fractions import Fraction
from math import isclose, log

import numpy as np
import pytest
from breadth import few

import markovdiff as md
from markovdiff.continuous.discretised import exploding_beside, preserving_beside, refined
from markovdiff.continuous.grids import QuadratureGrid, variance_exploding_chain


def float_information(p0, steps):
    """I(x0; x_T) in plain float64: the second route, good to 1e-12 while I is not small."""
    joint = np.diag(p0)
    for Q in steps:
        joint = joint @ Q
    p, live = joint.sum(axis=0), joint > 0
    return float((joint[live] * np.log((joint / np.outer(p0, p))[live])).sum())


@pytest.mark.slow
def test_d3pm_gaussian_follows_variance_exploding():
    """K = 256, β = 1/50, s₀ = 1/5, t = 10: 0.1672 on the states against 0.1682 on the line; float64 by numpy agrees."""
    last = exploding_beside(256, "1/50", "1/5", 10)[-1]
    assert f"{last.information:.4f}" == "0.1672"
    assert f"{last.limit.information:.4f}" == "0.1682"
    assert isclose(last.limit.information, 0.5 * log(1 + 0.04 / 0.1), rel_tol=1e-14)
    n = np.arange(-255, 256)
    jumps = np.exp(-4 * n**2 / (255**2 * 0.02))
    jumps /= jumps.sum()
    Q = np.array([[jumps[j - i + 255] for j in range(256)] for i in range(256)])
    np.fill_diagonal(Q, 0)
    np.fill_diagonal(Q, 1 - Q.sum(axis=1))
    p0 = np.exp(-(np.linspace(-1, 1, 256) ** 2) / (2 * 0.04))
    assert isclose(last.information, float_information(p0 / p0.sum(), [Q] * 10), rel_tol=1e-6)


@pytest.mark.slow
def test_what_parts_them_is_the_box():
    """The error grows with t as mass meets ±1, and a narrower law of the same signal-to-noise nearly has none."""
    errors = [abs(b.error) for b in exploding_beside(128, "1/50", "1/5", 8)]
    assert errors == sorted(errors)
    narrow = exploding_beside(128, "1/200", "1/10", 8)
    assert isclose(
        narrow[-1].limit.information, exploding_beside(128, "1/50", "1/5", 8)[-1].limit.information, rel_tol=1e-12
    )
    assert abs(narrow[-1].error) < errors[-1] / 20


def test_the_kernel_does_not_contract():
    """The variance on the states grows by about β/2 a step: 0.04 + 3·0.01 after three."""
    chain = variance_exploding_chain(128, [Fraction(1, 50)] * 3, Fraction(1, 5))
    x = QuadratureGrid(128, Fraction(1)).points
    variance = float(sum(p * v * v for p, v in zip(chain.marginal(3), x, strict=True)))
    assert isclose(variance, 0.07, abs_tol=5e-4)


@few("betas", [["1/4"] * 4, ["1/20"] * 6, ["1/10", "1/3", "1/2"]])
def test_refining_the_grid_converges(betas):
    """At L = 6 the error of I falls with K, and I and H + log Δx are right to 1e-7 at K = 64."""
    found = refined([12, 24, 48, 64], betas)
    errors = [abs(b.error) for b in found]
    assert errors[0] > errors[1] > errors[2]
    assert errors[3] < 1e-7
    assert abs(found[3].entropy - found[3].limit.entropy) < 1e-7


def test_convergence_is_faster_than_any_power():
    """From Δx = 1.09 to 0.52, at β = ¼, the error of I falls by more than (Δx ratio)^10."""
    coarse, fine = refined([12, 24], ["1/4"] * 4)
    assert abs(coarse.error) / abs(fine.error) > (coarse.spacing / fine.spacing) ** 10


def test_a_narrow_box_is_not_cured_by_refining():
    """At L = 4 the error stops near 2e-4 however fine the grid; at L = 6 it is 1e-4 times smaller."""
    narrow = refined([32, 64], ["1/4"] * 4, reach=4)
    assert all(1e-4 < abs(b.error) < 1e-3 for b in narrow)
    assert abs(refined([64], ["1/4"] * 4, reach=6)[0].error) < 1e-4 * abs(narrow[1].error)


def test_entropy_on_a_grid_needs_the_spacing():
    """H(x_t) itself grows by log 2 as Δx is halved; H + log Δx stays."""
    coarse, fine = refined([33, 65], ["1/4"] * 2)
    assert isclose(coarse.spacing, 2 * fine.spacing, rel_tol=1e-14)
    H = [b.entropy - log(b.spacing) for b in (coarse, fine)]
    assert isclose(H[1] - H[0], log(2), abs_tol=1e-7)


def test_information_falls_step_by_step():
    """The data-processing inequality on the grid as on the line."""
    rows = preserving_beside(24, ["1/4"] * 5)
    assert [b.t for b in rows] == [1, 2, 3, 4, 5]
    for values in ([b.information for b in rows], [b.limit.information for b in rows]):
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda: exploding_beside(8, "1/50", "1/5", 0),
        lambda: exploding_beside(8, "1/50", 0, 2),
        lambda: exploding_beside(1, "1/50", "1/5", 2),
        lambda: exploding_beside(8, 0.02, "1/5", 2),
        lambda: preserving_beside(8, []),
        lambda: preserving_beside(8, ["3/2"]),
        lambda: preserving_beside(8, ["1/2"], reach=0),
        lambda: preserving_beside(8, ["1/2"] * 1000),
    ],
)
def test_bad_input_is_explained(call):
    """No steps, no width, one point, a float: InputError with a place and an expectation."""
    with pytest.raises(md.InputError) as caught:
        call()
    assert caught.value.where
    assert caught.value.expected
