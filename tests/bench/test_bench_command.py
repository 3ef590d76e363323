"""`markovdiff bench`: what it prints, what it leaves out, and its exit status, on chains that take no time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from breadth import few

from markovdiff.bench import clock, entries, plan, table
from markovdiff.bench.baselines import BASELINES
from markovdiff.bench.chains import BenchProblem
from markovdiff.bench.clock import BLAS
from markovdiff.bench.engine import BALL, ENGINES, FLOAT, by_balls, by_floats
from markovdiff.bench.measure import Bencher, Measurements, contradiction
from markovdiff.bench.plan import BenchPlan, Comparison, GrowthSeries
from markovdiff.bench.sequences import ledger, markov, samplers, windows
from markovdiff.bench.verify import Judgement
from markovdiff.cli import main
from markovdiff.cli.programs import BENCHED

TINY = BenchPlan(
    comparisons=(
        Comparison("exact", "fraction", 2, 3),
        Comparison("exact", "dit", 2, 3),
        Comparison("ball", "exact", 2, 3),
        Comparison("float", "numpy", 2, 24),
    ),
    late=((2, 24), (3, 24)),
    cost=(GrowthSeries("K", ((2, 2), (3, 2), (4, 2))), GrowthSeries("T", ((2, 2), (2, 3), (2, 4)))),
    sequences=(
        windows(200, 3, with_plain=True),
        markov(2, 5, 2, with_plain=True),
        markov(3, 4, 2, with_plain=False),
        samplers(3, 4, with_plain=True),
        ledger(2, 2, with_plain=True),
    ),
)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan for a moment, on whatever is installed but sympy and dit, which are not."""
    monkeypatch.setattr(plan, "SHORT", TINY)
    monkeypatch.setattr(entries, "find_spec", lambda name: None if name in ("sympy", "dit") else name)
    monkeypatch.setattr(clock, "ROUND", 0.0)
    monkeypatch.setattr(clock, "ROUND_ALONE", 0.0)
    monkeypatch.setattr(clock, "ROUNDS", ((60.0, 2),))
    for name in BLAS:
        monkeypatch.setenv(name, "1")


