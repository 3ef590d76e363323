"""ᾱ_1 … ᾱ_T one by one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from markovdiff.arithmetic.rational import shown, text
from markovdiff.errors import InputError
from markovdiff.process.schedules.schedule import ScheduleSetting, ScheduleSpec


def from_alphas(alphas: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Return β_t = 1 − ᾱ_t/ᾱ_{t−1}, ᾱ_0 = 1. Once ᾱ_t = 0 it stays 0, with β_t = 1 from there on."""
    betas, before = [], Fraction(1)
    for t, alpha in enumerate(alphas):
        where = f"noise.schedule.alphas[{t}]"
        if not 0 <= alpha <= before:
            raise InputError(
                "ᾱ_t must fall from 1 towards 0",
                where=where,
                expected=f"a number from 0 to {text(before)}, the one before it",
                got=shown(alpha),
            )
        betas.append(1 - alpha / before if before else Fraction(1))
        before = alpha
    return tuple(betas)


class AlphaSpec(ScheduleSpec, frozen=True, tag="alpha"):
    """ᾱ_1 … ᾱ_T, or a file that has them: .csv, .tsv, .npy, .npz or .json."""

    alphas: list[Fraction] | None = None
    path: str | None = None

    rank: ClassVar[int] = 6
    brings: ClassVar[str | None] = "alphas"

    def resolved(self, setting: ScheduleSetting) -> AlphaSpec:
        """Return the schedule with its numbers read. Raises InputError where they are missing, or given twice."""
        return AlphaSpec(alphas=setting.series("alphas", self.alphas, self.path))

    @property
    def length(self) -> int:
        """How many ᾱ there are."""
        return len(self.alphas or ())

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return the β_t that make these ᾱ_t."""
        return from_alphas(self.alphas or ())
