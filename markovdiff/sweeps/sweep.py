"""All points of a grid, run by any executor, in any order; the rows come out in the grid's order.

Each point depends on nothing but the grid, so the same grid gives the same bytes, on one processor or on a cluster.
Done points stand in a journal beside the output, line by line. A sweep that was interrupted, or killed, goes on from
there when it is begun again; the journal is removed when the table is written.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import InputError
from markovdiff.study.files import read_bytes
from markovdiff.study.frames import frame
from markovdiff.study.output import Journal, check_writable, write_whole
from markovdiff.study.progress_display import ProgressDisplay
from markovdiff.study.subprocess_run import watch_parent
from markovdiff.sweeps import table
from markovdiff.sweeps.grid import Grid, Point, grid, load_grid
from markovdiff.sweeps.point import Row, check_paths, row_of

AHEAD = 4
"""Points handed to an executor for each worker before the first of them is done."""

TRIES = 2
"""Times that a point is tried whose process ended before it did."""

Progress = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class Sweep:
    """A table with a row a point: `columns` are the names, `rows` the cells, one type a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    __repr__ = in_a_line

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> list[Any]:
        """Return one column. Raises KeyError for an unknown name."""
        if column not in self.columns:
            raise KeyError(column)
        at = self.columns.index(column)
        return [row[at] for row in self.rows]

    def to_csv(self) -> str:
        """Return the table as CSV with a header."""
        return table.to_csv(self.columns, self.rows)

    def to_jsonl(self) -> str:
        """Return the table as JSON lines."""
        return table.to_jsonl(self.columns, self.rows)

    def to_parquet(self) -> bytes:
        """Return the table as a Parquet file's bytes. Raises InputError where pyarrow is not installed."""
        return table.to_parquet(self.columns, self.rows)

    def to_frame(self, library: str | None = None) -> Any:
        """Return the table as a pandas or polars DataFrame, whichever is in use, installed, or asked for.

        Raises InputError where the library is not installed.
        """
        columns = {name: self[name] for name in self.columns}
        return frame(columns, {name: table.kind_of(name, cells) for name, cells in columns.items()}, library)

    def _repr_html_(self) -> str:
        return str(import_module("markovdiff.reports.notebook").of_sweep(self))


def sweep(
    source: str | Path | Mapping[str, Any] | Grid,
    executor: Executor | None = None,
    *,
    output: str | Path | None = None,
    workers: int | None = None,
    certified: bool = False,
    progress: Progress | bool = False,
) -> Sweep:
    """Run a scenario at every point of a grid and return the table.

    `source` is a grid's file, or the same as a dict. The points are run by `executor`, anything with the interface of
    `concurrent.futures`; without one by `workers` processes on this machine, by default one for each processor.
    `output` ends in .parquet, .csv or .jsonl; with it, what is done is kept when the sweep is interrupted, and is not
    done again. With `progress=True` a bar in a notebook, or a line on a terminal, says how far it is, and how long it
    will take; a function is called with the number of points done and of all.

    What goes wrong at a point is said in its row. Raises InputError for a grid that is not sound, or an output that
    cannot be written.
    """
    made = source if isinstance(source, Grid) else grid(source) if isinstance(source, Mapping) else load_grid(source)
    check_paths(made.keep or ())
    tick = _shown() if progress is True else progress or (lambda _done, _all: None)
    if output is None:
        return _table(made, _all_rows(made, executor, workers, certified, {}, lambda _i, _row: None, tick))
    form = format_of(output)
    check_writable({"-o": str(output)})
    if form == "parquet":
        table.library()
    header = json.dumps({"sweep": made.digest(), "certified": certified})
    journal = Journal(Path(f"{output}.partial"), header)
    try:
        done = {int(i): row for i, row in map(json.loads, journal.lines)}
        rows = _all_rows(
            made, executor, workers, certified, done, lambda i, row: journal.add(json.dumps([i, row])), tick
        )
        result = _table(made, rows)
        write_whole({("-o", str(output)): getattr(result, f"to_{form}")()})
    except BaseException:
        journal.close()
        raise
    journal.remove()
    return result


