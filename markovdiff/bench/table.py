"""What was measured, as people read it: the same rows as aligned text, as Markdown to paste, or as a JSON record."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from functools import partial
from typing import Any

from markovdiff.arithmetic.decimals import as_decimal
from markovdiff.bench.measure import CostGrowth, Late, Measurements, Sequences, TimedAgainst
from markovdiff.bench.plan import EVERYONE
from markovdiff.bench.verify import Judgement

Rows = Sequence[Sequence[str]]

NOTHING = "–"

SCHEMA = "markovdiff.bench/2"


def text(bench: Measurements, *, markdown: bool) -> str:
    """Return the whole report: its tables with a line above each, then what was missing, and what is wrong."""
    wrapped = (lambda words: words) if markdown else partial(textwrap.fill, width=80)
    parts = [wrapped(machine(bench.machine))]
    for title, rows in tables(bench):
        parts += [wrapped(title), (as_markdown if markdown else as_text)(rows)]
    parts += ["\n".join(bench.missing)] if bench.missing else []
    parts += ["\n".join(f"FAULT {fault}" for fault in bench.faults)] if bench.faults else []
    return "\n\n".join(parts) + "\n"


def machine(of: dict[str, Any]) -> str:
    """Return a line or two on the machine that was measured."""
    packages = ", ".join(f"{name} {version}" for name, version in of["packages"].items())
    threads = "BLAS on one thread" if of["blas_threads"] == 1 else "BLAS on as many threads as it took"
    clock = f"Processor seconds, median; {threads}."
    return f"{of['cores']} cores, {of['processor']}, Python {of['python']}, {packages}. {clock}"


def tables(bench: Measurements) -> list[tuple[str, Rows]]:
    """Yield (title, rows), header first, for each table that is not empty."""
    found: list[tuple[str, Rows]] = []
    if bench.timings:
        head = ["engine", "against", "K", "T", "takes", "it takes", "ratio", "and is"]
        found += [
            (
                "I(x0; x_t) at every t, a dense chain in thousandths: seconds of one run",
                [head, *map(timing, bench.timings)],
            )
        ]
        head = ["answered by", "K", "T", "wrong from t", "false rises", "negative", "worst error"]
        found += [("What those answers are worth, relative to certified enclosures", [head, *answers(bench.timings)])]
    if bench.late:
        title = "Late in a chain, false rises / negative values / wrong from t. "
        title += "; ".join(map(late_title, bench.late))
        found += [(title, late(bench.late))]
    if bench.growth:
        head = ["engine", "chains", "first takes", "last takes", "cost", "residual"]
        found += [("Cost against K and against T, least squares on logarithms", [head, *map(growth, bench.growth)])]
    if bench.sequences:
        head = ["sequences", "size", "takes", "plain takes", "ratio", "and is"]
        title = "The information curve, the best block sizes, and samplers, beside plain programs with Fraction"
        found += [(title, [head, *map(sequences, bench.sequences)])]
    return found


def sequences(of: Sequences) -> list[str]:
    """Return a task's row."""
    if of.ratio is None or of.judgement is None:
        return [of.name, of.size, seconds(of.seconds), "not run", NOTHING, NOTHING]
    return [
        of.name,
        of.size,
        seconds(of.seconds),
        seconds(of.ratio.second),
        times(of.ratio.times),
        "right" if is_right(of.judgement) else "wrong",
    ]


def timing(timed: TimedAgainst) -> list[str]:
    """Return the row of a comparison."""
    comparison, ratio = timed.comparison, timed.ratio
    return [
        comparison.engine,
        EVERYONE[comparison.baseline].words,
        str(comparison.K),
        str(comparison.T),
        seconds(ratio.first),
        seconds(ratio.second),
        f"{times(ratio.times)} ({spread(ratio.least, ratio.largest, ratio.rounds)})",
        "right" if is_right(timed.judgement) else "wrong",
    ]


def is_right(of: Judgement) -> bool:
    """Return whether there is nothing to say against an answer."""
    return of.is_sound and not of.missing


def answers(timings: Sequence[TimedAgainst]) -> list[list[str]]:
    """Return one row for each baseline on each chain, however often it was timed there."""
    known = {(EVERYONE[r.comparison.baseline].words, r.comparison.K, r.comparison.T): r.judgement for r in timings}
    return [
        [words, str(K), str(T), wrong_from(of), str(of.rises), str(of.negatives), error(of.worst)]
        for (words, K, T), of in known.items()
    ]


