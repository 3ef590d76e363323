"""The step from t−1 to t in balls, as reverse models ask about it: R_t enclosed, and how far it is from Bayes' reverse.

The formulas are the models' own (`process.reverse.numbers`), on arrays of balls. A ball's radius does not cancel, so
what is left of the formulas' care is what changes the order of ρ; all that float64 needs besides (what may be off by
how much, what has vanished) is answered as for numbers that carry their own error. Zeros are read off the patterns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from markovdiff.arithmetic.arrays import Flags
from markovdiff.arithmetic.enclosure import ALONE, ball, stochastic_ball
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.cached import cached_property
from markovdiff.engines.ball.forward import Enclosures
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel, Row
from markovdiff.process.reverse.numbers import BesideBayes
from markovdiff.process.support import ReverseSupport, SupportPattern

Balls: TypeAlias = NDArray[Any]
"""An array of `arb`."""

ZERO: Balls = np.array(arb(0), dtype=object)
ONE: Balls = np.array(arb(1), dtype=object)


def array(matrix: arb_mat) -> Balls:
    """Return a matrix as an array of its balls."""
    found: Balls = np.empty(matrix.nrows() * matrix.ncols(), dtype=object)
    found[:] = matrix.entries()
    return found.reshape(matrix.nrows(), matrix.ncols())


def row(balls: Sequence[arb]) -> Balls:
    """Return balls as an array."""
    found: Balls = np.empty(len(balls), dtype=object)
    found[:] = balls
    return found


def zeros(shape: tuple[int, ...]) -> Balls:
    """Return an array of exact zeros."""
    found: Balls = np.full(shape, ZERO)
    return found


@dataclass(frozen=True, eq=False)
class BallSide:
    """The process at one time in balls, and its pattern."""

    state: Enclosures
    pattern: SupportPattern

    blur = 0.0
    is_plain = True
    vanished = False

    @cached_property
    def p(self) -> Balls:
        """p_t."""
        return row(self.state.p)

    @cached_property
    def law(self) -> arb_mat:
        """Q̄_t, a row for each x0."""
        return arb_mat(self.state.rows)

    @cached_property
    def Q_bar(self) -> Balls:
        """The same as an array."""
        return array(self.law)

    @cached_property
    def r(self) -> Balls:
        """Q̄_t/p_t − 1, and 0 in impossible columns."""
        with ALONE, ctx.workprec(self.state.bits):
            inverse = zeros(self.p.shape)
            np.divide(ONE, self.p, out=inverse, where=self.pattern.possible)
            return np.where(self.pattern.possible, self.Q_bar * inverse - 1, ZERO)


@dataclass(frozen=True, eq=False)
class BallReverseStep:
    """From x_{t−1} to x_t in balls of `bits` bits, and the patterns of both."""

    chain: Chain
    before: BallSide
    now: BallSide
    Q: arb_mat
    allowed: ReverseSupport

    fine = 0.0
    coarse = 0.0

    @property
    def bits(self) -> int:
        """The precision."""
        return self.now.state.bits

    @cached_property
    def seen(self) -> Flags:
        """Where B > 0."""
        found: Flags = self.now.pattern.back & self.before.pattern.possible
        return found

    @cached_property
    def back(self) -> Balls:
        """Q_t, transposed."""
        return array(self.Q).T

    @cached_property
    def pair(self) -> Balls:
        """q(x_{t−1} = i, x_t = j), a row for each j."""
        with ALONE, ctx.workprec(self.bits):
            return self.where(self.seen, self.before.p * self.back)

    @cached_property
    def B(self) -> Balls:
        """q(x_{t−1} = i | x_t = j)."""
        with ALONE, ctx.workprec(self.bits):
            return self.divided(self.pair, self.now.p[:, None], self.now.pattern.possible[:, None])

    @cached_property
    def p0(self) -> Balls:
        """q(x0), of the x0 that the model speaks of."""
        return row(self.now.state.p0)

    @cached_property
    def posterior(self) -> Balls:
        """q(x0 = k | x_t = j), a row for each j."""
        with ALONE, ctx.workprec(self.bits):
            joint = self.p0 * self.now.Q_bar.T
            return self.divided(joint, self.now.p[:, None], self.now.pattern.possible[:, None])

    @property
    def data_are_even(self) -> bool:
        """Whether q(x0) is the same for every state."""
        return len(set(self.chain.data.weights)) == 1

    def number(self, value: Fraction) -> arb:
        """Return a rational as a ball."""
        return ball(value, self.bits)

    def constant(self, value: Fraction, shape: tuple[int, int]) -> Balls:
        """Return an array of one ball."""
        found: Balls = np.full(shape, self.number(value), dtype=object)
        return found

    def table(self, rows: Sequence[Row | None]) -> Balls:
        """Return rows in balls, and zeros where there is none."""
        return array(stochastic_ball(rows, self.bits))

    brought = table

    def exact(self, rows: Sequence[Row | None]) -> Sequence[Row | None]:
        """Return the rows: balls hold any number."""
        return rows

    def spread(self, values: Balls) -> Balls:
        """Return an array with a column for every state."""
        found = zeros((self.chain.K, self.chain.K))
        found[:, list(self.now.pattern.rows)] = values
        return found

    def product(self, a: Balls, b: Balls) -> Balls:
        """Return the product of two matrices."""
        return array(arb_mat(a.tolist()) * arb_mat(b.tolist()))

    def along(self, a: Balls, b: Balls) -> Balls:
        """Return Σ_k a[j, k] b[k, j] for each j."""
        found: Balls = (a * b.T).sum(axis=1)
        return found

    def where(self, mask: Flags, values: Balls, *, otherwise: bool = False) -> Balls:
        """Return the values where the mask says so."""
        return np.where(mask, values, ONE if otherwise else ZERO)

    def divided(self, a: Balls, b: Balls, mask: Flags) -> Balls:
        """Return a/b where the mask says so, else 0."""
        found = zeros(np.broadcast_shapes(a.shape, b.shape))
        np.divide(a, b, out=found, where=mask)
        return found

    def largest(self, values: Balls) -> float:
        """Return the largest absolute value, rounded up."""
        return max(float(abs(x).upper()) for x in values.flat)

    def through(self, c: Balls) -> Balls:
        """Return Σ_k c[j, k] q(x_{t−1} = i | x_t = j, x0 = k) over the k that reach j."""
        w = self.divided(c, self.now.Q_bar.T, self.now.pattern.reach.T)
        return self.back * array(arb_mat(w.tolist()) * self.before.law)

    def pairs(self, guess: Balls) -> Balls:
        """Return the rows ∝ Q_t[i, j] Σ_k guess[j, k] Q̄_{t−1}[k, i]."""
        return self._shares(self.back * array(arb_mat(guess.tolist()) * self.before.law))

    def reverse_of(self, law: Balls) -> Balls:
        """Return the rows ∝ law[i] Q_t[i, j]."""
        return self._shares(law * self.back)

    def _shares(self, rows: Balls) -> Balls:
        """Rows divided by the sum of what is allowed in them."""
        kept = self.where(self.allowed.cells, rows)
        return self.divided(kept, kept.sum(axis=1)[:, None], np.any(self.allowed.cells, axis=1, keepdims=True))

    def carried(self, belief: RationalMatrix) -> tuple[Balls, Balls, Balls]:
        """Return r_{t−1}, r_{t−1}/p_{t−1} − 1 and r_t/p_t − 1, from r_0 and the rows of both times."""
        entries = belief.N.entries()
        weights = arb_mat([[arb(entries[k]) / belief.d for k in self.now.pattern.rows]])
        was, now = (array(weights * arb_mat(side.r.tolist()))[0] for side in (self.before, self.now))
        return array(weights * self.before.law)[0], was, now


def reverse_ball(model: ReverseModel, step: BallReverseStep) -> BesideBayes:
    """Return R_t; where it is the Bayes reverse by the model's definition, that."""
    if model.is_bayes_at(step.now.pattern.t):
        return BesideBayes(step.B, step.B, zeros(step.B.shape), bayes=True)
    with ALONE, ctx.workprec(step.bits):
        return model.beside_bayes(step)
