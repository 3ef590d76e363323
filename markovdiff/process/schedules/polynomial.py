"""ᾱ_t = 1 − (t/T)^power, for a whole power: the polynomial α of MD4 (Shi et al. 2024, arXiv 2406.04329).

power = 1 is the jump schedule. It is no polynomial in β: β_t = 1 − ᾱ_t/ᾱ_{t−1}, which ends at 1.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Meta

from markovdiff.process.schedules.schedule import MAX_LINEAR_BITS, ScheduleSpec, check_length


def polynomial(T: int, power: int) -> tuple[Fraction, ...]:
    """Return β_t = 1 − ᾱ_t/ᾱ_{t−1} for ᾱ_t = 1 − (t/T)^power, exactly.

    >>> polynomial(2, 2)
    (Fraction(1, 4), Fraction(1, 1))
    """
    whole = T**power
    return tuple(1 - Fraction(whole - t**power, whole - (t - 1) ** power) for t in range(1, T + 1))


class PolynomialSpec(ScheduleSpec, frozen=True, tag="polynomial"):
    """ᾱ_t = 1 − (t/T)^power: MD4's. Its β_t is not a polynomial; `linear` is the kind whose β_t is linear."""

    power: Annotated[int, Meta(ge=1, le=64)] = 2

    rank: ClassVar[int] = 8

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""
        check_length(T, 2 * self.power * T.bit_length(), MAX_LINEAR_BITS)

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T."""
        return polynomial(T, self.power)
