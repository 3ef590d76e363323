"""Files that a scenario brings along: counts, texts, matrices. Read whole, checked, never executed.

A path in a scenario is relative to the scenario's own folder. numpy files are read without pickle;
their floats are taken as the exact dyadic rationals they are.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import stat
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.errors import InputError, LimitError
from markovdiff.process.distribution import check_size
from markovdiff.study import confined

MAX_BYTES = 256 * 2**20
"""A data file may be this large."""

SHORT = 640
"""Digits that Python's own `int` always reads, whatever it was told."""

MAX_NUMBERS = 2**23
"""And bring this many numbers: as Fractions they take about two gigabytes."""


def read_bytes(path: Path, where: str, limit: int = MAX_BYTES) -> bytes:
    """A file's bytes; every way in which that can fail is an InputError that names the file."""
    confined.check_readable(path, where)
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            what = "a folder" if stat.S_ISDIR(kind) else "not a regular file"
            raise InputError(f"{what} where a file is needed", where=where, got=shown(path))
        with io.FileIO(os.fspath(path), opener=_opened) as file:
            content = _most(file, limit)
    except FileNotFoundError:
        raise InputError("no such file", where=where, got=shown(path), remedy="check the name and the folder") from None
    except InputError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"the file cannot be read: {reason}", where=where, got=shown(path)) from None
    if len(content) > limit:
        raise LimitError(
            "the file is too large", where=where, expected=f"at most {limit // 2**20} MiB", got=shown(path)
        )
    return content


def _opened(name: str, flags: int) -> int:
    """Open without ever waiting: some files of /proc and /sys are regular by name and endless pipes in truth."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _most(file: io.FileIO, limit: int) -> bytes:
    """Up to just past the limit, piece by piece: one read of so many bytes would take all that memory first."""
    content = bytearray()
    while len(content) <= limit and (piece := file.read(2**20)) != b"":
        if piece is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        content += piece
    return bytes(content)


def read_text(path: Path, where: str, limit: int = MAX_BYTES) -> str:
    """A UTF-8 file's text."""
    content = read_bytes(path, where, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            "not UTF-8 text",
            where=f"{where} ({path}), line {line}",
            expected="UTF-8",
            got=f"the byte 0x{content[error.start]:02x}",
            remedy="save the file as UTF-8",
        ) from None


def read_counts(path: Path, label: str, count: str, where: str) -> tuple[list[str], list[Fraction | int]]:
    """Two columns of a CSV file with a header: labels and non-negative numbers."""
    reader = csv.DictReader(io.StringIO(read_text(path, where), newline=""), strict=True)
    labels: list[str] = []
    counts: list[Fraction | int] = []
    try:
        columns = reader.fieldnames or []
        for name in (label, count):
            if name not in columns:
                raise InputError(
                    "no such column",
                    where=f"{where} ({path})",
                    expected=f"one of {_names(columns)}",
                    got=shown(name),
                )
        if len(set(columns)) < len(columns):
            raise InputError(
                "a column's name stands twice", where=f"{where} ({path}), line 1", got=shown(", ".join(columns))
            )
        for row in reader:
            place = f"{where} ({path}), line {reader.line_num}"
            if None in row or None in row.values():
                problem = "many" if None in row else "few"
                raise InputError(f"a row with too {problem} fields", where=place, expected=f"{len(columns)} fields")
            check_size(len(labels) + 1, where)
            labels.append(row[label])
            value = rational(row[count], place)
            counts.append(int(value) if value.denominator == 1 else value)
    except csv.Error as error:
        raise _not_csv(error, f"{where} ({path})", reader.line_num) from None
    return labels, counts


def _check_rows(count: int, K: int, place: str) -> None:
    """To be called before the numbers of a matrix are read."""
    if count != K:
        raise InputError("a matrix of the wrong shape", where=place, expected=f"{K} rows, one a state", got=f"{count}")


def _check_many(count: int, place: str) -> None:
    """To be called before as many objects are made."""
    if count > MAX_NUMBERS:
        raise LimitError(
            "the file has too many numbers", where=place, expected=f"at most {MAX_NUMBERS}", got=f"{count}"
        )


def _names(found: Iterable[str]) -> str:
    """The first few names that a file has, each cut short."""
    names = [shown(name, 30) for name in found]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _not_csv(error: csv.Error, place: str, line: int) -> InputError:
    return InputError(f"not readable as CSV: {error}", where=f"{place}, line {line}", expected="comma-separated values")


