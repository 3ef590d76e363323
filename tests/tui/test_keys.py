"""Every action of the registry: what is so on the screen after its key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from breadth import few
from sessions import TWO_STATE, Nearby, Session, session
from textual.widgets import Static, TextArea

from tui import raster
from tui.actions import ACTIONS, BY_NAME, TOUR, Action
from tui.canvas import Canvas, PanelWidget
from tui.messages import Died
from tui.panels import PANELS
from tui.panels.information import scale_of
from tui.panels.matrix import NAMES as MATRIX_NAMES
from tui.screens.form import FormScreen
from tui.screens.jump import Jump
from tui.screens.lab import Lab
from tui.screens.number import NumberInFull
from tui.screens.overlays import Confirmation, Editor, Export, GoTo, Help, Scenarios
from tui.screens.tour import Card
from tui.themes import THEMES
from tui.view import reading
from tui.view.window import scrolled

pytestmark = pytest.mark.usefixtures("state")


async def plays(s: Session, key: str) -> None:
    """64 steps take ten seconds: eight take 1.25."""
    await s.press(key)
    s.clock.now += 1.26
    await s.at(28)
    await s.press(key)
    s.clock.now += 5.0
    await s.pilot.pause(0.03)
    assert s.app.session.playback.t == s.app.main.view.t == 28


def moves(to: int) -> Callable[[Session, str], Awaitable[None]]:
    async def check(s: Session, key: str) -> None:
        await s.press(key)
        await s.at(to)
        assert f"t={to}/64 " in s.head()

    return check


async def asks_time(s: Session, key: str) -> None:
    await s.press(key)
    await s.over(GoTo)
    await s.press("1", "2", "enter")
    await s.at(12)


async def faster(s: Session, key: str) -> None:
    before = s.app.session.playback.speed
    await s.press(key)
    assert s.app.session.playback.speed == 2 * before
    await s.press("minus")


async def slower(s: Session, key: str) -> None:
    before = s.app.session.playback.speed
    await s.press(key)
    assert s.app.session.playback.speed == before / 2
    assert "1/2x" in s.head()
    await s.press("plus")


async def reverses(s: Session, key: str) -> None:
    await s.press(key, "space")
    s.clock.now += 1.26
    await s.at(12)
    assert "◀" in s.head()
    await s.press("space", key)
    assert not s.app.session.playback.backwards


async def loops(s: Session, key: str) -> None:
    await s.press(key, "end", "space")
    assert "↻" in s.head()
    s.clock.now += 0.33
    await s.at(1)
    await s.press("space", key)
    assert not s.app.session.playback.loop


async def scales(s: Session, key: str) -> None:
    """From the scale that the curves have chosen, which is logarithmic once the whole run is there."""
    await s.until(lambda: scale_of(s.app.main.view) == "logarithmic")
    for scale in ("linear", "square root", "logarithmic"):
        await s.press(key)
        assert s.app.main.view.scale == scale


@pytest.mark.usefixtures("nearby")
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_scale_is_named(size: tuple[int, int]) -> None:
    """Which scale the curves have can be read on the screen."""
    async with session(size=size) as s:
        s.app.session.look(scale="linear")
        await s.press("v")
        await s.until(lambda: "square root" in str(s.app.query_one("#panel-information", PanelWidget).border_title))


async def shadows(s: Session, key: str) -> None:
    """Float64's curve has its marks and their meaning, the line that reads out its number; then all is gone."""
    await s.press("1", key)
    curves, below = s.app.query_one("#panel-information", PanelWidget), s.app.query_one("#reading", Canvas)
    await s.until(lambda: "float64 0." in raster.text(below.rows), "float64 is not read out")
    await s.until(lambda: "f64" in raster.text(curves.rows[-1:]))
    assert "↑ false rise − negative = stuck" in str(curves.border_subtitle)
    await s.press(key)
    await s.until(lambda: "float64" not in raster.text([*curves.rows, *below.rows]))
    assert not curves.border_subtitle


async def next_matrix(s: Session, key: str) -> None:
    for matrix in ("step", "joint", "reverse", "cumulative"):
        await s.press(key)
        assert s.app.main.view.matrix == matrix
        assert MATRIX_NAMES[matrix] in str(s.app.query_one("#panel-matrix", PanelWidget).border_title)


