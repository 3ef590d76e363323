"""`export` and `compare`: reference arrays for other people's code, and that code's arrays beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from markovdiff.cli.options import complete_scenario, load_given, set_option, times_of
from markovdiff.cli.streams import out
from markovdiff.errors import printable

if TYPE_CHECKING:
    from markovdiff.arithmetic.enclosure import Unit


@click.command()
@click.argument("scenario", shell_complete=complete_scenario)
@click.option("-o", "output", metavar="FILE.npz", required=True, help="The arrays, for numpy.load.")
@click.option("--what", metavar="A,B,...", help="The arrays, such as Q,Qbar,elbo_terms (default: all).")
@click.option("--t", "times", metavar="A,B,...", callback=times_of, help="The times (default: all).")
@click.option("--pytest", "test", metavar="FILE.py", help="Write a test, too, that loads them.")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing.")
@set_option
def export(
    scenario: str,
    output: str,
    what: str | None,
    times: tuple[int, ...] | None,
    test: str | None,
    unit: Unit | None,
    quiet: bool,
    settings: tuple[str, ...],
) -> int:
    """Write a scenario's reference arrays: each entry is the float64 nearest to the exact number.

    \b
    betas (T,)            Q, bayes_reverse, reverse (T, K, K)    Qbar, data_posterior (T+1, K, K)
    marginal (T+1, K)     forward_posterior (T, K, K, K)         entropy, mutual_information (T+1,)
    elbo_terms (T,)       prior_term, negative_elbo, nll

    An array that speaks of x_t has x_t first: bayes_reverse[t-1][x_t][x_t-1], data_posterior[t][x_t][x_0],
    forward_posterior[t-1][x_0][x_t][x_t-1], but Q[t-1][x_t-1][x_t] and Qbar[t][x_0][x_t]. NaN is undefined.
    """  # noqa: D301  (click's own mark for a paragraph to leave as it is)
    from markovdiff.reference.export import export as write

    study = load_given(scenario, settings).with_options(unit=unit)
    made = write(study, output, what.split(",") if what is not None else None, times, pytest=test)
    if not quiet:
        for name, array in made.items():
            shape = " × ".join(map(str, array.shape)) or str(array)
            out(f"{name:<20} {shape}\n")
    return 0


@click.command()
@click.argument("scenario", shell_complete=complete_scenario)
@click.argument("file", metavar="FILE.npz", type=click.Path())
@click.option("--rtol", type=float, default=1e-6, show_default=True, help="Relative tolerance.")
@click.option("--atol", type=float, default=1e-9, show_default=True, help="Absolute tolerance.")
@click.option("--json", "json_file", metavar="FILE|-", help="Write the comparison as JSON.")
@set_option
def compare(
    scenario: str, file: str, rtol: float, atol: float, json_file: str | None, settings: tuple[str, ...]
) -> int:
    """Hold your arrays beside the truth: what agrees, where the others first differ, and what they look like.

    FILE.npz has arrays by the names and shapes of `markovdiff export`, any of them, with or without the mask's row and
    column; `unit` and `times` beside them are honoured. What they look like is found by trying habits: transposed,
    shifted, nats for bits, a clamp, a dropped prior and others.

    \b
    Exit status
      0  all agree
      1  some do not
      2  the arrays cannot be compared
    """  # noqa: D301  (click's own mark for a paragraph to leave as it is)
    from markovdiff.reference.compare import compare as hold_beside
    from markovdiff.study.output import check_writable, write_whole
    from markovdiff.study.result import dump

    if json_file not in (None, "-"):
        check_writable({"--json": str(json_file)})
    found = hold_beside(load_given(scenario, settings), file, rtol=rtol, atol=atol)
    text = dump(found.record())
    if json_file == "-":
        out(text)
        return 0 if found.passed else 1
    if json_file is not None:
        write_whole({("--json", json_file): text})
    for name in found.agree:
        out(f"✓ {name}\n")
    for difference in found.differences:
        out(f"✗ {printable_lines(str(difference))}\n")
    for note in found.notes:
        out(f"note: {note}\n")
    if found.undefined:
        out(f"note: {found.undefined} entries have no true value, and were not compared\n")
    return 0 if found.passed else 1


def printable_lines(words: str) -> str:
    """Return several lines, each safe to be written to a terminal."""
    return "\n".join(map(printable, words.splitlines()))
