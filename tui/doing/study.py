"""Study: scenarios, editing, comparing, sampling, saving."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from textual import on

from tui import recent
from tui.doing.look import LookActions
from tui.messages import Request, Sample
from tui.saving import command_line, save
from tui.screens.form import Form
from tui.screens.overlays import Editor, Export, Scenarios
from tui.stage import PARTICLES


class StudyActions(LookActions):
    """The actions of the group "study"."""

    def action_scenarios(self) -> None:
        """Choose one of those that ship, or a file opened lately."""
        from markovdiff.study.scenario import shipped_scenarios

        files = {f"{n}": path for n, path in enumerate(recent.known())}

        def place(key: str) -> Path:
            return files.get(key) or shipped_scenarios()[key]

        def chosen(key: str | None) -> None:
            if key is not None:
                self.open_file(place(key), str(place(key)) if key in files else key)

        def request(key: str) -> Request:
            return Request(place(key).read_text(encoding="utf-8"), str(place(key).parent), place(key).stem)

        self.push_screen(Scenarios(_recent(files) | _shipped(), request, self.another_engine()), chosen)

    def open_file(self, path: Path, source: str) -> None:
        """Run the scenario in a file."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            self.notify(f"{path.name}: {error}", severity="error", markup=False)
            return
        self.begin(Request(text, str(path.parent), path.stem, source=source))

    def action_edit(self) -> None:
        """Change the chain in a form at the side; the picture follows."""
        self.playback.pause()
        self.push_screen(Form(self.request.text, self.request.folder, self.request.name))

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        """Another scenario: run it, and stay at this time."""
        self.again(replace(self.request, text=event.text, edited=True))

    @on(Form.EditAsText)
    def raw(self, event: Form.EditAsText) -> None:
        """The form's text in the editor; what comes back goes into the form."""
        form = self.screen

        def edited(text: str | None) -> None:
            if text is not None and isinstance(form, Form):
                form.load(text)

        self.push_screen(Editor(event.text, self.judge), edited)

    @on(Form.Saved)
    def saved(self, event: Form.Saved) -> None:
        """The scenario is a file now: the command line names it."""
        recent.remember(event.path)
        self.request = replace(self.request, source=str(event.path), edited=False)

    def action_edit_text(self) -> None:
        """Change the text of the scenario."""

        def edited(text: str | None) -> None:
            if text is not None:
                self.again(replace(self.request, text=text, edited=True))

        self.push_screen(Editor(self.request.text, self.judge), edited)

    def judge(self, text: str) -> str | None:
        """What the engine's reader says of a text; None if it is a scenario."""
        from markovdiff.errors import MarkovdiffError
        from markovdiff.study.scenario import loads

        try:
            loads(text, folder=self.request.folder, name=self.request.name)
        except MarkovdiffError as error:
            return str(error)
        return None

    def tell(self, trouble: str) -> None:
        """An open form says it beside the field."""
        if isinstance(self.screen, Form):
            self.screen.failed(trouble)
        else:
            super().tell(trouble)

    def action_mark(self) -> None:
        """Remember this chain, to lay it beneath others; it lies there at once."""
        if self.film.finished is None:
            self.notify("the run has not ended yet: mark it then", markup=False)
            return
        self.marked, self.beneath = self.film, False
        self.notify(f"marked {self.request.name}: edit, or open another; b lays this beneath it", markup=False)
        self.repaint()

    def action_compare(self) -> None:
        """Lay the marked chain beneath this one, or take it away."""
        marked, opened = self.marked, self.film.opened
        if marked is None or marked.opened is None:
            self.notify("no chain is marked: m marks this one", markup=False)
        elif opened is not None and marked.opened.unit != opened.unit:
            self.notify(f"the marked chain is in {marked.opened.unit}: u changes the unit", markup=False)
        else:
            self.beneath = not self.beneath
        self.repaint()

    def action_sample(self) -> None:
        """Draw other particles."""
        self.seed += 1
        self.engine.ask(Sample(self.seed, PARTICLES))

    def action_backward(self) -> None:
        """The particles of the noising process, or those of the reverse one."""
        self.backward = not self.backward
        self.repaint()

    def action_export(self) -> None:
        """Save something into the current folder; never over another file."""

        def save_it(kind: str | None) -> None:
            if kind is not None:
                try:
                    content = self.export_screenshot() if kind == "svg" else None
                    saved = save(kind, self.film, self.request, self.playback.t, Path.cwd(), content)
                    self.notify(f"saved {saved.name}", markup=False)
                except (OSError, ValueError) as error:
                    self.notify(str(error), severity="error", markup=False)

        def when_closed(kind: str | None) -> None:
            self.call_after_refresh(save_it, kind)

        self.push_screen(Export(), when_closed)

    def action_copy_command(self) -> None:
        """The command line that shows this again."""
        command = command_line(self.request, self.playback.t)
        self.copy_to_clipboard(command)
        self.notify(command, markup=False)
        if self.request.edited:
            self.notify("this chain was edited: save it first, with e and ctrl+s", severity="warning", markup=False)

    def action_restart(self) -> None:
        """Start the engine again where it has ended."""
        if not self.engine.alive:
            self.begin(self.request)


def _shipped() -> dict[str, tuple[str, str, str]]:
    """Name → (name, title, paragraph) of the scenarios that ship."""
    from markovdiff.study.scenario import shipped_scenarios

    entries = {}
    for name, path in shipped_scenarios().items():
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        entries[name] = (name, parsed.get("title", ""), " ".join(parsed.get("description", "").split()))
    return entries


def _recent(files: dict[str, Path]) -> dict[str, tuple[str, str, str]]:
    """The same of files opened lately."""
    return {key: (path.stem, f"↺ {path}", f"opened lately: {path}") for key, path in files.items()}