FOUND: list[Measurements] = []


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is measured by the first test that asks for it, and the others look at the same figures."""
    measure = Bencher.run

    def run(bencher: Bencher) -> Measurements:
        if not FOUND:
            FOUND.append(measure(bencher))
        return FOUND[0]

    monkeypatch.setattr(Bencher, "run", run)


@pytest.mark.slow
@pytest.mark.usefixtures("once")
def test_everything_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0 though numpy is wrong; a row a comparison, a chain and an engine; no line beyond 80 columns."""
    assert main(["bench"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^exact +Fraction, mpmath +2 +3 .*× .* right$", text, re.MULTILINE)
    assert re.search(r"^float +numpy +2 +24 .*× .* wrong$", text, re.MULTILINE)
    assert re.search(r"^exact +0 / 0 / – +0 / 0 / –$", text, re.MULTILINE)
    assert len(re.findall(r"∝ [KT]\^-?\d\.\d\d +×\d", text)) == 6
    assert "FAULT" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_who_is_missing_is_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Not installed is no failure; the line says how to have it."""
    assert main(["bench", "--only", "numpy", "--only", "late"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "dit: dit not installed; pip install 'markovdiff[bench]'" in lines
    assert "sympy: sympy not installed; pip install 'markovdiff[bench]'" in lines
    assert not any(line.startswith("dit  ") for line in lines)


def test_who_is_asked_for_by_name_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, with the remedy, and nothing measured."""
    assert main(["bench", "--only", "sympy"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "sympy not installed" in said.err
    assert "pip install 'markovdiff[bench]'" in said.err
    assert "--only sympy" in said.err


@few("part", ["fraction", "numpy", "ball", "late", "cost", "sequences"])
def test_only_a_part(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--only` measures that and nothing else."""
    assert main(["bench", "--only", part, "--json", "-"]) == 0
    record = json.loads(capsys.readouterr().out)
    for comparison in record["comparisons"]:
        assert part in (comparison["engine"], comparison["baseline"])
    assert bool(record["comparisons"]) == (part in ("fraction", "numpy", "ball"))
    assert len(record["late"]) == (2 if part == "late" else 0)
    assert len(record["cost"]) == (6 if part == "cost" else 0)
    assert len(record["sequences"]) == (5 if part == "sequences" else 0)


def test_unknown_parts_and_unwritable_files_are_refused(tmp_path: Path) -> None:
    """Status 2, before anything is measured."""
    assert main(["bench", "--only", "everything"]) == 2
    assert main(["bench", "--json", str(tmp_path / "no" / "such.json")]) == 2


def test_the_command_line_knows_the_parts() -> None:
    """What `--only` offers without loading the engine is what there is."""
    assert tuple(BENCHED) == plan.PARTS
    for chosen in (TINY, plan.FULL):
        assert {comparison.engine for comparison in chosen.comparisons} <= set(ENGINES)
        assert {comparison.baseline for comparison in chosen.comparisons} <= set(plan.EVERYONE)


@pytest.mark.slow
@pytest.mark.usefixtures("once")
def test_a_plain_program_finds_the_same_curve(capsys: pytest.CaptureFixture[str]) -> None:
    """Its answer is right by its own route; where it would take too long the engine is timed alone."""
    assert main(["bench"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"windows of 3 in 0 kB of text +\d+ sequences +.*× +right", next(r for r in rows if "windows" in r)
    )
    assert re.search(r"K = 2, L = 5 +.*× +right$", "\n".join(rows), re.MULTILINE)
    assert re.search(r"^masked, 1 to 4 steps drawn +K = 2, L = 3 +.*× +right$", "\n".join(rows), re.MULTILINE)
    assert re.search(r"^uniform, 2 steps, ledger +K = 3, L = 2 +.*× +right$", "\n".join(rows), re.MULTILINE)
    assert re.search(r"K = 3, L = 4 +[^×]*not run +– +–$", "\n".join(rows), re.MULTILINE)


@pytest.mark.usefixtures("once")
def test_markdown_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Each row of a table has as many cells as its header, and the second line rules it."""
    assert main(["bench", "--markdown"]) == 0
    blocks = [block.splitlines() for block in capsys.readouterr().out.split("\n\n") if block.startswith("|")]
    assert len(blocks) == 5
    for head, rule, *body in blocks:
        assert rule == "|" + "---|" * (head.count("|") - 1)
        assert body
        assert {row.count("|") for row in body} == {head.count("|")}


@pytest.mark.usefixtures("once")
def test_json_is_written_beside_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file holds what the tables round: counts, ratios with their spread, fits with their points."""
    file = tmp_path / "bench.json"
    assert main(["bench", "--json", str(file)]) == 0
    assert "numpy" in capsys.readouterr().out
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["schema"] == table.SCHEMA
    assert len(record["missing"]) == 2
    numpy = next(comparison for comparison in record["comparisons"] if comparison["baseline"] == "numpy")
    assert not numpy["right"]
    assert numpy["ratio"]["least"] <= numpy["ratio"]["times"] <= numpy["ratio"]["largest"]
    assert record["late"][0]["judgements"]["numpy"]["rises"] == numpy["rises"]
    assert record["late"][0]["judgements"]["exact"]["right"]
    assert [point["sizes"] for point in record["cost"][:1]] == [[[2, 2], [3, 2], [4, 2]]]


def test_an_engine_that_is_contradicted_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 1, and the arithmetic, the chain and the t are named."""

    def shifted(problem: BenchProblem) -> object:
        *kept, last = by_balls(problem)
        return [*kept, replace(last, value="9", lower="8", upper="9")]

    monkeypatch.setitem(ENGINES, "ball", replace(BALL, answer=shifted))  # type: ignore[arg-type]
    assert main(["bench", "--only", "ball"]) == 1
    assert "FAULT ball, K = 2, T = 3: its enclosure at t = 3 does not meet the exact one" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"), [(lambda x: x * 1.001, "wrong at t = 1"), (lambda x: x, None)], ids=["off", "right"]
)
def test_wrong_floats_are_a_fault(change: object, words: str | None) -> None:
    """Three digits are not six."""
    from markovdiff.bench.verify import Enclosure

    problem = TINY.comparisons[0].problem
    truth = [Enclosure.of(x) for x in ENGINES["exact"].answer(problem)]
    given = [x if t != 1 else change(x) for t, x in enumerate(by_floats(problem))]  # type: ignore[operator]
    assert contradiction(given, [FLOAT.exactly(x) for x in given], truth) == words


def test_below_its_range_a_float_is_not_held_to_it() -> None:
    """Where I_t < 1e-280, an answer of 0 is no fault; above, it is."""
    from markovdiff.bench.verify import Enclosure

    far, near = Fraction(1, 10**300), Fraction(1, 10**200)
    assert (
        contradiction(
            [1.0, 0.0], [Fraction(1), Fraction(0)], [Enclosure(Fraction(1), Fraction(1)), Enclosure(far, far)]
        )
        is None
    )
    here = [Enclosure(Fraction(1), Fraction(1)), Enclosure(near, near)]
    assert contradiction([1.0, 0.0], [Fraction(1), Fraction(0)], here) == "wrong at t = 1"


def test_interrupted_is_status_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere."""

    def interrupted(_self: Bencher) -> Measurements:
        raise KeyboardInterrupt

    monkeypatch.setattr(Bencher, "run", interrupted)
    assert main(["bench"]) == 3


def test_a_slow_rival_is_asked_on_small_chains_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the cells that it can do; more of them with more patience."""
    monkeypatch.setattr(entries, "find_spec", lambda name: name)
    most = BASELINES["sympy"].most
    assert most is not None
    small, large = (
        Comparison("exact", "sympy", 2, most // 4 - 1).problem,
        Comparison("exact", "sympy", 2, most // 4).problem,
    )
    assert (small.cells, large.cells) == (most, most + 4)
    assert "sympy" in {one.name for one in TINY.asked_late(small)}
    assert "sympy" not in {one.name for one in TINY.asked_late(large)}
    assert "sympy" in {one.name for one in replace(TINY, patience=2).asked_late(large)}


def test_what_the_words_say() -> None:
    """A wrong answer is called wrong, and so is one with a hole in it."""
    assert table.is_right(Judgement(Fraction(0), None, 0, 0))
    for wrong in (Judgement(None, 3, 0, 0), Judgement(Fraction(0), None, 1, 0), Judgement(None, 2, 0, 0, missing=1)):
        assert not table.is_right(wrong)
    assert table.counts(Judgement(Fraction(5), 7, 4, 3)) == "4 / 3 / 7"
    assert table.counts(None) == "not run"
    assert table.error(Fraction(10) ** 400) == "1e400"
    assert table.times(29.4) == "29×"
    assert table.spread(1.0, 1.0, 1) == "once"
