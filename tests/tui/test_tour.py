"""The tour: what it claims is so, by the engine; and it can be walked, left, and played in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import isnan, log10

import pytest
from breadth import few
from sessions import SCENARIOS, TWO_STATE, Nearby, Session, session

import markovdiff as md
import tui.app
import tui.dialogues
from markovdiff.study.shipped import shipped_scenarios
from tui import raster
from tui.canvas import PanelWidget
from tui.messages import Request
from tui.panels import PANELS
from tui.screens.lab import Lab
from tui.screens.overlays import GoTo
from tui.screens.tour import Card
from tui.tour import LETTERS, STOPS, Tour, card, card_height, choice_at
from tui.view import MATRICES, SCALES


@pytest.fixture(autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine in this process, and files opened lately remembered elsewhere than at home."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setattr(tui.app, "EngineProcess", Nearby)
    monkeypatch.setattr(tui.dialogues, "EngineProcess", Nearby)


# what it claims


@cache
def result(name: str) -> md.Result:
    return md.run(md.load(name))


@cache
def chain(name: str) -> md.Chain:
    return md.load(name).chain()


def joint(name: str, t: int) -> list[list[Fraction]]:
    c = chain(name)
    rows = zip(c.data.probabilities, c.cumulative(t), strict=True)
    return [[mass * x for x in row] for mass, row in rows]


def two_curves() -> None:
    """In bits, H(x_0) = I(x0;x_0) = H(x0); then H rises and I falls at every step, both decided."""
    c, T = chain("two-state"), chain("two-state").T
    H = [md.entropy(c.marginal(t)) for t in range(T + 1)]
    assert md.mutual_information(joint("two-state", 0)) == H[0]
    assert all(a < b for a, b in pairwise(H))
    assert [step.decay for step in result("two-state").steps[1:]] == ["strict"] * T


def looking_back() -> None:
    """Seen b after a step: b more likely than 4/5; seen b at 64: a at 3/4 to within a thousandth. a is thrice b."""
    c = chain("two-state")
    assert c.data.probabilities == (Fraction(3, 4), Fraction(1, 4))
    assert c.data_posterior(1)[1][1] > Fraction(4, 5)
    assert 0 < Fraction(3, 4) - c.data_posterior(64)[1][0] < Fraction(1, 1000)


def histogram() -> None:
    """p_t = p_0 at each t, exactly; I falls strictly, to less than a ten-thousandth. β is 1/8."""
    c = chain("own-marginal")
    assert set(c.betas) == {Fraction(1, 8)}
    assert all(c.marginal(t) == c.marginal(0) for t in range(c.T + 1))
    steps = result("own-marginal").steps
    assert [step.decay for step in steps[1:]] == ["strict"] * c.T
    assert md.mutual_information(joint("own-marginal", 40)) * 10_000 < md.mutual_information(joint("own-marginal", 0))


def entropy_turns() -> None:
    """From one bit H rises strictly up to t = 3 and falls strictly after; I falls strictly. β is 1/8."""
    c = chain("mask-hump")
    H = [md.entropy(c.marginal(t)) for t in range(c.T + 1)]
    assert H[0] == md.log(2)
    assert all(a < b for a, b in pairwise(H[:4]))
    assert all(a > b for a, b in pairwise(H[3:]))
    assert [step.decay for step in result("mask-hump").steps[1:]] == ["strict"] * c.T
    assert set(c.betas) == {Fraction(1, 8)}


def rows_alike() -> None:
    """Qbar_0 is the identity; every entry of Qbar_40 is within a thousandth of 1/8."""
    c = chain("neighbours")
    assert c.cumulative(0) == tuple(tuple(Fraction(i == j) for j in range(8)) for i in range(8))
    assert all(abs(x - Fraction(1, 8)) < Fraction(1, 1000) for row in c.cumulative(40) for x in row)


def rooms() -> None:
    """No step leaves a room of four or two seats; after t = 9 I is h(1/3), exactly, which is 0.918 bits."""
    c, room = chain("two-rooms"), md.entropy(["1/3", "2/3"])
    assert all(c.cumulative(16)[i][j] == 0 for i in range(6) for j in range(6) if (i < 4) != (j < 4))
    assert set(c.data.probabilities) == {Fraction(1, 6)}
    for t in (9, 12, 16):
        assert md.mutual_information(joint("two-rooms", t)) == room
    assert [step.decay for step in result("two-rooms").steps[10:]] == ["equal"] * 7
    assert f"{float(room) / float(md.log(2)):.3f}" == "0.918"


def strong_inequality() -> None:
    """I = ᾱ·H(x0), η = 1 − β, and I_t = η·I_(t−1): decided at a few t, certified to the last digit at every other."""
    steps, c = result("letters-masked").steps, chain("letters-masked")
    alpha = Fraction(1)
    for t in (1, 2, 3):
        alpha *= 1 - c.betas[t - 1]
        assert md.mutual_information(joint("letters-masked", t)) == alpha * md.entropy(c.data.probabilities)
    for step, beta in zip(steps[1:], c.betas, strict=True):
        assert Fraction(step.dobrushin) == 1 - beta
        assert (step.mutual_information.lower, step.mutual_information.upper) == (
            step.sdpi_bound.lower,
            step.sdpi_bound.upper,
        )


def below_floats() -> None:
    """Strict at each of 256 steps, to 7e-256; at t = 20 it is 2e-20, where float64's textbook sum is all error.

    From there to the end log I stays within two decades of the straight line between them: 236 decades.
    """
    steps = result("dense-late").steps
    heights = [log10(float(step.mutual_information)) for step in steps[20:]]
    ends = heights[0], heights[-1]
    line = [ends[0] + (ends[1] - ends[0]) * k / (len(heights) - 1) for k in range(len(heights))]
    assert max(abs(a - b) for a, b in zip(heights, line, strict=True)) < 2
    assert [step.decay for step in steps[1:]] == ["strict"] * 256
    assert str(steps[256].mutual_information).startswith("7.2")
    assert str(steps[256].mutual_information).endswith("e-256")
    assert f"{float(steps[20].mutual_information):.0e}" == "2e-20"
    naive = [textbook(t) for t in range(20, 257, 4)]
    assert abs(naive[0] - float(steps[20].mutual_information)) > float(steps[20].mutual_information)
    assert any(b > a for a, b in pairwise(naive))
    assert any(x < 0 for x in naive)


def textbook(t: int) -> float:
    """I(x0;x_t) = Σ p log p/(p p), in float64 as one would write it."""
    import numpy as np

    c = chain("dense-late")
    Q = np.array([[float(x) for x in row] for row in c.step(1)])
    p0 = np.array([float(x) for x in c.data.probabilities])
    Qbar = np.eye(8)
    for _ in range(t):
        Qbar = Qbar @ Q
    table = p0[:, None] * Qbar
    return float((table * np.log2(table / (p0[:, None] * (p0 @ Qbar)))).sum())


def memory() -> None:
    """I_1 = 0 exactly, and x_1 a fair coin for heads and tails alike; then it rises at each step, to 0.196 bits."""
    steps = result("memory").steps
    assert str(steps[1].mutual_information) == "0"
    assert steps[1].mutual_information.lower == steps[1].mutual_information.upper == "0"
    assert [step.decay for step in steps[2:]] == ["violated"] * 11
    assert f"{float(steps[12].mutual_information):.3f}" == "0.196"


def bill() -> None:
    """L = NLL = H(x0) with every error exactly 0; the terms are H(x0|x_1), the losses, and I(x0;x_T)."""
    elbo, steps = result("elbo-tight").elbo, result("elbo-tight").steps
    assert elbo.reconstruction == steps[1].conditional_entropy
    assert all(step.elbo_term == step.information_loss for step in steps[2:])
    assert elbo.prior == steps[-1].mutual_information
    zeros = (elbo.gap, elbo.model_error, elbo.prior_gap)
    assert [(str(zero), zero.lower, zero.upper) for zero in zeros] == [("0", "0", "0")] * 3
    assert str(elbo.negative_elbo) == str(elbo.nll) == str(elbo.data_entropy)


CLAIMS: dict[str, Callable[[], None]] = {
    "two curves": two_curves,
    "looking back": looking_back,
    "a histogram stands still": histogram,
    "entropy turns": entropy_turns,
    "all rows alike": rows_alike,
    "two rooms": rooms,
    "the strong inequality": strong_inequality,
    "below all floats": below_floats,
    "noise that remembers": memory,
    "the bill": bill,
}


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.title)
def test_what_a_stop_claims_is_so(stop: object) -> None:
    """Each answer, and each number in its words, by the engine on the shipped scenario."""
    CLAIMS[stop.title]()  # type: ignore[attr-defined]


# what it is made of


def test_there_are_ten_stops_and_all_can_be_shown() -> None:
    """Ten; each names a shipped scenario, a time in it, a panel, a scale, a matrix, and an answer of three choices."""
    assert len(STOPS) == len({stop.title for stop in STOPS}) == 10
    for stop in STOPS:
        assert stop.answer in LETTERS
        assert len(set(stop.choices)) == 3
        for setting in (stop.before, stop.after):
            assert setting.scenario in shipped_scenarios()
            assert 0 <= setting.t <= chain(setting.scenario).T
            assert setting.panel in PANELS
            assert setting.scale in SCALES
            assert setting.matrix in MATRICES
            assert 0 <= setting.state < chain(setting.scenario).K
        assert stop.before.scenario == stop.after.scenario
    assert {stop.answer for stop in STOPS} == set(LETTERS)


@pytest.mark.parametrize("width", [58, 78, 118, 20])
def test_a_card_holds_its_words_whole(width: int) -> None:
    """Before: text, question, choices; after: verdict and reason; rows of the width, no more than the card's height."""
    for at, stop in enumerate(STOPS):
        for chosen in ("", *LETTERS):
            tour = Tour(at, chosen)
            rows = card(tour, width)
            assert {len(row) for row in rows} == {width}
            assert len(rows) <= card_height(width)
            words = " ".join(raster.text(rows).split())
            wanted = [stop.because] if chosen else [stop.words, stop.question, *stop.choices]
            if width >= 58:
                assert all(" ".join(part.split()) in words for part in wanted), (words, wanted)
            if chosen:
                assert words.startswith("✓" if chosen == stop.answer else "✗")
    assert card_height(78) <= 7


