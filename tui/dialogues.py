"""What can be laid over the main screen, and what becomes of the choice that it gives back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markovdiff.errors import InputError, MarkovdiffError
from tui import recent
from tui.actions.look import copy_number
from tui.engine import EngineProcess
from tui.form import moved
from tui.lab.state import LabState
from tui.messages import Request
from tui.panels import PANELS
from tui.saving import save
from tui.screens.form import FormScreen
from tui.screens.jump import Jump
from tui.screens.lab import Lab
from tui.screens.number import NumberInFull
from tui.screens.overlays import Confirmation, Editor, Export, GoTo, Help, Refused, Scenarios
from tui.screens.save import SaveAs
from tui.session import Session
from tui.view import reading

if TYPE_CHECKING:
    from textual.app import App


def go_to(app: App[Any], session: Session) -> None:
    """Ask for a time, and go there."""

    def went(t: int | None) -> None:
        if t is not None:
            session.go(t)

    if session.run.opened is None:
        session.screen.say(NOT_OPEN, "warning")
    else:
        app.push_screen(GoTo(session.run.T), went)


NOT_OPEN = "the chain is not open: its times and states are not known"
"""What is said where somebody would go to one."""


def scenarios(app: App[Any], session: Session) -> None:
    """Choose one of the scenarios that ship, or a file opened lately."""
    from markovdiff.study.shipped import shipped_scenarios

    files = {f"{n}": path for n, path in enumerate(recent.known())}

    def place(key: str) -> Path:
        return files.get(key) or shipped_scenarios()[key]

    def chosen(key: str | None) -> None:
        if key is not None:
            source = str(place(key)) if key in files else key
            edited = session.request if session.request.edited else None
            unless_lost(app, session, edited, lambda: open_file(app, session, place(key), source))

    def request(key: str) -> Request:
        return Request(place(key).read_text(encoding="utf-8"), str(place(key).parent), place(key).stem)

    engine = EngineProcess()
    engine.keeps_spare = False
    app.push_screen(Scenarios(_recent(files) | _shipped(), request, engine), chosen)


def open_file(app: App[Any], session: Session, path: Path, source: str) -> None:
    """Run the scenario in a file."""
    from markovdiff.study import files

    try:
        text = files.read_text(path, "scenario")
    except InputError as error:
        app.push_screen(Refused(str(error)))
        return
    session.begin(Request(text, str(path.parent), path.stem, session.request.unit, source))


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
    elif not isinstance(app.screen, Confirmation):
        app.push_screen(Confirmation(f"{edited.name} was edited and is not saved", LOSE_CHAIN), answered)


LOSE_CHAIN = {"n": "stay with it", "s": "save it to a file first", "y": "lose the changes"}
"""What can become of an edited chain."""


def leave(app: App[Any], session: Session) -> None:
    """End the program."""
    unless_lost(app, session, session.unsaved, session.screen.leave)


def form(app: App[Any], session: Session) -> None:
    """Change the chain in a form at the side; the picture follows."""
    request = session.request

    def left(kept: bool | None) -> None:
        session.end_edit(keep=bool(kept))

    session.begin_edit()
    app.push_screen(FormScreen(request.text, request.folder, request.name, fault=session.view.fault), left)


def text(app: App[Any], session: Session) -> None:
    """Change the text of the scenario."""

    def edited(text: str | None) -> None:
        if text is not None:
            session.again(replace(session.request, text=text, edited=True))

    app.push_screen(Editor(session.request.text, session.validate, session.view.fault), edited)


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
            except OSError as error:
                app.push_screen(Refused(str(not_saved(error))))
            except ValueError as error:
                session.screen.say(str(error), "warning")

    def when_closed(kind: str | None) -> None:
        app.call_after_refresh(save_it, kind)

    app.push_screen(Export(), when_closed)


def not_saved(error: OSError) -> MarkovdiffError:
    """Return what can be said of a file that could not be written."""
    why = error.strerror or str(error)
    remedy = "start in a folder that can be written, with room on its disk"
    return InputError(f"nothing was saved: {why}", where=str(Path.cwd()), remedy=remedy)


def lab(app: App[Any], session: Session) -> None:
    """Open the lab, as it was left."""

    def left(lab: LabState | None) -> None:
        session.lab = lab

    app.push_screen(Lab(session.lab), left)


def show_help(app: App[Any], session: Session) -> None:
    """Show what the panel in focus means, every key, and what the other panels mean."""
    app.push_screen(Help(session.view))


def state(app: App[Any], session: Session) -> None:
    """Ask for a state by its name, and choose it in the panel in focus."""
    opened, name = session.run.opened, session.view.focused
    if opened is None:
        session.screen.say(NOT_OPEN, "warning")
        return

    def found(chosen: int | None) -> None:
        if chosen is not None and chosen < session.states:
            session.accept(PANELS[name].found(session.view, chosen, *session.screen.room(name)))

    app.push_screen(Jump(opened.states, session.run.labels), found)


def number(app: App[Any], session: Session) -> None:
    """Show the number that is read out with all its digits."""
    name, parts = reading.in_full(session.view, session.screen.spot(session.view))
    if not parts:
        session.screen.say("no number is read out, or the engine has not answered yet", "warning")
    else:
        app.push_screen(NumberInFull(name, parts, lambda: copy_number(session)))


DIALOGUES: dict[str, Callable[[App[Any], Session], None]] = {
    "go to": go_to,
    "scenarios": scenarios,
    "form": form,
    "text": text,
    "export": export,
    "lab": lab,
    "help": show_help,
    "state": state,
    "number": number,
    "leave": leave,
}
"""The dialogues by the names that actions open them by."""


def _shipped() -> dict[str, tuple[str, str, str]]:
    """Name → (name, title, paragraph) of the scenarios that ship."""
    from markovdiff.study.shipped import shipped_scenarios

    entries = {}
    for name, path in shipped_scenarios().items():
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        entries[name] = (name, parsed.get("title", ""), " ".join(parsed.get("description", "").split()))
    return entries


def _recent(files: dict[str, Path]) -> dict[str, tuple[str, str, str]]:
    """Return the same of files opened lately."""
    return {key: (path.stem, f"↺ {path}", f"recent: {path}") for key, path in files.items()}
