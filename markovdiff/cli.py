"""The command line: arguments in, tables or files out, and an exit status that means something.

    0  every check came out as expected        2  bad input or usage, or past a fixed limit
    1  some check did not                      3  could not finish (forecast, interrupted, undecided)

Nothing is computed here. The engine and Rich are imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from markovdiff import __version__
from markovdiff.errors import InputError, MarkovdiffError, UnfinishedError, printable

if TYPE_CHECKING:
    from rich.console import Console

    from markovdiff.arithmetic.enclosure import Unit
    from markovdiff.study.fileformat import ArithmeticKind
    from markovdiff.study.forecast import Forecast
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
    match = re.fullmatch(r"([0-9]{1,9})?(:)?([0-9]{1,9})?", value, re.ASCII)
    if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
        raise click.BadParameter(f"{value!r} is not A:B with whole numbers, such as 0:16 or 60:")
    a = int(match[1] or 0)
    b = int(match[3] or 10**9) if match[2] else a
    if a > b:
        raise click.BadParameter(f"{value!r} is empty: {a} comes after {b}")
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
            click.option("--certificate", "certificate_file", metavar="FILE", help="Write what an audit needs."),
            click.option("--distributions", is_flag=True, help="Put each marginal p_t into JSON and CSV."),
            click.option("--forecast", "ahead", is_flag=True, help="Say how long it would take, and stop."),
            click.option("--partial", is_flag=True, help="If interrupted, keep the steps that are done."),
            click.option("--steps", "rows", metavar="A:B", callback=_rows, help="The steps to show in the table."),
            click.option("--quiet", "-q", is_flag=True, help="No table and no progress bar."),
        ]
    ):
        command = decorate(command)
    return command


@cli.command()
@run_options
@click.option("--ledger", is_flag=True, help="Show the ELBO's term at every step, too.")
@click.option("--shadow", is_flag=True, help="Lay beside each I(x0;x_t) what float64 makes of it.")
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

    rows, terms = options["rows"], options.pop("ledger")
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

    return _run(human, **options)


def _run(
    human: Callable[[Console, list[Result]], None],
    *,
    scenarios: tuple[str, ...],
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
    shadow: bool = False,
) -> int:
    from markovdiff.study.apart import Interruption
    from markovdiff.study.certificate import sha256
    from markovdiff.study.output import check_writable
    from markovdiff.study.scenario import find, load

    if json_file == "-" and csv_file == "-":
        raise InputError("stdout can hold one format", where="--json - --csv -", remedy="give one of them a file")
    if certificate_file == "-":
        raise InputError("a certificate needs a file", where="--certificate -", remedy="name one")
    given = (("--json", json_file), ("--csv", csv_file), ("--certificate", certificate_file))
    check_writable({option: file for option, file in given if file not in (None, "-")}, map(find, scenarios))
    hashes = [sha256(find(name)) for name in scenarios] if certificate_file else []
    loaded = [load(name).with_options(arithmetic=arithmetic, digits=digits, unit=unit) for name in scenarios]
    _check_rows(rows, loaded)
    if ahead:
        return _foretell(loaded)
    results: list[Result] = []
    try:
        with _terminable():
            for scenario in loaded:
                results += [_run_one(scenario, distributions, quiet, shadow)]
    except Interruption as interruption:
        results += [interruption.result] if interruption.result is not None else []
        if not partial or not results:
            _aside("markovdiff: interrupted; nothing was written")
            return UnfinishedError.status
        certificate_file = None
        _aside(f"markovdiff: {_kept(results)}")
    with _undisturbed(partial) as heard:
        _write(results, json_file, csv_file, certificate_file, hashes, distributions)
    if heard:
        _aside("markovdiff: interrupted as the result was written; it is kept")
        return UnfinishedError.status
    if not quiet and "-" not in (json_file, csv_file):
        _print(lambda console: human(console, results))
    return _status(results) if len(results) == len(loaded) else UnfinishedError.status


def _check_rows(rows: range | None, scenarios: list[Scenario]) -> None:
    """Raise InputError where no scenario has any of the rows."""
    latest = max(scenario.T for scenario in scenarios)
    if rows is not None and rows.start > latest:
        raise InputError("no such steps", where="--steps", expected=f"within 0 … {latest}")


def _kept(results: list[Result]) -> str:
    """What an interruption leaves, in a sentence."""
    last = results[-1]
    if not last.partial:
        return f"interrupted after {last.scenario['name']!r}, which is kept; the next had not begun"
    done = f"t = {last.steps[-1].t} of {last.scenario['steps']}"
    return f"interrupted after {done}; what was done is kept, marked as partial, without a certificate"


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM taken as Ctrl-C for the length of a run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _undisturbed(wanted: bool) -> Iterator[list[int]]:
    """Let Ctrl-C and SIGTERM wait for the end, and give those that came; a second one waits for nothing."""
    heard: list[int] = []
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield heard
        return

    def hear(number: int, _frame: object) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _status(results: list[Result]) -> int:
    if any(result.partial for result in results):
        return UnfinishedError.status
    verdicts = [check.verdict for result in results for check in result.checks]
    return 1 if "fails" in verdicts else 3 if "undecided" in verdicts else 0


BENCHED = ["fraction", "sympy", "dit", "numpy", "ball", "late", "cost"]
"""The parts of `bench`, known here so that `--help` need not load them."""

WORTH_SAYING = 3
"""Seconds from which on a forecast is shown before a run."""


class _Enough(Exception):  # noqa: N818  (no error)
    """What was asked is known before the run."""


def _foretell(scenarios: list[Scenario]) -> int:
    """A line a scenario: its forecast. One that is refused is an error, as it would be by a run."""
    from markovdiff.study.apart import run_apart

    def begin(_begun: Result, forecast: Forecast) -> None:
        raise _Enough(forecast)

    for scenario in scenarios:
        try:
            run_apart(scenario, on_begin=begin)
        except _Enough as known:
            _out(f"{_plain(scenario.name)}: {known.args[0]}\n")
        except MarkovdiffError as error:
            raise error.located(scenario.name) from None
    return 0


def _plain(name: str) -> str:
    from markovdiff.report import plain

    return plain(name)


def _run_one(scenario: Scenario, distributions: bool, quiet: bool, shadow: bool) -> Result:
    from markovdiff.study.apart import run_apart

    def begin(_begun: Result, forecast: Forecast) -> None:
        if forecast.seconds >= WORTH_SAYING and not quiet:
            _aside(f"{_plain(scenario.name)}: forecast {forecast}")

    try:
        with _progress(scenario.name, shown=not quiet and _is_terminal(sys.stderr)) as tick:
            return run_apart(scenario, tick, begin, distributions=distributions, shadow=shadow)
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
            from rich.markup import escape

            tasks[task] = bar.add_task(escape(printable(f"{name}: {task}")), total=1.0)
        bar.update(tasks[task], completed=share)

    try:
        yield tick
    finally:
        if bar is not None:
            bar.stop()


def _write(
    results: list[Result],
    json_file: str | None,
    csv_file: str | None,
    certificate_file: str | None,
    hashes: list[str],
    distributions: bool,
) -> None:
    from markovdiff.study.certificate import certificate
    from markovdiff.study.output import write_whole
    from markovdiff.study.result import dump, to_csv

    contents: dict[tuple[str, str], str] = {}
    if json_file is not None:
        records = [result.record(distributions) for result in results]
        contents["--json", json_file] = dump(records[0] if len(records) == 1 else records)
    if certificate_file is not None:
        made = [certificate(result, scenario) for result, scenario in zip(results, hashes, strict=True)]
        contents["--certificate", certificate_file] = dump(made[0] if len(made) == 1 else made)
    if csv_file is not None:
        contents["--csv", csv_file] = to_csv(results, distributions, named=len(results) > 1)
    write_whole({key: text for key, text in contents.items() if key[1] != "-"})
    for (_, file), text in contents.items():
        if file == "-":
            _out(text)


def _out(text: str) -> None:
    """Text on stdout; `| head` closes the pipe early, and that is the reader's choice, no error of ours."""
    if sys.stdout is None:
        raise InputError("stdout is closed", remedy="leave it open, or write to files with --quiet")
    with _stdout():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextlib.contextmanager