def wrong_from(of: Judgement) -> str:
    """Return the first t at which fewer than six digits are right."""
    return NOTHING if of.wrong_from is None else str(of.wrong_from)


def late_title(of: Late) -> str:
    """Return which chain it is, and how far its information falls."""
    return f"K = {of.K}, T = {of.T}: {of.falls} falls are proved, to {as_decimal(of.last, 1):e} bits"


def late(chains: Sequence[Late]) -> Rows:
    """Return one row for each program, one column for each chain."""
    asked = [name for name in EVERYONE if any(name in chain.judgements for chain in chains)]
    head = ["", *(f"K = {chain.K}, T = {chain.T}" for chain in chains)]
    return [
        head,
        *([EVERYONE[name].words, *(counts(chain.judgements.get(name)) for chain in chains)] for name in asked),
    ]


def counts(of: Judgement | None) -> str:
    """Return the three counts of what is wrong with a late answer; blank for a program that was not asked."""
    if of is None:
        return "not run"
    return f"{of.rises} / {of.negatives} / {wrong_from(of)}"


def growth(of: CostGrowth) -> list[str]:
    """Return the row of a power law."""
    (first_K, first_T), (last_K, last_T) = of.sizes[0], of.sizes[-1]
    fixed, ends = (f"T = {first_T}", (first_K, last_K)) if of.variable == "K" else (f"K = {first_K}", (first_T, last_T))
    return [
        of.engine,
        f"{of.variable} = {ends[0]} … {ends[1]}, {fixed}",
        seconds(of.seconds[0]),
        seconds(of.seconds[-1]),
        f"∝ {of.variable}^{of.fit.exponent:.2f}",
        f"×{of.fit.residual:.2f}",
    ]


def seconds(s: float) -> str:
    """Return two digits with a unit.

    >>> seconds(0.01234), seconds(2.345), seconds(123.4), seconds(0.000056)
    ('12 ms', '2.3 s', '123 s', '0.056 ms')
    """
    return f"{two(s)} s" if s >= 0.9995 else f"{two(1000 * s)} ms"


def two(x: float) -> str:
    """Return two significant digits, or all of the whole part."""
    return f"{x:.0f}" if x >= 9.95 else f"{as_decimal(x, 2):f}"


def times(x: float) -> str:
    """Return a ratio as text."""
    return f"{two(x)}×"


def spread(least: float, largest: float, rounds: int) -> str:
    """Return the least and the largest of the rounds."""
    return "once" if rounds == 1 else f"{two(least)}–{two(largest)}"


def error(worst: Fraction | None) -> str:
    """Return one digit and its power of ten.

    >>> error(Fraction(1, 3000)), error(None), error(Fraction(0))
    ('3e-4', '∞', '0')
    """
    if worst is None:
        return "∞"
    return f"{as_decimal(worst, 1):e}".replace("e+", "e") if worst else "0"


def as_markdown(rows: Rows) -> str:
    """Return a table as Markdown to paste.

    >>> print(as_markdown([["a", "b"], ["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    head, *body = [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def as_text(rows: Rows) -> str:
    """Return a table as aligned text.

    >>> print(as_text([["a", "bc"], ["10", "2"]]))
    a   bc
    10  2
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def record(bench: Measurements) -> dict[str, Any]:
    """Return the JSON record: every number that the tables show, and those that they round."""
    return {
        "schema": SCHEMA,
        "machine": bench.machine,
        "comparisons": [
            asdict(one.comparison) | {"ratio": asdict(one.ratio)} | judged(one.judgement) for one in bench.timings
        ],
        "late": [
            asdict(one) | {"judgements": {name: judged(j) for name, j in one.judgements.items()}} for one in bench.late
        ],
        "cost": [asdict(one) for one in bench.growth],
        "sequences": [
            asdict(one) | {"judgement": None if one.judgement is None else judged(one.judgement)}
            for one in bench.sequences
        ],
        "missing": bench.missing,
        "faults": bench.faults,
    }


def judged(of: Judgement) -> dict[str, Any]:
    """Return a judgement with its worst error as text: it may be far past the largest float."""
    return asdict(of) | {"worst": error(of.worst), "right": is_right(of)}
