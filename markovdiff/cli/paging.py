"""`report`: one page that stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from markovdiff.cli.options import complete_scenario, load_given, set_option
from markovdiff.cli.streams import out
from markovdiff.errors import InputError

if TYPE_CHECKING:
    from markovdiff.arithmetic.enclosure import Unit


@click.command()
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1, shell_complete=complete_scenario)
@click.option("-o", "output", metavar="FILE.html", required=True, help="The page.")
@click.option("--all", "everything", is_flag=True, help="Every scenario that ships: a gallery.")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing.")
@set_option
def report(
    scenarios: tuple[str, ...], output: str, everything: bool, unit: Unit | None, quiet: bool, settings: tuple[str, ...]
) -> int:
    """Write one HTML page of scenarios, side by side, with a slider through t.

    It has what each scenario shows, its verdicts, curves, laws and ledger, and the certified number of whatever is
    pointed at. It stands alone: no network is needed, and none is asked.
    """
    from markovdiff.reports.page import report as write
    from markovdiff.study.shipped import shipped_scenarios

    if everything == bool(scenarios):
        raise InputError("which scenarios?", where="report", expected="either names or --all")
    names = list(shipped_scenarios()) if everything else scenarios
    subjects = [load_given(name, settings).with_options(unit=unit) for name in names]
    text = write(subjects, output)
    if not quiet:
        out(f"{len(subjects)} scenario{'s' * (len(subjects) > 1)}, {len(text.encode()) / 1000:,.0f} kB\n")
    return 0
