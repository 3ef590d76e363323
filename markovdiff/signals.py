"""Ctrl-C, `kill`, a terminal that is closed: each ends the program with status 3 and a sentence, at whatever moment.

    at_start()        while the program is being imported nothing is under way: it leaves at once
    interrupting()    while a command runs they are KeyboardInterrupts, so that files and processes are put in order
    handled(how)      or they are something else
    undisturbed()     what must be done whole is; the signal is heard when it is
    put_off()         the first waits for the end, a second for nothing
    settled()         the status is known, and is no longer changed

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
"""Those that ask for an end; Windows has no SIGHUP."""

STATUS = 3

Handler = Callable[[int, "FrameType | None"], Any]


def heard() -> tuple[signal.Signals, ...]:
    """Those of them that are not ignored."""
    return tuple(number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None))


def at_start() -> None:
    """From now on a signal ends the process. For the first line of a program, and nowhere else."""
    for number in heard():
        signal.signal(number, _leave)


def settled() -> None:
    """From now on no signal is heard. For the last line of a program."""
    for number in heard():
        signal.signal(number, signal.SIG_IGN)


def interrupting() -> contextlib.AbstractContextManager[None]:
    """Within, each of the signals is a KeyboardInterrupt in the main thread."""
    return handled(_interrupt)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """What stands in here is not torn apart; signals that come meanwhile are raised again at its end."""
    came: list[int] = []
    try:
        with handled(lambda number, _frame: came.append(number)):
            yield
    finally:
        for number in came:
            signal.raise_signal(number)


@contextlib.contextmanager
def put_off(*, wanted: bool) -> Iterator[list[int]]:
    """Where wanted, give those that came, for the end of what stands in here; a second one is a KeyboardInterrupt."""
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
