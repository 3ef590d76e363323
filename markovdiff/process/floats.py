"""The forward process in float64: p_t and the deviation from independence, D_t = Q̄_t − 1p_t.

    D_0 = I − 1p_0,   D_t = D_{t−1} Q_t,   D_t 1 = 0,   p_0 D_t = 0

The two zeros hold exactly in truth; rounding breaks them, and what breaks them does not decay while D_t does. So
they are projected out after each step, and D_t keeps its relative accuracy however small it is. Q̄_t is carried
beside it only while some Q̄_t[i, j] is far below p_t[j]: there 1 + D/p has lost digits that Q̄/p has.

Which probabilities are zero is followed as a pattern of its own: an underflow must not make the possible
impossible. Only the rows of possible x0 are kept. κI + (1−κ)1πᵀ composes in the exact rational ᾱ_t, as it does exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.floating import Flags, Floats, complements, ratio
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import Blend, Forgetting, Gaussian, PerStep, WithMemory
from markovdiff.process.reverse import Bayes, ReverseModel
from markovdiff.process.stationary import preserves
from markovdiff.process.transition import Dense

UNRESOLVED = 2.0**-48
"""A step that leaves less than this share of a deviation leaves rounding: whether anything is left is not known."""

ROUGH = 2.0**-50
"""The share of itself that an entry of p_t may be off by."""

LEAST = 2.0**-1000
"""9.3e-302, what a probability that comes in is at least: its reciprocal times a logarithm is still a float."""

GONE = 1e-290
"""A deviation below this carries information far below float64's range."""

SHARP = 2.0**-4
"""Q̄_t is carried while one of its entries is below this share of p_t[j]."""


@dataclass(frozen=True, eq=False)
class Forward:
    """The process at time t. `p0` and the rows of D and Q_bar belong to the states that x0 can be in.

    `Q` is Q_t, `possible` where p_t > 0, `left` Σ_j |D_ij|. `vanished` says that D is known to be zero, `unresolved`
    that it is zero as far as float64 can tell.
    """

    t: int
    beta: Fraction | None
    Q: Floats | None
    p0: Floats
    p: Floats
    possible: Flags
    D: Floats
    left: Floats
    Q_bar: Floats | None
    vanished: bool = False
    unresolved: bool = False
    markov: bool = True

    @property
    def alpha_bar(self) -> Fraction | None:
        """There is none for a kernel of this kind."""
        return None

    @cached_property
    def r(self) -> Floats:
        """D_t / p_t ≥ −1, and 0 in impossible columns."""
        found: Floats = np.maximum(ratio(self.D, self.p), -1.0)
        return found

    @cached_property
    def u(self) -> Floats:
        """Q̄_t / p_t = 1 + r."""
        return 1 + self.r if self.Q_bar is None else ratio(self.Q_bar, self.p)


@dataclass(frozen=True, eq=False)
class Forgotten:
    """The process at time t where Q̄_t = ᾱI + (1−ᾱ)1πᵀ; p0 and π are over all states."""

    t: int
    beta: Fraction | None
    alpha_bar: Fraction
    p0: Floats
    pi: Floats
    markov: bool = True

    @cached_property
    def kept(self) -> float:
        """ᾱ."""
        return float(self.alpha_bar)

    @cached_property
    def fresh(self) -> float:
        """1 − ᾱ, rounded once."""
        return float(1 - self.alpha_bar)

    @cached_property
    def p(self) -> Floats:
        """p_t."""
        return self.kept * self.p0 + self.fresh * self.pi

    @cached_property
    def possible(self) -> Flags:
        """Where p_t > 0."""
        stays = (self.p0 > 0) & (self.alpha_bar > 0)
        found: Flags = stays | ((self.pi > 0) & (self.alpha_bar < 1))
        return found


Now = Forward | Forgotten


def forward(chain: Chain) -> Iterator[Now]:
    """The process at t = 0, 1, …, T, each made from the one before."""
    return _forgotten(chain) if isinstance(chain.kernel, Forgetting) else _followed(chain)


def _forgotten(chain: Chain) -> Iterator[Forgotten]:
    assert isinstance(chain.kernel, Forgetting)
    p0, pi = vector(law_of_data(chain)), _shares(chain.kernel.target.weights, chain.kernel.target.total)
    alpha_bar = Fraction(1)
    yield Forgotten(0, None, alpha_bar, p0, pi)
    for t, beta in enumerate(chain.betas, 1):
        alpha_bar *= 1 - beta
        yield Forgotten(t, beta, alpha_bar, p0, pi)


