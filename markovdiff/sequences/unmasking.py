"""Unmasking by counts in random order: what it costs to draw several positions at once, and the best block sizes.

Block sizes b_1 + … + b_n = L, in the order of generation. At each stage that many of the masked positions, chosen
uniformly at random, are drawn independently from the ideal denoiser. With m positions revealed, each of the next b is
paid for at c_m, where one at a time would have cost c_m, c_{m+1}, …; so the excess of the bound is

    Σ over stages of Σ_{j=m}^{m+b−1} (c_m − c_j)  =  Σ over stages of b·c_m − H(x),

a left Riemann sum less the area under the curve (arXiv 2511.04647, 2510.25544). The best n stages are the cheapest path
over m = 0 … L, a block of b from m on costing b·c_m. A tie is told; where the curve has no short form it may stay
undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import floor

from flint import arb, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE, bounds, combine
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import shown, to_fmpq, whole
from markovdiff.arithmetic.shortest_path import cheapest_path
from markovdiff.arithmetic.value import from_fields
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.sequences.curve import InformationCurve


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
    path = cheapest_path(curve.increments, curve.length, n, lambda m, e: (m, e - m))
    return BestUnmasking(curve, tuple(b - a for a, b in pairwise(path.places)), path.ties, path.decided)
