"""Numbers as a result writes them: whole numbers, fractions, decimals, and short sums of logarithms.

Text from strangers: every number has a fixed limit on its length before it is read, and long ones are read and written
in halves, which needs no setting of the interpreter and no quadratic time. (Python refuses to read or to print more
than 4,300 digits at once, and can be told to refuse more than 640.) What does not fit is an InputError; nothing is
guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from markovdiff.errors import InputError, LimitError

MAX_DIGITS = 1_000_000
"""Digits that one whole number may have."""

MAX_EXPONENT = 200_000
"""Powers of ten that a decimal may carry, either way."""

MAX_CLOSED_FORM = 200
"""Characters that a closed form may have."""

_AT_ONCE = 512
"""Digits that `int` and `str` are given at once: every interpreter takes 640."""

_RATIO = re.compile(r"(-?)([0-9]+)(?:/([0-9]+))?", re.ASCII)
_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:e(-?[0-9]{1,7}))?", re.ASCII)
_TERM = re.compile(r"(?:([0-9]+(?:/[0-9]+)?)·)?log(2\(([0-9]+)\)| ([0-9]+))|([0-9]+(?:/[0-9]+)?)", re.ASCII)


def whole(digits: str) -> int:
    """Return decimal digits as an integer, at any length up to MAX_DIGITS.

    >>> whole("7" * 5000) % 1000
    777
    """
    if len(digits) > MAX_DIGITS:
        raise LimitError(
            "a number is too long", expected=f"at most {MAX_DIGITS} digits", got=f"{len(digits)} characters"
        )
    return _whole(digits)


def _whole(digits: str) -> int:
    if len(digits) <= _AT_ONCE:
        return int(digits)
    low = 1 << (len(digits) - 1).bit_length() - 1
    return _whole(digits[:-low]) * _power_of_ten(low) + _whole(digits[-low:])


@cache
def _power_of_ten(n: int) -> int:
    return 10**n if n < _AT_ONCE else _power_of_ten(n // 2) * _power_of_ten(n - n // 2)


def digits_of(n: int) -> str:
    """Return a whole number ≥ 0 in decimal digits, at any length.

    >>> len(digits_of(7 * 10**5000)), digits_of(120)
    (5001, '120')
    """
    places = _AT_ONCE
    while n >= _power_of_ten(places):
        places *= 2
    return _digits(n, places).lstrip("0") or "0"


def _digits(n: int, places: int) -> str:
    if places <= _AT_ONCE:
        return str(n).zfill(places)
    high, low = divmod(n, _power_of_ten(places // 2))
    return _digits(high, places // 2) + _digits(low, places // 2)


def ratio(text: object) -> Fraction:
    """Read an exact rational, "n/d" or "n".

    >>> ratio("-3/4"), ratio("5")
    (Fraction(-3, 4), Fraction(5, 1))
    """
    match = _RATIO.fullmatch(_string(text, "a fraction such as '3/4'"))
    if match is None:
        raise _unreadable(text, "a fraction such as '3/4'")
    denominator = whole(match[3]) if match[3] else 1
    if denominator == 0:
        raise InputError("a fraction with denominator zero", got=quoted(text))
    value = Fraction(whole(match[2]), denominator)
    return -value if match[1] else value


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal: its value, and how many significant digits it shows (a whole number's last zeros show none)."""

    value: Fraction
    shown: int


def decimal(text: object) -> Decimal:
    """Read a decimal as a result writes it.

    >>> decimal("0.0250"), decimal("1.5e-07").value, decimal("1200").shown
    (Decimal(value=Fraction(1, 40), shown=3), Fraction(3, 20000000), 2)
    """
    match = _DECIMAL.fullmatch(_string(text, "a decimal such as '0.25' or '1.5e-07'"))
    if match is None:
        raise _unreadable(text, "a decimal such as '0.25' or '1.5e-07'")
    sign, integer, fraction, exponent = match[1], match[2], match[3] or "", int(match[4] or 0)
    if abs(exponent) > MAX_EXPONENT or len(integer) + len(fraction) > MAX_EXPONENT:
        raise LimitError("a decimal is too long", expected=f"powers of ten up to {MAX_EXPONENT}", got=quoted(text))
    figures = (integer + fraction).lstrip("0")
    shown = len(figures) if fraction or match[4] else len(figures.rstrip("0"))
    mantissa, place = whole(integer + fraction), exponent - len(fraction)
    value = Fraction(mantissa * 10 ** max(place, 0), 10 ** max(-place, 0))
    return Decimal(-value if sign else value, max(shown, 1))


