"""The programs beside a run: the terminal interface, the audit, the benchmarks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from markovdiff.cli.options import complete_scenario, rows_of
from markovdiff.cli.streams import is_terminal, out
from markovdiff.errors import InputError

if TYPE_CHECKING:
    from markovdiff.arithmetic.enclosure import Unit


@click.command()
@click.argument("result", metavar="RESULT.json", type=click.Path(allow_dash=True))
@click.option("--steps", metavar="A:B", callback=rows_of, help="The steps to audit, instead of all.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Audit N steps, drawn by the seed.")
@click.option("--seed", type=int, default=0, metavar="S", help="For --sample (default 0).")
@click.option("--scenario", metavar="FILE", help="Compare the hash in a certificate with this file's.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    metavar="M",
    show_default=True,
    help="Refuse what takes more work.",
)
def audit(result: str, steps: range | None, sample: int | None, seed: int, scenario: str | None, minutes: float) -> int:
    """Recompute a result by an independent route and confirm every number in it.

    RESULT.json is what `run --json` or `run --certificate` wrote; - is stdin. Nothing of the engine is used, only
    Python's standard library: integers, fractions, and logarithms between proven bounds.

    \b
    Exit status
      0  everything examined is true; the last line says what is not covered
      1  something is not; the first such thing is named
      2  the file is malformed, or has no enclosures (float)
      3  the result leaves something undecided, or nothing was confirmed, or the audit could not finish
    """  # noqa: D301  (click's own mark for a paragraph to leave as it is)
    from markovdiff.audit import audit as examine

    return examine(result, steps, sample, seed, scenario=scenario, minutes=minutes)


def screen_size(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[int, int] | None:
    """Return columns and rows from "120x40"."""
    if given is None:
        return None
    columns, _, rows = given.partition("x")
    if not all(side.isascii() and side.isdigit() and 1 <= int(side[:5]) <= 1000 for side in (columns, rows)):
        raise click.BadParameter("columns and rows, such as 120x40, each from 1 to 1000")
    return int(columns), int(rows)


@click.command()
@click.argument("scenario", default="two-state", shell_complete=complete_scenario)
@click.option("--t", "t", type=click.IntRange(min=0), metavar="N", help="The time to open at (default 0).")
@click.option("--play", is_flag=True, help="Play at once.")
@click.option("--fps", type=click.IntRange(1, 120), default=30, metavar="N", help="Pictures a second at most.")
@click.option("--theme", type=click.Choice(["dark", "light", "contrast"]), help="Colours.")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option("--record", metavar="FILE", help="Write FILE.svg, a picture at --t, or FILE.cast, and show nothing.")
@click.option("--from", "start", type=click.IntRange(min=0), metavar="N", help="The first time of a .cast (default 0).")
@click.option("--to", "end", type=click.IntRange(min=0), metavar="N", help="Its last time (default T).")
@click.option("--size", callback=screen_size, metavar="CxR", help="Columns and rows of a record (default 120x40).")
@click.option("--serve", is_flag=True, help="In a browser instead (needs the extra `web`).")
@click.option(
    "--host",
    metavar="H",
    help="Where to listen, and the only name that is answered to (default localhost: this machine only). 0.0.0.0 is "
    "every address of this machine: answered to by each of them, by its host name, and by localhost.",
)
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="The port (default 8000; 0: any free one).")
@click.option("--visitors", type=click.IntRange(min=1), metavar="N", help="At most so many at once (default 8).")
def tui(
    scenario: str,
    t: int | None,
    play: bool,
    fps: int,
    theme: str | None,
    unit: Unit | None,
    record: str | None,
    start: int | None,
    end: int | None,
    size: tuple[int, int] | None,
    serve: bool,
    host: str | None,
    port: int | None,
    visitors: int | None,
) -> int:
    """Step through a scenario live in the terminal."""
    from markovdiff.study.shipped import find
    from tui.open import show

    if record is not None:
        if serve or play:
            raise InputError("a record is neither served nor played", where="--record", remedy="leave the other out")
        from tui.picture import SIZE
        from tui.record import record as record_to

        times = {"t": t, "start": start, "end": end}
        return record_to(find(scenario), scenario, record, **times, size=size or SIZE, theme=theme, unit=unit)
    if (start, end, size) != (None, None, None):
        raise InputError("nothing is recorded", where="--from, --to, --size", remedy="add --record FILE")
    t = t or 0
    if serve:
        from tui.serve import serve as serve_at

        options = ["--t", str(t), "--fps", str(fps)] + ["--play"] * play
        options += [
            word for option, given in (("--theme", theme), ("--unit", unit)) if given for word in (option, given)
        ]
        return serve_at(
            find(scenario),
            options,
            host or "localhost",
            8000 if port is None else port,
            8 if visitors is None else visitors,
        )
    if (host, port, visitors) != (None, None, None):
        raise InputError("nothing is served", where="--host, --port, --visitors", remedy="add --serve")
    return show(find(scenario), scenario, t=t, play=play, fps=fps, theme=theme, unit=unit)


BENCHED = ["fraction", "sympy", "dit", "numpy", "ball", "late", "cost", "sequences"]
"""The parts of `bench`, known here so that `--help` need not load them."""


@click.command()
@click.option("--only", "parts", type=click.Choice(BENCHED), multiple=True, help="One part of it; repeatable.")
@click.option("--full", is_flag=True, help="Larger chains too: some minutes.")
@click.option("--markdown", is_flag=True, help="Tables to paste.")
@click.option("--json", "json_file", metavar="FILE|-", help="Write the figures as JSON.")
def bench(parts: tuple[str, ...], full: bool, markdown: bool, json_file: str | None) -> int:
    """Time this engine beside others, as ratios, and say what each gets wrong.

    The others are Python's Fraction with mpmath, sympy, dit and numpy, each as far as it is installed (the extra
    `bench`). An answer is compared with certified enclosures before its time counts.
    Whatever they get wrong, the exit status is 0; it is 1 where this engine is
    contradicted by itself.
    """
    from markovdiff.bench.command import bench as measure

    def say(words: str) -> None:
        if is_terminal(sys.stderr):
            click.echo(f"\r\x1b[K{words}" if words else "\r\x1b[K", nl=False, err=True)

    return measure(frozenset(parts), full=full, markdown=markdown, json_file=json_file, out=out, say=say)
