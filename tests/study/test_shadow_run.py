"""A run with its float shadow: errors that are enclosed, marks that are deserved, and the forms they are written in."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from itertools import pairwise
from math import inf, isfinite, nan
from pathlib import Path

import jsonschema
import pytest
from breadth import few
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.audit.command import audit
from markovdiff.cli import main
from markovdiff.study.naive_float import MAX_K, FloatError, NaiveFloat, relative_error, rounded, scientific
from markovdiff.study.result import Step
from markovdiff.study.schema import result_schema
from markovdiff.study.summary import RIGHT, Summary

LARGE = """data = { family = { kind = "uniform", size = %d } }
noise = { steps = 1, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }
"""
Streams = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def late() -> md.Result:
    """The scenario that is far below the reach of float64."""
    return md.run(md.load("dense-late"), shadow=True)


@pytest.fixture(scope="module")
def finer() -> md.Result:
    """The same to forty digits, by which the errors at fifteen are judged."""
    return md.run(md.load("dense-late").with_options(digits=40))


def shadow_of(step: Step) -> FloatError:
    assert step.shadow is not None
    return step.shadow


def value(step: Step) -> float:
    found = shadow_of(step).value
    assert found is not None
    return found


def ends(truth: Enclosed) -> tuple[Fraction, Fraction]:
    assert truth.lower is not None
    assert truth.upper is not None
    return Fraction(truth.lower), Fraction(truth.upper)


# the error


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(1, 10**15),
    st.integers(0, 1000),
    st.integers(0, 400),
    st.fractions(0, 1),
)
def test_the_error_is_enclosed_whatever_the_truth(v: float, m: int, width: int, size: int, share: Fraction) -> None:
    """For each I between the bounds |v − I| / I lies in the interval, also in the one rounded to two digits."""
    bounds = Enclosed("", f"{m}e-{size}", f"{m + width}e-{size}")
    low, high = ends(bounds)
    truth = low + share * (high - low)
    found = relative_error(v, bounds)
    assert found is not None
    assert found[0] <= abs(Fraction(v) - truth) / truth <= found[1]
    outer = [Fraction(scientific(x)) for x in rounded(found)]
    assert outer[0] <= found[0] <= found[1] <= outer[1]
    assert all(abs(x - y) <= y / 9 for x, y in zip(outer, found, strict=True))


def test_the_error_of_nothing() -> None:
    """Where I is exactly 0 the error is 0 if float64 says 0 too, and not to be had otherwise; so without bounds."""
    nothing = Enclosed("0", "0", "0", "0")
    assert relative_error(0.0, nothing) == (0, 0)
    assert relative_error(1e-17, nothing) is None
    assert relative_error(1.0, Enclosed("undefined", witness={"t": 1})) is None


def test_errors_hold_at_forty_digits(late: md.Result, finer: md.Result) -> None:
    """The error that fifteen digits enclose has the one of forty digits in it, at every t of dense-late."""
    for step, finely in zip(late.steps, finer.steps, strict=True):
        error = shadow_of(step).error
        assert error is not None
        for truth in ends(finely.mutual_information):
            assert error[0] <= abs(Fraction(value(step)) - truth) / truth <= error[1]


# the marks


def test_dense_late_is_what_float64_cannot_do(late: md.Result) -> None:
    """On dense-late float64 rises, turns negative and gets stuck, and at the end is 1e238 times the truth off it."""
    counts = Summary.of(late.steps)
    assert min(counts.rises, counts.negatives, counts.still) > 0
    assert counts.something == 0
    assert counts.worst is not None
    t, (low, high) = counts.worst
    assert t == 256
    assert 10**238 < low <= high < 10**240


def test_marks_are_what_the_numbers_show(late: md.Result) -> None:
    """A rise is a larger float after a smaller, standing still the same again, negative below 0; all are counted."""
    assert {step.decay for step in late.steps[1:]} == {"strict"}
    for before, step in pairwise(late.steps):
        assert shadow_of(step).false_rise == (value(step) > value(before))
        assert shadow_of(step).stands_still == (value(step) == value(before))
        assert shadow_of(step).negative == (value(step) < 0)
    counts = Summary.of(late.steps)
    falls = sum(value(b) < value(a) for a, b in pairwise(late.steps))
    assert counts.rises + counts.still + falls == 256
    assert counts.negatives == sum(value(step) < 0 for step in late.steps)


def test_three_digits_are_right_until_they_are_not(late: md.Result) -> None:
    """Up to the t that is told every error is below 1/2000, and at the next one it is not."""
    last = Summary.of(late.steps).sound_until
    assert last is not None
    errors = [shadow_of(step).error for step in late.steps]
    assert all(error is not None and error[1] < RIGHT for error in errors[: last + 1])
    after = errors[last + 1]
    assert after is not None
    assert after[1] >= RIGHT


def test_each_mark_by_itself() -> None:
    """Chosen floats beside chosen verdicts: 0 is not negative, and after what is no number nothing moves."""
    cases = [
        (1.0, None, ""),
        (0.0, "strict", ""),
        (0.0, "strict", "stands_still"),
        (0.0, "equal", ""),
        (1e-17, "equal", "false_rise"),
        (2e-17, "undecided", ""),
        (3e-17, "strict", "false_rise"),
        (-1e-17, "strict", "negative"),
        (inf, "strict", ""),
        (0.5, "strict", ""),
        (nan, "strict", ""),
    ]
    shadow = NaiveFloat(md.load("two-state").chain(), "bits")
    shadow.values = iter([value for value, _, _ in cases])
    for value, decay, mark in cases:
        found = shadow.compared_with(Enclosed("1", "1", "1", "1"), decay)
        assert found.value == (value if isfinite(value) else None)
        assert [name for name in ("false_rise", "stands_still", "negative") if getattr(found, name)] == mark.split()


def test_a_true_rise_is_not_called_false() -> None:
    """The process with memory does learn of x0 again; float64 shows that rise too, and nothing is held against it."""
    steps = md.run(md.load("memory"), shadow=True).steps
    rising = [step for before, step in pairwise(steps) if value(step) > value(before)]
    assert {step.decay for step in rising} == {"violated"}
    assert not any(shadow_of(step).false_rise for step in steps)


def test_a_permutation_is_exact_in_kind() -> None:
    """Where nothing is lost, float64 that stays the same is right to: it is not standing still."""
    steps = md.run(md.load("permutation"), shadow=True).steps
    assert {step.decay for step in steps[1:]} == {"equal"}
    assert not any(shadow_of(step).stands_still or shadow_of(step).negative for step in steps)


@pytest.mark.slow
def test_balls_are_as_good_a_truth(late: md.Result) -> None:
    """Beside a ball run the same floats stand, with the same marks, and errors that overlap with those of the exact."""
    balls = md.run(md.load("dense-late").with_options(arithmetic="ball"), shadow=True)
    for one, other in zip(late.steps, balls.steps, strict=True):
        a, b = shadow_of(one), shadow_of(other)
        assert (a.value, a.false_rise, a.stands_still, a.negative) == (
            b.value,
            b.false_rise,
            b.stands_still,
            b.negative,
        )
        assert a.error is not None
        assert b.error is not None
        assert max(a.error[0], b.error[0]) <= min(a.error[1], b.error[1])


def test_out_of_range_is_no_number() -> None:
    """An infinite float is null and nothing is said of it."""
    rare = Fraction(1, 10**200)
    text = f'data = {{ probabilities = ["{1 - rare}", "{rare}"] }}\n'
    text += 'noise = { steps = 1, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = 0 } }'
    record = md.run(md.loads(text), shadow=True).steps[1].record()["shadow"]
    flags = dict.fromkeys(("false_rise", "stands_still", "negative"), False)
    assert record == {"mutual_information": None, "relative_error": None, **flags}


# what is refused


def test_without_a_certified_value_it_is_refused() -> None:
    """A float run has nothing certified; past MAX_K whole matrices are too much; both are said before the run."""
    with pytest.raises(md.InputError, match="certified"):
        md.run(md.load("two-state").with_options(arithmetic="float"), shadow=True)
    with pytest.raises(md.LimitError, match="K = 513"):
        md.run(md.loads(LARGE % (MAX_K + 1)), shadow=True)
    assert md.run(md.loads(LARGE % 64), shadow=True).steps[1].shadow is not None


@pytest.mark.parametrize("arguments", [["--arithmetic", "float"], ["--digits", "0"]])
def test_the_program_refuses_with_status_2(arguments: list[str], capsys: Streams) -> None:
    """Bad usage with --shadow is 2 with one message, and no table."""
    assert main(["run", "two-state", "--shadow", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, bool(err)) == ("", True)


# the forms


def test_json_has_it_on_request(late: md.Result) -> None:
    """Valid under the schema; each float reads back as itself; without a shadow there is no such key."""
    record = json.loads(late.to_json())
    jsonschema.Draft202012Validator(result_schema()).validate(record)
    said = [step["shadow"] for step in record["steps"]]
    assert [float(s["mutual_information"]) for s in said] == [value(step) for step in late.steps]
    bare = [{k: v for k, v in step.items() if k != "shadow"} for step in record["steps"]]
    assert bare == json.loads(md.run(md.load("dense-late")).to_json())["steps"]


def test_csv_has_five_columns_more(late: md.Result) -> None:
    """The float, what its error is at most, and the marks; a plain run has no such column."""
    rows = list(csv.DictReader(io.StringIO(late.to_csv())))
    assert [float(row["shadow_mutual_information"]) for row in rows] == [value(step) for step in late.steps]
    assert [row["shadow_false_rise"] for row in rows] == [str(shadow_of(s).false_rise).lower() for s in late.steps]
    for row, step in zip(rows, late.steps, strict=True):
        error = shadow_of(step).error
        assert error is not None
        assert Fraction(row["shadow_relative_error"]) >= error[1]
    assert "shadow" not in md.run(md.load("two-state")).to_csv()


def test_an_audit_still_confirms_the_rest(tmp_path: Path, capsys: Streams) -> None:
    """A result with a shadow is audited like any other."""
    file = tmp_path / "r.json"
    assert main(["run", "jump-uniform", "--shadow", "--quiet", "--json", str(file)]) == 0
    assert audit(str(file), None, None, 0) == 0
    assert "none wrong" in capsys.readouterr().out


@pytest.mark.slow
@few("name", ["dense-late", "jump-uniform", "memory", "two-state"])
def test_the_table_fits_eighty_columns(name: str, capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table has the truth, float64 and its error side by side, and a sentence that sums it up."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["run", name, "--shadow"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    counts = Summary.of(md.run(md.load(name), shadow=True).steps)
    times = {1: "once", 2: "twice"}
    told = " ".join(out.split())
    assert f"float64 rises {times.get(counts.rises, f'{counts.rises} times')} where the truth does not" in told
    assert f"is negative {times.get(counts.negatives, f'{counts.negatives} times')}" in told


@pytest.mark.slow
def test_the_table_shows_every_kind_of_slip(capsys: Streams) -> None:
    """However few rows are shown of dense-late, there is a false rise, a negative and a standstill among them."""
    assert main(["run", "dense-late", "--shadow"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if "↓ strict" in line]
    assert len(rows) < 50
    for words in ("↑ false rise", "− negative", "= stands still"):
        assert any(row.rstrip().endswith(words) for row in rows)
    assert not any(words in row for words in ("↑", "−", "=") for row in rows[:9])


@pytest.mark.slow
def test_several_runs_have_their_own_shadows(capsys: Streams) -> None:
    """Two scenarios in one CSV, each with its floats beside it."""
    assert main(["run", "two-state", "jump-uniform", "--shadow", "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["scenario"] for row in rows} == {"two-state", "jump-uniform"}
    assert all(row["shadow_mutual_information"] for row in rows)
    assert rows[-1]["shadow_relative_error"] == ""
    assert rows[-1]["mutual_information"] == "0.0"
