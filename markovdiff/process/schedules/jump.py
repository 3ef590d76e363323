"""β_t = 1/(T−t+1): ᾱ_t falls evenly to zero (Sohl-Dickstein et al. 2015, arXiv 1503.03585, §2.4.1)."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from markovdiff.process.schedules.schedule import ScheduleSpec


def jump(T: int) -> tuple[Fraction, ...]:
    """Return β_t = 1/(T−t+1), so that ᾱ_t = (T−t)/T falls evenly to zero.

    >>> jump(3)
    (Fraction(1, 3), Fraction(1, 2), Fraction(1, 1))
    """
    return tuple(Fraction(1, T - t + 1) for t in range(1, T + 1))


class JumpSpec(ScheduleSpec, frozen=True, tag="jump"):
    """β_t = 1/(T−t+1)."""

    rank: ClassVar[int] = 3

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T."""
        return jump(T)
