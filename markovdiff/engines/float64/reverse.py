"""The step from t−1 to t in float64, as reverse models ask about it: R_t, and how far it is from the Bayes reverse.

The formulas are the models' own (`process.reverse.numbers`): what is computed is ρ itself, in a form in which its first
order does not cancel. Where Q̄_t is still far below p_t, R itself is summed from non-negative terms (`Wide`), and ρ is
R/B − 1. `noise` is what ρ may be off by; an estimate, as all in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from markovdiff.arithmetic.arrays import Flags, Floats, ratio
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.wide import Wide
from markovdiff.engines.float64.conditional_laws import COARSE, FINE, ConditionalLaws
from markovdiff.engines.float64.forward import vector
from markovdiff.engines.float64.range import check_rows
from markovdiff.engines.float64.shaken import Shaker
from markovdiff.errors import InternalError
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel, Row
from markovdiff.process.support import ReverseSupport

SEEN = 1e-290
"""An entry of B from which R/B is formed."""


@dataclass(frozen=True, eq=False)
class FloatReverse:
    """R_t beside B, q(x_{t−1} | x_t): rows of j, zero where they are undefined. ρ is 0 where B is below SEEN.

    `bayes` says that R = B is known: then ρ is zero and not merely small.
    """

    allowed: ReverseSupport
    R: Floats
    B: Floats
    rho: Floats
    noise: float
    bayes: bool = False

    @property
    def unseen(self) -> Floats:
        """Bound what `beyond` is off by where B is possible and at most SEEN: by B(1 + |log(B/R)|)."""
        tiny = (self.B > 0) & (self.B <= SEEN) & (self.R > 0)
        B, R = np.where(tiny, self.B, 1.0), np.where(tiny, self.R, 1.0)
        found: Floats = np.where(tiny, B * (1 + np.abs(np.log(B) - np.log(R))), 0.0)
        return found

    @property
    def beyond(self) -> Floats:
        """What R gives to where B has nothing, or too little to be divided by."""
        return np.where(self.B > SEEN, 0.0, self.R)

    @property
    def excess(self) -> Floats:
        """R − B."""
        found: Floats = np.where(self.B > SEEN, self.B * self.rho, self.R - self.B)
        return found


class Carried:
    """A law r_t with r_0 the belief, and r_t − p_t beside it; asked for t = 1, 2, … in turn."""

    def __init__(self, belief: RationalMatrix, data: RationalMatrix) -> None:
        self.law, self.excess = vector(belief), vector(belief + -data)

    def step(self, before: ConditionalLaws, now: ConditionalLaws, shake: Shaker) -> tuple[Floats, Floats, Floats]:
        """Return r_{t−1}, r_{t−1}/p_{t−1} − 1 and r_t/p_t − 1."""
        Q, was, e_was = step_of(now), self.law, self.excess
        law, e = was @ Q, e_was @ Q
        law /= law.sum()
        e -= e.sum() * now.p
        self.law, self.excess = law, np.zeros_like(e) if now.vanished else shake(e)
        return was, ratio(e_was, before.p), ratio(self.excess, now.p)


class FloatModel:
    """A reverse model, asked for t = 1, 2, … in turn."""

    def __init__(self, chain: Chain, model: ReverseModel, shake: Shaker) -> None:
        self.chain, self.model = chain, model
        self.shake = shake
        belief, data = model.belief, chain.at(0).data
        self.belief = None if belief is None or belief == data else Carried(belief, data)
        self.seen: FloatReverseStep | None = None

    def step(self, before: ConditionalLaws, now: ConditionalLaws) -> FloatReverse:
        """Return R_t."""
        shake, allowed = self.shake, self.model.support(self.chain, before.pattern, now.pattern)
        self.seen = FloatReverseStep(self.chain, before, now, allowed, shake, self.belief)
        found = self.model.beside_bayes(self.seen)
        return FloatReverse(allowed, shake(found.R), found.B, shake(found.rho), found.noise, found.bayes)


class FloatReverseStep:
    """From x_{t−1} to x_t in float64, as it is or shaken."""

    fine = FINE
    coarse = COARSE

    def __init__(
        self,
        chain: Chain,
        before: ConditionalLaws,
        now: ConditionalLaws,
        allowed: ReverseSupport,
        shake: Shaker,
        belief: Carried | None,
    ) -> None:
        self.chain, self.before, self.now, self.allowed = chain, before, now, allowed
        self.shake, self.belief = shake, belief
        self.Q = step_of(now)
        self.B = before.back(self.Q)
        self.seen: Flags = self.B > SEEN

    @property
    def p0(self) -> Floats:
        """q(x0), of the x0 that the model speaks of."""
        return self.now.p0

    @property
    def posterior(self) -> Floats:
        """q(x0 = k | x_t = j), a row for each j."""
        return self.now.posterior

    @property
    def data_are_even(self) -> bool:
        """Whether q(x0) is the same for every state, exactly and as it is held."""
        return len(set(self.chain.data.weights)) == 1 and bool((self.p0 == self.p0[0]).all())

    def number(self, value: Fraction) -> float:
        """Return a rational, rounded once."""
        return float(value)

    def constant(self, value: Fraction, shape: tuple[int, int]) -> Floats:
        """Return an array of one number, laid out as B is."""
        return np.full(shape, float(value), order="F")

    def table(self, rows: Sequence[Row | None]) -> Floats:
        """Return rows, each entry rounded once, and zeros where there is none."""
        nothing = [0.0] * len(rows)
        return np.array([[int(n) / int(row[1]) for n in row[0]] if row else nothing for row in rows])

    def brought(self, rows: Sequence[Row | None]) -> Floats:
        """Return the rows of R_t itself, as they are or shaken."""
        return self.shake(self.table(rows))

    def exact(self, rows: Sequence[Row | None]) -> Sequence[Row | None]:
        """Return the rows. Raises LimitError where float64 cannot hold them."""
        check_rows(rows)
        return rows

    def spread(self, values: Floats) -> Floats:
        """Return an array with a column for every state."""
        found = np.zeros_like(self.B)
        found[:, list(self.now.pattern.rows)] = values
        return found

    def product(self, a: Floats, b: Floats) -> Floats:
        """Return the product of two matrices."""
        return a @ b

    def along(self, a: Floats, b: Floats) -> Floats:
        """Return Σ_k a[j, k] b[k, j] for each j."""
        found: Floats = (a @ b)[0] if len(a) == 1 else np.einsum("jk,kj->j", a, b)
        return found

    def where(self, mask: Flags, values: Floats, *, otherwise: bool = False) -> Floats:
        """Return the values where the mask says so."""
        return np.where(mask, values, float(otherwise))

    def divided(self, a: Floats, b: Floats, mask: Flags) -> Floats:
        """Return a/b where the mask says so, else 0."""
        found: Floats = np.divide(a, b, out=np.zeros_like(b), where=mask)
        return found

    def largest(self, values: Floats) -> float:
        """Return the largest absolute value."""
        return float(np.abs(values).max())

    def through(self, c: Floats) -> Floats:
        """Return Σ_k c[j, k] q(x_{t−1} = i | x_t = j, x0 = k) over the k that reach j."""
        w = Wide.of(c) * self.now.cumulative.reciprocal().transposed()
        return ((w @ self.before.cumulative) * Wide.of(self.Q).transposed()).floats()

    def pairs(self, guess: Floats) -> Floats:
        """Return the rows ∝ Q_t[i, j] Σ_k guess[j, k] Q̄_{t−1}[k, i]."""
        return ((Wide.of(guess) @ self.before.cumulative) * Wide.of(self.Q).transposed()).shares()

    def reverse_of(self, law: Floats) -> Floats:
        """Return the rows ∝ law[i] Q_t[i, j]."""
        return (Wide.of(law[:, None]) * Wide.of(self.Q)).transposed().shares()

    def carried(self, belief: RationalMatrix) -> tuple[Floats, Floats, Floats] | None:  # noqa: ARG002
        """Return r_{t−1}, r_{t−1}/p_{t−1} − 1 and r_t/p_t − 1, carried along as p_t is; None where r = p is known."""
        if self.belief is None or self.before.vanished:
            return None
        return self.belief.step(self.before, self.now, self.shake)


def step_of(now: ConditionalLaws) -> Floats:
    """Return Q_t. Raises InternalError at t = 0."""
    if now.Q is None:
        raise InternalError("there is no step to t = 0")
    return now.Q


def is_certain(cells: Flags) -> bool:
    """Return whether each row has one cell at most."""
    return bool((cells.sum(axis=1) <= 1).all())
