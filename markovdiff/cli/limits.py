"""`inspect`, `estimate`, `design`: what a chain can do at all, what samples would say of it, what to choose."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from markovdiff.cli.options import complete_scenario, load_given, set_option, times_of
from markovdiff.cli.streams import out
from markovdiff.errors import InputError, printable

if TYPE_CHECKING:
    from markovdiff.designs.goals import Goal

WIDTH = 80
"""Columns of a line."""


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
@set_option
@click.option("--epsilon", default="1/100", metavar="E", show_default=True, help="The bound of both first times.")
@click.option("--t", "times", metavar="A,B,…", callback=times_of, help="Times whose capacity is asked (default 1,T).")
@click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout instead of words.")
def inspect(
    scenario: str, settings: tuple[str, ...], epsilon: str, times: tuple[int, ...] | None, as_json: bool
) -> int:
    """Say what a scenario's kernel and chain can do at all.

    Classes, periods, stationary laws, the limit or why there is none, contraction, rate, capacity, mixing; and what
    people get wrong.
    """
    from markovdiff.designs.inspection import inspect as examine
    from markovdiff.designs.words import lines
    from markovdiff.study.result import dump

    found = examine(load_given(scenario, settings), epsilon, times)
    if as_json:
        out(dump(found.record()))
    else:
        say(lines(found))
    return 0


@click.command()
@click.argument("scenario", shell_complete=complete_scenario)
@set_option
@click.option("--for", "goal", type=click.Choice(["mutual-information", "steps"]), required=True, help="The goal.")
@click.option("--steps", type=click.IntRange(min=1), metavar="T", help="The number of steps (default: the scenario's).")
@click.option("--curve", metavar="A,B,…", help="Shares of H(x0) left at t = 1, 2, …, instead of 1 − t/T.")
@click.option("--resolution", metavar="R", help="The grid of β_t (default 1/4294967296).")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="How many of the T times a sampler keeps.")
@click.option("-o", "--output", "file", metavar="FILE", help="Write the scenario to FILE instead of stdout.")
@click.option("--json", "as_json", is_flag=True, help="Write what was found as JSON to stdout.")
def design(
    scenario: str,
    settings: tuple[str, ...],
    goal: Goal,
    file: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Design a schedule or a grid of times, certified, and write it as a scenario.

    mutual-information: ᾱ_t such that I(x0;x_t) = (1 − t/T)·H(x0), or along a curve. Each ᾱ_t is enclosed, each β_t is
    rounded once, and how far the rounded chain is from the curve is said. (--steps, --curve, --resolution)

    steps: of sequences, the N of T times at which the bound of a sampler that draws each position by itself has the
    least excess. (--keep)
    """
    from markovdiff.designs.goals import design as made_for
    from markovdiff.designs.inspection import record
    from markovdiff.study.output import check_writable, write_whole
    from markovdiff.study.result import dump
    from markovdiff.study.shipped import find

    if file is not None:
        check_writable({"-o": file}, [find(scenario)] if scenario != "-" else [])
    if (curve := options["curve"]) is not None:
        options["curve"] = [part.strip() for part in curve.split(",")]
        if options["steps"] is not None:
            raise InputError("a curve has its own number of steps", where="--steps", remedy="leave one of them out")
    found = made_for(load_given(scenario, settings), goal, **options)
    if file is not None:
        write_whole({("-o", file): found.scenario})
    if as_json:
        out(dump(record(found)))
    elif file is None:
        out(found.scenario)
    else:
        name = printable(file)
        say([f"wrote {name}; {found.summary}; now: markovdiff verify {name}"])
    return 0


@click.command()
@click.argument("scenario", shell_complete=complete_scenario)
@set_option
@click.option("--samples", type=click.IntRange(min=1), required=True, metavar="N", help="Samples of (x0, x_t).")
@click.option("--t", "times", metavar="A,B,…", callback=times_of, help="The times (default 1,T).")
@click.option("--seed", type=int, default=0, metavar="S", help="For what is drawn (default 0).")
@click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout instead of words.")
def estimate(
    scenario: str, settings: tuple[str, ...], samples: int, times: tuple[int, ...] | None, seed: int, as_json: bool
) -> int:
    """Say what a plug-in estimate of I(x0;x_t) from N samples would be on average.

    Beside the truth: the mean, Miller and Madow's correction, the standard deviation, and how many samples bring the
    mean within a factor of 2.
    """
    from markovdiff.designs.estimate import estimate as expect
    from markovdiff.designs.inspection import record
    from markovdiff.designs.words import estimate_lines
    from markovdiff.study.result import dump

    found = expect(load_given(scenario, settings), samples, times, seed)
    if as_json:
        out(dump(record(found)))
    else:
        say(estimate_lines(found))
    return 0