@pytest.mark.parametrize("width", [58, 78])
@pytest.mark.parametrize("brief", [False, True])
def test_a_choice_is_where_it_is_painted(width: int, brief: bool) -> None:
    """The place of each choice's words is that choice, before it is answered; after, nothing is."""
    for at, stop in enumerate(STOPS):
        lines = raster.text(card(Tour(at), width, brief)).splitlines()
        for letter, words in zip(LETTERS, stop.choices, strict=True):
            y = max(y for y, line in enumerate(lines) if f"{letter}) {words}" in line)
            x = lines[y].index(f"{letter}) {words}")
            assert choice_at(Tour(at), x, y, width, brief) == letter
            assert choice_at(Tour(at, "a"), x, y, width, brief) == ""
        assert choice_at(Tour(at), 3, 0, width, brief) == ""


def test_there_and_back_again() -> None:
    """Onward goes through all stops and ends; back goes to the question, then to the stop before; the first stays."""
    tour: Tour | None = Tour()
    seen = []
    while tour is not None:
        seen.append(tour.at)
        assert tour.setting == tour.stop.before
        tour = tour.answered("b")
        assert tour.setting == tour.stop.after
        assert tour.back() == Tour(tour.at)
        tour = tour.onward()
    assert seen == list(range(10))
    assert Tour(3).back() == Tour(2)
    assert Tour().back() == Tour()


