"""Files that a scenario brings along: texts, arrays, matrices. Read whole, checked, never executed.

A path in a scenario is relative to the scenario's own folder. numpy files are read without pickle;
their floats are taken as the exact dyadic rationals they are.
"""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import warnings
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.errors import InputError, LimitError
from markovdiff.study import confined
from markovdiff.study.separated import DELIMITERS, counts_in, names_of, rows_in, series_in

MAX_BYTES = 256 * 2**20
"""A data file may be this large."""

SHORT = 640
"""Digits that Python's own `int` always reads, whatever it was told."""

MAX_STEPS = 100_000
"""T is at most this, and so are the matrices that one file brings."""

MAX_NUMBERS = 2**23
"""And bring this many numbers: as Fractions they take about two gigabytes."""

SUFFIXES = ".npy, .npz, .json, .csv or .tsv"
"""Endings of files that bring numbers."""

SEPARATED = (".csv", ".tsv")
"""Endings of files of separated values: both are read by one rule, which finds the delimiter in the first line."""


def read_bytes(path: Path, where: str, limit: int = MAX_BYTES) -> bytes:
    """Return a file's bytes; every way in which that can fail is an InputError that names the file."""
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
    """Return a UTF-8 file's text."""
    return decoded(read_bytes(path, where, limit), f"{where} ({path})")


