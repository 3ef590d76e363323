"""Enclosures: balls, the two functions that need care, and decimals rounded outward.

A ball is Arb's midpoint ± radius and always contains the number it stands for. FLINT's precision is a
global of the process: whoever sets it does so as `with ALONE, ctx.workprec(bits)`, for the length of one
call, and yields nothing meanwhile. So threads cannot see each other's precision.

Three rules make a ball safe to use. It is never compared with a bare operator outside this module
(a comparison that is not certain is False, both ways). A logarithm of zero is never formed:
0·log 0 = 0 is the caller's case. And a difference that is known exactly is formed on integers, so
that what is left to the ball has its full relative accuracy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from math import ceil, isfinite, log2
from threading import RLock
from typing import Literal

from flint import arb, arb_mat, ctx, fmpz

from markovdiff.arithmetic.rational import integer, numeral, shown, whole
from markovdiff.errors import InputError

Unit = Literal["bits", "nats"]
Cells = Iterable[tuple[fmpz, fmpz]]
Columns = Iterable[tuple[fmpz, Cells]]

ALONE = RLock()
"""Held while FLINT's precision is set: it belongs to the process, and another thread must not change it meanwhile."""

if hasattr(os, "register_at_fork"):  # a child must not wait for a thread that only its parent has
    os.register_at_fork(before=ALONE.acquire, after_in_parent=ALONE.release, after_in_child=ALONE.release)

GUARD_BITS = 64
"""Bits beyond the digits asked for: enough for a sum of 2^30 terms and for the series' threshold."""

FLOAT_DIGITS = 15
"""Significant digits of a float that are shown at most."""

SERIES_FROM = 24
"""f(r) is summed as a series where |r| ≤ 2^-24; there the closed form would lose over 24 bits, and
five terms of the series cost less than one logarithm (measured at 128 bits: 0.5 against 0.7 µs)."""


def bits_for(digits: int) -> int:
    """Return the working precision, in bits, for `digits` significant decimal digits."""
    return ceil(digits * log2(10)) + GUARD_BITS


def check_digits(digits: object) -> int:
    """Return the number of digits; raise unless it is an integer from 1 to 1000."""
    number = whole(digits)
    if number is None or not 1 <= number <= 1000:
        raise InputError(
            "the number of digits is out of range",
            where="digits",
            expected="an integer from 1 to 1000",
            got=shown(digits),
        )
    return number


def check_unit(unit: object) -> None:
    """Raise unless `unit` is "bits" or "nats"."""
    if not isinstance(unit, str) or unit not in ("bits", "nats"):
        raise InputError("unknown unit", where="unit", expected="'bits' or 'nats'", got=shown(unit))


def log_ball(n: fmpz, bits: int) -> arb:
    """Return log n for an integer n ≥ 1."""
    with ALONE, ctx.workprec(bits):
        return arb(n).log()


def ball(value: Fraction, bits: int) -> arb:
    """Return a rational number as a ball of `bits` bits."""
    with ALONE, ctx.workprec(bits):
        return arb(fmpz(value.numerator)) / fmpz(value.denominator)


def combine(terms: Iterable[tuple[fmpz, arb]], denominator: fmpz, bits: int) -> arb:
    """Return (Σ c·x) / denominator over the given (c, x)."""
    with ALONE, ctx.workprec(bits):
        total = arb(0)
        for coefficient, x in terms:
            total += x * coefficient
        return total / denominator


def entropy_ball(numerators: Iterable[tuple[fmpz, int]], total: fmpz, bits: int) -> arb:
    """Return −Σ m·p log p with p = n/total over the given (n, m), in nats.

    Where p > ½ its logarithm is taken as log1p of the exact −(total − n)/total, so that the
    entropy of an almost certain outcome keeps its relative accuracy.
    """
    with ALONE, ctx.workprec(bits):
        s = arb(0)
        for n, m in numerators:
            if n in (0, total):
                continue
            log_p = (arb(n - total) / total).log1p() if 2 * n > total else (arb(n) / total).log()
            s -= log_p * (n * m)
        return s / total


