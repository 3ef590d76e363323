"""Matrices given outright, one a step: no β."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.kernels.kernel import Kernel
from markovdiff.process.kernels.spec import Convention, KernelSetting, KernelSpec, Normalise
from markovdiff.process.transition import Dense, Transition


@dataclass(frozen=True)
class PerStep(Kernel):
    """Q_1 … Q_T given outright."""

    steps: tuple[Dense, ...]

    has_schedule: ClassVar[bool] = False

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.steps[0].K

    @property
    def steps_brought(self) -> int:
        """How many matrices there are."""
        return len(self.steps)

    def transition(self, beta: Fraction) -> Transition:
        """Return Q_t, of the t handed in."""
        return self.steps[int(beta) - 1]


def per_step(steps: Sequence[Sequence[Sequence[Fraction]]], K: int, where: str = "steps_rows") -> PerStep:
    """Return from T matrices of rows, each checked."""
    return PerStep(tuple(Dense.from_rows(rows, f"{where}[{t}]", K) for t, rows in enumerate(steps)))


class PerStepSpec(KernelSpec, frozen=True, tag="per-step"):
    """Q_t given outright."""

    steps_rows: list[list[list[Fraction]]] | None = None
    path: str | None = None
    normalise: Normalise = False
    convention: Convention = "rows"

    family: ClassVar[type[Kernel]] = PerStep
    rank: ClassVar[int] = 6

    def kernel(self, setting: KernelSetting) -> PerStep:
        """Return the steps. Raises InputError where there is none, or one is not a K × K stochastic matrix."""
        where, stack = setting.matrices("steps_rows", self.steps_rows, self)
        if not stack:
            raise InputError("no steps", where=where, expected="at least one matrix", got="an empty list")
        return per_step(stack, setting.data.K, where)
