"""What a table learns from n sampled forward trajectories: relative frequencies with additive smoothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from random import Random
from typing import Annotated, ClassVar

from flint import fmpz
from msgspec import Meta

from markovdiff.arithmetic.rational import shown, text
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.reverse.model import ReverseModel
from markovdiff.process.reverse.rows import Rows, row, written
from markovdiff.process.reverse.spec import WHERE, ModelSetting, ModelSpec
from markovdiff.process.reverse.table import Tabled

MAX_DRAWS = 20_000_000
"""Transitions that a counted model may sample."""

_GRID = 2**53
"""Python's `random()` is a multiple of 1/2^53."""


@dataclass(frozen=True, eq=False)
class Counted(Tabled):
    """What a table learns from n sampled forward trajectories; sampled when first asked.

    R_t[j, i] = (n_t(i → j) + s) / (n_t(· → j) + K·s); undefined where both are zero. Sampling uses
    nothing of Python's generator but `random()`, the one method whose sequence for a seed is guaranteed
    not to change: its 53 bits are compared with the exact cumulative probabilities.
    """

    chain: Chain
    trajectories: int
    smoothing: Fraction
    seed: int

    __repr__ = in_a_line
    __reduce__ = from_fields

    def __post_init__(self) -> None:
        if self.trajectories * self.chain.T > MAX_DRAWS:
            raise LimitError(
                "too many transitions to sample",
                where=f"{WHERE}.trajectories",
                expected=f"trajectories × steps at most {MAX_DRAWS}",
                got=f"{shown(self.trajectories)} × {self.chain.T}",
            )
        if self.chain.T * self.chain.K**2 > MAX_DRAWS:
            raise LimitError(
                "too large a table to count into",
                where=WHERE,
                expected=f"T·K² at most {MAX_DRAWS}",
                got=f"{self.chain.T} × {self.chain.K}²",
            )

    @property
    def draws(self) -> int:
        """Return trajectories × T."""
        return self.trajectories * self.chain.T

    @cached_property
    def tables(self) -> tuple[Rows, ...]:
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
            limits = [_thresholds(line, step.matrix.d) for line in step.table]
            counts = [[0] * K for _ in range(K)]
            for n, i in enumerate(places):
                places[n] = j = _draw(limits[i], random)
                counts[j][i] += 1
            tables.append(tuple(row([fmpz(b * c + a) for c in line]) for line in counts))
        return tuple(tables)


def _thresholds(numerators: Sequence[fmpz], total: fmpz) -> list[int]:
    """⌈2^53·P(x ≤ k)⌉ for k = 0 … K−2: the state drawn is the number of them at or below 2^53·u."""
    return [-int(-_GRID * c // total) for c in accumulate(numerators)][:-1]


def _draw(thresholds: list[int], random: Random) -> int:
    return bisect_right(thresholds, int(random.random() * _GRID))


class CountedSpec(ModelSpec, frozen=True, tag="counted"):
    """Relative frequencies in sampled forward trajectories."""

    trajectories: Annotated[int, Meta(ge=1)]
    smoothing: Fraction | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0

    rank: ClassVar[int] = 3

    def model(self, setting: ModelSetting) -> Counted:
        """Return the model. Raises InputError for a negative smoothing, LimitError for too many transitions."""
        smoothing = Fraction(1) if self.smoothing is None else self.smoothing
        if smoothing < 0:
            raise InputError("negative smoothing", where=f"{WHERE}.smoothing", expected="≥ 0", got=shown(smoothing))
        return Counted(setting.chain, self.trajectories, smoothing, self.seed)

    def record(self, model: ReverseModel, chain: Chain) -> dict[str, object]:
        """Return what was sampled, and the rows that were counted."""
        assert isinstance(model, Counted)
        return {**self.keys(), "smoothing": text(model.smoothing), "rows": [written(rows) for rows in model.tables]}
