"""The second route agrees with the engine on everything, and notices whatever is changed."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from breadth import few
from chains import SHARE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.audit import audit
from markovdiff.audit.command import main, steps_of
from markovdiff.cli import main as markovdiff
from markovdiff.errors import InputError
from markovdiff.study.certificate import certificate
from markovdiff.study.result import dump
from markovdiff.study.shipped import shipped_scenarios

HASH = hashlib.sha256(b"a scenario's file").hexdigest()

SEQUENCES = [name for name in shipped_scenarios() if md.load(name).sequences is not None]
"""Audited in `test_sequences`."""

SMALL = [
    name
    for name in shipped_scenarios()
    if name not in ("dense-late", "letters-uniform", "own-marginal", "vq-diffusion", *SEQUENCES)
]


@cache
def ran(name: str, arithmetic: str | None = None) -> md.Result:
    return md.run(md.load(name).with_options(arithmetic=arithmetic))


@cache
def result(name: str, arithmetic: str | None = None) -> str:
    return ran(name, arithmetic).to_json(distributions=True)


def judged(record: object, tmp_path: Path) -> int:
    file = tmp_path / "result.json"
    file.write_text(dump(record), encoding="utf-8")
    return audit(str(file))


DAILY = ("two-state", "memory", "elbo-mask-prior", "elbo-d3pm", "starter")


@few("name", SMALL, DAILY)
def test_every_shipped_scenario_is_confirmed(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The engine's result, all of it, is what the standard library finds."""
    assert judged(json.loads(result(name)), tmp_path) == 0
    assert "none wrong (all of t = 0" in capsys.readouterr().out


IN_BALLS = [name for name in SMALL if not name.startswith("elbo-") or name in ("elbo-mask-prior", "elbo-tight")]


