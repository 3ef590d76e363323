"""The command line: arguments in, tables or files out, and an exit status that means something.

    0  every check came out as expected        2  bad input or usage, or past a fixed limit
    1  some check did not                      3  could not finish (forecast, interrupted, undecided)

Nothing is computed here. The engine and Rich are imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from markovdiff import __version__
from markovdiff.errors import InputError, MarkovdiffError, UnfinishedError

if TYPE_CHECKING:
    from rich.console import Console

    from markovdiff.study.result import Result
    from markovdiff.study.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(__version__, prog_name="markovdiff", message="%(prog)s %(version)s")
def cli() -> None:
    """Exactly how much information about x0 is left at every step of discrete diffusion.

    Try `markovdiff run two-state`, then `markovdiff list`.
    """


def _complete_scenario(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Shipped names for the shell to complete, and files as usual."""
    from click.shell_completion import CompletionItem

    from markovdiff.study.scenario import shipped_scenarios

    names = [CompletionItem(name) for name in shipped_scenarios() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


def _rows(_ctx: click.Context, _param: click.Parameter, value: str | None) -> range | None:
    """Read A:B as the steps A … B."""
    if value is None:
        return None
    first, colon, last = value.partition(":")
    try:
        a = int(first or 0)
        b = int(last or 10**9) if colon else a
    except ValueError:
        raise click.BadParameter(f"{value!r} is not A:B with whole numbers") from None
    return range(a, b + 1)


def run_options(command: F) -> F:
    """The options that `run` and `verify` share."""
    for decorate in reversed(
        [
            click.argument(
                "scenarios", metavar="SCENARIO...", nargs=-1, required=True, shell_complete=_complete_scenario
            ),
            click.option("--json", "json_file", metavar="FILE|-", help="Write the result as JSON."),
            click.option("--csv", "csv_file", metavar="FILE|-", help="Write one row a step as CSV."),
            click.option(
                "--arithmetic", type=click.Choice(["exact", "ball", "float"]), help="Instead of the scenario's."
            ),
            click.option(
                "--digits", type=click.IntRange(1, 1000), metavar="N", help="Certified significant digits (1–1000)."
            ),
            click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's."),
            click.option("--distributions", is_flag=True, help="Put each marginal p_t into JSON and CSV."),
            click.option("--steps", "rows", metavar="A:B", callback=_rows, help="The steps to show in the table."),
            click.option("--quiet", "-q", is_flag=True, help="No table and no progress bar."),
        ]
    ):
        command = decorate(command)
    return command


@cli.command()
@run_options
@click.option("--ledger", is_flag=True, help="Show the ELBO's term at every step, too.")
def run(**options: Any) -> int:
    """Run scenarios and show what is left at every step.

    SCENARIO is a file, or the name of one that ships (see `markovdiff list`).
    """

    def human(console: Console, results: list[Result]) -> None:
        from markovdiff.report import show

        for k, result in enumerate(results):
            if k:
                console.rule(style="dim")
            show(result, console, rows, terms=terms)

    rows, terms = options.pop("rows"), options.pop("ledger")
    return _run(human, **options)


@cli.command()
@run_options
def verify(**options: Any) -> int:
    """Run the scenarios' checks, one line each; the exit status is the verdict."""

    def human(console: Console, results: list[Result]) -> None:
        from markovdiff.report import verdict_lines

        for result in results:
            for line in verdict_lines(result):
                console.print(line, soft_wrap=True)

    options.pop("rows")
    return _run(human, **options)


def _run(
    human: Callable[[Console, list[Result]], None],
    *,
    scenarios: tuple[str, ...],
    json_file: str | None,
    csv_file: str | None,
    arithmetic: str | None,
    digits: int | None,
    unit: str | None,
    distributions: bool,
    quiet: bool,
) -> int:
    from markovdiff.study.output import check_writable
    from markovdiff.study.scenario import load

    if json_file == "-" and csv_file == "-":
        raise InputError("stdout can hold one format", where="--json - --csv -", remedy="give one of them a file")
    for option, file in (("--json", json_file), ("--csv", csv_file)):
        if file not in (None, "-"):
            check_writable(file, option)
    loaded = [load(name).with_options(arithmetic=arithmetic, digits=digits, unit=unit) for name in scenarios]
    results = [_run_one(scenario, quiet) for scenario in loaded]
    with _closed_pipe_is_fine():
        _write(results, json_file, csv_file, distributions)
        if not quiet and "-" not in (json_file, csv_file):
            _print(lambda console: human(console, results))
        sys.stdout.flush()
    return _status(results)


def _status(results: list[Result]) -> int:
    verdicts = [check.verdict for result in results for check in result.checks]
    return 1 if "fails" in verdicts else 3 if "undecided" in verdicts else 0


def _run_one(scenario: Scenario, quiet: bool) -> Result:
    from markovdiff.study.run import run

    try:
        with _progress(scenario.name, shown=not quiet and sys.stderr.isatty()) as tick:
            return run(scenario, progress=tick)
    except MarkovdiffError as error:
        raise error.located(scenario.name) from None


@contextlib.contextmanager
def _progress(name: str, shown: bool) -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr for a run that lasts over a second; `tick(task, share)` moves it."""
    begun = time.monotonic()
    bar: Any = None
    tasks: dict[str, Any] = {}

    def tick(task: str, share: float) -> None:
        nonlocal bar
        if not shown or (bar is None and time.monotonic() - begun < 1):
            return
        if bar is None:
            from rich.console import Console
            from rich.progress import Progress

            bar = Progress(console=Console(stderr=True), transient=True)
            bar.start()
        if task not in tasks:
            tasks[task] = bar.add_task(f"{name}: {task}", total=1.0)
        bar.update(tasks[task], completed=share)

    try:
        yield tick
    finally:
        if bar is not None:
            bar.stop()


def _write(results: list[Result], json_file: str | None, csv_file: str | None, distributions: bool) -> None:
    from markovdiff.study.output import write_whole
    from markovdiff.study.result import dump, to_csv

    if json_file is not None:
        records = [result.record(distributions) for result in results]
        content = dump(records[0] if len(records) == 1 else records)
        if json_file == "-":
            sys.stdout.write(content)
        else:
            write_whole(json_file, content, "--json")
    if csv_file is not None:
        content = to_csv(results, distributions, named=len(results) > 1)
        if csv_file == "-":
            sys.stdout.write(content)
        else:
            write_whole(csv_file, content, "--csv")


def _print(paint: Callable[[Console], None]) -> None:
    """Paint on stdout: with Rich on a terminal, else as plain text without the padding it leaves."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        paint(console)
        return
    with console.capture() as captured:
        paint(console)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


@contextlib.contextmanager
def _closed_pipe_is_fine() -> Iterator[None]:
    """`| head` closes the pipe early; that is the reader's choice and no error of ours."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@cli.command("list")
def list_() -> int:
    """List the scenarios that ship, a line each."""
    import tomllib

    from markovdiff.report import catalogue
    from markovdiff.study.scenario import shipped_scenarios

    entries = [
        (name, tomllib.loads(path.read_text(encoding="utf-8")).get("title", ""))
        for name, path in shipped_scenarios().items()
    ]
    with _closed_pipe_is_fine():
        _print(lambda console: console.print(catalogue(entries)))
        sys.stdout.flush()
    return 0


@cli.command()
@click.argument("name", shell_complete=_complete_scenario)
def show(name: str) -> int:
    """Print a shipped scenario's text, to read or to start from."""
    from markovdiff.study.scenario import find

    with _closed_pipe_is_fine():
        sys.stdout.write(find(name).read_text(encoding="utf-8"))
        sys.stdout.flush()
    return 0


@cli.command()
@click.argument("file", required=False)
def new(file: str | None) -> int:
    """Write a commented starter scenario to FILE, or to stdout.

    An existing file is never overwritten.
    """
    from markovdiff.study.output import check_writable, write_whole
    from markovdiff.study.starter import STARTER

    if file is None or file == "-":
        sys.stdout.write(STARTER)
        return 0
    if Path(file).exists():
        raise InputError("the file exists already", where=file, remedy="choose another name, or remove it first")
    check_writable(file, "FILE")
    write_whole(file, STARTER, "FILE")
    click.echo(f"wrote {file}; now: markovdiff run {file}")
    return 0


@cli.command()
@click.argument("what", type=click.Choice(["result", "scenario"]))
def schema(what: str) -> int:
    """Print the JSON Schema of a result or of a scenario file."""
    from markovdiff.study.result import dump
    from markovdiff.study.schema import result_schema, scenario_schema

    sys.stdout.write(dump(result_schema() if what == "result" else scenario_schema()))
    return 0


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the shell completion script.

    For bash: eval "$(markovdiff completion bash)"
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(cli, {}, "markovdiff", "_MARKOVDIFF_COMPLETE").source())
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit status."""
    try:
        status = cli.main(arguments, prog_name="markovdiff", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except MarkovdiffError as error:
        click.echo(f"markovdiff: {error}", err=True)
        return error.status
    except (click.Abort, KeyboardInterrupt):
        click.echo("markovdiff: interrupted; nothing was written", err=True)
        return UnfinishedError.status
    except MemoryError:
        click.echo("markovdiff: out of memory; fewer states or steps, or shorter denominators", err=True)
        return UnfinishedError.status


def entry() -> None:
    """The console script."""
    sys.exit(main())
