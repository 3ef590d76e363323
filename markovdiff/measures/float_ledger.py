"""The ledger of the ELBO in float64, for the Bayes reverse: every Δ_t is 0.

    L_0 = H(x0|x_1),   L_{t−1} = I_{t−1} − I_t,   L_T = I_T + KL(p_T‖π),   L = H(x0) + KL(p_T‖π)
    m_0 = p_0∘(1 + δ),  δ_i = Σ_j π_j r_ij at T                  the model's likelihood, without a walk
    NLL − H(x0) = KL(p_0‖m_0) = Σ p_0 (δ − log(1+δ))             = Σ p_0 B(1, 1+δ), no term negative
    L − NLL = Σ_i p_0[i]/(1+δ_i) Σ_j π_j u_ij f(ρ_ij),  1 + ρ_ij = (1+δ_i) p_T[j]/π_j

The identity is checked by adding up the terms as they were computed, each by its own formula, against the right-hand
side. Infinite and undefined terms come from the pattern of what is possible, which no underflow touches.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from markovdiff.arithmetic.floating import NOTHING, SMALLEST, Approximation, Floats, bregman, f, ratio
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.measures.findings import Finding
from markovdiff.measures.floats import DenseInformation, FloatKnown, divergence
from markovdiff.measures.terms import Entry, Totals, Unbounded
from markovdiff.process.chain import Chain
from markovdiff.process.floats import ROUGH, UNRESOLVED, Approach, Forgotten, reached_from
from markovdiff.process.kernels import Forgetting

FloatTerm: TypeAlias = "Approximation | Unbounded"

SUMMED = 2**22
"""L − NLL is summed over pairs (x0, x_T) up to this many; beyond, it is a difference."""

CANCELS = 1e-3
"""A difference that is a smaller share of what it is taken from than this has lost three digits."""

AGREE = 1e-9
"""The two sides of the ledger agree where they differ by no more than this share."""


class FloatLedger:
    """Kept step by step; `prior` is None where it is p_T itself."""

    def __init__(self, chain: Chain, prior: RationalMatrix | None, approach: Approach) -> None:
        self.chain = chain
        self.states = chain.states
        self.marginal = prior is None
        self.sources = range(chain.K) if isinstance(chain.kernel, Forgetting) else chain.data.support
        self.approach = approach
        self.first: FloatKnown | None = None
        self.now: FloatKnown | None = None
        self.added = 0.0
        self.lost = NOTHING

    def observe(self, now: FloatKnown) -> Entry[FloatTerm] | None:
        """Take step t into the books."""
        self.now = now
        if now.before is None:
            return None
        term = now.conditional if now.t == 1 else now.loss
        if now.t == 1:
            self.first = now.forget()
            self.first.__dict__["conditional"] = term
        else:
            self.lost = Approximation.total(self.lost, term)
        self.added += term.value
        return Entry(term, NOTHING)

    def _denoising(self) -> Approximation:
        """I_1 − I_T; where that cancels, the losses added up, none of which is negative."""
        assert self.now is not None
        assert self.first is not None
        plain = self.first.mutual.minus(self.now.mutual)
        return plain if plain.value >= CANCELS * self.first.mutual.value else self.lost

    def conclude(self) -> tuple[Totals[FloatTerm], Finding]:
        """The lines of the ledger, and the verdict on it."""
        assert self.now is not None
        assert self.first is not None
        H, last = self.now.data_entropy, self.now.mutual
        gap = self._prior_gap()
        delta = self._delta()
        excess = self._excess(delta)
        L = _plus(H, gap)
        totals: Totals[FloatTerm] = Totals(
            reconstruction=self.first.conditional,
            denoising=self._denoising(),
            prior=_plus(last, gap),
            negative_elbo=L,
            nll=_plus(H, excess),
            data_entropy=H,
            gap=self._jensen(gap, excess, delta),
            model_error=NOTHING,
            prior_gap=gap,
            nll_excess=excess,
        )
        return totals, self._finding(totals)

    def _prior_gap(self) -> FloatTerm:
        """KL(p_T‖π)."""
        assert self.now is not None
        if self.marginal:
            return NOTHING
        now, law = self.now.moment, self.approach.law
        found = divergence(self.approach, now)
        if found is not None:
            return found
        j = int(np.flatnonzero(now.possible & (law == 0))[0])
        words = f"the prior gives no mass to {self.states[j]!r}, but x_{now.t} can be there"
        x0 = self._source(j)
        return Unbounded("inf", {"t": now.t, "x0": self.states[x0], "x_t": self.states[j]}, words)

    def _source(self, j: int) -> int:
        """The first x0 from which x_T = j can be reached."""
        assert self.now is not None
        if isinstance(self.now, DenseInformation):
            return self.sources[int((self.now.moment.u[:, j] > 0).argmax())]
        now = self.now.moment
        is_drawn = now.alpha_bar < 1 and now.pi[j] > 0
        return int((now.p0 > 0).argmax()) if is_drawn else j

    def _delta(self) -> tuple[Floats, Floats] | None:
        """δ and 1 + δ, one for each possible x0, or None where the model reaches what has no posterior."""
        assert self.now is not None
        law = self.approach.law
        if self.marginal:
            return np.zeros(1), np.ones(1)
        if (law[~self.now.moment.possible] > 0).any():
            return None
        if isinstance(self.now, DenseInformation):
            exact = self.now.moment
            mean, direct = exact.r @ law, exact.u @ law
            if exact.unresolved and exact.Q_bar is not None:
                return direct - 1, direct
        else:
            u, r, u_other, r_other = self.now.cells
            mean = r * law + (law @ r_other - law * r_other)
            direct = u * law + (law @ u_other - law * u_other)
        return np.where(mean < -0.5, direct - 1, mean), np.where(mean < -0.5, direct, 1 + mean)

    def _excess(self, delta: tuple[Floats, Floats] | None) -> FloatTerm:
        """NLL − H(x0)."""
        assert self.now is not None
        now, law = self.now.moment, self.approach.law
        if delta is None:
            j = int(np.flatnonzero(~now.possible & (law > 0))[0])
            words = f"the model reaches x_{now.t} = {self.states[j]!r}, of which R_{now.t} says nothing"
            return Unbounded("undefined", {"t": now.t, "x_t": self.states[j]}, words)
        p0, (d, v) = self.now.moment.p0, delta
        missed = (p0 > 0) & (v <= 0)
        if missed.any():
            return self._missed(self.sources[int(np.flatnonzero(missed)[0])])
        unseen = self._unseen()
        if not d.any():
            return Approximation(0.0, unseen**2) if unseen else NOTHING
        found = Approximation.of(float(p0 @ bregman(v, -d)))
        return Approximation(found.value, found.noise + unseen * (2 * found.value) ** 0.5 + unseen**2)

    def _unseen(self) -> float:
        """What δ may be off by where rounding alone is left of D."""
        assert self.now is not None
        now = self.now.moment
        if isinstance(now, Forgotten) or not now.unresolved:
            return 0.0
        share, there = 2 * UNRESOLVED, now.p > SMALLEST
        return share if now.Q_bar is not None else min(float(self.approach.law[there] @ (share / now.p[there])), 1e100)

    def _missed(self, i: int) -> Unbounded:
        """An x0 that the prior leads back to with probability zero, by patterns, or with less than a float can hold."""
        x0, law = self.states[i], self.approach.law
        if (reached_from(self.chain, i) & (law > 0)).any():
            return Unbounded("undefined", {"t": 0, "x0": x0}, less_than_held(x0))
        return Unbounded("inf", {"t": 0, "x0": x0}, f"the model cannot produce x0 = {x0!r}")

    def _jensen(self, gap: FloatTerm, excess: FloatTerm, delta: tuple[Floats, Floats] | None) -> FloatTerm:
        """L − NLL."""
        assert self.now is not None
        if isinstance(excess, Unbounded):
            both = Unbounded("undefined", excess.witness, f"L and NLL are both infinite: {excess.words}")
            return excess if excess.kind == "undefined" or not isinstance(gap, Unbounded) else both
        if isinstance(gap, Unbounded):
            return gap
        if gap is NOTHING:
            return NOTHING
        assert delta is not None
        now, p0 = self.now.moment, self.now.moment.p0
        if len(p0) * len(now.p) > SUMMED:
            return gap.minus(excess)
        e, law = self.approach.at(now), self.approach.law
        d, v = (x[:, None] for x in delta)
        over = v * ratio(e, law)
        rho, u = np.maximum(d + over, -1), _table(self.now)
        near = np.where(np.abs(rho) < 1, ROUGH * (np.abs(d) + np.abs(over)) + self.approach.rough * v, 0.0)
        found = Approximation.of(float((p0 / v[:, 0]) @ ((u * f(rho)) @ law)))
        blur = float((p0 / v[:, 0]) @ ((u * near * (2 * np.abs(rho) + near)) @ law))
        return Approximation(found.value, found.noise + blur)

    def _finding(self, totals: Totals[FloatTerm]) -> Finding:
        L = totals.negative_elbo
        if isinstance(L, Unbounded):
            return Finding("holds", "float", f"both sides are +∞: {L.words}", L.witness)
        assert isinstance(totals.prior, Approximation)
        off = abs(self.added + totals.prior.value - L.value)
        if off > AGREE * max(L.value, 1.0):
            detail = f"the terms add up to {off:.1e} nats off H(x0) + ΣΔ_t + KL(p_T‖π), in float64"
            return Finding("violated", "float", detail)
        words = {1: "<", 0: "=", -1: ">", None: "≈"}
        identity = f"L = H(x0) + ΣΔ_t + KL(p_T‖π) to within {max(off, 1e-16):.0e} nats, in float64"
        nll, jensen = totals.nll_excess, totals.gap
        if isinstance(nll, Unbounded) or isinstance(jensen, Unbounded):
            return Finding("holds", "float", f"{identity}; NLL is not finite")
        return Finding("holds", "float", f"{identity}; H(x0) {words[nll.sign()]} NLL {words[jensen.sign()]} L")


def less_than_held(x0: str) -> str:
    """Why NLL is not known in float64."""
    return f"the model gives x0 = {x0!r} less than float64 can hold"


def _table(now: FloatKnown) -> Floats:
    """u_ij = Q̄_T[i, j] / p_T[j], a row for each x0."""
    if isinstance(now, DenseInformation):
        return now.moment.u
    u, _, other, _ = now.cells
    table = np.tile(other, (len(u), 1))
    np.fill_diagonal(table, u)
    return table


def _plus(a: Approximation, b: FloatTerm) -> FloatTerm:
    return b if isinstance(b, Unbounded) else Approximation.total(a, b)
