"""The same β at every step."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from markovdiff.process.schedules.schedule import ScheduleSpec, check_beta


def constant(T: int, beta: Fraction) -> tuple[Fraction, ...]:
    """β_t = β."""
    return (check_beta(beta, "noise.schedule.beta"),) * T


class ConstantSpec(ScheduleSpec, frozen=True, tag="constant"):
    """β_t = beta."""

    beta: Fraction

    rank: ClassVar[int] = 0

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return T times β."""
        return constant(T, self.beta)
