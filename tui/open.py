"""Opening the terminal interface on a scenario."""

from __future__ import annotations

from pathlib import Path

from markovdiff.study import files
from tui import recent
from tui.engine import Engine
from tui.messages import Request


def show(path: Path, source: str, *, t: int, play: bool, fps: int, theme: str | None) -> int:
    """Run the interface until it is left; the exit status.

    Raises InputError where the file cannot be read. What is wrong *in* it is shown on the screen. The engine starts
    first: it reads the scenario while Textual is still being imported.
    """
    text = files.read_text(path, "scenario")
    if source == str(path):
        recent.remember(path)
    request = Request(text, str(path.parent), path.stem, source=source)
    engine = Engine()
    engine.run(request)
    from tui.app import MarkovdiffApp

    app = MarkovdiffApp(request, engine, t=t, play=play, fps=fps, theme=f"markovdiff-{theme}" if theme else None)
    app.run()
    return app.return_code or 0