def decoded(content: bytes, where: str) -> str:
    """Return UTF-8 bytes as text. Raises InputError that names the line."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            "not UTF-8 text",
            where=f"{where}, line {line}",
            expected="UTF-8",
            got=f"the byte 0x{content[error.start]:02x}",
            remedy="save the file as UTF-8",
        ) from None


def read_counts(path: Path, label: str, count: str, where: str) -> tuple[list[str], list[Fraction | int], list[str]]:
    """Two columns of a CSV file with a header: labels and non-negative numbers, and notes on how they were read."""
    return counts_in(read_text(path, where), label, count, where, f"{where} ({path})")


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


def _check_stack(count: int, place: str) -> None:
    """To be called before as many matrices are made."""
    if count > MAX_STEPS:
        raise LimitError("too many matrices", where=place, expected=f"at most {MAX_STEPS}, one a step", got=str(count))


def read_array(path: Path, where: str) -> Any:
    """Return a numpy array of integers or floats, without pickle."""
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


def _checked_array(array: Any, place: str, *, logits: bool = False) -> Any:
    """Numbers only, not too many, all finite; among logits −∞ is one, too."""
    import numpy as np

    _check_many(array.size, place)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise InputError(
            "an array of the wrong type",
            where=place,
            expected="integers or floats of at most 64 bits",
            got=str(array.dtype),
        )
    finite = np.isfinite(array) | (logits & np.isneginf(array))
    if not finite.all():
        index = tuple(int(n) for n in np.argwhere(~finite)[0])
        raise InputError("a number that is not finite", where=f"{place}, entry {list(index)}", got=str(array[index]))
    return array


def read_weights(path: Path, where: str) -> tuple[list[Fraction], bool]:
    """Return a vector from .npy or .npz, and whether its numbers are integers, and so weights."""
    place = f"{where} ({path})"
    if path.suffix.lower() == ".npz":
        array = _only_array(read_bytes(path, where), ("p", "weights", "probabilities"), place, "vector")
    else:
        array = read_array(path, where)
    if array.ndim != 1:
        raise InputError("an array of the wrong shape", where=place, expected="one dimension", got=str(array.shape))
    if not array.size:
        raise InputError("an array without numbers", where=place, expected="a number for each state", got="none")
    return [Fraction(x) for x in array.tolist()], array.dtype.kind != "f"


def read_series(path: Path, names: Sequence[str], where: str) -> tuple[list[Fraction], list[str]]:
    """Return a vector of numbers from .npy, .npz, .json, .csv or .tsv, and notes on how it was read.

    Of an .npz file with several arrays, and of a .csv or .tsv file with several columns, the one that has one of
    these names is taken.
    """
    suffix, place = path.suffix.lower(), f"{where} ({path})"
    if suffix in (".npy", ".npz"):
        single = suffix == ".npy"
        array = read_array(path, where) if single else _only_array(read_bytes(path, where), names, place, "vector")
        if array.ndim != 1:
            raise InputError("an array of the wrong shape", where=place, expected="one dimension", got=str(array.shape))
        return [Fraction(x) for x in array.tolist()], []
    if suffix == ".json":
        return list(_numbers(_parse_json(read_text(path, where), place), place)), []
    if suffix in SEPARATED:
        text = read_text(path, where)
        _check_many(sum(map(text.count, (*DELIMITERS, "\n"))), place)
        return series_in(text, names, where, place)
    raise InputError("unknown kind of file", where=place, expected=SUFFIXES, got=suffix or "no ending")


def read_matrices(
    path: Path, K: int, labels: Sequence[str], where: str
) -> tuple[list[list[list[Fraction]]], list[str]]:
    """Return a stack of K × K matrices from .npy, .npz, .json, .csv or .tsv, and notes on how they were read.

    A single matrix is a stack of one. In a .csv or .tsv file the matrices stand one below the other, K rows each.
    """
    suffix = path.suffix.lower()
    place = f"{where} ({path})"
    notes: list[str] = []
    if suffix in (".npy", ".npz"):
        array = read_array(path, where) if suffix == ".npy" else _only_array(read_bytes(path, where), ("Q",), place)
        if array.ndim not in (2, 3) or array.shape[-1] != K or array.shape[-2] != K:
            raise InputError(
                "an array of the wrong shape",
                where=place,
                expected=f"({K}, {K}), or a stack of such",
                got=str(array.shape),
            )
        _check_stack(len(array) if array.ndim == 3 else 1, place)
        nested: Any = array.tolist() if array.ndim == 3 else [array.tolist()]
        stack = [[[Fraction(x) for x in row] for row in matrix] for matrix in nested]
    elif suffix == ".json":
        nested = _parse_json(read_text(path, where), place)
        if _depth(nested) == 2:
            nested = [nested]
        given = _items(nested, place)
        _check_stack(len(given), place)
        tables = [_items(matrix, f"{place}[{m}]") for m, matrix in enumerate(given)]
        for m, matrix in enumerate(tables):
            _check_rows(len(matrix), K, f"{place}[{m}]")
        stack = [
            [list(_numbers(row, f"{place}[{m}][{i}]")) for i, row in enumerate(matrix)]
            for m, matrix in enumerate(tables)
        ]
    elif suffix in SEPARATED:
        text = read_text(path, where)
        _check_many(sum(map(text.count, (*DELIMITERS, "\n"))), place)
        rows, notes = rows_in(text, K, labels, where, place)
        stack = [rows[i : i + K] for i in range(0, len(rows), K)]
        for m, matrix in enumerate(stack):
            _check_rows(len(matrix), K, f"{place}[{m}]")
    else:
        raise InputError("unknown kind of file", where=place, expected=SUFFIXES, got=suffix or "no ending")
    return stack, notes


def read_tables(path: Path, names: tuple[str, ...], where: str, *, logits: bool = False) -> tuple[str, object]:
    """Return a nested list under one of the names: from .npz (floats or integers, logits −∞ too), or from .json.

    A JSON file that is a list, not an object, has the first of the names.
    """
    place = f"{where} ({path})"
    suffix = path.suffix.lower()
    if suffix == ".npz":
        found = {
            name: array.tolist() for name, array in _read_npz(read_bytes(path, where), names, place, logits).items()
        }
    elif suffix == ".json":
        parsed = _parse_json(read_text(path, where), place)
        found = parsed if isinstance(parsed, dict) else {names[0]: parsed}
    else:
        raise InputError("unknown kind of file", where=place, expected=".npz or .json", got=suffix or "no ending")
    present = [name for name in names if name in found]
    if len(present) != 1:
        expected, got = " or ".join(map(repr, names)), names_of(found) or "nothing"
        raise InputError("not exactly one table", where=place, expected=f"one of {expected}", got=got)
    return present[0], found[present[0]]


def _read_npz(content: bytes, names: Sequence[str] | None, place: str, logits: bool = False) -> dict[str, Any]:
    """Return the arrays of an .npz file that have these names, or all of them; their unpacked size is checked first."""
    import zipfile

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
            wanted = [name for name in (arrays.files if names is None else names) if name in arrays]
            return {name: _checked_array(arrays[name], f"{place}, {name}", logits=logits) for name in wanted}
    except InputError:
        raise
    except Exception as error:
        raise _not_plain(error, place, "an .npz file of arrays of numbers, not of objects") from None


def _only_array(content: bytes, names: Sequence[str], place: str, what: str = "matrix") -> Any:
    """Return the one array of an .npz file, or of several the one that has one of these names."""
    import numpy as np

    arrays = _read_npz(content, None, place)
    named = [name for name in names if name in arrays] or list(arrays)
    if len(named) != 1:
        expected = f"one array, or one named {' or '.join(map(repr, names))}"
        raise InputError(f"not exactly one {what}", where=place, expected=expected, got=names_of(arrays) or "nothing")
    return np.asarray(arrays[named[0]])


def _not_plain(error: Exception, place: str, expected: str) -> InputError:
    return InputError(
        "not a plain numpy file", where=place, expected=expected, got=shown(str(error) or type(error).__name__)
    )


def _parse_json(text: str, where: str) -> object:
    _check_many(text.count(",") + 1, where)

    def refuse(constant: str) -> object:
        raise InputError("not a rational number", where=where, got=shown(constant))

    def whole(digits: str) -> int:
        return int(digits) if len(digits) <= SHORT else rational(digits, where).numerator

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) < len(pairs):
            raise InputError("a key is given twice in one object", where=where, got=shown([key for key, _ in pairs]))
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
