"""What every panel and the lines around them have in common: read as text, at every size."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from breadth import few
from chains import examples
from hypothesis import given
from hypothesis import strategies as st
from pictures import is_a_picture, is_a_row
from runs import NAMES, OWN, SCENARIOS, SIZES, buffer_of, drawn, messages, read_out

from tui import raster, view
from tui.messages import Answer, Message, Question, Request, SampleQuestion
from tui.panels import PANELS
from tui.run_buffer import RunBuffer
from tui.worker.study import Study

DAILY = ("two-state", "memory", "elbo-mask-prior", "infinite", "impossible", "wide", "long-name", "many-states")
"""Runs of which each is the smallest with what it shows: an infinite total, wide letters, a long name, many rows."""


@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_the_run_was_made(name: str) -> None:
    """Each of these scenarios runs: the films below are of whole runs."""
    buffer = buffer_of(name)
    assert buffer.trouble is None
    assert buffer.finished is not None
    assert len(buffer.steps) == buffer.T + 1


@pytest.mark.parametrize("number", PANELS)
@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 1.0], ids=["empty", "opened", "half", "whole"])
@few("name", [*NAMES, *OWN], DAILY[2:4])
def test_every_panel_fills_its_place_exactly(name: str, part: float, number: str) -> None:
    """A painter gives height rows of width cells of one column each, at the ends of time and in the middle."""
    buffer = RunBuffer() if part == 0 else buffer_of(name, part)
    if part == 0.001:
        buffer.take(messages(name)[0])
    for width, height in SIZES:
        for t in {0, 1, buffer.T // 2, buffer.T}:
            drawn(number, view.ViewState(buffer, t), width, height)


def test_names_beside_the_matrix_never_merge_its_rows() -> None:
    """Seven states in twelve columns: with names there would be too few left for seven."""
    drawn("matrix", view.ViewState(buffer_of("permutation"), 0, colour=False), 12, 8)


@examples(150)
@given(data=st.data())
def test_every_choice_can_be_painted(data: st.DataObject) -> None:
    """Any t, scale, matrix, state, size, with colours or without, however much has come: a picture of that size."""
    buffer = buffer_of(
        data.draw(st.sampled_from([*NAMES, *(set(OWN) - {"wide"})])), data.draw(st.sampled_from([0.2, 0.6, 1]))
    )
    K = buffer.opened.K if buffer.opened else 1
    state = view.ViewState(
        buffer,
        data.draw(st.integers(0, buffer.T)),
        scale=data.draw(st.sampled_from(view.SCALES)),
        matrix=data.draw(st.sampled_from(view.MATRICES)),
        chosen=data.draw(st.integers(0, K - 1)),
        colour=data.draw(st.booleans()),
    )
    width, height = data.draw(st.integers(1, 200)), data.draw(st.integers(1, 60))
    for number in PANELS:
        drawn(number, state, width, height)
    assert is_a_row(view.headline(state, width, "▶ 1x"), width)


@few("width", [80, 100, 120, 200], [80, 120])
@few("name", [*NAMES, "neighbours-lookalike", "elbo-counted-10000"], ["memory", "elbo-counted-10000"])
def test_the_headline_has_what_matters(name: str, width: int) -> None:
    """From 80 columns on: the whole name, t without blanks, H, I and the unit, at every t."""
    buffer = buffer_of(name)
    for t in range(buffer.T + 1):
        shown = raster.text([view.headline(view.ViewState(buffer, t), width, "▶ 1/8x ↻")])
        assert len(shown) == width
        assert name in shown
        assert f"t={t}/{buffer.T} " in shown
        assert re.search(r"H=\d\S*  I=\d\S* bits", shown), shown
        assert "▶ 1/8x ↻" in shown
        assert "proved" in shown


def test_the_headline_of_two_state() -> None:
    """Third step of 64: `t=3/64`, the entropy and the information in bits, K and T where there is room."""
    shown = raster.text([view.headline(view.ViewState(buffer_of("two-state"), 3), 120, "‖ 1x")])
    words = r" two-state  uniform · constant  K=2 T=64  t=3/64   H=0\.\d{4}  I=0\.\d{4} bits  "
    assert re.match(words + "✓ 7 checks hold, proved  ‖ 1x *$", shown), shown


def test_a_name_is_cut_only_where_there_is_no_room() -> None:
    """Thirty characters fit into 80 columns, where what the chain is gives way; at 40 the numbers come first."""
    buffer, name = buffer_of("two-state"), "a-scenario-of-thirty-letters-x"
    assert buffer.opened is not None
    buffer.opened = replace(buffer.opened, name=name)
    shown = [raster.text([view.headline(view.ViewState(buffer, 3), width, "‖ 1x")]) for width in (80, 40)]
    assert f" {name}  t=3/64   H=0.9019  I=0.3296 bits" in shown[0]
    assert " a-scenario-of-thirt…  t=3/64 " in shown[1]


def test_the_headline_before_anything_is_known() -> None:
    """Nothing has come yet: it says so."""
    assert "opening" in raster.text([view.headline(view.ViewState(RunBuffer(), 0), 80, "")])
    broken = RunBuffer(name="mine", trouble="unknown key 'foo'\n  where     data.foo")
    assert raster.text([view.headline(view.ViewState(broken, 0), 80, "")]).split() == ["mine", "✗", "not", "run"]


@pytest.mark.parametrize("number", ["information", "ledger", "inequality"])
def test_a_chain_beneath_is_shown_too(number: str) -> None:
    """Its curves, its ledger and its I_t are there, in their own colour; and gone without it."""
    for other in (None, buffer_of("two-rooms")):
        state = view.ViewState(buffer_of("two-state"), 3, overlay_run=other)
        rows = PANELS[number].draw(state, 70, 20)
        assert any(cell.style == "beneath" for row in rows for cell in row) is (other is not None)


def test_a_number_is_read_out_with_its_enclosure() -> None:
    """H(x0) of two-state at t = 0: its value, its closed form, and bounds around it."""
    shown = read_out(view.ViewState(buffer_of("two-state"), 0), view.ReadNumber("entropy", 0))
    assert shown.split()[:2] == ["H(x_0)", "0.811278124459133"]
    assert "2 − 3/4·log2(3)" in shown
    assert "∈ [0.811278124459132, 0.811278124459133]" in shown


def test_a_fraction_is_read_out_exactly_once_it_is_known() -> None:
    """≈ while the engine has not answered, = when it has, and its length where it is too long to be read."""
    state, spot = view.ViewState(buffer_of("two-state"), 1), Question("cumulative", 1, 0, 1)
    assert "q(x_1=b | x_0=a) ≈ 0.05" in read_out(state, spot)
    assert "q(x_1=b | x_0=a) = 1/20  = 0.05 " in read_out(state, spot, "1/20")
    assert "q(x_1=b | x_0=a) = 1/1000  = 0.001 " in read_out(state, spot, "1/1000")
    assert "q(x_1=b | x_0=a) = 1/21  ≈0.0476190476190476" in read_out(state, spot, "1/21")
    long = "3" * 150 + "/1" + "0" * 199
    assert "≈3.33333333333333e-50  a fraction of 150 over 200 digits" in read_out(state, spot, long)
    assert "undefined" in read_out(state, spot, "undefined")


@pytest.mark.parametrize("number", PANELS)
@few("name", [*NAMES, *OWN], DAILY[2:4])
def test_whatever_is_pointed_at_can_be_read_out(name: str, number: str) -> None:
    """Every place of every panel at every size, and the cursor of each, gives a line or nothing."""
    buffer = buffer_of(name)
    for t in (0, buffer.T):
        for matrix in view.MATRICES:
            state = view.ViewState(buffer, t, matrix=matrix)
            for width, height in ((1, 1), (28, 9), (70, 20)):
                for x in range(0, width, 7):
                    for y in range(0, height, 2):
                        spot = PANELS[number].spot(state, x, y, width, height)
                        read_out(state, spot, width=80) if spot else None
            read_out(state, PANELS[number].here(state), width=60)


def test_an_infinite_total_names_its_witness() -> None:
    """∞ is read out with where it comes from."""
    buffer = buffer_of("elbo-mask-prior")
    assert buffer.finished is not None
    assert buffer.finished["elbo"]["negative_elbo"]["value"] == "inf"
    state, spot = view.ViewState(buffer, 1), view.ReadNumber("negative_elbo", None)
    where = "(x0 = a, x_t = a) at t = 10"
    assert f"L = −ELBO ∞ because the reverse model gives 0 to what occurs: {where}" in read_out(state, spot)
    assert f"∞ because the reverse model gives 0 to {where}" in read_out(state, spot, width=80)
    assert f"∞ because p = 0 for {where}" in read_out(state, spot, width=62)


@few("name", [*NAMES, *OWN], DAILY)
def test_a_preview_fills_its_place(name: str) -> None:
    """At any size and however much of the run is there."""
    for part in (0.0, 0.1, 1.0):
        buffer = RunBuffer() if part == 0 else buffer_of(name, part)
        for width, height in SIZES:
            assert is_a_picture(view.preview(buffer, width, height), width, height)
    first = raster.text(view.preview(buffer_of(name), 120, 6)).splitlines()[0]
    assert f"K={buffer_of(name).opened.K} T={buffer_of(name).T}" in first


@pytest.mark.parametrize("kind", ["float", "ball"])
@few("name", ["two-state", "letters-masked", "dense-late", "permutation", "elbo-d3pm", "elbo-counted-100"],
     ["two-state", "permutation", "elbo-d3pm"])  # fmt: skip
def test_other_arithmetics_are_shown_too(name: str, kind: str) -> None:
    """A run in balls or float64 fills every panel, with matrices and particles from an exact walk beside it."""
    text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8") + f'\n[arithmetic]\nkind = "{kind}"\n'
    sent: list[Message] = []
    study = Study(Request(text, str(SCENARIOS), name), sent.append)
    study.perform(lambda: None)
    study.ask(Question("cumulative", 1, 0, 0))
    study.ask(SampleQuestion(0, 16))
    buffer = RunBuffer()
    for message in sent:
        buffer.take(message)
    assert buffer.trouble is None
    assert buffer.finished is not None
    assert len(buffer.steps) == buffer.T + 1
    answer = sent[-2]
    assert isinstance(answer, Answer)
    assert answer.exact not in ("unknown", "undefined")
    assert buffer.sampled is not None
    assert buffer.sampled.forward
    for t in (0, 1, buffer.T):
        for number in PANELS:
            for width, height in ((28, 9), (80, 24)):
                drawn(number, view.ViewState(buffer, t), width, height)
            read_out(view.ViewState(buffer, t), PANELS[number].here(view.ViewState(buffer, t)))
    shown = read_out(view.ViewState(buffer, 1), view.ReadNumber("mutual_information", 1))
    assert ("not certified" in shown) is (kind == "float")
    exact = buffer_of(name).value(buffer.T, "mutual_information")
    here = buffer.value(buffer.T, "mutual_information")
    assert exact is not None
    assert here is not None
    assert abs(float(exact["value"]) - float(here["value"])) <= 1e-9 * float(exact["value"])


def test_what_is_not_there_is_told_plainly() -> None:
    """No step leads into t = 0, memory has no ledger, a permutation has no β: none of it is a number."""
    state = view.ViewState(buffer_of("two-state"), 0)
    assert read_out(state, view.ReadNumber("beta", 0)).strip() == "β_0: there is no step into t = 0"
    memory = view.ViewState(buffer_of("memory"), 3)
    assert read_out(memory, view.ReadNumber("elbo_term", 3)).strip() == "term of t = 3: a process with memory has none"
    assert read_out(memory, view.ReadNumber("nll", None)).strip() == "NLL: a process with memory has none"
    assert read_out(memory, view.ReadNumber("beta", 3)).strip() == "β_3: this kernel has none"
