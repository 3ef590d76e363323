"""Read TOML into the file format, with every complaint in the words of someone who writes scenarios.

tomllib reads, with decimals kept as they are written; msgspec gives types and refuses what has none.
Its messages become InputErrors: the key's path, what was expected there, what came, the nearest known word.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import msgspec

from markovdiff.arithmetic.rational import MAX_DIGITS, integer, rational, shown
from markovdiff.errors import InputError, LimitError, MarkovdiffError
from markovdiff.study import fileformat
from markovdiff.study.places import allowed_at, value_at

_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
DEEP_KEY = re.compile(rf"(?<![\w-])(?:{_PART}){{32}}")
"""A dotted key of more parts than any scenario has: tomllib's time grows with the square of their number."""

ENDLESS = re.compile(rf"(?<![0-9a-fA-F_])[0-9a-fA-F_]{{{4 * MAX_DIGITS}}}")
"""Digits without end, looked for only where digits begin: from each digit anew takes the square of their number."""

LONG_INTEGER = re.compile(
    r""""{3}(?:[^\\"]|\\.|"(?!""))*+"{3,5}|'{3}(?:[^']|'(?!''))*+'{3,5}|"(?:[^\\"\n]|\\.)*+"|'[^'\n]*+'|\#[^\n]*+"""
    r"|(?<![\w.+-])[+-]?[0-9](?P<long>[0-9_]{639,}+)(?![\w.])",
    re.DOTALL | re.ASCII,
)
"""A string, a comment, or an integer so long that Python may refuse to read it."""

MAX_BITS = MAX_DIGITS * 3322 // 1000
"""The longest whole number: in hexadecimal it can be longer than Python would read in decimals."""


def read(text: str) -> fileformat.File:
    """Return TOML text as the file's structs. Raise InputError with the key's path."""
    return structured(parsed(text))


def structured(tree: dict[str, Any]) -> fileformat.File:
    """Return plain tables as the file's structs. Raise InputError with the key's path."""
    try:
        return msgspec.convert(tree, fileformat.File, dec_hook=_number)
    except msgspec.ValidationError as error:
        raise _explained(error, tree) from None


def parsed(text: str) -> dict[str, Any]:
    """Return TOML text as plain tables, its decimals as written. Raise InputError that says why it is no TOML."""
    if deep := DEEP_KEY.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        raise InputError("nested too deeply", where=f"line {line}", expected="a scenario file")
    if endless := ENDLESS.search(text):
        line = text.count("\n", 0, endless.start()) + 1
        raise LimitError("a number is too long", where=f"line {line}", expected=f"at most {MAX_DIGITS} digits")
    try:
        return tomllib.loads(_with_long_integers(text), parse_float=_number_read)
    except RecursionError:
        raise InputError("nested too deeply", expected="a scenario file") from None
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"not readable as TOML: {error}", remedy="mend the line named; strings need quotes") from None


def _with_long_integers(text: str) -> str:
    """Return the text with an exponent of 0 after each long integer, so that tomllib leaves it to us to read."""
    if re.search("[0-9_]{640}", text) is None:
        return text
    return LONG_INTEGER.sub(lambda match: match[0] + "e0" * (match["long"] is not None), text)


def _number_read(text: str) -> Decimal | int:
    """Return a decimal as written, or a long integer, which has an exponent of 0 after it."""
    if len(text) > 640 and text[:-2].lstrip("+-").replace("_", "").isdecimal() and text.endswith("e0"):
        return integer(text[:-2].replace("_", ""))
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError("a number too long to read", expected="a shorter exponent", got=shown(text)) from None


def _number(kind: type, value: object) -> object:
    if kind is Fraction:
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            raise LimitError("a number is too long", expected=f"at most {MAX_DIGITS} digits", remedy="a shorter one")
        return rational(value)
    raise NotImplementedError(kind)


def _explained(error: msgspec.ValidationError, parsed: object) -> InputError:
    """Return msgspec's complaint in our form: the key's path, what was expected, what came."""
    message, _, path = str(error).rpartition(" - at `")
    message, where = message or str(error), path.rstrip("`").removeprefix("$").removeprefix(".") if message else ""
    if isinstance(error.__cause__, MarkovdiffError):
        cause = error.__cause__
        return InputError(cause.what, where=where, expected=cause.expected, got=cause.got, remedy=cause.remedy)
    if unknown := re.search(r"unknown field `(.*)`", message):
        allowed = allowed_at(where, parsed)
        close = difflib.get_close_matches(unknown[1], allowed, n=1)
        return InputError(
            f"unknown key {shown(unknown[1])}",
            where=_key_in(where, unknown[1]),
            expected=f"one of {', '.join(allowed)}" if allowed else None,
            remedy=f"did you mean {close[0]!r}?" if close else "remove it, or see `markovdiff new`",
        )
    if missing := re.search(r"missing required field `(.*)`", message):
        return InputError(
            f"the key {missing[1]!r} is missing", where=_key_in(where, missing[1]), remedy="see `markovdiff new`"
        )
    if wrong := re.fullmatch(r"Expected (.*?)(?:, got (.*))?", message):
        got = _words(wrong[2]) if wrong[2] else shown(value_at(where, parsed))
        return InputError("a value of the wrong type or size", where=where, expected=_words(wrong[1]), got=got)
    if value := re.match(r"Invalid (?:enum )?value (.*)", message):
        choices = allowed_at(where, parsed)
        if where.endswith(".normalise"):
            choices = ["true", "false", "'any'"]
        return InputError(
            "a value that is not known here", where=where, expected=f"one of {', '.join(choices)}", got=_cut(value[1])
        )
    return InputError(message, where=where)


def _key_in(table: str, key: str) -> str:
    """Return the path of a table's key."""
    return f"{table}.{_cut(key)}" if table else _cut(key)


def _cut(words: str, room: int = 80) -> str:
    return words if len(words) <= room else words[: room - 3] + "..."


def _words(types: str) -> str:
    """Return msgspec's names of types, as a writer of TOML knows them."""
    names = {
        "int": "an integer",
        "str": "a string",
        "bool": "true or false",
        "float": "a number",
        "array": "a list",
        "object": "a table",
        "null": "",
    }
    words = [names.get(word, word) for word in types.replace("`", "").replace(">=", "≥").replace("<=", "≤").split()]
    return " ".join(word for word in words if word).strip(" |").replace("|", "or")
