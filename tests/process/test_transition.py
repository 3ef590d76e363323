"""Transition matrices: two shapes with one meaning, and how much each contracts."""

from fractions import Fraction
from itertools import product

import pytest
from chains import blend, examples, laws, matrices, permutations, probabilities, row_vector, unreduced
from hypothesis import given
from hypothesis import strategies as st

from markovdiff import entropy, mutual_information
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.measures.information import information_of
from markovdiff.process.distribution import Distribution
from markovdiff.process.rank_one import IdentityPlusRankOne, PlusRankOne
from markovdiff.process.transition import MACHINE_FROM, Dense

sizes = st.integers(1, 5)


def dense(M):
    return Dense.from_rows(M, "rows")


def product_of(A, B):
    """AB, entry by entry."""
    return tuple(
        tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*B, strict=True)) for row in A
    )


def pushed(p, M):
    return product_of((p,), M)[0]


def distance(p, q):
    """TV(p, q)."""
    return sum((abs(a - b) for a, b in zip(p, q, strict=True)), Fraction(0)) / 2


@st.composite
def mixings(draw, K):
    """κI + (1−κ)·1πᵀ, as a Mixing and written out by the formula."""
    keep, pi = draw(probabilities), draw(laws(K))
    return IdentityPlusRankOne(keep, Distribution.from_probabilities(pi)), blend(1 - keep, (pi,) * K)


mixing_and_source = sizes.flatmap(lambda K: st.tuples(mixings(K), laws(K), st.integers(1, 4)))


@given(mixing_and_source)
@examples(150)
def test_a_mixing_is_its_matrix(drawn):
    """κI + (1−κ)·1πᵀ answers every question as the matrix written out does."""
    (mixing, M), p, factor = drawn
    plain, source = dense(M), unreduced(row_vector(p), factor)
    support = [i for i, x in enumerate(p) if x]
    assert mixing.K == plain.K
    assert mixing.rows() == mixing.dense.rows() == plain.rows() == M
    assert all(mixing.entry(i, j) == plain.entry(i, j) == M[i][j] for i in range(plain.K) for j in range(plain.K))
    assert mixing.push(source) == plain.push(source) == row_vector(pushed(p, M))
    assert mixing.dobrushin == plain.dobrushin
    assert mixing.reveals(support) == plain.reveals(support)
    assert mixing.is_deterministic(support) == plain.is_deterministic(support)
    assert mixing.row_sums_differ(support) is plain.row_sums_differ(support) is False


@given(mixing_and_source)
@examples(100)
def test_both_shapes_deviate_by_the_same_information(drawn):
    """Σ_j P_j Σ_i w_i f(E_ij/P_j) / scale is I(source; target), from O(K) cells as from K² of them."""
    (mixing, M), p, factor = drawn
    source = unreduced(row_vector(p), factor)
    joint = [[a * x for x in row] for a, row in zip(p, M, strict=True)]
    few, all_of_them = mixing.deviation(source), dense(M).deviation(source)
    truth = mutual_information(joint)
    assert information_of(few).form() == truth
    assert information_of(all_of_them).form() == truth
    assert few.vanishes == all_of_them.vanishes == (truth == 0)


@given(sizes.flatmap(lambda K: st.tuples(mixings(K), probabilities, mixings(K), matrices(K))))
@examples(100)
def test_products_are_matrix_products(drawn):
    """`then` is the matrix product: with the same target a Mixing again, κ the product; otherwise written out."""
    (mixing, M), keep, (other, N), A = drawn
    same = IdentityPlusRankOne(keep, mixing.target)
    again = mixing.then(same)
    assert isinstance(again, IdentityPlusRankOne)
    assert again.keep == mixing.keep * keep
    assert again.rows() == product_of(M, same.rows())
    assert mixing.then(other).rows() == product_of(M, N)
    assert mixing.then(dense(A)).rows() == product_of(M, A)
    assert dense(A).then(mixing).rows() == product_of(A, M)
    assert dense(A).then(dense(M)).rows() == product_of(A, M)


@given(sizes.flatmap(lambda K: st.tuples(matrices(K), laws(K))))
@examples(100)
def test_reveals_and_deterministic_are_vanishing_entropies(drawn):
    """`reveals` is H(X|Y) = 0 and `is_deterministic` is H(Y|X) = 0, X from the source and Y by the matrix."""
    M, p = drawn
    support = [i for i, x in enumerate(p) if x]
    joint = [[a * x for x in row] for a, row in zip(p, M, strict=True)]
    H_XY, H_Y = entropy([x for row in joint for x in row]), entropy(pushed(p, M))
    assert dense(M).reveals(support) == (H_XY == H_Y)
    assert dense(M).is_deterministic(support) == (entropy(p) == H_XY)


