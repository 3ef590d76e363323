"""Diffusions of a real number, put on K states: the chains to lay beside the Gaussian closed forms.

The states are the points x_i = −L … L of a grid, evenly spaced by Δx = 2L/(K−1). Two noisings of x0 ~ N(0, s₀²):

    variance preserving   x_t = √(1−β) x_{t−1} + √β ε    an Ornstein–Uhlenbeck step, ∝ exp(−(x_j − √(1−β) x_i)²/2β)
    variance exploding    x_t = x_{t−1} + √(β/2) ε       D3PM's discretised Gaussian, on L = 1: no contraction

A density is put on the grid by its values at the points, normalised. That is the trapezoidal rule, and for Gaussians
it errs by about exp(−2π²σ²/Δx²): nothing to speak of once the grid is finer than a step's own width √β, and everything
while it is coarser. (Probabilities of cells would add Δx²/12 of variance a step.) What lies outside [−L, L] is cut off.

Probabilities are rounded down to multiples of `resolution`, the diagonal takes the rest, and the chain is then exactly
that one, rational. H(x_t) of a grid grows without bound as it is refined; H(x_t) + log Δx tends to h(x_t).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from flint import arb, fmpz, fmpz_mat

from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown, to_fmpq
from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Gaussian, PerStep
from markovdiff.process.schedules import RESOLUTION, check_beta, check_resolution
from markovdiff.process.transition import Dense

MAX_POINTS = 512
"""K on a grid: a kernel has K² probabilities, each found by an exponential."""


@dataclass(frozen=True)
class QuadratureGrid:
    """K points from −L to L.

    >>> QuadratureGrid(5, Fraction(1)).points
    (Fraction(-1, 1), Fraction(-1, 2), Fraction(0, 1), Fraction(1, 2), Fraction(1, 1))
    """

    K: int
    reach: Fraction

    def __post_init__(self) -> None:
        if not isinstance(self.K, int) or self.K < 2:
            raise InputError("a grid needs two points or more", where="K", expected="≥ 2", got=shown(self.K))
        if self.K > MAX_POINTS:
            raise LimitError("too many points", where="K", expected=f"at most {MAX_POINTS}", got=shown(self.K))
        if self.reach <= 0:
            raise InputError("a grid of no width", where="reach", expected="L > 0", got=shown(self.reach))

    @property
    def spacing(self) -> Fraction:
        """Δx."""
        return 2 * self.reach / (self.K - 1)

    @property
    def points(self) -> tuple[Fraction, ...]:
        """x_0 … x_{K−1}."""
        return tuple(-self.reach + i * self.spacing for i in range(self.K))

    def normal(self, sigma: Fraction, resolution: Fraction = RESOLUTION) -> Distribution:
        """Return N(0, σ²) on the grid: weights exp(−x_i²/2σ²) by the largest, rounded down, normalised exactly."""
        if sigma <= 0:
            raise InputError("a normal law of no width", where="sigma", expected="σ > 0", got=shown(sigma))

        nearest = min(abs(x) for x in self.points)

        def weight(x: Fraction) -> Fraction:
            exponent = to_fmpq((nearest * nearest - x * x) / (2 * sigma * sigma))
            return rounded(lambda _bits: arb(exponent).exp(), resolution, "down", lambda v: v == 1, "x0 on the grid")

        sizes = {x: weight(x) for x in {abs(x) for x in self.points}}
        return Distribution.from_weights([sizes[abs(x)] for x in self.points])


def ornstein_uhlenbeck(grid: QuadratureGrid, beta: Fraction, resolution: Fraction = RESOLUTION) -> Dense:
    """Return Q[i, j] ∝ exp(−(x_j − √(1−β) x_i)²/2β), each row normalised; the identity at β = 0.

    N(0, 1) is stationary for it, up to what the grid cuts off.
    """
    check_beta(beta, "beta")
    check_resolution(resolution, "kernel")
    if beta == 0:
        return Dense(RationalMatrix.identity(grid.K))
    whole = resolution.denominator
    half = [_row(grid, i, beta, resolution) for i in range((grid.K + 1) // 2)]
    table = [list(row) for row in half] + [row[::-1] for row in half[: grid.K // 2][::-1]]
    for i, row in enumerate(table):
        row[i] += whole - sum(row)
    return Dense(RationalMatrix(fmpz_mat(table), fmpz(whole)).reduced())


def _row(grid: QuadratureGrid, i: int, beta: Fraction, resolution: Fraction) -> list[int]:
    """Return row i in units of the resolution, each entry rounded down.

    An entry is on the grid of roundings only if it is rational, and exponentials of different algebraic numbers are
    linearly independent (Lindemann & Weierstrass 1885): all exponents are then equal. That is K = 2, β = 1.
    Squares are products: to FLINT a ball around 0 to the power 2 is not a number.
    """
    x, points = to_fmpq(grid.points[i]), [to_fmpq(y) for y in grid.points]

    @cache
    def weights(_bits: int) -> tuple[list[arb], arb]:
        mean = arb(to_fmpq(1 - beta)).sqrt() * x
        values = [(-(y - mean) * (y - mean) / to_fmpq(2 * beta)).exp() for y in points]
        return values, sum(values, arb(0))

    def probability(j: int) -> Callable[[int], arb]:
        return lambda bits: weights(bits)[0][j] / weights(bits)[1]

    def even(value: Fraction) -> bool:
        return grid.K == 2 and beta == 1 and value == Fraction(1, 2)

    entries = [rounded(probability(j), resolution, "down", even, f"kernel, row {i}") for j in range(grid.K)]
    return [int(p * resolution.denominator) for p in entries]


def variance_preserving_chain(grid: QuadratureGrid, betas: Sequence[Fraction], s0: Fraction = Fraction(1)) -> Chain:
    """Return the chain with x0 ~ N(0, s₀²) on the grid and an Ornstein–Uhlenbeck step for each β."""
    made = {beta: ornstein_uhlenbeck(grid, beta) for beta in set(betas)}
    return Chain(grid.normal(s0), PerStep(tuple(made[beta] for beta in betas)), (), len(betas))


def variance_exploding_chain(K: int, betas: Sequence[Fraction], s0: Fraction) -> Chain:
    """Return the chain of x0 ~ N(0, s₀²) on K points of [−1, 1] under D3PM's Gaussian kernel, variance β/2 a step."""
    grid = QuadratureGrid(K, Fraction(1))
    checked = tuple(check_beta(beta, f"betas[{t}]") for t, beta in enumerate(betas))
    return Chain(grid.normal(s0), Gaussian(K, RESOLUTION), checked, len(checked))
