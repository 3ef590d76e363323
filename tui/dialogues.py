"""What can be laid over the main screen, and what becomes of the choice that it gives back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui import recent
from tui.engine import Engine
from tui.form import moved
from tui.lab.bench import LabState
from tui.messages import Request
from tui.saving import save
from tui.screens.form import Form
from tui.screens.lab import Lab
from tui.screens.overlays import Ask, Editor, Export, GoTo, Help, Scenarios
from tui.screens.save import SaveAs
from tui.session import Session

if TYPE_CHECKING:
    from textual.app import App


def go_to(app: App[Any], session: Session) -> None:
    """Ask for a time, and go there."""

    def went(t: int | None) -> None:
        if t is not None:
            session.go(t)

    app.push_screen(GoTo(session.run.T), went)


def scenarios(app: App[Any], session: Session) -> None:
    """Choose one of the scenarios that ship, or a file opened lately."""
    from markovdiff.study.scenario import shipped_scenarios

    files = {f"{n}": path for n, path in enumerate(recent.known())}

    def place(key: str) -> Path:
        return files.get(key) or shipped_scenarios()[key]

    def chosen(key: str | None) -> None:
        if key is not None:
            source = str(place(key)) if key in files else key
            edited = session.request if session.request.edited else None
            unless_lost(app, session, edited, lambda: open_file(session, place(key), source))

    def request(key: str) -> Request:
        return Request(place(key).read_text(encoding="utf-8"), str(place(key).parent), place(key).stem)

    engine = Engine()
    engine.keeps_spare = False
    app.push_screen(Scenarios(_recent(files) | _shipped(), request, engine), chosen)


def open_file(session: Session, path: Path, source: str) -> None:
    """Run the scenario in a file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        session.screen.say(f"{path.name}: {error}", "error")
        return
    session.begin(Request(text, str(path.parent), path.stem, source=source))


def unless_lost(app: App[Any], session: Session, edited: Request | None, do: Callable[[], None]) -> None:
    """Do what would lose an edited chain: at once where there is none, else only when it is saved or given up."""

    def saved(path: Path | None) -> None:
        if path is not None and edited is not None:
            recent.remember(path)
            session.saved(edited, path)
            do()

    def answered(key: str | None) -> None:
        if key == "y":
            do()
        elif key == "s" and edited is not None:
            app.push_screen(SaveAs(edited.text, Path(edited.folder), edited.name, Path.cwd()), saved)

    if edited is None:
        do()
    elif not isinstance(app.screen, Ask):
        app.push_screen(Ask(f"{edited.name} was edited and is not saved", LOSE), answered)


LOSE = {"n": "stay with it", "s": "save it to a file first", "y": "lose the changes"}
"""What can become of an edited chain."""


def leave(app: App[Any], session: Session) -> None:
    """End the program."""
    unless_lost(app, session, session.unsaved, session.screen.leave)


def form(app: App[Any], session: Session) -> None:
    """Change the chain in a form at the side; the picture follows."""
    app.push_screen(Form(session.request.text, session.request.folder, session.request.name))


def text(app: App[Any], session: Session) -> None:
    """Change the text of the scenario."""

    def edited(text: str | None) -> None:
        if text is not None:
            session.again(replace(session.request, text=text, edited=True))

    app.push_screen(Editor(session.request.text, session.judge), edited)


def export(app: App[Any], session: Session) -> None:
    """Save something into the current folder; never over another file."""

    def save_it(kind: str | None) -> None:
        if kind is not None:
            try:
                content = app.export_screenshot() if kind == "svg" else None
                saved = save(kind, session.run, session.request, session.playback.t, Path.cwd(), content)
                session.screen.say(f"saved {saved.name}")
                kept = session.request
                if kind == "toml" and moved(kept.text, Path(kept.folder), Path.cwd()) == kept.text:
                    session.saved(kept, saved)
            except (OSError, ValueError) as error:
                session.screen.say(str(error), "error")

    def when_closed(kind: str | None) -> None:
        app.call_after_refresh(save_it, kind)

    app.push_screen(Export(), when_closed)


def lab(app: App[Any], session: Session) -> None:
    """Open the lab, as it was left."""

    def left(bench: LabState | None) -> None:
        session.lab = bench

    app.push_screen(Lab(session.lab), left)


def show_help(app: App[Any], session: Session) -> None:
    """Show what the panel in focus means, every key, and what the other panels mean."""
    app.push_screen(Help(session.view.focused))


DIALOGUES: dict[str, Callable[[App[Any], Session], None]] = {
    "go to": go_to,
    "scenarios": scenarios,
    "form": form,
    "text": text,
    "export": export,
    "lab": lab,
    "help": show_help,
    "leave": leave,
}
"""The dialogues by the names that actions open them by."""


def _shipped() -> dict[str, tuple[str, str, str]]:
    """Name → (name, title, paragraph) of the scenarios that ship."""
    from markovdiff.study.scenario import shipped_scenarios

    entries = {}
    for name, path in shipped_scenarios().items():
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        entries[name] = (name, parsed.get("title", ""), " ".join(parsed.get("description", "").split()))
    return entries


def _recent(files: dict[str, Path]) -> dict[str, tuple[str, str, str]]:
    """Return the same of files opened lately."""
    return {key: (path.stem, f"↺ {path}", f"opened lately: {path}") for key, path in files.items()}
