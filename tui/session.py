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

from tui.engine import EngineProcess
from tui.lab.state import LabState
from tui.messages import (
    Answer,
    Column,
    ColumnAnswer,
    InspectionQuestion,
    Message,
    NaiveFloatAnswer,
    NaiveFloatQuestion,
    Question,
    Request,
    SampleQuestion,
)
from tui.panels import PANELS
from tui.playback import Playback
from tui.run_buffer import RunBuffer, return_free_memory, veiled
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

    def room(self, name: str) -> tuple[int, int]:
        """Return the columns and rows that a panel has."""

    def say(self, words: str, severity: Severity = "information") -> None:
        """Say something for a moment."""

    def complain(self, trouble: str) -> None:
        """Say what went wrong beside the field that is meant, where a form is open; the card says it anyway."""

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
    """Where one was before the tour: the chain, its time, the panels, and what was chosen. The run is made again."""

    request: Request
    t: int
    recent: tuple[str, ...]
    choices: dict[str, Any]


class Session:
    """The run that is shown, the engine that makes it, and the clock; `screen` holds what is looked at."""

    def __init__(
        self,
        screen: Doors,
        request: Request,
        engine: EngineProcess,
        *,
        begun: bool = False,
        t: int = 0,
        play: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.screen, self.request, self.engine, self.clock = screen, request, engine, clock
        self.begun, self.start_at, self.play_at_once = begun, t, play
        self.run = RunBuffer(name=request.name)
        self.playback = Playback(0, clock)
        self.pinned_run: RunBuffer | None = None
        self.lab: LabState | None = None
        self.tour: Tour | None = None
        self.before_tour: BeforeTour | None = None
        self.seed = 0
        self.fault_dismissed = False
        self.before_edit: Request | None = None
        self._kept_states: dict[str, str] = {}
        self._asked: dict[Question | Column, Answer | ColumnAnswer | None] = {}
        self._shadow_asked = self._inspection_asked = False
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
        fault = "" if self.fault_dismissed else run.trouble or ""
        clock: dict[str, Any] = {"t": t, "playing": p.playing, "pace": p.words}
        here: dict[str, Any] = {"run": run, "arrived": run.arrived, "edited": self.request.edited, "fault": fault}
        now = replace(self.view, **here, **clock, **changes)
        self.screen.view = self._with_answers(now)

    def go(self, t: int, **changes: Any) -> None:
        """Rest at this time."""
        self.playback.pause()
        self.playback.go(t)
        self.look(**changes)

    def step(self, n: int) -> None:
        """Move by n steps; while the chain is not known yet, that is where its time begins."""
        if self.run.opened is None:
            self.start_at = max(self.start_at + n, 0)
        else:
            self.playback.step(n)
        self.look()

    def play_or_pause(self) -> None:
        """Let time run, or rest; while the chain is not known yet, that is what it will do."""
        if self.run.opened is None:
            self.play_at_once = not self.play_at_once
        else:
            self.playback.toggle()
        self.look()

    def dismiss_fault(self) -> None:
        """Put the card of what went wrong away, and look at what was computed."""
        self.fault_dismissed = True
        self.look()

    def accept(self, after: ViewState) -> None:
        """Look at what a click has asked for."""
        before = self.view
        chosen = {name: getattr(after, name) for name in ("chosen", "source", "has_source", "sampler", "scrolled")}
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
        """Forget the run, and let the engine make another. It begins at t = 0, and rests there unless time ran."""
        self.start_at, self.play_at_once, self._kept_states = 0, self._is_played, {}
        self.request, self.run = request, RunBuffer(name=request.name)
        self.playback = Playback(0, self.clock)
        self._asked.clear()
        self._shadow_asked, self._inspection_asked, self._veil = False, False, None
        self.engine.run(request)
        self.fault_dismissed = False
        self.look(chosen=0, source=0, has_source=False, scrolled=())

    @property
    def _is_played(self) -> bool:
        """Whether time runs, or will as soon as the chain is known."""
        return self.play_at_once if self.run.opened is None else self.playback.playing

    def again(self, request: Request) -> None:
        """Run this instead, at the time where one is, which goes on if it ran; chosen states stay where they exist."""
        at, kept, before = self.start_at, self._kept_states, self.view
        if self.run.opened is not None:
            at = self.playback.t
            kept = {name: self.run.labels[getattr(self.view, name)] for name in ("chosen", "source")}
        self.begin(request)
        self.start_at, self._kept_states = at, kept
        self.look(scrolled=before.scrolled, has_source=before.has_source)

    def begin_edit(self) -> None:
        """Leave room for the form, and remember what it begins with."""
        self.before_edit = self.request
        self.look(editing=True)

    def end_edit(self, *, keep: bool) -> None:
        """Take the form's room back; show what it began with, unless a change is kept."""
        before, self.before_edit = self.before_edit, None
        if before is not None and before != self.request and (not keep or before.text == self.request.text):
            self.again(before)
        self.look(editing=False)

    def open_at(self, request: Request, t: int) -> None:
        """Run a scenario, unless it is on the screen already, and rest at a time of it."""
        if (self.request.text, self.request.folder) != (request.text, request.folder):
            self.begin(request)
        if self.run.opened is None:
            self.start_at, self.play_at_once = t, False
        else:
            self.go(t)

    def validate(self, text: str) -> str | None:
        """Return what the engine's reader says of a text, or None if it is a scenario."""
        from markovdiff.errors import MarkovdiffError
        from markovdiff.study.loading import loads

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
        elif isinstance(message, NaiveFloatAnswer) and message.words:
            self.screen.say(f"no float64: {message.words}", "warning")
        self.run.take(message)
        if opened and self.run.opened is not None:
            return_free_memory()  # of the run before, which nothing has any more
            self._open_time()
            labels = self.run.labels
            self.look(**{name: labels.index(kept) for name, kept in self._kept_states.items() if kept in labels})
            self._bring_forward(self.run.opened.length is not None)
            self.engine.ask(SampleQuestion(self.seed, PARTICLES))
            self.ask_shadow()

    def _bring_forward(self, has_sequences: bool) -> None:
        """Put the panels of sequences in front of their stacks where the data are sequences; else leave them."""
        theirs = [name for name, panel in PANELS.items() if panel.subject == "sequences"]
        if has_sequences:
            recent = self.view.recent
            self.look(recent=(*recent, *(name for name in theirs if name not in recent)))
            return
        left = self.view.focused in theirs
        self.look(recent=tuple(name for name in self.view.recent if name not in theirs))
        if left:
            self.focus(next(iter((*self.view.recent, *PANELS))))

    def _open_time(self) -> None:
        """Let the clock run: the chain is known."""
        self.playback.T = self.run.T
        self.playback.go(min(self.start_at, self.run.T))
        if self.play_at_once:
            self.playback.play()

    def ask_shadow(self) -> None:
        """Ask for float64's curve where it is wanted, once for a run."""
        if self.view.shadow and self.run.opened is not None and not self._shadow_asked:
            self._shadow_asked = True
            self.engine.ask(NaiveFloatQuestion())

    def _with_answers(self, view: ViewState) -> ViewState:
        """Ask for the exact fraction that is read out, and for what the panels need, while time rests."""
        if not view.playing and view.run.at(view.t) is not None:
            self._ask_inspection(view)
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

    def _ask_inspection(self, view: ViewState) -> None:
        """Ask for what `inspect` says where the panel that is alone shows it, once for a run, when that has ended."""
        alone = PANELS.get(view.zoomed)
        if alone and alone.inspects and view.run.finished is not None and not self._inspection_asked:
            self._inspection_asked = True
            self.engine.ask(InspectionQuestion())

    @property
    def unsaved(self) -> Request | None:
        """The chain that was changed and would be lost with the program, which may wait behind the tour."""
        waiting = (self.before_tour.request,) if self.tour is not None and self.before_tour is not None else ()
        return next((request for request in (self.request, *waiting) if request.edited), None)

    def saved(self, request: Request, path: Path) -> None:
        """Name the file that a chain is kept in from now on."""
        now = replace(request, source=str(path), edited=False)
        if self.before_edit is not None:
            self.before_edit = now
        if self.request == request:
            self.request = now
        if self.before_tour is not None and self.before_tour.request == request:
            self.before_tour = replace(self.before_tour, request=now)

    # the tour

    def begin_tour(self) -> None:
        """Keep in mind where one is, and begin."""
        view = self.view
        choices = {name: getattr(view, name) for name in ("scale", "matrix", "chosen", "overlay_run")}
        self.before_tour = BeforeTour(self.request, view.t, view.recent, choices)
        self.be_at(Tour())

    def be_at(self, tour: Tour) -> None:
        """Bring the screen to what this stop of the tour looks at."""
        from markovdiff.study.shipped import shipped_scenarios

        self.tour, setting = tour, tour.setting
        self.screen.show_card(tour)
        path = shipped_scenarios()[setting.scenario]
        text = path.read_text(encoding="utf-8")
        self.open_at(Request(text, str(path.parent), path.stem, source=setting.scenario), setting.t)
        choices = {"scale": setting.scale, "matrix": setting.matrix, "chosen": setting.state, "overlay_run": None}
        self.focus(setting.panel, touring=True, **choices)

    def leave_tour(self) -> None:
        """Go back to where one was."""
        self.tour = self._veil = None
        self.screen.show_card(None)
        self.look(touring=False)
        before, self.before_tour = self.before_tour, None
        if before is not None:
            self.open_at(before.request, before.t)
            self.focus(next(iter(before.recent), next(iter(PANELS))), **before.choices)

    def _shown_run(self) -> RunBuffer:
        """Return the run, or while a question of the tour is open only what has passed of it: the future would tell."""
        if self.tour is None or self.tour.chosen:
            return self.run
        t = max(self.playback.t, self.tour.setting.t)
        if self._veil is None or self._veil[:3] != (self.run, self.run.arrived, t):
            self._veil = (self.run, self.run.arrived, t, veiled(self.run, t))
        return self._veil[3]
