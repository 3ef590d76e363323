"""Rows that should sum to one: what is forgiven, what is divided, and what is refused, each with its own remedy.

Floats miss a sum of one by rounding. `normalise = true` forgives that much and no more: a sum within ROUNDING of one is
divided, exactly. `normalise = "any"` divides by whatever the sum is. A matrix whose columns sum to one while its rows
do not is probably transposed, and is never divided: the question is asked instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

from markovdiff.arithmetic.decimals import decimal_text
from markovdiff.arithmetic.rational import over_common_denominator, shown
from markovdiff.errors import InputError

Normalise: TypeAlias = "bool | Literal['any']"
Row: TypeAlias = "Sequence[Fraction]"

ROUNDING = Fraction(1, 10**6)
"""A sum this near to one misses it by rounding: float32 and a few thousand states stay well below."""

FINEST = Fraction(1, 10**12)
"""Sums of float64 are off by less; between this and ROUNDING a transposed matrix of little noise could hide."""

CLEARLY = 1024
"""Columns that are nearer to one than the rows by this factor say which way the matrix was meant."""


class MissedError(InputError):
    """A sum that misses one by no more than rounding."""


@dataclass(slots=True)
class Divider:
    """Divides rows by their sums, as far as `normalise` allows, and remembers the largest deviation from one.

    `empty` is the remedy for a row of zeros, `hint` comes first where an entry is below zero or a sum far from one.
    """

    normalise: Normalise
    empty: str = "give at least one entry a probability"
    hint: str = ""
    one: str = "row"
    worst: Fraction = field(default=Fraction(0), init=False)

    def divided(self, row: Row, where: str) -> Row:
        """Return the row with a sum of exactly one. Raise InputError where that is not so and may not be made so."""
        cannot = f"a {self.one} that cannot be normalised" if self.normalise else None
        for j, x in enumerate(row):
            if x < 0:
                what, place = (cannot, where) if cannot else ("a negative probability", f"{where}[{j}]")
                raise InputError(
                    what, where=place, expected="entries ≥ 0", got=shown(x), remedy=f"{self.hint}correct the {self.one}"
                )
        numerators, d = over_common_denominator(row)
        total = sum(map(int, numerators))
        if total == 0:
            what = cannot or f"a {self.one} of zeros"
            raise InputError(
                what, where=where, expected="a sum of exactly 1", got="all entries are 0", remedy=self.empty
            )
        off = Fraction(total, int(d)) - 1
        if off == 0:
            return row
        if not self.normalise or (self.normalise is True and abs(off) > ROUNDING):
            raise self._refused(off, where)
        self.worst = max(self.worst, abs(off))
        return [Fraction(int(n), total) for n in numerators]

    def _refused(self, off: Fraction, where: str) -> InputError:
        small = abs(off) <= ROUNDING
        whatever = f'{self.hint}correct the {self.one}, or write `normalise = "any"` to divide whatever it sums to'
        return (MissedError if small else InputError)(
            f"a {self.one} that does not sum to one",
            where=where,
            expected="a sum within 1e-6 of 1: `normalise = true` forgives rounding only"
            if self.normalise
            else "a sum of exactly 1",
            got=f"{shown(1 + off)}, {'more' if off > 0 else 'less'} than 1 by {short(abs(off))}",
            remedy="that is rounding: write `normalise = true` to divide by the exact sum" if small else whatever,
        )

    def check(self, rows: Iterable[tuple[Row, str]]) -> None:
        """Raise for a row at fault where nothing is to be divided, first for one that rounding does not explain."""
        missed: MissedError | None = None
        for row, where in rows:
            try:
                self.divided(row, where)
            except MissedError as error:
                missed = missed or error
        if missed is not None:
            raise missed

    def note(self, where: str, divided: str = "rows divided by their sums, which") -> list[str]:
        """Return a sentence on what was done, if anything was."""
        return [f"{where}: {divided} differed from 1 by at most {at_most(self.worst)}"] if self.worst else []


def at_most(x: Fraction) -> str:
    """Return two significant digits, rounded up.

    >>> at_most(Fraction(1, 3 * 10**9)), at_most(Fraction(11, 2))
    ('3.4e-10', '5.5')
    """
    return short(x, 2, ROUND_CEILING)


def short(x: Fraction, digits: int = 3, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return a few significant digits.

    >>> short(Fraction(1, 2) + Fraction(1, 2**56))
    '0.5'
    """
    context = Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return decimal_text(context.divide(Decimal(x.numerator), Decimal(x.denominator)).normalize())


def check_orientation(
    tables: Iterable[Sequence[Row]], words: tuple[str, str], place: Callable[[int], str], remedy: str
) -> None:
    """Ask about matrices whose columns sum to one while their rows do not, by raising InputError.

    `words` is what the file calls what are rows here, and what are columns; `place` says where a table stands.
    """
    tables = list(tables)
    off, (m, i) = max(
        ((_off(row), (m, i)) for m, rows in enumerate(tables) for i, row in enumerate(rows)),
        key=lambda found: found[0],
        default=(Fraction(0), (0, 0)),
    )
    if off <= FINEST:
        return
    across = max(_off(column) for rows in tables for column in zip(*rows, strict=True))
    if across <= ROUNDING < off or across * CLEARLY <= off <= ROUNDING:
        rows, columns = words
        total = 1 + _signed(tables[m][i])
        raise InputError(
            f"the {columns} sum to 1 and the {rows} do not: transposed?",
            where=place(m),
            expected=f"{rows} that sum to 1",
            got=f"{rows[:-1]} {i} sums to {shown(total)}",
            remedy=remedy,
        )


def _signed(row: Row) -> Fraction:
    numerators, d = over_common_denominator(row)
    return Fraction(int(sum(numerators)), int(d)) - 1


def _off(row: Row) -> Fraction:
    return abs(_signed(row))


def settle(
    tables: Sequence[Sequence[Row]], divider: Divider, place: Callable[[int, int], str]
) -> Sequence[Sequence[Row]]:
    """Return every row divided as the divider allows; `place` says where row i of table m stands."""
    if not divider.normalise:
        divider.check((row, place(m, i)) for m, rows in enumerate(tables) for i, row in enumerate(rows))
        return tables
    return [[divider.divided(row, place(m, i)) for i, row in enumerate(rows)] for m, rows in enumerate(tables)]
