"""Gaussian closed forms against mpmath's quadrature, exact determinants and the exact limit of many digits."""

from __future__ import annotations

from math import inf, isclose, log, sqrt

import numpy as np
import pytest
from chains import examples
from flint import fmpz_mat
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp

import markovdiff as md
from markovdiff.continuous.covariance import cholesky, first_bad_minor
from markovdiff.continuous.gaussian import (
    entropies_at_variance,
    excess,
    gaussian_entropy,
    gaussian_kl,
    kl_to_standard_normal,
    laplace_entropy,
    multivariate_gaussian_kl,
    uniform_entropy,
    variance_exploding,
    variance_preserving,
)

means = st.floats(-5, 5)
widths = st.floats(0.1, 10)
WHOLE_LINE = [-60, -12, -4, -1, 0, 1, 4, 12, 60]


def integral(f, places):
    """∫ f with 30 digits."""
    with mp.workdps(30):
        return float(mp.quad(f, places))


def log_normal(x, m, s):
    """log N(x; m, s²) in mpmath."""
    return -(((x - m) / mp.mpf(s)) ** 2) / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2


def mp_kl(mean_p, cov_p, mean_q, cov_q):
    """The textbook formula with 60 digits: trace, determinants, inverse."""
    with mp.workdps(60):
        P, Q = mp.matrix(cov_p), mp.matrix(cov_q)
        d = mp.matrix([b - a for a, b in zip(mean_p, mean_q, strict=True)])
        inverse = Q**-1
        M = inverse * P
        trace = sum(M[i, i] for i in range(P.rows))
        return float((trace - P.rows - mp.log(mp.det(P) / mp.det(Q)) + (d.T * inverse * d)[0]) / 2)


def close(a, b, rel=1e-13, absolute=1e-300):
    return isclose(a, b, rel_tol=rel, abs_tol=absolute)


@pytest.mark.parametrize("s", [0.1, 1, 3])
def test_entropies_are_the_integrals(s):
    """h = −∫ f log f for the Gaussian, the Laplace and the uniform density."""
    places = [x * s for x in WHOLE_LINE]
    assert close(gaussian_entropy(s), integral(lambda x: -mp.exp(log_normal(x, 0, s)) * log_normal(x, 0, s), places))
    laplace = integral(lambda x: mp.exp(-x / s) / s * (x / s + mp.log(2 * s)), [0, s, 8 * s, 40 * s, 120 * s])
    assert close(laplace_entropy(s), laplace, 1e-12)
    assert close(uniform_entropy(s), integral(lambda _: mp.log(s) / s, [0, s]), 1e-13, 1e-15)


def test_a_differential_entropy_may_be_negative():
    """On [0, 0.1] the uniform density has h = log 0.1 < 0."""
    assert uniform_entropy("1/10") == log(0.1) < 0


@given(widths)
@examples(60)
def test_the_gaussian_has_the_most_entropy_at_its_variance(variance):
    """h(Gaussian) − h(f) = KL(f‖Gaussian): ½ log(πe/6) for the uniform, ½ log(π/e) for the Laplace, at any variance."""
    h = entropies_at_variance(variance)
    assert h["uniform"] < h["laplace"] < h["gaussian"]
    lead = integral(
        lambda x: (mp.log(1 / (2 * mp.sqrt(3))) - log_normal(x, 0, 1)) / mp.sqrt(12), [-mp.sqrt(3), mp.sqrt(3)]
    )
    assert close(h["gaussian"] - h["uniform"], lead, 1e-12)
    assert close(h["gaussian"] - h["laplace"], 0.5 * float(mp.log(mp.pi / mp.e)), 1e-12)


@pytest.mark.parametrize(("a", "s", "b", "r"), [(0, 1, 1, 2), (1, 2, 0, 1), (-1, 0.5, 2, 3), (0, 1, 0, 1)])
def test_univariate_divergence_is_the_integral(a, s, b, r):
    """KL(N(a, s²)‖N(b, r²)) = ∫ p log(p/q)."""
    places = [a + x * s for x in WHOLE_LINE]
    value = integral(lambda x: mp.exp(log_normal(x, a, s)) * (log_normal(x, a, s) - log_normal(x, b, r)), places)
    assert close(gaussian_kl(a, s, b, r), value, 1e-13, 1e-25)


