"""The lab as a screen: keys and the mouse move what is on the lab, and the page is painted again.

    key or mouse → Bench (a value) → measured by the engine → tui.lab.page → rows of cells

The numbers are small and are computed here, where they are shown. Only a slow view's are computed in a thread, one at
a time: until they come the last ones stay, and say of what they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import groupby
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from tui.canvas import Canvas
from tui.lab import VIEWS, page
from tui.lab.dial import Values
from tui.lab.state import LabState
from tui.screens.lists import Modal
from tui.screens.overlays import BACK, Overlay
from tui.view.footer import Hint


class Desk(Canvas, can_focus=True):
    """The whole page; it tells where the mouse is held."""

    class Held(Message):
        """The mouse is held at a place; `first` where it has just been pressed."""

        def __init__(self, x: int, y: int, first: bool) -> None:
            super().__init__()
            self.x, self.y, self.first = x, y, first

    class Resized(Message):
        """There is another size to draw in."""

    def on_resize(self) -> None:
        """Ask to be painted in the new size."""
        self.post_message(self.Resized())

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold."""
        self.capture_mouse()
        self.post_message(self.Held(event.x, event.y, True))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow while held."""
        if self.app.mouse_captured is self:
            self.post_message(self.Held(event.x, event.y, False))

    def on_mouse_up(self) -> None:
        """Let go."""
        self.release_mouse()


class Lab(Modal[LabState]):
    """The lab; it gives back its lab, to be found again as it was left."""

    DEFAULT_CSS = """
    Lab { background: $background; }
    Lab Desk { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+l", "leave", "back", priority=True),
        *(Binding(key, f"turn('{key}')", view.title) for key, view in VIEWS.items()),
        Binding("up,k", "arrow('up')", "the dial above, or a bar higher"),
        Binding("down,j", "arrow('down')", "the dial below, or a bar lower"),
        Binding("left,h", "arrow('left')", "a step down, or the bar to the left"),
        Binding("right,l", "arrow('right')", "a step up, or the bar to the right"),
        Binding("shift+left,shift+down,left_curly_bracket", "move(-1, True)", "far down"),
        Binding("shift+right,shift+up,right_curly_bracket", "move(1, True)", "far up"),
        Binding("left_square_bracket", "move(-1)", "a step down"),
        Binding("right_square_bracket", "move(1)", "a step up"),
        Binding("equals_sign,colon", "type", "type a number"),
        Binding("0", "reset", "as it was at first"),
        Binding("question_mark,enter", "page", "the page of the chapter"),
    ]

    def __init__(self, lab: LabState | None = None) -> None:
        super().__init__()
        self.lab = lab or LabState()
        self.fits: tuple[str, Values, Any] | None = None
        self.fitting = False
        self.rail: page.Rail | None = None

    def compose(self) -> ComposeResult:
        """Lay out one canvas."""
        yield Desk()

    def on_mount(self) -> None:
        """Give the desk the keys."""
        self.query_one(Desk).focus()

    def have(self, lab: LabState) -> None:
        """Put this on the lab."""
        self.lab = lab
        self.redraw()

    @on(Desk.Resized)
    def redraw(self) -> None:
        """Paint the page in the size there is."""
        desk = self.query_one(Desk)
        width, height = desk.size
        if width > 0 and height > 0:
            desk.show_rows(page.render(self.lab, self.measured(), width, height))

    def measured(self) -> Any:
        """Return the numbers of the view; a slow view's are the last that came, and others are on their way."""
        lab = self.lab
        if not lab.view.slow:
            return lab.view.measure(lab.values)
        if self.fits is None or self.fits[:2] != (lab.key, lab.values):
            self.start_fitting()
        return self.fits[2] if self.fits is not None and self.fits[0] == lab.key else None

    def start_fitting(self) -> None:
        """Start one fit at a time: what was moved meanwhile comes after it."""
        if not self.fitting:
            self.fitting = True
            self.run_worker(self.fit(self.lab))

    async def fit(self, lab: LabState) -> None:
        """Measure beside the screen, then draw; which sees to what was moved meanwhile."""
        try:
            self.fits = lab.key, lab.values, await asyncio.to_thread(lab.view.measure, lab.values)
        finally:
            self.fitting = False
        self.redraw()

    def action_leave(self) -> None:
        """Go back to the chain."""
        self.dismiss(self.lab)

    def action_turn(self, key: str) -> None:
        """Turn to another view."""
        self.have(self.lab.turned(key))

    def action_arrow(self, arrow: str) -> None:
        """Move along the rail, pick across it; bars stand upright."""
        way = 1 if arrow in ("up", "right") else -1
        upright = arrow in ("up", "down")
        if upright == self.lab.view.upright:
            self.have(self.lab.moved(way))
        else:
            self.have(self.lab.picked(-way if upright else way))

    def action_move(self, way: int, far: bool = False) -> None:
        """Move the dial in hand."""
        self.have(self.lab.moved(way, far))

    def action_reset(self) -> None:
        """Put the view back as it was at first."""
        self.have(self.lab.reset())

    def action_type(self) -> None:
        """Ask for a number."""
        dial = self.lab.dial

        def typed(lab: LabState | None) -> None:
            if lab is not None:
                self.have(lab)

        self.app.push_screen(Type(f"{dial.name}, {dial.bounds}", self.lab.typed), typed)

    def action_page(self) -> None:
        """Open the chapter on this view, with the numbers on the lab."""
        self.app.push_screen(Chapter(self.lab.view.topic, self.lab.view.settings(self.lab.values)))

    @on(Desk.Held)
    def held(self, event: Desk.Held) -> None:
        """Turn to a tab, move a rail that was taken hold of, or put a dial where the picture is held."""
        width, height = self.query_one(Desk).size
        spot = page.under(self.lab, event.x, event.y, width, height)
        if event.first:
            self.rail = spot if isinstance(spot, page.Rail) else None
        if self.rail is not None:
            spot = page.along(self.rail.index, event.x, width)
        match spot:
            case page.Tab() if event.first:
                self.have(self.lab.turned(spot.key))
            case page.Rail():
                self.have(self.lab.dragged(spot.index, spot.share))
            case page.DialValue():
                self.have(self.lab.put(spot.name, spot.value))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the dial in hand, not the time behind the lab."""
        event.stop()
        self.action_move(-1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the dial in hand, not the time behind the lab."""
        event.stop()
        self.action_move(1)


