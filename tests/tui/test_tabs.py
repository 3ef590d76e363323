"""Panels that are not in sight are named: in a row of tabs where many share a place, else on the border."""

from __future__ import annotations

import pytest
from runs import buffer_of
from sessions import SCENARIOS, session
from textual.content import Content

from tui import dialogues, raster, tabs
from tui.canvas import TITLE_FROM, Foot, PanelWidget, TabStrip
from tui.panel import layout_of, visible_panels
from tui.panels import PANELS
from tui.view.footer import chosen
from tui.view.view_state import ViewState


@pytest.mark.parametrize("scenario", ["two-state", "parity"])
@pytest.mark.parametrize("size", [(60, 15), (64, 24), (80, 20), (80, 24), (100, 30), (120, 40), (200, 60)])
def test_what_is_not_in_sight_is_named(scenario: str, size: tuple[int, int]) -> None:
    """Whichever of a stack is in front, the strip or its border has the key of each other that has a subject."""
    for asked in PANELS:
        view = ViewState(buffer_of(scenario), 1, size=size, recent=(asked,))
        seen = visible_panels(PANELS.values(), layout_of(view), view.recent)
        borders = " ".join(tabs.on_border(view, PANELS[name], 30) for name in seen)
        strip = raster.text([tabs.strip(view, size[0])])
        said = f"{borders} {strip}".replace("│", " ").split()
        unseen = [panel for panel in tabs.spoken(view) if panel.name not in seen]
        assert [panel.key for panel in unseen if panel.key not in said] == []
        assert ("9" in said) == (scenario == "parity" and ("drawn" not in seen or bool(strip.strip())))
        if size[0] >= 80 and size[1] >= 24:
            assert [panel.name for panel in unseen if panel.name not in said] == []


@pytest.mark.usefixtures("state", "nearby")
async def test_the_tabs_lead_to_their_panels() -> None:
    """At 80 × 24 by a click and by `tab`, past what has no subject; wider they are on the border; alone, none."""
    async with session(size=(80, 24)) as s:
        strip, chain = s.app.query_one(TabStrip), s.app.query_one("#panel-chain", PanelWidget)
        await s.until(lambda: "8 chain" in raster.text(strip.rows))
        places = {hint.word: x for x, hint in chosen(strip.hints, 80)}
        await s.pilot.click(TabStrip, offset=(places["chain"], 0))
        await s.until(lambda: chain.display and s.app.focused is chain)
        assert [hint.word for hint in strip.hints if hint.in_front] == ["chain"]
        await s.press("tab")
        assert s.app.main.view.focused == "posterior"
        await s.press("f")
        assert not strip.display
        await s.press("f")
        assert strip.display
        dialogues.open_file(s.app, s.app.session, SCENARIOS / "parity.toml", "parity")
        await s.opened()
        await s.until(lambda: "9 drawn" in raster.text(strip.rows))
        await s.pilot.resize_terminal(100, 30)
        await s.until(lambda: not strip.display)
        await s.until(lambda: Content.from_markup(str(chain.border_title)).plain.endswith("  │ 6 inequality"))
        panel = s.app.query_one("#panel-inequality", PanelWidget)
        at = Content.from_markup(str(chain.border_title)).plain.index("6 inequality")
        stood = {widget.id: widget.region for widget in s.app.query(PanelWidget) if widget.display}
        for x in (TITLE_FROM + at - 2, TITLE_FROM + at + 2):  # before the name nothing is meant
            assert not panel.display
            await s.pilot.click("#panel-chain", offset=(x, 0))
        await s.until(lambda: panel.display and s.app.focused is panel)
        await s.rendered()
        stood["panel-inequality"] = stood.pop("panel-chain")  # where its tab was; no other panel moves
        assert {widget.id: widget.region for widget in s.app.query(PanelWidget) if widget.display} == stood
        await s.pilot.resize_terminal(120, 40)
        foot = s.app.main.query_one(Foot)
        await s.until(lambda: ": Go to" in raster.text(foot.rows))
