"""No forgery passes in silence: those that once did, by hand, and many more by program."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import forgeries
import pytest
from breadth import few
from chains import SHARE
from forgeries import outcome

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.audit import audit, budget
from markovdiff.cli import main as markovdiff
from markovdiff.errors import UnfinishedError
from markovdiff.study.naive_float import FloatError, relative_error
from markovdiff.study.result import dump

Change = Callable[[Any], object]


def record(name: str) -> Any:
    return copy.deepcopy(forgeries.records()[name])


def check(record: Any, name: str) -> Any:
    return next(check for check in record["checks"] if check["check"] == name)


def all_undecided(record: Any) -> None:
    """Every verdict that could be proved is said to be open."""
    for step in record["steps"][1:]:
        step["decay"] = "undecided"
    for one in record["checks"]:
        one["observed"] = one["verdict"] = "undecided"


def nothing_claimed(record: Any) -> None:
    """No number either."""
    all_undecided(record)
    for step in record["steps"]:
        for key, value in step.items():
            if isinstance(value, dict) and "value" in value:
                step[key] = {"value": "undecided", "witness": {"t": step["t"]}}
    claimed = {"value": "undecided", "witness": {"t": 3}}
    record["elbo"] = {key: value and claimed for key, value in record["elbo"].items()}


def without_checks(record: Any) -> None:
    record["scenario"]["checks"], record["checks"] = {}, []


def other_betas(record: Any) -> None:
    """The rows of one β, called those of another."""
    record["scenario"]["betas"] = ["1/4"] * 3
    for step in record["steps"][1:]:
        step["beta"] = "1/4"


def called(kind: str, **more: str) -> Change:
    return lambda record: record["scenario"]["kernel"].update(kind=kind, **more)


def counted(**changes: object) -> Change:
    return lambda record: record["scenario"]["reverse"]["model"].update(changes)


def another_sample(record: Any) -> None:
    """The seed of another sample, everywhere consistent: only sampling once more tells."""
    record["scenario"]["reverse"]["model"]["seed"] = 4


def another_float(record: Any) -> None:
    """A shadow a little off, and all that follows from it as it would then be."""
    step = record["steps"][2]
    value = float(step["shadow"]["mutual_information"]) * (1 + 1e-13)
    said = step["mutual_information"]
    truth = Enclosed(said["value"], said["lower"], said["upper"])
    step["shadow"] = FloatError(value, relative_error(value, truth)).record()


def told(name: str, words: str) -> Change:
    return lambda record: check(record, name).update(detail=words)


BY_HAND: list[tuple[str, Change, tuple[int, ...], str]] = [
    (
        "uniform-bayes-exact",
        lambda r: r["steps"][2]["shadow"].update(mutual_information="0.25"),
        (1,),
        "relative_error",
    ),
    ("uniform-bayes-exact", another_float, (1,), "as the textbook formula gives in float64"),
    ("uniform-bayes-exact", lambda r: r["steps"][2]["shadow"].update(relative_error=None), (1,), "relative_error"),
    ("uniform-bayes-exact", lambda r: r["steps"][2]["shadow"].update(false_rise=True), (1,), "false_rise"),
    ("uniform-bayes-exact", lambda r: r["steps"][2]["shadow"].update(mutual_information="0.10"), (2,), "repr(float)"),
    ("uniform-bayes-exact", lambda r: r["steps"][2].pop("shadow"), (2,), "shadow at some steps"),
    ("uniform-bayes-exact", told("mi-decay", "It falls, I am sure."), (0,), "check mi-decay: its words"),
    (
        "uniform-bayes-exact",
        told("mi-decay", "I(x0;x_t) rises at 2 of 3 steps (t = 1…2): proved"),
        (1,),
        "falls strictly",
    ),
    ("uniform-bayes-exact", told("elbo-ledger", "H(x0) < NLL < L"), (1,), "detail"),
    ("absorbing-bayes-exact", told("sdpi", "I_t ≤ η(Q_t)·I_(t−1) at each of 3 steps: proved"), (1,), "with equality"),
    ("matrix-bayes-exact", called("neighbour"), (1,), "neighbour"),
    ("matrix-bayes-exact", called("gaussian"), (2,), "unknown key|missing"),
    ("per-step-bayes-exact", called("gaussian", resolution="1/4294967296"), (2,), "betas"),
    ("gaussian-bayes-exact", other_betas, (1,), "gaussian"),
    ("gaussian-bayes-exact", called("gaussian", resolution="1/8589934592"), (1,), "gaussian"),
    ("uniform-counted-exact", another_sample, (1,), "from seed 4"),
    ("uniform-counted-exact", counted(trajectories=41), (1,), "41 trajectories"),
    ("uniform-counted-exact", counted(smoothing="1"), (1,), "trajectories"),
    ("uniform-bayes-exact", lambda r: check(r, "mi-decay").update(decided="enclosure"), (1,), "decided"),
    ("reflect-bayes-ball", lambda r: check(r, "mi-decay").update(decided="exact"), (1,), "decided"),
    ("uniform-bayes-ball", lambda r: check(r, "identities").update(decided="exact"), (1,), "detail|decided"),
    ("uniform-bayes-exact-certificate", lambda r: r.update(scenario_sha256="0" * 64), (2,), "not the hash"),
    ("reflect-bayes-ball", all_undecided, (3,), "11 left undecided"),
    ("periodic-bayes-ball", nothing_claimed, (3,), "left undecided"),
    ("uniform-bayes-exact", without_checks, (2,), "'mi-decay' is missing"),
    ("conditional-bayes-exact", without_checks, (2,), "'mi-decay' is missing"),
    ("uniform-bayes-exact", lambda r: r["notes"].append("Every number was checked by hand."), (0,), "notes (1)"),
    ("uniform-bayes-exact", lambda r: r.update(sequence={"length": 2}), (0,), "sequence"),
    ("uniform-bayes-exact", lambda r: r["sampler"].append({}), (0,), "sampler"),
    ("uniform-mixture-exact", lambda r: r["scenario"]["reverse"]["model"].update(last="formula"), (2,), "last"),
]


@pytest.mark.parametrize(("name", "change", "statuses", "words"), BY_HAND)
def test_what_once_passed(name: str, change: Change, statuses: tuple[int, ...], words: str) -> None:
    """Each is called wrong, refused, not confirmed, or its key is named among what is not covered."""
    forged = record(name)
    assert outcome(forged)[0] == 0
    change(forged)
    status, said = outcome(forged)
    assert status in statuses, said
    said = said if status else said.splitlines()[-1].partition("not covered: ")[2]
    assert any(word in said for word in words.split("|")), said


def test_what_is_undecided_is_told() -> None:
    """The audit knows: it says what is so."""
    forged = record("reflect-bayes-ball")
    all_undecided(forged)
    assert "t = 1, decay: strict; t = 2, decay: strict; t = 3, decay: strict; …" in outcome(forged)[1]


@pytest.mark.search
def test_a_programme_of_forgeries() -> None:
    """Of every key of a spread of results: each is refused, or not confirmed, or the key is named as not covered."""
    every = [forgery for record in forgeries.records().values() for forgery in forgeries.forgeries(record)]
    drawn = Random(7).sample(every, 400 // SHARE)
    passed = [
        (forgery.path, forgery.how)
        for forgery in drawn
        for status, said in [outcome(forgery.record)]
        if not status and not forgeries.is_named(forgery, said)
    ]
    assert passed == []
    assert len({dump(forgery.record) for forgery in drawn}) >= 300 // SHARE


@pytest.mark.parametrize(("last", "status"), [("formula", 0), ("prediction", 1)])
def test_equation_4_at_its_last_step(last: str, status: int) -> None:
    """With p̃ = q(x_0) equation 4 is the Bayes reverse where it holds at t = 1 too; without, Δ_1 = I_1."""
    as_bayes = record("uniform-bayes-exact")
    as_bayes["scenario"]["reverse"]["model"] = {"kind": "d3pm", "denoiser": "data", "last": last}
    assert outcome(as_bayes)[0] == status


def test_a_denoiser_s_cross_entropy_is_recomputed() -> None:
    """Where p̃ is the posterior E[−log p̃(x_0|x_t)] = H(x_0|x_t), and otherwise it is more."""
    for error, fits in ((None, True), ("1/9", False)):
        text = 'model = { kind = "posterior-mixture"' + (f', error = "{error}"' if error else "") + " }"
        ran = md.run(md.loads(
            'data = { weights = [5, 2, 1] }\n'
            'noise = { steps = 3, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/7" } }\n'
            f"reverse = {{ {text} }}\n"
        ))  # fmt: skip
        made = json.loads(ran.to_json())
        for step in made["steps"][1:]:
            step["cross_entropy"] = step["conditional_entropy"]
        status, said = outcome(made)
        assert (status == 0) == fits, said
        assert "cross_entropy" not in said or not fits
    made["steps"][0]["cross_entropy"] = made["steps"][0]["entropy"]
    assert outcome(made)[0] == 1


def test_a_certificate_is_compared_with_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--scenario FILE: its hash is the one, or the certificate is of another file; a result has none."""
    scenario, made = tmp_path / "s.toml", tmp_path / "c.json"
    scenario.write_text(
        "data = { weights = [2, 1] }\n"
        'noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/3" } }\n'
    )
    assert markovdiff(["run", str(scenario), "--quiet", "--certificate", str(made)]) == 0
    capsys.readouterr()
    assert markovdiff(["audit", str(made)]) == 0
    assert "scenario_sha256" in capsys.readouterr().out.splitlines()[-1]
    assert markovdiff(["audit", str(made), "--scenario", str(scenario)]) == 0
    assert "scenario_sha256" not in capsys.readouterr().out
    scenario.write_text(scenario.read_text() + "\n")
    assert markovdiff(["audit", str(made), "--scenario", str(scenario)]) == 1
    assert sha256(scenario.read_bytes()).hexdigest() in capsys.readouterr().out
    assert markovdiff(["audit", str(made), "--scenario", str(tmp_path / "none")]) == 2
    made.write_text(dump(md.run(md.load(scenario)).record()))
    assert markovdiff(["audit", str(made), "--scenario", str(scenario)]) == 2


