"""The inequalities and identities of information theory, as theorems about rational distributions."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from chains import examples
from hypothesis import assume, given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.logform import INFINITY, Infinity, LogForm, log
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.measures.information import (
    conditional_entropy,
    cross_entropy,
    divergence_of,
    entropy,
    entropy_of,
    first_missing,
    information_of,
    jensen_shannon,
    joint_entropy,
    kl,
    mutual_information,
)
from markovdiff.process.transition import Dense

attack = examples(100)

Vector = list[Fraction]
Table = list[Vector]

masses = st.just(0) | st.integers(0, 6) | st.just(10**40) | st.integers(1, 2**200)


def normalised(numbers: list[int]) -> Vector:
    return [Fraction(n, sum(numbers)) for n in numbers]


def distributions(K: int) -> st.SearchStrategy[Vector]:
    """p on K states: with zeros, certain ones, masses of 10^-40, denominators of hundreds of bits."""
    certain = st.integers(0, K - 1).map(lambda i: [Fraction(int(k == i)) for k in range(K)])
    return st.lists(masses, min_size=K, max_size=K).filter(any).map(normalised) | certain


def kernels(rows: int, columns: int) -> st.SearchStrategy[Table]:
    """W[i, j] ≥ 0 with rows that sum to one."""
    return st.lists(distributions(columns), min_size=rows, max_size=rows)


def joints(rows: int, columns: int) -> st.SearchStrategy[Table]:
    return distributions(rows * columns).map(lambda p: [p[i : i + columns] for i in range(0, rows * columns, columns)])


sizes = st.integers(1, 4)
some = sizes.flatmap(distributions)
pairs = sizes.flatmap(lambda K: st.tuples(distributions(K), distributions(K)))
tables = st.tuples(sizes, sizes).flatmap(lambda shape: joints(*shape))


def transposed(table: Table) -> Table:
    return [list(column) for column in zip(*table, strict=True)]


def marginals(table: Table) -> tuple[Vector, Vector]:
    return [sum(row, Fraction(0)) for row in table], [sum(column, Fraction(0)) for column in zip(*table, strict=True)]


def outer(p: Vector, q: Vector) -> Table:
    return [[a * b for b in q] for a in p]


def flat(table: Table) -> Vector:
    return [x for row in table for x in row]


def joined(p: Vector, W: Table) -> Table:
    """p(x, y) = p(x) W(y|x)."""
    return [[a * w for w in row] for a, row in zip(p, W, strict=True)]


def pushed(p: Vector, W: Table) -> Vector:
    return [sum((a * w for a, w in zip(p, column, strict=True)), Fraction(0)) for column in zip(*W, strict=True)]


def bits(a: object) -> LogForm:
    """The rational a as a number of bits."""
    return log(2) * Fraction(a)


# entropy


@attack
@given(some)
def test_entropy_is_at_most_the_logarithm_of_the_number_of_states(p: Vector) -> None:
    """0 ≤ H(p) ≤ log K; 0 exactly where p is certain, log K exactly where p is uniform."""
    H, K = entropy(p), len(p)
    assert 0 <= H <= log(K)
    assert (H == 0) == (1 in p)
    assert (log(K) == H) == (len(set(p)) == 1)


@attack
@given(some, st.randoms(use_true_random=False))
def test_entropy_knows_neither_order_nor_impossible_states(p: Vector, random: object) -> None:
    """H is symmetric, and a state of probability 0 adds nothing: 0·log 0 = 0."""
    shuffled = [*p, Fraction(0)]
    random.shuffle(shuffled)
    assert entropy(shuffled) == entropy(p)


@attack
@given(some, some)
def test_entropy_of_independent_variables_adds_up(p: Vector, q: Vector) -> None:
    """H(p ⊗ q) = H(p) + H(q)."""
    assert joint_entropy(outer(p, q)) == entropy(p) + entropy(q)


@attack
@given(some, st.data())
def test_entropy_of_a_choice_made_in_two_steps(p: Vector, data: st.DataObject) -> None:
    """Shannon's grouping axiom: H(p) = H(groups) + Σ_g p(g)·H(p|g)."""
    # Shannon 1948, "A Mathematical Theory of Communication", section 6, property 3
    cut = data.draw(st.integers(0, len(p)))
    groups = [group for group in (p[:cut], p[cut:]) if any(group)]
    within = sum((sum(g) * entropy([x / sum(g) for x in g]) for g in groups), LogForm())
    assert entropy(p) == entropy([sum(g, Fraction(0)) for g in groups]) + within