# on the screen


async def arrived(s: Session, at: int, chosen: str) -> None:
    """The screen shows what the stop looks at."""
    tour = Tour(at, chosen)
    setting = tour.setting
    await s.until(lambda: s.app.session.tour == tour)
    await s.until(lambda: f"{setting.scenario} " in s.head() and s.app.session.run.finished is not None)
    await s.at(setting.t)
    await s.until(lambda: has_the_keys(s, setting.panel), f"{setting.panel} did not get the keys")
    view = s.app.main.view
    assert (view.scale, view.matrix, view.chosen) == (setting.scale, setting.matrix, setting.state)
    assert not s.app.session.playback.playing
    await s.until(lambda: s.card().split()[0] in ("✓", "✗") if chosen else tour.stop.question.split()[0] in s.card())


def has_the_keys(s: Session, name: str) -> bool:
    focused = s.app.screen_stack[0].focused
    return isinstance(focused, PanelWidget) and focused.panel.name == name and focused.display


def of_card(self: Session) -> str:
    return raster.text(self.app.query_one(Card).rows)


Session.card = of_card  # type: ignore[attr-defined]


@pytest.mark.slow
@few("size", [(80, 24), (120, 40), (60, 15)])
async def test_the_whole_tour_can_be_walked(size: tuple[int, int]) -> None:
    """Ten times: look, answer, see, go on. Every panel stays painted; at the end one is where one was."""
    async with session(size=size) as s:
        await s.fresh()
        await s.press("T")
        for at, stop in enumerate(STOPS):
            await arrived(s, at, "")
            answer = LETTERS[at % 3]
            await s.press(answer)
            await arrived(s, at, answer)
            assert ("✓" if answer == stop.answer else "✗") in s.card()  # type: ignore[attr-defined]
            if size != (60, 15):
                await s.rendered()
            await s.press("enter")
        await s.until(lambda: s.app.session.tour is None and not s.app.query(Card))
        await s.until(lambda: "two-state " in s.head())
        await s.at(20)
        assert (s.app.main.view.scale, s.app.main.view.matrix) == ("", "cumulative")
        await s.rendered()


