"""Serving for strangers, against a real server on the loopback address.

What could be done to the one who serves, and what stands against it:

- Another person on this machine, or on the network, opens the address        a token, in the printed address only
- A page from elsewhere, open in the same browser, opens a WebSocket          Origin; the token
- Its name is made to point at this machine (DNS rebinding)                   Host is pinned
- The token gets away: by a link, a cache, a frame, a script from elsewhere   no-referrer, no-store, CSP
- A visitor reads or writes other files                                       `confined`: tests/study/test_confined.py
- A visitor sends what no page of ours sends, too large, too fast, too much   bounds: tests/tui/test_serving.py
- Processes stay when visitor or server have gone                             a group for each, ended with its socket
"""

from __future__ import annotations

import asyncio
import builtins
import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from breadth import few

from markovdiff.cli import main
from tui import serve
from tui.serving.gate import Gate, is_loopback

LONG = """[data]
family = { kind = "zipf", size = 64, exponent = 1 }
[noise]
steps = 4000
kernel = { kind = "neighbour" }
schedule = { kind = "linear", start = "1/1000", stop = "1/2" }
"""
"""Minutes of exact arithmetic."""

SHORT = """[data]
weights = [3, 1]
[noise]
steps = 2
kernel = { kind = "uniform" }
schedule = { kind = "jump" }
"""

DEADLINE = 300
"""Seconds to wait for what takes a moment, on a busy machine."""


class Served(NamedTuple):
    """A server that runs, and the address that it has printed."""

    process: subprocess.Popen[str]
    port: int
    token: str

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers of an answer; the request has these headers and no others."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, dict(answer.getheaders())

    @asynccontextmanager
    async def visit(self, query: str = "width=80&height=24") -> AsyncIterator[Any]:
        """A WebSocket, as the page opens it."""
        from aiohttp import ClientSession

        address = f"http://127.0.0.1:{self.port}/ws?token={self.token}&{query}"
        async with ClientSession() as client, client.ws_connect(address) as channel:
            yield channel


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[Served]:
    pytest.importorskip("textual_serve")
    line = [sys.executable, "-m", "markovdiff", "tui", "--serve", "--port", "0", *arguments]
    process = subprocess.Popen(line, cwd=folder, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        found = re.fullmatch(r"http://localhost:(\d+)/\?token=([\w-]{32})\n", said)
        assert found, said + process.stderr.read()
        yield Served(process, int(found[1]), found[2])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)
        process.stderr.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), "two-state") as running:
        yield running


# what is run, and where


