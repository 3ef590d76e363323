"""What the panels show: read as text, at every size, of runs made in this process without a screen."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import is_a_picture, is_a_row

from tui import raster, view
from tui.messages import Answer, Message, Question, Request, Sample, Shadow, Shadowed
from tui.panels import PANELS, inequality, information
from tui.run_buffer import RunBuffer
from tui.view import reading
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SIZES = [(1, 1), (1, 60), (200, 1), (2, 2), (3, 3), (5, 9), (20, 6), (39, 5), (58, 14), (80, 24), (120, 40), (200, 60)]
JUMP = 'noise = { steps = 2, kernel = { kind = "%s" }, schedule = { kind = "jump" } }\n'

OWN = {
    "one-state": "data = { weights = [1] }\n" + JUMP % "uniform",
    "many-states": f"data = {{ weights = {[1] * 70} }}\n" + JUMP % "uniform",
    "no-loss": "data = { weights = [1, 0, 2] }\n" + JUMP % "absorbing",
    "infinite": "data = { weights = [1, 2, 3] }\n" + JUMP % "absorbing" + '[reverse]\nprior = "uniform"\n',
    "impossible": "data = { weights = [1, 0] }\n"
    'noise = { steps = 1, kernel = { kind = "per-step", steps_rows = [[[1, 0], [0, 1]]] } }\n',
    "wide": 'title = "日本語 e\\u0301 \\t 👩‍👩‍👧 done"\n'
    'data = { states = ["日", "e\\u0301", "👩‍👩‍👧"], weights = [1, 2, 3] }\n' + JUMP % "uniform",
    "long-name": f'title = "{"long " * 60}"\ndata = {{ states = ["{"a" * 90}", "b"], weights = [1, 2] }}\n'
    + JUMP % "uniform",
}
NAMES = ["two-state", "memory", "letters-masked", "permutation", "dense-late", "elbo-mask-prior", "two-rooms"]


@cache
def messages(name: str) -> tuple[Message, ...]:
    """What the engine's process would send of a scenario, without the process."""
    text = OWN[name] if name in OWN else (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    sent: list[Message] = []
    Study(Request(text, str(SCENARIOS), name), sent.append).perform(lambda: None)
    return tuple(sent)


def film_of(name: str, part: float = 1.0) -> RunBuffer:
    """A film as far as this part of its messages."""
    film, sent = RunBuffer(), messages(name)
    for message in sent[: round(part * len(sent))]:
        film.take(message)
    return film


def drawn(number: str, scene: view.ViewState, width: int, height: int) -> str:
    """The text of a panel, its form checked: height rows of width columns."""
    rows = PANELS[number].draw(scene, width, height)
    assert is_a_picture(rows, width, height), (number, width, height)
    return raster.text(rows)


def lines(number: str, name: str, t: int, width: int = 80, height: int = 24) -> list[str]:
    return drawn(number, view.ViewState(film_of(name), t), width, height).splitlines()


# the form of a picture


@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_the_run_was_made(name: str) -> None:
    """Each of these scenarios runs: the films below are of whole runs."""
    film = film_of(name)
    assert film.trouble is None
    assert film.finished is not None
    assert len(film.steps) == film.T + 1


@pytest.mark.parametrize("number", PANELS)
@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 1.0], ids=["empty", "opened", "half", "whole"])
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_every_panel_fills_its_place_exactly(name: str, part: float, number: str) -> None:
    """A painter gives height rows of width cells of one column each, at the ends of time and in the middle."""
    film = RunBuffer() if part == 0 else film_of(name, part)
    if part == 0.001:
        film.take(messages(name)[0])
    for width, height in SIZES:
        for t in {0, 1, film.T // 2, film.T}:
            drawn(number, view.ViewState(film, t), width, height)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_choice_can_be_painted(data: st.DataObject) -> None:
    """Any t, scale, matrix, state, size, with colours or without, however much has come: a picture of that size."""
    film = film_of(
        data.draw(st.sampled_from([*NAMES, *(set(OWN) - {"wide"})])), data.draw(st.sampled_from([0.2, 0.6, 1]))
    )
    K = film.opened.K if film.opened else 1
    scene = view.ViewState(
        film,
        data.draw(st.integers(0, film.T)),
        scale=data.draw(st.sampled_from(view.SCALES)),
        matrix=data.draw(st.sampled_from(view.MATRICES)),
        chosen=data.draw(st.integers(0, K - 1)),
        colour=data.draw(st.booleans()),
    )
    width, height = data.draw(st.integers(1, 200)), data.draw(st.integers(1, 60))
    for number in PANELS:
        drawn(number, scene, width, height)
    assert is_a_row(view.headline(scene, width, "▶ 1x"), width)


@pytest.mark.parametrize("scale", view.SCALES)
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_every_scale_draws_every_run(name: str, scale: str) -> None:
    """The curves have a picture on every scale, also where everything is 0."""
    film = film_of(name)
    for width, height in SIZES:
        drawn("information", view.ViewState(film, film.T // 2, scale=scale), width, height)


@pytest.mark.parametrize("matrix", view.MATRICES)
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_every_matrix_and_state_has_a_picture(name: str, matrix: str) -> None:
    """Every matrix and posterior, for each state of x_t, at the first, second and last times."""
    film = film_of(name)
    assert film.opened is not None
    for t in (0, 1, film.T):
        for chosen in range(0, film.opened.K, 5):
            for colour in (True, False):
                scene = view.ViewState(film, t, matrix=matrix, chosen=chosen, colour=colour)
                drawn("matrix", scene, 33, 9)
                drawn("posterior", scene, 60, 9)


# the headline


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("name", [*NAMES, "neighbours-lookalike", "elbo-counted-10000"])
def test_the_headline_has_what_matters(name: str, width: int) -> None:
    """From 80 columns on: the whole name, t without blanks, H, I and the unit, at every t."""
    film = film_of(name)
    for t in range(film.T + 1):
        shown = raster.text([view.headline(view.ViewState(film, t), width, "▶ 1/8x ↻")])
        assert len(shown) == width
        assert name in shown
        assert f"t={t}/{film.T} " in shown
        assert re.search(r"H=\d\S*  I=\d\S* bits", shown), shown
        assert "▶ 1/8x ↻" in shown


def test_the_headline_of_two_state() -> None:
    """Third step of 64: `t=3/64`, the entropy and the information in bits, K and T where there is room."""
    shown = raster.text([view.headline(view.ViewState(film_of("two-state"), 3), 120, "‖ 1x")])
    words = r" two-state  uniform · constant  K=2 T=64  t=3/64   H=0\.\d{4}  I=0\.\d{4} bits  ✓ 7 checks hold  ‖ 1x *$"
    assert re.match(words, shown), shown


def test_a_name_is_cut_only_where_there_is_no_room() -> None:
    """Thirty characters fit into 80 columns, where what the chain is gives way; at 40 the numbers come first."""
    film, name = film_of("two-state"), "a-scenario-of-thirty-letters-x"
    assert film.opened is not None
    film.opened = replace(film.opened, name=name)
    shown = [raster.text([view.headline(view.ViewState(film, 3), width, "‖ 1x")]) for width in (80, 40)]
    assert f" {name}  t=3/64   H=0.9019  I=0.3296 bits" in shown[0]
    assert " a-scenario-of-thirt…  t=3/64 " in shown[1]


def test_the_headline_before_anything_is_known() -> None:
    """Nothing has come yet: it says so."""
    assert "opening" in raster.text([view.headline(view.ViewState(RunBuffer(), 0), 80, "")])
    broken = RunBuffer(trouble="unknown key 'foo'\n  where     data.foo")
    assert raster.text([view.headline(view.ViewState(broken, 0), 80, "")]).startswith(" ✗ unknown key 'foo'   e edit")


# the panels


@pytest.mark.parametrize(
    ("name", "word"),
    [("two-state", "strict"), ("permutation", "equal"), ("memory", "violated"), ("mask-hump", "strict")],
)
def test_the_inequality_says_its_verdict(name: str, word: str) -> None:
    """At every step the panel has the engine's own verdict in words; and this word somewhere in the run."""
    film, words = film_of(name), set()
    for t in range(1, film.T + 1):
        step = film.at(t)
        assert step is not None
        verdict = step.record["decay"]
        assert f" {inequality.MARKS[verdict]} {verdict} " in lines("inequality", name, t, 60, 8)[0]
        words.add(verdict)
    assert word in words


def test_the_inequality_begins_with_nothing() -> None:
    """At t = 0 no step has been made."""
    assert "t = 0: nothing is lost yet" in lines("inequality", "two-state", 0)[0]


def test_the_strip_has_the_verdict_of_each_step() -> None:
    """With a column to a step, the strip under the panel is the verdicts' marks in order."""
    film = film_of("memory")
    wanted = "·" + "".join(inequality.MARKS[s.record["decay"]] for s in film.steps[1:])
    strip = drawn("inequality", view.ViewState(film, 5), 15, 8).splitlines()[-1]
    assert strip == f" {wanted} "


def amounts(name: str, t: int) -> dict[str, Decimal]:
    """The ledger's lines as they are shown."""
    found = [re.match(r" (.*?) +(-?\d\S*)\s*$", row) for row in lines("ledger", name, t, 40, 24)]
    return {m[1].strip(): Decimal(m[2]) for m in found if m}


def last_digit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(exponent)


@pytest.mark.parametrize(
    "name", ["two-state", "letters-masked", "two-rooms", "elbo-tight", "elbo-wrong-belief", "elbo-d3pm", "jump-uniform"]
)
def test_the_ledger_adds_up_as_it_is_shown(name: str) -> None:
    """Reconstruction + denoising + prior is L, and so is H(x0) + model error + prior gap, but for last digits."""
    shown = amounts(name, 2)
    (L,) = [number for words, number in shown.items() if words.startswith("L = −ELBO")]
    for parts in (["reconstruction", "denoising", "prior matching"], ["= H(x0)", "+ model error", "+ prior gap"]):
        numbers = [shown[part] for part in parts]
        assert abs(sum(numbers) - L) <= sum(map(last_digit, [*numbers, L])), (parts, shown)


def test_an_infinite_ledger_says_so() -> None:
    """Where L is infinite the panel has ∞, and what is not defined is called undefined."""
    found = [name for name in [*NAMES, *OWN] if "∞" in "".join(lines("ledger", name, 1))]
    assert "elbo-mask-prior" in found or "infinite" in found


def test_a_process_with_memory_has_no_ledger() -> None:
    """Its panel says that and nothing else."""
    shown = lines("ledger", "memory", 3)
    assert shown[0].strip() == "a process with memory has no ledger"
    assert not "".join(shown[1:]).strip()


def test_totals_come_at_the_end() -> None:
    """While the run goes on, the ledger has this step's lines and says that the totals come."""
    film = film_of("two-state", 0.5)
    shown = drawn("ledger", view.ViewState(film, 3), 50, 12)
    assert "term of t = 3" in shown
    assert "totals come at the end" in shown


def test_a_logarithmic_scale_reaches_far() -> None:
    """dense-late loses its information below 1e-200: the axis goes down there, and the curve has no gap."""
    film = film_of("dense-late")
    shown = drawn("information", view.ViewState(film, film.T, scale="logarithmic"), 120, 40)
    exponents = [int(e) for e in re.findall(r"1e(-?\d+)", shown)]
    assert min(exponents) <= -200
    assert max(exponents) >= 0
    points = film.logarithms("mutual_information")
    assert None not in points
    assert points[-1] is not None
    assert points[-1] < -190


def test_the_curves_have_their_names() -> None:
    """The legend names the four curves."""
    first = lines("information", "two-state", 3, 100)[0]
    assert all(words in first for words in ("I(x0;x_t)", "H(x_t)", "H(x0|x_t)", "bound"))


def test_no_step_matrix_at_zero() -> None:
    """At t = 0 there has been no step: the panel says so instead of a picture."""
    for matrix in ("step", "reverse"):
        shown = drawn("matrix", view.ViewState(film_of("two-state"), 0, matrix=matrix), 40, 9)
        assert "no such matrix at t = 0" in shown


def test_a_chain_too_large_for_pictures_says_so() -> None:
    """With K > 64 no matrix is sent, and the panels of matrices say so at every t."""
    film = film_of("many-states")
    for t in range(film.T + 1):
        assert "not kept for this chain" in drawn("matrix", view.ViewState(film, t), 40, 9)
        assert "K up to 1,024" in drawn("posterior", view.ViewState(film, t), 40, 9)


def test_a_memory_process_has_no_step_matrix() -> None:
    """Q_t alone does not exist where noise remembers x0: at t = 1 the reason is not t = 0."""
    shown = drawn("matrix", view.ViewState(film_of("memory"), 1, matrix="step"), 60, 9)
    assert "t = 0" not in shown
    assert shown.strip()


def test_the_posterior_is_a_distribution() -> None:
    """The shares of x0 given x_t that are shown add up to 1, and so do those of x_(t-1)."""
    film = film_of("two-rooms")
    assert film.opened is not None
    rows = drawn("posterior", view.ViewState(film, 5, chosen=2), 60, 20).splitlines()
    assert f"given x_5 = {film.opened.states[2]}" in rows[0]
    found = [re.findall(r"\d\.\d{3}", row) for row in rows[2 : 2 + film.opened.K]]
    for column in zip(*found, strict=True):
        assert abs(sum(map(float, column)) - 1) < 0.0006 * film.opened.K


def test_an_impossible_state_has_no_posterior() -> None:
    """Where x_t cannot occur, the posterior is undefined, and the panel says that."""
    assert "undefined" in drawn("posterior", view.ViewState(film_of("impossible"), 1, chosen=1), 60, 9)


def test_the_marginal_names_states() -> None:
    """Under the bars stand the states; above, the distance to the prior."""
    rows = lines("marginal", "two-state", 3, 40, 12)
    assert rows[-1].split() == ["a", "b"]
    assert "TV" in rows[0]


def test_the_chain_says_what_it_is() -> None:
    """Kernel, schedule, β_t exactly, the states, and what each check observed."""
    shown = drawn("chain", view.ViewState(film_of("two-state"), 3), 80, 24)
    for words in ("Two-state symmetric channel", "uniform", "constant", "1/10", "729/1000", "a b", "✓ mi-decay"):
        assert words in shown


def test_a_beta_of_zero_is_not_none() -> None:
    """β_t = 0 and ᾱ_t = 0 are numbers: the chain's panel shows 0."""
    film = film_of("no-loss")
    step = film.at(film.T)
    assert step is not None
    assert step.record["alpha_bar"] == "0"
    rows = drawn("chain", view.ViewState(film, film.T), 80, 12).splitlines()
    assert rows[4].split() == ["ᾱ_t", "0"]


def test_a_click_finds_the_time_it_points_at() -> None:
    """The column where the cursor is painted, clicked, gives a t that is painted in that column again."""
    film = film_of("two-state")
    for scale in view.SCALES:
        for t in range(film.T + 1):
            row = PANELS["information"].draw(view.ViewState(film, t, scale=scale), 70, 20)[1]
            (x,) = [x for x, cell in enumerate(row) if cell.back == "cursor"]
            again = information.time_under(view.ViewState(film, t, scale=scale), x, 70, 20)
            assert again is not None
            row = PANELS["information"].draw(view.ViewState(film, again, scale=scale), 70, 20)[1]
            assert row[x].back == "cursor", (scale, t)


# one chain beneath another


@pytest.mark.parametrize("number", ["information", "ledger", "inequality"])
def test_a_chain_beneath_is_shown_too(number: str) -> None:
    """Its curves, its ledger and its I_t are there, in their own colour; and gone without it."""
    for other in (None, film_of("two-rooms")):
        scene = view.ViewState(film_of("two-state"), 3, overlay_run=other)
        rows = PANELS[number].draw(scene, 70, 20)
        assert any(cell.style == "beneath" for row in rows for cell in row) is (other is not None)


@pytest.mark.parametrize("width", [28, 31, 34, 37, 44, 70])
def test_the_number_of_a_chain_beneath_is_rounded_and_not_cut(width: int) -> None:
    """Whatever the width, what stands beside I_t is I_t of the other chain to the digits it has, or nothing."""
    other = film_of("two-rooms")
    for t in (1, 5, 12, 16):
        truth = Fraction(str(other.value(t, "mutual_information")["value"]))
        rows = PANELS["inequality"].draw(view.ViewState(film_of("two-state"), t, overlay_run=other), width, 8)
        shown = "".join(cell.char for cell in rows[2] if cell.style == "beneath").replace("beneath", "").strip()
        digits = len(shown.partition(".")[2])
        assert not shown or (digits >= 2 and abs(Fraction(shown) - truth) <= Fraction(1, 2 * 10**digits))


def test_both_ledgers_stand_side_by_side() -> None:
    """The marked chain's totals are those of its own ledger."""
    this, other = film_of("two-state"), film_of("two-rooms")
    shown = drawn("ledger", view.ViewState(this, 3, overlay_run=other), 60, 24).splitlines()
    alone = drawn("ledger", view.ViewState(other, 3), 60, 24).splitlines()
    (both,) = [row.split() for row in shown if "L = −ELBO" in row]
    (own,) = [row.split() for row in alone if "L = −ELBO" in row]
    assert both[-1] == own[-1] != both[-2]


# what is read out


def read_out(scene: view.ViewState, spot: view.Readable, answer: str | None = None, width: int = 120) -> str:
    row = reading.paint(scene, spot, answer, width)
    assert is_a_row(row, width)
    return raster.text([row])


def test_a_number_is_read_out_with_its_enclosure() -> None:
    """H(x0) of two-state at t = 0: its value, its closed form, and bounds around it."""
    shown = read_out(view.ViewState(film_of("two-state"), 0), view.Number("entropy", 0))
    assert shown.split()[:2] == ["H(x_0)", "0.811278124459133"]
    assert "2 − 3/4·log2(3)" in shown
    assert "∈ [0.811278124459132, 0.811278124459133]" in shown


def test_a_fraction_is_read_out_exactly_once_it_is_known() -> None:
    """≈ while the engine has not answered, = when it has, and its length where it is too long to be read."""
    scene, spot = view.ViewState(film_of("two-state"), 1), Question("cumulative", 1, 0, 1)
    assert "q(x_1=b | x_0=a) ≈ 0.05" in read_out(scene, spot)
    assert "q(x_1=b | x_0=a) = 1/20  ≈0.0500000000000000" in read_out(scene, spot, "1/20")
    long = "3" * 150 + "/1" + "0" * 199
    assert "≈3.33333333333333e-50  a fraction of 150 over 200 digits" in read_out(scene, spot, long)
    assert "undefined" in read_out(scene, spot, "undefined")


@pytest.mark.parametrize("number", PANELS)
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_whatever_is_pointed_at_can_be_read_out(name: str, number: str) -> None:
    """Every place of every panel at every size, and the cursor of each, gives a line or nothing."""
    film = film_of(name)
    for t in (0, film.T):
        for matrix in view.MATRICES:
            scene = view.ViewState(film, t, matrix=matrix)
            for width, height in ((1, 1), (28, 9), (70, 20)):
                for x in range(0, width, 7):
                    for y in range(0, height, 2):
                        spot = PANELS[number].spot(scene, x, y, width, height)
                        read_out(scene, spot, width=80) if spot else None
            read_out(scene, PANELS[number].here(scene), width=60)


def test_an_infinite_total_names_its_witness() -> None:
    """∞ is read out with where it comes from."""
    film = film_of("elbo-mask-prior")
    assert film.finished is not None
    assert film.finished["elbo"]["negative_elbo"]["value"] == "inf"
    shown = read_out(view.ViewState(film, 1), view.Number("negative_elbo", None))
    assert "∞ t = 10, x0 = a, x_t = a" in shown


@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_a_preview_fills_its_place(name: str) -> None:
    """At any size and however much of the run is there."""
    for part in (0.0, 0.1, 1.0):
        film = RunBuffer() if part == 0 else film_of(name, part)
        for width, height in SIZES:
            assert is_a_picture(view.preview(film, width, height), width, height)
    first = raster.text(view.preview(film_of(name), 120, 6)).splitlines()[0]
    assert f"K={film_of(name).opened.K} T={film_of(name).T}" in first


@pytest.mark.parametrize("kind", ["float", "ball"])
@pytest.mark.parametrize(
    "name", ["two-state", "letters-masked", "dense-late", "permutation", "elbo-d3pm", "elbo-counted-100"]
)
def test_other_arithmetics_are_shown_too(name: str, kind: str) -> None:
    """A run in balls or float64 fills every panel, with matrices and particles from an exact walk beside it."""
    text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8") + f'\n[arithmetic]\nkind = "{kind}"\n'
    sent: list[Message] = []
    study = Study(Request(text, str(SCENARIOS), name), sent.append)
    study.perform(lambda: None)
    study.ask(Question("cumulative", 1, 0, 0))
    study.ask(Sample(0, 16))
    film = RunBuffer()
    for message in sent:
        film.take(message)
    assert film.trouble is None
    assert film.finished is not None
    assert len(film.steps) == film.T + 1
    answer = sent[-2]
    assert isinstance(answer, Answer)
    assert answer.exact not in ("unknown", "undefined")
    assert film.sampled is not None
    assert film.sampled.forward
    for t in (0, 1, film.T):
        for number in PANELS:
            for width, height in ((28, 9), (80, 24)):
                drawn(number, view.ViewState(film, t), width, height)
            read_out(view.ViewState(film, t), PANELS[number].here(view.ViewState(film, t)))
    shown = read_out(view.ViewState(film, 1), view.Number("mutual_information", 1))
    assert ("not certified" in shown) is (kind == "float")
    exact = film_of(name).value(film.T, "mutual_information")
    here = film.value(film.T, "mutual_information")
    assert exact is not None
    assert here is not None
    assert abs(float(exact["value"]) - float(here["value"])) <= 1e-9 * float(exact["value"])


# float64 beside


@cache
def shaded(name: str, kind: str = "exact") -> RunBuffer:
    """A whole film with what float64 has beside it."""
    text = OWN[name] if name in OWN else (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    sent: list[Message] = []
    study = Study(Request(f'{text}\n[arithmetic]\nkind = "{kind}"\n', str(SCENARIOS), name), sent.append)
    study.perform(lambda: None)
    study.ask(Shadow())
    film = RunBuffer()
    for message in sent:
        film.take(message)
    return film


@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_float64_can_be_laid_beside_every_run(name: str) -> None:
    """With or without a shadow, at any size, scale and t, panel 1 fills its place and can be pointed at."""
    film = shaded(name)
    assert len(film.float_errors) == film.T + 1
    for scale in view.SCALES:
        for t in (0, film.T):
            scene = view.ViewState(film, t, scale=scale, shadow=True)
            for width, height in SIZES:
                drawn("information", scene, width, height)
                if spot := information.spot(scene, width - 1, height // 2, width, height):
                    read_out(scene, spot, width=40)
            for width in (20, 60, 80, 120):
                read_out(scene, information.here(scene), width=width)


def test_float64_stays_where_the_truth_falls() -> None:
    """On a logarithmic scale of dense-late the last column has two curves, float64's far above the certified one."""
    film = shaded("dense-late")
    rows = PANELS["information"].draw(view.ViewState(film, 0, scale="logarithmic", shadow=True), 120, 40)
    ends = {cell.style: y for y, row in enumerate(rows[1:-1]) for cell in row[-6:] if "\u2800" < cell.char <= "\u28ff"}
    assert set(ends) == {"dim", "series-2"}
    assert ends["dim"] == 2  # 5e-17, 17 of 257 decades down 38 rows
    assert ends["series-2"] == 37
    legend = raster.text(rows[:1])
    assert "float64" in legend
    assert "H(x_t)" not in legend


def test_the_foot_has_a_mark_for_each_slip() -> None:
    """Where there is a column for every t, the strip at the foot is the shade's own marks, t by t."""
    film = shaded("dense-late")
    row = raster.text(PANELS["information"].draw(view.ViewState(film, 0, shadow=True), 2 * 257, 20)[-1:])
    strip = row[row.index("64") + 3 :]
    slips = [strip[raster.column_of(t, 256, len(strip))] for t in range(257)]
    for shade, slip in zip(film.float_errors, slips, strict=True):
        kind = "negative" if shade["negative"] else {"↑": "false_rise", "=": "stands_still", "·": None}[slip]
        assert kind is None or shade[kind]
        assert (slip == "−") == shade["negative"]
    assert {"−", "↑", "=", "·"} == set(slips)
    both = {"negative": True, "false_rise": True, "stands_still": False}
    assert information._slip(both) == "−"


def test_both_numbers_are_read_out() -> None:
    """At t = 256 of dense-late the line has the certified value, float64's, its error, and that it is stuck."""
    film = shaded("dense-late")
    shown = read_out(view.ViewState(film, 256, shadow=True), view.Number("mutual_information", 256))
    value = film.value(256, "mutual_information")
    assert value is not None
    assert value["value"] in shown
    shade = film.float_error(256)
    assert shade is not None
    assert f"float64 {float(shade['mutual_information']):.6g}, error ≤ {shade['relative_error']['upper']}" in shown
    assert "stuck" in shown
    assert value["value"] in read_out(
        view.ViewState(film, 256, shadow=True), information.here(view.ViewState(film, 256)), width=44
    )
    for spot in (view.Number("entropy", 256), view.Number("mutual_information", 256)):
        assert "float64" not in read_out(view.ViewState(film, 256), spot)
    assert "float64" not in read_out(view.ViewState(film, 256, shadow=True), view.Number("entropy", 256))


def test_a_float_run_has_no_shadow() -> None:
    """Beside numbers that are not certified there is none; it is said why, and the panel is as it was."""
    film = shaded("two-state", "float")
    assert isinstance(film.shadowed, Shadowed)
    assert "certified" in film.shadowed.words
    assert drawn("information", view.ViewState(film, 3, shadow=True), 80, 20) == drawn(
        "information", view.ViewState(film, 3), 80, 20
    )
    assert len(shaded("two-state", "ball").float_errors) == 65


def test_while_it_is_not_there_the_legend_waits() -> None:
    """Asked for and not yet come: the legend has dots, and nothing else has changed place."""
    film = film_of("two-state")
    rows, before = (
        drawn("information", view.ViewState(film, 3, shadow=True), 100, 20),
        drawn("information", view.ViewState(film, 3), 100, 20),
    )
    assert "float64 …" in rows.splitlines()[0]
    assert rows.splitlines()[1:] == before.splitlines()[1:]
