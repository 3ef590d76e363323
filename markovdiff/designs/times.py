"""First times: the first t with I(x0;x_t) ≤ ε, and the first t with every row of Q̄_t within ε of the stationary law.

Both quantities never rise in t (data processing; a common stationary law), so the first time is found by doubling t and
then by bisection. Each comparison is decided: by enclosures of two precisions, and where the two sides may be equal by
exact numbers as far as these are not too long. What is left is `undecided`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx, fmpq

from markovdiff.arithmetic.enclosure import ALONE, Unit, in_unit
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.cached import cached_property
from markovdiff.designs.cumulative import Cumulative, constant_step, distance_ball, information_ball, kept
from markovdiff.errors import LimitError
from markovdiff.measures.information import entropy_of, information_left
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne

Row = tuple[Fraction, ...]

PRECISIONS = (128, 512)
"""Bits at which a comparison is tried."""

FURTHEST = 2**40
"""Steps up to which a constant kernel is followed beyond T."""

LONGEST = 2**24
"""Bits that all exact numbers of one comparison may have together."""


@dataclass(frozen=True)
class FirstTime:
    """The first t at which a quantity is at most `epsilon`; `t` is None where `detail` says why there is none.

    `is_beyond` tells that it lies past the scenario's T, if the constant kernel went on.
    """

    epsilon: Fraction
    t: int | None
    is_beyond: bool
    detail: str


class Deciders:
    """Whether I_t ≤ ε, and whether every row is within ε of a law: True, False, or None where it was not decided."""

    def __init__(self, chain: Chain, unit: Unit) -> None:
        self.chain, self.unit = chain, unit

    @cached_property
    def by_bits(self) -> tuple[Cumulative, ...]:
        """Q̄_t at each precision."""
        return tuple(Cumulative(self.chain, bits) for bits in PRECISIONS)

    @property
    def is_rank_one(self) -> bool:
        """Whether one number tells Q̄_t."""
        return self.chain.kernel.rank_one_target is not None

    def informs_at_most(self, epsilon: Fraction, t: int) -> bool | None:
        """Return whether I(x0;x_t) ≤ ε, in the unit."""
        if self.is_rank_one:
            return self._exact_information(t).compare(epsilon, self.unit) <= 0
        weights = self.chain.data.weights
        for held in self.by_bits:
            x = in_unit(information_ball(held.at(t), weights, held.bits), self.unit, held.bits)
            if (found := _at_most([x], epsilon, held.bits)) is not None:
                return found
        if not self._is_short(t):
            return None
        return (
            information_left(self.chain.at(t), entropy_of(self.chain.at(t).marginal)).compare(epsilon, self.unit) <= 0
        )

    def mixes(self, law: Row, epsilon: Fraction, t: int) -> bool | None:
        """Return whether TV(Q̄_t[i], μ) ≤ ε for each i."""
        if self.is_rank_one:
            return kept(self.chain, t) * (1 - min(law)) <= epsilon
        for held in self.by_bits:
            if (found := _at_most(distance_ball(held.at(t), law, held.bits), epsilon, held.bits)) is not None:
                return found
        if not self._is_short(t):
            return None
        rows = self.chain.at(t).cumulative.rows()
        return all(sum(abs(a - b) for a, b in zip(row, law, strict=True)) <= 2 * epsilon for row in rows)

    def _is_short(self, t: int) -> bool:
        """Whether Q̄_t in exact numbers is within reach."""
        chain = self.chain
        return t <= chain.T and chain.K**3 * t * int(chain.transition(1).dense.denominator.bit_length()) <= LONGEST

    def _exact_information(self, t: int) -> Quantity:
        chain = self.chain
        groups = chain.alike
        assert groups is not None
        keep = kept(chain, t)
        if keep.denominator.bit_length() * len(groups.first) > LONGEST:
            raise LimitError(
                "numbers too long to compare", expected=f"at most 2^{LONGEST.bit_length() - 1} bits", got=f"at t = {t}"
            )
        start = next(iter(chain.moments(groups)))
        cumulative = IdentityPlusRankOne(keep, chain.target)
        moment = Moment(t, None, keep, None, cumulative, cumulative.push(start.data), start.data, start.support)
        return information_left(moment, entropy_of(moment.marginal))


def _at_most(values: list[arb], epsilon: Fraction, bits: int) -> bool | None:
    with ALONE, ctx.workprec(bits):
        bound = arb(fmpq(epsilon.numerator, epsilon.denominator))
        if any(x > bound for x in values):
            return False
        return True if all(x <= bound for x in values) else None


def first_time(chain: Chain, epsilon: Fraction, holds: Callable[[int], bool | None], what: str) -> FirstTime:
    """Return the first t with `holds(t)`, which must stay true once it is; beyond T for a constant kernel."""
    goes_on = constant_step(chain) is not None
    try:
        if not chain.is_markov:
            return _first_of_all(chain, epsilon, holds, what)
        low, high = -1, 0
        while not _told(holds, high):
            if high >= (FURTHEST if goes_on else chain.T):
                end = f"2^{FURTHEST.bit_length() - 1} steps" if goes_on else f"the T = {chain.T} steps"
                return FirstTime(epsilon, None, False, f"{what} is still larger after {end}")
            low, high = high, max(2 * high, 1) if goes_on else min(max(2 * high, 1), chain.T)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if _told(holds, middle) else (middle, high)
    except LimitError as error:
        return FirstTime(epsilon, None, False, f"not decided: {error.what}{f' ({error.got})' if error.got else ''}")
    except UndecidedError as error:
        return FirstTime(epsilon, None, False, f"undecided: at t = {error.t} the two sides may be equal")
    past = high > chain.T
    beyond = f", past T = {chain.T}: there if the same step is taken again and again" if past else ""
    return FirstTime(epsilon, high, past, f"{what} is at most that from t = {high} on{beyond}")


def _first_of_all(chain: Chain, epsilon: Fraction, holds: Callable[[int], bool | None], what: str) -> FirstTime:
    """Return the first t of a process with memory, where the quantity may rise again: every t is looked at."""
    for t in range(chain.T + 1):
        if _told(holds, t):
            return FirstTime(epsilon, t, False, f"{what} is at most that at t = {t}; with memory it may rise again")
    return FirstTime(epsilon, None, False, f"{what} is larger at each t up to T = {chain.T}")


class UndecidedError(Exception):
    """A comparison that was not decided, at time `t`."""

    def __init__(self, t: int) -> None:
        super().__init__(t)
        self.t = t


def _told(holds: Callable[[int], bool | None], t: int) -> bool:
    found = holds(t)
    if found is None:
        raise UndecidedError(t)
    return found
