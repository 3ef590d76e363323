"""Serving: what is run, where it listens, and what is refused."""

from __future__ import annotations

import builtins
import shlex
import socket
import sys
from typing import Any

import pytest

from markovdiff.cli import main
from tui import serve


def test_each_visitor_gets_this_interpreter_and_these_arguments() -> None:
    """Names with blanks and quotes arrive as they are."""
    words = shlex.split(serve.command(["a b'c.toml", "--t", "3"]))
    assert words == [sys.executable, "-m", "tui", "a b'c.toml", "--t", "3"]


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("192.168.1.5", False), ("x", False)],
)
def test_what_only_this_machine_can_reach(host: str, here: bool) -> None:
    """Loopback addresses, and nothing else."""
    assert serve.is_loopback(host) is here


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and a sentence, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        pytest.importorskip("textual_serve")
        assert main(["tui", "two-state", "--serve", "--host", "127.0.0.1", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert "cannot listen there" in said
    assert "another --port" in said


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The extra `web` is named."""
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("textual_serve"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["tui", "two-state", "--serve"]) == 2
    assert "markovdiff[web]" in capsys.readouterr().err


def test_a_host_without_serving_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """--host or --port alone would do nothing."""
    assert main(["tui", "two-state", "--port", "8000"]) == 2
    assert "add --serve" in capsys.readouterr().err


def test_it_serves_on_loopback_unless_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The server is given localhost; another host is served with a warning."""
    module = pytest.importorskip("textual_serve.server")
    given: list[tuple[str, int]] = []

    class Server:
        def __init__(self, _command: str, host: str, port: int, **_words: str) -> None:
            given.append((host, port))

        def serve(self) -> None:
            pass

    monkeypatch.setattr(module, "Server", Server)
    monkeypatch.setattr(serve, "check_address", lambda *_address: None)
    assert main(["tui", "two-state", "--serve"]) == 0
    assert "anyone" not in capsys.readouterr().err
    assert main(["tui", "two-state", "--serve", "--host", "0.0.0.0", "--port", "9000"]) == 0
    assert "anyone who can reach this address" in capsys.readouterr().err
    assert given == [("localhost", 8000), ("0.0.0.0", 9000)]


@pytest.mark.parametrize(
    ("origin", "asked", "host", "ours"),
    [
        (None, "localhost:8000", "localhost", True),
        ("http://localhost:8000", "127.0.0.1:8000", "localhost", True),
        ("http://[::1]:8000", "[::1]:8000", "::1", True),
        ("http://localhost:9000", "localhost:8000", "localhost", False),
        ("https://elsewhere.example", "localhost:8000", "localhost", False),
        ("http://elsewhere.example:8000", "elsewhere.example:8000", "localhost", False),
        ("http://localhost.elsewhere.example:8000", "localhost:8000", "localhost", False),
        ("null", "localhost:8000", "localhost", False),
        ("http://[", "localhost:8000", "localhost", False),
        ("", "", "localhost", False),
        ("http://192.168.1.5:8000", "192.168.1.5:8000", "192.168.1.5", True),
        ("http://room.example:8000", "room.example:8000", "0.0.0.0", True),
        ("http://elsewhere.example", "192.168.1.5:8000", "192.168.1.5", False),
    ],
)
def test_whose_page_it_is(origin: str | None, asked: str, host: str, ours: bool) -> None:
    """Our own page and no other, by whatever name of this machine; nor a foreign name that was made to point here."""
    assert serve.is_ours(origin, asked, host, 8000) is ours


async def test_no_other_page_gets_a_process() -> None:
    """The WebSocket that types keys for its visitor is refused to a page from elsewhere, and so is the page itself."""
    pytest.importorskip("textual_serve")
    from aiohttp import WSServerHandshakeError
    from aiohttp.test_utils import TestClient, TestServer

    app = await serve.guarded("true", "127.0.0.1", 8000)._make_app()
    async with TestClient(TestServer(app)) as client:
        with pytest.raises(WSServerHandshakeError, match="403"):
            await client.ws_connect("/ws", headers={"Origin": "http://elsewhere.example"})
        for headers, status in (({"Host": "elsewhere.example"}, 403), ({}, 200)):
            async with client.get("/", headers=headers) as answer:
                assert answer.status == status