@few("name", IN_BALLS, DAILY)
def test_every_shipped_scenario_in_balls_is_confirmed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Enclosures, verdicts and decimals of a run in balls are what the standard library finds exactly."""
    assert judged(json.loads(result(name, "ball")), tmp_path) == 0
    said = capsys.readouterr().out
    assert "none wrong (all of t = 0" in said
    assert "undecided" not in said


@pytest.mark.parametrize(
    ("name", "arithmetic"),
    [
        *((name, "exact") for name in ("two-state", "elbo-mask-prior", "memory", "elbo-table")),
        *((name, "ball") for name in ("two-state", "elbo-mask-prior", "memory", "two-rooms")),
    ],
)
def test_a_certificate_is_confirmed(name: str, arithmetic: str, tmp_path: Path) -> None:
    """A certificate holds dyadic enclosures in place of decimals, and is confirmed like a result."""
    made = certificate(ran(name, arithmetic), HASH)
    assert judged(made, tmp_path) == 0


PROBABILITIES = st.lists(st.integers(0, 5), min_size=2, max_size=4).filter(any)


@pytest.mark.parametrize("name", ["two-state", "elbo-counted-100"])
def test_the_first_schema_is_still_read(name: str, tmp_path: Path) -> None:
    """A result written before the second schema lacks its keys, and is confirmed."""
    record = ran(name).record()
    record["schema"] = "markovdiff.result/1"
    assert judged(record, tmp_path) == 2, "the keys of the second schema are unknown in the first"
    for key in ("notes", "sequence", "sampler"):
        del record[key]
    for step in record["steps"]:
        for key in ("cross_entropy", "contraction", "dobrushin_product"):
            del step[key]
    assert judged(record, tmp_path) == 0


def test_nothing_is_claimed_unexamined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """η_KL is recomputed; what is undecided is named as not covered, and what must be null is refused."""
    record = ran("two-state").record()
    step = record["steps"][1]
    for value, status in (("0.81", 0), ("0.85", 1), ("0.95", 1), ("0.1", 1)):
        step["contraction"] = {"value": value, "lower": value, "upper": value, "closed_form": None}
        assert judged(record, tmp_path) == status, value
    capsys.readouterr()
    step["contraction"] = {"value": "undecided", "witness": {"t": 1}}
    assert judged(record, tmp_path) == 0
    assert "contraction" in capsys.readouterr().out.partition("not covered: ")[2]
    step["contraction"], step["dobrushin_product"] = None, "9/10"
    assert judged(record, tmp_path) == 1


@st.composite
def scenarios(draw: st.DrawFn) -> str:
    """Small chains of every kind of kernel that is a formula or a matrix, with a reverse model."""
    weights = draw(PROBABILITIES)
    K = len(weights)
    T = draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 4), min_size=K, max_size=K).filter(any)
    rows = [[f"{n}/{sum(r)}" for n in r] for r in (draw(row) for _ in range(K))]
    kernel = draw(
        st.sampled_from(['kind = "uniform"', 'kind = "absorbing"', f'kind = "matrix", rows = {json.dumps(rows)}'])
    )
    beta = draw(st.sampled_from(["0", "1/3", "1/2", "9/10", "1"]))
    model = draw(st.sampled_from(['kind = "bayes"', 'kind = "uniform"', 'kind = "d3pm", error = "1/8"',
                                  'kind = "d3pm", last = "formula"',
                                  'kind = "posterior-mixture", denoiser = "data"']))  # fmt: skip
    prior = draw(st.sampled_from(["marginal", "uniform"]))
    unit = draw(st.sampled_from(["bits", "nats"]))
    return (
        f'unit = "{unit}"\ndata = {{ weights = {weights} }}\n'
        f'noise = {{ steps = {T}, kernel = {{ {kernel} }}, schedule = {{ kind = "constant", beta = "{beta}" }} }}\n'
        f'reverse = {{ prior = "{prior}", model = {{ {model} }} }}\n'
        f"arithmetic = {{ digits = {draw(st.sampled_from([1, 3, 15, 40]))} }}\n"
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=scenarios())
def test_random_chains_are_confirmed(text: str, tmp_path: Path) -> None:
    """Zero-laden, deterministic and reducible chains too: both routes agree on every number."""
    assert judged(md.run(md.loads(text)).record(distributions=True), tmp_path) == 0, text


WORDS = ("detail", "witness", "closed_form", "expected", "decided", "check")
"""Keys whose text is no number or verdict."""


def places(record: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every number, verdict and fraction that a result claims."""
    if isinstance(record, dict):
        for key, value in record.items():
            if path or key in ("steps", "elbo", "checks"):
                yield from places(value, (*path, key))
    elif isinstance(record, list):
        for k, value in enumerate(record):
            yield from places(value, (*path, k))
    elif isinstance(record, str) and path[-1] not in (
        "detail",
        "witness",
        "closed_form",
        "expected",
        "decided",
        "check",
    ):
        yield path


def changed(claim: str) -> str | None:
    """Another claim in place of this one: a word, a fraction, a decimal that is surely not the same."""
    words = {"strict": "equal", "equal": "strict", "violated": "strict", "holds": "fails", "fails": "holds"}
    if claim in words or not any(c.isdigit() for c in claim):
        return words.get(claim)
    if "/" in claim:
        n, d = claim.split("/")
        return f"{int(n) + 1}/{d}"
    number = Decimal(claim)
    return str(number + (abs(number) / 100 if number else 1)).replace("E", "e")


