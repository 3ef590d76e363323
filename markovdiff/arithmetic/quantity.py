"""Quantity: a real number held twice, as balls for its digits and as a LogForm for its equalities.

Digits come from a formula that keeps its relative accuracy (the centred one, mostly). Equality comes
from the exact form, which is built only when asked for: at K = 16, t = 256 it has 256 logarithms of
2,500-bit integers. What is known about zero from structure (independence, determinism) is said when
the quantity is made, and then no precision is ever hunted for a number that is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction

from flint import arb, fmpz

from markovdiff.arithmetic.decimals import Decimals, decimals, show
from markovdiff.arithmetic.enclosure import Unit, accuracy, ball, bits_for, combine, in_unit, sign_of
from markovdiff.arithmetic.logform import INFINITY, Infinity, LogForm, log
from markovdiff.arithmetic.rational import from_decimal, numeral, rational, shown, text, whole
from markovdiff.errors import InputError, TooLongError, UnfinishedError

FIRST_BITS = bits_for(15)
"""Precision of a first look: what fifteen digits need, so that a ball made for digits serves here."""

MAX_CLOSED_FORM = 80
"""Characters that a closed form may have to be shown."""

SHOWN = 24
"""The most characters of a decimal in a `repr`, without the exponent."""

NO_NUMBERS = ("inf", "undefined", "undecided")
"""What stands in place of a value where there is none, or where it was not separated from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Enclosed:
    """A number as it is reported: decimals as text, rounded outward, and a closed form if short.

    `lower` ≤ truth ≤ `upper`; |`value` − truth| is under one unit of the last digit. A value that
    ends within its digits has lower = upper = value. `value` is "inf" or "undefined" where that is
    the finding, "undecided" where balls did not separate the number from 0; then `witness` names where,
    `words` says why, and there are no bounds.

    Two are equal where all that is reported is. Against exact numbers, in the same unit, and for an order the bounds
    decide; where they cannot, InputError says so.

    >>> q = Enclosed("0.3333", "0.3333", "0.3334")
    >>> q < Fraction(1, 2), q == 1, f"{q:.2f}"
    (True, False, '0.33')
    """

    value: str
    lower: str | None = None
    upper: str | None = None
    closed_form: str | None = None
    witness: dict[str, object] | None = None
    words: str | None = None

    @property
    def is_finite(self) -> bool:
        """Whether it is a number."""
        return self.value not in NO_NUMBERS

    def __float__(self) -> float:
        """Return the float nearest to the decimal shown; NaN where undefined or undecided."""
        return float("nan") if self.value in ("undefined", "undecided") else float(self.value)

    def __str__(self) -> str:
        return self.value

    def __format__(self, spec: str) -> str:
        """Format as a Decimal does; where there is no number, pad the word alike."""
        if not self.is_finite and (parts := _SPEC.fullmatch(spec)):
            fill, align, width = parts[1] or "", (parts[2] or ">").replace("=", ">"), parts[3] or ""
            return format(self.value, f"{fill}{align}{width}")
        if spec == "" or spec.endswith("s"):
            return format(self.value, spec)
        return format(Decimal(self.value), spec)

    def _ends(self) -> tuple[Fraction | Infinity, Fraction | Infinity]:
        """Return the bounds as numbers. Raise InputError where there are none."""
        if self.value == "inf":
            return INFINITY, INFINITY
        if self.lower is None or self.upper is None:
            raise InputError(
                "a number without bounds cannot be compared",
                got=self.value,
                remedy="run in exact or ball arithmetic, or compare float(q)" if self.is_finite else self.words,
            )
        return from_decimal(self.lower), from_decimal(self.upper)

    def _order(self, other: object) -> tuple[bool, bool, bool]:
        """Return −1, 0 or +1 for less, equal, greater. Raise InputError where the bounds leave that open."""
        low, high = self._ends()
        if isinstance(other, Enclosed | Infinity):
            least, most = other._ends() if isinstance(other, Enclosed) else (other, other)  # noqa: SLF001  (its own kind)
        else:
            least = most = rational(other)
        if high < least or low > most or low == high == least == most:
            return high < least, low == most, low > most
        raise InputError(
            "the bounds overlap, so which is larger is not known",
            got=f"{self.short()} and {other.short() if isinstance(other, Enclosed) else shown(other)}",
            remedy="run with more digits; equality is decided by a LogForm, or by the result's checks",
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Enclosed):
            return all(getattr(self, f.name) == getattr(other, f.name) for f in fields(self))
        if whole(other) is None and not isinstance(other, Fraction | Decimal | Infinity):
            return NotImplemented
        return self.value == "inf" if isinstance(other, Infinity) else self.is_finite and self._order(other)[1]

    def __hash__(self) -> int:
        if self.value == "inf":
            return hash(INFINITY)
        return hash(from_decimal(self.value) if self.lower == self.value == self.upper else self.value)

    def __lt__(self, other: object) -> bool:
        return self._order(other)[0]

    def __gt__(self, other: object) -> bool:
        return self._order(other)[2]

    def __le__(self, other: object) -> bool:
        return not self._order(other)[2]

    def __ge__(self, other: object) -> bool:
        return not self._order(other)[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.short()}>"

    def _repr_html_(self) -> str:
        parts = [self.short()] + [f"= {self.closed_form}"] * (self.closed_form not in (None, self.value))
        if self.lower != self.upper and len(self.value) <= SHOWN:
            parts.append(f"<small>in [{self.lower}, {self.upper}]</small>")
        from html import escape

        return " ".join([*parts, escape(self.words or "")]).rstrip()

    def short(self) -> str:
        """Return the value, cut to two dozen digits.

        >>> Enclosed("0." + "3" * 1000 + "e-70").short()
        '0.3333333333333333333333…e-70'
        """
        digits, e, power = self.value.partition("e")
        return f"{digits[:SHOWN]}…{e}{power}" if len(digits) > SHOWN else self.value


