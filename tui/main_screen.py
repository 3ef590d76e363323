"""The main screen: it holds what is looked at in one reactive ViewState, and draws it when it changes.

What the keys do is in `tui.actions`, what a panel is in `tui.panels`, what happens meanwhile in `tui.session`. Here are
only the widgets, and the doors that a session asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen

from tui import raster, tabs
from tui.actions import ACTIONS, BY_NAME, spelled
from tui.actions.look import scroll
from tui.canvas import CanvasLine, ErrorCard, Foot, PanelWidget, Scrubber, TabStrip, ViewCanvas
from tui.dialogues import DIALOGUES
from tui.messages import Answer, Question
from tui.panel import ALONE, LAYOUTS, alone, layout_of, visible_panels
from tui.panels import PANELS
from tui.raster import Row
from tui.rows import line
from tui.run_buffer import RunBuffer
from tui.screens.form import FormScreen
from tui.screens.lab import Lab
from tui.screens.overlays import Overlay
from tui.screens.tour import Card
from tui.session import Session, Severity
from tui.themes import THEMES
from tui.tour import Tour
from tui.view import Readable, ViewState, fault, headline, reading
from tui.view.footer import Hint

HINTS = (
    *(
        Hint(action.shown or spelled(action.keys.split(",")[0]), action.footer, f"act('{action.name}')", action.weight)
        for action in ACTIONS
        if action.footer
    ),
    Hint("^p", "Palette", "app.command_palette", 6),
)
"""What stands at the foot of the screen."""

FAULT_HINTS = (
    Hint("e", "Edit", "act('edit')", 9),
    Hint("^e", "Edit as text", "act('edit_text')", 7),
    Hint("enter", "Try again", "act('restart')", 5),
    Hint("s", "Scenarios", "act('scenarios')", 8),
    Hint("?", "Help", "act('help')", 6),
    Hint("q", "Leave", "act('quit')", 4),
)
"""What stands there beneath the card of what went wrong."""

LOOK_ON = Hint("esc", "See what there is", "act('leave_error')", 3)
"""The same, where something was computed."""


def rail(view: ViewState, width: int) -> Row:
    """Return the rail of time; nothing where no time is known."""
    return raster.scrubber(view.t, max(view.run.T, 1), width) if view.run.opened else line([], width)


class MainScreen(Screen[None]):
    """The headline, the scrubber, the panels, the line that reads a number out, the footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            action.keys,
            f"act('{action.name}')",
            action.words,
            show=False,
            priority=action.first,
        )
        for action in BY_NAME.values()
    ]

    view: reactive[ViewState] = reactive(ViewState(RunBuffer(), 0), init=False, repaint=False)

    def __init__(self, session: Callable[[MainScreen], Session], fps: int) -> None:
        super().__init__()
        self.fps = fps
        self.session = session(self)

    def compose(self) -> ComposeResult:
        """Lay the widgets out."""
        yield CanvasLine(lambda view, width: headline(view, width, view.pace), id="headline")
        yield Scrubber(rail, id="scrubber")
        with Container(id="panels"):
            yield from map(PanelWidget, PANELS.values())
        with Container(id="fault"):
            yield ErrorCard()
        yield TabStrip(id="tabs")
        yield CanvasLine(self.read_out, id="reading")
        yield Foot(HINTS, id="foot")

    def on_mount(self) -> None:
        """Let the session look at its engine some times a second."""
        self.session.start(size=tuple(self.app.size), colour=not self.app.no_color)
        self.set_interval(1 / self.fps, self.session.tick)

    # what is looked at

    def watch_view(self, before: ViewState, after: ViewState) -> None:
        """Give each panel in sight its place, and draw what is looked at."""
        if not self.query("#panels"):
            return  # it is being closed
        placed = ("zoomed", "recent", "size", "touring", "editing", "fault")
        if any(getattr(before, name) != getattr(after, name) for name in placed):
            self.place_panels()
        with self.app.batch_update():
            for canvas in self.query(ViewCanvas):
                if canvas.display:
                    canvas.show(after)

    def place_panels(self) -> None:
        """Give each panel that is in sight its place in the grid, and hide the others."""
        view, name = self.view, layout_of(self.view)
        one = alone(view)
        layout = ALONE if one else LAYOUTS[name]
        seen = [one] if one else visible_panels(PANELS.values(), name, view.recent)
        self.place_fault(view)
        self.query_one("#tabs").display = tabs.has_strip(view)
        for part in self.query("#panels, #fault, #tabs, #reading"):
            part.styles.padding = (0, view.beside, 0, 0)
        grid, places = self.query_one("#panels"), {f"panel-{name}": place for place, name in enumerate(seen)}
        grid.sort_children(key=lambda widget: places.get(str(widget.id), len(places)))
        styles = grid.styles
        styles.grid_size_columns, styles.grid_size_rows = layout.columns, len(layout.rows.split())
        styles.grid_rows = layout.rows
        for widget in self.query(PanelWidget):
            widget.display = widget.panel.name in seen
            if not widget.display:
                widget.shown = None  # a run that is replaced meanwhile is not kept by it
            widget.styles.column_span = 1 if one else widget.panel.areas[name].span

    def place_fault(self, view: ViewState) -> None:
        """Show the card of what went wrong, in the panels' place where they would show no whole picture."""
        box, panels = self.query_one("#fault"), self.query_one("#panels")
        was_covered = not panels.display
        box.display, panels.display = bool(view.fault), not view.is_covered
        box.set_class(not view.is_covered, "-below")
        if view.fault:
            card = self.query_one(ErrorCard)
            card.border_title = Content(fault.title(view)).markup
            card.show(view.fault, fault.keys(view))
        hints = (*FAULT_HINTS, LOOK_ON) if view.run.steps else FAULT_HINTS
        self.query_one(Foot).show_hints(hints if view.fault else HINTS)
        if was_covered and panels.display and view.focused:
            self.call_after_refresh(self.focus_panel, view.focused)

    @on(ViewCanvas.Resized)
    def resized(self, event: ViewCanvas.Resized) -> None:
        """Draw in the new size."""
        if isinstance(event.canvas, ViewCanvas):
            event.canvas.show(self.view)

    def read_out(self, view: ViewState, width: int) -> Row:
        """Return the line above the footer; beneath the card nothing is read out."""
        if view.is_covered:
            return line([], width)
        if view.greeting:
            return reading.greeting(width)
        spot = self.spot(view)
        answer = view.answer(spot) if isinstance(spot, Question) else None
        return reading.render(view, spot, answer.exact if isinstance(answer, Answer) else None, width)

    def spot(self, view: ViewState) -> Readable | None:
        """Return what is under the mouse, else under the cursor of the focused panel."""
        if view.hover is not None:
            name, x, y = view.hover
            widget = self.query_one(f"#panel-{name}", PanelWidget)
            if widget.display and (found := widget.panel.spot(view, x, y, *widget.size)):
                return found
        return PANELS[view.focused].here(view) if view.focused else None

    # keys and the mouse

    def action_act(self, name: str) -> None:
        """Do what an action does."""
        self.session.look(greeting=False)
        BY_NAME[name].do(self.session)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key means its action now: some mean theirs only at times."""
        if action == "act":
            return BY_NAME[str(parameters[0])].when(self.session)
        return super().check_action(action, parameters)

    @on(PanelWidget.Pointed)
    def pointed(self, event: PanelWidget.Pointed) -> None:
        """Do what a click there means."""
        self.session.look(greeting=False)
        self.session.accept(event.widget.panel.click(self.view, event.x, event.y, *event.widget.size))

    @on(PanelWidget.Wheeled)
    def wheeled(self, event: PanelWidget.Wheeled) -> None:
        """Scroll the table of the panel that has the keys."""
        scroll(event.rows, self.session)

    @on(PanelWidget.Hovered)
    def hovered(self, event: PanelWidget.Hovered) -> None:
        """Read out what the mouse is over."""
        self.session.look(hover=event.place)

    @on(Scrubber.Dragged)
    def dragged(self, event: Scrubber.Dragged) -> None:
        """Let the knob follow the mouse."""
        self.session.go(raster.time_at(event.x, self.session.run.T, event.width))

    @on(Card.Chosen)
    def predicted(self, event: Card.Chosen) -> None:
        """Take an answer by the mouse."""
        BY_NAME[f"predict_{event.letter}"].do(self.session)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Keep in mind which panel has the keys, however it came by them."""
        if isinstance(event.widget, PanelWidget) and event.widget is self.focused:
            self.session.look(recent=self.session.with_recent(event.widget.panel.name))

    # doors

    def focus_panel(self, name: str) -> None:
        """Give a panel the keys."""
        self.query_one(f"#panel-{name}", PanelWidget).focus()

    def room(self, name: str) -> tuple[int, int]:
        """Return the columns and rows that a panel has now."""
        width, height = self.query_one(f"#panel-{name}", PanelWidget).size
        return width, height

    def say(self, words: str, severity: Severity = "information") -> None:
        """Say something for a moment, in place of what was said before."""
        self.app.clear_notifications()
        self.app.notify(words, severity=severity, markup=False)

    def complain(self, trouble: str) -> None:
        """Say what went wrong beside the field that is meant, where a form is open; the card says it anyway."""
        if isinstance(form := self.app.screen, FormScreen):
            form.failed(trouble)

    def show_dialogue(self, dialogue: str) -> None:
        """Lay a dialogue over the screen."""
        DIALOGUES[dialogue](self.app, self.session)

    def show_card(self, tour: Tour | None) -> None:
        """Show where the tour is, or no card. What was open when it began is left: the card would lie beneath."""
        cards = self.query(Card)
        if tour is None:
            cards.remove()
        elif cards:
            cards.first().show(tour)
        else:
            if isinstance(over := self.app.screen, Lab | Overlay):
                over.action_leave()
            self.mount(Card(tour), before="#reading")
        self.set_class(tour is not None, "-touring")

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self.app.copy_to_clipboard(text)

    def next_theme(self) -> None:
        """Change to the next of the themes."""
        names = [theme.name for theme in THEMES]
        at = names.index(self.app.theme) + 1 if self.app.theme in names else 0
        self.app.theme = names[at % len(names)]

    def suspend(self) -> None:
        """Give the terminal back to the shell."""
        self.app.action_suspend_process()

    def leave(self) -> None:
        """End the program."""
        self.app.exit()