def closed_form(text: object, unit: str) -> list[tuple[Fraction, int]]:
    """Read a closed form as the terms (a, b) of Σ a·log b, in nats: in bits a plain number a stands for a·log 2.

    >>> closed_form("2 − 3/4·log2(3)", "bits")
    [(Fraction(2, 1), 2), (Fraction(-3, 4), 3)]
    """
    written = _string(text, "a sum of logarithms")
    if len(written) > MAX_CLOSED_FORM:
        raise LimitError("a closed form is too long", expected=f"at most {MAX_CLOSED_FORM} characters")
    return [_term(signed, text, unit) for signed in written.replace(" − ", " + −").split(" + ")]


def _term(signed: str, text: object, unit: str) -> tuple[Fraction, int]:
    body = signed.removeprefix("−")
    match = _TERM.fullmatch(body)
    if match is None or (match[3] if unit == "nats" else match[4]):
        raise _unreadable(text, f"a sum such as {'2 − 3/4·log2(3)' if unit == 'bits' else '2·log 2 − 3/4·log 3'!r}")
    value, argument = ratio(match[5] or match[1] or "1"), 2
    if match[5] is None:
        argument = whole(match[3] or match[4])
    elif unit == "nats" and value:
        raise _unreadable(text, "logarithms alone: in nats no rational but zero is a sum of them")
    if argument < 1:
        raise _unreadable(text, "logarithms of numbers above zero")
    return (value if body == signed else -value), argument


def quoted(value: object, room: int = 60) -> str:
    """Return a value as a message may quote it: short, and with control characters escaped."""
    words = ascii(value) if isinstance(value, str) and not value.isprintable() else repr_of(value)
    return words if len(words) <= room else words[: room - 1] + "…"


def repr_of(value: object) -> str:
    """Return a short `repr`; for a container only its kind."""
    if isinstance(value, str):
        return repr(value[:80])
    return repr(value) if value is None or isinstance(value, bool) else type(value).__name__


def leading(value: Fraction, digits: int = 20) -> str:
    """Return the first significant digits, for a message.

    >>> leading(Fraction(1, 3), 5), leading(Fraction(-1, 3 * 10**90), 5), leading(Fraction(0))
    ('0.33333…', '-3.3333e-91…', '0')
    """
    if value == 0:
        return "0"
    size, exponent = abs(value), 0
    exponent = (size.numerator.bit_length() - size.denominator.bit_length()) * 30103 // 100000 - 1
    while size >= Fraction(10) ** (exponent + 1):
        exponent += 1
    scaled = size * Fraction(10) ** (digits - 1 - exponent)
    figures, more = digits_of(scaled.numerator // scaled.denominator), "…" if scaled.denominator != 1 else ""
    sign = "-" if value < 0 else ""
    if not more:
        figures = figures.rstrip("0") or "0"
    if -5 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{figures}{more}"
    if 0 <= exponent < len(figures):
        whole_part, rest = figures[: exponent + 1], figures[exponent + 1 :]
        return f"{sign}{whole_part}{'.' if rest else ''}{rest}{more}"
    rest = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{sign}{figures[0]}{rest}e{exponent:+03d}{more}"


def fraction_text(value: Fraction) -> str:
    """Return a rational for a message: exact where short, else by its leading digits."""
    bits = value.numerator.bit_length() + value.denominator.bit_length()
    return str(value) if bits <= 200 else leading(value)


def _string(text: object, expected: str) -> str:
    if not isinstance(text, str):
        raise _unreadable(text, expected)
    return text


def _unreadable(text: object, expected: str) -> InputError:
    return InputError("a number that cannot be read", expected=expected, got=quoted(text))