async def test_the_future_is_veiled_until_one_has_answered() -> None:
    """Before: the curves end at the cursor and the ledger has no totals; stepping on shows more; the answer, all."""
    async with session() as s:
        await s.press("T")
        await arrived(s, 0, "")
        await s.until(lambda: known(s) == 1)
        await s.until(lambda: "the totals come at the end" in panel(s, "ledger"))
        await s.press("right", "right")
        await s.at(2)
        await s.until(lambda: known(s) == 3)
        await s.press("c")
        await s.until(lambda: known(s) == 65)
        await s.until(lambda: "L = −ELBO" in panel(s, "ledger"))


@pytest.mark.slow
async def test_no_bound_is_seen_before_one_has_said_how_near_it_is() -> None:
    """At the question on the strong inequality panel 6 has no I_t beside a bound; at the answer it has both."""
    async with session() as s:
        await s.press("T", *["a", "enter"] * 6)
        await arrived(s, 6, "")
        await s.until(lambda: "bound" not in panel(s, "inequality"))
        await s.press("a")
        await arrived(s, 6, "a")
        await s.until(lambda: "bound" in panel(s, "inequality"))


def known(s: Session) -> int:
    return sum(1 for y in s.app.main.view.run.numbers("entropy") if y is not None and not isnan(y))


def panel(s: Session, number: str) -> str:
    return raster.text(s.app.query_one(f"#panel-{number}", PanelWidget).rows)


@few("presses", [["a", "enter"], [], ["a"], ["a", "enter", "c", "enter", "b"], ["v", "c", "5"]])
async def test_escape_leaves_anywhere(presses: list[str]) -> None:
    """Wherever one is in the tour, escape brings back the scenario that one had, edited as it was, at its t."""
    edited = TWO_STATE.replace("steps = 64", "steps = 30").replace('"1/100000"', '"1/10"')
    async with session(Request(edited, str(SCENARIOS), "mine")) as s:
        await s.fresh()
        await s.press("v", "T", *presses, "escape")
        await s.until(lambda: not s.app.query(Card) and "mine " in s.head() and s.app.session.run.T == 30)
        await s.opened()
        await s.at(20)
        assert s.app.session.request.text == edited
        assert s.app.main.view.scale == "square root"
        assert not s.app.screen.has_class("-touring")
        assert not s.app.session.playback.playing