@attack
@given(pairs, st.builds(Fraction, st.integers(0, 7), st.just(7)))
def test_entropy_is_concave(pair: tuple[Vector, Vector], a: Fraction) -> None:
    """H(ap + (1−a)q) ≥ aH(p) + (1−a)H(q)."""
    p, q = pair
    mixed = [a * x + (1 - a) * y for x, y in zip(p, q, strict=True)]
    assert entropy(mixed) >= a * entropy(p) + (1 - a) * entropy(q)


# divergences


@attack
@given(pairs)
def test_gibbs_inequality(pair: tuple[Vector, Vector]) -> None:
    """KL(p‖q) ≥ 0, and = 0 exactly where p = q."""
    p, q = pair
    assert kl(p, q) >= 0
    assert (kl(p, q) == 0) == (p == q)
    assert kl(p, p) == 0


@attack
@given(pairs)
def test_divergence_is_infinite_exactly_where_support_is_missing(pair: tuple[Vector, Vector]) -> None:
    """KL(p‖q) and H(p, q) are +∞ exactly when some p_i > 0 has q_i = 0, and then that i is the witness."""
    p, q = pair
    missing = [i for i, (a, b) in enumerate(zip(p, q, strict=True)) if a > 0 and b == 0]
    assert (kl(p, q) is INFINITY) == (cross_entropy(p, q) is INFINITY) == bool(missing)
    assert first_missing(p, q) == (missing[0] if missing else None)
    assert isinstance(kl(p, q), LogForm | Infinity)


@attack
@given(pairs)
def test_cross_entropy_is_entropy_and_divergence(pair: tuple[Vector, Vector]) -> None:
    """H(p, q) = H(p) + KL(p‖q) ≥ H(p), also where both sides are ∞; H(p, p) = H(p)."""
    p, q = pair
    assert cross_entropy(p, q) == entropy(p) + kl(p, q)
    assert cross_entropy(p, q) >= entropy(p)
    assert cross_entropy(p, p) == entropy(p)


@attack
@given(some)
def test_divergence_from_uniform_is_what_entropy_lacks(p: Vector) -> None:
    """KL(p‖u) = log K − H(p)."""
    K = len(p)
    assert kl(p, [Fraction(1, K)] * K) == log(K) - entropy(p)


@attack
@given(pairs, pairs)
def test_divergence_of_independent_pairs_adds_up(one: tuple[Vector, Vector], two: tuple[Vector, Vector]) -> None:
    """KL(p ⊗ r‖q ⊗ s) = KL(p‖q) + KL(r‖s)."""
    (p, q), (r, s) = one, two
    left, right = kl(p, q), kl(r, s)
    assert kl(flat(outer(p, r)), flat(outer(q, s))) == (left + right if isinstance(left, LogForm) else INFINITY)


@attack
@given(sizes.flatmap(lambda K: st.tuples(distributions(K), distributions(K), sizes.flatmap(lambda m: kernels(K, m)))))
def test_no_kernel_drives_distributions_apart(given: tuple[Vector, Vector, Table]) -> None:
    """KL(pW‖qW) ≤ KL(p‖q), and the same for Jensen–Shannon."""
    p, q, W = given
    assert kl(pushed(p, W), pushed(q, W)) <= kl(p, q)
    assert jensen_shannon(pushed(p, W), pushed(q, W)) <= jensen_shannon(p, q)


@attack
@given(pairs)
def test_jensen_shannon_lies_between_zero_and_log_2(pair: tuple[Vector, Vector]) -> None:
    """0 ≤ JS ≤ log 2, symmetric; 0 exactly for p = q, log 2 exactly for disjoint supports."""
    # Lin 1991, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37
    p, q = pair
    js = jensen_shannon(p, q)
    assert js == jensen_shannon(q, p)
    assert 0 <= js <= log(2)
    assert (js == 0) == (p == q)
    assert (js == log(2)) == all(a * b == 0 for a, b in zip(p, q, strict=True))


