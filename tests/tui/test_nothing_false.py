"""What keeps a picture from saying what is not so: whole equations, one scale, verdicts in sight, labels told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from breadth import few
from runs import buffer_of, drawn, messages, read_out
from sessions import SCENARIOS, TWO_STATE, Clock, Nearby, Session

from tui import raster, view
from tui.app import MarkovdiffApp
from tui.canvas import PanelWidget
from tui.heat import cividis
from tui.messages import Question, Request
from tui.panel import footing
from tui.panels import PANELS, ledger
from tui.run_buffer import RunBuffer
from tui.screens.overlays import GoTo
from tui.view import equations

# no number cut, no verdict out of sight


@pytest.mark.parametrize("width", range(60, 201, 7))
def test_the_state_of_the_checks_is_in_the_headline(width: int) -> None:
    """At every width: running, all hold, one fails by its name, several fail, some are undecided; none is hidden."""
    buffer = buffer_of("two-state")
    assert buffer.finished is not None
    checks = buffer.finished["checks"]
    dpi = next(k for k, check in enumerate(checks) if check["check"] == "dpi")

    def headline(*changed: tuple[int, str]) -> str:
        verdicts = dict(changed)
        mine = [{**check, "verdict": verdicts.get(k, check["verdict"])} for k, check in enumerate(checks)]
        ended = replace(buffer, finished={**buffer.finished, "checks": mine})
        return raster.text([view.headline(view.ViewState(ended, 3), width, "‖ 1x")])

    assert "…" in raster.text([view.headline(view.ViewState(replace(buffer, finished=None), 3), width, "‖ 1x")])
    assert " ✓" in headline()
    assert "✗ dpi fails" in headline((dpi, "fails"), (0, "undecided"))
    assert "✗ 2" in headline((0, "fails"), (dpi, "fails"))
    assert "? 1 undecided" in headline((0, "undecided"))
    if width >= 80:
        assert f"✓ {len(checks)} checks hold" in headline()
    if width >= 110:
        assert f"✓ {len(checks)} checks hold, proved" in headline()
        assert f"? 1 undecided, {len(checks) - 1} hold" in headline((0, "undecided"))
        assert "✗ dpi fails, 1 undecided" in headline((dpi, "fails"), (0, "undecided"))


@pytest.mark.parametrize("width", range(70, 201, 13))
def test_an_expected_violation_is_no_claim_that_information_falls(width: int) -> None:
    """Of a process with memory the checks hold since I rises: the headline says both, the title where there is room."""
    shown = raster.text([view.headline(view.ViewState(buffer_of("memory"), 3), width, "‖ 1x")])
    assert "✓ 2" in shown
    assert "; I rises" in shown
    assert "A process with memory" in shown or width < 165
    assert "rises" not in raster.text([view.headline(view.ViewState(buffer_of("two-state"), 3), width, "‖ 1x")])


@pytest.mark.parametrize("width", range(40, 201, 7))
def test_an_edited_chain_is_marked_in_the_headline(width: int) -> None:
    """A star stands at the name at every width, and words where there is room; an unedited chain has neither."""
    buffer = buffer_of("two-state")
    shown = [
        raster.text([view.headline(view.ViewState(buffer, 3, edited=edited), width, "‖ 1x")])
        for edited in (False, True)
    ]
    assert "*" not in shown[0]
    assert "two-state*" in shown[1]
    assert "edited" not in shown[0]
    assert "edited" in shown[1] or width < 110


@few("name", ["elbo-mask-prior", "two-state", "letters-uniform", "elbo-d3pm", "elbo-counted-100"])
def test_an_equation_has_all_its_terms(name: str) -> None:
    """Wherever the ledger shows a term on the right of L's equation, it shows all of them; what is left out is told."""
    buffer = buffer_of(name)
    for width in range(28, 110, 9):
        for height in range(2, 24):
            state = view.ViewState(buffer, buffer.T)
            shown = " ".join(drawn("ledger", state, width, height).split())
            if "rec" in shown:
                assert all(words in shown for _, words, _ in ledger.TOTALS)
            else:
                first, *others = equations.EQUATIONS
                compact = [[words for _, words in terms] for terms in (first[1:], *others)]
                whole = [all(f"{words} " in f"{shown} " for words in terms) for terms in compact]
                started = [any(f" {words} " in f" {shown} " for words in terms) for terms in compact]
                assert whole == started, (width, height, shown)
                scrolls = ledger.table(state, width, height) is not None
                assert scrolls != (all(whole) and ("term of" in shown or f" t={buffer.T} " in shown))


