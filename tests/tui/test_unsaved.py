"""An edited chain is not lost unasked: not by q, not by ctrl+q, not by opening another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sessions import Session, session
from textual.widgets import OptionList

from tui.screens.overlays import Ask, Scenarios
from tui.screens.save import SaveAs

pytestmark = pytest.mark.usefixtures("state", "nearby")


async def edit(s: Session) -> None:
    """Have a chain that is not what its file says."""
    was = s.app.session.request
    s.app.session.again(replace(was, text=was.text.replace("steps = 64", "steps = 9"), edited=True))
    await s.until(lambda: s.app.session.run.T == 9)
    await s.opened()


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_an_unchanged_chain_is_left_at_once(key: str) -> None:
    """There is nothing to ask."""
    async with session() as s:
        await s.press(key)
        await s.until(lambda: not s.app.is_running)


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
@pytest.mark.parametrize("answer", ["n", "escape", "enter"])
async def test_leaving_an_edited_chain_asks_first(key: str, answer: str) -> None:
    """The first answer, its letter and escape all stay; the edit is there, and the headline says so."""
    async with session() as s:
        await edit(s)
        assert "two-state*" in s.head()
        await s.press(key)
        await s.over(Ask)
        await s.press(answer)
        await s.until(lambda: len(s.app.screen_stack) == 1)
        assert s.app.is_running
        assert s.app.session.request.edited
        await s.press("q", "y")
        await s.until(lambda: not s.app.is_running)


async def test_opening_another_asks_first() -> None:
    """A scenario that is chosen from the list waits for the answer; y opens it."""
    async with session() as s:
        for answer, name in (("n", "two-state"), ("y", "dense-late")):
            if not s.app.session.request.edited:
                await edit(s)
            await s.press("s")
            await s.over(Scenarios)
            await s.press(*"dense-late")
            await s.until(lambda: s.app.screen.query_one(OptionList).option_count == 1)
            await s.press("enter")
            await s.over(Ask)
            await s.press(answer)
            await s.until(lambda: len(s.app.screen_stack) == 1)
            await s.until(lambda name=name: s.app.session.request.name == name)  # type: ignore[misc]


async def test_it_can_be_saved_first(folder: Path) -> None:
    """s asks for a name, saves, and only then leaves."""
    async with session() as s:
        await edit(s)
        await s.press("q")
        await s.over(Ask)
        await s.press("s")
        await s.over(SaveAs)
        await s.press("enter")
        await s.until(lambda: not s.app.is_running)
        (file,) = folder.iterdir()
        assert "steps = 9" in file.read_text(encoding="utf-8")


async def test_headline_scrubber_and_reading_stay_when_zoomed() -> None:
    """With one panel alone the three lines are where they were, and go on being painted."""
    async with session(size=(80, 24)) as s:
        await s.fresh()
        lines = ("#headline", "#scrubber", "#reading")
        before = [s.app.main.query_one(line).region for line in lines]
        await s.press("f")
        await s.painted()
        assert [s.app.main.query_one(line).region for line in lines] == before
        await s.press("]")
        await s.until(lambda: "t=21/64" in s.head())
