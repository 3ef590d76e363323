"""Panels are records: each is held to the same contract, and the registry has every file of theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from breadth import few
from pictures import is_a_picture
from runs import buffer_of

import tui.panels
from tui import raster
from tui.actions import ACTIONS
from tui.panel import LAYOUTS, layout_for, ring, visible_panels
from tui.panels import PANELS
from tui.run_buffer import RunBuffer
from tui.view import MATRICES, SCALES, ViewState, reading

RUNS = ("two-state", "memory", "infinite", "impossible", "no-loss", "one-state", "wide", "many-states")
"""A plain run; one with no ledger, one whose ledger is infinite; T = 1 with undefined posteriors; and odd states."""

SIZES = ((38, 12), (38, 7), (58, 14), (130, 20), (48, 15), (198, 56))
"""What a panel has of screens from 80×24 to 200×60, also alone."""


def views(name: str) -> Iterator[ViewState]:
    """What can be looked at of a run: nothing yet, a part, the whole, at its ends, in each scale and matrix."""
    yield ViewState(RunBuffer(), 0)
    yield ViewState(buffer_of(name, 0.5), 0)
    buffer = buffer_of(name)
    last, times = len(buffer.labels) - 1, (0, 1, buffer.T // 2, buffer.T)
    for k, (t, matrix) in enumerate(zip(times, MATRICES, strict=True)):
        yield ViewState(buffer, t, SCALES[k % 3], matrix, last * (k % 2), last * (k // 2), k != 1, backward=k == 2)


def test_each_file_is_a_panel() -> None:
    """The registry has each file's record under the file's name, in the order of the keys; no key is there twice."""
    files = {path.stem for path in Path(tui.panels.__file__).parent.glob("[!_]*.py")}
    assert set(PANELS) == files == {panel.name for panel in PANELS.values()}
    assert all(a.key < b.key for a, b in pairwise(PANELS.values()))
    assert all(len(panel.key) == 1 and panel.words and panel.about and panel.formula for panel in PANELS.values())


def test_no_key_has_two_meanings() -> None:
    """Each key of the main screen, a panel's too, is one action's."""
    keys = [key for action in ACTIONS for key in action.keys.split(",")]
    assert len(set(keys)) == len(keys)
    assert {panel.key for panel in PANELS.values()} <= set(keys)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_panels_in_sight_fill_the_grid(layout: str) -> None:
    """Whichever was asked for last: the spans add up to whole rows of the grid, and the panel asked for is in sight."""
    grid = LAYOUTS[layout]
    for asked in ((), *((name,) for name in PANELS)):
        seen = visible_panels(PANELS.values(), layout, asked)
        assert set(asked) <= set(seen)
        assert sum(PANELS[name].areas[layout].span for name in seen) == grid.columns * len(grid.rows.split())
    names = ring(PANELS.values(), layout)
    assert len(set(names)) == len(names) > 1
    assert set(seen) | set(names) == {*names, *seen} <= set(PANELS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_who_comes_to_the_front_takes_the_place_and_nobody_else_moves(layout: str) -> None:
    """Each panel that is asked for stands where the one of its stack stood; the others stand where they stood."""
    for asked in permutations(PANELS, 2):
        before, after = (visible_panels(PANELS.values(), layout, asked[k:]) for k in (1, 0))
        moved = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
        stacks = [{PANELS[name].areas[layout].stack for name in pair} for pair in moved]
        assert moved in ([], [(*{*before} - {*after}, asked[0])])
        assert all(len(stack) == 1 for stack in stacks)


def test_a_stack_keeps_who_was_asked_for() -> None:
    """Of two panels that share a place in one layout, a third that does not share it takes no place away."""
    assert visible_panels(PANELS.values(), "narrow", ())[-1] == "inequality"
    assert visible_panels(PANELS.values(), "narrow", ("information", "ledger", "chain"))[-1] == "ledger"
    assert "chain" in visible_panels(PANELS.values(), "normal", ("information", "ledger", "chain"))


@pytest.mark.parametrize(
    ("size", "crowded", "name"),
    [((80, 24), False, "narrow"), ((80, 24), True, "short"), ((80, 19), False, "short"), ((200, 19), False, "short"),
     ((99, 20), False, "narrow"), ((100, 20), True, "normal"), ((159, 40), False, "normal"),
     ((160, 45), False, "wide")],
)  # fmt: skip
def test_the_size_decides_the_layout(size: tuple[int, int], crowded: bool, name: str) -> None:
    """On both sides of every edge."""
    assert layout_for(*size, crowded) == name


@few("run", RUNS, ("memory", "infinite", "wide"))
@pytest.mark.parametrize("name", PANELS)
def test_the_contract(name: str, run: str) -> None:
    """At every size and of every view: a picture of just that size, words for the border, and what can be read out.

    What a click asks for exists, and leaves the run and the choices of other people's panels alone.
    """
    panel = PANELS[name]
    for view in views(run):
        K, T = max(len(view.run.labels), 1), view.run.T
        assert panel.title(view)
        assert isinstance(panel.subtitle(view), str)
        assert panel.columns(view) == panel.columns(view)
        reading.render(view, panel.here(view), None, 80)
        for width, height in SIZES:
            rows = panel.draw(view, width, height)
            assert is_a_picture(rows, width, height), (width, height, raster.text(rows))
            for x in range(0, width, 11):
                for y in range(0, height, 5):
                    after = panel.click(view, x, y, width, height)
                    assert after.run is view.run
                    assert 0 <= after.t <= T
                    assert 0 <= after.chosen < K
                    assert 0 <= after.source < K
                    if spot := panel.spot(view, x, y, width, height):
                        reading.render(view, spot, None, 80)


def test_clicks_choose_what_they_point_at() -> None:
    """A click on the curves rests at its time, one on a bar, an entry or a row chooses its states."""
    view = ViewState(buffer_of("two-state"), 20, playing=True)
    last = PANELS["information"].click(view, 57, 5, 58, 14)
    assert (last.t, last.playing) == (64, False)
    assert PANELS["information"].click(view, 0, 5, 58, 14) == view  # the labels of the axis
    assert PANELS["marginal"].click(view, 30, 5, 38, 11).chosen == 1
    entry = PANELS["matrix"].click(view, 2, 10, 38, 11)
    assert (entry.source, entry.chosen) == (1, 0)
    assert PANELS["posterior"].click(view, 5, 3, 38, 11).source == 1
    bar = PANELS["ledger"].click(view, 10, 8, 38, 11)
    assert (bar.t, bar.playing) == (15, False)
    assert PANELS["ledger"].click(view, 10, 1, 38, 11) == view  # words
    for name in ("inequality", "trajectories", "chain"):
        assert PANELS[name].click(view, 10, 5, 38, 11) == view


NEW = '''
"""Say what the weather is at t."""

from dataclasses import replace

from tui.panel import Panel, GridArea
from tui.rows import paragraph
from tui.view.view_state import ReadNumber

PANEL = Panel(
    key="0",
    name="weather",
    words="the weather of t",
    title=lambda _: "weather",
    draw=lambda view, width, height: paragraph([[(f" sun at t = {view.t}", "good")]], width, height),
    spot=lambda view, x, y, width, height: ReadNumber("entropy", view.t),
    here=lambda view: ReadNumber("mutual_information", view.t),
    about="Rain or shine.",
    formula="sun = 1",
    areas={
        "short": GridArea(stack="rest"), "narrow": GridArea(stack="rest"), "normal": GridArea(2, "pair"),
        "wide": GridArea(12),
    },
    click=lambda view, x, y, width, height: replace(view, t=min(x, view.run.T), playing=False),
)
'''

USE = """
import asyncio
from sessions import Nearby, plain, session, squeezed
from test_panels import test_the_contract
from textual.widgets import Static
import tui.app
from tui import raster
from tui.canvas import PanelWidget