@attack
@given(pairs)
def test_jensen_shannon_is_the_mean_divergence_from_the_middle(pair: tuple[Vector, Vector]) -> None:
    """JS(p, q) = ½KL(p‖m) + ½KL(q‖m), m = ½(p + q): the information of a fair coin that chose between p and q."""
    p, q = pair
    m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    assert jensen_shannon(p, q) == kl(p, m) / 2 + kl(q, m) / 2
    assert jensen_shannon(p, q) == mutual_information(joined([Fraction(1, 2)] * 2, [p, q]))


# two variables


@attack
@given(tables)
def test_the_chain_rule(joint: Table) -> None:
    """H(X,Y) = H(Y) + H(X|Y) = H(X) + H(Y|X)."""
    X, Y = marginals(joint)
    assert joint_entropy(joint) == entropy(Y) + conditional_entropy(joint)
    assert joint_entropy(joint) == entropy(X) + conditional_entropy(joint, "rows")
    assert conditional_entropy(joint, "rows") == conditional_entropy(transposed(joint))
    assert joint_entropy(joint) == entropy(flat(joint))


@attack
@given(tables)
def test_conditional_entropy_is_an_average_of_entropies(joint: Table) -> None:
    """H(X|Y) = Σ_y p(y)·H(X|Y=y), over the y that occur."""
    columns = [(sum(column), column) for column in transposed(joint) if any(column)]
    average = sum((p_y * entropy([x / p_y for x in column]) for p_y, column in columns), LogForm())
    assert conditional_entropy(joint) == average


@attack
@given(tables)
def test_conditioning_never_raises_entropy(joint: Table) -> None:
    """0 ≤ H(X|Y) ≤ H(X): zero exactly where Y tells X, equal exactly where they are independent."""
    X, Y = marginals(joint)
    H = conditional_entropy(joint)
    assert 0 <= H <= entropy(X)
    assert (H == 0) == all(sum(map(bool, column)) <= 1 for column in transposed(joint))
    assert (entropy(X) == H) == (joint == outer(X, Y))


@attack
@given(tables)
def test_four_formulas_of_mutual_information(joint: Table) -> None:
    """I = H(X) − H(X|Y) = H(Y) − H(Y|X) = H(X) + H(Y) − H(X,Y) = KL(p(x,y)‖p(x)p(y)), exactly."""
    X, Y = marginals(joint)
    information = mutual_information(joint)
    assert information == entropy(X) - conditional_entropy(joint)
    assert information == entropy(Y) - conditional_entropy(joint, "rows")
    assert information == entropy(X) + entropy(Y) - joint_entropy(joint)
    assert information == kl(flat(joint), flat(outer(X, Y)))


@attack
@given(tables)
def test_mutual_information_is_symmetric_and_bounded(joint: Table) -> None:
    """I(X;Y) = I(Y;X), 0 ≤ I ≤ min(H(X), H(Y)), and I = 0 exactly for independent variables."""
    X, Y = marginals(joint)
    information = mutual_information(joint)
    assert information == mutual_information(transposed(joint))
    assert 0 <= information <= min(entropy(X), entropy(Y))
    assert (information == 0) == (joint == outer(X, Y))


@attack
@given(some, some)
def test_independent_variables_share_nothing(p: Vector, q: Vector) -> None:
    """I(X;Y) = 0 where p(x,y) = p(x)p(y)."""
    assert mutual_information(outer(p, q)) == 0


@attack
@given(some)
def test_a_variable_tells_itself(p: Vector) -> None:
    """I(X;X) = H(X), H(X|X) = 0."""
    diagonal = [[a if i == j else Fraction(0) for j in range(len(p))] for i, a in enumerate(p)]
    assert mutual_information(diagonal) == entropy(p)
    assert conditional_entropy(diagonal) == 0


def test_information_as_small_as_the_square_of_a_tiny_deviation_is_not_zero() -> None:
    """Two fair coins of covariance ε share 8ε² + 64/3·ε⁴ + … nats: decided at ε = 10^-60, to its 120th digit."""
    e = Fraction(1, 10**60)
    information = mutual_information(
        [[Fraction(1, 4) + e, Fraction(1, 4) - e], [Fraction(1, 4) - e, Fraction(1, 4) + e]]
    )
    assert 8 * e**2 < information < 8 * e**2 + 22 * e**4


# three variables


