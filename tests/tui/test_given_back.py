"""What is closed or replaced is given back: a run with all that was asked of it, and the widgets of a dialogue."""

from __future__ import annotations

import gc
import platform
from dataclasses import replace
from weakref import ref

import pytest
from sessions import session
from soak import resident
from textual._styles_cache import StylesCache
from textual.widget import Widget

import tui.session
from tui.run_buffer import RunBuffer, return_free_memory
from tui.tour import Tour

pytestmark = pytest.mark.usefixtures("nearby")


@pytest.mark.slow
async def test_a_run_that_is_replaced_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """With float64's curve, what inspect says, the tour's veil, its way back and an edit behind it; but not marked."""
    async with session() as s:
        at = s.app.session
        old = ref(at.run)
        returned: list[str] = []
        monkeypatch.setattr(tui.session, "return_free_memory", lambda: returned.append(at.run.name))
        await s.press("F", "8", "f")
        await s.until(lambda: at.run.shadowed is not None and at.run.inspected is not None)
        await s.press("f", "T")
        await s.until(lambda: at.tour == Tour() and s.app.main.view.run is not at.run, "the future is not veiled")
        first = ref(at.run)
        at.leave_tour()
        await s.opened()
        at.again(replace(at.request, text=at.request.text + "\n", edited=True))
        await s.opened()

        def left() -> list[RunBuffer]:
            gc.collect()
            return [run for run in (old(), first()) if run is not None and run is not at.run]

        await s.until(lambda: not left(), "a run that was replaced is kept")
        assert returned


@pytest.mark.slow
async def test_a_dialogue_that_is_closed_is_given_back() -> None:
    """Neither a widget of it nor what it has painted is kept, by us or by Textual."""
    async with session() as s:

        def closed() -> int:
            gc.collect()
            found = gc.get_objects()
            gone = sum(isinstance(one, Widget) and not one.is_attached for one in found)
            return gone + sum(type(one) is StylesCache for one in found) - sum(isinstance(one, Widget) for one in found)

        for _ in range(3):
            for key in ("slash", "question_mark", "e", "ctrl+l", "ctrl+p"):
                await s.press(key)
                await s.until(lambda: len(s.app.screen_stack) > 1)
                await s.home()
        first = closed()
        for key in ("slash", "question_mark", "e", "ctrl+l", "ctrl+p"):
            await s.press(key)
            await s.until(lambda: len(s.app.screen_stack) > 1)
            await s.home()
        await s.until(lambda: closed() <= first, "a closed dialogue is kept")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no malloc_trim")
def test_free_memory_is_returned() -> None:
    """Of 60 MB in blocks between which some stay, the system has at least half again."""
    blocks = [bytes(1500) for _ in range(40_000)]
    stay = blocks[::50]
    full = resident()
    del blocks
    return_free_memory()
    assert resident() < full - 30
    assert len(stay) == 800