def _followed(chain: Chain) -> Iterator[Forward]:
    now = start(vector(law_of_data(chain)), markov=chain.is_markov)
    yield now
    if isinstance(chain.kernel, WithMemory):
        yield from _remembering(chain, now)
        return
    for t, Q in enumerate(steps(chain), 1):
        now = following(now, Q, chain, t)
        yield now


def start(p: Floats, *, markov: bool = True) -> Forward:
    """The process at t = 0 from the law p of x0; an x0 that has less than LEAST adds nothing to any sum."""
    possible = p >= LEAST
    Q_bar = np.eye(len(p))[possible]
    D = Q_bar - p
    D[np.arange(len(D)), np.flatnonzero(possible)] = complements(p)[possible]
    left = np.abs(D).sum(axis=1)
    return Forward(0, None, None, p[possible], p, possible, D, left, Q_bar, possible.sum() == 1, markov=markov)


def following(before: Forward, Q: Floats, chain: Chain, t: int) -> Forward:
    """One step on."""
    p = before.p @ Q
    p /= p.sum()
    possible = _reached(p, before.possible, Q)
    Q_bar = None if before.Q_bar is None else _normalised(before.Q_bar @ Q)
    vanished = before.vanished or forgets_all(chain, t, Q, before.possible)
    nothing = vanished or before.unresolved
    D = np.zeros_like(before.D) if nothing else project(before.D @ Q, before.p0, p)
    left = np.abs(D).sum(axis=1)
    unresolved = not vanished and (before.unresolved or is_rounding(left, before.left))
    if unresolved:
        D = np.zeros_like(D)
    if Q_bar is not None and (Q_bar > SHARP * p).all():
        Q_bar = None
    beta = chain.betas[t - 1] if chain.betas else None
    return Forward(t, beta, Q, before.p0, p, possible, D, left, Q_bar, vanished, unresolved)


def _reached(p: Floats, possible: Flags, Q: Floats) -> Flags:
    """Where p_t > 0: by the pattern of Q_t, unless p_t is seen to be positive everywhere."""
    found: Flags = p > 0
    return found if found.all() else np.any(Q[possible] > 0, axis=0)


def project(D: Floats, p0: Floats, p: Floats) -> Floats:
    """D with p_0 D = 0 and D1 = 0 restored; a row gives up what is over in proportion to p."""
    D -= p0 @ D
    D -= D.sum(axis=1)[:, None] * p
    return D


def _normalised(rows: Floats) -> Floats:
    rows /= rows.sum(axis=1, keepdims=True)
    return rows


def is_rounding(left: Floats, was: Floats) -> bool:
    """Whether what is left of every row, Σ|D|, is rounding, or is below float64's range."""
    return bool((left <= UNRESOLVED * was).all() or left.max() < GONE)


def forgets_all(chain: Chain, t: int, Q: Floats, possible: Flags) -> bool:
    """Whether the rows of Q_t that x_{t−1} can be in are one and the same: asked of the rationals where it seems so."""
    places = np.flatnonzero(possible)
    first, others = places[0], places[1:]
    if any((Q[i] != Q[first]).any() for i in others):
        return False
    table = chain.transition(t).dense.table
    return all(table[i] == table[first] for i in others)


def _remembering(chain: Chain, now: Forward) -> Iterator[Forward]:
    """With memory: row k of Q̄_t goes by its own matrix, and D_t by nothing else than Q̄_t − 1p_t."""
    assert isinstance(chain.kernel, WithMemory)
    given = np.array([array(M) for k, M in enumerate(chain.kernel.by_source) if chain.data.weights[k]])
    Q_bar = np.eye(chain.K)[now.possible]
    for t in range(1, chain.T + 1):
        Q_bar = _normalised(np.einsum("kj,kji->ki", Q_bar, given))
        p = now.p0 @ Q_bar
        D = Q_bar - p
        yield Forward(t, None, None, now.p0, p, p > 0, D, now.left, Q_bar, now.vanished, markov=False)


