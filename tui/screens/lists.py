"""Lists and dialogues that no key can break.

A key may still be on its way to a dialogue that the key before it has closed. Textual then closes what lies beneath, or
fails where nothing does; so a dialogue gives its choice back only while it is on top.

Textual's lists look up lines that they may not have laid out yet. Between the moment in which a list gets its options
and the next layout, and while it is hidden, a page key reads a table of lines that is empty, which is a KeyError in
Textual 8.2. Then there is nothing to see, so nothing to move.
"""

from __future__ import annotations

import contextlib
from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import ModalScreen
from textual.widgets import OptionList

Chosen = TypeVar("Chosen")


class Modal(ModalScreen[Chosen]):
    """A screen that is laid over another; what would close it is ignored while it is not on top."""

    def dismiss(self, result: Chosen | None = None) -> AwaitComplete:
        """Give the choice back, if this is still the screen that keys go to."""
        return super().dismiss(result) if self.is_active else _nothing()


class Choices(OptionList):
    """An OptionList whose keys do nothing while it has no lines."""

    def action_page_up(self) -> None:
        """Move the highlight up one page, where there are lines."""
        with contextlib.suppress(LookupError):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Move the highlight down one page, where there are lines."""
        with contextlib.suppress(LookupError):
            super().action_page_down()  # type: ignore[no-untyped-call]


class Palette(CommandPalette):
    """The command palette, whose list ignores keys while it has no lines."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close, if this is still the screen that keys go to."""
        return super().dismiss(result) if self.is_active else _nothing()

    def _action_command_list(self, action: str) -> None:
        """Pass an action on to the list, where there are lines."""
        with contextlib.suppress(LookupError):
            super()._action_command_list(action)


def _nothing() -> AwaitComplete:
    """Return what there is to wait for where nothing is closed."""
    done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
    return done