def centred_ball(columns: Columns, scale: fmpz, bits: int) -> arb:
    """Return Σ_j P_j Σ_w w·f(E/P_j) / scale, the centred form of every divergence, in nats.

    f(r) = (1+r)·log(1+r) − r ≥ 0, so nothing cancels in the sum; `columns` gives P_j > 0 with its
    (w, E), integers, E > −P_j or, for an impossible cell, E = −P_j, where f = 1. Near r = −1 the exact
    1 + r = (P + E)/P is what the logarithm is taken of.
    """
    with ALONE, ctx.workprec(bits):
        total = arb(0)
        for P, cells in columns:
            s = arb(0)
            size, impossible = P.bit_length() - 1, -P
            for w, E in cells:
                if E == 0:
                    continue
                if impossible == E:
                    s += w
                    continue
                r = arb(E) / P
                k = size - E.bit_length()
                if k >= SERIES_FROM:
                    s += f_series(r, k, bits) * w
                elif impossible < 2 * E:
                    s += ((1 + r) * r.log1p() - r) * w
                else:
                    y = arb(P + E) / P
                    s += (y * y.log() - r) * w
            total += s * P
        return total / scale


def f_series(r: arb, k: int, bits: int) -> arb:
    """Return f(r) = r²·Σ_{n≥2} (−r)^{n−2}/(n(n−1)) for |r| ≤ 2^-k, k ≥ 1.

    Cut after n = N the rest of the sum is r^{N−1} times something of size at most
    (1/((N+1)N))·Σ|r|^m ≤ 2/((N+1)N): the Horner scheme starts from that ball.
    """
    coefficients, tails = _series(bits)
    N = 2 + (bits + k - 1) // k
    s = tails[N]
    for n in range(N, 1, -1):
        s = s * r + coefficients[n]
    return s * r * r


@lru_cache(maxsize=16)
def _series(bits: int) -> tuple[list[arb], list[arb]]:
    """Return (−1)^n/(n(n−1)) and the tail balls [± 2/((n+1)n)], for every n that SERIES_FROM can ask for."""
    last = 2 + (bits + SERIES_FROM - 1) // SERIES_FROM
    with ALONE, ctx.workprec(bits):
        coefficients = [arb(0), arb(0)] + [arb((-1) ** n) / (n * (n - 1)) for n in range(2, last + 1)]
        tails = [arb(0), arb(0)] + [arb(0, arb(2) / (n * (n + 1))) for n in range(2, last + 1)]
    return coefficients, tails


def stochastic_ball(rows: Sequence[tuple[Sequence[fmpz], fmpz] | None], bits: int) -> arb_mat:
    """Return the matrix with rows n/total; a row that is None is zero."""
    K = len(rows)
    with ALONE, ctx.workprec(bits):
        return arb_mat([[arb(n) / row[1] for n in row[0]] if row else [arb(0)] * K for row in rows])


SHARED_FROM = 2**21
"""FLINT shares out a matrix product over its threads from this many products of entries on: 128³, about 2 ms."""


def product_ball(A: arb_mat, B: arb_mat, bits: int) -> arb_mat:
    """Return A·B; where no entry is negative nothing cancels, and relative accuracy only falls with T·K.

    A large one is shared out over the cores. That is a product of integers: its balls do not depend on how many.
    """
    large = A.nrows() * B.nrows() * B.ncols() >= SHARED_FROM
    with ALONE, ctx.workprec(bits), _threads(cores() if large else None):
        return A * B


@contextmanager
def _threads(n: int | None) -> Iterator[None]:
    """Let FLINT use `n` threads, or all that it has for None; restore the number afterwards."""
    before = ctx.threads
    if n is None or n == before:
        yield
        return
    ctx.threads = n
    try:
        yield
    finally:
        ctx.threads = before


@cache
def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cross_entropy_ball(weights: Sequence[fmpz], total: fmpz, q: Sequence[arb], bits: int) -> arb:
    """Return −Σ (w/total)·log q over w > 0, for balls q > 0."""
    with ALONE, ctx.workprec(bits):
        s = arb(0)
        for w, x in zip(weights, q, strict=True):
            if w != 0:
                s -= x.log() * w
        return s / total


