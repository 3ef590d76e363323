"""`plot`: a figure for a paper."""

from __future__ import annotations

import re

import click

from markovdiff.cli.options import complete_scenario, load_given, set_option, times_of

WHAT = ("information", "loss", "entropy", "ledger", "matrix", "marginal", "posterior")
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
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, shell_complete=complete_scenario)
@click.option("-o", "output", metavar="FILE", required=True, help="The picture: .svg, .pdf or .png.")
@click.option("--what", type=click.Choice(WHAT), default="information", show_default=True, help="What is drawn.")
@click.option("--scale", type=click.Choice(["linear", "log"]), help="Default: whichever shows more.")
@click.option("--t", "times", metavar="A,B,...", callback=times_of, help="Times of the laws (default 1, T/2, T).")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option("--size", metavar="WxH", callback=_size, help="Inches (default: a paper's column, 3.4 wide).")
@set_option
def plot(
    scenarios: tuple[str, ...],
    output: str,
    what: str,
    scale: str | None,
    times: tuple[int, ...] | None,
    unit: str | None,
    size: tuple[float, float] | None,
    settings: tuple[str, ...],
) -> int:
    """Draw a figure: what is left, what is lost, or what the chain is, from certified numbers.

    Several scenarios go on one pair of axes where the figure has curves. Needs Matplotlib (the extra `plot`).
    """
    from markovdiff.figures.figure import plot as draw

    subjects = [load_given(name, settings).with_options(unit=unit) for name in scenarios]  # type: ignore[arg-type]
    draw(subjects, what, scale=scale, times=times, size=size, path=output)
    return 0
