"""Opening the terminal interface on a scenario."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from markovdiff import signals
from markovdiff.errors import InputError
from markovdiff.study import files
from tui import recent
from tui.engine import Engine
from tui.messages import Request, Unit

if TYPE_CHECKING:
    from textual.app import App


def show(path: Path, source: str, *, t: int, play: bool, fps: int, theme: str | None, unit: Unit | None = None) -> int:
    """Run the interface until it is left; the exit status.

    Raises InputError where the file cannot be read, or no key could ever be pressed. What is wrong *in* the file is
    shown on the screen. The engine starts first: it reads the scenario while Textual is still being imported.
    """
    if not can_be_typed_at():
        raise InputError(
            "nobody can type here", where="stdin", expected="a terminal", remedy="`markovdiff run` needs no keys"
        )
    text = files.read_text(path, "scenario")
    if source == str(path):
        recent.remember(path)
    request = Request(text, str(path.parent), path.stem, unit, source)
    engine = Engine()
    engine.run(request)
    from tui.app import MarkovdiffApp

    app = MarkovdiffApp(request, engine, t=t, play=play, fps=fps, theme=f"markovdiff-{theme}" if theme else None)
    with signals.handled(lambda number, _frame: leave(app, number)):
        app.run()
    return app.return_code or 0


def can_be_typed_at() -> bool:
    """Whether keys can come: from a terminal, or through a pipe, as a server sends them; from /dev/null none do."""
    try:
        return os.isatty(0) or not stat.S_ISCHR(os.fstat(0).st_mode)
    except OSError:
        return False


def leave(app: App[None], number: int) -> None:
    """End for a signal, and give the terminal back; one that is gone takes nothing back, and would be waited for."""
    if number == getattr(signal, "SIGHUP", None) and not os.isatty(0):
        os._exit(signals.STATUS)
    app.exit(return_code=signals.STATUS)
