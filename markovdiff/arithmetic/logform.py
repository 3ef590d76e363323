"""LogForm: the exact real number Σ a·log b, a and b rational, b > 0.

Every entropy and divergence of rational distributions is such a sum, and so is every difference of
them. Kept in this form two of them can be *compared*, not merely approximated:

- zero: split every b over a pairwise coprime base (found by gcds, nothing needs factoring). The
  logarithms of pairwise coprime integers > 1 are linearly independent over ℚ (unique
  factorisation), so the sum is zero exactly when each base element's coefficient is.
- sign: once zero is excluded, enclosures of rising precision must settle it.
- against a rational r ≠ 0: Σ a·log b is the logarithm of an algebraic number, hence irrational
  unless zero (Lindemann 1882); enclosures settle that as well.

Held as integer coefficients over one denominator, by integer argument: log(n/d) = log n − log d.
The value is in nats; bits are the same number divided by log 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import total_ordering
from math import inf

from flint import arb, fmpq, fmpz

from markovdiff.arithmetic.coprime import _LARGEST_TRIAL_PRIME, _exponents, _trial_factors, coprime_base
from markovdiff.arithmetic.enclosure import (
    Unit,
    accuracy,
    ball,
    bits_for,
    bounds,
    check_digits,
    check_unit,
    combine,
    in_unit,
    log_ball,
    sign_of,
)
from markovdiff.arithmetic.rational import rational, shown, text, to_fmpq, to_fraction
from markovdiff.errors import InputError

MIN_TERM = 8
"""The fewest characters that a term takes with its sign, except the first and one without a logarithm."""

SHORT = 120
"""The most characters that `repr` writes out."""

FIRST_LOOK = 128
"""Bits at which the `repr` of a longer form is evaluated."""

LOOKS = (FIRST_LOOK, 8 * FIRST_LOOK)
"""Bits at which a longer form is evaluated for a notebook."""


@total_ordering
class Infinity:
    """+∞ as the value of a divergence: above every LogForm and every rational.

    >>> float(INFINITY), str(INFINITY), INFINITY > 10**9
    (inf, '∞', True)
    """

    __slots__ = ()

    def __float__(self) -> float:
        return inf

    def __str__(self) -> str:
        return "∞"

    def _repr_latex_(self) -> str:
        return r"$\infty$"

    def __repr__(self) -> str:
        return "INFINITY"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Infinity) or other == inf

    def __lt__(self, other: object) -> bool:
        return False

    def __add__(self, other: object) -> Infinity:
        return self

    __radd__ = __add__

    def __mul__(self, factor: object) -> Infinity:
        """Return +∞ for a positive rational. Raise TypeError for others: 0·∞ has no value, −∞ is not this number."""
        if isinstance(factor, LogForm | Infinity | str):
            return NotImplemented
        if rational(factor) <= 0:
            raise TypeError("∞ times or over a number that is not positive")
        return self

    __rmul__ = __truediv__ = __mul__

    def __hash__(self) -> int:
        return hash(inf)

    def __reduce__(self) -> str:
        """Return what makes copies and pickles the one INFINITY."""
        return "INFINITY"


INFINITY = Infinity()
"""The one +∞: what `kl` and `cross_entropy` return where the second argument misses mass."""


@total_ordering
class LogForm:
    """The exact real number Σ (c/d)·log b over integers b > 1; immutable, unhashable.

    >>> h = 2 * log(2) - Fraction(3, 4) * log(3)
    >>> print(h, h == log(4) - log(27) / 4, h > 0)
    2·log 2 − 3/4·log 3 True True
    """

    __slots__ = ("_denominator", "_terms")
    __hash__ = None  # type: ignore[assignment]  # equality is by value and costly; not a dict key

    def __init__(self, terms: Iterable[tuple[fmpz, fmpz]] = (), denominator: fmpz | int = 1) -> None:
        """Collect equal arguments of `terms`, which are (coefficient numerator, argument ≥ 1)."""
        collected: dict[fmpz, fmpz] = {}
        for c, b in terms:
            if b < 1:
                raise InputError("the logarithm of a number that is not positive", expected="b ≥ 1", got=shown(int(b)))
            if b != 1 and c != 0:
                collected[b] = collected.get(b, fmpz(0)) + c
        self._terms = {b: c for b, c in collected.items() if c != 0}
        self._denominator = fmpz(denominator)

    def __iter__(self) -> Iterator[tuple[Fraction, int]]:
        """Yield the collected terms (a, b) of Σ a·log b, in rising b."""
        for b in sorted(self._terms):
            yield to_fraction(fmpq(self._terms[b], self._denominator)), int(b)

    # arithmetic

    def __add__(self, other: object) -> LogForm:
        if isinstance(other, int) and other == 0:
            return self
        if not isinstance(other, LogForm):
            return NotImplemented
        d = self._denominator.lcm(other._denominator)
        return LogForm((*self._scaled(d), *other._scaled(d)), d)

    __radd__ = __add__

    def _scaled(self, denominator: fmpz) -> Iterator[tuple[fmpz, fmpz]]:
        factor = denominator // self._denominator
        return ((c * factor, b) for b, c in self._terms.items())

    def __neg__(self) -> LogForm:
        return LogForm(((-c, b) for b, c in self._terms.items()), self._denominator)

    def __sub__(self, other: object) -> LogForm:
        return self + (-other) if isinstance(other, LogForm | int) else NotImplemented

    def __rsub__(self, other: object) -> LogForm:
        return -self + other

    def __mul__(self, factor: object) -> LogForm:
        if isinstance(factor, LogForm | Infinity | str):
            return NotImplemented
        a = to_fmpq(rational(factor))
        return LogForm(((c * a.p, b) for b, c in self._terms.items()), self._denominator * a.q)

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> LogForm:
        if isinstance(divisor, LogForm | Infinity | str):
            return NotImplemented
        a = rational(divisor)
        if a == 0:
            raise ZeroDivisionError("a LogForm divided by zero")
        return self * (1 / a)

    # decisions

    @property
    def has_no_terms(self) -> bool:
        """Whether collecting equal arguments already cancelled everything."""
        return not self._terms

    def is_zero(self) -> bool:
        """Return whether the number is exactly zero: decided, by a coprime base where digits cannot."""
        if not self._terms:
            return True
        if any(sign_of(self.ball(bits)) for bits in (64, 256)):
            return False
        return not self.over_coprime_base()

    def sign(self) -> int:
        """Return −1, 0 or +1, decided."""
        for bits in (64, 256):
            if s := sign_of(self.ball(bits)):
                return s
        return 0 if self.is_zero() else self._sign_of_difference(Fraction(0))

    def _sign_of_difference(self, r: Fraction) -> int:
        """Return the sign of self − r, which is known not to be zero."""
        bits = 512
        while True:
            if s := sign_of(combine([(fmpz(1), self.ball(bits)), (fmpz(-1), ball(r, bits))], fmpz(1), bits)):
                return s
            bits *= 2

    def _compare(self, other: object) -> int | None:
        if isinstance(other, LogForm):
            return (self - other).sign()
        if isinstance(other, Infinity):
            return -1
        if isinstance(other, float | str):
            return None
        try:
            r = rational(other)
        except InputError:
            return None
        if r == 0:
            return self.sign()
        if self.is_zero():
            return -1 if r > 0 else 1
        return self._sign_of_difference(r)

    def __eq__(self, other: object) -> bool:
        order = self._compare(other)
        return NotImplemented if order is None else order == 0

    def __lt__(self, other: object) -> bool:
        if isinstance(other, float):
            rational(other)
        order = self._compare(other)
        return NotImplemented if order is None else order < 0

    def over_coprime_base(self) -> dict[fmpz, fmpz]:
        """Return the same sum over pairwise coprime arguments: {b: coefficient numerator}, zeros left out.

        Empty exactly when the number is zero. Where every argument factors over primes below 1000
        the base is of primes and the result canonical.
        """
        (total,), _ = over_common_base([self])
        return total

    # numbers

    def ball(self, bits: int) -> arb:
        """Return a ball around the number, in nats, evaluated with `bits` bits."""
        return combine(((c, log_ball(b, bits)) for b, c in self._terms.items()), self._denominator, bits)

    def enclosure(self, digits: int = 15, unit: Unit = "nats") -> tuple[Fraction, Fraction]:
        """Return (lower, upper), lower ≤ truth ≤ upper, upper − lower ≤ 10^(1−digits)·|truth|.

        >>> lower, upper = log(2).enclosure(digits=30)
        >>> lower < upper and upper - lower < Fraction(1, 10**30)
        True
        """
        digits = check_digits(digits)
        check_unit(unit)
        if self.is_zero():
            return Fraction(0), Fraction(0)
        wanted = bits = bits_for(digits)
        while accuracy(x := in_unit(self.ball(bits), unit, bits)) < wanted - 32:
            bits *= 2
        return bounds(x)

    def __float__(self) -> float:
        """Return the nearest float, correctly rounded, in nats."""
        digits = 20
        while True:
            lower, upper = map(_nearest_float, self.enclosure(digits))
            if lower == upper:
                return lower
            digits *= 2

    def closed_form(self, unit: Unit = "nats", limit: int | None = None) -> str | None:
        """Return the number as people write it, over a coprime base; None where that is longer than `limit`.

        >>> (log(4) - log(3) * Fraction(3, 4)).closed_form("bits")
        '2 − 3/4·log2(3)'
        """
        check_unit(unit)
        if limit is not None and self._is_hopeless(limit):
            return None
        terms = self.over_coprime_base()
        if limit is not None and len(terms) * MIN_TERM > limit + 2 * MIN_TERM:
            return None
        written = _written(terms, self._denominator, unit)
        return written if limit is None or len(written) <= limit else None

    def _is_hopeless(self, limit: int) -> bool:
        """Return whether the arguments are too many or too long for a search for a short form to pay."""
        bits = sum(b.bit_length() for b in self._terms)
        return len(self._terms) > max(limit, 16) or bits > max(50 * limit, 4096)

    def __bool__(self) -> bool:
        """Return whether the number is not zero, decided."""
        return not self.is_zero()

    def __str__(self) -> str:
        return self.closed_form() or "0"

    def __repr__(self) -> str:
        """Return the number as people write it where that fits a line, else its first digits."""
        if written := self.closed_form(limit=SHORT):
            return f"<LogForm {written}>"
        return f"<LogForm of {len(self._terms)} logarithms, {self.ball(FIRST_LOOK).str(12)} nats>"

    def _repr_latex_(self) -> str:
        r"""Return the exact sum as a formula where it fits a line, else its first digits.

        >>> (2 * log(2) - Fraction(3, 4) * log(3))._repr_latex_()
        '$2 \\log 2 - \\frac{3}{4} \\log 3$'
        """
        if self.closed_form(limit=SHORT) is None:
            near = next((x for bits in LOOKS if accuracy(x := self.ball(bits)) > FIRST_LOOK // 2), None)
            if near is None:
                return rf"$\text{{a sum of {len(self._terms)} logarithms}}$"
            digits, _, power = near.str(12, radius=False).partition("e")
            tens = rf" \cdot 10^{{{power}}}" if power else ""
            return rf"$\approx {digits}{tens}$"
        words = ""
        for b, c in sorted(self.over_coprime_base().items()):
            a = to_fraction(fmpq(c, self._denominator))
            n, d = abs(a.numerator), a.denominator
            size = "" if (n, d) == (1, 1) else f"{n} " if d == 1 else rf"\frac{{{n}}}{{{d}}} "
            sign = ("-" if a < 0 else "") if not words else (" - " if a < 0 else " + ")
            words += rf"{sign}{size}\log {b.str()}"
        return f"${words or 0}$"


def _nearest_float(x: Fraction) -> float:
    """Return the nearest float; ±∞ past the largest, as IEEE 754 rounds."""
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf


def log(x: object) -> LogForm:
    """Return the natural logarithm of a positive rational, exact.

    >>> print(log("9/8"))
    −3·log 2 + 2·log 3
    """
    value = rational(x)
    if value <= 0:
        raise InputError("the logarithm of a number that is not positive", expected="a number > 0", got=shown(value))
    return LogForm([(fmpz(1), fmpz(value.numerator)), (fmpz(-1), fmpz(value.denominator))])


def over_common_base(forms: Sequence[LogForm]) -> tuple[list[dict[fmpz, fmpz]], fmpz]:
    """Return several sums over one pairwise coprime base and one denominator: {b: coefficient numerator} of each.

    A rational combination of them is zero exactly where it is zero in every coefficient.

    >>> over_common_base([log(6) / 2, log(12)])
    ([{2: 1, 3: 1}, {2: 4, 3: 2}], 2)
    """
    parts = {b: _trial_factors(b) for b in {b for form in forms for b in form._terms}}  # noqa: SLF001  (its own kind)
    base = coprime_base(q for factors in parts.values() for q, _ in factors if q > _LARGEST_TRIAL_PRIME)
    exponents = {b: list(_exponents(factors, base)) for b, factors in parts.items()}
    scale = fmpz(1)
    for form in forms:
        scale = scale.lcm(form._denominator)  # noqa: SLF001
    totals = []
    for form in forms:
        total: dict[fmpz, fmpz] = {}
        for c, b in form._scaled(scale):  # noqa: SLF001
            for q, e in exponents[b]:
                total[q] = total.get(q, fmpz(0)) + c * e
        totals.append({q: c for q, c in total.items() if c != 0})
    return totals, scale


def _written(terms: dict[fmpz, fmpz], denominator: fmpz, unit: Unit) -> str:
    parts: list[str] = []
    for b in sorted(terms):
        a = to_fraction(fmpq(terms[b], denominator))
        size = text(abs(a))
        if unit == "bits" and b == 2:
            body = size
        else:
            logarithm = f"log2({b.str()})" if unit == "bits" else f"log {b.str()}"
            body = logarithm if size == "1" else f"{size}·{logarithm}"
        sign = ("−" if a < 0 else "") if not parts else (" − " if a < 0 else " + ")
        parts.append(sign + body)
    return "".join(parts) or "0"
