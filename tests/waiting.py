"""Waiting for another process, which tells nobody: it is asked again and again, and given up in the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 300.0
"""Seconds after which what is waited for is held never to come: far beyond what a slow machine takes."""

X = TypeVar("X")


def soon(what: Callable[[], X | None]) -> X:
    """What `what` returns once that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, f"nothing came within {PATIENCE:.0f} s"
        time.sleep(0.01)  # the other process has the core meanwhile
    return found
