"""The editor of a scenario's text: it says what is wrong while it is typed, and applies only what is a scenario."""

from __future__ import annotations

import pytest
from sessions import TWO_STATE, plain, session, squeezed
from textual.widgets import Static, TextArea

from tui.screens.overlays import Confirmation, Editor

pytestmark = pytest.mark.usefixtures("state")


@pytest.mark.usefixtures("nearby")
async def test_the_editor_says_what_is_wrong_and_stays() -> None:
    """Bad TOML: the engine's message is there to read, whole, and ctrl+s does not close."""
    async with session() as s:
        await s.press("ctrl+e")
        await s.over(Editor)
        area, why = s.app.screen.query_one(TextArea), s.app.screen.query_one(".why", Static)
        for text in (TWO_STATE + "\n[", TWO_STATE.replace("uniform", "unicorn"), TWO_STATE.replace('"3/4"', '"4/4"'),
                     TWO_STATE.replace("steps = 64", "steps = [1, 2]"), TWO_STATE + "[b]\n", ""):  # fmt: skip
            area.text = text
            message = s.app.session.validate(text)
            assert message is not None
            await s.until(lambda wanted=message: squeezed(wanted)[:60] in squeezed(plain(why)), message)
            await s.press("ctrl+s")
            assert isinstance(s.app.screen, Editor)
        await s.press("escape")
        await s.over(Confirmation)
        await s.press("y")
        await s.until(lambda: len(s.app.screen_stack) == 1)
        assert s.app.session.request.text == TWO_STATE


@pytest.mark.usefixtures("nearby")
async def test_the_editor_refuses_what_was_just_typed() -> None:
    """ctrl+s right behind the key that broke the text does not let it through; nor before anything was typed."""
    async with session() as s:
        await s.press("ctrl+e")
        await s.over(Editor)
        await s.pilot.press("x", "ctrl+s")
        await s.pilot.pause()
        assert isinstance(s.app.screen, Editor)


@pytest.mark.usefixtures("nearby")
async def test_the_editor_applies_a_scenario() -> None:
    """A good text makes another run; the time is kept where it still exists, and it rests."""
    async with session() as s:
        await s.fresh()
        await s.edit(TWO_STATE.replace("steps = 64", "steps = 30"))
        await s.until(lambda: s.app.session.run.T == 30 and len(s.app.session.run.steps) == 31)
        await s.until(lambda: "t=20/30" in s.head())
        assert not s.app.session.playback.playing


@pytest.mark.usefixtures("nearby")
async def test_tab_indents_in_the_editor() -> None:
    """The text area was told that tab indents."""
    async with session() as s:
        await s.press("ctrl+e")
        await s.over(Editor)
        await s.press("tab")
        assert s.app.screen.query_one(TextArea).text != TWO_STATE