def steps(chain: Chain) -> Iterator[Floats]:
    """Q_1, …, Q_T of a chain that is neither structured nor with memory, each entry rounded once or twice."""
    kernel, last = chain.kernel, None
    if isinstance(kernel, PerStep):
        yield from map(array, kernel.steps)
        return
    M = array(kernel.M) if isinstance(kernel, Blend) else None
    for beta in chain.betas:
        if last is None or last[0] != beta:
            if isinstance(kernel, Gaussian):
                last = beta, banded(kernel, beta)
            else:
                assert M is not None
                last = beta, float(beta) * M + float(1 - beta) * np.eye(chain.K)
        yield last[1]


def banded(kernel: Gaussian, beta: Fraction) -> Floats:
    """The Gaussian's matrix from its jumps; the diagonal takes the rest, summed in integers."""
    K, grid = kernel.K, kernel.resolution.denominator
    jumps = kernel.jumps(beta)
    sums = np.concatenate([[0], np.cumsum(np.array(jumps[1:], dtype=object))])
    i = np.arange(K)
    Q: Floats = (np.array(jumps, dtype=object) / grid).astype(np.float64)[np.abs(i[:, None] - i)]
    Q[i, i] = ((grid - sums[i] - sums[K - 1 - i]) / grid).astype(np.float64)
    return Q


def array(step: Dense) -> Floats:
    """The entries, each rounded once."""
    return np.array(step.floats())


def vector(row: RationalMatrix) -> Floats:
    """A row vector, each entry rounded once."""
    d = int(row.d)
    return np.array([int(n) / d for n in row.N.entries()])


def law_of_data(chain: Chain) -> RationalMatrix:
    """p_0, exactly."""
    return chain.at(0).data


def _shares(weights: tuple[int, ...], total: int) -> Floats:
    return np.array([w / total for w in weights])


def reached_from(chain: Chain, i: int) -> Flags:
    """Where x_T can be from x_0 = i, by patterns alone."""
    found: Flags = np.arange(chain.K) == i
    if isinstance(chain.kernel, Forgetting):
        last = list(_forgotten(chain))[-1]
        return (found & (last.alpha_bar > 0)) | ((last.pi > 0) & (last.alpha_bar < 1))
    for Q in steps(chain):
        found = np.any(Q[found] > 0, axis=0)
    return found


def is_kept(chain: Chain, law: RationalMatrix) -> bool:
    """Whether every step preserves the law, exactly; of a Gaussian, which is symmetric, the uniform law is kept."""
    kernel = chain.kernel
    if isinstance(kernel, Forgetting):
        target = kernel.target
        return all(n * target.total == w * law.d for n, w in zip(law.N.entries(), target.weights, strict=True))
    if isinstance(kernel, Blend):
        return preserves(kernel.M, law)
    if isinstance(kernel, Gaussian):
        return len(set(map(int, law.N.entries()))) == 1
    return isinstance(kernel, PerStep) and all(preserves(step, law) for step in kernel.steps)


def is_consistent(chain: Chain, model: ReverseModel, prior: RationalMatrix | None) -> bool:
    """Whether the model is known to be the chain reversed, begun from a belief that every step keeps: then L = NLL."""
    belief = model.belief if isinstance(model, Bayes) else None
    return belief is not None and prior is not None and prior == belief and is_kept(chain, belief)


