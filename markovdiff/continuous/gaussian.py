"""Gaussians in closed form: differential entropy, divergence, and how noising loses information. Float64, nats.

    h(N(μ, σ²)) = ½ log(2πeσ²)        h(uniform of width w) = log w        h(Laplace of scale b) = 1 + log 2b
    KL(N(μ₀, Σ₀) ‖ N(μ₁, Σ₁)) = ½ [ tr(Σ₁⁻¹Σ₀) − d − log det(Σ₁⁻¹Σ₀) + (μ₁−μ₀)ᵀ Σ₁⁻¹ (μ₁−μ₀) ]

A differential entropy is not an entropy: it depends on the unit of x and may be negative (a uniform on
[0, 0.1] has log 0.1). A divergence, or an information, is a difference of two, and is the same in every unit.

With Σ = LLᵀ the matrix M = L₁⁻¹L₀ is lower triangular, and the divergence becomes a sum in which nothing cancels,
½ [ Σ_i g(M_ii² − 1) + Σ_{i>j} M_ij² + |L₁⁻¹(μ₁−μ₀)|² ] with g(r) = r − log(1+r) ≥ 0. It is computed that way.

Noising x0 ~ N(0, s₀²): variance preserving x_t = √ᾱ x0 + √(1−ᾱ) ε, variance exploding x_t = x0 + σ_t ε. Either way
x_t is Gaussian given x0, so I(x0; x_t) = h(x_t) − h(x_t | x0) is half the logarithm of a ratio of variances.
Continuous quantities are not certified: these are floats, good to about 15 digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import e, fsum, inf, log, log1p, pi, sqrt

from markovdiff.continuous.covariance import cholesky
from markovdiff.continuous.reals import fraction_of_one, positive, real, vector
from markovdiff.errors import InputError, LimitError

NO_WIDTH = "a density of no width, or of a negative one, has no differential entropy"


def uniform_entropy(width: object) -> float:
    """Return the entropy log w of the uniform density on an interval of width w: negative as soon as w < 1.

    >>> round(uniform_entropy("1/10"), 6)
    -2.302585
    """
    return log(positive(width, "width", NO_WIDTH))


def gaussian_entropy(sigma: object) -> float:
    """Return the entropy ½ log(2πeσ²), the most that a density of variance σ² can have.

    >>> round(gaussian_entropy(1), 6)
    1.418939
    """
    return 0.5 * log(2 * pi * e) + log(positive(sigma, "sigma", NO_WIDTH))


def laplace_entropy(scale: object) -> float:
    """Return the entropy 1 + log 2b of the density exp(−|x|/b)/2b, whose variance is 2b²."""
    return 1 + log(2) + log(positive(scale, "scale", NO_WIDTH))


def entropies_at_variance(variance: object) -> dict[str, float]:
    """Return the entropies of the uniform, the Laplace and the Gaussian density of one and the same variance.

    The Gaussian leads the other two by the same amount at every variance: for any density f of variance
    σ² and the Gaussian g of the same mean and variance, h(g) − h(f) = KL(f ‖ g) ≥ 0, because log g is quadratic
    and its mean is therefore the same under f and under g.

    >>> {name: round(h, 4) for name, h in entropies_at_variance(1).items()}
    {'uniform': 1.2425, 'laplace': 1.3466, 'gaussian': 1.4189}
    """
    sigma = sqrt(positive(variance, "variance", NO_WIDTH))
    return {
        "uniform": uniform_entropy(sqrt(12) * sigma),
        "laplace": laplace_entropy(sigma / sqrt(2)),
        "gaussian": gaussian_entropy(sigma),
    }


def gaussian_kl(mean_p: object, sigma_p: object, mean_q: object, sigma_q: object) -> float:
    """Return KL(N(μ_p, σ_p²) ‖ N(μ_q, σ_q²)); σ are standard deviations.

    >>> round(gaussian_kl(0, 1, 1, 2), 6), round(gaussian_kl(1, 2, 0, 1), 6)
    (0.443147, 1.306853)
    """
    a, b = real(mean_p, "mean_p"), real(mean_q, "mean_q")
    s = positive(sigma_p, "sigma_p", NO_WIDTH)
    r = positive(sigma_q, "sigma_q", NO_WIDTH)
    return _half_sum([excess((s - r) / r * (s / r + 1), s / r), _square((a - b) / r)])


def multivariate_gaussian_kl(mean_p: object, covariance_p: object, mean_q: object, covariance_q: object) -> float:
    """Return KL(N(μ_p, Σ_p) ‖ N(μ_q, Σ_q)) in d dimensions; means of d numbers, covariances d × d.

    Raises InputError where the sizes differ or a covariance is not symmetric positive definite.

    >>> round(multivariate_gaussian_kl([0, 0], [[1, 0], [0, 1]], [1, 0], [[4, 0], [0, 1]]), 6)
    0.443147
    """
    from scipy.linalg import solve_triangular

    a, b = vector(mean_p, "mean_p"), vector(mean_q, "mean_q")
    L_p, L_q = cholesky(covariance_p, "covariance_p"), cholesky(covariance_q, "covariance_q")
    for name, size in (("covariance_p", len(L_p)), ("mean_q", len(b)), ("covariance_q", len(L_q))):
        if size != len(a):
            raise InputError(
                "Gaussians of different dimensions", where=name, expected=f"{len(a)}, as in mean_p", got=str(size)
            )
    M = solve_triangular(L_q, L_p, lower=True)
    z = solve_triangular(L_q, [y - x for x, y in zip(a, b, strict=True)], lower=True)
    spread = [excess((m - 1) * (m + 1), m) for m in M.diagonal()]
    tilt = [_square(M[i, j]) for i in range(len(a)) for j in range(i)]
    return _half_sum([*spread, *tilt, *(_square(x) for x in z)])


def kl_to_standard_normal(means: object, sigmas: object) -> float:
    """Return ½ Σ (μ² + σ² − 1 − log σ²): independent Gaussians against N(0, I), the prior term of a VAE.

    >>> round(kl_to_standard_normal([1, 0], [1, 2]), 6)
    1.306853
    """
    mu, sigma = vector(means, "means"), vector(sigmas, "sigmas")
    if len(mu) != len(sigma):
        raise InputError("not one σ for each μ", where="sigmas", expected=str(len(mu)), got=str(len(sigma)))
    return fsum(gaussian_kl(m, s, 0, 1) for m, s in zip(mu, sigma, strict=True))


def excess(r: float, ratio: float) -> float:
    """Return g(r) = r − log(1+r) ≥ 0, zero only at 0: twice the cost of a variance wrong by the factor 1 + r.

    `ratio` is √(1+r), the ratio of the widths, which has its digits where 1 + r has lost them, near r = −1. Near 0 the
    two terms agree in almost every digit; there the series r²/2 − r³/3 + … keeps them all.
    """
    if abs(r) > 0.05:
        return r - (log1p(r) if r > -0.5 else 2 * log(ratio))
    return fsum((-r) ** n / n for n in range(2, 16))


def _square(x: float) -> float:
    return float(x) * float(x)


def _half_sum(parts: list[float]) -> float:
    """Return half the sum of non-negative parts. Raise LimitError where float64 cannot hold it."""
    try:
        total = 0.5 * fsum(parts)
    except OverflowError:
        total = inf
    if total == inf:
        raise LimitError(
            "a divergence too large for float64",
            where="KL",
            expected="less than 1.8e308 nats",
            remedy="bring the means nearer, or widen the second Gaussian",
        )
    return total


@dataclass(frozen=True)
class Noised:
    """What noising has left of x0 ~ N(0, s₀²): nats, float64; entropies are differential."""

    information: float
    """I(x0; x_t)."""
    entropy: float
    """h(x_t)."""
    noise_entropy: float
    """h(x_t | x0), −∞ where there is no noise yet."""


def variance_preserving(alpha_bar: object, s0: object = 1) -> Noised:
    """Return what x_t = √ᾱ x0 + √(1−ᾱ) ε keeps: I = ½ log(1 + ᾱs₀²/(1−ᾱ)); for s₀ = 1, −½ log(1−ᾱ).

    At ᾱ = 1 nothing is lost, and a real number known exactly is worth infinitely many nats: I = ∞.

    >>> round(variance_preserving("3/4").information, 6)
    0.693147
    """
    kept = fraction_of_one(alpha_bar, "alpha_bar", "ᾱ is the share of the signal's variance that is kept")
    s = positive(s0, "s0", "data of no width say nothing: x0 would be known before any noise")
    return _noised(kept * s * s, 1 - kept)


def variance_exploding(sigma: object, s0: object = 1) -> Noised:
    """Return what x_t = x0 + σ_t ε keeps: I = ½ log(1 + s₀²/σ_t²); at σ_t = 0 it is ∞.

    >>> round(variance_exploding(1, 1).information, 6)
    0.346574
    """
    noise = real(sigma, "sigma")
    if noise < 0:
        raise InputError("a negative standard deviation", where="sigma", expected="a number ≥ 0", got=repr(noise))
    s = positive(s0, "s0", "data of no width say nothing: x0 would be known before any noise")
    return _noised(s * s, noise * noise)


def _noised(signal: float, noise: float) -> Noised:
    """Return what is left, from the variances of the two independent parts of x_t."""
    if noise == 0:
        return Noised(inf, gaussian_entropy(sqrt(signal)), -inf)
    total, left = gaussian_entropy(sqrt(signal + noise)), gaussian_entropy(sqrt(noise))
    return Noised(0.5 * log1p(signal / noise), total, left)