@attack
@given(st.tuples(sizes, sizes, sizes).flatmap(lambda n: st.tuples(distributions(n[0]), kernels(n[0], n[1]), kernels(n[1], n[2]))))  # fmt: skip  # noqa: E501
def test_processing_loses_exactly_what_is_shared_given_the_result(chain: tuple[Vector, Table, Table]) -> None:
    """X → Y → Z: I(X;Z) ≤ min(I(X;Y), I(Y;Z)), and I(X;Y) − I(X;Z) = I(X;Y|Z) ≥ 0."""
    p, W, V = chain
    XY, YZ = joined(p, W), joined(pushed(p, W), V)
    XZ = joined(p, [pushed(row, V) for row in W])
    loss = mutual_information(XY) - mutual_information(XZ)
    assert mutual_information(XZ) <= mutual_information(XY)
    assert mutual_information(XZ) <= mutual_information(YZ)
    given_z = LogForm()
    for z in range(len(V[0])):
        slab = [[x * V[y][z] for y, x in enumerate(row)] for row in XY]
        if p_z := sum(flat(slab)):
            given_z += p_z * mutual_information([[x / p_z for x in row] for row in slab])
    assert loss == given_z
    assert loss >= 0


# as quantities, for digits


def row(p: Vector) -> RationalMatrix:
    return RationalMatrix.from_rows([p])


@attack
@given(some)
def test_entropy_of_is_entropy(p: Vector) -> None:
    """The quantity and the LogForm differ by exactly zero, and its decimals enclose the LogForm."""
    quantity = entropy_of(row(p))
    assert quantity.form() - entropy(p) == 0
    assert quantity.is_zero() == (1 in p)
    assert_encloses(quantity.enclosed(20, "bits"), entropy(p))


@attack
@given(pairs)
def test_divergence_of_is_kl(pair: tuple[Vector, Vector]) -> None:
    """None where KL is infinite, else the quantity and the LogForm differ by exactly zero."""
    p, q = pair
    quantity, truth = divergence_of(row(p), row(q)), kl(p, q)
    if isinstance(truth, Infinity):
        assert quantity is None
    else:
        assert quantity is not None
        assert quantity.form() - truth == 0
        assert quantity.is_zero() == (p == q)
        assert_encloses(quantity.enclosed(20, "bits"), truth)


@attack
@given(sizes.flatmap(lambda K: st.tuples(distributions(K), kernels(K, K))))
def test_information_of_is_mutual_information(source: tuple[Vector, Table]) -> None:
    """The information that a kernel's deviation carries is that of the joint p(x)W(y|x): the difference is zero."""
    p, W = source
    deviation = Dense.from_rows(W, "W").deviation(row(p))
    quantity, truth = information_of(deviation), mutual_information(joined(p, W))
    assert quantity.form() - truth == 0
    assert deviation.vanishes == quantity.is_zero() == (truth == 0)
    assert_encloses(quantity.enclosed(20, "bits"), truth)


def assert_encloses(enclosed: md.arithmetic.quantity.Enclosed, truth: LogForm) -> None:
    """lower ≤ truth ≤ upper, decided between exact numbers, all three in bits."""
    assert bits(enclosed.lower) <= truth <= bits(enclosed.upper)


@pytest.mark.parametrize("exponent", [1, 20, 100, 300])
def test_a_divergence_of_any_size_has_its_digits(exponent: int) -> None:
    """KL(½+ε, ½−ε ‖ ½, ½) = ½(1+2ε)log(1+2ε) + ½(1−2ε)log(1−2ε) ≈ 2ε², to 30 digits at ε = 10^-300 as well."""
    e = Fraction(1, 10**exponent)
    p = [Fraction(1, 2) + e, Fraction(1, 2) - e]
    quantity = divergence_of(row(p), row([Fraction(1, 2)] * 2))
    assert quantity is not None
    got = quantity.enclosed(30, "nats")
    with mpmath.workdps(1000):
        x = 2 * mpmath.mpf(1) / 10**exponent
        kl_of_x = ((1 + x) * mpmath.log(1 + x) + (1 - x) * mpmath.log(1 - x)) / 2
        truth = Fraction(*mpmath.libmp.to_rational(kl_of_x._mpf_))
    assert Fraction(got.lower) <= truth <= Fraction(got.upper)
    assert Fraction(got.upper) - Fraction(got.lower) <= 2 * Fraction(1, 10**29) * Fraction(got.value)