def _stdout() -> Iterator[None]:
    """What is written to stdout in here either arrives, or nobody wants it, or is an error that says so."""
    try:
        yield
    except BrokenPipeError:
        _abandon(sys.stdout)
    except OSError as error:
        _abandon(sys.stdout)
        raise InputError(
            f"stdout cannot be written: {error.strerror}", remedy="make room, or write elsewhere"
        ) from None


def _abandon(stream: IO[str]) -> None:
    """Send what a stream still holds nowhere, else the interpreter would stumble over it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _aside(message: str) -> None:
    """A message on stderr; where that cannot be written the exit status has to be enough."""
    try:
        click.echo(message, err=True)
    except OSError:
        _abandon(sys.stderr)


def _print(paint: Callable[[Console], None]) -> None:
    """Paint on stdout: with Rich on a terminal, else as plain text without the padding it leaves."""
    from rich.console import Console

    console = Console(highlight=False, file=sys.stdout or io.StringIO())
    with _stdout(), console.capture() as captured:
        paint(console)
    text = captured.get()
    if not console.is_terminal:
        text = "".join(line.rstrip() + "\n" for line in text.splitlines())
    _out(text)


@cli.command()
@click.argument("result", metavar="RESULT.json", type=click.Path(allow_dash=True))
@click.option("--steps", metavar="A:B", callback=_rows, help="The steps to audit, instead of all.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Audit N steps, drawn by the seed.")
@click.option("--seed", type=int, default=0, metavar="S", help="For --sample (default 0).")
def audit(result: str, steps: range | None, sample: int | None, seed: int) -> int:
    """Recompute a result by an independent route and confirm every number in it.

    RESULT.json is what `run --json` or `run --certificate` wrote; - is stdin. Nothing of the engine is used, only
    Python's standard library: integers, fractions, and logarithms between proven bounds.

    \b
    Exit status
      0  everything examined is true
      1  something is not; the first such thing is named
      2  the file is malformed, or has no enclosures (float)
      3  interrupted, or something could not be settled
    """  # noqa: D301  (click's own mark for a paragraph to leave as it is)
    from markovdiff.audit import audit as examine

    return examine(result, steps, sample, seed)


@cli.command()
@click.argument("scenario", default="two-state", shell_complete=_complete_scenario)
@click.option("--t", "t", type=click.IntRange(min=0), default=0, metavar="N", help="The time to open at.")
@click.option("--play", is_flag=True, help="Play at once.")
@click.option("--fps", type=click.IntRange(1, 120), default=30, metavar="N", help="Pictures a second at most.")
@click.option("--theme", type=click.Choice(["dark", "light", "contrast"]), help="Colours.")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option("--serve", is_flag=True, help="In a browser instead (needs the extra `web`).")
@click.option("--host", metavar="H", help="Where to listen (default localhost: this machine only).")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="The port (default 8000).")
def tui(
    scenario: str,
    t: int,
    play: bool,
    fps: int,
    theme: str | None,
    unit: Unit | None,
    serve: bool,
    host: str | None,
    port: int | None,
) -> int:
    """Step through a scenario live in the terminal."""
    from markovdiff.study.scenario import find
    from tui.open import show

    if serve:
        from tui.serve import serve as serve_at

        options = ["--t", str(t), "--fps", str(fps)] + ["--play"] * play
        options += [
            word for option, given in (("--theme", theme), ("--unit", unit)) if given for word in (option, given)
        ]
        return serve_at([str(find(scenario)), *options], host or "localhost", port or 8000)
    if host or port:
        raise InputError("nothing is served", where="--host, --port", remedy="add --serve")
    return show(find(scenario), scenario, t=t, play=play, fps=fps, theme=theme, unit=unit)


@cli.command("list")
def list_() -> int:
    """List the scenarios that ship, a line each."""
    import tomllib

    from markovdiff.study.scenario import shipped_scenarios

    shipped = shipped_scenarios()
    width = max(map(len, shipped))
    titles = {name: tomllib.loads(path.read_text(encoding="utf-8")).get("title", "") for name, path in shipped.items()}
    _out("".join(f"{name:<{width}}  {title}\n" for name, title in titles.items()))
    return 0


@cli.command()
@click.argument("name", shell_complete=_complete_scenario)
def show(name: str) -> int:
    """Print a shipped scenario's text, to read or to start from."""
    from markovdiff.study.scenario import find_shipped

    _out(find_shipped(name).read_text(encoding="utf-8"))
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
        _out(STARTER)
        return 0
    check_writable({"FILE": file})
    if os.path.lexists(file):
        raise InputError("the file exists already", where=file, remedy="choose another name, or remove it first")
    write_whole({("FILE", file): STARTER})
    _out(f"wrote {printable(file)}; now: markovdiff run {printable(file)}\n")
    return 0


