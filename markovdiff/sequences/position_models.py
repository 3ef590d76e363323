"""Reverse models that treat every position by itself: R_t(x_s | x_t) = Π_l r^l(x_s^l | x_t).

    posterior-mixture   r^l = Σ_k q(x_s^l | x_t^l, x_0^l = k) p̃^l(k | x_t)
    d3pm                r^l ∝ q(x_t^l | x_s^l) Σ_k q(x_s^l | x_0^l = k) p̃^l(k | x_t)       (arXiv 2107.03006, eq. 4)

A denoiser p̃^l is a belief about x_0^l: q(x_0^l | x_t), what a perfectly trained network gives; the same with an error;
q(x_0^l | x_t^{−l}), leave-one-out (arXiv 2605.22765); q(x_0^l); or a table. The mixture with the ideal denoiser, and
d3pm with leave-one-out and the formula at every step, are one model, r^l = q(x_s^l | x_t), since x_t^{−l} and
(x_s^l, x_t^l) are independent given x_0^l.

All rows are integers with their sum left out: only their ratios count. A row that conditions on what is impossible is
None, undefined, and never patched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from typing import Literal, Protocol, TypeAlias

from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.sequences.kept_times import Jump
from markovdiff.sequences.law import SequenceLaw, Symbols, number_of
from markovdiff.sequences.surroundings import MaskedSurroundings, Positions, Surroundings

Weights: TypeAlias = "list[int]"
"""A distribution by numerators, whose sum is not 0."""


@dataclass(frozen=True, eq=False)
class PositionEvidence:
    """What is asked of one x_t at one position: what the others say of it, and one symbol's kernel to time t."""

    law: SequenceLaw
    t: int
    x: Symbols
    place: int
    around: Weights
    likelihood: Sequence[int]
    """The column of the kernel to time t, Q̄_t[k, x_t^l], over one denominator."""

    @property
    def joint(self) -> Weights:
        """The numerators of q(x_0^l = k, x_t)."""
        return [a * n for a, n in zip(self.around, self.likelihood, strict=True)]


class PositionDenoiser(Protocol):
    """p̃^l(x_0^l | x_t)."""

    @property
    def is_posterior(self) -> bool:
        """Whether it is q(x_0^l | x_t)."""

    @property
    def is_leave_one_out(self) -> bool:
        """Whether it is q(x_0^l | x_t^{−l})."""

    @property
    def keeps_what_is_lost(self) -> bool:
        """Whether under an added mask it never redraws what is unmasked, nor speaks of what cannot occur."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to its table as it was read."""

    def belief(self, seen: PositionEvidence) -> Weights | None:
        """Return p̃^l, None where it is undefined."""


@dataclass(frozen=True)
class PositionPosterior:
    """(1−ε)·q(x_0^l | x_t) + ε/K; K counts an added mask."""

    error: Fraction = Fraction(0)
    notes: tuple[str, ...] = field(default=(), init=False)
    is_leave_one_out: bool = field(default=False, init=False)

    __reduce__ = from_fields

    @property
    def is_posterior(self) -> bool:
        """Whether the error is 0."""
        return self.error == 0

    @property
    def keeps_what_is_lost(self) -> bool:
        """Whether the error is 0."""
        return self.error == 0

    def belief(self, seen: PositionEvidence) -> Weights | None:
        """Return it; undefined where x_t is impossible."""
        joint = seen.joint
        total, (a, b) = sum(joint), self.error.as_integer_ratio()
        return [(b - a) * len(joint) * n + a * total for n in joint] if total else None


@dataclass(frozen=True)
class LeaveOneOut:
    """q(x_0^l | x_t^{−l}): all that the other positions say."""

    is_posterior: bool = field(default=False, init=False)
    notes: tuple[str, ...] = field(default=(), init=False)
    is_leave_one_out: bool = field(default=True, init=False)
    keeps_what_is_lost: bool = field(default=True, init=False)

    def belief(self, seen: PositionEvidence) -> Weights | None:
        """Return it; undefined where x_t^{−l} is impossible."""
        return seen.around if any(seen.around) else None


