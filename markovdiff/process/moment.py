"""What a chain has at one time: Q_t, Q̄_t and p_t."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Deviation, Transition


@dataclass(frozen=True, eq=False)
class Moment:
    """The process at time t: Q_t, Q̄_t and p_t, and what was before."""

    t: int
    beta: Fraction | None
    alpha_bar: Fraction | None
    transition: Transition | None
    cumulative: Transition
    marginal: RationalMatrix
    data: RationalMatrix
    support: tuple[int, ...]

    __repr__ = in_a_line
    __reduce__ = from_fields

    @cached_property
    def seen(self) -> Transition:
        """Q̄_t as far as its rows are those of a possible x_0."""
        return self.cumulative.seen_from(self.support)

    @cached_property
    def deviation(self) -> Deviation:
        """How far q(x_t | x_0) is from q(x_t), x_0 by x_0."""
        return self.seen.deviation(self.data)

    @cached_property
    def is_independent(self) -> bool:
        """Whether x_t says nothing about x_0: I(x_0; x_t) = 0."""
        if isinstance(self.seen, IdentityPlusRankOne):
            return self.seen.keep == 0 or len(self.support) <= 1
        return self.deviation.vanishes

    @cached_property
    def reveals_data(self) -> bool:
        """Whether x_t tells x_0 for certain: H(x_0 | x_t) = 0."""
        return self.seen.reveals(self.support)

    @cached_property
    def is_noiseless(self) -> bool:
        """Whether x_0 tells x_t for certain: H(x_t | x_0) = 0."""
        return self.seen.is_deterministic(self.support)

    @property
    def probabilities(self) -> tuple[Fraction, ...]:
        """p_t as Fractions."""
        return self.marginal.rows()[0]
