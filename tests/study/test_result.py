"""A result in JSON and CSV: what scripts rely on, to the letter."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mpmath import iv, libmp

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.cli import main
from markovdiff.study.result import to_csv
from markovdiff.study.schema import result_schema, scenario_schema

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))
REPORTED = ["two-state", "mask-hump", "memory", "jump-masked", "permutation", "two-rooms", "neighbours-lookalike"]

STEP_KEYS = [
    "t",
    "beta",
    "alpha_bar",
    "entropy",
    "conditional_entropy",
    "noise_entropy",
    "mutual_information",
    "information_loss",
    "decay",
    "dobrushin",
    "sdpi_bound",
    "total_variation_to_prior",
    "elbo_term",
    "model_error",
    "cross_entropy",
    "contraction",
    "dobrushin_product",
]
NOT_NUMBERS = ("t", "decay")
OF_A_STEP = ["beta", "information_loss", "decay", "dobrushin", "sdpi_bound", "elbo_term", "model_error"]
QUANTITIES = ["entropy", "conditional_entropy", "noise_entropy", "mutual_information", "information_loss", "sdpi_bound"]


@pytest.fixture(scope="module", params=REPORTED)
def result(request: pytest.FixtureRequest) -> md.Result:
    return md.run(md.load(request.param))


@pytest.fixture(scope="module")
def record(result: md.Result) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(result.to_json())
    return parsed


def quantities(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [step[name] for step in record["steps"] for name in QUANTITIES if step[name] is not None]


def own(text: str) -> md.Result:
    return md.run(md.loads(text))


COIN = """[data]
weights = [3, 1]
[noise]
steps = 4
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = "1/10" }
"""


# schemas


@cache
def valid(schema: Callable[[], dict[str, Any]]) -> jsonschema.Draft202012Validator:
    """A validator by a schema that is one."""
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_json_fits_its_schema(result: md.Result) -> None:
    """What `--json` writes is valid under the schema that ships, with and without distributions."""
    for distributions in (False, True):
        valid(result_schema).validate(json.loads(result.to_json(distributions)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_fit_the_schema(path: Path) -> None:
    """Every scenario that ships, read as TOML, is valid under the scenario schema."""
    valid(scenario_schema).validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "broken",
    [
        {"dat": {}},
        {"data": {"weights": [1], "x": 1}},
        {"data": {"weights": ["one"]}},
        {"data": {"weights": [True]}},
        {"noise": {"kernel": {"kind": "unifrom"}}},
        {"noise": {"kernel": {"kind": "uniform"}, "steps": 0}},
        {"unit": "bit"},
        {"arithmetic": {"digits": 1001}},
        {"checks": {"mi_decay": "strict"}},
    ],
    ids=str,
)
def test_the_scenario_schema_refuses_what_the_program_refuses(broken: dict[str, Any]) -> None:
    """An editor that checks against the schema flags what `run` would refuse: unknown keys, wrong types and words."""
    sound = {"data": {"weights": [3, 1]}, "noise": {"kernel": {"kind": "uniform"}, "steps": 1}}
    validator = jsonschema.Draft202012Validator(scenario_schema())
    assert validator.is_valid(sound)
    assert not validator.is_valid({**sound, **broken})


# JSON


def test_the_top_of_a_result(record: dict[str, Any]) -> None:
    """The keys of a result and their order are fixed."""
    keys = ["schema", "markovdiff", "unit", "arithmetic", "scenario", "notes", "steps", "elbo", "checks"]
    assert list(record) == [*keys, "sequence", "sampler"]
    assert (record["schema"], record["markovdiff"]) == ("markovdiff.result/2", md.__version__)
    assert (record["notes"], record["sequence"], record["sampler"]) == ([], None, [])
    assert (record["unit"], record["arithmetic"]) == ("bits", {"kind": "exact", "digits": 15})


def test_every_key_at_every_step(record: dict[str, Any]) -> None:
    """Each of t = 0 … T has every key, in one order; `marginal` only where it is asked for."""
    assert [step["t"] for step in record["steps"]] == list(range(record["scenario"]["steps"] + 1))
    assert all(list(step) == STEP_KEYS for step in record["steps"])


def test_marginals_on_request(result: md.Result) -> None:
    """With distributions each step ends with p_t: exact rationals that sum to one."""
    steps = json.loads(result.to_json(distributions=True))["steps"]
    assert all(list(step) == [*STEP_KEYS, "marginal"] for step in steps)
    assert all(sum(map(Fraction, step["marginal"])) == 1 for step in steps)
    assert steps[0]["marginal"] == result.scenario["data"]


def test_what_belongs_to_a_step_is_null_at_0(record: dict[str, Any]) -> None:
    """At t = 0 there was no step: what belongs to one is null there, and the rest is not."""
    first = record["steps"][0]
    assert all(first[name] is None for name in OF_A_STEP)
    assert all(first[name] is not None for name in QUANTITIES if name not in OF_A_STEP)


def test_what_is_not_defined_is_null(record: dict[str, Any]) -> None:
    """ᾱ is there for the kernels that have one; η and the strong bound wherever the process is Markov."""
    kind = record["scenario"]["kernel"]["kind"]
    for step in record["steps"]:
        assert (step["alpha_bar"] is not None) == (kind in ("uniform", "absorbing", "mixing"))
        if step["t"]:
            assert (step["dobrushin"] is None) == (kind == "conditional") == (step["sdpi_bound"] is None)
            assert (step["beta"] is None) == (kind in ("per-step", "conditional"))
            assert step["decay"] in ("strict", "equal", "violated", "undecided")


def test_a_quantity_is_four_strings_or_null(record: dict[str, Any]) -> None:
    """A certified number has value, lower, upper as decimal strings, and a closed form of at most 80 characters."""
    for q in quantities(record):
        assert list(q) == ["value", "lower", "upper", "closed_form"]
        assert all(isinstance(q[key], str) for key in ("value", "lower", "upper"))
        assert q["closed_form"] is None or len(q["closed_form"]) <= 80


def test_enclosures_are_as_narrow_as_promised(record: dict[str, Any]) -> None:
    """lower ≤ value ≤ upper and upper − lower ≤ 2·10^(1−15)·|value|; an exact zero is "0" three times."""
    for q in quantities(record):
        lower, value, upper = (Fraction(Decimal(q[key])) for key in ("lower", "value", "upper"))
        assert lower <= value <= upper
        assert upper - lower <= Fraction(2, 10**14) * abs(value)
        if value == 0:
            assert (q["value"], q["lower"], q["upper"]) == ("0", "0", "0")


def test_notation(record: dict[str, Any]) -> None:
    """Decimals stand in positional notation from 1e-4 up and in scientific notation below."""
    for q in quantities(record):
        value = abs(Decimal(q["value"]))
        assert ("e" in q["value"]) == (0 < value < Decimal("1e-4"))


def ends(x: Any) -> tuple[Fraction, Fraction]:
    """An interval's exact ends."""
    low, high = (Fraction(*map(int, libmp.to_rational(end))) for end in x._mpi_)
    return low, high