def _shown() -> Progress:
    """Return what shows how many points are done."""
    display = ProgressDisplay()
    return lambda done, count: display.show("points", f"{done} of {count} points", done / count)


def is_table(name: str | Path) -> bool:
    """Return whether a file is a sweep's table by its name."""
    return Path(name).suffix.removeprefix(".").lower() in table.FORMATS


def load_sweep(path: str | Path) -> Sweep:
    """Return the table that a sweep wrote, from its .parquet, .csv or .jsonl. Raises InputError that names the file."""
    content = read_bytes(Path(path), "table")
    form = format_of(path)
    try:
        columns, rows = table.READERS[form](content)
    except InputError as error:
        raise error.located(shown(str(path))) from None
    except (ValueError, csv.Error) as error:
        what = f"not a table in {form}: {' '.join(str(error).split())}"
        raise InputError(what, where=shown(str(path)), expected="what markovdiff sweep writes") from None
    return Sweep(tuple(columns), tuple(map(tuple, rows)))


def format_of(output: str | Path) -> str:
    """Return the form that a file's name asks for. Raises InputError for another ending."""
    form = Path(output).suffix.removeprefix(".").lower()
    if form not in table.FORMATS:
        raise InputError(
            "unknown kind of file", where="-o", expected=".parquet, .csv or .jsonl", got=shown(str(output))
        )
    return form


def _table(made: Grid, rows: list[Row]) -> Sweep:
    points = list(made.points())
    axes = {key: table.axis_column([point[key] for point in points]) for key in made.keys}
    columns = table.columns_of(made.keys, made.keep or (), rows)
    cells = [axes[name] if name in axes else [row.get(name) for row in rows] for name in columns]
    return Sweep(tuple(columns), tuple(zip(*cells, strict=True)))


def _all_rows(
    made: Grid,
    executor: Executor | None,
    workers: int | None,
    certified: bool,
    done: dict[int, Row],
    keep: Callable[[int, Row], object],
    progress: Progress,
) -> list[Row]:
    """Return the rows in order; each is kept as soon as it is there."""
    found = dict(done)
    progress(len(found), len(made))
    left = ((i, point) for i, point in enumerate(made.points()) if i not in done)
    count = workers or _processors()
    for i, row in _each(made, executor, count, certified, left):
        found[i] = {sys.intern(key): cell for key, cell in row.items()}  # a process sends each key anew
        keep(i, row)
        progress(len(found), len(made))
    return [found[i] for i in range(len(made))]


def _each(
    made: Grid, executor: Executor | None, workers: int, certified: bool, left: Iterator[tuple[int, Point]]
) -> Iterator[tuple[int, Row]]:
    """Yield each point's row as it is done. A pool that broke is made anew, and its points are tried once more."""
    tries: dict[int, int] = {}
    again: list[tuple[int, Point]] = []
    while True:
        with _pool(executor, workers) as pool:
            waiting: dict[Future[Row], tuple[int, Point]] = {}
            broken = False
            while not broken:
                ahead = 1 if again else AHEAD * workers
                while len(waiting) < ahead and (task := again.pop() if again else next(left, None)) is not None:
                    waiting[pool.submit(row_of, made.base, task[1], made.keep, certified)] = task
                if not waiting:
                    return
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    i, point = waiting.pop(future)
                    error = future.exception()
                    if error is None:
                        yield i, future.result()
                        continue
                    broken |= isinstance(error, BrokenExecutor)
                    tries[i] = tries.get(i, 0) + 1
                    if tries[i] < TRIES:
                        again.append((i, point))
                    else:
                        yield i, {"status": "error", "error": f"its process ended: {type(error).__name__}: {error}"}
            again += waiting.values()


@contextmanager
def _pool(executor: Executor | None, workers: int) -> Iterator[Executor]:
    """Give the executor that was given, or our own processes, which end at once when we are interrupted."""
    if executor is not None:
        yield executor
        return
    method = "fork" if sys.platform == "linux" else "spawn"
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context(method), initializer=_begin)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside BLAS's threads, which survive it
            yield pool
    except BaseException:
        for process in list(getattr(pool, "_processes", {}).values()):
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
