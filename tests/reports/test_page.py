"""The page as a file: its size, its words, what is thinned, and what is refused."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.decimals import decimal_text
from markovdiff.cli import main
from markovdiff.reports.embedded import DIGITS, MOST_TIMES, _entry, pack, probability_text
from markovdiff.sequences.law import joined
from markovdiff.study.shipped import shipped_scenarios

Streams = pytest.CaptureFixture[str]
TWO = md.load("two-state").replace("noise.steps", 4)


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])["scenarios"]


def unpacked(packed: str) -> list[str]:
    seen: list[str] = []
    words = []
    for word in packed.split(" "):
        entry = seen[int(word[1:], 36)] if word.startswith(".") else word
        if not word.startswith("."):
            seen.append(entry)
        words.append(entry)
    return words


class Links(HTMLParser):
    """Every address that a page mentions in its markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.found |= {str(value) for name, value in attrs if name in ("href", "src", "action", "data", "srcset")}


def test_the_page_names_no_other_place() -> None:
    """No address but anchors in it; its policy forbids all requests, and neither style nor script imports anything."""
    page = md.report([TWO, "jump-masked"])
    links = Links()
    links.feed(page)
    assert all(link.startswith("#") or link == "data:," for link in links.found)
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(|unsafe-inline", page)


def test_the_same_scenario_gives_the_same_bytes() -> None:
    """No time, no random names."""
    assert md.report(TWO) == md.report([TWO])


def test_a_packed_law_is_what_was_packed() -> None:
    """Repeated entries come back, also past the 36th."""
    entries = [str(k * 7 % 50) for k in range(200)]
    assert unpacked(pack(entries)) == entries


def test_the_story_stands_in_the_markup() -> None:
    """Title, description, verdicts and totals are read without a script."""
    result = md.run(md.load("elbo-d3pm"))
    markup = md.report("elbo-d3pm").split("<script")[0]
    for words in (result.scenario["title"], *(check.check for check in result.checks), "model error", "L = −ELBO"):
        assert str(words).replace("'", "&#x27;") in markup


def test_numbers_are_the_certified_text() -> None:
    """Value, bounds and closed form of each step are the result's, character by character."""
    result = md.run(TWO)
    (data,) = data_of(md.report(result))
    for step, record in zip(result.steps, data["steps"], strict=True):
        q = step.mutual_information
        assert record["mutual_information"]["v"] == q.value
        assert (record["mutual_information"]["l"], record["mutual_information"]["u"]) == (q.lower, q.upper)
    assert "matrix" not in data["laws"]
    assert [unpacked(law) for law in data["laws"]["marginal"]] == [list(map(_entry, s.marginal)) for s in result.steps]


@pytest.mark.parametrize("arithmetic", ["ball", "float"])
def test_other_arithmetics_have_a_page(arithmetic: Any) -> None:
    """Balls are certified; float64 says that it is not."""
    page = md.report(TWO.with_options(arithmetic=arithmetic))
    assert data_of(page)[0]["certified"] is (arithmetic == "ball")
    assert ("float64, not certified, in bits" in page) is (arithmetic == "float")


@pytest.mark.slow
def test_a_page_of_letters_is_small() -> None:
    """26 states whose matrices have no two equal entries, 50 steps: under 1.5 MB."""
    gaussian = {
        "noise.kernel": {"kind": "gaussian"},
        "noise.schedule": {"kind": "linear", "start": "1/50", "stop": "1/4"},
    }
    page = md.report(md.load("letters-uniform").replace(gaussian).with_options(arithmetic="ball"))
    assert len(page.encode()) < 1_500_000
    assert data_of(page)[0]["lawTimes"] == list(range(51))


@pytest.mark.slow
def test_long_runs_are_thinned_and_say_so() -> None:
    """Of 600 steps both ends and some between are kept; laws at fewer; the page says how many."""
    page = md.report(TWO.replace("noise.steps", 600).with_options(arithmetic="ball"))
    (data,) = data_of(page)
    times = [step["t"] for step in data["steps"]]
    assert times[0] == 0
    assert times[-1] == 600
    assert MOST_TIMES <= len(times) < MOST_TIMES + 30
    assert f"thinned: {len(times)} of 601 times are kept" in page


def test_many_states_are_thinned_and_say_so() -> None:
    """Of 300 states the 64 most probable are drawn, without matrices."""
    page = md.report(TWO.replace({"data": {"family": {"kind": "triangular", "size": 300}}}))
    (data,) = data_of(page)
    assert data["states"] == [str(k) for k in range(236, 300)]
    assert set(data["laws"]) == {"marginal"}
    assert "thinned: 64 of 300 states, the most probable ones at t = 0 or at the end; no matrices" in page


def test_sequences_have_a_page() -> None:
    """Their marginals are drawn, sequence by sequence; the page says that there are no matrices."""
    page = md.report("parity")
    (data,) = data_of(page)
    steps = md.run(md.load("parity")).steps
    assert steps[0].sequences is not None
    assert data["states"] == [joined(x) for x in steps[0].sequences]
    assert [unpacked(law) for law in data["laws"]["marginal"]] == [list(map(_entry, step.marginal)) for step in steps]
    assert "no matrices: the data are sequences" in page
    assert "What samplers draw" in page


@pytest.mark.slow
def test_the_gallery_has_all_that_ships(tmp_path: Path, capsys: Streams) -> None:
    """`report --all` is one page with every scenario, in the order of `list`."""
    assert main(["report", "--all", "-o", str(tmp_path / "all.html")]) == 0
    names = [one["name"] for one in data_of((tmp_path / "all.html").read_text(encoding="utf-8"))]
    assert names == list(shipped_scenarios())
    assert capsys.readouterr().out.startswith(f"{len(names)} scenarios, ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "f.html"], "which scenarios?"),
        (["two-state", "--all", "-o", "f.html"], "which scenarios?"),
        (["two-state", "-o", "f.pdf"], "unknown kind of page"),
        (["two-state", "-o", "no/f.html"], "no such folder"),
        (["two-stat", "-o", "f.html"], "no such scenario"),
        (["two-state", "--set", "x=1", "-o", "f.html"], "x"),
    ],
)
def test_refusals(arguments: list[str], words: str, tmp_path: Path, monkeypatch: Any, capsys: Streams) -> None:
    """Bad usage is status 2 with one message, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert main(["report", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_python_refusals() -> None:
    """No scenario, and too many."""
    for several in ([], [TWO] * 101):
        with pytest.raises(md.InputError, match="too few or too many"):
            md.report(several)


@pytest.mark.search
@given(st.floats(0, 1))
def test_a_probability_is_written_as_every_decimal_is(x: float) -> None:
    """Python's own %g, which is quick, says from 0 to 1 what `decimal_text` says, to the letter."""
    assert probability_text(x) == decimal_text(Decimal(f"{x:.{DIGITS}g}").normalize())