@given(sizes.flatmap(matrices))
@examples(100)
def test_dobrushin_is_the_widest_pair_of_rows(M):
    """η(Q) = max_{i,k} ½ Σ_j |Q[i, j] − Q[k, j]|, over all pairs."""
    assert dense(M).dobrushin == max(distance(a, b) for a, b in product(M, M))


@given(sizes.flatmap(matrices))
@examples(60)
def test_dobrushin_is_what_two_rows_do_not_share(M):
    """η(Q) = 1 − min_{i,k} Σ_j min(Q[i, j], Q[k, j]): the same number without an absolute value."""
    shared = min(sum(map(min, a, b)) for a, b in product(M, M))
    assert dense(M).dobrushin == 1 - shared


@given(sizes.flatmap(lambda K: st.tuples(matrices(K), laws(K), laws(K))))
@examples(150)
def test_total_variation_contracts(drawn):
    """TV(pQ, qQ) ≤ η(Q)·TV(p, q) (Dobrushin 1956), with equality for some pair of point masses."""
    M, p, q = drawn
    eta = dense(M).dobrushin
    assert distance(pushed(p, M), pushed(q, M)) <= eta * distance(p, q)
    assert any(distance(a, b) == eta for a, b in product(M, M))


@given(sizes.flatmap(lambda K: st.tuples(matrices(K), matrices(K))))
@examples(100)
def test_dobrushin_is_submultiplicative(drawn):
    """η(AB) ≤ η(A)·η(B)."""
    A, B = map(dense, drawn)
    assert A.then(B).dobrushin <= A.dobrushin * B.dobrushin


@given(st.integers(2, 5).flatmap(permutations), probabilities)
@examples(40)
def test_dobrushin_of_a_permutation_is_one(P, beta):
    """A permutation contracts nothing, equal rows contract everything, κI + (1−κ)·1πᵀ contracts by κ."""
    K = len(P)
    assert dense(P).dobrushin == 1
    assert dense((P[0],) * K).dobrushin == 0
    assert dense(blend(beta, (P[0],) * K)).dobrushin == 1 - beta


@given(sizes.flatmap(matrices))
@examples(60)
def test_column_supports_are_who_can_come(M):
    """k is in the support of column j exactly when Q[k, j] > 0."""
    K = range(len(M))
    assert dense(M).column_supports == tuple(tuple(k for k in K if M[k][j] > 0) for j in K)


@pytest.mark.parametrize("K", [MACHINE_FROM, MACHINE_FROM + 5])
def test_many_rows_are_compared_as_few_are(K):
    """From K = 48 on η(W) is still max ½ Σ_j |W_ij − W_kj|: here of the only two rows that are far apart."""
    spread = [Fraction(1, K)] * K
    for i, k in [(0, 1), (0, K - 1), (K - 2, K - 1), (7, 20)]:
        rows = [list(spread) for _ in range(K)]
        rows[i][3], rows[i][4] = Fraction(2, K), Fraction(0)
        rows[k][3], rows[k][4] = Fraction(0), Fraction(2, K)
        assert dense(rows).dobrushin == Fraction(2, K)
    assert dense([spread] * K).dobrushin == 0


@examples(60)
@given(st.integers(1, 5).flatmap(matrices))
def test_rows_are_the_same_matrix_before_they_have_one_denominator(M):
    """Brought rows and N/d agree in entries, floats, support, denominator and column sums."""
    brought, whole = Dense.from_rows(M, "rows"), dense(M)
    assert brought.rows() == whole.rows()
    assert brought.floats() == whole.floats() == [[float(x) for x in row] for row in M]
    assert brought.support == whole.support
    assert brought.is_doubly_stochastic == whole.is_doubly_stochastic == all(sum(c) == 1 for c in zip(*M, strict=True))
    assert all((x * int(brought.denominator)).denominator == 1 for row in M for x in row)
    assert brought.matrix == whole.matrix


@given(
    st.lists(st.sampled_from([-1, 0, 1]), min_size=6, max_size=6), st.sampled_from([[1, 0, 0], [0, 1, 0], [1, 2, 0]])
)
def test_a_diagonal_and_a_product_are_zero_where_the_matrix_is(numbers, weights):
    """Of diag(a) + uπᵀ it is told without the matrix: also where π is one state, and u another's."""
    a, u = (RationalMatrix.from_rows([[Fraction(n, 3) for n in half]]) for half in (numbers[:3], numbers[3:]))
    pi = Distribution.from_weights(weights)
    rows = [
        [x * p + (a.rows()[0][i] if i == j else 0) for j, p in enumerate(pi.probabilities)]
        for i, x in enumerate(u.rows()[0])
    ]
    assert PlusRankOne(a, u, pi).is_zero == (not any(any(row) for row in rows))