class Type(Overlay[LabState | None]):
    """A number to be typed; it stays until the number can be had."""

    HINTS: ClassVar[tuple[Hint, ...]] = (Hint("enter", "Take it", "submit", 3), BACK)

    def __init__(self, title: str, attempt: Callable[[str], LabState]) -> None:
        super().__init__()
        self.heading, self.attempt = title, attempt

    def compose(self) -> ComposeResult:
        """Lay out one field, and why not."""
        with Vertical(classes="small") as box:
            box.border_title = self.heading
            yield Input(placeholder="3/4, 0.75", max_length=24)
            yield Static(classes="why", markup=False)

    @on(Input.Submitted)
    def action_submit(self) -> None:
        """Give the number back, if the dial may stand there."""
        lab = self.attempt(self.query_one(Input).value)
        if lab.refused:
            self.query_one(".why", Static).update(lab.refused)
        else:
            self.dismiss(lab)


class Chapter(Overlay[None]):
    """A page of the chapter, computed now."""

    HINTS: ClassVar[tuple[Hint, ...]] = ()  # the title says them: a page has every row of a small screen

    DEFAULT_CSS = """
    Chapter { background: $background; }
    Chapter > .page { width: 100%; max-width: 84; height: 100%; max-height: 28; overflow-x: auto;
                      background: $background; border-top: solid $md-series-1; scrollbar-size: 0 0; }
    Chapter .page > Static { width: auto; }
    Chapter .title { text-style: bold; color: $md-title; }
    Chapter .ask { color: $md-highlight; }
    Chapter .formula { color: $md-series-1; }
    Chapter .picture { color: $md-series-3; }
    Chapter .foot { color: $md-dim; }
    Chapter .refused { color: $md-bad; }
    """

    def __init__(self, topic: str, settings: list[str]) -> None:
        super().__init__()
        self.topic, self.settings = topic, settings

    def compose(self) -> ComposeResult:
        """Lay out the page's lines, each kind in its colour."""
        from tui.lab import numbers

        lines, refused = numbers.page(self.topic, self.settings)
        with VerticalScroll(classes="page") as box:
            box.border_title = f"markovdiff learn {self.topic}: arrows scroll, escape leaves"
            if refused:
                yield Static(f"{refused}: the page keeps its own numbers", classes="refused", markup=False)
            for role, group in groupby(lines, key=lambda line: line[1]):
                yield Static("\n".join(text or " " for text, _ in group), classes=role, markup=False)

    def on_mount(self) -> None:
        """Give the desk the keys."""
        self.query_one(VerticalScroll).focus()
