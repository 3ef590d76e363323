"""β_t evenly on a logarithmic scale, rounded to a grid."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import ClassVar

from flint import arb, fmpq

from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.rational import to_fmpq
from markovdiff.errors import InputError
from markovdiff.process.schedules.schedule import (
    MAX_ROUNDED_BITS,
    RESOLUTION,
    ScheduleSpec,
    check_beta,
    check_length,
    check_resolution,
    length_of,
)


def geometric(
    T: int, start: Fraction, stop: Fraction, resolution: Fraction = RESOLUTION, *, is_rate: bool = False
) -> tuple[Fraction, ...]:
    """Return β_t = start·(stop/start)^((t−1)/(T−1)), rounded to the grid; T = 1 gives start."""
    for key, value in (("start", start), ("stop", stop)):
        if check_beta(value, f"noise.schedule.{key}", is_rate=is_rate) == 0:
            raise InputError(
                "a geometric schedule cannot start or stop at 0",
                where=f"noise.schedule.{key}",
                expected="0 < β ≤ 1",
                got="0",
            )
    check_resolution(resolution, "noise.schedule")
    if start == stop:
        same = rounded(lambda _bits: arb(to_fmpq(start)), resolution, "nearest", start.__eq__, "noise.schedule")
        return (same,) * T
    n = max(T - 1, 1)

    def beta(t: int) -> Callable[[int], arb]:
        return lambda _bits: arb(to_fmpq(start)) * (arb(to_fmpq(stop / start)).log() * fmpq(t, n)).exp()

    def tie(t: int) -> Callable[[Fraction], bool]:
        return lambda value: to_fmpq(value) ** n == to_fmpq(start) ** (n - t) * to_fmpq(stop) ** t

    return tuple(rounded(beta(t), resolution, "nearest", tie(t), f"noise.schedule, t = {t + 1}") for t in range(T))


class GeometricSpec(ScheduleSpec, frozen=True, tag="geometric"):
    """β_t = start·(stop/start)^((t−1)/(T−1)), rounded to the grid."""

    start: Fraction
    stop: Fraction
    resolution: Fraction | None = None

    rank: ClassVar[int] = 4
    tells_rates: ClassVar[bool] = True

    @property
    def grid(self) -> Fraction:
        """The resolution."""
        return RESOLUTION if self.resolution is None else self.resolution

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""
        check_length(T, sum(map(length_of, (self.start, self.stop, self.grid))), MAX_ROUNDED_BITS)

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T on the grid."""
        return geometric(T, self.start, self.stop, self.grid)

    def is_one(self, t: int, T: int) -> bool:
        """Return whether t is at an end that is 1, or both are."""
        at_start, at_stop = self.start == 1, self.stop == 1
        return (at_start and (t == 1 or at_stop)) or (at_stop and t == T > 1)

    def rates(self, T: int) -> tuple[Fraction, ...]:
        """Return the rates on the grid."""
        return geometric(T, self.start, self.stop, self.grid, is_rate=True)
