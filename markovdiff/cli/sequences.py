"""`unmask` and `steps`: what drawing several positions at once costs, as a table, a plot and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import click

from markovdiff.cli.options import complete_scenario, load_given, set_option
from markovdiff.cli.streams import out
from markovdiff.errors import MarkovdiffError, printable

if TYPE_CHECKING:
    from pathlib import Path

    from markovdiff.arithmetic.enclosure import Unit
    from markovdiff.arithmetic.quantity import Enclosed
    from markovdiff.study.unmasking import Schedule, UnmaskingTable

SHOWN_DIGITS = 7
"""Significant digits in a table."""

PLOT_WIDTH, PLOT_HEIGHT = 64, 5
"""Columns and lines of a plot at most."""


@click.command()
@click.argument("scenario", metavar="SCENARIO", shell_complete=complete_scenario)
@click.option("--stages", type=click.IntRange(min=1), required=True, metavar="N", help="In how many stages.")
@click.option("--json", "json_file", metavar="FILE|-", help="Write the table as JSON.")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option("--digits", type=click.IntRange(1, 1000), metavar="N", help="Certified significant digits in JSON.")
@set_option
def unmask(
    scenario: str, stages: int, json_file: str | None, unit: Unit | None, digits: int | None, settings: tuple[str, ...]
) -> int:
    """Find the block sizes of least excess for N stages of unmasking in random order.

    They stand beside equal sizes and the cosine's, with the information curve that they follow. The data of SCENARIO
    are sequences and its kernel adds a mask. Ties are counted; one that cannot be decided is told.
    """
    from markovdiff.study.unmasking import unmasking_table

    _check_writable(json_file, scenario)
    loaded = load_given(scenario, settings).with_options(digits=digits, unit=unit)
    try:
        table = unmasking_table(loaded, stages)
    except MarkovdiffError as error:
        raise error.located(loaded.name) from None
    _deliver(json_file, table.record(), unmasking_lines(table))
    return 0


def _check_writable(json_file: str | None, scenario: str) -> None:
    """Raise InputError now where the JSON could not be written, or would replace what is read."""
    from markovdiff.study.output import check_writable
    from markovdiff.study.scenario import find

    inputs: list[Path] = [] if scenario == "-" else [find(scenario)]
    check_writable({} if json_file in (None, "-") else {"--json": str(json_file)}, inputs)


def _deliver(json_file: str | None, record: object, lines: Sequence[str]) -> None:
    """JSON into its file and the lines on stdout, or JSON alone on stdout."""
    from markovdiff.study.output import write_whole
    from markovdiff.study.result import dump

    if json_file == "-":
        return out(dump(record))
    if json_file is not None:
        write_whole({("--json", json_file): dump(record)})
    return out("".join(f"{line.rstrip()}\n" for line in lines))


def unmasking_lines(table: UnmaskingTable) -> list[str]:
    """The table as text."""
    from markovdiff.learn.pictures import curve

    best, *_ = table.schedules
    unit, first, last = table.unit, table.information_curve[0], table.information_curve[-1]
    entropy, stages = with_unit(table.entropy, unit), f"{table.stages} stage{'s' if table.stages > 1 else ''}"
    heights = widened([float(c) for c in table.information_curve], PLOT_WIDTH)
    shared = number(table.total_correlation), number(table.dual_total_correlation)
    return [
        printable(table.title),
        f"{table.length} symbols of {table.symbols} · H(x0) = {entropy} · {stages}, random order",
        "",
        *(f"  {line}" for line in curve([h / (heights[0] or 1) for h in heights], PLOT_HEIGHT)),
        f"  c_0 = {number(first)} … c_{table.length - 1} = {number(last)} {unit}: a symbol, once j others are seen",
        "",
        *aligned([("blocks", "excess", "KL", "sizes"), *map(_schedule_row, table.schedules)]),
        "",
        f"total correlation {shared[0]}, dual {shared[1]} {unit}",
        standing(best),
    ]


def _schedule_row(schedule: Schedule) -> tuple[str, ...]:
    kl = "–" if schedule.kl is None else number(schedule.kl)
    return schedule.name, number(schedule.excess), kl, sizes(schedule.unmask)


def sizes(blocks: Sequence[int]) -> str:
    """Block sizes, long runs of one size counted.

    >>> sizes([1, 2, 2, 8, 8, 8, 8])
    '1 2 2 8 (4 times)'
    """
    runs = [(size, len(list(same))) for size, same in groupby(blocks)]
    return " ".join(f"{size} ({n} times)" if n > 3 else " ".join([str(size)] * n) for size, n in runs)


def standing(best: Schedule) -> str:
    """Say whether other block sizes are as good as the best."""
    if not best.decided:
        return "? whether other block sizes are as good as the best is undecided"
    if best.ties == 1:
        return "✓ no other block sizes are as good as the best: decided"
    return f"✓ {best.ties} block sizes are as good as the best, which is the first of them: decided"


def number(value: Enclosed) -> str:
    """A quantity to a few digits, or the word where there is no number."""
    from markovdiff.arithmetic.enclosure import as_decimal, decimal_text
    from markovdiff.arithmetic.rational import from_decimal

    if not value.is_finite:
        return {"inf": "∞"}.get(value.value, value.value)
    return decimal_text(as_decimal(from_decimal(value.value), SHOWN_DIGITS))


def with_unit(value: Enclosed, unit: str) -> str:
    """A number and its unit, which is singular for 1 alone."""
    return f"{number(value)} {unit[:-1] if value.value == '1' else unit}"


def widened(heights: Sequence[float], width: int) -> list[float]:
    """A column for each number or as many as fit, every number as wide; means of neighbours where they are too many.

    >>> widened([4.0, 2.0], 5), widened([4.0, 2.0, 1.0], 2)
    ([4.0, 4.0, 2.0, 2.0], [4.0, 1.5])
    """
    return [h for h in binned(heights, width) for _ in range(max(width // len(heights), 1))]


def binned(heights: Sequence[float], width: int) -> list[float]:
    """As many means of neighbours as there is room for.

    >>> binned([4.0, 2.0, 1.0, 1.0], 2)
    [3.0, 1.0]
    """
    n = min(width, len(heights))
    cuts = [len(heights) * k // n for k in range(n + 1)]
    return [sum(heights[a:b]) / (b - a) for a, b in pairwise(cuts)]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table, two columns apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
