"""The terminal that the interface needs, is stopped in, and comes back to; and lists that no key breaks."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from breadth import few
from textual.widgets import OptionList

from tui.app import MarkovdiffApp
from tui.messages import Request
from tui.screens.lists import Palette
from tui.screens.overlays import Scenarios

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TEXT = (SCENARIOS / "two-state.toml").read_text(encoding="utf-8")
STREAMS = ("stdin", "stdout", "stderr")
COMMAND = [sys.executable, "-m", "markovdiff", "tui", "two-state"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save what keys pressed by chance save where it is no one's."""
    monkeypatch.chdir(tmp_path)


@few("names", [("stdin",), ("stdout",), ("stderr",), ("stdin", "stdout"), ("stdout", "stderr")],
     [("stdin",), ("stdout", "stderr")])  # fmt: skip
def test_without_a_terminal_at_both_ends_it_does_not_open(names: tuple[str, ...]) -> None:
    """Where keys cannot come or the picture cannot be seen there is one message, nothing is drawn, status 2."""
    terminal, other = pty.openpty()
    streams: dict[str, int] = {name: subprocess.PIPE if name in names else other for name in STREAMS}
    done = subprocess.run(COMMAND, **streams, check=False, timeout=300)  # type: ignore[call-overload]
    os.close(other)
    shown = done.stderr if "stderr" in names else os.read(terminal, 65536)
    os.close(terminal)
    first, *rest = shown.decode().splitlines()
    assert first == "markovdiff: the terminal interface needs a terminal to read keys from and to draw on"
    assert rest[0].split() == ["where", *(", ".join(names)).split()]
    assert b"\x1b" not in shown
    assert not done.stdout
    assert done.returncode == 2


def test_a_server_that_started_it_speaks_to_it_through_pipes() -> None:
    """With TEXTUAL_DRIVER, as a server of pages sets it, nothing is refused: the picture comes as packets."""
    driver = {**os.environ, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver", "COLUMNS": "80", "ROWS": "24"}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=driver) as served:
        assert served.stdout is not None
        assert served.stdout.read(13) == b"__GANGLION__\n"
        served.kill()


SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(job, os.WUNTRACED)
assert os.WIFSTOPPED(status)
os.tcsetpgrp(0, os.getpgrp())
print("the shell is back", flush=True)
os.read(0, 1)
os.tcsetpgrp(0, job)
os.kill(job, signal.SIGCONT)
_, status = os.waitpid(job, os.WUNTRACED)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""What a shell with jobs does: a group for the program, the terminal given to it, and `fg` at a line."""


@pytest.mark.slow
def test_ctrl_z_stops_it_and_it_comes_back() -> None:
    """The process is stopped, the terminal left; continued by the shell, it draws again and takes keys."""
    with started([sys.executable, "-c", SHELL, *COMMAND]) as terminal:
        read_until(terminal, b"t=0/64")
        os.write(terminal, b"\x1a")
        assert b"\x1b[?1049l" in read_until(terminal, b"the shell is back")  # the alternate screen is left
        os.write(terminal, b"\n")
        read_until(terminal, b"t=0/64")
        os.write(terminal, b"]")
        read_until(terminal, b"t=1/64")


@pytest.mark.slow
def test_ctrl_z_does_nothing_where_no_shell_could_bring_it_back() -> None:
    """It leads its session, as over `ssh -t` or in a window of tmux: stopped, it would hang for ever."""
    with started(COMMAND) as terminal:
        read_until(terminal, b"t=0/64")
        os.write(terminal, b"\x1a]")
        read_until(terminal, b"t=1/64")


@contextmanager
def started(command: list[str]) -> Iterator[int]:
    """A terminal of its own with a program in it, which `q` must end with status 0."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", XDG_STATE_HOME=os.devnull)
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        yield terminal
        os.write(terminal, b"q")
        read_until(terminal, b"\x1b[?1049l")
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    except BaseException:
        os.killpg(os.tcgetpgrp(terminal), signal.SIGKILL)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(terminal)


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Read what a program writes until it has written this, and give what was read."""
    seen, deadline = b"", time.monotonic() + 300
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(deadline - time.monotonic(), 0))
        assert ready, (wanted, seen[-400:])
        seen += os.read(terminal, 65536)
    return seen


LIST_KEYS = ("pageup", "pagedown", "up", "down", "home", "end", "ctrl+home", "ctrl+end")


@few("typed", ["", "z", "zzzzqqq"])
async def test_no_key_in_the_palette_ends_the_program(typed: str) -> None:
    """Before anything is listed, while it is being listed, and where nothing is found."""
    app = MarkovdiffApp(Request(TEXT, str(SCENARIOS), "two-state"))
    async with app.run_test(size=(80, 24)) as pilot:
        for key in LIST_KEYS:
            app.action_command_palette()
            await pilot.press(key, *typed, key, key)
            assert isinstance(app.screen, Palette)
            app.action_command_palette()
            assert len(app.screen_stack) == 2
            await pilot.press("escape")
            if len(app.screen_stack) > 1:  # the first has closed the list alone
                await pilot.press("escape")
            assert len(app.screen_stack) == 1


async def test_no_key_in_a_list_of_no_scenarios_ends_the_program() -> None:
    """In the filter and in the list, before there are lines and where none is left."""
    app = MarkovdiffApp(Request(TEXT, str(SCENARIOS), "two-state"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s", *LIST_KEYS)
        assert isinstance(app.screen, Scenarios)
        app.screen.query_one(OptionList).focus()
        for words in ("", "no such scenario"):
            for key in LIST_KEYS:
                app.screen.fill(words)
                await pilot.press(key, key)
        assert isinstance(app.screen, Scenarios)


@few(
    ("opener", "keys"),
    [
        ("x", ("enter", "enter")),
        ("s", ("enter", "enter")),
        ("colon", ("3", "enter", "enter")),
        ("question_mark", ("escape", "escape")),
        ("ctrl+l", ("escape", "escape")),
        ("ctrl+p", ("down", "enter", "enter")),
    ],
    [("s", ("enter", "enter")), ("question_mark", ("escape", "escape")), ("ctrl+p", ("down", "enter", "enter"))],
)
async def test_a_key_that_comes_too_late_closes_nothing_else(opener: str, keys: tuple[str, ...]) -> None:
    """Two keys at once, of which the first closes the dialogue: the second finds it gone, and the program goes on."""
    app = MarkovdiffApp(Request(TEXT, str(SCENARIOS), "two-state"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(opener)
        await pilot.pause(0.2)
        for key in keys:
            app.simulate_key(key)
        await pilot.pause()
        assert app.is_running
        assert app.return_code is None
        assert len(app.screen_stack) <= 2