async def chooses(s: Session, key: str) -> None:
    before = s.app.main.view.chosen
    await s.press("4", key)
    assert s.app.main.view.chosen == 1 - before
    state = "ab"[1 - before]
    await s.until(lambda: f"x_20 = {state} " in raster.text(s.app.query_one("#panel-posterior", PanelWidget).rows))


async def unit(s: Session, key: str) -> None:
    for name in ("nats", "bits"):
        await s.press(key)
        await s.opened()
        await s.at(20)
        await s.until(lambda wanted=name: f" {wanted}" in s.head())


def focuses(name: str) -> Callable[[Session, str], Awaitable[None]]:
    async def check(s: Session, key: str) -> None:
        await s.press("1" if name != "information" else "2", key)
        panel = s.app.query_one(f"#panel-{name}", PanelWidget)
        await s.until(lambda: s.app.focused is panel)
        assert panel.display
        await s.rendered()

    return check


async def turns(s: Session, key: str) -> None:
    await s.press("7", "6")  # of those that share a place the one that was asked for last is in sight
    seen = set()
    for _ in range(8):
        await s.press(key)
        assert isinstance(s.app.focused, PanelWidget)
        seen.add(s.app.focused.panel.name)
        await s.rendered()
    assert seen >= {"posterior", "ledger", "inequality", "trajectories"}


async def zooms(s: Session, key: str) -> None:
    await s.press("1")
    panel = s.app.query_one("#panel-information", PanelWidget)
    before = panel.size
    await s.press(key)
    await s.until(lambda: panel.size.width > before.width and len(panel.rows) == panel.size.height > before.height)
    await s.press(key)
    await s.until(lambda: panel.size == before)
    await s.rendered()
    for back in ("escape", "q"):
        await s.press(key)
        await s.until(lambda: panel.size.width > before.width)
        await s.press(back)
        await s.until(lambda: panel.size == before)
        assert not s.app._exit
        await s.rendered()


async def themes(s: Session, key: str) -> None:
    for theme in (*THEMES[1:], THEMES[0]):
        await s.press(key)
        assert s.app.theme == theme.name
        background = s.app.query_one("#panel-information", PanelWidget)._style("", "").bgcolor
        assert background is not None
        assert background.name == theme.background


async def scenarios(s: Session, key: str) -> None:
    await s.press(key)
    await s.over(Scenarios)
    await s.home()


async def edits(s: Session, key: str) -> None:
    """The form opens; a changed chain is run at once, at the same time, with the picture still there."""
    await s.press(key)
    await s.over(FormScreen)
    form = s.app.screen
    assert isinstance(form, FormScreen)
    s.app.post_message(FormScreen.Changed(TWO_STATE.replace("steps = 64", "steps = 30")))
    await s.until(lambda: s.app.session.run.T == 30 and len(s.app.session.run.steps) == 31)
    await s.at(20)
    s.app.post_message(FormScreen.Changed(TWO_STATE))
    await s.until(lambda: s.app.session.run.T == 64 and s.app.session.run.finished is not None)
    await s.press("escape")
    await s.until(lambda: len(s.app.screen_stack) == 1)


async def edits_text(s: Session, key: str) -> None:
    await s.press(key)
    await s.over(Editor)
    assert s.app.screen.query_one(TextArea).text == TWO_STATE
    await s.home()


async def chooses_source(s: Session, key: str) -> None:
    before = s.app.main.view.source
    await s.press(key)
    assert s.app.main.view.source == 1 - before
    await s.press(key)


async def marks(s: Session, key: str) -> None:
    await s.press(key)
    assert s.app.session.pinned_run is s.app.session.run
    assert "marked two-state" in s.told()
    s.app.session.pinned_run = None


async def compares(s: Session, key: str) -> None:
    """Nothing is marked: it says so. Marked: the curves of the other are named and both ledgers are there."""
    await s.press(key)
    assert "no chain is marked" in s.told()
    await s.press("m", key)
    curves = s.app.query_one("#panel-information", PanelWidget)
    assert "beneath: two-state" in str(curves.border_subtitle)
    await s.press(key)
    assert not curves.border_subtitle
    s.app.session.pinned_run = None


