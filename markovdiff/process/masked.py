"""A step that keeps, draws afresh evenly, or masks: what noise by a mask and by uniform draws together is made of.

    W[i] = keep·e_i + fresh·ν + gone·e_m  for i ≠ m,   W[m] = e_m,   ν even on the K−1 states besides m

It is closed under products, so a chain of such steps is two rationals a step. Seen from data that have no mass on the
mask it is keep·I + (1−keep)·1πᵀ with a π that moves, and every measure of (x_0, x_t) costs O(K).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.process.classes import CommunicatingClass
from markovdiff.process.distribution import Distribution, law_of, point_law
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Dense, Deviation, RowParts

if TYPE_CHECKING:
    from markovdiff.process.transition import Transition


@dataclass(frozen=True)
class MaskedNoise:
    """A chain of such steps: at t the state is masked with probability γ_t, else drawn afresh with probability b_t."""

    mask: int
    gammas: tuple[Fraction, ...]
    draws: tuple[Fraction, ...]

    def is_over(self, t: int) -> bool:
        """Return whether no step after t does anything."""
        return not (any(self.gammas[t:]) or any(self.draws[t:]))


@dataclass(frozen=True)
class MaskedRankOne:
    """keep·e_i + fresh·ν + gone·e_m from each state i besides the mask m, which keeps what it has."""

    K: int
    mask: int
    keep: Fraction
    fresh: Fraction
    gone: Fraction

    __repr__ = in_a_line
    __reduce__ = from_fields

    @classmethod
    def of(cls, K: int, mask: int, gamma: Fraction, drawn: Fraction) -> MaskedRankOne:
        """Make (1−γ)((1−b)e_i + bν) + γe_m: masked with probability γ, else drawn afresh with probability b."""
        return cls(K, mask, (1 - gamma) * (1 - drawn), (1 - gamma) * drawn, gamma)

    def then(self, other: Transition) -> Transition:
        """Return the product: of one such step and another it is such a step again."""
        if not isinstance(other, MaskedRankOne) or other.mask != self.mask:
            return self.dense.then(other)
        stays = other.keep + other.fresh
        return MaskedRankOne(
            self.K,
            self.mask,
            self.keep * other.keep,
            self.keep * other.fresh + self.fresh * stays,
            self.gone + (self.keep + self.fresh) * other.gone,
        )

    def push(self, p: RationalMatrix) -> RationalMatrix:
        """Return p W for a row vector p."""
        k, f, g, D = self._shares
        entries, n = p.N.entries(), fmpz(self.K - 1)
        masked = entries[self.mask]
        others = sum(entries, fmpz(0)) - masked
        kept, drawn = k * n, f * others
        row = [kept * a + drawn for a in entries]
        row[self.mask] = (D * masked + g * others) * n
        return RationalMatrix(fmpz_mat([row]), D * n * p.d).reduced()

    @property
    def parts(self) -> RowParts | None:
        """Keep, fresh and gone."""
        return RowParts(self.keep, self.fresh, self.others, self.gone, self.mask)

    @cached_property
    def others(self) -> Distribution:
        """ν."""
        return Distribution.from_weights([int(i != self.mask) for i in range(self.K)])

    @cached_property
    def _shares(self) -> tuple[fmpz, fmpz, fmpz, fmpz]:
        """Keep, fresh and gone over one denominator, and that."""
        D = lcm(*(x.denominator for x in (self.keep, self.fresh, self.gone)))
        k, f, g = (fmpz(x.numerator * (D // x.denominator)) for x in (self.keep, self.fresh, self.gone))
        return k, f, g, fmpz(D)

    @cached_property
    def dense(self) -> Dense:
        """The same matrix, written out."""
        k, f, g, D = self._shares
        n = fmpz(self.K - 1)
        row = [f] * self.K
        row[self.mask] = g * n
        table = [list(row) for _ in range(self.K)]
        for i, line in enumerate(table):
            line[i] += k * n
        table[self.mask] = [D * n * (j == self.mask) for j in range(self.K)]
        return Dense(RationalMatrix(fmpz_mat(table), D * n).reduced())

    def entry(self, i: int, j: int) -> Fraction:
        """Return W[i, j]."""
        if i == self.mask:
            return Fraction(i == j)
        return self.keep * (i == j) + (self.gone if j == self.mask else self.fresh / (self.K - 1))

    def rows(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return all entries."""
        return self.dense.rows()

    @property
    def dobrushin(self) -> Fraction:
        """1 − gone: a row and the mask's have `gone` in common, two other rows no less."""
        return 1 - self.gone

    @property
    def tokens(self) -> tuple[int, ...]:
        """All states but the mask."""
        return tuple(i for i in range(self.K) if i != self.mask)

    @property
    def is_identity(self) -> bool:
        """Whether W = I: nothing is masked, and no token is drawn that could be another."""
        return self.gone == 0 and (self.fresh == 0 or self.K == 2)

    @property
    def is_doubly_stochastic(self) -> bool:
        """Whether the columns sum to one too."""
        return self.gone == 0

    def widest_pair(self) -> tuple[int, int] | None:
        """Return the first pair of rows that are 1 − gone apart: a token's and the mask's, or two that draw nothing."""
        if self.gone == 1:
            return None
        return (0, 1) if self.fresh == 0 or self.mask <= 1 else (0, self.mask)

    def seen_from(self, support: Sequence[int]) -> Transition:
        """Return the matrix where its rows in the support are all that counts."""
        return self.dense if self.mask in support else self._seen

    @cached_property
    def _seen(self) -> IdentityPlusRankOne:
        """keep·I + (1−keep)·1πᵀ, which has the same rows but for the mask's."""
        _, f, g, D = self._shares
        weights = [int(f)] * self.K if self.keep < 1 else [int(D)] * self.K
        weights[self.mask] = int(g) * (self.K - 1) if self.keep < 1 else 0
        return IdentityPlusRankOne(self.keep, Distribution.from_weights(weights))

    def deviation(self, source: RationalMatrix) -> Deviation:
        """Return how far each row that the source can be in is from the average row."""
        return self.seen_from([i for i, a in enumerate(source.N.entries()) if a != 0]).deviation(source)

    def weighted(self, p: RationalMatrix) -> MaskedBlock:
        """Return diag(p) W: the joint law of the row, drawn from p, and the column."""
        moves = _without(p, self.mask)
        return MaskedBlock(
            self.mask, moves.times(self.keep) + (p + -moves), moves.times(self.fresh), moves.times(self.gone)
        )

    def reveals(self, support: Sequence[int]) -> bool:
        """Return whether the column reveals the row."""
        return self.seen_from(support).reveals(support)

    def row_sums_differ(self, _support: Sequence[int]) -> bool:
        """Return whether some row does not sum to one."""
        return self.keep + self.fresh + self.gone != 1

    def is_deterministic(self, support: Sequence[int]) -> bool:
        """Return whether every row of the support has a single non-zero entry."""
        return self.seen_from(support).is_deterministic(support)

    def communicating_classes(self) -> tuple[CommunicatingClass, ...]:
        """Return the classes: {m} is closed; the tokens are one where tokens are drawn, else each is alone."""
        tokens, closed = self.tokens, self.gone == 0
        alone = self.fresh == 0 or len(tokens) == 1
        returns = None if alone and self.gone == 1 else 1
        found = [CommunicatingClass(c, closed, returns) for c in ([(i,) for i in tokens] if alone else [tokens]) if c]
        return tuple(sorted([CommunicatingClass((self.mask,), True, 1), *found], key=lambda c: c.states))

    def stationary_law_on(self, states: Sequence[int]) -> RationalMatrix:
        """Return the stationary law of a closed class: one state's, or ν."""
        return point_law(self.K, states[0]) if len(states) == 1 else law_of(self.others)

    def is_reversible(self, law: RationalMatrix) -> bool:
        """Return whether detailed balance holds for a law."""
        on_tokens = {n for i, n in enumerate(law.N.entries()) if i != self.mask}
        return (self.fresh == 0 or len(on_tokens) <= 1) and (self.gone == 0 or not any(on_tokens))

    def interchangeable(self) -> tuple[tuple[int, ...], ...]:
        """Return the groups of states that can trade places: the tokens, and all where nothing moves."""
        alike = tuple(range(self.K)) if self.is_identity else self.tokens
        return (alike,) if len(alike) > 1 else ()

    @property
    def representatives(self) -> tuple[int, ...]:
        """States with all the pairs of rows there are: two tokens and the mask."""
        return tuple(sorted([*self.tokens[:2], self.mask]))

    def row_pair(self, i: int, k: int) -> tuple[Sequence[int], Sequence[int], fmpz]:
        """Return as Dense does; the columns of all tokens but i and k are alike, and so are one."""
        kept, drawn, gone, D = (int(x) for x in self._shares)
        n, shown = self.K - 1, sorted({i, k, self.mask})

        def row(x: int) -> list[int]:
            if x == self.mask:
                return [D * n * (j == x) for j in shown] + [0]
            entries = [gone * n if j == self.mask else kept * n * (j == x) + drawn for j in shown]
            return [*entries, drawn * (self.K - len(shown))]

        return row(i), row(k), fmpz(D * n)


