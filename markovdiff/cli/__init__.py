"""The command line: arguments in, tables or files out, and an exit status that means something.

    0  every check came out as expected        2  bad input or usage, or past a fixed limit
    1  some check did not                      3  could not finish (forecast, interrupted, undecided)

Nothing is computed here. The engine and Rich are imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

import io
from errno import ENOMEM

import click

from markovdiff import __version__, signals
from markovdiff.cli import drawing, exporting, limits, paging, programs, reading, running, sequences, sweeping
from markovdiff.cli.streams import aside, speak_utf8
from markovdiff.errors import NO_MEMORY, InputError, MarkovdiffError, UnfinishedError, printable

COMMANDS = [
    *(running.run, running.verify),
    *(reading.list_, reading.show, reading.new, reading.learn, reading.schema, reading.completion),
    *(limits.inspect, limits.design, limits.estimate),
    *(sequences.steps, sequences.unmask),
    *(
        programs.tui,
        programs.audit,
        programs.bench,
        sweeping.sweep,
        drawing.plot,
        paging.report,
        exporting.export,
        exporting.compare,
    ),
]


@click.group(commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(__version__, prog_name="markovdiff", message="%(prog)s %(version)s")
def cli() -> None:
    """Exactly how much information about x0 is left at every step of discrete diffusion.

    Try `markovdiff run two-state`, then `markovdiff list`.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit status."""
    try:
        with signals.interrupting():
            speak_utf8()
            status = cli.main(arguments, prog_name="markovdiff", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        aside(shown.getvalue().rstrip("\n"))
        return 2
    except MarkovdiffError as error:
        aside(f"markovdiff: {error}")
        return error.status
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except NO_MEMORY:
        return _out_of_memory()
    except ImportError as error:
        _, _, last = str(error).strip().rpartition("\n")
        aside(f"markovdiff: a library cannot be loaded, perhaps because memory ran out: {printable(last)}")
        return UnfinishedError.status
    except OSError as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # Click could not end the line on stderr
            return _interrupted()
        if error.errno == ENOMEM:  # the system may say so before Python does
            return _out_of_memory()
        aside(f"markovdiff: {error.strerror or error}")
        return InputError.status
    except SystemExit:
        return 0  # Click leaves like this, with 1, where the reader of --help has left early


def _out_of_memory() -> int:
    aside("markovdiff: out of memory; fewer states or steps, or shorter denominators")
    return UnfinishedError.status


def _interrupted() -> int:
    aside("markovdiff: interrupted")
    return UnfinishedError.status
