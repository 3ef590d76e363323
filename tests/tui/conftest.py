"""What the interface's tests share: an engine in this process, folders of their own, and a rest that is no clock's.

Where a pilot waits for the interface to rest, it waits for the event loop and not for a time to pass.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sessions import Nearby

import tui.app
import tui.dialogues


@pytest.fixture(autouse=True)
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual's own wait is for a processor that idles: at least 20 ms a key, and up to a second on a busy machine."""
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", settled)


async def settled(*_seconds: float, **_named: float) -> None:
    """Until the loop has nothing left to do at once."""
    loop = asyncio.get_running_loop()
    for _ in range(10_000):  # what makes work for itself without end is not waited for
        await asyncio.sleep(0)
        if not loop._ready:  # type: ignore[attr-defined]
            return


@pytest.fixture
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files opened lately are remembered elsewhere than at home."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine in this process."""
    monkeypatch.setattr(tui.app, "EngineProcess", Nearby)
    monkeypatch.setattr(tui.dialogues, "EngineProcess", Nearby)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program saves."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
