"""Forward and reverse fits against moment matching, quadrature and a search on a grid that knows no gradient."""

from __future__ import annotations

from fractions import Fraction
from math import isclose, log

import numpy as np
import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.continuous.densities import TWO_PEAKS, mixture, normal
from markovdiff.continuous.projection import Fit, Projection, bell, fit_bell, fit_gaussian
from markovdiff.continuous.quadrature import kl_by_quadrature

FAR = mixture([1, 1], [-4, 4], [1, 1])
UNEVEN = mixture([1, 3], [-2, 4], [1, 0.5])
PEAKS = [Fraction(n, 149) for n in (1, 1, 2, 12, 30, 12, 2, 1, 1, 2, 18, 45, 18, 2, 1, 1)]
"""Two peaks on sixteen states, at 4 and at 11."""


@st.composite
def mixtures(draw):
    """Two components, not too far apart for their widths."""
    w = draw(st.floats(0.1, 0.9))
    return mixture([w, 1 - w], [draw(st.floats(-4, 0)), draw(st.floats(0, 4))], [draw(st.floats(0.5, 2)) for _ in "ab"])


def moments(law):
    """Mean and variance of a law on 0 … K−1."""
    mean = sum(i * p for i, p in enumerate(law))
    return mean, sum((i - mean) ** 2 * p for i, p in enumerate(law))


def divergence(p, q):
    return sum(a * log(a / b) for a, b in zip(p, q, strict=True) if a)


@given(mixtures())
@examples(30)
@pytest.mark.slow
def test_the_forward_fit_matches_moments(p):
    """argmin KL(P‖N) has P's mean and variance, from every start: the optimiser was told neither."""
    found = fit_gaussian(p, "forward")
    for fit in found.fits:
        assert fit.kind == "minimum"
        assert isclose(fit.centre, p.mean, abs_tol=1e-5 * p.sigma)
        assert isclose(fit.width, p.sigma, rel_tol=1e-5)
    assert len(found.minima) == 1


@pytest.mark.slow
@given(mixtures(), st.sampled_from(["forward", "reverse"]))
@examples(15)
def test_a_fits_divergence_is_the_quadratures(p, direction):
    """The divergence reported is the one that the two quadratures give for the fitted Q."""
    best = fit_gaussian(p, direction).best
    q = normal(best.centre, best.width)
    again = kl_by_quadrature(p, q) if direction == "forward" else kl_by_quadrature(q, p)
    assert isclose(best.divergence, again.value, rel_tol=1e-9, abs_tol=1e-13)


@pytest.mark.parametrize("p", [TWO_PEAKS, FAR, UNEVEN])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_nothing_on_a_grid_is_better(p, direction):
    """No N(c, w²) of a 25 × 16 grid over centre and width has a smaller divergence than the best fit."""
    best = fit_gaussian(p, direction).best.divergence
    x = np.linspace(-40, 40, 8001)
    f = np.exp(p.log_density(x))
    for c in np.linspace(-6, 6, 25):
        for w in np.geomspace(0.3, 6, 16):
            q = normal(float(c), float(w))
            g, ratio = np.exp(q.log_density(x)), p.log_density(x) - q.log_density(x)
            value = float((f * ratio).sum() if direction == "forward" else (-g * ratio).sum()) * 0.01
            assert value >= best - 1e-9


def test_covering_and_seeking():
    """Peaks at ±4: the forward fit covers both; the best reverse fits sit on one each and are as narrow as it."""
    forward, reverse = fit_gaussian(FAR, "forward"), fit_gaussian(FAR, "reverse")
    assert abs(forward.best.centre) < 1e-6
    assert forward.best.width > 4
    least = [fit for fit in reverse.minima if fit.divergence < reverse.best.divergence + 1e-9]
    assert [round(fit.centre) for fit in least] == [-4, 4]
    assert all(0.95 < fit.width < 1.05 for fit in least)
    assert isclose(reverse.best.divergence, log(2), abs_tol=1e-3)


def test_near_peaks_are_covered_either_way():
    """Peaks at ±2 of width 1 are not far enough: the reverse fit too has one minimum, in the middle."""
    (only,) = fit_gaussian(TWO_PEAKS, "reverse").minima
    assert abs(only.centre) < 1e-6
    assert only.width < TWO_PEAKS.sigma


def test_one_peak_is_found_exactly():
    """Where P is itself a Gaussian both directions return it, with no divergence left."""
    for direction in ("forward", "reverse"):
        best = fit_gaussian(normal(1, 2), direction).best
        assert isclose(best.centre, 1, abs_tol=1e-6)
        assert isclose(best.width, 2, rel_tol=1e-6)
        assert abs(best.divergence) < 1e-12


def test_a_start_on_the_ridge_is_a_saddle():
    """A narrow start in the very middle of far peaks stays balanced where a push would not: told as a saddle."""
    far = mixture([1, 1], [-20, 20], [4, 4])
    kinds = {f.kind for f in fit_gaussian(far, "reverse", [(0, 1), (0, 6), (0, 15), (-18, 4), (18, 4)]).fits}
    assert "minimum" in kinds
    assert kinds <= {"minimum", "saddle"}


