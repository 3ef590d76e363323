"""Reverse models in balls: R_t enclosed, and how far it is from the Bayes reverse, R_t[j, i] = B[j, i](1 + ρ[j, i]).

The formulas are those of `reverse_floats`. A ball's radius does not cancel, so only the one rearrangement that changes
the order of ρ matters here: what is Σ_k p_0[k] d[k, ·] = 0 is left out, and of the part q(x0 | x_t) = p_0(1 + d) of
p̃ that leaves products of two deviations. The rest is summed from what is positive. Zeros are read off the patterns.
A model of any other kind is enclosed from its exact rows and compared with B.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import arb, arb_mat, ctx

from markovdiff.arithmetic.arrays import Flags
from markovdiff.arithmetic.enclosure import ALONE, ball, stochastic_ball
from markovdiff.engines.ball.forward import Enclosures
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
    Uniform,
    exact_step,
)
from markovdiff.process.support import ReverseSupport, SupportPattern, guessed

Table = list[list[arb]]

ZERO = arb(0)


@dataclass(frozen=True, eq=False)
class Step:
    """From x_{t−1} to x_t in balls of `bits` bits, and the patterns of both."""

    before: Enclosures
    now: Enclosures
    Q: arb_mat
    seen: SupportPattern
    sight: SupportPattern
    allowed: ReverseSupport

    @property
    def bits(self) -> int:
        """The precision."""
        return self.now.bits

    @cached_property
    def cells(self) -> Flags:
        """Where B > 0."""
        assert self.sight.step is not None
        found: Flags = self.sight.step.T & self.seen.possible
        return found

    @cached_property
    def back(self) -> Table:
        """Q_t, transposed."""
        rows: Table = self.Q.transpose().tolist()
        return rows

    @cached_property
    def pair(self) -> Table:
        """q(x_{t−1} = i, x_t = j), a row for each j."""
        with ALONE, ctx.workprec(self.bits):
            return [
                [p * q if there else ZERO for p, q, there in zip(self.before.p, row, cells, strict=True)]
                for row, cells in zip(self.back, self.cells.tolist(), strict=True)
            ]

    @cached_property
    def B(self) -> Table:
        """q(x_{t−1} = i | x_t = j)."""
        with ALONE, ctx.workprec(self.bits):
            return [
                [x / p for x in row] if there else row
                for row, p, there in zip(self.pair, self.now.p, self.sight.possible, strict=True)
            ]

    @cached_property
    def W_before(self) -> arb_mat:
        """Q̄_{t−1}, a row for each x0."""
        return arb_mat(self.before.rows)

    @cached_property
    def W_now(self) -> arb_mat:
        """Q̄_t, a row for each x0."""
        return arb_mat(self.now.rows)

    @cached_property
    def d_before(self) -> arb_mat:
        """Q̄_{t−1}/p_{t−1} − 1, and 0 in impossible columns."""
        return deviation(self.before, self.seen.possible)

    @cached_property
    def d_now(self) -> arb_mat:
        """Q̄_t/p_t − 1, and 0 in impossible columns."""
        return deviation(self.now, self.sight.possible)


@dataclass(frozen=True, eq=False)
class BallReverse:
    """R_t and ρ, rows of j; ρ means something where B > 0, R where R > 0. `bayes` says that ρ = 0 is known."""

    R: Table
    rho: Table
    bayes: bool = False


def deviation(state: Enclosures, possible: Flags) -> arb_mat:
    """Q̄_t/p_t − 1, and 0 in impossible columns."""
    with ALONE, ctx.workprec(state.bits):
        inverse = [1 / p if there else ZERO for p, there in zip(state.p, possible.tolist(), strict=True)]
        there = possible.tolist()
        rows = state.rows
        return arb_mat(
            [[x * y - 1 if a else ZERO for x, y, a in zip(row, inverse, there, strict=True)] for row in rows]
        )


def is_bayes(model: ReverseModel, t: int) -> bool:
    """Whether R_t is the Bayes reverse by the model's definition, wherever it is defined."""
    if model.is_bayes:
        return True
    if not isinstance(model, PosteriorMixture | D3PM):
        return False
    if isinstance(model.denoiser, Posterior) and model.denoiser.error == 0:
        return isinstance(model, PosteriorMixture) or model.is_prediction(t)
    return isinstance(model, D3PM) and isinstance(model.denoiser, MarginalDenoiser) and not model.is_prediction(t)


