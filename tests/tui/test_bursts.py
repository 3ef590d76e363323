"""Keys typed faster than the screen follows, as from a slow line or a script."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest
from breadth import few
from sessions import SCENARIOS, TWO_STATE, Nearby, session
from textual.dom import DOMNode
from textual.events import Key, Paste

import tui.app
from tui.app import MarkovdiffApp
from tui.messages import Request
from tui.view import ViewState

pytestmark = pytest.mark.usefixtures("state", "nearby")

BURSTS: dict[tuple[str, ...], Callable[[ViewState], bool]] = {
    ("colon", "7", "enter"): lambda view: view.t == 7,
    ("slash", "b", "enter"): lambda view: view.chosen == 1,
    ("colon", "1", "7", "enter", "right_square_bracket"): lambda view: view.t == 18,
    ("colon", "9", "9", "9", "enter", *["backspace"] * 3, "8", "enter", "h"): lambda view: view.t == 7,
    ("colon", "1", "enter", "colon", "2", "enter", "l", "l"): lambda view: view.t == 4,
    ("slash", "b", "enter", "k", "slash", "b", "enter", "l"): lambda view: (view.chosen, view.t) == (1, 1),
    ("l", "x", "escape", "l"): lambda view: view.t == 2,
    ("ctrl+e", "x", "escape", "y", "l"): lambda view: view.t == 1,
    ("e", "escape", "l"): lambda view: view.t == 1,
    ("s", "d", "e", "n", "s", "enter", "l"): lambda view: view.run.name == "dense-late" and view.t == 1,
}
"""Keys typed at once from t = 0 of two-state, and what is so in the end."""


@few("keys", BURSTS, daily=[*BURSTS][2:6])
async def test_each_key_of_a_burst_is_for_what_the_one_before_it_has_left(keys: tuple[str, ...]) -> None:
    """What a prompt opens or closes with comes first; keys after a refused enter stay in the prompt.

    Digits in a prompt turn to no panel, and what follows it is not typed into it.
    """
    async with session() as s:
        before = s.app.main.view
        for key in keys:
            s.app.simulate_key(key)
        await s.until(lambda: BURSTS[keys](s.app.main.view) and s.app.screen is s.app.main, str(keys))
        assert s.app.main.view.recent == before.recent
        await s.until(lambda: not s.app.typed, "a key is still waited for")


@pytest.mark.parametrize(
    ("keys", "t", "playing"), [("lll", 3, False), ("}hh", 8, False), ("hl", 1, False), ("l ", 1, True)]
)
async def test_what_is_typed_before_the_chain_is_known_is_for_it(
    keys: str, t: int, playing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another scenario is asked for and has not been read yet: its time begins where these keys lead."""
    poll, ready = Nearby.poll, Event()
    async with session() as s:
        monkeypatch.setattr(Nearby, "poll", lambda engine, limit=64: poll(engine, limit) if ready.is_set() else [])
        s.app.session.begin(Request(TWO_STATE, str(SCENARIOS), "again"))
        for key in keys:
            s.app.simulate_key({"}": "right_curly_bracket", " ": "space"}.get(key, key))
        await s.until(lambda: (s.app.session.start_at, s.app.session.play_at_once) == (t, playing), "all are heard")
        assert s.app.main.view.t == 0
        ready.set()
        await s.at(t)
        assert s.app.session.playback.playing == playing


async def test_a_paste_waits_like_a_key() -> None:
    """It goes into the prompt that the key before it opens."""
    async with session() as s:
        s.app.simulate_key("colon")
        s.app.post_message(Paste("17"))
        s.app.simulate_key("enter")
        await s.at(17)


async def test_a_key_of_which_nothing_comes_back_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its widget may have gone without a word: the next key is passed on all the same, without another."""
    monkeypatch.setattr(tui.app, "PATIENCE", 0.05)
    follow, followed = MarkovdiffApp.follow, list[object]()

    def lossy(app: MarkovdiffApp, key: Key | Paste, node: DOMNode, rounds: int) -> None:
        followed.append(key)
        if key is not followed[0]:
            follow(app, key, node, rounds)

    monkeypatch.setattr(MarkovdiffApp, "follow", lossy)
    async with session() as s:
        s.app.simulate_key("l")
        s.app.simulate_key("l")
        await s.at(2)
        await s.until(lambda: not s.app.typed, "a key is still waited for")