# known values


def test_the_binary_entropy_of_nine_tenths() -> None:
    """h(9/10) = −0.9·log2 0.9 − 0.1·log2 0.1 bits, by mpmath's digits; the capacity 1 − h is 0.53 of a bit."""
    # MacKay 2003, "Information Theory, Inference, and Learning Algorithms", section 1.3: C(0.1) ≃ 0.53
    h = entropy(["9/10", "1/10"])
    with mpmath.workdps(80):
        nine, one = mpmath.mpf(9) / 10, mpmath.mpf(1) / 10
        value = -nine * mpmath.log(nine, 2) - one * mpmath.log(one, 2)
        shown, truth = mpmath.nstr(value, 15), Fraction(*mpmath.libmp.to_rational(value._mpf_))
    assert entropy_of(row([Fraction(9, 10), Fraction(1, 10)])).enclosed(15, "bits").value == shown
    lower, upper = h.enclosure(50, "bits")
    assert lower <= truth <= upper
    assert round(1 - lower, 2) == round(1 - upper, 2) == Fraction(53, 100)
    assert round(lower, 4) == round(upper, 4) == Fraction(4690, 10000)
    assert str(h) == "log 2 − 9/5·log 3 + log 5"


def test_a_horse_race_with_an_unequal_field() -> None:
    """H(½, ¼, ⅛, 1/16, 1/64, 1/64, 1/64, 1/64) = 2 bits."""
    # Cover & Thomas 2006, "Elements of Information Theory", example 1.1.2
    assert entropy(["1/2", "1/4", "1/8", "1/16", *["1/64"] * 4]) == bits(2)


def test_a_joint_table_from_the_textbook() -> None:
    """H(X) = 7/4, H(Y) = 2, H(X,Y) = 27/8, H(X|Y) = 11/8, H(Y|X) = 13/8, I(X;Y) = 3/8 bits."""
    # Cover & Thomas 2006, examples 2.2.1 and 2.4.1 (there Y runs down the rows)
    by_y = [
        ["1/8", "1/16", "1/32", "1/32"],
        ["1/16", "1/8", "1/32", "1/32"],
        ["1/16", "1/16", "1/16", "1/16"],
        ["1/4", 0, 0, 0],
    ]
    assert entropy(["1/2", "1/4", "1/8", "1/8"]) == bits("7/4")
    assert joint_entropy(by_y) == bits("27/8")
    assert conditional_entropy(by_y, "rows") == bits("11/8")
    assert conditional_entropy(by_y) == bits("13/8")
    assert mutual_information(by_y) == bits("3/8")


def test_divergence_is_not_symmetric() -> None:
    """KL(½,½‖¾,¼) = 1 − ½·log2 3 and KL(¾,¼‖½,½) = ¾·log2 3 − 1 bits."""
    # Cover & Thomas 2006, example 2.3.1 with r = 1/2, s = 1/4
    fair, biased = ["1/2", "1/2"], ["3/4", "1/4"]
    assert kl(fair, biased) == bits(1) - log(3) / 2
    assert kl(biased, fair) == Fraction(3, 4) * log(3) - bits(1)


def test_disjoint_certainties() -> None:
    """Two different certain states: KL = ∞, JS = log 2, and each has no entropy."""
    assert kl([1, 0], [0, 1]) is INFINITY
    assert jensen_shannon([1, 0], [0, 1]) == log(2)
    assert entropy([1, 0]) == entropy([1]) == 0


@attack
@given(tables)
def test_every_exact_spelling_is_the_same_distribution(joint: Table) -> None:
    """Fractions, text, tuples, lists of numpy objects: one table, one number."""
    assume(math.lcm(*(x.denominator for x in flat(joint))) < 10**3000)
    truth = mutual_information(joint)
    assert mutual_information([[str(x) for x in row] for row in joint]) == truth
    assert mutual_information(tuple(map(tuple, joint))) == truth
    assert mutual_information(np.array(joint, dtype=object)) == truth


def test_the_public_names_are_these_functions() -> None:
    """md.entropy and the others are the functions tested here."""
    for function in (
        entropy, cross_entropy, kl, jensen_shannon, joint_entropy, conditional_entropy, mutual_information, log,
    ):  # fmt: skip
        assert getattr(md, function.__name__) is function
    assert md.INFINITY is INFINITY
