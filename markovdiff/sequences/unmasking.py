"""Unmasking by counts in random order: what it costs to draw several positions at once, and the best block sizes.

Block sizes b_1 + … + b_n = L, in the order of generation. At each stage that many of the masked positions, chosen
uniformly at random, are drawn independently from the ideal denoiser. With m positions revealed, each of the next b is
paid for at c_m, where one at a time would have cost c_m, c_{m+1}, …; so the excess of the bound is

    Σ over stages of Σ_{j=m}^{m+b−1} (c_m − c_j)  =  Σ over stages of b·c_m − H(x),

a left Riemann sum less the area under the curve (arXiv 2511.04647, 2510.25544). The best n stages are a shortest path
over m = 0 … L. Its sums of c's are compared by enclosures; where these overlap, by their coefficients over one coprime
base, which say whether two sums are equal. A tie is told; where the curve has no short form it may stay undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from math import floor

from flint import arb, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE, bounds, combine
from markovdiff.arithmetic.logform import LogForm, over_common_base
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import shown, to_fmpq, whole
from markovdiff.arithmetic.value import from_fields
from markovdiff.errors import InputError, TooLongError
from markovdiff.sequences.curve import InformationCurve

PRECISIONS = (128, 2048)
"""Bits at which sums are compared first, and, where there is no exact form, last; with one, as many as it takes."""

MAX_ATOMS = 2**12
"""Different logarithms that the exact forms of a curve may have together for its ties to be decided."""


@dataclass(frozen=True)
class Unmasking:
    """Block sizes in the order of generation, for data with this curve."""

    curve: InformationCurve
    sizes: tuple[int, ...]

    __reduce__ = from_fields

    @cached_property
    def excess(self) -> Quantity:
        """The excess L − H(x_0) of the bound in random order, in nats."""
        return _excess(self.curve, self.sizes)

    def __repr__(self) -> str:
        bits = self.excess.enclosed(6, "bits").short()
        return f"<{type(self).__name__} {shown(self.sizes)}, excess {bits} bit{'' if bits == '1' else 's'}>"


@dataclass(frozen=True, repr=False)
class BestUnmasking(Unmasking):
    """Block sizes of least excess; `ties` of them share it, and `sizes` is the first in lexicographic order.

    Where a tie is undecided, `decided` is False: `sizes` is as good as any as far as the enclosures reach, and `ties`
    counts what they leave.
    """

    ties: int
    decided: bool


def unmasking(curve: InformationCurve, sizes: Sequence[int]) -> Unmasking:
    """Return the excess of given block sizes, Σ b·c_m − H(x_0).

    Raises InputError where they are not positive integers that add up to the length.

    >>> from markovdiff.sequences.curve import information_curve
    >>> parity = information_curve({"000": 1, "011": 1, "101": 1, "110": 1})
    >>> unmasking(parity, [2, 1]), unmasking(parity, [1, 2])
    (<Unmasking (2, 1), excess 0 bits>, <Unmasking (1, 2), excess 1 bit>)
    """
    blocks = _checked(curve.length, sizes)
    return Unmasking(curve, blocks)


def _checked(length: int, sizes: Sequence[int]) -> tuple[int, ...]:
    blocks = [whole(b) for b in sizes]
    if any(b is None or b < 1 for b in blocks) or sum(b or 0 for b in blocks) != length:
        raise InputError(
            "these are no block sizes",
            where=shown(list(sizes)),
            expected=f"positive integers that add up to {length}, the length",
            got=f"{sum(b or 0 for b in blocks)} in all",
        )
    return tuple(b for b in blocks if b is not None)


def _excess(curve: InformationCurve, sizes: Sequence[int]) -> Quantity:
    """Σ b·(h_{m+1} − h_m) − h_L, its multiples of each h collected: known to be zero where they all cancel."""
    multiples: dict[int, int] = {curve.length: -1}
    for m, b in zip(accumulate(sizes, initial=0), sizes, strict=False):
        multiples[m + 1] = multiples.get(m + 1, 0) + b
        multiples[m] = multiples.get(m, 0) - b
    terms = [(n, curve.joint[j]) for j, n in multiples.items() if n and j]
    return Quantity(
        lambda bits: combine([(fmpz(n), h.ball(bits)) for n, h in terms], fmpz(1), bits),
        lambda: sum((h.form() * n for n, h in terms), LogForm()),
        zero=None if terms else True,
    )


def equal_sizes(length: int, stages: int) -> tuple[int, ...]:
    """Return block sizes as equal as they can be: ⌊i·L/n + ½⌋ positions are revealed after stage i.

    >>> equal_sizes(64, 8), equal_sizes(10, 4)
    ((8, 8, 8, 8, 8, 8, 8, 8), (3, 2, 3, 2))
    """
    n = _checked_stages(length, stages)
    revealed = [floor(Fraction(i * length, n) + Fraction(1, 2)) for i in range(n + 1)]
    return tuple(b - a for a, b in pairwise(revealed))


def cosine_sizes(length: int, stages: int) -> tuple[int, ...]:
    """Return the cosine's block sizes: L·cos(πi/2n), rounded half up, positions are still masked after stage i.

    A stage that reveals nothing is left out, so that there may be fewer than n.

    >>> cosine_sizes(64, 8), cosine_sizes(4, 4)
    ((1, 4, 6, 8, 9, 12, 12, 12), (1, 1, 2))
    """
    n = _checked_stages(length, stages)
    masked = [_rounded_cosine(length, Fraction(i, 2 * n)) for i in range(n + 1)]
    return tuple(a - b for a, b in pairwise(masked) if a > b)


def _rounded_cosine(length: int, turn: Fraction) -> int:
    """⌊L·cos(π·turn) + ½⌋ for 0 ≤ turn ≤ ½; between 0 and ½ the cosine is rational only at ⅓ (Niven 1956)."""
    if turn in (0, Fraction(1, 3), Fraction(1, 2)):
        exact = {0: Fraction(1), Fraction(1, 3): Fraction(1, 2), Fraction(1, 2): Fraction(0)}[turn]
        return floor(length * exact + Fraction(1, 2))
    bits = 64
    while True:
        with ALONE, ctx.workprec(bits):
            value = arb.cos_pi_fmpq(to_fmpq(turn)) * length
        low, high = (floor(end + Fraction(1, 2)) for end in bounds(value))
        if low == high:
            return low
        bits *= 2


def _checked_stages(length: int, stages: object) -> int:
    n = whole(stages)
    if n is None or not 1 <= n <= length:
        raise InputError(
            "the number of stages is out of range",
            where="stages",
            expected=f"an integer from 1 to {length}, the length: each stage reveals at least one position",
            got=shown(stages),
        )
    return n


def best_unmasking(curve: InformationCurve, stages: int) -> BestUnmasking:
    """Return the block sizes of least excess for that many stages in random order, by dynamic programming.

    Raises InputError where there are more stages than positions, or none.

    >>> from markovdiff.sequences.curve import information_curve
    >>> best_unmasking(information_curve({"000": 1, "011": 1, "101": 1, "110": 1}), 2)
    <BestUnmasking (2, 1), excess 0 bits>
    """
    if not isinstance(curve, InformationCurve):
        raise InputError("this is no information curve", got=shown(curve), remedy="make one: md.information_curve(law)")
    n = _checked_stages(curve.length, stages)
    path = _Search(curve, PRECISIONS[0], None).run(n)
    keys = _keys(curve) if path is None else None
    bits, give_up = PRECISIONS[0], False
    while path is None:
        path = _Search(curve, bits, keys, give_up=give_up).run(n)
        give_up = keys is None and bits >= PRECISIONS[-1]
        bits = bits if give_up else 4 * bits
    return BestUnmasking(curve, path.sizes, path.ties, path.decided)


def _keys(curve: InformationCurve) -> list[int] | None:
    """Return an integer for each c_j: two sums of L of them are equal exactly where those of the integers are.

    The coefficients over one coprime base are the digits of the integer, in a base that no sum of L of them fills.
    None where the curve has no exact form, or one too long.
    """
    try:
        forms = [c.form() for c in curve.increments]
    except TooLongError:
        return None
    if len({b for form in forms for _, b in form}) > MAX_ATOMS:
        return None
    table, _scale = over_common_base(forms)
    largest = max((abs(int(n)) for row in table for n in row.values()), default=0)
    width = (4 * curve.length * largest).bit_length() + 1
    place = {b: width * k for k, b in enumerate(sorted({b for row in table for b in row}))}
    return [sum(int(n) << place[b] for b, n in row.items()) for row in table]


@dataclass(frozen=True, slots=True)
class _Path:
    sizes: tuple[int, ...]
    ties: int
    decided: bool


@dataclass(frozen=True, slots=True)
class _Cell:
    """The least Σ b·c_m from m revealed positions on, in so many stages: between two integers over 2^bits.

    `after` are the first blocks' ends that reach it, or may.
    """

    low: int
    high: int
    key: int
    after: tuple[int, ...]
    ways: int
    decided: bool


class _Search:
    """The shortest path at one precision; what is too coarse there makes `run` return None, unless it shall give up."""

    def __init__(self, curve: InformationCurve, bits: int, keys: list[int] | None, *, give_up: bool = False) -> None:
        self.L = curve.length
        ends = [bounds(c.ball(bits)) for c in curve.increments]
        self.low = [floor(a * 2**bits) for a, _ in ends]
        self.high = [-floor(-b * 2**bits) for _, b in ends]
        self.keys, self.give_up = keys, give_up

    def run(self, stages: int) -> _Path | None:
        """Return the best sizes, how many share their excess, and whether that is decided."""
        L = self.L
        rows: list[dict[int, _Cell]] = [{L: _Cell(0, 0, 0, (), 1, decided=True)}]
        for k in range(1, stages + 1):
            row: dict[int, _Cell] = {}
            for m in range(stages - k, L - k + 1):
                cell = self._cell(m, rows[-1])
                if cell is None:
                    return None
                row[m] = cell
            rows.append(row)
        m, sizes = 0, []
        for row in reversed(rows[1:]):
            sizes.append(row[m].after[0] - m)
            m = row[m].after[0]
        return _Path(tuple(sizes), rows[-1][0].ways, rows[-1][0].decided)

    def _cell(self, m: int, later: dict[int, _Cell]) -> _Cell | None:
        """Return the best of all next blocks, from m to each of the places that `later` has."""
        low, high = self.low[m], self.high[m]
        ends = [e for e in later if e > m]
        lows = [(e - m) * low + later[e].low for e in ends]
        highs = [(e - m) * high + later[e].high for e in ends]
        least = min(highs)
        after = tuple(sorted(e for e, x in zip(ends, lows, strict=True) if x <= least))
        keys = {(e - m) * self.keys[m] + later[e].key for e in after} if self.keys else {0}
        equal = len(after) == 1 or (self.keys is not None and len(keys) == 1)
        if not equal and not self.give_up:
            return None
        return _Cell(
            min(lows),
            least,
            min(keys),
            after,
            sum(later[e].ways for e in after),
            equal and all(later[e].decided for e in after),
        )
