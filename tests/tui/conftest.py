"""Where a pilot waits for the interface to rest, it waits for the event loop and not for the clock."""

from __future__ import annotations

import asyncio

import pytest


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
