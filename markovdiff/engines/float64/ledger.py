"""The ledger of the ELBO in float64, for the Bayes reverse: every Δ_t is 0.

    L_0 = H(x0|x_1),   L_{t−1} = I_{t−1} − I_t,   L_T = I_T + KL(p_T‖π),   L = H(x0) + KL(p_T‖π)
    m_0 = p_0∘(1 + δ),  δ_i = Σ_j π_j r_ij at T                  the model's likelihood, without a walk
    NLL − H(x0) = KL(p_0‖m_0) = Σ p_0 (δ − log(1+δ))             = Σ p_0 B(1, 1+δ), no term negative
    L − NLL = Σ_i p_0[i]/(1+δ_i) Σ_j π_j u_ij f(ρ_ij),  1 + ρ_ij = (1+δ_i) p_T[j]/π_j

The identity is checked by adding up the terms as they were computed, each by its own formula, against the right-hand
side. Infinite and undefined terms come from the pattern of what is possible, which no underflow touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from markovdiff.arithmetic.arrays import (
    LEAST,
    NOTHING,
    ROUNDED,
    UNKNOWN,
    Approximation,
    Flags,
    Floats,
    bregman,
    f,
    ratio,
    slip,
)
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.engines.float64.deviation_from_law import DeviationFromLaw
from markovdiff.engines.float64.forward import RankOneState, reached_from
from markovdiff.engines.float64.information import DenseInformation, FloatPast, FloatStepInformation
from markovdiff.engines.float64.rounding import GRAIN, size
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.ledger import Entry, Totals, Unbounded, unbounded_gap
from markovdiff.process.chain import Chain

FloatTerm: TypeAlias = "Approximation | Unbounded"

SUMMED = 2**22
"""L − NLL is summed over pairs (x0, x_T) up to this many; beyond, it is a difference."""

AGREE = 1e-9
"""The two sides of the ledger agree where they differ by no more than this share."""


UNTOLD = "≤ (undecided)"


@dataclass(frozen=True, eq=False)
class Missed:
    """δ, 1 + δ to its own relative accuracy, and what δ may be off by; one for each possible x0."""

    d: Floats
    v: Floats
    blur: Floats


class FloatLedger:
    """Kept step by step; `prior` is None where it is p_T itself."""

    def __init__(self, chain: Chain, prior: RationalMatrix | None, approach: DeviationFromLaw) -> None:
        self.chain = chain
        self.states = chain.states
        self.marginal = prior is None
        self.sources = chain.data.support if chain.kernel.rank_one_target is None else range(chain.K)
        self.approach = approach
        self.first: FloatPast | None = None
        self.conditional_entropy = NOTHING
        self.now: FloatStepInformation | None = None
        self.added = NOTHING
        self.lost = NOTHING

    def observe(self, now: FloatStepInformation) -> Entry[FloatTerm] | None:
        """Enter step t in the ledger."""
        self.now = now
        if now.before is None:
            return None
        term = now.conditional_entropy if now.t == 1 else now.loss
        if now.t == 1:
            self.first, self.conditional_entropy = now.forget(), term
        else:
            self.lost = Approximation.total(self.lost, term)
        self.added = Approximation.total(self.added, term)
        return Entry(term, NOTHING)

    def conclude(self) -> tuple[Totals[FloatTerm], Finding]:
        """Return the lines of the ledger, and the verdict on it."""
        assert self.now is not None
        H, last = self.now.data_entropy, self.now.mutual_information
        assert self.first is not None
        gap = NOTHING if self.marginal else prior_gap(self.now, self.approach, self.chain, self._source)
        delta = self._delta()
        excess = self._excess(delta)
        L = _plus(H, gap)
        totals: Totals[FloatTerm] = Totals(
            reconstruction=self.conditional_entropy,
            denoising=denoising(self.first, self.now, self.lost),
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

    def _source(self, j: int) -> int:
        """Return the first x0 from which x_T = j can be reached."""
        assert self.now is not None
        if isinstance(self.now, DenseInformation):
            return self.sources[int((self.now.moment.u[:, j] > 0).argmax())]
        now = self.now.moment
        is_drawn = now.alpha_bar < 1 and now.pi[j] > 0
        return int((now.p0 > 0).argmax()) if is_drawn else j

    def _delta(self) -> Missed | None:
        """δ, or None where the model reaches what has no posterior."""
        assert self.now is not None
        now, law = self.now.moment, self.approach.law
        if self.marginal:
            return Missed(np.zeros(1), np.ones(1), np.zeros(1))
        if (law[~now.possible] > 0).any():
            return None
        e, error = self.approach.at(now), self.approach.error
        if isinstance(self.now, DenseInformation):
            exact = self.now.moment
            lost = ratio(size(exact.error), exact.p)
            root, direct = np.sqrt(exact.p0), exact.u @ law
            ways = [
                _spoken(exact.r @ x, np.abs(exact.r) @ off + (np.abs(x) @ lost) / root)
                for x, off in _weights(law, e, error)
            ]
            is_direct = exact.Q_bar is not None
        else:
            u, r, u_other, r_other = self.now.cells
            direct = u * law + (law @ u_other - law * u_other)
            ways = [
                _spoken(x @ r_other + x * (r - r_other), off @ np.abs(r_other) + off * np.abs(r) + LEAST)
                for x, off in _weights(law, e, error)
            ]
            is_direct = True
        if is_direct:
            ways.append(Missed(direct - 1, direct, GRAIN * direct))
        return _best(ways, now.p0 > 0)

    def _is_dim(self) -> bool:
        """Whether the prior leads the model to an x_T of which float64 does not know how it came about."""
        assert self.now is not None
        now = self.now.moment
        return not self.marginal and bool(((now.p < LEAST) & now.possible & (self.approach.law > 0)).any())

    def _excess(self, delta: Missed | None) -> FloatTerm:
        """NLL − H(x0)."""
        assert self.now is not None
        now, law = self.now.moment, self.approach.law
        if delta is None:
            j = int(np.flatnonzero(~now.possible & (law > 0))[0])
            words = f"the model reaches x_{now.t} = {self.states[j]!r}, of which R_{now.t} says nothing"
            return Unbounded("undefined", {"t": now.t, "x_t": self.states[j]}, words)
        if self.marginal:
            return NOTHING
        p0, d, v = now.p0, delta.d, delta.v
        missed = (p0 > 0) & (v <= 0)
        if missed.any():
            return self._missed([self.sources[i] for i in np.flatnonzero(missed)])
        if self._is_dim():
            return UNKNOWN
        if self._is_untold():
            return NOTHING
        with np.errstate(over="ignore"):
            blur = float(p0 @ (np.abs(d / v) * delta.blur + (delta.blur / v) ** 2))
        return Approximation.of(float(p0 @ bregman(v, -d))).give_or_take(blur + now.dim)

    def _is_untold(self) -> bool:
        """Whether x_T, where the prior may put it, is known to say nothing about x0, or the prior to be p_T."""
        assert self.now is not None
        now, law = self.now.moment, self.approach.law
        if self.now.mutual_information.known_zero or not (self.approach.at(now).any() or self.approach.error.any()):
            return True
        return isinstance(now, RankOneState) and not ((law > 0) & (now.p0 > 0)).any()

    def _missed(self, x0s: list[int]) -> FloatTerm:
        """+∞ by the first x0 that the prior cannot lead back to, by patterns; else less than a float can hold."""
        law = self.approach.law
        lost = next((i for i in x0s if not (reached_from(self.chain, i) & (law > 0)).any()), None)
        if lost is None:
            return UNKNOWN
        x0 = self.states[lost]
        return Unbounded("inf", {"t": 0, "x0": x0}, f"the model cannot produce x0 = {x0!r}")

    def _jensen(self, gap: FloatTerm, excess: FloatTerm, delta: Missed | None) -> FloatTerm:
        """L − NLL."""
        assert self.now is not None
        if (undefined := unbounded_gap(gap, excess)) is not None:
            return undefined
        assert isinstance(gap, Approximation)
        assert isinstance(excess, Approximation)
        if gap.known_zero or excess.is_unknown:
            return NOTHING if gap.known_zero else UNKNOWN
        assert delta is not None
        now, p0 = self.now.moment, self.now.moment.p0
        if len(p0) * len(now.p) > SUMMED:
            return gap.minus(excess)
        e, law = self.approach.at(now), self.approach.law
        d, v = delta.d[:, None], delta.v[:, None]
        over = v * ratio(e, law)
        rho, u = np.maximum(d + over, -1), _table(self.now)
        near = ROUNDED * (np.abs(d) + np.abs(over)) + v * ratio(self.approach.error, law) + delta.blur[:, None]
        weights, terms = p0 / delta.v, f(rho)
        with np.errstate(over="ignore", invalid="ignore"):
            blur = float(weights @ ((u * law * slip(rho, near)).sum(axis=1)))
        if isinstance(self.now, DenseInformation):
            off = ratio(size(self.now.moment.error), now.p) * law
            blur += float((weights / np.sqrt(p0)) @ (terms @ off))
        return Approximation.of(float(weights @ ((u * terms) @ law))).give_or_take(blur + now.dim)

    def _finding(self, totals: Totals[FloatTerm]) -> Finding:
        L = totals.negative_elbo
        if isinstance(L, Unbounded):
            return Finding("holds", "float", f"both sides are +∞: {L.words}", L.witness)
        assert isinstance(totals.prior, Approximation)
        off = abs(self.added.value + totals.prior.value - L.value)
        if off > AGREE * max(L.value, 1.0) + self.added.noise + totals.prior.noise + L.noise:
            detail = f"the terms add up to {off:.1e} nats off H(x0) + ΣΔ_t + KL(p_T‖π), in float64"
            return Finding("violated", "float", detail)
        identity = f"L = H(x0) + ΣΔ_t + KL(p_T‖π) to within {max(off, 1e-16):.0e} nats, in float64"
        nll, jensen = totals.nll_excess, totals.gap
        if isinstance(nll, Unbounded) or isinstance(jensen, Unbounded):
            return Finding("holds", "float", f"{identity}; NLL is not finite")
        return Finding("holds", "float", f"{identity}; H(x0) {order(nll)} NLL {order(jensen)} L")


def prior_gap(
    now: FloatStepInformation, approach: DeviationFromLaw, chain: Chain, source: Callable[[int], int]
) -> FloatTerm:
    """Return KL(p_T‖π); `source` says the first x0 from which an x_T can be reached."""
    found = approach.divergence(now.moment)
    if found is not None:
        return found
    j, states = int(np.flatnonzero(now.moment.possible & (approach.law == 0))[0]), chain.states
    words = f"the prior gives no mass to {states[j]!r}, but x_{now.t} can be there"
    return Unbounded("inf", {"t": now.t, "x0": states[source(j)], "x_t": states[j]}, words)


def denoising(first: FloatPast, now: FloatStepInformation, lost: Approximation) -> Approximation:
    """Return I_1 − I_T, or the losses added up, none of which is negative; whichever has more digits."""
    plain = first.mutual_information.minus(now.mutual_information)
    return plain if plain.noise < lost.noise else lost


def _weights(law: Floats, e: Floats, error: Floats) -> Iterator[tuple[Floats, Floats]]:
    """π, and p_T − π turned about: Σ_j π_j r_ij = −Σ_j (p_T − π)_j r_ij. Each with what its entries may be off by."""
    yield law, ROUNDED * law
    yield -e, error + ROUNDED * np.abs(e)


def _spoken(mean: Floats, blur: Floats) -> Missed:
    return Missed(mean, 1 + mean, blur)


def _best(ways: list[Missed], counts: Flags) -> Missed:
    """Of each entry what is off by least; nothing where x0 is impossible."""
    best = np.array([way.blur for way in ways]).argmin(axis=0)
    parts = ([way.d for way in ways], [way.v for way in ways], [way.blur for way in ways])
    d, v, blur = (np.choose(best, part) for part in parts)
    return Missed(np.where(counts, d, 0.0), np.where(counts, v, 1.0), np.where(counts, blur, 0.0))


def order(difference: Approximation) -> str:
    """Return how two numbers compare that a theorem says are in order, by their difference."""
    words = {1: "<", 0: "=", -1: ">" if difference.is_surely_negative else UNTOLD, None: UNTOLD}
    return words[difference.sign()]


def _table(now: FloatStepInformation) -> Floats:
    """u_ij = Q̄_T[i, j] / p_T[j], a row for each x0."""
    if isinstance(now, DenseInformation):
        return now.moment.u
    u, _, other, _ = now.cells
    table = np.tile(other, (len(u), 1))
    np.fill_diagonal(table, u)
    return table


def _plus(a: Approximation, b: FloatTerm) -> FloatTerm:
    return b if isinstance(b, Unbounded) else Approximation.total(a, b)