@few("size", [(80, 24), (120, 40)])
async def test_leaving_brings_back_what_one_was_looking_at(size: tuple[int, int]) -> None:
    """The panel in focus, and the marked chain beneath this one, are again as they were before the tour."""
    async with session(size=size) as s:
        await s.fresh()
        await s.press("m")
        edited = TWO_STATE.replace('"1/10"', '"1/4"')
        s.app.session.begin(Request(edited, str(SCENARIOS), "mine"))
        await s.opened()
        await s.press("b", "3")
        await s.until(lambda: s.app.main.view.overlay_run)
        await s.press("T", "a", "enter")
        await arrived(s, 1, "")
        assert not s.app.main.view.overlay_run
        await s.press("escape")
        await s.until(lambda: not s.app.query(Card) and "mine " in s.head())
        await s.until(lambda: s.app.main.view.overlay_run and has_the_keys(s, "marginal"))


async def test_one_can_play_during_the_tour() -> None:
    """Keys and the mouse do what they always do; a, b, c answer only while a question is open."""
    async with session() as s:
        await s.press("T")
        await arrived(s, 0, "")
        await s.press("v")
        assert s.app.main.view.scale == "square root"
        await s.press("space")
        s.clock.now += 1.26  # 64 steps take ten seconds
        await s.at(8)
        await s.press("space", "7")
        await s.until(lambda: has_the_keys(s, "trajectories"))
        await s.press("c")
        await arrived(s, 0, "c")
        await s.press("c")
        assert s.app.main.view.matrix == "step"
        await s.press("b")
        await s.until(lambda: "no chain is marked" in s.told())
        await s.press("backspace")
        await arrived(s, 0, "")
        await s.press("enter")
        assert s.app.session.tour == Tour()


async def test_what_lies_over_the_tour_has_its_own_keys() -> None:
    """In a dialogue, in the lab, escape leaves that; letters are typed there; the tour goes on after."""
    async with session() as s:
        await s.press("T", "colon")
        await s.over(GoTo)
        await s.press("a", "5", "enter")
        await s.at(5)
        assert s.app.session.tour == Tour()
        await s.press("ctrl+l")
        await s.over(Lab)
        await s.press("b", "escape")
        await s.until(lambda: len(s.app.screen_stack) == 1)
        assert s.app.session.tour == Tour()
        await s.press("f", "a")
        assert s.app.session.tour == Tour()
        await s.press("f", "a")
        await s.until(lambda: s.app.session.tour == Tour(0, "a"))


async def test_a_choice_can_be_clicked() -> None:
    """The mouse answers, too; beside the choices it does not."""
    async with session() as s:
        await s.press("T")
        await arrived(s, 0, "")
        rows = s.card().splitlines()  # type: ignore[attr-defined]
        y = next(y for y, row in enumerate(rows) if "H rises, I falls" in row)
        await s.pilot.click(Card, offset=(5, 1))
        await s.pilot.pause()
        assert s.app.session.tour == Tour()
        await s.pilot.click(Card, offset=(rows[y].index("H rises") + 1, y + 1))
        await arrived(s, 0, "c")


async def test_the_card_follows_the_size() -> None:
    """Made narrower and shorter, the card's words are still whole and the panels painted."""
    async with session() as s:
        await s.press("T")
        for size in ((80, 24), (100, 30), (60, 15), (120, 40)):
            await s.pilot.resize_terminal(*size)
            await s.until(lambda size=size: {len(row) for row in s.app.query_one(Card).rows} == {size[0] - 2})
            await s.until(lambda: "H rises, I falls" in s.card())
            await s.rendered()


def test_a_stop_knows_its_number() -> None:
    """The title counts, and a stop's values are frozen."""
    assert Tour(3).title == f"tour 4/10: {STOPS[3].title}"
    assert "ends" in Tour(9, "a").keys
    assert replace(Tour(2), chosen="a").stop is STOPS[2]
