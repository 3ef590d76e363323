"""The ledger of the ELBO in balls, for the Bayes reverse: every Δ_t is 0.

    L_0 = H(x0|x_1),   L_{t−1} = I_{t−1} − I_t,   L_T = I_T + KL(p_T‖π),   L = H(x0) + KL(p_T‖π)
    m_0 = p_0∘g,  g_i = Σ_j π_j Q̄_T[i, j]/p_T[j],   NLL − H(x0) = −Σ p_0 log g

What is infinite or undefined is read off the pattern of possible transitions. The two sides of the identity are
enclosed apart, the left term by term, and must meet.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from flint import arb, ctx

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.engines.ball.information import BallSnapshot, EnclosedInformation
from markovdiff.engines.ball.prior import ZERO
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.ledger import Entry, Term, Totals, Unbounded, add, unbounded_gap

Now = TypeVar("Now", bound=EnclosedInformation)
Now_contra = TypeVar("Now_contra", bound=EnclosedInformation, contravariant=True)


class PriorSide(Protocol[Now_contra]):
    """What the prior costs where R_t is the Bayes reverse; asked at T."""

    def gap(self, now: Now_contra) -> Term:
        """Return KL(p_T‖π)."""

    def excess(self, now: Now_contra) -> Term:
        """Return NLL − H(x0)."""

    def is_tight(self, now: Now_contra) -> bool:
        """Say whether L = NLL is known."""

    def is_still(self) -> bool | None:
        """Say whether I_1 = I_T, where that is known."""


class EnclosedLedger(Generic[Now]):
    """Kept step by step."""

    def __init__(self, side: PriorSide[Now]) -> None:
        self.side = side
        self.first: BallSnapshot | None = None
        self.conditional_entropy = ZERO
        self.now: Now | None = None
        self.added: arb | None = arb(0)

    def observe(self, now: Now) -> Entry[Term] | None:
        """Enter step t in the ledger."""
        self.now = now
        if now.before is None:
            return None
        term = now.conditional_entropy if now.t == 1 else now.loss
        if now.t == 1:
            self.first, self.conditional_entropy = now.forget(), term
        if not term.known_zero:
            self.added = _sum(self.added, term)
        return Entry(term, ZERO)

    def conclude(self) -> tuple[Totals[Term], Finding]:
        """Return the lines of the ledger, and the verdict on it."""
        assert self.now is not None
        assert self.first is not None
        H, last = self.now.data_entropy, self.now.mutual_information
        gap, excess = self.side.gap(self.now), self.side.excess(self.now)
        L = add(H, gap)
        totals: Totals[Term] = Totals(
            reconstruction=self.conditional_entropy,
            denoising=self.first.mutual_information.minus(last, zero=self.side.is_still()),
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

    def _jensen(self, gap: Term, excess: Term) -> Term:
        """L − NLL."""
        assert self.now is not None
        if (lost := unbounded_gap(gap, excess)) is not None:
            return lost
        assert isinstance(gap, Quantity)
        assert isinstance(excess, Quantity)
        return ZERO if gap.known_zero else gap.minus(excess, zero=self.side.is_tight(self.now) or None)

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


def _sum(added: arb | None, term: Quantity) -> arb | None:
    """With one term more; None where some term could not be enclosed."""
    try:
        with ALONE, ctx.workprec(FIRST_BITS):
            return None if added is None else added + term.ball(FIRST_BITS)
    except UnfinishedError:
        return None


def relation(term: Term) -> str:
    """Return a term's sign as a relation."""
    if isinstance(term, Unbounded):
        return "≤ (not finite)"
    try:
        return {1: "<", 0: "=", -1: ">"}[0 if term.known_zero else term.sign()]
    except UnfinishedError:
        return "≤ (undecided)"
