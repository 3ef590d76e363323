"""q(x0): labelled states with integer weights, hence exact rational probabilities.

p_i = w_i / W with W = Σ w_i and no common factor. Everything that can be said of the data starts
here: named families, counts of a text, lists of probabilities that must sum to exactly one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import islice
from math import comb

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import over_common_denominator, shown
from markovdiff.arithmetic.value import from_fields, one_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError, InternalError, LimitError

MAX_STATES = 131_072
"""The most states, K: room for a vocabulary, not for a typing error."""

MAX_SYMBOLS = 2**22
"""The most different symbols of a text before the most frequent are chosen."""


@dataclass(frozen=True)
class Distribution:
    """A distribution on labelled states: p_i = weights[i] / total.

    >>> Distribution.from_weights([3, 1], ["a", "b"]).probabilities
    (Fraction(3, 4), Fraction(1, 4))
    """

    states: tuple[str, ...]
    weights: tuple[int, ...]
    total: int

    __reduce__ = from_fields

    def __repr__(self) -> str:
        weighed = zip(self.states[:4], self.weights[:4], strict=True)
        first = ", ".join(f"{shown(label, 24)}: {shown(Fraction(w, self.total), 24)}" for label, w in weighed)
        return one_line(f"<Distribution on {self.K} states, {first}{', …' if self.K > 4 else ''}>")

    @classmethod
    def from_weights(
        cls, weights: Sequence[Fraction | int], states: Sequence[str] | None = None, where: str = "weights"
    ) -> Distribution:
        """Normalise non-negative weights exactly. Raise InputError on negative or all-zero weights."""
        if not weights:
            raise InputError("there are no states", where=where, expected="at least one state", got="an empty list")
        labels = check_labels(states, len(weights), where)
        for label, weight in zip(labels, weights, strict=True):
            if weight < 0:
                raise InputError(
                    "a negative weight", where=f"{where}, state {label!r}", expected="≥ 0", got=shown(Fraction(weight))
                )
        if all(isinstance(w, int) for w in weights):
            integers = [fmpz(int(w)) for w in weights]
        else:
            integers = over_common_denominator(Fraction(w) for w in weights)[0]
        common = reduce(fmpz.gcd, integers, fmpz(0))
        if common == 0:
            raise InputError("the weights are all zero", where=where, remedy="give at least one state a weight")
        reduced = tuple(int(n // common) for n in integers)
        return cls(labels, reduced, sum(reduced))

    @classmethod
    def from_probabilities(
        cls, probabilities: Sequence[Fraction], states: Sequence[str] | None = None, where: str = "probabilities"
    ) -> Distribution:
        """Return a distribution with probabilities that sum to exactly one; nothing is renormalised."""
        check_distribution(probabilities, where)
        return cls.from_weights(probabilities, states, where)

    @property
    def K(self) -> int:
        """The number of states."""
        return len(self.weights)

    @property
    def probabilities(self) -> tuple[Fraction, ...]:
        """p_0, …, p_{K−1}."""
        return tuple(Fraction(w, self.total) for w in self.weights)

    @cached_property
    def support(self) -> tuple[int, ...]:
        """The states of positive probability."""
        return tuple(i for i, w in enumerate(self.weights) if w)

    def with_extra_state(self, label: str) -> Distribution:
        """Return the same distribution with one more state, last, that has no mass."""
        return Distribution((*self.states, label), (*self.weights, 0), self.total)

    def without_state(self, i: int) -> Distribution:
        """Return the same distribution without a state that has no mass. Raises InternalError where it has some."""
        if self.weights[i]:
            raise InternalError(f"a state that has mass was to be left out: {self.states[i]!r}")
        return Distribution(
            self.states[:i] + self.states[i + 1 :], self.weights[:i] + self.weights[i + 1 :], self.total
        )


def check_distribution(probabilities: Sequence[Fraction], where: str) -> None:
    """Raise InputError unless the numbers are non-negative and sum to exactly one."""
    for i, p in enumerate(probabilities):
        if p < 0:
            raise InputError("a negative probability", where=f"{where}[{i}]", expected="≥ 0", got=shown(p))
    numerators, d = over_common_denominator(probabilities)
    total = Fraction(int(sum(numerators)), int(d))
    if total != 1:
        raise InputError(
            "probabilities that do not sum to one",
            where=where,
            expected="a sum of exactly 1",
            got=f"{shown(total)}, which is {'more' if total > 1 else 'less'} by {shown(abs(total - 1))}",
            remedy="exact fractions that sum to 1; weights, where they are accepted, may sum to anything",
        )


def check_labels(states: Sequence[str] | None, K: int, where: str) -> tuple[str, ...]:
    """Return the labels, or "0", "1", …; raise InputError unless there are K different ones."""
    if states is None:
        return tuple(str(i) for i in range(K))
    if len(states) != K:
        raise InputError(
            "labels and numbers do not match",
            where=where,
            expected=f"{len(states)} numbers, one for each of data.states",
            got=f"{K}",
        )
    repeated = [label for label, n in Counter(states).items() if n > 1]
    if repeated:
        raise InputError(
            "a label is given twice", where="data.states", got=shown(repeated[0]), expected="different labels"
        )
    return tuple(states)


def check_size(K: int, where: str) -> None:
    """Raise LimitError for more states than the fixed limit, before anything is allocated."""
    if K > MAX_STATES:
        raise LimitError("too many states", where=where, expected=f"at most {MAX_STATES}", got=shown(K))


def triangular(K: int) -> list[int]:
    """Return p_k = k/Z for k = 1…K."""
    return list(range(1, K + 1))


def zipf(K: int, exponent: int) -> list[Fraction | int]:
    """Return p_k ∝ k^−exponent for k = 1…K."""
    return [Fraction(1, k**exponent) for k in range(1, K + 1)]


def geometric(K: int, ratio: Fraction) -> list[Fraction | int]:
    """Return p_k ∝ ratio^k for k = 0…K−1 (ratio > 0)."""
    a, b = fmpz(ratio.numerator), fmpz(ratio.denominator)
    return [int(a**k * b ** (K - 1 - k)) for k in range(K)]


def binomial(K: int, p: Fraction) -> list[Fraction | int]:
    """Return the law of the number of successes in K − 1 trials of probability p."""
    a, b = fmpz(p.numerator), fmpz(p.denominator - p.numerator)
    return [int(fmpz(comb(K - 1, k)) * a**k * b ** (K - 1 - k)) for k in range(K)]


def count(
    symbols: Iterable[str],
    *,
    by_frequency: bool,
    alphabet: Sequence[str] | None = None,
    other: str | None = None,
    top: int | None = None,
    where: str = "data.text",
) -> Distribution:
    """Return relative frequencies of symbols, which come one by one or as a Counter of them.

    With `alphabet` only its symbols are states, in its order; with `top` only the N most frequent.
    The rest is lumped into the state `other` where that is named, and left out otherwise. States
    are in the order of their symbols, or by falling count where `by_frequency`.
    """
    counts = _counted(symbols, where)

    def order(symbol: str) -> tuple[int, str]:
        return (-counts[symbol] if by_frequency else 0, symbol)

    kept = list(dict.fromkeys(alphabet)) if alphabet is not None else sorted(counts, key=order)
    if top is not None:
        most = set(sorted(kept, key=lambda s: (-counts[s], s))[:top])
        kept = [s for s in kept if s in most]
    rest = counts.total() - sum(counts[s] for s in kept)
    check_size(len(kept) + 1, where)
    if other is None:
        return Distribution.from_weights([counts[s] for s in kept], kept, where)
    if other in kept:
        raise InputError("the label for the rest is already a symbol", where=f"{where}.other", got=shown(other))
    return Distribution.from_weights([*(counts[s] for s in kept), rest], [*kept, other], where)


def _counted(symbols: Iterable[str], where: str) -> Counter[str]:
    """Return how often each symbol comes; a text of ever new words is left before it fills the memory."""
    if isinstance(symbols, Counter):
        return symbols
    counts: Counter[str] = Counter()
    rest = iter(symbols)
    while piece := list(islice(rest, 2**16)):
        counts.update(piece)
        if len(counts) > MAX_SYMBOLS:
            raise LimitError("too many different symbols", where=where, expected=f"at most {MAX_SYMBOLS}")
    return counts


def uniform_law(K: int) -> RationalMatrix:
    """Return 1/K everywhere: a doubly stochastic kernel that joins all states preserves it, as jumps by one do."""
    return RationalMatrix(fmpz_mat([[fmpz(1)] * K]), fmpz(K))


def point_law(K: int, i: int) -> RationalMatrix:
    """Return all mass on one state."""
    return RationalMatrix(fmpz_mat([[fmpz(j == i) for j in range(K)]]), fmpz(1))


def law_of(target: Distribution) -> RationalMatrix:
    """Return a distribution as the row vector, 1 × K, that the measures compute with."""
    return RationalMatrix(fmpz_mat([[fmpz(w) for w in target.weights]]), fmpz(target.total))