@few("forged", [False, True])
def test_numbers_of_any_length_need_no_setting(forged: bool, tmp_path: Path) -> None:
    """Python may be told to read and write at most 640 digits at once: a thousand are audited all the same."""
    made = md.run(md.loads(
        "data = { weights = [2, 1] }\n"
        'noise = { steps = 4, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/3" } }\n'
        "arithmetic = { digits = 1000 }\n"
    )).record()  # fmt: skip
    if forged:
        entropy = made["steps"][3]["entropy"]
        for end in ("value", "lower", "upper"):
            entropy[end] = entropy[end][:900] + ("1" if entropy[end][900] != "1" else "2") + entropy[end][901:]
    file = tmp_path / "r.json"
    file.write_text(dump(made), encoding="utf-8")
    for module in ("markovdiff", "markovdiff.audit"):
        command = [sys.executable, "-m", module, *["audit"] * (module == "markovdiff"), str(file)]
        environment = {**os.environ, "PYTHONINTMAXSTRDIGITS": "640"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == int(forged), done.stderr
        assert "Traceback" not in done.stderr


def hostile(T: int) -> Any:
    """A result whose every denominator is new: numbers grow by 60 bits a step."""
    made = record("matrix-bayes-exact")
    step = made["steps"][1]
    made["scenario"]["steps"] = T
    made["scenario"]["betas"] = [str(Fraction(t + 1, 10**9 + 7 * t + 10)) for t in range(T)]
    del made["scenario"]["checks"]["dpi"]
    made["checks"] = [one for one in made["checks"] if one["check"] != "dpi"]
    made["steps"] = [made["steps"][0], *({**step, "t": t} for t in range(1, T + 1))]
    return made


@pytest.mark.slow
def test_a_hostile_result_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty thousand steps of unlike denominators: status 3 and a sentence, by work that is counted."""
    made = hostile(20_000)
    file = tmp_path / "r.json"
    prior = made["scenario"]["reverse"]["prior"]
    made["arithmetic"]["kind"], prior["kind"], prior["probabilities"] = "ball", "marginal", None
    file.write_text(json.dumps(made), encoding="utf-8")
    assert audit(str(file), minutes=0.02) == 3
    said = capsys.readouterr().err
    assert "would take too long" in said
    assert "--minutes" in said


def test_what_would_not_fit_is_refused() -> None:
    """Too much to hold at once, or little by little; outside an audit nothing is counted."""
    budget.hold(1e12, for_long=True)
    with budget.limited(1):
        with pytest.raises(UnfinishedError, match="memory"):
            budget.hold(5 * 2**30, for_long=False)
        budget.hold(3 * 2**30, for_long=True)
        with pytest.raises(UnfinishedError, match="memory"):
            budget.hold(2 * 2**30, for_long=True)
        with pytest.raises(UnfinishedError, match="too long"):
            budget.spend(6.1e10)


def test_the_pace_is_looked_at() -> None:
    """A tenth of the steps that took a fifth of the limit says that all will not fit; a steady pace that does, does."""

    def walk(steps: int, cost: float) -> None:
        for t in range(1, steps + 1):
            budget.spend(cost)
            budget.check_pace(t, 1000)

    with budget.limited(1), pytest.raises(UnfinishedError, match="too long"):
        walk(100, 1.2e8)
    with budget.limited(1):
        walk(1000, 5e7)
