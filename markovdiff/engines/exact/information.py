"""Data processing: information about x0 only falls, and by how much at each step.

For x0 → x_{t−1} → x_t the chain rule gives I(x0; x_{t−1}) = I(x0; x_t) + I(x0; x_{t−1} | x_t), so

    loss_t = I_{t−1} − I_t = I(x0; x_{t−1} | x_t) ≥ 0          (data-processing inequality)
    loss_t = 0  ⇔  x0 and x_{t−1} are independent given x_t     (decided on integers, no logarithm)
    I_t ≤ η(Q_t)·I_{t−1},  η = Dobrushin's coefficient           (strong inequality; Dobrushin 1956,
                                                                 Cohen et al. 1993)

Given x_t = j the joint of x0 and x_{t−1} is p_0[i]·Q̄_{t−1}[i, k]·Q_t[k, j], up to scale. Scaling rows and
columns keeps the rank, so independence is: for every j with p_t[j] > 0 the submatrix of Q̄_{t−1} with
the rows of positive p_0 and the columns k that reach j has rank at most one.

A process with memory has no such chain rule: there the verdict is the decided sign of I_{t−1} − I_t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz

from markovdiff.arithmetic.enclosure import sign_of
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.cached import cached_property
from markovdiff.errors import InternalError
from markovdiff.measures.information import divergence_of, entropy_of, information_left
from markovdiff.measures.protocol import ArithmeticName, Decay, Snapshot
from markovdiff.process.grouping import GroupedLaws
from markovdiff.process.masked import MaskedRankOne
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Dense, Transition


@dataclass(frozen=True, eq=False)
class Information:
    """What is known at time t, and what the step to it destroyed; with `laws` where like states are taken as one."""

    moment: Moment
    before: Information | Snapshot[Moment, Quantity] | None
    laws: GroupedLaws | None = None

    @property
    def arithmetic(self) -> ArithmeticName:
        """Which arithmetic speaks."""
        return "exact"

    @property
    def t(self) -> int:
        """The time."""
        return self.moment.t

    @property
    def markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""
        return self.moment.transition is not None

    @property
    def law_stays(self) -> bool:
        """Whether p_t = p_{t−1}."""
        return self.before is not None and self.moment.marginal == self.before.moment.marginal

    def divergence(self, law: RationalMatrix) -> Quantity | None:
        """Return KL(p_t‖μ)."""
        return divergence_of(self.moment.marginal, law if self.laws is None else self.laws.to(law), self.entropy)

    def inconsistency(self) -> dict[str, object] | None:
        """Return where p_0 Q̄_t is not p_t, which never met Q̄_t, or a row of Q̄_t does not sum to one."""
        moment = self.moment
        if moment.cumulative.push(moment.data) != moment.marginal:
            return {"t": moment.t, "sum": "Σ_i J_ij ≠ p_t[j]"}
        if moment.cumulative.row_sums_differ(moment.support):
            return {"t": moment.t, "sum": "Σ_j J_ij ≠ p_0[i]"}
        return None

    def forget(self) -> Snapshot[Moment, Quantity]:
        """Return what the next step asks of this one."""
        return Snapshot(self.moment, self.entropy, self.mutual_information, self.data_entropy)

    @cached_property
    def entropy(self) -> Quantity:
        """H(x_t)."""
        return entropy_of(self.moment.marginal)

    @cached_property
    def data_entropy(self) -> Quantity:
        """H(x0), which every step has in common."""
        return entropy_of(self.moment.data) if self.before is None else self.before.data_entropy

    @cached_property
    def mutual_information(self) -> Quantity:
        """I_t = I(x0; x_t)."""
        return information_left(self.moment, self.entropy)

    @cached_property
    def conditional_entropy(self) -> Quantity:
        """H(x0 | x_t) = H(x0) − I_t."""
        return self.data_entropy.minus(self.mutual_information, zero=self.moment.reveals_data)

    @cached_property
    def noise_entropy(self) -> Quantity:
        """H(x_t | x0) = H(x_t) − I_t."""
        return self.entropy.minus(self.mutual_information, zero=self.moment.is_noiseless)

    @cached_property
    def loss(self) -> Quantity:
        """I_{t−1} − I_t, known to be zero where the step loses nothing."""
        assert self.before is not None
        zero = self.loses_nothing if self.moment.transition is not None else None
        return self.before.mutual_information.minus(self.mutual_information, zero)

    @cached_property
    def loses_nothing(self) -> bool:
        """Whether x0 and x_{t−1} are independent given x_t (Markov only)."""
        assert self.before is not None
        assert self.moment.transition is not None
        return independent_given_next(
            self.before.moment.seen, self.moment.transition, self.moment.support, self.moment.marginal.N.entries()
        )

    @cached_property
    def decay(self) -> Decay:
        """The verdict on this step: proved, never rounded."""
        if self.moment.transition is None:
            return _verdict(self.loss.sign())
        assert self.before is not None
        if self.loses_nothing:
            difference = self.before.mutual_information.minus(self.mutual_information)
            if sign_of(difference.ball(FIRST_BITS)):
                raise InternalError(
                    "x0 and x_{t−1} are independent given x_t, yet the information changed",
                    where=f"t = {self.moment.t}",
                )
            return "equal"
        if self.loss.sign() < 0:
            raise InternalError("a Markov step gained information", where=f"t = {self.moment.t}")
        return "strict"

    @cached_property
    def dobrushin(self) -> Fraction | None:
        """η(Q_t)."""
        return None if self.moment.transition is None else self.moment.transition.dobrushin

    @cached_property
    def bound(self) -> Quantity | None:
        """η(Q_t)·I_{t−1}, what the strong inequality leaves at most."""
        if self.dobrushin is None or self.before is None:
            return None
        return self.before.mutual_information.times(self.dobrushin)

    @cached_property
    def slack_sign(self) -> int:
        """The sign of η(Q_t)·I_{t−1} − I_t: +1 where the strong inequality is strict, 0 where tight."""
        assert self.bound is not None
        known = True if self._is_tight_by_structure() else None
        slack = self.bound.minus(self.mutual_information, zero=known)
        if known and sign_of(self.bound.minus(self.mutual_information).ball(FIRST_BITS)):
            raise InternalError("the strong inequality should be tight here", where=f"t = {self.moment.t}")
        return slack.sign()

    def _is_tight_by_structure(self) -> bool:
        """Erasure: I_t = (1−β_t)·I_{t−1} and η = 1 − β_t. Or nothing lost at η = 1, or nothing left."""
        assert self.before is not None
        seen, step = self.moment.seen, self.moment.transition
        erasure = isinstance(seen, IdentityPlusRankOne) and (
            (isinstance(step, MaskedRankOne) and step.fresh == 0)
            or (len(to := seen.target.support) == 1 and to[0] not in self.moment.support)
        )
        kept = self.dobrushin == 1 and self.moment.transition is not None and self.loses_nothing
        return erasure or kept or self.before.moment.is_independent or self.dobrushin == 0


def _verdict(sign: int) -> Decay:
    return "strict" if sign > 0 else "equal" if sign == 0 else "violated"


def independent_given_next(
    before: Transition, step: Transition, support: Sequence[int], marginal: Sequence[fmpz]
) -> bool:
    """Return whether x0 ⟂ x_{t−1} | x_t, from Q̄_{t−1}, Q_t, the states with p_0 > 0, and p_t up to scale."""
    if len(support) <= 1:
        return True
    if isinstance(before, IdentityPlusRankOne) and not isinstance(step, Dense):
        return before.keep == 0 or step.keep == 1
    rows = [before.dense.table[i] for i in support]
    reached = {
        sources for sources, p in zip(step.dense.column_supports, marginal, strict=True) if p != 0 and len(sources) > 1
    }
    return all(_rank_at_most_one(rows, columns) for columns in reached)


def _rank_at_most_one(rows: Sequence[Sequence[fmpz]], columns: Sequence[int]) -> bool:
    """Whether the rows, restricted to the columns, are all multiples of one of them."""
    first: list[fmpz] | None = None
    pivot = 0
    for row in rows:
        v = [row[k] for k in columns]
        if not any(n != 0 for n in v):
            continue
        if first is None:
            first, pivot = v, next(k for k, n in enumerate(v) if n != 0)
        elif any(n * first[pivot] != v[pivot] * m for n, m in zip(v, first, strict=True)):
            return False
    return True
