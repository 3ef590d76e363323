"""Scenarios from dicts, and with some keys set: the same scenarios as from TOML text, or the same complaints."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import markovdiff as md
from markovdiff.cli.options import load_given
from markovdiff.study.fingerprint import fingerprint
from markovdiff.study.reading import structured
from markovdiff.study.settings import assigned, setting, tree
from markovdiff.study.shipped import shipped_scenarios

COIN: dict[str, Any] = {
    "data": {"weights": [3, 1]},
    "noise": {"steps": 3, "kernel": {"kind": "uniform"}, "schedule": {"kind": "constant", "beta": "1/10"}},
}


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_scenarios_tables_are_the_scenario(name: str) -> None:
    """What a file's structs say as plain tables is read back as the same structs, for every scenario that ships."""
    file = md.load(name).file
    assert structured(tree(file)) == file


def test_a_dict_is_the_scenario_that_its_toml_is() -> None:
    """`scenario` and `loads` give equal scenarios, and so equal results."""
    text = '[data]\nweights = [3, 1]\n[noise]\nsteps = 3\nkernel = { kind = "uniform" }\n'
    read = md.loads(text + 'schedule = { kind = "constant", beta = "1/10" }')
    assert md.scenario(COIN) == read
    assert md.run(md.scenario(COIN)).to_json() == md.run(read).to_json()


@pytest.mark.parametrize(
    "weights",
    [(3, 1), np.array([3, 1]), [np.int64(3), np.uint8(1)], [Fraction(3), "1"], [Decimal(3), Decimal("1.0")]],
)
def test_exact_numbers_of_python_are_taken(weights: Any) -> None:
    """Tuples, arrays of integers, Fractions, Decimals and strings say the same as TOML's numbers."""
    assert md.scenario({**COIN, "data": {"weights": weights}}).data == md.scenario(COIN).data


@pytest.mark.parametrize("weights", [[0.75, 0.25], np.array([0.75, 0.25]), [True, False], [np.bool_(1), 1]])
def test_floats_and_booleans_are_refused(weights: Any) -> None:
    """A float is rarely the number that was meant, and a boolean never is."""
    with pytest.raises(md.InputError) as caught:
        md.scenario({**COIN, "data": {"weights": weights}})
    assert "data.weights[0]" in str(caught.value.where)


def test_a_key_set_is_the_key_written() -> None:
    """`replace` is the scenario with that key, and the one it was made from stays as it is."""
    study = md.scenario(COIN)
    other = study.replace("noise.schedule.beta", "1/20")
    assert other.betas == (Fraction(1, 20),) * 3
    assert study.betas == (Fraction(1, 10),) * 3
    assert other.replace("noise.schedule.beta", Fraction(1, 10)) == study


def test_a_new_kind_keeps_what_it_has_too() -> None:
    """Setting a kind leaves out the keys that the new kind does not have, and keeps the others."""
    linear = md.scenario(COIN).replace({"noise.schedule.kind": "linear", "noise.schedule.start": "1/10",
                                        "noise.schedule.stop": "1/2"})  # fmt: skip
    assert linear.betas == (Fraction(1, 10), Fraction(3, 10), Fraction(1, 2))
    geometric = linear.replace("noise.schedule.kind", "geometric")
    assert (geometric.betas[0], geometric.betas[-1]) == (Fraction(round(2**32 / 10), 2**32), Fraction(1, 2))
    assert linear.replace("noise.schedule.kind", "jump").betas == (Fraction(1, 3), Fraction(1, 2), Fraction(1))
    assert md.scenario(COIN).replace("arithmetic", {"digits": 30}).replace("arithmetic.kind", "ball").digits == 30


def test_the_unit_asked_for_is_kept() -> None:
    """A scenario reported in nats stays so when a key is set."""
    assert md.scenario(COIN).with_options(unit="nats").replace("noise.steps", 5).unit == "nats"