def reverse_ball(chain: Chain, model: ReverseModel, step: Step) -> BallReverse:
    """R_t."""
    t = step.now.t
    if is_bayes(model, t):
        return BallReverse(step.B, [[ZERO] * chain.K] * chain.K, bayes=True)
    with ALONE, ctx.workprec(step.bits):
        match model:
            case Bayes():
                return _believed(model, step)
            case PosteriorMixture(denoiser=(Posterior() | MarginalDenoiser() | DenoiserTable()) as denoiser):
                return _mixture(DenoiserSplit(chain, denoiser, step), step)
            case D3PM(denoiser=(Posterior() | MarginalDenoiser() | DenoiserTable()) as denoiser):
                guess = DenoiserSplit(chain, denoiser, step)
                return _outright(guess, step) if model.is_prediction(t) else _d3pm(guess, step)
            case ReverseTable() | Counted():
                return _compared(stochastic_ball(model.tables[t - 1], step.bits).tolist(), step)
            case Uniform():
                return _compared([[arb(1) / chain.K] * chain.K] * chain.K, step)
            case _:
                return _compared(stochastic_ball(exact_step(chain, model, t).rows, step.bits).tolist(), step)


class DenoiserSplit:
    """p̃ = α·q(x0 | x_t) + c, rows of j; `as_data` says that c is a multiple of p_0, and then Σ_k c_k d[k, ·] = 0."""

    def __init__(self, chain: Chain, denoiser: KnownDenoiser, step: Step) -> None:
        flat = isinstance(denoiser, Posterior) and len(set(chain.data.weights)) == 1
        self.alpha, self.as_data = Fraction(0), flat or isinstance(denoiser, MarginalDenoiser)
        self.step = step
        p0, K = step.now.p0, len(step.now.p)
        self.allowed, _ = guessed(denoiser, step.sight)
        match denoiser:
            case Posterior(error):
                self.alpha = 1 - error
                self.c = [[ball(error / K, step.bits)] * len(p0)] * K
            case MarginalDenoiser():
                self.c = [p0] * K
            case DenoiserTable(tables):
                self.c = stochastic_ball(tables[step.now.t - 1], step.bits).tolist()

    @cached_property
    def a(self) -> arb:
        """α."""
        return ball(self.alpha, self.step.bits)

    @cached_property
    def posterior(self) -> Table:
        """q(x0 = k | x_t = j)."""
        now, possible = self.step.now, self.step.sight.possible.tolist()
        columns = self.step.W_now.transpose().tolist()
        return [
            [w * x / p for w, x in zip(now.p0, column, strict=True)] if there else [ZERO] * len(column)
            for column, p, there in zip(columns, now.p, possible, strict=True)
        ]

    @cached_property
    def whole(self) -> Table:
        """p̃."""
        return [
            [self.a * q + x if there else ZERO for q, x, there in zip(row, c, allowed, strict=True)]
            for row, c, allowed in zip(self.posterior, self.c, self.allowed.tolist(), strict=True)
        ]


def _believed(model: Bayes, step: Step) -> BallReverse:
    """1 + ρ_ji = (1 + s_{t−1}[i])/(1 + s_t[j]), s_t = r_t/p_t − 1 = Σ_k r_0[k] d_t[k, ·]."""
    assert model.belief is not None
    rows, d = list(step.sight.rows), model.belief.d
    entries = model.belief.N.entries()
    weights = arb_mat([[arb(entries[k]) / d for k in rows]])
    was, now = ((weights * D).tolist()[0] for D in (step.d_before, step.d_now))
    rho = [[(x - y) / (1 + y) for x in was] for y in now]
    law = (weights * step.W_before).tolist()[0]
    return BallReverse(_normalised([[x * q for x, q in zip(law, row, strict=True)] for row in step.back], step), rho)


def _normalised(rows: Table, step: Step) -> Table:
    """Rows divided by the sum of what is allowed in them."""
    found = []
    for row, cells in zip(rows, step.allowed.cells.tolist(), strict=True):
        kept = [x if there else ZERO for x, there in zip(row, cells, strict=True)]
        total = sum(kept, ZERO)
        found.append([x / total for x in kept] if any(cells) else kept)
    return found


