"""Noising kernels: how one step of noise of strength β moves a state.

Each kernel makes the transition matrix Q(β), rows summing to exactly one:

- `RankOneKernel`    (1−β)I + β·1πᵀ: uniform, absorbing (π = e_m) and mixing to any π
- `Blend`         (1−β)I + βM for a fixed matrix M: neighbour, or a matrix of one's own
- `Gaussian`      the discretised Gaussian of Austin et al. 2021 (D3PM, arXiv 2107.03006,
                  appendix A.2), on a grid of exact rationals
- `PerStep`       matrices given outright, one a step, no β
- `WithMemory`    q(x_t | x_{t−1}, x_0): one matrix for each x_0, so not a Markov chain

D3PM's discretised Gaussian is symmetric and has K−1 distinct off-diagonal values; each is rounded
down to a multiple of `resolution`, the diagonal takes the rest, and the kernel is then exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import gcd
from typing import Literal, TypeAlias

from flint import arb, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import floors, rounded
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown, to_fmpq
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.distribution import Distribution
from markovdiff.process.transition import Dense, IdentityPlusRankOne, Transition


@dataclass(frozen=True)
class RankOneKernel:
    """Q(β) = (1−β)I + β·1πᵀ with target π."""

    target: Distribution

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.target.K

    def transition(self, beta: Fraction) -> Transition:
        """Q(β)."""
        return IdentityPlusRankOne(1 - beta, self.target)


@dataclass(frozen=True)
class Blend:
    """Q(β) = (1−β)I + βM."""

    M: Dense

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.M.K

    def transition(self, beta: Fraction) -> Transition:
        """Q(β)."""
        if beta == 1:
            return self.M
        a, b, M = fmpz(beta.numerator), fmpz(beta.denominator), self.M.matrix
        kept = fmpz_mat(self.K, self.K, _diagonal([(b - a) * M.d] * self.K))
        return Dense(RationalMatrix(kept + a * M.N, b * M.d).reduced())


@dataclass(frozen=True)
class Gaussian:
    """Off-diagonal exp(−4(i−j)²/((K−1)²β)) / Σ_{n=−(K−1)}^{K−1} exp(−4n²/((K−1)²β))."""

    K: int
    resolution: Fraction

    __repr__ = in_a_line

    def transition(self, beta: Fraction) -> Transition:
        """Q(β); the identity at β = 0."""
        K, grid = self.K, self.resolution.denominator
        jumps = self.jumps(beta)
        table = [[jumps[abs(i - j)] for j in range(K)] for i in range(K)]
        for i, row in enumerate(table):
            row[i] = grid - sum(row)
        return Dense(RationalMatrix(fmpz_mat(table), fmpz(grid)).reduced())

    def jumps(self, beta: Fraction) -> tuple[int, ...]:
        """The probability of a jump by n = 0 … K−1, each rounded down to the grid, in units of it; 0 for n = 0."""
        return (0,) * self.K if beta == 0 or self.K == 1 else _jumps(self, beta)

    def erased(self, beta: Fraction) -> int:
        """How many entries beside the diagonal were rounded down to 0; at β > 0 the formula has none that is 0."""
        return sum(2 * (self.K - n) for n, jump in enumerate(self.jumps(beta)) if n and not jump) if beta else 0

    def dobrushin(self, beta: Fraction) -> Fraction:
        """η(Q(β)) in K steps, exactly; what `transition(beta).dobrushin` finds in K³.

        Rows i and k = i + d have Σ_j J(max(|j−i|, |j−k|)) in common, J(n) the probability of a jump by n: J never
        rises, also rounded down, and a diagonal is no less than J(1). That is a sum of J from d/2 to k, and one from
        d/2 to K−1−i: concave in i, with equal ends, and falling in d. So it is least for the first and the last row.
        """
        if self.K == 1:
            return Fraction(0)
        jumps, d = self.jumps(beta), self.K - 1
        shared = sum(jumps[(d + 1) // 2 :]) + sum(jumps[d // 2 + 1 :])
        return 1 - Fraction(shared, self.resolution.denominator)


@lru_cache(maxsize=4096)
def _jumps(kernel: Gaussian, beta: Fraction) -> tuple[int, ...]:
    """Remembered for each β of a long schedule; nearly all are settled by one enclosure, others by `rounded`."""
    K, resolution = kernel.K, kernel.resolution
    rate = to_fmpq(Fraction(-4) / ((K - 1) ** 2 * beta))

    def weight(n: int) -> arb:
        return arb(rate * (n * n)).exp()

    @cache
    def total(_bits: int) -> arb:
        return 1 + 2 * sum((weight(n) for n in range(1, K)), arb(0))

    def probability(n: int) -> Callable[[int], arb]:
        return lambda bits: weight(n) / total(bits)

    found = floors(lambda: [weight(n) for n in range(1, K)], resolution.denominator)
    for n, settled in enumerate(found, 1):
        if settled is None:
            p = rounded(probability(n), resolution, "down", None, f"noise.kernel, jump {n}")
            found[n - 1] = int(p * resolution.denominator)
    return (0, *(n for n in found if n is not None))


@dataclass(frozen=True)
class PerStep:
    """Q_1 … Q_T given outright."""

    steps: tuple[Dense, ...]

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.steps[0].K


@dataclass(frozen=True)
class WithMemory:
    """q(x_t | x_{t−1}, x_0 = k), the same at every t: one matrix for each k."""

    by_source: tuple[Dense, ...]

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return len(self.by_source)


Kernel: TypeAlias = "RankOneKernel | Blend | Gaussian | PerStep | WithMemory"


def _diagonal(entries: Sequence[fmpz]) -> list[fmpz]:
    """The entries of a square matrix that has these on its diagonal and 0 elsewhere."""
    K = len(entries)
    return [entries[i] if i == j else fmpz(0) for i in range(K) for j in range(K)]


def uniform(K: int) -> RankOneKernel:
    """(1−β)I + (β/K)·11ᵀ."""
    return RankOneKernel(Distribution.from_weights([1] * K))


def absorbing(K: int, mask: int) -> RankOneKernel:
    """(1−β)I + β·1e_mᵀ."""
    return RankOneKernel(Distribution.from_weights([int(i == mask) for i in range(K)]))


def neighbour(K: int, reach: int, boundary: Literal["reflect", "periodic"]) -> Blend:
    """β/(2·reach) to each of the 2·reach nearest states.

    A place outside is folded back: "reflect" as −1 ↦ 0, −2 ↦ 1, K ↦ K−1, …, which keeps the matrix
    doubly stochastic (what falls on i from j falls on j from i); "periodic" joins the ends.
    """
    if not 1 <= reach <= K:
        raise InputError(
            "the reach is out of range",
            where="noise.kernel.reach",
            expected=f"an integer from 1 to K = {K}",
            got=shown(reach),
        )
    counts = [[0] * K for _ in range(K)]
    for i, row in enumerate(counts):
        for step in range(1, reach + 1):
            for place in (i - step, i + step):
                row[place % K if boundary == "periodic" else reflect(place, K)] += 1
    common = gcd(2 * reach, *(n for row in counts for n in set(row)))
    N = fmpz_mat([[n // common for n in row] for row in counts])
    return Blend(Dense(RationalMatrix(N, fmpz(2 * reach // common))))


def reflect(place: int, K: int) -> int:
    """Fold a place outside 0…K−1 back in, each end mirrored behind its last state.

    >>> [reflect(n, 3) for n in (-2, -1, 0, 2, 3, 4)]
    [1, 0, 0, 2, 2, 1]
    """
    place %= 2 * K
    return place if place < K else 2 * K - 1 - place


def per_step(steps: Sequence[Sequence[Sequence[Fraction]]], K: int, where: str = "steps_rows") -> PerStep:
    """From T matrices of rows, each checked."""
    return PerStep(tuple(Dense.from_rows(rows, f"{where}[{t}]", K) for t, rows in enumerate(steps)))


def with_memory(by_source: Sequence[Sequence[Sequence[Fraction]]], K: int, where: str = "rows_by_source") -> WithMemory:
    """From K matrices of rows, one for each x0, each checked."""
    if len(by_source) != K:
        raise InputError("not one matrix for each x0", where=where, expected=f"{K} matrices", got=str(len(by_source)))
    return WithMemory(tuple(Dense.from_rows(rows, f"{where}[{k}]", K) for k, rows in enumerate(by_source)))
