"""A number that a person moves: its range, its steps, and why there is nothing outside.

A dial never clamps: a move that would leave the range is refused with the reason, and the value stays. Values are
exact. On a rail the value stands at its share of the range, or of the logarithms where each leap doubles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from typing import TypeAlias

from markovdiff.errors import InputError

Values: TypeAlias = Mapping[str, Fraction]
"""What the dials of a view stand at, by name."""

MAX_DENOMINATOR = 10_000
"""The finest number that may be typed: closed forms stay readable."""


@dataclass(frozen=True, slots=True)
class Dial:
    """A number from `low` to `high`, ends included; `start` is where it stands at first.

    A key moves it by `step`, with shift by `leap`; where `doubles`, shift doubles or halves it.
    """

    name: str
    low: Fraction
    high: Fraction
    start: Fraction
    step: Fraction
    leap: Fraction
    words: str
    why: str
    whole: bool = False
    doubles: bool = False

    @property
    def bounds(self) -> str:
        """The range in words."""
        return f"{'a whole number from ' if self.whole else ''}{self.low} to {self.high}"

    def check(self, value: Fraction) -> Fraction:
        """Return the value, if the dial may stand there; InputError with the reason if not."""
        if self.whole and value.denominator != 1:
            raise InputError(f"{self.name} counts something", where=self.name, expected=self.bounds, got=str(value))
        if not self.low <= value <= self.high:
            raise InputError(self.why, where=self.name, expected=self.bounds, got=_short(value))
        if value.denominator > MAX_DENOMINATOR:
            raise InputError(
                "finer than the screen can show",
                where=self.name,
                expected=f"a denominator of at most {MAX_DENOMINATOR}",
                got=_short(value),
            )
        return value

    def moved(self, value: Fraction, way: int, far: bool = False) -> Fraction:
        """Return one step or leap from the value, up or down.

        >>> p = Dial("p", Fraction(0), Fraction(1), Fraction(1), Fraction(1, 100), Fraction(1, 10), "", "a share")
        >>> p.moved(Fraction(1, 3), -1), p.moved(Fraction(1, 3), 1, far=True)
        (Fraction(97, 300), Fraction(13, 30))
        """
        if far and self.doubles:
            return self.check(value * 2 if way > 0 else Fraction(value.numerator // 2))
        return self.check(value + way * (self.leap if far else self.step))

    def read(self, written: str) -> Fraction:
        """Return the value that was typed."""
        from markovdiff.arithmetic.rational import rational

        return self.check(rational(written, self.name))

    def share(self, value: Fraction) -> float:
        """Return where on the rail it stands, from 0 to 1."""
        if self.doubles:
            return log2(value / self.low) / log2(self.high / self.low)
        return float((value - self.low) / (self.high - self.low))

    def at(self, share: float) -> Fraction:
        """Return the value on the grid of steps nearest to a place on the rail, which may lie beyond its ends."""
        if self.doubles:
            return Fraction(round(float(self.low) * float(self.high / self.low) ** share))
        steps = round(share * float((self.high - self.low) / self.step))
        return self.low + steps * self.step


def _short(value: Fraction) -> str:
    """Return a number of any length as a reason may quote it."""
    from markovdiff.arithmetic.rational import shown

    return shown(value, 24)
