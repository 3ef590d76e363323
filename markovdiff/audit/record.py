"""Reading a result or a certificate that may come from anybody.

JSON is read with limits on its size and on every number, without duplicate keys, binary floats or NaN; then each
part is asked for by name and kind, and what is missing, too much or of another kind is an InputError with its path.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from markovdiff.audit import numerals
from markovdiff.audit.numerals import quoted
from markovdiff.errors import InputError, LimitError, MarkovdiffError

MAX_FILE_BYTES = 512 * 2**20
MAX_VALUES = 2**25
PIECE = 2**20
MAX_STATES = 4096
MAX_STEPS = 100_000

RESULTS, CERTIFICATE = ("markovdiff.result/1", "markovdiff.result/2"), "markovdiff.certificate/1"


@dataclass(frozen=True)
class Part:
    """A value and the path to it; asked for its parts by name or number."""

    value: object
    path: str

    def fail(self, what: str, expected: str | None = None) -> InputError:
        """Return an InputError about this place."""
        return InputError(what, where=self.path, expected=expected, got=quoted(self.value))

    def table(self) -> dict[str, Any]:
        """Return the part as an object with keys."""
        if not isinstance(self.value, dict):
            raise self.fail("not an object", "an object with keys")
        return self.value

    def __getitem__(self, key: str) -> Part:
        table = self.table()
        if key not in table:
            raise InputError(f"the key {key!r} is missing", where=self.path or "the file")
        return Part(table[key], f"{self.path}.{key}" if self.path else key)

    def get(self, key: str) -> Part | None:
        """Return the part under a key, if there is one."""
        return self[key] if key in self.table() else None

    def only(self, keys: Sequence[str], may: Sequence[str] = ()) -> Part:
        """Return the part itself, if it has these keys and at most `may` besides."""
        table = self.table()
        for key in keys:
            self[key]
        for key in table:
            if key not in keys and key not in may:
                raise InputError(f"an unknown key {quoted(key)}", where=self.path or "the file")
        return self

    def items(self, length: int | None = None, most: int | None = None) -> list[Part]:
        """Return the part as a list, of this length where it is given."""
        if not isinstance(self.value, list):
            raise self.fail("not a list", "a list")
        n = len(self.value)
        if length is not None and n != length:
            raise InputError("a list of the wrong length", where=self.path, expected=str(length), got=str(n))
        if most is not None and n > most:
            raise LimitError("a list is too long", where=self.path, expected=f"at most {most}", got=str(n))
        return [Part(value, f"{self.path}[{i}]") for i, value in enumerate(self.value)]

    def text(self, choices: Sequence[str] | None = None) -> str:
        """Return the part as a string, one of the choices where they are given."""
        if not isinstance(self.value, str):
            raise self.fail("not a string", "a string")
        if choices is not None and self.value not in choices:
            raise self.fail("a word that is not known here", f"one of {', '.join(choices)}")
        return self.value

    def count(self, least: int, most: int) -> int:
        """Return the part as a whole number in a range."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not least <= self.value <= most:
            raise self.fail("not a number in range", f"a whole number from {least} to {most}")
        return self.value

    def witness(self) -> dict[str, str | int | list[str]]:
        """Return the part as an object of times (whole numbers), labels (strings), and sequences of labels."""
        table = self.table()
        for key, value in table.items():
            if isinstance(value, list):
                for label in self[key].items():
                    label.text()
            elif not isinstance(value, str | int) or isinstance(value, bool):
                raise self[key].fail("neither a time nor a label", "a whole number, a string, or a list of strings")
        return table

    def read(self, reader: Callable[[object], Any]) -> Any:
        """Return the part as `reader` reads it."""
        try:
            return reader(self.value)
        except MarkovdiffError as error:
            raise error.located(self.path) from None

    def ratio(self) -> Fraction:
        """Return the part as an exact rational."""
        value: Fraction = self.read(numerals.ratio)
        return value

    def decimal(self) -> numerals.Decimal:
        """Return the part as a decimal."""
        value: numerals.Decimal = self.read(numerals.decimal)
        return value

    def probability(self) -> Fraction:
        """Return the part as a rational from 0 to 1."""
        value = self.ratio()
        if not 0 <= value <= 1:
            raise self.fail("not a probability", "from 0 to 1")
        return value

    def law(self, K: int) -> list[Fraction]:
        """Return the part as K probabilities that sum to exactly one."""
        values = [item.probability() for item in self.items(K)]
        if sum(values, Fraction(0)) != 1:
            raise InputError("probabilities that do not sum to one", where=self.path, expected="a sum of exactly 1")
        return values

    def rows(self, K: int) -> list[list[Fraction]]:
        """Return the part as a K × K stochastic matrix."""
        return [row.law(K) for row in self.items(K)]


def load(path: str) -> list[Part]:
    """Return the results or certificates in a file, or in stdin for "-". Raise InputError for whatever is wrong."""
    record = parse(_text(path))
    records = record.items(most=10_000) if isinstance(record.value, list) else [record]
    if not records:
        raise InputError("no result in the file", where=quoted(path), expected="at least one")
    return records


def digest(path: str) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.sha256(_bytes(file)).hexdigest()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not the name of a file"
        raise InputError(f"the file cannot be read: {reason}", where=quoted(path)) from None


def _text(path: str) -> str:
    if path == "-" and sys.stdin is None:
        raise InputError("stdin is closed", where=quoted(path), remedy="leave it open, or name a file")
    try:
        if path == "-":
            raw = _bytes(sys.stdin.buffer)
        else:
            with Path(path).open("rb") as file:
                raw = _bytes(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not the name of a file"
        raise InputError(f"the file cannot be read: {reason}", where=quoted(path)) from None
    if len(raw) > MAX_FILE_BYTES:
        raise LimitError("the file is too large", where=quoted(path), expected=f"at most {MAX_FILE_BYTES} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: byte {error.start} is not text", where=quoted(path)) from None


def _bytes(file: BinaryIO) -> bytearray:
    """Return the bytes to just past the limit, piece by piece: one large read would reserve the memory at once."""
    raw = bytearray()
    while len(raw) <= MAX_FILE_BYTES and (piece := file.read(PIECE)):
        raw += piece
    return raw


def parse(text: str) -> Part:
    """Return the value of JSON text, read strictly."""
    if (values := text.count(",")) > MAX_VALUES:
        raise LimitError("the file has too many values", expected=f"at most {MAX_VALUES}", got=f"{values}")
    try:
        value = json.loads(
            text, parse_int=_small, parse_float=_refused, parse_constant=_refused, object_pairs_hook=_without_duplicates
        )
    except RecursionError:
        raise InputError("nested too deeply", expected="a result of `markovdiff run --json`") from None
    except MarkovdiffError:
        raise
    except ValueError as error:
        raise InputError(f"not JSON: {error}", expected="a result of `markovdiff run --json`") from None
    return Part(value, "")


def _small(digits: str) -> int:
    if len(digits) > 19:
        raise LimitError("a whole number is too long", expected="at most 18 digits", got=f"{len(digits)} characters")
    return int(digits)


def _refused(text: str) -> float:
    raise InputError("a binary float, which no exact result has", got=quoted(text), expected="numbers as strings")


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"the key {quoted(twice)} is given twice in one object")
    return table
