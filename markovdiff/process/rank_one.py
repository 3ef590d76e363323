"""κI + (1−κ)1πᵀ: a step that keeps a state or draws another from π, closed under products, in O(K)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix, cofactors
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.process.classes import CommunicatingClass
from markovdiff.process.distribution import Distribution, law_of, point_law
from markovdiff.process.grouping import total
from markovdiff.process.transition import Column, Dense, Deviation, RowParts, Transition


@dataclass(frozen=True)
class IdentityPlusRankOne:
    """κI + (1−κ)·1πᵀ: stay with probability κ, else draw afresh from π."""

    keep: Fraction
    target: Distribution

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.target.K

    def then(self, other: Transition) -> Transition:
        """Return the product; with the same target it has the same form, with κ the product of both."""
        if isinstance(other, IdentityPlusRankOne) and (other.target is self.target or other.target == self.target):
            return IdentityPlusRankOne(self.keep * other.keep, self.target)
        return self.dense.then(other)

    @property
    def parts(self) -> RowParts | None:
        """κ and 1 − κ."""
        return RowParts(self.keep, 1 - self.keep, self.target)

    def push(self, p: RationalMatrix) -> RationalMatrix:
        """Return p W = κp + (1−κ)π."""
        u, v = fmpz(self.keep.numerator), fmpz(self.keep.denominator)
        kept, fresh = u * self.target.total, (v - u) * p.d
        weights = p.per_column(self.target.weights)
        entries = [kept * a + fresh * w for a, w in zip(p.N.entries(), weights, strict=True)]
        return p.like(fmpz_mat(1, len(entries), entries), v * self.target.total * p.d).reduced()

    @cached_property
    def dense(self) -> Dense:
        """The same matrix with all its entries."""
        u, v, W = self.keep.numerator, self.keep.denominator, self.target.total
        fresh = [(v - u) * w for w in self.target.weights]
        table = [[f + (u * W if i == j else 0) for j, f in enumerate(fresh)] for i in range(self.K)]
        return Dense(RationalMatrix(fmpz_mat(table), fmpz(v * W)).reduced())

    def seen_from(self, _support: Sequence[int]) -> IdentityPlusRankOne:
        """Itself: what it is where its rows in a support are all that counts."""
        return self

    def entry(self, i: int, j: int) -> Fraction:
        """Return W[i, j]."""
        return self.keep * (i == j) + (1 - self.keep) * Fraction(self.target.weights[j], self.target.total)

    def rows(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return all entries."""
        return self.dense.rows()

    @property
    def dobrushin(self) -> Fraction:
        """κ: two rows differ by κ(e_i − e_k)."""
        return self.keep if self.K > 1 else Fraction(0)

    @property
    def is_identity(self) -> bool:
        """Whether W = I."""
        return self.keep == 1 or self.K == 1

    @property
    def is_doubly_stochastic(self) -> bool:
        """Whether the columns sum to one too."""
        return self.keep == 1 or len(set(self.target.weights)) == 1

    def widest_pair(self) -> tuple[int, int] | None:
        """Return the first two states: all pairs of rows are κ apart; None where they are alike."""
        return (0, 1) if self.dobrushin else None

    def deviation(self, source: RationalMatrix) -> Deviation:
        """Return as Dense does, with the rows i ≠ j of column j, which are alike, and like columns taken as one."""
        u, v, W, d0 = fmpz(self.keep.numerator), fmpz(self.keep.denominator), fmpz(self.target.total), source.d
        kept, fresh = u * W, (v - u) * d0
        columns: list[Column] = []
        for a, w, m in zip(
            source.N.entries(), source.per_column(self.target.weights), source.multiplicities, strict=True
        ):
            stay = a * kept
            P = stay + fresh * w
            if P != 0:
                rest = d0 - a
                stayed, other = (a * m, kept * rest), (rest * m, -stay)
                columns.append((P, [cell for cell in (stayed, other) if cell[0] != 0]))
        return Deviation(columns, d0 * d0 * v * W)

    def noise_terms(self, source: RationalMatrix) -> tuple[list[tuple[fmpz, fmpz]], fmpz]:
        """Return the conditional entropy of the column given the row as Σ c·log b / d: [(c, b), …] and d.

        A row has one entry that stayed and otherwise (1−κ)π_j, so only the distinct weights of π count.
        """
        u, v, W, d0 = fmpz(self.keep.numerator), fmpz(self.keep.denominator), fmpz(self.target.total), source.d
        groups: dict[int, list[fmpz]] = {}
        for a, w, m in zip(
            source.N.entries(), source.per_column(self.target.weights), source.multiplicities, strict=True
        ):
            group = groups.setdefault(w, [fmpz(0), fmpz(0)])
            group[0] += a * m
            group[1] += m
        terms = [(v * W * d0, v * W)]
        for w, (mass, count) in groups.items():
            move = (v - u) * w
            stay = move + u * W
            terms += [(-mass * stay, stay), ((mass - count * d0) * move, move)]
        return [(c, b) for c, b in terms if b != 0], v * W * d0

    def weighted(self, p: RationalMatrix) -> PlusRankOne:
        """Return diag(p) W: the joint law of the row, drawn from p, and the column."""
        return PlusRankOne(p.times(self.keep), p.times(1 - self.keep), self.target)

    def reveals(self, support: Sequence[int]) -> bool:
        """Return whether the column reveals the row."""
        return len(support) <= 1 or self.keep == 1

    def row_sums_differ(self, _support: Sequence[int]) -> bool:
        """Return whether some row does not sum to one: κ + (1−κ)·Σπ ≠ 1."""
        return sum(self.target.weights) != self.target.total

    def is_deterministic(self, support: Sequence[int]) -> bool:
        """Return whether every row of the support has a single non-zero entry."""
        to = self.target.support
        return self.keep == 1 or (len(to) == 1 and (self.keep == 0 or all(i in to for i in support)))

    def communicating_classes(self) -> tuple[CommunicatingClass, ...]:
        """Return the classes: where π is not zero is the closed one; any other state is left and never met again."""
        if self.keep == 1:
            return tuple(CommunicatingClass((i,), True, 1) for i in range(self.K))
        target, stays = self.target.support, None if self.keep == 0 else 1
        alone = [CommunicatingClass((i,), False, stays) for i in range(self.K) if not self.target.weights[i]]
        return tuple(sorted([CommunicatingClass(target, True, 1), *alone], key=lambda c: c.states))

    def stationary_law_on(self, states: Sequence[int]) -> RationalMatrix:
        """Return the stationary law of a closed class: π, unless nothing moves."""
        return point_law(self.K, states[0]) if self.keep == 1 else law_of(self.target)

    def is_reversible(self, law: RationalMatrix) -> bool:
        """Return whether detailed balance holds for a law: μ_i π_j is symmetric for μ = π alone."""
        return self.keep == 1 or law == law_of(self.target)

    def interchangeable(self) -> tuple[tuple[int, ...], ...]:
        """Return the groups of states that π does not tell apart; all of them where nothing moves."""
        groups: dict[int, list[int]] = {}
        for i, w in enumerate(self.target.weights):
            groups.setdefault(0 if self.keep == 1 else w, []).append(i)
        return tuple(tuple(g) for g in groups.values() if len(g) > 1)

    @property
    def representatives(self) -> tuple[int, ...]:
        """States with all the pairs of rows there are: two of each weight of π; none where all rows are alike."""
        first: dict[int, list[int]] = {}
        for i, w in enumerate(self.target.weights):
            if len(first.setdefault(w, [])) < 2:
                first[w].append(i)
        return () if self.keep == 0 else tuple(i for states in first.values() for i in states)

    def row_pair(self, i: int, k: int) -> tuple[Sequence[int], Sequence[int], fmpz]:
        """Return as Dense does; the rows are alike but in columns i and k, so all else is one column."""
        W, weights = self.target.total, self.target.weights
        u, v = self.keep.numerator, self.keep.denominator
        at_i, at_k = ((v - u) * weights[x] for x in (i, k))
        rest = (v - u) * (W - weights[i] - weights[k])
        return (at_i + u * W, at_k, rest), (at_i, at_k + u * W, rest), fmpz(v * W)


