"""q(x_0) on sequences: L symbols of K kinds, with integer weights, hence exact rational probabilities.

A sequence is a tuple of symbol indices. The order everywhere is lexicographic, the first position slowest, so a
sequence x has the number Σ_l x^l·K^(L−1−l) among all K^L. A law keeps its support alone: the windows of a text are few
beside K^L. A mask that the kernel adds is the last symbol, and no sequence of the data has it.

`MarkovSequences` is a law by rows, of any length; its support is written out only where that is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import over_common_denominator, shown
from markovdiff.arithmetic.value import from_fields, one_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError, LimitError
from markovdiff.process.distribution import Distribution, check_distribution

MAX_SUPPORT = 2**20
"""Different sequences that a law may give a probability."""

MAX_JOINT = 2**18
"""States K^L that a law may be written out on."""

MAX_LENGTH = 1024
"""L is at most this."""

STILL = "under an added mask `markovdiff unmask` still has the information curve and the best block sizes"
"""What can be had of too many sequences."""

ONE = ord("1")

Symbols = tuple[int, ...]
"""A sequence, by the indices of its symbols."""


@dataclass(frozen=True)
class SequenceLaw:
    """A law of sequences: `support` has each possible one and its weight over `total`, in lexicographic order.

    >>> law = SequenceLaw.from_weights({"ab": 3, "aa": 1}, ["a", "b"])
    >>> law.support, law.total
    ((((0, 0), 1), ((0, 1), 3)), 4)
    """

    symbols: tuple[str, ...]
    length: int
    support: tuple[tuple[Symbols, int], ...]
    total: int

    __reduce__ = from_fields

    def __repr__(self) -> str:
        facts = f"{self.length} symbols of {self.K}, {len(self.support)} of them possible"
        return one_line(f"<SequenceLaw of {facts}>")

    @classmethod
    def from_indices(
        cls, weights: Mapping[Symbols, Fraction | int], symbols: Sequence[str], where: str = "sequences"
    ) -> SequenceLaw:
        """Normalise weights of sequences of indices exactly; sequences of weight 0 are left out.

        Raises InputError for a negative weight, for none above 0, and for sequences of different lengths.
        """
        if not weights:
            raise InputError("there are no sequences", where=where, expected="at least one sequence", got="none")
        _check_length(len(next(iter(weights))), where)
        length = len(next(iter(weights)))
        for sequence, weight in weights.items():
            shows = shown(joined([symbols[k] for k in sequence]))
            if len(sequence) != length:
                raise InputError(
                    "sequences of different lengths",
                    where=f"{where}, {shows}",
                    expected=f"{length} symbols, as the first has",
                    got=f"{len(sequence)}",
                )
            if weight < 0:
                raise InputError("a negative weight", where=f"{where}, {shows}", expected="≥ 0", got=shown(weight))
        kept = sorted((x, w) for x, w in weights.items() if w)
        if not kept:
            raise InputError("the weights are all zero", where=where, remedy="give at least one sequence a weight")
        if len(kept) > MAX_SUPPORT:
            raise LimitError(
                "too many different sequences", where=where, expected=f"at most {MAX_SUPPORT}", got=f"{len(kept)}"
            )
        integers = _integers([w for _, w in kept])
        support = tuple((x, n) for (x, _), n in zip(kept, integers, strict=True))
        return cls(tuple(symbols), length, support, sum(integers))

    @classmethod
    def from_weights(
        cls, weights: Mapping[Sequence[str], Fraction | int], symbols: Sequence[str], where: str = "sequences"
    ) -> SequenceLaw:
        """Make a law of labelled sequences: strings, a character a symbol, or tuples of labels; weights add up.

        Raises InputError for a symbol that is not among `symbols`.
        """
        number = {label: i for i, label in enumerate(symbols)}
        found: dict[Symbols, Fraction | int] = {}
        for sequence, weight in weights.items():
            for label in sequence:
                if label not in number:
                    raise InputError(
                        f"an unknown symbol {shown(label)}",
                        where=f"{where}, {shown(joined(sequence))}",
                        expected=f"one of {shown(list(symbols))}",
                        remedy="write it as data.states has it, or add it there",
                    )
            indices = tuple(number[label] for label in sequence)
            found[indices] = found.get(indices, 0) + weight
        return cls.from_indices(found, symbols, where)

    @classmethod
    def from_windows(
        cls, runs: Iterable[Sequence[str]], length: int, symbols: Sequence[str], where: str = "text"
    ) -> SequenceLaw:
        """Count every window of `length` consecutive symbols of each run; a window never crosses from run to run.

        Raises InputError where no run is that long, and for a symbol that is not among `symbols`.
        """
        _check_length(length, where)
        number = {label: i for i, label in enumerate(symbols)}
        counts: Counter[Symbols] = Counter()
        longest = 0
        for run in runs:
            try:
                indices = [number[label] for label in run]
            except KeyError as unknown:
                raise InputError(
                    f"an unknown symbol {shown(unknown.args[0])}",
                    where=where,
                    expected=f"one of {shown(list(symbols))}",
                ) from None
            longest = max(longest, len(indices))
            counts.update(zip(*(indices[i:] for i in range(length)), strict=False))
        if not counts:
            raise InputError(
                "the text is shorter than the window",
                where=where,
                expected=f"at least {length} consecutive symbols (`length`)",
                got=f"at most {longest}",
                remedy="a shorter length, or a longer text",
            )
        return cls.from_indices(counts, symbols, where)

    @property
    def K(self) -> int:
        """The number of symbols, with an added mask."""
        return len(self.symbols)

    @property
    def states(self) -> int:
        """K^L, the number of all sequences."""
        return int(self.K**self.length)

    @cached_property
    def weights(self) -> dict[Symbols, int]:
        """The weight of each possible sequence."""
        return dict(self.support)

    def probability(self, sequence: Symbols) -> Fraction:
        """Return q(x_0 = sequence)."""
        return Fraction(self.weights.get(sequence, 0), self.total)

    def labels(self, sequence: Symbols) -> tuple[str, ...]:
        """Return a sequence by its labels."""
        return tuple(self.symbols[i] for i in sequence)

    @cached_property
    def position_marginals(self) -> tuple[Distribution, ...]:
        """q(x_0^l) for each position l, on all symbols."""
        counts = [[0] * self.K for _ in range(self.length)]
        for sequence, weight in self.support:
            for place, k in enumerate(sequence):
                counts[place][k] += weight
        return tuple(Distribution.from_weights(row, self.symbols) for row in counts)

    @cached_property
    def holders(self) -> tuple[tuple[int, ...], ...]:
        """For each position and symbol the possible sequences that have it there: bit n for the n-th of the support."""
        flags = [[bytearray(b"0" * len(self.support)) for _ in self.symbols] for _ in range(self.length)]
        for n, (sequence, _) in enumerate(reversed(self.support)):
            for place, k in enumerate(sequence):
                flags[place][k][n] = ONE
        return tuple(tuple(int(row, 2) for row in rows) for rows in flags)

    def marginal_on(self, positions: Sequence[int]) -> dict[Symbols, int]:
        """Return the weights, over `total`, of what stands at the positions, in their order."""
        found: dict[Symbols, int] = {}
        for sequence, weight in self.support:
            seen = tuple(sequence[place] for place in positions)
            found[seen] = found.get(seen, 0) + weight
        return found

    def with_extra_symbol(self, label: str) -> SequenceLaw:
        """Return the same law with one more symbol, last, that no sequence has."""
        return SequenceLaw((*self.symbols, label), self.length, self.support, self.total)

    def dense(self) -> RationalMatrix:
        """Return the law as a row vector, 1 × K^L. Raises LimitError past MAX_JOINT states."""
        check_joint(self.K, self.length)
        numerators = [fmpz(0)] * self.states
        for sequence, weight in self.support:
            numerators[number_of(sequence, self.K)] = fmpz(weight)
        return RationalMatrix(fmpz_mat(1, self.states, numerators), fmpz(self.total))


@dataclass(frozen=True)
class MarkovSequences:
    """q(x_0) = p(x^1)·P(x^1, x^2) ⋯ P(x^(L−1), x^L), of any length L.

    >>> law = MarkovSequences.independent(Distribution.from_weights([3, 1], ["a", "b"]), 2)
    >>> law.law().probability((0, 1))
    Fraction(3, 16)
    """

    initial: Distribution
    rows: tuple[tuple[Fraction, ...], ...]
    length: int

    __reduce__ = from_fields

    def __repr__(self) -> str:
        return one_line(f"<MarkovSequences of {self.length} symbols of {self.K}>")

    @classmethod
    def make(
        cls, initial: Distribution, rows: Sequence[Sequence[Fraction]], length: int, where: str = "markov"
    ) -> MarkovSequences:
        """Check the rows, one a symbol, each a distribution. Raises InputError."""
        _check_length(length, where)
        if len(rows) != initial.K or any(len(row) != initial.K for row in rows):
            raise InputError(
                "a matrix of the wrong shape",
                where=f"{where}.rows",
                expected=f"{initial.K} rows of {initial.K} numbers, one a symbol",
                got=f"{len(rows)} rows of {shown(sorted({len(row) for row in rows}))}",
            )
        for i, row in enumerate(rows):
            check_distribution(row, f"{where}.rows[{i}]")
        return cls(initial, tuple(map(tuple, rows)), length)

    @classmethod
    def independent(cls, symbol: Distribution, length: int, where: str = "data.length") -> MarkovSequences:
        """Return the law of `length` independent symbols."""
        _check_length(length, where)
        return cls(symbol, (symbol.probabilities,) * symbol.K, length)

    @property
    def K(self) -> int:
        """The number of symbols, with an added mask."""
        return self.initial.K

    @property
    def symbols(self) -> tuple[str, ...]:
        """The labels."""
        return self.initial.states

    @property
    def is_independent(self) -> bool:
        """Whether the symbols are known to be independent and alike: every row is the initial law."""
        return all(row == self.initial.probabilities for row in set(self.rows))

    @cached_property
    def position_marginals(self) -> tuple[Distribution, ...]:
        """q(x_0^l) for each position l, on all symbols."""
        found = [self.initial]
        step = RationalMatrix.from_rows(self.rows)
        p = RationalMatrix(fmpz_mat([[fmpz(w) for w in self.initial.weights]]), fmpz(self.initial.total))
        for _ in range(1, self.length):
            p = p @ step
            weights = [int(n) for n in p.N.entries()]
            found.append(Distribution.from_weights(weights, self.symbols))
        return tuple(found)

    @cached_property
    def support_size(self) -> int:
        """How many sequences are possible, counted without writing them out."""
        paths = [int(w > 0) for w in self.initial.weights]
        for _ in range(1, self.length):
            paths = [sum(n for n, row in zip(paths, self.rows, strict=True) if n and row[j]) for j in range(self.K)]
        return sum(paths)

    def law(self) -> SequenceLaw:
        """Return the same law, its support written out. Raises LimitError where that is too large."""
        if self.support_size > MAX_SUPPORT:
            raise LimitError(
                "too many different sequences",
                where="data.length",
                expected=f"at most {MAX_SUPPORT} possible sequences",
                got=f"{shown(self.support_size)} of {self.length} symbols",
                remedy=f"a shorter length; {STILL}",
            )
        first, d = _over_total(self.initial.probabilities)
        steps, e = over_common_denominator([x for row in self.rows for x in row])
        table = [[int(n) for n in steps[i * self.K : (i + 1) * self.K]] for i in range(self.K)]
        found: list[tuple[Symbols, int]] = [((k,), n) for k, n in enumerate(first) if n]
        for _ in range(1, self.length):
            found = [((*x, k), w * n) for x, w in found for k, n in enumerate(table[x[-1]]) if n]
        common = reduce(gcd, (w for _, w in found))
        support = tuple((x, w // common) for x, w in found)
        return SequenceLaw(self.symbols, self.length, support, d * int(e) ** (self.length - 1) // common)

    def with_extra_symbol(self, label: str) -> MarkovSequences:
        """Return the same law with one more symbol, last, that no sequence has (its row, never used, stays there)."""
        rows = (*((*row, Fraction(0)) for row in self.rows), (*(Fraction(0),) * self.K, Fraction(1)))
        return MarkovSequences(self.initial.with_extra_state(label), rows, self.length)


def number_of(sequence: Symbols, K: int) -> int:
    """Return a sequence's number among all K^L, in lexicographic order.

    >>> number_of((1, 0, 2), 3)
    11
    """
    return reduce(lambda n, k: n * K + k, sequence, 0)


def sequence_of(number: int, K: int, length: int) -> Symbols:
    """Return the sequence that has this number.

    >>> sequence_of(11, 3, 3)
    (1, 0, 2)
    """
    return tuple(number // K**power % K for power in reversed(range(length)))


def check_joint(K: int, length: int, where: str = "data.length") -> None:
    """Raise LimitError where K^L is past MAX_JOINT."""
    if K**length > MAX_JOINT:
        raise LimitError(
            "too many sequences to write out a joint law",
            where=where,
            expected=f"K^L at most {MAX_JOINT:,}",
            got=f"{K}^{length} = {shown(K**length)}",
            remedy=f"a shorter length, or an added mask; {STILL}",
        )


def _check_length(length: int, where: str) -> None:
    if not 1 <= length <= MAX_LENGTH:
        raise LimitError("not a length", where=where, expected=f"1 … {MAX_LENGTH} symbols", got=shown(length))


def _integers(weights: Sequence[Fraction | int]) -> list[int]:
    """Return the weights as integers without a common factor."""
    if all(isinstance(w, int) for w in weights):
        numerators = [int(w) for w in weights]
    else:
        numerators = [int(n) for n in over_common_denominator(map(Fraction, weights))[0]]
    common = reduce(gcd, numerators)
    return [n // common for n in numerators]


def _over_total(probabilities: Sequence[Fraction]) -> tuple[list[int], int]:
    numerators, d = over_common_denominator(probabilities)
    return [int(n) for n in numerators], int(d)


def joined(labels: Sequence[str]) -> str:
    """Return a sequence as one text: labels of one character side by side, others with blanks between.

    >>> joined("ab"), joined(["she", "sells"])
    ('ab', 'she sells')
    """
    return ("" if all(len(label) == 1 for label in labels) else " ").join(labels)
