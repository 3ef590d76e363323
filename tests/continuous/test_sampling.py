"""Monte Carlo and quadrature, each checked by the other, by closed forms and by mpmath."""

from __future__ import annotations

from math import isclose, sqrt

import numpy as np
import pytest
from mpmath import mp

import markovdiff as md
from markovdiff.continuous.densities import TWO_PEAKS, Mixture, mixture, multivariate_normal, normal
from markovdiff.continuous.gaussian import gaussian_kl, multivariate_gaussian_kl
from markovdiff.continuous.quadrature import kl_by_quadrature
from markovdiff.continuous.sampling import Estimate, errors_by_size, fitted_slope, kl_by_sampling

SIZES = [100, 400, 1600, 6400]


# quadrature


def test_the_exercise_by_a_convergent_series():
    """KL(N(0,1)‖½N(−2,1)+½N(2,1)) = 2 − E log cosh 2Z, and log cosh 2z = 2|z| − log 2 + Σ (−1)^{k+1} e^{−4k|z|}/k.

    E e^{−4k|Z|} = e^{8k²} erfc(2√2 k): no integral is left, and the alternating series is summed to 30 digits.
    """
    with mp.workdps(30):

        def term(k):
            return (-1) ** (int(k) + 1) * mp.exp(8 * k * k) * mp.erfc(2 * mp.sqrt(2) * k) / k

        series = 2 + mp.log(2) - 2 * mp.sqrt(2 / mp.pi) - mp.nsum(term, [1, mp.inf], method="alternating")
    found = kl_by_quadrature(normal(), TWO_PEAKS)
    assert abs(found.value - series) < 1e-14
    assert found.digits >= 12


def test_the_exercise_backwards():
    """KL(½N(−2,1)+½N(2,1)‖N(0,1)) = E log cosh 2X − 2, X ~ N(2,1), by mpmath's quadrature."""
    with mp.workdps(30):
        places = [-30, -12, -4, -1, 0, 1, 2, 4, 8, 16, 34]
        truth = mp.quad(lambda x: mp.npdf(x, 2, 1) * (mp.log(mp.cosh(2 * x)) - 2), places)
    found = kl_by_quadrature(TWO_PEAKS, normal())
    assert abs(found.value - truth) < 1e-14
    assert found.digits >= 12


@pytest.mark.parametrize(("a", "s", "b", "r"), [(0, 1, 1, 2), (1, 2, 0, 1), (-1, 0.5, 2, 3)])
def test_quadrature_of_single_gaussians_is_the_closed_form(a, s, b, r):
    """Both rules agree with ½[g(s²/r² − 1) + (a−b)²/r²]."""
    found = kl_by_quadrature(normal(a, s), normal(b, r))
    assert isclose(found.value, gaussian_kl(a, s, b, r), rel_tol=1e-13)
    assert isclose(found.second, gaussian_kl(a, s, b, r), rel_tol=1e-13)


def test_a_narrow_peak_is_not_stepped_over():
    """½N(0,1) + ½N(50, 0.01²) against itself with the far half made wider: half of the closed form, to 1e-12."""
    p = mixture([1, 1], [0, 50], [1, 0.01])
    q = mixture([1, 1], [0, 50], [1, 0.02])
    assert isclose(kl_by_quadrature(p, q).value, gaussian_kl(0, 0.01, 0, 0.02) / 2, rel_tol=1e-12)


def test_an_integral_that_does_not_settle_is_refused():
    """Peaks a million widths apart are past the limit, and the message says so."""
    with pytest.raises(md.UnfinishedError, match="did not settle"):
        kl_by_quadrature(mixture([1, 1], [0, 1e7], [1, 1]), normal())


def test_equal_densities():
    """KL(p‖p) = 0, in every digit there is."""
    found = kl_by_quadrature(TWO_PEAKS, TWO_PEAKS)
    assert found.value == found.second == 0
    assert found.digits == 15


# densities


def test_log_density_and_score_of_a_mixture():
    """log f = log Σ w N, and the score is its derivative (mpmath, 30 digits), also far out in the tail."""
    p = mixture([1, 3], [-2, 4], [1, 0.5])
    places = np.array([-60.0, -2.0, 0.7, 3.3, 50.0])

    def log_f(x):
        return mp.log(mp.npdf(x, -2, 1) / 4 + 3 * mp.npdf(x, 4, mp.mpf(1) / 2) / 4)

    with mp.workdps(2000):
        log_truth = [float(log_f(mp.mpf(x))) for x in places]
    with mp.workdps(60):
        slopes = [float(mp.diff(log_f, mp.mpf(x))) for x in places[1:4]]
    assert np.allclose(p.log_density(places), log_truth, rtol=1e-13, atol=0)
    assert np.allclose(p.score(places)[1:4], slopes, rtol=1e-12, atol=1e-12)


def test_a_mixture_has_the_moments_of_its_parts():
    """Mean and variance by quadrature of the density itself."""
    p = mixture([1, 3], [-2, 4], [1, 0.5])
    x = np.linspace(-20, 20, 4001)
    f = np.exp(p.log_density(x)) * 0.01
    assert isclose(f.sum(), 1, rel_tol=1e-13)
    assert isclose((f * x).sum(), p.mean, rel_tol=1e-12)
    assert isclose(sqrt((f * (x - p.mean) ** 2).sum()), p.sigma, rel_tol=1e-12)


