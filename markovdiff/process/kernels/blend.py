"""Kernels on the way from I to a fixed matrix, Q(β) = (1−β)I + βM: neighbour, or a matrix of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, log2
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from flint import fmpz, fmpz_mat
from msgspec import Meta

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.process.kernels.kernel import Kernel, least_blended, least_entry, written
from markovdiff.process.kernels.spec import Convention, KernelSetting, KernelSpec, Normalise
from markovdiff.process.transition import Dense, Transition

if TYPE_CHECKING:
    from markovdiff.arithmetic.arrays import Floats


@dataclass(frozen=True)
class Blend(Kernel):
    """Q(β) = (1−β)I + βM."""

    M: Dense

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.M.K

    @property
    def endpoint(self) -> Dense:
        """The matrix M."""
        return self.M

    def transition(self, beta: Fraction) -> Transition:
        """Return Q(β)."""
        if beta == 1:
            return self.M
        a, b, M = fmpz(beta.numerator), fmpz(beta.denominator), self.M.matrix
        kept = fmpz_mat(self.K, self.K, _diagonal([(b - a) * M.d] * self.K))
        return Dense(RationalMatrix(kept + a * M.N, b * M.d).reduced())

    def preserves(self, law: RationalMatrix, betas: Sequence[Fraction]) -> bool:
        """Return whether M preserves the law."""
        return self.M.push(law) == law

    def same_stationary_law(self, betas: Sequence[Fraction]) -> Transition | None:
        """M itself, unless nothing moves."""
        return self.M if any(betas) else None

    def least_probability(self, betas: Sequence[Fraction]) -> Fraction:
        """Return the least of M's own positive entries, β times that, and 1 − β."""
        least = least_entry(self.M)
        return min(least, least_blended(betas, least))

    def floats(self, beta: Fraction) -> Floats:
        """Return (1−β)I + βM of the rounded β, 1 − β and M."""
        import numpy as np

        Q: Floats = float(beta) * self.float_endpoint + float(1 - beta) * np.eye(self.K)
        return Q

    @cached_property
    def float_endpoint(self) -> Floats:
        """M in float64, each entry rounded once."""
        import numpy as np

        return np.array(self.M.floats())

    def bits(self, beta: Fraction) -> float:
        """Return the bits of β's denominator and of M's."""
        return log2(beta.denominator) + (log2(int(self.M.denominator)) if beta else 0.0)

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the rows of M."""
        return {"rows": written(self.M)}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the K² entries of M."""
        return self.K**2, 0


def _diagonal(entries: Sequence[fmpz]) -> list[fmpz]:
    """Return the entries of a square matrix that has these on its diagonal and 0 elsewhere."""
    K = len(entries)
    return [entries[i] if i == j else fmpz(0) for i in range(K) for j in range(K)]


def neighbour(K: int, reach: int, boundary: Literal["reflect", "periodic"]) -> Blend:
    """Return β/(2·reach) to each of the 2·reach nearest states.

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


def banded(K: int, bands: int) -> Dense:
    """Return 1/K to each state up to `bands` places away, the rest to itself: the M of D3PM's banded uniform kernel.

    Austin et al. 2021 (arXiv 2107.03006, appendix A.2). Symmetric, and with bands ≥ K−1 the matrix 11ᵀ/K.
    """
    table = [[int(0 < abs(i - j) <= bands) for j in range(K)] for i in range(K)]
    for i, row in enumerate(table):
        row[i] = K - sum(row)
    return Dense(RationalMatrix(fmpz_mat(table), fmpz(K)).reduced())


class NeighbourSpec(KernelSpec, frozen=True, tag="neighbour"):
    """β/(2·reach) to each of the 2·reach nearest states."""

    reach: Annotated[int, Meta(ge=1)] = 1
    boundary: Literal["reflect", "periodic"] = "reflect"

    family: ClassVar[type[Kernel]] = Blend
    rank: ClassVar[int] = 3
    starter: ClassVar[tuple[tuple[str, str], ...]] = (('{ kind = "neighbour", reach = 1, boundary = "reflect" }', ""),)

    def described(self) -> dict[str, object]:
        """Return the reach and the boundary."""
        return {"reach": self.reach, "boundary": self.boundary}

    def kernel(self, setting: KernelSetting) -> Blend:
        """Return the kernel. Raises InputError where the reach is out of range."""
        return neighbour(setting.data.K, self.reach, self.boundary)


class MatrixSpec(KernelSpec, frozen=True, tag="matrix"):
    """(1−β)I + βM."""

    rows: list[list[Fraction]] | None = None
    path: str | None = None
    normalise: Normalise = False
    convention: Convention = "rows"

    family: ClassVar[type[Kernel]] = Blend
    rank: ClassVar[int] = 5
    starter: ClassVar[tuple[tuple[str, str], ...]] = (
        ('{ kind = "matrix", path = "k.npy", convention = "columns", normalise = true }', ""),
        ('{ kind = "matrix", rows = [["1/2", "1/2", 0], [0, 1, 0], [0, "1/3", "2/3"]] }', ""),
    )

    def kernel(self, setting: KernelSetting) -> Blend:
        """Return the kernel towards M. Raises InputError unless there is one K × K stochastic matrix."""
        where, stack = setting.matrices("rows", None if self.rows is None else [self.rows], self, single=True)
        K = setting.data.K
        if len(stack) != 1:
            raise InputError("not one matrix", where=where, expected=f"{K} rows", got=f"{len(stack)} matrices")
        return Blend(Dense.from_rows(stack[0], where, K))
