"""A page of the chapter: a title, what may be set, and a function from those values to blocks.

    Page.build(values) → blocks → lines of text

A block is data, not ink: prose, a question, numbers by name, a table, a picture. The program prints the lines; a screen
may lay the same blocks out in its own way, and a test asks a block for its numbers. A page takes at most HEIGHT
lines of WIDTH columns, so that it is read without scrolling on the smallest terminal.

Values are exact. What `--set` may not be is refused by the parameter itself, in words that say why.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

from markovdiff.errors import InputError
from markovdiff.learn.blocks import Block

WIDTH = 80
"""Columns that a page may take."""

HEIGHT = 23
"""Lines that a page may take: on a screen of 24 the prompt needs one."""

MAX_DENOMINATOR = 10_000
"""The finest number that may be set: four decimals, so that closed forms stay readable."""

MOST_COORDINATES = 4
"""Rows and columns of a list that may be set: the code made of it still fits the page."""

LARGEST, FINEST = 100, 1000
"""The largest number in a list, and the largest denominator."""

Values: TypeAlias = Mapping[str, Fraction]

Nested: TypeAlias = "tuple[Fraction, ...] | tuple[tuple[Fraction, ...], ...]"
"""A vector, or the rows of a matrix."""


class Settings(dict[str, Fraction]):
    """Numbers by name, with the lists that were set and the names of all that was set."""

    def __init__(self, numbers: Values, arrays: Mapping[str, Nested] = MappingProxyType({})) -> None:
        super().__init__(numbers)
        self.arrays = dict(arrays)
        self.chosen: set[str] = set()


def arrays_of(values: Values) -> Mapping[str, Nested]:
    """Return the lists that were set."""
    return values.arrays if isinstance(values, Settings) else {}


@dataclass(frozen=True)
class Array:
    """A vector, or a square matrix, that the reader may set: [1, 0] or [[2, 1/2], [1/2, 1]]."""

    name: str
    meaning: str
    square: bool

    @property
    def example(self) -> str:
        """One that may be set."""
        return f"{self.name}=[[2, 1/2], [1/2, 1]]" if self.square else f"{self.name}=[1, 0]"

    def read(self, written: str) -> Nested:
        """Return the list that was written; raise InputError with the place that is wrong."""
        where, text = f"--set {self.name}", "".join(written.split())
        if self.square:
            rows = re.findall(r"\[([^\[\]]*)\]", text)
            if text != f"[{','.join(f'[{row}]' for row in rows)}]" or not rows:
                raise self._shape(written)
            return tuple(self._row(row, f"{where}[{i}]") for i, row in enumerate(rows))
        if not re.fullmatch(r"\[[^\[\]]*\]", text):
            raise self._shape(written)
        return self._row(text[1:-1], where)

    def _shape(self, written: str) -> InputError:
        from markovdiff.arithmetic.rational import shown

        kind = "a matrix, row by row" if self.square else "a list of numbers"
        return InputError(
            f"not {kind}", where=f"--set {self.name}", expected=f"{kind}, such as {self.example}", got=shown(written)
        )

    def _row(self, written: str, where: str) -> tuple[Fraction, ...]:
        from markovdiff.arithmetic.rational import rational, shown

        row = tuple(rational(part.strip("\"'"), f"{where}[{i}]") for i, part in enumerate(written.split(",")))
        if len(row) > MOST_COORDINATES:
            raise InputError(
                "more coordinates than a page can show",
                where=where,
                expected=f"at most {MOST_COORDINATES}",
                got=str(len(row)),
            )
        for i, x in enumerate(row):
            if abs(x) > LARGEST or x.denominator > FINEST:
                raise InputError(
                    "a number that is too long for the page",
                    where=f"{where}[{i}]",
                    expected=f"from −{LARGEST} to {LARGEST}, with a denominator of at most {FINEST}",
                    got=shown(x),
                )
        return row


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
        """Return the value that was written. Raise InputError with the reason where it may not be set."""
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
    """Return a parameter between 0 and 1."""
    reason = why or "a probability is a share of all cases: no less than none of them, no more than all"
    return Parameter(name, Fraction(default), Fraction(0), Fraction(1), meaning, reason, open=open)


def count(name: str, default: int, low: int, high: int, meaning: str, why: str) -> Parameter:
    """Return a parameter that is a whole number from low to high."""
    return Parameter(name, Fraction(default), Fraction(low), Fraction(high), meaning, why, whole=True)


@dataclass(frozen=True)
class Page:
    """One idea. `blocks_of` makes the blocks; `summary` is the page in a sentence, for the list of contents."""

    name: str
    title: str
    summary: str
    blocks_of: Callable[[Values], Sequence[Block]]
    parameters: tuple[Parameter, ...] = ()
    arrays: tuple[Array, ...] = ()
    check: Callable[[Values], object] | None = None
    """Raise InputError where values that are right each by itself do not go together."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of all that may be set."""
        return (*(p.name for p in self.parameters), *(array.name for array in self.arrays))

    @property
    def defaults(self) -> dict[str, Fraction]:
        """The values that hold unless they are set."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def build(self, values: Values | None = None) -> Sequence[Block]:
        """Return the page's blocks, its numbers computed now; what is not in `values` keeps its default."""
        given = values or {}
        settings = Settings({**self.defaults, **given}, arrays_of(given))
        settings.chosen = given.chosen if isinstance(given, Settings) else set(given)
        return tuple(self.blocks_of(settings))

    def read(self, settings: Iterable[str]) -> Settings:
        """Return the values from texts KEY=VALUE; of a key given twice the last one counts."""
        known = {parameter.name: parameter for parameter in self.parameters}
        lists = {array.name: array for array in self.arrays}
        values = Settings(self.defaults)
        for setting in settings:
            key, equals, written = setting.partition("=")
            if not equals:
                raise InputError("not a setting", where=f"--set {setting}", expected="KEY=VALUE, such as p=1/3")
            name = key.strip()
            if name in lists:
                values.arrays[name] = lists[name].read(written)
            elif name in known:
                values[name] = known[name].read(written)
            else:
                raise self._unknown(name)
            values.chosen.add(name)
        if self.check is not None:
            self.check(values)
        return values

    def _unknown(self, name: str) -> InputError:
        names = self.keys
        expected = ", ".join(names) or "nothing: this page has no number to set"
        close = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.4)
        remedy = next((f"did you mean {n!r}?" for n in names if close and n.lower() == close[0]), None)
        return InputError("no such number on this page", where=f"--set {name}", expected=expected, remedy=remedy)
