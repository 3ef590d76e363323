"""An app driven by keys and the mouse, its engine in this process, and a clock that stands still until it is moved."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, lru_cache
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static, TextArea

from tui import raster
from tui.app import MarkovdiffApp
from tui.canvas import Canvas, ErrorCard, PanelWidget
from tui.messages import Ask, Message, Request
from tui.screens.overlays import Editor
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TWO_STATE = (SCENARIOS / "two-state.toml").read_text(encoding="utf-8")
DEADLINE = 300.0
"""Seconds after which what has not come will not come, however busy the machine."""


@lru_cache(maxsize=64)
def studied(request: Request) -> tuple[Study, list[Message]]:
    """A study that has run, and what it has sent; what it is asked it answers there too."""
    found: list[Message] = []
    study = Study(request, found.append)
    study.perform(lambda: None)
    return study, found


@cache
def sent(request: Request) -> tuple[Message, ...]:
    """What the engine sends for a request."""
    return tuple(studied(request)[1])


@lru_cache(maxsize=1024)
def replies(request: Request, question: Ask) -> tuple[Message, ...]:
    """What the engine answers to a question about a request that it has run: for the same question, the same."""
    sent(request)  # first, for the answers are no part of it
    study, found = studied(request)
    before = len(found)
    study.ask(question)
    return tuple(found[before:])


class Nearby:
    """An engine in this process: the same messages at once, without the second of waiting for a new one."""

    def __init__(self) -> None:
        self.waiting: list[Message] = []
        self.alive = False
        self.requests: list[Request] = []

    def start(self) -> None:
        pass

    def run(self, request: Request) -> None:
        self.requests.append(request)
        self.alive = True
        self.waiting = list(sent(request))

    def poll(self, limit: int = 64) -> list[Message]:
        now, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return now

    def ask(self, question: Ask) -> None:
        self.waiting += replies(self.requests[-1], question)

    def close(self) -> None:
        self.alive = False


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Session:
    """An app, its pilot, its clock."""

    def __init__(self, app: MarkovdiffApp, pilot: Pilot[None], clock: Clock) -> None:
        self.app, self.pilot, self.clock = app, pilot, clock

    async def until(self, fact: Callable[[], object], what: str = "") -> None:
        """Wait until it is so."""
        deadline = time.monotonic() + DEADLINE
        while not fact():
            assert time.monotonic() < deadline, what or "what was waited for did not come"
            await self.pilot.pause(0.01)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def opened(self) -> None:
        await self.until(lambda: self.app.session.run.finished is not None, "the run did not end")
        await self.until(lambda: self.app.main.view.arrived == self.app.session.run.arrived)

    async def at(self, t: int) -> None:
        await self.until(lambda: self.app.main.view.t == t, f"t = {t} was not shown but {self.app.main.view.t}")

    async def over(self, screen: type) -> None:
        await self.until(lambda: isinstance(self.app.screen, screen), f"{screen} did not open: {self.app.screen}")

    async def edit(self, text: str) -> None:
        """Put this into the editor, and keep it."""
        await self.press("ctrl+e")
        await self.over(Editor)
        self.app.screen.query_one(TextArea).text = text
        await self.pilot.pause()
        await self.press("ctrl+s")

    async def home(self) -> None:
        """Leave whatever is open."""
        if len(self.app.screen_stack) > 1:
            await self.press("escape")
        await self.until(lambda: len(self.app.screen_stack) == 1, "escape does not leave")

    async def fresh(self) -> None:
        """Paused at t = 20, the first panel focused."""
        self.app.session.playback.pause()
        self.app.session.playback.go(20)
        self.app.session.look()
        await self.at(20)

    def head(self) -> str:
        return raster.text(self.app.query_one("#headline", Canvas).rows)

    def told(self) -> str:
        return "\n".join([*(str(n.message) for n in self.app._notifications), self.fault_card()])

    def fault_card(self) -> str:
        """The card of what went wrong, while it is in sight; on the main screen or over it."""
        cards = [card for card in self.app.screen.query(ErrorCard) if card.region.area]
        return "\n".join(raster.text(card.rows) for card in cards)

    async def rendered(self) -> None:
        """Every panel that is shown is painted over its whole size."""
        await self.pilot.pause()
        deadline = time.monotonic() + DEADLINE
        while wrong := self.wrong():
            assert time.monotonic() < deadline, (wrong, self.app.size)
            await self.pilot.pause(0.01)

    def wrong(self) -> list[str]:
        shown = [p for p in self.app.screen_stack[0].query(PanelWidget) if p.display and p.region.area]
        return [
            f"{p.id} {p.size} {len(p.rows)}"
            for p in shown
            if [len(row) for row in p.rows] != [p.size.width] * p.size.height
        ] + ([] if shown else ["no panel at all"])


def plain(static: Static) -> str:
    """The text as it can be read on the screen."""
    return "\n".join(static.render_line(y).text.rstrip() for y in range(static.size.height))


def squeezed(text: str) -> str:
    return "".join(text.split())


@asynccontextmanager
async def session(
    request: Request | None = None, size: tuple[int, int] = (120, 40), t: int = 0, play: bool = False
) -> AsyncIterator[Session]:
    """An app that has its run."""
    clock = Clock()
    request = request or Request(TWO_STATE, str(SCENARIOS), "two-state")
    app = MarkovdiffApp(request, t=t, play=play, fps=100, clock=clock)
    async with app.run_test(size=size) as pilot:
        s = Session(app, pilot, clock)
        await s.opened()
        yield s
