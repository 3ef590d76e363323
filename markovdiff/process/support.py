"""Where x_t can be, and what a reverse model holds possible: patterns, for arithmetics that have no exact zero.

What is infinite or undefined, and where, is known from patterns whatever a rounding or an underflow does to the
numbers. Each kind of reverse model says what its own pattern is (`reverse`); a model that does not has the zeros of its
exact rows. The rows of a `SupportPattern` belong to the x0 that the model speaks of: those of the data, or all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from markovdiff.arithmetic.arrays import Flags
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.cached import cached_property
from markovdiff.errors import InternalError
from markovdiff.process.chain import Chain
from markovdiff.process.reverse.model import ReverseModel
from markovdiff.process.reverse.rows import Row


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

    @cached_property
    def back(self) -> Flags:
        """Where Q_t[i, j] > 0, a row for each j. Raises InternalError at t = 0."""
        if self.step is None:
            raise InternalError("there is no step to t = 0")
        return self.step.T

    def reached_from(self, law: RationalMatrix) -> Flags:
        """Return where x_t can be if x0 is drawn from a law on the x0 of `rows`."""
        entries = law.N.entries()
        found: Flags = np.any(self.reach[[entries[k] != 0 for k in self.rows]], axis=0)
        return found

    def after(self, step: Flags) -> SupportPattern:
        """Return the pattern one step on."""
        reach = self.reach if self.full and step.any(axis=0).all() else through(self.reach, step)
        return SupportPattern(self.t + 1, self.rows, self.known, reach, step)


@dataclass(frozen=True, eq=False)
class ReverseSupport:
    """Where R_t[j, i] > 0, which rows there are, and whether a mixture was restricted."""

    cells: Flags
    defined: Flags
    restricted: bool = False


def support_pattern(chain: Chain, rows: Sequence[int]) -> SupportPattern:
    """Return what can be seen at t = 0."""
    known = np.array([chain.data.weights[k] > 0 for k in rows])
    return SupportPattern(0, tuple(rows), known, np.eye(chain.K, dtype=bool)[list(rows)])


class Patterns:
    """The patterns at any t: the process before and after the step, and R_t; walking on from the last t asked for."""

    def __init__(self, chain: Chain, model: ReverseModel, rows: tuple[int, ...], step: Callable[[int], Flags]) -> None:
        self.chain, self.model, self.rows, self.step = chain, model, rows, step
        self._start()

    def _start(self) -> None:
        self.now = support_pattern(self.chain, self.rows)
        self.found: tuple[SupportPattern, SupportPattern, ReverseSupport] | None = None

    def at(self, t: int) -> tuple[SupportPattern, SupportPattern, ReverseSupport]:
        """Return of step t, 1 … T."""
        if t < self.now.t:
            self._start()
        while self.now.t < t:
            before, self.now = self.now, self.now.after(self.step(self.now.t + 1))
            self.found = before, self.now, self.model.support(self.chain, before, self.now)
        assert self.found is not None
        return self.found


def brought(table: Sequence[Row | None], *, restricted: bool = False) -> ReverseSupport:
    """Return where rows are not 0, and which there are."""
    K = len(table)
    cells = np.array([[n != 0 for n in row[0]] if row else [False] * K for row in table])
    return ReverseSupport(cells, np.array([row is not None for row in table]), restricted)


def through(a: Flags, b: Flags) -> Flags:
    """Return which pairs a path joins: the product of patterns."""
    if a.all() and b.any(axis=0).all():
        return np.ones((len(a), b.shape[1]), bool)
    found: Flags = a.astype(np.float32) @ b.astype(np.float32) > 0
    return found
