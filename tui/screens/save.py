"""Saving under a name: nobody's file is written over unasked."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Vertical
from textual.widgets import Input, Static

from markovdiff.study import confined
from tui import form as forms
from tui.screens.lists import Modal
from tui.view.footer import Hint


class SaveAs(Modal[Path | None]):
    """Under what name? Gives the path that was written, or None."""

    DEFAULT_CSS = """
    SaveAs { align: center bottom; }
    SaveAs > #save { width: 100%; height: auto; border: round $md-series-1; background: $background;
                     border-title-color: $md-title; padding: 0 1; }
    SaveAs Input { height: 1; border: none; padding: 0; background: $md-cursor; }
    SaveAs Input:focus { background-tint: $foreground 0%; }
    SaveAs Static { height: auto; color: $md-dim; }
    SaveAs .-wrong { color: $md-bad; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", priority=True),
        Binding("y", "answer(True)", "write over it", show=False),
        Binding("n", "answer(False)", "another name", show=False),
    ]

    HINTS: ClassVar[tuple[Hint, ...]] = (Hint("enter", "Save", "submit", 3), Hint("esc", "Back", "leave", 9))

    def __init__(self, text: str, folder: Path, stem: str, into: Path) -> None:
        super().__init__()
        self.text, self.folder, self.stem, self.into = text, folder, stem, into
        self.asked: Path | None = None

    def compose(self) -> ComposeResult:
        """Lay out a name, and what became of it."""
        with Vertical(id="save") as box:
            box.border_title = "save the scenario"
            yield Input(forms.free_name(self.into, self.stem), compact=True, select_on_focus=False)
            yield Static(f"in {self.into}", id="said", markup=False)

    def on_mount(self) -> None:
        """Let the form show through."""
        self.styles.background = Color(0, 0, 0, 0)

    @on(Input.Submitted)
    def action_submit(self) -> None:
        """Write, unless there is such a file: then ask."""
        name = self.query_one(Input).value.strip()
        path = Path(name)
        if path.name in ("", ".."):
            self.say("✗ a file needs a name")
            return
        path = self.into / (path if path.suffix else path.with_name(f"{path.name}.toml"))
        if confined.folder() and path.suffix != ".toml":
            self.say("✗ a served session saves .toml files only")
            return
        self.write(path, over=False)

    def write(self, path: Path, *, over: bool) -> None:
        """Write it there, or say why not."""
        from markovdiff.errors import InputError

        try:
            forms.save(forms.moved(self.text, self.folder, path.parent), path, over=over)
        except FileExistsError:
            self.ask(path)
        except InputError as error:
            self.say(f"✗ {error}")
        except (OSError, ValueError) as error:
            self.say(f"✗ the file cannot be written: {getattr(error, 'strerror', None) or error}")
        else:
            self.dismiss(path)

    def ask(self, path: Path) -> None:
        """Ask whether to write over a file; until that is answered, letters are answers."""
        if path.is_dir():
            self.say(f"✗ {path.name} is a folder")
            return
        if confined.folder():
            self.say(f"✗ {path.name} exists, and a served session writes over nothing: another name")
            return
        self.asked = path
        self.query_one(Input).disabled = True
        self.say(f"✗ {path.name} exists. Write over it? y/n")

    def action_answer(self, yes: bool) -> None:
        """Write over it, or go back to the name."""
        path, self.asked = self.asked, None
        if path is None:
            return
        name = self.query_one(Input)
        name.disabled = False
        name.focus()
        self.say("another name, then")
        if yes:
            self.write(path, over=True)

    def say(self, words: str) -> None:
        """Say something under the name."""
        said = self.query_one("#said", Static)
        said.set_class(words.startswith("✗"), "-wrong")
        said.update(words)

    def action_leave(self) -> None:
        """Leave: nothing is saved."""
        self.dismiss(None)
