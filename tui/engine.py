"""The engine in a process of its own, seen from the screen.

FLINT holds the interpreter's lock through a long operation and its precision is global to a process, so the
engine does not share ours. A run is replaced by killing its process: it has nothing to lose. A spare that
has already imported everything takes the next request at once.

    engine = Engine(); engine.start()
    engine.run(Request(...))
    engine.poll()            # now and then: the messages that have come

Processes are spawned, not forked: threads and terminal modes stay here. Each has its own connection, so
nothing of a replaced run can be heard. A child ends with its parent, however that ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from tui.messages import Ask, Died, Failed, Message, Reply, Request

AHEAD = 16
"""Questions sent before the first of them is answered: more could fill the pipe and block the screen."""

PATIENCE = 0.2
"""Seconds to wait for a killed process to be gone; what takes longer is left to the system."""


class EngineProcess:
    """At most one running request, in a process that can be replaced at once.

    Not for several threads. `start` only warms up: `run` spawns what is missing. A new spare is spawned when
    the first message has come, so that it does not take the second core from the run that is waited for; none is,
    where `keeps_spare` is set to False.
    """

    keeps_spare = True

    def __init__(self) -> None:
        self._current: _Child | None = None
        self._spare: _Child | None = None
        self._questions: deque[Ask] = deque()
        self._unanswered = 0
        self._trouble: Failed | None = None

    def start(self) -> None:
        """Spawn a process and a spare."""
        self._current = self._current or _Child()
        self._spare = self._spare or _Child()

    def run(self, request: Request) -> None:
        """End what is running, and run this instead; only messages about this will come.

        Where the system refuses a process the only message is a Failed.
        """
        self._questions.clear()
        self._unanswered = 0
        if self._current is not None and (self._current.given or not self._current.alive):
            self._current.end()
            self._current = None
        if self._current is None and self._spare is not None:
            self._current, self._spare = self._spare, None
            if not self._current.alive:
                self._current.end()
                self._current = None
        self._trouble = None
        try:
            self._current = self._current or _Child()
        except OSError as error:
            what = f"the engine's process cannot be started: {error.strerror}"
            from markovdiff.errors import UnfinishedError  # late: the engine stays out of the screen's process

            self._trouble = Failed(str(UnfinishedError(what, remedy="press enter to try again")), 3)
        else:
            self._current.give(request)

    def poll(self, limit: int = 64) -> list[Message]:
        """Return the messages that have come, at most `limit`, oldest first; it does not wait."""
        messages: list[Message] = [] if self._trouble is None else [self._trouble]
        self._trouble = None
        while self._current is not None and self._current.given and len(messages) < limit:
            try:
                if not self._current.connection.poll():
                    break
                message: Message = self._current.connection.recv()
            except (EOFError, OSError):
                message = Died(self._current.end(PATIENCE))
                self._current = None
            messages.append(message)
            if self.keeps_spare:
                with contextlib.suppress(OSError):
                    self._spare = self._spare or _Child()
            if isinstance(message, Reply):
                self._unanswered -= 1
                self._pass_on()
        return messages

    def ask(self, question: Ask) -> None:
        """Ask about what is running or has finished; the reply comes through `poll`. Without a run there is none."""
        if self._current is not None and self._current.given:
            self._questions.append(question)
            self._pass_on()

    def _pass_on(self) -> None:
        while self._current is not None and self._questions and self._unanswered < AHEAD:
            self._current.give(self._questions.popleft())
            self._unanswered += 1

    @property
    def alive(self) -> bool:
        """Whether the process that has the request, or waits for one, lives."""
        return self._current is not None and self._current.alive

    def close(self) -> None:
        """End every process."""
        for child in (self._current, self._spare):
            if child is not None:
                child.end()
        self._current = self._spare = None


class _Child:
    """A spawned process and our end of its connection."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.connection, theirs = spawn.Pipe()
        self.process = spawn.Process(target=_live, args=(theirs,), name="markovdiff-engine", daemon=True)
        self.given = False
        with theirs, _presentable(), _deaf():
            self.process.start()

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    def give(self, message: Request | Ask) -> None:
        """Send it; if the process is gone, that shows when it is listened to."""
        self.given = True
        with contextlib.suppress(OSError):
            self.connection.send(message)

    def end(self, patience: float = 0) -> int:
        """Kill it, unless it ends by itself within `patience` seconds; its exit code."""
        self.connection.close()
        self.process.join(patience)
        self.process.kill()
        self.process.join(PATIENCE)
        return -9 if self.process.exitcode is None else self.process.exitcode


@contextlib.contextmanager
def _presentable() -> Iterator[None]:
    """Show multiprocessing an empty __main__ and the terminal's stderr while it spawns.

    The child would import the parent's main module again, which takes time and may have effects; and a screen
    that captures stderr has no descriptor to hand on.
    """
    main, stderr = sys.modules["__main__"], sys.stderr
    sys.modules["__main__"], sys.stderr = ModuleType("__main__"), sys.__stderr__
    try:
        yield
    finally:
        sys.modules["__main__"], sys.stderr = main, stderr


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Block SIGINT while a child is spawned: until `_live` begins it would answer with a traceback.

    The tracker that multiprocessing starts beside its first child lets signals through again, so it is started before.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _live(connection: Connection[Any, Any]) -> None:
    """Live as a child: silent, deaf to Ctrl-C, and no longer than the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        from tui.worker.study import serve
    except Exception as error:
        connection.send(Failed(f"the engine cannot be loaded: {type(error).__name__}: {error}", 3))
        raise
    serve(connection)


def _end_with_parent() -> None:
    """End when the parent ends: a closed connection is noticed only between steps, and a step may be long."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
