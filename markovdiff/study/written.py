"""A scenario as TOML text that stands by itself: what is read from it again is the same scenario.

Numbers are written exactly, as integers, "n/d" or decimals. Files that the scenario names are named by their absolute
paths, so that the text may be kept anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from markovdiff.arithmetic.rational import numeral, text
from markovdiff.errors import InternalError
from markovdiff.study.scenario import Scenario
from markovdiff.study.settings import Tree, tree

WIDTH = 100
"""Columns up to which a list stands in one line."""

LONG = 10**6
"""A denominator past which a number that ends is written as a decimal."""

BARE = re.compile(r"[A-Za-z0-9_-]+")
"""A key that needs no quotes."""


def toml_of(scenario: Scenario) -> str:
    """Return the scenario's file as TOML.

    >>> from markovdiff.study.loading import scenario
    >>> noise = {"steps": 2, "kernel": {"kind": "uniform"}, "schedule": {"kind": "constant", "beta": "0.1"}}
    >>> s = scenario({"data": {"weights": [3, 1]}, "noise": noise})
    >>> print(toml_of(s))
    [data]
    weights = [3, 1]
    <BLANKLINE>
    [noise]
    kernel = { kind = "uniform" }
    steps = 2
    schedule = { kind = "constant", beta = "1/10" }
    <BLANKLINE>
    """
    tables: Tree = _absolute(tree(scenario.file), scenario.folder)
    alone = [f"{_key(k)} = {_value(v)}\n" for k, v in tables.items() if not isinstance(v, Mapping)]
    sections = [
        f"[{_key(name)}]\n" + "".join(f"{_key(k)} = {_value(v)}\n" for k, v in table.items())
        for name, table in tables.items()
        if isinstance(table, Mapping)
    ]
    return "\n".join([*(["".join(alone)] if alone else []), *sections])


def _absolute(value: Any, folder: Path) -> Any:
    """Return the tables with each `path` made absolute, as the file format names what it reads."""
    if isinstance(value, Mapping):
        return {
            k: str((folder / v).resolve()) if k == "path" and isinstance(v, str) else _absolute(v, folder)
            for k, v in value.items()
        }
    return [_absolute(x, folder) for x in value] if isinstance(value, list) else value


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _quoted(name)


def _quoted(words: str) -> str:
    """Return a basic string: JSON's escapes are TOML's, but for one control character that JSON leaves as it is."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(value: Fraction) -> str:
    """Return "n/d", or of a long number that ends the decimal."""
    places = value.denominator.bit_length()
    if value.denominator <= LONG or 10**places % value.denominator:
        return text(value)
    digits = numeral(int(value * 10**places))
    kept = digits.rstrip("0")
    return str(Decimal(f"{kept}E{len(digits) - len(kept) - places}"))


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Fraction():
            return text(value) if value.denominator == 1 else _quoted(_number(value))
        case str():
            return _quoted(value)
        case list():
            parts = [_value(x) for x in value]
            flat = f"[{', '.join(parts)}]"
            return flat if len(flat) <= WIDTH else "[\n" + "".join(f"  {part},\n" for part in parts) + "]"
        case Mapping():
            return f"{{ {', '.join(f'{_key(k)} = {_value(v)}' for k, v in value.items())} }}"
        case _:
            raise InternalError(f"a scenario holds a {type(value).__name__}")
