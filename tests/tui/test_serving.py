"""What a stranger may send over the WebSocket, against a server in this process and an app of a few lines.

The app says its size and its folder, then sends back every packet that it gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser

pytest.importorskip("textual_serve")
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient, TestServer
from test_serve import lives, proc

from tui.serving import session
from tui.serving.gate import Gate
from tui.serving.server import Visits, application

ECHO = """
import os, sys, time
out, typed = os.fdopen(1, "wb", 0), os.fdopen(0, "rb")
def say(content):
    out.write(b"D" + len(content).to_bytes(4, "big") + content)
out.write(b"something first\\n__GANGLION__\\n")
names = ("COLUMNS", "ROWS", "MARKOVDIFF_CONFINED_TO", "TEXTUAL_DRIVER", "TEXTUAL_LOG")
say(" ".join(os.environ.get(name, "-") for name in names).encode())
while head := typed.read(5):
    content = typed.read(int.from_bytes(head[1:], "big"))
    if content == b"q":
        out.write(b'M\\0\\0\\0\\x0f{"type":"exit"}')
        sys.exit(0)
    if content == b"fail":
        out.write(b'M\\0\\0\\0\\x0f{"type":"exit"}')
        sys.exit(1)
    if content == b"die":
        sys.exit(1)
    if content == b"deaf":
        time.sleep(600)
    say(head[:1] + content)
"""


class Visitor:
    """One visitor's end of a WebSocket."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel

    async def hears(self) -> bytes:
        """The next thing to show."""
        message = await self.channel.receive(timeout=300)
        assert message.type == WSMsgType.BINARY, message
        return bytes(message.data)

    async def ends(self) -> tuple[int, str]:
        """How the WebSocket is closed, whatever comes before that."""
        while (message := await self.channel.receive(timeout=300)).type in (WSMsgType.BINARY, WSMsgType.TEXT):
            pass
        assert message.type == WSMsgType.CLOSE, message
        return int(message.data), str(message.extra)

    async def sends(self, *message: Any) -> None:
        await self.channel.send_str(json.dumps(message))


class RunningServer:
    """A server in this process."""

    def __init__(self, client: TestClient[Any, Any], visits: Visits, token: str) -> None:
        self.client, self.visits, self.token = client, visits, token

    @asynccontextmanager
    async def visitor(self, query: str = "") -> AsyncIterator[Visitor]:
        async with self.client.ws_connect(f"/ws?token={self.token}&{query}", max_msg_size=0) as channel:
            yield Visitor(channel)


@asynccontextmanager
async def place(folder: Path, most: int = 8, program: str = ECHO) -> AsyncIterator[RunningServer]:
    gate, visits = Gate.of("127.0.0.1"), Visits([sys.executable, "-c", program], str(folder), most)
    async with TestClient(TestServer(application(gate, visits), host="127.0.0.1")) as client:
        yield RunningServer(client, visits, gate.token)
    assert not visits.sessions


