"""The forward process in float64: p_t and the deviation from independence, D_t = Q̄_t − 1p_t.

    D_0 = I − 1p_0,   D_t = D_{t−1} Q_t,   D_t 1 = 0,   p_0 D_t = 0

The two zeros hold exactly in truth; rounding breaks them, and what breaks them does not decay while D_t does. So
they are projected out after each step, and D_t mostly keeps its relative accuracy however small it is. Where it does
not is known by what rounding has made of it, which is carried beside it (`rounding`). Q̄_t is carried only while some
Q̄_t[i, j] is far below p_t[j]: there 1 + D/p has lost digits that Q̄/p has.

Which probabilities are zero is followed as a pattern of its own: an underflow must not make the possible
impossible. Only the rows of possible x0 are kept. κI + (1−κ)1πᵀ composes in the exact rational ᾱ_t, as it does exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from markovdiff.arithmetic.arrays import LEAST, Flags, Floats, complements, ratio
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.cached import cached_property
from markovdiff.engines.float64.rounding import are_near, differences, first_error, next_error, size, spread_of
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.support import through
from markovdiff.process.transition import Dense

UNRESOLVED = 2.0**-3
"""What rounding may have made of a deviation, as a share of it, before nothing of it is believed."""

ROUGH = 2.0**-50
"""The share of itself that an entry of p_t may be off by where it is a formula in ᾱ_t."""

DRIFT = 2.0**-51
"""What that share may grow by in a step where p_t is carried from one to the next."""

DIM = 1e4 * LEAST
"""What all that has a probability below LEAST adds to an entropy, times log 1/LEAST, is less than this."""

GONE = 1e-290
"""A deviation below this carries information far below float64's range."""

SHARP = 2.0**-4
"""Q̄_t is carried while one of its entries is below this share of p_t[j]."""


@dataclass(frozen=True, eq=False)
class DenseState:
    """The process at time t. `p0` and the rows of D and Q_bar belong to the states that x0 can be in.

    `Q` is Q_t, `W` what D went through instead, `possible` where p_t > 0, `reach` where Q̄_t > 0 (None: wherever p_t
    is). `spread` is the mean size of D's columns, `error` what rounding may have made of them. `left_out` allows for x0
    that are too rare to be followed. `vanished` says that D is known to be zero, `unresolved` that it is zero as far as
    float64 can tell.
    """

    t: int
    beta: Fraction | None
    Q: Floats | None
    p0: Floats
    p: Floats
    possible: Flags
    D: Floats
    spread: Floats
    error: Floats
    Q_bar: Floats | None
    reach: Flags | None = None
    W: Floats | None = None
    left_out: float = 0.0
    vanished: bool = False
    unresolved: bool = False
    markov: bool = True

    @property
    def alpha_bar(self) -> Fraction | None:
        """There is none for a kernel of this kind."""
        return None

    @cached_property
    def dim(self) -> float:
        """What is lost of a sum over x_t because some p_t[j] is below what float64 can work with."""
        return self.left_out + (DIM * len(self.p) if (self.p < LEAST)[self.possible].any() else 0.0)

    @property
    def is_known(self) -> bool:
        """Whether x_t can be one thing only."""
        return int(np.count_nonzero(self.possible)) == 1

    @property
    def tells_data(self) -> bool:
        """Whether each x_t can come from one x0 only."""
        return (len(self.p0) == 1 and not self.left_out) or (
            self.reach is not None and bool((self.reach.sum(axis=0) <= 1).all())
        )

    @property
    def is_function(self) -> bool:
        """Whether each x0 leads to one x_t only."""
        return self.is_known or (self.reach is not None and bool((self.reach.sum(axis=1) == 1).all()))

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
class RankOneState:
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
    def seen(self) -> Floats:
        """p_t, and 0 where it is too small to be divided by: `dim` allows for that."""
        return np.where(self.p < LEAST, 0.0, self.p)

    @cached_property
    def possible(self) -> Flags:
        """Where p_t > 0."""
        stays = (self.p0 > 0) & (self.alpha_bar > 0)
        found: Flags = stays | ((self.pi > 0) & (self.alpha_bar < 1))
        return found

    @cached_property
    def dim(self) -> float:
        """What is lost of a sum over x_t because some p_t[j] is below what float64 can work with."""
        return DIM * len(self.p) if (self.p < LEAST)[self.possible].any() else 0.0

    @property
    def is_known(self) -> bool:
        """Whether x_t can be one thing only."""
        return int(np.count_nonzero(self.possible)) == 1

    @property
    def tells_data(self) -> bool:
        """Whether each x_t can come from one x0 only."""
        return self.alpha_bar == 1 or int(np.count_nonzero(self.p0)) == 1

    @property
    def is_function(self) -> bool:
        """Whether each x0 leads to one x_t only."""
        return self.alpha_bar == 1 or self.is_known


