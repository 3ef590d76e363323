"""The stage: the widgets, the engine, the clock, and the one place where a scene is made and painted.

    engine (a process of its own) → messages → Film → view (pure) → rows of cells → Canvas

The time t comes from a clock (`playback`), not from counting ticks: a late tick skips, it does not slow. What the keys
do is in `doing`, one room to each group of actions; `app` puts them together.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from textual import on
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.widgets import Footer

from tui import raster, view
from tui.canvas import Canvas, PanelWidget, Scrubber
from tui.engine import Engine
from tui.film import RunBuffer
from tui.messages import Answer, Column, ColumnAnswer, Kind, Question, Request, Sample, Shadow, Shadowed
from tui.panel import ALONE, LAYOUTS, in_sight, layout_for
from tui.panels import PANELS
from tui.playback import Playback
from tui.themes import THEMES
from tui.view import Readable, reading

PARTICLES = 256
"""How many are sampled."""


class MainApp(App[None]):
    """What is on the screen, and what it is made from."""

    def __init__(
        self,
        request: Request,
        engine: Engine | None = None,
        *,
        t: int = 0,
        play: bool = False,
        fps: int = 30,
        theme: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.request = request
        self.start_at, self.play_at_once = t, play
        self.fps = fps
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme or THEMES[0].name
        self.clock = clock
        self.engine = engine or Engine()
        self.begun = engine is not None
        self.film = RunBuffer()
        self.told: str | None = None
        self.playback = Playback(0, clock)
        self.scale = view.SCALES[0]
        self.matrix: Kind = view.MATRICES[0]
        self.chosen = self.source = 0
        self.recent: tuple[str, ...] = ()
        self.zoomed = ""
        self.marked: RunBuffer | None = None
        self.beneath = self.backward = self.shadow = False
        self.shadow_of: RunBuffer | None = None
        self.seed = 0
        self.hover: tuple[str, int, int] | None = None
        self.asked: dict[Question | Column, str | ColumnAnswer | None] = {}
        self.dirty = True
        self.shown_t = -1

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours' names exist in every theme, also in one of Textual's own."""
        return dict(THEMES[0].variables)

    def compose(self) -> ComposeResult:
        """The top line, the scrubber, the panels, the line that reads a number out, the footer."""
        yield Canvas(id="headline")
        yield Scrubber(id="scrubber")
        with Container(id="panels"):
            yield from map(PanelWidget, PANELS.values())
        yield Canvas(id="reading")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Start the engine, and look at it some thirty times a second."""
        if not self.begun:
            self.begin(self.request)
        self.set_interval(1 / self.fps, self.tick)
        self.arrange()
        self.query(PanelWidget).first().focus()

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self.engine.close()

    def begin(self, request: Request) -> None:
        """Forget the film and let the engine make another."""
        self.request, self.film = request, RunBuffer()
        self.playback = Playback(0, self.clock)
        self.chosen = self.source = 0
        self.asked.clear()
        self.engine.run(request)
        self.dirty = True

    def another_engine(self) -> Engine:
        """One more, for a small picture; whoever asks closes it."""
        engine = Engine()
        engine.keeps_spare = False
        return engine

    def again(self, request: Request) -> None:
        """Run this instead, and stay at the time where one is."""
        at = self.playback.t if self.film.opened else self.start_at
        self.begin(request)
        self.start_at, self.play_at_once = at, False

    def tick(self) -> None:
        """Take what the engine has sent, and paint if anything changed."""
        for message in self.engine.poll():
            opened = self.film.opened is None
            if isinstance(message, Answer):
                self.asked[message.question] = message.exact
                self.dirty = True
            elif isinstance(message, ColumnAnswer):
                self.asked[message.column] = message
                self.dirty = True
            elif isinstance(message, Shadowed) and message.words:
                self.notify(f"no float64: {message.words}", severity="warning", markup=False)
            if self.film.take(message):
                self.dirty = True
            if opened and self.film.opened is not None:
                self.open_time()
                self.engine.ask(Sample(self.seed, PARTICLES))
                self.ask_shadow()
        if self.film.trouble and self.told is not self.film.trouble:
            self.told = self.film.trouble
            self.tell(self.told)
        self.paint()

    def ask_shadow(self) -> None:
        """Where float64's curve is wanted, ask for it, once for a film."""
        if self.shadow and self.film.opened is not None and self.shadow_of is not self.film:
            self.shadow_of = self.film
            self.engine.ask(Shadow())

    def tell(self, trouble: str) -> None:
        """What went wrong, where it can be read."""
        self.notify(trouble, severity="error", timeout=20, markup=False)

    def open_time(self) -> None:
        """The chain is known: the clock may run."""
        self.playback.T = self.film.T
        self.playback.go(min(self.start_at, self.film.T))
        if self.play_at_once:
            self.playback.play()
        self.start_at, self.play_at_once = 0, True

    def scene(self, t: int | None = None) -> view.ViewState:
        """What is looked at, now."""
        return view.ViewState(
            self.film,
            self.playback.t if t is None else t,
            self.scale,
            self.matrix,
            self.chosen,
            self.source,
            not self.no_color,
            self.marked if self.beneath else None,
            tuple(answer for answer in self.asked.values() if isinstance(answer, ColumnAnswer)),
            self.backward,
            self.shadow,
            self.playback.playing,
        )

    def paint(self) -> None:
        """Give every panel the scene, when there is a new one."""
        t = self.playback.t
        if (t == self.shown_t and not self.dirty) or not self.query("#headline"):
            return  # nothing is new, or the screen is being closed
        self.shown_t, self.dirty = t, False
        self.ask(self.scene(t))
        scene = self.scene(t)
        with self.batch_update():
            head, scrubber = self.query_one("#headline", Canvas), self.query_one("#scrubber", Canvas)
            head.paint([view.headline(scene, head.size.width, self.playing_words())])
            scrubber.paint([raster.scrubber(t, max(self.film.T, 1), max(scrubber.size.width, 1))])
            for panel in self.query(PanelWidget):
                if panel.display:
                    panel.show(scene)
            self.read_out(scene)

    def spot(self, scene: view.ViewState) -> Readable | None:
        """What is under the mouse, else under the cursor of the focused panel."""
        if self.hover is not None:
            name, x, y = self.hover
            widget = self.query_one(f"#panel-{name}", PanelWidget)
            if widget.display and (found := widget.panel.spot(scene, x, y, *widget.size)):
                return found
        focused = self.screen_stack[0].focused
        panel = focused.panel if isinstance(focused, PanelWidget) else next(iter(PANELS.values()))
        return panel.here(scene)

    def read_out(self, scene: view.ViewState) -> None:
        """The line above the footer."""
        canvas, spot = self.query_one("#reading", Canvas), self.spot(scene)
        answer = self.asked.get(spot) if isinstance(spot, Question) else None
        canvas.paint([reading.paint(scene, spot, answer if isinstance(answer, str) else None, canvas.size.width)])

    def ask(self, scene: view.ViewState) -> None:
        """While time rests, ask for the exact fraction that is read out, and for the posteriors."""
        if self.playback.playing or self.film.at(scene.t) is None:
            return
        spot = self.spot(scene)
        wanted: list[Question | Column] = [column for panel in PANELS.values() for column in panel.columns(scene)]
        if isinstance(spot, Question):
            wanted.append(spot)
        for question in [question for question in self.asked if question not in wanted]:
            del self.asked[question]
        for question in wanted:
            if question not in self.asked:
                self.asked[question] = None
                self.engine.ask(question)

    def playing_words(self) -> str:
        """What the clock does, in a few characters."""
        p = self.playback
        sign = ("◀" if p.backwards else "▶") if p.playing else "‖"
        speed = f"{p.speed:g}x" if p.speed >= 1 else f"1/{round(1 / p.speed)}x"
        return f"{sign} {speed}{' ↻' if p.loop else ''}"

    @on(Canvas.Resized)
    def resized(self) -> None:
        """What has another size is painted again, with the next tick."""
        self.dirty = True

    def on_resize(self) -> None:
        """Stand the panels where they are in the new size."""
        self.call_next(self.arrange)

    def repaint(self) -> None:
        """Paint although t has not changed."""
        self.dirty = True
        self.paint()

    @property
    def layout(self) -> str:
        """The name of the layout that the panels stand in."""
        return layout_for(*self.size, crowded=self.screen_stack[0].has_class("-touring"))

    def arrange(self) -> None:
        """Give each panel that is in sight its place in the grid, and hide the others."""
        name = self.layout
        layout = ALONE if self.zoomed else LAYOUTS[name]
        front = [self.zoomed] if self.zoomed else in_sight(PANELS.values(), name, self.recent)
        grid = self.query_one("#panels")
        grid.styles.grid_size_columns, grid.styles.grid_rows = layout.columns, layout.rows
        grid.styles.grid_size_rows = len(layout.rows.split())
        for widget in self.query(PanelWidget):
            widget.display = widget.panel.name in front
            widget.styles.column_span = 1 if self.zoomed else widget.panel.places[name].span
        self.call_after_refresh(self.repaint)

    def bring_forward(self, name: str) -> None:
        """Where panels share a place, this one has it now."""
        self.recent = (name, *(other for other in self.recent if other != name))
        self.arrange()
