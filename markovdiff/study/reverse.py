"""[reverse]: what a reverse model's table stands in; the tables that it brings are read and checked here.

A table is R_t[j][i] = p_θ(x_{t−1} = i | x_t = j) for t = 1 … T, or, under the name `denoiser`, p̃(x0 = k | x_t = j).
It stands in the scenario, in a JSON file (a list, or an object with `reverse` or `denoiser`; a row may be null where
it is undefined), or in an .npz file with one of those arrays. Floats are the exact dyadic numbers they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Literal

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.reverse.rows import Row, row_of
from markovdiff.process.reverse.spec import WHERE, BringsTables, Tables
from markovdiff.study import files
from markovdiff.study.softmax import softmax
from markovdiff.study.sums import Divider, check_orientation


@dataclass(frozen=True)
class ChainSetting:
    """The chain, how many states [data] itself names (a mask may have been added), and where paths begin."""

    chain: Chain
    labels: int
    folder: Path

    def belief(self, probabilities: list[Fraction]) -> Distribution:
        """Return a law over the labels of [data], on the chain's states. Raises InputError where it does not fit."""
        where = f"{WHERE}.data"
        if len(probabilities) != self.labels:
            raise InputError(
                "a belief of the wrong length",
                where=where,
                expected=f"{self.labels} probabilities, one for each state of [data]",
                got=str(len(probabilities)),
            )
        padded = [*probabilities, *[Fraction(0)] * (self.chain.K - self.labels)]
        return Distribution.from_probabilities(padded, self.chain.states, where)

    def tables(self, spec: BringsTables) -> Tables:
        """Return the tables under `rows` or in the file of `path`, each row made to sum to one. Raises InputError."""
        if (spec.rows is None) == (spec.path is None):
            problem = "the table is missing" if spec.rows is None else "the table is given twice"
            raise InputError(problem, where=WHERE, expected="either rows or path")
        if spec.softmax and spec.normalise:
            remedy = "leave `normalise` out: rows of a softmax sum to one"
            raise InputError("logits are not normalised by their sum", where=f"{WHERE}.normalise", remedy=remedy)
        name: Literal["reverse", "denoiser"] = "reverse"
        if spec.rows is not None:
            key = place = f"{WHERE}.rows"
            nested: object = spec.rows
        else:
            assert spec.path is not None
            key, place = f"{WHERE}.path", f"{WHERE}.path ({self.folder / spec.path})"
            found, nested = files.read_tables(
                self.folder / spec.path, ("reverse", "denoiser"), key, logits=spec.softmax
            )
            name = "denoiser" if found == "denoiser" else "reverse"
        chain = self.chain
        reading = _Reading(spec, chain.K, self.labels if name == "denoiser" else chain.K)
        tables = reading.tables(_list(nested, place, chain.T, "tables, one a step"), place)
        return Tables(name, tables, tuple(reading.notes(key)))


class _Reading:
    """T × K rows of K numbers that sum to one, each exact; rows may lack the columns of states without data.

    `columns` is how many the data name: an added mask has none, for nothing is ever predicted to be masked.
    """

    def __init__(self, spec: BringsTables, K: int, columns: int) -> None:
        self.K, self.columns, self.softmax = K, columns, spec.softmax
        self.padded = self.exponentiated = False
        self.erased = 0
        self.divider = Divider(
            spec.normalise,
            empty="null for a row that is undefined (in .json), or probabilities",
            hint="if these are logits, write `softmax = true`; else ",
        )

    def tables(self, brought: Sequence[object], place: str) -> tuple[tuple[Row | None, ...], ...]:
        """Return the tables, read row by row, then each row made to sum to one."""
        stack = [
            [
                None if row is None else self._numbers(row, f"{place}[{t}][{j}]")
                for j, row in enumerate(_list(table, f"{place}[{t}]", self.K, "rows, one for each x_t"))
            ]
            for t, table in enumerate(brought)
        ]
        if not self.softmax:
            self._check(stack, place)
        return tuple(
            tuple(None if row is None else self._law(row, f"{place}[{t}][{j}]") for j, row in enumerate(table))
            for t, table in enumerate(stack)
        )

    def _check(self, stack: Sequence[Sequence[list[Fraction | None] | None]], place: str) -> None:
        """Ask about transposed tables, and name the worst fault of rows that are not to be divided."""
        rows = [[[x for x in row or () if x is not None] for row in table] for table in stack]
        square = [table for table in rows if all(len(row) == len(table) for row in table)]
        remedy = "turn each table, so that row j is the law given x_t = j"
        check_orientation(square, ("rows", "columns"), lambda _t: place, remedy)
        if not self.divider.normalise:
            self.divider.check(
                (row, f"{place}[{t}][{j}]") for t, table in enumerate(rows) for j, row in enumerate(table) if row
            )

    def _numbers(self, row: object, where: str) -> list[Fraction | None]:
        """Return the entries of a row, None for a logit of −∞."""
        missing = isinstance(row, list) and len(row) == self.columns < self.K
        self.padded |= missing
        entries = _list(row, where, self.columns if missing else self.K, "entries")
        return [
            None if x == -inf else Fraction(x) if isinstance(x, float) else rational(x, f"{where}[{i}]")
            for i, x in enumerate(entries)
        ]

    def _law(self, row: list[Fraction | None], where: str) -> Row:
        self.exponentiated |= self.softmax
        finite = [x for x in row if x is not None]
        if not finite:
            raise InputError("a row of logits that are all −∞", where=where, expected="at least one finite logit")
        made = softmax(finite, where) if self.softmax else self.divider.divided(finite, where)
        self.erased += made.count(Fraction(0)) if self.softmax else 0
        rest = iter(made)
        law = [Fraction(0) if x is None else next(rest) for x in row]
        return row_of([*law, *[Fraction(0)] * (self.K - len(law))])

    def notes(self, key: str) -> Iterator[str]:
        """Return what was done, in sentences."""
        if self.exponentiated:
            lost = f"; that makes 0 of {self.erased} that are not 0 in the formula" if self.erased else ""
            yield f"{key}: logits taken through softmax, rounded down to 2^-53, the largest takes the rest{lost}"
        yield from self.divider.note(key)
        if self.padded:
            yield f"{key}: the added mask has no column in the denoiser; padded with 0"


def _list(nested: object, where: str, length: int, what: str) -> Sequence[object]:
    if not isinstance(nested, list) or len(nested) != length:
        got = f"{len(nested)}" if isinstance(nested, list) else shown(nested, 40)
        raise InputError("a table of the wrong shape", where=where, expected=f"{length} {what}", got=got)
    return nested