async def samples(s: Session, key: str) -> None:
    await s.until(lambda: s.app.session.run.sampled is not None, "no particles came")
    before = s.app.session.run.sampled
    assert before is not None
    await s.press(key)
    await s.until(lambda: s.app.session.run.sampled is not before)
    now = s.app.session.run.sampled
    assert now is not None
    assert now.seed != before.seed
    assert now.forward != before.forward


async def goes_back(s: Session, key: str) -> None:
    await s.press(key)
    assert s.app.main.view.backward
    await s.press(key)
    assert not s.app.main.view.backward


async def exports(s: Session, key: str) -> None:
    await s.press(key)
    await s.over(Export)
    await s.home()


async def copies_the_number(s: Session, key: str) -> None:
    await s.press("end", "3")  # the marginal of x_T, state a: 1/2 + (9/10)^64 / 4
    view = s.app.main.view
    await s.until(lambda: bool(reading.whole(s.app.main.view, s.app.main.spot(s.app.main.view))))
    await s.press(key)
    assert view.t == s.app.main.view.run.T
    assert Fraction(s.app.clipboard) == Fraction(1, 2) + Fraction(9, 10) ** view.t / 4


async def shows_the_number(s: Session, key: str) -> None:
    """All digits of numerator and denominator, of 1/2 + (9/10)^20 / 4, can be read and copied."""
    await s.press("3")
    await s.until(lambda: bool(reading.whole(s.app.main.view, s.app.main.spot(s.app.main.view))))
    await s.press(key)
    await s.over(NumberInFull)
    n, d, _ = (str(part.content) for part in s.app.screen.query(".digits").results(Static))
    assert Fraction(int(n), int(d)) == Fraction(1, 2) + Fraction(9, 10) ** 20 / 4
    await s.press("Y")
    assert s.app.clipboard == f"{n}/{d}"
    await s.press(key)
    await s.until(lambda: len(s.app.screen_stack) == 1)


async def copies(s: Session, key: str) -> None:
    await s.press(key)
    assert s.app.clipboard == "markovdiff tui two-state --t 20"
    assert s.app.clipboard in s.told()


async def experiments(s: Session, key: str) -> None:
    await s.press(key)
    await s.over(Lab)
    await s.home()
    assert s.app.session.playback.t == 20


async def tours(s: Session, key: str) -> None:
    """The card is there with its first question; the same key leaves, and one is where one was."""
    await s.press(key)
    await s.at(0)
    assert "tour 1/" in str(s.app.query_one(Card).border_title)
    await s.rendered()
    await s.press(key)
    await s.at(20)
    await s.until(lambda: not s.app.query(Card))
    await s.rendered()


async def restarts(s: Session, key: str) -> None:
    buffer, engine = s.app.session.run, s.app.session.engine
    await s.press(key)
    assert s.app.session.run is buffer
    if isinstance(engine, Nearby):
        engine.alive = False
        engine.waiting.append(Died(-9))
        await s.until(lambda: "exit code -9" in s.told())
        await s.press(key)
        assert s.app.session.run is not buffer
        await s.opened()


async def helps(s: Session, key: str) -> None:
    await s.press(key)
    await s.over(Help)
    await s.home()


async def suspends_nothing(s: Session, key: str) -> None:
    await s.press(key)  # here there is no shell to go back to: a terminal of its own is in test_terminal
    await s.at(20)


