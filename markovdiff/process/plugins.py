"""Kinds that other packages bring by an entry point: `markovdiff.kernels`, `markovdiff.reverse`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from markovdiff.errors import InputError


class Spec(Protocol):
    """A kind's table in a scenario file."""

    rank: ClassVar[int]

    @classmethod
    def kind(cls) -> str:
        """Return what the table's `kind` is."""


S = TypeVar("S", bound=Spec)


def _is_declared(group: str) -> bool:
    """Whether an installed package names the group: `importlib.metadata` takes ten times as long to say so."""
    files = (file for place in sys.path for file in Path(place).glob("*-info/entry_points.txt"))
    return any(group.encode() in file.read_bytes() for file in files)


def with_plugins(group: str, base: type[S], what: str, shipped: dict[str, type[S]]) -> dict[str, type[S]]:
    """Return all kinds, the simplest first. Raises InputError where an entry is not a kind, or its name is taken."""
    found = dict(shipped)
    if not _is_declared(group):
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group=group):
        spec = entry.load()
        if not (isinstance(spec, type) and issubclass(spec, base)):
            raise InputError(f"not a kind of {what}", where=entry.value, expected=f"a subclass of {base.__name__}")
        if spec.kind() in found:
            raise InputError(
                f"two kinds of {what} have one name", where=entry.value, expected="another tag", got=spec.kind()
            )
        found[spec.kind()] = spec
    return dict(sorted(found.items(), key=lambda item: item[1].rank))
