"""Lists that no key can break: Textual's own look up lines that they may not have laid out yet.

Between the moment in which a list gets its options and the next layout, and while it is hidden, a page key reads a
table of lines that is empty, which is a KeyError in Textual 8.2. Then there is nothing to see, so nothing to move.
"""

from __future__ import annotations

import contextlib

from textual.command import CommandPalette
from textual.widgets import OptionList


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

    def _action_command_list(self, action: str) -> None:
        """Pass an action on to the list, where there are lines."""
        with contextlib.suppress(LookupError):
            super()._action_command_list(action)