async def test_keys_go_in_and_the_picture_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As packets; the app is confined to the folder, has our driver, and no logging that its owner had switched on."""
    monkeypatch.setenv("TEXTUAL_LOG", "a.log")
    async with place(tmp_path) as here, here.visitor("width=90&height=30") as visitor:
        assert (await visitor.hears()).decode() == f"90 30 {tmp_path} tui.serving.driver:ServedDriver -"
        await visitor.sends("stdin", "")
        await visitor.sends("stdin", "ä\x1b[A")
        assert await visitor.hears() == "Dä\x1b[A".encode()
        await visitor.sends("focus")
        assert await visitor.hears() == b'M{"type": "focus"}'
        await visitor.sends("ping", "17")
        assert (await visitor.channel.receive_json()) == ["pong", "17"]
        await visitor.sends("stdin", "q")
        assert await visitor.ends() == (1000, "Session ended.")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((100_000, 100_000), (400, 200)),
        ((0, 0), (10, 4)),
        ((-5, -(10**30)), (10, 4)),
        ((120, 40), (120, 40)),
        ((10**400, 24), (400, 24)),
    ],
)
async def test_a_size_is_bounded_before_the_app_has_it(
    tmp_path: Path, asked: tuple[int, int], given: tuple[int, int]
) -> None:
    """In the address and in a message: 10 to 400 columns, 4 to 200 rows."""
    async with place(tmp_path) as here, here.visitor(f"width={asked[0]}&height={asked[1]}") as visitor:
        assert (await visitor.hears()).decode().startswith(f"{given[0]} {given[1]} ")
        await visitor.sends("resize", {"width": asked[0], "height": asked[1]})
        assert json.loads((await visitor.hears())[1:]) == {"type": "resize", "width": given[0], "height": given[1]}


@pytest.mark.parametrize("query", ["width=x&height=", "width=1e9&height=0x10", f"width={'9' * 5000}", "height=%00"])
async def test_a_size_that_is_none_is_the_usual(tmp_path: Path, query: str) -> None:
    """80 by 24."""
    async with place(tmp_path) as here, here.visitor(query) as visitor:
        assert (await visitor.hears()).decode().startswith("80 24 ")


BAD_TEXTS = {
    "nothing": "",
    "no JSON": "stdin",
    "half a list": '["stdin"',
    "a number": "1",
    "null": "null",
    "an empty list": "[]",
    "an object": '{"stdin": "q"}',
    "an unknown kind": '["quit"]',
    "a kind that is no text": "[1, 2]",
    "a list for a kind": '[["stdin"], "q"]',
    "keys that are no text": '["stdin", 1]',
    "no keys": '["stdin"]',
    "too much": '["stdin", "q", "q"]',
    "half of a pair": '["stdin", "\\ud800"]',
    "a size of text": '["resize", {"width": "80", "height": 24}]',
    "a size that is broken": '["resize", {"width": 80.5, "height": 24}]',
    "a size without end": '["resize", {"width": Infinity, "height": NaN}]',
    "no height": '["resize", {"width": 80}]',
    "a list for a size": '["resize", [80, 24]]',
    "a packet of its own": '["deliver_chunk_request", {"key": "x", "size": 9}]',
    "too deep": "[" * 100_000,
    "too many digits": '["resize", {"width": ' + "9" * 10_000 + ', "height": 24}]',
    "a number to be sent back": '["ping", 1]',
    "much to be sent back": '["ping", {"a": []}]',
}


@pytest.mark.parametrize("name", BAD_TEXTS)
async def test_what_no_page_sends_ends_the_session(tmp_path: Path, name: str) -> None:
    """With a sentence; nothing of it reaches the app."""
    async with place(tmp_path) as here, here.visitor() as visitor:
        await visitor.hears()
        await visitor.channel.send_str(BAD_TEXTS[name])
        code, reason = await visitor.ends()
        assert code == 1008
        assert reason.startswith("A message that cannot be understood: ")


async def test_bytes_end_the_session_and_so_does_too_long_a_message(tmp_path: Path) -> None:
    """Binary, and a megabyte in one message or in many pieces."""
    async with place(tmp_path) as here:
        async with here.visitor() as visitor:
            await visitor.channel.send_bytes(b'["stdin", "q"]')
            assert (await visitor.ends())[0] == 1008
        async with here.visitor() as visitor:
            await visitor.sends("stdin", "a" * 2**20)
            assert (await visitor.ends())[0] == 1009


@pytest.mark.parametrize("seed", range(3))
async def test_random_messages_do_no_harm(tmp_path: Path, seed: int) -> None:
    """Each either reaches the app as one packet or ends the session; the server goes on."""
    dice = random.Random(seed)
    letters = ['"stdin"', '"resize"', '"ping"', "[", "]", "{", "}", ":", ",", '"width"', '"height"', "1", '"a"', "null"]
    async with place(tmp_path) as here:
        for _ in range(12):
            async with here.visitor() as visitor:
                await visitor.channel.send_str("".join(dice.choices(letters, k=dice.randrange(12))))
                await visitor.sends("nothing")
                assert (await visitor.ends())[0] == 1008


def test_a_paste_is_bounded_however_it_is_cut() -> None:
    """Textual keeps a paste until its end has come: one that has none, in messages of any size, is refused in time."""
    for size in (1, 5, 7, 1000):
        keys, sent = session.Keys(), 0
        text = session.PASTE_BEGINS + "a" * (session.MOST_BYTES + 2000)
        with pytest.raises(session.MalformedError):  # noqa: PT012  (which of them is refused, the count says)
            for k in range(0, len(text), size):
                keys.packet(text[k : k + size])
                sent += size
        assert sent <= session.MOST_BYTES + 2 * size + len(session.PASTE_BEGINS)


def test_the_mark_that_ends_a_paste_counts_only_in_one_piece() -> None:
    """Cut in two it may be taken for keys, and the paste goes on; many whole pastes are no long one."""
    keys, whole = session.Keys(), session.PASTE_BEGINS + "a" * 200_000 + session.PASTE_ENDS
    for _ in range(5):
        assert keys.packet(whole) == b"D" + len(whole).to_bytes(4, "big") + whole.encode()
    keys.packet(session.PASTE_BEGINS)
    keys.packet("\x1b")
    keys.packet(session.PASTE_ENDS[1:])
    with pytest.raises(session.MalformedError):
        keys.packet("a" * session.MOST_BYTES)


def test_a_client_may_send_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """BURST at once, then RATE a second; a pause gives no more than BURST."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace, size = session.Pace(), 2**10
    for _ in range(2):
        for _ in range(session.BURST // 2**10):
            pace.count(size)
        for _ in range(640):
            now[0] += 2**10 / session.RATE
            pace.count(size)
        now[0] += 1000
    for _ in range(session.BURST // 2**10):
        pace.count(size)
    with pytest.raises(session.FloodError):
        pace.count(1)


@pytest.mark.parametrize("message", [("stdin", "a"), ("focus",), ("resize", {"width": 80, "height": 24}), ("ping", "")])
async def test_a_flood_ends_the_session(tmp_path: Path, message: tuple[Any, ...]) -> None:
    """Of small messages, and with keys that the app does not read: they are not kept in memory for ever."""
    async with place(tmp_path) as here, here.visitor() as visitor:
        for _ in range(2 * session.BURST // session.MESSAGE_COST):
            with contextlib.suppress(ConnectionError):
                await visitor.sends(*message)
        assert await visitor.ends() == (1008, "More came than a person types.")


async def test_keys_that_the_app_does_not_read_end_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they come slowly, too."""
    monkeypatch.setattr(session, "BURST", 2**30)
    async with place(tmp_path) as here, here.visitor() as visitor:
        await visitor.hears()
        await visitor.sends("stdin", "deaf")
        for _ in range(30):
            await visitor.sends("stdin", "a" * 60_000)
        assert await visitor.ends() == (1008, "More came than a person types.")


async def test_one_visitor_too_many_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a place as soon as one is free; a page that is loaded anew, so that both are there for a moment, gets it."""
    async with place(tmp_path, most=2) as here, here.visitor() as first, here.visitor() as second:
        await first.hears()
        await second.hears()
        with monkeypatch.context() as patch:
            patch.setattr("tui.serving.server.PATIENCE", 0.05)
            async with here.visitor() as third:
                assert await third.ends() == (1013, "All places are taken, 2 at once: try again later.")
        async with here.visitor() as again:
            await first.channel.close()
            assert await again.hears()
        assert len(here.visits.sessions) <= 2


async def test_many_visitors_come_and_go(tmp_path: Path) -> None:
    """No place is lost, however they leave: by closing, by quitting, by nonsense, or because the app has ended."""
    async with place(tmp_path, most=1) as here:
        for word in ("q", "die", "fail", None, "") * 2:
            async with here.visitor() as visitor:
                assert await visitor.hears()
                if word == "":
                    await visitor.channel.send_str("nonsense")
                elif word is not None:
                    await visitor.sends("stdin", word)
                    assert (await visitor.ends())[0] == (1000 if word == "q" else 1011)


@pytest.mark.parametrize("program", ["", "print('__GANGLION__')", "import os; os.write(1, b'x' * 10**6)", "1/0"])
async def test_an_app_that_does_not_start_is_said(tmp_path: Path, program: str) -> None:
    """A sentence, not an empty page."""
    async with place(tmp_path, program=program) as here, here.visitor() as visitor:
        assert await visitor.ends() == (1011, "The app has ended by itself.")


async def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    """So is that."""
    async with place(tmp_path) as here:
        here.visits.command = ["/nowhere"]
        async with here.visitor() as visitor:
            assert await visitor.ends() == (1011, "The app cannot be started: No such file or directory.")


PIECES = ["\x1b", "[200~", "[201~", "\x1b[200~", "\x1b[201~", "\x1b[20", "0~", "1~", "a", "\x1b[48;9"]


@given(
    messages=st.lists(
        st.tuples(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join), st.booleans()), max_size=6
    )
)
def test_no_paste_goes_uncounted(messages: list[tuple[str, bool]]) -> None:
    """Wherever Textual's parser is within a paste, whatever the pieces and the pauses between them, it is counted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.constants.ESCAPE_DELAY", 0.0)
        parser, keys = XTermParser(), session.Keys()
        for text, paused in messages:
            keys.packet(text)
            list(parser.feed(text))
            if paused:
                list(parser.tick())
        list(parser.tick())
        is_pasting = not list(parser.feed("x"))
    assert not is_pasting or keys._pasted is not None


PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
                          "print(flush=True); time.sleep(600)"], stdout=subprocess.PIPE)
child.stdout.readline()
text = str(child.pid).encode()
os.write(1, b"__GANGLION__\\nD" + len(text).to_bytes(4, "big") + text)
time.sleep(600)
"""


@proc
async def test_what_an_app_has_started_ends_with_it(tmp_path: Path) -> None:
    """Also a child that neither ends with its parent nor when it is asked to."""
    async with place(tmp_path, program=PARENT) as here:
        async with here.visitor() as visitor:
            child = int(await visitor.hears())
            assert lives(child)
        async with asyncio.timeout(60):
            while lives(child):
                await asyncio.sleep(0.01)


@pytest.mark.skipif(not hasattr(select, "poll"), reason="there is no poll here")
def test_an_app_ends_with_its_server_though_keys_wait() -> None:
    """The end of the pipe is noticed before what is in it has been read."""
    words = "import time, tui.serving.driver as d; print(flush=True); d.end_with_server(); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as app:
        assert app.stdin is not None
        assert app.stdout is not None
        app.stdout.readline()
        app.stdin.write(b"D\0\0\0\1a" * 1000)
        app.stdin.flush()
        assert app.poll() is None
        app.stdin.close()
        assert app.wait(60) == -signal.SIGKILL
