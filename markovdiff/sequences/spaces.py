"""The sequences that x_t can be, as a numbered list, and what one symbol's step does to a vector on them.

`AllSequences` are all K^L in lexicographic order. Under an added mask `MaskedSequences` are those alone that can occur,
in the same order: a position is then itself or the mask, so a step takes L additions a sequence, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar

from flint import arb, arb_mat, fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.process.transition import Transition
from markovdiff.sequences.law import SequenceLaw, Symbols, check_joint, number_of, sequence_of
from markovdiff.sequences.noise import MaskedState, masked_states, noised, pulled

T = TypeVar("T")


class Space(Protocol):
    """A numbered list of sequences. A vector on it is a row, 1 × size."""

    @property
    def size(self) -> int:
        """How many sequences there are."""

    def sequence(self, number: int) -> Symbols:
        """Return the sequence with this number."""

    def number(self, sequence: Symbols) -> int | None:
        """Return the number of a sequence; None where it is not among them."""

    def start(self, law: SequenceLaw) -> RationalMatrix:
        """Return the law of the data as a vector."""

    def push(self, p: RationalMatrix, step: Transition) -> RationalMatrix:
        """Return the vector p Q^⊗L."""

    def pull(self, values: RationalMatrix, step: Transition) -> RationalMatrix:
        """Return the vector Q^⊗L v: from each sequence, the mean of v over what it becomes."""

    def pull_balls(self, values: list[arb], step: Transition) -> list[arb]:
        """Return the vector Q^⊗L v in balls, at the precision that is set."""

    def at(self, law: SequenceLaw, cumulative: Transition) -> RationalMatrix:
        """Return the vector p_0 Q̄^⊗L, straight from the data."""


@dataclass(frozen=True)
class AllSequences:
    """All K^L sequences of L symbols. Raises LimitError where they are too many."""

    K: int
    length: int

    __reduce__ = from_fields

    def __post_init__(self) -> None:
        check_joint(self.K, self.length)

    @property
    def size(self) -> int:
        """K^L."""
        return int(self.K**self.length)

    def sequence(self, number: int) -> Symbols:
        """Return the sequence with this number."""
        return sequence_of(number, self.K, self.length)

    def number(self, sequence: Symbols) -> int:
        """Return the number of a sequence."""
        return number_of(sequence, self.K)

    def start(self, law: SequenceLaw) -> RationalMatrix:
        """Return the law of the data as a vector."""
        return law.dense()

    def push(self, p: RationalMatrix, step: Transition) -> RationalMatrix:
        """Return the vector p Q^⊗L."""
        return noised(p, step, self.length)

    def pull(self, values: RationalMatrix, step: Transition) -> RationalMatrix:
        """Return the vector Q^⊗L v."""
        return pulled(values, step, self.length)

    def pull_balls(self, values: list[arb], step: Transition) -> list[arb]:
        """Return the vector Q^⊗L v in balls, at the precision that is set."""
        K, Q = self.K, step.dense.matrix
        turned = arb_mat(Q.N.transpose())
        for _ in range(self.length):
            values = (arb_mat(self.size // K, K, values) * turned).transpose().entries()
        d = arb(Q.d) ** self.length
        return [x / d for x in values]

    def at(self, law: SequenceLaw, cumulative: Transition) -> RationalMatrix:
        """Return the vector p_0 Q̄^⊗L."""
        return noised(law.dense(), cumulative, self.length)


@dataclass(frozen=True)
class MaskedSequences:
    """The sequences that an added mask, symbol number `mask`, can leave of the data."""

    states: tuple[MaskedState, ...]
    mask: int

    __repr__ = in_a_line
    __reduce__ = from_fields

    @classmethod
    def of(cls, law: SequenceLaw, mask: int) -> MaskedSequences:
        """Find them. Raises LimitError where they are too many."""
        return cls(masked_states(law, mask), mask)

    @property
    def size(self) -> int:
        """How many can occur."""
        return len(self.states)

    @property
    def length(self) -> int:
        """The number of symbols L."""
        return len(self.states[0].sequence)

    def sequence(self, number: int) -> Symbols:
        """Return the sequence with this number."""
        return self.states[number].sequence

    def number(self, sequence: Symbols) -> int | None:
        """Return the number of a sequence; None where it cannot occur."""
        return self._numbers.get(sequence)

    @cached_property
    def _numbers(self) -> dict[Symbols, int]:
        return {state.sequence: n for n, state in enumerate(self.states)}

    @cached_property
    def masked_at(self) -> tuple[tuple[int | None, ...], ...]:
        """For each position, each sequence's number once that position is masked; None where it is already."""

        def masked(sequence: Symbols, place: int) -> int | None:
            if sequence[place] == self.mask:
                return None
            return self._numbers[(*sequence[:place], self.mask, *sequence[place + 1 :])]

        return tuple(tuple(masked(s.sequence, place) for s in self.states) for place in range(self.length))

    def start(self, law: SequenceLaw) -> RationalMatrix:
        """Return the law of the data as a vector."""
        numerators = [fmpz(law.weights.get(state.sequence, 0)) for state in self.states]
        return RationalMatrix(fmpz_mat([numerators]), fmpz(law.total))

    def push(self, p: RationalMatrix, step: Transition) -> RationalMatrix:
        """Return the vector p Q^⊗L."""
        keep, lost, d = self._rates(step)
        vector = p.N.entries()
        for masked in self.masked_at:
            pushed = [n * d if j is None else n * keep for n, j in zip(vector, masked, strict=True)]
            for n, j in zip(vector, masked, strict=True):
                if j is not None:
                    pushed[j] += n * lost
            vector = pushed
        return RationalMatrix(fmpz_mat([vector]), p.d * d**self.length).reduced()

    def pull(self, values: RationalMatrix, step: Transition) -> RationalMatrix:
        """Return the vector Q^⊗L v."""
        keep, lost, d = self._rates(step)
        vector = values.N.entries()
        for masked in self.masked_at:
            vector = [n * d if j is None else n * keep + vector[j] * lost for n, j in zip(vector, masked, strict=True)]
        return RationalMatrix(fmpz_mat([vector]), values.d * d**self.length).reduced()

    def pull_balls(self, values: list[arb], step: Transition) -> list[arb]:
        """Return the vector Q^⊗L v in balls, at the precision that is set."""
        keep, lost, d = self._rates(step)
        a, b = arb(keep) / d, arb(lost) / d
        for masked in self.masked_at:
            values = [x if j is None else x * a + values[j] * b for x, j in zip(values, masked, strict=True)]
        return values

    def at(self, law: SequenceLaw, cumulative: Transition) -> RationalMatrix:
        """Return the vector ᾱ^|S| (1−ᾱ)^(L−|S|) q(x_0^S)."""
        keep, lost, d = self._rates(cumulative)
        L = self.length
        chance = [keep**j * lost ** (L - j) for j in range(L + 1)]
        numerators = [chance[state.shown] * state.weight for state in self.states]
        return RationalMatrix(fmpz_mat([numerators]), d**L * law.total).reduced()

    def _rates(self, step: Transition) -> tuple[fmpz, fmpz, fmpz]:
        """Return what stays and what is masked, over one denominator, from the row of a symbol that is no mask."""
        lost = step.entry(0 if self.mask else 1, self.mask)
        a, d = fmpz(lost.numerator), fmpz(lost.denominator)
        return d - a, a, d


