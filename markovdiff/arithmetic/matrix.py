"""Matrices of rationals as integers over one denominator: N / d.

A product multiplies numerators and denominators and takes no gcd of entries on the way, which is
10 to 50 times faster than a matrix of reduced fractions on dense chains. Only a factor that the whole
matrix shares with d is divided out: the search for it stops at the first entry that is coprime to
what is left, so a dense chain pays a few gcds a step, while a chain whose fractions stay small
(a permutation, β_t = 1/(T−t+1)) keeps them small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.rational import over_common_denominator, shown

BLOCK = 32
"""Products of tall integers are done in blocks of this size: at K = 64 and thousands of bits FLINT's
own choice of algorithm for the whole is up to six times slower."""

TALL_BITS = 1500
"""Entries from this size on are multiplied in blocks."""

LONG_ROWS = 128
"""A factor common to a row may be worth taking out before a product from this many bits on."""


@dataclass(frozen=True, slots=True, eq=False)
class RationalMatrix:
    """The matrix N / d. The integer matrix is never changed once it is in here."""

    N: fmpz_mat
    d: fmpz
    _thin: list[ThinRows | None] = field(init=False, default_factory=list, repr=False)

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[Fraction]]) -> RationalMatrix:
        """Return the matrix of rows of Fractions, over their least common denominator."""
        flat, d = over_common_denominator([x for row in rows for x in row])
        return cls(fmpz_mat(len(rows), len(rows[0]), flat), d)

    @classmethod
    def identity(cls, K: int) -> RationalMatrix:
        """Return the K × K identity."""
        return cls(fmpz_mat([[int(i == j) for j in range(K)] for i in range(K)]), fmpz(1))

    def like(self, N: fmpz_mat, d: fmpz) -> Self:
        """Return the matrix N / d, of the same class as this one."""
        return type(self)(N, d)

    @property
    def multiplicities(self) -> Sequence[int]:
        """How many columns each column stands for: one, except in a `GroupedRow`."""
        return [1] * int(self.N.ncols())

    def state(self, j: int) -> int:
        """Return the first state that column j represents."""
        return j

    def per_column(self, weights: Sequence[int]) -> Sequence[int]:
        """Return, of weights given state by state, those of the columns."""
        return weights

    def aligned_with(self, other: RationalMatrix) -> RationalMatrix:
        """Return the other row vector with the same columns as this one."""
        return other

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.N.nrows(), self.N.ncols()

    def __matmul__(self, other: RationalMatrix) -> RationalMatrix:
        """Return the product, with the factor common to all entries and the denominator divided out."""
        return self.whole_product(other).reduced()

    def whole_product(self, other: RationalMatrix) -> RationalMatrix:
        """Return the product without a search for a common factor, for one that is compared and let go."""
        return RationalMatrix(_product(self.N, other), self.d * other.d)

    def __add__(self, other: RationalMatrix) -> Self:
        """Return the sum, over the least common denominator."""
        if self.d == other.d:
            return self.like(self.N + other.N, self.d)
        mine, theirs = cofactors(self.d, other.d)
        return self.like(self.N * mine + other.N * theirs, self.d * mine)

    def __neg__(self) -> Self:
        """Return the matrix with the sign of every entry turned."""
        return self.like(-self.N, self.d)

    def times(self, factor: Fraction) -> Self:
        """Return the matrix with every entry times a number."""
        return self.like(self.N * fmpz(factor.numerator), self.d * fmpz(factor.denominator))

    def rows_scaled(self, by: RationalMatrix) -> RationalMatrix:
        """Return diag(v) times this matrix, for a row vector v."""
        entries = [a * n for a, row in zip(by.N.entries(), self.table(), strict=True) for n in row]
        return RationalMatrix(fmpz_mat(*self.shape, entries), by.d * self.d)

    def row_sums(self) -> RationalMatrix:
        """Return the sum Σ_j of each row, as a row vector."""
        columns = self.shape[1]
        return RationalMatrix((self.N * fmpz_mat(columns, 1, [1] * columns)).transpose(), self.d)

    def column_sums(self) -> RationalMatrix:
        """Return the sum Σ_i of each column, as a row vector."""
        rows = self.shape[0]
        return RationalMatrix(fmpz_mat(1, rows, [1] * rows) * self.N, self.d)

    @property
    def thin_rows(self) -> ThinRows | None:
        """N's rows without their common factors, where that makes a product cheaper; looked for once."""
        if not self._thin:
            self._thin.append(_thin_rows(self.N))
        return self._thin[0]

    @property
    def is_zero(self) -> bool:
        """Whether every entry is zero."""
        return bool(self.N.is_zero())

    def reduced(self) -> Self:
        """Return the same matrix with no factor common to d and every entry."""
        g = common_factor(self.N.entries(), self.d)
        return self if g == 1 else self.like(_divide(self.N, g), self.d // g)

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"<{type(self).__name__} {rows} × {columns}, over {shown(int(self.d), 24)}>"

    def __reduce__(self) -> tuple[Callable[..., RationalMatrix], tuple[object, ...]]:
        """Return integers for pickles and copies: FLINT's matrices have no pickles of their own."""
        return _from_integers, (*self.shape, [int(n) for n in self.N.entries()], int(self.d))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RationalMatrix):
            return NotImplemented
        if self.d == other.d:
            return bool(self.N == other.N)
        mine, theirs = cofactors(self.d, other.d)
        return bool(self.N * mine == other.N * theirs)

    __hash__ = None  # type: ignore[assignment]  # equality reduces; not a dict key

    def table(self) -> list[list[fmpz]]:
        """Return the numerators, row by row."""
        table: list[list[fmpz]] = self.N.table()
        return table

    def rows(self) -> tuple[tuple[Fraction, ...], ...]:
        """Return the entries as Fractions in lowest terms."""
        return tuple(tuple(fraction(n, self.d) for n in row) for row in self.table())


