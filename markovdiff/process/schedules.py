"""Noise schedules: β_1 … β_T, each an exact rational in [0, 1].

The chain scales its kernel by β_t; ᾱ_t = Π_{s≤t} (1 − β_s) is what is left untouched by step t.
Rational schedules are taken as they are. The geometric and the cosine schedule are irrational: each
β_t is rounded to the nearest multiple of `resolution`, once and correctly (that of a cosine never above its cap), and
the chain is then exactly that one. Rounding is decided by enclosures of rising precision, so no digit of it is luck.

Sources: jump β_t = 1/(T−t+1), Sohl-Dickstein et al. 2015 (arXiv 1503.03585, §2.4.1); cosine,
Nichol & Dhariwal 2021 (arXiv 2102.09672, eq. 17).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Literal

from flint import arb, fmpq, fmpz_poly

from markovdiff.arithmetic.enclosure import rounded
from markovdiff.arithmetic.rational import over_common_denominator, shown, text, to_fmpq
from markovdiff.errors import InputError

RESOLUTION = Fraction(1, 2**32)
"""Default grid for irrational schedules and kernels."""

COSINE_CAP = Fraction(999, 1000)
"""The cosine schedule's largest β_t (Nichol & Dhariwal 2021, §3.2)."""


def constant(T: int, beta: Fraction) -> tuple[Fraction, ...]:
    """β_t = β."""
    return (check_beta(beta, "noise.schedule.beta"),) * T


def linear(T: int, start: Fraction, stop: Fraction) -> tuple[Fraction, ...]:
    """Evenly from β_1 = start to β_T = stop; T = 1 gives start."""
    check_beta(start, "noise.schedule.start")
    check_beta(stop, "noise.schedule.stop")
    return tuple(start + (stop - start) * Fraction(t, max(T - 1, 1)) for t in range(T))


def jump(T: int) -> tuple[Fraction, ...]:
    """β_t = 1/(T−t+1), so that ᾱ_t = (T−t)/T falls evenly to zero.

    >>> jump(3)
    (Fraction(1, 3), Fraction(1, 2), Fraction(1, 1))
    """
    return tuple(Fraction(1, T - t + 1) for t in range(1, T + 1))


def geometric(T: int, start: Fraction, stop: Fraction, resolution: Fraction = RESOLUTION) -> tuple[Fraction, ...]:
    """β_t = start·(stop/start)^((t−1)/(T−1)), rounded to the grid; T = 1 gives start."""
    for key, value in (("start", start), ("stop", stop)):
        if check_beta(value, f"noise.schedule.{key}") == 0:
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


def cosine(
    T: int,
    s: Fraction = Fraction(8, 1000),
    resolution: Fraction = RESOLUTION,
    *,
    power: Literal[1, 2] = 2,
    cap: Fraction = COSINE_CAP,
) -> tuple[Fraction, ...]:
    """β_t = 1 − f(t)/f(t−1), f(t) = cos^power((t/T + s)/(1 + s)·π/2), on the grid and never above the cap."""
    most = cosine_most(cap, resolution)
    return tuple(min(beta, most) for beta in cosine_uncapped(T, s, resolution, power=power))


def cosine_most(cap: Fraction, resolution: Fraction = RESOLUTION) -> Fraction:
    """The largest multiple of `resolution` that is not above the cap."""
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
    """The same without a cap: each β_t the multiple of `resolution` nearest to it, β_T = 1."""
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
    """Whether c + cos πa = r·(c + cos πb), decided; c = 1 for cosines squared, of half the angle, and 0 for plain ones.

    With ζ = e^{iπ/n} a root of unity of order 2n, cos πk/n = (ζ^k + ζ^−k)/2: the difference is a rational
    polynomial in ζ, and it is zero exactly when the 2n-th cyclotomic polynomial divides it.
    """
    n = a.q * b.q
    order = int(2 * n)
    coefficients = [Fraction(0)] * order
    for x, weight in ((a, Fraction(1)), (b, -r)):
        k = int(x.p * (n // x.q))
        coefficients[0] += weight * one
        coefficients[k % order] += weight / 2
        coefficients[-k % order] += weight / 2
    numerators, _ = over_common_denominator(coefficients)
    return (fmpz_poly(numerators) % fmpz_poly.cyclotomic(order)).degree() < 0


def explicit(betas: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The β_t as given."""
    return tuple(check_beta(beta, f"noise.schedule.betas[{t}]") for t, beta in enumerate(betas))


def from_alphas(alphas: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """β_t = 1 − ᾱ_t/ᾱ_{t−1}, ᾱ_0 = 1. Once ᾱ_t = 0 it stays 0, with β_t = 1 from there on."""
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


def check_beta(beta: Fraction, where: str) -> Fraction:
    """β itself, or InputError where it is not in [0, 1]."""
    if not 0 <= beta <= 1:
        raise InputError("β is not a probability", where=where, expected="a number from 0 to 1", got=shown(beta))
    return beta


def check_resolution(resolution: Fraction, where: str) -> None:
    """Raise InputError unless 1/resolution is a positive integer (else 1 would not be on the grid)."""
    if resolution <= 0 or resolution.numerator != 1:
        raise InputError(
            "the resolution is not one over an integer",
            where=f"{where}.resolution",
            expected="1/n, such as '1/4294967296'",
            got=shown(resolution),
        )
