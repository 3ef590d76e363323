"""States that nothing tells apart, taken as one: row vectors with an entry a class, not an entry a state.

Two states with the same weight in the data and in the kernel's target keep the same probability for ever, so a
vocabulary of 50,000 words whose counts take 6,000 values is a chain of 6,000 classes. A `GroupedRow` holds one
entry a class and how many states each stands for. It answers to the names that a row vector has; only sums over
states have to ask for `multiplicities`.

A law that does differ within a class (a prior given number by number) has no place here: `Classes.holds` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import InternalError


@dataclass(frozen=True)
class Classes:
    """The classes of K states: the first state of each, how many there are, and each state's class."""

    first: tuple[int, ...]
    multiplicities: tuple[int, ...]
    of_state: tuple[int, ...]

    __repr__ = in_a_line

    @classmethod
    def by(cls, keys: Iterable[Hashable]) -> Classes:
        """Return the classes of states with equal keys, in the order of their first states.

        >>> Classes.by("abca")
        Classes(first=(0, 1, 2), multiplicities=(2, 1, 1), of_state=(0, 1, 2, 0))
        """
        number: dict[Hashable, int] = {}
        of_state = tuple(number.setdefault(key, len(number)) for key in keys)
        first, multiplicities = [-1] * len(number), [0] * len(number)
        for state, k in enumerate(of_state):
            first[k] = state if first[k] < 0 else first[k]
            multiplicities[k] += 1
        return cls(tuple(first), tuple(multiplicities), of_state)

    def holds(self, law: RationalMatrix) -> bool:
        """Return whether a row vector on the states has one value in each class."""
        entries = law.N.entries()
        return all(n == entries[self.first[k]] for n, k in zip(entries, self.of_state, strict=True))

    def grouped(self, law: RationalMatrix) -> GroupedRow:
        """Return a row vector on the states as a row vector on the classes."""
        if not self.holds(law):
            raise InternalError("a law that differs within a class of like states was to be grouped")
        entries = law.N.entries()
        return GroupedRow(fmpz_mat([[entries[i] for i in self.first]]), law.d, self)


@dataclass(frozen=True, slots=True, eq=False)
class GroupedRow(RationalMatrix):
    """A row vector with one entry a class; `rows` writes it out state by state."""

    classes: Classes

    def __reduce__(self) -> tuple[Callable[..., RationalMatrix], tuple[object, ...]]:
        """Return integers for pickles and copies: FLINT's matrices have no pickles of their own."""
        return _grouped, (RationalMatrix(self.N, self.d), self.classes)

    def __eq__(self, other: object) -> bool:
        """Return whether the two row vectors agree on the states."""
        if not isinstance(other, RationalMatrix):
            return NotImplemented
        if isinstance(other, GroupedRow) and self.classes == other.classes:
            return RationalMatrix.__eq__(self, other)
        return self.rows() == other.rows()

    __hash__ = None

    def like(self, N: fmpz_mat, d: fmpz) -> GroupedRow:
        """Return the row vector N / d on the same classes."""
        return GroupedRow(N, d, self.classes)

    @property
    def multiplicities(self) -> Sequence[int]:
        """How many states each entry stands for."""
        return self.classes.multiplicities

    def state(self, j: int) -> int:
        """Return the first state of class j."""
        return self.classes.first[j]

    def per_column(self, weights: Sequence[int]) -> Sequence[int]:
        """Return, of weights given state by state, one for each class."""
        return [weights[i] for i in self.classes.first]

    def aligned_with(self, other: RationalMatrix) -> RationalMatrix:
        """Return the other row vector on the same classes."""
        return other if isinstance(other, GroupedRow) else self.classes.grouped(other)

    def rows(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the one row, state by state, as Fractions in lowest terms."""
        (row,) = RationalMatrix.rows(self)
        return (tuple(row[k] for k in self.classes.of_state),)


class GroupedLaws:
    """The laws that p_t is compared with, on the classes of a chain: each is grouped once."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.made: list[tuple[RationalMatrix, GroupedRow]] = []

    def to(self, law: RationalMatrix) -> GroupedRow:
        """Return the law on the classes."""
        found = next((row for known, row in self.made if known == law), None)
        if found is None:
            self.made.append((law, found := self.classes.grouped(law)))
        return found


def _grouped(entries: RationalMatrix, classes: Classes) -> GroupedRow:
    return GroupedRow(entries.N, entries.d, classes)


def total(row: RationalMatrix) -> fmpz:
    """Return the sum of a row vector's numerators over all states."""
    multiplicities = list(row.multiplicities)
    return (row.N * fmpz_mat(len(multiplicities), 1, multiplicities))[0, 0]
