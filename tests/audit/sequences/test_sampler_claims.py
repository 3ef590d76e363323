"""Records of samplers, honest and forged: what is true is confirmed, and what is changed is named with its place."""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal
from functools import cache
from itertools import islice

import many_sequences
import pytest
from audited_sequences import audited
from chains import SHARE

import markovdiff as md
from markovdiff.audit.claims import WrongError
from markovdiff.errors import InputError

UNEVEN = 'length = 3\nsequences = { "aab" = 3, "abb" = 2, "bba" = 1, "bbb" = 1 }'
TEXTS = {
    "mask": f"""
[data]
{UNEVEN}
[noise]
steps = 3
kernel = {{ kind = "absorbing" }}
schedule = {{ kind = "jump" }}
[sampler]
steps = [1, 3]
times = [[0, 2, 3]]
unmask = [[1, 2], [2, 1], [1, 1, 1]]
[checks]
sampler = [{{ steps = 3, kl = "1/2", excess = 1 }}, {{ unmask = [1, 2], outside_support = "1/1000" }}]
""",
    "confidence": f"""
[data]
{UNEVEN}
[noise]
steps = 1
kernel = {{ kind = "absorbing" }}
schedule = {{ kind = "jump" }}
[sampler]
unmask = [[2, 1], [1, 1, 1]]
order = "confidence"
[checks]
sampler = [{{ unmask = [1, 1, 1], kl = 0, outside_support = 0 }}]
""",
    "given-order": f"""
unit = "nats"
[data]
{UNEVEN}
[noise]
steps = 1
kernel = {{ kind = "absorbing" }}
schedule = {{ kind = "jump" }}
[sampler]
unmask = [[2, 1]]
order = [2, 0, 1]
[checks]
sampler = [{{ unmask = [2, 1], excess = "1/10" }}]
""",
    "uniform": """
unit = "nats"
[data]
length = 2
sequences = { "aa" = 5, "bb" = 3, "ab" = 1 }
[noise]
steps = 2
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = "1/3" }
[reverse]
model = { kind = "d3pm", error = "1/7" }
prior = ["1/3", "2/3"]
[sampler]
steps = [2]
[checks]
sampler = [{ steps = 2, total_variation = "1/2" }]
""",
    "undefined": """
[data]
length = 2
sequences = { "aa" = 1, "bb" = 1 }
[noise]
steps = 2
kernel = { kind = "absorbing" }
schedule = { kind = "jump" }
[reverse]
prior = "uniform"
[sampler]
steps = [2]
[checks]
sampler = [{ steps = 2, outside_support = "1/2" }]
""",
    "infinite": """
[data]
length = 2
sequences = { "aa" = 1, "bb" = 1 }
[noise]
steps = 1
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = 0 }
[reverse]
prior = [1, 0]
model = { kind = "posterior-mixture", denoiser = "data" }
[sampler]
steps = [1]
[checks]
sampler = [{ steps = 1, kl = 1 }]
""",
}


@cache
def honest(name):
    scenario = md.load(name) if name in SHIPPED else md.loads(TEXTS[name], name=name)
    return scenario, md.run(scenario).to_json()


SHIPPED = ("pronouns", "pair-uniform", "bridge-plug-in", "bridge-leave-one-out")


@pytest.mark.parametrize("name", [*SHIPPED, *TEXTS])
def test_what_is_true_is_confirmed(name):
    """Every number, order, verdict and sentence about samplers, nothing left over."""
    scenario, text = honest(name)
    record = json.loads(text)
    found, checked = audited(scenario, record)
    assert found.uncovered == []
    assert found.left_open == []
    assert found.counts["enclosures"] + found.counts["infinite or undefined"] > 3
    assert checked.truth == next(check["observed"] for check in record["checks"] if check["check"] == "sampler")
    assert (checked.uncovered, checked.sentences) == ((), 1)


