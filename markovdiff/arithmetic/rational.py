"""Rational numbers at the edge: read, checked, printed, and never a binary float.

A number may come as an int, a Fraction, a Decimal, a FLINT integer or rational, or text: "3/4",
"0.1" (which is 1/10), "1e-3"; or as a rational of another library (numpy integers, gmpy2, sympy).
A Python or numpy float is refused: 0.1 as a float is 3602879701896397/36028797018963968, and
nobody who wrote it meant that.

Inside the engine numbers are FLINT's `fmpz` and `fmpq`; `Fraction` is what callers see.
Neither is ever mixed with the other (`fmpq(1, 3) == Fraction(1, 3)` is silently False).

Python refuses to turn integers of more than 4,300 digits into text or back, and of more than 640 where it is told so
(`PYTHONINTMAXSTRDIGITS`). FLINT does not: `numeral` and `integer` are the two conversions, for the whole engine.
"""

from __future__ import annotations

import numbers
import re
import reprlib
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from numbers import Integral
from pathlib import Path
from typing import Any, TypeAlias

from flint import fmpq, fmpz

from markovdiff.errors import InexactError, InputError, LimitError

Rational: TypeAlias = "Fraction | int | str | Decimal | fmpz | fmpq"

MAX_DIGITS = 10_000
"""Digits that one number may have, written out: more is a mistake or an attack."""

NUMBER = 24
"""Characters of a number within something else that is shown, about."""

_RATIO = re.compile(r"([+-]?[0-9]+)(?:/([0-9]+))?", re.ASCII)
_DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,9}))?", re.ASCII)


def rational(value: object, where: str | None = None) -> Fraction:
    """Return the exact rational number that `value` stands for.

    Raises InexactError for a float, LimitError past MAX_DIGITS digits, InputError otherwise.

    >>> rational("3/4"), rational("0.1"), rational(2)
    (Fraction(3, 4), Fraction(1, 10), Fraction(2, 1))
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or _kind(value) == "b":
        raise _not_a_number(value, where)
    if isinstance(value, Integral | fmpz) or _kind(value) in ("i", "u"):
        return Fraction(int(value))  # type: ignore[call-overload]  # numpy's and FLINT's integers, too
    if isinstance(value, fmpq):
        return to_fraction(value)
    if isinstance(value, Decimal):
        return _parse_decimal_object(value, where)
    if isinstance(value, str):
        return _parse(value, where)
    if isinstance(value, numbers.Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, numbers.Real) or _kind(value) == "f" or type(value).__name__ == "mpf":
        raise InexactError(
            f"{value!r} is a binary float, which is rarely the number that was meant",
            where=where,
            expected="an exact number: a Fraction, an int, or a string such as '1/10' or '0.1'",
            got=f"{type(value).__name__} {value!r}",
            remedy=_instead(value),
        )
    raise _not_a_number(value, where)


def _kind(value: object) -> str | None:
    """Return the kind of a numpy scalar ("b", "i", "u", "f" …) without importing numpy; None for anything else."""
    dtype = getattr(value, "dtype", None)
    return getattr(dtype, "kind", None) if getattr(value, "shape", None) == () else None


def _instead(value: object) -> str:
    """Return what to write in place of a binary float: the decimal it shows, or the exact number it is."""
    shows = str(value)
    is_decimal = _DECIMAL.fullmatch(shows) is not None and any(map(str.isdigit, shows))
    return f"write it as a string: {shows!r}" if is_decimal else "a Fraction, or a string such as '1/10'"


def _parse_decimal_object(value: Decimal, where: str | None) -> Fraction:
    if not value.is_finite():
        raise _not_a_number(str(value), where)
    _, digits, exponent = value.as_tuple()
    _check_size(len(digits), int(exponent), where)
    return Fraction(value)


def _parse(text: str, where: str | None) -> Fraction:
    stripped = text.strip()
    _check_size(len(stripped), 0, where)
    if ratio := _RATIO.fullmatch(stripped):
        numerator, denominator = ratio.groups()
        if denominator is None:
            return Fraction(integer(numerator))
        if not denominator.strip("0"):
            raise InputError("division by zero", where=where, expected="a rational number", got=shown(text))
        return Fraction(integer(numerator), integer(denominator))
    match = _DECIMAL.fullmatch(stripped)
    if match is None or not (match[2] or match[3]):
        raise _not_a_number(text, where)
    sign, whole, decimals, exponent = match[1], match[2] or "", match[3] or "", int(match[4] or 0)
    _check_size(len(whole) + len(decimals), exponent, where)
    scale = exponent - len(decimals)
    mantissa = integer(sign + whole + decimals)
    return Fraction(mantissa * 10**scale) if scale >= 0 else Fraction(mantissa, 10**-scale)


def integer(digits: str) -> int:
    """Read decimal digits, with or without a sign, at any length.

    >>> integer("-12"), integer("1" + "0" * 5000) == 10**5000
    (-12, True)
    """
    return int(fmpz(digits.lstrip("+")))


def numeral(n: int | fmpz) -> str:
    """Write an integer in decimal digits, at any length.

    >>> numeral(-12), len(numeral(10**5000))
    ('-12', 5001)
    """
    return str(fmpz(n).str())


def whole(value: object) -> int | None:
    """Return an integer of Python, NumPy or FLINT as an int; None for anything else, and for a boolean.

    >>> whole(fmpz(3)), whole(True), whole(3.0)
    (3, None, None)
    """
    return int(value) if isinstance(value, Integral | fmpz) and not isinstance(value, bool) else None


def from_decimal(words: str) -> Fraction:
    """Read a decimal that this package wrote, at any length and exponent.

    >>> from_decimal("1.2e-3")
    Fraction(3, 2500)
    """
    return Fraction(Decimal(words))


def _check_size(length: int, exponent: int, where: str | None) -> None:
    if max(length + max(exponent, 0), abs(exponent)) > MAX_DIGITS:
        raise LimitError(
            "a number is too long",
            where=where,
            expected=f"at most {MAX_DIGITS} digits written out",
            got=f"{length} characters, exponent {exponent}",
            remedy="round it to fewer digits",
        )


def _not_a_number(value: object, where: str | None) -> InputError:
    return InputError(
        "not a rational number",
        where=where,
        expected="an integer, a fraction such as '3/4', or a decimal such as 0.75",
        got=shown(value),
        remedy="write decimals with a point, not a comma" if _is_comma_decimal(value) else None,
    )


def _is_comma_decimal(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]+,[0-9]+\s*", value) is not None


def text(value: Fraction | fmpq) -> str:
    """Return `value` as "n/d" (or "n"), at any length.

    >>> text(Fraction(-3, 4)), text(Fraction(5))
    ('-3/4', '5')
    """
    n, d = (value.p, value.q) if isinstance(value, fmpq) else (value.numerator, value.denominator)
    return numeral(n) if d == 1 else f"{numeral(n)}/{numeral(d)}"


def shown(value: object, room: int = 80) -> str:
    """Return anything as a message may quote it: a long number by its leading digits, a long text cut short.

    A path must be found again: it is cut only past 300 characters, and then at its front, for its end names the file.

    >>> shown(Fraction(1, 3)), shown(Fraction(-1, 3 * 10**90)), shown(1 + Fraction(1, 10**99))
    ('1/3', 'about -3.33333e-91', 'about 1')
    """
    if isinstance(value, Path):
        words = str(value)
        return words if len(words) <= 300 else "..." + words[-297:]
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        exact = Fraction(value)
        size = exact.numerator.bit_length() + exact.denominator.bit_length()
        return text(exact) if size <= 3 * room else _leading(exact)
    words = Quoter(room, 100 * room).repr(value)
    return words if len(words) <= room else words[: room - 3] + "..."


class Quoter(reprlib.Repr):
    """A `repr` that never fails: of the first `items` of a container, `room` characters of a text, any integer."""

    def __init__(self, items: int, room: int) -> None:
        super().__init__()
        self.maxtuple = self.maxlist = self.maxdict = self.maxset = self.maxfrozenset = items
        self.maxstring = self.maxother = room

    def repr_int(self, x: Any, level: int) -> str:  # noqa: ARG002  (the base class's signature)
        """Show a number, by its first digits where it is long."""
        return shown(x, NUMBER)

    repr_Fraction = repr_int  # noqa: N815  (called by the type's name)

    def repr_fmpz(self, x: Any, level: int) -> str:
        """Show one of FLINT's integers alike."""
        return self.repr_int(int(x), level)

    def repr_instance(self, x: Any, level: int) -> str:  # noqa: ARG002
        """Show anything else by its own `repr`, or by its type where that fails."""
        try:
            words = repr(x)
        except Exception:  # a stranger's own
            words = type(x).__name__
        return words if len(words) <= self.maxother else words[: self.maxother - 1] + "…"


