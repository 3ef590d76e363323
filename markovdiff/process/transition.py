"""Stochastic matrices, in the two shapes that noising chains have.

`Dense` is any row-stochastic matrix. `IdentityPlusRankOne` is κI + (1−κ)·1πᵀ, what the uniform, the absorbing and
every other kernel that forgets towards one target are made of; it is closed under products (κ
multiplies), so a chain of them is one rational a step and its measures cost O(K), not O(K²).

Both answer the same few questions: where does a distribution go, how far is each row from the
average (`deviation`, the heart of every information measure here), how much does the matrix
contract (`dobrushin`), which states can reach column j.

Rows sum to one exactly; that is checked when a Dense is built from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import fsum, lcm
from typing import TYPE_CHECKING, TypeAlias

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix, cofactors, fraction
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.distribution import Distribution
from markovdiff.process.grouping import total

if TYPE_CHECKING:
    from markovdiff.process.masked import MaskedRankOne

Column: TypeAlias = "tuple[fmpz, list[tuple[fmpz, fmpz]]]"
Rows: TypeAlias = "tuple[tuple[Fraction, ...], ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Deviation:
    """How far the rows of a kernel are from their average, exactly.

    With source p (weights w_i over d₀) and kernel W, the average is p W = P_j / (d₀·d). Each column
    holds P_j > 0 and its cells (w, E), meaning rows of weight w with W_ij / (pW)_j = 1 + E/P_j.
    `scale` = d₀²·d, so that Σ_columns P Σ_cells w·f(E/P) / scale is the mutual information.
    """

    columns: list[Column]
    scale: fmpz

    __repr__ = in_a_line

    @property
    def vanishes(self) -> bool:
        """Whether every row equals the average: source and target are independent."""
        return all(E == 0 for _, cells in self.columns for _, E in cells)


@dataclass(frozen=True, eq=False)
class Dense:
    """A row-stochastic matrix N / d, or the rows that came from outside until somebody asks for one denominator.

    Rows that each stand over a sum of their own may have a common denominator of more bits than all of them together;
    float64 never needs it.
    """

    held: RationalMatrix | Rows

    __repr__ = in_a_line
    __reduce__ = from_fields

    def __eq__(self, other: object) -> bool:
        """Return whether the entries are the same, however they are held."""
        if not isinstance(other, Dense):
            return NotImplemented
        written = isinstance(self.held, tuple) and isinstance(other.held, tuple)
        return self.held == other.held if written else self.matrix == other.matrix

    def __hash__(self) -> int:
        return hash(self.rows())

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[Fraction]], where: str, K: int | None = None) -> Dense:
        """Return a K × K matrix given from outside, after a check of its shape, signs and row sums."""
        check_shape(rows, K or len(rows), where)
        for i, row in enumerate(rows):
            _check_row(row, f"{where}[{i}]")
        return cls(tuple(map(tuple, rows)))

    @cached_property
    def matrix(self) -> RationalMatrix:
        """N / d."""
        return self.held if isinstance(self.held, RationalMatrix) else RationalMatrix.from_rows(self.held)

    @cached_property
    def denominator(self) -> fmpz:
        """One that serves every entry: d, found without N."""
        if isinstance(self.held, RationalMatrix):
            return self.held.d
        return fmpz(lcm(*(lcm(*(x.denominator for x in row)) for row in self.held)))

    @property
    def K(self) -> int:
        """The number of states."""
        return self.held.shape[0] if isinstance(self.held, RationalMatrix) else len(self.held)

    def then(self, other: Transition) -> Dense:
        """Return the product: this step, then the other."""
        return Dense(self.matrix @ other.dense.matrix)

    def push(self, p: RationalMatrix) -> RationalMatrix:
        """Return p W for a row vector p."""
        return p @ self.matrix

    @property
    def dense(self) -> Dense:
        """Itself."""
        return self

    def seen_from(self, _support: Sequence[int]) -> Dense:
        """Itself: what it is where its rows in a support are all that counts."""
        return self

    def entry(self, i: int, j: int) -> Fraction:
        """Return W[i, j]."""
        return fraction(self.matrix.N[i, j], self.matrix.d)

    def rows(self) -> Rows:
        """Return all entries."""
        return self.held.rows() if isinstance(self.held, RationalMatrix) else self.held

    def floats(self) -> list[list[float]]:
        """Return all entries, each rounded once, to the nearest float."""
        if isinstance(self.held, RationalMatrix):
            d = int(self.held.d)
            return [[int(n) / d for n in row] for row in self.table]
        return [[x.numerator / x.denominator for x in row] for row in self.held]

    @property
    def support(self) -> list[list[bool]]:
        """Which entries are not zero."""
        rows = self.table if isinstance(self.held, RationalMatrix) else self.held
        return [[x != 0 for x in row] for row in rows]

    @cached_property
    def table(self) -> list[list[fmpz]]:
        """The numerators, row by row."""
        return self.matrix.table()

    @cached_property
    def column_supports(self) -> tuple[tuple[int, ...], ...]:
        """For each column j the rows k with W[k, j] > 0."""
        return tuple(tuple(k for k, n in enumerate(column) if n != 0) for column in zip(*self.table, strict=True))

    @cached_property
    def is_doubly_stochastic(self) -> bool:
        """Whether the columns sum to one too; for most that do not, floats with a known error decide it."""
        sums = [] if isinstance(self.held, RationalMatrix) else map(fsum, zip(*self.floats(), strict=True))
        if any(abs(s - 1) > 2.0**-48 * max(s, 1.0) for s in sums):
            return False
        return all(n == self.matrix.d for n in self.matrix.column_sums().N.entries())

    @cached_property
    def dobrushin(self) -> Fraction:
        """max_{i,k} ½ Σ_j |W[i,j] − W[k,j]| (Dobrushin 1956): 1 where two rows are disjoint.

        As the rows sum to one it is 1 − min_{i,k} Σ_j min(W[i,j], W[k,j]): one minus what two rows have in common.
        """
        if self.K >= MACHINE_FROM and self.matrix.d.bit_length() < 62:
            return fraction(fmpz(_widest_by_machine(self.table)), 2 * self.matrix.d)
        distinct = list({tuple(row): row for row in self.table}.values())
        shared = (sum(map(min, row, other), fmpz(0)) for row, other in combinations(distinct, 2))
        return fraction(self.matrix.d - min(shared, default=self.matrix.d), self.matrix.d)

    def deviation(self, source: RationalMatrix) -> Deviation:
        """Return how far each row that the source can be in is from the average row."""
        support = [(i, a) for i, a in enumerate(source.table()[0]) if a != 0]
        weights = [a for _, a in support]
        rows = self.matrix.N
        if len(support) < self.K:
            rows = fmpz_mat([self.table[i] for i, _ in support])
        average = fmpz_mat([weights]) * rows
        E = source.d * rows - fmpz_mat(len(support), 1, [1] * len(support)) * average
        columns = [
            (P, list(zip(weights, column, strict=True)))
            for P, column in zip(average.entries(), E.transpose().table(), strict=True)
            if P != 0
        ]
        return Deviation(columns, source.d * source.d * self.matrix.d)

    def weighted(self, p: RationalMatrix) -> RationalMatrix:
        """Return diag(p) W: the joint law of the row, drawn from p, and the column."""
        return self.matrix.rows_scaled(p)

    def reveals(self, support: Sequence[int]) -> bool:
        """Return whether the column reveals the row: no column is reached from two rows of the support."""
        rows = [self.table[i] for i in support]
        return all(sum(n != 0 for n in column) <= 1 for column in zip(*rows, strict=True))

    def row_sums_differ(self, support: Sequence[int]) -> bool:
        """Return whether some row of the support does not sum to one."""
        return any(sum(self.table[i], fmpz(0)) != self.matrix.d for i in support)

    def is_deterministic(self, support: Sequence[int]) -> bool:
        """Return whether every row of the support has a single non-zero entry."""
        return all(self.matrix.d in self.table[i] for i in support)


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

    def deviation(self, source: RationalMatrix) -> Deviation:
        """Return as Dense does, with the rows i ≠ j of column j, which are alike, and like columns taken as one."""
        u, v, W, d0 = fmpz(self.keep.numerator), fmpz(self.keep.denominator), fmpz(self.target.total), source.d
        kept, fresh = u * W, (v - u) * d0
        columns: list[Column] = []
        for a, w, m in zip(source.N.entries(), source.per_column(self.target.weights), source.copies, strict=True):
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
        for a, w, m in zip(source.N.entries(), source.per_column(self.target.weights), source.copies, strict=True):
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


Transition: TypeAlias = "Dense | IdentityPlusRankOne | MaskedRankOne"

MACHINE_FROM = 48
"""From this K on, rows of numerators that fit into 64-bit integers are compared by numpy: as exact, and at
K = 256 a hundred times faster; below it, importing numpy costs more than it saves."""


def _widest_by_machine(table: list[list[fmpz]]) -> int:
    """Return max Σ|a − b| over pairs of rows, in 64-bit integers: Σ ≤ 2d < 2^63, so nothing overflows."""
    import numpy as np

    rows = np.array([[int(n) for n in row] for row in table], dtype=np.int64)
    return max((int(np.abs(rows[i + 1 :] - rows[i]).sum(axis=1).max()) for i in range(len(rows) - 1)), default=0)


def check_shape(rows: Sequence[Sequence[Fraction]], K: int, where: str) -> None:
    """Raise InputError unless there are K rows of K entries."""
    if len(rows) != K:
        raise InputError(
            "a matrix of the wrong shape", where=where, expected=f"{K} rows, one a state", got=str(len(rows))
        )
    for i, row in enumerate(rows):
        if len(row) != K:
            raise InputError(
                "a row of the wrong length",
                where=f"{where}[{i}]",
                expected=f"{K} entries, one a state",
                got=str(len(row)),
            )


def _check_row(row: Sequence[Fraction], where: str) -> None:
    for j, x in enumerate(row):
        if x < 0:
            raise InputError("a negative probability", where=f"{where}[{j}]", expected="≥ 0", got=shown(x))
    total = sum(row, Fraction(0))
    if total != 1:
        raise InputError(
            "a row that does not sum to one",
            where=where,
            expected="a sum of exactly 1",
            got=f"{shown(total)}, off by {shown(total - 1, 4)}",
            remedy="write exact fractions such as '1/3', or correct the row",
        )
