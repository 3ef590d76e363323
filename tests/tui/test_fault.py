"""What went wrong is on one card, however it came: what, where, expected, got, remedy; nothing false is behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import SCENARIOS, TWO_STATE, Clock, Nearby, Session, sent, session, squeezed
from textual.widgets import OptionList, TextArea

from tui import raster, recent
from tui.app import MarkovdiffApp
from tui.canvas import CanvasLine, ErrorCard, Foot, PanelWidget
from tui.messages import Died, Failed, Request
from tui.screens.form import FormScreen
from tui.screens.overlays import Editor, Refused, Scenarios
from tui.view import fault

MISSPELT = TWO_STATE.replace('beta = "1/10"', 'betta = "1/10"')
TOO_LARGE = """name = "large"
[data]
family = { kind = "uniform", size = 6000 }
[noise]
steps = 9
kernel = { kind = "gaussian" }
schedule = { kind = "jump" }
"""

MESSAGE = "β is not a probability\n  where     noise.schedule.beta\n  expected  a number from 0 to 1\n  got       2"


def visible_panels(s: Session) -> list[str]:
    return [widget.panel.name for widget in s.app.main.query(PanelWidget) if widget.region.area]


def line(s: Session, name: str) -> str:
    return raster.text(s.app.main.query_one(name, CanvasLine).rows)


async def failed(s: Session) -> None:
    await s.until(lambda: s.app.main.view.fault and s.fault_card())


@pytest.mark.parametrize("width", range(20, 120, 9))
def test_a_card_has_every_word(width: int) -> None:
    """In any width nothing of the five parts is lost; where there are too few rows, it says that there are more."""
    message = f"{MESSAGE}\n  remedy    {'a path/' + 'x' * 90} 天地玄黄"
    rows = fault.card(message, "e edits", width, 99)
    assert {len(row) for row in rows} == {width}
    text = squeezed(raster.text(rows))
    assert "βisnotaprobability" in text
    for part in ("where", "expected", "got", "remedy", "e edits"):
        assert squeezed(part) in text
    assert "x" * 90 in squeezed("".join(raster.text([row[11:]]) for row in rows))
    assert "… " in raster.text(fault.card(message, "e edits", width, 4))


@pytest.mark.usefixtures("nearby")
@pytest.mark.parametrize("size", [(60, 15), (100, 30)])
@pytest.mark.parametrize(("text", "where"), [(MISSPELT, "noise.schedule.betta"), (TOO_LARGE, "noise.kernel")])
async def test_a_file_that_is_refused(text: str, where: str, size: tuple[int, int], state: Path) -> None:
    """No panel, no verdict, no time, no number behind the card; the foot has the keys that mean something."""
    app = MarkovdiffApp(Request(text, str(SCENARIOS), "mine"), clock=Clock())
    async with app.run_test(size=size) as pilot:
        s = Session(app, pilot, Clock())
        await failed(s)
        said = app.session.run.trouble
        assert said is not None
        assert squeezed(said) in squeezed(s.fault_card())
        assert where in s.fault_card()
        assert visible_panels(s) == []
        assert s.head().split() == ["mine", "✗", "not", "run"]
        assert line(s, "#scrubber").strip() == line(s, "#reading").strip() == ""
        assert {"Edit", "Scenarios"} <= set(raster.text(app.main.query_one(Foot).rows).split())


@pytest.mark.usefixtures("nearby", "state")
async def test_the_keys_of_the_card_lead_to_the_mistake() -> None:
    """E opens the form at the field, ctrl+e the text at the line; when it is mended the panels are there again."""
    async with session() as s:
        s.app.session.again(Request(MISSPELT, str(SCENARIOS), "mine", edited=True))
        await failed(s)
        await s.press("e")
        await s.over(FormScreen)
        form = s.app.screen
        assert isinstance(form, FormScreen)
        await s.until(lambda: form.row is not None and form.row.field.path.startswith("noise.schedule"))
        await s.press("escape")
        await s.until(lambda: len(s.app.screen_stack) == 1)
        await s.press("ctrl+e")
        await s.over(Editor)
        area = s.app.screen.query_one(TextArea)
        await s.until(lambda: "betta" in area.document.get_line(area.cursor_location[0]))
        area.load_text(TWO_STATE)
        await s.press("ctrl+s")
        await s.opened()
        await s.rendered()
        assert s.fault_card() == ""
        assert isinstance(s.app.focused, PanelWidget)


@pytest.mark.usefixtures("nearby", "state")
async def test_what_failed_later_can_be_looked_at() -> None:
    """The card covers a run that ended early; escape shows what was computed, and the headline says that it ended."""
    async with session() as s:
        engine, request = s.app.session.engine, s.app.session.request
        assert isinstance(engine, Nearby)
        s.app.session.begin(request)
        engine.waiting = [*sent(request)[:20], Failed("out of memory\n  remedy    fewer states", 3)]
        await failed(s)
        await s.until(lambda: visible_panels(s) == [] and "✗ ended early" in s.head())
        await s.until(lambda: line(s, "#reading").strip() == "")
        title = str(s.app.screen.query_one(ErrorCard).border_title)
        assert title == f"✗ the run ended early, after t = {len(s.app.session.run.steps) - 1} of 64"
        await s.press("escape")
        await s.until(lambda: visible_panels(s))
        assert (s.fault_card(), "✗ ended early" in s.head()) == ("", True)
        await s.press("G")
        await s.until(lambda: "was not computed" in line(s, "#reading"))
        await s.press("enter")
        await s.opened()
        await s.rendered()
        assert "✗" not in s.head()


@pytest.mark.usefixtures("nearby", "state")
async def test_an_engine_that_ends_after_its_run_takes_nothing_away() -> None:
    """The picture is whole and stays, over the card."""
    async with session() as s:
        engine = s.app.session.engine
        assert isinstance(engine, Nearby)
        engine.waiting.append(Died(-9))
        await failed(s)
        await s.rendered()
        assert "✓ 7 checks hold" in s.head()
        assert "exit code -9" in s.fault_card()


@pytest.mark.usefixtures("nearby", "state")
async def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Chosen from the list, it is refused on the same card; what was on the screen stays."""
    (file := tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    recent.remember(file)
    async with session() as s:
        run = s.app.session.run
        await s.press("s")
        await s.over(Scenarios)
        await s.press(*"mine.toml")
        await s.until(lambda: s.app.screen.query_one(OptionList).option_count == 1)
        await s.press("enter")
        await s.over(Refused)
        await s.until(s.fault_card)
        assert "not UTF-8 text" in s.fault_card()
        assert "save the file as UTF-8" in s.fault_card()
        await s.home()
        assert s.app.session.run is run
