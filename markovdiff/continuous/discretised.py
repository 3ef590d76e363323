"""A Gaussian diffusion on K states beside its closed form on the line: what the grid keeps, and what it costs.

For each t: I(x0; x_t) of the chain, exact, beside ½ log(1 + signal/noise); and H(x_t) + log Δx beside h(x_t). Three
things part the two. Where the grid is coarser than a step, Δx > √β, the chain cannot move as it should, and mostly
keeps too much; once Δx is below √β this vanishes faster than any power of Δx. Where the box is too small, what would
leave it stays inside: no refinement cures that, a wider box does. And probabilities are rounded, by 2^−32.

Chains' numbers are certified enclosures rounded to floats here, since what stands beside them is float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import log, sqrt

from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import rational
from markovdiff.continuous.gaussian import Noised, variance_exploding, variance_preserving
from markovdiff.continuous.grids import QuadratureGrid, variance_exploding_chain, variance_preserving_chain
from markovdiff.continuous.reals import whole
from markovdiff.engines.exact.information import Information
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment

MAX_STEPS = 64
"""Steps of a comparison: each is a product of dense matrices."""


@dataclass(frozen=True)
class Beside:
    """Time t on the grid and on the line, nats."""

    t: int
    K: int
    spacing: float
    information: float
    """I(x0; x_t) of the chain."""
    entropy: float
    """H(x_t) + log Δx of the chain."""
    limit: Noised
    """The closed form on the line."""

    @property
    def error(self) -> float:
        """I of the chain − I on the line."""
        return self.information - self.limit.information


def exploding_beside(K: int, beta: object, s0: object, T: int) -> tuple[Beside, ...]:
    """Return D3PM's discretised Gaussian on [−1, 1], t = 1 … T, beside ½ log(1 + s₀²/σ_t²) with σ_t² = tβ/2.

    >>> last = exploding_beside(32, "1/20", "1/5", 4)[-1]
    >>> round(last.information, 3), round(last.limit.information, 3)
    (0.167, 0.168)
    """
    b, s = rational(beta, "beta"), rational(s0, "s0")
    chain = variance_exploding_chain(K, (b,) * _steps(T), s)
    limits = [variance_exploding(sqrt(float(t * b / 2)), s) for t in range(1, T + 1)]
    return _beside(chain, QuadratureGrid(K, Fraction(1)), limits)


def preserving_beside(K: int, betas: Sequence[object], s0: object = 1, reach: object = 6) -> tuple[Beside, ...]:
    """Return the Ornstein–Uhlenbeck chain on [−L, L], L = `reach`, a step for each β, and its closed form.

    >>> last = preserving_beside(32, ["1/4"] * 4)[-1]
    >>> round(last.information, 6), round(last.limit.information, 6)
    (0.190196, 0.190196)
    """
    steps = [rational(b, f"betas[{t}]") for t, b in enumerate(betas)]
    _steps(len(steps))
    grid, s = QuadratureGrid(K, rational(reach, "reach")), rational(s0, "s0")
    chain = variance_preserving_chain(grid, steps, s)
    kept = accumulate((1 - b for b in steps), lambda a, b: a * b)
    return _beside(chain, grid, [variance_preserving(a, s) for a in kept])


def refined(sizes: Sequence[int], betas: Sequence[object], s0: object = 1, reach: object = 6) -> tuple[Beside, ...]:
    """Return the last step of `preserving_beside` for each K in `sizes`: convergence as the grid is refined."""
    return tuple(preserving_beside(K, betas, s0, reach)[-1] for K in sizes)


def _steps(T: int) -> int:
    return whole(T, "T", "a comparison needs at least one step", most=MAX_STEPS)


def _beside(chain: Chain, grid: QuadratureGrid, limits: Sequence[Noised]) -> tuple[Beside, ...]:
    spacing = float(grid.spacing)
    pairs = zip((moment for moment in chain.moments() if moment.t), limits, strict=True)
    return tuple(_at(moment, grid.K, spacing, limit) for moment, limit in pairs)


def _at(moment: Moment, K: int, spacing: float, limit: Noised) -> Beside:
    now = Information(moment, None)
    return Beside(moment.t, K, spacing, _float(now.mutual_information), _float(now.entropy) + log(spacing), limit)


def _float(quantity: Quantity) -> float:
    return float(quantity.enclosed(17, "nats"))
