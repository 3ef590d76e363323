"""The stationary law: where it is unique it is found exactly, where it is not the classes are named."""

from fractions import Fraction

import pytest
from chains import (
    constant_chain,
    doubly_stochastic,
    examples,
    given_outright,
    laws,
    matrices,
    probabilities,
    row_vector,
)
from flint import fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import (
    Blend,
    Gaussian,
    RankOneKernel,
    absorbing,
    neighbour,
    per_step,
    uniform,
    with_memory,
)
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.stationary import closed_classes, preserves, stationary, stationary_of_chain
from markovdiff.process.transition import Dense

sizes = st.integers(1, 6)


def dense(M):
    return Dense.from_rows([[Fraction(x) for x in row] for row in M], "rows")


def names(K):
    return tuple("abcdefgh"[:K])


def classes_by_walking(M):
    """Closed communicating classes, by following arrows until nothing new is met."""

    def reached(i):
        met, new = set(), {i}
        while new:
            met |= new
            new = {j for k in new for j, x in enumerate(M[k]) if x} - met
        return frozenset(met)

    reach = [reached(i) for i in range(len(M))]
    return {reach[i] for i in range(len(M)) if all(reach[j] == reach[i] for j in reach[i])}


@given(sizes.flatmap(matrices))
@examples(150)
def test_closed_classes_are_found(M):
    """A class is closed when every state reached from it reaches all of it; each is named once."""
    found = closed_classes(dense(M))
    assert set(found) == classes_by_walking(M)
    assert len(found) == len(set(found))


@given(sizes.flatmap(matrices))
@examples(100)
def test_one_stationary_law_for_each_closed_class(M):
    """dim{x : xQ = x} is the number of closed classes (Perron & Frobenius): a rank, found by elimination."""
    N, d = dense(M).matrix.N, dense(M).matrix.d
    K = N.nrows()
    balance = fmpz_mat([[N[i, j] - (d if i == j else 0) for j in range(K)] for i in range(K)])
    assert len(closed_classes(dense(M))) == K - balance.rank()


@given(sizes.flatmap(matrices))
@examples(150)
def test_the_stationary_law_is_kept_and_is_the_only_one(M):
    """With one closed class: μQ = μ, μ ≥ 0, Σμ = 1, μ > 0 exactly on the class. With several: an error names each."""
    step, states = dense(M), names(len(M))
    classes = classes_by_walking(M)
    if len(classes) == 1:
        mu = stationary(step, states).rows()[0]
        assert tuple(sum(m * row[j] for m, row in zip(mu, M, strict=True)) for j in range(len(M))) == mu
        assert sum(mu) == 1
        assert {i for i, m in enumerate(mu) if m > 0} == next(iter(classes))
        assert min(mu) >= 0
        assert preserves(step, row_vector(mu))
    else:
        with pytest.raises(InputError) as caught:
            stationary(step, states)
        assert f"{len(classes)} classes" in caught.value.what
        shown = set(caught.value.got.removesuffix("; …").split("; "))
        assert shown <= {"{" + ", ".join(states[i] for i in sorted(c)) + "}" for c in classes}
        assert len(shown) == min(len(classes), 4)


@given(sizes.flatmap(lambda K: st.tuples(matrices(K), laws(K))))
@examples(80)
def test_any_other_law_is_moved(drawn):
    """Where the stationary law is unique, pQ = p only for p = μ."""
    M, p = drawn
    if len(classes_by_walking(M)) == 1:
        mu = stationary(dense(M), names(len(M)))
        assert preserves(dense(M), row_vector(p)) == (row_vector(p) == mu)


@given(sizes.flatmap(laws), probabilities.filter(lambda beta: beta > 0))
@examples(60)
def test_forgetting_is_stationary_at_its_target(pi, beta):
    """κI + (1−κ)·1πᵀ with κ < 1 keeps π and nothing else, the same by formula and by solving."""
    mixing = IdentityPlusRankOne(1 - beta, Distribution.from_probabilities(pi))
    assert stationary(mixing, names(len(pi))) == row_vector(pi)
    assert stationary(mixing.dense, names(len(pi))) == row_vector(pi)


