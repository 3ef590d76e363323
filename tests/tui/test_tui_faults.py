"""Faults around the terminal interface: a disk that fills up while it saves, a system that refuses a process.

That its engine's process is killed is in test_app and test_engine.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from breadth import few
from textual.pilot import Pilot
from waiting import soon

from markovdiff.errors import InputError
from tui import form, raster, recent
from tui.app import MarkovdiffApp
from tui.canvas import ErrorCard
from tui.engine import EngineProcess
from tui.messages import Failed, Finished, Message, Request
from tui.run_buffer import RunBuffer
from tui.saving import save
from tui.screens.lab import Lab
from tui.screens.overlays import Export
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TEXT = (SCENARIOS / "two-state.toml").read_text(encoding="utf-8")
ASKED = Request(TEXT, str(SCENARIOS), "two-state")
DEADLINE = 300.0


@contextmanager
def limited(kind: int, amount: int) -> Iterator[None]:
    """A limit on this process for a while."""
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (amount, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def no_more_descriptors() -> int:
    """How many file descriptors there may be so that there is no new one."""
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    return lowest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def until(pilot: Pilot[None], fact: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not fact():
        assert time.monotonic() < deadline
        await pilot.pause(0.01)


def told(app: MarkovdiffApp) -> str:
    return "\n".join(raster.text(card.rows) for card in app.screen.query(ErrorCard) if card.region.area)


@pytest.mark.parametrize("kind", ["svg", "csv", "json", "toml"])
def test_a_disk_that_fills_up_leaves_nothing(kind: str, folder: Path) -> None:
    """What does not fit is an OSError, and no file of any name."""
    buffer = RunBuffer()
    Study(ASKED, buffer.take).perform(lambda: None)
    with limited(resource.RLIMIT_FSIZE, 100), pytest.raises(OSError, match="too large"):
        save(kind, buffer, ASKED, 3, folder, "<svg/>" * 100)
    assert list(folder.iterdir()) == []


def test_a_scenario_that_does_not_fit(folder: Path) -> None:
    """Nor is half a scenario saved, neither as a new file nor over an old one; nor half a list of recent files."""
    (folder / "old.toml").write_text("old", encoding="utf-8")
    with limited(resource.RLIMIT_FSIZE, 100):
        with pytest.raises(OSError, match="too large"):
            form.save(TEXT, folder / "new.toml")
        with pytest.raises(InputError, match="too large"):
            form.save(TEXT, folder / "old.toml", over=True)
    with limited(resource.RLIMIT_FSIZE, 1):
        recent.remember(folder / "old.toml")
    assert (folder / "old.toml").read_text(encoding="utf-8") == "old"
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["old.toml"]
    assert recent.known() == []


async def test_the_screen_says_that_nothing_was_saved(folder: Path) -> None:
    """A full disk is a message on the screen, which goes on."""
    app = MarkovdiffApp(ASKED)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session.run.finished)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Export))
        with limited(resource.RLIMIT_FSIZE, 100):
            await pilot.press("down", "enter")
            await until(pilot, lambda: "too large" in told(app))
        assert list(folder.iterdir()) == []
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Export))
        await pilot.press("down", "enter")
        await until(pilot, lambda: [path.name for path in folder.iterdir()] == ["two-state.csv"])


def test_a_process_that_cannot_be_started() -> None:
    """Where the system refuses one the only message is a Failed that says why; later the engine runs again."""
    engine = EngineProcess()
    try:
        with limited(resource.RLIMIT_NOFILE, no_more_descriptors()):
            engine.run(ASKED)
            (message,) = engine.poll()
            assert isinstance(message, Failed)
            assert "cannot be started: Too many open files\n  remedy    press enter" in message.message
            assert engine.poll() == []
            assert not engine.alive
        engine.run(ASKED)
        messages: list[Message] = []
        soon(lambda: messages.extend(engine.poll()) or any(isinstance(message, Finished) for message in messages))
        assert not any(isinstance(message, Failed) for message in messages)
    finally:
        engine.close()


@pytest.mark.slow
async def test_the_screen_offers_another_try() -> None:
    """The screen says that its engine could not be started; enter starts it when it can be."""
    engine = EngineProcess()
    with limited(resource.RLIMIT_NOFILE, no_more_descriptors()):
        engine.run(ASKED)
    app = MarkovdiffApp(ASKED, engine)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "cannot be started" in told(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.session.run.finished)
    assert multiprocessing.active_children() == []


def test_too_little_memory_in_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that runs out of memory says so, with the status of what could not be finished."""

    def too_much(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("tui.worker.study.run", too_much)
    messages: list[object] = []
    Study(ASKED, messages.append).perform(lambda: None)
    assert isinstance(failed := messages[-1], Failed)
    assert (failed.message.splitlines()[0], failed.status) == ("out of memory", 3)


@few(("key", "over"), [("x", Export), ("ctrl+l", Lab)])
async def test_the_palette_over_another_screen_starts_the_tour(key: str, over: type) -> None:
    """Chosen over a list or the lab, the tour leaves that: it lies on the main screen, to be seen and answered."""
    app = MarkovdiffApp(ASKED)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session.run.finished)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, over))
        app.main.action_act("tour")
        await until(pilot, lambda: app.screen_stack[0].query("#card"))
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("a")
        await until(pilot, lambda: app.session.tour and app.session.tour.chosen == "a")
        app.main.action_act("tour")
        await until(pilot, lambda: not app.screen_stack[0].query("#card"))
        assert not app.screen_stack[0].has_class("-touring")
