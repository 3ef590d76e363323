"""The reverse model of a record of sequences: what treats every position by itself, or the joint Bayes reverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product

from markovdiff.audit.record import Part
from markovdiff.audit.reverse import Row, row_of
from markovdiff.audit.sequences.positions import PositionwiseModel, Symbols
from markovdiff.audit.sequences.process import SequenceProcess
from markovdiff.errors import LimitError

FORMS = ("posterior-mixture", "d3pm")

MAX_CELLS = 2**24
"""Entries of brought tables, T·K^L·L·K."""


def read(part: Part, process: SequenceProcess) -> PositionwiseModel | None:
    """Return the model by position; None for the joint Bayes reverse. Raise InputError where it is neither."""
    kind = part["kind"].text(("bayes", *FORMS, "table"))
    if kind == "bayes":
        part.only(("kind",))
        return None
    is_table = kind == "table"
    form = part["form"].text(FORMS) if is_table else kind
    keys = ("kind", *(("form", "denoiser_rows") if is_table else ()), *(("last",) if form == "d3pm" else ()))
    part.only(keys, () if is_table else ("denoiser" if "denoiser" in part.table() else "error",))
    last = part["last"].text(("prediction", "formula")) if form == "d3pm" else "formula"
    if is_table:
        return PositionwiseModel(form, "brought", last=last, tables=_tables(part["denoiser_rows"], process))
    if denoiser := part.get("denoiser"):
        return PositionwiseModel(form, denoiser.text(("leave-one-out", "data")), last=last)
    error = part.get("error")
    return PositionwiseModel(form, error=error.probability() if error else Fraction(0), last=last)


def _tables(part: Part, process: SequenceProcess) -> list[Mapping[Symbols, Sequence[Row] | None]]:
    """Return p̃ for each t and each x_t in order: a law for each position, or None."""
    K, L, T = process.K, process.L, process.T
    if float(K) ** L * T * L * K > MAX_CELLS:
        raise LimitError("too many numbers", where=part.path, expected=f"T·K^L·L·K at most {MAX_CELLS}")
    states = list(product(range(K), repeat=L))
    return [
        {x: _laws(item, K, L) for x, item in zip(states, table.items(len(states)), strict=True)}
        for table in part.items(T)
    ]


def _laws(part: Part, K: int, L: int) -> list[Row] | None:
    if part.value is None:
        return None
    return [row for item in part.items(L) if (row := row_of(item.law(K))) is not None]
