"""Confine a process, and every process that it starts, to one folder: visitors of a served session get no more.

Where the environment variable `MARKOVDIFF_CONFINED_TO` names a folder,

- files are read only beneath it, and beneath the folder of the scenarios that ship,
- files are written only beneath it, and none that is there is written over,
- hidden files and folders (a name that begins with a dot) are neither read nor written.

Links are followed before it is judged where a path leads. An environment variable is used because a child inherits it,
whichever way it is started: a confinement that had to be handed on could be forgotten.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError

VARIABLE = "MARKOVDIFF_CONFINED_TO"

PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = (PACKAGE / "scenarios", PACKAGE.parent / "scenarios")
"""Where the scenarios that ship may be: beside the package in a wheel, above it in a checkout."""

LONGEST = 100
"""Characters in a file's name."""


def folder() -> Path | None:
    """Return the folder that this process is confined to, links followed; None where it is free."""
    named = os.environ.get(VARIABLE)
    return Path(os.path.realpath(named)) if named else None


@contextlib.contextmanager
def to(place: str) -> Iterator[None]:
    """Confine this process to a folder for a while."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = place
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def check_readable(path: Path, where: str) -> None:
    """Raise InputError where this process may not read there, whether there is such a file or not."""
    root = folder()
    if root is None:
        return
    if not any(_leads_into(path, place) for place in (root, *SHIPPED)):
        raise InputError(
            "a served session reads no file there",
            where=where,
            expected=f"a file beneath {shown(root)}, not a hidden one",
            got=shown(path),
            remedy="copy the file into that folder, on the machine that serves",
        )


def check_writable(path: Path, *, over: bool = False) -> None:
    """Raise InputError where this process may not write a new file; or, `over` another, where there is one."""
    root = folder()
    if root is None:
        return
    if path.name.startswith(".") or not _leads_into(path.parent, root):
        raise InputError("a served session saves beneath its own folder only", expected=shown(root), got=shown(path))
    if not path.name.isprintable() or len(path.name) > LONGEST:
        raise InputError("not a plain file name", expected=f"at most {LONGEST} printable characters", got=shown(path))
    if over and os.path.lexists(path):
        raise InputError("a served session writes over nothing", got=shown(path), remedy="choose another name")


def _leads_into(path: Path, root: Path) -> bool:
    """Return whether a path leads to the folder or into it, by no hidden name, once its links are followed."""
    try:
        inside = Path(os.path.realpath(path)).relative_to(root)
    except (OSError, ValueError):
        return False
    return not any(part.startswith(".") for part in inside.parts)
