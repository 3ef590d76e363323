"""The web server: a page, its four files and a WebSocket, all behind the gate.

textual-serve gives the terminal for the browser (xterm.js and its own part); the page, the processes and the bounds
are ours. Nothing is loaded from another origin, and the browser is told to refuse if anything were.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from socket import socket
from string import Template

import textual_serve
from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from markovdiff import signals
from tui.serving.gate import Gate
from tui.serving.session import HEARTBEAT, MOST_BYTES, Ending, Visit, bounded

HERE, THERE = Path(__file__).parent, Path(textual_serve.__file__).parent / "static"
FILES = {
    "page.css": HERE / "page.css",
    "page.js": HERE / "page.js",
    "textual.js": THERE / "js" / "textual.js",
    "xterm.css": THERE / "css" / "xterm.css",
}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "markovdiff",
}
"""With every answer. The terminal writes styles of its own, so they may stand inline."""

FONT_SIZES, FONT_SIZE = (6, 64), 16

PATIENCE = 1.0
"""Seconds to wait for a place: a page that is loaded anew has only just left its own."""

CLOSING = 2.0
"""Seconds to wait for a browser's answer when a WebSocket is closed, and for all of them at the end."""


class Visits:
    """The visitors that are here, each with an app of their own in `folder`: at most so many at once."""

    def __init__(self, command: Sequence[str], folder: str, most: int) -> None:
        self.command, self.folder, self.most = command, folder, most
        self.sessions: set[Visit] = set()
        self._places = asyncio.Semaphore(most)

    async def visit(self, request: web.Request) -> web.WebSocketResponse:
        """Give a WebSocket an app, until either ends; or the sentence that there is no place."""
        size = bounded(_whole(request.query.get("width"), 80), _whole(request.query.get("height"), 24))
        channel = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=MOST_BYTES, compress=False, timeout=CLOSING, autoclose=False
        )
        await channel.prepare(request)
        code, reason = await self._given_a_place(Visit(channel), size)
        await channel.close(code=code, message=reason.encode())
        return channel

    async def _given_a_place(self, session: Visit, size: tuple[int, int]) -> Ending:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._places.acquire()
        except TimeoutError:
            return WSCloseCode.TRY_AGAIN_LATER, f"All places are taken, {self.most} at once: try again later."
        self.sessions.add(session)
        try:
            return await session.live(self.command, self.folder, size)
        finally:
            self.sessions.discard(session)
            self._places.release()

    async def end(self, _app: web.Application) -> None:
        """End every visitor's processes."""
        for session in self.sessions:
            session.kill()


def application(gate: Gate, visits: Visits) -> web.Application:
    """Return the pages, each behind the gate."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        local = request.transport and request.transport.get_extra_info("sockname")
        hosts = request.headers.getall("Host", [])
        refused = gate.refusal(
            hosts[0] if len(hosts) == 1 else None,
            request.headers.get("Origin"),
            request.query.get("token"),
            local[0] if local else None,
        )
        if refused is None:
            return await handler(request)
        return web.Response(status=refused[0], text=f"{refused[1]}\n")

    app = web.Application(middlewares=[guard])
    app.router.add_get("/", page)
    app.router.add_get("/ws", visits.visit)
    for name in FILES:
        app.router.add_get(f"/{name}", file)
    app.on_response_prepare.append(harden)
    app.on_shutdown.append(visits.end)
    return app


async def page(request: web.Request) -> web.Response:
    """Return the page, with the token for its files and for its WebSocket."""
    smallest, largest = FONT_SIZES
    size = min(max(_whole(request.query.get("fontsize"), FONT_SIZE), smallest), largest)
    text = Template((HERE / "page.html").read_text(encoding="utf-8"))
    filled = text.substitute(token=request.query["token"], size=size, smallest=smallest, largest=largest)
    return web.Response(text=filled, content_type="text/html")


async def file(request: web.Request) -> web.FileResponse:
    """Return one of the page's own files."""
    return web.FileResponse(FILES[request.path.removeprefix("/")])


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser what it may do with an answer."""
    response.headers.update(HEADERS)


async def run(app: web.Application, sockets: Sequence[socket], started: Callable[[], None]) -> None:
    """Serve on sockets that are bound, until a signal comes."""
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt there
        for number in signals.heard():
            loop.add_signal_handler(number, end.set)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=CLOSING)
    await runner.setup()
    try:
        for bound in sockets:
            await web.SockSite(runner, bound).start()
        started()
        await end.wait()
    finally:
        await runner.cleanup()


def _whole(given: str | None, default: int) -> int:
    """Return a number from an address; what is none, or has too many digits to be one, is the default."""
    try:
        return default if given is None else int(given)
    except ValueError:
        return default