def test_each_visitor_gets_this_interpreter_and_these_arguments() -> None:
    """Names with blanks and quotes arrive as they are, and a name that looks like an option is none."""
    words = serve.command(Path("-a b'c.toml"), ["--t", "3"])
    assert words == [sys.executable, "-m", "tui", "--t", "3", "--", "-a b'c.toml"]


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("192.168.1.5", False), ("x", False)],
)
def test_what_only_this_machine_can_reach(host: str, here: bool) -> None:
    """Loopback addresses, and nothing else."""
    assert is_loopback(host) is here


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_that_is_taken_is_said(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and a sentence, with what to do; taken on one address of a name it is taken."""
    pytest.importorskip("textual_serve")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["tui", "two-state", "--serve", "--host", host, "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert "cannot listen there" in said
    assert "another --port" in said


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid", "x" * 70, "a..b"])
def test_an_address_of_another_machine_is_said(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So is what is no name at all."""
    pytest.importorskip("textual_serve")
    assert main(["tui", "two-state", "--serve", "--host", host]) == 2
    assert "cannot listen there" in capsys.readouterr().err


def test_any_free_port_is_one_port() -> None:
    """Port 0 is the same free one on every address of localhost."""
    sockets = serve.listen("localhost", 0)
    try:
        assert len({bound.getsockname()[1] for bound in sockets}) == 1
        assert "127.0.0.1" in {bound.getsockname()[0] for bound in sockets}
    finally:
        for bound in sockets:
            bound.close()


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The extra `web` is named."""
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("textual_serve"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "tui.serving.server", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["tui", "two-state", "--serve"]) == 2
    assert "markovdiff[web]" in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--host", "x"), ("--port", "8000"), ("--port", "0"), ("--visitors", "1")])
def test_a_host_without_serving_is_refused(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """--host, --port or --visitors alone would do nothing."""
    assert main(["tui", "two-state", *option]) == 2
    assert "add --serve" in capsys.readouterr().err


def test_a_scenario_elsewhere_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A visitor could not read it: that is said before anybody comes."""
    pytest.importorskip("textual_serve")
    (tmp_path / "here").mkdir()
    (tmp_path / "s.toml").write_text(LONG)
    monkeypatch.chdir(tmp_path / "here")
    assert main(["tui", "../s.toml", "--serve", "--port", "0"]) == 2
    assert "reads no file there" in capsys.readouterr().err
    assert main(["tui", "none.toml", "--serve", "--port", "0"]) == 2
    assert "no such file" in capsys.readouterr().err


# who may come in


@pytest.mark.parametrize(
    ("origin", "asked", "host", "status"),
    [
        (None, "localhost:8000", "localhost", None),
        (None, "LOCALHOST:8000", "localhost", None),
        ("http://localhost:8000", "127.0.0.1:8000", "localhost", None),
        ("http://[::1]:8000", "[::1]:8000", "::1", None),
        ("http://127.0.0.5:8000", "127.0.0.5:8000", "127.0.0.5", None),
        ("http://localhost:9000", "localhost:9000", "localhost", None),  # through a tunnel
        ("http://localhost:9000", "localhost:8000", "localhost", 403),
        ("http://localhost", "localhost:8000", "localhost", 403),
        ("https://localhost:8000", "localhost:8000", "localhost", 403),
        ("https://elsewhere.example", "localhost:8000", "localhost", 403),
        ("http://elsewhere.example:8000", "elsewhere.example:8000", "localhost", 421),
        ("http://localhost.elsewhere.example:8000", "localhost:8000", "localhost", 403),
        ("null", "localhost:8000", "localhost", 403),
        ("http://[", "localhost:8000", "localhost", 403),
        ("", "localhost:8000", "localhost", 403),
        (None, None, "localhost", 421),
        (None, "", "localhost", 421),
        (None, "localhost:x", "localhost", 421),
        (None, "[", "localhost", 421),
        (None, "0.0.0.0:8000", "localhost", 421),
        (None, "localhost.elsewhere.example", "localhost", 421),
        (None, "elsewhere.example", "localhost", 421),
        ("http://192.168.1.5:8000", "192.168.1.5:8000", "192.168.1.5", None),
        ("http://elsewhere.example", "192.168.1.5:8000", "192.168.1.5", 403),
        (None, "elsewhere.example:8000", "192.168.1.5", 421),
        (None, "192.168.1.6:8000", "192.168.1.5", 421),
        (None, "localhost:8000", "192.168.1.5", 421),
        ("http://room.example:8000", "room.example:8000", "room.example", None),
        (None, "elsewhere.example:8000", "room.example", 421),
        (None, "elsewhere.example:8000", "0.0.0.0", 421),
        (None, "0.0.0.0:8000", "0.0.0.0", 421),
        (None, "10.1.2.3:8000", "0.0.0.0", None),  # the address that the connection came in at
        ("http://10.1.2.3:8000", "10.1.2.3:8000", "0.0.0.0", None),
        (None, "10.1.2.4:8000", "0.0.0.0", 421),
        (None, "localhost:8000", "0.0.0.0", None),
        (None, f"{socket.gethostname()}:8000", "::", None),
    ],
)
def test_whose_page_it_is(origin: str | None, asked: str | None, host: str, status: int | None) -> None:
    """Our own page and no other, by a name that this server was started with."""
    gate = Gate.of(host)
    refused = gate.refusal(asked, origin, gate.token, local="10.1.2.3")
    assert (refused and refused[0]) == status


def test_a_token_is_drawn_anew_and_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """24 random bytes; the comparison is `secrets.compare_digest`, whatever is given; repr does not tell it."""
    gates = [Gate.of("localhost") for _ in range(100)]
    assert len({gate.token for gate in gates}) == 100
    assert all(re.fullmatch(r"[\w-]{32}", gate.token) for gate in gates)
    assert gates[0].token not in repr(gates[0])
    compared = []
    monkeypatch.setattr("secrets.compare_digest", lambda a, b: compared.append((a, b)) or a == b)
    for given in (None, "", "ü", "\ud800", gates[0].token[:-1], f"{gates[0].token} "):
        refused = gates[0].refusal("localhost", None, given)
        assert refused
        assert refused[0] == 403
    assert gates[0].refusal("localhost", None, gates[0].token) is None
    assert len(compared) == 7


@pytest.mark.parametrize("path", ["/", "/ws", "/page.js", "/textual.js", "/none", "/static/", "/download/x"])
def test_nothing_is_answered_without_the_token(server: Served, path: str) -> None:
    """403 and a sentence, for the page, the WebSocket, every file, and what there is not."""
    for query in ("", "?token=", "?token=wrong", f"?token=wrong&token={server.token}", f"?Token={server.token}"):
        status, text, _ = server.get(path + query, Host="localhost")
        assert status == 403
        assert "token" in text
        assert server.token not in text


def test_nothing_is_answered_under_another_name(server: Served) -> None:
    """421 and a sentence, with the token too; also to who names no host, or two."""
    for host in ("elsewhere.example", f"elsewhere.example:{server.port}", "0.0.0.0", "localhost.elsewhere.example"):
        status, text, _ = server.get(f"/?token={server.token}", Host=host)
        assert status == 421
        assert "does not go by that name" in text
    assert server.get(f"/?token={server.token}")[0] in (400, 421)
    assert server.get(f"/?token={server.token}", Host="localhost", host="localhost")[0] in (400, 421)


async def test_no_other_page_gets_a_process(server: Served) -> None:
    """The WebSocket that types keys for its visitor is refused to a page from elsewhere, and so is the page itself."""
    from aiohttp import ClientSession, WSServerHandshakeError

    address, token = f"http://127.0.0.1:{server.port}", f"?token={server.token}"
    async with ClientSession() as client:
        for query, headers, status in (
            ("", {}, 403),
            ("?token=wrong", {}, 403),
            (token, {"Origin": "http://elsewhere.example"}, 403),
            (token, {"Host": "elsewhere.example"}, 421),
        ):
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect(f"{address}/ws{query}", headers=headers)
            assert refused.value.status == status
            async with client.get(f"{address}/{query}", headers=headers) as answer:
                assert answer.status == status
    assert not descendants(server.process.pid)


def test_the_page_keeps_the_token_and_asks_nobody_else(server: Served) -> None:
    """It is not stored, not framed, sends no referrer, and every address in it is its own; so are all it loads."""
    status, text, headers = server.get(f"/?token={server.token}&fontsize=20", Host="localhost")
    assert status == 200
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert 'data-font-size="20"' in text
    files = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert [name.partition("?")[0] for name in files] == ["data:,", "xterm.css", "page.css", "textual.js", "page.js"]
    for name in files[1:]:
        status, loaded, headers = server.get(f"/{name}", Host="localhost")
        assert status == 200
        assert headers["X-Content-Type-Options"] == "nosniff"
        if name.partition("?")[0] != "textual.js":
            assert not re.search(r"https?://|url\(|@import", re.sub(r"/\*.*?\*/", "", loaded, flags=re.DOTALL))
    assert server.get(f"/static/?token={server.token}", Host="localhost")[0] == 404
    assert server.get(f"/..%2f..%2fserver.py?token={server.token}", Host="localhost")[0] == 404


@pytest.mark.parametrize("given", ["-1", "9" * 5000, "x", '"><script>', "1e9", ""])
def test_a_size_of_letters_is_bounded(server: Served, given: str) -> None:
    """Whatever is asked for: 6 to 64, or 16."""
    _, text, _ = server.get(f"/?token={server.token}&fontsize={given.replace('>', '%3E')}", Host="localhost")
    found = re.search(r'data-font-size="(\d+)"', text)
    assert found
    assert 6 <= int(found[1]) <= 64


async def test_on_all_addresses_it_goes_by_those_of_this_machine(tmp_path: Path) -> None:
    """--host 0.0.0.0: localhost, the host name, the address that one came in at; it says what is not protected."""
    with served(tmp_path, "two-state", "--host", "0.0.0.0") as server:
        assert server.process.stderr is not None
        said = [server.process.stderr.readline() for _ in range(2)]
        assert said[0] == f"http://{socket.gethostname()}:{server.port}/?token={server.token}\n"
        for name, status in (("localhost", 200), (socket.gethostname(), 200), ("127.0.0.1", 200), ("x.example", 421)):
            assert server.get(f"/?token={server.token}", Host=f"{name}:{server.port}")[0] == status
        server.process.send_signal(signal.SIGTERM)
        assert "nothing is encrypted" in server.process.stderr.read()


# processes


def descendants(pid: int) -> set[int]:
    """The processes that one has started, and those that they have, as far as they live."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(") ")[2].split()[:2]
            except OSError:
                continue
            if state != "Z":
                parents[int(entry.name)] = int(parent)
    found = {pid}
    while new := {child for child, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {pid}


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def wait_until(condition: Any) -> Any:
    end = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")


def working(server: Served) -> set[int]:
    """The visitor's app and its engine, when the engine computes."""

    def engines() -> set[int]:
        found = descendants(server.process.pid)
        busy = [pid for pid in found if sum(map(int, Path(f"/proc/{pid}/stat").read_text().split()[13:15])) > 100]
        return found if len(found) >= 3 and busy else set()

    return set(wait_until(engines))


@pytest.mark.slow
@proc
async def test_a_visitor_who_goes_leaves_no_process(tmp_path: Path) -> None:
    """The app, its engine and its spare end with the socket, while they compute for minutes; the server stays."""
    (tmp_path / "long.toml").write_text(LONG)
    with served(tmp_path, "long.toml") as server:
        async with server.visit():
            found = working(server)
        wait_until(lambda: not any(map(lives, found)))
        assert not descendants(server.process.pid)
        async with server.visit() as channel:
            assert (await channel.receive_bytes()).startswith(b"\x1b[")


@pytest.mark.slow
@proc
@few("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_a_server_that_ends_leaves_no_process(tmp_path: Path, number: int) -> None:
    """However it ends, its visitors' processes do, in the middle of computing; asked to end, it says nothing bad."""
    (tmp_path / "long.toml").write_text(LONG)
    with served(tmp_path, "long.toml") as server:
        async with server.visit():
            found = working(server)
            server.process.send_signal(number)
            wait_until(lambda: not any(map(lives, found)))
            if number == signal.SIGKILL:
                return
            assert server.process.wait(DEADLINE) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["long.toml"]


@pytest.mark.slow
@proc
async def test_no_size_is_too_large_for_the_app(tmp_path: Path) -> None:
    """Sizes of 100,000 by 100,000, as the page says them and as a terminal would, take little memory."""
    with served(tmp_path, "two-state") as server:
        async with server.visit("width=100000&height=100000") as channel:
            await channel.send_json(["resize", {"width": 100_000, "height": 100_000}])
            await channel.send_json(["stdin", "\x1b[48;100000;100000;1;1t"])
            await channel.send_json(["ping", "there"])
            rendered = b""
            while b"two-state" not in rendered:
                message = await channel.receive(timeout=DEADLINE)
                rendered += message.data if isinstance(message.data, bytes) else b""
            peaks = [
                int(line.split()[1])
                for pid in descendants(server.process.pid)
                for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("VmHWM")
            ]
            await channel.send_json(["stdin", "q"])
            while not (message := await channel.receive(timeout=DEADLINE)).type.name.startswith("CLOS"):
                rows = [int(row) for row in re.findall(rb"\x1b\[(\d+);\d+H", message.data or b"")]
                assert max(rows, default=0) <= 200
        assert max(peaks) < 400_000
        assert list(tmp_path.iterdir()) == []


async def shown(channel: Any, words: str) -> None:
    """Wait until the app has painted the words, colours and blanks aside."""
    rendered = b""
    async with asyncio.timeout(DEADLINE):
        while words.replace(" ", "") not in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\s", "", rendered.decode()):
            rendered += await channel.receive_bytes()


@pytest.mark.slow
async def test_a_visitor_reads_beneath_the_folder_only(tmp_path: Path) -> None:
    """The engine, two processes further on, refuses a scenario that names a file elsewhere, and says so on screen."""
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("abab")
    (tmp_path / "in" / "mine.toml").write_text(SHORT.replace("weights = [3, 1]", 'text = { path = "../secret" }'))
    with served(tmp_path / "in", "mine.toml") as server:
        async with server.visit("width=160&height=50") as channel:
            await shown(channel, "a served session reads no file there")


@pytest.mark.slow
async def test_a_visitor_writes_beneath_the_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export goes there, past a link that leads out; the home of the one who serves stays as it was."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "mine.toml").write_text(SHORT)
    (tmp_path / "in" / "mine-t0.svg").symlink_to(tmp_path / "out.svg")
    with served(tmp_path / "in", "mine.toml") as server:
        async with server.visit("width=160&height=50") as channel:
            await shown(channel, "t=0/2")
            await channel.send_json(["stdin", "x"])
            await shown(channel, "save into")
            await channel.send_json(["stdin", "\r"])
            await shown(channel, "mine-t0-2.svg")
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"mine.toml", "mine-t0.svg", "mine-t0-2.svg"}
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
