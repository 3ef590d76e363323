"""Monte Carlo: a divergence as an average, with the error it admits to.

    KL(p‖q) = E_p[log p(x) − log q(x)] ≈ (1/n) Σ_i (log p(x_i) − log q(x_i)),   x_i drawn from p

The average is unbiased, and its standard error is s/√n with s the standard deviation of the summands: a hundred
times the samples for one more digit. On log axes the error falls along a line of slope −½, whatever the
dimension. The confidence interval is the normal one, value ± z·s/√n (central limit theorem).

Every draw comes from a numpy Generator made from a seed: the same seed gives the same numbers. An estimate
is neither exact nor certified, and an estimated KL may well come out negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Protocol, TypeAlias

from markovdiff.arithmetic.rational import shown
from markovdiff.continuous.reals import real, whole
from markovdiff.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

MAX_SAMPLES = 10_000_000
"""Samples that one estimate may draw."""

TOO_FEW = "an average of no samples does not exist, and one sample says nothing of its own error"


class Density(Protocol):
    """Something that can be sampled and knows the logarithm of its density."""

    def log_density(self, x: Array, /) -> Array:
        """Return log f at each x."""

    def sample(self, rng: np.random.Generator, n: int, /) -> Array:
        """Draw `n` times, independently."""


@dataclass(frozen=True)
class Estimate:
    """An average of n samples and its standard error.

    >>> low, high = Estimate(1.0, 0.1, 100).interval(0.95)
    >>> round(low, 3), round(high, 3)
    (0.804, 1.196)
    """

    value: float
    standard_error: float
    n: int

    def interval(self, level: object = 0.95) -> tuple[float, float]:
        """Return the central confidence interval of that level, by the normal approximation."""
        share = real(level, "level")
        if not 0 < share < 1:
            raise InputError(
                "a confidence of 0 or of 1 has no finite interval",
                where="level",
                expected="a number between 0 and 1",
                got=shown(level),
            )
        reach = NormalDist().inv_cdf((1 + share) / 2) * self.standard_error
        return self.value - reach, self.value + reach


def kl_by_sampling(p: Density, q: Density, n: int, seed: int = 0) -> Estimate:
    """Return KL(p‖q) from n ≥ 2 draws from p.

    >>> from markovdiff.continuous.densities import normal
    >>> estimate = kl_by_sampling(normal(0, 1), normal(1, 2), 10_000)
    >>> low, high = estimate.interval(0.999)
    >>> low < 0.443147 < high
    True
    """
    import numpy as np

    whole(n, "n", TOO_FEW, least=2, most=MAX_SAMPLES)
    return _average(p, q, n, np.random.default_rng(whole(seed, "seed", "a seed is a non-negative integer", least=0)))


def _average(p: Density, q: Density, n: int, rng: np.random.Generator) -> Estimate:
    x = p.sample(rng, n)
    terms = p.log_density(x) - q.log_density(x)
    return Estimate(float(terms.mean()), float(terms.std(ddof=1)) / sqrt(n), n)


@dataclass(frozen=True)
class ErrorsBySize:
    """How the error falls as n grows."""

    sizes: tuple[int, ...]
    errors: tuple[float, ...]
    """Root-mean-square error over the repeats, against the truth."""
    claimed: tuple[float, ...]
    """The mean standard error that the estimates themselves reported."""
    slope: float
    """Of the straight line through (log n, log error), by least squares; −½ is what theory says."""


def errors_by_size(
    p: Density, q: Density, truth: object, sizes: Sequence[int], repeats: int = 100, seed: int = 0
) -> ErrorsBySize:
    """Return the error of KL(p‖q) by sampling at each n in `sizes`, over independent repeats.

    Raises InputError for fewer than two different sizes (no line) or fewer than two repeats.
    """
    import numpy as np

    exact = real(truth, "truth")
    whole(repeats, "repeats", "a typical error needs more than one trial", least=2)
    for i, n in enumerate(sizes):
        whole(n, f"sizes[{i}]", TOO_FEW, least=2, most=MAX_SAMPLES // repeats)
    if len(set(sizes)) < 2:
        raise InputError("no line through one point", where="sizes", expected="two or more sizes", got=shown(sizes))
    rng = np.random.default_rng(whole(seed, "seed", "a seed is a non-negative integer", least=0))
    trials = [[_average(p, q, n, rng) for _ in range(repeats)] for n in sizes]
    errors = [sqrt(fsum((e.value - exact) ** 2 for e in row) / repeats) for row in trials]
    claimed = [fsum(e.standard_error for e in row) / repeats for row in trials]
    if min(errors) == 0:
        raise InputError(
            "there is no error to fit a line to: the summands do not vary",
            where="p, q",
            expected="two different densities",
            got="log p − log q constant",
        )
    slope = fitted_slope([log(n) for n in sizes], [log(e) for e in errors])
    return ErrorsBySize(tuple(sizes), tuple(errors), tuple(claimed), slope)


def fitted_slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the slope of the least-squares line through the points (x_i, y_i).

    >>> fitted_slope([0, 1, 2], [1, 3, 5])
    2.0
    """
    a, b = fsum(x) / len(x), fsum(y) / len(y)
    return fsum((u - a) * (v - b) for u, v in zip(x, y, strict=True)) / fsum((u - a) ** 2 for u in x)
