"""The product kernel Q ⊗ ⋯ ⊗ Q (every position noised by itself), acting on joint laws one position at a time.

    (p Q^⊗L)(y) = Σ_x p(x) Π_l Q[x^l, y^l]

costs L·K·K^L products of integers this way, and no K^L × K^L matrix is ever made. A vector of K^L entries, first
position slowest, is a K^(L−1) × K table with the last position across; times Q, that position is noised; the transpose
has it slowest. L such turns noise every position and put each back in its place.

Under an added mask a symbol is itself or masked, so at any time a sequence shows S, the positions unmasked, and

    q(x_t shows x^S) = ᾱ_t^|S| (1−ᾱ_t)^(L−|S|) q(x_0^S = x^S):

at most 2^L times the number of distinct sequences can occur, whatever K^L is (`masked_states`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown
from markovdiff.errors import LimitError
from markovdiff.process.transition import Transition
from markovdiff.sequences.law import STILL, SequenceLaw, Symbols

MAX_MASKED = 2**20
"""Sequences with masks that may occur."""

FAR = 16
"""They are not even looked for where 2^L times the distinct sequences is so many times as much."""


def noised(p: RationalMatrix, step: Transition, length: int) -> RationalMatrix:
    """Return p Q^⊗L, 1 × K^L, for a joint law p, 1 × K^L, and one symbol's step Q, K × K."""
    Q = step.dense.matrix
    N = each_position(p.N.entries(), Q.N, length)
    return RationalMatrix(N, p.d * Q.d**length).reduced()


def pulled(values: RationalMatrix, step: Transition, length: int) -> RationalMatrix:
    """Return Q^⊗L v as a row, 1 × K^L: from each x the mean of v(y) over where x goes."""
    Q = step.dense.matrix
    N = each_position(values.N.entries(), Q.N.transpose(), length)
    return RationalMatrix(N, values.d * Q.d**length).reduced()


def each_position(entries: Sequence[fmpz], M: fmpz_mat, length: int) -> fmpz_mat:
    """Return the K^L integers, as a row, with the K × K matrix applied (from the right) to every position."""
    return at_positions(entries, [M] * length)


def at_positions(entries: Sequence[fmpz], matrices: Sequence[fmpz_mat]) -> fmpz_mat:
    """Return the K^L integers, as a row, with the l-th K × K matrix applied (from the right) to position l."""
    K, size = matrices[0].nrows(), len(entries)
    for M in reversed(matrices):
        entries = (fmpz_mat(size // K, K, entries) * M).transpose().entries()
    return fmpz_mat(1, size, entries)


@dataclass(frozen=True, slots=True)
class MaskedState:
    """A sequence as it can be seen under an added mask: `shown` of its positions are not masked.

    Its probability at time t is ᾱ^shown·(1−ᾱ)^(L−shown)·weight/total, `weight` being that of what is shown in the data.
    """

    sequence: Symbols
    shown: int
    weight: int

    def probability(self, alpha_bar: Fraction, total: int) -> Fraction:
        """Return q(x_t = sequence)."""
        hidden = len(self.sequence) - self.shown
        return alpha_bar**self.shown * (1 - alpha_bar) ** hidden * Fraction(self.weight, total)


def masked_states(law: SequenceLaw, mask: int) -> tuple[MaskedState, ...]:
    """Return every sequence that an added mask, by its index, can leave of the data, in lexicographic order.

    Raises LimitError past MAX_MASKED of them.
    """
    most, L = check_masked(law), law.length
    found: list[MaskedState] = []
    level = [dict(law.support)]
    for hidden in range(L + 1):
        for weights in level:
            found += (MaskedState(x, L - hidden, weight) for x, weight in weights.items())
            if len(found) > MAX_MASKED:
                raise _too_many(law, most)
        level = [_masked_at(place, weights, mask) for weights in level for place in _places_before(weights, mask, L)]
    return tuple(sorted(found, key=lambda state: state.sequence))


def _places_before(weights: dict[Symbols, int], mask: int, length: int) -> range:
    """Return the places before the first that is masked: masked from right to left, each set of them comes once."""
    x = next(iter(weights))
    return range(x.index(mask) if mask in x else length)


def _masked_at(place: int, weights: dict[Symbols, int], mask: int) -> dict[Symbols, int]:
    """Return what the data weigh with what is still shown once one place more is masked."""
    found: dict[Symbols, int] = {}
    for x, weight in weights.items():
        shown = (*x[:place], mask, *x[place + 1 :])
        found[shown] = found.get(shown, 0) + weight
    return found


def check_masked(law: SequenceLaw) -> int:
    """Return at most how many sequences with masks occur. Raises LimitError where they are far too many to walk."""
    most = int(min(2**law.length * len(law.support), law.K**law.length))
    if most > FAR * MAX_MASKED:
        raise _too_many(law, most)
    return most


def _too_many(law: SequenceLaw, most: int) -> LimitError:
    return LimitError(
        "too many sequences with masks",
        where="data.length",
        expected=f"at most {MAX_MASKED:,} that can occur",
        got=f"up to {shown(most)}: {len(law.support)} sequences of {law.length} symbols, each masked in all ways",
        remedy=f"a shorter length; {STILL}",
    )
