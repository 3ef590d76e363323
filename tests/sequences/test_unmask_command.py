"""`markovdiff unmask`: what it prints, its JSON, and what it refuses."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import markovdiff as md
from markovdiff.cli import main
from markovdiff.study.unmasking import unmasking_table

CHAIN = """
title = "Sixty-four symbols"
[data]
length = 64
markov = { initial = ["1/2", "1/2"], rows = [["9/10", "1/10"], ["1/10", "9/10"]] }
[noise]
steps = 8
kernel = { kind = "absorbing" }
schedule = { kind = "jump" }
"""


@pytest.fixture
def chain(tmp_path: Path) -> str:
    """A Markov law that is far too long for its joint states."""
    file = tmp_path / "chain.toml"
    file.write_text(CHAIN, encoding="utf-8")
    return str(file)


def test_the_reference_schedules_of_a_long_chain(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Best, equal and cosine with their excess, plain text without padding, no line beyond 80 columns."""
    assert main(["unmask", chain, "--stages", "8"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {words[0]: words[1:] for line in lines if (words := line.split())}
    assert rows["best"] == ["2.310705", "–", "4", "5", "6", "7", "8", "9", "11", "14"]
    assert rows["equal"][:5] == ["2.798513", "–", "8", "(8", "times)"]
    assert rows["cosine"] == ["2.594731", "–", "1", "4", "6", "8", "9", "12", "12", "12"]
    assert "✓ no other block sizes are as good as the best: decided" in lines
    assert all(line == line.rstrip() and len(line) <= 80 for line in lines)


def test_too_many_sequences_on_the_way_leave_the_schedule() -> None:
    """3^11 of them, and 4^11 with masks: the walk is counted before anything is written out, and KL is left open."""
    study = md.scenario(
        {
            "data": {"length": 11, "probabilities": ["1/10", "2/10", "7/10"]},
            "noise": {"steps": 4, "kernel": {"kind": "absorbing"}, "schedule": {"kind": "jump"}},
        }
    )
    table = unmasking_table(study, 3)
    assert all(schedule.kl is None and schedule.excess.value == "0" for schedule in table.schedules)
    assert table.schedules[0].ties == 45


def test_json_has_every_number_with_its_bounds(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Quantities as in a result: value, lower, upper, closed_form; the curve adds up to H(x0)."""
    assert main(["unmask", chain, "--stages", "8", "--json", "-", "--digits", "30"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == "markovdiff.unmask/1"
    assert (record["length"], record["symbols"], record["stages"]) == (64, 2, 8)
    curve = record["information_curve"]
    low, high = (sum(Fraction(c[end]) for c in curve) for end in ("lower", "upper"))
    assert low <= Fraction(record["entropy"]["upper"])
    assert high >= Fraction(record["entropy"]["lower"])
    best, equal, cosine = record["schedules"]
    assert (best["unmask"], best["ties"], best["decided"]) == ([4, 5, 6, 7, 8, 9, 11, 14], 1, True)
    assert Fraction(best["excess"]["upper"]) < Fraction(cosine["excess"]["lower"]) < Fraction(equal["excess"]["lower"])
    assert set(best["excess"]) == {"value", "lower", "upper", "closed_form"}


def test_kl_stands_beside_where_the_sequences_can_be_walked(chain: str) -> None:
    """L = 4: the reference KL of (1, 3), below the excess. L = 64: none, and the schedules all the same."""
    study = md.load(chain)
    best, equal, cosine = unmasking_table(study.replace("data.length", 4), 2).schedules
    assert best.unmask == cosine.unmask == (1, 3)
    assert best.kl is not None
    assert equal.kl is not None
    assert f"{best.excess:.7f}" == "0.3773982"
    assert f"{best.kl:.7f}" == "0.1969718"
    assert best.kl < equal.kl < equal.excess
    assert all(schedule.kl is None for schedule in unmasking_table(study, 8).schedules)


def test_a_tie_is_counted(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Independent symbols: all C(5, 2) block sizes of three stages lose nothing."""
    settings = ["--set", "data = { length = 6, weights = [3, 1] }"]
    assert main(["unmask", chain, "--stages", "3", *settings]) == 0
    text = capsys.readouterr().out
    assert "✓ 10 block sizes are as good as the best, which is the first of them: decided" in text
    assert "  best    0       0   1 1 4" in text.splitlines()


def test_the_json_file_is_written_beside_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "table.json"
    assert main(["unmask", "parity", "--stages", "2", "--json", str(file), "--unit", "nats"]) == 0
    assert "best    0" in capsys.readouterr().out
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["unit"] == "nats"
    assert record["entropy"]["closed_form"] == "2·log 2"


@pytest.mark.slow
def test_the_sonnets_refute_the_cosine() -> None:
    """Windows of eight characters of real text: in three stages the cosine loses nearly twice what the best lose."""
    study = md.load("sonnets").replace("data.length", 8)
    best, _, cosine = unmasking_table(study, 3).schedules
    assert float(cosine.excess) > Fraction(9, 5) * Fraction(best.excess.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["parity", "--stages", "4"], ["the number of stages is out of range", "from 1 to 3", "got       4"]),
        (["two-state", "--stages", "2"], ["the data are one symbol", "data.length", "remedy"]),
        (["sonnets", "--stages", "2", "--set", 'noise.kernel={kind="uniform"}'], ["nothing masks", "noise.kernel"]),
        (["parity", "--stages", "0"], ["--stages"]),
        (["parity"], ["--stages"]),
        (["no-such-scenario", "--stages", "2"], ["no-such-scenario"]),
        (["parity", "--stages", "2", "--json", "/no/such/folder/x.json"], ["no such folder"]),
    ],
)
def test_bad_usage_is_status_2(arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One message on stderr: what, where, expected, got, remedy; nothing on stdout."""
    assert main(["unmask", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(word in said.err for word in words)
