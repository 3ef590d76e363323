"""What a prior costs in balls where R_t is the Bayes reverse, of a walk with matrices.

    KL(p_T‖π),   m_0 = p_0∘g,  g_i = Σ_j π_j Q̄_T[i, j]/p_T[j],   NLL − H(x0) = −Σ p_0 log g

What is infinite or undefined is read off the walk's patterns.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.ball.forward import Enclosures
from markovdiff.engines.ball.information import BallInformation
from markovdiff.engines.ball.sums import dot, never_exact
from markovdiff.measures.ledger import Term, Unbounded
from markovdiff.process.chain import Chain

ZERO = Quantity(lambda _bits: arb(0), never_exact, zero=True)
UNWRITTEN = Quantity(lambda _bits: arb(0, 1), never_exact)
"""What has enclosures and no exact form here."""


@dataclass(frozen=True, eq=False)
class BallPrior:
    """The prior π beside p_T; None where it is p_T itself."""

    chain: Chain
    prior: RationalMatrix | None

    def is_still(self) -> bool | None:
        """Say whether I_1 = I_T, where that is known."""
        return self.chain.T == 1 or None

    def gap(self, now: BallInformation) -> Term:
        """Return KL(p_T‖π)."""
        if self.prior is None:
            return ZERO
        found = now.divergence(self.prior)
        if found is not None:
            return found
        last, states = last_of(now), self.chain.states
        missing = (there and n == 0 for there, n in zip(last.possible, self.prior.N.entries(), strict=True))
        j = next(k for k, missed in enumerate(missing) if missed)
        x0 = self.chain.data.support[int(last.reach[:, j].argmax())]
        words = f"the prior gives no mass to {states[j]!r}, but x_{now.t} can be there"
        return Unbounded("inf", {"t": now.t, "x0": states[x0], "x_t": states[j]}, words)

    def excess(self, now: BallInformation) -> Term:
        """Return NLL − H(x0)."""
        if self.prior is None:
            return ZERO
        if (lost := self._beyond(now)) is not None or now.mutual_information.known_zero:
            return lost or ZERO
        pi, states = [n != 0 for n in self.prior.N.entries()], self.chain.states
        for i, reached in zip(self.chain.data.support, last_of(now).reach, strict=True):
            if not any(a and b for a, b in zip(reached, pi, strict=True)):
                return Unbounded("inf", {"t": 0, "x0": states[i]}, f"the model cannot produce x0 = {states[i]!r}")
        same = now.zeros.law(now.t) == self.prior
        return now.quantity(self._cost, lambda _exact: UNWRITTEN, zero=True if same else None)

    def _beyond(self, now: BallInformation) -> Unbounded | None:
        """Where π reaches what has no posterior."""
        assert self.prior is not None
        states = self.chain.states
        for j, (there, n) in enumerate(zip(last_of(now).possible, self.prior.N.entries(), strict=True)):
            if n != 0 and not there:
                words = f"the model reaches x_{now.t} = {states[j]!r}, of which R_{now.t} says nothing"
                return Unbounded("undefined", {"t": now.t, "x_t": states[j]}, words)
        return None

    def _cost(self, now: Enclosures) -> arb:
        assert self.prior is not None
        with ALONE, ctx.workprec(now.bits):
            pi = [arb(n) / self.prior.d for n in self.prior.N.entries()]
            w = [arb(0) if p.is_zero() else x / p for x, p in zip(pi, now.p, strict=True)]
            costs = [weight * dot(row, w).log() for weight, row in zip(now.p0, now.rows, strict=True)]
            return -sum(costs, arb(0))

    def is_tight(self, now: BallInformation) -> bool:
        """Say whether L = NLL is known: from each x0 that is possible, π_j/p_T[j] is the same wherever x_T can be."""
        assert self.prior is not None
        reach = last_of(now).reach
        if (reach.sum(axis=1) == 1).all():
            return True
        law = now.zeros.law(now.t)
        if law is None:
            return False
        pairs = list(zip(self.prior.N.entries(), law.N.entries(), strict=True))
        groups = ([pair for pair, there in zip(pairs, row, strict=True) if there] for row in reach.tolist())
        return all(a * group[0][1] == group[0][0] * b for group in groups for a, b in group)


def last_of(now: BallInformation) -> Enclosures:
    """Return the process at that time, in balls."""
    return now.walk.at(now.t)