@dataclass(frozen=True)
class PositionMarginal:
    """q(x_0^l), whatever x_t is."""

    is_posterior: bool = field(default=False, init=False)
    notes: tuple[str, ...] = field(default=(), init=False)
    is_leave_one_out: bool = field(default=False, init=False)
    keeps_what_is_lost: bool = field(default=True, init=False)

    def belief(self, seen: PositionEvidence) -> Weights:
        """Return the position's marginal."""
        return [int(w) for w in seen.law.position_marginals[seen.place].weights]


@dataclass(frozen=True, eq=False)
class PositionTable:
    """p̃ given outright, for t = 1 … T and each of the K^L sequences in order, L rows or None; `notes` says how read."""

    tables: tuple[tuple[tuple[tuple[int, ...], ...] | None, ...], ...]
    notes: tuple[str, ...] = ()
    is_posterior: bool = field(default=False, init=False)
    is_leave_one_out: bool = field(default=False, init=False)
    keeps_what_is_lost: bool = field(default=False, init=False)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def belief(self, seen: PositionEvidence) -> Weights | None:
        """Return the row of x_t's table."""
        rows = self.tables[seen.t - 1][number_of(seen.x, seen.law.K)]
        return None if rows is None else list(rows[seen.place])


class PositionModel(Protocol):
    """A way from a belief about x_0^l to r^l."""

    @property
    def denoiser(self) -> PositionDenoiser:
        """Where the belief comes from."""

    @property
    def is_ideal(self) -> bool:
        """Whether r^l = q(x_s^l | x_t) by the theorem, wherever x_t is possible."""

    @property
    def fixes(self) -> bool:
        """Whether under an added mask what no data could show stays as it is, for good."""

    def row(self, seen: PositionEvidence, jump: Jump, mixed: Mixed) -> Weights | None:
        """Return r^l; None where it is undefined."""


class Mixed(Protocol):
    """Something that sums a weight for each x_0^l to one for each x_s^l."""

    def __call__(self, weights: Weights) -> Weights:
        """Return Σ_k w_k Q̄_s[k, i] for each i."""


