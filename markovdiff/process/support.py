"""What a reverse model holds possible: the zeros of R_t, from patterns alone, for arithmetics that have no exact zero.

    bayes               R_t[j, i] > 0  ⇔  r_{t−1}[i] > 0 and Q_t[i, j] > 0
    posterior-mixture   R_t[j, i] > 0  ⇔  Q_t[i, j] > 0 and some k with p̃(k|j) > 0 reaches i at t−1 and j at t
    d3pm                the same without "and j at t"; R_1 is p̃ where `last` is "prediction"

So what is infinite or undefined, and where, is known whatever a rounding or an underflow does to the numbers. A model
of any other kind has the zeros of its exact rows. The rows of a `SupportPattern` belong to the x0 that the model speaks
of: those of the data, or all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from markovdiff.arithmetic.arrays import Flags
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


@dataclass(frozen=True, eq=False)
class SupportPattern:
    """Where x_t can be from each x0 of `rows`; `known` are the rows of the data, `step` is where Q_t > 0."""

    t: int
    rows: tuple[int, ...]
    known: Flags
    reach: Flags
    step: Flags | None = None

    @cached_property
    def possible(self) -> Flags:
        """Where p_t > 0."""
        found: Flags = np.any(self.reach[self.known], axis=0)
        return found

    @cached_property
    def full(self) -> bool:
        """Whether every x0 reaches everything."""
        return bool(self.reach.all())

    def after(self, step: Flags) -> SupportPattern:
        """One step on."""
        reach = self.reach if self.full and step.any(axis=0).all() else through(self.reach, step)
        return SupportPattern(self.t + 1, self.rows, self.known, reach, step)


@dataclass(frozen=True, eq=False)
class ReverseSupport:
    """Where R_t[j, i] > 0, which rows there are, and whether a mixture was restricted."""

    cells: Flags
    defined: Flags
    restricted: bool = False


def rows_of(chain: Chain, model: ReverseModel) -> tuple[int, ...]:
    """The x0 that a model speaks of."""
    support = chain.data.support
    if isinstance(model, Bayes) and model.belief is not None:
        believed = [n != 0 for n in model.belief.N.entries()]
        return support if not any(believed[i] for i in set(range(chain.K)) - set(support)) else tuple(range(chain.K))
    if not isinstance(model, PosteriorMixture | D3PM):
        return support
    denoiser = model.denoiser
    everywhere = isinstance(denoiser, DenoiserTable) or (isinstance(denoiser, Posterior) and denoiser.error > 0)
    return tuple(range(chain.K)) if everywhere else support


def sight(chain: Chain, rows: Sequence[int]) -> SupportPattern:
    """What can be seen at t = 0."""
    known = np.array([chain.data.weights[k] > 0 for k in rows])
    return SupportPattern(0, tuple(rows), known, np.eye(chain.K, dtype=bool)[list(rows)])


class SupportFollower:
    """Asked for t = 1, 2, … in turn; of the Bayes reverse under a belief it follows where that can be."""

    def __init__(self, chain: Chain, model: ReverseModel) -> None:
        self.chain, self.model = chain, model
        self.belief: Flags | None = None
        if isinstance(model, Bayes) and model.belief is not None:
            self.belief = np.array([n != 0 for n in model.belief.N.entries()])

    def at(self, before: SupportPattern, now: SupportPattern) -> ReverseSupport:
        """The pattern of R_t."""
        assert now.step is not None
        back: Flags = now.step.T
        match self.model:
            case Bayes():
                return self._bayes(before, back)
            case PosteriorMixture(denoiser=(Posterior() | MarginalDenoiser() | DenoiserTable()) as denoiser):
                return _mixture(denoiser, before, now, back)
            case D3PM(denoiser=(Posterior() | MarginalDenoiser() | DenoiserTable()) as denoiser):
                return _d3pm(denoiser, before, now, back, is_prediction=self.model.is_prediction(now.t))
            case ReverseTable() | Counted():
                return _brought(self.model.tables[now.t - 1])
            case Uniform():
                return ReverseSupport(np.ones_like(back), np.ones(len(back), bool))
            case _:
                exact = exact_step(self.chain, self.model, now.t)
                return _brought(exact.rows, restricted=bool(exact.restricted))

    def _bayes(self, before: SupportPattern, back: Flags) -> ReverseSupport:
        was = before.possible if self.belief is None else self.belief
        cells = was & back
        defined: Flags = np.any(cells, axis=1)
        if self.belief is not None:
            self.belief = defined
        return ReverseSupport(cells, defined)


class Patterns:
    """The patterns at any t: the process before and after the step, and R_t; walking on from the last t asked for."""

    def __init__(self, chain: Chain, model: ReverseModel, rows: tuple[int, ...], step: Callable[[int], Flags]) -> None:
        self.chain, self.model, self.rows, self.step = chain, model, rows, step
        self._start()

    def _start(self) -> None:
        self.model_at = SupportFollower(self.chain, self.model)
        self.now = sight(self.chain, self.rows)
        self.found: tuple[SupportPattern, SupportPattern, ReverseSupport] | None = None

    def at(self, t: int) -> tuple[SupportPattern, SupportPattern, ReverseSupport]:
        """Of step t, 1 … T."""
        if t < self.now.t:
            self._start()
        while self.now.t < t:
            before, self.now = self.now, self.now.after(self.step(self.now.t + 1))
            self.found = before, self.now, self.model_at.at(before, self.now)
        assert self.found is not None
        return self.found


def guessed(denoiser: KnownDenoiser, now: SupportPattern) -> tuple[Flags, Flags]:
    """Where p̃(x0 = k | x_t = j) > 0, k of the rows, and for which j it is defined."""
    K = now.reach.shape[1]
    everything = np.ones(K, bool)
    match denoiser:
        case Posterior():
            found = (now.reach & now.known[:, None]).T if denoiser.error == 0 else np.ones((K, len(now.rows)), bool)
            return found & now.possible[:, None], now.possible
        case MarginalDenoiser():
            return np.tile(now.known, (K, 1)), everything
        case DenoiserTable():
            allowed = _brought(denoiser.tables[now.t - 1])
            return allowed.cells, allowed.defined


def _mixture(denoiser: KnownDenoiser, before: SupportPattern, now: SupportPattern, back: Flags) -> ReverseSupport:
    guess, defined = guessed(denoiser, now)
    met = guess & now.reach.T
    cells = through(met, before.reach) & back
    return ReverseSupport(cells, defined & cells.any(axis=1), bool((guess & ~met).any()))


def _d3pm(
    denoiser: KnownDenoiser, before: SupportPattern, now: SupportPattern, back: Flags, *, is_prediction: bool
) -> ReverseSupport:
    guess, defined = guessed(denoiser, now)
    if is_prediction:
        cells = np.zeros_like(back)
        cells[:, list(now.rows)] = guess
        return ReverseSupport(cells, defined)
    cells = through(guess, before.reach) & back
    return ReverseSupport(cells, defined & cells.any(axis=1))


def _brought(table: Sequence[Row | None], *, restricted: bool = False) -> ReverseSupport:
    K = len(table)
    cells = np.array([[n != 0 for n in row[0]] if row else [False] * K for row in table])
    return ReverseSupport(cells, np.array([row is not None for row in table]), restricted)


def through(a: Flags, b: Flags) -> Flags:
    """Which pairs a path joins: the product of patterns."""
    if a.all() and b.any(axis=0).all():
        return np.ones((len(a), b.shape[1]), bool)
    found: Flags = a.astype(np.float32) @ b.astype(np.float32) > 0
    return found
