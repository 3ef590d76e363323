"""The cheapest path in a given number of steps, where costs are numbers like Σ a·log b: ties are decided, not rounded.

A path goes from 0 up to `last`; a step from m to e costs n·c_k, a whole multiple of one of the numbers c ≥ 0. The
dynamic programme holds, for each place, the least cost from there on between two integers over 2^bits. Where two
enclosures overlap, the sums are compared by their coefficients over one coprime base, whose logarithms are linearly
independent over the rationals: equal sums are a tie, and others are told apart by more bits. Where a number has no
short exact form a tie may stay undecided; then it is said so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor
from typing import TypeAlias

from markovdiff.arithmetic.enclosure import bounds
from markovdiff.arithmetic.logform import over_common_base
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.errors import InputError, TooLongError

PRECISIONS = (128, 2048)
"""Bits at which sums are compared first, and, where there is no exact form, last; with one, as many as it takes."""

MAX_ATOMS = 2**12
"""Different logarithms that the exact forms may have together for ties to be decided."""

Step: TypeAlias = "Callable[[int, int], tuple[int, int] | None]"
"""From m and e > m: which number a step costs, and how many times it; None where there is no such step."""


@dataclass(frozen=True, slots=True)
class CheapestPath:
    """The places of the cheapest path, 0 and the last among them; of several the first in lexicographic order.

    `ties` paths share its cost. Where `decided` is False some cost as much as far as the enclosures reach.
    """

    places: tuple[int, ...]
    ties: int
    decided: bool


def cheapest_path(costs: Sequence[Quantity], last: int, steps: int, step: Step) -> CheapestPath:
    """Return the cheapest path from 0 to `last` in so many steps, whose multiples add up to `last` at most.

    Raises InputError where no path leads there.

    >>> from markovdiff.arithmetic.logform import log
    >>> cheapest_path([Quantity.of(log(2)), Quantity.of(log(3))], 2, 2, lambda m, e: (m, 1))
    CheapestPath(places=(0, 1, 2), ties=1, decided=True)
    """
    search = _Search(costs, last, step, PRECISIONS[0], None)
    path = search.run(steps)
    keys = _keys(costs, last) if path is None else None
    bits, give_up = PRECISIONS[0], False
    while path is None:
        path = _Search(costs, last, step, bits, keys, give_up=give_up).run(steps)
        give_up = keys is None and bits >= PRECISIONS[-1]
        bits = bits if give_up else 4 * bits
    return path


def _keys(costs: Sequence[Quantity], most: int) -> list[int] | None:
    """Return an integer for each number: two sums of `most` of them are equal exactly where those of the integers are.

    The coefficients over one coprime base are the digits of the integer, in a base that no sum of `most` of them fills.
    None where some number has no exact form, or one too long.
    """
    try:
        forms = [c.form() for c in costs]
    except TooLongError:
        return None
    if len({b for form in forms for _, b in form}) > MAX_ATOMS:
        return None
    table, _scale = over_common_base(forms)
    largest = max((abs(int(n)) for row in table for n in row.values()), default=0)
    width = (4 * most * largest).bit_length() + 1
    place = {b: width * k for k, b in enumerate(sorted({b for row in table for b in row}))}
    return [sum(int(n) << place[b] for b, n in row.items()) for row in table]


@dataclass(frozen=True, slots=True)
class _Cell:
    """The least cost from a place on, in so many steps: between two integers over 2^bits.

    `after` are the next places that reach it, or may.
    """

    low: int
    high: int
    key: int
    after: tuple[int, ...]
    ways: int
    decided: bool


class _TooCoarse(Exception):  # noqa: N818  (no error: it ends one search, and the next has more bits)
    """Two costs overlap at this precision, and are not known to be equal."""


class _Search:
    """The cheapest path at one precision; where that is too coarse `run` returns None, unless it shall give up."""

    def __init__(
        self,
        costs: Sequence[Quantity],
        last: int,
        step: Step,
        bits: int,
        keys: list[int] | None,
        *,
        give_up: bool = False,
    ) -> None:
        ends = [bounds(c.ball(bits)) for c in costs]
        self.low = [floor(a * 2**bits) for a, _ in ends]
        self.high = [-floor(-b * 2**bits) for _, b in ends]
        self.last, self.step, self.keys, self.give_up = last, step, keys, give_up

    def run(self, steps: int) -> CheapestPath | None:
        """Return the cheapest path, how many share its cost, and whether that is decided."""
        rows: list[dict[int, _Cell]] = [{self.last: _Cell(0, 0, 0, (), 1, decided=True)}]
        try:
            for k in range(1, steps + 1):
                places = range(steps - k, self.last - k + 1) if k < steps else (0,)
                found = ((m, self._cell(m, rows[-1])) for m in places)
                rows.append({m: cell for m, cell in found if cell is not None})
        except _TooCoarse:
            return None
        if not rows[-1]:
            raise InputError("no path leads there", expected=f"one of {steps} steps to {self.last}")
        places_kept = [0]
        for row in reversed(rows[1:]):
            places_kept.append(row[places_kept[-1]].after[0])
        return CheapestPath(tuple(places_kept), rows[-1][0].ways, rows[-1][0].decided)

    def _cell(self, m: int, later: dict[int, _Cell]) -> _Cell | None:
        """Return the best of all next places that `later` has; None where no step leads to one."""
        steps = [(e, *found) for e in later if e > m and (found := self.step(m, e)) is not None]
        if not steps:
            return None
        lows = [n * self.low[k] + later[e].low for e, k, n in steps]
        least = min(n * self.high[k] + later[e].high for e, k, n in steps)
        near = sorted(one for one, x in zip(steps, lows, strict=True) if x <= least)
        keys = {n * self.keys[k] + later[e].key for e, k, n in near} if self.keys else {0}
        equal = len(near) == 1 or (self.keys is not None and len(keys) == 1)
        if not equal and not self.give_up:
            raise _TooCoarse
        return _Cell(
            min(lows),
            least,
            min(keys),
            tuple(e for e, _, _ in near),
            sum(later[e].ways for e, _, _ in near),
            equal and all(later[e].decided for e, _, _ in near),
        )