@given(sizes.flatmap(doubly_stochastic))
@examples(60)
def test_doubly_stochastic_keeps_the_uniform_law(M):
    """Columns that sum to one keep (1/K, …, 1/K), uniquely where the matrix is irreducible."""
    K = len(M)
    flat = row_vector((Fraction(1, K),) * K)
    assert preserves(dense(M), flat)
    if len(classes_by_walking(M)) == 1:
        assert stationary(dense(M), names(K)) == flat


@pytest.mark.parametrize("K", [1, 2, 3, 5])
def test_a_cycle_has_a_stationary_law(K):
    """A periodic chain never settles, yet its stationary law is unique: 1/K each."""
    cycle = [[int(j == (i + 1) % K) for j in range(K)] for i in range(K)]
    assert stationary(dense(cycle), names(K)) == row_vector((Fraction(1, K),) * K)


def test_a_periodic_chain_by_hand():
    """0 → 1 or 2 with ⅓, ⅔ and back again: period two, μ = (½, ⅙, ⅓), worked by hand."""
    M = [[0, "1/3", "2/3"], [1, 0, 0], [1, 0, 0]]
    assert stationary(dense(M), names(3)).rows() == ((Fraction(1, 2), Fraction(1, 6), Fraction(1, 3)),)


def test_the_weather_by_hand():
    """Birth and death, balanced edge by edge: μ_0·½ = μ_1·¼, μ_1·½ = μ_2·1 give μ = (1, 2, 1)/4."""
    M = [["1/2", "1/2", 0], ["1/4", "1/4", "1/2"], [0, 1, 0]]
    assert stationary(dense(M), names(3)).rows() == ((Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)),)


def test_a_reducible_error_names_its_rooms():
    """Rooms {a, b} and {d}, with c passing through: both rooms are named, c is not."""
    M = [[0, 1, 0, 0], [1, 0, 0, 0], ["1/2", 0, 0, "1/2"], [0, 0, 0, 1]]
    with pytest.raises(InputError) as caught:
        stationary(dense(M), names(4))
    assert caught.value.got == "{a, b}; {d}"


coin = Distribution.from_weights([1, 3], ["a", "b"])


def test_a_chain_has_the_law_of_its_steps():
    """The law that all of Q_1 … Q_T keep: that of the kernel, and steps with β = 0, which keep everything, agree."""
    betas = (Fraction(0), Fraction(1, 2), Fraction(0), Fraction(1))
    for kernel in (uniform(2), neighbour(2, 1, "reflect")):
        assert stationary_of_chain(Chain(coin, kernel, betas, 4)) == row_vector((Fraction(1, 2), Fraction(1, 2)))
    masked = Chain(coin, absorbing(2, 1), betas, 4)
    assert stationary_of_chain(masked) == row_vector((Fraction(0), Fraction(1)))
    mine = Chain(coin, RankOneKernel(coin), betas, 4)
    assert stationary_of_chain(mine) == row_vector(coin.probabilities)


def test_a_gaussian_chain_that_starts_without_noise_keeps_the_uniform_law():
    """β_1 = 0 makes Q_1 = I, which keeps every law; the one that all Q_t keep is the uniform one."""
    betas = (Fraction(0), Fraction(1, 2), Fraction(1))
    chain = Chain(Distribution.from_weights([1, 2, 3]), Gaussian(3, Fraction(1, 1000)), betas, 3)
    assert stationary_of_chain(chain) == row_vector((Fraction(1, 3),) * 3)


def test_a_first_step_that_keeps_everything_does_not_hide_the_law_of_the_others():
    """Q_1 = I, Q_2 = ½·11ᵀ: exactly one law is kept by both, (½, ½)."""
    identity, flat = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]], [[Fraction(1, 2)] * 2] * 2
    chain = Chain(coin, per_step([identity, flat], 2), (), 2)
    assert stationary_of_chain(chain) == row_vector((Fraction(1, 2), Fraction(1, 2)))


