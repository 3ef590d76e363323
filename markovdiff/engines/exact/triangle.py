"""The whole data-processing triangle: I(x_s; x_u) ≤ min(I(x_s; x_t), I(x_t; x_u)) for s ≤ t ≤ u.

Only neighbours need comparing, I(x_s; x_u) with I(x_s; x_{u−1}) and with I(x_{s+1}; x_u); the rest
follows. Signs come from enclosures; where one does not settle it, equality is asked of integers:

    I(x_s; x_{u−1}) − I(x_s; x_u) = I(x_s; x_{u−1} | x_u)      zero ⇔ x_s ⟂ x_{u−1} given x_u
    I(x_{s+1}; x_u) − I(x_s; x_u) = I(x_{s+1}; x_u | x_s)      zero ⇔ x_{s+1} ⟂ x_u given x_s

for a Markov chain; with memory, of the exact forms. Long chains are looked at on evenly spaced times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Protocol, TypeAlias, TypeVar

from markovdiff.arithmetic.enclosure import sign_of
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.cached import cached_property
from markovdiff.engines.exact.information import independent_given_next
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.information import information_of
from markovdiff.process.chain import Chain
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Dense, Transition

P = TypeVar("P", bound="Informed")
Equality: TypeAlias = Callable[[P, P], bool | None]

MOST_TIMES = 64
"""A chain with more steps than this is looked at on this many evenly spaced times."""


class Informed(Protocol):
    """Two times, and what the one says about the other."""

    @property
    def information(self) -> Quantity:
        """I(x_s; x_u)."""


@dataclass(frozen=True, eq=False)
class TimePair:
    """x_s and x_u: the law of the first and the kernel to the second."""

    source: RationalMatrix
    kernel: Transition

    @cached_property
    def information(self) -> Quantity:
        """I(x_s; x_u)."""
        return information_of(self.kernel.deviation(self.source))

    @property
    def support(self) -> list[int]:
        """The states that x_s can be in."""
        return [i for i, n in enumerate(self.source.N.entries()) if n != 0]


def times_of(T: int) -> list[int]:
    """Return the times compared: all of 0 … T, or MOST_TIMES of them from 0 to T where T is larger."""
    if T <= MOST_TIMES:
        return list(range(T + 1))
    return [round(Fraction(k * T, MOST_TIMES - 1)) for k in range(MOST_TIMES)]


def pairs_of(T: int) -> int:
    """Return how many pairs of times are compared."""
    return len(times_of(T)) ** 2 // 2


def triangle(chain: Chain, tick: Callable[[float], None] = lambda _share: None) -> Finding:
    """Return the verdict on every triangle; `tick` is told the share of the work that is done."""
    columns = _columns(chain, times_of(chain.T))
    return compared(chain.T, columns, partial(_later_equal, chain), partial(_inner_equal, chain), tick)


def compared(
    T: int, columns: Iterable[list[P]], later: Equality[P], inner: Equality[P], tick: Callable[[float], None]
) -> Finding:
    """Return the verdict, from the pairs (s, u), for all s ≤ u, of each u in turn.

    `later` is asked, of (s, u−1) and (u−1, u), whether the first of the two equalities holds; `inner` whether the
    second does, of (s, s+1) and (s+1, u).
    """
    times = times_of(T)
    looked = f"0…{T}" if T <= MOST_TIMES else f"{len(times)} evenly spaced times of 0…{T}"
    neighbours: list[P] = []
    before: list[P] = []
    for u, column in enumerate(columns):
        if u:
            neighbours.append(column[u - 1])
        for s in range(u - 1, -1, -1):
            if _sign(before[s], column[s], later, before[s], neighbours[-1]) < 0:
                return _violated((times[s], times[u]), (times[s], times[u - 1]))
            if _sign(column[s + 1], column[s], inner, neighbours[s], column[s + 1]) < 0:
                return _violated((times[s], times[u]), (times[s + 1], times[u]))
        before = column
        tick(((u + 1) / len(times)) ** 2)
    return Finding("holds", "enclosure", f"I(x_s;x_u) ≤ min(I(x_s;x_t), I(x_t;x_u)) for s ≤ t ≤ u in {looked}: proved")


def _violated(larger: tuple[int, int], smaller: tuple[int, int]) -> Finding:
    (s, u), (a, b) = larger, smaller
    detail = f"I(x_{s};x_{u}) > I(x_{a};x_{b}): the triangle is violated, proved"
    return Finding("violated", "enclosure", detail, {"s": s, "t": b if a == s else a, "u": u})


def _sign(larger: P, smaller: P, equal: Equality[P], first: P, then: P) -> int:
    """Return the sign of a difference: by a first enclosure, else after asking whether it vanishes."""
    difference = larger.information.minus(smaller.information)
    if sign := sign_of(difference.ball(FIRST_BITS)):
        return sign
    return larger.information.minus(smaller.information, zero=equal(first, then)).sign()


def _later_equal(chain: Chain, pair: TimePair, step: TimePair) -> bool | None:
    """Whether x_s ⟂ x_{u−1} given x_u, from (s, u−1) and (u−1, u); None for a process with memory."""
    if not chain.is_markov:
        return None
    marginal = step.kernel.push(step.source).N.entries()
    return independent_given_next(pair.kernel, step.kernel, pair.support, marginal)


def _inner_equal(chain: Chain, step: TimePair, pair: TimePair) -> bool | None:
    """Whether x_{s+1} ⟂ x_u given x_s, from (s, s+1) and (s+1, u).

    Given x_s = i the rows of the second kernel that i can reach must be one and the same.
    """
    if not chain.is_markov:
        return None
    if isinstance(pair.kernel, IdentityPlusRankOne) and pair.kernel.keep == 0:
        return True
    rows = pair.kernel.dense.table
    reached = ([rows[a] for a, n in enumerate(step.kernel.dense.table[i]) if n != 0] for i in step.support)
    return all(row == group[0] for group in reached for row in group)


def _columns(chain: Chain, times: list[int]) -> Iterator[list[TimePair]]:
    """For u over the times, the pairs (s, u) for all s ≤ u."""
    return _markov(chain, times) if chain.is_markov else _with_memory(chain, times)


def _markov(chain: Chain, times: list[int]) -> Iterator[list[TimePair]]:
    start = chain.at(0)
    identity, p = start.cumulative, start.data
    column = [TimePair(p, identity)]
    yield column
    for a, b in pairwise(times):
        step = chain.transition(a + 1)
        for t in range(a + 2, b + 1):
            step = step.then(chain.transition(t))
        p = step.push(p)
        column = [TimePair(pair.source, pair.kernel.then(step)) for pair in column] + [TimePair(p, identity)]
        yield column


def _with_memory(chain: Chain, times: list[int]) -> Iterator[list[TimePair]]:
    """q(x_u | x_s) = Σ_k q(x_0 = k | x_s) M_k^{u−s}, with each power kept."""
    one = RationalMatrix.identity(chain.K)
    powers: list[list[RationalMatrix]] = []
    laws: list[tuple[RationalMatrix, list[tuple[Fraction, ...] | None]]] = []
    for k, u in enumerate(times):
        if k:
            for stack in powers:
                for i, M in enumerate(chain.by_source):
                    for _ in range(u - times[k - 1]):
                        stack[i] = stack[i] @ M.matrix
        powers.append([one] * chain.K)
        laws.append((chain.at(u).marginal, list(chain.data_posterior(u))))
        yield [TimePair(p, _average(stack, posterior)) for (p, posterior), stack in zip(laws, powers, strict=True)]


def _average(stack: list[RationalMatrix], posterior: list[tuple[Fraction, ...] | None]) -> Dense:
    """Row i is Σ_k q(x_0 = k | x_s = i) (M_k^n)[i]; the rows of impossible states do not matter."""
    tables = [M.rows() for M in stack]
    K = len(stack)
    rows = []
    for i, weights in enumerate(posterior):
        w = weights or (Fraction(1),) + (Fraction(0),) * (K - 1)
        rows.append([sum((w[k] * tables[k][i][j] for k in range(K)), Fraction(0)) for j in range(K)])
    return Dense(RationalMatrix.from_rows(rows))
