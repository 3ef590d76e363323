"""What is known at time t, in float64, each quantity in the form in which nothing cancels.

    I_t = Σ_i p_0[i] Σ_j p_t[j] f(r_ij),   r = D_t/p_t
    H(x0|x_t) = Σ_j p_t[j] H(q(x0|x_t=j)),   H(x_t|x0) = Σ_i p_0[i] H(Q̄_t[i])      where H − I would cancel
    I_{t−1} − I_t = Σ_j Σ_k W_kj Σ_i p_0[i] B(u_ik, v_ij),   W_kj = q(x_{t−1}=k, x_t=j),  B(u, v) = u log(u/v) − u + v
                                                           where I_{t−1} − I_t would cancel; u = Q̄/p at t−1, v at t

The last is I(x0; x_{t−1} | x_t): every term is non-negative, so no rounding can make it a gain. It costs K times
the entries of Q_t that are not zero, and is used only where the plain difference has lost digits. The names are those
of the exact `Information`; the formulas are other forms of the same, since a float has no second try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Self, TypeAlias, TypeVar, cast

import numpy as np

from markovdiff.arithmetic.arrays import (
    LEAST,
    NOTHING,
    ROUNDED,
    SMALLEST,
    UNKNOWN,
    Approximation,
    Floats,
    blocks,
    bregman,
    complements,
    mean_f,
    ratio,
    row_entropies,
    slope,
)
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.cached import cached_property
from markovdiff.engines.float64.deviation_from_law import DeviationsFromLaws
from markovdiff.engines.float64.forward import DRIFT, DenseState, FloatState, RankOneState
from markovdiff.engines.float64.rank_one_sums import Cells, cells, change, per_column, spread
from markovdiff.engines.float64.rounding import size
from markovdiff.measures.protocol import ArithmeticName, Decay, Snapshot

CANCELS_FROM = 0.9
"""H − I is formed by subtraction while I is at most this share of H."""

CHEAP, DEAR = 2**20, 2**25
"""Terms of the loss as a sum: up to CHEAP it replaces a difference that has lost three digits, up to DEAR one that has
lost six; a larger sum is not worth its time, and the difference keeps what digits it has."""

SUMMED = 2.0**-44
"""The share of itself that a sum of f may be off by, where r is right to rounding."""

SLIGHT = 2.0**-20
"""What rounding may have made of a column of D, as a share of it, while its square does not matter."""

LOGARITHM = 750.0
"""No logarithm of a float is larger."""

M = TypeVar("M", DenseState, RankOneState)


@dataclass(frozen=True, eq=False)
class FloatInformation(Generic[M]):
    """What both kinds of chain have in common."""

    moment: M
    before: Self | Snapshot[M, Approximation] | None
    dobrushin: float | None = None
    laws: DeviationsFromLaws | None = None

    @property
    def arithmetic(self) -> ArithmeticName:
        """Which arithmetic speaks."""
        return "float"

    @property
    def t(self) -> int:
        """The time."""
        return self.moment.t

    @property
    def markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""
        return self.moment.markov

    def forget(self) -> Snapshot[M, Approximation]:
        """Return what the next step asks of this one."""
        return Snapshot(self.moment, self.entropy, self.mutual_information, self.data_entropy)

    @property
    def law_stays(self) -> bool:
        """Whether p_t = p_{t−1} is known: where nothing moves."""
        return self.moment.beta == 0

    def divergence(self, law: RationalMatrix) -> Approximation | None:
        """Return KL(p_t‖μ); to be asked at every t in turn."""
        assert self.laws is not None
        return self.laws.to(law).divergence(self.moment)

    def inconsistency(self) -> dict[str, object] | None:
        """Return where H(x0) + H(x_t) − H(x0, x_t) and the sum of f differ by more than rounding."""
        joint = self.data_entropy.value + self._noise()
        textbook = self.data_entropy.value + self.entropy.value - joint
        if abs(textbook - self.mutual_information.value) <= 1e-10 * max(joint, 1.0) + self.mutual_information.noise:
            return None
        return {"t": self.t, "sum": "H(x0) + H(x_t) − H(x0, x_t) ≠ I(x0; x_t)"}

    @cached_property
    def entropy(self) -> Approximation:
        """H(x_t)."""
        now = self.moment
        return NOTHING if now.is_known else Approximation.of(entropy(now.p)).give_or_take(now.dim)

    @cached_property
    def data_entropy(self) -> Approximation:
        """H(x0)."""
        return self.entropy if self.before is None else self.before.data_entropy

    @cached_property
    def mutual_information(self) -> Approximation:
        """I_t."""
        raise NotImplementedError

    @cached_property
    def loss(self) -> Approximation:
        """I_{t−1} − I_t."""
        raise NotImplementedError

    @cached_property
    def conditional_entropy(self) -> Approximation:
        """H(x0 | x_t)."""
        return NOTHING if self.moment.tells_data else self._left(self.data_entropy, self._conditional)

    @cached_property
    def noise_entropy(self) -> Approximation:
        """H(x_t | x0)."""
        return NOTHING if self.moment.is_function else self._left(self.entropy, self._noise)

    def _left(self, whole: Approximation, directly: Callable[[], float]) -> Approximation:
        if self.mutual_information.value <= CANCELS_FROM * whole.value:
            return whole.minus(self.mutual_information)
        return Approximation.of(directly()).give_or_take(self.moment.dim + self._blurred())

    def _blurred(self) -> float:
        """Return what an entropy of the joint law of x0 and x_t may be off by because D is."""
        return 0.0

    def _conditional(self) -> float:
        raise NotImplementedError

    def _noise(self) -> float:
        raise NotImplementedError

    @cached_property
    def decay(self) -> Decay:
        """The verdict on this step, or that float64 cannot tell."""
        sign = self.loss.sign()
        if sign is None or (sign < 0 and self.markov and not self.loss.is_surely_negative):
            return "undecided"
        return "strict" if sign > 0 else "equal" if sign == 0 else "violated"

    @cached_property
    def bound(self) -> Approximation | None:
        """η(Q_t)·I_{t−1}."""
        if self.before is None or not self.markov:
            return None
        if self.dobrushin is None:
            return UNKNOWN
        if self.dobrushin == 0 or self.before.mutual_information.known_zero:
            return NOTHING
        found = self.before.mutual_information.times(self.dobrushin)
        return found.give_or_take(ROUNDED * found.value + LEAST)

    @cached_property
    def slack_sign(self) -> int | None:
        """The sign of η(Q_t)·I_{t−1} − I_t; a theorem says that it is not negative."""
        assert self.bound is not None
        slack = self.bound.minus(self.mutual_information)
        sign = slack.sign()
        return None if sign == -1 and not slack.is_surely_negative else sign


class DenseInformation(FloatInformation[DenseState]):
    """Of a chain whose deviation is carried along."""

    @cached_property
    def mutual_information(self) -> Approximation:
        now = self.moment
        if now.vanished or now.t == 0:
            return NOTHING if now.vanished else self.entropy
        if now.unresolved:
            return Approximation(0.0, self._unseen() + SMALLEST + now.dim)
        value = float(sum(mean_f(now.p0[rows], ratio(now.D[rows], now.p), now.p) for rows in blocks(now.D)))
        blur = self._blur(value) if now.markov else self._subtracted()
        if value < LEAST:
            return Approximation(0.0, 2 * LEAST + blur + now.dim)
        return Approximation(value, SUMMED * value + blur + now.dim)

    def _unseen(self) -> float:
        """Return what I_t may be where rounding alone is left of D: Σ D²/p, or Σ |D|·log(1/p)."""
        error, p = size(self.moment.error), self.moment.p
        there = p > LEAST
        return min(float(ratio(error[there], p[there]) @ error[there]), LOGARITHM * float(error.sum()))

    def _blur(self, value: float) -> float:
        """Return what I_t may be off by because D is: Σ |ΔD|·|log(1+r)|, and Σ ΔD²/p where ΔD is not far below D."""
        now, error = self.moment, size(self.moment.error)
        share = ratio(error, now.p)
        cheap = 3 * float(share @ now.spread) + float(share @ error)
        if cheap <= SUMMED * value:
            return cheap
        slopes = np.sqrt(now.p0 @ slope(now.r) ** 2)
        return float(error @ slopes) + float(share @ np.where(error > SLIGHT * now.spread, error, 0.0))

    def _subtracted(self) -> float:
        """Return what I_t may be off by where D is a difference of Q̄_t and p_t as they were rounded."""
        now = self.moment
        assert now.Q_bar is not None
        share = (4 + now.t) * DRIFT
        return share * float(now.p0 @ ((now.Q_bar * slope(now.r)) @ np.ones_like(now.p))) + share**2

    def _blurred(self) -> float:
        return 0.0 if self.moment.Q_bar is not None else 8 * self.mutual_information.noise

    def _conditional(self) -> float:
        now = self.moment
        joint = now.p0[:, None] * now.u * now.p
        columns = joint[:, now.p > 0].T
        return float(now.p[now.p > 0] @ row_entropies(columns / columns.sum(axis=1, keepdims=True)))

    def _noise(self) -> float:
        now = self.moment
        return float(now.p0 @ row_entropies(now.p + now.D if now.Q_bar is None else now.Q_bar))

    @cached_property
    def loss(self) -> Approximation:
        assert self.before is not None
        last, lost = self.before.mutual_information, self.before.mutual_information.minus(self.mutual_information)
        if not self.markov:
            return NOTHING if self.moment.vanished else lost
        if last.sign() == 0:
            return NOTHING
        if lost.value >= 1e-3 * last.value:
            return lost
        Q = self.moment.Q
        assert Q is not None
        terms = Q.shape[0] * int(np.count_nonzero(Q))
        if terms > CHEAP and lost.value >= 1e-6 * last.value and not lost.is_rounding:
            return lost
        if self._is_undone_by_one(Q):
            return NOTHING
        return lost if terms > DEAR else self._as_a_sum(Q)

    def _is_undone_by_one(self, Q: Floats) -> bool:
        """Whether each x_t can come from one x_{t−1} only: then nothing is lost, whatever the numbers."""
        assert self.before is not None
        return bool(((Q > 0)[self.before.moment.possible].sum(axis=0) <= 1).all())

    def _as_a_sum(self, Q: Floats) -> Approximation:
        assert self.before is not None
        was = self.before.moment
        if was.unresolved:
            return Approximation(0.0, self.before.mutual_information.noise)
        found, rounding = conditional_information(was, Q)
        noise = 2 * (found * rounding) ** 0.5 + rounding + was.dim + self.moment.dim
        return Approximation.of(found).give_or_take(noise)


def conditional_information(was: DenseState, Q: Floats) -> tuple[float, float]:
    """Return I(x0; x_{t−1} | x_t) as a sum of terms that are not negative, from the process at t−1 and Q_t.

    It is like the square of a norm of D. The second number is what it comes to for what D may be off by, and for the
    rounding of the differences taken here: r_k − Σ_l B_lj r_l, where l = j is set apart as it mostly weighs most.
    """
    W = was.p[:, None] * Q
    back = ratio(W, W.sum(axis=0))
    others = back.copy()
    np.fill_diagonal(others, 0.0)
    moved = others.sum(axis=0)
    r, u = was.r, was.u
    shift, v = r @ others - r * moved, u @ back
    total = 0.0
    for k in np.flatnonzero(was.p):
        to = np.flatnonzero(W[k])
        u_k, v_k = u[:, k, None], v[:, to]
        low = (u_k < 0.5) & (v_k < 0.5) & (to != k)
        step = np.where(low, u_k - v_k, (r[:, k, None] - r[:, to]) - shift[:, to])
        total += float(was.p0 @ (bregman(v_k, step) @ W[k, to]))
    e = ratio(was.error, was.p)
    lost = sum(float(row**2 @ W.sum(axis=1) - (row @ back) ** 2 @ W.sum(axis=0)) for row in e)
    far = np.abs(was.r)
    grains = was.p0 @ np.minimum(far * np.minimum(far, 1.0), was.u)
    away = W.sum(axis=1) - W.diagonal() + W.diagonal() * moved**2
    return total, max(lost, 0.0) + ROUNDED**2 * float(away @ grains)


class RankOneFloatInformation(FloatInformation[RankOneState]):
    """Of ᾱI + (1−ᾱ)1πᵀ: in column j the row j is one kind of cell, all others another; O(K) a step."""

    @cached_property
    def mutual_information(self) -> Approximation:
        now = self.moment
        if self._knows_nothing():
            return NOTHING
        return Approximation.of(float(now.seen @ self.per_column)).give_or_take(now.dim)

    def _knows_nothing(self) -> bool:
        now = self.moment
        return now.alpha_bar == 0 or np.count_nonzero(now.p0) == 1

    @cached_property
    def cells(self) -> Cells:
        """1 + r and r of the row that stays, then of the others."""
        return cells(self.moment)

    @cached_property
    def per_column(self) -> Floats:
        """Σ_i p_0[i] f(r_ij) for each j."""
        return per_column(self.moment, self.cells)

    def _conditional(self) -> float:
        now = self.moment
        stays, _, other, _ = self.cells
        return float(now.p @ spread(now.p0 * stays, other, now.p0))

    def _noise(self) -> float:
        now = self.moment
        return float(now.p0 @ spread(now.kept + now.fresh * now.pi, np.full_like(now.pi, now.fresh), now.pi))

    @cached_property
    def loss(self) -> Approximation:
        assert self.before is not None
        beta, was = self.moment.beta, self.before.mutual_information
        if beta == 0 or was.sign() == 0:
            return NOTHING
        lost = was.minus(self.mutual_information)
        if lost.value >= 1e-3 * was.value:
            return lost
        return Approximation.of(max(self._by_increments(), 0.0)).give_or_take(self.moment.dim + self.before.moment.dim)

    def _by_increments(self) -> float:
        """−Σ_j [Δp F + p_t Σ_i p_0 Δf], with Δf = Δr·log u + u·f(Δr/u): every increment formed without cancelling."""
        assert self.before is not None
        was, now = self.before.moment, self.moment
        assert now.beta is not None
        beta, p0, rest, pi = float(now.beta), was.p0, complements(was.p0), was.pi
        u, r, u_o, r_o = was_cells = cells(was)
        slope = ratio(np.full_like(p0, beta * was.kept), now.seen)
        stayed = change(u, r, -slope * (rest * u_o + pi * r))
        others = change(u_o, r_o, slope * (u_o * p0 - pi * r_o))
        drift = beta * was.kept * (pi - p0)
        reached = np.where(was.p > 0, per_column(was, was_cells), 0.0)
        return -float(drift @ reached + now.p @ (p0 * stayed + rest * others))

    @cached_property
    def slack_sign(self) -> int | None:
        """Equality where all that moves goes to one state that no data show: I_t = ᾱ_t H(x0), and η = 1 − β."""
        now = self.moment
        masked = now.pi > 0
        return 0 if masked.sum() == 1 and not now.p0[masked].any() else super().slack_sign

    @cached_property
    def decay(self) -> Decay:
        """Decided by structure: only β = 0, or nothing left to lose, loses nothing."""
        return "equal" if self.loss.known_zero else "strict"


FloatStepInformation: TypeAlias = DenseInformation | RankOneFloatInformation
DensePast: TypeAlias = DenseInformation | Snapshot[DenseState, Approximation]
RankOnePast: TypeAlias = RankOneFloatInformation | Snapshot[RankOneState, Approximation]
FloatPast: TypeAlias = DensePast | RankOnePast


def information(
    now: FloatState, before: FloatPast | None, dobrushin: float | None, laws: DeviationsFromLaws | None
) -> FloatStepInformation:
    """Return what is known at one time; all states of a chain are of one shape."""
    if isinstance(now, RankOneState):
        return RankOneFloatInformation(now, cast("RankOnePast | None", before), dobrushin, laws)
    return DenseInformation(now, cast("DensePast | None", before), dobrushin, laws)


def entropy(p: Floats) -> float:
    """Return H(p)."""
    return float(row_entropies(p[None, :])[0])