def scrolls(by: int) -> Callable[[Session, str], Awaitable[None]]:
    """The chain's lines, in a panel that hides some of them, from its third line on."""

    async def check(s: Session, key: str) -> None:
        await s.press("8")
        panel = s.app.query_one("#panel-chain", PanelWidget)
        await s.until(lambda: panel.hides_rows)
        seen = panel.panel.table(s.app.main.view, *panel.size)
        assert seen is not None
        s.app.session.look(scrolled=scrolled(s.app.main.view, "chain", replace(seen, first=2)))
        await s.press(key)
        now = panel.panel.table(s.app.main.view, *panel.size)
        assert now is not None
        last = seen.total - seen.room
        assert now.first == min(max(2 + (by if abs(by) == 1 else by // 2 * (seen.room - 1)), 0), last) != 2
        told = f"{now.first + 1}–{now.rows.stop} of {now.total}"
        await s.until(lambda: told in str(panel.border_subtitle))

    return check


async def finds_a_state(s: Session, key: str) -> None:
    """Typed, taken with enter: x_t in most panels, x_0 where the rows are those of x_0; escape changes nothing."""
    for panel, name in (("3", "chosen"), ("4", "source")):
        await s.press(panel)
        s.app.session.look(chosen=0, source=0)
        await s.press(key)
        await s.over(Jump)
        await s.press("B", "enter")
        await s.until(lambda name=name: getattr(s.app.main.view, name) == 1)
        assert s.app.main.view.chosen + s.app.main.view.source == 1
        await s.press(key)
        await s.over(Jump)
        await s.press("a")
        await s.home()
        assert getattr(s.app.main.view, name) == 1
    s.app.session.look(chosen=0, source=0)


async def quits(s: Session, key: str) -> None:
    await s.press(key)
    await s.until(lambda: s.app._exit or isinstance(s.app.screen, Confirmation))
    if isinstance(s.app.screen, Confirmation):  # the walk has edited the chain
        await s.press("y")
    await s.until(lambda: s.app._exit)
    assert s.app.return_code == 0


def chooses_sampler(way: int) -> Callable[[Session, str], Awaitable[None]]:
    async def check(s: Session, key: str) -> None:
        before = s.app.main.view.sampler
        await s.press(key)
        await s.until(lambda: s.app.main.view.sampler == before + way)

    return check


FACTS: dict[str, Callable[[Session, str], Awaitable[None]]] = {
    "play_or_pause": plays,
    "step_back": moves(19),
    "step_on": moves(21),
    "ten_back": moves(10),
    "ten_on": moves(30),
    "first": moves(0),
    "last": moves(64),
    "ask_time": asks_time,
    "faster": faster,
    "slower": slower,
    "reverse": reverses,
    "loop": loops,
    "scale": scales,
    "shadow": shadows,
    "matrix": next_matrix,
    "choose_next": chooses,
    "choose_before": chooses,
    "source_next": chooses_source,
    "source_before": chooses_source,
    "backward": goes_back,
    "sampler_next": chooses_sampler(1),
    "sampler_before": chooses_sampler(-1),
    "scroll_down": scrolls(1),
    "scroll_up": scrolls(-1),
    "page_down": scrolls(2),
    "page_up": scrolls(-2),
    "find_state": finds_a_state,
    "whole_number": shows_the_number,
    "unit": unit,
    **{f"panel_{name}": focuses(name) for name in PANELS},
    "turn": turns,
    "zoom": zooms,
    "next_theme": themes,
    "scenarios": scenarios,
    "edit": edits,
    "edit_text": edits_text,
    "mark": marks,
    "compare": compares,
    "sample": samples,
    "export": exports,
    "copy_command": copies,
    "copy_number": copies_the_number,
    "lab": experiments,
    "tour": tours,
    "restart": restarts,
    "help": helps,
    "suspend_process": suspends_nothing,
    "quit": quits,
}


def test_every_action_has_a_fact() -> None:
    """No action of the registry goes without a test, and no two have one name."""
    assert {a.name for a in ACTIONS} == set(FACTS)
    assert len(BY_NAME) == len(ACTIONS) + len(TOUR)


def test_no_key_means_two_things() -> None:
    """A key belongs to one action."""
    keys = [key for a in ACTIONS for key in a.keys.split(",")]
    assert len(keys) == len(set(keys))


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.name)
async def test_every_key_does_what_its_action_says(action: Action) -> None:
    """Each key of each action, from t = 20 and first of all, has its effect on the screen."""
    async with session() as s:
        for key in action.keys.split(","):
            await s.fresh()
            await FACTS[action.name](s, key)


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
@few("size", [(80, 24), (120, 40)])
async def test_a_walk_through_all_keys(size: tuple[int, int]) -> None:
    """On a small screen and on a usual one every key of every action has its effect, one after the other."""
    async with session(size=size) as s:
        for action in [a for a in ACTIONS if a.name != "quit"]:
            for key in action.keys.split(","):
                try:
                    await s.fresh()
                    await FACTS[action.name](s, key)
                except BaseException as error:
                    error.add_note(f"{key} of {action.name}")
                    raise
        await s.rendered()
        await quits(s, "q")
