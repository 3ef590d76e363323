"""Guide: the lab, and the tour through the real screens.

On tour the app is driven: a scenario is opened, a time gone to, a panel focused. It stays alive, and all its keys do
what they always do; only a, b and c are the answers while a question is open. Until it is answered, what comes after
the time that is shown is veiled, else the curves would tell. Leaving brings back the chain one came from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual import on
from textual.binding import Binding, BindingType

from tui import view
from tui.canvas import PanelWidget
from tui.doing.study import StudyActions
from tui.film import RunBuffer
from tui.lab.bench import LabState
from tui.messages import Kind, Request
from tui.panels import PANELS
from tui.screens.lab import Lab
from tui.screens.overlays import Overlay
from tui.screens.tour import Card
from tui.tour import LETTERS, Setting, Tour

TOUR_BINDINGS: list[BindingType] = [
    *(Binding(letter, f"predict('{letter}')", "predict", show=False, priority=True) for letter in LETTERS),
    Binding("enter", "onward", "the next stop", show=False, priority=True),
    Binding("backspace", "earlier", "the stop before", show=False, priority=True),
    Binding("escape", "leave_tour", "leave the tour", show=False, priority=True),
]
"""Keys of the tour: they come first while it lasts, and are nothing otherwise."""


@dataclass(frozen=True)
class BeforeTour:
    """Where one was before the tour."""

    request: Request
    t: int
    scale: str
    matrix: Kind
    chosen: int
    beneath: bool
    panel: str


class GuideActions(StudyActions):
    """The actions that teach."""

    bench: LabState | None = None
    tour: Tour | None = None
    home: BeforeTour | None = None

    def action_lab(self) -> None:
        """The lab, as it was left."""
        self.playback.pause()

        def left(bench: LabState | None) -> None:
            self.bench = bench

        self.push_screen(Lab(self.bench), left)

    def action_tour(self) -> None:
        """Begin the tour, or leave it."""
        if self.tour is not None:
            self.action_leave_tour()
            return
        if isinstance(self.screen, Lab | Overlay):  # the palette was opened over it; the card would lie beneath
            self.screen.action_leave()
        main = self.screen_stack[0]  # the palette can be opened over another
        panel = main.focused.panel.name if isinstance(main.focused, PanelWidget) else next(iter(PANELS))
        t, beneath = self.playback.t, self.beneath
        self.home = BeforeTour(self.request, t, self.scale, self.matrix, self.chosen, beneath, panel)
        main.add_class("-touring")
        main.mount(Card(Tour()), before="#reading")
        self.be_at(Tour())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The tour's keys are its own only while it lasts, and nothing lies over the screen."""
        if action == "leave_zoom":
            return bool(self.zoomed) and len(self.screen_stack) == 1
        if action not in ("predict", "onward", "earlier", "leave_tour"):
            return super().check_action(action, parameters)
        if self.tour is None or len(self.screen_stack) > 1 or self.zoomed:
            return False
        return {"predict": not self.tour.chosen, "onward": bool(self.tour.chosen)}.get(action, True)

    def action_predict(self, letter: str) -> None:
        """An answer: now the screen shows it."""
        if self.tour is not None and not self.tour.chosen:
            self.be_at(self.tour.answered(letter))

    @on(Card.Chosen)
    def clicked(self, event: Card.Chosen) -> None:
        """An answer by the mouse."""
        self.action_predict(event.letter)

    def action_onward(self) -> None:
        """The next stop, or the end."""
        tour = self.tour.onward() if self.tour else None
        if tour is None:
            self.action_leave_tour()
        else:
            self.be_at(tour)

    def action_earlier(self) -> None:
        """The question again, or the stop before."""
        if self.tour is not None:
            self.be_at(self.tour.back())

    def action_leave_tour(self) -> None:
        """Back to where one was."""
        self.tour = None
        self.screen_stack[0].remove_class("-touring")
        self.query(Card).remove()
        if self.home is not None:
            self.scale, self.matrix = self.home.scale, self.home.matrix
            self.open_at(self.home.request, self.home.t)
            self.chosen, self.beneath = self.home.chosen, self.home.beneath
            self.action_panel(self.home.panel)
        self.repaint()

    def be_at(self, tour: Tour) -> None:
        """Bring the screen to what this stop looks at."""
        self.tour = tour
        for card in self.query(Card):
            card.show(tour)
        self.look_at(tour.sight)

    def look_at(self, sight: Setting) -> None:
        """Open, go, focus."""
        from markovdiff.study.scenario import shipped_scenarios

        path = shipped_scenarios()[sight.scenario]
        text = path.read_text(encoding="utf-8")
        self.open_at(Request(text, str(path.parent), path.stem, source=sight.scenario), sight.t)
        self.scale, self.matrix, self.chosen = sight.scale, sight.matrix, sight.state
        self.beneath = False
        self.action_panel(sight.panel)

    def open_at(self, request: Request, t: int) -> None:
        """Run a scenario, unless it is on the screen already, and rest at a time of it."""
        if self.request.text != request.text or self.request.folder != request.folder:
            self.begin(request)
        if self.film.opened is None:
            self.start_at, self.play_at_once = t, False
        else:
            self.go(t)

    def scene(self, t: int | None = None) -> view.ViewState:
        """While a question is open, the future is not shown."""
        scene = super().scene(t)
        if self.tour is None or self.tour.chosen:
            return scene
        return replace(scene, film=veiled(scene.film, max(scene.t, self.tour.sight.t)))


def veiled(film: RunBuffer, t: int) -> RunBuffer:
    """The film up to t, its end not told."""
    return replace(film, steps=film.steps[: t + 1], finished=None, sampled=None)
