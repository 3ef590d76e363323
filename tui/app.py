"""The terminal interface as a program: the main screen, themes, the palette of commands, and what a form announces."""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from textual import events, on
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode
from textual.screen import Screen

from tui import recent
from tui.actions import ACTIONS, spelled
from tui.engine import EngineProcess
from tui.main_screen import MainScreen
from tui.messages import Request
from tui.panel import NORMAL_FROM, TALL_FROM, WIDE_FROM
from tui.screens.form import FormScreen
from tui.screens.lists import Palette
from tui.screens.overlays import Editor
from tui.session import Session
from tui.themes import THEMES

PATIENCE = 2.0
"""Seconds after which no key waits any longer for the one before: what that was for may have gone without a word."""


class MarkovdiffApp(App[None]):
    """Step through the time of a noising chain."""

    CSS_PATH = "app.tcss"
    TITLE = "markovdiff"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NORMAL_FROM, "-normal"), (WIDE_FROM, "-wide")]  # noqa: RUF012  (Textual's)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_FROM, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        request: Request,
        engine: EngineProcess | None = None,
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
        begun, engine = engine is not None, engine or EngineProcess()
        self.main = MainScreen(
            lambda screen: Session(screen, request, engine, begun=begun, t=t, play=play, clock=clock), fps
        )
        self.session = self.main.session
        self.typed: deque[events.Key | events.Paste] = deque()

    def get_default_screen(self) -> MainScreen:
        """Begin with the main screen."""
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our colours: their names exist in every theme, also in one of Textual's own."""
        return dict(THEMES[0].variables)

    def on_ready(self) -> None:
        """Say to somebody new where to begin, until a key is pressed."""
        self.session.look(greeting=self.greet)

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self.session.engine.close()

    def on_resize(self, event: events.Resize) -> None:
        """Stand the panels where they are in this size."""
        self.session.look(size=(event.size.width, event.size.height))

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait until the one before it has had its whole effect: that may open or close what it is for."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self.typed.append(event)
        if len(self.typed) == 1:
            await self.type_next()

    async def type_next(self) -> None:
        """Let what is in front have the key, and follow it twice: it may send a message the same way, as enter does."""
        self.set_timer(PATIENCE, partial(self.followed, self.typed[0], 0))
        await super().on_event(self.typed[0])
        self.follow(self.typed[0], self.focused or self.screen, 2)

    def follow(self, key: events.Key | events.Paste, node: DOMNode, rounds: int) -> None:
        """Go from a widget to its parents, up to the app, each time after all that has been sent there before."""
        if node is self:
            self.call_later(self.followed, key, rounds - 1)
        elif not node.call_later(self.follow, key, parent := node.parent or self, rounds):
            self.follow(key, parent, rounds)

    async def followed(self, key: events.Key | events.Paste, rounds: int) -> None:
        """Follow once more from what is in front now, or take the next key; do nothing for one that was given up."""
        if rounds:
            self.follow(key, self.focused or self.screen, rounds)
        elif self.typed and self.typed[0] is key:
            self.typed.popleft()
            if self.typed:
                await self.type_next()

    def pop_screen(self) -> AwaitComplete:
        """Close what is in front, and keep nothing of what it has painted."""
        _forget_painted()
        return super().pop_screen()

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

    @on(FormScreen.Changed)
    def changed(self, event: FormScreen.Changed) -> None:
        """Run another scenario, and stay at this time."""
        self.session.again(replace(self.session.request, text=event.text, edited=True))

    @on(FormScreen.EditAsText)
    def edit_as_text(self, event: FormScreen.EditAsText) -> None:
        """Edit the form's text in the editor; what comes back goes into the form."""
        form = self.screen

        def edited(text: str | None) -> None:
            if text is not None and isinstance(form, FormScreen):
                form.load(text)

        self.push_screen(Editor(event.text, self.session.validate, self.session.view.fault), edited)

    @on(FormScreen.Saved)
    def saved(self, event: FormScreen.Saved) -> None:
        """Name the file in the command line from now on."""
        recent.remember(event.path)
        self.session.saved(self.session.request, event.path)


def _forget_painted() -> None:
    """Empty a cache of Textual's that keeps the last 1,024 widgets' pictures, also of those that are long closed.

    It is among the names that a later Textual need not have.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from textual._styles_cache import StylesCache

        StylesCache.get_inner_outer.cache_clear()


def _has_a_shell() -> bool:
    """Return whether a shell with jobs started this: its session's leader is then not in the group that would stop.

    Where it is (`ssh -t host markovdiff tui`, a window of tmux, a container), nobody could bring the program back.
    """
    return not hasattr(os, "getsid") or os.getpgrp() != os.getsid(0)
