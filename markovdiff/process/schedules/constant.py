"""The same β at every step."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from markovdiff.process.schedules.schedule import ScheduleSpec, check_beta


def constant(T: int, beta: Fraction, *, is_rate: bool = False) -> tuple[Fraction, ...]:
    """Return β_t = β."""
    return (check_beta(beta, "noise.schedule.beta", is_rate=is_rate),) * T


class ConstantSpec(ScheduleSpec, frozen=True, tag="constant"):
    """β_t = beta."""

    beta: Fraction

    rank: ClassVar[int] = 0
    tells_rates: ClassVar[bool] = True

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return T times β."""
        return constant(T, self.beta)

    def rates(self, T: int) -> tuple[Fraction, ...]:
        """Return T times the rate."""
        return constant(T, self.beta, is_rate=True)
