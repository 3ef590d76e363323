"""`run` and `verify`: scenarios in; tables, files and an exit status out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from markovdiff import signals
from markovdiff.cli.options import OPEN, complete_scenario, load_given, rows_of, set_option
from markovdiff.cli.streams import aside, draw, is_terminal, out, progress
from markovdiff.errors import InputError, MarkovdiffError, UnfinishedError, printable

if TYPE_CHECKING:
    from rich.console import Console

    from markovdiff.arithmetic.enclosure import Unit
    from markovdiff.study.fileformat import ArithmeticKind
    from markovdiff.study.forecast import Forecast
    from markovdiff.study.result import Result
    from markovdiff.study.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("text", "markdown", "latex", "html")


def run_options(command: F) -> F:
    """Add the options that `run` and `verify` share."""
    for decorate in reversed(
        [
            click.argument(
                "scenarios", metavar="SCENARIO...", nargs=-1, required=True, shell_complete=complete_scenario
            ),
            set_option,
            click.option("--json", "json_file", metavar="FILE|-", help="Write the result as JSON."),
            click.option("--csv", "csv_file", metavar="FILE|-", help="Write one row a step as CSV."),
            click.option(
                "--arithmetic", type=click.Choice(["exact", "ball", "float"]), help="Instead of the scenario's."
            ),
            click.option(
                "--digits", type=click.IntRange(1, 1000), metavar="N", help="Certified significant digits (1–1000)."
            ),
            click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's."),
            click.option("--certificate", "certificate_file", metavar="FILE", help="Write what an audit needs."),
            click.option("--distributions", is_flag=True, help="Put each marginal p_t into JSON and CSV."),
            click.option("--forecast", "ahead", is_flag=True, help="Say how long it would take, and stop."),
            click.option("--partial", is_flag=True, help="If interrupted, keep the steps that are done."),
            click.option("--steps", "rows", metavar="A:B", callback=rows_of, help="The steps to show in the table."),
            click.option(
                "--format",
                "form",
                type=click.Choice(FORMATS),
                default="text",
                help="How tables are written (default text).",
            ),
            click.option("--decimal", is_flag=True, help="In JSON write the steps' rationals as decimals."),
            click.option("--quiet", "-q", is_flag=True, help="No table and no progress bar."),
        ]
    ):
        command = decorate(command)
    return command


@click.command()
@run_options
@click.option("--ledger", is_flag=True, help="Show the ELBO's term at every step, too.")
@click.option(
    "--shadow",
    is_flag=True,
    help="Lay beside each I(x0;x_t) what float64 makes of it: the habit fp64, and its false rises.",
)
@click.option(
    "--practice",
    "practice",
    metavar="HABIT",
    multiple=True,
    help="What a habit of practical code gives beside the truth, and its bias, step by step: fp64, fp32, fp16, bf16, "
    "eps=1e-6, clamp=1e-20, clamp-log=-70, unnormalised=1e-6, smoothed=1e-6, drop-prior, constant-prior, mean-over-t. "
    "Repeatable, or with commas; fp32+eps=1e-6 is both at once. In tables and in --json.",
)
@click.option("--contraction", is_flag=True, help="Put η_KL(Q_t), enclosed, into JSON and CSV (up to 64 states).")
def run(**options: Any) -> int:
    """Run scenarios and show what is left at every step.

    SCENARIO is a file, the name of one that ships (see `markovdiff list`), or - for stdin.
    """

    def human(console: Console, results: list[Result]) -> None:
        from markovdiff.reports.terminal import show

        for k, result in enumerate(results):
            if k:
                console.rule(style="dim")
            show(result, console, rows, terms=terms)
            for practised in result.practice:
                from markovdiff.reports.practice import practice_report

                console.print()
                console.print(practice_report(result, practised, rows))

    def pasted(results: list[Result], form: str) -> str:
        from markovdiff.reports.tables import document

        return document(results, form, rows, ledger_terms=terms)

    rows, terms = options["rows"], options.pop("ledger")
    return _run(human, pasted, **options)


@click.command()
@run_options
def verify(**options: Any) -> int:
    """Run the scenarios' checks, one line each; the exit status is the verdict."""

    def human(console: Console, results: list[Result]) -> None:
        from markovdiff.reports.terminal import verdict_lines

        for result in results:
            for line in verdict_lines(result):
                console.print(line, soft_wrap=True)

    def pasted(results: list[Result], form: str) -> str:
        from markovdiff.reports.tables import verdict_document

        return verdict_document(results, form)

    return _run(human, pasted, **options)


