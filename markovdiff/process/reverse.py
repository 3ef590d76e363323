"""Reverse models: R_t[j, i] = p_θ(x_{t−1} = i | x_t = j), exactly, row by row.

    bayes               q(x_{t−1} | x_t) itself, or under another belief r(x0) than the data
    posterior-mixture   Σ_k q(x_{t−1} | x_t, x0 = k) p̃(x0 = k | x_t)
    d3pm                ∝ Σ_k q(x_{t−1}, x_t | x0 = k) p̃(x0 = k | x_t)     Austin et al. 2021, eq. 4
    counted             relative frequencies in n sampled trajectories, with additive smoothing
    uniform, table      1/K everywhere; rows brought by the user

The two mixtures take a denoiser p̃: the true posterior mixed with ε/K, the data distribution, or a
table. They are not the same model: the k-th term of eq. 4 lacks the division by q(x_t | x0 = k), and so
eq. 4 is not in general the Bayes reverse when p̃ is the true posterior. The mixture then is. At t = 1 the model is
p̃(x0 | x_1) itself or eq. 4 once more: `last` says which.

A row that conditions on what the model holds impossible is None: undefined, never patched. In the
mixture the k that cannot reach x_t = j have no posterior; p̃ is restricted to the others and rescaled, and
`restricted` says that this happened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Literal, Protocol, TypeAlias

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import over_common_denominator, shown
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain, Moment

Row: TypeAlias = "tuple[list[fmpz], fmpz]"
"""A distribution as numerators over their sum."""

MAX_DRAWS = 20_000_000
"""Transitions that a counted model may sample."""


@dataclass(frozen=True, eq=False)
class ReverseStep:
    """R_t: for each j a row, or None where it is undefined; and where a mixture was restricted."""

    rows: tuple[Row | None, ...]
    restricted: tuple[int, ...] = ()

    __repr__ = in_a_line
    __reduce__ = from_fields

    def fractions(self) -> tuple[tuple[Fraction, ...] | None, ...]:
        """The rows as Fractions."""
        return tuple(row and tuple(Fraction(int(n), int(row[1])) for n in row[0]) for row in self.rows)


class ReverseModel(Protocol):
    """Something that makes R_t from the process at t−1 and t."""

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """R_t."""

    @property
    def is_bayes(self) -> bool:
        """Whether R_t is q(x_{t−1} | x_t) by definition."""


@dataclass(frozen=True, eq=False)
class Bayes:
    """q(x_{t−1} | x_t), under the data or under another belief about x0 (a row vector)."""

    belief: RationalMatrix | None = None

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def is_bayes(self) -> bool:
        """True unless it holds another belief."""
        return self.belief is None

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """R_t[j, i] ∝ p_{t−1}[i] Q_t[i, j]."""
        p = before.marginal if self.belief is None else before.cumulative.push(self.belief)
        return ReverseStep(tuple(_row(column) for column in _columns(_scaled(p, _step_table(now)))))


def exact_step(chain: Chain, model: ReverseModel, t: int) -> ReverseStep:
    """R_t of any model from the exact process: what an arithmetic uses that has no formula of its own for the model."""
    before = chain.at(t - 1)
    return model.step(before, chain.at(t))


class Denoiser(Protocol):
    """p̃(x0 | x_t)."""

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """For each j the distribution p̃(· | x_t = j), or None where it is undefined."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """(1−ε)·q(x0 | x_t) + ε/K."""

    error: Fraction = Fraction(0)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """Undefined where x_t = j is impossible: so is q(x0 | x_t = j)."""
        a, b = self.error.numerator, self.error.denominator
        K = now.cumulative.K
        joint = _columns(_scaled(now.data, now.cumulative.dense.table))
        return tuple((row := _row(column)) and _row([(b - a) * K * n + a * row[1] for n in row[0]]) for column in joint)


@dataclass(frozen=True, eq=False)
class MarginalDenoiser:
    """q(x0), whatever x_t is."""

    __repr__ = in_a_line
    __reduce__ = from_fields

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """The same row for each j."""
        return (_row(now.data.table()[0]),) * now.cumulative.K


@dataclass(frozen=True, eq=False)
class DenoiserTable:
    """p̃ given outright: one K × K table a step; `notes` says what was done to it as it was read."""

    tables: tuple[tuple[Row | None, ...], ...]
    notes: tuple[str, ...] = ()

    __repr__ = in_a_line
    __reduce__ = from_fields

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """The table of step t."""
        return self.tables[now.t - 1]


KnownDenoiser: TypeAlias = Posterior | MarginalDenoiser | DenoiserTable
"""The denoisers for which balls and float64 have formulas; a mixture of any other is computed from its exact rows."""


@dataclass(frozen=True, eq=False)
class PosteriorMixture:
    """Σ_k q(x_{t−1} | x_t, x0 = k) p̃(x0 = k | x_t): exact where p̃ is the true posterior."""

    denoiser: Denoiser
    is_bayes: bool = field(default=False, init=False)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """R_t[j, i] = Σ_k p̃_k Q̄_{t−1}[k, i] Q_t[i, j] / Q̄_t[k, j] over the k that reach j."""
        reached = _columns(now.cumulative.dense.table)
        rows: list[Row | None] = []
        restricted: list[int] = []
        for j, guess in enumerate(self.denoiser.given(now)):
            if guess is None:
                rows.append(None)
                continue
            if any(g != 0 and n == 0 for g, n in zip(guess[0], reached[j], strict=True)):
                restricted.append(j)
            weights = _over_each(guess[0], reached[j])
            rows.append(_weighted(weights, before, now, j))
        return ReverseStep(tuple(rows), tuple(restricted))


@dataclass(frozen=True, eq=False)
class D3PM:
    """∝ Σ_k q(x_{t−1}, x_t | x0 = k) p̃(x0 = k | x_t) for t ≥ 2.

    `last` says what the last step backward, t = 1, is: p̃(x0 | x_1) itself (`prediction`: D3PM's code for images), or
    the same formula (`formula`: its code for text).
    """

    denoiser: Denoiser
    last: Literal["prediction", "formula"] = "prediction"
    is_bayes: bool = field(default=False, init=False)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def is_prediction(self, t: int) -> bool:
        """Say whether R_t is p̃ itself."""
        return t == 1 and self.last == "prediction"

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """R_t[j, i] ∝ Q_t[i, j] Σ_k p̃_k Q̄_{t−1}[k, i]."""
        guesses = self.denoiser.given(now)
        if self.is_prediction(now.t):
            return ReverseStep(guesses)
        return ReverseStep(tuple(g and _weighted(g[0], before, now, j) for j, g in enumerate(guesses)))


@dataclass(frozen=True, eq=False)
class Uniform:
    """1/K everywhere."""

    is_bayes: bool = field(default=False, init=False)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def step(self, _before: Moment, now: Moment) -> ReverseStep:
        """R_t[j, i] = 1/K."""
        K = now.cumulative.K
        return ReverseStep((([fmpz(1)] * K, fmpz(K)),) * K)


@dataclass(frozen=True, eq=False)
class ReverseTable:
    """R_t given outright; `notes` says what was done to it as it was read."""

    tables: tuple[tuple[Row | None, ...], ...]
    notes: tuple[str, ...] = ()
    is_bayes: bool = field(default=False, init=False)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def step(self, _before: Moment, now: Moment) -> ReverseStep:
        """The table of step t."""
        return ReverseStep(self.tables[now.t - 1])


@dataclass(frozen=True, eq=False)
class Counted:
    """What a table learns from n sampled forward trajectories; sampled when first asked.

    R_t[j, i] = (n_t(i → j) + s) / (n_t(· → j) + K·s); undefined where both are zero. Sampling uses
    nothing of Python's generator but `random()`, the one method whose sequence for a seed is guaranteed
    not to change: its 53 bits are compared with the exact cumulative probabilities.
    """

    chain: Chain
    trajectories: int
    smoothing: Fraction
    seed: int
    is_bayes: bool = field(default=False, init=False)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def __post_init__(self) -> None:
        if self.trajectories * self.chain.T > MAX_DRAWS:
            raise LimitError(
                "too many transitions to sample",
                where="reverse.model.trajectories",
                expected=f"trajectories × steps at most {MAX_DRAWS}",
                got=f"{shown(self.trajectories)} × {self.chain.T}",
            )
        if self.chain.T * self.chain.K**2 > MAX_DRAWS:
            raise LimitError(
                "too large a table to count into",
                where="reverse.model",
                expected=f"T·K² at most {MAX_DRAWS}",
                got=f"{self.chain.T} × {self.chain.K}²",
            )

    def step(self, _before: Moment, now: Moment) -> ReverseStep:
        """The table of step t."""
        return ReverseStep(self.tables[now.t - 1])

    @cached_property
    def tables(self) -> tuple[tuple[Row | None, ...], ...]:
        """R_1 … R_T."""
        random = Random(self.seed)  # noqa: S311  (sampling, not secrets)
        a, b = self.smoothing.numerator, self.smoothing.denominator
        K = self.chain.K
        data = self.chain.at(0).data
        start = _thresholds(data.table()[0], data.d)
        places = [_draw(start, random) for _ in range(self.trajectories)]
        tables = []
        for t in range(1, self.chain.T + 1):
            step = self.chain.transition(t).dense
            limits = [_thresholds(row, step.matrix.d) for row in step.table]
            counts = [[0] * K for _ in range(K)]
            for n, i in enumerate(places):
                places[n] = j = _draw(limits[i], random)
                counts[j][i] += 1
            tables.append(tuple(_row([fmpz(b * c + a) for c in row]) for row in counts))
        return tuple(tables)


_GRID = 2**53
"""Python's `random()` is a multiple of 1/2^53."""


def _thresholds(numerators: Sequence[fmpz], total: fmpz) -> list[int]:
    """⌈2^53·P(x ≤ k)⌉ for k = 0 … K−2: the state drawn is the number of them at or below 2^53·u."""
    return [-int(-_GRID * c // total) for c in accumulate(numerators)][:-1]


def _draw(thresholds: list[int], random: Random) -> int:
    return bisect_right(thresholds, int(random.random() * _GRID))


def row_of(probabilities: Sequence[Fraction]) -> Row:
    """A distribution of Fractions as numerators over their sum."""
    numerators, _ = over_common_denominator(probabilities)
    row = _row([fmpz(n) for n in numerators])
    assert row is not None
    return row


def _row(numerators: Sequence[fmpz]) -> Row | None:
    total = sum(numerators, fmpz(0))
    return (list(numerators), total) if total != 0 else None


def _columns(table: Sequence[Sequence[fmpz]]) -> list[tuple[fmpz, ...]]:
    return list(zip(*table, strict=True))


def _scaled(p: RationalMatrix, table: Sequence[Sequence[fmpz]]) -> list[list[fmpz]]:
    """Numerators of p[i]·table[i][j]."""
    return [[a * n for n in row] for a, row in zip(p.table()[0], table, strict=True)]


def _step_table(now: Moment) -> list[list[fmpz]]:
    assert now.transition is not None
    return now.transition.dense.table


def _over_each(guess: Sequence[fmpz], reached: Sequence[fmpz]) -> list[fmpz]:
    """guess[k]/reached[k] over one denominator, with 0 where reached[k] = 0."""
    common = fmpz(1)
    for g, n in zip(guess, reached, strict=True):
        if g != 0 and n != 0:
            common = common.lcm(n // n.gcd(g))
    return [g * common // n if n != 0 else fmpz(0) for g, n in zip(guess, reached, strict=True)]


def _weighted(weights: Sequence[fmpz], before: Moment, now: Moment, j: int) -> Row | None:
    """∝ Q_t[i, j] Σ_k w_k Q̄_{t−1}[k, i]."""
    mixed = (fmpz_mat([list(weights)]) * before.cumulative.dense.matrix.N).entries()
    return _row([row[j] * m for row, m in zip(_step_table(now), mixed, strict=True)])