def test_a_multivariate_density_is_a_product_where_it_is_independent():
    """log N(x; μ, diag(s²)) = Σ log N(x_i; μ_i, s_i²)."""
    x = np.array([[0.5, -1.0], [2.0, 0.0]])
    whole = multivariate_normal([1, 0], [[4, 0], [0, 9]]).log_density(x)
    parts = normal(1, 2).log_density(x[:, 0]) + normal(0, 3).log_density(x[:, 1])
    assert np.allclose(whole, parts, rtol=1e-14)


# sampling


def test_the_same_seed_gives_the_same_numbers():
    """Reproducible, and different for another seed."""
    a, b, c = (kl_by_sampling(normal(), TWO_PEAKS, 1000, seed) for seed in (1, 1, 2))
    assert a == b != c


CASES = [
    (normal(), normal(1, 2), gaussian_kl(0, 1, 1, 2)),
    (normal(), TWO_PEAKS, kl_by_quadrature(normal(), TWO_PEAKS).value),
    (TWO_PEAKS, normal(), kl_by_quadrature(TWO_PEAKS, normal()).value),
    (
        multivariate_normal([0, 0, 0], [[2, 1, 0], [1, 2, 0], [0, 0, 1]]),
        multivariate_normal([1, 0, 0], [[3, 0, 1], [0, 2, 0], [1, 0, 2]]),
        multivariate_gaussian_kl(
            [0] * 3, [[2, 1, 0], [1, 2, 0], [0, 0, 1]], [1, 0, 0], [[3, 0, 1], [0, 2, 0], [1, 0, 2]]
        ),
    ),
]


@pytest.mark.parametrize(("p", "q", "truth"), CASES)
def test_estimates_miss_by_about_what_they_admit_to(p, q, truth):
    """Of 200 intervals at 95 %, seeds fixed, 178 or more hold the truth; the claimed error is the real one."""
    estimates = [kl_by_sampling(p, q, 2000, seed) for seed in range(200)]
    held = sum(low <= truth <= high for low, high in (e.interval() for e in estimates))
    assert 178 <= held <= 200
    spread = np.std([e.value for e in estimates], ddof=1)
    claimed = np.mean([e.standard_error for e in estimates])
    assert 0.8 < spread / claimed < 1.25


@pytest.mark.parametrize(("p", "q", "truth"), CASES)
def test_the_error_falls_as_one_over_the_root_of_n(p, q, truth):
    """The fitted slope of log error on log n is −½, and the claimed errors follow the real ones."""
    found = errors_by_size(p, q, truth, SIZES, repeats=200)
    assert -0.56 < found.slope < -0.44
    assert all(0.8 < real / claimed < 1.25 for real, claimed in zip(found.errors, found.claimed, strict=True))


def test_a_wrong_truth_is_seen():
    """Against a truth that is off by 0.05 the error stops falling: the slope test can fail."""
    truth = gaussian_kl(0, 1, 1, 2) + 0.05
    assert errors_by_size(normal(), normal(1, 2), truth, SIZES, repeats=50).slope > -0.3


def test_an_interval_has_the_normal_width():
    """±1.959964 standard errors hold 95 %."""
    low, high = Estimate(0.0, 1.0, 10).interval("0.95")
    assert isclose(high, float(mp.sqrt(2) * mp.erfinv(0.95)), rel_tol=1e-12)
    assert low == -high


def test_the_slope_of_a_line():
    """Least squares finds the slope of points on a line."""
    assert fitted_slope([1, 2, 4], [3, 1, -3]) == -2


@pytest.mark.parametrize(
    "call",
    [
        lambda: kl_by_sampling(normal(), normal(), 0),
        lambda: kl_by_sampling(normal(), normal(), 1),
        lambda: kl_by_sampling(normal(), normal(), 2.5),
        lambda: kl_by_sampling(normal(), normal(), 10**9),
        lambda: kl_by_sampling(normal(), normal(), 10, seed=-1),
        lambda: errors_by_size(normal(), normal(1), 0.5, [100]),
        lambda: errors_by_size(normal(), normal(1), 0.5, [0, 100]),
        lambda: errors_by_size(normal(), normal(1), 0.5, [10, 100], repeats=1),
        lambda: errors_by_size(normal(), normal(1), 0.5, [10, 6_000_000], repeats=2),
        lambda: errors_by_size(normal(), normal(), 0, [10, 100]),
        lambda: Estimate(0.0, 1.0, 10).interval(1),
        lambda: normal(0, 0),
        lambda: mixture([1, 0], [0, 1], [1, 1]),
        lambda: mixture([1], [0, 1], [1, 1]),
        lambda: multivariate_normal([0, 0], [[1, 2], [2, 1]]),
        lambda: multivariate_normal([0], [[1, 0], [0, 1]]),
    ],
)
def test_bad_input_is_explained(call):
    """No samples, one sample, no width, no line to fit: a sentence, a place and what was expected."""
    with pytest.raises(md.InputError) as caught:
        call()
    assert caught.value.where
    assert caught.value.expected


def test_a_mixture_normalises_its_weights():
    """Weights 1 and 3 are ¼ and ¾."""
    assert mixture([1, 3], [0, 1], [1, 1]) == Mixture((0.25, 0.75), (0.0, 1.0), (1.0, 1.0))
