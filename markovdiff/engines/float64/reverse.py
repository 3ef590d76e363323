"""Reverse models in float64: R_t, and how far it is from the Bayes reverse, R_t[j, i] = B[j, i](1 + ρ[j, i]).

What is computed is ρ itself, in a form in which its first order does not cancel. With d = Q̄/p − 1, u = 1 + d, and
p̃ = α·q(x0 | x_t) + c, c what a denoiser adds (ε/K, q(x0), or all of a table):

    posterior-mixture   ρ_ji = Σ_k c_jk (u_{t−1}[k, i]/u_t[k, j] − 1) / Σ_k p̃        over the k that reach j
                              = Σ_k w_jk (d_{t−1}[k, i] − d_t[k, j]),  w = c/(u_t Σ p̃); less p_0 where c is like p_0
    d3pm                1 + ρ_ji = (1 + a_ji)/(1 + b_j),  a_ji = Σ_k p̃(k|j) d_{t−1}[k, i],  b_j = Σ_k p̃(k|j) d_t[k, j]
                        where of the part q(x0 | x_t) = p_0 u only p_0 d is left, since Σ_k p_0[k] d[k, ·] = 0
    bayes, a belief     1 + ρ_ji = (1 + s_{t−1}[i])/(1 + s_t[j]),  s_t = r_t/p_t − 1, carried along as p_0's d is

(R = B·(1+ρ) sums to one over i since Σ_i B[j, i] d_{t−1}[k, i] = d_t[k, j].) Where Q̄_t is still far below p_t, R itself
is summed from non-negative terms, and ρ is R/B − 1. So it is for a model of any other kind, from its exact rows.
`noise` is what ρ may be off by; an estimate, as all in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from markovdiff.arithmetic.arrays import Flags, Floats, ratio
from markovdiff.arithmetic.wide import Wide
from markovdiff.engines.float64.conditional_laws import COARSE, FINE, ConditionalLaws
from markovdiff.engines.float64.forward import vector
from markovdiff.engines.float64.range import check_tables
from markovdiff.engines.float64.shaken import Shaker
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    Counted,
    DenoiserTable,
    KnownDenoiser,
    MarginalDenoiser,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    ReverseTable,
    Row,
    Uniform,
    exact_step,
)
from markovdiff.process.support import ReverseSupport, SupportFollower

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


@dataclass(frozen=True, eq=False)
class DenoiserSplit:
    """p̃ = α·q(x0 | x_t) + c: one row of c for all j, or one for each; None where c = 0. `rest` is 1 − α, rounded once.

    `as_data` says that c is a multiple of p_0, and then Σ_k c_k d[k, ·] = 0.
    """

    alpha: float
    rest: float
    c: Floats | None
    as_data: bool = False

    @classmethod
    def of(cls, denoiser: KnownDenoiser, now: ConditionalLaws, *, even: bool) -> DenoiserSplit:
        """What a denoiser says of x_t; `even` says that the data are uniform on their support, exactly."""
        match denoiser:
            case Posterior():
                if denoiser.error == 0:
                    return cls(1.0, 0.0, None)
                c = np.full((1, len(now.sight.rows)), float(denoiser.error / len(now.p)))
                return cls(
                    float(1 - denoiser.error), float(denoiser.error), c, even and bool((now.p0 == now.p0[0]).all())
                )
            case MarginalDenoiser():
                return cls(0.0, 1.0, now.p0[None, :], as_data=True)
            case DenoiserTable():
                return cls(0.0, 1.0, table(denoiser.tables[now.t - 1]))

    def whole(self, now: ConditionalLaws) -> Floats:
        """p̃, a row for each j."""
        added: Floats | float = 0.0 if self.c is None else self.c
        found: Floats = self.alpha * now.posterior + added
        return found


class FloatModel:
    """A reverse model, asked for t = 1, 2, … in turn."""

    def __init__(self, chain: Chain, model: ReverseModel, shake: Shaker) -> None:
        self.chain, self.model = chain, model
        self.shake = shake
        self.possible = SupportFollower(chain, model)
        self.belief: tuple[Floats, Floats] | None = None
        data = chain.at(0).data
        self.even = len({w for w in chain.data.weights if w}) == 1
        if isinstance(model, Bayes) and model.belief is not None and model.belief != data:
            self.belief = vector(model.belief), vector(model.belief + -data)

    def step(self, before: ConditionalLaws, now: ConditionalLaws) -> FloatReverse:
        """R_t."""
        found, shake = self._step(before, now), self.shake
        return replace(found, R=shake(found.R), rho=shake(found.rho))

    def _step(self, before: ConditionalLaws, now: ConditionalLaws) -> FloatReverse:
        assert now.Q is not None
        allowed = self.possible.at(before.sight, now.sight)
        B = before.back(now.Q)
        match self.model:
            case Bayes():
                return _bayes(allowed, B) if self.belief is None else self._believed(allowed, B, before, now)
            case PosteriorMixture(denoiser=(Posterior() | MarginalDenoiser() | DenoiserTable()) as denoiser):
                return _mixture(denoiser, allowed, B, before, now, even=self.even)
            case D3PM(denoiser=(Posterior() | MarginalDenoiser() | DenoiserTable()) as denoiser):
                guess = DenoiserSplit.of(denoiser, now, even=self.even)
                if self.model.is_prediction(now.t):
                    return _outright(denoiser, guess, allowed, B, now)
                return _d3pm(denoiser, guess, allowed, B, before, now)
            case ReverseTable() | Counted():
                return _compared(allowed, self.shake(table(self.model.tables[now.t - 1])), B, FINE)
            case Uniform():
                return _compared(allowed, np.full_like(B, 1 / len(B)), B, FINE)
            case _:
                rows = exact_step(self.chain, self.model, now.t).rows
                check_tables([rows], "reverse.model")
                return _compared(allowed, self.shake(table(rows)), B, FINE)

    def _believed(
        self, allowed: ReverseSupport, B: Floats, before: ConditionalLaws, now: ConditionalLaws
    ) -> FloatReverse:
        """The Bayes reverse of the law r_t, r_0 the belief."""
        assert self.belief is not None
        assert now.Q is not None
        was, e_was = self.belief
        if before.vanished:
            return _bayes(allowed, B)
        law, e = was @ now.Q, e_was @ now.Q
        law /= law.sum()
        e -= e.sum() * now.p
        e = np.zeros_like(e) if now.vanished else self.shake(e)
        self.belief = law, e
        R = (Wide.of(was[:, None]) * Wide.of(now.Q)).transposed().shares()
        s_was, s = ratio(e_was, before.p), ratio(e, now.p)
        size = max(float(np.abs(s_was).max()), float(np.abs(s).max()))
        if size > 0.5:
            return _compared(allowed, R, B, FINE)
        rho = (s_was - s[:, None]) / (1 + s[:, None])
        return FloatReverse(allowed, R, B, np.where(B > SEEN, rho, 0.0), FINE * size)


def _none(B: Floats) -> Floats:
    return np.zeros_like(B)


def _bayes(allowed: ReverseSupport, B: Floats) -> FloatReverse:
    """R = B, where the model says anything."""
    return FloatReverse(allowed, np.where(allowed.defined[:, None], B, 0.0), B, _none(B), 0.0, bayes=True)


def _compared(allowed: ReverseSupport, R: Floats, B: Floats, noise: float) -> FloatReverse:
    """R as it is."""
    rho = np.divide(R, B, out=np.ones_like(B), where=B > SEEN) - 1
    return FloatReverse(allowed, R, B, rho, noise)


def _mixture(
    denoiser: KnownDenoiser,
    allowed: ReverseSupport,
    B: Floats,
    before: ConditionalLaws,
    now: ConditionalLaws,
    *,
    even: bool,
) -> FloatReverse:
    guess = DenoiserSplit.of(denoiser, now, even=even)
    if guess.c is None or before.vanished or (guess.as_data and now.vanished):
        return _bayes(allowed, B)
    c = np.where(now.sight.reach.T, guess.c, 0.0)
    if isinstance(denoiser, Posterior):
        c = np.where(now.sight.possible[:, None], c, 0.0)
    C = c.sum(axis=1)
    Z = np.where(allowed.defined, guess.alpha + C, 1.0)[:, None]
    share = float((C / Z[:, 0]).max())
    if before.Q_bar is None and now.Q_bar is None:
        w = (-c * now.r.T if guess.as_data else c) / now.u.T
        rho = (w @ before.r - np.einsum("jk,kj->j", w, now.r)[:, None]) / Z
        rho = np.where(B > SEEN, rho, 0.0)
        noise = 2 * (before.blur + now.blur) * (share * float(np.abs(now.r).max()) if guess.as_data else share)
        return FloatReverse(allowed, B * (1 + rho), B, rho, noise)
    added = _through(c, before, now)
    R = np.where(allowed.defined[:, None], (guess.alpha * B + added) / Z, 0.0)
    rho = (np.divide(added, B, out=np.zeros_like(B), where=B > SEEN) - C[:, None]) / Z
    return FloatReverse(allowed, R, B, np.where(B > SEEN, rho, 0.0), COARSE * share)


def _through(c: Floats, before: ConditionalLaws, now: ConditionalLaws) -> Floats:
    """Σ_k c_jk q(x_{t−1} = i | x_t = j, x0 = k)."""
    assert now.Q is not None
    w = Wide.of(c) * _cumulative(now).reciprocal().transposed()
    mixed = w @ _cumulative(before)
    return (mixed * Wide.of(now.Q).transposed()).floats()


def _cumulative(at: ConditionalLaws) -> Wide:
    """Q̄_t."""
    return Wide.of(at.u) * at.law if at.Q_bar is None else at.Q_bar


def _d3pm(
    denoiser: KnownDenoiser,
    guess: DenoiserSplit,
    allowed: ReverseSupport,
    B: Floats,
    before: ConditionalLaws,
    now: ConditionalLaws,
) -> FloatReverse:
    if isinstance(denoiser, MarginalDenoiser) or before.vanished:
        return _bayes(allowed, B)
    if before.Q_bar is None and now.Q_bar is None:
        a, b, noise = _shifts(guess, before, now)
        rho = np.where(B > SEEN, (a - b[:, None]) / (1 + b[:, None]), 0.0)
        return FloatReverse(allowed, B * (1 + rho), B, rho, noise)
    assert now.Q is not None
    mixed = Wide.of(guess.whole(now)) @ _cumulative(before)
    R = (mixed * Wide.of(now.Q).transposed()).shares()
    return _compared(allowed, np.where(allowed.defined[:, None], R, 0.0), B, COARSE)


def _shifts(guess: DenoiserSplit, before: ConditionalLaws, now: ConditionalLaws) -> tuple[Floats, Floats, float]:
    """A, b, and what they may be off by."""
    a = guess.alpha * ((now.p0[:, None] * now.r).T @ before.r)
    b = guess.alpha * (now.p0 @ now.r**2)
    noise = 2 * guess.alpha * float(np.abs(now.r).max()) * (before.blur + now.blur)
    if guess.c is None or guess.as_data:
        return a, b, noise
    added = guess.c @ before.r
    paid = (guess.c @ now.r)[0] if len(guess.c) == 1 else np.einsum("jk,kj->j", guess.c, now.r)
    return a + added, b + paid, noise + 2 * float(guess.c.sum(axis=1).max()) * (before.blur + now.blur)


def _outright(
    denoiser: KnownDenoiser, guess: DenoiserSplit, allowed: ReverseSupport, B: Floats, now: ConditionalLaws
) -> FloatReverse:
    """R_1 = p̃: c/q(x0 | x_1) − (1 − α) is its ρ."""
    R, posterior = np.zeros_like(B), np.zeros_like(B)
    rows = list(now.sight.rows)
    R[:, rows] = np.where(allowed.defined[:, None], guess.whole(now), 0.0)
    if guess.c is None:
        return _bayes(allowed, B)
    posterior[:, rows] = now.posterior
    c = np.zeros_like(B)
    c[:, rows] = guess.c
    rho = np.divide(c, posterior, out=np.zeros_like(B), where=posterior > SEEN) - guess.rest
    noise = FINE * max(guess.rest, float(guess.c.max()))
    if isinstance(denoiser, MarginalDenoiser) and now.Q_bar is None:
        rho[:, rows], noise = (-now.r / now.u).T, now.blur
    return FloatReverse(allowed, R, posterior, np.where(posterior > SEEN, rho, 0.0), noise)


def table(rows: Sequence[Row | None]) -> Floats:
    """Rows as they were brought, each entry rounded once; zeros where there is none."""
    nothing = [0.0] * len(rows)
    return np.array([[int(n) / int(row[1]) for n in row[0]] if row else nothing for row in rows])


def is_certain(cells: Flags) -> bool:
    """Whether each row has one cell at most."""
    return bool((cells.sum(axis=1) <= 1).all())
