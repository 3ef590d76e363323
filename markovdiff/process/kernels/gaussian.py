"""The discretised Gaussian of Austin et al. 2021 (D3PM, arXiv 2107.03006, appendix A.2), on a grid of exact rationals.

It is symmetric and has K−1 distinct off-diagonal values; each is rounded down to a multiple of `resolution`, the
diagonal takes the rest, and the kernel is then exactly that. `bands` leaves out the longer jumps and nothing else.

D3PM's code for images (google-research/d3pm/images/diffusion_categorical.py), told of bands, also divides by the sum
over the band alone, which makes every jump more probable by one factor. Its grid is 0…255 whatever K, which is this
one at K = 256.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from itertools import accumulate
from math import log2
from typing import TYPE_CHECKING, Annotated, ClassVar

from flint import arb, arb_mat, ctx, fmpq, fmpz, fmpz_mat
from msgspec import Meta

from markovdiff.arithmetic.decimals import floors, rounded
from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import text, to_fmpq
from markovdiff.arithmetic.value import in_a_line
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.kernel import Kernel, each_step
from markovdiff.process.kernels.spec import KernelSetting, KernelSpec
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.schedules import RESOLUTION, check_resolution
from markovdiff.process.transition import Dense, Transition

if TYPE_CHECKING:
    from markovdiff.arithmetic.arrays import Flags, Floats

GAUSSIAN_ROWS = 2**20
"""T·K² up to which the rows are written out; beyond, the jumps are, K − 1 numbers a step."""


@dataclass(frozen=True)
class Gaussian(Kernel):
    """Off-diagonal exp(−4(i−j)²/((K−1)²β)) / Σ_{n=−(K−1)}^{K−1} exp(−4n²/((K−1)²β))."""

    K: int
    resolution: Fraction
    bands: int | None = None

    is_symmetric: ClassVar[bool] = True
    is_mirrored: ClassVar[bool] = True
    has_own_forms: ClassVar[bool] = True

    __repr__ = in_a_line

    def transition(self, beta: Fraction) -> Transition:
        """Return Q(β); the identity at β = 0."""
        K, grid = self.K, self.resolution.denominator
        jumps = self.jumps(beta)
        table = [[jumps[abs(i - j)] for j in range(K)] for i in range(K)]
        for i, row in enumerate(table):
            row[i] = grid - sum(row)
        return Dense(RationalMatrix(fmpz_mat(table), fmpz(grid)).reduced())

    def jumps(self, beta: Fraction) -> tuple[int, ...]:
        """Return the probability of a jump by n = 0 … K−1, rounded down to the grid, in units of it; 0 for n = 0."""
        if beta == 0 or self.K == 1:
            return (0,) * self.K
        found = _jumps(Gaussian(self.K, self.resolution), beta)
        return found if self.bands is None else tuple(jump if n <= self.bands else 0 for n, jump in enumerate(found))

    def erased(self, beta: Fraction) -> int:
        """Return how many entries beside the diagonal were rounded down to 0: at β > 0 the formula has none."""
        jumps = self.jumps(beta)[: (self.bands or self.K) + 1]
        return sum(2 * (self.K - n) for n, jump in enumerate(jumps) if n and not jump) if beta else 0

    @property
    def moves(self) -> int:
        """The entries beside the diagonal, within the bands."""
        return sum(2 * (self.K - n) for n in range(1, min(self.bands or self.K, self.K - 1) + 1))

    def dobrushin(self, beta: Fraction) -> Fraction:
        """Return η(Q(β)) in K steps, exactly; what `transition(beta).dobrushin` finds in K³.

        Rows i and k = i + d have Σ_j J(max(|j−i|, |j−k|)) in common, J(n) the probability of a jump by n: J never
        rises, also rounded down, and a diagonal is no less than J(1). That is a sum of J from d/2 to k, and one from
        d/2 to K−1−i: concave in i, with equal ends, and falling in d. So it is least for the first and the last row.
        """
        if self.K == 1:
            return Fraction(0)
        jumps, d = self.jumps(beta), self.K - 1
        shared = sum(jumps[(d + 1) // 2 :]) + sum(jumps[d // 2 + 1 :])
        return 1 - Fraction(shared, self.resolution.denominator)

    @property
    def grid(self) -> Fraction:
        """The resolution."""
        return self.resolution

    def preserves(self, law: RationalMatrix, betas: Sequence[Fraction]) -> bool:
        """Return whether the law is uniform, which symmetric steps preserve."""
        return len(set(map(int, law.N.entries()))) == 1

    def same_stationary_law(self, betas: Sequence[Fraction]) -> Transition | None:
        """Return the matrix 1/K: the only law is uniform as soon as some step reaches the neighbours."""
        if not any(self.jumps(beta)[1:2] > (0,) for beta in betas):
            return None
        return IdentityPlusRankOne(Fraction(0), Distribution.from_weights([1] * self.K))

    def dobrushin_formula(self, beta: Fraction) -> Fraction:
        """Return `dobrushin`, by the jumps."""
        return self.dobrushin(beta)

    def least_probability(self, betas: Sequence[Fraction]) -> Fraction:
        """Return the least positive jump; the diagonal has more."""
        least = min((n for beta in set(betas) for n in self.jumps(beta) if n), default=self.resolution.denominator)
        return Fraction(least, self.resolution.denominator)

    def floats(self, beta: Fraction) -> Floats:
        """Return Q(β) from its jumps; the diagonal takes the rest, summed in integers."""
        import numpy as np

        K, grid = self.K, self.resolution.denominator
        jumps = self.jumps(beta)
        sums = np.concatenate([[0], np.cumsum(np.array(jumps[1:], dtype=object))])
        i = np.arange(K)
        Q: Floats = (np.array(jumps, dtype=object) / grid).astype(np.float64)[np.abs(i[:, None] - i)]
        Q[i, i] = ((grid - sums[i] - sums[K - 1 - i]) / grid).astype(np.float64)
        return Q

    def own_balls(self, beta: Fraction, bits: int) -> tuple[arb_mat, Flags]:
        """Return Q(β) from its K jumps; the diagonal takes the rest, in integers."""
        import numpy as np

        K, grid, jumps = self.K, self.resolution.denominator, self.jumps(beta)
        sums = [0, *accumulate(jumps[1:])]
        with ALONE, ctx.workprec(bits):
            far = [arb(n) / grid for n in jumps]
            stays = [arb(grid - sums[i] - sums[K - 1 - i]) / grid for i in range(K)]
        mirrored = far[:0:-1] + far
        rows = [mirrored[K - 1 - i : 2 * K - 1 - i] for i in range(K)]
        for i, row in enumerate(rows):
            row[i] = stays[i]
        place = np.arange(K)
        pattern: Flags = np.array([n > 0 for n in jumps])[np.abs(place[:, None] - place)]
        pattern[place, place] = [not x.is_zero() for x in stays]
        return arb_mat(rows), pattern

    def bits(self, beta: Fraction) -> float:
        """Return the bits of the grid."""
        return log2(self.resolution.denominator) if beta else 0.0

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the resolution and the rows of each step; of a large chain the jumps of each step in their place."""
        grid = self.resolution.denominator
        record: dict[str, object] = {"resolution": text(self.resolution)}
        if self.bands is not None:
            record["bands"] = self.bands
        if len(betas) * self.K**2 > GAUSSIAN_ROWS:
            return {**record, "steps_jumps": [[_share(n, grid) for n in self.jumps(beta)[1:]] for beta in betas]}
        return {**record, "steps_rows": each_step(betas, self._written)}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the rows of each kind of step, of few texts, or K jumps a step."""
        return (0, self.K**2 * kinds) if T * self.K**2 <= GAUSSIAN_ROWS else (self.K * T, 0)

    def _written(self, beta: Fraction) -> list[list[str]]:
        """Return the rows of Q(β), each jump's text made once and shared."""
        K, grid = self.K, self.resolution.denominator
        jumps = self.jumps(beta)
        out = [0, *accumulate(jumps[1:])]
        far = [_share(n, grid) for n in jumps]
        return [[*far[i:0:-1], _share(grid - out[i] - out[K - 1 - i], grid), *far[1 : K - i]] for i in range(K)]


def _share(n: int, d: int) -> str:
    return str(fmpq(n, d).str())


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


class GaussianSpec(KernelSpec, frozen=True, tag="gaussian"):
    """The discretised Gaussian of D3PM on a rational grid; `bands` keeps the jumps by up to so many places."""

    resolution: Fraction | None = None
    bands: Annotated[int, Meta(ge=1)] | None = None

    family: ClassVar[type[Kernel]] = Gaussian
    rank: ClassVar[int] = 4
    starter: ClassVar[tuple[tuple[str, str], ...]] = (('{ kind = "gaussian" }', ""),)

    def kernel(self, setting: KernelSetting) -> Gaussian:
        """Return the kernel. Raises InputError where the resolution is not one over an integer."""
        resolution = RESOLUTION if self.resolution is None else self.resolution
        check_resolution(resolution, "noise.kernel")
        return Gaussian(setting.data.K, resolution, self.bands)
