"""The truth about one step of sequences, from the joint laws of x_0, x_{t−1} and x_t, state by state.

With q(k, i, j) = q(x_0 = k, x_{t−1} = i, x_t = j), k, i and j sequences, every sum over what is possible:

    I(x_0;x_t)  = H(x_0) + H(x_t) − H(x_0, x_t)
    H(x_0|x_t)  = H(x_0, x_t) − H(x_t),     H(x_t|x_0) = H(x_0, x_t) − H(x_0)
    loss        = I(x_0; x_{t−1} | x_t) = H(x_0, x_t) + H(x_{t−1}, x_t) − H(x_t) − H(x_0, x_{t−1}, x_t)

It is zero when q(x_0 | x_{t−1} = i) = q(x_0 | x_t = j) wherever i → j is possible, which is decided on rationals.
Nothing here is a sum over positions, or a polynomial in ᾱ: the triples are walked one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, product
from math import gcd, lcm

from markovdiff.audit import budget
from markovdiff.audit.facts import MINUS, ONE, entropy
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.process import Matrix, Moment, Process

MOST_TERMS = 2**20
"""Terms that η of a product kernel may take."""

Symbols = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SequenceMoment:
    """Sequences at t: `weights` of x_0, and one symbol's kernels `symbol`, C_t over D_t and N_t over d_t."""

    weights: dict[Symbols, int]
    length: int
    symbol: Moment

    @property
    def t(self) -> int:
        """The time."""
        return self.symbol.t

    @cached_property
    def joint(self) -> dict[Symbols, dict[Symbols, int]]:
        """q(x_0, x_t) as joint[x_t][x_0], over S."""
        choices = _choices(self.symbol.C)
        budget.spend(sum(2500 * _count(x0, choices) for x0 in self.weights))
        budget.hold(sum(200 * _count(x0, choices) for x0 in self.weights), for_long=False)
        found: dict[Symbols, dict[Symbols, int]] = {}
        for x0, w in self.weights.items():
            for x, n in onward(x0, choices):
                found.setdefault(x, {})[x0] = w * n
        return found

    @cached_property
    def P(self) -> dict[Symbols, int]:
        """q(x_t), over S."""
        return {x: sum(column.values()) for x, column in self.joint.items()}

    @cached_property
    def S(self) -> int:
        """The denominator of `joint` and of `P`."""
        whole: int = sum(self.weights.values()) * self.symbol.D**self.length
        return whole

    @cached_property
    def posterior(self) -> dict[Symbols, int]:
        """Number the different laws q(x_0 | x_t): the same number where they are the same."""
        numbers: dict[tuple[tuple[Symbols, int], ...], int] = {}
        found = {}
        for x, column in self.joint.items():
            g = gcd(*column.values())
            found[x] = numbers.setdefault(tuple(sorted((x0, n // g) for x0, n in column.items())), len(numbers))
        return found

    def marginal(self) -> dict[Symbols, Fraction]:
        """Return q(x_t), as rationals."""
        return {x: Fraction(n, self.S) for x, n in self.P.items()}

    @cached_property
    def entropy(self) -> LogSum:
        """H(x_t)."""
        return entropy(list(self.P.values()), self.S)

    @cached_property
    def joint_entropy(self) -> LogSum:
        """H(x_0, x_t)."""
        return entropy([n for column in self.joint.values() for n in column.values()], self.S)

    @cached_property
    def data_entropy(self) -> LogSum:
        """H(x_0)."""
        return entropy(list(self.weights.values()), sum(self.weights.values()))

    @cached_property
    def mutual(self) -> LogSum:
        """I(x_0;x_t), zero where q(x_0, x_t) = q(x_0) q(x_t) throughout."""
        form = LogSum.total([(ONE, self.data_entropy), (ONE, self.entropy), (MINUS, self.joint_entropy)])
        s, all_of_them = sum(self.weights.values()), len(self.weights)
        return form.known(
            all(
                len(column) == all_of_them and all(n * s == self.weights[x0] * self.P[x] for x0, n in column.items())
                for x, column in self.joint.items()
            )
        )


def moments(process: Process, data: dict[Symbols, Fraction], length: int) -> Iterator[SequenceMoment]:
    """Yield the sequences at t = 0 … T."""
    s = lcm(*(p.denominator for p in data.values()))
    weights = {x: p.numerator * (s // p.denominator) for x, p in data.items()}
    for now in process.moments():
        yield SequenceMoment(weights, length, now)


@dataclass(frozen=True, eq=False)
class SequenceFacts:
    """What is true at t; `before` is the moment before, None at t = 0."""

    now: SequenceMoment
    before: SequenceMoment | None

    @property
    def entropy(self) -> LogSum:
        """H(x_t)."""
        return self.now.entropy

    @property
    def mutual(self) -> LogSum:
        """I(x_0;x_t)."""
        return self.now.mutual

    @property
    def earlier(self) -> LogSum:
        """I(x_0;x_{t−1})."""
        return self._before.mutual

    @property
    def _before(self) -> SequenceMoment:
        assert self.before is not None
        return self.before

    @property
    def step(self) -> Matrix:
        """N_t of one symbol."""
        assert self.now.symbol.step is not None
        return self.now.symbol.step

    @cached_property
    def conditional(self) -> LogSum:
        """H(x_0|x_t)."""
        form = LogSum.total([(ONE, self.now.joint_entropy), (MINUS, self.entropy)])
        return form.known(all(len(column) == 1 for column in self.now.joint.values()))

    @cached_property
    def noise(self) -> LogSum:
        """H(x_t|x_0)."""
        form = LogSum.total([(ONE, self.now.joint_entropy), (MINUS, self.now.data_entropy)])
        return form.known(sum(map(len, self.now.joint.values())) == len(self.now.weights))

    @cached_property
    def pairs(self) -> dict[tuple[Symbols, Symbols], int]:
        """q(x_{t−1}, x_t), over S_{t−1} d^L."""
        choices = _choices(self.step.N)
        budget.spend(sum(2500 * _count(x, choices) for x in self._before.P))
        return {(x, y): p * n for x, p in self._before.P.items() for y, n in onward(x, choices)}

    @cached_property
    def scale(self) -> int:
        """The denominator of `pairs`."""
        whole: int = self._before.S * self.step.d**self.now.length
        return whole

    @cached_property
    def loses_nothing(self) -> bool:
        """Whether x_0 and x_{t−1} are independent given x_t."""
        same: dict[tuple[int, int], bool] = {}
        kinds = {kind: x for x, kind in self._before.posterior.items()}
        for x, y in self.pairs:
            key = self._before.posterior[x], self.now.posterior[y]
            if key not in same:
                a, b = self._before.joint[kinds[key[0]]], self.now.joint[y]
                whole, other = sum(a.values()), sum(b.values())
                same[key] = a.keys() == b.keys() and all(n * other == b[x0] * whole for x0, n in a.items())
            if not same[key]:
                return False
        return True

    @cached_property
    def triple_entropy(self) -> LogSum:
        """H(x_0, x_{t−1}, x_t), path by path, those that are equally likely together."""
        choices = _choices(self.step.N)
        counts: Counter[int] = Counter()
        for x, column in self._before.joint.items():
            budget.spend(300.0 * (_count(x, choices) + len(column)))
            ways = Counter(n for _, n in onward(x, choices))
            for n, many in Counter(column.values()).items():
                for m, more in ways.items():
                    counts[n * m] += many * more
        form = LogSum(self.scale)
        form.add(self.scale, self.scale)
        for n, times in counts.items():
            form.add(-n * times, n)
        return form.known(self.scale in counts)

    @cached_property
    def loss(self) -> LogSum:
        """I(x_0; x_{t−1} | x_t)."""
        parts = [
            (ONE, self.now.joint_entropy),
            (ONE, entropy(list(self.pairs.values()), self.scale)),
            (MINUS, self.entropy),
            (MINUS, self.triple_entropy),
        ]
        return LogSum.total(parts).known(self.loses_nothing)


def onward(x: Symbols, choices: list[list[tuple[int, int]]]) -> Iterator[tuple[Symbols, int]]:
    """Yield what x may become where each symbol moves by itself, with the product of its numerators."""
    for moves in product(*(choices[k] for k in x)):
        whole = 1
        for _, n in moves:
            whole *= n
        yield tuple(j for j, _ in moves), whole


def _choices(table: list[list[int]]) -> list[list[tuple[int, int]]]:
    """For each row its entries above zero, as (column, numerator)."""
    return [[(j, n) for j, n in enumerate(row) if n] for row in table]


def _count(x: Symbols, choices: list[list[tuple[int, int]]]) -> int:
    ways = 1
    for k in x:
        ways *= len(choices[k])
    return ways


def dobrushin_of_product(step: Matrix, length: int) -> Fraction | None:
    """Return 1 − min over pairs of sequences of Σ min(row, row) of the product kernel; None for too many terms.

    Of a pair of symbols only the pairs of entries in their columns matter, and of a pair of sequences not the order of
    positions; so every pair of sequences is like one of those gone through.
    """
    columns = list(zip(*step.N, strict=True))
    kinds: dict[tuple[tuple[tuple[int, int], int], ...], None] = {}
    if len(columns) ** 3 > MOST_TERMS:
        return None
    for a, b in product(range(len(columns)), repeat=2):
        counted: dict[tuple[int, int], int] = {}
        for column in columns:
            if column[a] and column[b]:
                pair = column[a], column[b]
                counted[pair] = counted.get(pair, 0) + 1
        kinds[tuple(sorted(counted.items()))] = None
    least, spent = step.d**length, 0
    for chosen in combinations_with_replacement(kinds, length):
        terms = {(1, 1): 1}
        for kind in chosen:
            grown: dict[tuple[int, int], int] = {}
            spent += len(terms) * len(kind)
            if spent > MOST_TERMS:
                return None
            for (u, v), m in terms.items():
                for (a, b), n in kind:
                    grown[u * a, v * b] = grown.get((u * a, v * b), 0) + m * n
            terms = grown
        least = min(least, sum(m * min(u, v) for (u, v), m in terms.items()))
    return 1 - Fraction(least, step.d**length)
