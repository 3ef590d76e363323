"""RationalMatrix against Fractions: over one denominator or many, the product is the product."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from breadth import few
from chains import examples
from flint import fmpz, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.matrix import BLOCK, LONG_ROWS, TALL_BITS, RationalMatrix, cofactors, common_factor, fraction

attack = examples(60)

Rows = list[list[Fraction]]

entries = st.builds(
    Fraction,
    st.just(0) | st.integers(-9, 9) | st.integers(-(2**200), 2**200),
    st.integers(1, 12) | st.just(10**40) | st.integers(1, 2**200),
)


def tables(rows: int, columns: int) -> st.SearchStrategy[Rows]:
    return st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


@st.composite
def compatible(draw: st.DrawFn, count: int) -> list[Rows]:
    """`count` tables of which each can be multiplied by the next."""
    shape = [draw(st.integers(1, 4)) for _ in range(count + 1)]
    return [draw(tables(*sides)) for sides in pairwise(shape)]


def product(A: Rows, B: Rows) -> Rows:
    """The definition, in Fractions."""
    return [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in zip(*B, strict=True)] for row in A]  # fmt: skip  # noqa: E501


def as_lists(A: RationalMatrix) -> Rows:
    return [list(row) for row in A.rows()]


@attack
@given(compatible(1))
def test_a_matrix_holds_the_fractions_it_was_made_of(tables: list[Rows]) -> None:
    """rows(from_rows(A)) = A, over the least denominator."""
    (A,) = tables
    matrix = RationalMatrix.from_rows(A)
    assert as_lists(matrix) == A
    assert matrix.d == math.lcm(*(x.denominator for row in A for x in row))
    assert matrix.shape == (len(A), len(A[0]))
    assert [[fraction(n, matrix.d) for n in row] for row in matrix.table()] == A


@attack
@given(compatible(2))
def test_the_product_is_the_product_of_fractions(tables: list[Rows]) -> None:
    """(AB)_ij = Σ_k A_ik B_kj, exactly."""
    A, B = tables
    assert as_lists(RationalMatrix.from_rows(A) @ RationalMatrix.from_rows(B)) == product(A, B)


@attack
@given(compatible(3))
def test_the_product_is_associative(tables: list[Rows]) -> None:
    """(AB)C = A(BC)."""
    A, B, C = (RationalMatrix.from_rows(rows) for rows in tables)
    assert (A @ B) @ C == A @ (B @ C)


@attack
@given(compatible(1))
def test_the_identity_changes_nothing(tables: list[Rows]) -> None:
    """IA = A = AI."""
    A = RationalMatrix.from_rows(tables[0])
    rows, columns = A.shape
    assert RationalMatrix.identity(rows) @ A == A == A @ RationalMatrix.identity(columns)


@attack
@given(compatible(1), st.integers(1, 2**300))
def test_reducing_keeps_the_value_and_leaves_no_common_factor(tables: list[Rows], factor: int) -> None:
    """cN / cd reduces to a matrix of the same value in which no factor of d divides every entry."""
    A = RationalMatrix.from_rows(tables[0])
    blown_up = RationalMatrix(A.N * fmpz(factor), A.d * factor)
    reduced = blown_up.reduced()
    assert reduced == blown_up == A
    assert reduced.d == A.d
    assert math.gcd(int(reduced.d), *(int(n) for n in reduced.N.entries())) == 1


@attack
@given(compatible(2))
def test_a_product_is_left_without_a_common_factor(tables: list[Rows]) -> None:
    """The gcd of d and all numerators of AB is one."""
    A, B = (RationalMatrix.from_rows(rows) for rows in tables)
    AB = A @ B
    assert common_factor(AB.N.entries(), AB.d) == 1


@attack
@given(compatible(1), st.data())
def test_matrices_are_equal_by_value(tables: list[Rows], data: st.DataObject) -> None:
    """A = B whatever their denominators, and a change of one entry by 1/10^60 is a difference."""
    (A,) = tables
    i, j = data.draw(st.integers(0, len(A) - 1)), data.draw(st.integers(0, len(A[0]) - 1))
    changed = [list(row) for row in A]
    changed[i][j] += Fraction(1, 10**60)
    matrix = RationalMatrix.from_rows(A)
    assert matrix == RationalMatrix(matrix.N * fmpz(6), matrix.d * 6)
    assert matrix != RationalMatrix.from_rows(changed)


def test_a_matrix_differs_from_other_shapes_and_other_things_and_is_unhashable() -> None:
    """Equality is between matrices of one shape; it reduces, so there is no hash."""
    one = RationalMatrix.identity(1)
    assert one != RationalMatrix.identity(2)
    assert one != [[1]]
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def tall(random: Random, rows: int, columns: int, bits: int) -> RationalMatrix:
    """Entries of either sign and about `bits` bits, the first of exactly that many, over a shared odd denominator."""
    numbers = [random.getrandbits(bits) * random.choice((-1, 0, 1, 1)) for _ in range(rows * columns)]
    numbers[0] = 2 ** (bits - 1) + 1
    return RationalMatrix(fmpz_mat(rows, columns, numbers), fmpz(3**40))


SHAPES = [(64, 64, 64), (65, 70, 97), (1, 64, 64), (64, 1, 1), (3, 100, 5), (33, 31, 64), (96, 63, 32), (5, 65, 3)]
BITS = (TALL_BITS // 2 - 1, TALL_BITS // 2, TALL_BITS)


@few(
    ("rows", "inner", "columns", "bits"),
    [(*shape, bits) for shape in SHAPES for bits in BITS],
    [(*shape, BITS[k % 3]) for k, shape in enumerate(SHAPES)],
)
def test_tall_entries_multiply_as_integers_do(rows: int, inner: int, columns: int, bits: int) -> None:
    """In blocks or not, and where no side is a multiple of the block, AB is Σ_k A_ik B_kj in Python's integers."""
    random = Random(f"{rows} {inner} {columns} {bits}")
    A, B = tall(random, rows, inner, bits), tall(random, inner, columns, bits)
    a = [[int(x) for x in row] for row in A.table()]
    b = [[int(x) for x in column] for column in B.N.transpose().table()]
    truth = [[sum(map(int.__mul__, row, column)) for column in b] for row in a]
    AB = A @ B
    scale = int(A.d * B.d // AB.d)
    assert AB.d * scale == 3**80
    assert [[int(n) * scale for n in row] for row in AB.table()] == truth
    assert max(rows, inner, columns) >= 2 * BLOCK


@given(st.lists(st.lists(st.integers(0, 2**100), min_size=3, max_size=3).filter(any), min_size=6, max_size=6))
@attack
def test_a_product_of_stochastic_matrices_is_stochastic(weights: list[list[int]]) -> None:
    """Rows that sum to exactly one do so in the product, with no tolerance."""
    rows = [[Fraction(w, sum(row)) for w in row] for row in weights]
    AB = RationalMatrix.from_rows(rows[:3]) @ RationalMatrix.from_rows(rows[3:])
    assert [sum(row) for row in AB.rows()] == [1, 1, 1]


def test_a_permutation_stays_small_however_often_it_is_applied() -> None:
    """P^n of a cyclic shift has entries 0 and 1 over d = 1, and P^K = I."""
    K = 7
    shift = RationalMatrix.from_rows([[Fraction(int(j == (i + 1) % K)) for j in range(K)] for i in range(K)])
    power = RationalMatrix.identity(K)
    for _ in range(K):
        power = power @ shift
        assert power.d == 1
    assert power == RationalMatrix.identity(K)


def test_five_uniform_steps_on_two_states() -> None:
    """Q̄_5[0,0] = ½ + ½(1−β)^5 for K = 2, β = 1/1000."""
    # 1995009990004999/2·10^15: the value that D3PM's own test checks (google-research/d3pm, K = 2, β = 1e-3), exact
    flip = Fraction(1, 2000)
    Q = RationalMatrix.from_rows([[1 - flip, flip], [flip, 1 - flip]])
    Q_bar = Q @ Q @ Q @ Q @ Q
    assert Q_bar.rows()[0][0] == Fraction(1995009990004999, 2 * 10**15) == (1 + (1 - 2 * flip) ** 5) / 2


@attack
@given(st.randoms(use_true_random=False), st.integers(2, 6), st.integers(0, 2))
def test_rows_over_sums_of_their_own_change_nothing(random: Random, K: int, zero_rows: int) -> None:
    """(AB)_ij = Σ_k A_ik B_kj where each row of B is small integers times a long factor, and some rows are zero."""
    factors = [random.getrandbits(LONG_ROWS) + 2**LONG_ROWS for _ in range(K)]
    small = [[random.randrange(-9, 10) * (k >= zero_rows) for _ in range(K)] for k in range(K)]
    B = fmpz_mat([[n * g for n in row] for row, g in zip(small, factors, strict=True)])
    A = fmpz_mat([[random.getrandbits(4 * LONG_ROWS) - 2 ** (3 * LONG_ROWS) for _ in range(K)] for _ in range(K)])
    d = fmpz(2)
    assert (RationalMatrix(A, d) @ RationalMatrix(B, d)) == RationalMatrix(A * B, d * d)


@attack
@given(compatible(1), st.integers(1, 10**30), st.integers(1, 10**30))
def test_denominators_do_not_matter_to_sums_and_equality(tables: list[Rows], a: int, b: int) -> None:
    """A + A = 2A and A = A over whatever denominators."""
    A = RationalMatrix.from_rows(tables[0])
    one, other = RationalMatrix(A.N * a, A.d * a), RationalMatrix(A.N * b, A.d * b)
    assert one == other
    assert one + other == A.times(Fraction(2))
    assert cofactors(one.d, other.d)[0] * one.d == cofactors(one.d, other.d)[1] * other.d == one.d.lcm(other.d)


def test_sums_along_either_side_of_an_oblong() -> None:
    """A 2 × 3 matrix has two row sums and three column sums."""
    M = RationalMatrix.from_rows([[Fraction(n, 7) for n in row] for row in ((1, 2, 3), (4, 5, 6))])
    assert M.row_sums().rows() == ((Fraction(6, 7), Fraction(15, 7)),)
    assert M.column_sums().rows() == ((Fraction(5, 7), Fraction(1), Fraction(9, 7)),)
