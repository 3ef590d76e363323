"""A scenario's file and the files that it names."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from tui.form import toml
from tui.form.draft import BRINGING, Draft


def moved(text: str, old: Path, new: Path) -> str:
    """Return the text for another folder: relative paths that it names become absolute ones."""
    if old.resolve() == new.resolve():
        return text
    draft = Draft(text)
    for path, value in paths(draft):
        draft = draft.put(path, toml.quoted(str((old / value).resolve())))
    return draft.text


def paths(draft: Draft) -> list[tuple[str, str]]:
    """Return the files that a text names, by where it does."""
    found = [(f"{table}.path", draft.at(f"{table}.path")) for table in BRINGING]
    return [(path, value) for path, value in found if isinstance(value, str) and value]


def free_name(folder: Path, stem: str) -> str:
    """Return a name like the scenario's that no file has yet."""
    return next(name for n in count(2) if not (folder / (name := f"{stem}-{n}.toml")).exists())


def save(text: str, path: Path, *, over: bool = False) -> None:
    """Write a scenario, whole or not at all.

    Raises FileExistsError where there is a file that is not to be written over, InputError or another OSError where
    it cannot be written.
    """
    from markovdiff.study.output import write_new, write_whole

    if over:
        write_whole({("save", str(path)): text})
        return
    write_new(path, text)
