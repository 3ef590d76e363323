"""Densities one can evaluate and sample: mixtures of Gaussians on the line, and one Gaussian in d dimensions.

    f(x) = Σ_k w_k N(x; μ_k, σ_k²)         score  ∂ log f(x) = Σ_k r_k(x) (μ_k − x)/σ_k²,  r_k(x) = w_k N_k(x)/f(x)

Logarithms are taken by factoring out the largest term, so log f(x) is finite wherever x is, even where f(x)
itself is far below the smallest float: it is there that KL of the wrong direction is decided. A single
Gaussian is the mixture of one. Float64 throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, log, pi, sqrt
from typing import TYPE_CHECKING, TypeAlias

from markovdiff.arithmetic.rational import shown
from markovdiff.cached import cached_property
from markovdiff.continuous.covariance import cholesky
from markovdiff.continuous.gaussian import NO_WIDTH
from markovdiff.continuous.reals import positive, real, vector
from markovdiff.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class Mixture:
    """Σ_k w_k N(μ_k, σ_k²), the weights summing to one."""

    weights: tuple[float, ...]
    means: tuple[float, ...]
    sigmas: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Σ w_k μ_k."""
        return fsum(w * m for w, m in zip(self.weights, self.means, strict=True))

    @property
    def sigma(self) -> float:
        """The standard deviation: within the components and between them."""
        parts = zip(self.weights, self.means, self.sigmas, strict=True)
        return sqrt(fsum(w * (s * s + (m - self.mean) ** 2) for w, m, s in parts))

    def log_density(self, x: Array) -> Array:
        """Return log f at each x."""
        import numpy as np

        parts = self._log_parts(x)
        top = parts.max(axis=0)
        return np.asarray(top + np.log(np.exp(parts - top).sum(axis=0)))

    def score(self, x: Array) -> Array:
        """Return ∂ log f at each x: it points to where f is higher."""
        import numpy as np

        parts = self._log_parts(x)
        shares = np.exp(parts - parts.max(axis=0))
        pulls = (np.reshape(self.means, self._shape(x)) - x) / np.reshape(self.sigmas, self._shape(x)) ** 2
        return np.asarray((shares * pulls).sum(axis=0) / shares.sum(axis=0))

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Draw `n` times, independently."""
        import numpy as np

        which = rng.choice(len(self.weights), size=n, p=self.weights)
        return np.asarray(self.means)[which] + np.asarray(self.sigmas)[which] * rng.standard_normal(n)

    def _log_parts(self, x: Array) -> Array:
        import numpy as np

        w, m, s = (np.reshape(v, self._shape(x)) for v in (self.weights, self.means, self.sigmas))
        return np.asarray(np.log(w) - np.log(s) - 0.5 * log(2 * pi) - 0.5 * ((x - m) / s) ** 2)

    def _shape(self, x: Array) -> tuple[int, ...]:
        return (len(self.weights), *(1,) * x.ndim)


def normal(mean: object = 0, sigma: object = 1) -> Mixture:
    """Return N(μ, σ²)."""
    return Mixture((1.0,), (real(mean, "mean"),), (positive(sigma, "sigma", NO_WIDTH),))


def mixture(weights: object, means: object, sigmas: object) -> Mixture:
    """Return Σ w_k N(μ_k, σ_k²); positive weights are normalised.

    >>> two = mixture([1, 1], [-2, 2], [1, 1])
    >>> two.mean, two.sigma == 5 ** 0.5
    (0.0, True)
    """
    w, m = vector(weights, "weights"), vector(means, "means")
    s = [positive(x, f"sigmas[{k}]", NO_WIDTH) for k, x in enumerate(vector(sigmas, "sigmas"))]
    if not len(w) == len(m) == len(s):
        raise InputError(
            "not one weight, one mean and one σ for each component",
            where="weights, means, sigmas",
            expected="three lists of one length",
            got=f"{len(w)}, {len(m)} and {len(s)}",
        )
    for k, x in enumerate(w):
        if x <= 0:
            raise InputError(
                "a component that never occurs", where=f"weights[{k}]", expected="a weight > 0", got=shown(x)
            )
    total = fsum(w)
    return Mixture(tuple(x / total for x in w), tuple(m), tuple(s))


TWO_PEAKS = Mixture((0.5, 0.5), (-2.0, 2.0), (1.0, 1.0))
"""½N(−2, 1) + ½N(2, 1)."""


@dataclass(frozen=True, eq=False)
class MultivariateNormal:
    """N(μ, Σ) in d dimensions, from means and a covariance that is checked."""

    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if len(self.factor) != len(self.mean):
            raise InputError(
                "a mean and a covariance of different dimensions",
                where="covariance",
                expected=f"{len(self.mean)} rows, as the mean has numbers",
                got=str(len(self.factor)),
            )

    @cached_property
    def factor(self) -> Array:
        """L with LLᵀ = Σ."""
        return cholesky(self.covariance)

    def log_density(self, x: Array) -> Array:
        """Return log f at each row of x.

        By the general solver: on few rows of many columns the triangular one took ten times as long, most of it in
        threads that wait for each other.
        """
        import numpy as np

        z = np.linalg.solve(self.factor, (x - np.asarray(self.mean)).T)
        scale = float(np.log(self.factor.diagonal()).sum()) + 0.5 * len(self.mean) * log(2 * pi)
        return np.asarray(-0.5 * (z * z).sum(axis=0) - scale)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Draw `n` times, independently, one a row: μ + Lz with z ~ N(0, I)."""
        import numpy as np

        z = rng.standard_normal((n, len(self.mean)))
        return np.asarray(np.asarray(self.mean) + z @ self.factor.T)


def multivariate_normal(mean: object, covariance: object) -> MultivariateNormal:
    """Return N(μ, Σ) from lists; raise InputError unless Σ is symmetric positive definite and fits μ."""
    rows = covariance if isinstance(covariance, list | tuple) else [covariance]
    table = tuple(tuple(vector(row, f"covariance[{i}]")) for i, row in enumerate(rows))
    return MultivariateNormal(tuple(vector(mean, "mean")), table)