@pytest.mark.parametrize("matrix", view.MATRICES)
def test_a_colour_means_the_same_number_at_every_t(matrix: str) -> None:
    """The bar beside the matrix is the same at all t, and an entry's colour is that of its number on it."""
    buffer = buffer_of("two-state")
    bars = set()
    for t in range(1, buffer.T + 1):
        state = view.ViewState(buffer, t, matrix=matrix, chosen=1, source=0)
        rows = PANELS["matrix"].draw(state, 40, 12)
        bars.add(tuple(tuple(row[34 if matrix == "joint" else 36 :]) for row in rows))
        entries = buffer.matrix(t, matrix)
        assert entries is not None
        top = 0.75 if matrix == "joint" else 1.0
        assert rows[1][3].style == cividis((entries.entry(0, 0) or 0.0) / top)
    assert len(bars) == 1
    assert raster.text(rows[:1]).split()[-1] == ("3/4" if matrix == "joint" else "1")


def test_labels_that_look_alike_are_told_apart() -> None:
    """é in one character and in two, one with a joiner, two kinds of blank: no two states have the same name."""
    buffer = RunBuffer()
    opened = messages("many-states")[0]
    buffer.take(replace(opened, states=("\u00e9", "e\u0301", "b", "b\u200d", " ", "\u00a0", "天", "👩\u200d👧")))
    shown = [view.ViewState(buffer, 0).state(k) for k in range(8)]
    assert shown == ["é#0", "é#1", "b#2", "b#3", "␣#4", "␣#5", "天", "👩👧"]


def test_wide_labels_take_two_columns() -> None:
    """Under the bars, beside the shares and in what is read out stand the characters themselves."""
    buffer = buffer_of("wide")
    rows = PANELS["marginal"].draw(view.ViewState(buffer, 1), 30, 9)
    assert [cell.char for cell in rows[-1] if cell.char.strip()] == ["日", "é", "👩", "👩", "👧"]
    assert "日" in drawn("posterior", view.ViewState(buffer, 1), 40, 9)
    assert "q(x_1=日)" in read_out(view.ViewState(buffer, 1), Question("marginal", 1, 0, 0), "1/6")


def test_one_bit_is_singular() -> None:
    """H(x_0) of a fair coin is 1 bit; two-state's is 0.81 bits."""
    assert "= 1 bit " in read_out(view.ViewState(buffer_of("mask-hump"), 0), view.ReadNumber("entropy", 0))
    assert " bits " in read_out(view.ViewState(buffer_of("two-state"), 0), view.ReadNumber("entropy", 0))


@pytest.mark.parametrize("number", ["posterior", "ledger", "chain"])
@pytest.mark.parametrize("height", [4, 5, 6, 8])
def test_what_is_below_an_edge_is_told(number: str, height: int) -> None:
    """Where lines or states are left out the border says which are there."""
    state = view.ViewState(buffer_of("letters-masked"), 3)
    drawn(number, state, 38, height)
    assert "1–" in footing(PANELS[number], state, PANELS[number].table(state, 38, height), 38)


@pytest.mark.parametrize("number", PANELS)
@pytest.mark.parametrize("name", ["two-state", "elbo-mask-prior", "pronouns"])
def test_a_triangle_is_the_costliest_step_and_nothing_else(number: str, name: str) -> None:
    """▼ stands in the ledger alone, and what is below an edge has another sign."""
    for size in [(28, 4), (31, 6), (38, 9), (58, 14), (118, 34)]:
        state = view.ViewState(buffer_of(name), 2, zoomed=number * (size[0] > 58))
        assert number == "ledger" or "▼" not in drawn(number, state, *size)
        seen = PANELS[number].table(state, *size)
        if seen is not None and seen.room < seen.total:
            assert "more" not in drawn(number, state, *size)


@pytest.mark.usefixtures("state", "nearby")
async def test_where_no_chain_is_open_there_is_no_time_and_no_state_to_go_to() -> None:
    """`:` and `/` say why they ask for none, and no panel speaks of t = 0."""
    engine = Nearby()
    app = MarkovdiffApp(Request(TWO_STATE, str(SCENARIOS), "two-state"), engine)  # which has sent nothing yet
    async with app.run_test(size=(80, 24)) as pilot:
        s = Session(app, pilot, Clock())
        for key in ("colon", "slash"):
            app.clear_notifications()
            await s.press(key)
            assert "not open" in s.told()
            assert app.screen is app.main
        assert "t = 0" not in raster.text(app.main.query_one("#panel-inequality", PanelWidget).rows)
        engine.run(app.session.request)
        await s.opened()
        await s.press("colon")
        await s.over(GoTo)
