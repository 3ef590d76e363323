"""Forward and reverse KL, fitted: the one-peaked Q that is nearest to a P with several peaks, either way round.

    forward   min_Q KL(P‖Q) = min_Q E_P[log P − log Q]     what P does, Q must allow: it covers the modes
    reverse   min_Q KL(Q‖P) = min_Q E_Q[log Q − log P]     what Q does, P must allow: it seeks one mode

Nothing of that is put in; it comes out of the minimisation, started from several places, each result reported with
its kind. Two families of Q(c, w), centre and width: N(c, w²) against a mixture of Gaussians, and the Gaussian bell
q_i ∝ exp(−(i−c)²/2w²) on the states 0 … K−1 against any law.

Both are exponential families with the statistics x and x². There KL(P‖Q) is convex in the natural parameters, and its
gradient is E_Q − E_P of the statistics: the forward fit, where there is one, is the Q with P's mean and variance, and
the only minimum (moment matching). The optimiser is not told; the tests compare. KL(Q‖P) is not convex: far peaks have
a minimum each, near ones share one, and in between both kinds stand side by side. Exact gradients, L-BFGS-B, float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log
from typing import TYPE_CHECKING, Literal, TypeAlias

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.continuous.densities import Mixture
from markovdiff.continuous.gaussian import NO_WIDTH
from markovdiff.continuous.reals import positive, real
from markovdiff.errors import InputError, LimitError
from markovdiff.process.distribution import check_distribution

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

Direction: TypeAlias = Literal["forward", "reverse"]
Kind: TypeAlias = Literal["minimum", "saddle", "flat", "edge", "unfinished"]
Objective: TypeAlias = "Callable[[Array], tuple[float, Array]]"

FLAT = 1e-4
"""A minimum curves by more than this in (c/w, log w). Minima met curve by 0.06 or more, a flat valley by under 1e-6."""

MAX_NODES = 200_000
"""Nodes of the rule on which the forward divergence is minimised."""


@dataclass(frozen=True)
class Fit:
    """The point that the minimisation reached from one start."""

    start: tuple[float, float]
    centre: float
    width: float
    divergence: float
    """KL in the fitted direction, nats."""
    kind: Kind
    """"saddle": balanced between two peaks, and the slightest push leaves it; "edge": the infimum is outside.

    "flat": so narrow a bell that it lies on two states alone; c and w then only set their odds, and no float sees that
    a wider one is better.
    """
    iterations: int


@dataclass(frozen=True)
class Projection:
    """One direction, from every start."""

    direction: Direction
    fits: tuple[Fit, ...]

    @property
    def best(self) -> Fit:
        """The fit of least divergence."""
        return min(self.fits, key=lambda fit: fit.divergence)

    @property
    def minima(self) -> tuple[Fit, ...]:
        """The different minima found, by centre; two are the same where centres agree to a thousandth of a width."""
        found: list[Fit] = []
        for fit in sorted((f for f in self.fits if f.kind == "minimum"), key=lambda f: f.centre):
            if not found or fit.centre - found[-1].centre > 1e-3 * fit.width:
                found.append(fit)
        return tuple(found)


def fit_gaussian(p: Mixture, direction: Direction, starts: Sequence[tuple[object, object]] | None = None) -> Projection:
    """Return the N(c, w²) nearest to a mixture of Gaussians; `starts` are pairs (c, w), by default six along P.

    >>> from markovdiff.continuous.densities import mixture
    >>> p = mixture([1, 1], [-3, 3], [1, 1])
    >>> covering, seeking = fit_gaussian(p, "forward").best, fit_gaussian(p, "reverse")
    >>> round(covering.centre, 3) + 0.0, round(covering.width, 3)
    (0.0, 3.162)
    >>> [(round(fit.centre), round(fit.divergence, 3)) for fit in seeking.minima]
    [(-3, 0.689), (0, 0.841), (3, 0.689)]
    """
    low = min(m - 2 * s for m, s in zip(p.means, p.sigmas, strict=True))
    high = max(m + 2 * s for m, s in zip(p.means, p.sigmas, strict=True))
    objective = _covering_density(p) if _checked(direction) == "forward" else _seeking_density(p)
    narrowest, widest = 1e-3 * min(p.sigmas), 1e3 * (high - low)
    bounds = ((low - 10 * (high - low), high + 10 * (high - low)), (narrowest, widest))
    return _project(objective, direction, _starts(starts, low, high), bounds)


def fit_bell(
    p: Sequence[object], direction: Direction, starts: Sequence[tuple[object, object]] | None = None
) -> Projection:
    """Return the bell q_i ∝ exp(−(i−c)²/2w²) nearest to a law p on the states 0 … K−1, given in exact numbers.

    Raises InputError for the reverse direction where some p_i = 0: every bell gives i some mass, and KL(Q‖P) is
    then infinite for all of them.
    """
    law = [rational(x, f"p[{i}]") for i, x in enumerate(p)]
    check_distribution(law, "p")
    K = len(law)
    if K < 2:
        raise InputError("there is nothing to fit on one state", where="p", expected="two states or more", got=str(K))
    if _checked(direction) == "reverse" and 0 in law:
        raise InputError(
            "P gives a state probability 0, which every bell-shaped Q allows: KL(Q‖P) is infinite for all of them",
            where=f"p[{law.index(Fraction(0))}]",
            expected="a probability > 0 wherever log P is needed",
            got="0",
            remedy="give the state a small weight, or fit the forward direction",
        )
    objective = _bells([float(x) for x in law], direction)
    return _project(objective, direction, _starts(starts, 0.0, K - 1.0), ((-10.0 * K, 11.0 * K), (0.05, 100.0 * K)))


def bell(K: int, centre: object, width: object) -> tuple[float, ...]:
    """Return the law q_i ∝ exp(−(i−c)²/2w²) on 0 … K−1, as floats."""
    import numpy as np

    log_q, _ = _log_bell(np.arange(K, dtype=float), real(centre, "centre"), positive(width, "width", NO_WIDTH))
    return tuple(float(x) for x in np.exp(log_q))


def _checked(direction: str) -> str:
    if direction not in ("forward", "reverse"):
        raise InputError(
            "no such direction", where="direction", expected="'forward' or 'reverse'", got=shown(direction)
        )
    return direction


def _starts(starts: Sequence[tuple[object, object]] | None, low: float, high: float) -> list[tuple[float, float]]:
    """Return the starts given, or six evenly from end to end: an even number, so that none is in the very middle."""
    if starts is None:
        return [(low + (high - low) * k / 5, (high - low) / 6) for k in range(6)]
    if not starts:
        raise InputError("a minimisation needs a place to start", where="starts", expected="(c, w) pairs", got="none")
    return [(real(c, f"starts[{i}][0]"), positive(w, f"starts[{i}][1]", NO_WIDTH)) for i, (c, w) in enumerate(starts)]


def _project(
    objective: Objective,
    direction: Direction,
    starts: list[tuple[float, float]],
    bounds: tuple[tuple[float, float], ...],
) -> Projection:
    """Minimise over (c, log w) from each start, and return where that ends."""
    import numpy as np
    from scipy.optimize import minimize

    centres, (narrowest, widest) = bounds
    box = [centres, (log(narrowest), log(widest))]
    fits = []
    for c, w in starts:
        options = {"ftol": 1e-16, "gtol": 1e-11, "maxiter": 500}
        found = minimize(objective, np.array([c, log(w)]), jac=True, method="L-BFGS-B", bounds=box, options=options)
        kind = _kind(objective, found.x, box)
        centre, width = float(found.x[0]), exp(float(found.x[1]))
        fits.append(Fit((c, w), centre, width, float(found.fun), kind, int(found.nit)))
    return Projection(direction, tuple(fits))


def _kind(objective: Objective, theta: Array, box: list[tuple[float, float]]) -> Kind:
    """Return the kind of a stopping place, from the gradient and from differences of it."""
    import numpy as np

    if any(x in ends for x, ends in zip(theta.tolist(), box, strict=True)):
        return "edge"
    _, gradient = objective(theta)
    if float(np.abs(gradient).max()) > 1e-6:
        return "unfinished"
    units = np.array([exp(theta[1]), 1.0])
    steps = 1e-4 * np.diag(units)
    columns = [units * (objective(theta + d)[1] - objective(theta - d)[1]) / 2e-4 for d in steps]
    curvature = np.array(columns)
    least = float(np.linalg.eigvalsh((curvature + curvature.T) / 2).min())
    return "minimum" if least > FLAT else "flat" if least > -FLAT else "saddle"


def _covering_density(p: Mixture) -> Objective:
    """Return KL(P‖N(c, w²)) by the trapezoidal rule on P's own nodes, and its gradient in (c, log w)."""
    import numpy as np

    low = min(m - 12 * s for m, s in zip(p.means, p.sigmas, strict=True))
    high = max(m + 12 * s for m, s in zip(p.means, p.sigmas, strict=True))
    panels = int((high - low) / (min(p.sigmas) / 8)) + 1
    if panels > MAX_NODES:
        raise LimitError(
            "components too narrow for their distances",
            where="p.sigmas",
            expected=f"at most {MAX_NODES} nodes at an eighth of the narrowest",
            got=shown(panels),
        )
    x = np.linspace(low, high, panels + 1)
    log_p = p.log_density(x)
    weights = np.exp(log_p) * (high - low) / panels
    negative_entropy = float(weights @ log_p)

    def objective(theta: Array) -> tuple[float, Array]:
        c, w = theta[0], np.exp(theta[1])
        z = (x - c) / w
        second = float(weights @ (z * z))
        value = negative_entropy + 0.5 * np.log(2 * np.pi) + theta[1] + 0.5 * second
        return float(value), np.array([-float(weights @ z) / w, 1 - second])

    return objective


