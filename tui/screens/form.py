"""The form editor: the chain's fields in a panel at the side, over a picture that follows.

    key → field → text → judgement beside the field → after a moment FormScreen.Changed(text), if it is a scenario

The screen below goes on being painted: this one is transparent but for its panel. What the fields are and what
is wrong with them is `tui.form`'s business; here are only rows of widgets. State is told by marks (✓ ✗ ‹ ›)
as well as by colour.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from tui import form as forms
from tui.screens.field import ChoiceEntry, Row
from tui.screens.lists import Modal
from tui.screens.overlays import LOSE, Confirmation
from tui.screens.save import SaveAs
from tui.view.footer import Hint
from tui.view.view_state import FORM_BESIDE_FROM, form_width

DEBOUNCE = 0.03
"""Seconds without a key before a change is announced."""


class FormScreen(Modal[bool]):
    """The chain as a form; it gives back whether what it shows is kept.

    `failed` takes what the engine says later; `load` another text, as from a text editor.
    """

    DEFAULT_CSS = """
    FormScreen { align: right top; }
    FormScreen > #form { width: 44; height: 1fr; margin: 2 0 0 0; border: round $md-series-1; background: $background;
                   border-title-color: $md-title; padding: 0 1; }
    FormScreen.-whole > #form { width: 100%; margin: 0; }
    FormScreen #fields { height: 1fr; overflow-y: auto; scrollbar-size-vertical: 1;
                   scrollbar-color: $md-axis; scrollbar-background: $background;
                   scrollbar-color-hover: $md-axis; scrollbar-background-hover: $background;
                   scrollbar-color-active: $md-title; scrollbar-background-active: $background; }
    FormScreen #foot { height: auto; border-top: solid $md-axis; }
    FormScreen #verdict { height: auto; max-height: 6; color: $md-good; }
    FormScreen #verdict.-wrong { color: $md-bad; }
    FormScreen #hint { height: 2; color: $md-dim; }
    FormScreen.-whole #hint { height: 1; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-whole"), (FORM_BESIDE_FROM, "-beside")]  # noqa: RUF012  (as Textual declares it)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", priority=True),
        Binding("enter", "keep", "keep", priority=True),
        Binding("ctrl+s", "save", "save", priority=True),
        Binding("ctrl+z", "undo", "undo", priority=True),
        Binding("ctrl+y", "redo", "redo", priority=True),
        Binding("ctrl+e", "raw", "as text", priority=True),
        Binding("down", "app.focus_next", "next field", show=False),
        Binding("up", "app.focus_previous", "field before", show=False),
        Binding("pageup", "nudge(1)", "more", show=False),
        Binding("pagedown", "nudge(-1)", "less", show=False),
    ]
    HINTS: ClassVar[tuple[Hint, ...]] = (
        Hint("enter", "Keep", "keep", 9),
        Hint("esc", "Leave", "leave", 8),
        Hint("↑↓", "Field", "", 4),
        Hint("←→", "Choose", "", 3),
        Hint("pgup pgdn", "More, less", "", 1),
        Hint("^z", "Undo", "undo", 6),
        Hint("^y", "Redo", "redo", 2),
        Hint("^s", "Save", "save", 5),
        Hint("^e", "Text", "raw", 5),
    )

    class FormMessage(Message):
        """Something about a text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Changed(FormMessage):
        """Here is another scenario: show it. The reader took it for one; of a long one it has only seen the shape."""

    class Closed(FormMessage):
        """The form was left; this is the scenario that is shown from now on."""

    class EditAsText(FormMessage):
        """The text itself is to be edited, perhaps with its mistakes; give it back by `load`."""

    class Saved(Message):
        """The scenario was written to a file."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, text: str, folder: str, name: str, *, fault: str = "", save_in: Path | None = None) -> None:
        """Take a scenario's text, the folder that its paths are relative to, and its name.

        `fault` is what the engine has refused it for; `save_in` where it is saved, if not here.
        """
        super().__init__()
        self.form = forms.Form.from_text(text)
        self.kept = text
        self.past: list[forms.Form] = []
        self.future: list[forms.Form] = []
        self.touched = ""
        self.folder, self.stem = folder, name
        self.save_in, self.fault = save_in, fault
        self.rows: list[Row] = []
        self.problem: forms.Problem | None = None
        self.light = True
        self.said = text
        self.timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the fields, and the foot."""
        self.rows = [Row(field) for field in self.form.fields()]
        with Vertical(id="form") as box:
            box.border_title = "edit the chain"
            with Vertical(id="fields"):
                yield from self.rows
            with Vertical(id="foot"):
                yield Static(id="verdict", markup=False)
                yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Let the picture show through, whatever other screens look like; the text may be wrong already."""
        self.styles.background = Color(0, 0, 0, 0)
        self.show()
        if self.fault:
            self.failed(self.fault)
        if (row := self.wrong) is not None:
            row.entry.call_after_refresh(row.entry.focus)

    def on_resize(self) -> None:
        """Take as many columns as the picture has left."""
        self.query_one("#form").styles.width = form_width(self.app.size.width) or "100%"

    # the rows

    def show(self, typed: Row | None = None) -> None:
        """Show the fields as they are now, what is wrong, and before long the picture."""
        with self.app.batch_update():
            self.line_up(typed)
            text = self.form.text()
            self.light = forms.light(text, self.folder)
            self.problem = forms.problem(text, self.folder, self.stem)
            self.show_verdict()
        if self.timer is not None:
            self.timer.stop()
            self.timer = None
        if self.problem is None and text != self.said:
            self.timer = self.set_timer(DEBOUNCE, self.announce)

    def line_up(self, typed: Row | None) -> None:
        """Keep the rows that still fit, put in those that are new, take out the rest."""
        box, before = self.query_one("#fields", Vertical), {row.field.path: row for row in self.rows}
        rows: list[Row] = []
        for field in self.form.fields():
            row = before.get(field.path)
            if row is not None and row.fits(field):
                del before[field.path]
                row.show(field, typed=row is typed)
            else:
                row = Row(field)
                box.mount(row, after=rows[-1] if rows else None, before=None if rows or not self.rows else 0)
            rows.append(row)
        for gone in before.values():
            gone.remove()
        self.rows = rows
        if rows and not before and self.is_mounted and self.focused is None:
            rows[0].entry.call_after_refresh(rows[0].entry.focus)

    def show_verdict(self, said: str | None = None) -> None:
        """Say the message beside its field, the verdict at the foot."""
        problem = self.problem
        for row in self.rows:
            row.show_message(problem.message if problem and problem.path == row.field.path else None)
        verdict = self.query_one("#verdict", Static)
        verdict.set_class(problem is not None, "-wrong")
        verdict.update(said or self.verdict())
        if self.row is not None:
            self.call_after_refresh(self.row.scroll_visible, animate=False)

    def verdict(self) -> str:
        """Return what holds of the whole."""
        if self.problem is None:
            return "✓ a scenario" if self.light else "✓ well formed; a long one: the engine judges the rest"
        where = next((row.field.label for row in self.rows if row.field.path == self.problem.path), None)
        return f"✗ {where}; the picture waits" if where else f"✗ {self.problem.message}"

    def failed(self, message: str) -> None:
        """Say what the engine has refused and its reader alone did not, in the same place."""
        if self.problem is None:
            self.problem = forms.failure(message, self.form.text())
            self.show_verdict()

    # keys

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Take what is typed, at once."""
        self.change(event.input, event.input.value)

    @on(ChoiceEntry.Picked)
    def picked(self, event: ChoiceEntry.Picked) -> None:
        """Take what is chosen, at once."""
        self.change(event.choice, event.choice.value)

    def change(self, entry: Widget, value: str) -> None:
        """Give a field another value."""
        row = next((row for row in self.rows if row.entry is entry), None)
        if row is not None and value != row.field.value:
            if self.touched != row.field.path:
                self.past.append(self.form)
            self.future, self.touched = [], row.field.path
            self.form = self.form.set(row.field.path, value)
            self.show(row)
            self.describe()

    def on_descendant_focus(self) -> None:
        """Say what can be written here; what is typed here is one change."""
        self.touched = ""
        self.describe()

    def describe(self) -> None:
        """Show the hint on the focused field."""
        row = self.row
        self.query_one("#hint", Static).update(row.field.hint if row else "")

    @property
    def row(self) -> Row | None:
        """The focused one."""
        return next((row for row in self.rows if row.entry is self.focused), None)

    @property
    def wrong(self) -> Row | None:
        """The one beside which something wrong is said."""
        return next((row for row in self.rows if self.problem and row.field.path == self.problem.path), None)

    def action_nudge(self, way: int) -> None:
        """Double or halve a number, change a whole one by one."""
        if self.row is not None:
            self.replace(self.form.nudged(self.row.field.path, 1 if way > 0 else -1))

    def action_undo(self) -> None:
        """Take the last change back."""
        if self.past:
            self.future.append(self.form)
            self.have(self.past.pop())

    def action_redo(self) -> None:
        """Make it again."""
        if self.future:
            self.past.append(self.form)
            self.have(self.future.pop())

    def load(self, text: str) -> None:
        """Put another text into the form."""
        self.replace(forms.Form.from_text(text))

    def replace(self, form: forms.Form) -> None:
        """Show another form; that is a change."""
        if form.text() != self.form.text():
            self.past.append(self.form)
            self.future = []
        self.have(form)

    def have(self, form: forms.Form) -> None:
        """Show a form."""
        self.form, self.touched = form, ""
        self.show()
        self.describe()

    # what others hear

    def announce(self) -> None:
        """Let the picture follow now, unless a key has come between the timer and this."""
        self.timer = None
        if self.problem is not None:
            return
        self.said = self.form.text()
        self.post_message(self.Changed(self.said))

    def finish(self) -> None:
        """Announce what still waits to be."""
        if self.timer is not None:
            self.timer.stop()
            self.announce()

    def action_keep(self) -> None:
        """Close the form; what it shows stays, if it is a scenario."""
        if self.problem is not None:
            self.show_verdict(f"{self.verdict()}\n✗ not kept: this is no scenario yet")
            return
        self.finish()
        self.close(self.said, kept=True)

    def action_leave(self) -> None:
        """Close the form without keeping; where something would be lost, ask."""

        def answered(key: str | None) -> None:
            if key == "y":
                self.close(self.kept, kept=False)
            elif key == "k":
                self.action_keep()

        if self.form.text() == self.kept:
            self.close(self.kept, kept=False)
        else:
            self.app.push_screen(Confirmation("the changes are not kept", LOSE), answered)

    def close(self, text: str, *, kept: bool) -> None:
        """Say which scenario is shown from now on, and end."""
        if self.timer is not None:
            self.timer.stop()
        self.post_message(self.Closed(text))
        self.dismiss_later(kept)

    def action_raw(self) -> None:
        """Edit the text instead."""
        self.finish()
        self.post_message(self.EditAsText(self.form.text()))

    def action_save(self) -> None:
        """Ask for a name, and save."""
        if self.problem is not None:
            self.show_verdict(f"{self.verdict()}\n✗ not saved: this is no scenario yet")
            return
        self.finish()

        def saved(path: Path | None) -> None:
            if path is not None:
                self.kept = self.said
                self.show_verdict(f"✓ saved {path}")
                self.post_message(self.Saved(path))

        self.app.push_screen(SaveAs(self.said, Path(self.folder), self.stem, self.save_in or Path.cwd()), saved)
