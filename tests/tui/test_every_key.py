"""Every key and the wheel in every dialogue, also where nothing is listed: the program goes on."""

from __future__ import annotations

import pytest
from sessions import session
from textual.events import MouseScrollDown, MouseScrollUp
from textual.widgets import Input, OptionList

from tui.screens.overlays import Confirmation

pytestmark = pytest.mark.usefixtures("state", "nearby")

KEYS = (
    "pageup", "pagedown", "home", "end", "up", "down", "left", "right", "tab", "shift+tab", "ctrl+home", "ctrl+end",
    "ctrl+pageup", "ctrl+pagedown", "shift+home", "shift+end", "shift+up", "shift+down", "ctrl+left", "ctrl+right",
    "backspace", "delete", "ctrl+w", "ctrl+u", "ctrl+k", "ctrl+a", "ctrl+d", "ctrl+f", "insert", "f1", "f6", "f7",
    "ctrl+x", "ctrl+v", "ctrl+y", "ctrl+shift+k", "j", "G", "7",
)  # fmt: skip


@pytest.mark.slow
async def test_no_key_ends_the_program() -> None:
    """In palette, lists, fields, help, number, form, text and lab; where there is a list, without a line of it too."""
    async with session(size=(80, 24)) as s:
        for opener in ("ctrl+p", "s", "slash", "x", "colon", "question_mark", "w", "e", "ctrl+e", "ctrl+l"):
            await s.press(opener)
            assert len(s.app.screen_stack) == 2, opener
            for _ in range(2):
                await s.pilot.press(*KEYS)
                for way in (MouseScrollDown, MouseScrollUp):
                    for y in (0, 3, 12, 23):
                        await s.pilot._post_mouse_events([way], None, offset=(20, y))
                assert s.app.is_running, opener
                if len(s.app.screen_stack) == 1 or not s.app.screen.query(OptionList):
                    break
                for field in s.app.screen.query(Input):
                    field.value = "no such words"
                    field.focus()
            for _ in range(4):
                if len(s.app.screen_stack) > 1:
                    await s.press("y" if isinstance(s.app.screen, Confirmation) else "escape")
            assert len(s.app.screen_stack) == 1, (opener, s.app.screen)
