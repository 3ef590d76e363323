"""A rate matrix, Q_t = exp(s_t R): noise in continuous time, seen at T times, on a grid of exact rationals.

R[i, j] ≥ 0 is the rate from i to j, and rows sum to 0. Campbell et al. 2022 (tauLDR, arXiv 2205.14987), Lou et al. 2024
(SEDD, arXiv 2310.16834) and Austin et al. 2021 for nearest neighbours in an embedding (D3PM, arXiv 2107.03006) write
noise so. s_t is the schedule's number where that is one of rates, and the increment of the total noise σ where the
schedule tells ᾱ = e^{−σ}. Each entry beside the diagonal is rounded down to a multiple of `resolution`, the diagonal
takes the rest, and the kernel is then exactly that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import log2, prod
from typing import ClassVar

from flint import arb, arb_mat, fmpq_mat, fmpz, fmpz_mat

from markovdiff.arithmetic.decimals import floor_ends
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import text, to_fmpq
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.process.kernels.kernel import Kernel, NoiseLevel, Rates, each_step, level_of, written
from markovdiff.process.kernels.spec import Convention, KernelSetting, KernelSpec, Normalise
from markovdiff.process.schedules.schedule import RESOLUTION, ScheduleSpec, check_resolution
from markovdiff.process.transition import Dense


@dataclass(frozen=True)
class RateKernel(Kernel):
    """exp(sR), s the number of the schedule; with `by_alpha` that is β and s = −log(1−β)."""

    R: Rates
    resolution: Fraction
    by_alpha: bool = False

    takes_rates: ClassVar[bool] = True

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return len(self.R)

    @property
    def grid(self) -> Fraction:
        """The resolution."""
        return self.resolution

    def transition(self, beta: Fraction) -> Dense:
        """Return Q of this strength; the identity at 0. Raises InputError where rounding cannot be decided."""
        return _made(self, beta)

    @cached_property
    def reach(self) -> tuple[frozenset[int], ...]:
        """The states that each can come to, itself among them: there, and nowhere else, exp(sR) is positive."""
        return reached(self.R)

    @property
    def moves(self) -> int:
        """The entries beside the diagonal that are not 0 in the formula."""
        return sum(len(states) - 1 for states in self.reach)

    def erased(self, beta: Fraction) -> int:
        """Return how many of them were rounded down to 0."""
        kept = sum(x > 0 for i, row in enumerate(self.transition(beta).rows()) for j, x in enumerate(row) if i != j)
        return self.moves - kept if beta else 0

    @property
    def generator(self) -> Rates:
        """R."""
        return self.R

    def level(self, betas: Sequence[Fraction]) -> NoiseLevel | None:
        """Return the sum of the schedule's numbers, or −log ᾱ where it tells ᾱ."""
        if self.by_alpha:
            return level_of(prod((1 - beta for beta in betas), start=Fraction(1)))
        return sum(betas, Fraction(0))

    @cached_property
    def speed(self) -> Fraction | None:
        """The c for which R² = −cR; then exp(sR) = I + (1 − e^{−cs})/c·R. None where there is none."""
        R = fmpq_mat([[to_fmpq(x) for x in row] for row in self.R])
        square = (R * R).entries()
        i, j = next(((i, i) for i, row in enumerate(self.R) if row[i]), (0, 0))
        if not self.R[i][j]:
            return None
        c = -square[i * self.K + j] / to_fmpq(self.R[i][j])
        return (
            Fraction(int(c.p), int(c.q)) if all(a == -c * b for a, b in zip(square, R.entries(), strict=True)) else None
        )

    def known(self, beta: Fraction) -> Fraction | None:
        """Return (1 − e^{−cs})/c where that is rational: with ᾱ told, and c a whole number, e^{−cs} = (1−β)^c."""
        c = self.speed
        if not self.by_alpha or c is None or c.denominator != 1:
            return None
        return (1 - (1 - beta) ** int(c)) / c

    def bits(self, beta: Fraction) -> float:
        """Return the bits of the grid."""
        return log2(self.resolution.denominator) if beta else 0.0

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the rates, what the schedule tells, the resolution, and the rows of each step."""
        return {
            "resolution": text(self.resolution),
            "rates": [[text(x) for x in row] for row in self.R],
            "strength": "alpha" if self.by_alpha else "rate",
            "steps_rows": each_step(betas, lambda beta: written(self.transition(beta))),
        }

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the rates, and the rows of each kind of step, of few texts."""
        return self.K**2, self.K**2 * kinds