@pytest.mark.parametrize("digits", [1, 2, 15, 60])
@pytest.mark.parametrize("unit", ["bits", "nats"])
def test_bounds_are_rounded_outward(digits: int, unit: str) -> None:
    """lower ≤ truth ≤ upper and |value − truth| < one unit of the last digit (second route: mpmath's intervals)."""
    result = md.run(md.loads(COIN).with_options(digits=digits, unit=unit))
    iv.prec = 600
    scale = iv.log(2) if unit == "bits" else iv.mpf(1)

    def h(ps: list[Fraction]) -> Any:
        return (
            -sum(
                (iv.mpf(p.numerator) / p.denominator * iv.log(iv.mpf(p.numerator) / p.denominator) for p in ps if p),
                iv.mpf(0),
            )
            / scale
        )

    for t, step in enumerate(result.steps):
        stay = (1 + Fraction(9, 10) ** t) / 2
        p = Fraction(3, 4) * stay + Fraction(1, 4) * (1 - stay)
        noise, entropy = h([stay, 1 - stay]), h([p, 1 - p])
        truths = {"entropy": entropy, "noise_entropy": noise, "mutual_information": entropy - noise}
        for name, truth in truths.items():
            q = getattr(step, name)
            low, high = ends(truth)
            assert Fraction(q.lower) <= high
            assert low <= Fraction(q.upper)
            if q.lower != q.upper:
                assert Fraction(q.lower) <= low <= high <= Fraction(q.upper)
                last = Fraction(10) ** (Decimal(q.value).adjusted() + 1 - digits)
                assert max(abs(low - Fraction(q.value)), abs(high - Fraction(q.value))) < last


def test_a_value_that_ends_is_whole() -> None:
    """Under erasure on the jump schedule H and I end (7/4, 3/2, …): lower = upper = value, no trailing zeros."""
    steps = md.run(md.load("jump-masked")).steps
    information = [step.mutual_information for step in steps]
    assert [q.value for q in information] == ["1.75", "1.5", "1.25", "1", "0.75", "0.5", "0.25", "0"]
    assert all(q.lower == q.upper == q.value for q in information)


