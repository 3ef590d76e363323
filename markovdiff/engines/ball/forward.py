"""The forward process in balls: p_t and Q̄_t enclosed at a precision that can be raised.

A ball's radius does not shrink under a stochastic matrix, but the deviation Q̄_t − 1p_t does. So what is left at a late
t costs about log2(1/deviation) bits more, and the walk is started again with more bits where they turn out to be
missing: the only cure that needs no theorem about the chain. Nothing but the last two times is held.

Q_t is exact input, rounded into balls; which of its entries are zero is followed as a pattern, for a matrix product
may put a ball around a zero. Only the rows of possible x0 are kept, unless others are asked for; and where states may
be counted from either end, Q[i, j] = Q[K−1−i, K−1−j] as a Gaussian's are, only the first half of them: the others are
these, read backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from flint import arb, arb_mat, ctx, fmpz

from markovdiff.arithmetic.arrays import Flags
from markovdiff.arithmetic.enclosure import ALONE, accuracy, product_ball, stochastic_ball
from markovdiff.errors import UnfinishedError
from markovdiff.process.chain import Chain
from markovdiff.process.kernels.kernel import enclosed

MORE_BITS = 96
"""Where precision is short, at least this many bits are added at once: each time costs a walk from the start."""

WORK = 2**43
"""K³·T·bits of a walk are at most this (some minutes), within the two limits below."""

MOST_BITS, LEAST_MOST_BITS = 16_384, 512


@dataclass(frozen=True, eq=False)
class Enclosures:
    """The process at time t in balls of `bits` bits: rows of possible x0, entries where `reach` says so, else zero.

    `W` holds the first rows; where they are not all, those that follow are the same in reverse order, read backwards.
    """

    t: int
    bits: int
    p0: list[arb]
    p: list[arb]
    W: arb_mat
    reach: Flags
    seen: dict[str, arb] = field(default_factory=dict, repr=False)

    @property
    def possible(self) -> Flags:
        """Where p_t > 0."""
        found: Flags = np.any(self.reach, axis=0)
        return found

    @property
    def rows(self) -> list[list[arb]]:
        """Q̄_t, a row for each possible x0."""
        held: list[list[arb]] = self.W.tolist()
        return held + [row[::-1] for row in reversed(held[: len(self.p0) - len(held)])]

    @property
    def weights(self) -> list[arb]:
        """What each row of `W` counts for where both readings of it come to the same: p_0, added up."""
        held, n = self.W.nrows(), len(self.p0)
        return [self.p0[i] + self.p0[n - 1 - i] if n - 1 - i >= held else self.p0[i] for i in range(held)]

    def averaged(self) -> list[arb]:
        """Return Σ_i p_0[i] Q̄_t[i, j], which is p_t[j]."""
        held, n = self.W.nrows(), len(self.p0)
        with ALONE, ctx.workprec(self.bits):
            first = (arb_mat([self.p0[:held]]) * self.W).entries()
            if held == n:
                return first
            backwards = [self.p0[n - 1 - i] if i < n - held else arb(0) for i in range(held)]
            second = (arb_mat([backwards]) * self.W).entries()
            return [x + y for x, y in zip(first, reversed(second), strict=True)]


class EnclosureRecursion:
    """A chain's enclosures at any t, at any precision up to a limit."""

    def __init__(self, chain: Chain, bits: int, rows: Sequence[int] | None = None) -> None:
        self.chain = chain
        self.bits = bits
        self.limit = max(bits, LEAST_MOST_BITS, min(MOST_BITS, WORK // (chain.K**3 * chain.T)))
        self.rows = list(chain.data.support if rows is None else rows)
        self.first = self.rows[: (len(self.rows) + 1) // 2] if self._is_mirrored() else self.rows
        self.held: list[Enclosures] = []
        self.made: tuple[object, arb_mat, Flags] | None = None
        self.contraction: tuple[object, Fraction] | None = None

    def at(self, t: int) -> Enclosures:
        """Return the process at t, with the bits that are now thought enough."""
        for state in self.held:
            if (state.t, state.bits) == (t, self.bits):
                return state
        last = max((s for s in self.held if s.bits == self.bits and s.t < t), key=lambda s: s.t, default=None)
        state = last or self._start()
        held = [state]
        while state.t < t:
            state = self._next(state)
            held = [held[-1], state]
        if not self.held or t >= self.held[-1].t - 1 or self.held[-1].bits < self.bits:
            self.held = held
        return state

    def evaluate(self, t: int, measure: Callable[[Enclosures], arb], bits: int) -> arb:
        """Return a measure at t to `bits` bits, relative. Raises UnfinishedError at the limit of precision."""
        while True:
            found = measure(self.at(t))
            short = bits - 16 - accuracy(found)
            if short <= 0 or found.is_zero():
                return found
            if self.bits >= self.limit:
                raise UnfinishedError(
                    "enclosures of this precision do not settle it", where=f"t = {t}", got=f"{self.bits} bits"
                )
            self.bits = min(self.bits + max(MORE_BITS, min(short, self.bits)), self.limit)

    def _is_mirrored(self) -> bool:
        """Whether counting the states from the other end changes neither where x0 can be nor how it moves."""
        last = self.chain.K - 1
        return self.chain.kernel.is_mirrored and self.rows == [last - i for i in reversed(self.rows)]

    def _start(self) -> Enclosures:
        chain, K = self.chain, self.chain.K
        (p,) = stochastic_ball([([fmpz(w) for w in chain.data.weights], fmpz(chain.data.total))], self.bits).tolist()
        rows = [[int(i == j) for j in range(K)] for i in self.first]
        reach = np.eye(K, dtype=bool)[self.rows]
        return Enclosures(0, self.bits, [p[i] for i in self.rows], p, arb_mat(rows), reach)

    def _next(self, before: Enclosures) -> Enclosures:
        if not self.chain.is_markov:
            return self._remembering(before)
        Q, pattern = self.step(before.t + 1)
        reach = _composed(before.reach, pattern)
        p = product_ball(arb_mat([before.p]), Q, self.bits).entries()
        W = product_ball(before.W, Q, self.bits)
        return Enclosures(before.t + 1, self.bits, before.p0, _cleared(p, np.any(reach, axis=0)), W, reach)

    def final_law(self) -> list[arb]:
        """Return the law p_T, by vectors alone where the chain is Markov."""
        if not self.chain.is_markov:
            return self.at(self.chain.T).p
        start = self._start()
        p, possible = arb_mat([start.p]), start.possible
        for t in range(1, self.chain.T + 1):
            Q, pattern = self.step(t)
            p, possible = product_ball(p, Q, self.bits), np.any(pattern[possible], axis=0)
        return _cleared(p.entries(), np.asarray(possible))

    def dobrushin(self, t: int) -> Fraction:
        """Return η(Q_t), exactly; 1 from the pattern alone where two rows are disjoint."""
        _, pattern = self.step(t)
        key = self.made and self.made[0]
        formula = self.chain.kernel.dobrushin_formula(self.chain.strength(t))
        if formula is not None:
            return formula
        if self.contraction is None or self.contraction[0] != key:
            meets = pattern.astype(np.float32) @ pattern.T.astype(np.float32)
            eta = self.chain.transition(t).dobrushin if meets.all() else Fraction(1)
            self.contraction = key, eta
        return self.contraction[1]

    def undone_by_one(self, t: int) -> bool:
        """Return whether each x_t can come from one x_{t−1} only."""
        _, pattern = self.step(t)
        return bool((pattern[self.at(t - 1).possible].sum(axis=0) <= 1).all())

    def moves_nothing(self, t: int) -> bool:
        """Return whether x_t is surely x_{t−1}: of a Markov chain, by where Q_t is not zero."""
        _, pattern = self.step(t)
        possible = self.at(t - 1).possible
        return bool((pattern[possible] == np.eye(len(possible), dtype=bool)[possible]).all())

    def forgets_all(self, t: int) -> bool:
        """Return whether the rows of Q_t that x_{t−1} can be in are one and the same, exactly."""
        places, table = np.flatnonzero(self.at(t - 1).possible), self.chain.transition(t).dense.table
        return all(table[i] == table[places[0]] for i in places[1:])

    def step(self, t: int) -> tuple[arb_mat, Flags]:
        """Return Q_t in balls, and where it is not zero; kept while the kernel stays the same."""
        beta = self.chain.strength(t)
        if self.made is None or self.made[0] != (beta, self.bits):
            made = self.chain.kernel.own_balls(beta, self.bits) or enclosed(self.chain.transition(t).dense, self.bits)
            self.made = ((beta, self.bits), *made)
        return self.made[1], self.made[2]

    def _remembering(self, before: Enclosures) -> Enclosures:
        """Row k of Q̄_t goes by its own matrix."""
        rows, reach = [], []
        for row, reached, k in zip(before.W.tolist(), before.reach, self.rows, strict=True):
            M, pattern = enclosed(self.chain.by_source[k], self.bits)
            rows.append(product_ball(arb_mat([row]), M, self.bits).entries())
            reach.append(_composed(reached[None, :], pattern)[0])
        W, pattern = arb_mat(rows), np.array(reach)
        p = product_ball(arb_mat([before.p0]), W, self.bits).entries()
        return Enclosures(before.t + 1, self.bits, before.p0, _cleared(p, np.any(pattern, axis=0)), W, pattern)


def _composed(reach: Flags, pattern: Flags) -> Flags:
    if reach.all() and pattern.any(axis=0).all():
        return reach
    found: Flags = reach.astype(np.float32) @ pattern.astype(np.float32) > 0
    return found


def _cleared(p: list[arb], possible: Flags) -> list[arb]:
    zero = arb(0)
    return [x if there else zero for x, there in zip(p, possible, strict=True)]


def states(walk: EnclosureRecursion) -> Iterator[Enclosures]:
    """Return the process at t = 0, 1, …, T."""
    for t in range(walk.chain.T + 1):
        yield walk.at(t)
