"""The whole interface, driven by keys and the mouse, with a clock that stands still until it is moved."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import signal
import tomllib
from pathlib import Path

import pytest
from breadth import few
from sessions import SCENARIOS, TWO_STATE, Clock, Nearby, Session, plain, session, squeezed
from textual.widgets import Input, OptionList, Static

import tui.app
import tui.dialogues
import tui.open
from markovdiff.cli import main
from tui import raster, recent
from tui.actions import ACTIONS
from tui.app import MarkovdiffApp
from tui.canvas import Canvas, PanelWidget
from tui.messages import Request
from tui.panels import PANELS
from tui.screens.form import FormScreen
from tui.screens.overlays import Editor, Export, GoTo, Help, Scenarios
from tui.themes import THEMES

pytestmark = pytest.mark.usefixtures("state")


# time


@pytest.mark.usefixtures("nearby")
@pytest.mark.parametrize("play", [False, True])
async def test_it_opens_at_a_time(play: bool) -> None:
    """--t 30 opens there, at rest or playing from there."""
    async with session(t=30, play=play) as s:
        await s.at(30)
        s.clock.now += 1.26  # 64 steps take ten seconds
        await s.at(38 if play else 30)
        assert s.app.session.playback.playing is play


@pytest.mark.parametrize("words", [[], ["--play"], ["--t", "3"], ["--t", "3", "--play"]])
def test_it_rests_unless_told_to_play(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that opens it and presses a key knows which t it is at."""
    given: dict[str, object] = {}

    def show(*_what: object, **options: object) -> int:
        given.update(options)
        return 0

    monkeypatch.setattr(tui.open, "show", show)
    assert main(["tui", "two-state", *words]) == 0
    assert (given["t"], given["play"]) == (3 if "3" in words else 0, "--play" in words)


@pytest.mark.usefixtures("nearby")
async def test_playing_ends_at_the_noise() -> None:
    """At t = T the clock stops, and the next play begins at the data."""
    async with session(play=True) as s:
        s.clock.now += 100.0
        await s.at(64)
        await s.until(lambda: "‖" in s.head(), "the headline still says that it plays")
        await s.press("space")
        await s.at(0)


@pytest.mark.usefixtures("nearby")
async def test_go_to_refuses_what_is_not_there() -> None:
    """999 is not a time of 64: it says so, stays open, and t stays."""
    async with session() as s:
        await s.fresh()
        await s.press("colon", "9", "9", "9", "enter")
        assert isinstance(s.app.screen, GoTo)
        await s.until(lambda: "from 0 to 64" in plain(s.app.screen.query_one(".why", Static)))
        assert s.app.session.playback.t == 20
        await s.home()
        assert s.app.session.playback.t == 20


