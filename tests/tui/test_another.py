"""Another scenario on the screen: what begins anew, and what stays as one has chosen it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sessions import SCENARIOS, TWO_STATE, Session, session
from textual.widgets import OptionList

from tui import dialogues, raster, recent
from tui.canvas import PanelWidget
from tui.messages import Request
from tui.screens.overlays import Scenarios

pytestmark = pytest.mark.usefixtures("state", "nearby")


async def another(s: Session, name: str) -> None:
    """Open a scenario that ships, as the list of scenarios does."""
    dialogues.open_file(s.app, s.app.session, SCENARIOS / f"{name}.toml", name)
    await s.opened()
    await s.rendered()


@pytest.mark.slow
async def test_it_rests_at_its_beginning_or_runs_if_time_ran() -> None:
    """At t = 0 like the program's start; another unit and a chain that is opened while time runs go on."""
    async with session() as s:
        await s.fresh()
        clock = s.app.session.playback
        assert (clock.playing, clock.t) == (False, 20)
        await another(s, "letters-uniform")
        assert (s.app.session.playback.playing, s.app.session.playback.t) == (False, 0)
        await s.press("space", "u")
        await s.opened()
        assert s.app.session.playback.playing
        await another(s, "two-state")
        assert (s.app.session.playback.playing, s.app.session.playback.t) == (True, 0)


@pytest.mark.slow
async def test_what_one_has_chosen_to_look_at_stays_where_it_has_a_meaning() -> None:
    """Scale, float64, unit and panel stay; the panel of samplers, alone too, gives way where there is no sampler."""
    async with session() as s:
        await another(s, "parity")
        await s.press("v", "F", "u", "5", "9", "f")
        scale = s.app.main.view.scale
        assert (s.app.main.view.zoomed, s.app.main.view.focused) == ("drawn", "drawn")
        await another(s, "two-state")
        view = s.app.main.view
        assert (view.zoomed, view.focused) == ("ledger", "ledger")
        assert (view.scale, view.shadow, view.unit) == (scale, True, "nats")
        assert s.app.focused is s.app.query_one("#panel-ledger", PanelWidget)
        assert "the data are one symbol" not in raster.text(s.app.query_one("#panel-ledger", PanelWidget).rows)
        await another(s, "parity")
        assert s.app.main.view.focused == "ledger"
        await s.press("f")
        await s.until(lambda: s.app.query_one("#panel-drawn", PanelWidget).display)


async def test_a_change_keeps_the_chosen_states_that_there_are() -> None:
    """Another unit: both stay. With one state less, x_t stays where its name is now, and x_0, which is gone, begins."""
    text = 'unit = "bits"\ndata = { states = %s, weights = %s }\n'
    text += 'noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }\n'
    three, two = text % (["a", "b", "c"], [1, 2, 3]), text % (["b", "c"], [2, 3])
    async with session(Request(three, str(SCENARIOS), "three")) as s:
        s.app.session.look(chosen=2, source=0)
        await s.press("u")
        await s.opened()
        await s.until(lambda: s.app.main.view.unit == "nats")
        await s.until(lambda: (s.app.main.view.chosen, s.app.main.view.source) == (2, 0))
        s.app.session.again(replace(s.app.session.request, text=two))
        s.app.session.again(replace(s.app.session.request, text=two))  # before the first has begun
        await s.opened()
        await s.until(lambda: (s.app.main.view.chosen, s.app.main.view.source) == (1, 0))
        await another(s, "letters-uniform")
        assert s.app.main.view.chosen == 0


async def test_the_list_has_the_room_that_a_paragraph_leaves(tmp_path: Path) -> None:
    """At 80 × 24, beside a file opened lately: ten scenarios that ship, and what is highlighted stays in sight."""
    (tmp_path / "mine.toml").write_text(TWO_STATE, encoding="utf-8")
    recent.remember(tmp_path / "mine.toml")
    async with session(size=(80, 24)) as s:
        await s.press("s")
        await s.over(Scenarios)
        options = s.app.screen.query_one(OptionList)
        await s.until(lambda: options.size.height >= 11)
        assert options.option_count > options.size.height
        for index in (12, 30, options.option_count - 1):
            options.highlighted = index
            await s.pilot.pause()
            await s.until(lambda i=index: 0 <= i - options.scroll_offset.y < options.size.height)
