"""Looking: scale, matrix, states, panels, themes, and what the mouse points at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from textual import on
from textual.screen import ModalScreen

from tui import view
from tui.canvas import PanelWidget
from tui.doing.time import TimeActions
from tui.panel import LAYOUTS, in_sight, ring
from tui.panels import PANELS
from tui.themes import THEMES

Choice = TypeVar("Choice")


class LookActions(TimeActions):
    """The actions of the group "look"."""

    def action_scale(self) -> None:
        """The next scale of the curves."""
        self.scale = following(view.SCALES, self.scale)
        self.repaint()

    def action_shadow(self) -> None:
        """Float64's curve, or without it."""
        self.shadow = not self.shadow
        self.ask_shadow()
        self.repaint()

    def action_matrix(self) -> None:
        """The next matrix."""
        self.matrix = following(view.MATRICES, self.matrix)
        self.repaint()

    def action_choose(self, way: int) -> None:
        """The next state of x_t."""
        self.chosen = (self.chosen + way) % self.states()
        self.repaint()

    def action_choose_source(self, way: int) -> None:
        """The next state of x_0."""
        self.source = (self.source + way) % self.states()
        self.repaint()

    def states(self) -> int:
        """How many there are, or one while that is not known."""
        return self.film.opened.K if self.film.opened else 1

    def action_unit(self) -> None:
        """The other unit: the engine runs again."""
        now = self.request.unit or (self.film.opened.unit if self.film.opened else "bits")
        self.again(replace(self.request, unit="nats" if now == "bits" else "bits"))

    def action_panel(self, name: str) -> None:
        """Focus a panel; where it shares a place it comes to the front."""
        if self.zoomed:
            self.zoomed = name
        self.bring_forward(name)
        self.query_one(f"#panel-{name}", PanelWidget).focus()
        self.repaint()

    def action_turn(self) -> None:
        """The next panel; where panels share a place, the next of those."""
        if isinstance(self.screen, ModalScreen):
            self.screen.focus_next()
            return
        layout, focused = self.layout, self.screen.focused
        seen = in_sight(PANELS.values(), layout, self.recent)
        names = ring(PANELS.values(), layout)
        if LAYOUTS[layout].turned:
            now = next(name for name in seen if name in names)
        else:
            names = names if self.zoomed else seen
            now = focused.panel.name if isinstance(focused, PanelWidget) else names[-1]
        self.action_panel(following(names, now))

    def action_zoom(self) -> None:
        """The focused panel alone between the headline and the line that reads out, or all again."""
        focused = self.focused
        self.zoom("" if self.zoomed or not isinstance(focused, PanelWidget) else focused.panel.name)

    def action_leave_zoom(self) -> None:
        """All panels again."""
        self.zoom("")

    def zoom(self, name: str) -> None:
        """Give all the panels' room to this one; with no name, give every panel its own."""
        self.zoomed = name
        self.arrange()

    def action_next_theme(self) -> None:
        """The next of the themes."""
        names = [theme.name for theme in THEMES]
        self.theme = following(names, self.theme) if self.theme in names else names[0]

    @on(PanelWidget.Pointed)
    def point(self, event: PanelWidget.Pointed) -> None:
        """Do what a click there means."""
        before, widget = self.scene(), event.widget
        after = widget.panel.click(before, event.x, event.y, *widget.size)
        self.chosen, self.source = after.chosen, after.source
        if (after.t, after.playing) != (before.t, before.playing):
            self.go(after.t)
        self.repaint()

    @on(PanelWidget.Hovered)
    def hovered(self, event: PanelWidget.Hovered) -> None:
        """What the mouse is over is read out."""
        self.hover = event.place
        self.repaint()


def following(choices: Sequence[Choice], now: Choice) -> Choice:
    """The next one round."""
    return choices[(choices.index(now) + 1) % len(choices)]
