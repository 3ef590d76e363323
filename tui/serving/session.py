"""One visitor's processes, and what goes to and fro between them and the browser.

    browser → server   JSON lists: ["stdin", text], ["resize", {"width", "height"}], ["ping", text], ["focus"], ["blur"]
    server → app       packets on stdin: D or M, four bytes of length, then keys or JSON
    app → server       a line to say that it is there, then packets on stdout: D (the screen) or M (JSON)
    server → browser   what to show, as bytes; ["pong", text]

The client is a stranger: a message that is not exactly this ends the session, and a size is brought within bounds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from markovdiff.study import confined

WIDTHS, HEIGHTS = (10, 400), (4, 200)
"""Columns and rows, at least and at most."""

MOST_BYTES = 2**18
"""Bytes in a message, and in one paste."""

RATE, BURST = 2**16, 2**19
"""Bytes a second that one client may send in the long run, and at once."""

MESSAGE_COST, FOCUS_COST = 2**7, 2**12
"""Bytes that a message counts for beside its own.

A browser sends a place of the mouse with each picture at most; the app makes its footer anew for each change of focus.
"""

MOST_WAITING = 2**19
"""Bytes that may wait until the app reads them."""

PATIENCE = 1.0
"""Seconds for an app that has said goodbye."""

HEARTBEAT = 15.0
"""Seconds between questions whether the browser is still there."""

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"


Ending = tuple[WSCloseCode, str]
"""How a WebSocket is closed, and the sentence that the page shows."""

OVER: Ending = (WSCloseCode.OK, "Session ended.")
FAILED: Ending = (WSCloseCode.INTERNAL_ERROR, "The app has ended by itself.")


class MalformedError(Exception):
    """A message that no page of ours sends."""


class FloodError(Exception):
    """More than a person sends."""


class Visit:
    """One visitor: a WebSocket that is open, and an app with all its processes."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.process: Process | None = None
        self._pace = Pace()
        self._keys = Keys()

    async def live(self, command: Sequence[str], folder: str, size: tuple[int, int]) -> Ending:
        """Run the app until it, the browser or this task ends; then end all of it, and return why it has ended."""
        try:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=environment(os.environ, folder, size),
                start_new_session=True,
            )
            tasks = [asyncio.ensure_future(self._show(self.process)), asyncio.ensure_future(self._listen(self.process))]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                return done.pop().result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        except OSError as error:
            return WSCloseCode.INTERNAL_ERROR, f"The app cannot be started: {error.strerror}."
        finally:
            self.kill()
            await asyncio.shield(self._bury())

    def kill(self) -> None:
        """End the app and all that it started: it is the leader of their process group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                if hasattr(os, "killpg"):
                    os.killpg(self.process.pid, signal.SIGKILL)
                else:
                    self.process.kill()

    async def _bury(self) -> None:
        """Wait for the end of the app; what it has still written is read, so that its pipe is closed."""
        if self.process is not None and self.process.stdin is not None and self.process.stdout is not None:
            self.process.stdin.close()
            await self.process.stdout.read()
            await self.process.wait()

    async def _show(self, process: Process) -> Ending:
        """Send on what the app paints, until it ends."""
        assert process.stdout is not None
        try:
            while await process.stdout.readuntil(b"\n") != b"__GANGLION__\n":
                pass
            while True:
                kind, length = (await process.stdout.readexactly(1)), await process.stdout.readexactly(4)
                payload = await process.stdout.readexactly(int.from_bytes(length, "big"))
                if kind == b"D":
                    await self.socket.send_bytes(payload)
                elif kind == b"M" and json.loads(payload).get("type") == "exit":
                    with contextlib.suppress(TimeoutError):
                        return FAILED if await asyncio.wait_for(process.wait(), PATIENCE) else OVER
                    return OVER
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return FAILED
        except ConnectionError:
            return OVER

    async def _listen(self, process: Process) -> Ending:
        """Pass on what the visitor types, until the browser goes.

        Nothing here waits but for the next message: a browser that has gone would else be noticed late.
        """
        assert process.stdin is not None
        try:
            while (message := await self.socket.receive()).type not in ENDS:
                kind, value = parsed(message)
                self._pace.count(len(message.data) + (FOCUS_COST if kind in ("focus", "blur") else MESSAGE_COST))
                if kind == "ping":
                    await self.socket.send_str(json.dumps(["pong", value]))
                    continue
                process.stdin.write(self._keys.packet(value) if kind == "stdin" else meta(kind, value))
                if process.stdin.transport.get_write_buffer_size() > MOST_WAITING:
                    raise FloodError
        except MalformedError as error:
            return WSCloseCode.POLICY_VIOLATION, f"A message that cannot be understood: {error}."
        except FloodError:
            return WSCloseCode.POLICY_VIOLATION, "More came than a person types."
        except ConnectionError:
            pass
        return OVER


ENDS = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


def parsed(message: WSMessage) -> tuple[str, Any]:
    """Return a client's message as its kind and value, checked; a size is brought within bounds.

    Raises MalformedError for everything else.
    """
    if message.type != WSMsgType.TEXT:
        raise MalformedError("it is not text")
    try:
        envelope = json.loads(message.data)
    except (ValueError, RecursionError):
        raise MalformedError("it is not JSON") from None
    match envelope:
        case ["focus" | "blur" as kind, *_]:
            return kind, None
        case ["stdin" | "ping" as kind, str(text)] if is_plain(text):
            return kind, text
        case ["resize", {"width": int(width), "height": int(height)}]:
            return "resize", bounded(width, height)
    raise MalformedError("it is none of stdin, resize, ping, focus, blur")


def is_plain(text: str) -> bool:
    """Return whether a text can be encoded: JSON can name half of a pair."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def bounded(width: int, height: int) -> tuple[int, int]:
    """Return the nearest size that is allowed."""
    return min(max(width, WIDTHS[0]), WIDTHS[1]), min(max(height, HEIGHTS[0]), HEIGHTS[1])


