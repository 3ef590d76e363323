"""η_KL(Q): the least η with I(U;Y) ≤ η·I(U;X) for every U → X → Y through the kernel Q, whatever the input's law.

It equals η_χ² (Ahlswede & Gács 1976; Raginsky 2016) and is reached by inputs on two states (Ordentlich & Polyanskiy
2021): the supremum over pairs of rows a, b and 0 < λ < 1 of

    g(λ) = λ(1−λ) Σ_j (a_j − b_j)²/(λa_j + (1−λ)b_j)  =  1 − Σ_j a_j b_j/(λa_j + (1−λ)b_j),

which is concave in λ. As it is continued to λ = 0 and 1 it may be largest there: then the supremum is a limit,
Σ a_j over b_j = 0 (or mirrored), and no input reaches it.

Concavity makes one tangent an upper bound: sup g ≤ g(λ) + max(g'(λ)(1−λ), −g'(λ)λ), and g(λ) is a lower one. λ is
proposed by float64, improved by Newton's method in balls, and proves nothing; what is proved is the two bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import gcd
from typing import Literal

from flint import arb, ctx, fmpq, fmpz

from markovdiff.arithmetic.enclosure import ALONE, accuracy, bits_for, bounds
from markovdiff.arithmetic.quantity import Enclosed, enclose, of_rational
from markovdiff.arithmetic.rational import to_fraction
from markovdiff.errors import LimitError
from markovdiff.process.transition import Transition

MAX_STATES = 64
"""Different rows of a kernel up to which η_KL is enclosed: 2,016 pairs of 64 entries take some seconds."""

SIMPLE = 64
"""Denominators up to which a λ is tried as the exact place of the maximum."""

GUARD = 24
"""Bits of the working precision that an enclosure need not have: what sums of 64 terms and the last step lose."""

Shape = tuple[tuple[int, int, int], ...]
"""(m, a, b) with gcd(a, b) = 1: the columns in which the two rows stand as a to b, m·a and m·b in all over d."""


@dataclass(frozen=True)
class KLContraction:
    """η_KL(Q), and what reaches it.

    `pair` are two rows, and `share` is λ, the first one's share in the input: exact where `is_attained` and it is
    rational and simple, else its first digits. `value` is the exact η_KL where that is known to be rational.
    """

    enclosed: Enclosed
    value: Fraction | None
    bounds: arb
    pair: tuple[int, int] | None
    share: Fraction | None
    is_attained: bool

    @property
    def is_limit(self) -> bool:
        """Whether the supremum is a limit λ → 0 or 1 that no input reaches."""
        return not self.is_attained


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two rows over d, without the columns in which both are zero."""

    first: int
    second: int
    d: fmpz
    shape: Shape

    def end(self, side: Literal[0, 1]) -> Fraction:
        """Return the limit of g as λ → 0 or 1: what the first row (the second) puts where the other has nothing."""
        alone = [m * (a, b)[side] for m, a, b in self.shape if (a, b)[1 - side] == 0]
        return Fraction(sum(alone), int(self.d))

    def slope_at_end(self, side: Literal[0, 1]) -> Fraction:
        """Return g'(0) or g'(1), over the columns that both rows have."""
        total = Fraction(0)
        for m, a, b in self.shape:
            if a and b:
                total += m * (Fraction(a * (a - b), b) if side == 0 else Fraction(b * (a - b), a))
        return total / int(self.d)

    def exactly(self, share: Fraction) -> tuple[Fraction, Fraction]:
        """G and g' at a rational λ."""
        x = fmpq(share.numerator, share.denominator)
        value, slope = fmpq(1), fmpq(0)
        for m, a, b in self.shape:
            if a and b:
                mix = x * a + (1 - x) * b
                value -= m * a * b / mix / self.d
                slope += m * a * b * (a - b) / (mix * mix) / self.d
        return to_fraction(value), to_fraction(slope)

    def at(self, x: arb) -> tuple[arb, arb, arb]:
        """Return g, g' and g'' at λ in the current precision; g as a sum of terms of one sign."""
        value, slope, bend = arb(0), arb(0), arb(0)
        y = 1 - x
        for m, a, b in self.shape:
            if a == 0:
                value += x * (m * b)
            elif b == 0:
                value += y * (m * a)
            elif a != b:
                mix = x * a + y * b
                away = a - b
                value += x * y * (m * away * away) / mix
                part = m * a * b * away / (mix * mix)
                slope += part
                bend -= 2 * part * away / mix
        return value / self.d, slope / self.d, bend / self.d


