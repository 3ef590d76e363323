"""What is decided of a product kernel by looking at one symbol's: independence, certainty, contraction.

Rows of Q̄^⊗L are products. Two of them are equal, or proportional on a product of columns, exactly where they are so
position by position; they share a column exactly where they do so at every position. Hence, with x, x' possible data,

    I(x_0; x_t) = 0        ⇔  at each position the rows of the symbols that can stand there are one row
    H(x_0 | x_t) = 0       ⇔  no x ≠ x' meet: share an x_t
    I_{t−1} = I_t          ⇔  no x, x' meet at time t and split at some position:
                              x_0 ⊥ x_{t−1} | x_t, i.e. for every x_t the rows of Q̄_{t−1} restricted to the x_{t−1} that
                              lead to it are proportional among all x that can become it

where symbols a, b *meet* if some c can come of both, and *split* if for some such c their rows of Q̄_{t−1}, restricted
to the symbols that lead to c, are not proportional. Sets of sequences are held as bits of one integer, so all pairs
are compared in S²/64 operations for S sequences. Nothing here takes a logarithm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from operator import and_, or_

from flint import fmpz

from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Transition
from markovdiff.sequences.law import SequenceLaw

Pairs = list[list[bool]]
"""A relation between symbols, K × K."""

MAX_TERMS = 2**22
"""Terms that may be added up for η of a product kernel."""


def is_independent(supports: Iterable[Sequence[int]], cumulative: Transition) -> bool:
    """Say whether x_t says nothing about x_0, from the symbols that can stand at each position of x_0."""
    rows = cumulative.dense.table
    return all(rows[k] == rows[support[0]] for support in supports for k in support)


def is_noiseless(law: SequenceLaw, cumulative: Transition) -> bool:
    """Say whether x_0 tells x_t for certain."""
    used = sorted({k for marginal in law.position_marginals for k in marginal.support})
    return cumulative.is_deterministic(used)


def reveals(law: SequenceLaw, cumulative: Transition) -> bool:
    """Say whether x_t tells x_0 for certain."""
    met = meets(cumulative)
    if not any(there for a, row in enumerate(met) for b, there in enumerate(row) if a != b):
        return True
    return not any(meeting.bit_count() > 1 for _, meeting in _meetings(law, met))


def loses_nothing(law: SequenceLaw, before: Transition, step: Transition, now: Transition) -> bool:
    """Say whether x_0 ⊥ x_{t−1} | x_t, from Q̄_{t−1}, Q_t and Q̄_t of one symbol."""
    apart = splits(before, step, now)
    if not any(map(any, apart)):
        return True
    held = _held(law, apart)
    return not any(meeting & held[place][k] for x, meeting in _meetings(law, meets(now)) for place, k in enumerate(x))


def meets(cumulative: Transition) -> Pairs:
    """Return which symbols can become a common one."""
    masks = [sum(1 << j for j, n in enumerate(row) if n != 0) for row in cumulative.dense.table]
    return [[bool(a & b) for b in masks] for a in masks]


def splits(before: Transition, step: Transition, now: Transition) -> Pairs:
    """Return for which symbols some common end leaves rows of Q̄_{t−1} that are not proportional."""
    rows, ends, K = before.dense.table, now.dense.table, step.K
    found = [[False] * K for _ in range(K)]
    for c, sources in enumerate(step.dense.column_supports):
        kinds = {a: _direction([rows[a][k] for k in sources]) for a in range(K) if ends[a][c] != 0}
        for a, b in product(kinds, repeat=2):
            found[a][b] |= kinds[a] != kinds[b]
    return found


def _direction(row: Sequence[fmpz]) -> tuple[int, ...]:
    """Return the row over its greatest common divisor: equal for proportional rows."""
    common = fmpz(0)
    for n in row:
        common = common.gcd(n)
    return tuple(int(n // common) for n in row)


def _held(law: SequenceLaw, related: Pairs) -> list[list[int]]:
    """For each position and symbol, the sequences that have a related symbol there."""
    return [
        [reduce(or_, (bits for bits, is_held in zip(holders, row, strict=True) if is_held), 0) for row in related]
        for holders in law.holders
    ]


def _meetings(law: SequenceLaw, met: Pairs) -> Iterator[tuple[tuple[int, ...], int]]:
    """For each possible sequence, those that it meets at every position."""
    held = _held(law, met)
    for x, _ in law.support:
        yield x, reduce(and_, (held[place][k] for place, k in enumerate(x)))


def dobrushin_of_product(step: Transition, length: int) -> Fraction | None:
    """Return η(Q^⊗L) = max over pairs of sequences of TV between their rows; None where that is too much to add up.

    Pairs that differ everywhere suffice, since a TV never grows where a position is left out. Of a pair only how often
    each likelihood ratio comes matters, so pairs of symbols are grouped by their rows' pairs of entries, and the order
    of positions does not count. Under a mask (κI + (1−κ)1πᵀ, π on one symbol) two rows share all-masked alone, and
    η = 1 − (1−κ)^L.
    """
    if step.K == 1:
        return Fraction(0)
    if isinstance(step, IdentityPlusRankOne) and len(step.target.support) == 1:
        return 1 - (1 - step.keep) ** length
    spectra = _spectra(step)
    if spectra is None:
        return None
    least = _least_shared(spectra, length)
    return None if least is None else 1 - Fraction(int(least), int(step.dense.matrix.d) ** length)


Spectrum = tuple[tuple[tuple[int, int], int], ...]
"""Pairs of entries (Q[a, j], Q[b, j]), both positive, and how many j have them."""


def _spectra(step: Transition) -> list[Spectrum] | None:
    """Return the different spectra of pairs of symbols a ≠ b; None for too many symbols to look at."""
    K, table = step.K, step.dense.table
    if K**3 > MAX_TERMS:
        return None
    found: set[Spectrum] = set()
    for a, b in product(range(K), repeat=2):
        if a != b:
            counts: dict[tuple[int, int], int] = {}
            for u, v in zip(table[a], table[b], strict=True):
                if u != 0 and v != 0:
                    counts[int(u), int(v)] = counts.get((int(u), int(v)), 0) + 1
            found.add(tuple(sorted(counts.items())))
    return sorted(found)


def _least_shared(spectra: list[Spectrum], length: int) -> int | None:
    """Return the least Σ min(u, v) over products of `length` spectra, in any choice; None past MAX_TERMS."""
    spent = 0
    layer: dict[tuple[int, ...], dict[tuple[int, int], int]] = {(0,) * len(spectra): {(1, 1): 1}}
    for _ in range(length):
        grown: dict[tuple[int, ...], dict[tuple[int, int], int]] = {}
        for chosen, terms in layer.items():
            last = max((i for i, n in enumerate(chosen) if n), default=0)
            for i in range(last, len(spectra)):
                spent += len(terms) * len(spectra[i])
                if spent > MAX_TERMS:
                    return None
                made: dict[tuple[int, int], int] = {}
                for (u, v), m in terms.items():
                    for (x, y), n in spectra[i]:
                        made[u * x, v * y] = made.get((u * x, v * y), 0) + m * n
                grown[(*chosen[:i], chosen[i] + 1, *chosen[i + 1 :])] = made
        layer = grown
    return min(sum(m * min(u, v) for (u, v), m in terms.items()) for terms in layer.values())
