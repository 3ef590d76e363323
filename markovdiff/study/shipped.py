"""The scenarios that ship, and which file a path or a name stands for."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.study.confined import SHIPPED


def shipped_scenarios() -> dict[str, Path]:
    """Return the scenarios that ship, by name."""
    for folder in SHIPPED:
        if found := {path.stem: path for path in sorted(folder.glob("*.toml"))}:
            return found
    return {}


def find(source: str | Path) -> Path:
    """Return the file that a path or a shipped name stands for. Raise InputError for an unknown name."""
    if not isinstance(source, str | os.PathLike):
        raise InputError(
            "neither a path nor a name",
            where="load",
            expected="a string or a Path; md.loads takes TOML text",
            got=shown(source),
        )
    path = Path(source)
    if _exists(path) or path.suffix == ".toml" or len(path.parts) != 1:
        return path
    return find_shipped(path.name)


def find_shipped(name: str) -> Path:
    """Return the file of a shipped scenario. Raise InputError that names the nearest one."""
    shipped = shipped_scenarios()
    if name not in shipped:
        close = difflib.get_close_matches(name, shipped, n=1)
        raise InputError(
            "no such scenario",
            where=shown(Path(name)),
            expected="a path, or a name that `markovdiff list` shows",
            remedy=f"did you mean {close[0]!r}?" if close else "see `markovdiff list`",
        )
    return shipped[name]


def _exists(path: Path) -> bool:
    """Return whether there is such a path; a name that no file system takes is none."""
    try:
        return path.exists()
    except OSError:
        return False
