"""Time: play, step, go; the scrubber and the wheel."""

from __future__ import annotations

from textual import on

from tui import raster
from tui.canvas import Scrubber
from tui.screens.overlays import GoTo
from tui.stage import MainApp


class TimeActions(MainApp):
    """The actions of the group "time"."""

    def action_play_or_pause(self) -> None:
        """Play or pause."""
        self.playback.toggle()
        self.repaint()

    def action_step(self, n: int) -> None:
        """Some steps on or back."""
        self.playback.step(n)
        self.repaint()

    def action_go(self, where: str) -> None:
        """To an end."""
        self.go(0 if where == "first" else self.film.T)

    def go(self, t: int) -> None:
        """Rest at this time."""
        self.playback.pause()
        self.playback.go(t)
        self.repaint()

    def action_ask_time(self) -> None:
        """Ask for a time."""

        def went(t: int | None) -> None:
            if t is not None:
                self.go(t)

        self.push_screen(GoTo(self.film.T), went)

    def action_speed(self, way: int) -> None:
        """Twice or half as fast."""
        (self.playback.faster if way > 0 else self.playback.slower)()
        self.repaint()

    def action_reverse(self) -> None:
        """Let time run the other way."""
        self.playback.reverse()
        self.repaint()

    def action_loop(self) -> None:
        """Begin again at the end, or stop there."""
        self.playback.toggle_loop()
        self.repaint()

    @on(Scrubber.Dragged)
    def dragged(self, event: Scrubber.Dragged) -> None:
        """The knob follows the mouse."""
        self.go(raster.time_at(event.x, self.film.T, event.width))

    def on_mouse_scroll_down(self) -> None:
        """The wheel is time, too."""
        self.action_step(1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel is time, too."""
        self.action_step(-1)
