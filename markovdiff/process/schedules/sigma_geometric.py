"""Total noise σ evenly on a logarithmic scale, ᾱ = e^{−σ}, rounded to a grid: the geometric noise of SEDD and MDLM.

SEDD (Lou et al. 2024, arXiv 2310.16834; github.com/louaaron/Score-Entropy-Discrete-Diffusion, noise_lib.py) and MDLM
(Sahoo et al. 2024, arXiv 2406.07524; github.com/kuleshov-group/mdlm, noise_schedule.py) call σ(t) = σ_min^{1−t} σ_max^t
on [0, 1] geometric. At t = 0 that is σ_min, not 0; a chain begins with the data, so ᾱ_0 = 1 and the first step makes up
for it. The kind `geometric` is another thing: there β_t itself is geometric.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import ClassVar

from flint import arb, fmpq

from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.rational import shown, to_fmpq
from markovdiff.errors import InputError
from markovdiff.process.schedules.schedule import (
    MAX_ROUNDED_BITS,
    RESOLUTION,
    ScheduleSpec,
    check_length,
    check_resolution,
    length_of,
)


def sigma_geometric(T: int, start: Fraction, stop: Fraction, resolution: Fraction = RESOLUTION) -> tuple[Fraction, ...]:
    """Return β_t = 1 − e^{−(σ_t − σ_{t−1})}, σ_t = start^{1−t/T}·stop^{t/T} and σ_0 = 0, rounded to the grid.

    No β_t lies half way between two multiples: e to an algebraic number but 0 is transcendental (Lindemann 1882).
    """
    if not 0 < start <= stop:
        raise InputError(
            "σ must rise",
            where="noise.schedule.start",
            expected="0 < start ≤ stop",
            got=f"start = {shown(start)}, stop = {shown(stop)}",
        )
    check_resolution(resolution, "noise.schedule")

    def sigma(t: int) -> arb:
        if t == 0:
            return arb(0)
        return arb(to_fmpq(start)) * (arb(to_fmpq(stop / start)).log() * fmpq(t, T)).exp()

    def beta(t: int) -> Callable[[int], arb]:
        return lambda _bits: -(sigma(t - 1) - sigma(t)).expm1()

    def at(t: int) -> Fraction:
        if t > 1 and start == stop:
            return Fraction(0)
        return rounded(beta(t), resolution, "nearest", None, f"noise.schedule, t = {t}")

    return tuple(map(at, range(1, T + 1)))


class SigmaGeometricSpec(ScheduleSpec, frozen=True, tag="sigma-geometric"):
    """ᾱ_t = exp(−start^(1−t/T)·stop^(t/T)), ᾱ_0 = 1, on the grid: the total noise that SEDD and MDLM call geometric.

    In `geometric` β_t itself is.
    """

    start: Fraction
    stop: Fraction
    resolution: Fraction | None = None

    rank: ClassVar[int] = 9

    @property
    def grid(self) -> Fraction:
        """The resolution."""
        return RESOLUTION if self.resolution is None else self.resolution

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""
        check_length(T, sum(map(length_of, (self.start, self.stop, self.grid))), MAX_ROUNDED_BITS)

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T on the grid."""
        return sigma_geometric(T, self.start, self.stop, self.grid)

    def is_zero(self, t: int) -> bool:
        """Return whether σ stands still: where it starts at its end, from the second step on."""
        return self.start == self.stop and t > 1
