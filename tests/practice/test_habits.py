"""Habits by name: a contract that each of them keeps."""

from __future__ import annotations

import json
from fractions import Fraction

import jsonschema
import pytest

import markovdiff as md
from markovdiff.cli import main
from markovdiff.practice.formats import ZERO
from markovdiff.practice.habits import HABITS, Habit, practices
from markovdiff.study.naive_float import MAX_K
from markovdiff.study.practised import MOST_EXACT, PracticeResult, Practised
from markovdiff.study.schema import result_schema

Streams = pytest.CaptureFixture[str]

TEXT = """
data = { probabilities = ["5/7", "1/7", "1/7"] }
noise = { steps = 3, kernel = { kind = "absorbing" }, schedule = { kind = "alpha", alphas = [0.9, 1e-3, 1e-40] } }
reverse = { prior = "mask" }
"""
"""Rare events and an infinite prior term: something for every habit to change."""

asked = pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS)


def written(habit: Habit) -> str:
    return habit.example or habit.name


def numbers(found: PracticeResult) -> list[Practised]:
    of_steps = [(step.mutual_information, step.information_loss, step.elbo_term) for step in found.steps]
    totals = [] if found.elbo is None else list(found.elbo.values())
    return [number for step in of_steps for number in step if number is not None] + totals


@asked
def test_a_habit_is_shown_in_every_form(habit: Habit, capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs, changes something, and stands in the schema's JSON, in a table of 80 columns and in the help."""
    result = md.run(md.loads(TEXT), practice=[written(habit)])
    (found,) = result.practice
    assert found.habit == written(habit)
    assert not found.changes_nothing
    record = json.loads(result.to_json())
    jsonschema.Draft202012Validator(result_schema()).validate(record)
    assert [step["t"] for step in record["practice"][0]["steps"]] == [0, 1, 2, 3]
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["run", "elbo-mask-prior", "--practice", written(habit)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(f"practice {written(habit)}: ") for line in lines)
    assert main(["run", "--help"]) == 0
    assert habit.name in "".join(capsys.readouterr().out.split())


@asked
def test_a_bias_is_the_difference(habit: Habit) -> None:
    """What the habit gives, less its bias, meets the certified bounds of the truth, wherever there is a number."""
    result = md.run(md.load("two-state").replace("noise.steps", 5), practice=[written(habit)])
    (found,) = result.practice
    assert found.elbo is not None
    truths = [(getattr(result.elbo, name), number) for name, number in found.elbo.items()]
    for step, practised in zip(result.steps, found.steps, strict=True):
        for name in ("mutual_information", "information_loss", "elbo_term"):
            assert (getattr(step, name) is None) == (getattr(practised, name) is None)
            truths.append((getattr(step, name), getattr(practised, name)))
    for truth, number in truths:
        if truth is not None:
            assert number.value[0] - number.bias[1] <= Fraction(truth.upper)
            assert number.value[1] - number.bias[0] >= Fraction(truth.lower)


@asked
def test_its_number_is_asked_for(habit: Habit) -> None:
    """One that takes a number refuses none, and one outside its range; one that takes none refuses any."""
    wrong = [f"{habit.name}=1/2"] if habit.range is None else [habit.name, *(f"{habit.name}={x}" for x in habit.range)]
    for text in wrong:
        with pytest.raises(md.InputError, match=habit.name):
            practices([text])


@asked
def test_with_itself_it_does_not_go(habit: Habit) -> None:
    """The same thing cannot be done twice."""
    with pytest.raises(md.InputError, match="do not go together"):
        practices([f"{written(habit)}+{written(habit)}"])


@pytest.mark.parametrize("text", ["fp8", "", "eps=1e-6,,fp32", "fp32+", "eps = no"])
def test_what_is_no_habit_is_refused(text: str, capsys: Streams) -> None:
    """Status 2, one message that lists what there is, and nothing on stdout."""
    assert main(["run", "two-state", "--practice", text]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert text == "eps = no" or all(written(habit) in err for habit in HABITS.values())


def test_a_misspelt_habit_is_guessed() -> None:
    """`drop_prior` is near enough."""
    with pytest.raises(md.InputError, match="did you mean drop-prior"):
        practices(["drop_prior"])


def test_what_cannot_be_practised(capsys: Streams) -> None:
    """Float runs have no truth, sequences no such formulas, and a large chain is refused with what is to be had."""
    with pytest.raises(md.InputError, match="certified"):
        md.run(md.load("two-state").with_options(arithmetic="float"), practice=["fp32"])
    with pytest.raises(md.InputError, match="sequences"):
        md.run(md.load("parity"), practice=["fp32"])
    large = md.load("two-state").replace({"data": {"family": {"kind": "uniform", "size": 64}}, "noise.steps": 16})
    assert large.T * large.K**3 > MOST_EXACT
    with pytest.raises(md.LimitError, match=r"fp64\+eps=1e-6"):
        md.run(large, practice=["eps=1e-6"])
    with pytest.raises(md.LimitError, match=f"K ≤ {MAX_K}"):
        md.run(large.replace("data.family.size", MAX_K + 1), practice=["fp32"])
    sums = md.run(large.replace("data.family.size", MAX_K + 1), practice=["drop-prior"]).practice[0]
    assert sums.steps[3].mutual_information.bias == ZERO
    assert main(["run", "two-state", "--practice", "fp32", "--format", "latex"]) == 2
    assert "text alone" in capsys.readouterr().err