def _leading(x: Fraction, digits: int = 6) -> str:
    """Return the first digits in scientific notation, by integers alone; "about" where more would follow."""
    n, d = fmpz(abs(x.numerator)), fmpz(x.denominator)
    exponent = len(numeral(n)) - len(numeral(d))
    if n * fmpz(10) ** max(-exponent, 0) < d * fmpz(10) ** max(exponent, 0):
        exponent -= 1
    shift = digits - 1 - exponent
    top, bottom = n * fmpz(10) ** max(shift, 0), d * fmpz(10) ** max(-shift, 0)
    mantissa, about = numeral(top // bottom), "about " if top % bottom != 0 else ""
    figures = f"{mantissa[0]}.{mantissa[1:]}".rstrip("0").rstrip(".")
    return f"{about}{'-' if x < 0 else ''}{figures}" + (f"e{exponent:+03d}" if exponent else "")


def to_fraction(value: fmpq) -> Fraction:
    """Return a FLINT rational as a Fraction (already in lowest terms)."""
    return Fraction(int(value.p), int(value.q))


def to_fmpq(value: Fraction) -> fmpq:
    """Return a Fraction as a FLINT rational."""
    return fmpq(value.numerator, value.denominator)


def over_common_denominator(values: Iterable[Fraction]) -> tuple[list[fmpz], fmpz]:
    """Return numerators n and one denominator d with values[i] = n[i]/d, d the least possible.

    >>> over_common_denominator([Fraction(1, 2), Fraction(1, 3)])
    ([3, 2], 6)
    """
    fractions = list(values)
    d = fmpz(1)
    for q in {value.denominator for value in fractions}:
        d = d.lcm(fmpz(q))
    return [value.numerator * (d // value.denominator) for value in fractions], d
