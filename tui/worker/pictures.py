"""A chain's matrices and laws as float64, for the screen alone: whole, in square blocks, or in closed form."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from math import isnan, nan

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import stochastic_ball
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.cached import cached_property
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.transition import RowParts, Transition
from tui.messages import KernelParts
from tui.worker.answers import entry_of, pair

FLOAT_BITS = 80
"""Precision of the balls that are rounded to doubles."""

TINY = 2.0**-960
"""A probability below this is not divided by as a float, which may have lost it."""


class Pictures:
    """A chain's matrices as floats, for the screen.

    Kernels are converted entry by entry from exact integers, in balls or by Python's division, which no height
    overflows; products and quotients of the floats then add a rounding each.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.p0 = floats(chain.at(0).marginal)
        self.before: Sequence[float] = self.p0
        self.step: tuple[object, list[float], bytes] = (None, [], b"")

    def matrices(self, before: Moment | None, now: Moment, p_t: Sequence[float]) -> dict[str, bytes]:
        """Return the matrices of one StepDone; to be called for t = 0, 1, … in order."""
        K, Q_bar = now.marginal.shape[1], _kernel(now.cumulative)
        joint = [p * x for i, p in enumerate(self.p0) for x in Q_bar[i * K : (i + 1) * K]]
        found = {"cumulative": _packed(Q_bar), "joint": _packed(joint)}
        if now.transition is not None and self.step[0] is not now.transition:
            Q = _kernel(now.transition)
            self.step = (now.transition, Q, _packed(Q))
        if now.transition is not None:
            found["step"] = self.step[2]
        if before is not None:
            found["reverse"] = _packed(self._reverse(before, now, p_t))
        self.before = p_t
        return found

    def _reverse(self, before: Moment, now: Moment, p_t: Sequence[float]) -> list[float]:
        """Return for each j the row q(x_{t−1} | x_t = j), NaN where x_t = j is impossible."""
        K, found = len(p_t), []
        pairs = self._pairs(before, now)
        for j, p in enumerate(p_t):
            if p >= TINY:
                found += [pair / p for pair in pairs[j::K]]
            elif now.marginal.N[0, j] == 0:
                found += [nan] * K
            else:
                exactly = entry_of(now.marginal, j)
                found += [float(pair(self.chain, before, now, i, j) / exactly) for i in range(K)]
        return found

    def _pairs(self, before: Moment, now: Moment) -> list[float]:
        """Return q(x_{t−1} = i, x_t = j), row by row."""
        if now.transition is not None:
            K, Q = len(self.before), self.step[1]
            return [p * x for i, p in enumerate(self.before) for x in Q[i * K : (i + 1) * K]]
        joint = before.cumulative.dense.matrix.rows_scaled(before.data)
        given, d = self._by_state
        products = [fmpz_mat([column]) * M for column, M in zip(joint.N.transpose().table(), given, strict=True)]
        return [x for row in products for x in floats(RationalMatrix(row, joint.d * d))]

    @cached_property
    def _by_state(self) -> tuple[list[fmpz_mat], fmpz]:
        """For each i the matrix of q(x_t = j | x_{t−1} = i, x_0 = k), row k; all over one denominator."""
        given = [M.matrix for M in self.chain.by_source]
        d = fmpz(1)
        for M in given:
            d = d.lcm(M.d)
        tables = [(M.N * (d // M.d)).table() for M in given]
        return [fmpz_mat([table[i] for table in tables]) for i in range(self.chain.K)], d


def floats(M: RationalMatrix) -> list[float]:
    """Return the entries, row by row, each rounded to the nearest double, short of a tie."""
    return [float(x) for x in stochastic_ball([(row, M.d) for row in M.table()], FLOAT_BITS).entries()]


def _kernel(W: Transition) -> list[float]:
    """Return the entries, row by row; in O(K) divisions where columns have one number off the diagonal."""
    if (parts := W.parts) is None or parts.mask is not None:
        return floats(W.dense.matrix)
    kept, whole, total = parts.keep.numerator, parts.keep.denominator, parts.target.total
    fresh = [(whole - kept) * w for w in parts.target.weights]
    found = [f / (whole * total) for f in fresh] * W.K
    found[:: W.K + 1] = [(kept * total + f) / (whole * total) for f in fresh]
    return found


def coarse(matrices: dict[str, bytes], K: int, grain: int) -> dict[str, bytes]:
    """Return the largest of each square block of `grain` states; a row is NaN throughout or nowhere."""
    found, firsts = {}, range(0, K, grain)
    for kind, packed in matrices.items():
        numbers = struct.unpack(f"<{K * K}d", packed)
        blocks: list[float] = []
        for first in firsts:
            rows = [numbers[i * K : (i + 1) * K] for i in range(first, min(first + grain, K))]
            defined = [row for row in rows if not isnan(row[0])] or rows
            most = list(map(max, zip(*defined, strict=True)))
            blocks += [max(most[j : j + grain]) for j in firsts]
        found[kind] = _packed(blocks)
    return found


def closed_forms(chain: Chain) -> Iterator[tuple[RowParts, RowParts | None]]:
    """Yield for t = 0 … T what Q̄_t and Q_t are in closed form; nothing where they are matrices of their own."""
    cumulative = chain.kernel.identity()
    if cumulative is None or cumulative.parts is None:
        return
    yield cumulative.parts, None
    for t in range(1, chain.T + 1):
        step = chain.transition(t)
        cumulative = cumulative.then(step)
        if cumulative.parts is None:
            return
        yield cumulative.parts, step.parts


def in_floats(parts: RowParts) -> KernelParts:
    """Return the shares of a closed form as floats."""
    return KernelParts(float(parts.keep), float(parts.fresh), float(parts.gone))


def _packed(numbers: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(numbers)}d", *numbers)