def _without(p: RationalMatrix, j: int) -> RationalMatrix:
    """Return a row vector with 0 in place j."""
    row = p.N.entries()
    row[j] = fmpz(0)
    return RationalMatrix(fmpz_mat([row]), p.d)


@dataclass(frozen=True, slots=True, eq=False)
class MaskedBlock:
    """The matrix diag(a) + u νᵀ + g e_mᵀ, for row vectors a, u and g: what weights times such a step make, in O(K).

    It answers to the names that a RationalMatrix has for the same operations.
    """

    mask: int
    a: RationalMatrix
    u: RationalMatrix
    g: RationalMatrix

    def __add__(self, other: MaskedBlock) -> MaskedBlock:
        return MaskedBlock(self.mask, self.a + other.a, self.u + other.u, self.g + other.g)

    def __neg__(self) -> MaskedBlock:
        return MaskedBlock(self.mask, -self.a, -self.u, -self.g)

    def then(self, step: MaskedRankOne) -> MaskedBlock:
        """Return this matrix times a step: ν becomes (keep + fresh)ν + gone·e_m, and e_i as the step says."""
        moves = _without(self.a, self.mask)
        return MaskedBlock(
            self.mask,
            moves.times(step.keep) + (self.a + -moves),
            moves.times(step.fresh) + self.u.times(step.keep + step.fresh),
            self.g + (moves + self.u).times(step.gone),
        )

    def row_sums(self) -> RationalMatrix:
        """Return the row vector a + u + g, since ν sums to one."""
        return self.a + self.u + self.g

    def column_sums(self) -> RationalMatrix:
        """Return the row vector a + (Σu)ν + (Σg)e_m."""
        K = self.a.shape[1]
        even = [fmpz(int(j != self.mask)) for j in range(K)]
        last = [fmpz(int(j == self.mask)) for j in range(K)]
        drawn, masked = (sum(x.N.entries(), fmpz(0)) for x in (self.u, self.g))
        spread = RationalMatrix(fmpz_mat([[drawn * n for n in even]]), self.u.d * (K - 1))
        return self.a + spread + RationalMatrix(fmpz_mat([[masked * n for n in last]]), self.g.d)

    @property
    def is_zero(self) -> bool:
        """Whether a_i + u_i/(K−1) = 0 and u_i/(K−1) = 0 beside it, and the mask's column is 0."""
        K, m = self.a.shape[1], self.mask
        a, u, g = (x.N.entries() for x in (self.a, self.u, self.g))
        for i in range(K):
            others = K - 1 - (i != m)
            if u[i] != 0 and others:
                return False
            if i != m and (a[i] * self.u.d * (K - 1) + u[i] * self.a.d != 0 or g[i] != 0):
                return False
        return bool(a[m] * self.g.d + g[m] * self.a.d == 0)
