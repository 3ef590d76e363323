"""Looking: scale, matrix, states, panels, themes, and what the mouse points at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from textual import on
from textual.screen import ModalScreen
from textual.widget import Widget

from tui import view
from tui.doing.time import TimeActions
from tui.panels.canvas import Panel
from tui.stage import LATE, SHORT
from tui.themes import THEMES
from tui.view import marginal, matrix, posterior

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

    def action_panel(self, number: int) -> None:
        """A panel by its number; where it shares a place it is turned to."""
        if str(number) in SHORT:
            self.show_late(str(number))
        panel = self.query_one(f"#panel-{number}", Panel)
        if self.zoomed:
            self.zoom(panel)
        panel.focus()
        self.repaint()

    def action_turn(self) -> None:
        """The next panel; where panels share a place, the next of those."""
        if isinstance(self.screen, ModalScreen):
            self.screen.focus_next()
            return
        short, narrow = self.screen.has_class("-short"), self.screen.has_class("-narrow")
        if short or narrow:
            ring = SHORT if short else LATE
            self.action_panel(int(following(ring, self.late if self.late in ring else ring[-1])))
        elif self.zoomed:
            self.action_panel(int(following(tuple(view.PANELS), self.zoomed)))
        else:
            self.screen.focus_next(Panel)
            self.repaint()

    def action_zoom(self) -> None:
        """The focused panel alone between the headline and the line that reads out, or all again."""
        self.zoom(None if self.zoomed else self.focused)

    def action_leave_zoom(self) -> None:
        """All panels again."""
        self.zoom(None)

    def zoom(self, alone: Widget | None) -> None:
        """Give all the panels' room to this one, if it is a panel; else every panel its own."""
        self.zoomed = alone.number if isinstance(alone, Panel) else ""
        self.query_one("#panels").set_class(bool(self.zoomed), "-zoomed")
        for panel in self.query(Panel):
            panel.set_class(panel.number == self.zoomed, "-alone")
        self.call_after_refresh(self.repaint)

    def action_next_theme(self) -> None:
        """The next of the themes."""
        names = [theme.name for theme in THEMES]
        self.theme = following(names, self.theme) if self.theme in names else names[0]

    @on(Panel.Pointed)
    def point(self, event: Panel.Pointed) -> None:
        """A click on the curves goes to that time; on a state, it is chosen."""
        panel, (width, height) = event.panel, event.panel.size
        scene = self.scene()
        match panel.number:
            case "1" if (t := self.time_under(panel, event.x)) is not None:
                self.go(t)
            case "2" if entry := matrix.entry_at(scene, event.x, event.y, width, height):
                self.source, self.chosen = entry
            case "3" if (state := marginal.state_at(scene, event.x, width)) is not None:
                self.chosen = state
            case "4" if (state := posterior.state_at(scene, event.y, height)) is not None:
                self.source = state
            case _:
                pass
        self.repaint()

    @on(Panel.Hovered)
    def hovered(self, event: Panel.Hovered) -> None:
        """What the mouse is over is read out."""
        self.hover = event.place
        self.repaint()


def following(choices: Sequence[Choice], now: Choice) -> Choice:
    """The next one round."""
    return choices[(choices.index(now) + 1) % len(choices)]
