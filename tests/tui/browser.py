"""A real browser without a window: Chromium, driven over its DevTools WebSocket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--remote-debugging-port=0",
    "--window-size=1280,800",
)  # fmt: skip


def program() -> str | None:
    """Where Chromium is, if it is installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


class Tab:
    """One tab: commands of the DevTools protocol, and what the tab has asked the network for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.requests: list[str] = []
        self.said: list[str] = []

    async def __call__(self, method: str, **given: Any) -> dict[str, Any]:
        """Give a command and return its result; events that come meanwhile are noted."""
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "method": method, "params": given})
        while True:
            message = await self.socket.receive_json(timeout=300)
            self.note(message)
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    def note(self, message: dict[str, Any]) -> None:
        given = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(given["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(given["url"])
            case "Log.entryAdded":
                self.said.append(given["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.said.append(str(given["exceptionDetails"]))

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression gives."""
        return (await self("Runtime.evaluate", expression=expression, awaitPromise=True))["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true."""
        async with asyncio.timeout(60):
            while not await self.value(expression):
                await asyncio.sleep(0.05)

    async def press(self, key: str) -> None:
        """Press and release a key that writes a character."""
        await self("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        await self("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self, path: Path) -> None:
        """Save what the tab looks like."""
        path.write_bytes(base64.b64decode((await self("Page.captureScreenshot"))["data"]))


@contextlib.asynccontextmanager
async def tab(folder: Path, *flags: str) -> AsyncIterator[Tab]:
    """A tab of a browser of its own, that keeps its things in a folder."""
    found = program()
    assert found is not None
    process = await asyncio.create_subprocess_exec(
        found, *FLAGS, *flags, f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        port = folder / "DevToolsActivePort"
        async with asyncio.timeout(60):
            while not port.exists() or not port.read_text().strip():
                await asyncio.sleep(0.05)
        number = port.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{number}/json") as answer:
                (page,) = [entry for entry in await answer.json() if entry["type"] == "page"]
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                opened = Tab(socket)
                for domain in ("Network", "Page", "Runtime", "Log"):
                    await opened(f"{domain}.enable")
                yield opened
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