_SPEC = re.compile(r"(?:(.)?([<>=^]))?[-+ ]?z?#?0?([0-9]+)?.*", re.DOTALL)


REPR_DIGITS = 7
"""Significant digits of a quantity in a `repr`; one that is not told from 0 shows its ball."""


class Quantity:
    """A real number in nats: `evaluate(bits)` encloses it, `exact()` is the same number as a LogForm.

    >>> from markovdiff.arithmetic.logform import log
    >>> Quantity.of(log(3)), Quantity.of(log(3) + log(3) - log(9))
    (<Quantity 1.098612 nats>, <Quantity 0 nats>)
    """

    __slots__ = ("_balls", "_evaluate", "_exact", "_form", "_zero")

    def __init__(
        self,
        evaluate: Callable[[int], arb],
        exact: Callable[[], LogForm],
        zero: bool | None = None,
    ) -> None:
        self._evaluate = evaluate
        self._exact = exact
        self._zero = zero
        self._balls: dict[int, arb] = {}
        self._form: LogForm | None = None

    def __repr__(self) -> str:
        try:
            x, undecided = arb(0) if self.is_zero() else self.ball(FIRST_BITS), False
        except UnfinishedError:
            x, undecided = self.ball(FIRST_BITS), True
        return f"<Quantity {x.str(REPR_DIGITS, radius=undecided)} nats>"

    @classmethod
    def total(cls, parts: Sequence[Quantity]) -> Quantity:
        """Return the sum of numbers that are not negative; it is zero exactly where each of them is."""
        zeros = {part._zero for part in parts}  # noqa: SLF001  (its own kind)
        return cls(
            lambda bits: combine([(fmpz(1), part.ball(bits)) for part in parts], fmpz(1), bits),
            lambda: sum((part.form() for part in parts), LogForm()),
            zero=False if False in zeros else None if None in zeros else True,
        )

    @classmethod
    def of(cls, form: LogForm, spare: int = 0) -> Quantity:
        """Return a LogForm as a quantity, evaluated with `spare` more bits than are asked for."""
        return cls(lambda bits: form.ball(bits + spare), lambda: form)

    def ball(self, bits: int) -> arb:
        """Return a ball around the number, evaluated with at least `bits` bits (remembered)."""
        finest = max(self._balls, default=0)
        if finest < bits:
            finest = bits
            self._balls[bits] = arb(0) if self._zero else self._evaluate(bits)
        return self._balls[finest]

    def form(self) -> LogForm:
        """Return the number as a LogForm (remembered)."""
        if self._form is None:
            self._form = LogForm() if self._zero else self._exact()
        return self._form

    @property
    def known_zero(self) -> bool:
        """Whether it was said to be zero, or found to be."""
        return self._zero is True

    def is_zero(self) -> bool:
        """Return whether the number is zero: from structure, else by balls, else by its exact form."""
        if self._zero is None:
            self._zero = self._is_zero()
        return self._zero

    def _is_zero(self) -> bool:
        if self._settled() or any(sign_of(self.ball(bits)) for bits in (FIRST_BITS, 256)):
            return False
        if self.ball(FIRST_BITS).is_zero():
            return True
        try:
            if self.form().has_no_terms:
                return True
        except TooLongError:
            return not self._separated()
        return not any(sign_of(self.ball(bits)) for bits in (1024, 4096)) and self.form().is_zero()

    def _separated(self) -> bool:
        """Return True once a ball leaves zero out; without an exact form UnfinishedError may be raised instead.

        False where the ball is zero and nothing else.
        """
        bits = 512
        while (sign := sign_of(self.ball(bits))) is None:
            bits *= 2
        return sign != 0

    def sign(self) -> int:
        """Return −1, 0 or +1, decided."""
        if known := self._settled():
            return known
        if self.is_zero():
            return 0
        bits = FIRST_BITS
        while True:
            if s := sign_of(self.ball(bits)):
                return s
            bits *= 2

    def _settled(self) -> int:
        """Return the sign if a ball that was already made settles it, else 0."""
        return next((s for x in self._balls.values() if (s := sign_of(x))), 0)

    def minus(self, other: Quantity, zero: bool | None = None) -> Quantity:
        """Return self − other; `zero` says whether that is known to vanish."""
        return Quantity(
            lambda bits: combine([(fmpz(1), self.ball(bits)), (fmpz(-1), other.ball(bits))], fmpz(1), bits),
            lambda: self.form() - other.form(),
            zero,
        )

    def times(self, factor: Fraction) -> Quantity:
        """Return factor · self."""
        n, d = fmpz(factor.numerator), fmpz(factor.denominator)
        return Quantity(
            lambda bits: combine([(n, self.ball(bits))], d, bits),
            lambda: self.form() * factor,
            True if n == 0 else self._zero,
        )

    def compare(self, r: Fraction, unit: Unit) -> int:
        """Return the sign of self − r, with r in `unit`."""
        if unit == "bits":
            return self.minus(Quantity.of(log(2) * r)).sign()
        try:
            form = self.form()
        except TooLongError:
            return self.minus(Quantity(lambda bits: ball(r, bits), self._exact)).sign()
        return (form > r) - (form < r)

    def enclosed(self, digits: int, unit: Unit, closed: bool = False) -> Enclosed:
        """Return the number in `unit` to `digits` significant digits, with its closed form if `closed`."""
        if self.is_zero():
            return Enclosed("0", "0", "0", "0")
        bits = bits_for(digits)
        while (d := decimals(x := in_unit(self.ball(bits), unit, bits), digits)) is None:
            bits += max(bits_for(digits) - max(accuracy(x), 0), 64)
        ending = Fraction(d.nearest) * Fraction(10) ** d.exponent
        if d.may_end and self._equals(ending, unit):
            value, exact = show_ending(d.nearest, d.exponent), text(ending).replace("-", "−")
            return Enclosed(value, value, value, exact if len(exact) <= MAX_CLOSED_FORM else None)
        return replace(written(d, digits), closed_form=self._closed_form(unit) if closed else None)

    def _equals(self, value: Fraction, unit: Unit) -> bool:
        """Return whether the number is proved to be exactly `value`; in nats only zero can be (Lindemann)."""
        if unit == "nats":
            return False
        try:
            return self.form() == log(2) * value
        except TooLongError:
            return False

    def _closed_form(self, unit: Unit) -> str | None:
        try:
            return self.form().closed_form(unit, MAX_CLOSED_FORM)
        except TooLongError:
            return None


