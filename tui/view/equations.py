"""Write what L is equal to, term by term, in rows that break no term and cut no number."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from tui.glyphs import columns
from tui.rows import RowField, Words, number
from tui.run_buffer import NO_NUMBERS, RunBuffer, short
from tui.view.view_state import Readable, ReadNumber

DECIMALS = 6
"""The same in every line, so that the lines add up before one's eyes."""

EQUATIONS = (
    (
        ("negative_elbo", "L = −ELBO"),
        ("data_entropy", "= H(x0)"),
        ("model_error", "+ ΣΔ_t"),
        ("prior_gap", "+ KL(p_T‖π)"),
    ),
    (("reconstruction", "= L_0"), ("denoising", "+ ΣL_(t−1)"), ("prior", "+ L_T")),
    (("nll", "= NLL"), ("gap", "+ gap")),
)
"""What L is equal to, term by term, where there is no room for a line each; the first is the last to be left out.

L itself stands once, at the beginning; the gap is L − NLL.
"""

Line = tuple[Words, Readable | None]
"""Words, and the number that is read out of them."""


def equations(
    run: RunBuffer, width: int, height: int, here: list[Line], others: int, largest: Sequence[Line] = ()
) -> tuple[list[Line], int]:
    """Return as many whole equations as there is room for, and how many more numbers there are.

    The line of the largest term comes after them, where there are three rows, and the lines of the step last, if they
    all go in. `others` are the numbers that there are besides L and those of the step.
    """
    if height < 3:
        largest = ()
    for count in range(len(EQUATIONS), 0, -1):
        for decimals in (DECIMALS, 4, 3):
            key = ("equations", count, width, decimals)
            whole, fits = run.once(key, partial(_written, run, count, width, decimals))
            lines = [*whole, *largest]
            missing = sum(len(terms) for terms in EQUATIONS[count:])
            spare = len(lines) + len(here) <= height
            if len(lines) <= height and fits:
                return ([*lines, *here], missing) if spare else (lines, missing + len(here))
    L = run.finished["elbo"]["negative_elbo"] if run.finished else None
    forms = [aligned(L, decimals) for decimals in (DECIMALS, 4, 3)]
    shortest: list[Line] = [([(" L = −ELBO ", "title"), number(forms, "title")], ReadNumber("negative_elbo", None))]
    return shortest, others + len(here)


def _written(run: RunBuffer, count: int, width: int, decimals: int) -> tuple[list[Line], bool]:
    """Return the lines of so many equations, and whether none is wider than that."""
    whole = [line for terms in EQUATIONS[:count] for line in _equation(run, terms, width, decimals)]
    return whole, all(_columns(words) <= width for words, _ in whole)


def _equation(run: RunBuffer, terms: Sequence[tuple[str, str]], width: int, decimals: int) -> list[Line]:
    """Return the terms one after the other, in as few lines as they need; none is broken."""
    assert run.finished is not None
    lines: list[Line] = []
    for key, words in terms:
        style = "title" if key == "negative_elbo" else "dim"
        term: list[tuple[str, str] | RowField] = [
            (f" {words} ", style),
            RowField((aligned(run.finished["elbo"][key], decimals),), style, whole=True),
        ]
        if lines and _columns([*lines[-1][0], *term]) <= width:
            lines[-1] = ([*lines[-1][0], *term], lines[-1][1])
        else:
            lines.append((term, ReadNumber(key, None)))
    return lines


def _columns(words: Words) -> int:
    return sum(columns(piece.forms[0] if isinstance(piece, RowField) else piece[0]) for piece in words)


def aligned(record: dict[str, Any] | None, decimals: int = DECIMALS) -> str:
    """Return a certified number with its point in place; one too small to be seen so, in its own size."""
    if record is None or record["value"] in {*NO_NUMBERS, "0"}:
        return short(record)
    number = Decimal(str(record["value"]))
    return f"{number:.{decimals}f}" if abs(number) >= Decimal(1).scaleb(-decimals) else f"{number:.2e}"
