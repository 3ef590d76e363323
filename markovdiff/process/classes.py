"""The classes of one transition matrix: which states lead to each other, which cannot be left, and with which period.

    i → j         Q^n[i, j] > 0 for some n ≥ 0;  i and j communicate where i → j and j → i
    closed        no state outside can be reached; each closed class carries one stationary law
    period        the greatest common divisor of all n with Q^n[i, i] > 0; none where no n > 0 is one

Only zeros matter here, so all of it is exact. (Norris, Markov Chains, 1997, sections 1.2 and 1.8.)
This is the definition, on any matrix; a shape of matrix that knows its classes says so itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.rational import to_fraction

if TYPE_CHECKING:
    from markovdiff.process.transition import Dense


@dataclass(frozen=True)
class CommunicatingClass:
    """States that lead to each other; `period` is None for a state that the chain never comes back to."""

    states: tuple[int, ...]
    is_closed: bool
    period: int | None


def communicating_classes(support: Sequence[Sequence[bool]]) -> tuple[CommunicatingClass, ...]:
    """Return the communicating classes of a matrix with these entries above zero, in the order of their first states.

    >>> communicating_classes([[False, True], [True, False]])
    (CommunicatingClass(states=(0, 1), is_closed=True, period=2),)
    """
    reach = reachable(support)
    K = len(support)
    found: dict[int, tuple[int, ...]] = {}
    for i in range(K):
        both = tuple(j for j in range(K) if reach[i] >> j & 1 and reach[j] >> i & 1)
        found.setdefault(both[0], both)
    return tuple(
        CommunicatingClass(states, reach[first] == sum(1 << j for j in states), _period(support, states))
        for first, states in sorted(found.items())
    )


def reachable(support: Sequence[Sequence[bool]]) -> list[int]:
    """Return for each state, as bits, the states that it leads to, itself among them."""
    reach = [sum(1 << j for j, there in enumerate(row) if there) | 1 << i for i, row in enumerate(support)]
    for k, _ in enumerate(reach):
        through = reach[k]
        for i, seen in enumerate(reach):
            if seen >> k & 1:
                reach[i] |= through
    return reach


def _period(support: Sequence[Sequence[bool]], states: Sequence[int]) -> int | None:
    """Return the gcd of level(i) + 1 − level(j) over all edges i → j of the class, by breadth-first search."""
    inside = set(states)
    level = {states[0]: 0}
    queue = [states[0]]
    found = 0
    for i in queue:
        for j in inside:
            if not support[i][j]:
                continue
            if j not in level:
                level[j] = level[i] + 1
                queue.append(j)
            found = gcd(found, level[i] + 1 - level[j])
    return found or None


def absorbed(step: Dense, classes: Sequence[CommunicatingClass]) -> list[list[Fraction]]:
    """Return for each state the probabilities of ending in each closed class, in their order.

    They solve h = Qh with h = 1 on that class and 0 on the other closed ones.
    """
    closed = [c for c in classes if c.is_closed]
    inside = [i for c in classes if not c.is_closed for i in c.states]
    ends = [[Fraction(0)] * len(closed) for _ in range(step.K)]
    for n, c in enumerate(closed):
        for i in c.states:
            ends[i][n] = Fraction(1)
    if inside:
        table, d = step.table, step.matrix.d
        left = fmpz_mat([[(d if i == j else fmpz(0)) - table[i][j] for j in inside] for i in inside])
        right = fmpz_mat([[sum((table[i][j] for j in c.states), fmpz(0)) for c in closed] for i in inside])
        solution = left.solve(right)
        for row, i in enumerate(inside):
            ends[i] = [to_fraction(solution[row, n]) for n in range(len(closed))]
    return ends


def interchangeable(table: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of two or more states of which any two can trade places without changing Q.

    Trading i and j leaves Q alone where Q_ii = Q_jj, Q_ij = Q_ji, and Q_ik = Q_jk, Q_ki = Q_kj for every other k.
    Two such exchanges make a third, so the states fall into groups.
    """
    columns = list(map(list, zip(*table, strict=True)))
    found: dict[object, list[list[int]]] = {}
    for i, (row, column) in enumerate(zip(table, columns, strict=True)):
        same = found.setdefault((row[i], tuple(sorted(row)), tuple(sorted(column))), [])
        group = next((g for g in same if _may_trade(table, columns, g[0], i)), None)
        if group is None:
            same.append([i])
        else:
            group.append(i)
    return tuple(sorted(tuple(g) for same in found.values() for g in same if len(g) > 1))


def _may_trade(table: list[list[int]], columns: list[list[int]], i: int, j: int) -> bool:
    def but(line: list[int]) -> list[int]:
        return line[:i] + line[i + 1 : j] + line[j + 1 :]

    return (
        table[i][i] == table[j][j]
        and table[i][j] == table[j][i]
        and but(table[i]) == but(table[j])
        and but(columns[i]) == but(columns[j])
    )