def test_none_takes_a_key_out() -> None:
    """A key set to None is a key not written."""
    named = md.scenario(COIN | {"name": "coin"})
    assert named.replace("name", None) == md.scenario(COIN, name="coin")
    assert md.scenario(COIN | {"title": None}) == md.scenario(COIN)


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("noise.steps.x", 3, "noise.steps.x"),
        ("noise.stps", 3, "noise.stps"),
        ("noise..steps", 3, "'noise..steps'"),
        ("", 3, "''"),
        (3, 3, "3"),
        ("noise.steps", 2.5, "noise.steps"),
        ("noise.schedule.beta", 0.05, "noise.schedule.beta"),
        ("noise.kernel.kind", "unform", "noise.kernel.kind"),
        ("data", {"family": {1: 2}}, "data.family"),
    ],
)
def test_what_cannot_be_set_is_named(key: Any, value: Any, where: str) -> None:
    """The complaint has the key's path."""
    with pytest.raises(md.InputError) as caught:
        md.scenario(COIN).replace(key, value)
    assert caught.value.where == where


def test_endless_nesting_is_refused() -> None:
    """A list that holds itself is no scenario."""
    rows: list[Any] = []
    rows.append(rows)
    with pytest.raises(md.InputError, match="nested too deeply"):
        md.scenario(COIN | {"data": {"weights": rows}})
    with pytest.raises(md.InputError, match="not a dict"):
        md.scenario([("data", 1)])  # type: ignore[arg-type]


def test_assigning_changes_nothing_given() -> None:
    """The tree that was given is not written to, however deep the key lies."""
    given = {"noise": {"schedule": {"kind": "constant", "beta": 1}}}
    assert assigned(given, "noise.schedule.beta", 2) == {"noise": {"schedule": {"kind": "constant", "beta": 2}}}
    assert given == {"noise": {"schedule": {"kind": "constant", "beta": 1}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b=3", 3),
        ("a.b = 0.1", Decimal("0.1")),
        ("a.b=1/10", "1/10"),
        ('a.b="3"', "3"),
        ("a.b=true", True),
        ("a.b=[1, 2]", [1, 2]),
        ("a.b={kind = 'jump'}", {"kind": "jump"}),
        ("a.b=x=y", "x=y"),
        ("a.b=", ""),
        ("a.b=1\nc = 2", "1\nc = 2"),
    ],
)
def test_a_setting_is_toml_or_a_string(text: str, value: object) -> None:
    """VALUE is TOML where it is a TOML value, else the string itself."""
    assert setting(text) == ("a.b", value)


@pytest.mark.parametrize("text", ["a.b", "=3", ""])
def test_a_setting_has_a_key_and_a_value(text: str) -> None:
    """What has no key or no equals sign is refused."""
    with pytest.raises(md.InputError, match="not KEY=VALUE"):
        setting(text)


def test_the_command_line_sets_keys() -> None:
    """--set on a shipped scenario is `replace`."""
    assert load_given("two-state", ["noise.steps=8", "noise.schedule.kind=jump"]) == md.load("two-state").replace(
        {"noise.steps": 8, "noise.schedule.kind": "jump"}
    )


def test_a_hash_knows_matrices_laws_and_tables(tmp_path: Path) -> None:
    """Scenarios that differ in a matrix, a law of sequences, or the contents of a file have other hashes."""
    rows = [[["1/2", "1/2"], ["1/3", "2/3"]]]
    outright = md.scenario({"data": {"weights": [1, 1]}, "noise": {"kernel": {"kind": "per-step", "steps_rows": rows}}})
    noise = {"steps": 2, "kernel": {"kind": "absorbing"}, "schedule": {"kind": "jump"}}
    pair = md.scenario({"data": {"length": 2, "sequences": {"00": 1, "11": 1}}, "noise": noise})
    others = [
        outright.replace("noise.kernel.steps_rows", [[["1/2", "1/2"], ["1/4", "3/4"]]]),
        pair,
        pair.replace("data.sequences", {"00": 2, "11": 1}),
    ]
    for law in ("[3, 1]", "[1, 3]"):
        (tmp_path / "q.csv").write_text(f"label,n\na,{law[1]}\nb,{law[4]}\n", encoding="utf-8")
        data = {"csv": {"path": str(tmp_path / "q.csv"), "label": "label", "count": "n"}}
        others.append(md.scenario({"data": data, "noise": COIN["noise"]}))
    assert len({fingerprint(study) for study in (outright, *others)}) == 6
    assert fingerprint(md.scenario(COIN)) == fingerprint(md.scenario(dict(COIN)))
