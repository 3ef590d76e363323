"""The terminal interface: it wires the engine, the clock and the panels together, and computes nothing.

    engine (a process of its own) → messages → Film → view (pure) → rows of cells → Canvas

The time t comes from a clock (`playback`), not from counting ticks: a late tick skips, it does not slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Footer

from tui import raster, view
from tui.actions import ACTIONS
from tui.engine import Engine
from tui.film import Film
from tui.messages import Answer, Question, Request
from tui.panels.canvas import Canvas, Panel
from tui.playback import Playback
from tui.saving import command_line, save
from tui.screens.overlays import Editor, Export, GoTo, Help, Scenarios
from tui.themes import THEMES

Choice = TypeVar("Choice")

LATE = ("4", "5", "6", "8")
"""The panels that share the last place on a small screen."""


class MarkovdiffApp(App[None]):
    """Step through the time of a noising chain."""

    CSS_PATH = "app.tcss"
    TITLE = "markovdiff"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012  (as Textual declares it)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            a.keys, a.call, a.footer or a.words, show=bool(a.footer), key_display=a.shown, priority=a.name == "turn"
        )
        for a in ACTIONS
    ]

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
        self.film = Film()
        self.playback = Playback(0, clock)
        self.scale = view.SCALES[0]
        self.matrix = view.MATRICES[0]
        self.chosen = 0
        self.late = "6"
        self.dirty = True
        self.shown_t = -1
        self.asked: Question | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours' names exist in every theme, also in one of Textual's own."""
        return dict(THEMES[0].variables)

    def compose(self) -> ComposeResult:
        """The top line, the scrubber, the panels, the footer."""
        yield Canvas(id="headline")
        yield Canvas(id="scrubber")
        with Container(id="panels"):
            for number in view.PANELS:
                panel = Panel(number)
                panel.set_class(number in LATE, "late")
                yield panel
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Start the engine, and look at it some thirty times a second."""
        if not self.begun:
            self.begin(self.request)
        self.set_interval(1 / self.fps, self.tick)
        self.show_late()
        self.query_one("#panel-1").focus()

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self.engine.close()

    def begin(self, request: Request) -> None:
        """Forget the film and let the engine make another."""
        self.request, self.film = request, Film()
        self.playback = Playback(0, self.clock)
        self.chosen = 0
        self.engine.run(request)
        self.dirty = True

    def tick(self) -> None:
        """Take what the engine has sent, and paint if anything changed."""
        for message in self.engine.poll():
            opened = self.film.opened is None
            if isinstance(message, Answer):
                self.show_answer(message)
            if self.film.take(message):
                self.dirty = True
            if opened and self.film.opened is not None:
                self.open_time()
        if self.film.trouble:
            self.notify(self.film.trouble, severity="error", timeout=20, markup=False)
            self.film.trouble = None
        self.paint()

    def open_time(self) -> None:
        """The chain is known: the clock may run."""
        self.playback.T = self.film.T
        self.playback.go(min(self.start_at, self.film.T))
        if self.play_at_once:
            self.playback.play()
        self.start_at, self.play_at_once = 0, True

    def paint(self) -> None:
        """Give every panel the scene, when there is a new one."""
        t = self.playback.t
        if (t == self.shown_t and not self.dirty) or not self.query("#headline"):
            return  # nothing is new, or the screen is being closed
        self.shown_t, self.dirty = t, False
        scene = view.Scene(self.film, t, self.scale, self.matrix, self.chosen, not self.no_color)
        with self.batch_update():
            head = self.query_one("#headline", Canvas)
            head.paint([view.headline(scene, head.size.width, self.playing_words())])
            scrubber = self.query_one("#scrubber", Canvas)
            scrubber.paint([raster.scrubber(t, max(self.film.T, 1), max(scrubber.size.width, 1))])
            self.query_one("#panel-1", Panel).border_title = f"1 information, {self.scale}"
            self.query_one("#panel-2", Panel).border_title = f"2 {view.MATRIX_NAMES[self.matrix]}"
            for panel in self.query(Panel):
                if panel.display:
                    panel.show(scene)
        self.ask_exact(t)

    def ask_exact(self, t: int) -> None:
        """While time stands still, ask for the exact fraction of the entry that is marked."""
        matrix = self.query_one("#panel-2", Panel)
        if self.playback.playing or self.film.matrix(t, self.matrix) is None:
            matrix.border_subtitle = ""
            return
        question = Question(self.matrix, t, self.chosen, self.chosen)
        if question != self.asked:
            self.asked, matrix.border_subtitle = question, ""
            self.engine.ask(question)

    def show_answer(self, answer: Answer) -> None:
        """The fraction under the matrix, cut where it is longer than the panel."""
        if answer.question == self.asked and self.film.opened:
            panel, state = self.query_one("#panel-2", Panel), self.film.opened.states[answer.question.i]
            panel.border_subtitle = view.fit(
                f"[{state}, {state}] = {answer.exact}", max(panel.size.width - 4, 1)
            ).replace("[", r"\[")

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

    def repaint(self) -> None:
        """Paint although t has not changed."""
        self.dirty = True
        self.paint()

    def show_late(self) -> None:
        """On a small screen one of the later panels is shown, the one turned to."""
        for panel in self.query(Panel):
            panel.set_class(panel.number == self.late, "-shown")
        self.call_after_refresh(self.repaint)

    # time

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
        self.playback.pause()
        self.playback.go(0 if where == "first" else self.film.T)
        self.repaint()

    def action_ask_time(self) -> None:
        """Ask for a time."""

        def went(t: int | None) -> None:
            if t is not None:
                self.playback.pause()
                self.playback.go(t)
                self.repaint()

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

    # look

    def action_scale(self) -> None:
        """The next scale of the curves."""
        self.scale = _next(view.SCALES, self.scale)
        self.repaint()

    def action_matrix(self) -> None:
        """The next matrix."""
        self.matrix = _next(view.MATRICES, self.matrix)
        self.repaint()

    def action_choose(self, way: int) -> None:
        """The next state of x_t."""
        K = self.film.opened.K if self.film.opened else 1
        self.chosen = (self.chosen + way) % K
        self.repaint()

    def action_unit(self) -> None:
        """The other unit: the engine runs again."""
        now = self.request.unit or (self.film.opened.unit if self.film.opened else "bits")
        self.again(replace(self.request, unit="nats" if now == "bits" else "bits"))

    def again(self, request: Request) -> None:
        """Run this instead, and stay at the time where one is."""
        at = self.playback.t if self.film.opened else self.start_at
        self.begin(request)
        self.start_at, self.play_at_once = at, False

    def action_panel(self, number: int) -> None:
        """A panel by its number; on a small screen it is turned to."""
        if str(number) in LATE:
            self.late = str(number)
            self.show_late()
        self.query_one(f"#panel-{number}").focus()

    def action_turn(self) -> None:
        """The next panel; on a small screen, in the last place."""
        if isinstance(self.screen, ModalScreen):
            self.screen.focus_next()
        elif self.screen.has_class("-narrow"):
            self.action_panel(int(_next(LATE, self.late)))
        else:
            self.screen.focus_next(Panel)

    def action_zoom(self) -> None:
        """The focused panel alone, or all again."""
        if self.screen.maximized is not None:
            self.screen.minimize()
        elif isinstance(self.focused, Panel):
            self.screen.maximize(self.focused)
        self.call_after_refresh(self.repaint)

    def action_next_theme(self) -> None:
        """The next of the themes."""
        names = [theme.name for theme in THEMES]
        self.theme = _next(names, self.theme) if self.theme in names else names[0]
        for canvas in self.query(Canvas):
            canvas.forget_styles()

    @on(Panel.Pointed)
    def point(self, event: Panel.Pointed) -> None:
        """A click on the curves goes to that time; on the matrix it chooses the column."""
        panel, (width, height) = event.panel, event.panel.size
        scene = view.Scene(self.film, self.playback.t, self.scale, self.matrix, self.chosen)
        if panel.number == "1":
            t = view.time_under(scene, event.x, width, height)
            if t is not None:
                self.playback.pause()
                self.playback.go(t)
        elif panel.number == "2" and self.film.opened:
            K = self.film.opened.K
            cell = raster.cell_at(event.x, event.y, K, K, width, height, not self.no_color)
            if cell is not None:
                self.chosen = cell[0] if self.matrix == "reverse" else cell[1]
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """A click on the scrubber goes to that time."""
        if isinstance(event.widget, Canvas) and event.widget.id == "scrubber":
            self.playback.pause()
            self.playback.go(raster.time_at(event.x, self.film.T, event.widget.size.width))
            self.repaint()

    def on_mouse_scroll_down(self) -> None:
        """The wheel is time, too."""
        self.action_step(1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel is time, too."""
        self.action_step(-1)

    # study

    def action_scenarios(self) -> None:
        """Choose one of those that ship."""
        from markovdiff.study.scenario import shipped_scenarios

        def chosen(name: str | None) -> None:
            if name is not None:
                path = shipped_scenarios()[name]
                self.begin(Request(path.read_text(encoding="utf-8"), str(path.parent), name))

        self.push_screen(Scenarios(_titles()), chosen)

    def action_edit(self) -> None:
        """Change the text of the scenario."""

        def edited(text: str | None) -> None:
            if text is not None:
                self.again(replace(self.request, text=text))

        self.push_screen(Editor(self.request.text, self.judge), edited)

    def judge(self, text: str) -> str | None:
        """What the engine's reader says of a text; None if it is a scenario."""
        from markovdiff.errors import MarkovdiffError
        from markovdiff.study.scenario import loads

        try:
            loads(text, folder=self.request.folder, name=self.request.name)
        except MarkovdiffError as error:
            return str(error)
        return None

    def action_export(self) -> None:
        """Save something into the current folder; never over another file."""

        def save_it(kind: str | None) -> None:
            if kind is not None:
                try:
                    content = self.export_screenshot() if kind == "svg" else None
                    saved = save(kind, self.film, self.request, self.playback.t, Path.cwd(), content)
                    self.notify(f"saved {saved.name}", markup=False)
                except (OSError, ValueError) as error:
                    self.notify(str(error), severity="error", markup=False)

        def when_closed(kind: str | None) -> None:
            self.call_after_refresh(save_it, kind)

        self.push_screen(Export(), when_closed)

    def action_copy_command(self) -> None:
        """The command line that shows this again."""
        command = command_line(self.request, self.playback.t)
        self.copy_to_clipboard(command)
        self.notify(command, markup=False)

    def action_restart(self) -> None:
        """Start the engine again where it has ended."""
        if not self.engine.alive:
            self.begin(self.request)

    def action_help(self) -> None:
        """Every key, and what the panels mean."""
        self.push_screen(Help())


def _next(choices: Sequence[Choice], now: Choice) -> Choice:
    return choices[(choices.index(now) + 1) % len(choices)]


def _titles() -> dict[str, tuple[str, str]]:
    """Name → (title, paragraph) of the scenarios that ship."""
    import tomllib

    from markovdiff.study.scenario import shipped_scenarios

    entries = {}
    for name, path in shipped_scenarios().items():
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        entries[name] = (parsed.get("title", ""), " ".join(parsed.get("description", "").split()))
    return entries
