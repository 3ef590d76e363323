"""Information that falls evenly: ᾱ_t such that I(x0;x_t) = (1 − t/T)·H(x0), D3PM's schedule.

Austin et al. 2021 (arXiv 2107.03006; google-research/d3pm/text/diffusion.py, MutualInformationSchedule, which
interpolates between 128 points). For a kernel (1−β)I + β·1πᵀ and one symbol: of a sequence it is the schedule of each
position alone. I rises strictly with ᾱ, so there is one ᾱ_t for each t; it is enclosed, and β_t = 1 − ᾱ_t/ᾱ_{t−1} is
rounded once. Where no possible x0 can be drawn from π (an added mask) I = ᾱ·H(x0): the jump schedule, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import ClassVar

from flint import arb, ctx, fmpz

from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.errors import InputError, InternalError
from markovdiff.process.distribution import Distribution
from markovdiff.process.grouping import Classes
from markovdiff.process.schedules.jump import jump
from markovdiff.process.schedules.schedule import (
    MAX_ROUNDED_BITS,
    RESOLUTION,
    ScheduleSetting,
    ScheduleSpec,
    check_length,
    check_resolution,
    length_of,
)

GUARD = 32
"""Bits beyond those asked for that I is evaluated with."""


class Levels:
    """I(x0; x) as a function of ᾱ for one chain, and the ᾱ where it is a share of H(x0), enclosed."""

    def __init__(self, data: Distribution, target: Distribution) -> None:
        classes = Classes.by(zip(data.weights, target.weights, strict=True))
        self.multiplicities = classes.multiplicities
        self.data = [(fmpz(data.weights[i]), fmpz(data.total)) for i in classes.first]
        self.target = [(fmpz(target.weights[i]), fmpz(target.total)) for i in classes.first]
        self.roots: dict[tuple[Fraction, int], arb] = {}

    def information(self, kept: arb) -> arb:
        """Return H(x) − H(x|x0) at ᾱ = kept, in nats, in the precision that is set."""
        fresh = 1 - kept
        found = arb(0)
        for m, (n, d), (w, whole) in zip(self.multiplicities, self.data, self.target, strict=True):
            p, pi = arb(n) / d, arb(w) / whole
            move = fresh * pi
            found -= m * (_x_log_x(kept * p + move) - p * _x_log_x(kept + move) - (1 - p) * _x_log_x(move))
        return found

    def slope(self, kept: arb) -> arb:
        """Return the derivative by ᾱ, at 0 < ᾱ < 1."""
        fresh = 1 - kept
        found = arb(0)
        for m, (n, d), (w, whole) in zip(self.multiplicities, self.data, self.target, strict=True):
            p, pi = arb(n) / d, arb(w) / whole
            own, stay, move = kept * p + fresh * pi, kept + fresh * pi, fresh * pi
            found -= m * ((p - pi) * _log(own) - p * (1 - pi) * _log(stay) + (1 - p) * pi * _log(move))
        return found

    def root(self, share: Fraction, bits: int) -> arb:
        """Return the ᾱ where I = share·H(x0), as a ball that contains it: I is below at one end, above at the other."""
        if share in (0, 1):
            return arb(int(share))
        key = share, bits
        if key not in self.roots:
            with ALONE, ctx.workprec(2 * bits + GUARD):
                self.roots[key] = self._enclosed(share, bits)
        return self.roots[key]

    def _enclosed(self, share: Fraction, bits: int) -> arb:
        """By Newton's method from a bisection in few bits; then the ends are tried, until they are on both sides."""
        wanted = self.information(arb(1)) * fmpz(share.numerator) / share.denominator
        low, high = arb(0), arb(1)
        for _ in range(12):
            middle = ((low + high) / 2).mid()
            low, high = (middle, high) if self.information(middle) < wanted else (low, middle)
        x, width = ((low + high) / 2).mid(), arb(1)
        while width > arb(2) ** -(bits + 8):
            step = ((self.information(x) - wanted) / self.slope(x)).mid()
            width, x = abs(step) ** 2 + arb(2) ** -(2 * bits), (x - step).mid()
        room = arb(2) ** -bits
        while not self._holds(x, room, wanted):
            if not room < 1:
                raise InternalError("no ᾱ was found where the information is this share of H(x0)", got=str(share))
            room *= 16
        return arb(x, room)

    def _holds(self, x: arb, room: arb, wanted: arb) -> bool:
        low, high = (x - room).mid(), (x + room).mid()
        below = bool(low < 0) or bool(self.information(low) < wanted)
        above = bool(high > 1) or bool(self.information(high) > wanted)
        return below and above


def _x_log_x(x: arb) -> arb:
    return x if x.is_zero() else x * x.log()


def _log(x: arb) -> arb:
    return x if x.is_zero() else x.log()


def mutual_information(
    T: int, data: Distribution, target: Distribution, resolution: Fraction = RESOLUTION
) -> tuple[Fraction, ...]:
    """Return β_t = 1 − ᾱ_t/ᾱ_{t−1} rounded to the grid, I(ᾱ_t) = (1 − t/T)·H(x0); the jump schedule where it is that.

    Raises InputError where one x0 alone is possible: it has no information to lose.
    """
    if len(data.support) < 2:
        raise InputError(
            "there is no information to lose: one x0 alone is possible",
            where="noise.schedule.kind",
            expected="data with two possible states or more",
        )
    check_resolution(resolution, "noise.schedule")
    if not any(n and w for n, w in zip(data.weights, target.weights, strict=True)):
        return jump(T)
    levels = Levels(data, target)

    def beta(t: int) -> Callable[[int], arb]:
        return lambda bits: 1 - levels.root(1 - Fraction(t, T), bits) / levels.root(1 - Fraction(t - 1, T), bits)

    before_last = (rounded(beta(t), resolution, "nearest", None, f"noise.schedule, t = {t}") for t in range(1, T))
    return (*before_last, Fraction(1))


class MutualInformationSpec(ScheduleSpec, frozen=True, tag="mutual-information"):
    """ᾱ_t such that I(x0;x_t) = (1 − t/T)·H(x0), on the grid: D3PM's. For kernels (1−β)I + β·1πᵀ and one symbol."""

    resolution: Fraction | None = None

    rank: ClassVar[int] = 10

    @property
    def grid(self) -> Fraction:
        """The resolution."""
        return RESOLUTION if self.resolution is None else self.resolution

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""
        check_length(T, length_of(self.grid), MAX_ROUNDED_BITS)

    def resolved(self, setting: ScheduleSetting) -> ScheduleSpec:
        """Return the schedule of that chain. Raises InputError where the kernel has another form."""
        if setting.target is None:
            raise InputError(
                "this schedule is for kernels that move every state towards one law",
                where="noise.schedule.kind",
                expected="a uniform, absorbing or mixing kernel, without bands, scale or targets",
            )
        return _Resolved(resolution=self.resolution, data=setting.data, target=setting.target)

    def is_one(self, t: int, T: int) -> bool:
        """Return whether t is the last."""
        return t == T


class _Resolved(MutualInformationSpec, frozen=True, tag="mutual-information"):
    """The same, with what it is for."""

    data: Distribution | None = None
    target: Distribution | None = None

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T on the grid, β_T = 1."""
        assert self.data is not None
        assert self.target is not None
        return mutual_information(T, self.data, self.target, self.grid)