tui.app.EngineProcess = Nearby
test_the_contract("weather", "two-state")

async def use(size):
    async with session(size=size) as s:
        await s.press("0")
        widget = s.app.query_one("#panel-weather", PanelWidget)
        await s.until(lambda: s.app.focused is widget and "sun at t = 0" in raster.text(widget.rows))
        assert str(widget.border_title).startswith("0 weather")
        await s.pilot.click("#panel-weather", offset=(8, 2))
        await s.at(7)
        assert "sun at t = 7" in raster.text(widget.rows)
        assert "the weather of t" in [command.title for command in s.app.get_system_commands(s.app.screen)]
        await s.press("question_mark")
        await s.until(lambda: all(part.size.height for part in s.app.screen.query(Static)))
        shown = squeezed("".join(plain(part) for part in s.app.screen.query(Static)))
        assert all(words in shown for words in ("0theweatheroft", "0weather", "Rainorshine.", "sun=1")), shown

for size in ((80, 24), (120, 40)):
    asyncio.run(use(size))
"""


@pytest.mark.slow
def test_a_panel_more_is_one_file(tmp_path: Path) -> None:
    """Put into the folder, and nothing else touched, a panel is drawn, keyed, clicked, found and explained."""
    package = Path(tui.panels.__file__).parents[1]
    shutil.copytree(package, tmp_path / "tui", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tui" / "panels" / "weather.py").write_text(NEW, encoding="utf-8")
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (tmp_path, *Path(__file__).parents[:2])))}
    used = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, env=paths, capture_output=True, text=True, check=False
    )
    assert used.returncode == 0, used.stderr
