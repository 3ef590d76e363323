"""The terminal interface in a browser, through textual-serve (the extra `web`).

Whoever reaches the page gets a process of this program of their own, with the rights of the one who serves it: it
reads the files that a scenario names and writes what is exported into the folder it was started in. So it listens on
the loopback address only, unless another is named.
"""

from __future__ import annotations

import ipaddress
import shlex
import socket
import sys

from markovdiff.errors import InputError


def serve(arguments: list[str], host: str, port: int) -> int:
    """Serve `markovdiff tui ARGUMENTS` until interrupted; the exit status.

    Raises InputError where textual-serve is not installed, or the address cannot be had.
    """
    try:
        from textual_serve.server import Server
    except ImportError:
        raise InputError(
            "serving needs textual-serve", where="--serve", remedy="pip install 'markovdiff[web]'"
        ) from None
    check_address(host, port)
    print(f"http://{host}:{port}   ctrl+c ends", file=sys.stderr)
    if not is_loopback(host):
        print("anyone who can reach this address can read files as you, and write here", file=sys.stderr)
    Server(command(arguments), host, port, title="markovdiff").serve()
    return 0


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
