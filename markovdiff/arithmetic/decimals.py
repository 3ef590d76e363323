"""What an enclosure settles: certified digits, whole numbers; and how rationals and floats are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import ceil, isfinite, log2
from typing import Literal

from flint import arb, ctx

from markovdiff.arithmetic.enclosure import ALONE, FLOAT_DIGITS, GUARD_BITS, accuracy, ball
from markovdiff.arithmetic.rational import integer, numeral
from markovdiff.errors import InputError


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