def meta(kind: str, size: tuple[int, int] | None) -> bytes:
    """Return the packet for what is no key."""
    sized = {} if size is None else {"width": size[0], "height": size[1]}
    return packet(b"M", json.dumps({"type": kind, **sized}).encode())


def packet(kind: bytes, payload: bytes) -> bytes:
    """Return a packet as Textual's driver reads it."""
    return kind + len(payload).to_bytes(4, "big") + payload


class Keys:
    """Keys on their way to the app, which keeps a paste in memory until its end has come."""

    def __init__(self) -> None:
        self._pasted: int | None = None
        self._last = ""

    def packet(self, text: str) -> bytes:
        """Return the packet for what was typed, none for no key: Textual would take it for the end.

        Raises MalformedError where a paste becomes too long.
        The mark at which a paste begins may come in two pieces. One at its end counts when it comes in one piece,
        as a browser sends it: then the app cannot miss it.
        """
        joined = self._last + text
        begins, ends = joined.rfind(PASTE_BEGINS), text.rfind(PASTE_ENDS)
        if ends >= 0:
            self._pasted = None
        if begins > (ends + len(self._last) if ends >= 0 else -1):
            self._pasted = self._pasted or 0
        if self._pasted is not None:
            self._pasted += len(text)
            if self._pasted > MOST_BYTES:
                raise MalformedError("the paste is too long")
        self._last = joined[1 - len(PASTE_BEGINS) :]
        return packet(b"D", text.encode()) if text else b""


class Pace:
    """How much one client may still send."""

    def __init__(self) -> None:
        self._left, self._then = float(BURST), time.monotonic()

    def count(self, size: int) -> None:
        """Count so many bytes. Raises FloodError where that is too much by now."""
        now = time.monotonic()
        self._left = min(BURST, self._left + RATE * (now - self._then)) - size
        self._then = now
        if self._left < 0:
            raise FloodError


def environment(mine: Mapping[str, str], folder: str, size: tuple[int, int]) -> dict[str, str]:
    """Return the environment of a visitor's app: confined to a folder, painting for a browser, and no debugging."""
    kept = {name: value for name, value in mine.items() if not name.startswith("TEXTUAL")}
    return kept | {
        confined.VARIABLE: folder,
        "TEXTUAL_DRIVER": "tui.serving.driver:ServedDriver",
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TERM_PROGRAM": "textual",
        "COLUMNS": str(size[0]),
        "ROWS": str(size[1]),
    }
