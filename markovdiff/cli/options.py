"""What several commands take: a scenario by name or path, steps as A:B."""

from __future__ import annotations

import re
from typing import Any

import click


def complete_scenario(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Shipped names for the shell to complete, and files as usual."""
    from click.shell_completion import CompletionItem

    from markovdiff.study.scenario import shipped_scenarios

    names = [CompletionItem(name) for name in shipped_scenarios() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


def rows_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> range | None:
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
