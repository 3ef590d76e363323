r"""TOML text, edited where it stands: comments, order and everything that is not meant stay as they are.

tomlkit does the work; what a text says is read by the standard library, as the engine reads it. A path is the keys
on the way to a value. Values come and go as TOML literals.

>>> put('[noise]  # forwards\nsteps = 3  # few', ("noise", "steps"), "4")
'[noise]  # forwards\nsteps = 4  # few'
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@lru_cache(maxsize=16)
def parsed(text: str) -> dict[str, Any]:
    """Return the values, decimals as they are written; nothing where it is not TOML."""
    try:
        return tomllib.loads(text, parse_float=lambda decimal: decimal.replace("_", ""))
    except (ValueError, RecursionError):
        return {}


def put(text: str, path: tuple[str, ...], literal: str) -> str:
    """Put a value at a path, or where one would look for it; what is in its way there is replaced."""
    import tomlkit
    from tomlkit.items import InlineTable

    table: Any = (document := tomlkit.parse(text))
    for n, key in enumerate(path[:-1]):
        if not isinstance(table.get(key), dict):
            table[key] = tomlkit.table() if n == 0 else tomlkit.inline_table()
        table = table[key]
    if isinstance(table, InlineTable):
        return put(text, path[:-1], inline({**_children(table), path[-1]: literal}))
    table[path[-1]] = tomlkit.value(literal)
    return tomlkit.dumps(document)


def drop(text: str, path: tuple[str, ...]) -> str:
    """Return the text without what stands at a path or below it.

    >>> drop('kernel = { kind = "neighbour", reach = 2 }', ("kernel", "reach"))
    'kernel = { kind = "neighbour" }'
    """
    import tomlkit
    from tomlkit.items import InlineTable

    document = tomlkit.parse(text)
    if _at(document, path) is None:
        return text
    table = _at(document, path[:-1])
    if isinstance(table, InlineTable):
        return put(text, path[:-1], inline({k: v for k, v in _children(table).items() if k != path[-1]}))
    del table[path[-1]]
    return tomlkit.dumps(document)


def literal(text: str, path: tuple[str, ...]) -> str:
    """Return a value as it is written; a [table] as { }. Raises KeyError where there is none."""
    import tomlkit

    if (value := _at(tomlkit.parse(text), path)) is None:
        raise KeyError(path)
    return _literal(value)


def written(text: str, path: tuple[str, ...]) -> dict[str, str]:
    """Return the keys directly under a table, each with its value as it is written."""
    import tomlkit

    table = _at(tomlkit.parse(text), path)
    return _children(table) if isinstance(table, dict) else {}


def inline(values: Mapping[str, str]) -> str:
    """Return a table on one line, of values that are written already."""
    pairs = (f"{key if _BARE.fullmatch(key) else quoted(key)} = {value}" for key, value in values.items())
    return f"{{ {', '.join(pairs)} }}" if values else "{}"


def _at(document: TOMLDocument, path: tuple[str, ...]) -> Any:
    found: Any = document
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _children(table: Mapping[str, Any]) -> dict[str, str]:
    return {key: _literal(value) for key, value in table.items()}


def _literal(value: Any) -> str:
    import tomlkit
    from tomlkit.items import InlineTable

    if isinstance(value, dict) and not isinstance(value, InlineTable):
        return inline(_children(value))
    written: str = tomlkit.item(value).as_string()
    return written


def quoted(text: str) -> str:
    r"""Return a TOML string.

    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