@pytest.mark.search
@few(
    ("name", "arithmetic"),
    [
        *(
            (name, "exact")
            for name in ("two-state", "mask-hump", "memory", "elbo-d3pm", "elbo-d3pm-trained", "elbo-mask-prior")
        ),
        *((name, "ball") for name in ("two-state", "memory", "elbo-mask-prior", "two-rooms", "neighbours")),
    ],
    [("memory", "exact"), ("elbo-mask-prior", "exact"), ("two-rooms", "ball")],
)
def test_whatever_is_changed_is_noticed(name: str, arithmetic: str, tmp_path: Path) -> None:
    """A hundred places drawn from all, in a whole search: change one, and the audit says that the result is wrong."""
    record = json.loads(result(name, arithmetic))
    every = list(places(record))
    for path in random.Random(1).sample(every, min(100 // SHARE, len(every))):
        tampered = copy.deepcopy(record)
        *way, last = path
        there: Any = tampered
        for key in way:
            there = there[key]
        other = changed(there[last])
        if other is None or other == there[last]:
            continue
        there[last] = other
        assert judged(tampered, tmp_path) in (1, 2), (path, other)


def test_the_last_digit_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An enclosure moved by its own width no longer holds the truth: it is named with its t."""
    record = json.loads(result("two-state"))
    claim = record["steps"][7]["mutual_information"]
    width = Decimal(claim["upper"]) - Decimal(claim["lower"])
    for end in ("value", "lower", "upper"):
        claim[end] = str(Decimal(claim[end]) + 3 * width)
    assert judged(record, tmp_path) == 1
    said = capsys.readouterr().out
    assert "WRONG at" in said
    assert "7" in said.partition("WRONG at")[2].splitlines()[0]


@pytest.mark.parametrize("name", ["neighbours", "two-state"])
def test_the_last_digit_of_a_decimal_is_noticed(name: str, tmp_path: Path) -> None:
    """In balls: what is rounded from a rational, moved by one unit of its last digit; a law's entries by two."""
    record = json.loads(result(name, "ball"))
    step = record["steps"][5]
    places: list[tuple[Any, Any]] = [(step, key) for key in ("beta", "alpha_bar", "dobrushin") if step[key]]
    laws: list[tuple[Any, Any]] = [(step, "total_variation_to_prior")]
    laws += [(step["marginal"], j) for j in range(len(step["marginal"]))]
    for there, key in places + laws:
        said = Decimal(there[key])
        moved = said + Decimal((0, (1 if (there, key) in places else 2,), said.adjusted() - 14))
        there[key] = str(moved).replace("E", "e")
        assert judged(record, tmp_path) == 1, key
        there[key] = str(said)
    assert judged(record, tmp_path) == 0


def test_what_is_left_undecided_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In balls ignorance may be stated, and the audit says what is so; in exact arithmetic it may not be stated."""
    record = json.loads(result("two-rooms", "ball"))
    step = record["steps"][5]
    step["decay"], step["total_variation_to_prior"] = "undecided", None
    step["information_loss"] = {"value": "undecided", "witness": {"t": 5}}
    check = next(check for check in record["checks"] if check["check"] == "sdpi")
    check["observed"] = check["verdict"] = "undecided"
    assert judged(record, tmp_path) == 3
    said = capsys.readouterr().out
    assert "none wrong; 4 left undecided" in said
    assert "leaves undecided what is: t = 5, information_loss: 0." in said
    assert "t = 5, decay: strict" in said
    check["verdict"] = "holds"
    assert judged(record, tmp_path) == 1
    check["verdict"] = "undecided"
    record["arithmetic"]["kind"] = "exact"
    assert judged(record, tmp_path) in (1, 2)


def test_only_a_run_in_balls_may_leave_its_prior_out(tmp_path: Path) -> None:
    """P_T without its probabilities is a claim that can be recomputed; any other law left out is not."""
    record = json.loads(result("memory", "ball"))
    assert record["scenario"]["reverse"]["prior"] == {"kind": "marginal", "probabilities": None}
    record["scenario"]["reverse"]["prior"]["kind"] = "given"
    assert judged(record, tmp_path) == 2
    exact = json.loads(result("memory"))
    exact["scenario"]["reverse"]["prior"]["probabilities"] = None
    assert judged(exact, tmp_path) == 2


@pytest.mark.parametrize(("key", "value"), [("arithmetic", {"kind": "float", "digits": 15}), ("partial", True)])
def test_what_cannot_be_audited_is_refused(
    key: str, value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Floats have no enclosures, and an interrupted run concluded nothing: status 2, and a remedy."""
    assert judged({**json.loads(result("two-state")), key: value}, tmp_path) == 2
    assert "remedy" in capsys.readouterr().err


def test_a_missing_key_is_noticed(tmp_path: Path) -> None:
    """Every key is present at every step."""
    record = json.loads(result("two-state"))
    del record["steps"][3]["dobrushin"]
    assert judged(record, tmp_path) in (1, 2)


def test_a_part_says_that_it_is_a_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--steps and --sample audit so much, and say how much."""
    file = tmp_path / "r.json"
    file.write_text(result("two-state"), encoding="utf-8")
    assert markovdiff(["audit", str(file), "--steps", "3:5"]) == 0
    assert "a part: 3 of 65 times, t = 3…5" in capsys.readouterr().out
    assert main([str(file), "--sample", "10", "--seed", "3"]) == 0
    assert "a part: 10 of 65 times" in capsys.readouterr().out
    assert main([str(file), "--steps", "99:100"]) == 2
    assert main([str(file), "--steps", "5:3"]) == 2


def test_ranges_of_steps() -> None:
    """A:B, A:, :B and A are ranges; nothing else is."""
    assert steps_of(":4") == range(5)
    assert steps_of("60:").start == 60
    for text in ("", ":", "a", "3:2", "-1:2", "1:2:3", "٣"):
        with pytest.raises(InputError):
            steps_of(text)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '{"schema": "other"}', "[" * 100_000, '{"schema": "markovdiff.result/1"}', "\x00",
     '{"schema": "markovdiff.result/1", "steps": [], "scenario": {}, "elbo": {}, "checks": []}', "9" * 10_000,
     '{"a": 1, "a": 2}', '{"schema": NaN}'],
)  # fmt: skip
def test_what_is_no_result_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence and status 2; no traceback."""
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    assert audit(str(file)) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
    assert said.err.strip()


@settings(deadline=None, max_examples=80 // SHARE, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_results_never_crash(data: st.DataObject, tmp_path: Path) -> None:
    """Any leaf replaced by anything: the audit ends with 0, 1, 2 or 3, never with an exception."""
    record = json.loads(result("jump-uniform"))
    junk = st.sampled_from(
        [None, "", "x", -1, 10**30, "1/0", "1e999999999", "9" * 5000, [], {}, True, "inf", "−1", "0x1"]
    )
    for _ in range(data.draw(st.integers(1, 3))):
        there: Any = record
        while True:
            keys = list(there) if isinstance(there, dict) else list(range(len(there)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(there[key], dict | list) and there[key] and data.draw(st.integers(0, 9)):
                there = there[key]
                continue
            there[key] = data.draw(junk)
            break
    assert judged(record, tmp_path) in (0, 1, 2, 3)


def test_no_file_is_said(tmp_path: Path) -> None:
    """A file that is not there, or a folder."""
    assert audit(str(tmp_path / "none.json")) == 2
    assert audit(str(tmp_path)) == 2


def test_it_works_where_nothing_is_installed(tmp_path: Path) -> None:
    """Without FLINT, numpy, msgspec, click and rich, the module runs and confirms."""
    file = tmp_path / "r.json"
    file.write_text(result("two-state"), encoding="utf-8")
    blocked = ("flint", "numpy", "scipy", "msgspec", "click", "rich", "textual")
    code = (
        "import sys\n"
        f"for name in {blocked!r}: sys.modules[name] = None\n"
        f"from markovdiff.audit.command import main\nsys.exit(main([{str(file)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "none wrong" in done.stdout


def test_several_results_are_audited_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An array, as several scenarios with one --json give."""
    assert judged([json.loads(result("two-state")), json.loads(result("memory"))], tmp_path) == 0
    assert capsys.readouterr().out.count("none wrong") == 2


def test_run_writes_a_certificate(tmp_path: Path) -> None:
    """`run --certificate` writes dyadics and the hash of the scenario's file; `audit` confirms it."""
    file = tmp_path / "c.json"
    assert markovdiff(["run", "two-state", "--quiet", "--certificate", str(file)]) == 0
    made = json.loads(file.read_text(encoding="utf-8"))
    assert made["schema"] == "markovdiff.certificate/1"
    assert markovdiff(["audit", str(file)]) == 0


def test_a_dyadic_that_is_moved_is_noticed(tmp_path: Path) -> None:
    """A certificate's bounds are claims as well."""
    made = json.loads(dump(certificate(md.run(md.load("two-state")), HASH)))

    def first(there: Any) -> Any:
        if isinstance(there, dict):
            if "lower" in there and there["lower"] != there.get("upper"):
                return there
            there = list(there.values())
        return next((found for value in there if isinstance(value, dict | list) if (found := first(value))), None)

    claim = first(made["steps"])
    claim["lower"] = claim["upper"]
    assert judged(made, tmp_path) in (1, 2)


@pytest.mark.parametrize("witness", [{"t": [1]}, {"t": True}, {"t": None}, {"s": {}, "t": 1, "u": 2}, {"t": 1.5}])
def test_a_witness_is_made_of_times_and_labels(witness: dict[str, object], tmp_path: Path) -> None:
    """A list, a truth value or nothing in a time's place is malformed, for a check as for a total: status 2."""
    record = json.loads(result("memory"))
    for check in record["checks"]:
        if check["witness"] is not None:
            check["witness"] = witness
    assert judged(record, tmp_path) == 2
    record = json.loads(result("elbo-mask-prior"))
    record["elbo"]["negative_elbo"] = {"value": "inf", "witness": witness}
    assert judged(record, tmp_path) == 2


@pytest.mark.parametrize("law", ["stationary", "uniform", "data", "mask"])
def test_a_law_is_what_it_is_called(law: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The law that KL is measured against, and the prior, may be given any numbers, but no name that is not theirs."""
    text = """
data = { weights = [3, 1, 2] }
noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/3" } }
reverse = { prior = ["1/2", "1/3", "1/6"] }
checks = { h-theorem = { against = ["1/2", "1/3", "1/6"], expected = "violated" } }
"""
    record = md.run(md.loads(text)).record()
    assert judged(record, tmp_path) == 0
    for place in (record["scenario"]["checks"]["h-theorem"], record["scenario"]["reverse"]["prior"]):
        key = "against" if "against" in place else "kind"
        if (key, law) == ("kind", "data"):  # no prior has this name
            continue
        place[key] = law
        assert judged(record, tmp_path) == 1
        assert f"said      {law}" in capsys.readouterr().out
        place[key] = "given"


TWO_BITS = """
data = { weights = [1, 1] }
noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/3" } }
"""


@pytest.mark.parametrize("exact", [True, False])
def test_a_bound_of_a_million_figures_is_refused(exact: bool, tmp_path: Path) -> None:
    """A true bound may ask for more precision than any certified digit: it is refused before it is computed."""
    ran = md.run(md.loads(TWO_BITS))
    record = json.loads(dump(ran.record() if exact else certificate(ran, HASH)))
    place = record["steps"][0]["entropy"]
    if exact:
        place["lower"], place["upper"] = "0." + "9" * 100_000, "1." + "0" * 99_999 + "1"
    else:
        place["lower"], place["upper"] = [str(2**9999 - 1), -9999], [str(2**9999 + 1), -9999]
    assert judged(record, tmp_path) == 2


def test_what_stands_in_two_places_agrees(tmp_path: Path) -> None:
    """The unit is that of the scenario, marginals are at every step or at none, a model has the keys of its kind."""
    whole = result("elbo-d3pm")
    for change in (
        lambda record: record["scenario"].update(unit="nats"),
        lambda record: record["steps"][1].pop("marginal"),
        lambda record: record["scenario"]["reverse"]["model"].update(form="posterior-mixture"),
        lambda record: record["scenario"]["reverse"]["model"].update(rows=None),
    ):
        record = json.loads(whole)
        change(record)
        assert judged(record, tmp_path) == 2


def test_the_numbers_of_a_result_are_fractions_to_it() -> None:
    """What is audited is what is written: decimals are read exactly."""
    record = json.loads(result("two-state"))
    claim = record["steps"][5]["entropy"]
    assert Fraction(claim["lower"]) < Fraction(claim["upper"])
