"""A picture of a sweep draws the table's own numbers, from whichever form it was written in, and marks what is none."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import markovdiff as md
from markovdiff.cli import main
from markovdiff.sweeps.sweep import Sweep, load_sweep

Streams = pytest.CaptureFixture[str]
AXES = {"noise.kernel": [{"kind": "uniform"}, {"kind": "absorbing"}], "noise.steps": [4, 8, 0]}


@pytest.fixture(scope="module")
def swept() -> Any:
    grid = {"base": "two-state", "grid": AXES, "keep": ["elbo.negative_elbo", "steps.T.mutual_information"]}
    with ThreadPoolExecutor(1) as one:
        return md.sweep(grid, one)


def marks(axes: Any) -> list[tuple[str, tuple[float, float]]]:
    return [(text.get_text(), text.get_position()) for text in axes.texts]


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_each_form_draws_the_certified_numbers(form: str, swept: Any, tmp_path: Path) -> None:
    """From a file as from the table: a curve for each kernel, each point the run's own number, a refusal a ×."""
    file = tmp_path / f"s.{form}"
    content = getattr(swept, f"to_{form}")()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert load_sweep(file).rows == swept.rows
    for given in (swept, file, str(file)):
        (axes,) = md.plot(given, x="noise.steps", y="steps.T.mutual_information", color="noise.kernel").axes
        for line, kernel in zip(axes.get_lines(), ("uniform", "absorbing"), strict=True):
            runs = [
                md.run(md.load("two-state").replace({"noise.kernel.kind": kernel, "noise.steps": T})) for T in (4, 8)
            ]
            expected = [(0, math.nan), *((r.steps[-1].t, float(r.steps[-1].mutual_information)) for r in runs)]
            np.testing.assert_array_equal(line.get_xydata(), expected)
            assert line.get_label() == kernel
        assert marks(axes) == [("×", (0.0, 0.0))] * 2
        assert axes.get_title() == "× refused, or not finished"


ROWS: tuple[tuple[Any, ...], ...] = (
    (1, "a", 0.5, "ok"), (2, "a", math.inf, "fails"), (3, "a", math.nan, "ok"), (4, "a", None, "undecided"),
    (5, "a", None, "error"), (6, "a", 0.0, "ok"), (7, "a", 1e-250, "ok"),
)  # fmt: skip
MADE = Sweep(("t", "name", "y", "status"), ROWS)


def test_what_is_no_number_is_marked() -> None:
    """∞ at the top; undefined, undecided or absent ?, not run × at the bottom; 0 where a 0 has no place."""
    (axes,) = md.plot(MADE, x="t", y="y").axes
    assert axes.get_yscale() == "log"
    assert marks(axes) == [("∞", (2, 1.0)), ("?", (3, 0.0)), ("?", (4, 0.0)), ("×", (5, 0.0)), ("0", (6, 0.0))]
    assert axes.get_title().splitlines() == [
        "∞ infinite", "? undefined, undecided or not there", "× refused, or not finished"
    ]  # fmt: skip
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), [0.5, *[math.nan] * 5, 1e-250])
    (axes,) = md.plot(MADE, x="t", y="y", scale="linear").axes
    assert ("0", (6, 0.0)) not in marks(axes)
    assert axes.get_lines()[0].get_ydata()[5] == 0


def test_several_rows_at_one_place_are_points() -> None:
    """Where another key varies too, no line joins what does not belong together; text stands side by side."""
    (axes,) = md.plot(MADE, x="name", y="y", color="status").axes
    assert [line.get_linestyle() for line in axes.get_lines()] == ["None", "--", "--", "--"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a"]
    wide = Sweep(("beta", "y"), ((0.001, 1.0), (1.0, 2.0)))
    assert md.plot(wide, x="beta", y="y").axes[0].get_xscale() == "log"


def test_curves_are_told_apart_up_to_49() -> None:
    """No two of 49 have the same colour and dash; more are refused."""
    rows = tuple((0, f"k{k}", 1.0) for k in range(50))
    (axes,) = md.plot(Sweep(("x", "k", "y"), rows[:49]), x="x", y="y", color="k").axes
    looks = {(line.get_color(), str(line._dash_pattern)) for line in axes.get_lines()}
    assert len(looks) == 49
    with pytest.raises(md.LimitError, match="too many curves"):
        md.plot(Sweep(("x", "k", "y"), rows), x="x", y="y", color="k")


BAD_FILES = {
    "empty.csv": b"", "ragged.csv": b"a,b\n1\n", "bytes.csv": b"\xff\xfe", "lines.jsonl": b'{"a": 1}\n{"b": 1}\n',
    "words.jsonl": b"nonsense", "deep.jsonl": b'{"a": [1]}', "s.parquet": b"PAR1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        *(([name, "--x", "a", "--y", "b"], name) for name in BAD_FILES),
        (["none.csv", "--x", "a", "--y", "b"], "no such file"),
        (["good.csv"], "which column?"),
        (["good.csv", "--x", "t"], "expected  one of t, name, y, status"),
        (["good.csv", "--x", "t", "--y", "z"], "no such column"),
        (["good.csv", "--x", "t", "--y", "name"], "no numbers in this column"),
        (["good.csv", "good.csv", "--x", "t", "--y", "y"], "by itself"),
        (["good.csv", "--x", "t", "--y", "y", "--what", "loss"], "--what"),
        (["good.csv", "--x", "t", "--y", "y", "--unit", "nats"], "--unit"),
        (["good.csv", "--x", "t", "--y", "y", "--set", "a=1"], "--set"),
        (["two-state", "--x", "t"], "columns are a sweep's"),
    ],
)
def test_what_cannot_be_drawn(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    """One message, status 2, no picture."""
    monkeypatch.chdir(tmp_path)
    for name, content in {**BAD_FILES, "good.csv": MADE.to_csv().encode()}.items():
        Path(name).write_bytes(content)
    assert main(["plot", *arguments, "-o", "f.svg"]) == 2
    told = capsys.readouterr().err
    assert told.count("markovdiff:") == 1
    assert words in told
    assert not Path("f.svg").exists()


def test_the_command_draws_a_sweep(tmp_path: Path) -> None:
    """A grid, its table, its picture: two commands."""
    (tmp_path / "g.toml").write_text('base = "two-state"\n[grid]\n"noise.steps" = [2, 4]\n', encoding="utf-8")
    table, picture = tmp_path / "s.jsonl", tmp_path / "s.svg"
    assert main(["sweep", str(tmp_path / "g.toml"), "-o", str(table), "-q"]) == 0
    assert main(["plot", str(table), "--x", "noise.steps", "--y", "elbo.gap", "-o", str(picture)]) == 0
    assert "elbo.gap" in picture.read_text(encoding="utf-8")