def in_unit(x: arb, unit: Unit, bits: int) -> arb:
    """Return nats as they are, or divided by log 2."""
    if unit == "nats":
        return x
    with ALONE, ctx.workprec(bits):
        return x / arb(2).log()


def sign_of(x: arb) -> int | None:
    """Return +1 or −1 where the ball settles it, 0 for the exact zero, else None."""
    if x > 0:
        return 1
    if x < 0:
        return -1
    return 0 if x.is_zero() else None


def accuracy(x: arb) -> int:
    """Return the relative accuracy in bits; negative where the ball contains zero."""
    return int(x.rel_accuracy_bits())


def exponent(x: arb) -> int:
    """Return an e such that |x| < 2^e, for a ball that is not the exact zero."""
    mantissa, e = (int(part) for part in x.abs_upper().man_exp())
    return mantissa.bit_length() + e


def bounds(x: arb) -> tuple[Fraction, Fraction]:
    """Return the ball's exact ends."""
    middle, radius = _dyadic(x.mid()), _dyadic(x.rad())
    return middle - radius, middle + radius


def integers(x: arb) -> tuple[int, int, int, int]:
    """Return the mantissas and exponents of a ball's midpoint and radius, which describe it completely."""
    (m, e), (r, f) = x.mid().man_exp(), x.rad().man_exp()
    return int(m), int(e), int(r), int(f)


def from_integers(m: int, e: int, r: int, f: int) -> arb:
    """Return the ball that `integers` took apart."""
    return arb((m, e), (r, f))


def _dyadic(x: arb) -> Fraction:
    mantissa, exponent = (int(part) for part in x.man_exp())
    return Fraction(mantissa) * (Fraction(2) ** exponent)


@dataclass(frozen=True, slots=True)
class Decimals:
    """lower·10^exponent ≤ x ≤ upper·10^exponent, and `nearest`, the nearest such decimal.

    `may_end` tells that the ball, eight digits finer than these, still meets `nearest`: a rare
    chance, or x is that very decimal, which is worth an exact test.
    """

    lower: int
    nearest: int
    upper: int
    exponent: int
    may_end: bool


