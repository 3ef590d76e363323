"""Tasks in processes of their own, a few at a time: forks that share what is imported and leave nothing behind.

A fork says nothing, has a bounded memory, and is ended together with all that it started. How it ended is its wait
status: 0 if the task came to its end, KILLED if it raised, a signal if that ended it.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

MEMORY = 4 * 2**30
"""Bytes that a fork may have, so that a mistake cannot take the machine."""

KILLED = 41


def forked(tasks: Iterable[tuple[Any, Callable[[], None]]], jobs: int) -> Iterator[tuple[Any, int]]:
    """Each task in a process of its own, `jobs` at a time; its name and wait status as it ends."""
    alive: dict[int, Any] = {}
    for name, task in tasks:
        if len(alive) == jobs:
            yield _reaped(alive)
        if pid := os.fork():
            alive[pid] = name
            continue
        os.setsid()
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            task()
        except BaseException:
            os._exit(KILLED)
        os._exit(0)
    while alive:
        yield _reaped(alive)


def _reaped(alive: dict[int, Any]) -> tuple[Any, int]:
    pid, status = os.wait()
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # what it may have started and left behind
    return alive.pop(pid), status
