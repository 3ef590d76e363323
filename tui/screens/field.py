"""A field of the form as widgets: its label, its value to type or to choose, and what is wrong with it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from tui import form as forms


class Choice(Widget, can_focus=True):
    """One of a few words: left and right turn to the next, a letter to the next that begins so."""

    DEFAULT_CSS = """
    Choice { width: 1fr; height: 1; }
    Choice:focus { background: $md-cursor; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,enter", "turn(1)", "next", show=False),
        Binding("left", "turn(-1)", "before", show=False),
    ]

    class Picked(Message):
        """Another word was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
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
        place = f" {self.index + 1}/{len(self.choices)}" if self.index >= 0 else ""
        return Content.assemble(f"‹ {word} ›", (place, "dim"))

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
    def _entry(field: forms.Field) -> Choice | Input | Static:
        if field.kind == "choice":
            return Choice(field)
        if field.kind == "fixed":
            return Static(field.value, classes="fixed", markup=False)
        return Input(field.value, placeholder=_placeholder(field), compact=True, select_on_focus=False)

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
        if isinstance(self.entry, Choice):
            self.entry.default = field.default
            self.entry.refresh()
        else:
            self.entry.placeholder = _placeholder(field)

    def tell(self, message: str | None) -> None:
        """Say what is wrong here, or that nothing is."""
        self.set_class(message is not None, "-wrong")
        self.why.update(f"✗ {message}" if message else "")


def _placeholder(field: forms.Field) -> str:
    return field.default or ("—" if field.optional else "")