def test_a_chain_that_never_moves_has_too_many_laws():
    """With β = 0 throughout every law is stationary, so there is no "the": each state is its own class."""
    for kernel in (uniform(2), Blend(dense([[0, 1], [1, 0]]))):
        with pytest.raises(InputError) as caught:
            stationary_of_chain(Chain(coin, kernel, (Fraction(0),) * 3, 3))
        assert caught.value.got == "{a}; {b}"


@pytest.mark.parametrize("beta", ["0", "1/1000"])
def test_a_gaussian_too_weak_to_jump_has_too_many_laws(beta):
    """Where each jump is rounded down to 0 the kernel is the identity, and every law is stationary."""
    with pytest.raises(InputError, match="not unique"):
        stationary_of_chain(Chain(coin, Gaussian(2, Fraction(1, 20)), (Fraction(beta),), 1))


def test_a_kernel_that_changes_its_law_is_found_out():
    """Q_1 keeps (½, ½) and Q_2 does not: there is no common law, and t = 2 is named."""
    flip, fall = [[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]], [[Fraction(1), Fraction(0)]] * 2
    with pytest.raises(InputError) as caught:
        stationary_of_chain(Chain(coin, per_step([flip, fall], 2), (), 2))
    assert caught.value.where == "t = 2"


def test_a_law_found_late_is_asked_of_the_steps_before():
    """Q_1 has two rooms, {a} and {b}, and empties c; Q_2 keeps (⅓, ⅓, ⅓) alone, which Q_1 does not: t = 1 is named."""
    rooms = [[Fraction(int(j == to)) for j in range(3)] for to in (0, 1, 0)]
    chain = Chain(Distribution.from_weights([1, 1, 1]), per_step([rooms, [[Fraction(1, 3)] * 3] * 3], 3), (), 2)
    with pytest.raises(InputError) as caught:
        stationary_of_chain(chain)
    assert caught.value.where == "t = 1"


@pytest.mark.slow
def test_a_law_that_would_take_minutes_is_refused_at_once():
    """64 states over a denominator of 10^6 bits: the sizes are named. Doubly stochastic, it costs nothing."""
    K, tiny = 64, Fraction(1, 2**1_000_000)
    law = [Fraction(1, K) + (tiny if j == 0 else -tiny if j == 1 else 0) for j in range(K)]
    with pytest.raises(LimitError, match="64³ × 10000"):
        stationary(dense([law] * (K - 1) + [law[1:] + law[:1]]), tuple(map(str, range(K))))
    turned = [law[i:] + law[:i] for i in range(K)]
    assert stationary(dense(turned), tuple(map(str, range(K)))) == row_vector((Fraction(1, K),) * K)


def test_memory_has_no_stationary_law():
    """A process with memory has no Q_t, hence no μQ = μ."""
    chain = Chain(coin, with_memory([[[Fraction(1, 2)] * 2] * 2] * 2, 2), (), 2)
    with pytest.raises(InputError, match="memory"):
        stationary_of_chain(chain)


@given(sizes.map(lambda K: Distribution.from_weights([1] * K)).flatmap(lambda data: given_outright(data, 3)))
@examples(60)
def test_a_law_that_is_given_is_kept_by_every_step(process):
    """Whatever stationary_of_chain returns, every Q_t keeps it."""
    try:
        law = stationary_of_chain(process.chain)
    except InputError:
        return
    assert all(preserves(process.chain.transition(t), law) for t in range(1, 4))


@given(sizes.flatmap(lambda K: st.tuples(laws(K), matrices(K))), st.integers(1, 4))
@examples(60)
def test_a_constant_chain_has_the_law_of_its_matrix(drawn, T):
    """A matrix applied T times has the stationary law of the matrix, or none as it has none."""
    p0, M = drawn
    chain = constant_chain(p0, M, T)
    if len(classes_by_walking(M)) == 1:
        assert stationary_of_chain(chain) == stationary(dense(M), chain.states)
    else:
        with pytest.raises(InputError):
            stationary_of_chain(chain)
