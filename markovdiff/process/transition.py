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
from itertools import combinations
from math import fsum, lcm
from typing import TYPE_CHECKING, TypeAlias

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.process.balance import check_solvable, law_of_class
from markovdiff.process.classes import CommunicatingClass, communicating_classes, interchangeable
from markovdiff.process.distribution import Distribution, point_law, uniform_law

if TYPE_CHECKING:
    from markovdiff.process.masked import MaskedRankOne
    from markovdiff.process.rank_one import IdentityPlusRankOne

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


@dataclass(frozen=True, slots=True)
class RowParts:
    """A kernel in closed form: keep·e_i + fresh·target + gone·e_mask in row i, but e_mask in row `mask`, if any."""

    keep: Fraction
    fresh: Fraction
    target: Distribution
    gone: Fraction = Fraction(0)
    mask: int | None = None


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

    @property
    def parts(self) -> RowParts | None:
        """None: its rows are their numbers."""
        return None

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

    @property
    def is_identity(self) -> bool:
        """Whether W = I."""
        return all(row[i] == self.matrix.d for i, row in enumerate(self.table))

    def widest_pair(self) -> tuple[int, int] | None:
        """Return the first pair of rows whose distance is Dobrushin's coefficient; None where all rows are alike."""
        eta = self.dobrushin
        if eta == 0:
            return None
        shared = (1 - eta) * int(self.matrix.d)
        table = [[int(n) for n in row] for row in self.table]
        return next((i, k) for i, k in combinations(range(self.K), 2) if sum(map(min, table[i], table[k])) == shared)

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

    def communicating_classes(self) -> tuple[CommunicatingClass, ...]:
        """Return the communicating classes, in the order of their first states."""
        return communicating_classes(self.support)

    def stationary_law_on(self, states: Sequence[int]) -> RationalMatrix:
        """Return the stationary law of a closed class. Raises LimitError where it is too large to solve for."""
        if len(states) == 1:
            return point_law(self.K, states[0])
        if len(states) == self.K and self.is_doubly_stochastic:
            return uniform_law(self.K)
        check_solvable(len(states), self.denominator)
        found = self._laws.get(tuple(states))
        return found or self._laws.setdefault(tuple(states), law_of_class(self.table, self.matrix.d, states))

    @cached_property
    def _laws(self) -> dict[tuple[int, ...], RationalMatrix]:
        """The laws that were solved for, by their classes: at K = 256 one takes ten seconds."""
        return {}

    def is_reversible(self, law: RationalMatrix) -> bool:
        """Return whether μ_i W_ij = μ_j W_ji for all i, j: detailed balance (Kolmogorov 1936)."""
        flow = self.weighted(law)
        return bool(flow.N.transpose() == flow.N)

    def interchangeable(self) -> tuple[tuple[int, ...], ...]:
        """Return the groups of states of which any two can trade places without changing W."""
        return interchangeable([[int(n) for n in row] for row in self.table])

    @property
    def representatives(self) -> tuple[int, ...]:
        """States with all the rows there are: the first of each kind."""
        first: dict[tuple[int, ...], int] = {}
        for i, row in enumerate(self.table):
            first.setdefault(tuple(map(int, row)), i)
        return tuple(first.values())

    def row_pair(self, i: int, k: int) -> tuple[Sequence[int], Sequence[int], fmpz]:
        """Return rows i and k as integers over a denominator; columns in which they have one ratio may stand as one."""
        return list(map(int, self.table[i])), list(map(int, self.table[k])), self.matrix.d


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
