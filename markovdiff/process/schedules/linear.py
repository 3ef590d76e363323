"""β evenly from one number to another."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from markovdiff.process.schedules.schedule import MAX_LINEAR_BITS, ScheduleSpec, check_beta, check_length, length_of


def linear(T: int, start: Fraction, stop: Fraction, *, is_rate: bool = False) -> tuple[Fraction, ...]:
    """Evenly from β_1 = start to β_T = stop; T = 1 gives start."""
    check_beta(start, "noise.schedule.start", is_rate=is_rate)
    check_beta(stop, "noise.schedule.stop", is_rate=is_rate)
    return tuple(start + (stop - start) * Fraction(t, max(T - 1, 1)) for t in range(T))


class LinearSpec(ScheduleSpec, frozen=True, tag="linear"):
    """Evenly from start to stop."""

    start: Fraction
    stop: Fraction

    rank: ClassVar[int] = 1
    tells_rates: ClassVar[bool] = True

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""
        check_length(T, length_of(self.start) + length_of(self.stop), MAX_LINEAR_BITS)

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T."""
        return linear(T, self.start, self.stop)

    def rates(self, T: int) -> tuple[Fraction, ...]:
        """Return the rates."""
        return linear(T, self.start, self.stop, is_rate=True)
