"""`sweep`: a scenario at every point of a grid, a row a point."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from markovdiff.cli.streams import aside, is_terminal, out, progress
from markovdiff.errors import InputError, UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor


@click.command()
@click.argument("grid", metavar="GRID.toml", type=click.Path())
@click.option("-o", "output", metavar="FILE", required=True, help="The table: .parquet, .csv or .jsonl.")
@click.option("--workers", type=click.IntRange(1, 1024), metavar="N", help="Processes (default: one a processor).")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster's, instead of processes (extra `cluster`).")
@click.option("--certified", is_flag=True, help="Beside each number its bounds, rounded outward to float64.")
@click.option("--quiet", "-q", is_flag=True, help="No progress bar and no summary.")
def sweep(grid: str, output: str, workers: int | None, scheduler: str | None, certified: bool, quiet: bool) -> int:
    """Run a scenario at every point of a grid, and write a table with a row a point.

    \b
    GRID.toml
      base = "two-state"                         a name that ships, or a file beside this one
      keep = ["elbo.nll", "steps.10.entropy"]    left out: totals, verdicts, I(x0;x_T)
      [grid]                                     every combination
      "noise.steps" = [8, 16]
      "noise.schedule.beta" = { start = "1/100", stop = "1/10", count = 4, scale = "log" }
      [zip]                                      lists of one length, taken together

    Done points are kept in FILE.partial when it is interrupted, and not done again. What goes wrong at a point is a row
    that says so; the exit status is 0 once the table is written.
    """  # noqa: D301  (click's own mark for a paragraph to leave as it is)
    from markovdiff.sweeps.grid import load_grid
    from markovdiff.sweeps.sweep import sweep as run_all

    if scheduler is not None and workers is not None:
        raise InputError("the cluster has its own workers", where="--workers", remedy="leave out one of the two")
    made = load_grid(grid)
    done = [0]

    def count(finished: int, _all: int) -> None:
        done[0] = finished
        tick("points", finished / len(made))

    try:
        with _executor(scheduler) as executor, progress(grid, shown=not quiet and is_terminal(sys.stderr)) as tick:
            table = run_all(made, executor, output=output, workers=workers, certified=certified, progress=count)
    except KeyboardInterrupt:
        aside(f"markovdiff: interrupted after {done[0]} of {len(made)} points; the same command goes on from there")
        return UnfinishedError.status
    if not quiet:
        counts = Counter(table["status"])
        told = ", ".join(f"{counts[status]} {status}" for status in dict.fromkeys([*counts]))
        out(f"{len(table)} points: {told}\n")
    return 0


@contextmanager
def _executor(scheduler: str | None) -> Iterator[Executor | None]:
    """Give the cluster at an address as an executor, or None for this machine."""
    if scheduler is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "a cluster needs Dask", where="--scheduler", remedy="pip install 'markovdiff[cluster]', or leave it out"
        ) from None
    try:
        client: Any = Client(scheduler, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no scheduler answers: {error}", where="--scheduler", got=scheduler, remedy="start it, or mend the address"
        ) from None
    with client:
        yield client.get_executor()