@given(means, widths, means, widths)
@examples(200)
@example(0.0, 0.1, 0.0, 8.25)
def test_gibbs_and_the_two_formulas(a, s, b, r):
    """KL ≥ 0; the univariate form is the multivariate one in one dimension, and the textbook's with 60 digits."""
    value = gaussian_kl(a, s, b, r)
    assert value >= 0
    assert close(value, multivariate_gaussian_kl([a], [[s * s]], [b], [[r * r]]), 1e-9, 1e-14)
    with mp.workdps(60):
        S, R = mp.mpf(s), mp.mpf(r)
        truth = mp.log(R / S) + (S * S + (mp.mpf(a) - mp.mpf(b)) ** 2) / (2 * R * R) - mp.mpf(1) / 2
        assert abs(value - truth) <= 1e-13 * abs(truth) + mp.mpf(10) ** -30


def test_a_tiny_divergence_keeps_its_digits():
    """σ = 1 + 2^−30: KL ≈ δ², 1e-18, where the textbook formula in float64 has lost everything."""
    s = 1 + 2.0**-30
    with mp.workdps(60):
        truth = mp.mpf(s) ** 2 / 2 - mp.mpf(1) / 2 - mp.log(s)
    assert close(gaussian_kl(0, s, 0, 1), float(truth))


@given(st.floats(-0.9, 0.9).filter(lambda r: abs(r) > 1e-100))
@examples(200)
def test_excess_has_all_its_digits(r):
    """g(r) = r − log(1+r) on both sides of the change from series to formula; 300 digits outlast the cancellation."""
    with mp.workdps(300):
        truth = mp.mpf(r) - mp.log(1 + mp.mpf(r))
        assert abs(excess(r, sqrt(1 + r)) - truth) <= 1e-13 * truth


@st.composite
def covariances(draw, d):
    """AAᵀ + I with small integer entries: exact in float64, positive definite."""
    A = [[draw(st.integers(-3, 3)) for _ in range(d)] for _ in range(d)]
    return [
        [sum(x * y for x, y in zip(a, b, strict=True)) + (i == j) for j, b in enumerate(A)] for i, a in enumerate(A)
    ]


@given(st.data(), st.integers(1, 4))
@examples(100)
def test_multivariate_divergence_is_the_textbooks(data, d):
    """½[tr − d − log det + …] by Cholesky equals the formula by inverse and determinants with 60 digits."""
    P, Q = data.draw(covariances(d)), data.draw(covariances(d))
    a, b = ([data.draw(st.integers(-3, 3)) for _ in range(d)] for _ in range(2))
    value = multivariate_gaussian_kl(a, P, b, Q)
    assert value >= 0
    assert close(value, mp_kl(a, P, b, Q), 1e-10, 1e-13)


def test_a_linear_map_changes_no_divergence():
    """KL is the same in every unit: (AμP, AΣAᵀ) against (Aν, ATAᵀ), A a scaling by powers of two, bit by bit nearly."""
    P, Q = [[2, 1], [1, 2]], [[3, -1], [-1, 1]]
    D = [4, 0.5]
    scaled = [[[D[i] * D[j] * S[i][j] for j in range(2)] for i in range(2)] for S in (P, Q)]
    before = multivariate_gaussian_kl([1, 0], P, [0, 2], Q)
    after = multivariate_gaussian_kl([4, 0], scaled[0], [0, 1], scaled[1])
    assert close(before, after)


@given(st.lists(st.tuples(means, widths), min_size=1, max_size=4))
@examples(60)
def test_the_standard_normal_case(pairs):
    """½ Σ (μ² + σ² − 1 − log σ²) = KL(N(μ, diag σ²) ‖ N(0, I))."""
    mu, sigma = zip(*pairs, strict=True)
    value = kl_to_standard_normal(mu, sigma)
    direct = 0.5 * sum(m * m + s * s - 1 - log(s * s) for m, s in pairs)
    assert close(value, direct, 1e-12, 1e-13)


# covariances


@given(st.integers(1, 5), st.data())
@examples(100)
def test_positive_definiteness_is_decided(d, data):
    """The first leading minor ≤ 0, and its value, are those of FLINT's integer determinants."""
    table = [[0.0] * d for _ in range(d)]
    for i in range(d):
        for j in range(i + 1):
            table[i][j] = table[j][i] = float(data.draw(st.integers(-4, 4)))
    minors = [int(fmpz_mat([[int(x) for x in row[:k]] for row in table[:k]]).det()) for k in range(1, d + 1)]
    expected = next(((k, m) for k, m in enumerate(minors, 1) if m <= 0), None)
    assert first_bad_minor(table) == expected


@given(st.data(), st.integers(1, 5))
@examples(60)
def test_the_factor_is_a_factor(data, d):
    """L is lower triangular with a positive diagonal and LLᵀ = Σ to rounding."""
    table = data.draw(covariances(d))
    L = cholesky(table)
    assert np.array_equal(L, np.tril(L))
    assert (L.diagonal() > 0).all()
    assert np.abs(L @ L.T - np.array(table)).max() <= 1e-13 * np.abs(table).max()