def places(value, path=()):
    """Every leaf of what is said of sequences and samplers."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for k, item in enumerate(value):
            yield from places(item, (*path, k))
    else:
        yield path, value


def moved(decimal, units):
    """A decimal moved by so many units of its last digit."""
    number = Decimal(decimal)
    return str(number + units * Decimal((0, (1,), number.as_tuple().exponent))).replace("E", "e")


def forged(path, value):
    """What may stand there in its place, always so that something false is said."""
    key = path[-1]
    if key == "closed_form" and value is not None:
        for match in re.finditer(r"\d+(?!\()", value):
            yield value[: match.start()] + str(int(match[0]) + 1) + value[match.end() :]
    elif key == "value" and value not in ("inf", "undefined"):
        yield from (moved(value, 2), moved(value, -2), "inf", "undefined")
    elif key == "value":
        yield "undefined" if value == "inf" else "inf"
    elif key in ("lower", "upper"):
        yield moved(value, 2 if key == "lower" else -2)
    elif key == "bound":
        yield from {"strict", "equal", None} - {value}
    elif key == "ties":
        yield 7 if value is None else value + 1
    elif key in ("steps", "length"):
        yield 2 if value == 1 else 1
    elif "symbols" in path or "x0" in path or "x_t" in path:
        yield "b" if value == "a" else "a"


@pytest.mark.search
@pytest.mark.parametrize("name", list(TEXTS))
def test_whatever_is_changed_is_named(name):
    """Each number in its last digit, each bound, word and label: the audit says WRONG, or that it cannot be, there."""
    scenario, text = honest(name)
    tried = 0
    for alone, path, other in islice(forgeries(json.loads(text)), 0, None, SHARE):
        tampered = copy.deepcopy(alone)
        there = tampered
        for step in path[:-1]:
            there = there[step]
        there[path[-1]] = other
        with pytest.raises((WrongError, InputError)) as said:
            audited(scenario, tampered)
        assert str(said.value.where).startswith(place(path)), (path, other, said.value.where)
        tried += 1
    assert tried > 40 // SHARE


def forgeries(record):
    """What is claimed alone, a place in it, and what is put there."""
    for alone in one_claim_each(record):
        key = "sampler" if alone["sampler"] else "sequence"
        for path, value in places({key: alone[key]}):
            yield from ((alone, path, other) for other in forged(path, value))


def one_claim_each(record):
    """The record without checks, with the law of sequences alone, and with one sampler alone."""
    for row in [None, *record["sampler"]]:
        yield {**record, "checks": [], "sampler": [] if row is None else [row]}


def place(path):
    """The place as a message names it."""
    if path[0] == "sequence":
        return f"sequence.{path[1]}"
    named = path[1:3] if path[2] in ("false", "excess", "kl", "total_variation", "outside_support") else path[1:2]
    return f"sampler[{named[0]}]" + "".join(f".{key}" for key in named[1:])


def exchange(rows):
    rows[0], rows[1] = rows[1], rows[0]


def move_mass(rows):
    rows[0]["mass"], rows[-1]["mass"] = rows[-1]["mass"], rows[0]["mass"]


def make_true(rows):
    rows[0]["x0"] = ["a", "a", "b"]


@pytest.mark.parametrize("change", [exchange, list.pop, move_mass, make_true, lambda rows: rows.append(rows[0])])
@pytest.mark.parametrize("row", [0, 1, 2])
def test_false_sequences_keep_their_order(row, change):
    """Two exchanged, the last left out, masses exchanged, one that is true among them, one twice."""
    scenario, text = honest("mask")
    record = json.loads(text)
    false = record["sampler"][row]["false"]
    assert false[0]["mass"] != false[-1]["mass"]
    change(false)
    with pytest.raises(WrongError) as said:
        audited(scenario, record)
    assert said.value.where.startswith(f"sampler[{row}].false")


def test_false_sequences_alike_stand_in_order():
    """Of two that are equally likely the first in order comes first, and an exchange is noticed."""
    scenario, text = honest("pronouns")
    record = json.loads(text)
    false = record["sampler"][0]["false"]
    assert false[0]["mass"] == false[1]["mass"]
    exchange(false)
    with pytest.raises(WrongError) as said:
        audited(scenario, record)
    assert said.value.where == "sampler[0].false[0].x0"


@pytest.mark.parametrize(
    ("name", "key", "other"),
    [
        ("mask", "unmask", [2, 1]),
        ("confidence", "order", "left-to-right"),
        ("given-order", "order", [0, 1, 2]),
        ("mask", "times", [0, 1, 2, 3]),
    ],
)
def test_another_sampler_has_other_numbers(name, key, other):
    """The same numbers under other block sizes, another order, other times, are wrong."""
    scenario, text = honest(name)
    record = json.loads(text)
    row = next(row for row in record["sampler"] if row.get(key) not in (None, other) and row.get("steps") is None)
    row[key] = other
    with pytest.raises(WrongError) as said:
        audited(scenario, record)
    assert said.value.where.startswith("sampler[")


def checked(name, **changes):
    scenario, text = honest(name)
    record = json.loads(text)
    found = next(check for check in record["checks"] if check["check"] == "sampler")
    found.update(copy.deepcopy(changes))
    return audited(scenario, record)[1]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mask", {"observed": "holds", "verdict": "holds"}),
        ("mask", {"verdict": "holds"}),
        ("mask", {"witness": None}),
        ("mask", {"witness": {"sampler": "unmask = [1, 2]", "bound": "kl"}}),
        ("mask", {"decided": "enclosure"}),
        ("mask", {"expected": "violated"}),
        ("mask", {"detail": "unmask = [1, 2]: outside_support = 0.413 > 1/1000: proved"}),
        ("given-order", {"observed": "holds", "verdict": "holds", "witness": None}),
        ("uniform", {"detail": "the one bound holds: proved; steps = 2: total_variation = 0.99 ≤ 1/2"}),
        ("undefined", {"observed": "holds", "verdict": "holds"}),
        ("undefined", {"verdict": "holds"}),
        ("infinite", {"observed": "holds", "verdict": "holds", "witness": None}),
        ("infinite", {"detail": "steps = 1: kl = 3 bits > 1: proved"}),
    ],
)
def test_a_verdict_is_decided_anew(name, changes):
    """A verdict flipped, another witness, another number in the sentence."""
    with pytest.raises(WrongError) as said:
        checked(name, **changes)
    assert said.value.where.startswith(("check sampler", "checks["))


def test_a_check_on_a_sampler_that_is_not_there_is_refused():
    """An entry of the check speaks of a row of the record."""
    scenario, text = honest("uniform")
    record = json.loads(text)
    record["sampler"] = record["scenario"]["samplers"] = []
    with pytest.raises(InputError, match="a check on a sampler that the record has not"):
        audited(scenario, record)


def test_what_was_too_much_to_walk_is_said():
    """Unmasking at random without KL: the excess is confirmed, the rest is named as not covered, if nothing is said."""
    scenario, text = honest("mask")
    record = json.loads(text)
    row = record["sampler"][4]
    for key in ("kl", "total_variation", "outside_support", "bound"):
        row[key] = None
    with pytest.raises(WrongError, match="false"):
        audited(scenario, record)
    row["false"] = []
    assert audited(scenario, record)[0].uncovered == ["sampler[4] but for its excess (the run did not walk it)"]


def test_what_is_left_undecided_is_told():
    """A number or a word that a record leaves open is no claim: the truth is told beside its place."""
    scenario, text = honest("pronouns")
    record = json.loads(text)
    record["sampler"][1]["kl"] = {"value": "undecided", "witness": {"t": 0}}
    record["sampler"][1]["bound"] = "undecided"
    found, _ = audited(scenario, record)
    assert [where for where, _ in found.left_open] == ["sampler[1].kl", "sampler[1].bound"]
    assert found.left_open[0][1].startswith("0.415037499278843")
    assert found.left_open[1][1] == "strict"


@pytest.mark.parametrize(
    "limit", ["sampler.MOST_WRITTEN", "sampler.MOST_WALKED", "unmasking.MOST_WALKED", "curve.MOST_CELLS"]
)
def test_what_is_too_much_is_named(monkeypatch, limit):
    """Where masses are too long, sequences or subsets too many, what is left out is named."""
    monkeypatch.setattr(f"markovdiff.audit.sequences.{limit}", 1)
    scenario, text = honest("mask")
    found, checked = audited(scenario, json.loads(text))
    walked = "but for its excess (too many sequences to walk)"
    rows = {
        "sampler.MOST_WRITTEN": [f"sampler[{i}] {walked}" for i in range(6)],
        "sampler.MOST_WALKED": [f"sampler[{i}{end}" for i in range(3) for end in ("].excess and bound", f"] {walked}")],
        "unmasking.MOST_WALKED": [f"sampler[{i}] {walked}" for i in (3, 4, 5)],
        "curve.MOST_CELLS": ["sequence.information_curve", *(f"sampler[{i}].excess and bound" for i in (3, 4, 5))],
    }[limit]
    assert len(found.uncovered) == len(rows)
    assert all(said.startswith(row) for said, row in zip(found.uncovered, rows, strict=True))
    assert checked.uncovered in ((), ("check sampler",))
    assert checked.is_open == bool(checked.uncovered)


def test_random_runs_are_confirmed(capsys):
    """A few of what `many_sequences.py` draws: whole results, each number by the second route."""
    assert many_sequences.main(12, 5) == 0
    assert "none wrong" in capsys.readouterr().out
