"""Sequences x = (x^1 … x^L) over K symbols, each position noised by itself, built again from what the record says.

    q(x_t | x_s) = Π_l Q_{s,t}[x_s^l][x_t^l],   Q_{s,t} = Q_{s+1}⋯Q_t,   q(x_0, x_t) = q(x_0) q(x_t | x_0)

A law is a dictionary of the sequences that are possible, so nothing is kept of those that are not. Sequences are tuples
of symbols 0…K−1. Under an added mask, which no data have, an x_t has at most 2^L successors for each x_0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import TypeAlias

Rows: TypeAlias = "tuple[tuple[Fraction, ...], ...]"


@dataclass(frozen=True, eq=False)
class SequenceProcess:
    """q(x_0) on sequences of L of K symbols, and the token's kernels: `steps[t − 1]` is Q_t.

    `mask` is the state all noise moves to, where no datum has it (an added mask); None otherwise.
    """

    K: int
    L: int
    T: int
    mask: int | None
    law: Mapping[tuple[int, ...], Fraction]
    steps: Sequence[Rows]
    _between: dict[tuple[int, int], Rows] = field(default_factory=dict)

    def between(self, s: int, t: int) -> Rows:
        """Return Q_{s+1}⋯Q_t of one symbol, K rows; the identity where s = t."""
        known = self._between
        if (s, s) not in known:
            known[s, s] = tuple(tuple(Fraction(i == j) for j in range(self.K)) for i in range(self.K))
        for u in range(s + 1, t + 1):
            if (s, u) not in known:
                known[s, u] = multiplied(known[s, u - 1], self.steps[u - 1])
        return known[s, t]

    def joint(self, t: int) -> dict[tuple[int, ...], dict[tuple[int, ...], Fraction]]:
        """Return q(x_0, x_t), as joint[x_0][x_t]; what is impossible is left out."""
        rows = self.between(0, t)
        return {x0: {x: p * q for x, q in onward(x0, rows)} for x0, p in self.law.items()}

    def marginal(self, t: int) -> dict[tuple[int, ...], Fraction]:
        """Return q(x_t); what is impossible is left out."""
        total: dict[tuple[int, ...], Fraction] = {}
        for row in self.joint(t).values():
            for x, p in row.items():
                total[x] = total.get(x, Fraction(0)) + p
        return total


def onward(x: tuple[int, ...], rows: Rows) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """Yield each y that x may become where each symbol moves by itself, with Π_l rows[x^l][y^l] > 0."""
    choices = [[(j, p) for j, p in enumerate(rows[symbol]) if p] for symbol in x]
    for moves in product(*choices):
        whole = Fraction(1)
        for _, p in moves:
            whole *= p
        yield tuple(j for j, _ in moves), whole


def multiplied(A: Rows, B: Rows) -> Rows:
    """Return the product of two matrices of rationals."""
    columns = list(zip(*B, strict=True))
    return tuple(
        tuple(sum((a * b for a, b in zip(row, column, strict=True) if a and b), Fraction(0)) for column in columns)
        for row in A
    )
