"""Lists and dialogues that no key can break.

Each says at the foot of the screen what its keys do: those of the screen behind it mean nothing meanwhile.

A key may still be on its way to a dialogue that the key before it has closed. Textual then closes what lies beneath, or
fails where nothing does; so a dialogue gives its choice back only while it is on top.

Textual's lists look up lines that they may not have laid out yet. Between the moment in which a list gets its options
and the next layout, and while it is hidden, a page key reads a table of lines that is empty, which is a KeyError in
Textual 8.2. Then there is nothing to see, so nothing to move.
"""

from __future__ import annotations

import contextlib
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import ModalScreen
from textual.widgets import OptionList

from tui.canvas import Foot
from tui.view.footer import Hint

Chosen = TypeVar("Chosen")


class Modal(ModalScreen[Chosen]):
    """A screen that is laid over another, with its keys at the foot; nothing closes it while it is not on top."""

    DEFAULT_CSS = """
    Modal > Foot { dock: bottom; width: 100%; background: $background; }
    """
    HINTS: ClassVar[tuple[Hint, ...]] = ()

    def hints(self) -> tuple[Hint, ...]:
        """Return what stands at the foot; nothing where the screen says its keys itself."""
        return self.HINTS

    def on_mount(self) -> None:
        """Say what the keys do."""
        if self.hints():
            self.mount(Foot(self.hints()))

    def dismiss(self, result: Chosen | None = None) -> AwaitComplete:
        """Give the choice back, if this is still the screen that keys go to."""
        return super().dismiss(result) if self.is_active else _nothing()

    def dismiss_later(self, result: Chosen | None = None) -> None:
        """Give the choice back soon: a screen cannot wait for its own end."""

        def end() -> None:
            self.dismiss(result)

        self.call_later(end)


class Choices(OptionList):
    """An OptionList that keeps its highlight in sight when it gets lower, and whose keys need lines to do something."""

    def on_resize(self) -> None:
        """Scroll to the highlighted line: a longer paragraph below may have taken its row."""
        self.scroll_to_highlight()

    def action_page_up(self) -> None:
        """Move the highlight up one page, where there are lines."""
        with contextlib.suppress(LookupError):
            super().action_page_up()  # type: ignore[no-untyped-call]  # untyped in Textual

    def action_page_down(self) -> None:
        """Move the highlight down one page, where there are lines."""
        with contextlib.suppress(LookupError):
            super().action_page_down()  # type: ignore[no-untyped-call]  # untyped in Textual


class Palette(CommandPalette):
    """The command palette, with its keys at the foot, whose list ignores keys while it has no lines."""

    DEFAULT_CSS = """
    Palette > Foot { dock: bottom; width: 100%; background: $background; }
    """
    HINTS: ClassVar[tuple[Hint, ...]] = (
        Hint("↑↓", "Choose", "cursor_down", 2),
        Hint("enter", "Do it", "command_list('select')", 3),
        Hint("esc", "Back", "escape", 4),
    )

    def compose(self) -> ComposeResult:
        """Lay out the search and its list, and the foot."""
        yield from super().compose()
        yield Foot(self.HINTS)

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close, if this is still the screen that keys go to."""
        return super().dismiss(result) if self.is_active else _nothing()

    def _action_command_list(self, action: str) -> None:
        """Pass an action on to the list, where there are lines."""
        with contextlib.suppress(LookupError):
            super()._action_command_list(action)


def _nothing() -> AwaitComplete:
    """Return what there is to wait for where nothing is closed."""
    done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]  # untyped in Textual
    return done