def decimals(x: arb, digits: int, spare: int = GUARD_BITS // 2) -> Decimals | None:
    """Return `x` between decimals of `digits` significant digits, rounded outward.

    |nearest − truth| is under one unit of the last digit, upper − lower at most two. None where the
    ball is too wide for that, or has not `spare` bits more (at least 4): ask again with more bits.
    """
    if x.is_zero():
        return Decimals(0, 0, 0, 0, may_end=True)
    if accuracy(x) < ceil(digits * log2(10)) + spare:
        return None
    m, r, e = (int(part) for part in x.mid_rad_10exp(digits + 8))
    drop = len(numeral(abs(m))) - digits
    unit = 10**drop
    lower, upper = (m - r) // unit, -((-m - r) // unit)
    nearest = (2 * m + unit) // (2 * unit)
    return Decimals(lower, nearest, upper, e + drop, may_end=abs(nearest * unit - m) <= r)


def show(mantissa: int, exponent: int) -> str:
    """Return mantissa·10^exponent as text, positional, or scientific below 1e-4.

    >>> show(811278124459133, -15), show(-175, -2), show(12, -72)
    ('0.811278124459133', '-1.75', '1.2e-71')
    """
    sign, digits = ("-" if mantissa < 0 else ""), numeral(abs(mantissa))
    if mantissa == 0:
        return "0"
    leading = len(digits) - 1 + exponent
    if leading < -4:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e-{-leading:02d}"
    if exponent >= 0:
        return sign + digits + "0" * exponent
    digits = digits.rjust(1 - exponent, "0")
    return f"{sign}{digits[:exponent]}.{digits[exponent:]}"


def as_decimal(value: float | Fraction, digits: int) -> Decimal:
    """Return a number rounded to `digits` significant digits; a float to at most the digits it has.

    >>> as_decimal(Fraction(1, 3), 4), as_decimal(0.1, 40)
    (Decimal('0.3333'), Decimal('0.1'))
    """
    if isinstance(value, Fraction):
        context = Context(prec=digits)
        return context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    assert isfinite(value)
    context = Context(prec=min(digits, FLOAT_DIGITS))
    return context.create_decimal_from_float(value).normalize(context)


def decimal_text(value: Decimal) -> str:
    """Return a decimal as every decimal is written here: positional, or scientific below 1e-4."""
    sign, digits, exponent = value.as_tuple()
    mantissa = integer("".join(map(str, digits)))
    return show(-mantissa if sign else mantissa, int(exponent))


def fraction_text(x: Fraction, digits: int) -> str:
    """Return a fraction as a decimal rounded to so many significant digits, without zeros at its end.

    >>> fraction_text(Fraction(2, 3), 4), fraction_text(Fraction(1, 8), 15), fraction_text(Fraction(0), 15)
    ('0.6667', '0.125', '0')
    """
    quotient = Context(prec=digits).divide(Decimal(x.numerator), Decimal(x.denominator))
    return decimal_text(quotient.normalize()) if quotient else "0"


def float_text(value: float, digits: int) -> str:
    """Return the text of `as_decimal(value, digits)`, as `decimal_text` writes it, in a tenth of the time.

    >>> float_text(0.1, 40), float_text(2 / 3 * 1e-9, 4)
    ('0.1', '6.667e-10')
    """
    mantissa, _, exponent = f"{value:.{min(digits, FLOAT_DIGITS) - 1}e}".partition("e")
    shown = mantissa.replace(".", "").rstrip("0")
    return show(int(shown), int(exponent) + 1 - len(shown.lstrip("-"))) if value else "0"


def _floor(end: arb) -> int:
    """Return the floor of an exact number."""
    whole = end.floor().unique_fmpz()
    assert whole is not None
    return int(whole)


def floors(weights: Callable[[], list[arb]], grid: int) -> list[int | None]:
    """Return ⌊w·grid / (1 + 2Σw)⌋ of each weight where 128 bits settle it, None where they do not."""
    with ALONE, ctx.workprec(128):
        values = weights()
        share = grid / (1 + 2 * sum(values, arb(0)))
        ends = [(_floor(x.lower()), _floor(x.upper())) for x in (w * share for w in values)]
    return [low if low == high else None for low, high in ends]


def floor_ends(values: Callable[[], list[arb]], grid: int, bits: int) -> list[tuple[int, int]]:
    """Return the least and the most that ⌊x·grid⌋ can be, for each number that is enclosed at this precision."""
    with ALONE, ctx.workprec(bits):
        return [(_floor(y.lower()), _floor(y.upper())) for y in (x * grid for x in values())]


def rounded(
    evaluate: Callable[[int], arb],
    grid: Fraction,
    mode: Literal["nearest", "down"],
    is_exactly: Callable[[Fraction], bool] | None,
    where: str,
) -> Fraction:
    """Return a real number, correctly rounded to a multiple of `grid`.

    `evaluate` is called at rising precision until the ball leaves no choice. Only a number that
    sits on a boundary (a tie for "nearest") can keep it from that; `is_exactly` decides whether it does, and a
    tie goes to the even multiple. Where it cannot be decided an InputError says so.
    """
    half = Fraction(1, 2) if mode == "nearest" else Fraction(0)
    for bits in (128, 512, 2048, 8192):
        with ALONE, ctx.workprec(bits):
            place = evaluate(bits) * grid.denominator / grid.numerator + ball(half, bits)
            low, high = _floor(place.lower()), _floor(place.upper())
            on_boundary = place.is_exact() and place == high
        boundary = (high - half) * grid
        if mode == "nearest" and (on_boundary or (low < high and is_exactly is not None and is_exactly(boundary))):
            return (high - high % 2) * grid
        if low == high:
            return low * grid
        if mode == "down" and is_exactly is not None and is_exactly(boundary):
            return high * grid
    raise InputError(
        "a number lies so near to the middle of two grid points that rounding it cannot be decided",
        where=where,
        remedy="choose another `resolution`",
    )