FloatState = DenseState | RankOneState


def forward(chain: Chain) -> Iterator[FloatState]:
    """Return the process at t = 0, 1, …, T, each made from the one before."""
    return _followed(chain) if chain.kernel.rank_one_target is None else _forgotten(chain)


def _forgotten(chain: Chain) -> Iterator[RankOneState]:
    p0, pi = vector(law_of_data(chain)), _shares(chain.target.weights, chain.target.total)
    alpha_bar = Fraction(1)
    yield RankOneState(0, None, alpha_bar, p0, pi)
    for t, beta in enumerate(chain.betas, 1):
        alpha_bar *= 1 - beta
        yield RankOneState(t, beta, alpha_bar, p0, pi)


def _followed(chain: Chain) -> Iterator[DenseState]:
    now = start(vector(law_of_data(chain)), markov=chain.is_markov)
    yield now
    if not chain.is_markov:
        yield from _remembering(chain, now)
        return
    for t, Q in enumerate(steps(chain), 1):
        now = following(now, Q, chain, t)
        yield now


def start(p: Floats, possible: Flags | None = None, *, markov: bool = True) -> DenseState:
    """Return the process at t = 0 from the law p of x0, which can be wherever `possible` says, or p > 0.

    An x0 that has less than LEAST is left out: it adds less than DIM to any sum.
    """
    possible = p > 0 if possible is None else possible
    rows = p >= LEAST
    Q_bar = np.eye(len(p))[rows]
    D = Q_bar - p
    D[np.arange(len(D)), np.flatnonzero(rows)] = complements(p)[rows]
    spread, left_out = spread_of(D, p[rows]), DIM * int(np.count_nonzero(possible & ~rows))
    return DenseState(
        0, None, None, p[rows], p, possible, D, spread, first_error(spread), Q_bar,
        reach=None if left_out else Q_bar > 0, left_out=left_out, vanished=possible.sum() == 1, markov=markov,
    )  # fmt: skip


def following(before: DenseState, Q: Floats, chain: Chain, t: int) -> DenseState:
    """Return the process one step on."""
    p = before.p @ Q
    p /= p.sum()
    possible = _reached(p, before.possible, Q)
    Q_bar = None if before.Q_bar is None else _normalised(before.Q_bar @ Q)
    reach = None if before.reach is None or Q_bar is None else through(before.reach, Q > 0)
    vanished = before.vanished or forgets_all(chain, t, Q, before.possible)
    W = Q if vanished else step_of(chain, t, Q, before.possible)
    nothing = vanished or before.unresolved
    D = np.zeros_like(before.D) if nothing else project(before.D @ W, before.p0, p)
    error = np.zeros_like(before.error) if vanished else next_error(before.error, before.spread, W, p, t)
    spread = np.zeros_like(p) if nothing else spread_of(D, before.p0)
    unresolved = not vanished and (before.unresolved or is_rounding(spread, error, p))
    if unresolved and not before.unresolved:
        D, error, spread = np.zeros_like(D), error + spread, np.zeros_like(p)
    if Q_bar is not None and (Q_bar > SHARP * p).all():
        Q_bar = reach = None
    beta = chain.betas[t - 1] if chain.betas else None
    return DenseState(
        t, beta, Q, before.p0, p, possible, D, spread, error, Q_bar,
        reach=reach, W=W, left_out=before.left_out, vanished=vanished, unresolved=unresolved,
    )  # fmt: skip


def step_of(chain: Chain, t: int, Q: Floats, possible: Flags) -> Floats:
    """Return Q_t, or Q_t less one of its rows where those that x_{t−1} can be in are nearly equal."""
    if not are_near(Q, possible):
        return Q
    return differences(chain.transition(t).dense, int(possible.argmax()))


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


