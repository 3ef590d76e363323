"""What the posteriors show, read as text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from runs import SCENARIOS, buffer_of, drawn
from sessions import session

from tui import raster, view
from tui.canvas import PanelWidget
from tui.messages import Column, ColumnAnswer, Request
from tui.panel import footing
from tui.panels import PANELS
from tui.panels.posterior import HEAD, likeliest
from tui.run_buffer import RunBuffer
from tui.view.window import scrolled
from tui.worker.study import Study


def test_the_posterior_is_a_distribution() -> None:
    """The shares of x0 given x_t that are shown add up to 1, and so do those of x_(t-1)."""
    buffer = buffer_of("two-rooms")
    assert buffer.opened is not None
    rows = drawn("posterior", view.ViewState(buffer, 5, chosen=2), 60, 20).splitlines()
    assert f"given x_5 = {buffer.opened.states[2]}" in rows[0]
    found = [re.findall(r"(?<= )(?:0|\d\.\d{4})(?= |$)", row) for row in rows[2 : 2 + buffer.opened.K]]
    for column in zip(*found, strict=True):
        assert abs(sum(map(float, column)) - 1) < 0.0006 * buffer.opened.K


def test_an_impossible_state_has_no_posterior() -> None:
    """Where x_t cannot occur, the posterior is undefined, and the panel says that."""
    assert "undefined" in drawn("posterior", view.ViewState(buffer_of("impossible"), 1, chosen=1), 60, 9)


def test_more_states_than_a_column_is_sent_of_have_their_posterior() -> None:
    """K = 1,100: nothing is asked for, and q(x_0 | x_1 = 3) = 1/2 + 1/2,200 in its place stands in the table."""
    text = "data = { weights = %s }\n" % ([1] * 1100)
    buffer = RunBuffer()
    noise = 'noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }'
    Study(Request(text + noise, ".", "large"), buffer.take).perform(lambda: None)
    state = view.ViewState(buffer, 1, chosen=3, source=3)
    assert PANELS["posterior"].columns(state) == ()
    shown = drawn("posterior", state, 60, 9)
    assert "undefined" not in shown
    assert any(row.split()[:1] == ["▸3"] and "0.5005" in row for row in shown.splitlines())
    assert "1–7 of 1,100" in footing(PANELS["posterior"], state, PANELS["posterior"].table(state, 60, 9), 60)


@pytest.mark.parametrize("chosen", [0, 2, 19, 25])
@pytest.mark.parametrize("height", [5, 9, 20])
def test_the_likeliest_is_in_sight_until_x_0_is_chosen(chosen: int, height: int) -> None:
    """Of 26 letters, few of which fit: ★ is in sight, from the top where it can be; then the chosen x_0 is."""
    panel, state = PANELS["posterior"], view.ViewState(buffer_of("letters-uniform"), 3, chosen=chosen)
    shown = drawn("posterior", state, 60, height).splitlines()[HEAD:]
    assert [row.split()[0].strip("▸") for row in shown if "★" in row] == [state.state(chosen)]
    assert ("a" in shown[0].split()[0]) == (chosen < height - HEAD)
    below = panel.table(state, 60, height)
    assert below is not None
    picked = panel.click(panel.found(state, 0, 60, height), 3, HEAD, 60, height)
    assert "▸a" in drawn("posterior", picked, 60, height).splitlines()[HEAD]
    away = replace(state, scrolled=scrolled(state, "posterior", below.moved(2)))
    assert panel.table(replace(away, t=4), 60, height) == below.moved(2)


@pytest.mark.slow
@pytest.mark.usefixtures("state", "nearby")
async def test_the_first_state_can_be_chosen_too() -> None:
    """J and K lead back to the first x_0, which stays in sight; another scenario begins with the likeliest anew."""
    text = (SCENARIOS / "letters-uniform.toml").read_text(encoding="utf-8")
    async with session(Request(text, str(SCENARIOS), "letters-uniform"), size=(100, 30), t=3) as s:
        panel = s.app.query_one("#panel-posterior", PanelWidget)
        await s.press("4", *"k" * 3)
        await s.until(lambda: "★" in raster.text(panel.rows[HEAD:]) and "▸" not in raster.text(panel.rows[HEAD:]))
        await s.press("J", "K")
        await s.until(lambda: "▸a" in raster.text(panel.rows[HEAD:]))
        s.app.session.begin(s.app.session.request)
        assert not s.app.main.view.has_source


def test_alone_it_has_the_prior_and_the_formula() -> None:
    """q(x_0) stands before q(x_0|x_6), and Bayes' rule for the chosen pair is below with its numbers."""
    state = view.ViewState(buffer_of("two-state"), 6, chosen=0, source=1, zoomed="posterior")
    rows = drawn("posterior", state, 118, 20).splitlines()
    assert [rows[k].split()[:3] for k in (2, 3)] == [["a", "3/4", "─▶"], ["▸b", "1/4", "─▶"]]
    # q(b|a) = 1/4 · (1 − 0.9⁶)/2 / (1/2 + 0.9⁶/4)
    assert rows[-1].strip() == "q(x_0=b|x_6=a) = q(x_0) Qbar_t[x_0,x_6] / p_6 = 1/4 · 0.2343 / 0.6329 ≈ 0.0925"


