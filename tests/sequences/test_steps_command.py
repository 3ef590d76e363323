"""`markovdiff steps`: what it prints, its JSON, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from markovdiff.cli import main


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["steps", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def rows(lines: list[str]) -> dict[str, list[str]]:
    """The table's numbers, by the number of steps."""
    table = lines[4 : lines.index("", 4)]
    return {words[0]: words[1:5] for line in table if (words := line.split()) and words[0].isdigit() and len(words) > 4}


def test_parity_in_few_steps(capsys: pytest.CaptureFixture[str]) -> None:
    """The reference: 5/8, 4 − log2 11 and 5/16 for two steps; 4/9 and 2/9 for three. What is false has an odd sum."""
    lines = told(capsys, "parity", "--steps", "2,3")
    table = rows(lines)
    assert table["2"] == ["5/8", "0.5405684", "5/16", "5/16"]
    assert table["3"] == ["4/9", "0.3625701", "2/9", "2/9"]
    assert "  2      001 5/64 · 010 5/64 · 100 5/64 · …" in lines
    assert all(line == line.rstrip() and len(line) <= 80 for line in lines)


def test_without_steps_those_of_the_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(rows(told(capsys, "bridge-plug-in"))) == ["4", "8", "16"]


def test_without_any_the_doublings(capsys: pytest.CaptureFixture[str]) -> None:
    """1, 2, 4, … and T; where the data are all that is drawn, it says so."""
    lines = told(capsys, "bridge-mixture", "--set", "sampler={}", "--set", "checks={}", "--set", "noise.steps=6")
    assert list(rows(lines)) == ["1", "2", "4", "6"]
    assert lines[-1] == "whatever is drawn occurs in the data"


def test_the_plug_in_bridge_gets_worse_and_the_others_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    """The bound of D3PM's formula, fed with the truth, rises with the steps; leave-one-out is the mixture."""
    plug_in, mixture, left_out = (
        rows(told(capsys, f"bridge-{name}")) for name in ("plug-in", "mixture", "leave-one-out")
    )
    excess = [float(plug_in[n][0]) for n in ("4", "8", "16")]
    assert excess == sorted(excess) == [0.3006174, 0.3855789, 0.5025859]
    assert mixture == left_out
    assert [mixture[n][0] for n in ("4", "8", "16")] == ["0.1931563", "0.09964626", "0.05028998"]


def test_uniform_noise_draws_more_that_never_occurs(capsys: pytest.CaptureFixture[str]) -> None:
    """At each number of steps from 2 on; a single step draws both bits at once under either noise."""
    uniform, masked = (
        told(capsys, "pair-uniform", "--json", "-", "--set", f"noise.kernel.kind={kind}")
        for kind in ("uniform", "absorbing")
    )
    outside = [
        [float(row["outside_support"]["value"]) for row in json.loads("\n".join(lines))["sampler"]]
        for lines in (uniform, masked)
    ]
    assert outside[1] == [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]
    assert outside[0][0] == outside[1][0]
    assert all(a > b for a, b in zip(*(found[1:] for found in outside), strict=True))


def test_what_is_undefined_has_its_witness_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A uniform prior begins at 000, of which the data's posterior at T says nothing: nothing is claimed of ν then."""
    lines = told(capsys, "parity", "--steps", "2", "--set", "reverse.prior=uniform", "--set", "checks={}")
    assert rows(lines)["2"][1:] == ["undefined"] * 3
    assert lines[-1] == "  2      undefined: the model says nothing of x_6 = 000, which is drawn"
    assert "whatever is drawn occurs in the data" not in lines


def test_json_has_the_samplers_as_a_result_has_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, result = tmp_path / "steps.json", tmp_path / "run.json"
    told(capsys, "pronouns", "--json", str(file))
    assert main(["run", "pronouns", "--quiet", "--json", str(result)]) == 0
    record, whole = (json.loads(f.read_text(encoding="utf-8")) for f in (file, result))
    assert record["schema"] == "markovdiff.steps/1"
    assert record["sampler"] == [row for row in whole["sampler"] if "steps" in row]
    assert record["entropy"] == whole["elbo"]["data_entropy"]
    assert record["sampler"][-1]["false"][0]["x0"] == ["she", "sell"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["parity", "--steps", "7"], ["no such number of steps", "from 1 to 6", "got       7", "remedy"]),
        (["parity", "--steps", "2,x"], ["--steps", "1,2,4"]),
        (["parity", "--steps", "0"], ["--steps"]),
        (["two-state"], ["the data are one symbol", "data.length", "remedy"]),
        (["no-such-scenario"], ["no-such-scenario"]),
    ],
)
def test_bad_usage_is_status_2(arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One message on stderr: what, where, expected, got, remedy; nothing on stdout."""
    assert main(["steps", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(word in said.err for word in words)