def test_closed_forms_are_the_textbooks() -> None:
    """H(3/4, 1/4) = 2 − 3/4·log2 3 bits, or 2·log 2 − 3/4·log 3 nats, whichever the unit."""
    bits = md.loads(COIN)
    assert md.run(bits).steps[0].entropy.closed_form == "2 − 3/4·log2(3)"
    assert md.run(bits.with_options(unit="nats")).steps[0].entropy.closed_form == "2·log 2 − 3/4·log 3"


def test_rationals_are_n_over_d() -> None:
    """ᾱ_t, β_t, η and the marginals are exact strings: 9/10, 81/100, …"""
    record = json.loads(own(COIN).to_json(distributions=True))
    assert [step["alpha_bar"] for step in record["steps"]] == ["1", "9/10", "81/100", "729/1000", "6561/10000"]
    assert [step["beta"] for step in record["steps"]] == [None, *["1/10"] * 4]
    assert [step["dobrushin"] for step in record["steps"]] == [None, *["9/10"] * 4]
    assert record["steps"][1]["marginal"] == ["29/40", "11/40"]
    assert record["steps"][4]["total_variation_to_prior"] == "0"


def test_the_resolved_scenario_is_exact() -> None:
    """`scenario` repeats what was run with every number exact, so that it can be run again from the result alone."""
    scenario = json.loads(own(COIN).to_json())["scenario"]
    assert scenario["states"] == ["0", "1"]
    assert scenario["data"] == ["3/4", "1/4"]
    assert scenario["betas"] == ["1/10"] * 4
    assert scenario["kernel"]["kind"] == "uniform"
    assert scenario["steps"] == 4
    assert [Fraction(p) for p in scenario["reverse"]["prior"]["probabilities"]] == list(
        md.loads(COIN).chain().marginal(4)
    )


@pytest.mark.parametrize(
    ("kernel", "key"),
    [
        ('{ kind = "gaussian" }', "steps_rows"),
        ('{ kind = "matrix", rows = [[0, 1], ["1/3", "2/3"]] }', "rows"),
    ],
)
def test_rows_that_are_no_formula_are_written_out(kernel: str, key: str) -> None:
    """A kernel that is not a formula of β has its rows in the result, and they are the chain's own."""
    study = md.loads(COIN.replace('{ kind = "uniform" }', kernel))
    rows = md.run(study).scenario["kernel"][key]  # type: ignore[index]
    matrix = rows[0] if key == "steps_rows" else rows
    step = study.chain().step(1)
    beta = Fraction(1, 10)
    blended = [[beta * Fraction(x) + (1 - beta) * (i == j) for j, x in enumerate(r)] for i, r in enumerate(matrix)]
    exact = [[Fraction(x) for x in r] for r in matrix]
    assert tuple(map(tuple, exact if key == "steps_rows" else blended)) == step


def test_a_large_gaussian_is_written_by_its_jumps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where T·K² numbers would be too many: those of the jumps make the chain's own rows, also for the audit."""
    monkeypatch.setattr("markovdiff.process.kernels.gaussian.GAUSSIAN_ROWS", 0)
    study = md.loads("[data]\nweights = [3, 2, 2, 1]\n" + COIN[COIN.index("[noise]") :].replace("uniform", "gaussian"))
    result = md.run(study)
    jumps = [Fraction(n) for n in result.scenario["kernel"]["steps_jumps"][0]]  # type: ignore[index]
    rows = [[jumps[abs(i - j) - 1] if i != j else Fraction(0) for j in range(4)] for i in range(4)]
    for i, row in enumerate(rows):
        row[i] = 1 - sum(row)
    assert tuple(map(tuple, rows)) == study.chain().step(1)
    (tmp_path / "r.json").write_text(result.to_json(), encoding="utf-8")
    jsonschema.validate(json.loads(result.to_json()), result_schema())
    assert main(["audit", str(tmp_path / "r.json")]) == 0


def test_the_expectations_are_whole() -> None:
    """The result has all that an audit needs of what was expected: `converged`'s bound, `h-theorem`'s law."""
    asked = '[checks]\nconverged = { information = "1/7" }\nh-theorem = { against = ["1/5", "4/5"] }\n'
    text = own(COIN + asked).to_json()
    recorded = json.dumps(json.loads(text)["scenario"])
    assert "1/7" in recorded
    assert "4/5" in recorded


def test_checks_say_expected_observed_and_how(record: dict[str, Any]) -> None:
    """Each check has its verdict: "holds" exactly where what was observed is what was expected."""
    keys = ["check", "expected", "observed", "verdict", "decided", "detail", "witness"]
    assert record["checks"]
    for check in record["checks"]:
        assert list(check) == keys
        same = check["observed"] == check["expected"] or (
            check["expected"] == "non-increasing" and check["observed"] in ("strict", "equal")
        )
        assert check["verdict"] == ("holds" if same else "fails")
        assert check["detail"]


