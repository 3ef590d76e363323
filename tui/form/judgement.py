"""What the engine's reader says of a text, and the field that it stands beside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.form.draft import Draft
from tui.form.files import paths
from tui.form.form import Form

MAX_TEXT, MAX_STEPS, MAX_STATES, MAX_DENSE, MAX_STATIONARY = 2**16, 512, 512, 64, 2**12
"""A text or its files, T, K, K of a full matrix, K²T where a law is solved for: beyond, reading took over 10 ms."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and the field that it stands beside; None for the foot of the form."""

    path: str | None
    message: str


def problem(text: str, folder: str | Path = ".", name: str = "scenario") -> Problem | None:
    """Return what the engine's reader says of a text; None if it is a scenario.

    Of one that is not `light` only the shape is judged: the rest takes long, and is left to the engine's process.
    """
    from markovdiff.errors import MarkovdiffError
    from markovdiff.study.loading import loads
    from markovdiff.study.reading import read

    try:
        if light(text, folder):
            loads(text, folder=folder, name=name)
        else:
            read(text)
    except MarkovdiffError as error:
        parts = [f"{part} {said}" for part in ("expected", "got") if (said := getattr(error, part))]
        return _placed(error.what, ", ".join(parts), error.remedy or "", error.where or "", text)
    return None


def failure(message: str, text: str) -> Problem:
    """Return the same of an error that the engine's process has sent as words."""
    what, *rest = message.splitlines() or [""]
    parts = {line[:11].strip(): line[11:].strip() for line in rest if line.startswith("  ")}
    expected = ", ".join(f"{part} {parts[part]}" for part in ("expected", "got") if part in parts)
    return _placed(what, expected, parts.get("remedy", ""), parts.get("where", ""), text)


def line_of(message: str, text: str) -> int:
    r"""Return the number of the text's line, from 0, that an error's words mean; 0 where they mean none that is found.

    >>> line_of("unknown key 'x'\n  where     noise.x", "[data]\nx = 1\n[noise]\nx = 2")
    3
    """
    if named := re.search(r"\bline (\d+)", message):
        return max(int(named[1]) - 1, 0)
    where = re.search(r"^  where     ([\w.-]+)", message, flags=re.MULTILINE)
    at = 0
    for key in where[1].split(".") if where else ():
        written = re.compile(rf'(^|[\[{{,.\s"]){re.escape(key)}\s*["\]=.]', flags=re.MULTILINE)
        found = written.search(text, at)
        at = found.start(0) + len(found[1]) if found else at
    return text.count("\n", 0, at)


def _placed(what: str, expected: str, remedy: str, where: str, text: str) -> Problem:
    """Put a message beside the field that is meant, or the nearest, and say the place where that is another."""
    path = nearest(where, [known.path for known in Form.from_text(text).fields()])
    place = "" if path in (where, f"{where}.kind") else where
    return Problem(path, "; ".join(filter(None, [what, place and f"at {place}", expected, remedy])))


def nearest(where: str, paths: Sequence[str]) -> str | None:
    """Return the field at a key's path, else the first within, else the one around it; None where none is near.

    >>> nearest("data.weights[3]", ["data.kind", "data.weights"]), nearest("checks.dpi", ["data.kind"])
    ('data.weights', None)
    """
    key = re.sub(r"\[[0-9]+\]", "", re.split(r" \(|: ", where)[0])
    while key:
        if key in paths:
            return key
        if within := next((path for path in paths if path.startswith(f"{key}.")), None):
            return within
        key = key.rpartition(".")[0]
    return None


def light(text: str, folder: str | Path = ".") -> bool:
    """Return whether reading it to the end takes no more than some ten milliseconds, as far as can be said beforehand.

    What is past the engine's own limits is refused at once.
    """
    from markovdiff.process.distribution import MAX_STATES as MOST_STATES
    from markovdiff.study.confined import check_readable
    from markovdiff.study.files import MAX_STEPS as MOST_STEPS

    draft, size = Draft(text), 0
    if isinstance(written := draft.at("data.family.size"), int):
        size = written
    structured = draft.kernel.is_structured
    most = MAX_STATES if structured else MAX_DENSE
    if len(text) > MAX_TEXT or most < max(draft.K, size) <= MOST_STATES or MAX_STEPS < draft.T <= MOST_STEPS:
        return False
    for _, name in paths(draft):
        try:
            check_readable(Path(folder) / name, name)
            if (Path(folder) / name).stat().st_size > MAX_TEXT:
                return False
        except (OSError, ValueError):
            continue
    asks_stationary = draft.at("reverse.prior") == "stationary" or draft.at("checks.h-theorem") is not None
    return structured or not asks_stationary or max(draft.K, 8) ** 2 * draft.T <= MAX_STATIONARY
