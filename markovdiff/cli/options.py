"""What several commands take: a scenario by name, path or stdin, its keys set anew, steps as A:B."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from markovdiff.cli.streams import given_on_stdin
from markovdiff.errors import MarkovdiffError

if TYPE_CHECKING:
    from markovdiff.study.scenario import Scenario

set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of the scenario, such as noise.steps=8; VALUE is TOML, else a string. Repeatable.",
)


def load_given(source: str, settings: Sequence[str] = ()) -> Scenario:
    """Return the scenario by name or path, or from stdin for -, with the keys that --set gives.

    Raises InputError as `md.load` does, or where a setting is not KEY=VALUE or names no key.
    """
    from markovdiff.study.files import decoded
    from markovdiff.study.loading import MAX_FILE_BYTES, load, loads
    from markovdiff.study.settings import setting

    if source != "-":
        found = load(source)
    else:
        text = decoded(given_on_stdin(MAX_FILE_BYTES), "stdin")
        try:
            found = loads(text, name="stdin")
        except MarkovdiffError as error:
            raise error.located("stdin") from None
    return found.replace(dict(map(setting, settings))) if settings else found


def complete_scenario(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Complete the names of scenarios that ship, and files as usual."""
    from click.shell_completion import CompletionItem

    from markovdiff.study.shipped import shipped_scenarios

    names = [CompletionItem(name) for name in shipped_scenarios() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


def times_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Read A,B,… as times."""
    if value is None:
        return None
    parts = value.split(",")
    if not all(part.strip().isascii() and part.strip().isdigit() and len(part) <= 9 for part in parts):
        raise click.BadParameter(f"{value!r} is not A,B,… with whole numbers, such as 1,16,64")
    return tuple(int(part) for part in parts)


OPEN = 10**9
"""Where `A:` ends: past every step."""


def rows_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> range | None:
    """Read A:B as the steps A … B."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,9})?(:)?([0-9]{1,9})?", value, re.ASCII)
    if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
        raise click.BadParameter(f"{value!r} is not A:B with whole numbers, such as 0:16 or 60:")
    a = int(match[1] or 0)
    b = int(match[3] or OPEN) if match[2] else a
    if a > b:
        raise click.BadParameter(f"{value!r} is empty: {a} comes after {b}")
    return range(a, b + 1)


def counts_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Read 1,2,4 as whole numbers from 1 on."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9})*", value, re.ASCII) is None or 0 in (
        found := tuple(map(int, value.split(",")))
    ):
        raise click.BadParameter(f"{value!r} is not a list of whole numbers from 1 on, such as 1,2,4")
    return found
