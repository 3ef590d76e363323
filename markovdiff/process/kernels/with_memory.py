"""A process with memory, q(x_t | x_{t−1}, x_0): one matrix for each x_0, so not a Markov chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from typing import ClassVar

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.process.kernels.kernel import Kernel, written
from markovdiff.process.kernels.spec import Convention, KernelSetting, KernelSpec, Normalise
from markovdiff.process.transition import Dense, Transition


@dataclass(frozen=True)
class WithMemory(Kernel):
    """q(x_t | x_{t−1}, x_0 = k), the same at every t: one matrix for each k."""

    by_source: tuple[Dense, ...]

    has_schedule: ClassVar[bool] = False
    is_markov: ClassVar[bool] = False

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return len(self.by_source)

    @property
    def matrices_given_x0(self) -> tuple[Dense, ...]:
        """The matrix of each k."""
        return self.by_source

    def transition(self, beta: Fraction) -> Transition:
        """Raise InputError: there is no Q_t."""
        raise InputError(
            "this process has memory, so it has no Q_t",
            where=f"t = {beta}",
            expected="a Markov chain",
            remedy="ask for `cumulative`, `marginal` or `data_posterior`, which are defined",
        )

    def matrices(self, betas: Sequence[Fraction]) -> Iterator[Transition]:
        """Return the matrix of each k."""
        return iter(self.by_source)

    def preserves(self, law: RationalMatrix, betas: Sequence[Fraction]) -> bool:
        """Return False: no single matrix moves p_t."""
        return False

    def bits(self, beta: Fraction) -> float:
        """Return the bits of the tallest denominator."""
        return self._most_bits

    @cached_property
    def _most_bits(self) -> float:
        return max(log2(int(M.denominator)) for M in self.by_source)

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the rows of each k."""
        return {"rows_by_source": [written(M) for M in self.by_source]}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the entries of K matrices."""
        return self.K**3, 0


def with_memory(by_source: Sequence[Sequence[Sequence[Fraction]]], K: int, where: str = "rows_by_source") -> WithMemory:
    """Return from K matrices of rows, one for each x0, each checked."""
    if len(by_source) != K:
        raise InputError("not one matrix for each x0", where=where, expected=f"{K} matrices", got=str(len(by_source)))
    return WithMemory(tuple(Dense.from_rows(rows, f"{where}[{k}]", K) for k, rows in enumerate(by_source)))


class ConditionalSpec(KernelSpec, frozen=True, tag="conditional"):
    """q(x_t | x_{t−1}, x_0), one matrix for each x_0."""

    rows_by_source: list[list[list[Fraction]]] | None = None
    path: str | None = None
    normalise: Normalise = False
    convention: Convention = "rows"

    family: ClassVar[type[Kernel]] = WithMemory
    rank: ClassVar[int] = 7

    def kernel(self, setting: KernelSetting) -> WithMemory:
        """Return the process. Raises InputError unless there is a K × K stochastic matrix for each x_0."""
        where, stack = setting.matrices("rows_by_source", self.rows_by_source, self)
        return with_memory(stack, setting.data.K, where)
