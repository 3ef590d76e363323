"""The foot of the screen, the help, the first hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import SCENARIOS, TWO_STATE, session
from textual.widgets import Static

from tui import raster, recent
from tui.actions import BY_NAME
from tui.app import MarkovdiffApp
from tui.canvas import Foot
from tui.main_screen import HINTS
from tui.messages import Request
from tui.panel import Panel
from tui.panels import PANELS
from tui.screens.lists import Palette
from tui.screens.overlays import Help
from tui.view.footer import action_at, chosen, footer

pytestmark = pytest.mark.usefixtures("state", "nearby")


@pytest.mark.parametrize("width", [*range(1, 240, 7), 60, 80, 100, 120])
def test_the_foot_shows_whole_keys_only(width: int) -> None:
    """Each hint is there with its key and its word or not at all, in order; every action named is one."""
    row = footer(HINTS, width)
    assert len(row) == width
    shown = chosen(HINTS, width)
    text = "".join(cell.char for cell in row)
    assert text.split() == [word for _, hint in shown for word in f"{hint.key} {hint.word}".split()]
    for x, hint in shown:
        assert {action_at(HINTS, width, x + k) for k in range(hint.width)} == {hint.action}
        assert hint.action == "app.command_palette" or hint.action[5:-2] in BY_NAME
    if width >= 80:
        assert {"Tour", "Lab", "Save", "Palette", "Help"} <= {hint.word for _, hint in shown}
    assert {"Help"} <= {hint.word for _, hint in shown} or width < 9


async def test_a_click_on_the_foot_does_what_its_key_does() -> None:
    """The palette's word opens the palette, the help's the help."""
    async with session() as s:
        foot = s.app.main.query_one(Foot)
        places = {hint.word: x for x, hint in chosen(HINTS, foot.size.width)}
        await s.pilot.click(Foot, offset=(places["Palette"], 0))
        await s.over(Palette)
        await s.home()
        await s.pilot.click(Foot, offset=(places["Help"] + 3, 0))
        await s.over(Help)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 60)])
async def test_no_column_is_dead(size: tuple[int, int]) -> None:
    """The panels and the foot reach from edge to edge, and the foot stands in the last row."""
    async with session(size=size) as s:
        await s.painted()
        assert s.app.main.query_one("#panels").region.width == size[0]
        shown = [panel.region for panel in s.app.main.query(".panel") if panel.display]
        assert max(region.right for region in shown) == size[0]
        foot = s.app.main.query_one(Foot)
        assert (foot.region.width, foot.region.bottom) == size
        assert raster.text(foot.rows).strip().startswith("space Play")


@pytest.mark.parametrize("key", ["escape", "q", "question_mark"])
@pytest.mark.parametrize("panel", [PANELS["information"], PANELS["ledger"]], ids=lambda panel: panel.name)
async def test_help_opens_on_the_panel_in_focus_and_closes(key: str, panel: Panel) -> None:
    """What the focused panel means stands first; esc, q and ? close the help and nothing else."""
    async with session() as s:
        await s.press(panel.key, "question_mark")
        await s.over(Help)
        first = s.app.screen.query(Static).first()
        assert str(first.content).startswith(panel.key)
        assert panel.about in str(first.content)
        await s.press(key)
        await s.until(lambda: len(s.app.screen_stack) == 1)
        assert s.app.is_running


async def test_somebody_new_is_greeted_once(state: Path) -> None:
    """The first time, and not the second; where nothing can be written, nobody is."""
    assert [recent.first_time() for _ in range(3)] == [True, False, False]
    app = MarkovdiffApp(Request(TWO_STATE, str(SCENARIOS), "two-state"), greet=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert any("tour" in str(toast.message) for toast in app._notifications)
    assert (state / "markovdiff" / "greeted").is_file()
