"""`unmask` and `steps`: what drawing several positions at once costs, as a table, a plot and JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from markovdiff.cli.options import complete_scenario, counts_of, load_given, set_option
from markovdiff.cli.streams import out
from markovdiff.errors import MarkovdiffError, printable

if TYPE_CHECKING:
    from markovdiff.arithmetic.enclosure import Unit
    from markovdiff.arithmetic.quantity import Enclosed
    from markovdiff.study.few_steps import StepsTable
    from markovdiff.study.sampled import Sampled
    from markovdiff.study.scenario import Scenario
    from markovdiff.study.unmasking import Schedule, UnmaskingTable


class Recorded(Protocol):
    """What can be written as JSON."""

    def record(self) -> dict[str, Any]:
        """Return it as plain dicts, lists and strings."""


Table = TypeVar("Table", bound=Recorded)

SHOWN_DIGITS = 7
"""Significant digits in a table."""

BAR_WIDTH = 24
"""Columns of a bar."""

MOST_FALSE = 3
"""Sequences that are named of those that never occur."""

RATIO = re.compile(r"[0-9]{1,4}/[0-9]{1,4}")
"""A fraction that is shown as it is."""

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

    def make(loaded: Scenario) -> UnmaskingTable:
        return unmasking_table(loaded, stages)

    return _show(scenario, settings, json_file, make, unmasking_lines, digits=digits, unit=unit)


def _show(
    scenario: str,
    settings: Sequence[str],
    json_file: str | None,
    make: Callable[[Scenario], Table],
    lines: Callable[[Table], list[str]],
    **options: Any,
) -> int:
    """Load a scenario and make its table: as text on stdout, or JSON there; and JSON into a file that is named."""
    from markovdiff.study.output import check_writable
    from markovdiff.study.shipped import find

    inputs = [] if scenario == "-" else [find(scenario)]
    check_writable({} if json_file in (None, "-") else {"--json": str(json_file)}, inputs)
    loaded = load_given(scenario, settings).with_options(**options)
    try:
        table = make(loaded)
    except MarkovdiffError as error:
        raise error.located(loaded.name) from None
    _deliver(json_file, table.record(), lines(table))
    return 0


def _deliver(json_file: str | None, record: object, lines: Sequence[str]) -> None:
    """JSON into its file and the lines on stdout, or JSON alone on stdout."""
    from markovdiff.study.output import write_whole
    from markovdiff.study.result import dump

    if json_file == "-":
        return out(dump(record))
    if json_file is not None:
        write_whole({("--json", json_file): dump(record)})
    return out("".join(f"{line.rstrip()}\n" for line in lines))


@click.command()
@click.argument("scenario", metavar="SCENARIO", shell_complete=complete_scenario)
@click.option("--steps", "asked", metavar="1,2,4", callback=counts_of, help="Numbers of steps kept of T.")
@click.option("--json", "json_file", metavar="FILE|-", help="Write the table as JSON.")
@click.option("--unit", type=click.Choice(["bits", "nats"]), help="Instead of the scenario's.")
@click.option("--digits", type=click.IntRange(1, 1000), metavar="N", help="Certified significant digits in JSON.")
@set_option
def steps(
    scenario: str,
    asked: tuple[int, ...] | None,
    json_file: str | None,
    unit: Unit | None,
    digits: int | None,
    settings: tuple[str, ...],
) -> int:
    """Show what few steps cost: the bound's excess, KL, and what comes out that never occurs.

    A sampler that keeps n of T steps jumps from s_i to s_(i-1), s_i being i*T/n rounded half up, and draws each
    position by itself. Without --steps: those of [sampler] in SCENARIO, else 1, 2, 4, ... and T.
    """
    from markovdiff.study.few_steps import steps_table

    def make(loaded: Scenario) -> StepsTable:
        return steps_table(loaded, asked)

    return _show(scenario, settings, json_file, make, steps_lines, digits=digits, unit=unit)


def steps_lines(table: StepsTable) -> list[str]:
    """Return the table as text, with a bar a row: KL full, and shaded what the bound adds to it; then what is false."""
    entropy, head = (
        with_unit(table.entropy, table.unit),
        ("steps", "excess", "KL", "TV", "outside", "█ KL  ▒ the bound's"),
    )
    largest = max((float(row.excess) for row in table.sampler if row.excess.is_finite), default=0.0) or 1.0
    rows = [
        (
            str(row.steps),
            *(number(x) for x in (row.excess, row.kl, row.total_variation, row.outside_support)),
            _bar(row, largest),
        )
        for row in table.sampler
    ]
    return [
        printable(table.title),
        f"{table.length} symbols of {table.symbols} · H(x0) = {entropy} · T = {table.T} · {table.model}",
        "",
        *aligned([head, *rows]),
        "",
        *_false_lines(table),
        *_reasons(table),
    ]


def _bar(row: Sampled, largest: float) -> str:
    from markovdiff.learn.pictures import bar

    if row.kl is None or not (row.excess.is_finite and row.kl.is_finite):
        return ""
    kl, excess = float(row.kl) / largest, float(row.excess) / largest
    return bar((kl, excess - kl), BAR_WIDTH)


def _false_lines(table: StepsTable) -> list[str]:
    """Return what is drawn and never occurs, the likeliest first, by the number of steps."""
    lines = []
    for row in table.sampler:
        named = [f"{sequence(one.x0)} {number(one.mass)}" for one in row.false[:MOST_FALSE]]
        if named:
            lines.append((str(row.steps), " · ".join(named) + (" · …" if len(row.false) > MOST_FALSE else "")))
    if lines:
        return ["drawn, and never in the data, the likeliest first", *aligned([("steps", ""), *lines])]
    known = all(row.outside_support is not None and row.outside_support.is_finite for row in table.sampler)
    return ["whatever is drawn occurs in the data"] if known else []


def _reasons(table: StepsTable) -> list[str]:
    """Return because of what a number is undefined or infinite, by the number of steps."""
    lines = []
    for row in table.sampler:
        unbounded = [value for value in (row.kl, row.excess) if value is not None and value.witness is not None]
        lines += [(str(row.steps), reason) for reason in dict.fromkeys(map(_reason, unbounded))]
    return ["why there is no number", *aligned([("steps", ""), *lines])] if lines else []


def _reason(value: Enclosed) -> str:
    """Return the witness of an undefined or infinite number in words."""
    t, x_t, x0 = ((value.witness or {}).get(key) for key in ("t", "x_t", "x0"))
    if value.value == "undefined" and isinstance(x_t, list):
        return f"undefined: the model says nothing of x_{t} = {sequence(x_t)}, which is drawn"
    if value.value == "inf" and t == 0 and isinstance(x0, list):
        return f"∞: x0 = {sequence(x0)} is never drawn"
    return f"{number(value)}: {printable(value.words or '')}"


def sequence(labels: Sequence[str]) -> str:
    """Return a sequence as text: labels of one character side by side, others apart; in quotes where blanks mislead.

    >>> sequence(["a", "b"]), sequence(["a", " "]), sequence(["she", "sell"]), sequence(["x y", "z"])
    ('ab', '“a ”', 'she sell', '“x y” z')
    """
    if any(len(label) != 1 for label in labels):
        return printable(" ".join(f"“{label}”" if " " in label else label for label in labels))
    together = printable("".join(labels))
    return f"“{together}”" if any(label.isspace() for label in labels) else together


def unmasking_lines(table: UnmaskingTable) -> list[str]:
    """Return the table as text."""
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
    return schedule.name, number(schedule.excess), number(schedule.kl), sizes(schedule.unmask)


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


def number(value: Enclosed | None) -> str:
    """Return a quantity as a short fraction or to a few digits, or the word where there is no number."""
    from markovdiff.arithmetic.decimals import as_decimal, decimal_text
    from markovdiff.arithmetic.rational import from_decimal

    if value is None:
        return "–"
    if value.closed_form is not None and RATIO.fullmatch(value.closed_form):
        return value.closed_form
    if not value.is_finite:
        return {"inf": "∞"}.get(value.value, value.value)
    return decimal_text(as_decimal(from_decimal(value.value), SHOWN_DIGITS))


def with_unit(value: Enclosed, unit: str) -> str:
    """Return a number and its unit, which is singular for 1 alone."""
    return f"{number(value)} {unit[:-1] if value.value == '1' else unit}"


def widened(heights: Sequence[float], width: int) -> list[float]:
    """Return a column for each number or as many as fit, all as wide; means of neighbours where they are too many.

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
    """Return a table, two columns apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
