"""Opening the terminal interface on a scenario."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from markovdiff import signals
from markovdiff.errors import InputError
from markovdiff.study import files
from tui import recent
from tui.engine import EngineProcess
from tui.messages import Request, Unit

if TYPE_CHECKING:
    from textual.app import App


def show(path: Path, source: str, *, t: int, play: bool, fps: int, theme: str | None, unit: Unit | None = None) -> int:
    """Run the interface until it is left; the exit status.

    Raises InputError where the file cannot be read, or there is no terminal. What is wrong *in* the file is shown on
    the screen. The engine starts first: it reads the scenario while Textual is still being imported.
    """
    if missing := no_terminal():
        raise InputError(
            "the terminal interface needs a terminal to read keys from and to draw on",
            where=", ".join(missing),
            expected="a terminal",
            got="a file, a pipe, or nothing",
            remedy="`markovdiff run` needs none",
        )
    text = files.read_text(path, "scenario")
    if source == str(path):
        recent.remember(path)
    request = Request(text, str(path.parent), path.stem, unit, source)
    engine = EngineProcess()
    engine.run(request)
    from tui.app import MarkovdiffApp

    theme, greet = f"markovdiff-{theme}" if theme else None, recent.first_time()
    app = MarkovdiffApp(request, engine, t=t, play=play, fps=fps, theme=theme, greet=greet)
    with signals.handled(lambda number, _frame: leave(app, number)):
        app.run()
    return app.return_code or 0


def no_terminal() -> list[str]:
    """Return the names of the standard streams that lead to no terminal, though keys or the picture go through them.

    Textual draws on stderr, and a person looks for the picture on stdout. Where a server has started this process and
    speaks to it through pipes, which it says in TEXTUAL_DRIVER, none is missed.
    """
    if "TEXTUAL_DRIVER" in os.environ:
        return []
    return [name for number, name in enumerate(("stdin", "stdout", "stderr")) if not is_terminal(number)]


def is_terminal(descriptor: int) -> bool:
    """Return whether a descriptor is open and leads to a terminal."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def leave(app: App[None], number: int) -> None:
    """End for a signal, and give the terminal back; one that is gone takes nothing back, and would be waited for."""
    if number == getattr(signal, "SIGHUP", None) and not os.isatty(0):
        os._exit(signals.STATUS)
    app.exit(return_code=signals.STATUS)
