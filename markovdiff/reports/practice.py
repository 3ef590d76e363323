"""What a person reads of a habit: its numbers beside the certified ones, its bias step by step, and a sentence.

A group of columns stands only where the habit changes one of its numbers. A bias has two digits where its enclosure
settles them, else a bound on its size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from markovdiff.practice.formats import ZERO, End, Range
from markovdiff.reports.terminal import chosen, number
from markovdiff.study.practised import PracticeResult, Practised, PractisedStep, middle, written
from markovdiff.study.result import Result

DIGITS = 4
"""Significant digits of what a habit gives, and of the truth beside it."""

TOTALS = {
    "reconstruction": "reconstruction",
    "denoising": "denoising",
    "prior": "prior matching",
    "negative_elbo": "L = −ELBO",
    "nll": "NLL",
}


def practice_report(result: Result, practised: PracticeResult, rows: range | None) -> RenderableType:
    """Return a habit's table by step, its totals, and in a sentence what it does to L."""
    where = "in exact arithmetic" if practised.arithmetic == "exact" else f"in {practised.arithmetic}"
    heading = Text.assemble((f"practice {practised.habit}", "bold"), f": {practised.words}")
    note = f"{result.unit}; habit: {where}, not certified; bias = habit − truth, enclosed"
    parts: list[RenderableType] = [heading, Text(note, style="dim")]
    if practised.changes_nothing:
        return Group(*parts, Text("nothing is changed by it here", style="bold"))
    parts += [] if (table := _steps(result, practised, rows)) is None else [table]
    parts += [Text(f"not changed: {', '.join(same)}", style="dim")] if (same := _unchanged(practised)) else []
    if practised.elbo is not None:
        parts += [
            _totals(result, practised.elbo),
            Text(_sentence(result, practised.elbo, practised.steps), style="bold"),
        ]
    return Group(*parts)


GROUPS = {"mutual_information": "I(x0;x_t)", "information_loss": "lost", "elbo_term": "term of L"}


def _of(step: PractisedStep, name: str) -> Practised | None:
    found: Practised | None = getattr(step, name)
    return found


def _changed(steps: Sequence[PractisedStep], name: str) -> bool:
    return any((number := _of(step, name)) is not None and number.bias != ZERO for step in steps)


def _unchanged(practised: PracticeResult) -> list[str]:
    """Return the names of what the habit leaves as it is."""
    there = [name for name in GROUPS if name != "elbo_term" or practised.elbo is not None]
    same = [GROUPS[name] for name in there if not _changed(practised.steps, name)]
    return same + ["NLL"] * (practised.elbo is not None and practised.elbo["nll"].bias == ZERO)


def _steps(result: Result, practised: PracticeResult, rows: range | None) -> RenderableType | None:
    """Return the table by step, None without one; of the loss the bias alone, its truth stands in the run's table."""
    groups = [name for name in GROUPS if _changed(practised.steps, name)]
    if not groups:
        return None
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", show_edge=False)
    table.add_column("t", justify="right", no_wrap=True)
    for name in groups:
        columns = ("lost: bias",) if name == "information_loss" else (GROUPS[name], "habit", "bias")
        for column in columns:
            table.add_column(column, justify="right", no_wrap=True)
    for step in chosen(result.steps, rows):
        if step.t == 0 and groups == ["elbo_term"]:
            continue
        cells = [str(step.t)]
        for name in groups:
            truth, habit = getattr(step, name), _of(practised.steps[step.t], name)
            if truth is None or habit is None:
                cells += [""] * (1 if name == "information_loss" else 3)
                continue
            both = [] if name == "information_loss" else [number(truth, DIGITS), _value(habit.value)]
            cells += [*both, _bias(habit.bias)]
        table.add_row(*cells)
    return table


def _totals(result: Result, elbo: dict[str, Practised]) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", show_edge=False)
    for name in ("", "truth", "habit", "bias"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for name, words in TOTALS.items():
        truth, style = getattr(result.elbo, name), "bold" if name == "negative_elbo" else ""
        cells = (words, number(truth, 8), _value(elbo[name].value, 8), _bias(elbo[name].bias))
        table.add_row(*(Text(cell, style=style) for cell in cells))
    return table


def _sentence(result: Result, elbo: dict[str, Practised], steps: Sequence[PractisedStep]) -> str:
    """Return in words what the habit does to L, and at which step most of it comes in."""
    value, bias = elbo["negative_elbo"].value, elbo["negative_elbo"].bias
    if bias is None:
        return "L has no bias: it is infinite or undefined, in truth or by habit"
    if _infinite(bias):
        finite, other = ("by habit", "in truth") if bias[0] < 0 else ("in truth", "by habit")
        return f"L is infinite {other} and finite {finite}" + f": {_value(value)} {result.unit}" * (bias[0] < 0)
    if bias[0] <= 0 <= bias[1]:
        return "L is not changed" if bias == ZERO else f"the bias of L is too small for these digits: {_bias(bias)}"
    parts: dict[str, Practised | None] = {f"the term of t = {step.t}": step.elbo_term for step in steps[1:]}
    parts["the prior term"] = elbo["prior"]
    sizes: dict[str, End] = {
        name: middle(part.bias) for name, part in parts.items() if part is not None and part.bias is not None
    }
    worst = max(sizes, key=lambda name: abs(float(sizes[name])))
    size = _two_digits(max(middle(bias), -middle(bias))).lstrip("+")
    most = f"; {worst} has the largest part of it, {_two_digits(sizes[worst])}"
    return f"L is {size} {result.unit} too {'large' if bias[0] > 0 else 'small'}{most}"


def _infinite(x: Range) -> bool:
    return math.isinf(x[0])


def _value(x: Range | None, digits: int = DIGITS) -> str:
    """Return what a habit gives, rounded; a bound on its size where it was not told from 0."""
    if x is None:
        return "undefined"
    if x[0] <= 0 <= x[1] and x != ZERO:
        return _bound(x)
    return {"inf": "∞", "-inf": "-∞"}.get(text := written(middle(x), ROUND_HALF_EVEN, digits), text)


def _bound(x: Range) -> str:
    return f"±{written(max(-x[0], x[1]), ROUND_CEILING, 1)}"


def _bias(x: Range | None) -> str:
    """Return a bias with its sign and two digits, or a bound on its size where its enclosure does not settle them."""
    if x is None:
        return ""
    if x == ZERO:
        return "0"
    if _infinite(x):
        return "-∞" if x[0] < 0 else "+∞"
    ends = {_two_digits(end) for end in x}
    return _bound(x) if len(ends) > 1 or "0" in ends else ends.pop()


def _two_digits(x: End) -> str:
    """Return two significant digits, with a sign."""
    text = written(x, ROUND_HALF_EVEN, 2)
    return text if text == "0" or text.startswith("-") else f"+{text}"
