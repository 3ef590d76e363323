"""The ledger of the ELBO in balls, for the Bayes reverse: every Δ_t is 0.

    L_0 = H(x0|x_1),   L_{t−1} = I_{t−1} − I_t,   L_T = I_T + KL(p_T‖π),   L = H(x0) + KL(p_T‖π)
    m_0 = p_0∘g,  g_i = Σ_j π_j Q̄_T[i, j]/p_T[j],   NLL − H(x0) = −Σ p_0 log g

What is infinite or undefined is read off the pattern of possible transitions. The two sides of the identity are
enclosed apart, the left term by term, and must meet.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from flint import arb, ctx

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.engines.ball.forward import Enclosures
from markovdiff.engines.ball.information import BallInformation, dot, never_exact
from markovdiff.engines.exact.information import Information
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.ledger import Entry, Term, Totals, Unbounded, add
from markovdiff.process.chain import Chain

ZERO = Quantity(lambda _bits: arb(0), never_exact, zero=True)
UNWRITTEN = Quantity(lambda _bits: arb(0, 1), never_exact)
"""What has enclosures and no exact form here."""


Now = TypeVar("Now", bound=Information)


class EnclosedLedger(Generic[Now]):
    """Kept step by step; `prior` is None where it is p_T itself. What is asked of the end is a subclass's matter."""

    def __init__(self, chain: Chain, prior: RationalMatrix | None) -> None:
        self.chain = chain
        self.prior = prior
        self.first: Information | None = None
        self.conditional = ZERO
        self.now: Now | None = None
        self.added: arb | None = arb(0)

    def observe(self, now: Now) -> Entry[Term] | None:
        """Take step t into the books."""
        self.now = now
        if now.before is None:
            return None
        term = now.conditional if now.t == 1 else now.loss
        if now.t == 1:
            self.first, self.conditional = now.forget(), term
        if not term.known_zero:
            self.added = _sum(self.added, term)
        return Entry(term, ZERO)

    def conclude(self) -> tuple[Totals[Term], Finding]:
        """The lines of the ledger, and the verdict on it."""
        assert self.now is not None
        assert self.first is not None
        H, last = self.now.data_entropy, self.now.mutual
        gap, excess = self._prior_gap(), self._excess()
        L = add(H, gap)
        totals: Totals[Term] = Totals(
            reconstruction=self.conditional,
            denoising=self.first.mutual.minus(last, zero=self._is_still()),
            prior=add(last, gap),
            negative_elbo=L,
            nll=add(H, excess),
            data_entropy=H,
            gap=self._jensen(gap, excess),
            model_error=ZERO,
            prior_gap=gap,
            nll_excess=excess,
        )
        return totals, self._finding(totals)

    def _is_still(self) -> bool | None:
        """Whether I_1 = I_T, where that is known."""
        return self.chain.T == 1 or None

    def _prior_gap(self) -> Term:
        """KL(p_T‖π)."""
        raise NotImplementedError

    def _excess(self) -> Term:
        """NLL − H(x0)."""
        raise NotImplementedError

    def _is_tight(self) -> bool:
        """Whether L = NLL is known."""
        raise NotImplementedError

    def _jensen(self, gap: Term, excess: Term) -> Term:
        """L − NLL."""
        if isinstance(excess, Unbounded):
            both = Unbounded("undefined", excess.witness, f"L and NLL are both infinite: {excess.words}")
            return excess if excess.kind == "undefined" else both
        if isinstance(gap, Unbounded):
            return gap
        return ZERO if gap.known_zero else gap.minus(excess, zero=True if self._is_tight() else None)

    def _finding(self, totals: Totals[Term]) -> Finding:
        assert self.now is not None
        L = totals.negative_elbo
        if isinstance(L, Unbounded):
            return Finding("holds", "enclosure", f"both sides are +∞: {L.words}", L.witness)
        assert isinstance(totals.prior, Quantity)
        terms, other = _sum(self.added, totals.prior), _sum(arb(0), L)
        if terms is None or other is None:
            return Finding("undecided", "enclosure", "a term of L is not told from 0 by enclosures", {"t": self.now.t})
        if not terms.overlaps(other):
            return Finding("violated", "enclosure", "the terms do not add up to H(x0) + ΣΔ_t + KL(p_T‖π)")
        order = f"H(x0) {relation(totals.nll_excess)} NLL {relation(totals.gap)} L"
        meet = "the enclosures of both sides of L = H(x0) + ΣΔ_t + KL(p_T‖π) meet"
        return Finding("holds", "enclosure", f"{meet}; {order}")


