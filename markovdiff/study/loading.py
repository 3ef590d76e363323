"""Read a scenario: from a path or the name of one that ships, from TOML text, or from a dict."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError, MarkovdiffError
from markovdiff.study import files
from markovdiff.study.reading import read, structured
from markovdiff.study.scenario import Scenario, resolved
from markovdiff.study.settings import plain
from markovdiff.study.shipped import find

MAX_FILE_BYTES = 16 * 2**20
"""A scenario file may be this large."""


def load(source: str | Path) -> Scenario:
    """Return a scenario from a path, or by the name of one that ships.

    Raises InputError that names the file, the key, what was expected and what to do.
    """
    path = find(source)
    text = files.read_text(path, "scenario", MAX_FILE_BYTES)
    try:
        return loads(text, folder=path.parent, name=_readable(path.stem))
    except MarkovdiffError as error:
        raise error.located(shown(path)) from None


def loaded(given: Scenario | str | Path) -> Scenario:
    """Return a scenario as it is, or from its path or name. Raises InputError as `load` does."""
    return given if isinstance(given, Scenario) else load(given)


def loads(text: str, *, folder: str | Path = ".", name: str = "scenario") -> Scenario:
    """Return a scenario from TOML text; paths in it are relative to `folder`.

    >>> loads('''
    ... data = { weights = [3, 1] }
    ... noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }
    ... ''').betas
    (Fraction(1, 2), Fraction(1, 1))
    """
    if not isinstance(text, str):
        raise InputError(
            "not TOML text", where="loads", expected="a string; md.load takes a path or a name", got=shown(text)
        )
    _check_named("loads", folder, name)
    return resolved(read(text), Path(folder), name)


def scenario(tables: Mapping[str, Any], *, folder: str | Path = ".", name: str = "scenario") -> Scenario:
    """Return the scenario that a dict says, with the keys of a scenario file.

    Numbers are integers, Fractions, Decimals or strings such as "1/10"; NumPy's integers and arrays of them are taken
    too. A float is refused, as it is rarely the number that was meant. Paths in it are relative to `folder`.
    Raises InputError that names the key.

    >>> scenario({
    ...     "data": {"weights": [3, 1]},
    ...     "noise": {"steps": 2, "kernel": {"kind": "uniform"}, "schedule": {"kind": "jump"}},
    ... }).betas
    (Fraction(1, 2), Fraction(1, 1))
    """
    if not isinstance(tables, Mapping):
        raise InputError(
            "not a dict", where="scenario", expected="a scenario's tables; md.loads takes TOML text", got=shown(tables)
        )
    _check_named("scenario", folder, name)
    return resolved(structured(plain(tables)), Path(folder), name)


def _check_named(function: str, folder: object, name: object) -> None:
    if not isinstance(folder, str | Path) or not isinstance(name, str):
        where, got = ("name", name) if isinstance(folder, str | Path) else ("folder", folder)
        raise InputError("not text", where=f"{function}, {where}", expected="a string", got=shown(got))


def _readable(name: str) -> str:
    """Return a file's name as text that can be written anywhere."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
