"""Who may come in: by which name, from which page, with which token.

    Host      a name or address of this machine that it was started with: else 421. A page from elsewhere whose name was
              made to point here (DNS rebinding) bears that name, whatever it resolves to
    Origin    where a browser says which page is asking, our own: else 403
    token     drawn for each server, in the address that is printed: else 403. Other people on this machine reach the
              loopback address too

Nothing that is asked for is looked at before these three have been.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  (recognised, not listened on)

TOKEN_BYTES = 24


@dataclass(frozen=True)
class Gate:
    """The names that this server goes by, and its token.

    >>> gate = Gate.of("localhost")
    >>> gate.refusal("localhost:8000", None, gate.token)
    >>> gate.refusal("elsewhere.example:8000", None, gate.token)[0]
    421
    >>> gate.refusal("localhost:8000", "http://elsewhere.example", gate.token)[0]
    403
    >>> gate.refusal("localhost:8000", None, "a guess")[0]
    403
    """

    names: frozenset[str]
    is_anywhere: bool = False
    token: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES), repr=False)

    @classmethod
    def of(cls, host: str) -> Gate:
        """Make the gate of a server that listens at `host`.

        On the loopback address it goes by each loopback name. On all addresses, by those, the machine's own name, and
        the address at which a visitor's connection has come in.
        """
        if host in ANYWHERE:
            return cls(LOOPBACK | {socket.gethostname().lower()}, is_anywhere=True)
        return cls(LOOPBACK | {_plain(host)} if is_loopback(host) else frozenset({_plain(host)}))

    def refusal(
        self, host: str | None, origin: str | None, token: str | None, local: str | None = None
    ) -> tuple[int, str] | None:
        """Return the status and the sentence of a refusal, or None where one may come in.

        `host` and `origin` are the headers, `local` the address of this machine that the connection came in at. The
        port of the Host is not compared, so that one may come through a tunnel; a page's has to be the same.
        """
        here = None if host is None else _place(f"http://{host}")
        if here is None or not self._is_ours(here[0], local):
            return 421, "This server does not go by that name: open the address that it printed when it was started."
        page = None if origin is None else _place(origin)
        if origin is not None and (page is None or not self._is_ours(page[0], local) or page[1] != here[1]):
            return 403, "This server answers no page but its own."
        if not secrets.compare_digest((token or "").encode("utf-8", "replace"), self.token.encode()):
            return 403, "The token is missing or wrong: open the whole address that was printed, with ?token=…"
        return None

    def _is_ours(self, name: str, local: str | None) -> bool:
        return name in self.names or (self.is_anywhere and local is not None and name == _plain(local))


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _place(url: str) -> tuple[str, int] | None:
    """Return a page's name and port; None where it is no page of plain HTTP."""
    try:
        parts = urlsplit(url)
        return (_plain(parts.hostname or ""), parts.port or 80) if parts.scheme == "http" else None
    except ValueError:
        return None


def _plain(host: str) -> str:
    """Return one spelling of an address, or of a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return host.lower()
