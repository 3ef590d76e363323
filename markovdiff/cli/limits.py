"""`inspect`, `estimate`, `design`: what a chain can do at all, what samples would say of it, what to choose."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import click

from markovdiff.cli.options import complete_scenario
from markovdiff.cli.streams import out
from markovdiff.errors import printable

WIDTH = 80
"""Columns of a line."""


def times_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Read A,B,… as times."""
    if value is None:
        return None
    parts = value.split(",")
    if not all(part.strip().isascii() and part.strip().isdigit() and len(part) <= 9 for part in parts):
        raise click.BadParameter(f"{value!r} is not A,B,… with whole numbers, such as 1,16,64")
    return tuple(int(part) for part in parts)


def say(lines: Iterable[str]) -> None:
    """Write lines to stdout, wrapped, each continued with the indentation of its beginning."""
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        wrapped = textwrap.wrap(
            printable(line), WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        out("".join(f"{part}\n" for part in wrapped or [""]))


@click.command()
@click.argument("scenario", shell_complete=complete_scenario)
@click.option("--epsilon", default="1/100", metavar="E", show_default=True, help="The bound of both first times.")
@click.option("--t", "times", metavar="A,B,…", callback=times_of, help="Times whose capacity is asked (default 1,T).")
@click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout instead of words.")
def inspect(scenario: str, epsilon: str, times: tuple[int, ...] | None, as_json: bool) -> int:
    """Say what a scenario's kernel and chain can do at all.

    Classes, periods, stationary laws, the limit or why there is none, contraction, rate, capacity, mixing; and what
    people get wrong.
    """
    from markovdiff.design.inspection import inspect as examine
    from markovdiff.design.words import lines
    from markovdiff.study.result import dump
    from markovdiff.study.scenario import load

    found = examine(load(scenario), epsilon, times)
    if as_json:
        out(dump(found.record()))
    else:
        say(lines(found))
    return 0
