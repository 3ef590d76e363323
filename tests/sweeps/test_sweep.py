"""A sweep's rows are the single runs' numbers, in any order of work, however often it was interrupted."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow.parquet
import pytest
from breadth import few
from waiting import soon

import markovdiff as md
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.cli import main
from markovdiff.study.result import TOTALS
from markovdiff.sweeps import table
from markovdiff.sweeps.grid import grid

GRID: dict[str, Any] = {
    "base": "two-state",
    "grid": {
        "noise.schedule.beta": ["1/100", "1/50"],
        "noise.kernel": [{"kind": "uniform"}, {"kind": "absorbing"}],
        "noise.steps": [4, 8, 0],
    },
}
PATIENCE = 300
"""Seconds for what must come."""

TEXT = """base = "two-state"
[grid]
"noise.schedule.beta" = ["1/100", "1/50"]
"noise.kernel" = [{ kind = "uniform" }, { kind = "absorbing" }]
"noise.steps" = [4, 8, 0]
"""


class Backwards(Executor):
    """Run what is submitted at once, and the first of every three points not at all the first time."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        key = repr(args[1])
        if args[1]["noise.steps"] == 4 and key not in self.seen:
            self.seen.add(key)
            future.set_exception(BrokenProcessPool("gone"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture(scope="module")
def whole() -> Any:
    with ThreadPoolExecutor(1) as one:
        return md.sweep(GRID, one)


def test_rows_are_the_single_runs(whole: Any) -> None:
    """Each row has the totals, verdicts and I_T of its scenario run alone."""
    base = md.load("two-state")
    for k, point in enumerate(grid(GRID).points()):
        row = dict(zip(whole.columns, whole.rows[k], strict=True))
        if point["noise.steps"] == 0:
            assert row["status"] == "refused"
            assert "noise.steps" in row["error"]
            assert row["elbo.nll"] is None
            continue
        result = md.run(base.replace(point))
        assert [row[f"elbo.{name}"] for name in TOTALS] == [float(getattr(result.elbo, name)) for name in TOTALS]
        assert row["steps.T.mutual_information"] == float(result.steps[-1].mutual_information)
        assert {c.check: row[f"checks.{c.check}"] for c in result.checks} == {c.check: c.verdict for c in result.checks}
        assert row["status"] == ("ok" if result.passed else "fails")


def test_axes_have_one_type_a_column(whole: Any) -> None:
    """Fractions are floats, integers integers, kernels their kinds."""
    assert whole["noise.schedule.beta"] == [0.01] * 6 + [0.02] * 6
    assert whole["noise.kernel"][::3] == ["uniform", "absorbing"] * 2
    assert whole["noise.steps"] == [4, 8, 0] * 4
    assert table.axis_column([{"kind": "a", "n": 1}, {"kind": "a", "n": "2"}]) == [
        '{ kind = "a", n = 1 }', '{ kind = "a", n = "2" }'
    ]  # fmt: skip
    assert table.axis_column([1, "1/2"]) == [1.0, 0.5]
    assert table.axis_column(["a", 1]) == ["a", "1"]
    assert table.axis_column([True, [1, 2]]) == ["true", "[1, 2]"]


def test_order_of_work_and_broken_pools_change_nothing(whole: Any) -> None:
    """An executor that answers at once, and breaks on the way, gives the same rows; so do processes."""
    assert md.sweep(GRID, Backwards()).rows == whole.rows
    assert md.sweep(GRID, workers=2).rows == whole.rows


def test_a_point_whose_process_always_ends_is_a_row() -> None:
    """It is tried twice, then said; the others are done."""

    class Fatal(Backwards):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            self.seen.discard(repr(args[1]))
            return super().submit(fn, *args, **kwargs)

    found = md.sweep(GRID, Fatal())
    assert [s for s, t in zip(found["status"], found["noise.steps"], strict=True) if t == 4] == ["error"] * 4
    assert "its process ended" in found["error"][0]
    assert "error" not in [s for s, t in zip(found["status"], found["noise.steps"], strict=True) if t != 4]


def test_bounds_are_outward() -> None:
    """With `certified` the floats beside a number enclose the result's own bounds."""
    made = {**GRID, "keep": ["elbo.prior", "steps.T.mutual_information", "steps.1.dobrushin", "steps.9.entropy"]}
    found = md.sweep(made, ThreadPoolExecutor(1), certified=True)
    result = md.run(md.load("two-state").replace(next(grid(made).points())))
    row = dict(zip(found.columns, found.rows[0], strict=True))
    for path, q in (
        ("elbo.prior", result.elbo.prior),
        ("steps.T.mutual_information", result.steps[-1].mutual_information),
    ):
        low, high = row[f"{path}_lower"], row[f"{path}_upper"]
        assert Fraction(low) <= from_decimal(q.lower) <= from_decimal(q.upper) <= Fraction(high)
        assert low <= row[path] <= high
        assert high <= math.nextafter(math.nextafter(float(q.upper), 2), 2)
    assert row["steps.1.dobrushin_lower"] == row["steps.1.dobrushin"] == 0.99 or row["steps.1.dobrushin_upper"] == 0.99
    assert row["steps.9.entropy"] is None


@pytest.mark.parametrize("path", ["elbo.nl", "step.1.entropy", "steps.x.entropy", "steps.1.entrop", "checks.mi", "_x"])
def test_what_no_result_has_cannot_be_kept(path: str) -> None:
    """It is refused before anything runs."""
    with pytest.raises(md.InputError) as caught:
        md.sweep({**GRID, "keep": [path]})
    assert caught.value.where == "keep"


def test_infinite_and_undefined_are_said() -> None:
    """An infinite loss is inf, an undefined one NaN, in each form."""
    found = md.sweep({"base": "two-state", "keep": ["elbo.nll", "elbo.gap", "elbo.prior"],
                      "grid": {"reverse.prior": ["marginal", [1, 0]], "noise.steps": [4]}},
                     ThreadPoolExecutor(1))  # fmt: skip
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    read = pandas.read_csv(io.StringIO(found.to_csv()))
    lines = [json.loads(line) for line in found.to_jsonl().splitlines()]
    for name in ("elbo.nll", "elbo.gap", "elbo.prior"):
        values = [row[name] for row in rows]
        np.testing.assert_array_equal(read[name].to_numpy(dtype=float), np.array(values, dtype=float))
        assert [line[name] for line in lines] == [None if v is None or math.isnan(v) else v for v in values]
    assert math.inf in found["elbo.prior"]


def test_every_form_has_the_same_table(whole: Any, tmp_path: Path) -> None:
    """CSV, JSON lines and Parquet read back as the same cells, with one type a column."""
    lines = [json.loads(line) for line in whole.to_jsonl().splitlines()]
    assert [tuple(line.values()) for line in lines] == list(whole.rows)
    (tmp_path / "s.parquet").write_bytes(whole.to_parquet())
    read = pyarrow.parquet.read_table(tmp_path / "s.parquet")
    assert read.column_names == list(whole.columns)
    assert list(zip(*(column.to_pylist() for column in read.columns), strict=True)) == list(whole.rows)
    kinds = {field.name: str(field.type) for field in read.schema}
    assert (kinds["noise.steps"], kinds["elbo.nll"], kinds["noise.kernel"]) == ("int64", "double", "string")
    rows = list(csv.DictReader(io.StringIO(whole.to_csv())))
    assert [row["elbo.nll"] for row in rows] == ["" if x is None else repr(x) for x in whole["elbo.nll"]]


def test_a_table_without_a_cell_in_a_column() -> None:
    """A process with memory has no ledger: its column is empty, and still one of numbers."""
    found = md.sweep({"base": "memory", "grid": {"title": ["a"]}, "keep": ["elbo.nll"]}, ThreadPoolExecutor(1))
    assert found["elbo.nll"] == [None]
    schema = pyarrow.parquet.read_table(pyarrow.BufferReader(found.to_parquet())).schema
    assert str(schema.field("elbo.nll").type) == "double"


def test_what_is_done_is_not_done_again(tmp_path: Path, whole: Any) -> None:
    """Interrupted in the middle, the rest is run, and the bytes are those of a sweep that was not; then it is gone."""
    output, ran = tmp_path / "s.csv", []

    class Stopping(Backwards):
        left = 5

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            ran.append(args[1])
            future: Future[Any] = Future()
            future.set_result(fn(*args, **kwargs))
            return future

    with pytest.raises(KeyboardInterrupt):
        md.sweep(GRID, Stopping(), output=output, workers=1)
    assert not output.exists()
    journal = tmp_path / "s.csv.partial"
    kept = journal.read_text(encoding="utf-8").count("\n") - 1
    assert 0 < kept <= 5
    with journal.open("a", encoding="utf-8") as file:
        file.write('[11, {"half of a li')
    stopping = Stopping()
    stopping.left = 12 - kept
    assert md.sweep(GRID, stopping, output=output).rows == whole.rows
    assert output.read_text(encoding="utf-8") == whole.to_csv()
    assert not journal.exists()


def test_another_grid_begins_anew(tmp_path: Path) -> None:
    """The journal of another grid is not taken for this one's."""
    output = tmp_path / "s.csv"
    (tmp_path / "s.csv.partial").write_text(
        '{"sweep": "0", "certified": false}\n[0, {"status": "ok"}]\n', encoding="utf-8"
    )
    found = md.sweep({"base": "two-state", "grid": {"noise.steps": [2]}}, ThreadPoolExecutor(1), output=output)
    assert found["elbo.nll"] == [0.811278124459133]


def _is_there(group: int) -> bool:
    """Whether any process of a group still lives; one that has ended may wait to be asked for its status for ever."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = place.read_text(encoding="utf-8").rpartition(") ")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            return True
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked and counted on Linux")
def test_killed_and_begun_again(tmp_path: Path, whole: Any) -> None:
    """A program killed by SIGKILL leaves a journal and no process; begun again it ends with the same bytes."""
    (tmp_path / "g.toml").write_text(TEXT, encoding="utf-8")
    command = [sys.executable, "-m", "markovdiff", "sweep", "g.toml", "-o", "s.csv", "--workers", "2"]
    program = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True)
    journal = tmp_path / "s.csv.partial"
    soon(lambda: program.poll() is not None or (journal.exists() and journal.read_text("utf-8").count("\n") > 2))
    program.kill()
    program.wait()
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert re.match(r"12 points \([1-9][0-9]? of them kept from before\): 8 where a check fails, 4 refused\n", told)
    assert (tmp_path / "s.csv").read_text(encoding="utf-8") == whole.to_csv()
    assert not journal.exists()
    soon(lambda: not _is_there(program.pid))


def test_the_command_writes_the_table(tmp_path: Path, whole: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Each form by its name's ending, a summary on stdout; anything else is refused before it runs."""
    (tmp_path / "g.toml").write_text(TEXT, encoding="utf-8")
    for name, content in (("s.csv", whole.to_csv()), ("s.jsonl", whole.to_jsonl())):
        assert main(["sweep", str(tmp_path / "g.toml"), "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8") == content
        told = capsys.readouterr().out.splitlines()
        assert told[:2] == ["12 points: 8 where a check fails, 4 refused", f"written to {tmp_path / name}"]
        assert told[2].startswith("why a point has no numbers stands in the column error; the first: a value of")
        assert told[3] == (
            f"to see it: markovdiff plot {tmp_path / name} --x noise.schedule.beta --y steps.T.mutual_information"
            f" --color noise.kernel -o {tmp_path / 's.svg'}"
        )
        assert main(shlex.split(told[3].removeprefix("to see it: markovdiff "))) == 0
    for arguments, words in (
        (["-o", str(tmp_path / "s.xlsx")], "unknown kind of file"),
        (["-o", str(tmp_path / "no" / "s.csv")], "no such folder"),
        (["-o", str(tmp_path / "s.csv"), "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "its own workers"),
    ):
        assert main(["sweep", str(tmp_path / "g.toml"), *arguments]) == 2
        assert words in capsys.readouterr().err


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as made:
        yield made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker(cluster: Any, tmp_path: Path, whole: Any) -> None:
    """Two workers of a Dask cluster, one of which is killed in the middle: the same bytes."""
    (tmp_path / "g.toml").write_text(TEXT, encoding="utf-8")
    ended: list[int] = []

    def on_progress(done: int, _all: int) -> None:
        if done == 2 and not ended:
            ended.append(next(iter(cluster.workers.values())).pid)
            os.kill(ended[0], signal.SIGKILL)

    from distributed import Client

    with Client(cluster, set_as_default=False) as client:
        made = md.sweep(tmp_path / "g.toml", client.get_executor(), output=tmp_path / "s.csv", progress=on_progress)
    assert ended
    assert made.rows == whole.rows
    assert (tmp_path / "s.csv").read_text(encoding="utf-8") == whole.to_csv()
    assert (
        main(
            [
                "sweep",
                str(tmp_path / "g.toml"),
                "-o",
                str(tmp_path / "t.csv"),
                "--scheduler",
                cluster.scheduler_address,
                "-q",
            ]
        )
        == 0
    )
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == whole.to_csv()


@pytest.mark.parametrize(
    ("axis", "output", "words"),
    [
        ('"noise.stps" = [4]', "s.csv", "noise.stps"),
        ('"noise.steps" = []', "s.csv", "an empty axis"),
        ("\n".join(f'"{key}" = {{ start = 1, stop = 1000, count = 1000 }}' for key in "abc"), "s.csv", "1,000,000,000"),
        ('"noise.steps" = { start = 1, stop = 2, count = 1000000000 }', "s.csv", "1000000000"),
        ('"noise.steps" = [4]', "no/s.csv", "no such folder"),
        ('"noise.steps" = [4]', "s.xls", ".parquet, .csv or .jsonl"),
        ('"noise.steps" = [4', "s.csv", "g.toml"),
    ],
)
def test_what_is_no_sweep(
    axis: str, output: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One message with what is wrong, status 2, nothing run and nothing left."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.toml").write_text(f'base = "two-state"\n[grid]\n{axis}\n', encoding="utf-8")
    assert main(["sweep", "g.toml", "-o", output]) == 2
    told = capsys.readouterr().err
    assert told.count("markovdiff:") == 1
    assert words in told
    assert [path.name for path in tmp_path.iterdir()] == ["g.toml"]


@few("address", ["127.0.0.1:1", "tcp://127.0.0.1:1", "nonsense"])
def test_no_scheduler_there(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address where nobody answers, or that is none, is one message at once."""
    pytest.importorskip("distributed", reason="needs the extra `cluster`")
    (tmp_path / "g.toml").write_text(TEXT, encoding="utf-8")
    assert main(["sweep", str(tmp_path / "g.toml"), "-o", str(tmp_path / "s.csv"), "--scheduler", address]) == 2
    told = capsys.readouterr().err
    assert told.startswith("markovdiff: no scheduler answers")
    assert told.count("markovdiff:") == 1
    assert not (tmp_path / "s.csv.partial").exists()


@pytest.mark.parametrize(
    ("library", "arguments", "extra"),
    [("pyarrow", ["-o", "s.parquet"], "frames"), ("distributed", ["-o", "s.csv", "--scheduler", "a:1"], "cluster")],
)
def test_a_library_that_is_not_installed(
    library: str, arguments: list[str], extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """It is said before any point is run, with what installs it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / "g.toml").write_text(TEXT, encoding="utf-8")
    assert main(["sweep", "g.toml", *arguments]) == 2
    assert f"pip install 'markovdiff[{extra}]'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["g.toml"]
