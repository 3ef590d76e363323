"""The information curve of a law of sequences x = (x^1 … x^L): what a position costs once j others are known.

    h_j = mean of H(x^S) over the subsets S of j positions,    h_0 = 0, h_L = H(x)
    c_j = h_{j+1} − h_j = mean of H(x^i | x^S) over |S| = j and i ∉ S,    j = 0 … L−1

c never rises (Han 1978), and its sum is H(x). Two areas tell what the positions share: the total correlation
TC = L·c_0 − H(x) (Watanabe 1960) and the dual total correlation DTC = H(x) − L·c_{L−1} (Han 1975).
Under an added mask I(x_0;x_t) is a polynomial in ᾱ_t with the coefficients h_j, and the excess of an unmasking in
random order is a sum of differences of c: see arXiv 2511.04647 and 2510.25544 on information profiles.

Two routes. A law given by its support is projected on every subset: 2^L entropies, each an exact sum of logarithms of
integers. For a Markov chain x^S is a Markov chain too, so only pairs of neighbours in S count: O(L²) at any length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch
from itertools import pairwise
from math import comb, gcd
from typing import TYPE_CHECKING, Protocol

from flint import fmpz

from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.arithmetic.rational import over_common_denominator, rational, shown
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError, LimitError
from markovdiff.sequences.law import MarkovSequences, SequenceLaw
from markovdiff.sequences.markov_entropies import SPARE_BITS, MarkovEntropies

if TYPE_CHECKING:
    from markovdiff.arithmetic.enclosure import Unit

MAX_CELLS = 2**27
"""Cells that the projections on all subsets may have together, at most half a minute of work."""

Support = Sequence[tuple[Sequence[Hashable], int]]
"""Distinct sequences of one length, each with its weight, a positive integer."""


class MeanEntropies(Protocol):
    """What a curve is made of: a value that gives h_0 … h_L."""

    def means(self) -> tuple[Quantity, ...]:
        """Return h_0 … h_L in nats."""


@dataclass(frozen=True)
class SubsetEntropies:
    """h_j by how often each weight occurs among the projections on j positions: `counts[j]` has (weight, how often)."""

    length: int
    total: int
    counts: tuple[tuple[tuple[int, int], ...], ...]

    __repr__ = in_a_line

    def means(self) -> tuple[Quantity, ...]:
        """Return h_0 … h_L, each an exact sum of logarithms of the weights."""
        return tuple(Quantity.of(self._mean(j), SPARE_BITS) for j in range(self.length + 1))

    def _mean(self, j: int) -> LogForm:
        """h_j = log W − Σ m·n·log n / (W·C(L,j)): m of the projections on j positions have weight n of W."""
        scale = fmpz(self.total) * comb(self.length, j)
        terms = ((fmpz(-m) * n, fmpz(n)) for n, m in self.counts[j])
        return LogForm([(scale, fmpz(self.total)), *terms], scale)


@dataclass(frozen=True)
class IndependentEntropies:
    """h_j = j·H of independent symbols that are all alike."""

    weights: tuple[int, ...]
    length: int

    __repr__ = in_a_line

    def means(self) -> tuple[Quantity, ...]:
        """Return 0, H, …, L·H."""
        _, h = subset_entropies([((k,), w) for k, w in enumerate(self.weights) if w]).means()
        return tuple(h.times(Fraction(j)) for j in range(self.length + 1))


@dataclass(frozen=True, repr=False)
class InformationCurve:
    """The curve of a law on sequences of length L; all of it as quantities in nats."""

    source: MeanEntropies

    __reduce__ = from_fields

    @cached_property
    def joint(self) -> tuple[Quantity, ...]:
        """(h_0 … h_L)."""
        return self.source.means()

    @property
    def length(self) -> int:
        """L."""
        return len(self.joint) - 1

    @property
    def entropy(self) -> Quantity:
        """H(x) = h_L."""
        return self.joint[-1]

    @cached_property
    def increments(self) -> tuple[Quantity, ...]:
        """(c_0 … c_{L−1})."""
        return tuple(more.minus(less) for less, more in pairwise(self.joint))

    @cached_property
    def total_correlation(self) -> Quantity:
        """TC = L·c_0 − H(x): what independent positions with the same averages would have beyond H(x)."""
        return self.joint[1].times(Fraction(self.length)).minus(self.entropy)

    @cached_property
    def dual_total_correlation(self) -> Quantity:
        """DTC = H(x) − L·c_{L−1}: H(x) without what each position keeps to itself."""
        return self.entropy.minus(self.increments[-1].times(Fraction(self.length)))

    def values(self, digits: int = 15, unit: Unit = "bits") -> tuple[Enclosed, ...]:
        """Return (c_0 … c_{L−1}) as certified decimals, with closed forms where they are short.

        >>> [str(c) for c in information_curve({"00": 1, "11": 1}).values()]
        ['1', '0']
        """
        return tuple(c.enclosed(digits, unit, closed=True) for c in self.increments)

    def __repr__(self) -> str:
        first = ", ".join(c.enclosed(4, "bits").short() for c in self.increments[:4])
        return f"<InformationCurve of {self.length} positions: {first}{', …' if self.length > 4 else ''} bits>"


@singledispatch
def information_curve(law: object) -> InformationCurve:
    """Return the information curve of a law of sequences.

    `law` maps sequences of one length (tuples, or text with a character a symbol) to exact weights that need not add
    up to 1; or it is a `SequenceLaw` or `MarkovSequences`. Raises InputError for sequences of unequal length and for
    weights that are no law, LimitError where the subsets have too many projections.

    >>> parity = information_curve({"000": 1, "011": 1, "101": 1, "110": 1})
    >>> [str(c) for c in parity.values()], str(parity.dual_total_correlation.enclosed(15, "bits"))
    (['1', '1', '0'], '2')
    """
    raise InputError(
        "this is no law of sequences",
        expected="a mapping of tuples to exact weights, or a scenario's law of sequences",
        got=shown(law),
    )


@information_curve.register(Mapping)
def _of_weights(law: Mapping[Sequence[Hashable], object]) -> InformationCurve:
    return InformationCurve(subset_entropies(support_of(law)))


@information_curve.register
def _of_law(law: SequenceLaw) -> InformationCurve:
    return InformationCurve(subset_entropies(law.support))


@information_curve.register
def _of_markov(law: MarkovSequences) -> InformationCurve:
    initial, rows = _reached(law)
    if all(row == initial for row in rows):
        weights = tuple(int(n) for n in over_common_denominator(initial)[0])
        return InformationCurve(IndependentEntropies(weights, law.length))
    return InformationCurve(MarkovEntropies(initial, rows, law.length))


def _reached(law: MarkovSequences) -> tuple[tuple[Fraction, ...], tuple[tuple[Fraction, ...], ...]]:
    """Return the first law and the rows on the symbols that can occur, so that an added mask costs nothing."""
    p, reached = law.initial.probabilities, set[int]()
    pending = {k for k, w in enumerate(p) if w}
    while pending:
        reached |= pending
        pending = {j for k in pending for j, w in enumerate(law.rows[k]) if w} - reached
    kept = sorted(reached)
    return tuple(p[k] for k in kept), tuple(tuple(law.rows[k][j] for j in kept) for k in kept)


def symbols_of(law: SequenceLaw | MarkovSequences) -> int:
    """Return how many symbols can occur."""
    if isinstance(law, MarkovSequences):
        return len(_reached(law)[0])
    return len({k for x, _ in law.support for k in x})


def support_of(law: Mapping[Sequence[Hashable], object]) -> list[tuple[Sequence[Hashable], int]]:
    """Return the sequences that occur, each with an integer weight; raise InputError where it is no law."""
    weights = [rational(w, f"the weight of {shown(x)}") for x, w in law.items()]
    for x, w in zip(law, weights, strict=True):
        if w < 0:
            raise InputError("a weight is negative", where=f"the weight of {shown(x)}", expected="≥ 0", got=shown(w))
    integers, _ = over_common_denominator(weights)
    support = [(x, int(n)) for x, n in zip(law, integers, strict=True) if n]
    if not support:
        raise InputError("a law without mass", expected="a sequence of positive weight", remedy="give one a weight")
    return support


def subset_entropies(support: Support) -> SubsetEntropies:
    """Return the mean entropies of the law that gives each sequence its share of the total weight."""
    length, common = _common_length(support), gcd(*(n for _, n in support))
    thin = [(x, n // common) for x, n in support]
    counts = (tuple(sorted(count.items())) for count in projected_weights(thin, length))
    return SubsetEntropies(length, sum(n for _, n in thin), tuple(counts))


def _common_length(support: Support) -> int:
    lengths = Counter(len(x) for x, _ in support)
    if len(lengths) > 1:
        (usual, _), *_ = lengths.most_common(1)
        other = next(x for x, _ in support if len(x) != usual)
        raise InputError(
            "sequences of unequal length", where=shown(other), expected=f"{usual} symbols", got=f"{len(other)} symbols"
        )
    (length,) = lengths
    if length == 0:
        raise InputError("a sequence without symbols", expected="at least one symbol")
    return length


def projected_weights(support: Support, length: int) -> list[Counter[int]]:
    """Return, for each j, how often each weight occurs among the projections of the law on all subsets of j positions.

    Position by position each subset keeps the symbol or drops it. Sequences that agree in what was kept and in what is
    still to come are one cell from there on. Raises LimitError past MAX_CELLS of them.
    """
    tails = _Tails.of([x for x, _ in support], length)
    cells: dict[int, int] = {}
    for k, (_, n) in enumerate(support):
        cells[tails.first_of[k]] = cells.get(tails.first_of[k], 0) + n
    _check_cells(tails, length)
    counts: list[Counter[int]] = [Counter() for _ in range(length + 1)]
    pending = [(0, 0, cells)]
    while pending:
        i, j, cells = pending.pop()
        if i == length:
            counts[j].update(cells.values())
            continue
        pending += [(i + 1, j, tails.drop(i, cells)), (i + 1, j + 1, tails.keep(i, cells))]
    return counts


@dataclass(frozen=True, slots=True)
class _Tails:
    """The distinct ends (x^{i+1} … x^L) of the sequences, numbered at each i: `symbol` and `rest` of each.

    A cell's key is kept·span + tail, where `kept` reads the symbols that were kept as digits.
    """

    K: int
    span: int
    first_of: list[int]
    symbol: list[list[int]]
    rest: list[list[int]]

    @classmethod
    def of(cls, sequences: Sequence[Sequence[Hashable]], length: int) -> _Tails:
        symbols: dict[Hashable, int] = {}
        symbol: list[list[int]] = []
        rest: list[list[int]] = []
        ends = [0] * len(sequences)
        for i in reversed(range(length)):
            numbered: dict[tuple[int, int], int] = {}
            for k, x in enumerate(sequences):
                pair = symbols.setdefault(x[i], len(symbols)), ends[k]
                ends[k] = numbered.setdefault(pair, len(numbered))
            symbol.append([s for s, _ in numbered])
            rest.append([end for _, end in numbered])
        span = max(len(ends_here) for ends_here in rest)
        return cls(len(symbols), span, ends, symbol[::-1], rest[::-1])

    def keep(self, i: int, cells: dict[int, int]) -> dict[int, int]:
        """Return the cells with symbol i among what is kept; none of them meet."""
        K, span, symbol, rest = self.K, self.span, self.symbol[i], self.rest[i]
        split = ((divmod(key, span), n) for key, n in cells.items())
        return {(kept * K + symbol[tail]) * span + rest[tail]: n for (kept, tail), n in split}

    def drop(self, i: int, cells: dict[int, int]) -> dict[int, int]:
        """Return the cells without symbol i; those that it told apart are added up."""
        span, rest = self.span, self.rest[i]
        merged: dict[int, int] = {}
        for key, n in cells.items():
            kept, tail = divmod(key, span)
            there = kept * span + rest[tail]
            merged[there] = merged.get(there, 0) + n
        return merged


def _check_cells(tails: _Tails, length: int) -> None:
    """Raise LimitError where the walk may meet too many cells: at most K^j · tails, and as many as sequences."""
    most = len(tails.rest[0])
    ends = [len(rest) for rest in tails.rest] + [1]
    cells = sum(comb(i, j) * min(most, tails.K**j * ends[i]) for i in range(length + 1) for j in range(i + 1))
    if cells > MAX_CELLS:
        raise LimitError(
            f"the projections of {most} sequences on all subsets of {length} positions are too many",
            expected=f"at most {MAX_CELLS} cells",
            got=f"up to {cells}",
            remedy="take shorter windows or fewer distinct sequences; a Markov law has its curve at any length",
        )


def masked_information(curve: InformationCurve, alpha_bar: Fraction) -> Quantity:
    """Return I(x_0;x_t) under an added mask: Σ_j C(L,j)·ᾱ^j·(1−ᾱ)^{L−j}·h_j, where ᾱ of the positions are still seen.

    >>> pair = information_curve({"00": 1, "11": 1})
    >>> str(masked_information(pair, Fraction(1, 2)).enclosed(15, "bits"))
    '0.75'
    """
    a, L = alpha_bar, curve.length
    parts = [curve.joint[j].times(comb(L, j) * a**j * (1 - a) ** (L - j)) for j in range(1, L + 1)]
    return Quantity.total(parts)
