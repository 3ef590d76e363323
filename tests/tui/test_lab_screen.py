"""The lab on the screen: keys and the mouse, refusals to read, the chapter's pages, fits that come by themselves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from fractions import Fraction

import pytest
from textual.app import App
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tui import raster
from tui.lab import VIEWS
from tui.lab.state import LabState
from tui.screens.lab import Chapter, Desk, Lab, Type
from tui.themes import THEMES

DEADLINE = 300.0


class Host(App[None]):
    """Nothing, and the lab over it."""

    def __init__(self, lab: LabState | None = None) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        self.lab = Lab(lab)
        self.left: list[LabState | None] = []
        self.scrolled = 0

    def on_mount(self) -> None:
        self.push_screen(self.lab, self.left.append)

    def on_mouse_scroll_up(self) -> None:
        self.scrolled += 1


class Session:
    """The host, its lab, and a pilot."""

    def __init__(self, app: Host, pilot: Pilot[None]) -> None:
        self.app, self.pilot, self.lab = app, pilot, app.lab

    async def until(self, fact: Callable[[], object], what: str = "") -> None:
        deadline = time.monotonic() + DEADLINE
        while not fact():
            assert time.monotonic() < deadline, what or self.text()
            await self.pilot.pause(0.01)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def text(self) -> str:
        return raster.text(self.lab.query_one(Desk).rows)

    async def shows(self, words: str) -> None:
        await self.until(lambda: words in self.text(), f"{words!r} is not shown")

    def value(self, name: str) -> Fraction:
        return self.lab.lab.values[name]

    def row_of(self, words: str) -> int:
        return next(y for y, line in enumerate(self.text().splitlines()) if words in line)


@asynccontextmanager
async def session(size: tuple[int, int] = (80, 24), lab: LabState | None = None) -> AsyncIterator[Session]:
    app = Host(lab)
    async with app.run_test(size=size) as pilot:
        s = Session(app, pilot)
        await s.until(lambda: s.lab.is_mounted and s.lab.query(Desk) and s.lab.query_one(Desk).rows)
        yield s


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 40), (30, 8)])
async def test_every_view_fills_the_screen(size: tuple[int, int]) -> None:
    """1 to 5 turn to the views; each fills every cell, with its name at the top."""
    async with session(size) as s:
        for key in VIEWS:
            await s.press(key)
            await s.until(lambda: "fitting" not in s.text())
            assert [len(line) for line in s.text().splitlines()] == [size[0]] * size[1]
            assert s.lab.lab.key == key
            if size[0] >= 60:
                await s.shows(f"[{key} ")


async def test_another_size_is_painted_again() -> None:
    """When the terminal changes, so does the page."""
    async with session() as s:
        for size in ((120, 40), (60, 15)):
            await s.pilot.resize_terminal(*size)
            await s.until(lambda size=size: len(s.text().splitlines()) == size[1])
            await s.shows("h(p)")


async def test_sliders_move_by_keys() -> None:
    """→ and ] one step on, ← and [ one back, with shift or braces ten; ↑ and ↓ take the next dial in hand."""
    async with session() as s:
        for keys, p in (
            (["left"], "89/100"),
            (["right"], "9/10"),
            (["left_square_bracket"] * 3, "87/100"),
            (["shift+left"], "77/100"),
            (["right_curly_bracket"], "87/100"),
            (["right_square_bracket"] * 3, "9/10"),
        ):
            await s.press(*keys)
            assert s.value("p") == Fraction(p)
            await s.shows(f" {Fraction(p)} ")
        await s.press("5", "down", "right")
        assert s.value("p") == Fraction(76, 100)
        await s.press("up", "right")
        assert s.value("t") == 9
        await s.press("0")
        assert (s.value("t"), s.value("p")) == (8, Fraction(3, 4))


async def test_bars_move_by_keys() -> None:
    """← and → choose the bar, ↑ and ↓ move it, and H(P,Q) is H(P) exactly where Q has become P."""
    async with session() as s:
        await s.press("2", "up")
        assert s.value("q(a)") == 9
        await s.press("down", *["shift+up"] * 3, "right", "shift+up", "right", *["shift+down"] * 4)
        assert [int(x) for x in s.lab.lab.values.values()] == [32, 16, 8, 8]
        await s.shows("KL(P‖Q)     0 bits  exactly")
        await s.shows("H(P,Q)      1.75 bits  exactly")


async def test_the_end_of_a_slider_is_said() -> None:
    """At p = 1 a step on is refused with the reason, on the screen; the next thing that is done takes it away."""
    async with session() as s:
        await s.press("right_curly_bracket")
        assert s.value("p") == 1
        await s.press("right")
        assert s.value("p") == 1
        await s.shows("p = 101/100? a probability is a share of all cases")
        await s.press("left")
        await s.until(lambda: "101/100" not in s.text())


async def test_a_number_can_be_typed() -> None:
    """= asks for a number: 3 is refused where it is typed, 1/3 is taken, exactly."""
    async with session() as s:
        await s.press("equals_sign", "3", "enter")
        await s.until(lambda: isinstance(s.app.screen, Type))
        why = s.app.screen.query_one(".why", Static)
        await s.until(lambda: "a probability is a share" in str(why.content))
        s.app.screen.query_one(Input).value = "1/3"
        await s.press("enter")
        await s.until(lambda: s.app.screen is s.lab)
        assert s.value("p") == Fraction(1, 3)
        await s.shows("= −2/3 + log2(3)")
        await s.press("colon", "escape")
        await s.until(lambda: s.app.screen is s.lab)
        assert s.value("p") == Fraction(1, 3)


async def test_the_mouse_moves_slider_curve_bar_and_tab() -> None:
    """Press and drag along the rail, click into the curve, on a bar, on a view's name."""
    async with session() as s:
        rail = s.row_of("▸ p")
        await s.pilot.mouse_down(Desk, offset=(14, rail))
        await s.pilot.hover(Desk, offset=(29, rail - 3))
        await s.pilot.mouse_up(Desk, offset=(29, rail - 3))
        await s.pilot.pause()
        await s.until(lambda: s.text().splitlines()[rail].find("●") == 29)
        held = s.value("p")
        await s.pilot.hover(Desk, offset=(16, rail))
        await s.pilot.pause()
        assert s.value("p") == held
        await s.pilot.click(Desk, offset=(s.text().splitlines()[3].index("◆"), 6))
        await s.until(lambda: s.value("p") == Fraction(1, 2))
        await s.pilot.click(Desk, offset=(s.text().splitlines()[0].index("2 code"), 0))
        await s.until(lambda: s.lab.lab.key == "2")
        bottom = s.row_of(" d 1/8 ") - 1
        await s.pilot.click(Desk, offset=(70, bottom - 4))
        await s.until(lambda: s.value("q(d)") > 8)
        await s.pilot.click(Desk, offset=(0, s.row_of("H(P) ")))
        assert s.lab.lab.key == "2"


async def test_a_drag_beyond_the_rail_says_that_it_ends() -> None:
    """Pulled out of the rail's right end, p is 1 and the reason is on the screen."""
    async with session() as s:
        rail = s.row_of("▸ p")
        await s.pilot.mouse_down(Desk, offset=(20, rail))
        await s.pilot.hover(Desk, offset=(79, rail))
        await s.pilot.mouse_up(Desk, offset=(79, rail))
        await s.until(lambda: s.value("p") == 1)
        await s.shows("p goes to 1: a probability")


async def test_the_wheel_is_the_dial_s() -> None:
    """Over the lab the wheel moves the dial, and what lies behind does not hear of it."""
    async with session() as s:
        await s.pilot._post_mouse_events([_wheel()], Desk, (10, 10))
        await s.until(lambda: s.value("p") == Fraction(91, 100))
        assert s.app.scrolled == 0


def _wheel() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


async def test_fits_come_beside_and_the_last_one_counts() -> None:
    """While fits are made the keys go on; when they have come they are those of the dial as it then stands."""
    async with session() as s:
        await s.press("3")
        await s.press("right", "right", "right", "right")
        assert s.value("d") == 4
        await s.until(lambda: "fitting" not in s.text())
        measured = VIEWS["3"].measure(s.lab.lab.values)
        assert measured.d == 4
        await s.shows(f"{measured.forward.divergence:.6f} nats (float)")
        await s.press("1", "3")
        assert "fitting" not in s.text()


async def test_leaving_while_a_fit_is_made_is_fine() -> None:
    """Escape during a fit: the lab is gone, nothing fails, and it gives back its lab."""
    async with session() as s:
        await s.press("3", "right", "escape")
        await s.until(lambda: s.app.left)
        lab = s.app.left[0]
        assert lab is not None
        assert (lab.key, lab.values["d"]) == ("3", Fraction(13, 4))


@pytest.mark.parametrize("leave", ["escape", "ctrl+l"])
async def test_the_bench_is_found_as_it_was_left(leave: str) -> None:
    """What leaving gives back opens the lab in the same place."""
    async with session() as s:
        await s.press("5", "right", leave)
        await s.until(lambda: s.app.left)
        lab = s.app.left[0]
    async with session(lab=lab) as s:
        assert s.lab.lab.key == "5"
        assert s.value("t") == 9
        assert " 9 " in s.text().splitlines()[s.row_of("▸ t ")]


@pytest.mark.parametrize("key", VIEWS)
@pytest.mark.parametrize("asks", ["question_mark", "enter"])
async def test_each_view_leads_to_its_page(key: str, asks: str) -> None:
    """? or enter lays the chapter's page over the lab: its title, its numbers, to be scrolled; escape comes back."""
    async with session() as s:
        await s.press(key, asks)
        await s.until(lambda: isinstance(s.app.screen, Chapter))
        chapter = s.app.screen
        assert isinstance(chapter, Chapter)
        await s.until(lambda: chapter.query(".foot"))
        text = "\n".join(str(static.content) for static in chapter.query(Static))
        assert "--set" in text
        for setting in VIEWS[key].settings(s.lab.lab.values):
            assert setting in text
        assert VIEWS[key].topic in str(chapter.query_one(VerticalScroll).border_title)
        assert isinstance(s.app.focused, VerticalScroll)
        await s.press("down", "end", "escape")
        await s.until(lambda: s.app.screen is s.lab)


@pytest.mark.slow
async def test_a_page_fits_the_smallest_screen_whole() -> None:
    """At 80 × 24 no line of a page is cut or wrapped, and nothing is below the edge."""
    async with session() as s:
        for key in VIEWS:
            await s.press(key, "question_mark")
            await s.until(lambda: isinstance(s.app.screen, Chapter) and s.app.screen.query(".foot"))
            box = s.app.screen.query_one(VerticalScroll)
            await s.until(lambda box=box: box.size.height > 0)
            await s.pilot.pause()
            assert (box.max_scroll_x, box.max_scroll_y) == (0, 0)
            await s.press("escape")
            await s.until(lambda: s.app.screen is s.lab)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_every_colour_has_a_meaning_in_every_theme(theme: object) -> None:
    """Each style that the lab paints with is one of the theme's, in each view."""
    async with session() as s:
        s.app.theme = theme.name  # type: ignore[attr-defined]
        for key in VIEWS:
            await s.press(key)
            await s.until(lambda: "fitting" not in s.text())
            cells = [cell for row in s.lab.query_one(Desk).rows for cell in row]
            for name in {cell.style for cell in cells} | {cell.back for cell in cells}:
                assert not name or f"md-{name}" in s.app.theme_variables