def is_rounding(spread: Floats, error: Floats, p: Floats) -> bool:
    """Return whether D, of that spread, may be rounding, or is below float64's range."""
    there = p > LEAST
    root = np.sqrt(p[there])
    left = float((spread[there] / root).max(initial=0.0))
    return left < GONE or float((size(error)[there] / root).max(initial=0.0)) > UNRESOLVED * left


def forgets_all(chain: Chain, t: int, Q: Floats, possible: Flags) -> bool:
    """Return whether the rows of Q_t that x_{t−1} can be in are the same: asked of the rationals where it seems so."""
    places = np.flatnonzero(possible)
    first, others = places[0], places[1:]
    if any((Q[i] != Q[first]).any() for i in others):
        return False
    table = chain.transition(t).dense.table
    return all(table[i] == table[first] for i in others)


def _remembering(chain: Chain, now: DenseState) -> Iterator[DenseState]:
    """With memory: row k of Q̄_t goes by its own matrix, and D_t by nothing else than Q̄_t − 1p_t."""
    given = np.array([array(M) for k, M in enumerate(chain.by_source) if chain.data.weights[k]])
    Q_bar, reach = np.eye(chain.K)[now.possible], np.eye(chain.K, dtype=bool)[now.possible]
    steps = given > 0
    for t in range(1, chain.T + 1):
        Q_bar = _normalised(np.einsum("kj,kji->ki", Q_bar, given))
        reach = np.einsum("kj,kji->ki", reach, steps)
        p = now.p0 @ Q_bar
        possible: Flags = reach.any(axis=0)
        yield DenseState(
            t, None, None, now.p0, p, possible, Q_bar - p, now.spread, now.error, Q_bar,
            reach=reach, vanished=now.vanished, markov=False,
        )  # fmt: skip


def steps(chain: Chain) -> Iterator[Floats]:
    """Return Q_1, …, Q_T of a Markov chain, each entry rounded once or twice."""
    last = None
    for beta in chain.strengths:
        if last is None or last[0] != beta:
            last = beta, chain.kernel.floats(beta)
        yield last[1]


def array(step: Dense) -> Floats:
    """Return the entries, each rounded once."""
    return np.array(step.floats())


def vector(row: RationalMatrix) -> Floats:
    """Return a row vector, each entry rounded once."""
    d = int(row.d)
    return np.array([int(n) / d for n in row.N.entries()])


def law_of_data(chain: Chain) -> RationalMatrix:
    """Return p_0, exactly."""
    return chain.at(0).data


def _shares(weights: tuple[int, ...], total: int) -> Floats:
    return np.array([w / total for w in weights])


def reached_from(chain: Chain, i: int) -> Flags:
    """Return where x_T can be from x_0 = i, by patterns alone."""
    found: Flags = np.arange(chain.K) == i
    if chain.kernel.rank_one_target is not None:
        last = list(_forgotten(chain))[-1]
        return (found & (last.alpha_bar > 0)) | ((last.pi > 0) & (last.alpha_bar < 1))
    for Q in steps(chain):
        found = np.any(Q[found] > 0, axis=0)
    return found


def is_kept(chain: Chain, law: RationalMatrix) -> bool:
    """Return whether every step preserves the law, exactly."""
    return chain.kernel.preserves(law, chain.strengths)


def is_consistent(chain: Chain, model: ReverseModel, prior: RationalMatrix | None) -> bool:
    """Return whether the model is the chain reversed, begun from a belief that every step keeps: then L = NLL."""
    belief = model.belief
    return belief is not None and prior is not None and prior == belief and is_kept(chain, belief)


def last_of(chain: Chain) -> FloatState:
    """Return the process at T, of which only p_T is right: by vectors alone, the deviation left out."""
    if chain.kernel.rank_one_target is not None:
        return list(_forgotten(chain))[-1]
    if not chain.is_markov:
        return list(_followed(chain))[-1]
    p = vector(law_of_data(chain))
    possible: Flags = p > 0
    for Q in steps(chain):
        p = p @ Q
        p /= p.sum()
        possible = _reached(p, possible, Q)
    nothing = np.zeros((0, chain.K))
    return DenseState(chain.T, None, None, p[:0], p, possible, nothing, np.zeros_like(p), nothing, None)
