"""A field of the form as widgets: its label, its value to type or to choose, and what is wrong with it."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from tui import form as forms
from tui.form.words import Kind
from tui.glyphs import columns, shorten
from tui.view.view_state import fraction


class ChoiceEntry(Widget, can_focus=True):
    """One of a few words: left and right turn to the next, a letter to the next that begins so."""

    DEFAULT_CSS = """
    ChoiceEntry { width: 1fr; height: 1; }
    ChoiceEntry:focus { background: $md-cursor; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "next", show=False),
        Binding("left", "turn(-1)", "before", show=False),
    ]

    class Picked(Message):
        """Another word was chosen."""

        def __init__(self, choice: ChoiceEntry) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> ChoiceEntry:
            """The widget."""
            return self.choice

    def __init__(self, field: forms.Field) -> None:
        super().__init__()
        self.choices, self.default = field.choices, field.default
        self.value = field.value

    def render(self) -> Content:
        """Return the word, between angles where it can be turned."""
        word = self.value or self.default or "—"
        if not self.has_focus:
            return Content(f"  {word}")
        place = f"  {self.index + 1} of {len(self.choices)}" if self.index >= 0 else ""
        fits = columns(f"‹ {word} ›{place}") <= self.size.width
        return Content.assemble(f"‹ {word} ›", (place if fits else "", "dim"))

    @property
    def index(self) -> int:
        """Which of the choices holds; −1 where none does."""
        held = self.value or ("" if "" in self.choices else self.default)
        return self.choices.index(held) if held in self.choices else -1

    def action_turn(self, way: int) -> None:
        """Choose the next, or the one before."""
        self.pick(self.choices[(self.index + way) % len(self.choices)] if self.index >= 0 else self.choices[0])

    def on_key(self, event: events.Key) -> None:
        """Go to the next word that begins with the letter."""
        letter = (event.character or "").lower()
        if letter.isalpha():
            event.stop()
            around = self.choices[self.index + 1 :] + self.choices[: self.index + 1]
            self.pick(next((word for word in around if word.startswith(letter)), self.value))

    def on_click(self) -> None:
        """Choose the next."""
        self.action_turn(1)

    def pick(self, word: str) -> None:
        """Choose, and say so."""
        if word != self.value:
            self.value = word
            self.refresh()
            self.post_message(self.Picked(self))


def at_rest(value: str, kind: Kind, room: int) -> str:
    """Return what a field shows of its value while nobody types: whole entries, and how many more there are.

    What is typed in place of a number is cut like any other word.

    >>> at_rest("1/10 3/20 1/4 1/2", "numbers", 14), at_rest("1/10 3/20 1", "numbers", 9), at_rest("12/45", "number", 4)
    ('1/10 … 3 more', '3 entries', '≈0.3')
    """
    if columns(value) <= room:
        return value
    if kind in ("number", "integer"):
        return fraction(value, room) or shorten(value, room)
    if kind not in ("numbers", "labels"):
        return shorten(value, room)
    entries, used = re.findall(r'"(?:[^"\\]|\\.)*"|\S+', value), 0
    for n, entry in enumerate(entries):
        used += columns(entry) + 1
        if used + columns(f"… {len(entries) - n - 1} more") > room:
            fit = [*entries[:n], f"… {len(entries) - n} more"]
            return " ".join(fit) if n else shorten(f"{len(entries)} entries", room)
    return value


class Entry(Input):
    """What is typed: it scrolls while it is edited, and is cut in no entry while it is not."""

    def __init__(self, field: forms.Field) -> None:
        super().__init__(field.value, placeholder=_placeholder(field), compact=True, select_on_focus=False)
        self.kind = field.kind

    def on_focus(self) -> None:
        """Bring the cursor into sight, which a long value begins with beyond the edge."""
        self.scroll_to_region(Region(self.cursor_position, 0, 1, 1), force=True, animate=False)

    def render_line(self, y: int) -> Strip:
        """Return the row: at rest in whole entries, from the first."""
        room = self.scrollable_content_region.width
        if self.has_focus or y or columns(self.value) <= room:
            return super().render_line(y)
        shown = Strip([Segment(at_rest(self.value, self.kind, room))])
        return shown.extend_cell_length(room + 1).apply_style(self.rich_style)


class Row(Vertical):
    """A field: its label, its value, and under them what is wrong."""

    DEFAULT_CSS = """
    Row { height: auto; }
    Row > Horizontal { height: 1; }
    Row .label { width: 13; height: 1; color: $md-dim; }
    Row.-here .label { color: $md-title; text-style: bold; }
    Row Input.-textual-compact { width: 1fr; padding: 0 0 0 2 !important; background: $background; color: $foreground; }
    Row Input.-textual-compact:focus { background: $md-cursor; }
    Row .fixed { width: 1fr; padding: 0 0 0 2; color: $md-dim; }
    Row .why { height: auto; padding: 0 0 0 2; color: $md-bad; display: none; }
    Row.-wrong .why { display: block; }
    Row.-wrong .label { color: $md-bad; }
    """

    def __init__(self, field: forms.Field) -> None:
        super().__init__()
        self.field = field
        self.entry = self._entry(field)
        self.why = Static(classes="why", markup=False)

    @staticmethod
    def _entry(field: forms.Field) -> ChoiceEntry | Input | Static:
        if field.kind == "choice":
            return ChoiceEntry(field)
        if field.kind == "fixed":
            return Static(field.value, classes="fixed", markup=False)
        return Entry(field)

    def compose(self) -> ComposeResult:
        """Lay out one line, and the message."""
        with Horizontal():
            yield Static(self.field.label, classes="label", markup=False)
            yield self.entry
        yield self.why

    def on_descendant_focus(self) -> None:
        """Mark the label."""
        self.add_class("-here")

    def on_descendant_blur(self) -> None:
        """Mark the row as one without the keys."""
        self.remove_class("-here")

    def fits(self, field: forms.Field) -> bool:
        """Return whether this row's widget can show that field."""
        mine = self.field
        return (mine.path, mine.kind, mine.choices) == (field.path, field.kind, field.choices)

    def show(self, field: forms.Field, *, typed: bool) -> None:
        """Show the field as it is now; what is just being typed stays as it is typed."""
        before, self.field = self.field, field
        if typed or field == before:
            return
        if isinstance(self.entry, Static):
            self.entry.update(field.value)
            return
        with self.entry.prevent(Input.Changed):
            self.entry.value = field.value
        if isinstance(self.entry, ChoiceEntry):
            self.entry.default = field.default
            self.entry.refresh()
        else:
            self.entry.placeholder = _placeholder(field)

    def show_message(self, message: str | None) -> None:
        """Say what is wrong here, or that nothing is."""
        self.set_class(message is not None, "-wrong")
        self.why.update(f"✗ {message}" if message else "")


def _placeholder(field: forms.Field) -> str:
    return field.default or ("—" if field.optional else "")