def _compared(R: Table, step: Step) -> BallReverse:
    """R as it is."""
    rho = [
        [x / b - 1 if there else ZERO for x, b, there in zip(row, truth, cells, strict=True)]
        for row, truth, cells in zip(R, step.B, step.cells.tolist(), strict=True)
    ]
    return BallReverse(R, rho)


def _mixture(guess: DenoiserSplit, step: Step) -> BallReverse:
    met = guess.allowed & step.sight.reach.T
    columns = step.W_now.transpose().tolist()
    w, C = [], []
    for c, column, there in zip(guess.c, columns, met.tolist(), strict=True):
        w.append([x / y if a else ZERO for x, y, a in zip(c, column, there, strict=True)])
        C.append(sum((x for x, a in zip(c, there, strict=True) if a), ZERO))
    Z = [
        guess.a + total if some or guess.alpha else arb(1)
        for total, some in zip(C, np.any(met, axis=1).tolist(), strict=True)
    ]
    mixed = (arb_mat(w) * step.W_before).tolist()
    added = [[q * x for q, x in zip(row, m, strict=True)] for row, m in zip(step.back, mixed, strict=True)]
    R = [
        [(guess.a * b + x) / z if there else ZERO for b, x, there in zip(truth, row, cells, strict=True)]
        for truth, row, z, cells in zip(step.B, added, Z, step.allowed.cells.tolist(), strict=True)
    ]
    if guess.as_data and step.sight.full:
        return BallReverse(R, _second_order(guess, step, Z))
    rho = [
        [(x / b - total) / z if there else ZERO for x, b, there in zip(row, truth, cells, strict=True)]
        for row, truth, total, z, cells in zip(added, step.B, C, Z, step.cells.tolist(), strict=True)
    ]
    return BallReverse(R, rho)


def _second_order(guess: DenoiserSplit, step: Step, Z: list[arb]) -> Table:
    """ρ where c is like p_0: Σ_k −c_k d_t[k, j]/u_t[k, j] (d_{t−1}[k, i] − d_t[k, j]) / Z."""
    d = step.d_now.transpose().tolist()
    w = [[-x * y / (1 + y) for x, y in zip(c, row, strict=True)] for c, row in zip(guess.c, d, strict=True)]
    A = (arb_mat(w) * step.d_before).tolist()
    paid = [sum((x * y for x, y in zip(a, row, strict=True)), ZERO) for a, row in zip(w, d, strict=True)]
    return [[(x - y) / z for x in row] for row, y, z in zip(A, paid, Z, strict=True)]


def _d3pm(guess: DenoiserSplit, step: Step) -> BallReverse:
    """1 + ρ_ji = (1 + a_ji)/(1 + b_j)."""
    d = step.d_now.transpose().tolist()
    p0 = step.now.p0
    halves = [
        [guess.a * w * x + (ZERO if guess.as_data else c) for w, x, c in zip(p0, row, added, strict=True)]
        for row, added in zip(d, guess.c, strict=True)
    ]
    a = (arb_mat(halves) * step.d_before).tolist()
    b = [sum((x * y for x, y in zip(half, row, strict=True)), ZERO) for half, row in zip(halves, d, strict=True)]
    rho = [[(x - y) / (1 + y) for x in row] for row, y in zip(a, b, strict=True)]
    mixed = (arb_mat(guess.whole) * step.W_before).tolist()
    R = [[q * x for q, x in zip(row, m, strict=True)] for row, m in zip(step.back, mixed, strict=True)]
    return BallReverse(_normalised(R, step), rho)


def _outright(guess: DenoiserSplit, step: Step) -> BallReverse:
    """R_1 = p̃, and c/q(x0 | x_1) − (1 − α) is its ρ."""
    K, rest = len(step.now.p), ball(1 - guess.alpha, step.bits)
    R, rho = ([[ZERO] * K for _ in range(K)] for _ in range(2))
    for j, (whole, c, truth) in enumerate(zip(guess.whole, guess.c, step.B, strict=True)):
        for k, x, added in zip(step.sight.rows, whole, c, strict=True):
            R[j][k] = x
            if step.cells[j, k]:
                rho[j][k] = added / truth[k] - rest
    return BallReverse(R, rho)