def test_what_is_impossible_is_0_in_the_formula() -> None:
    """A mask keeps every state apart: q(x_0 = b | x_1 = a) is 0, with "=" before it, and no factor is 0.0000."""
    state = view.ViewState(buffer_of("jump-masked"), 1, chosen=0, source=1, zoomed="posterior")
    formula = drawn("posterior", state, 118, 20).splitlines()[-1]
    assert formula.rstrip().endswith(" = 0")
    assert " · 0 / " in formula
    assert "≈" not in formula
    assert "0.0000" not in formula


def test_bars_have_one_scale() -> None:
    """Where a fraction is longer than another its bar is not shorter for that: lengths are as the shares."""
    column = Column("posterior", 1, 0)
    exact = ("1/3", "1234567/9876543", None)
    shares = (1 / 3, 1234567 / 9876543, 1 - 1 / 3 - 1234567 / 9876543)
    buffer = buffer_of("wide")
    state = view.ViewState(buffer, 1, answers=(ColumnAnswer(column, shares, exact),))
    rows = PANELS["posterior"].draw(state, 100, 9)[2:5]
    lengths = [sum(cell.char == "█" and cell.style == "series-2" for cell in row) for row in rows]
    whole = lengths[0] * 3
    assert [abs(n - whole * share) < 2.5 for n, share in zip(lengths, shares, strict=True)] == [True] * 3


def test_while_time_runs_an_exact_0_is_0() -> None:
    """What cannot be is 0, also in the pictures that stand before the engine answers."""
    shown = drawn("posterior", view.ViewState(buffer_of("elbo-mask-prior"), 7, playing=True), 60, 9)
    assert [row.split()[-1] for row in shown.splitlines()[3:7]] == ["0"] * 4
    assert "0.0000" not in shown


@pytest.mark.parametrize("size", [(31, 6), (36, 6), (38, 9), (58, 14), (118, 30)])
def test_what_x_0_probably_was_is_marked(size: tuple[int, int]) -> None:
    """The likeliest x_0 has ★ in its row and stands in words, wherever ▸ is; equal ones all have it."""
    buffer = buffer_of("elbo-d3pm")
    for chosen, source in ((0, 2), (1, 1)):
        shown = drawn("posterior", view.ViewState(buffer, 2, chosen=chosen, source=source), *size)
        head, *rows = shown.splitlines()
        name = "ab"[chosen]
        assert re.search(rf"★ (likeliest )?(x_0 = )?{name}\b", head)
        assert [row.split()[0].lstrip("▸") for row in rows if "★" in row] == [name]
        assert [row.split()[0] for row in rows if "▸" in row] == [f"▸{'abcd'[source]}"]


def test_states_that_are_equally_likely_are_all_marked() -> None:
    """Exact fractions prove that two are equal, or which is larger; floats and balls alone leave it open."""
    buffer = buffer_of("no-loss")
    for exact, mark, words in ((("2/5", "1/5", "2/5", "0"), "★", "equal"), ((None,) * 4, "☆", "nearly equal")):
        answer = ColumnAnswer(Column("posterior", 1, 3), (0.4, 0.2, 0.4, 0.0), exact)
        state = view.ViewState(buffer, 1, chosen=3, source=1, answers=(answer,))
        head, *rows = drawn("posterior", state, 90, 9).splitlines()
        assert f"{mark} likeliest x_0, {words}: 0, 2" in head
        assert [row.split()[0] for row in rows if mark in row] == ["0", "2"]
    third = (0.4, 0.4, 0.2)
    assert likeliest(third, ("399999999999/1000000000000", "400000000001/1000000000000", "1/5")).states == (1,)
    assert not likeliest(third, ("0.4", "0.4", "0.2")).is_decided  # balls' or float64's
