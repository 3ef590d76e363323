"""LogSum: a real number Σ c·log n / d over integers, enclosed by integers, and compared exactly where it must be.

Digits: Σ c·L(n) with L(n) ≤ 2^bits·log n ≤ L(n) + slack (see `logarithm`), each term's error taken at its worst, and
rounded outward. Cancellation costs nothing but precision: ask for more bits.

Equality: Σ c·log n = 0 says Π n^c = 1. Written over pairwise coprime integers > 1 (from the arguments by greatest
common divisors), a product of powers is 1 exactly when every exponent is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from markovdiff.audit import budget
from markovdiff.audit.logarithm import log_two, logarithms, step_up


@dataclass(frozen=True, slots=True)
class Interval:
    """All x with low ≤ 2^bits·x ≤ high."""

    low: int
    high: int
    bits: int

    def __add__(self, other: Interval) -> Interval:
        assert self.bits == other.bits
        return Interval(self.low + other.low, self.high + other.high, self.bits)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.bits)

    def __sub__(self, other: Interval) -> Interval:
        return self + (-other)

    def in_bits(self) -> Interval:
        """Return the interval divided by log 2, rounded outward."""
        two, slack = log_two(self.bits)
        low, high = self.low << self.bits, self.high << self.bits
        return Interval(
            low // (two + slack if low >= 0 else two), -(-high // (two if high >= 0 else two + slack)), self.bits
        )

    def times(self, factor: Fraction) -> Interval:
        """Return the interval scaled by a rational, rounded outward."""
        n, d = factor.numerator, factor.denominator
        low, high = sorted((self.low * n, self.high * n))
        return Interval(low // d, -(-high // d), self.bits)

    def below(self, x: Fraction) -> bool:
        """Return whether all of it is < x."""
        return self.high * x.denominator < x.numerator << self.bits

    def above(self, x: Fraction) -> bool:
        """Return whether all of it is > x."""
        return self.low * x.denominator > x.numerator << self.bits

    def at_most(self, x: Fraction) -> bool:
        """Return whether all of it is ≤ x."""
        return self.high * x.denominator <= x.numerator << self.bits

    def at_least(self, x: Fraction) -> bool:
        """Return whether all of it is ≥ x."""
        return self.low * x.denominator >= x.numerator << self.bits

    def sign(self) -> int | None:
        """Return +1 or −1 where the interval settles the sign; None where it holds zero."""
        return 1 if self.low > 0 else -1 if self.high < 0 else None

    def middle(self) -> Fraction:
        """Return its midpoint."""
        return Fraction(self.low + self.high, 2 << self.bits)


def exactly(value: int, bits: int) -> Interval:
    """Return a whole number as an interval of no width."""
    return Interval(value << bits, value << bits, bits)


class LogSum:
    """Σ c·log n / d; `zero` is what a test on rationals says about its vanishing, where there is one."""

    __slots__ = ("_is_zero", "d", "terms")

    def __init__(self, d: int = 1) -> None:
        self.d = d
        self.terms: dict[int, int] = {}
        self._is_zero: bool | None = None

    def add(self, c: int, n: int) -> None:
        """Add c·log n (over the denominator)."""
        if c and n != 1:
            self.terms[n] = self.terms.get(n, 0) + c

    def add_all(self, other: LogSum, factor: int = 1) -> None:
        """Add factor·(the other's numerator)."""
        for n, c in other.terms.items():
            self.add(c * factor, n)

    def known(self, is_zero: bool) -> LogSum:
        """Return the same sum, with a decision on whether it vanishes."""
        self._is_zero = is_zero
        return self

    @classmethod
    def total(cls, parts: Iterable[tuple[Fraction, LogSum]]) -> LogSum:
        """Return Σ a·x."""
        weighted = list(parts)
        result = cls(lcm(*(a.denominator * x.d for a, x in weighted)) if weighted else 1)
        for a, x in weighted:
            result.add_all(x, a.numerator * (result.d // (a.denominator * x.d)))
        return result

    @property
    def size(self) -> int:
        """How many bits it takes to hold."""
        return sum(n.bit_length() + c.bit_length() for n, c in self.terms.items())

    def enclose(self, bits: int) -> Interval:
        """Return an interval in nats, at a precision of `bits` (one of `step_up`)."""
        if self._is_zero:
            return exactly(0, bits)
        logs = logarithms(bits)
        budget.spend(len(self.terms) * (budget.logarithm(bits) + budget.product(self.d.bit_length(), bits)))
        total = up = down = 0
        for n, c in self.terms.items():
            if c:
                total += c * logs.below(n)
                if c > 0:
                    up += c
                else:
                    down -= c
        return Interval((total - down * logs.slack) // self.d, -((-total - up * logs.slack) // self.d), bits)

    def is_zero(self) -> bool:
        """Return whether it is exactly zero: from rationals, else by enclosures, else over coprime integers."""
        if self._is_zero is None:
            self._is_zero = not any(self.terms.values()) or (
                all(self.enclose(bits).sign() is None for bits in (192, 512)) and not self._independent()
            )
        return self._is_zero

    def is_form(self, terms: Iterable[tuple[Fraction, int]]) -> bool:
        """Return whether it is exactly Σ a·log b."""
        return self.minus_logarithms(terms).is_zero()

    def equals(self, value: Fraction, unit: str) -> bool:
        """Return whether it is exactly `value` in `unit`; in nats no rational but zero can be (Lindemann 1882)."""
        if value == 0:
            return self.is_zero()
        return unit == "bits" and self.is_form([(value, 2)])

    def minus_logarithms(self, terms: Iterable[tuple[Fraction, int]]) -> LogSum:
        """Return this less Σ a·log b."""
        terms = list(terms)
        scale = lcm(self.d, *(a.denominator for a, _ in terms))
        result = LogSum(scale)
        result.add_all(self, scale // self.d)
        for a, b in terms:
            result.add(-(a.numerator * (scale // a.denominator)), b)
        return result

    def sign(self) -> int:
        """Return −1, 0 or +1, decided."""
        bits = 192
        while (sign := self.enclose(bits).sign()) is None:
            if bits >= 512 and self.is_zero():
                return 0
            bits = step_up(2 * bits)
        return sign

    def _independent(self) -> dict[int, int]:
        """Return exponents over pairwise coprime integers, zeros left out."""
        exponents: dict[int, int] = {}
        arguments = {n: c for n, c in self.terms.items() if c}
        base = coprime_base(arguments)
        for n, c in arguments.items():
            for b, e in _powers(n, base):
                exponents[b] = exponents.get(b, 0) + c * e
        return {b: e for b, e in exponents.items() if e}


def coprime_base(numbers: Iterable[int]) -> list[int]:
    """Return pairwise coprime integers > 1 such that every given one is a product of their powers.

    A common divisor g of a and b is split off both: a/g, g and b/g take their place, and the product of all falls by g.

    >>> sorted(coprime_base([12, 18, 35]))
    [2, 3, 35]
    """
    base: list[int] = []
    waiting = sorted(set(numbers), reverse=True)
    longest = waiting[0].bit_length() if waiting else 0
    while waiting:
        n = waiting.pop()
        budget.spend(len(base) * budget.common_divisor(n.bit_length(), longest))
        for k, b in enumerate(base):
            g = gcd(n, b)
            if g > 1:
                del base[k]
                waiting += [part for part in (b // g, g, n // g) if part > 1]
                break
        else:
            if n > 1:
                base.append(n)
    return base


def _powers(n: int, base: Iterable[int]) -> Iterator[tuple[int, int]]:
    for b in base:
        e = 0
        while n % b == 0:
            n, e = n // b, e + 1
        if e:
            yield b, e
