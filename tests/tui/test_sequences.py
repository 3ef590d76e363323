"""The screen on sequences: a symbol's law is the mean over positions, and what is of one is not said of the other."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from breadth import few
from runs import SCENARIOS, buffer_of, lines, messages

import markovdiff as md
from tui import view
from tui.glyphs import columns
from tui.messages import (
    Failed,
    Finished,
    NaiveFloatAnswer,
    NaiveFloatQuestion,
    Opened,
    Question,
    Request,
    SampleAnswer,
    SampleQuestion,
)
from tui.panel import heading
from tui.panels import PANELS, inequality
from tui.worker.study import Study

NAMES = [
    "pronouns",
    "parity",
    "onegin",
    "sonnets",
    "pair-uniform",
    *(f"bridge-{kind}" for kind in ("plug-in", "mixture")),
]


@few("name", [*NAMES, "bridge-leave-one-out"], ("pronouns", "bridge-mixture"))
def test_a_shipped_scenario_of_sequences_opens(name: str) -> None:
    """It runs to its end in the screen's worker, and its checks and totals are those of the run."""
    sent, result = messages(name), md.run(md.load(name))
    assert not any(isinstance(message, Failed) for message in sent)
    (opened,) = (message for message in sent if isinstance(message, Opened))
    (finished,) = (message for message in sent if isinstance(message, Finished))
    assert result.sequence is not None
    assert opened.length == result.sequence.length
    assert opened.states == result.sequence.symbols
    assert {**finished.record, "steps": []} == {**result.record(), "steps": []}
    steps = [step.record for step in buffer_of(name).steps]
    assert steps == result.record()["steps"]


@pytest.mark.parametrize("name", ["pronouns", "parity", "pair-uniform"])
def test_the_law_of_one_symbol_is_the_mean_over_positions(name: str) -> None:
    """Beside the joint law of the result, added up position by position in fractions."""
    buffer = buffer_of(name)
    for step in md.run(md.load(name)).steps:
        assert step.sequences is not None
        L = len(step.sequences[0])
        mean = dict.fromkeys(buffer.opened.states, Fraction(0)) if buffer.opened else {}
        for x, p in zip(step.sequences, step.marginal, strict=True):
            for symbol in x:
                mean[symbol] += Fraction(p or 0) / L
        assert tuple(buffer.steps[step.t].marginal) == tuple(map(float, mean.values()))


def test_panels_of_one_symbol_say_so() -> None:
    """In their titles, and only where the data are sequences."""
    for name, said in (("pronouns", True), ("two-state", False)):
        seen = view.ViewState(buffer_of(name), 1)
        of_one = {panel.name for panel in PANELS.values() if panel.title(seen).endswith(", one symbol")}
        assert of_one == ({"matrix", "marginal", "posterior", "trajectories"} if said else set())


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("run", ["pronouns", "two-state"])
def test_a_title_goes_into_its_border(name: str, run: str) -> None:
    """On a screen of 60 columns too, where a border has 24 for its words, and of sequences: whole, if need be brief."""
    for t, scale, matrix in product((1, 2), view.SCALES, view.MATRICES):
        state = view.ViewState(buffer_of(run), t, scale=scale, matrix=matrix)
        assert columns(heading(PANELS[name], state, 24)) <= 24
        assert heading(PANELS[name], state, 99) == f"{PANELS[name].key} {PANELS[name].title(state)}"


def test_the_bound_is_formed_by_the_product() -> None:
    """The η that stands beside the bound is the product kernel's: 15/16 where the token's is 3/4."""
    assert any("η(⊗Q) 15/16" in line for line in lines("inequality", "pronouns", 1, 60, 8))
    seen = view.ViewState(buffer_of("pronouns"), 1)
    assert inequality.spot(seen, 2, 4, 60, 8) == view.ReadNumber("dobrushin_product", 1)
    bound, before = (buffer_of("pronouns").value(t, key) for t, key in ((1, "sdpi_bound"), (0, "mutual_information")))
    assert bound is not None
    assert before is not None
    assert Fraction(bound["closed_form"]) == Fraction("15/16") * Fraction(before["closed_form"])


def test_the_distance_of_sequences_does_not_stand_beside_the_law_of_one_symbol() -> None:
    """TV(p_t, π) of the result is that of x_t as a whole."""
    assert "TV" not in lines("marginal", "pronouns", 1, 60, 8)[0]
    assert "TV" in lines("marginal", "two-state", 1, 60, 8)[0]


def test_what_is_of_one_symbol_alone_is_refused_in_words() -> None:
    """No float64 beside sequences, and no particles of a reverse model; the forward ones are of one symbol."""
    sent: list[object] = []
    text = (SCENARIOS / "pronouns.toml").read_text(encoding="utf-8")
    study = Study(Request(text, ".", "pronouns"), sent.append)
    study.perform(lambda: None)
    for asked in (NaiveFloatQuestion(), SampleQuestion(0, 8), Question("cumulative", 1, 0, 4)):
        study.ask(asked)
    shadowed, sampled, answer = sent[-3:]
    assert isinstance(shadowed, NaiveFloatAnswer)
    assert shadowed.words == "this speaks of one symbol, not of sequences"
    assert isinstance(sampled, SampleAnswer)
    assert sampled.reverse is None
    assert "whole sequences" in sampled.words
    assert len(sampled.forward) == 4 * 8 * 5
    assert getattr(answer, "exact", "") == "1/4"