def test_same_scenario_same_bytes() -> None:
    """Run twice, a scenario gives the same bytes, in JSON and in CSV."""
    first, second = (md.run(md.load("mask-hump")) for _ in range(2))
    assert first.to_json(distributions=True) == second.to_json(distributions=True)
    assert first.to_csv(distributions=True) == second.to_csv(distributions=True)


def test_json_keeps_labels_as_they_are() -> None:
    """Quotes, newlines, controls and letters of any script come back from JSON and CSV as they went in."""
    labels = ['a"b', "c,d\ne", "é漢", "\u001b[0m", ""]
    spelled = ", ".join(json.dumps(label) for label in labels)
    result = own(COIN.replace("weights = [3, 1]", f"states = [{spelled}]\nweights = [5, 4, 3, 2, 1]"))
    assert json.loads(result.to_json())["scenario"]["states"] == labels
    header = next(csv.reader(io.StringIO(result.to_csv(distributions=True), newline="")))
    assert header[-5:] == [f"marginal[{label}]" for label in labels]


# CSV


def test_csv_is_one_row_a_step(result: md.Result, record: dict[str, Any]) -> None:
    """A header, then one row a step; a cell is the JSON's value, empty where that is null, a fraction as a decimal."""
    rows = list(csv.DictReader(io.StringIO(result.to_csv(), newline="")))
    assert len(rows) == len(record["steps"])
    for row, step in zip(rows, record["steps"], strict=True):
        assert list(row) == STEP_KEYS
        for name in STEP_KEYS:
            value = step[name]["value"] if isinstance(step[name], dict) else step[name]
            if value is None or name in NOT_NUMBERS:
                assert row[name] == ("" if value is None else str(value))
            elif value in ("inf", "undefined"):
                assert row[name] == {"inf": "inf", "undefined": "NaN"}[value]
            else:
                truth = Fraction(value)
                assert set(".e") & set(row[name]), "a column of numbers must never begin like one of integers"
                assert abs(Fraction(row[name]) - truth) <= abs(truth) / (2 * 10**14), (name, row[name], value)


def test_several_scenarios_are_one_table_of_one_type_a_column() -> None:
    """Fractions, decimals and infinities of several runs: every cell of a column of numbers is read as a float.

    Readers of tables take a column whose first hundred cells are "1" for integers, and stumble over the next one.
    """
    scenarios = [md.load("two-state"), md.load("two-state").with_options(arithmetic="ball"), md.load("two-rooms")]
    infinite = md.loads(COIN + "[reverse]\nprior = [1, 0]\n")
    table = to_csv([*map(md.run, [*scenarios, infinite])], distributions=True)
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert {row["decay"] for row in rows} == {"", "strict", "equal"}
    for name in set(rows[0]) - {"scenario", *NOT_NUMBERS}:
        assert all(re.fullmatch(r"|inf|NaN|-?\d+\.\d+(e-?\d+)?|-?\de-?\d+", row[name]) for row in rows), name


def test_infinite_undefined_and_undecided_in_a_column_of_numbers() -> None:
    """`inf` and `NaN` are what tables call them; what was not decided is left out."""
    step = replace(md.run(md.loads(COIN)).steps[1], elbo_term=Enclosed("inf", witness={"t": 1}))
    step = replace(step, model_error=Enclosed("undefined"), information_loss=Enclosed("undecided"))
    row = next(csv.DictReader(io.StringIO(replace(md.run(md.loads(COIN)), steps=(step,)).to_csv())))
    assert (row["elbo_term"], row["model_error"], row["information_loss"]) == ("inf", "NaN", "")
    assert (math.isinf(float(row["elbo_term"])), math.isnan(float(row["model_error"]))) == (True, True)


def test_csv_lines_end_alike(result: md.Result) -> None:
    """Lines end in a newline alone, the last one too."""
    text = result.to_csv()
    assert "\r" not in text
    assert text.endswith("\n")
    assert len(text.splitlines()) == len(result.steps) + 1


# Python


def test_a_number_has_its_parts() -> None:
    """From Python: .value, .lower, .upper, .closed_form, float(), and str() that is the value."""
    q = own(COIN).steps[0].entropy
    assert (q.value, str(q), float(q)) == ("0.811278124459133", "0.811278124459133", 0.811278124459133)
    assert Fraction(q.lower or 0) <= Fraction(q.value) <= Fraction(q.upper or 0)


def test_passed_is_the_verdict_of_all() -> None:
    """`passed` is true where every check came out as expected, and only there."""
    assert own(COIN).passed
    assert not own(COIN + '[checks]\nmi-decay = "violated"\n').passed
