"""Places in a scenario file, as a message names them: what may stand at a key's path, and what does."""

from __future__ import annotations

import re

from msgspec import inspect

from markovdiff.study import fileformat


def allowed_at(path: str, parsed: object) -> list[str]:
    """Return what may stand at a key's path: the keys of a table, or the words of a choice.

    `parsed` is the file as read; it says which kind of kernel, say, a table is.
    """
    kinds: list[inspect.Type] = [inspect.type_info(fileformat.File)]
    for part in [part for part in path.split(".") if part]:
        name = part.partition("[")[0]
        tables = [k for k in kinds if isinstance(k, inspect.StructType)]
        if name == "kind" and any(k.tag for k in tables):
            return [str(k.tag) for k in tables if k.tag]
        inner = parsed.get(name) if isinstance(parsed, dict) else None
        chosen = [k for k in tables if not isinstance(parsed, dict) or k.tag in (None, parsed.get("kind"))]
        kinds = [k for table in chosen for f in table.fields if f.encode_name == name for k in _alternatives(f.type)]
        parsed = inner
    if isinstance(parsed, dict):
        tables = [k for k in kinds if isinstance(k, inspect.StructType)]
        chosen = [k for k in tables if k.tag in (None, parsed.get("kind"))]
        tags = ["kind"] if any(k.tag for k in chosen) else []
        return sorted({f.encode_name for k in chosen for f in k.fields} | set(tags))
    return [str(v) for k in kinds if isinstance(k, inspect.LiteralType) for v in k.values]


def value_at(path: str, parsed: object) -> object:
    """Return the file's value at a key's path, with list indices in brackets; None where there is none."""
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(parsed, dict):
            parsed = parsed.get(part)
        elif isinstance(parsed, list) and part.isdecimal() and int(part) < len(parsed):
            parsed = parsed[int(part)]
    return parsed


def _alternatives(kind: inspect.Type) -> list[inspect.Type]:
    return list(kind.types) if isinstance(kind, inspect.UnionType) else [kind]
