"""What a page is made of: prose, a question to be answered first, formulas, numbers by name, tables, pictures.

Each block knows its numbers and can write itself as lines of at most INNER columns. A Number is exact, a LogForm or
a Quantity, or a float that says so. An exact one is written as its closed form and certified decimals, "=" where the
decimals end and "≈" where they go on; whatever has no unit (a Fraction, a count) is written as it is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from markovdiff.learn.pictures import bar

if TYPE_CHECKING:
    from markovdiff.arithmetic.enclosure import Unit
    from markovdiff.arithmetic.logform import Infinity, LogForm
    from markovdiff.arithmetic.quantity import Enclosed, Quantity

INNER = 78
"""Columns of a line: two less than the page, which is indented."""

DIGITS = 7
"""Certified significant digits of an exact number."""

FLOAT_DIGITS = 6
"""Significant digits shown of a float."""

Kind: TypeAlias = Literal["prose", "ask", "formula", "facts", "table", "picture", "code"]


@dataclass(frozen=True, eq=False)
class NumberText:
    """A quantity of information: exact, or a float64 that is labelled as one."""

    value: LogForm | Quantity | Infinity | float
    unit: Unit

    @property
    def is_float(self) -> bool:
        """Whether it is a float64, hence not certified."""
        return isinstance(self.value, float)

    def digits(self) -> str:
        """Return the decimals alone, for a table."""
        from markovdiff.arithmetic.logform import Infinity

        if isinstance(self.value, float):
            return decimal(self.value)
        return "∞" if isinstance(self.value, Infinity) else _signed(self._enclosed(self.value).value)

    def written(self, room: int) -> str:
        """Return the closed form, if it fits in `room` columns, with decimals and unit."""
        from markovdiff.arithmetic.logform import Infinity

        if isinstance(self.value, float):
            return f"≈ {decimal(self.value)} {self.unit}  (float)"
        if isinstance(self.value, Infinity):
            return "∞"
        found = self._enclosed(self.value)
        digits, form = _signed(found.value), found.closed_form
        if found.lower == found.upper:
            return f"{digits} {self.unit[:-1] if digits == '1' else self.unit}"
        whole = f"{form} ≈ {digits} {self.unit}"
        return whole if form is not None and len(whole) <= room else f"≈ {digits} {self.unit}"

    def _enclosed(self, exact: LogForm | Quantity) -> Enclosed:
        from markovdiff.arithmetic.quantity import Quantity

        quantity = exact if isinstance(exact, Quantity) else Quantity.of(exact)
        return quantity.enclosed(DIGITS, self.unit, closed=True)


def bits(value: LogForm | Quantity | Infinity) -> NumberText:
    """Return an exact number to be shown in bits."""
    return NumberText(value, "bits")


def nats(value: LogForm | Quantity | Infinity | float) -> NumberText:
    """Return a number in nats, exact or a float."""
    return NumberText(value, "nats")


Cell: TypeAlias = "NumberText | Fraction | int | float | str | Bar"


@dataclass(frozen=True)
class Bar:
    """A bar in a table: lengths as shares of the whole, one after the other, each in its own shade."""

    shares: tuple[float, ...]
    width: int = 24

    def text(self) -> str:
        """Return the bar in blocks of an eighth."""
        return bar(self.shares, self.width)


def decimal(x: float, digits: int = FLOAT_DIGITS) -> str:
    """Return a float to a few significant digits.

    >>> decimal(-0.25), decimal(1e-9), decimal(float("inf"))
    ('−0.25', '1e-09', '∞')
    """
    if x in (float("inf"), float("-inf")):
        return "−∞" if x < 0 else "∞"
    return _signed(f"{x + 0.0:.{digits}g}")


def _signed(digits: str) -> str:
    """Return digits with the minus sign of mathematics in front; an exponent keeps the machine's."""
    return f"−{digits[1:]}" if digits.startswith("-") else digits


def cell(value: Cell) -> str:
    """Return a cell as text."""
    from markovdiff.arithmetic.rational import text

    match value:
        case NumberText():
            return value.digits()
        case Fraction():
            return text(value).replace("-", "−")
        case Bar():
            return value.text()
        case float():
            return decimal(value)
    return str(value)


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str
    kind: Kind = "prose"

    def lines(self) -> list[str]:
        """Return the paragraph, wrapped."""
        return textwrap.wrap(self.text, INNER)


@dataclass(frozen=True)
class Ask:
    """A question: the reader should have an answer before reading on."""

    text: str
    kind: Kind = "ask"

    def lines(self) -> list[str]:
        """Return the question, wrapped behind a mark."""
        return textwrap.wrap(self.text, INNER, initial_indent="? ", subsequent_indent="  ")


@dataclass(frozen=True)
class Formula:
    """Formulas, a line each."""

    text: tuple[str, ...]
    kind: Kind = "formula"

    def lines(self) -> list[str]:
        """Return the formulas, indented."""
        return [f"    {line}" for line in self.text]


@dataclass(frozen=True)
class Code:
    """Lines to be pasted: from the first column on, so that Python takes them."""

    text: tuple[str, ...]
    kind: Kind = "code"

    def lines(self) -> list[str]:
        """Return the lines as they are."""
        return list(self.text)


@dataclass(frozen=True, eq=False)
class Facts:
    """Numbers by name, one a line: the name left of "=" and the value right of it. "≈" of a text stands under "≈"."""

    rows: tuple[tuple[str, Cell], ...]
    kind: Kind = "facts"

    def __getitem__(self, label: str) -> Cell:
        """Return the number of that name."""
        return dict(self.rows)[label]

    def lines(self) -> list[str]:
        """Return the lines, aligned at their equals signs."""
        width = max(len(label) for label, _ in self.rows)
        return [f"  {label:<{width}}{self._right(value, INNER - width - 5)}".rstrip() for label, value in self.rows]

    @staticmethod
    def _right(value: Cell, room: int) -> str:
        if isinstance(value, str):
            return f" {value}" if value.startswith("≈") else f"   {value}"
        written = value.written(room) if isinstance(value, NumberText) else cell(value)
        written = f"≈ {written}  (float)" if isinstance(value, float) else written
        return f" {written}" if written.startswith("≈") else f" = {written}"


@dataclass(frozen=True, eq=False)
class TableBlock:
    """Rows under a heading: numbers to the right, words and bars to the left."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kind: Kind = "table"

    def column(self, name: str) -> tuple[Cell, ...]:
        """Return the cells under a heading."""
        k = self.head.index(name)
        return tuple(row[k] for row in self.rows)

    def lines(self) -> list[str]:
        """Return the lines, columns aligned and two apart."""
        written = [self.head, *([cell(value) for value in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*written, strict=True)]
        left = [all(isinstance(x, str | Bar) for x in column) for column in zip(*self.rows, strict=True)]
        return [self._line(row, widths, left) for row in written]

    @staticmethod
    def _line(row: Sequence[str], widths: list[int], left: list[bool]) -> str:
        cells = zip(row, widths, left, strict=True)
        return ("  " + "  ".join(f"{x:<{n}}" if to_left else f"{x:>{n}}" for x, n, to_left in cells)).rstrip()


@dataclass(frozen=True)
class Picture:
    """Something drawn."""

    rows: tuple[str, ...]
    kind: Kind = "picture"

    def lines(self) -> list[str]:
        """Return the drawing, indented."""
        return [f"  {row}".rstrip() for row in self.rows]


Block: TypeAlias = "Prose | Ask | Formula | Code | Facts | TableBlock | Picture"
