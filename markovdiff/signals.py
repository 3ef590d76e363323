"""Signals that end the program: Ctrl-C, `kill` and a closed terminal each end it with status 3 and a sentence.

    at_start()        while the program is being imported nothing is under way: it leaves at once
    interrupting()    while a command runs they are KeyboardInterrupts, so that files and processes are put in order
    handled(how)      the signals are handled in another way
    undisturbed()     a block that must not be torn apart; a signal is raised again at its end
    put_off()         the first signal waits for the end of the block, a second one does not wait
    settled()         the exit status is known, and no signal changes it any more

A signal that is ignored already (by `nohup`, or in a shell's background) stays ignored.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that ask for an end; Windows has no SIGHUP."""

STATUS = 3

Handler = Callable[[int, "FrameType | None"], Any]


def heard() -> tuple[signal.Signals, ...]:
    """Return the signals that are not ignored."""
    return tuple(number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None))


def at_start() -> None:
    """Let a signal end the process from now on. It belongs in the first line of a program, and nowhere else."""
    for number in heard():
        signal.signal(number, _leave)


def settled() -> None:
    """Ignore signals from now on. It belongs in the last line of a program."""
    for number in heard():
        signal.signal(number, signal.SIG_IGN)


def interrupting() -> contextlib.AbstractContextManager[None]:
    """Turn each of the signals into a KeyboardInterrupt in the main thread, within the block."""
    return handled(_interrupt)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Run the block to its end; signals that come meanwhile are raised again then."""
    came: list[int] = []
    try:
        with handled(lambda number, _frame: came.append(number)):
            yield
    finally:
        for number in came:
            signal.raise_signal(number)


@contextlib.contextmanager
def put_off(*, wanted: bool) -> Iterator[list[int]]:
    """Collect the signals that come, where wanted, for the end of the block; a second one is a KeyboardInterrupt."""
    came: list[int] = []
    if not wanted:
        yield came
        return

    def hear(number: int, _frame: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    with handled(hear):
        yield came


@contextlib.contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """Handle the signals in this way, and then as before; in another thread Python cannot, and nothing is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in heard()}
    try:
        for number in before:
            signal.signal(number, handler)
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    with contextlib.suppress(OSError):
        os.write(2, b"markovdiff: interrupted\n")
    os._exit(STATUS)
