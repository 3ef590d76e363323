"""Separated values: counts by column, or the rows of matrices, as spreadsheets, pandas and numpy write them.

Commas separate the fields; where the first line shows it, tabs or semicolons do (in a matrix blanks, too). A line that
begins with "#" is a comment where it cannot be a row. What was read by such a rule is a note, and what no rule makes
plain is refused: a comment never becomes a state.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import NoReturn

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.errors import InputError
from markovdiff.process.distribution import check_size

DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", " ": "blanks"}

Row = list[str]


class SeparatedTable:
    """The rows below the header of a file of separated values, and the lines that were left out as comments."""

    def __init__(self, text: str, place: str) -> None:
        self.lines = list(io.StringIO(text, newline=""))
        self.place = place
        self.comments: list[int] = []
        self.delimiter = ","

    def rows(
        self, start: int, is_comment: Callable[[str, int], bool], *, headed: bool = False
    ) -> Iterator[tuple[int, Row]]:
        """Return each row from line `start` (counted from 0) on, with the number of the line where it begins.

        With `headed` the first line is a header, whatever it begins with.
        """
        line_number, row_begins, begun = start, not headed, start + 1

        def feed() -> Iterator[str]:
            nonlocal line_number, row_begins, begun
            for i in range(start, len(self.lines)):
                line = self.lines[i]
                line_number += 1
                if row_begins and line.lstrip().startswith("#") and is_comment(line, line_number):
                    self.comments.append(line_number)
                    continue
                begun = line_number if row_begins else begun
                row_begins = False
                yield line

        reader = csv.reader(feed(), delimiter=self.delimiter, strict=True, skipinitialspace=self.delimiter == " ")
        try:
            for row in reader:
                row_begins = True
                if row:
                    yield begun, row
        except csv.Error as error:
            raise InputError(
                f"not readable as CSV: {error}",
                where=f"{self.place}, line {line_number}",
                expected="values separated by commas",
            ) from None

    def first(self, start: int, delimiter: str) -> Row:
        """Return the row that begins at a line; an empty one where it cannot be read."""
        try:
            rest = (self.lines[i] for i in range(start, len(self.lines)))
            return next(csv.reader(rest, delimiter=delimiter, strict=True), [])
        except csv.Error:
            return []

    def notes(self, where: str, header: int = 0) -> list[str]:
        """Return what was done to read it, in sentences."""
        left = [f"line {header}, the header, was left out"] * bool(header)
        if self.comments:
            n = len(self.comments)
            which = ", ".join(map(str, self.comments[:8])) + ", …" * (n > 8)
            left.append(
                f"comments in lines {which} were left out" if n > 1 else f"line {which}, a comment, was left out"
            )
        fields = [f"fields are separated by {DELIMITERS[self.delimiter]}"] * (self.delimiter != ",")
        return [f"{where}: {sentence}" for sentence in (*fields, *left)]


def counts_in(
    text: str, label: str, count: str, where: str, place: str
) -> tuple[list[str], list[Fraction | int], list[str]]:
    """Two columns of a text with a header: labels and non-negative numbers, and notes on how they were read."""
    table = SeparatedTable(text, place)
    start, columns = _header(table, label, count)
    at_label, at_count = columns.index(label), columns.index(count)

    def is_comment(line: str, number: int) -> bool:
        row = _single(line, table.delimiter)
        if len(row) != len(columns) or not _is_number(row[at_count]):
            return True
        if row[at_label].strip() == "#":
            return False
        raise InputError(
            "a line that begins with # and could be a row",
            where=f"{table.place}, line {number}",
            got=shown(line.rstrip("\r\n")),
            remedy="delete it if it is a comment; put its first field in quotes if it is a state",
        )

    labels: dict[str, int] = {}
    counts: list[Fraction | int] = []
    for number, row in islice(table.rows(start, is_comment, headed=True), 1, None):
        place = f"{table.place}, line {number}"
        if len(row) != len(columns):
            problem = "many" if len(row) > len(columns) else "few"
            raise InputError(
                f"a row with too {problem} fields", where=place, expected=f"{len(columns)} fields", got=str(len(row))
            )
        if row[at_label] in labels:
            raise InputError(
                "a label stands twice",
                where=place,
                got=f"{shown(row[at_label])}, as in line {labels[row[at_label]]}",
                remedy="add the two counts, or tell the labels apart",
            )
        check_size(len(labels) + 1, where)
        labels[row[at_label]] = number
        counts.append(_count(row[at_count], place))
    if not labels:
        raise InputError("there are no rows below the header", where=table.place, expected="a row for each state")
    return list(labels), counts, table.notes(where)


def _count(field: str, place: str) -> Fraction | int:
    value = rational(field, place)
    if value < 0:
        raise InputError("a negative count", where=place, expected="≥ 0", got=shown(value), remedy="correct the line")
    return int(value) if value.denominator == 1 else value


def _header(table: SeparatedTable, label: str, count: str) -> tuple[int, Row]:
    """Return the line where the header begins (from 0), and its names; sets the delimiter that it shows."""
    for start, line in enumerate(table.lines):
        is_marked = line.lstrip().startswith("#")
        for delimiter in (",", "\t", ";"):
            names = _single(line, delimiter) if is_marked else table.first(start, delimiter)
            if label in names and count in names:
                if len(set(names)) < len(names):
                    twice = shown(", ".join(names))
                    raise InputError(
                        "a column's name stands twice", where=f"{table.place}, line {start + 1}", got=twice
                    )
                table.delimiter = delimiter
                return start, names
        if line.strip() and not is_marked:
            _no_column(table, start, label, count)
        if line.strip():
            table.comments.append(start + 1)
    expected = f"a line that names the columns, such as {shown(f'{label},{count}')}"
    raise InputError("the file has no header", where=table.place, expected=expected)


def _no_column(table: SeparatedTable, start: int, label: str, count: str) -> NoReturn:
    names = table.first(start, ",")
    missing = next(name for name in (label, count) if name not in names)
    headless = any(map(_is_number, names))
    remedy = "name one of these columns"
    if len(names) == 1:
        remedy = "separate the fields by commas, tabs or semicolons"
    if headless:
        remedy = f"begin the file with a header, a line that names the columns: {shown(f'{label},{count}')}"
    raise InputError(
        "no such column",
        where=f"{table.place}, line {start + 1}",
        expected=f"one of {names_of(names)}",
        got=shown(missing),
        remedy=remedy,
    )


def _single(line: str, delimiter: str) -> Row:
    """Return a line as a row by itself; an empty one where it is none."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def names_of(found: Iterable[str]) -> str:
    """Return the first few names that a file has, each cut short."""
    names = [shown(name, 30) for name in found]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _is_number(field: str) -> bool:
    try:
        rational(field)
    except InputError:
        return False
    return True


