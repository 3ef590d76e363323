"""The terminal interface in a browser (the extra `web`).

Each visitor gets a process of this program of their own, with the rights of the one who serves it. So the server
listens on the loopback address only, unless another is named; it lets in only who has the token that it prints
(`tui.serving.gate`); and what a visitor's processes read and write is confined to the folder that it was started in
(`markovdiff.study.confined`).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sys
from pathlib import Path
from typing import Any

from markovdiff.errors import InputError
from markovdiff.study import confined, files
from tui.serving.gate import ANYWHERE, Gate, is_loopback

TRIES = 16
"""Free ports that are tried where any will do: one may be free on one address of a name and not on another."""


def serve(scenario: Path, options: list[str], host: str, port: int, visitors: int) -> int:
    """Serve `markovdiff tui SCENARIO OPTIONS` until interrupted; the exit status.

    Raises InputError where textual-serve is not installed, the address cannot be had, or a visitor could not read the
    scenario.
    """
    try:
        from tui.serving.server import Visits, application, run
    except ImportError:
        raise InputError(
            "serving needs textual-serve", where="--serve", remedy="pip install 'markovdiff[web]'"
        ) from None
    folder = os.path.realpath(".")
    check_scenario(scenario, folder)
    sockets = listen(host, port)
    gate = Gate.of(host)

    def announce() -> None:
        for name in names(host):
            print(f"http://{name}:{sockets[0].getsockname()[1]}/?token={gate.token}", file=sys.stderr)
        print(f"visitors, {visitors} at once, can read and save beneath {folder}; ctrl+c ends", file=sys.stderr)
        if not is_loopback(host):
            print(
                "nothing is encrypted: who can listen on this network can take the token", file=sys.stderr, flush=True
            )

    async def serving() -> None:
        await run(application(gate, Visits(command(scenario, options), folder, visitors)), sockets, announce)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serving())
    return 0


def command(scenario: Path, options: list[str]) -> list[str]:
    """Return what is run for each visitor."""
    return [sys.executable, "-m", "tui", *options, "--", str(scenario)]


def check_scenario(scenario: Path, folder: str) -> None:
    """Raise InputError where there is no such scenario, or a visitor, confined to the folder, could not read it."""
    with confined.to(folder):
        files.read_text(scenario, "scenario")


def listen(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address of a name, all bound to one port. Raises InputError where that cannot be."""
    for _ in range(TRIES):
        try:
            return _bound(host, port)
        except UnicodeError:
            reason = "this is no name of a machine"
            break
        except OSError as error:
            reason = error.strerror or str(error)
            if port or error.errno != errno.EADDRINUSE:
                break
    raise InputError(
        f"cannot listen there: {reason}",
        where=f"--host {host} --port {port}",
        expected="an address of this machine and a free port",
        remedy="another --port; 0 takes any that is free",
    )


def _bound(host: str, port: int) -> list[socket.socket]:
    """Bind all of them, or none: whoever had one of the addresses would be sent our visitors, with their token."""
    # a browser tries both loopback addresses for localhost, whatever this machine is set to
    hosts = ("localhost", "127.0.0.1", "::1") if host == "localhost" else (host,)
    found = [entry for name in hosts for entry in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    places = dict.fromkeys((family, address) for family, *_, address in found)
    with contextlib.ExitStack() as undo:
        sockets: list[socket.socket] = []
        for family, address in places:
            try:
                sockets.append(_listening(family, address, sockets[0].getsockname()[1] if sockets else port))
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or len(places) == 1:
                    raise
                continue
            undo.callback(sockets[-1].close)
        if not sockets:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        undo.pop_all()
        return sockets


def _listening(family: int, address: tuple[Any, ...], port: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address[0], port, *address[2:]))
        bound.listen()
    except BaseException:
        bound.close()
        raise
    return bound


def names(host: str) -> list[str]:
    """Return what to write for the host in an address that is printed."""
    if host not in ANYWHERE:
        return [f"[{host}]" if ":" in host else host]
    return ["localhost", socket.gethostname(), *filter(None, [_outward()])]


def _outward() -> str | None:
    """Return the address at which others are likely to reach this machine; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
            return str(asking.getsockname()[0])
        except OSError:
            return None