def _from_integers(rows: int, columns: int, entries: list[int], d: int) -> RationalMatrix:
    return RationalMatrix(fmpz_mat(rows, columns, entries), fmpz(d))


def fraction(n: fmpz, d: fmpz) -> Fraction:
    """Return n/d in lowest terms, the gcd taken by FLINT."""
    g = n.gcd(d)
    return Fraction(int(n // g), int(d // g)) if g != 1 else Fraction(int(n), int(d))


def cofactors(a: fmpz, b: fmpz) -> tuple[fmpz, fmpz]:
    """Return the factors that take a and b to their least common multiple.

    >>> cofactors(fmpz(6), fmpz(4))
    (2, 3)
    """
    for small, large, turned in ((a, b, False), (b, a, True)):
        quotient, rest = divmod(large, small)
        if rest == 0:
            return (fmpz(1), quotient) if turned else (quotient, fmpz(1))
    g = a.gcd(b)
    return b // g, a // g


def common_factor(numbers: Iterable[fmpz], g: fmpz) -> fmpz:
    """Return the greatest common divisor of g and all the numbers."""
    for n in numbers:
        if g == 1:
            break
        g = g.gcd(n)
    return g


def _divide(N: fmpz_mat, g: fmpz) -> fmpz_mat:
    return fmpz_mat(N.nrows(), N.ncols(), [n // g for n in N.entries()])


def _product(A: fmpz_mat, right: RationalMatrix) -> fmpz_mat:
    """Return A·B, where each row of B may be small integers times one long factor.

    A's columns then take the factors first, which is K² long products in place of K³.
    """
    thin = None if A.nrows() == 1 else right.thin_rows
    if thin is None or A[0, 0].bit_length() < thin.size:
        return _plain_product(A, right.N)
    scaled = [[n * g for n, g in zip(row, thin.factors, strict=True)] for row in A.table()]
    return _plain_product(fmpz_mat(scaled), thin.rest)


@dataclass(frozen=True, slots=True)
class ThinRows:
    """diag(factors)·rest, entries up to `size` bits: each row's common factor, and what is left of the row."""

    factors: list[fmpz]
    rest: fmpz_mat
    size: int


def _thin_rows(B: fmpz_mat) -> ThinRows | None:
    size = max(n.bit_length() for n in B.entries())
    if size < LONG_ROWS:
        return None
    rows = B.table()
    factors = [common_factor(row, fmpz(0)) for row in rows]
    if 2 * min(g.bit_length() for g in factors) <= size:
        return None
    return ThinRows(factors, fmpz_mat([[n // g for n in row] for row, g in zip(rows, factors, strict=True)]), size)


def _plain_product(A: fmpz_mat, B: fmpz_mat) -> fmpz_mat:
    rows, inner, columns = A.nrows(), A.ncols(), B.ncols()
    if max(rows, inner, columns) < 2 * BLOCK or A[0, 0].bit_length() + B[0, 0].bit_length() < TALL_BITS:
        return A * B
    a, b = A.table(), B.table()
    out: list[list[fmpz]] = [[] for _ in range(rows)]
    for i in range(0, rows, BLOCK):
        left = [_block(a, i, k) for k in range(0, inner, BLOCK)]
        for j in range(0, columns, BLOCK):
            block = left[0] * _block(b, 0, j)
            for m, k in enumerate(range(BLOCK, inner, BLOCK), 1):
                block = block + left[m] * _block(b, k, j)
            for offset, row in enumerate(block.table()):
                out[i + offset] += row
    return fmpz_mat(out)


def _block(table: list[list[fmpz]], i: int, j: int) -> fmpz_mat:
    return fmpz_mat([row[j : j + BLOCK] for row in table[i : i + BLOCK]])
