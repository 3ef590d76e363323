"""`plot`: a figure for a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from markovdiff.cli.options import complete_scenario, load_given, set_option, times_of
from markovdiff.errors import InputError

if TYPE_CHECKING:
    from markovdiff.arithmetic.enclosure import Unit
    from markovdiff.study.scenario import Scenario

WHAT = ("information", "loss", "entropy", "ledger", "matrix", "marginal", "posterior", "sampler")
"""The figures, known here so that `--help` need not load them."""


def _size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """Read WxH as inches."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]{1,3})?)x([0-9]{1,2}(?:\.[0-9]{1,3})?)", value, re.ASCII)
    if match is None or not all(0.5 <= float(side) <= 60 for side in match.groups()):
        raise click.BadParameter(f"{value!r} is not WxH in inches, such as 3.4x2.4")
    return float(match[1]), float(match[2])


@click.command()
@click.argument("scenarios", metavar="SCENARIO...|SWEEP", nargs=-1, required=True, shell_complete=complete_scenario)
@click.option("-o", "output", metavar="FILE", required=True, help="The picture: .svg, .pdf or .png.")
@click.option("--what", type=click.Choice(WHAT), show_default="information", help="What is drawn.")
@click.option("--x", metavar="KEY", help="Of a sweep: the column along the axis.")
@click.option("--y", metavar="COLUMN", help="Of a sweep: the column of numbers that is drawn.")
@click.option("--color", metavar="KEY", help="Of a sweep: a curve for each value of this column.")
@click.option("--scale", type=click.Choice(["linear", "log"]), help="Default: whichever shows more.")
@click.option("--t", "times", metavar="A,B,...", callback=times_of, help="Times of the laws (default 1, T/2, T).")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option(
    "--size", metavar="WxH", callback=_size, help="Inches (default: a paper's column, 3.4 wide; both, 7, for panels)."
)
@set_option
def plot(
    scenarios: tuple[str, ...],
    output: str,
    what: str | None,
    x: str | None,
    y: str | None,
    color: str | None,
    scale: str | None,
    times: tuple[int, ...] | None,
    unit: Unit | None,
    size: tuple[float, float] | None,
    settings: tuple[str, ...],
) -> int:
    """Draw a figure: what is left, what is lost, what samplers draw, or what the chain is, from certified numbers.

    Several scenarios go on one pair of axes where the figure has curves. SWEEP is the table of a sweep (.parquet, .csv,
    .jsonl), of which one column is drawn against another. Needs Matplotlib (the extra `plot`).
    """
    from markovdiff.figures.figure import plot as draw
    from markovdiff.sweeps.sweep import is_table

    given: list[Scenario | str] = []
    for name in scenarios:
        table = is_table(name)
        if table and (settings or unit):
            where = "--set" if settings else "--unit"
            raise InputError("a sweep is a table of numbers", where=where, remedy="leave it out")
        given.append(name if table else load_given(name, settings).with_options(unit=unit))
    draw(given, what, x=x, y=y, color=color, scale=scale, times=times, size=size, path=output)
    return 0
