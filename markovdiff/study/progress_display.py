"""Progress where a person works in Python: an output of the notebook's cell that moves, or a line of a terminal.

A notebook's kernel is told once to show a bar, and then to show it anew, by the id of that output; this is Jupyter's
own protocol (display_data, update_display_data), so it needs no widget and works wherever a cell's output is shown.
IPython is never imported: where it is not running there is no notebook. Where stderr is no terminal either, nothing is
shown.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import import_module
from math import ceil
from time import monotonic
from typing import Any

from markovdiff.errors import printable

EVERY = 0.1
"""Seconds from one state that is shown to the next, at least; the last is always shown."""


@dataclass(frozen=True)
class Progressed:
    """How far something is: what, the share that is done, and the seconds that are left, None where nobody knows."""

    words: str
    share: float
    left: float | None = None

    def __repr__(self) -> str:
        return f"{self.words}, {self.share:.0%}{self._ahead()}"

    def _ahead(self) -> str:
        return "" if self.left is None else f", about {duration(self.left)} left"

    def _repr_html_(self) -> str:
        bar = f'<progress max="1" value="{self.share:.4f}" style="vertical-align: middle"></progress>'
        return f"{bar} {escape(self.words)}{self._ahead()}"


def duration(seconds: float) -> str:
    """Return seconds, rounded up, in the largest unit of which there are two.

    >>> duration(0.2), duration(119), duration(121), duration(8000)
    ('1 s', '119 s', '3 min', '3 h')
    """
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{ceil(seconds / length)} {unit}"
    return f"{ceil(seconds)} s"


class ProgressDisplay:
    """Shows how far each of several tasks is, one after another, at one place."""

    def __init__(self) -> None:
        self._write = _notebook_output() or _terminal_line()
        self._task = ""
        self._begun = self._first = self._last = 0.0

    def show(self, task: str, words: str, share: float) -> None:
        """Show the share of a task that is done; the time that is left is told from the pace so far."""
        if self._write is None:
            return
        now = monotonic()
        if task != self._task:
            self._task, self._begun, self._first, self._last = task, now, share, 0.0
        if share < 1 and now - self._last < EVERY:
            return
        self._last = now
        done = share - self._first
        left = (now - self._begun) * (1 - share) / done if done > 0 and share < 1 else None
        self._write(Progressed(printable(words), share, left))


Write = Callable[[Progressed], object]


def _notebook_output() -> Write | None:
    """Return what shows a state in the running cell, at one place; None where no notebook's kernel runs."""
    running = sys.modules.get("IPython")
    if running is None or getattr(running.get_ipython(), "kernel", None) is None:
        return None
    handles: list[Any] = []

    def write(state: Progressed) -> None:
        if handles:
            handles[0].update(state)
        else:
            handles.append(import_module("IPython.display").display(state, display_id=True))

    return write


def _terminal_line() -> Write | None:
    """Return what writes a state over the one before; None where nobody reads stderr."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        return None

    def write(state: Progressed) -> None:
        stream.write(f"\r\x1b[K{state!r}" + "\n" * (state.share >= 1))
        stream.flush()

    return write
