"""A page of the chapter: a title, what may be set, and a function from those values to blocks.

    Page.build(values) → blocks → lines of text

A block is data, not ink: prose, a question, numbers by name, a table, a picture. The program prints the lines; a screen
may lay the same blocks out in its own way, and a test asks a block for its numbers. A page takes at most HEIGHT
lines of WIDTH columns, so that it is read without scrolling on the smallest terminal.

Values are exact. What `--set` may not be is refused by the parameter itself, in words that say why.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from markovdiff.errors import InputError
from markovdiff.learn.blocks import Block

WIDTH = 80
"""Columns that a page may take."""

HEIGHT = 23
"""Lines that a page may take: on a screen of 24 the prompt needs one."""

MAX_DENOMINATOR = 10_000
"""The finest number that may be set: four decimals, so that closed forms stay readable."""

Values: TypeAlias = Mapping[str, Fraction]


@dataclass(frozen=True)
class Parameter:
    """A number that the reader may set, between `low` and `high`, ends included unless `open` names them."""

    name: str
    default: Fraction
    low: Fraction
    high: Fraction
    meaning: str
    why: str
    """Why there is nothing outside these bounds."""
    whole: bool = False
    open: str = ""
    """"low", "high" or "both": the ends that are left out."""

    @property
    def bounds(self) -> str:
        """The range in words, such as 0 … 1, or 0 < p ≤ 1 where an end is left out."""
        from markovdiff.arithmetic.rational import text

        low, high = text(self.low), text(self.high)
        if not self.open:
            return f"{low} … {high}"
        left = "<" if self.open in ("low", "both") else "≤"
        right = "<" if self.open in ("high", "both") else "≤"
        return f"{low} {left} {self.name} {right} {high}"

    def read(self, written: str) -> Fraction:
        """The value that was written, or InputError with the reason."""
        from markovdiff.arithmetic.rational import rational, shown

        where = f"--set {self.name}"
        value = rational(written, where)
        kind = "a whole number" if self.whole else "a number"
        if self.whole and value.denominator != 1:
            raise InputError(
                f"{self.name} counts something", where=where, expected=f"{kind}, {self.bounds}", got=shown(value)
            )
        if not self._holds(value):
            raise InputError(self.why, where=where, expected=f"{kind}, {self.bounds}", got=shown(value))
        if value.denominator > MAX_DENOMINATOR:
            raise InputError(
                "a finer number than a page can show",
                where=where,
                expected=f"a denominator of at most {MAX_DENOMINATOR}, such as 0.1234 or 2/3",
                got=shown(value),
            )
        return value

    def _holds(self, value: Fraction) -> bool:
        below = value <= self.low if self.open in ("low", "both") else value < self.low
        above = value >= self.high if self.open in ("high", "both") else value > self.high
        return not (below or above)


def probability(name: str, default: str, meaning: str, why: str = "", open: str = "") -> Parameter:  # noqa: A002
    """A parameter between 0 and 1."""
    reason = why or "a probability is a share of all cases: no less than none of them, no more than all"
    return Parameter(name, Fraction(default), Fraction(0), Fraction(1), meaning, reason, open=open)


def count(name: str, default: int, low: int, high: int, meaning: str, why: str) -> Parameter:
    """A whole number from low to high."""
    return Parameter(name, Fraction(default), Fraction(low), Fraction(high), meaning, why, whole=True)


@dataclass(frozen=True)
class Page:
    """One idea. `tell` makes the blocks; `summary` is the page in a sentence, for the list of contents."""

    name: str
    title: str
    summary: str
    tell: Callable[[Values], Sequence[Block]]
    parameters: tuple[Parameter, ...] = ()

    @property
    def defaults(self) -> dict[str, Fraction]:
        """What holds unless it is set."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def build(self, values: Values | None = None) -> Sequence[Block]:
        """The page's blocks, its numbers computed now; what is not in `values` keeps its default."""
        return tuple(self.tell({**self.defaults, **(values or {})}))

    def read(self, settings: Iterable[str]) -> dict[str, Fraction]:
        """Values from texts KEY=VALUE; the last one given of a key counts."""
        known = {parameter.name: parameter for parameter in self.parameters}
        values = self.defaults
        for setting in settings:
            key, equals, written = setting.partition("=")
            if not equals:
                raise InputError("not a setting", where=f"--set {setting}", expected="KEY=VALUE, such as p=1/3")
            name = key.strip()
            if name not in known:
                raise self._unknown(name)
            values[name] = known[name].read(written)
        return values

    def _unknown(self, name: str) -> InputError:
        names = [parameter.name for parameter in self.parameters]
        expected = ", ".join(names) or "nothing: this page has no number to set"
        close = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.4)
        remedy = next((f"did you mean {n!r}?" for n in names if close and n.lower() == close[0]), None)
        return InputError("no such number on this page", where=f"--set {name}", expected=expected, remedy=remedy)