@lru_cache(maxsize=1024)
def reached(R: Rates) -> tuple[frozenset[int], ...]:
    """Return for each state the states that positive rates lead to, itself among them."""
    found = []
    for i in range(len(R)):
        seen, new = {i}, [i]
        while new:
            row = R[new.pop()]
            new += (fresh := [j for j, r in enumerate(row) if r > 0 and j not in seen])
            seen |= set(fresh)
        found.append(frozenset(seen))
    return tuple(found)


def _made(kernel: RateKernel, beta: Fraction) -> Dense:
    K, grid = kernel.K, kernel.resolution.denominator
    table = [[0] * K for _ in range(K)]
    if beta and (known := kernel.known(beta)) is not None:
        table = [
            [int(known * x * grid // 1) if i != j else 0 for j, x in enumerate(row)] for i, row in enumerate(kernel.R)
        ]
    elif beta:
        table = _floors(kernel, beta)
    for i, row in enumerate(table):
        row[i] = grid - sum(row)
    return Dense(RationalMatrix(fmpz_mat(table), fmpz(grid)).reduced())


def _floors(kernel: RateKernel, beta: Fraction) -> list[list[int]]:
    """Return the entries beside the diagonal in units of the grid, rounded down by enclosures of rising precision.

    With a rational s > 0 no entry that is not 0 lies on the grid: it would be the same for all s (Lindemann 1885).
    """
    K, grid = kernel.K, kernel.resolution.denominator
    for bits in (128, 512, 2048, 8192):
        ends = floor_ends(lambda: _exponential(kernel, beta), grid, bits)
        found = [[0] * K for _ in range(K)]
        open_at = None
        for i, states in enumerate(kernel.reach):
            for j in states - {i}:
                found[i][j], high = ends[i * K + j]
                open_at = open_at if found[i][j] == high else (i, j)
        if open_at is None:
            return found
    raise InputError(
        "an entry lies so near to a multiple of the grid that rounding it down cannot be decided",
        where=f"noise.kernel.rows{list(open_at or ())}",
        remedy="choose another `resolution`",
    )


def _exponential(kernel: RateKernel, beta: Fraction) -> list[arb]:
    """Return the entries of exp(sR) in the precision that is set."""
    b = arb(to_fmpq(beta))
    s = -(-b).log1p() if kernel.by_alpha else b
    R = arb_mat([[s * to_fmpq(x) for x in row] for row in kernel.R])
    entries: list[arb] = R.exp().entries()
    return entries


class RateSpec(KernelSpec, frozen=True, tag="rate"):
    """exp(s_t R): rates ≥ 0 beside the diagonal, rows that sum to 0, rounded down to the grid.

    s_t is β_t of `constant`, `linear`, `geometric` and `explicit`, where it may be any number ≥ 0, and for the other
    schedules the increment of σ, ᾱ = e^{−σ}.
    """

    rows: list[list[Fraction]] | None = None
    path: str | None = None
    normalise: Normalise = False
    convention: Convention = "rows"
    resolution: Fraction | None = None

    family: ClassVar[type[Kernel]] = RateKernel
    rank: ClassVar[int] = 5
    starter: ClassVar[tuple[tuple[str, str], ...]] = (
        ('{ kind = "rate", rows = [[-1, 1, 0], [1, -2, 1], [0, 1, -1]] }', "exp(s R)"),
    )

    def kernel(self, setting: KernelSetting) -> RateKernel:
        """Return the kernel. Raises InputError where rates are negative, or rows do not sum to 0."""
        resolution = RESOLUTION if self.resolution is None else self.resolution
        check_resolution(resolution, "noise.kernel")
        return RateKernel(setting.rates(self.rows, self), resolution)

    def scheduled(
        self,
        kernel: Kernel,
        schedule: ScheduleSpec,
        betas: Sequence[Fraction],
        setting: KernelSetting,
    ) -> Kernel:
        """Return the kernel, told what the schedule's numbers are. Raises InputError where ᾱ reaches 0."""
        if schedule.tells_rates or not isinstance(kernel, RateKernel):
            return kernel
        if 1 in betas:
            raise InputError(
                "noise without end: ᾱ_t is 0, and σ_t = −log ᾱ_t infinite",
                where="noise.schedule",
                expected="a schedule whose ᾱ_T is above 0",
                got=f"β_t = 1 at t = {betas.index(Fraction(1)) + 1}",
            )
        return RateKernel(kernel.R, kernel.resolution, by_alpha=True)