@dataclass(frozen=True)
class PositionMixture:
    """The posterior mixture, position by position."""

    denoiser: PositionDenoiser

    @property
    def is_ideal(self) -> bool:
        """Whether the denoiser is the true posterior."""
        return self.denoiser.is_posterior

    @property
    def fixes(self) -> bool:
        """What is unmasked comes of itself alone; it depends on the denoiser."""
        return self.denoiser.keeps_what_is_lost

    def row(self, seen: PositionEvidence, jump: Jump, mixed: Mixed) -> Weights | None:
        """Return r^l_i ∝ Q_{s→t}[i, x_t^l] Σ_k p̃_k Q̄_s[k, i] / Q̄_t[k, x_t^l] over the k that can become x_t^l."""
        belief = self.denoiser.belief(seen)
        if belief is None:
            return None
        common = lcm(*(n for n in seen.likelihood if n))
        weights = [b * (common // n) if n else 0 for b, n in zip(belief, seen.likelihood, strict=True)]
        return _arriving(weights, seen, jump, mixed)


@dataclass(frozen=True)
class PositionD3PM:
    """Equation 4 of D3PM, position by position; `last` says what the jump down to 0 is: p̃ itself, or the formula."""

    denoiser: PositionDenoiser
    last: Literal["prediction", "formula"]

    @property
    def is_ideal(self) -> bool:
        """Whether it is leave-one-out with the formula at every jump."""
        return self.denoiser.is_leave_one_out and self.last == "formula"

    @property
    def fixes(self) -> bool:
        """Whether the formula is used at every jump: a prediction may redraw what is unmasked."""
        return self.denoiser.keeps_what_is_lost and self.last == "formula"

    def row(self, seen: PositionEvidence, jump: Jump, mixed: Mixed) -> Weights | None:
        """Return r^l_i ∝ Q_{s→t}[i, x_t^l] Σ_k p̃_k Q̄_s[k, i], or p̃ itself."""
        belief = self.denoiser.belief(seen)
        if belief is None or (jump.s == 0 and self.last == "prediction"):
            return belief
        return _arriving(belief, seen, jump, mixed)


def _arriving(weights: Weights, seen: PositionEvidence, jump: Jump, mixed: Mixed) -> Weights | None:
    """∝ Q_{s→t}[i, x_t^l] Σ_k w_k Q̄_s[k, i]."""
    column = jump.columns[seen.x[seen.place]]
    row = [n * m for n, m in zip(column, mixed(weights), strict=True)]
    return row if any(row) else None


class JumpRows:
    """The rows of one jump: q(x_s^l | x_t), and the model's."""

    def __init__(self, positions: Positions, model: PositionModel, jump: Jump) -> None:
        self.positions, self.model, self.jump = positions, model, jump
        self.surroundings: Surroundings = positions.at(jump.now)
        self.before = [[int(n) for n in row] for row in jump.before.symbol.cumulative.dense.table]
        self.kernel_columns = [[int(n) for n in c] for c in zip(*jump.now.symbol.cumulative.dense.table, strict=True)]
        self.known: dict[tuple[int, ...], list[int]] = {}
        self.still = [[int(i == k) for i in range(jump.step.K)] for k in range(jump.step.K)]
        self.unmasked: dict[tuple[int, ...], Weights] = {}

    @property
    def scale(self) -> int:
        """The denominator of the numerators that `bayes` gives."""
        jump = self.jump
        kernels = int(jump.before.symbol.cumulative.dense.matrix.d) * int(jump.step.dense.matrix.d)
        return int(self.surroundings.scale) * kernels

    def mixed(self, weights: Weights) -> Weights:
        """Return Σ_k w_k Q̄_s[k, i] for each i (remembered)."""
        key = tuple(weights)
        if key not in self.known:
            used = [(w, row) for w, row in zip(weights, self.before, strict=True) if w]
            self.known[key] = [sum(w * row[i] for w, row in used) for i in range(len(weights))]
        return self.known[key]

    def bayes(self, x: Symbols) -> list[Weights]:
        """Return for each position the numerators of q(x_s^l = i, x_t = x) over `scale`; their sum is q(x_t)."""
        return [self.bayes_at(x, place) for place in range(len(x))]

    def bayes_at(self, x: Symbols, place: int) -> Weights:
        """Return the same for one position."""
        return self._arriving(x[place], self.surroundings.around(x, place))

    def _arriving(self, k: int, around: Weights) -> Weights:
        """Return Q_{s→t}[i, k] Σ_j w_j Q̄_s[j, i] for each i."""
        return [n * m for n, m in zip(self.jump.columns[k], self.mixed(around), strict=True)]

    def marginals(self) -> Iterator[tuple[Weights, int]]:
        """Yield what `bayes` gives for all x_t that are possible, each with how often it does.

        Under an added mask what is not masked is known for certain, and left out; like positions are counted.
        """
        chain, surroundings = self.positions.chain, self.surroundings
        if not isinstance(surroundings, MaskedSurroundings):
            yield from ((row, 1) for x in chain.possible(self.jump.now) for row in self.bayes(x))
            return
        for (shown, weights), times in self.positions.masked_places.items():
            yield self._arriving(surroundings.mask, surroundings.weighted(shown, weights)), times

    def evidence(self, x: Symbols, place: int) -> PositionEvidence:
        """Return what is asked of x_t = x at a position."""
        around = self.surroundings.around(x, place)
        return PositionEvidence(self.positions.chain.law, self.jump.t, x, place, around, self.kernel_columns[x[place]])

    def of_model(self, x: Symbols) -> list[Weights] | None:
        """Return for each position r^l given x_t = x; None where one is undefined."""
        chain = self.positions.chain
        mask = chain.mask
        if mask is not None and self.model.fixes and chain.is_possible(x, self.jump.now):
            return [self._unmasking(x, place) if k == mask else self.still[k] for place, k in enumerate(x)]
        if self.model.is_ideal:
            rows = self.bayes(x)
            return rows if all(map(any, rows)) else None
        found = []
        for place in range(len(x)):
            row = self.model_at(x, place)
            if row is None:
                return None
            found.append(row)
        return found

    def model_at(self, x: Symbols, place: int) -> Weights | None:
        """Return r^l at one position."""
        return self.model.row(self.evidence(x, place), self.jump, self.mixed)

    def _unmasking(self, x: Symbols, place: int) -> Weights:
        """Return r^l at a masked position of an x_t that is possible (remembered for all that have the same beside)."""
        weights = self.positions.beside(x, place)
        key = (place, *weights)
        if key not in self.unmasked:
            row = self.bayes_at(x, place) if self.model.is_ideal else self.model_at(x, place)
            assert row is not None
            common = gcd(*row)
            self.unmasked[key] = [n // common for n in row]
        return self.unmasked[key]