def contraction(step: Transition, digits: int = 15) -> KLContraction:
    """Return η_KL(Q), enclosed to `digits` digits. Raises LimitError past `MAX_STATES` different rows.

    >>> from markovdiff.process.transition import Dense
    >>> flip = [[Fraction(9, 10), Fraction(1, 10)], [Fraction(1, 10), Fraction(9, 10)]]
    >>> contraction(Dense.from_rows(flip, "rows")).value
    Fraction(16, 25)
    """
    bits = bits_for(digits) + 64
    pairs = _likely(list(_pairs(step)), bits)
    if not pairs:
        return KLContraction(of_rational(Fraction(0), digits), Fraction(0), arb(0), None, None, True)
    settled: list[tuple[Fraction, _Pair, Fraction, bool]] = []
    open_: list[tuple[_Pair, arb]] = []
    for pair, x in pairs:
        found = _settled(pair, x)
        if found is None:
            open_.append((pair, x))
        else:
            settled.append((found[0], pair, *found[1:]))
    best = max(settled, key=lambda entry: (entry[0], entry[3]), default=None)  # of equal ones, one that is attained
    ends, where = _enclose(open_, None if best is None else best[0], bits)
    if where is None:
        assert best is not None
        value, pair, share, attained = best
        return KLContraction(of_rational(value, digits), value, ends, (pair.first, pair.second), share, attained)
    pair, share = where
    return KLContraction(enclose(lambda _bits: ends, digits), None, ends, (pair.first, pair.second), share, True)


def _likely(pairs: list[_Pair], bits: int) -> list[tuple[_Pair, arb]]:
    """Return the pairs that may have the largest supremum, each with a λ near it; the others are proved smaller."""
    with ALONE, ctx.workprec(bits):
        tried = [(pair, x, *_tangent(pair, x)) for pair, x in zip(pairs, _proposed(pairs), strict=True)]
        best = _highest([low for *_, low, _ in tried])
        return [(pair, x) for pair, x, _, high in tried if not high < best]


def _settled(pair: _Pair, x: arb) -> tuple[Fraction, Fraction, bool] | None:
    """Return the supremum as a rational, with λ and whether it is attained, where it is at an end or a simple λ."""
    common = [(a, b) for _, a, b in pair.shape if a and b]
    if all(a == b for a, b in common):  # g is linear: the two ends are what each row has for itself
        at_0, at_1 = pair.end(0), pair.end(1)
        if at_0 == at_1:
            return at_0, Fraction(1, 2), True
        return (at_0, Fraction(0), False) if at_0 > at_1 else (at_1, Fraction(1), False)
    if pair.slope_at_end(0) <= 0:
        return pair.end(0), Fraction(0), False
    if pair.slope_at_end(1) >= 0:
        return pair.end(1), Fraction(1), False
    share = bounds(x)[0].limit_denominator(SIMPLE)
    if 0 < share < 1:
        value, slope = pair.exactly(share)
        if slope == 0:
            return value, share, True
    return None


