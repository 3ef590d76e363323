"""`sweep`: a scenario at every point of a grid, a row a point."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from markovdiff.cli.streams import aside, is_terminal, out, progress
from markovdiff.errors import InputError, UnfinishedError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor

    from markovdiff.sweeps.sweep import Sweep


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
    done: list[int] = []

    def count(finished: int, _all: int) -> None:
        done.append(finished)
        tick("points", finished / len(made))

    try:
        with _executor(scheduler) as executor, progress(grid, shown=not quiet and is_terminal(sys.stderr)) as tick:
            table = run_all(made, executor, output=output, workers=workers, certified=certified, progress=count)
    except KeyboardInterrupt:
        finished = done[-1] if done else 0
        aside(f"markovdiff: interrupted after {finished} of {len(made)} points; the same command goes on from there")
        return UnfinishedError.status
    if not quiet:
        out(_summary(table, made.keys, done[0], output))
    return 0


MEANINGS = {
    "ok": "as expected",
    "fails": "where a check fails",
    "undecided": "with a check undecided",
    "refused": "refused",
    "error": "not finished",
}
"""What each status says of a point, after a number."""


def _summary(table: Sweep, axes: Sequence[str], kept: int, output: str) -> str:
    """Return what became of the points, where the table is, why the first has no numbers, and what to do next."""
    import shlex
    from pathlib import Path

    counts = Counter(table["status"])
    said = [f"{counts[status]} {words}" for status, words in MEANINGS.items() if counts[status]]
    before = f" ({kept} of them kept from before)" if kept else ""
    lines = [f"{len(table)} points{before}: {', '.join(said)}", f"written to {printable(output)}"]
    if reason := next((why for why in table["error"] if why is not None), None):
        lines.append(f"why a point has no numbers stands in the column error; the first: {printable(reason)}")
    if (column := _numbers(table, axes)) is not None:
        x, *others = sorted(axes, key=lambda key: any(isinstance(cell, str) for cell in table[key]))
        named = {"--x": x, "--y": column, **({"--color": others[-1]} if others else {})}
        options = " ".join(f"{option} {shlex.quote(key)}" for option, key in named.items())
        picture = Path(output).with_suffix(".svg")
        lines.append(f"to see it: markovdiff plot {shlex.quote(output)} {options} -o {shlex.quote(str(picture))}")
    return "".join(f"{line}\n" for line in lines)


def _numbers(table: Sweep, axes: Sequence[str]) -> str | None:
    """Return the column worth a picture: I_T where it is kept, else the first with a number."""
    found = [
        name for name in table.columns if name not in axes and any(isinstance(cell, float) for cell in table[name])
    ]
    return next((name for name in found if name.endswith("mutual_information")), found[0] if found else None)


CONNECT_SECONDS = 10
"""Seconds until a scheduler is taken not to be there."""


@contextmanager
def _executor(scheduler: str | None) -> Iterator[Executor | None]:
    """Give the cluster at an address as an executor, or None for this machine."""
    if scheduler is None:
        yield None
        return
    import asyncio
    import socket

    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
        from distributed.comm.core import connect
        from distributed.security import Security
    except ImportError:
        raise InputError(
            "a cluster needs Dask", where="--scheduler", remedy="pip install 'markovdiff[cluster]', or leave it out"
        ) from None

    async def greeting() -> None:
        """Greet the scheduler once: a client would wait without end for what listens there and is none."""
        secrets = Security().get_connection_args("client")  # type: ignore[no-untyped-call]  # Dask has no types
        made = connect(scheduler, timeout=CONNECT_SECONDS, **secrets)  # type: ignore[no-untyped-call]  # Dask has no types
        comm = await asyncio.wait_for(made, CONNECT_SECONDS + 1)
        await comm.close()

    try:
        with socket.create_connection(get_address_host_port(scheduler), CONNECT_SECONDS):
            pass  # nobody there is said at once, where a client would try again and again
        asyncio.run(greeting())
        client: Any = Client(scheduler, timeout=f"{CONNECT_SECONDS}s", set_as_default=False)  # type: ignore[no-untyped-call]  # Dask has no types
    except (OSError, ValueError) as error:
        raise InputError(
            f"no scheduler answers: {str(error) or 'what is there says nothing'}",
            where="--scheduler",
            got=scheduler,
            remedy="start it, or mend the address",
        ) from None
    with client:
        yield client.get_executor()
