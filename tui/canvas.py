"""A widget that paints rows of cells.

The rows come from a pure view function; this turns them into Textual's strips, runs of one style joined, and
paints again only the rows that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from tui import tabs
from tui.glyphs import columns
from tui.messages import ColumnAnswer
from tui.panel import Panel, footing, heading
from tui.raster import Row
from tui.view import ViewState, fault
from tui.view.footer import Hint, action_at, footer

CHAR, STYLES = itemgetter(0), itemgetter(1, 2)
"""Of a cell, faster than by name: a frame has thousands."""

SIXTEEN = ColorSystem.STANDARD
SHARE = 0.35
"""What is left of a colour that is faint."""

BEHIND = "not bold $md-dim"
"""How the names of the panels behind one are written on its border."""

TITLE_FROM = 3
"""The column of a border in which its title begins."""

WHEEL = 3
"""Rows of a table that the wheel moves by at a time."""


def faint(colour: str, ground: str) -> str:
    """Return a colour near that of the ground, where that is one that can be mixed with.

    >>> faint("#ff0000", "#000000"), faint("#ff0000", "default")
    ('#590000', '#ff0000')
    """
    if not ground.startswith("#"):
        return colour
    parts = zip(bytes.fromhex(colour[1:]), bytes.fromhex(ground[1:7]), strict=True)
    return "#" + bytes(round(SHARE * c + (1 - SHARE) * g) for c, g in parts).hex()


class Canvas(Widget):
    """Rows of cells on the screen."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self.rows: list[Row] = []
        self.styles_made: dict[tuple[str, str], Style] = {}

    def show_rows(self, rows: list[Row]) -> None:
        """Show these rows; only those that differ are drawn again."""
        before, self.rows = self.rows, rows
        if len(before) != len(rows):
            self.refresh()
            return
        width = self.size.width
        changed = [Region(0, y, width, 1) for y, (a, b) in enumerate(zip(before, rows, strict=True)) if a != b]
        if changed:
            self.refresh(*changed)

    def on_mount(self) -> None:
        """Take the colours from the theme, and others when it changes."""
        self.app.theme_changed_signal.subscribe(self, self.forget_styles)

    def on_unmount(self) -> None:
        """Be told no longer of themes: who is told is kept, with all that it has painted."""
        self.app.theme_changed_signal.unsubscribe(self)

    def forget_styles(self, _theme: Theme | None = None) -> None:
        """Make the colours anew after a change of theme."""
        self.styles_made.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one row as a strip of segments."""
        if y >= len(self.rows):
            return Strip.blank(self.size.width, self._style("", ""))
        row = self.rows[y]
        segments = [Segment("".join(map(CHAR, run)), self._style(*key)) for key, run in groupby(row, STYLES)]
        return Strip(segments, len(row)).adjust_cell_length(self.size.width, self._style("", ""))

    def _style(self, fore: str, back: str) -> Style:
        key = (fore, back)
        if key not in self.styles_made:
            variables = self.app.theme_variables
            ink, ground = (variables[name].removeprefix("ansi_") for name in ("foreground", "background"))
            colours = [
                faint(c[1:], ground) if c[:1] == "~" else c if c[:1] in ("#", "") else variables.get(f"md-{c}", "")
                for c in key
            ]
            reverse = back == "cursor" and not self._shows_tint()
            self.styles_made[key] = Style(
                color=colours[0] or ink,
                bgcolor=colours[1] or ground,
                bold=fore == "title" or None,
                reverse=reverse or None,
            )
        return self.styles_made[key]

    def _shows_tint(self) -> bool:
        """Return whether the cursor's tint differs from the ground: not without colours, nor always in sixteen."""
        app, tint = self.app, Color.parse(self.app.theme_variables["md-cursor"])
        ground = Color.parse(app.theme_variables["md-ground"])
        few = app.console.color_system == "standard"
        return not app.no_color and not (few and tint.downgrade(SIXTEEN) == ground.downgrade(SIXTEEN))


class ViewCanvas(Canvas):
    """A part of the main screen, which shows what is looked at."""

    class Resized(Message):
        """There is another size to draw in."""

        def __init__(self, canvas: ViewCanvas) -> None:
            super().__init__()
            self.canvas = canvas

    def on_resize(self) -> None:
        """Ask to be painted in the new size."""
        self.post_message(self.Resized(self))

    def show(self, view: ViewState) -> None:
        """Paint what is looked at."""
        raise NotImplementedError


