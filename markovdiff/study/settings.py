"""A scenario as a tree of plain tables, and the same with some keys set: for loops over parameters, without TOML text.

    tree(file)                         the tables of a file that was read
    plain({"data": …})                 a dict from Python as TOML would have given it
    assigned(tree, "noise.schedule.beta", "1/20")

A key is a path of table keys with dots between them. What is set replaces what was there, a whole table too; setting
a `kind` keeps only the keys that the new kind has. Whether the tree is a scenario is decided when it is read again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from operator import index
from typing import Any, TypeAlias

import msgspec

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.study.places import allowed_at
from markovdiff.study.reading import parsed

Tree: TypeAlias = dict[str, Any]
"""Tables, lists, and the numbers and strings in them."""

MAX_DEPTH = 32
"""Tables and lists nested in each other are at most this deep."""


def tree(value: Any) -> Any:
    """Return a struct of the file format as plain tables without the keys that have their default, numbers kept."""
    if isinstance(value, msgspec.Struct):
        found = {
            f.encode_name: getattr(value, f.name) for f in msgspec.structs.fields(value) if not _is_default(value, f)
        }
        tag = _tag(type(value))
        return tag | {key: tree(inner) for key, inner in found.items()}
    return [tree(inner) for inner in value] if isinstance(value, list | tuple) else value


@cache
def _tag(kind: type[msgspec.Struct]) -> Tree:
    """Return the key that says of which kind a table is, where the format has one: a look at it takes milliseconds."""
    found = msgspec.inspect.type_info(kind)
    assert isinstance(found, msgspec.inspect.StructType)
    return {} if found.tag is None else {str(found.tag_field): found.tag}


def _is_default(value: msgspec.Struct, field: msgspec.structs.FieldInfo) -> bool:
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return bool(getattr(value, field.name) == default)


def plain(value: object, where: str = "") -> Any:
    """Return what Python has as TOML would have given it.

    Tuples and arrays become lists, NumPy's integers become integers, paths become strings, entries that are None are
    left out. Raises InputError for a key that is not a string, and for what is nested more than 32 deep.
    """
    if where.count(".") + where.count("[") > MAX_DEPTH:
        raise InputError("nested too deeply", where=where[:80], expected="a scenario's tables")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise InputError("a key is not a string", where=where or None, expected="a string", got=shown(key))
        return {
            key: plain(inner, f"{where}.{key}" if where else key) for key, inner in value.items() if inner is not None
        }
    if hasattr(value, "tolist") and getattr(value, "shape", ()) != ():
        value = list(value)  # type: ignore[call-overload]  # its entries keep their types: a float is refused by name
    if isinstance(value, list | tuple):
        return [plain(inner, f"{where}[{k}]") for k, inner in enumerate(value)]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bool | str):
        return value
    if type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    return index(value) if hasattr(value, "__index__") else value


def assigned(given: Tree, key: str, value: object) -> Tree:
    """Return the tree with a dotted key set to a value; the tree that was given stays as it is.

    >>> assigned({"noise": {"steps": 4}}, "noise.steps", 8)
    {'noise': {'steps': 8}}

    Raises InputError where a part of the path is empty, or is there and is no table.
    """
    parts = key.split(".") if isinstance(key, str) else [""]
    if not all(parts):
        raise InputError("not a key", where=shown(key), expected="a path of keys, such as noise.schedule.beta")
    return _assigned(given, parts, plain(value, key), "")


def _assigned(given: Tree, parts: list[str], value: object, above: str) -> Tree:
    first, *rest = parts
    path = f"{above}.{first}" if above else first
    if rest:
        inner = given.get(first, {})
        if not isinstance(inner, dict):
            raise InputError(
                "a key inside a value that is no table",
                where=f"{path}.{'.'.join(rest)}",
                expected=f"{path} to be a table",
                got=shown(inner),
                remedy=f"set {path} itself",
            )
        return given | {first: _assigned(inner, rest, value, path)}
    if first == "kind" and isinstance(value, str) and value != given.get("kind"):
        return {"kind": value} | {k: v for k, v in given.items() if k != "kind" and k in _keys_of(above, value)}
    return given | {first: value}


def _keys_of(table: str, kind: str) -> list[str]:
    """Return the keys that a table has where its kind is this one; none where there is no such kind."""
    inner: Tree = {"kind": kind}
    for part in reversed(table.split(".")):
        inner = {part: inner}
    return allowed_at(table, inner)


def setting(text: str) -> tuple[str, object]:
    """Return the key and the value of KEY=VALUE; VALUE is TOML where it is TOML, else it is a string.

    >>> setting("noise.steps=8"), setting("noise.schedule.beta=1/20"), setting("noise.kernel={kind='uniform'}")
    (('noise.steps', 8), ('noise.schedule.beta', '1/20'), ('noise.kernel', {'kind': 'uniform'}))

    Raises InputError where there is no equals sign, or no key before it.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InputError("not KEY=VALUE", where="--set", expected="such as noise.schedule.beta=1/20", got=shown(text))
    return key.strip(), _toml_or_string(value.strip())


def _toml_or_string(value: str) -> object:
    try:
        read = parsed(f"value = {value}")
    except InputError:
        return value
    return read["value"] if list(read) == ["value"] else value
