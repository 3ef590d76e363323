"""An edited chain is not lost unasked: not by q, not by ctrl+q, not by opening another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from breadth import few
from sessions import Session, session
from textual.widgets import OptionList, TextArea

from tui.canvas import CanvasLine, PanelWidget
from tui.screens.form import FormScreen
from tui.screens.overlays import Confirmation, Editor, Scenarios
from tui.screens.save import SaveAs
from tui.view.view_state import form_width

pytestmark = pytest.mark.usefixtures("state", "nearby")


async def edit(s: Session) -> None:
    """Have a chain that is not what its file says."""
    was = s.app.session.request
    s.app.session.again(replace(was, text=was.text.replace("steps = 64", "steps = 9"), edited=True))
    await s.until(lambda: s.app.session.run.T == 9)
    await s.opened()


@few("key", ["q", "ctrl+q"])
async def test_an_unchanged_chain_is_left_at_once(key: str) -> None:
    """There is nothing to ask."""
    async with session() as s:
        await s.press(key)
        await s.until(lambda: not s.app.is_running)


@few("key", ["q", "ctrl+q"])
async def test_leaving_an_edited_chain_asks_first(key: str) -> None:
    """The first answer, its letter and escape all stay; the edit is there, and the headline says so."""
    async with session() as s:
        await edit(s)
        for answer in ("n", "escape", "enter"):
            assert "two-state*" in s.head()
            await s.press(key)
            await s.over(Confirmation)
            await s.press(answer)
            await s.until(lambda: len(s.app.screen_stack) == 1, f"{answer} does not stay")
            assert s.app.is_running, answer
            assert s.app.session.request.edited, answer
        await s.press("q", "y")
        await s.until(lambda: not s.app.is_running)


async def shows(s: Session, name: str) -> None:
    """Wait until the scenario of that name is the one on the screen."""
    await s.until(lambda: s.app.session.request.name == name)


@pytest.mark.slow
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
            await s.over(Confirmation)
            await s.press(answer)
            await s.until(lambda: len(s.app.screen_stack) == 1)
            await shows(s, name)


async def test_it_can_be_saved_first(folder: Path) -> None:
    """s asks for a name, saves, and only then leaves."""
    async with session() as s:
        await edit(s)
        await s.press("q")
        await s.over(Confirmation)
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
        await s.rendered()
        assert [s.app.main.query_one(line).region for line in lines] == before
        await s.press("]")
        await s.until(lambda: "t=21/64" in s.head())


@pytest.mark.parametrize(("keys", "kept"), [(("enter",), True), (("escape", "y"), False)])
async def test_the_form_keeps_or_gives_back_what_was_there(keys: tuple[str, ...], kept: bool) -> None:
    """The picture follows while one types; left without keeping, the chain is again what it was, and not edited."""
    async with session(size=(120, 40)) as s:
        before = s.app.session.request
        await s.press("e")
        await s.over(FormScreen)
        form = s.app.screen
        assert isinstance(form, FormScreen)
        form.load(before.text.replace("steps = 64", "steps = 9"))
        await s.until(lambda: s.app.session.run.T == 9)
        await s.press(*keys)
        await s.until(lambda: len(s.app.screen_stack) == 1)
        await s.until(lambda: (9 if kept else 64) == s.app.session.run.T)
        await s.opened()
        assert (s.app.session.request == before) is not kept
        assert ("two-state*" in s.head()) is kept


@few("size", [(70, 20), (80, 24), (100, 30), (120, 40), (200, 60)], [(70, 20), (120, 40)])
async def test_the_form_stands_beside_the_picture(size: tuple[int, int]) -> None:
    """No panel and no number lies beneath the form: what is shown is drawn in the columns that are left."""
    async with session(size=size) as s:
        await s.press("e")
        await s.over(FormScreen)
        box = s.app.screen.query_one("#form")
        await s.until(lambda: box.region.width == form_width(size[0]))
        shown = [panel for panel in s.app.main.query(PanelWidget) if panel.display]
        await s.until(lambda: all(panel.region.right <= box.region.x for panel in shown) and shown)
        reading = s.app.main.query_one("#reading", CanvasLine)
        await s.until(lambda: reading.rows and len(reading.rows[0]) == box.region.x)
        await s.rendered()
        await s.press("escape")
        await s.until(lambda: len(s.app.screen_stack) == 1)
        await s.rendered()
        assert max(panel.region.right for panel in s.app.main.query(PanelWidget) if panel.display) == size[0]


async def test_a_text_is_not_lost_unasked() -> None:
    """Escape leaves an unchanged text at once; a changed one is asked about, and k keeps it."""
    async with session() as s:
        await s.press("ctrl+e")
        await s.over(Editor)
        await s.press("escape")
        await s.until(lambda: len(s.app.screen_stack) == 1)
        await s.press("ctrl+e")
        await s.over(Editor)
        area = s.app.screen.query_one(TextArea)
        area.load_text(area.text.replace("steps = 64", "steps = 9"))
        await s.press("escape")
        await s.over(Confirmation)
        await s.press("escape")
        await s.over(Editor)
        await s.press("escape", "k")
        await s.until(lambda: s.app.session.run.T == 9)