class Approach:
    """e_t = p_t − μ, carried along so that it keeps its relative accuracy where every step preserves μ.

    Where μ is p_T itself and every step preserves another law ν, it is (p_t − ν) − (p_T − ν), each carried along. Where
    a step leaves nothing of it but rounding, e_t is 0 and Σ|e_t| may be up to `blur`; where e_t is a difference of p_t
    and μ as they were rounded, each entry is off by a share `rough` of μ. `uncertain` is what TV(p_t, μ) may be off by
    at the time last asked for, beside a small share of itself.
    """

    def __init__(
        self, chain: Chain, law: RationalMatrix | None, last: Now | None = None, via: RationalMatrix | None = None
    ) -> None:
        self.law: Floats = vector(law) if law is not None else _of(last)
        self.kept = law is not None and is_kept(chain, law)
        self.start = None if law is None else vector(law_of_data(chain) + -law)
        self.away, self.rest = _line(chain, law)
        self.zero = self.kept and law == law_of_data(chain)
        self.last = last
        self.via = None if via is None or isinstance(chain.kernel, Forgetting) else Approach(chain, via)
        self.end = None if self.via is None else self.via.at_end(chain)
        self.e: Floats | None = None
        self.t = -1
        self.blur = self.rough = self.uncertain = 0.0

    def at(self, now: Now) -> Floats:
        """p_t − μ; to be called for t = 0, 1, … in turn, and as often as one likes."""
        if self.e is not None and self.t == now.t:
            return self.e
        self.t, self.uncertain = now.t, self.blur / 2
        self.e = self._next(now)
        return self.e

    def _next(self, now: Now) -> Floats:
        if isinstance(now, Forgotten):
            return self._forgotten(now)
        if self.zero:
            return np.zeros_like(now.p)
        if self.via is not None:
            return self._between(now)
        if self.e is None or not self.kept or now.Q is None:
            return self._subtracted(now)
        return self._pushed(self.e, now.Q)

    def _pushed(self, before: Floats, Q: Floats) -> Floats:
        e = before @ Q
        projected: Floats = e - e.sum() * self.law
        left, was = float(np.abs(projected).sum()), float(np.abs(before).sum())
        if left > UNRESOLVED * was:
            return projected
        self.blur = max(self.blur, UNRESOLVED * was)
        self.uncertain = self.blur / 2
        return np.zeros_like(projected)

    def at_end(self, chain: Chain) -> Floats:
        """p_T − μ, where every step preserves μ."""
        assert self.start is not None
        e = self.start
        for Q in steps(chain):
            e = self._pushed(e, Q)
        self.blur = 0.0
        return e

    def _between(self, now: Forward) -> Floats:
        assert self.via is not None
        assert self.end is not None
        e = self.via.at(now)
        if self.last is not None and now.t != self.last.t:
            self.rough = ROUGH
            self.uncertain = ROUGH * float(np.abs(e).sum() + np.abs(self.end).sum()) + self.via.uncertain
        return e - self.end

    def _forgotten(self, now: Forgotten) -> Floats:
        """ᾱ(p_0 − π) + π − μ, or (ᾱ_t − ᾱ_T)(p_0 − π) where μ = p_T."""
        if isinstance(self.last, Forgotten):
            return float(now.alpha_bar - self.last.alpha_bar) * self.away
        if self.kept:
            return now.kept * self.away
        self.rough = ROUGH
        moved = now.kept * self.away
        self.uncertain = ROUGH * float(np.abs(moved).sum() + np.abs(self.rest).sum())
        return moved + self.rest

    def _subtracted(self, now: Now) -> Floats:
        """What rounding leaves of p_t − μ; at t = 0 it is known exactly, and at T where μ is p_T."""
        if now.t == 0 and self.start is not None:
            return self.start
        self.rough = ROUGH
        if self.last is None or now.t != self.last.t:
            self.uncertain = ROUGH * (now.t + 1)
        return now.p - self.law


def _line(chain: Chain, law: RationalMatrix | None) -> tuple[Floats, Floats]:
    """p_0 − π and π − μ of a chain that forgets towards π, each entry rounded once; of any other, nothing."""
    if not isinstance(chain.kernel, Forgetting):
        return np.zeros(0), np.zeros(0)
    target = chain.kernel.target
    pi = RationalMatrix(fmpz_mat([[fmpz(w) for w in target.weights]]), fmpz(target.total))
    return vector(law_of_data(chain) + -pi), np.zeros(0) if law is None else vector(pi + -law)


class Approaches:
    """The approaches to the laws that a chain is measured against, each made once."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.made: dict[int, Approach] = {}

    def to(self, law: RationalMatrix) -> Approach:
        """The approach to μ."""
        if id(law) not in self.made:
            self.made[id(law)] = Approach(self.chain, law)
        return self.made[id(law)]


def _of(last: Now | None) -> Floats:
    assert last is not None
    return last.p


def last_of(chain: Chain) -> Now:
    """The process at T, of which only p_T is right: by vectors alone, the deviation left out."""
    if isinstance(chain.kernel, Forgetting):
        return list(_forgotten(chain))[-1]
    if isinstance(chain.kernel, WithMemory):
        return list(_followed(chain))[-1]
    p = vector(law_of_data(chain))
    possible: Flags = p > 0
    for Q in steps(chain):
        p = p @ Q
        p /= p.sum()
        possible = _reached(p, possible, Q)
    nothing = np.zeros((0, chain.K))
    return Forward(chain.T, None, None, p[:0], p, possible, nothing, p[:0], None)
