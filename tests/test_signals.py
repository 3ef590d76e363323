"""Signals at whatever moment: status 3 and a sentence; no traceback, no half file, no temporary one left behind."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest
from breadth import few

from markovdiff import signals
from markovdiff.study import output

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals as Linux has them")

NUMBERS = signals.SIGNALS
PATIENCE = 300

WHILE_IMPORTING = """
import os, signal, sys
class Sent:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Sent())
sys.argv = ["markovdiff", *{arguments!r}]
import runpy
runpy.run_module({program!r}, run_name="__main__", alter_sys=True)
"""
"""The program, sent a signal when it begins to import a module."""


def hearing() -> None:
    """A background shell leaves SIGINT ignored, and children inherit that."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_DFL)


def program(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    options = {"capture_output": True, "text": True, "preexec_fn": hearing, **options}
    return subprocess.run(command, timeout=PATIENCE, check=False, **options)


@few("number", NUMBERS, ids=lambda number: number.name)
@pytest.mark.parametrize("module", ["click", "markovdiff.study.subprocess_run", "msgspec"])
def test_a_signal_while_the_program_is_imported(module: str, number: signal.Signals) -> None:
    """Before the command and within it: one sentence, status 3."""
    code = WHILE_IMPORTING.format(
        module=module, number=int(number), arguments=("run", "two-state"), program="markovdiff"
    )
    done = program(code)
    assert (done.returncode, done.stderr.strip(), done.stdout) == (3, "markovdiff: interrupted", "")


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_a_signal_while_the_audit_is_imported(number: signal.Signals) -> None:
    """The audit by itself likewise; status 1 would be a verdict."""
    module = "markovdiff.audit.examination"
    code = WHILE_IMPORTING.format(module=module, number=int(number), arguments=("r.json",), program="markovdiff.audit")
    done = program(code)
    assert (done.returncode, done.stderr.strip(), done.stdout) == (3, "markovdiff: interrupted", "")


def test_a_signal_that_nobody_can_be_told_of() -> None:
    """Where stderr is full an interruption is status 3 and not the 2 of bad input."""
    code = WHILE_IMPORTING.format(module="msgspec", number=2, arguments=("run", "two-state"), program="markovdiff")
    with Path("/dev/full").open("w") as full:
        done = program(code, capture_output=False, stdout=subprocess.DEVNULL, stderr=full)
    assert done.returncode == 3


def test_what_is_ignored_stays_ignored() -> None:
    """Under nohup a terminal that closes ends nothing."""

    def nohup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    code = WHILE_IMPORTING.format(module="click", number=1, arguments=("list",), program="markovdiff")
    done = program(code, preexec_fn=nohup)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
@pytest.mark.parametrize("when", ["mkstemp", "chmod", "replace"])
def test_a_signal_while_files_are_written(
    number: signal.Signals, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two files both are there or neither is, and no temporary one: the signal is heard afterwards."""
    home: Any = output.tempfile if when == "mkstemp" else Path
    real = getattr(home, when)

    def sent(*arguments: Any, **more: Any) -> Any:
        done = real(*arguments, **more)
        os.kill(os.getpid(), number)
        return done

    monkeypatch.setattr(home, when, sent)
    with signals.interrupting(), pytest.raises(KeyboardInterrupt):
        output.write_whole({("a", str(tmp_path / "a")): "a", ("b", str(tmp_path / "b")): "b"})
    assert {path.name for path in tmp_path.iterdir()} in (set(), {"a", "b"})
    for old in tmp_path.iterdir():
        old.unlink()
    if when != "replace":
        with signals.interrupting(), pytest.raises(KeyboardInterrupt):
            output.write_new(tmp_path / "c", "c")
        assert {path.name for path in tmp_path.iterdir()} == {"c"}


def test_handlers_are_put_back() -> None:
    """Whoever calls the program from Python keeps their own."""
    before = [signal.getsignal(number) for number in NUMBERS]
    with signals.interrupting(), signals.undisturbed():
        assert [signal.getsignal(number) for number in NUMBERS] != before
    assert [signal.getsignal(number) for number in NUMBERS] == before


@few("number", NUMBERS, ids=lambda number: number.name)
def test_the_terminal_is_given_back(number: signal.Signals, tmp_path: Path) -> None:
    """Amid the terminal interface: status 3, the screen that was there before, and no raw mode."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    environment = os.environ | {"TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "markovdiff", "tui", "two-state"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=tmp_path,
        preexec_fn=hearing,  # noqa: PLW1509  (it takes no lock)
    )  # fmt: skip
    said, ended, deadline = b"", False, time.monotonic() + PATIENCE
    while not ended:
        assert time.monotonic() < deadline, said[-500:]
        if b"t=0/64" in said and process.poll() is None:
            process.send_signal(number)
        ready, _, _ = select.select([ours], [], [], 0.1)
        ended = process.poll() is not None and not ready
        said += os.read(ours, 65536) if ready else b""
    after = termios.tcgetattr(theirs)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, b"Traceback" in said, after) == (3, False, before)
    assert said.count(b"\x1b[?1049h") == said.count(b"\x1b[?1049l") == 1


@pytest.mark.slow
def test_a_terminal_that_is_gone(tmp_path: Path) -> None:
    """The terminal interface ends with its terminal, whatever it was writing there."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path)}
    launcher = (
        "import fcntl, os, sys, termios\nos.setsid()\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'markovdiff', 'tui', 'two-state'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", launcher], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=tmp_path,
        preexec_fn=hearing,  # noqa: PLW1509  (it takes no lock)
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while b"t=0/64" not in said:
        ready, _, _ = select.select([ours], [], [], PATIENCE)
        assert ready, said[-500:]
        said += os.read(ours, 65536)
    os.close(ours)
    try:
        assert process.wait(PATIENCE) == 3
    finally:
        process.kill()
