"""The ledger of the ELBO in float64, for a reverse model of any kind.

    Δ_t = Σ_j p_t[j] (Σ_i B[j, i] g(ρ_ji) + R_t[j]'s mass where B has none),   g(ρ) = ρ − log(1+ρ) ≥ 0,   R = B(1+ρ)

No term is negative, and ρ comes in a form that does not cancel (`process.reverse.numbers`). Of the likelihood
G_t = R_t G_{t−1}, G_0 = I, what is carried is its deviation from the true posterior, over p_0:

    G_t[j, k]/p_0[k] − 1 = r_t[k, j] + h_t[j, k],    h_t = R_t h_{t−1} + (R_t − B_t) r_{t−1}ᵀ
    δ = m_0/p_0 − 1 = π G_T/p_0 − 1 = (π − p_T) r_Tᵀ + π h_T,    NLL − H(x0) = Σ p_0 g(δ) + m_0's mass outside the data

and G_t/p_0 itself beside it: where it is far from 1, or where r_t and h_t are large and cancel, it has more digits. All
of this is done twice, once shaken (`shaken`): what the two differ by is allowed for rounding. The identity is
checked step by step by a second formula: the term of step t as E log(Q_t/R_t) − H(x_{t−1}|x0) + H(x_t|x0), plain
logarithms, against (I_{t−1} − I_t) + Δ_t.
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from markovdiff.arithmetic.arrays import (
    LEAST,
    NOTHING,
    SERIES_UNTIL,
    UNKNOWN,
    Approximation,
    Flags,
    Floats,
)
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.engines.float64.conditional_laws import FINE, ConditionalLaws, ConditionalLawsRecursion
from markovdiff.engines.float64.deviation_from_law import DeviationFromLaw
from markovdiff.engines.float64.forward import FloatState, is_consistent
from markovdiff.engines.float64.information import LOGARITHM, FloatPast, FloatStepInformation
from markovdiff.engines.float64.ledger import AGREE, FloatTerm, denoising, order, prior_gap
from markovdiff.engines.float64.reverse import FloatModel, FloatReverse, FloatReverseStep, is_certain
from markovdiff.engines.float64.shaken import Shaker, shaken
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.denoiser_loss import is_sure, unbounded_cost
from markovdiff.measures.ledger import Entry, Totals, Unbounded, in_order, remarks, unbounded_gap, unbounded_of
from markovdiff.measures.likelihood_support import LikelihoodSupport, unbounded_error
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.reverse.denoisers import Denoiser

NEGLIGIBLE = 1e-280
"""An event that the noise gives less than this adds nothing that float64 could show, whatever R makes of it."""

SHARE = 2.0**-36
"""The relative allowance for rounding: ρ may be a difference of deviations that a short step has hardly changed."""

_SERIES = [(-1) ** n / n for n in range(2, 11)]


def g(rho: Floats, v: Floats) -> Floats:
    """Return ρ − log(1+ρ), entry by entry, v = 1 + ρ > 0 given to its own relative accuracy."""
    small = np.abs(rho) < SERIES_UNTIL
    x = np.where(small, rho, 0.0)
    s = np.full_like(x, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        s = s * x + coefficient
    found = s * x * x
    if not small.all():
        found = np.where(small, found, rho - np.log(np.where(small, 1.0, v)))
    return found


class LedgerRun:
    """The model beside the process: R_t and the likelihood, of the process as it is or shaken."""

    def __init__(self, chain: Chain, model: ReverseModel, shake: Shaker) -> None:
        self.shake = shake
        self.walk = ConditionalLawsRecursion(chain, model.speaks_of(chain))
        self.model = FloatModel(chain, model, shake)
        self.likelihood = FloatLikelihood(chain, shake)
        self.moment: FloatState | None = None
        self.before: ConditionalLaws | None = None
        self.now: ConditionalLaws | None = None

    def observe(self, now: FloatState, like: LedgerRun | None = None) -> FloatReverse | None:
        """Return R_t, None at t = 0."""
        self.moment = shaken(now, self.moment, self.shake)
        self.before, self.now = self.now, self.walk.at(self.moment, None if like is None else like.now)
        if self.before is None:
            return None
        reverse = self.model.step(self.before, self.now)
        self.likelihood.observe(reverse, self.before, self.now)
        return reverse

    def error(self, reverse: FloatReverse, states: tuple[str, ...]) -> FloatTerm:
        """Return Δ_t."""
        assert self.before is not None
        assert self.now is not None
        return model_error(reverse, self.before, self.now, states)

    def cost(self, denoiser: Denoiser, states: tuple[str, ...]) -> FloatTerm:
        """Return C_t of the step that was made last."""
        assert self.model.seen is not None
        return denoiser_cost(self.model.seen, denoiser, states)


class FloatModelLedger:
    """Kept step by step; `prior` is None where it is p_T itself."""

    def __init__(
        self, chain: Chain, prior: RationalMatrix | None, approach: DeviationFromLaw, model: ReverseModel
    ) -> None:
        self.chain, self.states, self.approach, self.marginal = chain, chain.states, approach, prior is None
        self.first: FloatPast | None = None
        self.conditional_entropy = self.lost = NOTHING
        self.now: FloatStepInformation | None = None
        self.support = chain.data.support
        self.tight = is_consistent(chain, model, prior)
        self.model = model
        self.still = LedgerRun(chain, model, Shaker(still=True))
        self.shaken = LedgerRun(chain, model, Shaker())
        self.reached = LikelihoodSupport(chain.states)
        self.noise_entropy = NOTHING
        self.first_error: FloatTerm = NOTHING
        self.later: FloatTerm = NOTHING
        self.costs: FloatTerm | None = None
        self.restricted: list[int] = []
        self.off = 0.0
        self.is_dimmed = False

    def observe(self, now: FloatStepInformation) -> Entry[FloatTerm] | None:
        """Enter step t in the ledger."""
        self.now = now
        self.is_dimmed |= now.moment.dim > 0
        reverse, other = self.still.observe(now.moment), self.shaken.observe(now.moment, self.still)
        if reverse is None or other is None:
            self.noise_entropy = now.noise_entropy
            return None
        self.reached.observe(reverse.allowed)
        self.restricted += [now.t] if reverse.allowed.restricted else []
        error = with_what_shaking_moved(self.still.error(reverse, self.states), self.shaken.error(other, self.states))
        if isinstance(error, Approximation) and not error.known_zero:
            error = error.give_or_take(now.moment.dim)
        paid = now.conditional_entropy if now.t == 1 else now.loss
        term = plus(paid, error)
        if not isinstance(term, Unbounded):
            self._compare(now, reverse, term)
        if now.t == 1:
            self.first, self.conditional_entropy, self.first_error = now.forget(), paid, error
        else:
            self.later = plus(self.later, error)
            self.lost = Approximation.total(self.lost, paid)
        self.noise_entropy = now.noise_entropy
        cost = self._cost(now)
        if cost is not None:
            self.costs = cost if self.costs is None else plus(self.costs, cost)
        return Entry(term, error, cost)

    def _cost(self, now: FloatStepInformation) -> FloatTerm | None:
        """C_t, None where there is no denoiser."""
        denoiser = self.model.prediction
        if denoiser is None:
            return None
        if denoiser.is_posterior:
            return now.conditional_entropy
        if denoiser.is_data:
            return now.data_entropy
        found, other = (run.cost(denoiser, self.states) for run in (self.still, self.shaken))
        moved = with_what_shaking_moved(found, other)
        if isinstance(moved, Approximation) and not moved.known_zero:
            return moved.give_or_take(now.moment.dim)
        return moved

    def _compare(self, now: FloatStepInformation, reverse: FloatReverse, term: Approximation) -> None:
        """Return the term of step t by plain logarithms: how far off it is, beside what rounding may do, as a share."""
        assert self.still.before is not None
        assert self.still.now is not None
        if not isfinite(term.noise):
            return
        plain = (
            _plainly(reverse, self.still.before, self.still.now) - self.noise_entropy.value + now.noise_entropy.value
        )
        off = abs(plain - term.value) - term.noise - self.noise_entropy.noise - now.noise_entropy.noise
        self.off = max(self.off, off / max(1.0, abs(term.value), now.noise_entropy.value))

    def conclude(self) -> tuple[Totals[FloatTerm], Finding]:
        """Return the lines of the ledger, and the verdict on it."""
        assert self.now is not None
        H, last = self.now.data_entropy, self.now.mutual_information
        assert self.first is not None
        gap = NOTHING if self.marginal else prior_gap(self.now, self.approach, self.chain, self._source)
        error, excess = plus(self.first_error, self.later), self._beyond_data()
        L = plus(H, plus(error, gap))
        totals: Totals[FloatTerm] = Totals(
            reconstruction=plus(self.conditional_entropy, self.first_error),
            denoising=plus(denoising(self.first, self.now, self.lost), self.later),
            prior=plus(last, gap),
            negative_elbo=L,
            nll=plus(H, excess),
            data_entropy=H,
            gap=_jensen_gap(plus(error, gap), excess, tight=self.tight),
            model_error=error,
            prior_gap=gap,
            nll_excess=excess,
            cross_entropy=self.costs,
        )
        return totals, self._verdict(totals)

    def _beyond_data(self) -> FloatTerm:
        """NLL − H(x0)."""
        assert self.now is not None
        law = self.approach.law
        prior = self.now.moment.possible if self.marginal else law > 0
        lost = self.reached.unbounded(prior, self.support)
        if lost is not None:
            return lost
        if self.model.ends_in_data:
            return NOTHING
        if self.is_dimmed and self.model.depends_on_process:
            return UNKNOWN
        off = np.zeros_like(law) if self.marginal else -self.approach.at(self.now.moment)
        error = np.zeros_like(law) if self.marginal else self.approach.error
        found, other = (
            run.likelihood.excess(run.shake(law), run.shake(off), run.now, error)
            for run in (self.still, self.shaken)
            if run.now is not None
        )
        return with_what_shaking_moved(found, other)

    def _source(self, j: int) -> int:
        """Return the first x0 that reaches j."""
        assert self.still.now is not None
        seen = self.still.now.pattern
        return seen.rows[int(np.flatnonzero(seen.reach[:, j] & seen.known)[0])]

    def _verdict(self, totals: Totals[FloatTerm]) -> Finding:
        L = totals.negative_elbo
        if self.off > AGREE:
            words = f"a step's terms differ by {self.off:.1e} of their size from (I_(t−1) − I_t) + Δ_t, in float64"
            return Finding("violated", "float", words)
        agree = f"the terms of each step agree to within {max(self.off, 1e-16):.0e}, in float64"
        told = [agree, in_order(totals, order), *remarks(self.restricted, self.chain.T, L)]
        witness = L.witness if isinstance(L, Unbounded) else None
        return Finding("holds", "float", "; ".join(told), witness)


class FloatLikelihood:
    """h_t and G_t/p_0; the columns belong to the states that the data give something.

    A state that they give less than NEGLIGIBLE is as one outside the data: KL(p_0‖m_0) has m_0's own mass for it.
    """

    def __init__(self, chain: Chain, shake: Shaker) -> None:
        p0 = np.array([chain.data.weights[i] / chain.data.total for i in chain.data.support])
        self.shake = shake
        self.counts = p0 > NEGLIGIBLE
        self.uncounted = LOGARITHM * float(p0[~self.counts].sum())
        support = np.array(chain.data.support)[self.counts]
        self.p0 = p0[self.counts]
        self.outside = np.ones(chain.K)
        self.outside[support] = 0
        self.h = np.zeros((chain.K, len(support)))
        self.h[self.outside > 0] = -1.0
        self.G: Floats = np.eye(chain.K)[:, support] / self.p0
        self.blur = np.zeros(len(support))

    def _deviation(self, at: ConditionalLaws) -> Floats:
        """Return the r of those states, 0 where x_t is followed no more."""
        found: Floats = np.where(_followed(at), at.r[at.pattern.known][self.counts], 0.0)
        return found

    def observe(self, reverse: FloatReverse, before: ConditionalLaws, now: ConditionalLaws) -> None:
        """Take R_t."""
        R = reverse.R
        excess = np.where(_followed(now)[:, None], reverse.excess, R)
        r = self._deviation(before)
        self.blur = np.maximum(self.blur, before.p @ np.abs(self.h) + np.abs(r) @ before.p)
        if not reverse.bayes or self.h.any() or excess.any():
            self.h = self.shake(R @ self.h + excess @ r.T)
        self.outside = self.shake(R @ self.outside)
        self.G = self.shake(R @ self.G)

    def excess(self, law: Floats, off: Floats, last: ConditionalLaws, error: Floats) -> FloatTerm:
        """Return NLL − H(x0) for the prior π, `off` = π − p_T, each entry moved by rounding by `error` at most."""
        r = self._deviation(last)
        carried, direct = r @ off + law @ self.h, law @ self.G
        if not error.any() and not off.any() and not self.h.any() and not self.outside.any():
            return NOTHING
        if (direct <= 0).any():
            return UNKNOWN
        blur = FINE * np.maximum(self.blur, law @ np.abs(self.h) + np.abs(r) @ np.abs(off)) + np.abs(r) @ error
        plainly = (carried < -0.5) | (blur > FINE * (1 + direct))
        delta = np.where(plainly, direct - 1, carried)
        v, blur = np.where(plainly, direct, 1 + carried), np.where(plainly, 4 * FINE * direct, blur)
        value = float(self.p0 @ g(delta, v)) + float(law @ self.outside)
        noise = float(self.p0 @ (np.abs(delta / v) * blur + (blur / v) ** 2))
        return _near(value, noise + self.uncounted)


def _followed(at: ConditionalLaws) -> Flags:
    """Where r is D/p, and not 0 for want of p."""
    found: Flags = at.p > NEGLIGIBLE
    return found


def model_error(
    reverse: FloatReverse, before: ConditionalLaws, now: ConditionalLaws, states: tuple[str, ...]
) -> FloatTerm:
    """Return Δ_t."""
    lost = unbounded_error(reverse.allowed, before.pattern, now.pattern, states)
    if lost is not None:
        return lost
    possible = now.pattern.possible
    if reverse.bayes or is_certain(reverse.allowed.cells[possible]):
        return NOTHING
    seen = reverse.B > 0
    pair = now.p[:, None] * reverse.B
    gone = (reverse.R <= 0) & (pair > NEGLIGIBLE)
    if gone.any():
        return UNKNOWN
    v = np.where(
        reverse.rho < -0.5, np.divide(reverse.R, reverse.B, out=np.ones_like(pair), where=seen), 1 + reverse.rho
    )
    terms = g(reverse.rho, np.where(v > 0, v, 1.0))
    value = float((pair * terms).sum()) + float(now.p[possible] @ reverse.beyond[possible].sum(axis=1))
    unseen = float(now.p[possible] @ reverse.unseen[possible].sum(axis=1))
    return _near(value, reverse.noise * (2 * value) ** 0.5 + reverse.noise**2 + unseen)


def denoiser_cost(step: FloatReverseStep, denoiser: Denoiser, states: tuple[str, ...]) -> FloatTerm:
    """Return C_t = E[−log p̃(x0|x_t)]; p̃ near 1 may be off by FINE, and so may its logarithm."""
    now, pattern = step.now, step.now.pattern
    support = denoiser.support(step.chain, pattern)
    lost = unbounded_cost(support, pattern, states)
    if lost is not None or is_sure(support, pattern):
        return lost or NOTHING
    joint, guess = now.p[:, None] * now.posterior, denoiser.split(step).whole(step)
    paid = (pattern.reach & pattern.known[:, None]).T & (joint > NEGLIGIBLE)
    if (guess[paid] <= 0).any():
        return UNKNOWN
    value = -float(joint[paid] @ np.log(guess[paid]))
    return _near(value, 4 * FINE * float(joint[paid].sum()) + NEGLIGIBLE * LOGARITHM * joint.size)


def _near(value: float, noise: float) -> Approximation:
    if value < LEAST:
        return Approximation(0.0, 2 * LEAST + noise)
    return Approximation(value, SHARE * value + noise)


def with_what_shaking_moved(found: FloatTerm, other: FloatTerm) -> FloatTerm:
    """Return a term, with what it differs by from the same of the shaken process allowed for rounding."""
    if isinstance(found, Unbounded) or found.known_zero or found.is_unknown:
        return found
    return UNKNOWN if isinstance(other, Unbounded) else found.give_or_take(other.noise + abs(found.value - other.value))


def _plainly(reverse: FloatReverse, before: ConditionalLaws, now: ConditionalLaws) -> float:
    """E log(Q_t/R_t)."""
    assert now.Q is not None
    pair = (before.p[:, None] * now.Q).T
    counts = pair > NEGLIGIBLE
    ratios = np.divide(now.Q.T, reverse.R, out=np.ones_like(pair), where=counts)
    return float((pair * np.log(ratios)).sum())


def plus(a: FloatTerm, b: FloatTerm) -> FloatTerm:
    """Return the sum of terms that are not negative: undefined if one is, else infinite if one is."""
    if (lost := unbounded_of((a, b))) is not None:
        return lost
    assert isinstance(a, Approximation)
    assert isinstance(b, Approximation)
    return Approximation.total(a, b)


def _jensen_gap(over: FloatTerm, excess: FloatTerm, *, tight: bool) -> FloatTerm:
    """L − NLL, from what each has over H(x0)."""
    if (lost := unbounded_gap(over, excess)) is not None:
        return lost
    assert isinstance(over, Approximation)
    assert isinstance(excess, Approximation)
    return over.minus(excess, zero=tight or (over.known_zero and excess.known_zero))
