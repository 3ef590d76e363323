"""The terminal interface, put together: the stage, what the keys do, and their bindings from the one registry."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.actions import ACTIONS, spelled
from tui.doing.guide import TOUR_BINDINGS, GuideActions
from tui.screens.lists import Palette
from tui.screens.overlays import Help


class MarkovdiffApp(GuideActions):
    """Step through the time of a noising chain."""

    CSS_PATH = "app.tcss"
    TITLE = "markovdiff"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012  (as Textual declares it)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *TOUR_BINDINGS,
        Binding("escape", "leave_zoom", "back from zoom", show=False),
        *(
            Binding(
                a.keys, a.call, a.footer or a.words, show=bool(a.footer), key_display=a.shown, priority=a.name == "turn"
            )
            for a in ACTIONS
        ),
    ]

    def action_help(self) -> None:
        """Every key, and what the panels mean."""
        self.push_screen(Help())

    def action_command_palette(self) -> None:
        """Open the palette, once."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_suspend_process(self) -> None:
        """Give the terminal back to the shell, with the clock at rest; where there is no shell, do nothing."""
        if self._driver is None or not self._driver.can_suspend or not _has_a_shell():
            return
        self.playback.pause()
        super().action_suspend_process()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002  (Textual's)
        """The palette has what the registry has."""
        for action in ACTIONS:
            keys = action.keys.split(",")[0]
            later = partial(self.call_later, self.run_action, action.call)
            yield SystemCommand(action.words, f"{action.group}: {spelled(keys)}", later)


def _has_a_shell() -> bool:
    """Whether a shell with jobs started this: the leader of its session is then not in the group that would stop.

    Where it is (`ssh -t host markovdiff tui`, a window of tmux, a container), nobody could bring the program back.
    """
    return not hasattr(os, "getsid") or os.getpgrp() != os.getsid(0)
