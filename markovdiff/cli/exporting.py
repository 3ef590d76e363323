"""`export`: reference arrays for other people's code."""

from __future__ import annotations

import click

from markovdiff.cli.drawing import times_of
from markovdiff.cli.options import complete_scenario, load_given, set_option
from markovdiff.cli.streams import out


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
    times: list[int] | None,
    test: str | None,
    unit: str | None,
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

    study = load_given(scenario, settings).with_options(unit=unit)  # type: ignore[arg-type]
    made = write(study, output, what.split(",") if what is not None else None, times, pytest=test)
    if not quiet:
        for name, array in made.items():
            shape = " × ".join(map(str, array.shape)) or str(array)
            out(f"{name:<20} {shape}\n")
    return 0
