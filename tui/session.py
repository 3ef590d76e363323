"""One person's use of the main screen: a run, an engine, a clock, and what is looked at.

    engine (a process of its own) → messages → RunBuffer ┐
    clock → Playback → t                                 ├→ ViewState → the screen, which draws it
    keys, mouse → actions → changes                      ┘

Actions receive a session. What is looked at is one frozen ViewState, which the screen holds: `look` makes the next one,
and the screen draws what differs. The time t comes from a clock and not from counting ticks: a late tick skips, it does
not slow. Nothing here knows Textual: the screen is known by the few things that are asked of it, its `Doors`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from tui.engine import Engine
from tui.lab.bench import LabState
from tui.messages import Answer, Column, ColumnAnswer, Message, Question, Request, Sample, Shadow, Shadowed
from tui.panels import PANELS
from tui.playback import Playback
from tui.run_buffer import RunBuffer, veiled
from tui.tour import Tour
from tui.view.view_state import Readable, ViewState

PARTICLES = 256
"""How many are sampled."""

Severity: TypeAlias = Literal["information", "warning", "error"]


class Doors(Protocol):
    """What a session asks of the screen that it is shown on."""

    view: ViewState

    def spot(self, view: ViewState) -> Readable | None:
        """Return what is read out: what is under the mouse, or else under the cursor of the panel in front."""

    def focus_panel(self, name: str) -> None:
        """Give a panel the keys."""

    def say(self, words: str, severity: Severity = "information") -> None:
        """Say something for a moment."""

    def complain(self, trouble: str) -> None:
        """Say what went wrong, where it can be read."""

    def show_dialogue(self, dialogue: str) -> None:
        """Lay a dialogue over the screen, by its name in `tui.dialogues`."""

    def show_card(self, tour: Tour | None) -> None:
        """Show where the tour is, or no card."""

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""

    def next_theme(self) -> None:
        """Change to the next of the themes."""

    def suspend(self) -> None:
        """Give the terminal back to the shell."""

    def leave(self) -> None:
        """End the program."""


@dataclass(frozen=True)
class BeforeTour:
    """Where one was before the tour."""

    request: Request
    view: ViewState


class Session:
    """The run that is shown, the engine that makes it, and the clock; `screen` holds what is looked at."""

    def __init__(
        self,
        screen: Doors,
        request: Request,
        engine: Engine,
        *,
        begun: bool = False,
        t: int = 0,
        play: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.screen, self.request, self.engine, self.clock = screen, request, engine, clock
        self.begun, self.start_at, self.play_at_once = begun, t, play
        self.run = RunBuffer()
        self.playback = Playback(0, clock)
        self.pinned_run: RunBuffer | None = None
        self.lab: LabState | None = None
        self.tour: Tour | None = None
        self.before_tour: BeforeTour | None = None
        self.seed = 0
        self._asked: dict[Question | Column, Answer | ColumnAnswer | None] = {}
        self._shadowed_run: RunBuffer | None = None
        self._complained: str | None = None
        self._veil: tuple[RunBuffer, int, int, RunBuffer] | None = None

    def start(self, **changes: Any) -> None:
        """Begin, unless the engine has begun already, and focus the first panel."""
        if not self.begun:
            self.engine.run(self.request)
        self.focus(next(iter(PANELS)), **changes)

    # what is looked at

    @property
    def view(self) -> ViewState:
        """What is looked at."""
        return self.screen.view

    def look(self, **changes: Any) -> None:
        """Look at what the run and the clock now have, with these changes to the ViewState."""
        p = self.playback
        t, run = p.t, self._shown_run()
        clock: dict[str, Any] = {"t": t, "playing": p.playing, "pace": p.words}
        now = replace(self.view, run=run, arrived=run.arrived, edited=self.request.edited, **clock, **changes)
        self.screen.view = self._with_answers(now)

    def go(self, t: int, **changes: Any) -> None:
        """Rest at this time."""
        self.playback.pause()
        self.playback.go(t)
        self.look(**changes)

    def accept(self, after: ViewState) -> None:
        """Look at what a click has asked for."""
        before, chosen = self.view, {"chosen": after.chosen, "source": after.source, "sampler": after.sampler}
        if (after.t, after.playing) != (before.t, before.playing):
            self.go(after.t, **chosen)
        else:
            self.look(**chosen)

    def focus(self, name: str, **changes: Any) -> None:
        """Bring a panel to the front and into focus, and into the whole room where one panel has that."""
        self.look(recent=self.with_recent(name), zoomed=name if self.view.zoomed else "", **changes)
        self.screen.focus_panel(name)

    def with_recent(self, name: str) -> tuple[str, ...]:
        """Return the panels that were asked for, this one first."""
        return (name, *(other for other in self.view.recent if other != name))

    @property
    def states(self) -> int:
        """How many states there are, or one while that is not known."""
        return self.run.opened.K if self.run.opened else 1

    @property
    def is_waiting(self) -> bool:
        """Whether a question to the engine is open."""
        return None in self._asked.values()

    # the run

    def begin(self, request: Request) -> None:
        """Forget the run, and let the engine make another."""
        self.request, self.run = request, RunBuffer()
        self.playback = Playback(0, self.clock)
        self._asked.clear()
        self.engine.run(request)
        self.look(chosen=0, source=0)

    def again(self, request: Request) -> None:
        """Run this instead, and rest at the time where one is."""
        at = self.playback.t if self.run.opened else self.start_at
        self.begin(request)
        self.start_at, self.play_at_once = at, False

    def open_at(self, request: Request, t: int) -> None:
        """Run a scenario, unless it is on the screen already, and rest at a time of it."""
        if (self.request.text, self.request.folder) != (request.text, request.folder):
            self.begin(request)
        if self.run.opened is None:
            self.start_at, self.play_at_once = t, False
        else:
            self.go(t)

    def judge(self, text: str) -> str | None:
        """Return what the engine's reader says of a text, or None if it is a scenario."""
        from markovdiff.errors import MarkovdiffError
        from markovdiff.study.scenario import loads

        try:
            loads(text, folder=self.request.folder, name=self.request.name)
        except MarkovdiffError as error:
            return str(error)
        return None

    def tick(self) -> None:
        """Take what the engine has sent, and look."""
        for message in self.engine.poll():
            self._hear(message)
        if self.run.trouble and self._complained is not self.run.trouble:
            self._complained = self.run.trouble
            self.screen.complain(self.run.trouble)
        self.look()

    def _hear(self, message: Message) -> None:
        opened = self.run.opened is None
        if isinstance(message, Answer):
            self._asked[message.question] = message
        elif isinstance(message, ColumnAnswer):
            self._asked[message.column] = message
        elif isinstance(message, Shadowed) and message.words:
            self.screen.say(f"no float64: {message.words}", "warning")
        self.run.take(message)
        if opened and self.run.opened is not None:
            self._open_time()
            self._bring_forward(self.run.opened.length is not None)
            self.engine.ask(Sample(self.seed, PARTICLES))
            self.ask_shadow()

    def _bring_forward(self, has_sequences: bool) -> None:
        """Put the panels of sequences in front of their stacks where the data are sequences, and else behind."""
        theirs = [name for name, panel in PANELS.items() if panel.subject == "sequences"]
        recent = tuple(name for name in self.view.recent if name not in theirs or name == self.view.focused)
        self.look(recent=(*recent, *(name for name in theirs if has_sequences and name not in recent)))

    def _open_time(self) -> None:
        """Let the clock run: the chain is known."""
        self.playback.T = self.run.T
        self.playback.go(min(self.start_at, self.run.T))
        if self.play_at_once:
            self.playback.play()
        self.start_at, self.play_at_once = 0, True

    def ask_shadow(self) -> None:
        """Ask for float64's curve where it is wanted, once for a run."""
        if self.view.shadow and self.run.opened is not None and self._shadowed_run is not self.run:
            self._shadowed_run = self.run
            self.engine.ask(Shadow())

    def _with_answers(self, view: ViewState) -> ViewState:
        """Ask for the exact fraction that is read out, and for the panels' columns, while time rests."""
        if not view.playing and view.run.at(view.t) is not None:
            wanted: list[Question | Column] = [column for panel in PANELS.values() for column in panel.columns(view)]
            if isinstance(spot := self.screen.spot(view), Question):
                wanted.append(spot)
            before, self._asked = self._asked, {}
            for question in wanted:
                self._asked[question] = before.get(question)
                if question not in before:
                    self.engine.ask(question)
        answers = tuple(answer for answer in self._asked.values() if answer is not None)
        return replace(view, answers=answers)

    @property
    def unsaved(self) -> Request | None:
        """The chain that was changed and would be lost with the program, which may wait behind the tour."""
        waiting = (self.before_tour.request,) if self.tour is not None and self.before_tour is not None else ()
        return next((request for request in (self.request, *waiting) if request.edited), None)

    def saved(self, request: Request, path: Path) -> None:
        """Name the file that a chain is kept in from now on."""
        now = replace(request, source=str(path), edited=False)
        if self.request == request:
            self.request = now
        if self.before_tour is not None and self.before_tour.request == request:
            self.before_tour = replace(self.before_tour, request=now)

    # the tour

    def be_at(self, tour: Tour) -> None:
        """Bring the screen to what this stop of the tour looks at."""
        from markovdiff.study.scenario import shipped_scenarios

        self.tour, sight = tour, tour.sight
        self.screen.show_card(tour)
        path = shipped_scenarios()[sight.scenario]
        text = path.read_text(encoding="utf-8")
        self.open_at(Request(text, str(path.parent), path.stem, source=sight.scenario), sight.t)
        choices = {"scale": sight.scale, "matrix": sight.matrix, "chosen": sight.state, "overlay_run": None}
        self.focus(sight.panel, touring=True, **choices)

    def leave_tour(self) -> None:
        """Go back to where one was."""
        self.tour = None
        self.screen.show_card(None)
        self.look(touring=False)
        if self.before_tour is not None:
            request, view = self.before_tour.request, self.before_tour.view
            self.open_at(request, view.t)
            choices = {name: getattr(view, name) for name in ("scale", "matrix", "chosen", "overlay_run")}
            self.focus(next(iter(view.recent), next(iter(PANELS))), **choices)

    def _shown_run(self) -> RunBuffer:
        """Return the run, or while a question of the tour is open only what has passed of it: the future would tell."""
        if self.tour is None or self.tour.chosen:
            return self.run
        t = max(self.playback.t, self.tour.sight.t)
        if self._veil is None or self._veil[:3] != (self.run, self.run.arrived, t):
            self._veil = (self.run, self.run.arrived, t, veiled(self.run, t))
        return self._veil[3]