def test_a_singular_covariance_that_float64_would_factor():
    """Σ of (x, y, x + y) is singular, in integers; a factorisation that sees a pivot above 0 sees rounding.

    (numpy's own Cholesky was seen to accept this matrix.)
    """
    singular = [[1073, 1870, 2943], [1870, 3368, 5238], [2943, 5238, 8181]]
    assert [a + b for a, b in zip(*singular[:2], strict=True)] == singular[2]
    assert first_bad_minor(singular) == (3, 0)
    with pytest.raises(md.InputError, match="positive definite"):
        cholesky(singular)


@pytest.mark.parametrize(
    ("covariance", "words"),
    [
        ([[1, 2], [2, 1]], "positive definite"),
        ([[-1]], "positive definite"),
        ([[1, 0], [0, 0]], "positive definite"),
        ([[1, "1/2"], ["1/3", 1]], "symmetric"),
        ([[1, 0]], "square"),
        ([], "empty"),
        ([[1, float("nan")], [0, 1]], "finite"),
        (3, "sequence"),
        ("ab", "sequence"),
    ],
)
def test_a_bad_covariance_is_explained(covariance, words):
    """A sentence that says what a covariance must be, and where this one is not."""
    with pytest.raises(md.InputError, match=words) as caught:
        cholesky(covariance)
    assert caught.value.where
    assert caught.value.expected


def test_the_guilty_direction_is_named():
    """[[1, 2], [2, 1]] has variance −1 along (1, −1)/√2, and its 2 × 2 minor is −3."""
    with pytest.raises(md.InputError, match="-3; about -1 of variance"):
        cholesky([[1, 2], [2, 1]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: gaussian_kl(0, 0, 0, 1),
        lambda: gaussian_kl(0, 1, 0, -1),
        lambda: gaussian_kl(0, "x", 0, 1),
        lambda: gaussian_kl(float("inf"), 1, 0, 1),
        lambda: gaussian_kl(10**400, 1, 0, 1),
        lambda: gaussian_kl(1e200, 1, 0, 1),
        lambda: gaussian_kl(True, 1, 0, 1),
        lambda: uniform_entropy(0),
        lambda: entropies_at_variance(-1),
        lambda: kl_to_standard_normal([0], [1, 2]),
        lambda: kl_to_standard_normal([], []),
        lambda: multivariate_gaussian_kl([0], [[1]], [0, 0], [[1, 0], [0, 1]]),
        lambda: variance_preserving(2),
        lambda: variance_preserving("1/2", 0),
        lambda: variance_exploding(-1),
    ],
)
def test_bad_numbers_are_refused_in_words(call):
    """InputError with a place and an expectation, never a traceback of arithmetic."""
    with pytest.raises(md.InputError) as caught:
        call()
    assert caught.value.where
    assert caught.value.expected


# noising


@given(st.fractions("1/100", "99/100"))
@examples(60)
def test_variance_preserving_from_standard_normal_data(alpha_bar):
    """I = −½ log(1−ᾱ); h(x_t) stays ½ log 2πe."""
    noised = variance_preserving(alpha_bar)
    assert close(noised.information, -0.5 * log(float(1 - alpha_bar)), 1e-12)
    assert close(noised.entropy, gaussian_entropy(1))
    assert close(noised.entropy - noised.noise_entropy, noised.information, 1e-12, 1e-14)


@given(widths, widths)
@examples(60)
def test_information_is_the_divergence_of_joint_from_product(s0, sigma):
    """½ log(1 + s₀²/σ²) = KL(joint Gaussian ‖ product of its marginals), by the multivariate formula in 40 digits."""
    with mp.workdps(40):
        a, b = mp.mpf(s0) ** 2, mp.mpf(sigma) ** 2
        joint, apart = [[a, a], [a, a + b]], [[a, 0], [0, a + b]]
    assert close(variance_exploding(sigma, s0).information, mp_kl([0, 0], joint, [0, 0], apart), 1e-12, 1e-15)


def test_the_ends_of_noising():
    """ᾱ = 1 or σ = 0: infinitely much; ᾱ = 0: nothing."""
    assert variance_preserving(1).information == variance_exploding(0).information == inf
    assert variance_preserving(0).information == 0
    assert variance_preserving(1).noise_entropy == -inf


def test_both_noisings_agree_where_they_are_the_same_channel():
    """Scaling loses nothing: x_t/√ᾱ is variance exploding with σ² = (1−ᾱ)/ᾱ."""
    for kept in (0.1, 0.5, 0.9):
        exploding = variance_exploding(sqrt((1 - kept) / kept), 2).information
        assert close(variance_preserving(kept, 2).information, exploding)
