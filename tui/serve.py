"""The terminal interface in a browser, through textual-serve (the extra `web`).

Whoever reaches the page gets a process of this program of their own, with the rights of the one who serves it: it
reads the files that a scenario names and writes what is exported into the folder it was started in. So it listens on
the loopback address only, unless another is named, and it answers its own page only: every other page that is open in
the same browser could reach that address as well, and nothing in a WebSocket keeps them apart but the Origin.
"""

from __future__ import annotations

import ipaddress
import shlex
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

from markovdiff.errors import InputError


def serve(arguments: list[str], host: str, port: int) -> int:
    """Serve `markovdiff tui ARGUMENTS` until interrupted; the exit status.

    Raises InputError where textual-serve is not installed, or the address cannot be had.
    """
    try:
        server = guarded(command(arguments), host, port)
    except ImportError:
        raise InputError(
            "serving needs textual-serve", where="--serve", remedy="pip install 'markovdiff[web]'"
        ) from None
    check_address(host, port)
    print(f"http://{host}:{port}   ctrl+c ends", file=sys.stderr)
    if not is_loopback(host):
        print("anyone who can reach this address can read files as you, and write here", file=sys.stderr)
    server.serve()
    return 0


def guarded(words: str, host: str, port: int) -> Any:
    """A server that refuses what does not come from its own page. Raises ImportError without the extra."""
    from aiohttp import web
    from aiohttp.typedefs import Handler
    from textual_serve.server import Server

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_ours(request.headers.get("Origin"), request.host, host, port):
            raise web.HTTPForbidden(text=f"open this page at http://{host}:{port}")
        return await handler(request)

    class Guarded(Server):
        async def _make_app(self) -> web.Application:
            app: web.Application = await super()._make_app()
            app.middlewares.append(guard)
            return app

    return Guarded(words, host, port, title="markovdiff")


def is_ours(origin: str | None, asked: str, host: str, port: int) -> bool:
    """Whether a request, asked of an address (its Host) by a page of some origin, is for and from our own page.

    On the loopback address both must bear a loopback name: another may have been made to point here. A request without
    an origin is from no page.

    >>> is_ours("http://127.0.0.1:8000", "localhost:8000", "localhost", 8000)
    True
    >>> is_ours("http://elsewhere.example", "localhost:8000", "localhost", 8000)
    False
    >>> is_ours(None, "elsewhere.example:8000", "localhost", 8000)
    False
    """
    page, here = None if origin is None else _place(origin), _place(f"http://{asked}")
    if is_loopback(host):
        return is_loopback(here[0]) and (page is None or (is_loopback(page[0]) and page[1] == port))
    return page is None or page in (here, (host, port))


def _place(url: str) -> tuple[str, int]:
    """Its host and port; what is no such address has none."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", 0


def command(arguments: list[str]) -> str:
    """What is run for each visitor."""
    return shlex.join([sys.executable, "-m", "tui", *arguments])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(host: str, port: int) -> None:
    """Raise InputError where one cannot listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise InputError(
            f"cannot listen there: {error.strerror or error}",
            where=f"--host {host} --port {port}",
            expected="an address of this machine and a free port",
            remedy="another --port",
        ) from None