def read_array(path: Path, where: str) -> Any:
    """A numpy array of integers or floats, without pickle."""
    import numpy as np

    content = read_bytes(path, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:
        raise _not_plain(error, f"{where} ({path})", "an .npy file of numbers, not of objects") from None
    if not isinstance(array, np.ndarray):
        raise InputError("not a single array", where=f"{where} ({path})", expected="an .npy file, not .npz")
    return _checked_array(array, f"{where} ({path})")


def _checked_array(array: Any, place: str) -> Any:
    """Numbers only, not too many, all finite."""
    import numpy as np

    _check_many(array.size, place)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise InputError(
            "an array of the wrong type",
            where=place,
            expected="integers or floats of at most 64 bits",
            got=str(array.dtype),
        )
    finite = np.isfinite(array)
    if not finite.all():
        index = tuple(int(n) for n in np.argwhere(~finite)[0])
        raise InputError("a number that is not finite", where=f"{place}, entry {list(index)}", got=str(array[index]))
    return array


def read_weights(path: Path, normalise: bool, where: str) -> tuple[list[Fraction], bool]:
    """A vector from .npy and whether it still has to sum to one (floats that nobody normalises)."""
    array = read_array(path, where)
    if array.ndim != 1:
        raise InputError(
            "an array of the wrong shape", where=f"{where} ({path})", expected="one dimension", got=str(array.shape)
        )
    must_sum = array.dtype.kind == "f" and not normalise
    return [Fraction(x) for x in array.tolist()], must_sum


def read_matrices(path: Path, normalise: bool, K: int, where: str) -> list[list[list[Fraction]]]:
    """A stack of K-column matrices from .npy, .json or .csv; a single matrix is a stack of one.

    In a .csv file the matrices of a stack stand one below the other, K rows each.
    """
    suffix = path.suffix.lower()
    place = f"{where} ({path})"
    if suffix == ".npy":
        array = read_array(path, where)
        if array.ndim not in (2, 3) or array.shape[-1] != K or array.shape[-2] != K:
            raise InputError(
                "an array of the wrong shape",
                where=place,
                expected=f"({K}, {K}), or a stack of such",
                got=str(array.shape),
            )
        nested: Any = array.tolist() if array.ndim == 3 else [array.tolist()]
        stack = [[[Fraction(x) for x in row] for row in matrix] for matrix in nested]
    elif suffix == ".json":
        nested = _parse_json(read_text(path, where), place)
        if _depth(nested) == 2:
            nested = [nested]
        tables = [_items(matrix, f"{place}[{m}]") for m, matrix in enumerate(_items(nested, place))]
        for m, matrix in enumerate(tables):
            _check_rows(len(matrix), K, f"{place}[{m}]")
        stack = [
            [list(_numbers(row, f"{place}[{m}][{i}]")) for i, row in enumerate(matrix)]
            for m, matrix in enumerate(tables)
        ]
    elif suffix == ".csv":
        text = read_text(path, where)
        _check_many(text.count(",") + text.count("\n"), place)
        reader = csv.reader(io.StringIO(text), strict=True)
        try:
            lines = [row for row in reader if row]
        except csv.Error as error:
            raise _not_csv(error, place, reader.line_num) from None
        rows = [list(_numbers(row, f"{place}, row {i}")) for i, row in enumerate(lines, 1)]
        stack = [rows[i : i + K] for i in range(0, len(rows), K)]
    else:
        raise InputError("unknown kind of file", where=place, expected=".npy, .json or .csv", got=suffix or "no ending")
    return [_normalised(matrix, f"{place}[{m}]") for m, matrix in enumerate(stack)] if normalise else stack


def read_tables(path: Path, names: tuple[str, ...], where: str) -> tuple[str, object]:
    """A nested list under one of the names: from .npz (numbers are floats or ints), or from .json.

    A JSON file that is a list, not an object, has the first of the names.
    """
    place = f"{where} ({path})"
    suffix = path.suffix.lower()
    if suffix == ".npz":
        found = _read_npz(read_bytes(path, where), names, place)
    elif suffix == ".json":
        parsed = _parse_json(read_text(path, where), place)
        found = parsed if isinstance(parsed, dict) else {names[0]: parsed}
    else:
        raise InputError("unknown kind of file", where=place, expected=".npz or .json", got=suffix or "no ending")
    present = [name for name in names if name in found]
    if len(present) != 1:
        expected, got = " or ".join(map(repr, names)), _names(found) or "nothing"
        raise InputError("not exactly one table", where=place, expected=f"one of {expected}", got=got)
    return present[0], found[present[0]]


def _read_npz(content: bytes, names: tuple[str, ...], place: str) -> dict[str, object]:
    """The named arrays of an .npz file as nested lists; their unpacked size is checked first."""
    import numpy as np

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_BYTES:
            raise LimitError(
                "the file unpacks to too much",
                where=place,
                expected=f"at most {MAX_BYTES // 2**20} MiB",
                got=f"{size} bytes",
            )
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: _checked_array(arrays[name], f"{place}, {name}").tolist() for name in names if name in arrays}
    except InputError:
        raise
    except Exception as error:
        raise _not_plain(error, place, "an .npz file of arrays of numbers, not of objects") from None


def _not_plain(error: Exception, place: str, expected: str) -> InputError:
    return InputError(
        "not a plain numpy file", where=place, expected=expected, got=shown(str(error) or type(error).__name__)
    )


def _normalised(matrix: list[list[Fraction]], where: str) -> list[list[Fraction]]:
    out = []
    for i, row in enumerate(matrix):
        total = sum(row, Fraction(0))
        if total <= 0:
            raise InputError(
                "a row that cannot be normalised", where=f"{where}[{i}]", expected="a positive sum", got=shown(total)
            )
        out.append([x / total for x in row])
    return out


def _parse_json(text: str, where: str) -> object:
    _check_many(text.count(",") + 1, where)

    def refuse(constant: str) -> object:
        raise InputError("not a rational number", where=where, got=shown(constant))

    def whole(digits: str) -> int:
        return int(digits) if len(digits) <= SHORT else rational(digits, where).numerator

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) < len(pairs):
            raise InputError("a key that stands twice in one object", where=where, got=shown([key for key, _ in pairs]))
        return dict(pairs)

    try:
        parsed: object = json.loads(
            text, parse_int=whole, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=once
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("not readable as JSON", where=where, got=shown(str(error))) from None
    return parsed


def _depth(nested: object) -> int:
    depth = 0
    while isinstance(nested, list):
        depth += 1
        nested = nested[0] if nested else None
    return depth


def _items(nested: object, where: str) -> Sequence[object]:
    if not isinstance(nested, list):
        raise InputError("not a list", where=where, expected="rows of numbers", got=shown(nested))
    return nested


def _numbers(row: object, where: str) -> Iterator[Fraction]:
    for j, x in enumerate(_items(row, where)):
        yield rational(x, f"{where}[{j}]")
