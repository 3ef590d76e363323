"""The scenario files that were opened lately: a short list of paths in the user's state folder.

`$XDG_STATE_HOME/markovdiff/recent`, or `~/.local/state/markovdiff/recent`: one path a line, the newest first. Where
it cannot be read or written there is no list; nothing else depends on it. A visitor of a served session has none.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from markovdiff.study import confined

MOST = 8
"""Paths that are remembered."""


def known() -> list[Path]:
    """Return the files that are still there, the newest first."""
    try:
        lines = [] if confined.folder() else _place().read_text(encoding="utf-8").splitlines()
        return [path for line in lines[:MOST] if (path := Path(line)).is_file()]
    except (OSError, ValueError):
        return []


def remember(path: Path) -> None:
    """Put a file at the head of the list."""
    if confined.folder():
        return
    with contextlib.suppress(OSError, ValueError):
        newest = path.resolve()
        lines = [str(newest), *(str(other) for other in known() if other != newest)]
        place = _place()
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f"recent.{os.getpid()}")
        try:
            beside.write_text("\n".join(line for line in lines[:MOST] if "\n" not in line) + "\n", encoding="utf-8")
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)


def first_time() -> bool:
    """Return whether nobody has been greeted here before, and take down that somebody was; a visitor never is."""
    if confined.folder():
        return False
    seen = _place().with_name("greeted")
    try:
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.touch(exist_ok=False)
    except OSError:
        return False
    return True


def _place() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "markovdiff" / "recent"
