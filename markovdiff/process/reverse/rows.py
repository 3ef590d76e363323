"""Distributions as numerators over their sum, and what the exact rows of reverse models are made of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.rational import over_common_denominator, text
from markovdiff.errors import InternalError
from markovdiff.process.moment import Moment

Row: TypeAlias = "tuple[list[fmpz], fmpz]"
"""A distribution as numerators over their sum."""

Rows: TypeAlias = "tuple[Row | None, ...]"
"""A row for each x_t, None where it is undefined."""


def row(numerators: Sequence[fmpz]) -> Row | None:
    """Return numerators over their sum; None where all are zero."""
    total = sum(numerators, fmpz(0))
    return (list(numerators), total) if total != 0 else None


def row_of(probabilities: Sequence[Fraction]) -> Row:
    """Return a distribution of Fractions as numerators over their sum. Raises InternalError where all are zero."""
    numerators, _ = over_common_denominator(probabilities)
    found = row([fmpz(n) for n in numerators])
    if found is None:
        raise InternalError("a distribution was expected, and all its entries are 0")
    return found


def columns(table: Sequence[Sequence[fmpz]]) -> list[tuple[fmpz, ...]]:
    """Return the columns of a table."""
    return list(zip(*table, strict=True))


def scaled(p: RationalMatrix, table: Sequence[Sequence[fmpz]]) -> list[list[fmpz]]:
    """Return the numerators of p[i]·table[i][j]."""
    return [[a * n for n in line] for a, line in zip(p.table()[0], table, strict=True)]


def step_table(now: Moment) -> list[list[fmpz]]:
    """Return the numerators of Q_t. Raises InternalError at t = 0 and for a process with memory."""
    if now.transition is None:
        raise InternalError("a step of a Markov chain was expected")
    return now.transition.dense.table


def over_each(guess: Sequence[fmpz], reached: Sequence[fmpz]) -> list[fmpz]:
    """Return guess[k]/reached[k] over one denominator, with 0 where reached[k] = 0."""
    common = fmpz(1)
    for g, n in zip(guess, reached, strict=True):
        if g != 0 and n != 0:
            common = common.lcm(n // n.gcd(g))
    return [g * common // n if n != 0 else fmpz(0) for g, n in zip(guess, reached, strict=True)]


def weighted(weights: Sequence[fmpz], before: Moment, now: Moment, j: int) -> Row | None:
    """Return row j ∝ Q_t[i, j] Σ_k w_k Q̄_{t−1}[k, i]."""
    mixed = (fmpz_mat([list(weights)]) * before.cumulative.dense.matrix.N).entries()
    return row([line[j] * m for line, m in zip(step_table(now), mixed, strict=True)])


def written(rows: Sequence[Row | None]) -> list[list[str] | None]:
    """Return the rows as exact texts, as a record has them."""
    return [line and [text(fraction(n, line[1])) for n in line[0]] for line in rows]


def shares(tables: Sequence[Sequence[Row | None]]) -> list[tuple[fmpz, fmpz]]:
    """Return all the probabilities of tables of rows, each as a numerator and a denominator."""
    return [(n, line[1]) for rows in tables for line in rows if line for n in line[0]]