class BallLedger(EnclosedLedger[BallInformation]):
    """The ledger of a walk with matrices: what is infinite or undefined is read off its patterns."""

    def _prior_gap(self) -> Term:
        """KL(p_T‖π)."""
        assert self.now is not None
        if self.prior is None:
            return ZERO
        found = self.now.divergence(self.prior)
        if found is not None:
            return found
        now, states = self._last(), self.chain.states
        missing = (there and n == 0 for there, n in zip(now.possible, self.prior.N.entries(), strict=True))
        j = next(k for k, missed in enumerate(missing) if missed)
        x0 = self.chain.data.support[int(now.reach[:, j].argmax())]
        words = f"the prior gives no mass to {states[j]!r}, but x_{now.t} can be there"
        return Unbounded("inf", {"t": now.t, "x0": states[x0], "x_t": states[j]}, words)

    def _last(self) -> Enclosures:
        assert self.now is not None
        return self.now.walk.at(self.now.t)

    def _excess(self) -> Term:
        """NLL − H(x0)."""
        assert self.now is not None
        if self.prior is None or self.now.mutual.known_zero:
            lost = None if self.prior is None else self._beyond()
            return lost or ZERO
        if (lost := self._beyond()) is not None:
            return lost
        pi, states = [n != 0 for n in self.prior.N.entries()], self.chain.states
        for i, reached in zip(self.chain.data.support, self._last().reach, strict=True):
            if not any(a and b for a, b in zip(reached, pi, strict=True)):
                return Unbounded("inf", {"t": 0, "x0": states[i]}, f"the model cannot produce x0 = {states[i]!r}")
        same = self.now.zeros.law(self.now.t) == self.prior
        return self.now.quantity(self._cost, lambda _exact: UNWRITTEN, zero=True if same else None)

    def _beyond(self) -> Unbounded | None:
        """Where π reaches what has no posterior."""
        assert self.prior is not None
        now, states = self._last(), self.chain.states
        for j, (there, n) in enumerate(zip(now.possible, self.prior.N.entries(), strict=True)):
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

    def _is_tight(self) -> bool:
        """Whether L = NLL is known: from each x0 that is possible, π_j/p_T[j] is the same wherever x_T can be."""
        assert self.now is not None
        assert self.prior is not None
        reach = self._last().reach
        if (reach.sum(axis=1) == 1).all():
            return True
        law = self.now.zeros.law(self.now.t)
        if law is None:
            return False
        pairs = list(zip(self.prior.N.entries(), law.N.entries(), strict=True))
        groups = ([pair for pair, there in zip(pairs, row, strict=True) if there] for row in reach.tolist())
        return all(a * group[0][1] == group[0][0] * b for group in groups for a, b in group)


def _sum(added: arb | None, term: Quantity) -> arb | None:
    """With one term more; None where some term could not be enclosed."""
    try:
        with ALONE, ctx.workprec(FIRST_BITS):
            return None if added is None else added + term.ball(FIRST_BITS)
    except UnfinishedError:
        return None


def relation(term: Term) -> str:
    """A term's sign as a relation."""
    if isinstance(term, Unbounded):
        return "≤ (not finite)"
    try:
        return {1: "<", 0: "=", -1: ">"}[0 if term.known_zero else term.sign()]
    except UnfinishedError:
        return "≤ (undecided)"
