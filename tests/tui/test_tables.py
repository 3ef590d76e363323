"""Tables longer than their room: which rows are in sight is said, and every row can be brought there."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import SCENARIOS, buffer_of, drawn
from sessions import session
from textual import events
from textual.widgets import OptionList, Static

from tui import view
from tui.canvas import PanelWidget
from tui.glyphs import glyphs
from tui.messages import Request
from tui.panels import PANELS, ledger
from tui.screens.jump import Jump, folded, matches
from tui.view import reading
from tui.view.window import scrolled, window

PANEL = "posterior"


@given(st.integers(1, 9), st.integers(1, 40), st.data())
def test_a_window_shows_rows_that_there_are(room: int, total: int, data: st.DataObject) -> None:
    """Followed or scrolled, by any number of rows: as many rows as there is room for, none beyond an end."""
    around = data.draw(st.integers(0, total - 1))
    seen = window(view.ViewState(buffer_of("two-state"), 0), PANEL, total, room, around)
    assert around in seen.rows
    for rows in data.draw(st.lists(st.integers(-50, 50), max_size=3)):
        seen = seen.moved(rows)
    assert len(seen.rows) == min(room, total)
    assert 0 <= seen.rows.start < seen.rows.stop <= total
    assert bool(seen.words(80)) == (room < total)
    words = seen.words(data.draw(st.integers(0, 14)))
    assert words in ("", f"{seen.first + 1}–{seen.rows[-1] + 1} of {total}")


def test_who_scrolls_leaves_the_chosen_row_until_another_is_chosen() -> None:
    """The scrolled window holds while x_0 stays, and a choice of another brings that into sight."""
    state = view.ViewState(buffer_of("letters-uniform"), 3, source=20)
    seen = window(state, PANEL, 26, 8, 20)
    after = replace(state, scrolled=scrolled(state, PANEL, seen.moved(-99)))
    assert window(after, PANEL, 26, 8, 20).rows == range(8)
    assert window(replace(after, source=21), PANEL, 26, 8, 21).rows == range(17, 25)
    assert window(after, "chain", 26, 8, 20).rows == range(16, 24)  # another panel's is its own


def pages(name: str, state: view.ViewState, width: int, height: int) -> list[list[str]]:
    """Return the rows of a panel page by page, from the first row of its table to the last; each row is in one."""
    seen = PANELS[name].table(state, width, height)
    assert seen is not None
    found, seen = [], replace(seen, first=0)
    while True:
        now = replace(state, scrolled=scrolled(state, name, seen))
        assert PANELS[name].table(now, width, height) == seen
        found.append(drawn(name, now, width, height).splitlines())
        if seen.rows.stop == seen.total:
            return found
        seen = seen.moved(seen.room)


def tabled(name: str, run: str) -> bool:
    return PANELS[name].table(view.ViewState(buffer_of(run), 2), 40, 7) is not None


RUNS = ["letters-uniform", "memory", "wide", "pronouns"]


@pytest.mark.parametrize(("name", "run"), [(name, run) for name in PANELS for run in RUNS if tabled(name, run)])
def test_every_row_can_be_brought_into_sight(name: str, run: str) -> None:
    """Page by page a table shows each of its rows: of a panel of states all states, of the ledger all its numbers."""
    buffer = buffer_of(run)
    rows = [row for page in pages(name, view.ViewState(buffer, 2, source=1), 40, 7) for row in page]
    if name == "ledger":
        parts = [words for _, words, _ in ledger.PARTS] if run == "pronouns" else []
        steps = ("term of t = 2", "lost here", "model error", *parts, "I_t ≤ η·I_(t−1)")
        words = [*(words for _, words, _ in ledger.TOTALS), *steps]
        assert list(dict.fromkeys(row[1:19].rstrip() for row in rows))[-len(words) :] == words
    elif name == "drawn":
        assert all(any(" ".join(x) in row for row in rows) for x in (["she", "sells"], ["they", "sells"]))
    else:
        assert all(any(glyphs(label)[0][0] in row for row in rows) for label in buffer.labels)


@pytest.mark.parametrize("name", ["ledger", "inequality"])
@pytest.mark.parametrize("size", [(78, 19), (98, 25), (118, 34)])
def test_every_time_can_be_brought_into_sight(name: str, size: tuple[int, int]) -> None:
    """Alone, page by page, the table of times has each of them once, from 0 to T."""
    buffer = buffer_of("two-state")
    found = pages(name, view.ViewState(buffer, 17, zoomed=name), *size)
    times = [int(m[1]) for page in found for row in page if (m := re.match(r" *▸?▼?(\d+) ", row[:8]))]
    assert sorted(set(times)) == list(range(buffer.T + 1))


def test_names_are_found_nearest_first() -> None:
    """Equal, then beginning so, then within; without regard to capitals and to how an accent is composed."""
    names = [[folded(name)] for name in ("Banana", "an", "ANT", "e\u0301", "天地")]
    assert matches("an", names) == [1, 2, 0]
    assert matches("\u00c9", names) == [3]
    assert matches("地", names) == [4]
    assert matches("#2", names) == [2]
    assert matches("#7", names) == matches("x", names) == []


@pytest.mark.usefixtures("state", "nearby")
async def test_a_state_among_many_is_found_as_one_types() -> None:
    """Of 70 states those with a 6 in their name, how many, the nearest first; down and enter take the second."""
    text = 'data = { family = { kind = "uniform", size = 70 } }\n'
    text += 'noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }\n'
    async with session(Request(text, str(SCENARIOS), "many"), size=(80, 24)) as s:
        await s.press("4", "slash")
        await s.over(Jump)
        await s.press("6")
        jump = s.app.screen
        told, listed = jump.query_one(".count", Static), jump.query_one(OptionList)
        await s.until(lambda: "16 of 70 states" in str(told.content))
        assert str(listed.get_option_at_index(0).prompt).split() == ["6", "#6"]
        await s.press("down", "enter")
        await s.until(lambda: s.app.main.view.source == 60)
        assert s.app.main.view.chosen == 0
        await s.press("slash", "x", "enter")
        await s.over(Jump)
        await s.until(lambda: "none of 70" in str(s.app.screen.query_one(".count", Static).content))
        await s.home()


@pytest.mark.usefixtures("state", "nearby")
async def test_the_wheel_scrolls_the_panel_that_has_the_keys_and_else_moves_time() -> None:
    """Over the chain in focus its lines move, and time rests; over another panel time moves."""
    async with session() as s:
        await s.press("8")
        panel = s.app.query_one("#panel-chain", PanelWidget)
        await s.until(lambda: panel.hides_rows)
        await s.pilot._post_mouse_events([events.MouseScrollDown], "#panel-chain", (5, 3), 0)
        await s.until(lambda: "4–" in str(panel.border_subtitle))
        assert s.app.main.view.t == 0
        await s.pilot._post_mouse_events([events.MouseScrollDown], "#panel-marginal", (5, 3), 0)
        await s.at(1)


@pytest.mark.parametrize(
    ("name", "quantity"), [("ledger", "elbo_term"), ("inequality", "sdpi_bound"), ("chain", "total_variation_to_prior")]
)
def test_alone_a_panel_has_the_numbers_of_other_times(name: str, quantity: str) -> None:
    """The rows around t, that of t marked; under the mouse is the number of its row; scrolled, there are others."""
    state = view.ViewState(buffer_of("two-state"), 30, zoomed=name)
    width, height = 130, 40

    def spots(state: view.ViewState, first: int, last: int) -> set[view.Readable | None]:
        panel = PANELS[name]
        return {panel.spot(state, x, y, width, height) for x in range(first, last, 4) for y in range(height)}

    assert any("▸30 " in row for row in drawn(name, state, width, height).splitlines())
    assert {view.ReadNumber(quantity, t) for t in range(28, 33)} <= spots(state, 0, width)
    if name != "chain":  # its lines scroll, and its times follow t
        seen = PANELS[name].table(state, width, height)
        assert seen is not None
        last = replace(state, scrolled=scrolled(state, name, seen.moved(99)))
        columns = (0, 40) if name == "ledger" else (0, width)  # beside is the waterfall, of all times
        assert view.ReadNumber(quantity, 64) not in spots(state, *columns)
        assert view.ReadNumber(quantity, 64) in spots(last, *columns)


def test_what_the_ledger_hides_scrolls_into_sight() -> None:
    """At 38×9 there is no room for a line each: scrolled, each number of the ledger is in some row."""
    state = view.ViewState(buffer_of("two-state"), 6)
    seen, found = PANELS["ledger"].table(state, 38, 9), set()
    assert seen is not None
    for first in range(seen.total):
        now = replace(state, scrolled=scrolled(state, "ledger", seen.moved(first)))
        found |= {PANELS["ledger"].spot(now, 2, y, 38, 9) for y in range(9)}
    totals = ("reconstruction", "denoising", "prior", "negative_elbo", "data_entropy", "model_error", "prior_gap")
    assert {view.ReadNumber(total, None) for total in (*totals, "nll", "gap")} <= found
    assert view.ReadNumber("sdpi_bound", 6) in found


@pytest.mark.parametrize("name", PANELS)
def test_what_is_under_the_mouse_can_be_read_out(name: str) -> None:
    """At every place of a panel that is alone: also where a table has words, like a verdict, and no number."""
    for run, t in (("two-state", 20), ("memory", 3), ("pair-uniform", 2)):
        state = view.ViewState(buffer_of(run), t, zoomed=name, recent=(name,), size=(120, 40))
        spots = {PANELS[name].spot(state, x, y, 116, 30) for x in range(0, 116, 4) for y in range(30)}
        for spot in (*spots, PANELS[name].here(state)):
            row = reading.render(state, spot, None, 100)
            assert (not "".join(cell.char for cell in row).strip()) == (spot is None)
