"""The terminal interface as a program: the main screen, themes, the palette of commands, and what a form announces."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from textual import events, on
from textual.app import App, SystemCommand
from textual.screen import Screen

from tui import recent
from tui.actions import ACTIONS, spelled
from tui.engine import Engine
from tui.main_screen import MainScreen
from tui.messages import Request
from tui.panel import NORMAL_FROM, TALL_FROM, WIDE_FROM
from tui.screens.form import Form
from tui.screens.lists import Palette
from tui.screens.overlays import Editor
from tui.session import Session
from tui.themes import THEMES

GREETING = "T is a tour in ten questions, ? the help; space plays, e changes the chain."
"""What is said once, the first time."""


class MarkovdiffApp(App[None]):
    """Step through the time of a noising chain."""

    CSS_PATH = "app.tcss"
    TITLE = "markovdiff"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NORMAL_FROM, "-normal"), (WIDE_FROM, "-wide")]  # noqa: RUF012  (Textual's)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_FROM, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        request: Request,
        engine: Engine | None = None,
        *,
        t: int = 0,
        play: bool = False,
        fps: int = 30,
        theme: str | None = None,
        greet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show a scenario; an `engine` that is given has begun it already. `greet` says where to begin."""
        super().__init__()
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme or THEMES[0].name
        self.greet = greet
        begun, engine = engine is not None, engine or Engine()
        self.main = MainScreen(
            lambda screen: Session(screen, request, engine, begun=begun, t=t, play=play, clock=clock), fps
        )
        self.session = self.main.session

    def get_default_screen(self) -> MainScreen:
        """Begin with the main screen."""
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our colours: their names exist in every theme, also in one of Textual's own."""
        return dict(THEMES[0].variables)

    def on_ready(self) -> None:
        """Say to somebody new where to begin."""
        if self.greet:
            self.notify(GREETING, title="new here?", timeout=20, markup=False)

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self.session.engine.close()

    def on_resize(self, event: events.Resize) -> None:
        """Stand the panels where they are in this size."""
        self.session.look(size=(event.size.width, event.size.height))

    # what is not the main screen's

    def action_command_palette(self) -> None:
        """Open the palette, once."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002  (Textual's)
        """List in the palette what the registry has."""
        for action in ACTIONS:
            later = partial(self.call_later, self.main.action_act, action.name)
            yield SystemCommand(action.words, f"{action.group}: {spelled(action.keys.split(',')[0])}", later)

    async def action_quit(self) -> None:
        """Leave; an edited chain that is not saved is asked about."""
        self.main.action_act("quit")

    def action_suspend_process(self) -> None:
        """Give the terminal back to the shell, with the clock at rest; where there is no shell, do nothing."""
        if self._driver is None or not self._driver.can_suspend or not _has_a_shell():
            return
        self.session.playback.pause()
        super().action_suspend_process()

    def on_mouse_scroll_down(self) -> None:
        """Move time by the wheel."""
        self.main.action_act("step_on")

    def on_mouse_scroll_up(self) -> None:
        """Move time by the wheel."""
        self.main.action_act("step_back")

    # what a form announces

    @on(Form.Changed)
    def changed(self, event: Form.Changed) -> None:
        """Run another scenario, and stay at this time."""
        self.session.again(replace(self.session.request, text=event.text, edited=True))

    @on(Form.EditAsText)
    def edit_as_text(self, event: Form.EditAsText) -> None:
        """Edit the form's text in the editor; what comes back goes into the form."""
        form = self.screen

        def edited(text: str | None) -> None:
            if text is not None and isinstance(form, Form):
                form.load(text)

        self.push_screen(Editor(event.text, self.session.judge), edited)

    @on(Form.Saved)
    def saved(self, event: Form.Saved) -> None:
        """Name the file in the command line from now on."""
        recent.remember(event.path)
        self.session.saved(self.session.request, event.path)


def _has_a_shell() -> bool:
    """Return whether a shell with jobs started this: its session's leader is then not in the group that would stop.

    Where it is (`ssh -t host markovdiff tui`, a window of tmux, a container), nobody could bring the program back.
    """
    return not hasattr(os, "getsid") or os.getpgrp() != os.getsid(0)
