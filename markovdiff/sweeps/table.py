"""The rows of a sweep as a table: one type a column, and the three forms it is written in.

An axis is a column of integers or of floats where all its values are such numbers, else of text; a table, such as a
kernel, is its kind where no two have the same kind, else TOML's own words for it. What is kept is floats, verdicts and
states are text. Infinite is inf, undefined NaN; a cell is empty where there is nothing, or where it is undecided.
JSON has neither inf nor NaN: there infinity is 1e999, which readers of JSON take for it, and undefined is null.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from markovdiff.arithmetic.rational import rational
from markovdiff.errors import InputError
from markovdiff.measures.checks import CHECKS
from markovdiff.study.files import decoded
from markovdiff.sweeps.point import Row

FORMATS = ("parquet", "csv", "jsonl")
ENDS = ("status", "error")

Cell: TypeAlias = int | float | bool | str | None
Read: TypeAlias = tuple[Sequence[str], Sequence[Sequence[Cell]]]
"""Columns, and rows of cells."""


def columns_of(axes: Sequence[str], keep: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the columns: the axes, what is kept of any row (verdicts in the checks' order), status and error."""
    found = dict.fromkeys(key for row in rows for key in row if key not in ENDS)
    kept = {**dict.fromkeys(path for path in keep if path not in found), **found}
    verdicts = [f"checks.{name}" for name in CHECKS if f"checks.{name}" in kept]
    inner = [key for key in kept if key not in verdicts]
    return [*axes, *inner, *verdicts, *ENDS]


def axis_column(values: Sequence[object]) -> list[Any]:
    """Return an axis' values as one type: integers, floats, or text."""
    if any(isinstance(value, bool) for value in values):
        return [_words(value) for value in values]
    try:
        exact = [rational(value) for value in values]
    except InputError:
        tables = [value for value in values if isinstance(value, dict)]
        kinds = {str(table.get("kind")) for table in tables}
        distinct = {_words(table) for table in tables}
        named = len(kinds) == len(distinct) and "None" not in kinds
        return [str(value["kind"]) if isinstance(value, dict) and named else _words(value) for value in values]
    whole = all(x.denominator == 1 and abs(x.numerator) < 2**63 for x in exact)
    return [int(x) for x in exact] if whole else [float(x) for x in exact]


def _words(value: object) -> str:
    """Return a value as TOML writes it, a string as it is."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_quoted(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _words(value)


def to_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return CSV with a header: floats as Python writes them, inf, NaN, and nothing for None."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["NaN" if _is_nan(cell) else cell for cell in row] for row in rows])
    return out.getvalue()


def to_jsonl(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a JSON object a line."""
    keys = [json.dumps(name, ensure_ascii=False) for name in columns]
    lines = (", ".join(f"{key}: {_json(cell)}" for key, cell in zip(keys, row, strict=True)) for row in rows)
    return "".join(f"{{{line}}}\n" for line in lines)


def _json(cell: object) -> str:
    if isinstance(cell, float) and not math.isfinite(cell):
        return "null" if math.isnan(cell) else "1e999" if cell > 0 else "-1e999"
    return json.dumps(cell, ensure_ascii=False)


def _is_nan(cell: object) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def to_parquet(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a Parquet file's bytes. Raises InputError where pyarrow is not installed."""
    pyarrow = library()
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    types = [_arrow_type(pyarrow, name, column) for name, column in zip(columns, cells, strict=True)]
    arrays = [pyarrow.array(column, kind) for column, kind in zip(cells, types, strict=True)]
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(arrays, list(columns)), sink)
    return bytes(sink.getvalue())


def _arrow_type(pyarrow: Any, name: str, column: Sequence[Any]) -> Any:
    kinds = {int: pyarrow.int64, float: pyarrow.float64, bool: pyarrow.bool_, str: pyarrow.string}
    return kinds[kind_of(name, column)]()


def kind_of(name: str, column: Sequence[Any]) -> type:
    """Return a column's type; one without any cell is of floats, as what is kept is, but for `status` and `error`."""
    if name in ENDS:
        return str
    kinds = {type(cell) for cell in column if cell is not None} or {float}
    return kinds.pop() if len(kinds) == 1 and kinds <= {int, float, bool} else str


def library() -> Any:
    """Return pyarrow. Raises InputError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "Parquet needs pyarrow", where=".parquet", remedy="pip install 'markovdiff[frames]', or use .csv or .jsonl"
        ) from None
    return pyarrow


def from_csv(content: bytes) -> Read:
    """Return the table in a CSV file: a column of integers, of floats, or of text; an empty cell is None."""
    rows = list(csv.reader(io.StringIO(decoded(content, "CSV"), newline=""), strict=True))
    if not rows:
        raise ValueError("no header")
    header, *body = rows
    if any(len(row) != len(header) for row in body):
        raise ValueError(f"a row whose number of cells is not the header's, {len(header)}")
    columns = [_typed(name, column) for name, column in zip(header, zip(*body, strict=True), strict=bool(body))]
    return header, list(zip(*columns, strict=True))


def _typed(name: str, cells: Sequence[str]) -> list[Cell]:
    for kind in (int, float) if name not in ENDS else ():
        try:
            return [kind(cell) if cell else None for cell in cells]
        except ValueError:
            continue
    return [cell or None for cell in cells]


def from_jsonl(content: bytes) -> Read:
    """Return the table in a file of JSON lines; 1e999 is infinite, and null is None."""
    rows = [json.loads(line) for line in decoded(content, "JSON lines").splitlines()]
    if not rows or not all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows):
        raise ValueError("lines that are not objects with the same keys")
    return list(rows[0]), [_plain(list(row.values())) for row in rows]


def _plain(cells: list[Any]) -> list[Cell]:
    if not all(cell is None or isinstance(cell, int | float | bool | str) for cell in cells):
        raise ValueError("a cell that is neither a number nor text")
    return cells


def from_parquet(content: bytes) -> Read:
    """Return the table in a Parquet file. Raises InputError where pyarrow is not installed."""
    pyarrow = library()
    found = pyarrow.parquet.read_table(pyarrow.BufferReader(content))
    columns = [_plain(column.to_pylist()) for column in found.columns]
    return found.column_names, list(zip(*columns, strict=True))


READERS: dict[str, Callable[[bytes], Read]] = {"parquet": from_parquet, "csv": from_csv, "jsonl": from_jsonl}
"""How each form is read. A file that is not of its form raises ValueError, or InputError."""