@dataclass(frozen=True, slots=True, eq=False)
class PlusRankOne:
    """The matrix diag(a) + u πᵀ for row vectors a and u: weights times an IdentityPlusRankOne, in O(K).

    It answers to the names that a RationalMatrix has for the same operations.
    """

    a: RationalMatrix
    u: RationalMatrix
    target: Distribution

    def __add__(self, other: PlusRankOne) -> PlusRankOne:
        return PlusRankOne(self.a + other.a, self.u + other.u, self.target)

    def __neg__(self) -> PlusRankOne:
        return PlusRankOne(-self.a, -self.u, self.target)

    def then(self, step: IdentityPlusRankOne) -> PlusRankOne:
        """Return (diag(a) + uπᵀ)(κI + (1−κ)1πᵀ) = diag(κa) + (u + (1−κ)a)πᵀ."""
        return PlusRankOne(self.a.times(step.keep), self.u + self.a.times(1 - step.keep), self.target)

    def row_sums(self) -> RationalMatrix:
        """Return the row vector a + u, since π sums to one."""
        return self.a + self.u

    def column_sums(self) -> RationalMatrix:
        """Return the row vector a + (Σu)π."""
        drawn = total(self.u)
        weights = fmpz_mat([[drawn * w for w in self.u.per_column(self.target.weights)]])
        return self.a + self.u.like(weights, self.u.d * self.target.total)

    @property
    def is_zero(self) -> bool:
        """Whether a_i + u_i π_i = 0 for each i, and u_i π_j = 0 for each j ≠ i."""
        reached = len(self.target.support)
        mine, theirs = cofactors(self.a.d, self.u.d * self.target.total)
        weights = self.u.per_column(self.target.weights)
        for a, u, w in zip(self.a.N.entries(), self.u.N.entries(), weights, strict=True):
            if a * mine + u * w * theirs != 0:
                return False
            if u != 0 and reached > (w != 0):
                return False
        return True


@dataclass(frozen=True, slots=True)
class LazyMarginal:
    """The law p W for an IdentityPlusRankOne W, computed when asked for: a long run keeps nothing but κ."""

    source: RationalMatrix
    step: IdentityPlusRankOne

    __repr__ = in_a_line
    __reduce__ = from_fields

    def rows(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the one row, state by state."""
        return self.step.push(self.source).rows()