def _enclose(
    pairs: Sequence[tuple[_Pair, arb]], known: Fraction | None, bits: int
) -> tuple[arb, tuple[_Pair, Fraction] | None]:
    """Return the largest supremum of these pairs and a known value, and where it is; None where the known one is it."""
    with ALONE, ctx.workprec(bits):
        floor = None if known is None else arb(fmpq(known.numerator, known.denominator))
        least = [] if floor is None else [floor]
        tried = [(pair, x, *_tangent(pair, x)) for pair, x in pairs]
        for _ in range(bits):
            best = _highest([*(low for *_, low, _ in tried), *least])
            tried = [entry for entry in tried if not entry[3] < best]
            if not tried:
                assert floor is not None
                return floor, None
            ends = best.union(_highest([*(high.upper() for *_, high in tried), *(x.upper() for x in least)]))
            if accuracy(ends) >= bits - GUARD:
                break
            tried = [(pair, y, *_tangent(pair, y)) for pair, x, *_ in tried for y in [_improved(pair, x)]]
        pair, x, *_ = max(tried, key=lambda entry: bounds(entry[2].lower()))
        return ends, (pair, bounds(x)[0].limit_denominator(10**12))


def _highest(ends: Sequence[arb]) -> arb:
    """Return the largest of the balls' lower ends."""
    return max((x.lower() for x in ends), key=bounds, default=arb(0))


def _tangent(pair: _Pair, x: arb) -> tuple[arb, arb]:
    """Return a lower and an upper bound on sup g, from λ = x."""
    value, slope, _ = pair.at(x)
    rise, fall = slope * (1 - x), -slope * x
    return value, value + (rise if slope > 0 else fall if slope < 0 else rise.union(fall).union(arb(0)))


def _improved(pair: _Pair, x: arb) -> arb:
    """One step of Newton's method, or of bisection towards the rising side where that leaves (0, 1)."""
    _, slope, bend = pair.at(x)
    y = (x - slope / bend).mid()
    if 0 < y < 1:
        return y
    return x / 2 if y <= 0 else (1 + x) / 2


def _proposed(pairs: Sequence[_Pair]) -> list[arb]:
    """λ at the maximum of g for each pair, by bisection in float64; always inside (0, 1)."""
    import numpy as np

    width = max((len(pair.shape) for pair in pairs), default=0)
    A, B = np.zeros((len(pairs), width)), np.zeros((len(pairs), width))
    for n, pair in enumerate(pairs):
        both = [(m * a / int(pair.d), m * b / int(pair.d)) for m, a, b in pair.shape if a and b]
        A[n, : len(both)], B[n, : len(both)] = [a for a, _ in both], [b for _, b in both]
    with np.errstate(all="ignore"):
        rises = A * B * (A - B)
        low, high = np.zeros(len(pairs)), np.ones(len(pairs))
        for _ in range(52):
            x = (low + high) / 2
            mix = x[:, None] * A + (1 - x)[:, None] * B
            up = np.where(mix > 0, rises / mix**2, 0.0).sum(axis=1) > 0
            low, high = np.where(up, x, low), np.where(up, high, x)
    return [arb(float(x)) for x in (low + high) / 2]


def _pairs(step: Transition) -> Iterator[_Pair]:
    """Return the pairs of different rows, those that differ by the order of their columns or of the two rows once."""
    met: set[tuple[int, Shape]] = set()
    states = step.representatives
    _check(len(states))
    for i, k in combinations(states, 2):
        row, other, d = step.row_pair(i, k)
        shape = _shape(row, other)
        turned = tuple(sorted((m, b, a) for m, a, b in shape))
        key = int(d), min(shape, turned)
        if key not in met and row != other:
            met.add(key)
            yield _Pair(i, k, d, shape)


def _check(kinds: int) -> None:
    if kinds > MAX_STATES:
        raise LimitError(
            "too many different rows to enclose η_KL",
            where="noise.kernel",
            expected=f"at most {MAX_STATES}",
            got=str(kinds),
            remedy="η_TV (Dobrushin) is exact at any size, and never below η_KL",
        )


def _shape(row: Sequence[int], other: Sequence[int]) -> Shape:
    """Return the columns by the ratio in which the two rows stand there."""
    masses: dict[tuple[int, int], int] = {}
    for a, b in zip(row, other, strict=True):
        if g := gcd(a, b):
            key = (a // g, b // g)
            masses[key] = masses.get(key, 0) + g
    return tuple(sorted((m, a, b) for (a, b), m in masses.items()))
