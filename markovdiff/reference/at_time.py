"""Laws and matrices at one time, each entry the float nearest to the true number: from balls, else from rationals.

    table(name, …)    Q, Qbar, marginal, data_posterior, bayes_reverse, forward_posterior, and the model's reverse

A number that lies midway between two floats is not settled by any ball that a quotient made: where 512 bits do not
settle an array, it is made from the exact process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from flint import arb

from markovdiff.arithmetic.value import in_a_line
from markovdiff.cached import cached_property
from markovdiff.engines.ball.forward import Enclosures
from markovdiff.engines.ball.model_ledger import BallModel
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel, exact_step
from markovdiff.reference.rounding import UnroundedError, nearest

Table: TypeAlias = list[list[float]]

EXACT_FROM = 512
"""Bits from which on an array that is not settled is made exactly."""

MOST_WORK = 10**11
"""K³t² up to which the exact process is walked to time t."""


@dataclass(frozen=True, eq=False)
class EnclosedTables:
    """The arrays at one time from balls: of p_0, the process at t − 1 and t, Q_t, and a reverse model.

    Each raises UnroundedError where the balls are too wide.
    """

    start: Sequence[arb]
    before: Enclosures | None
    now: Enclosures
    step: list[list[arb]]
    model: BallModel | None

    __repr__ = in_a_line

    @cached_property
    def rows(self) -> list[list[arb]]:
        """Q̄_t."""
        return _cleared(self.now)

    @cached_property
    def columns(self) -> list[list[arb]]:
        """Q_t, column by column."""
        return [list(column) for column in zip(*self.step, strict=True)]

    @cached_property
    def earlier(self) -> Enclosures:
        """The process at t − 1."""
        assert self.before is not None
        return self.before

    def marginal(self) -> list[float]:
        """Return p_t."""
        return nearest(self.now.p)

    def Q(self) -> Table:
        """Return Q_t."""
        return [nearest(row) for row in self.step]

    def Qbar(self) -> Table:
        """Return Q̄_t."""
        return [nearest(row) for row in self.rows]

    def data_posterior(self) -> Table:
        """Return q(x_0 | x_t)."""
        return [_given(self.start, [row[j] for row in self.rows], p) for j, p in enumerate(self.now.p)]

    def bayes_reverse(self) -> Table:
        """Return q(x_{t−1} | x_t)."""
        return [_given(self.earlier.p, column, p) for column, p in zip(self.columns, self.now.p, strict=True)]

    def forward_posterior(self) -> list[Table]:
        """Return q(x_{t−1} | x_t, x_0)."""
        pairs = zip(_cleared(self.earlier), self.rows, strict=True)
        return [[_given(law, *ends) for ends in zip(self.columns, row, strict=True)] for law, row in pairs]

    def reverse(self) -> Table:
        """Return R_t, NaN where it is undefined."""
        assert self.model is not None
        step, found = self.model.at(self.now.t)
        pairs = zip(found.R.tolist(), step.allowed.defined, strict=True)
        return [nearest(row) if defined else [math.nan] * len(row) for row, defined in pairs]


@dataclass(frozen=True, eq=False)
class ExactTables:
    """The same from exact rationals."""

    chain: Chain
    model: ReverseModel | None
    t: int

    __repr__ = in_a_line

    def marginal(self) -> list[float]:
        """Return p_t."""
        return self._row(self.chain.marginal(self.t))

    def Q(self) -> Table:
        """Return Q_t."""
        return [self._row(row) for row in self.chain.step(self.t)]

    def Qbar(self) -> Table:
        """Return Q̄_t."""
        return [self._row(row) for row in self.chain.cumulative(self.t)]

    def data_posterior(self) -> Table:
        """Return q(x_0 | x_t)."""
        return [self._row(row) for row in self.chain.data_posterior(self.t)]

    def bayes_reverse(self) -> Table:
        """Return q(x_{t−1} | x_t)."""
        return [self._row(row) for row in self.chain.bayes_reverse(self.t)]

    def forward_posterior(self) -> list[Table]:
        """Return q(x_{t−1} | x_t, x_0)."""
        return [[self._row(row) for row in self.chain.forward_posterior(self.t, k)] for k in range(self.chain.K)]

    def reverse(self) -> Table:
        """Return R_t, NaN where it is undefined."""
        assert self.model is not None
        return [self._row(row) for row in exact_step(self.chain, self.model, self.t).fractions()]

    def _row(self, row: Sequence[Fraction] | None) -> list[float]:
        return [math.nan] * self.chain.K if row is None else [float(x) for x in row]


def table(name: str, enclosed: EnclosedTables, exact: ExactTables, bits: int) -> Any:
    """Return an array at one time by its name. Raises UnroundedError where more bits are needed."""
    try:
        return getattr(enclosed, name)()
    except UnroundedError:
        if bits < EXACT_FROM or exact.chain.K**3 * exact.t**2 > MOST_WORK:
            raise
        return getattr(exact, name)()


def _cleared(state: Enclosures) -> list[list[arb]]:
    """Return Q̄_t row by row, with 0 where no path leads: a product of balls may leave a small ball there."""
    return [
        [x if there else arb(0) for x, there in zip(row, reached, strict=True)]
        for row, reached in zip(state.rows, state.reach, strict=True)
    ]


def _given(weights: Sequence[arb], column: Sequence[arb], total: arb) -> list[float]:
    """Return weights·column / total, rounded; NaN throughout where the total is 0, the condition being impossible."""
    if total.is_zero():
        return [math.nan] * len(weights)
    return nearest(w * x / total for w, x in zip(weights, column, strict=True))
