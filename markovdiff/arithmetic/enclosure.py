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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, lru_cache
from math import ceil, log2
from threading import RLock
from typing import Literal

from flint import arb, arb_mat, ctx, fmpz

from markovdiff.arithmetic.rational import shown, whole
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