def _complete_topic(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """The chapter's pages for the shell to complete."""
    from markovdiff.learn.contents import pages

    return [name for name in pages() if name.startswith(incomplete)]


@cli.command()
@click.argument("topic", required=False, shell_complete=_complete_topic)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Another number for the page; repeatable.")
@click.option("--ask", is_flag=True, help="Stop at each question until Enter is pressed.")
def learn(topic: str | None, settings: tuple[str, ...], ask: bool) -> int:
    """Read the chapter, a page a topic, each computed live.

    Without TOPIC its contents are listed.
    """
    from markovdiff.learn import contents
    from markovdiff.learn.page import HEIGHT
    from markovdiff.learn.sheet import Line, listing, sheet, table_of_contents

    def show(lines: list[Line]) -> None:
        if not _is_terminal(sys.stdout):
            return _out("".join(f"{line.text}\n" for line in lines))
        from markovdiff.learn.paint import paint

        return _print(lambda console: paint(lines, console))

    if topic is None:
        if settings:
            raise InputError("which page is that for?", where="--set", expected="a topic: learn TOPIC --set KEY=VALUE")
        if _is_terminal(sys.stdout):
            show(table_of_contents())
        else:
            _out("".join(f"{line}\n" for line in listing()))
        return 0
    page = contents.find(topic)
    asks = ask and _is_terminal(sys.stdin) and _is_terminal(sys.stdout)
    *questions, rest = sheet(page, page.read(settings), HEIGHT - 1 if asks else HEIGHT)
    for lines in questions:
        show(lines)
        if asks:
            click.prompt("  your answer, then Enter", default="", show_default=False, prompt_suffix=" ")
    show(rest)
    return 0


@cli.command()
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
        if _is_terminal(sys.stderr):
            click.echo(f"\r\x1b[K{words}" if words else "\r\x1b[K", nl=False, err=True)

    return measure(frozenset(parts), full=full, markdown=markdown, json_file=json_file, out=_out, say=say)


def _is_terminal(stream: object) -> bool:
    """Whether someone is sitting there; a closed stream is nobody."""
    return isinstance(stream, io.TextIOBase) and stream.isatty()


@cli.command()
@click.argument("what", type=click.Choice(["result", "scenario"]))
def schema(what: str) -> int:
    """Print the JSON Schema of a result or of a scenario file."""
    from markovdiff.study.result import dump
    from markovdiff.study.schema import result_schema, scenario_schema

    _out(dump(result_schema() if what == "result" else scenario_schema()))
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
    _out(script(cli, {}, "markovdiff", "_MARKOVDIFF_COMPLETE").source() + "\n")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit status."""
    _speak_utf8()
    try:
        status = cli.main(arguments, prog_name="markovdiff", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        _aside(shown.getvalue().rstrip("\n"))
        return 2
    except MarkovdiffError as error:
        _aside(f"markovdiff: {error}")
        return error.status
    except (click.Abort, KeyboardInterrupt):
        _aside("markovdiff: interrupted")
        return UnfinishedError.status
    except MemoryError:
        _aside("markovdiff: out of memory; fewer states or steps, or shorter denominators")
        return UnfinishedError.status
    except ImportError as error:
        _, _, last = str(error).strip().rpartition("\n")
        _aside(f"markovdiff: a library cannot be loaded, perhaps for want of memory: {printable(last)}")
        return UnfinishedError.status
    except OSError as error:
        _aside(f"markovdiff: {error.strerror or error}")
        return InputError.status
    except SystemExit:
        return 0  # Click leaves like this, with 1, where the reader of --help has left early


def _speak_utf8() -> None:
    """UTF-8 into files and pipes; on a terminal its own encoding, with "?" for what it cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def entry() -> None:
    """The console script."""
    sys.exit(main())