@pytest.mark.usefixtures("nearby")
async def test_the_mouse_moves_time_and_chooses() -> None:
    """A click on the scrubber or the curves goes to that time; one on the matrix chooses its column."""
    async with session() as s:
        scrubber = s.app.query_one("#scrubber", Canvas)
        await s.pilot.click("#scrubber", offset=(scrubber.size.width - 1, 0))
        await s.at(64)
        await s.pilot.click("#scrubber", offset=(0, 0))
        await s.at(0)
        curves = s.app.query_one("#panel-information", PanelWidget)
        await s.pilot.click("#panel-information", offset=(curves.size.width, 4))
        await s.at(64)
        matrix = s.app.query_one("#panel-matrix", PanelWidget)
        await s.pilot.click("#panel-matrix", offset=(matrix.size.width // 2 + 3, 2))
        await s.until(lambda: s.app.main.view.chosen == 1)


# size


@pytest.mark.usefixtures("nearby")
async def test_any_size_goes() -> None:
    """From wide to tiny and back every panel that is shown fills its place, and keys still work."""
    async with session() as s:
        for t, size in enumerate([(200, 60), (40, 12), (120, 40), (20, 6), (8, 3), (80, 24)], 1):
            await s.pilot.resize_terminal(*size)
            await s.rendered() if size[1] >= 12 else await s.pilot.pause()
            await s.press("right")
            await s.at(t)
        await s.rendered()


# scenarios, unit, help


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
async def test_what_is_laid_over_leaves_the_headline() -> None:
    """At 80 × 24 too the scenario, t, H and I can still be read."""
    async with session(size=(80, 24)) as s:
        for key in ("s", "colon", "x", "question_mark", "e", "ctrl+e"):
            await s.press(key)
            await s.until(lambda: s.app.screen is not s.app.screen_stack[0], f"{key} opens nothing")
            await s.pilot.pause()
            assert s.app.screen.children, key
            assert all(box.region.y > 0 for box in s.app.screen.children), key
            await s.home()


@pytest.mark.usefixtures("nearby")
async def test_scenarios_are_found_by_typing() -> None:
    """Typing leaves those that have the words; enter opens the first, which rests at t = 0."""
    async with session() as s:
        await s.press("s")
        await s.over(Scenarios)
        options = s.app.screen.query_one(OptionList)
        every = options.option_count
        assert every == len(list(SCENARIOS.glob("*.toml")))
        await s.press(*"hump")
        assert s.app.screen.query_one(Input).value == "hump"
        await s.until(lambda: options.option_count == 1)
        await s.press("enter")
        await s.until(lambda: "mask-hump" in s.head())
        await s.opened()
        assert s.app.session.request.name == "mask-hump"
        assert (s.app.session.playback.playing, s.app.session.playback.t) == (False, 0)


@pytest.mark.usefixtures("nearby")
async def test_nothing_found_opens_nothing() -> None:
    """Words that no scenario has leave an empty list, and enter stays."""
    async with session() as s:
        await s.press("s", *"qqq")
        await s.press("enter", "down", "enter")
        assert isinstance(s.app.screen, Scenarios)
        await s.home()
        assert s.app.session.request.name == "two-state"


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
@few("size", [(80, 24), (120, 40)])
async def test_the_list_can_be_walked_and_tells(size: tuple[int, int]) -> None:
    """Down goes into the list; each scenario's paragraph can be read to its end while it is highlighted."""
    async with session(size=size) as s:
        await s.press("s")
        await s.over(Scenarios)
        options, about = s.app.screen.query_one(OptionList), s.app.screen.query_one(".about", Static)
        for index in range(options.option_count):
            options.highlighted = index
            paragraph = s.app.screen.entries[str(options.get_option_at_index(index).id)][2]
            await s.until(lambda p=paragraph: squeezed(p) in squeezed(plain(about)), paragraph)
        assert options.size.height >= 5
        await s.press("home", "down", "down", "enter")
        await s.until(lambda: s.app.session.request.name != "two-state")


@pytest.mark.usefixtures("nearby")
async def test_another_unit_keeps_the_command_line() -> None:
    """After `u` the command that is copied still names the file as it was given."""
    async with session(Request(TWO_STATE, str(SCENARIOS), "two-state", source="some/where/two-state.toml")) as s:
        await s.press("u")
        await s.opened()
        await s.press("y")
        assert s.app.clipboard == "markovdiff tui some/where/two-state.toml --t 0 --unit nats"


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
async def test_twice_another_unit_is_the_first_again() -> None:
    """`u` twice in a hurry, before the engine has answered: bits again, and still at t = 20."""
    async with session() as s:
        await s.fresh()
        s.app.main.action_act("unit")
        s.app.main.action_act("unit")
        await s.opened()
        assert s.app.session.run.opened is not None
        assert s.app.session.run.opened.unit == "bits"
        await s.at(20)


@pytest.mark.usefixtures("nearby")
async def test_an_edit_keeps_the_unit() -> None:
    """In nats, an edited chain is shown in nats."""
    async with session() as s:
        await s.press("u")
        await s.opened()
        await s.edit(TWO_STATE.replace("steps = 64", "steps = 30"))
        await s.until(lambda: s.app.session.run.T == 30)
        assert s.app.session.run.opened is not None
        assert s.app.session.run.opened.unit == "nats"


@pytest.mark.usefixtures("nearby")
async def test_help_has_every_action() -> None:
    """The words of every action stand in the help, and every panel's name."""
    async with session() as s:
        await s.until(lambda: "logarithmic" in PANELS["information"].title(s.app.main.view))
        await s.press("question_mark")
        await s.over(Help)
        await s.until(lambda: all(part.size.height for part in s.app.screen.query(Static)))
        shown = squeezed("\n".join(plain(part) for part in s.app.screen.query(Static)))
        for action in ACTIONS:
            assert squeezed(action.words) in shown, action.words
        for words in (
            "1information,logarithmic",  # as the panel says, where the curves chose the scale
            "2Qbar",
            "3p(x_t)",
            "4posterior",
            "5ELBO",
            "6theinequality",
            "7trajectories",
            "8thechain",
        ):
            assert words in shown


@pytest.mark.usefixtures("nearby")
async def test_the_rest_of_a_long_line_of_the_help_stays_in_its_column() -> None:
    """At 80 columns no words of what a key does stand under the keys; a formula is not broken where it would fit."""
    async with session(size=(80, 24)) as s:
        await s.press("question_mark")
        await s.over(Help)
        await s.until(lambda: all(part.size.height for part in s.app.screen.query(Static)))
        parts = [plain(part).splitlines() for part in s.app.screen.query(Static)]
        table = next(lines for lines in parts if any("curves on" in line for line in lines))
        column = table[0].index("curves on")
        assert all(line[column - 1 : column] in ("", " ") and line[column:].strip() for line in table if line)
        for panel in PANELS.values():
            for formula in panel.formula.split(";   "):
                assert len(formula) > 64 or any(formula in line for lines in parts for line in lines)


@pytest.mark.usefixtures("nearby")
async def test_a_short_list_is_no_higher_than_its_lines() -> None:
    """The box that asks what to save has a line for each kind."""
    async with session(size=(80, 24)) as s:
        await s.press("x")
        await s.over(Export)
        options = s.app.screen.query_one(OptionList)
        await s.until(lambda: options.size.height == options.option_count)


# files


@pytest.mark.usefixtures("nearby")
async def test_export_writes_and_never_over(folder: Path) -> None:
    """Each kind is written into the current folder; a second time under another name."""
    async with session() as s:
        await s.fresh()
        for times in (1, 2):
            for down in range(len(Export.KINDS)):
                await s.press("x")
                await s.over(Export)
                await s.press(*["down"] * down, "enter")
                wanted = len(Export.KINDS) * (times - 1) + down + 1
                await s.until(lambda n=wanted: len(list(folder.iterdir())) == n, "nothing was saved")
            if times == 1:
                first = {path: path.read_bytes() for path in folder.iterdir()}
        assert all(path.read_bytes() == content for path, content in first.items())
    assert {path.name for path in folder.iterdir()} == {
        *(f"two-state-t20{n}.svg" for n in ("", "-2")),
        *(f"two-state{n}.{kind}" for n in ("", "-2") for kind in ("csv", "json", "toml")),
    }
    assert (folder / "two-state.toml").read_text(encoding="utf-8") == TWO_STATE
    assert tomllib.loads((folder / "two-state-2.toml").read_text(encoding="utf-8"))["noise"]["steps"] == 64
    assert len(json.loads((folder / "two-state.json").read_text(encoding="utf-8"))["steps"]) == 65
    assert len(list(csv.reader(io.StringIO((folder / "two-state.csv").read_text(encoding="utf-8"))))) == 66
    picture = (folder / "two-state-t20.svg").read_text(encoding="utf-8").replace("&#160;", " ")
    assert picture.startswith("<svg")
    assert "t=20/64" in picture
    assert "save into the current folder" not in picture


# the real engine's process


async def test_a_killed_engine_is_said_and_started_again() -> None:
    """Kill the process: the screen says so and lives; enter makes the whole run again; quitting leaves nobody."""
    async with session() as s:
        current = s.app.session.engine._current
        assert current is not None
        os.kill(current.process.pid, signal.SIGKILL)
        await s.until(lambda: "press enter to start it again" in s.told())
        await s.press("right")
        await s.at(1)
        await s.press("enter")
        await s.until(lambda: s.app.session.engine.alive)
        await s.opened()
        assert len(s.app.session.run.steps) == 65
        await s.press("q")
    assert multiprocessing.active_children() == []


@pytest.mark.slow
async def test_the_engine_runs_in_another_process() -> None:
    """A run comes from a child process, also that of a unit changed to; after quitting there is no child."""
    async with session() as s:
        assert multiprocessing.active_children()
        await s.press("u")
        await s.until(lambda: s.app.session.run.opened is not None and s.app.session.run.opened.unit == "nats")
        await s.opened()
        await s.press("q")
    assert multiprocessing.active_children() == []


async def test_a_scenario_that_is_none_is_said() -> None:
    """What is wrong in a file is shown, with its brackets; the interface stays and can edit it."""
    app = MarkovdiffApp(Request("[data]\nweights = [1, 'x']\n", ".", "broken"), clock=Clock())
    async with app.run_test(size=(120, 40)) as pilot:
        s = Session(app, pilot, Clock())
        await s.until(s.told)
        said = app.session.validate(app.session.request.text)
        assert said is not None
        assert squeezed(said) in squeezed(s.told())
        for key in ("right", "end", "v", "c", "j", "u", "f", "f", "space", "8"):
            await s.press(key)
        await s.press("ctrl+e")
        await s.over(Editor)
        why = app.screen.query_one(".why", Static)
        await s.until(lambda: plain(why).startswith("✗ "), "the editor does not say at once what is wrong")
        await s.press("ctrl+s")
        assert isinstance(app.screen, Editor)
    assert multiprocessing.active_children() == []


# what is read out, the mouse, recent files, previews


def reading(s: Session) -> str:
    return raster.text(s.app.query_one("#reading", Canvas).rows)


@pytest.mark.usefixtures("nearby")
async def test_the_fraction_under_the_cursor_and_the_mouse() -> None:
    """The focused panel's entry is read out exactly; over another panel, what the mouse is at; then the first again."""
    async with session() as s:
        await s.fresh()
        assert "I(x0;x_20) 0.0" in reading(s)
        await s.press("2")
        await s.until(lambda: "q(x_20=a | x_0=a) = " in reading(s) and "/2" in reading(s), reading(s))
        await s.pilot.hover("#panel-inequality", offset=(5, 2))
        await s.until(lambda: reading(s).startswith(" I(x0;x_19) − I(x0;x_20) 0.0"), reading(s))
        await s.pilot.hover("#headline", offset=(5, 0))
        await s.until(lambda: "q(x_20=a | x_0=a)" in reading(s), reading(s))
        await s.press("J")
        await s.until(lambda: "q(x_20=a | x_0=b) = " in reading(s), reading(s))


@pytest.mark.usefixtures("nearby")
async def test_posteriors_become_fractions_when_time_rests() -> None:
    """At t = 1 every share of panel 4 is a short fraction, and there it stands."""
    async with session() as s:
        await s.press("home", "right", "4")
        panel = s.app.query_one("#panel-posterior", PanelWidget)
        await s.until(lambda: "57/58" in raster.text(panel.rows), raster.text(panel.rows))


@pytest.mark.usefixtures("nearby")
async def test_the_knob_is_dragged() -> None:
    """Held, it follows the mouse; let go, it stays."""
    async with session() as s:
        await s.fresh()
        scrubber = s.app.query_one("#scrubber", Canvas)
        await s.pilot.mouse_down("#scrubber", offset=(0, 0))
        await s.at(0)
        await s.pilot.hover("#scrubber", offset=(scrubber.size.width // 2, 0))
        await s.at(32)
        await s.pilot.hover("#scrubber", offset=(scrubber.size.width - 1, 0))
        await s.at(64)
        await s.pilot.mouse_up("#scrubber", offset=(scrubber.size.width - 1, 0))
        await s.pilot.hover("#scrubber", offset=(3, 0))
        await s.pilot.pause()
        assert s.app.session.playback.t == 64


@pytest.mark.usefixtures("nearby")
@few("size", [(60, 15), (80, 24), (120, 40), (200, 60)], [(60, 15), (120, 40)])
async def test_every_panel_has_a_place_on_every_screen(size: tuple[int, int]) -> None:
    """From 60 × 15 to 200 × 60 each number shows its panel."""
    async with session(size=size) as s:
        for name, record in PANELS.items():
            await s.press(record.key)
            panel = s.app.query_one(f"#panel-{name}", PanelWidget)
            await s.until(lambda p=panel: p.display and p.size.width > 20 and p.size.height > 2, name)
            assert s.app.focused is panel
        await s.rendered()


@pytest.mark.usefixtures("nearby")
async def test_a_highlighted_scenario_has_a_preview() -> None:
    """After a moment its chain is run beside, and its kernel and curve are there to see; the main run stays."""
    async with session() as s:
        buffer = s.app.session.run
        await s.press("s", *"hump")
        await s.over(Scenarios)
        preview = s.app.screen.query_one(".preview", Canvas)
        await s.until(lambda: "K=3 T=24  absorbing" in raster.text(preview.rows), raster.text(preview.rows))
        assert s.app.session.run is buffer


@pytest.mark.usefixtures("nearby")
async def test_files_opened_lately_are_offered(tmp_path: Path) -> None:
    """A file that was opened stands first in the list, and enter opens it under its path."""
    file = tmp_path / "mine.toml"
    file.write_text(TWO_STATE.replace("steps = 64", "steps = 7"), encoding="utf-8")
    recent.remember(file)
    async with session() as s:
        await s.press("s")
        await s.over(Scenarios)
        await s.press("enter")
        await s.until(lambda: s.app.session.run.T == 7 and s.app.session.run.finished is not None)
        assert s.app.session.request.source == str(file)


@pytest.mark.usefixtures("nearby")
async def test_the_palette_has_the_registry() -> None:
    """Every action can be found by its words, and nothing else is offered."""
    async with session() as s:
        commands = list(s.app.get_system_commands(s.app.screen))
        assert [command.title for command in commands] == [a.words for a in ACTIONS]
        await s.press("ctrl+p")
        await s.press(*"data")
        await s.until(lambda: s.app.screen.query(OptionList) and s.app.screen.query_one(OptionList).option_count)
        await s.press("enter", "enter")
        await s.at(0)


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
async def test_the_command_line_of_an_edited_chain_is_not_its_own(folder: Path) -> None:
    """An edited chain has no command until it is saved; then its file is named."""
    async with session() as s:
        await s.press("e")
        await s.over(FormScreen)
        form = s.app.screen
        assert isinstance(form, FormScreen)
        form.load(TWO_STATE.replace("steps = 64", "steps = 9"))
        await s.until(lambda: s.app.session.run.T == 9)
        await s.press("enter")
        await s.until(lambda: len(s.app.screen_stack) == 1)
        await s.press("y")
        assert "save it first" in s.told()
        await s.press("e")
        await s.over(FormScreen)
        await s.press("ctrl+s")
        await s.until(lambda: len(s.app.screen_stack) == 3)
        await s.press("enter")
        await s.until(lambda: list(folder.iterdir()))
        (file,) = folder.iterdir()
        await s.press("escape")
        await s.until(lambda: len(s.app.screen_stack) == 1)
        await s.press("y")
        assert s.app.clipboard == f"markovdiff tui {file} --t 0"
        assert "steps = 9" in file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("nearby")
async def test_a_theme_repaints_what_is_there() -> None:
    """A theme set from anywhere changes the colours of all panels."""
    async with session() as s:
        s.app.theme = THEMES[1].name
        panel = s.app.query_one("#panel-marginal", PanelWidget)
        await s.until(lambda: panel._style("", "").bgcolor.name == THEMES[1].background)


@pytest.mark.usefixtures("nearby")
async def test_what_is_wrong_in_a_form_keeps_the_picture() -> None:
    """β = 2 is said beside the field; the run is still the last good one, and nothing else was asked of the engine."""
    async with session() as s:
        buffer = s.app.session.run
        await s.press("e")
        await s.over(FormScreen)
        form = s.app.screen
        assert isinstance(form, FormScreen)
        form.load(TWO_STATE.replace('"1/10"', '"2"'))
        await s.until(lambda: form.problem is not None)
        assert form.problem is not None
        assert form.problem.path.endswith("beta")
        await s.pilot.pause(0.1)
        assert s.app.session.run is buffer
        assert isinstance(s.app.session.engine, Nearby)
        assert len(s.app.session.engine.requests) == 1
        await s.press("escape")


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
@few("theme", [None, "ansi-dark"])
async def test_without_colour_everything_still_works(monkeypatch: pytest.MonkeyPatch, theme: str | None) -> None:
    """NO_COLOR: every panel can be looked at and zoomed; the cursor is marked by more than a tint."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with session() as s:
        if theme:
            s.app.theme = theme
        await s.fresh()
        assert s.app.no_color
        for panel in PANELS.values():
            await s.press(panel.key, "f")
            await s.pilot.pause(0.05)
            await s.press("v", "c", "]", "f")
            await s.rendered()
        await s.fresh()
        curves = s.app.query_one("#panel-information", PanelWidget)
        strips = [curves.render_line(y) for y in range(curves.size.height)]
        assert any(segment.style and segment.style.reverse for strip in strips for segment in strip)
