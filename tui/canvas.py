"""A widget that paints rows of cells.

The rows come from a pure view function; this turns them into Textual's strips, runs of one style joined, and
paints again only the rows that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from tui.panel import Panel
from tui.raster import Row
from tui.view import ViewState
from tui.view.footer import Hint, action_at, footer


class Canvas(Widget):
    """Rows of cells on the screen."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self.rows: list[Row] = []
        self.styles_made: dict[tuple[str, str], Style] = {}

    def paint(self, rows: list[Row]) -> None:
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

    def forget_styles(self, _theme: Theme | None = None) -> None:
        """Make the colours anew after a change of theme."""
        self.styles_made.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one row as a strip of segments."""
        if y >= len(self.rows):
            return Strip.blank(self.size.width, self._style("", ""))
        runs = groupby(self.rows[y], key=lambda cell: (cell.style, cell.back))
        segments = [Segment("".join(cell.char for cell in run), self._style(*key)) for key, run in runs]
        return Strip(segments).adjust_cell_length(self.size.width, self._style("", ""))

    def _style(self, fore: str, back: str) -> Style:
        key = (fore, back)
        if key not in self.styles_made:
            variables = self.app.theme_variables
            colours = [c if c.startswith("#") or not c else variables.get(f"md-{c}", "") for c in key]
            ink, ground = (variables[name].removeprefix("ansi_") for name in ("foreground", "background"))
            reverse = back == "cursor" and self.app.no_color
            self.styles_made[key] = Style(
                color=colours[0] or ink,
                bgcolor=colours[1] or ground,
                bold=fore == "title" or None,
                reverse=reverse or None,
            )
        return self.styles_made[key]


class ViewCanvas(Canvas):
    """A part of the main screen, which shows what is looked at."""

    class Resized(Message):
        """There is another size to paint in."""

        def __init__(self, canvas: ViewCanvas) -> None:
            super().__init__()
            self.canvas = canvas

    def on_resize(self) -> None:
        """Ask to be painted in the new size."""
        self.post_message(self.Resized(self))

    def show(self, view: ViewState) -> None:
        """Paint what is looked at."""
        raise NotImplementedError


class Line(ViewCanvas):
    """One row, made by a function of a view state and a width."""

    def __init__(self, row: Callable[[ViewState, int], Row], *, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.row = row

    def show(self, view: ViewState) -> None:
        """Paint the row, if there is room for it."""
        if self.size.width > 0:
            self.paint([self.row(view, self.size.width)])


class Foot(Canvas):
    """The foot of a screen: its keys, in as many words as there is room for; a click does what the key does."""

    DEFAULT_CSS = "Foot { height: 1; }"

    def __init__(self, hints: Sequence[Hint], *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.hints = hints

    def on_resize(self) -> None:
        """Paint what goes into the new width."""
        self.paint([footer(self.hints, self.size.width)])

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        if action := action_at(self.hints, self.size.width, event.x):
            await self.app.run_action(action, self.screen)


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

    def __init__(self, panel: Panel) -> None:
        super().__init__(id=f"panel-{panel.name}", classes="panel")
        self.panel = panel
        self.heading = ("", "")

    def show(self, view: ViewState) -> None:
        """Paint what is looked at, if there is room for it; a border only where its words change, for it costs time."""
        heading = (self.panel.title(view), self.panel.subtitle(view))
        if heading != self.heading:
            self.heading = heading
            self.border_title = Content(f"{self.panel.key} {heading[0]}").markup
            self.border_subtitle = Content(heading[1]).markup
        width, height = self.size
        if width > 0 and height > 0:
            self.paint(self.panel.draw(view, width, height))

    def on_click(self, event: events.Click) -> None:
        """Tell the app where."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.post_message(self.Pointed(self, offset.x, offset.y))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell the app where the mouse is."""
        offset = event.get_content_offset(self)
        self.post_message(self.Hovered(None if offset is None else (self.panel.name, offset.x, offset.y)))

    def on_leave(self) -> None:
        """Tell the app that the mouse is elsewhere."""
        self.post_message(self.Hovered(None))


class Scrubber(Line):
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