def rows_in(text: str, K: int, labels: Sequence[str], where: str, place: str) -> tuple[list[list[Fraction]], list[str]]:
    """Return the rows of matrices that stand one below the other, K numbers each, and notes on how they were read.

    A header is left out where it has the labels of the states in their order; so is a first column that does, or that
    counts from 0, below a header with one field more than there are states.
    """
    table = SeparatedTable(text, place)
    table.delimiter = _delimiter(table, K)
    found = [(n, _trimmed(row, table.delimiter)) for n, row in table.rows(0, lambda _line, _number: True)]
    if _has_index(found, K, labels):
        header = found[0][0]
        rows = [list(_numbers(row[1:], f"{place}, line {n}", K)) for n, row in found[1:]]
        return rows, [*table.notes(where, header), f"{where}: the first column, an index, was left out"]
    header = 0
    if found and len(found) % K == 1 % K and found[0][1] == list(labels) and (K > 1 or not _is_number(labels[0])):
        header = found.pop(0)[0]
    return [list(_numbers(row, f"{place}, line {n}", K)) for n, row in found], table.notes(where, header)


def series_in(text: str, names: Sequence[str], where: str, place: str) -> tuple[list[Fraction], list[str]]:
    """Return one column of numbers, or one row of them, and notes on how they were read.

    A header is a first row without a number. Of several columns below one the one with one of these names is taken; its
    first cell may be empty, as β_0 is in what this program writes.
    """
    table, named = SeparatedTable(text, place), " or ".join(map(repr, names))
    start = next((i for i, line in enumerate(table.lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    table.delimiter = next((d for d in (",", "\t", ";") if len(table.first(start, d)) > 1), ",")
    rows = [(n, row) for n, row in table.rows(0, lambda _line, _number: True) if any(field.strip() for field in row)]
    if not rows:
        raise InputError("there are no numbers", where=place, expected=f"a column of numbers, named {named} or alone")
    header = rows.pop(0)[1] if not any(map(_is_number, rows[0][1])) else None
    notes = table.notes(where)
    if header is None and len(rows) == 1:
        return [rational(field, f"{place}, line {rows[0][0]}, entry {j}") for j, field in enumerate(rows[0][1])], notes
    width = len(header or rows[0][1])
    column = 0 if width == 1 else None if header is None else _column(header, names)
    if column is None:
        raise InputError(
            "not one column of numbers",
            where=place,
            expected=f"one column, or a header that names one {named}",
            got=names_of(header) if header else f"{width} columns",
        )
    if header is not None:
        notes.append(f"{where}: the column {shown(header[column])} was read")
    for n, row in rows:
        if len(row) != width:
            raise InputError(
                "a row of the wrong length", where=f"{place}, line {n}", expected=f"{width} fields", got=f"{len(row)}"
            )
    if header is not None and rows and not rows[0][1][column].strip():
        notes.append(f"{where}: line {rows.pop(0)[0]}, which has nothing there, was left out")
    return [rational(row[column], f"{place}, line {n}") for n, row in rows], notes


def _column(header: Row, names: Sequence[str]) -> int | None:
    """Where the only one of these names stands in a header, None where there is not exactly one."""
    found = [place for place, field in enumerate(header) if field.strip() in names]
    return found[0] if len(found) == 1 else None


def _has_index(found: Sequence[tuple[int, Row]], K: int, labels: Sequence[str]) -> bool:
    """Whether a header and a first column beside the numbers say which state is which, in the states' order."""
    if len(found) < 2 or any(len(row) != K + 1 for _, row in found):
        return False
    numbers = [str(i) for i in range(K)]
    names, index = found[0][1][1:], [row[0] for _, row in found[1:]]
    states = index == [labels[i % K] for i in range(len(index))]
    counted = index in ([numbers[i % K] for i in range(len(index))], [str(i) for i in range(len(index))])
    return names in (list(labels), numbers) and (states or counted)


def _trimmed(row: Row, delimiter: str) -> Row:
    """Return a row without what blanks at the end of a line leave."""
    return [field for field in row if field] if delimiter == " " else row


def _delimiter(table: SeparatedTable, K: int) -> str:
    """Return what splits the first row into K fields; a comma where nothing does."""
    start = next((i for i, line in enumerate(table.lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    for delimiter in (",", "\t", ";", " "):
        if K > 1 and len(_trimmed(table.first(start, delimiter), delimiter)) == K:
            return delimiter
    for delimiter in ("\t", ";"):
        if len(table.first(start, delimiter)) == K + 1:
            return delimiter
    return ","


def _numbers(row: Iterable[str], place: str, K: int) -> Iterator[Fraction]:
    fields = list(row)
    if not any(field.strip()[:1] in "+-.0123456789" and field.strip() for field in fields):
        raise InputError(
            "a line that is no row of numbers",
            where=place,
            expected=f"{K} numbers",
            got=shown(",".join(fields)),
            remedy="delete it if it is a header; one with the states' labels, in their order, is left out by itself",
        )
    if len(fields) != K:
        raise InputError(
            "a row of the wrong length", where=place, expected=f"{K} entries, one a state", got=str(len(fields))
        )
    for j, field in enumerate(fields):
        yield rational(field, f"{place}, entry {j}")
