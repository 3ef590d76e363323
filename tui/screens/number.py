"""Show a number whole: every digit of it, in as many lines as that takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.screens.overlays import Overlay


class NumberInFull(Overlay[None]):
    """A number's parts, each under its words; `copy` puts the number on the clipboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w,q", "leave", "back", priority=True),
        Binding("Y", "copy", "copy", priority=True),
    ]

    def __init__(self, name: str, parts: Sequence[tuple[str, str]], copy: Callable[[], None]) -> None:
        super().__init__()
        self.called, self.parts, self.copy = name, parts, copy

    def compose(self) -> ComposeResult:
        """Lay out the words and the digits."""
        with VerticalScroll(classes="box number") as box:
            box.border_title = Content(self.called).markup
            box.border_subtitle = "↑ ↓ scroll, Y copies, w, q or escape closes"
            for words, digits in self.parts:
                yield Static(words, classes="part", markup=False)
                yield Static(digits, classes="digits", markup=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()

    def action_copy(self) -> None:
        """Copy the number."""
        self.copy()