class CanvasLine(ViewCanvas):
    """One row, made by a function of a view state and a width."""

    def __init__(self, row: Callable[[ViewState, int], Row], *, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.row = row

    def show(self, view: ViewState) -> None:
        """Paint the row, if there is room for it."""
        if self.size.width > 0:
            self.show_rows([self.row(view, self.size.width)])


class Foot(Canvas):
    """The foot of a screen: its keys, in as many words as there is room for; a click does what the key does."""

    DEFAULT_CSS = "Foot { height: 1; }"

    def __init__(self, hints: Sequence[Hint], *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.hints = hints

    def on_resize(self) -> None:
        """Paint what goes into the new width."""
        self.show_rows([footer(self.hints, self.size.width)])

    def show_hints(self, hints: Sequence[Hint]) -> None:
        """Say what other keys do."""
        if hints != self.hints:
            self.hints = hints
            self.on_resize()

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        if action := action_at(self.hints, self.size.width, event.x):
            await self.app.run_action(action, self.screen)


class TabStrip(CanvasLine):
    """The names of the panels that share a place; a click brings one to the front."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(tabs.strip, id=id)
        self.hints: Sequence[Hint] = ()

    def show(self, view: ViewState) -> None:
        """Paint the names."""
        self.hints = tabs.hints(view, self.size.width)
        super().show(view)

    async def on_click(self, event: events.Click) -> None:
        """Bring the panel under the mouse to the front."""
        if action := action_at(self.hints, self.size.width, event.x):
            await self.app.run_action(action, self.screen)


class ErrorCard(Canvas):
    """What went wrong, as high as its words."""

    DEFAULT_CSS = """
    ErrorCard { width: 90%; max-width: 100; border: round $md-bad; border-title-color: $md-bad;
                border-title-style: bold; background: $background; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = ("", "")

    def show(self, message: str, keys: str) -> None:
        """Say this, and what keys lead on."""
        self.words = (message, keys)
        width, most = self.size.width, max(self.app.size.height - 6, 3)
        if width > 0:
            rows = fault.card(message, keys, width, most)
            self.styles.height = len(rows) + 2
            self.show_rows(rows)

    def on_resize(self) -> None:
        """Say the same in another width, where it has other lines."""
        self.show(*self.words)


class PanelWidget(ViewCanvas):
    """A panel with its border: what its record says."""

    can_focus = True

    class Pointed(Message):
        """Somebody clicked into a panel."""

        def __init__(self, widget: PanelWidget, x: int, y: int) -> None:
            super().__init__()
            self.widget, self.x, self.y = widget, x, y

    class Hovered(Message):
        """The mouse is at a place of a panel, (name, x, y); or has left it, None."""

        def __init__(self, place: tuple[str, int, int] | None) -> None:
            super().__init__()
            self.place = place

    class Wheeled(Message):
        """The wheel was turned over the panel, by so many rows."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, panel: Panel) -> None:
        super().__init__(id=f"panel-{panel.name}", classes="panel")
        self.panel = panel
        self.words = ("", "", "")
        self.hides_rows = False
        self.shown: tuple[ViewState, Size] | None = None

    def show(self, view: ViewState) -> None:
        """Paint what is looked at, if there is room for it; a border only where its words change, for it costs time.

        Where nothing has changed but the answers to others' questions, all stays.
        """
        asked = self.panel.columns(view)
        answers = tuple(a for a in view.answers if isinstance(a, ColumnAnswer) and a.column in asked)
        before, self.shown = self.shown, (replace(view, answers=answers), self.size)
        if before == self.shown:
            return
        width, height = self.size
        seen = self.panel.table(view, width, height)
        title = heading(self.panel, view, width - 4)
        behind = tabs.on_border(view, self.panel, width - columns(title) - 4)
        words = (title, footing(self.panel, view, seen, width), behind)
        if words != self.words:
            self.words = words
            self.border_title = Content.assemble(title, (behind, BEHIND)).markup
            self.border_subtitle = Content(words[1]).markup
        self.hides_rows = seen is not None and seen.room < seen.total
        if width > 0 and height > 0:
            self.show_rows(self.panel.draw(view, width, height))

    async def on_click(self, event: events.Click) -> None:
        """Tell the app where; on the name of a panel behind this one, bring that to the front."""
        offset = event.get_content_offset(self)
        title, _, behind = self.words
        if offset is not None:
            self.post_message(self.Pointed(self, offset.x, offset.y))
        elif event.y == 0 and (action := tabs.action_on_border(behind, event.x - TITLE_FROM - columns(title))):
            await self.app.run_action(action, self.screen)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell the app where the mouse is."""
        offset = event.get_content_offset(self)
        self.post_message(self.Hovered(None if offset is None else (self.panel.name, offset.x, offset.y)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the table, if this panel has the keys and hides rows of one; else time moves."""
        self.wheel(event, WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the table back."""
        self.wheel(event, -WHEEL)

    def wheel(self, event: events.MouseEvent, rows: int) -> None:
        """Tell the app, and nobody else, where there is something to scroll."""
        if self.has_focus and self.hides_rows:
            event.stop()
            self.post_message(self.Wheeled(rows))

    def on_leave(self) -> None:
        """Tell the app that the mouse is elsewhere."""
        self.post_message(self.Hovered(None))


class Scrubber(CanvasLine):
    """The rail of time, with a knob to drag."""

    class Dragged(Message):
        """The mouse is held at a column of the rail."""

        def __init__(self, x: int, width: int) -> None:
            super().__init__()
            self.x, self.width = x, width

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold."""
        self.capture_mouse()
        self.post_message(self.Dragged(event.x, self.size.width))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow while held."""
        if self.app.mouse_captured is self:
            self.post_message(self.Dragged(event.x, self.size.width))

    def on_mouse_up(self) -> None:
        """Let go."""
        self.release_mouse()
