"""The foot of the screen, the help, the first hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from breadth import few
from sessions import SCENARIOS, TWO_STATE, Clock, Session, plain, session, squeezed
from textual.widgets import Static
from textual.widgets._toast import Toast

from tui import raster, recent
from tui.actions import BY_NAME
from tui.app import MarkovdiffApp
from tui.canvas import CanvasLine, Foot, Scrubber
from tui.main_screen import HINTS
from tui.messages import Request
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


@few("size", [(60, 15), (80, 24), (120, 40), (200, 60)])
async def test_no_column_is_dead(size: tuple[int, int]) -> None:
    """The panels and the foot reach from edge to edge, and the foot stands in the last row."""
    async with session(size=size) as s:
        await s.rendered()
        assert s.app.main.query_one("#panels").region.width == size[0]
        shown = [panel.region for panel in s.app.main.query(".panel") if panel.display]
        assert max(region.right for region in shown) == size[0]
        foot = s.app.main.query_one(Foot)
        assert (foot.region.width, foot.region.bottom) == size
        assert raster.text(foot.rows).strip().startswith("space Play")


async def test_help_opens_on_the_panel_in_focus_and_closes() -> None:
    """What the focused panel means stands first; esc, q and ? close the help and nothing else."""
    async with session() as s:
        for panel in (PANELS["information"], PANELS["ledger"]):
            for key in ("escape", "q", "question_mark"):
                await s.press(panel.key, "question_mark")
                await s.over(Help)
                first = s.app.screen.query(Static).first()
                assert str(first.content).startswith(panel.key)
                assert panel.about in str(first.content)
                await s.press(key)
                await s.until(lambda: len(s.app.screen_stack) == 1, f"{key} does not close the help")
                assert s.app.is_running, key


async def test_somebody_new_is_greeted_once(state: Path) -> None:
    """The first time, and not the second; where nothing can be written, nobody is."""
    assert [recent.first_time() for _ in range(3)] == [True, False, False]
    app = MarkovdiffApp(Request(TWO_STATE, str(SCENARIOS), "two-state"), greet=True)
    async with app.run_test(size=(80, 24)) as pilot:
        s, row = Session(app, pilot, Clock()), app.main.query_one("#reading", CanvasLine)
        await s.until(lambda: "T is a tour" in raster.text(row.rows))
        assert len(app._notifications) == 0
        await s.press("v")
        await s.until(lambda: "I(x0;x_0)" in raster.text(row.rows))
    assert (state / "markovdiff" / "greeted").is_file()


OWN_FOOT = {
    "s": "enter Open esc Back", "colon": "enter Go esc Back", "x": "enter Save esc Back",
    "question_mark": "↑↓ Scroll q Back", "e": "enter Keep esc Leave", "ctrl+e": "^s Keep esc Leave",
    "ctrl+p": "enter Do it esc Back", "slash": "enter Go esc Back",
}  # fmt: skip
"""What opens a dialogue, and what its foot says."""


@pytest.mark.slow
async def test_under_a_dialogue_stand_its_own_keys() -> None:
    """The foot is that of the dialogue in front, over the whole last row; each action that it names is there."""
    async with session(size=(80, 24)) as s:
        for key, words in OWN_FOOT.items():
            await s.press(key)
            await s.until(lambda: len(s.app.screen_stack) == 2, f"{key} opens nothing")
            foot = s.app.screen.query_one(Foot)
            await s.until(lambda foot=foot: foot.rows)
            assert " ".join(raster.text(foot.rows).split()).find(words) >= 0, key
            assert (foot.region.width, foot.region.bottom) == (80, 24), key
            for hint in foot.hints:
                name = hint.action.partition("(")[0]
                screen = s.app.screen
                assert not name or hasattr(screen, f"action_{name}") or hasattr(screen, f"_action_{name}"), name
            back = next(x for x, h in chosen(foot.hints, 80) if h.key in ("esc", "q"))
            await s.pilot.click(Foot, offset=(back, 0))
            await s.until(lambda: len(s.app.screen_stack) == 1, f"a click does not close what {key} opens")


@few("size", [(80, 24), (120, 40)])
async def test_beside_a_dialogue_no_number_is_cut(size: tuple[int, int]) -> None:
    """What lies over the picture takes whole rows; what is large takes all of them below the headline."""
    async with session(size=size) as s:
        for keys, part in (("colon", ".small"), ("slash", ".small"), ("x", ".small"), ("ctrl+p", "CommandList")):
            await s.press(keys)
            await s.until(lambda part=part: len(s.app.screen_stack) == 2 and s.app.screen.query(part))
            await s.until(lambda part=part: s.app.screen.query_one(part).region.width == size[0])
            await s.home()
        for keys in ("s", "ctrl+e", "question_mark"):
            await s.press(keys)
            await s.until(lambda: len(s.app.screen_stack) == 2 and s.app.screen.query(".box"))
            box = s.app.screen.query_one(".box")
            await s.until(lambda box=box: (box.region.width, box.region.bottom) == (size[0], size[1] - 1))
            assert 0 < box.region.y <= 2
            await s.home()


@few("size", [(80, 24), (120, 40), (70, 18), (200, 60)])
async def test_what_is_said_hides_nothing_but_the_rail(size: tuple[int, int]) -> None:
    """The newest message alone is there, whole, on the rail of time; once it is gone the rail can be clicked."""
    app = MarkovdiffApp(Request(TWO_STATE, str(SCENARIOS), "two-state"), clock=Clock())
    async with app.run_test(size=size, notifications=True) as pilot:
        s = Session(app, pilot, Clock())
        await s.opened()
        for tour, keys in ((False, "mYy"), (True, "Yy")):
            if tour:
                await s.press("T")
            for key in keys:
                await s.press(key)
                (said,) = app._notifications
                rail = app.main.query_one(Scrubber).region
                await s.until(lambda said=said: [t._notification for t in toasts(app)] == [said])
                (toast,) = toasts(app)
                assert (toast.region.width, toast.region.y, toast.region.height) == (size[0], rail.y, 1)
                assert squeezed(said.message) in squeezed(plain(toast))
        await s.press("T")
        await s.opened()
        await s.press("y")
        await s.until(lambda: toasts(app))
        await pilot.click(offset=(5, rail.y))
        await s.until(lambda: not toasts(app))
        await pilot.click(offset=(rail.right - 1, rail.y))
        await s.at(64)


def toasts(app: MarkovdiffApp) -> list[Toast]:
    """The messages in sight."""
    return [toast for toast in app.screen.query(Toast) if toast.region.area]
