"""Textual's driver for a browser, for visitors who are not trusted: named to the app by `TEXTUAL_DRIVER`.

- Size and focus come from the server, which has bounded them; typed as escape sequences they are dropped.
- It reads no faster than the app works, else a flood of keys would be kept in memory: after every few events it waits
  until the app has come so far. The pipe then fills, and the server waits as well.
- Where the server is gone, or no key can come any more, it ends its process group: the app and its engine.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from typing import Any

from textual import events
from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.message import Message

AHEAD = 32
"""Events that may wait in the app."""

PATIENCE = 1.0
"""Seconds to wait for the app; a widget that has gone with its queue never answers."""


class ServedDriver(WebDriver):
    """The driver of one visitor's app, in a process group of its own."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._events = 0
        threading.Thread(target=end_with_server, daemon=True, name="leash").start()

    def process_message(self, message: Message) -> None:
        """Pass on what was typed, at the app's pace."""
        if not isinstance(message, events.Resize | events.AppFocus | events.AppBlur):
            super().process_message(message)
            self.keep_pace()

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Pass on what the server says, at the app's pace."""
        super().on_meta(packet_type, payload)
        self.keep_pace()

    def keep_pace(self) -> None:
        """Wait, after every few events, until the widget that has the keys has met them all."""
        self._events += 1
        if self._events % AHEAD == 0:
            reached = threading.Event()
            app = self._app

            def ask_widget() -> None:
                if app.is_running and app.screen_stack:
                    (app.focused or app.screen).call_later(reached.set)

            app.call_later(ask_widget)
            reached.wait(PATIENCE)

    def run_input_thread(self) -> None:
        """Read until the app ends; where reading ends first, nobody can reach the app any more."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            end_group()


def end_with_server() -> None:
    """Wait until the other end of stdin is closed: the system does that, however the server has ended."""
    if hasattr(select, "poll"):
        hangup = select.poll()
        hangup.register(0, 0)
        hangup.poll()
        end_group()


def end_group() -> None:
    """End this process and all that it started, whatever they are doing."""
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