def _seeking_density(p: Mixture) -> Objective:
    """Return KL(N(c, w²)‖P) with x = c + wz, z ~ N(0, 1), and its gradient, which is P's score averaged over Q."""
    import numpy as np

    z, step = np.linspace(-10, 10, 641, retstep=True)
    weights = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) * step

    def objective(theta: Array) -> tuple[float, Array]:
        w = np.exp(theta[1])
        x = theta[0] + w * z
        pulls = weights * p.score(x)
        value = -0.5 * np.log(2 * np.pi * np.e) - theta[1] - float(weights @ p.log_density(x))
        return float(value), np.array([-pulls.sum(), -1 - w * float(pulls @ z)])

    return objective


def _bells(law: list[float], direction: Direction) -> Objective:
    """Return KL between a law and the bell of (c, log w), and its gradient."""
    import numpy as np

    p = np.asarray(law)
    i = np.arange(len(law), dtype=float)
    log_p = np.log(np.where(p > 0, p, 1.0))

    def objective(theta: Array) -> tuple[float, Array]:
        log_q, slopes = _log_bell(i, float(theta[0]), float(np.exp(theta[1])))
        if direction == "forward":
            return float(p @ (log_p - log_q)), -slopes @ p
        q = np.exp(log_q)
        return float(q @ (log_q - log_p)), slopes @ (q * (log_q - log_p))

    return objective


def _log_bell(i: Array, c: float, w: float) -> tuple[Array, Array]:
    """Return log q and its derivatives by c and by log w, one row each."""
    import numpy as np

    z = (i - c) / w
    log_q = -0.5 * z * z
    log_q = log_q - log_q.max()
    log_q = log_q - np.log(np.exp(log_q).sum())
    q = np.exp(log_q)
    return log_q, np.array([(z - q @ z) / w, z * z - q @ (z * z)])