def show_ending(mantissa: int, exponent: int) -> str:
    """Return a decimal that ends, without the zeros after its last digit.

    >>> show_ending(175000, -5)
    '1.75'
    """
    while mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    return show(mantissa, exponent)


def of_rational(value: Fraction, digits: int) -> Enclosed:
    """Report a rational number without a unit: its decimals rounded outward, its closed form where that is short.

    >>> of_rational(Fraction(16, 25), 15), of_rational(Fraction(1, 3), 3).upper
    (<Enclosed 0.64>, '0.334')
    """
    exact = text(value).replace("-", "−")
    closed = exact if len(exact) <= MAX_CLOSED_FORM else None
    if value == 0:
        return Enclosed("0", "0", "0", closed)
    d = decimals(ball(value, bits_for(digits) + 64), digits)
    assert d is not None
    if Fraction(d.nearest) * Fraction(10) ** d.exponent == value:
        ending = show_ending(d.nearest, d.exponent)
        return Enclosed(ending, ending, ending, closed)
    return replace(written(d, digits), closed_form=closed)


def enclose(evaluate: Callable[[int], arb], digits: int) -> Enclosed:
    """Report a real number without a unit: to `digits` digits, or to as many as its ball has; else "undecided"."""
    x = evaluate(bits_for(digits))
    for fewer in range(digits, 0, -1):
        if (d := decimals(x, fewer, spare=4)) is not None:
            return Enclosed("0", "0", "0", "0") if d.nearest == d.lower == d.upper == 0 else written(d, fewer)
    return Enclosed("undecided", witness={}, words="the enclosure has not one certain digit")


def written(d: Decimals, digits: int) -> Enclosed:
    """Return decimals as they are reported, also where rounding carries to one digit more.

    >>> written(Decimals(99, 100, 100, -3, may_end=False), 2)
    <Enclosed 0.10>
    """
    carried = len(numeral(abs(d.nearest))) > digits
    return Enclosed(
        show(d.nearest // 10, d.exponent + 1) if carried else show(d.nearest, d.exponent),
        show(d.lower, d.exponent),
        show(d.upper, d.exponent),
    )