# on states


def test_the_discrete_forward_fit_matches_moments():
    """argmin KL(P‖bell) has P's mean and variance on the states; a start that does not arrive says so."""
    found = fit_bell(PEAKS, "forward")
    mean, variance = moments(PEAKS)
    assert len(found.minima) == 1
    assert found.best.kind == "minimum"
    for fit in (fit for fit in found.fits if fit.kind == "minimum"):
        got = moments(bell(len(PEAKS), fit.centre, fit.width))
        assert isclose(got[0], mean, rel_tol=1e-5)
        assert isclose(got[1], variance, rel_tol=1e-5)
        assert isclose(fit.divergence, divergence(PEAKS, bell(len(PEAKS), fit.centre, fit.width)), rel_tol=1e-12)


def test_the_discrete_reverse_fit_seeks_a_peak():
    """The best reverse fit sits on the higher peak, others on the lower and over both; no bell of a grid is better."""
    found = fit_bell(PEAKS, "reverse", [(4, 1), (11, 1), (8, 5)])
    K = len(PEAKS)
    assert round(found.best.centre) == 11
    assert round(fit_bell(PEAKS, "reverse").best.centre) == 11
    assert [round(fit.centre) for fit in found.minima] == [4, 8, 11]
    for c in np.linspace(-2, 17, 39):
        for w in np.geomspace(0.3, 20, 16):
            assert divergence(bell(K, float(c), float(w)), PEAKS) >= found.best.divergence - 1e-9


def test_a_law_more_spread_than_any_bell_ends_at_the_edge():
    """With most mass at both ends no bell has P's variance; the fit runs to the flat law and says "edge"."""
    law = [Fraction(n, 21) for n in (9, 1, 1, 1, 9)]
    found = fit_bell(law, "forward")
    assert {fit.kind for fit in found.fits} == {"edge"}
    assert not found.minima
    assert isclose(found.best.divergence, float(md.kl(law, ["1/5"] * 5)), rel_tol=1e-4)


def test_a_bell_on_two_states_is_no_minimum():
    """A narrow bell between two states only sets their odds, so (c, w) may slide: it is flat, and wider is better."""
    heights = [Fraction(2, 2 ** (i - 5) ** 2) + Fraction(3, 2 ** (i - 13) ** 2) for i in range(20)]
    p = [h / sum(heights) for h in heights]
    found = fit_bell(p, "reverse")
    assert "flat" in {fit.kind for fit in found.fits}
    assert [round(fit.centre) for fit in found.minima] == [5, 9, 13]
    stuck = next(fit for fit in found.fits if fit.kind == "flat")
    wider = bell(20, 12.5 + 4 * (stuck.centre - 12.5), 2 * stuck.width)  # the same odds of states 12 and 13
    assert divergence(wider, p) < stuck.divergence


def test_minima_are_told_apart():
    """Two arrivals at one place are one minimum; saddles and edges are none."""
    fits = tuple(
        Fit((0, 1), c, 1.0, 0.5, kind, 3) for c, kind in [(1.0, "minimum"), (1.0001, "minimum"), (3.0, "saddle")]
    )
    assert [fit.centre for fit in Projection("reverse", fits).minima] == [1.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_bell([1, 0, 0], "reverse"), "KL.Q‖P. is infinite for all"),
        (lambda: fit_bell(["1/2", "1/3"], "forward"), "sum to one"),
        (lambda: fit_bell([0.5, 0.5], "forward"), "binary float"),
        (lambda: fit_bell([1], "forward"), "nothing to fit"),
        (lambda: fit_bell(["1/2", "1/2"], "sideways"), "direction"),
        (lambda: fit_gaussian(TWO_PEAKS, "sideways"), "direction"),
        (lambda: fit_gaussian(TWO_PEAKS, "reverse", []), "place to start"),
        (lambda: fit_gaussian(TWO_PEAKS, "reverse", [(0, 0)]), "no width"),
        (lambda: fit_gaussian(mixture([1, 1], [0, 1e6], [1, 1]), "forward"), "too narrow"),
    ],
)
def test_bad_input_is_explained(call, words):
    """A zero where its logarithm is needed, no direction, no start: a sentence and a place."""
    with pytest.raises(md.InputError, match=words) as caught:
        call()
    assert caught.value.where


def test_the_fits_start_evenly_from_end_to_end() -> None:
    """Six starts from the lowest mean − 2σ to the highest mean + 2σ, each a sixth of that wide."""
    found = fit_gaussian(mixture([1, 3], [-2, 5], [1, 2]), "forward").fits
    assert [fit.start[0] for fit in found] == pytest.approx([-4 + 13 * k / 5 for k in range(6)])
    assert [fit.start[1] for fit in found] == pytest.approx([13 / 6] * 6)