def _run(
    human: Callable[[Console, list[Result]], None],
    pasted: Callable[[list[Result], str], str],
    *,
    scenarios: tuple[str, ...],
    settings: tuple[str, ...],
    json_file: str | None,
    csv_file: str | None,
    certificate_file: str | None,
    arithmetic: ArithmeticKind | None,
    digits: int | None,
    unit: Unit | None,
    rows: range | None,
    distributions: bool,
    ahead: bool,
    partial: bool,
    quiet: bool,
    form: str,
    decimal: bool,
    shadow: bool = False,
    contraction: bool = False,
    practice: tuple[str, ...] = (),
) -> int:
    from markovdiff.study.certificate import sha256
    from markovdiff.study.output import check_writable
    from markovdiff.study.shipped import find
    from markovdiff.study.subprocess_run import Interruption

    if json_file == "-" and csv_file == "-":
        raise InputError("stdout can hold one format", where="--json - --csv -", remedy="give one of them a file")
    if shadow and form != "text":
        raise InputError("float64's table is text alone", where="--shadow", remedy="leave out --format, or use --csv")
    if practice:
        _check_practice(practice, form)
    if certificate_file == "-":
        raise InputError("a certificate needs a file", where="--certificate -", remedy="name one")
    if certificate_file and (settings or "-" in scenarios):
        raise InputError(
            "a certificate names a scenario's file by its hash",
            where="--certificate",
            expected="a scenario from a file, as it stands there",
            remedy="save the scenario with its keys set, and run that",
        )
    if scenarios.count("-") > 1:
        raise InputError("stdin holds one scenario", where="SCENARIO", got="- more than once", remedy="name files")
    given = (("--json", json_file), ("--csv", csv_file), ("--certificate", certificate_file))
    check_writable(
        {option: file for option, file in given if file not in (None, "-")},
        [find(name) for name in scenarios if name != "-"],
    )
    hashes = [sha256(find(name)) for name in scenarios] if certificate_file else []
    loaded = [
        load_given(name, settings).with_options(arithmetic=arithmetic, digits=digits, unit=unit) for name in scenarios
    ]
    _check_rows(rows, loaded)
    if ahead:
        return _foretell(loaded)
    results: list[Result] = []
    beside = {"shadow": shadow, "contraction": contraction, "practice": practice}
    try:
        for scenario in loaded:
            results += [_run_one(scenario, quiet, distributions=distributions, **beside)]
    except Interruption as interruption:
        results += [interruption.result] if interruption.result is not None else []
        if not partial or not results:
            aside("markovdiff: interrupted; nothing was written")
            return UnfinishedError.status
        certificate_file = None
        aside(f"markovdiff: {_kept(results)}")
    with signals.put_off(wanted=partial) as heard:
        _write(results, json_file, csv_file, certificate_file, hashes, distributions, decimal)
    if heard:
        aside("markovdiff: interrupted as the result was written; it is kept")
        return UnfinishedError.status
    if not quiet and "-" not in (json_file, csv_file):
        if form == "text":
            draw(lambda console: human(console, results))
        else:
            out(pasted(results, form))
    return _status(results) if len(results) == len(loaded) else UnfinishedError.status


def _check_practice(asked: tuple[str, ...], form: str) -> None:
    """Raise InputError for a habit that is not known, before anything is run."""
    from markovdiff.practice.habits import practices

    practices(asked)
    if form != "text":
        raise InputError("a habit's table is text alone", where="--practice", remedy="leave out --format")


def _check_rows(rows: range | None, scenarios: list[Scenario]) -> None:
    """Raise InputError where no scenario has all of the rows; `A:` has those that there are."""
    latest = max(scenario.T for scenario in scenarios)
    if rows is not None and (rows.start > latest or latest < rows.stop - 1 < OPEN):
        raise InputError(
            "no such steps", where="--steps", expected=f"within 0 … {latest}", remedy="A: shows all from A on"
        )


def _kept(results: list[Result]) -> str:
    """Return a sentence on what an interruption leaves."""
    last = results[-1]
    if not last.partial:
        return f"interrupted after {last.scenario['name']!r}, which is kept; the next had not begun"
    done = f"t = {last.steps[-1].t} of {last.scenario['steps']}"
    return f"interrupted after {done}; what was done is kept, marked as partial, without a certificate"


def _status(results: list[Result]) -> int:
    if any(result.partial for result in results):
        return UnfinishedError.status
    verdicts = [check.verdict for result in results for check in result.checks]
    return 1 if "fails" in verdicts else 3 if "undecided" in verdicts else 0


WORTH_SAYING = 3
"""A forecast is shown before a run that takes at least this many seconds."""


def _foretell(scenarios: list[Scenario]) -> int:
    """Return one line a scenario with its forecast. Raise a run's own error where it would be refused."""
    from markovdiff.study.foresight import admit, advice

    for scenario in scenarios:
        chain = scenario.chain()
        try:
            made = admit(scenario, chain)
        except MarkovdiffError as error:
            raise error.located(scenario.name) from None
        faster = advice(scenario, chain, made)
        out(f"{printable(scenario.name)}: {made}{(faster and f'; faster: {faster}') or ''}\n")
    return 0


def _run_one(scenario: Scenario, quiet: bool, **options: Any) -> Result:
    from markovdiff.study.foresight import advice
    from markovdiff.study.subprocess_run import run_apart

    def begin(_begun: Result, forecast: Forecast) -> None:
        if forecast.seconds >= WORTH_SAYING and not quiet:
            faster = advice(scenario, scenario.chain(), forecast)
            aside(f"{printable(scenario.name)}: forecast {forecast}{(faster and f'; faster: {faster}') or ''}")

    try:
        with progress(scenario.name, shown=not quiet and is_terminal(sys.stderr)) as tick:
            return run_apart(scenario, tick, begin, **options)
    except MarkovdiffError as error:
        raise error.located(scenario.name) from None


def _write(
    results: list[Result],
    json_file: str | None,
    csv_file: str | None,
    certificate_file: str | None,
    hashes: list[str],
    distributions: bool,
    decimal: bool,
) -> None:
    from markovdiff.study.certificate import certificate
    from markovdiff.study.output import write_whole
    from markovdiff.study.result import dump, to_csv

    contents: dict[tuple[str, str], str] = {}
    if json_file is not None:
        records = [result.record(distributions, decimal=decimal) for result in results]
        contents["--json", json_file] = dump(records[0] if len(records) == 1 else records)
    if certificate_file is not None:
        made = [certificate(result, scenario) for result, scenario in zip(results, hashes, strict=True)]
        contents["--certificate", certificate_file] = dump(made[0] if len(made) == 1 else made)
    if csv_file is not None:
        contents["--csv", csv_file] = to_csv(results, distributions, named=len(results) > 1)
    write_whole({key: text for key, text in contents.items() if key[1] != "-"})
    for (_, file), text in contents.items():
        if file == "-":
            out(text)