def product_law(space: Space, symbol: RationalMatrix) -> tuple[RationalMatrix, Fraction]:
    """Return Π_l π(y^l) on the space, for one symbol's law π, and what π gives to sequences outside of it."""
    weights, length = symbol.N.entries(), len(space.sequence(0))
    numerators = [_product(weights[k] for k in space.sequence(n)) for n in range(space.size)]
    law = RationalMatrix(fmpz_mat([numerators]), symbol.d**length)
    return law, 1 - fraction(sum(numerators, fmpz(0)), law.d)


def _product(numbers: Iterable[fmpz]) -> fmpz:
    found = fmpz(1)
    for n in numbers:
        found *= n
    return found


def over_positions(
    space: Space, values: Sequence[T], reach: Sequence[Sequence[int]], best: Callable[..., T]
) -> list[T]:
    """Return, for each sequence, `best` of the values over all that it can become: symbol k one of reach[k]."""
    found = list(values)
    for place in range(len(space.sequence(0))):
        found = [best(_along(space, found, n, place, reach)) for n in range(space.size)]
    return found


def _along(space: Space, values: Sequence[T], number: int, place: int, reach: Sequence[Sequence[int]]) -> Iterator[T]:
    sequence = space.sequence(number)
    for k in reach[sequence[place]]:
        there = space.number((*sequence[:place], k, *sequence[place + 1 :]))
        if there is not None:
            yield values[there]
