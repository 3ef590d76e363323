"""What the tables of a scenario may hold, asked of the structs that the engine reads them with.

Nothing is said twice: a key that is added to the file format is a field of the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tui.form import words
from tui.form.words import Kind

if TYPE_CHECKING:
    from msgspec import inspect


@dataclass(frozen=True)
class Key:
    """A key of a table: what kind of value it takes, and whether it may be left out."""

    name: str
    kind: Kind
    choices: tuple[str, ...]
    required: bool
    default: str
    law: bool

    @staticmethod
    def of(given: inspect.Field) -> Key:
        """Return the key as msgspec describes it."""
        default = "" if given.required or given.default is None else words.shown(given.default, "text") or ""
        kind, choices, law = _kind(given.encode_name, given.type)
        return Key(given.encode_name, kind, choices, given.required, default, law)


def _kind(name: str, given: inspect.Type) -> tuple[Kind, tuple[str, ...], bool]:
    from msgspec import inspect

    kinds = list(given.types) if isinstance(given, inspect.UnionType) else [given]
    kinds = [kind for kind in kinds if not isinstance(kind, inspect.NoneType)]
    if any(isinstance(kind, inspect.StructType) for kind in kinds):
        return "fixed", (), False
    words = next((tuple(map(str, k.values)) for k in kinds if isinstance(k, inspect.LiteralType)), ())
    if any(isinstance(kind, inspect.BoolType) for kind in kinds):
        return "choice", ("false", "true", *words), False
    if words:
        optional = isinstance(given, inspect.UnionType) and len(kinds) == 1
        return "choice", ("", *words) if optional else words, len(kinds) > 1
    if len(kinds) > 1:
        return "state", (), False
    match kinds[0]:
        case inspect.ListType(item_type=inspect.ListType()):
            return "fixed", (), False
        case inspect.ListType(item_type=inspect.StrType()):
            return "labels", (), False
        case inspect.ListType():
            return "numbers", (), False
        case inspect.IntType():
            return "integer", (), False
        case inspect.CustomType():
            return "number", (), False
    return "path" if name == "path" else "text", (), False


@dataclass(frozen=True)
class TableShape:
    """One kind of a table: its keys, and what it says of itself."""

    keys: tuple[Key, ...]
    about: str


@cache
def tables(path: str) -> Mapping[str, TableShape]:
    """Return the kinds of table that may stand at a path, in the file format's order; "" where there is only one."""
    from msgspec import inspect

    from markovdiff.study import fileformat

    kind: inspect.Type = inspect.type_info(fileformat.File)
    for name in path.split("."):
        assert isinstance(kind, inspect.StructType)
        kind = next(f.type for f in kind.fields if f.encode_name == name)
        if isinstance(kind, inspect.UnionType) and sum(isinstance(k, inspect.StructType) for k in kind.types) == 1:
            kind = next(k for k in kind.types if isinstance(k, inspect.StructType))
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    structs = {str(k.tag or ""): k for k in kinds if isinstance(k, inspect.StructType)}
    order = [tag for tag in _order(path) if tag in structs] + [tag for tag in structs if tag not in _order(path)]
    return {
        tag: TableShape(
            tuple(map(Key.of, structs[tag].fields)), (structs[tag].cls.__doc__ or "").partition("\n")[0].rstrip(".")
        )
        for tag in order
    }


def _order(path: str) -> tuple[str, ...]:
    """Return the simplest first; msgspec sorts by name."""
    from markovdiff.process.kernels.registry import KERNELS
    from markovdiff.process.reverse.registry import MODELS
    from markovdiff.process.schedules.registry import SCHEDULES

    return {
        "data.family": ("uniform", "triangular", "zipf", "geometric", "binomial", "point"),
        "noise.kernel": tuple(KERNELS),
        "noise.schedule": tuple(SCHEDULES),
        "reverse.model": tuple(MODELS),
    }.get(path, ())
