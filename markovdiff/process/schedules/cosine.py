"""The cosine schedule of Nichol & Dhariwal 2021 (arXiv 2102.09672, eq. 17), rounded to a grid and capped."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import ClassVar, Literal

from flint import arb, fmpq, fmpz_poly

from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.rational import over_common_denominator, shown, to_fmpq
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

COSINE_CAP = Fraction(999, 1000)
"""The cosine schedule's largest β_t (Nichol & Dhariwal 2021, §3.2)."""

OFFSET = Fraction(8, 1000)
"""The s of Nichol & Dhariwal 2021, §3.2."""


def cosine(
    T: int,
    s: Fraction = OFFSET,
    resolution: Fraction = RESOLUTION,
    *,
    power: Literal[1, 2] = 2,
    cap: Fraction = COSINE_CAP,
) -> tuple[Fraction, ...]:
    """Return β_t = 1 − f(t)/f(t−1), f(t) = cos^power((t/T + s)/(1 + s)·π/2), on the grid and never above the cap."""
    most = cosine_most(cap, resolution)
    return tuple(min(beta, most) for beta in cosine_uncapped(T, s, resolution, power=power))


def cosine_most(cap: Fraction, resolution: Fraction = RESOLUTION) -> Fraction:
    """Return the largest multiple of `resolution` that is not above the cap."""
    if not check_beta(cap, "noise.schedule.cap") > 0:
        raise InputError("a cap of 0 leaves no noise", where="noise.schedule.cap", expected="0 < cap ≤ 1", got="0")
    check_resolution(resolution, "noise.schedule")
    most = cap // resolution * resolution
    if not most:
        raise InputError(
            "the cap is below one step of the grid",
            where="noise.schedule.cap",
            expected=f"at least {shown(resolution)}",
            got=shown(cap),
            remedy="a finer `resolution`, or a larger cap",
        )
    return most


def cosine_uncapped(T: int, s: Fraction, resolution: Fraction, *, power: Literal[1, 2] = 2) -> tuple[Fraction, ...]:
    """Return the same without a cap: each β_t the multiple of `resolution` nearest to it, β_T = 1."""
    if s < 0:
        raise InputError(
            "the cosine schedule's offset is negative", where="noise.schedule.s", expected="s ≥ 0", got=shown(s)
        )
    check_resolution(resolution, "noise.schedule")

    def angle(t: int) -> fmpq:
        return to_fmpq((Fraction(t, T) + s) / (1 + s) / 2)

    def beta(t: int) -> Callable[[int], arb]:
        def falls(_bits: int) -> arb:
            ratio = arb.cos_pi_fmpq(angle(t)) / arb.cos_pi_fmpq(angle(t - 1))
            return 1 - ratio**power

        return falls

    def tie(t: int) -> Callable[[Fraction], bool]:
        one = Fraction(power - 1)
        return lambda value: cosines_have_ratio(power * angle(t), power * angle(t - 1), 1 - value, one)

    return tuple(rounded(beta(t), resolution, "nearest", tie(t), f"noise.schedule, t = {t}") for t in range(1, T + 1))


def cosines_have_ratio(a: fmpq, b: fmpq, r: Fraction, one: Fraction = Fraction(1)) -> bool:
    """Return whether c + cos πa = r·(c + cos πb), decided; c = 1 for squares of half the angle, 0 for plain cosines.

    Two cosines of different angles from 0° to 90° have a rational relation, r ≠ 0, only where each is of 0°, 60° or
    90°, or where they are of 36° and 72° (Conway & Jones 1976, theorem 7): in [0, 1] a = b, a = 1 − b or denominators
    up to 5. Only these are computed. With ζ = e^{iπ/n} a root of unity of order 2n, cos πk/n = (ζ^k + ζ^−k)/2: the
    difference is a rational polynomial in ζ, and it is zero exactly when the 2n-th cyclotomic polynomial divides it.
    """
    if r and a not in (b, 1 - b) and max(a.q, b.q) > 5:
        return False
    n = math.lcm(int(a.q), int(b.q))
    order = 2 * n
    coefficients = [Fraction(0)] * order
    for x, weight in ((a, Fraction(1)), (b, -r)):
        k = int(x.p) * (n // int(x.q))
        coefficients[0] += weight * one
        coefficients[k % order] += weight / 2
        coefficients[-k % order] += weight / 2
    numerators, _ = over_common_denominator(coefficients)
    return (fmpz_poly(numerators) % fmpz_poly.cyclotomic(order)).degree() < 0


class CosineSpec(ScheduleSpec, frozen=True, tag="cosine"):
    """ᾱ_t from cos² (or, with power = 1, cos), β_t capped, on the grid."""

    s: Fraction | None = None
    power: Literal[2, 1] = 2
    cap: Fraction | None = None
    resolution: Fraction | None = None

    rank: ClassVar[int] = 2

    @property
    def grid(self) -> Fraction:
        """The resolution."""
        return RESOLUTION if self.resolution is None else self.resolution

    @property
    def ceiling(self) -> tuple[Fraction, Fraction]:
        """The cap, and the largest multiple of the grid that is not above it."""
        cap = COSINE_CAP if self.cap is None else self.cap
        return cap, cosine_most(cap, self.grid)

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""
        given = (self.s, self.cap, self.grid)
        check_length(T, sum(length_of(x) for x in given if x is not None), MAX_ROUNDED_BITS)

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T on the grid, β_T = 1."""
        return cosine_uncapped(T, OFFSET if self.s is None else self.s, self.grid, power=self.power)

    def is_one(self, t: int, T: int) -> bool:
        """Return whether t is the last."""
        return t == T
