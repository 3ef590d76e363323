"""The forward process against all of its paths, listed one by one and added up."""

from fractions import Fraction

import pytest
from chains import examples, markov, processes, unit, with_a_memory
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel, uniform, with_memory
from markovdiff.process.schedules import jump


def fresh(chain):
    """The same process, never asked anything."""
    return Chain(chain.data, chain.kernel, chain.betas, chain.T)


def normalised(law, K):
    """A law on 0 … K−1 from what was collected of it, or None where nothing was."""
    total = sum(law.values())
    return tuple(law.get((i,), Fraction(0)) / total for i in range(K)) if total else None


def given_second(joint, j):
    """The part of a joint law in which the last coordinate is j."""
    return {key[:-1]: p for key, p in joint.items() if key[-1] == j}


@given(processes())
@examples(120)
def test_the_marginal_is_the_paths_that_arrive(process):
    """p_t[j] = Σ of the paths with x_t = j, and sums to one."""
    chain = process.chain
    for t in range(chain.T + 1):
        assert chain.marginal(t) == normalised(process.law(t), chain.K)
        assert sum(chain.marginal(t)) == 1


@given(processes())
@examples(120)
def test_the_cumulative_kernel_is_the_paths_from_each_source(process):
    """Q̄_t[k, j] = Σ of the paths from k to j, also from a k that the data never show; Q̄_0 = I."""
    chain = process.chain
    assert chain.cumulative(0) == tuple(unit(k, chain.K) for k in range(chain.K))
    for t in range(chain.T + 1):
        assert chain.cumulative(t) == tuple(normalised(process.law_from(k, t), chain.K) for k in range(chain.K))


@given(processes())
@examples(80)
def test_the_joint_is_the_paths_from_here_to_there(process):
    """q(x_0 = i, x_t = j) is what the paths give, entry by entry."""
    for t in range(process.chain.T + 1):
        assert process.chain.joint(t) == process.table(0, t)


@given(markov())
@examples(80)
def test_a_step_is_its_formula(process):
    """Q_t of a Markov chain is the kernel's formula at β_t, for every t = 1 … T."""
    for t in range(1, process.chain.T + 1):
        assert process.chain.step(t) == process.laws[t - 1][0]


@given(processes())
@examples(120)
def test_the_data_posterior_is_bayes_on_paths(process):
    """q(x_0 | x_t = j), and None exactly where no path arrives at j."""
    chain = process.chain
    for t in range(chain.T + 1):
        joint = process.law(0, t)
        expected = tuple(normalised(given_second(joint, j), chain.K) for j in range(chain.K))
        assert chain.data_posterior(t) == expected
        assert [row is None for row in expected] == [p == 0 for p in chain.marginal(t)]


@given(processes())
@examples(120)
def test_the_bayes_reverse_is_bayes_on_paths(process):
    """q(x_{t−1} | x_t = j), with memory too, and None exactly where x_t = j is impossible."""
    chain = process.chain
    for t in range(1, chain.T + 1):
        pairs = process.law(t - 1, t)
        assert chain.bayes_reverse(t) == tuple(normalised(given_second(pairs, j), chain.K) for j in range(chain.K))


@given(processes())
@examples(80)
def test_the_forward_posterior_is_bayes_on_paths_from_one_source(process):
    """q(x_{t−1} | x_t = j, x_0 = k), by number or label, and None exactly where j cannot come from k."""
    chain = process.chain
    for t in range(1, chain.T + 1):
        for k in range(chain.K):
            pairs = process.law_from(k, t - 1, t)
            expected = tuple(normalised(given_second(pairs, j), chain.K) for j in range(chain.K))
            assert chain.forward_posterior(t, x0=k) == expected
            assert chain.forward_posterior(t, chain.states[k]) == expected


@given(processes(max_K=4, max_T=5))
@examples(80)
def test_reversing_the_marginal_gives_the_one_before(process):
    """Σ_j p_t[j]·q(x_{t−1} | x_t = j) = p_{t−1}, and Σ_j p_t[j]·q(x_0 | x_t = j) = p_0: total probability."""
    chain = process.chain

    def average(weights, rows):
        return tuple(
            sum((w * row[i] for w, row in zip(weights, rows, strict=True) if row is not None), Fraction(0))
            for i in range(chain.K)
        )

    for t in range(1, chain.T + 1):
        assert average(chain.marginal(t), chain.bayes_reverse(t)) == chain.marginal(t - 1)
        assert average(chain.marginal(t), chain.data_posterior(t)) == chain.data.probabilities


@given(processes(max_K=4, max_T=4))
@examples(60)
def test_the_reverse_is_a_mixture_of_forward_posteriors(process):
    """q(x_{t−1} | x_t = j) = Σ_k q(x_0 = k | x_t = j) q(x_{t−1} | x_t = j, x_0 = k)."""
    chain = process.chain
    for t in range(1, chain.T + 1):
        posteriors = [chain.forward_posterior(t, x0=k) for k in range(chain.K)]
        for j, (weights, row) in enumerate(zip(chain.data_posterior(t), chain.bayes_reverse(t), strict=True)):
            assert (weights is None) == (row is None)
            if weights is not None:
                used = [(w, posteriors[k][j]) for k, w in enumerate(weights) if w]
                assert row == tuple(sum(w * r[i] for w, r in used) for i in range(chain.K))


QUESTIONS = {
    "marginal": lambda chain, t: chain.marginal(t),
    "cumulative": lambda chain, t: chain.cumulative(t),
    "data_posterior": lambda chain, t: chain.data_posterior(t),
    "bayes_reverse": lambda chain, t: chain.bayes_reverse(max(t, 1)),
    "forward_posterior": lambda chain, t: chain.forward_posterior(max(t, 1), x0=0),
    "moments": lambda chain, t: list(chain.moments())[t].probabilities,
}


@given(processes(max_K=3, max_T=8), st.data())
@examples(80)
def test_the_order_of_questions_does_not_matter(process, data):
    """Any question about any t, in any order, has the answer that a chain asked nothing else gives."""
    chain = process.chain
    questions = st.tuples(st.sampled_from(sorted(QUESTIONS)), st.integers(0, chain.T))
    for name, t in data.draw(st.lists(questions, max_size=12)):
        assert QUESTIONS[name](chain, t) == QUESTIONS[name](fresh(chain), t)


@given(processes(max_K=4, max_T=6))
@examples(80)
def test_the_stream_and_the_single_times_are_one_process(process):
    """moments() gives t = 0, …, T with the same p_t and Q̄_t as asking for t, β_t with it, and p_T at its end."""
    chain = process.chain
    moments = list(chain.moments())
    assert [moment.t for moment in moments] == list(range(chain.T + 1))
    assert tuple(moment.beta for moment in moments[1:]) == (chain.betas or (None,) * chain.T)
    for moment in moments:
        at = fresh(chain).at(moment.t)
        assert moment.probabilities == at.probabilities
        assert moment.cumulative.rows() == at.cumulative.rows()
    assert chain.final_marginal.rows()[0] == moments[-1].probabilities


@given(processes())
@examples(80)
def test_certainty_is_seen_in_the_paths(process):
    """`reveals_data`: no x_t comes from two x_0. `is_noiseless`: no possible x_0 leads to two x_t."""
    for moment in process.chain.moments():
        pairs = list(process.law(0, moment.t))
        assert moment.reveals_data == (len({j for _, j in pairs}) == len(pairs))
        assert moment.is_noiseless == (len({k for k, _ in pairs}) == len(pairs))


@given(st.integers(1, 5), st.lists(st.fractions(0, 1, max_denominator=9), min_size=1, max_size=6))
@examples(60)
def test_forgetting_multiplies_what_is_kept(K, betas):
    """Q̄_t = ᾱ_t I + (1−ᾱ_t)·1πᵀ with ᾱ_t = Π_{s≤t} (1 − β_s)."""
    pi = Distribution.from_weights(range(1, K + 1))
    chain = Chain(Distribution.from_weights([1] * K), RankOneKernel(pi), tuple(betas), len(betas))
    alpha_bar = Fraction(1)
    for moment in chain.moments():
        alpha_bar *= 1 - (moment.beta or 0)
        assert moment.alpha_bar == alpha_bar
        assert moment.cumulative.rows() == tuple(
            tuple(alpha_bar * (i == j) + (1 - alpha_bar) * p for j, p in enumerate(pi.probabilities)) for i in range(K)
        )


def test_equal_betas_share_one_matrix():
    """A constant schedule makes its Q once, however often it is asked for."""
    chain = Chain(Distribution.from_weights([1, 2]), uniform(2), (Fraction(1, 10),) * 50, 50)
    assert len({id(chain.transition(t)) for t in range(1, 51)}) == 1


@given(with_a_memory())
@examples(20)
def test_a_process_with_memory_has_no_step(process):
    """q(x_t | x_{t−1}, x_0) is not a Q_t, and asking for one says so; the chain knows that it is not Markov."""
    assert not process.chain.is_markov
    for ask in (process.chain.step, process.chain.transition):
        with pytest.raises(InputError, match="memory"):
            ask(1)


def test_memory_that_remembers_nothing_is_markov_in_law():
    """With the same matrix for every x_0 a process with memory has the marginals of the chain of that matrix."""
    data, betas = Distribution.from_weights([3, 1, 0]), (Fraction(1, 3),) * 4
    chain = Chain(data, uniform(3), betas, 4)
    process = Chain(data, with_memory([chain.step(1)] * 3, 3), (), 4)
    for t in range(5):
        assert process.marginal(t) == chain.marginal(t)
        assert process.cumulative(t) == chain.cumulative(t)
        assert process.data_posterior(t) == chain.data_posterior(t)


@pytest.mark.parametrize(
    "ask",
    [
        lambda chain: chain.marginal(-1),
        lambda chain: chain.marginal(4),
        lambda chain: chain.step(0),
        lambda chain: chain.bayes_reverse(0),
        lambda chain: chain.forward_posterior(0, x0=0),
        lambda chain: chain.marginal(1.0),
        lambda chain: chain.marginal("1"),
    ],
)
def test_times_outside_are_refused(ask):
    """Marginals are asked for at t = 0 … T, steps at t = 1 … T; nothing wraps round, nothing is rounded."""
    with pytest.raises(InputError) as caught:
        ask(Chain(Distribution.from_weights([1, 1]), uniform(2), jump(3), 3))
    assert caught.value.where == "t"


@pytest.mark.parametrize("x0", [-1, 2, "c", True, None])
def test_states_outside_are_refused(x0):
    """x_0 is a number from 0 to K − 1 or a label."""
    chain = Chain(Distribution.from_weights([1, 1], ["a", "b"]), uniform(2), jump(3), 3)
    with pytest.raises(InputError) as caught:
        chain.forward_posterior(1, x0=x0)
    assert caught.value.where == "x0"


def test_a_label_is_looked_up_before_a_number_is():
    """A state labelled "1" is found by its label, wherever it stands."""
    chain = Chain(Distribution.from_weights([1, 2], ["1", "0"]), uniform(2), jump(3), 3)
    assert chain.forward_posterior(1, x0="1") == chain.forward_posterior(1, x0=0) != chain.forward_posterior(1, x0=1)


def test_parts_that_do_not_fit_are_refused():
    """The kernel has the data's states, and the schedule has one β a step."""
    data = Distribution.from_weights([1, 1])
    with pytest.raises(InputError) as caught:
        Chain(data, uniform(3), jump(3), 3)
    assert caught.value.where == "noise.kernel"
    with pytest.raises(InputError) as caught:
        Chain(data, uniform(2), jump(3), 4)
    assert caught.value.where == "noise.schedule"


@pytest.mark.parametrize("ask", ["cumulative", "step", "joint", "data_posterior", "bayes_reverse", "forward_posterior"])
def test_a_table_of_a_vocabulary_is_refused(ask):
    """K = 50,257: 2.5·10^9 fractions are refused with the reason and a way out; a marginal is given."""
    K = 50_257
    chain = Chain(Distribution.from_weights([1] * K), uniform(K), jump(3), 3)
    with pytest.raises(LimitError, match="exhaust the memory") as caught:
        getattr(chain, ask)(1, **({"x0": 0} if ask == "forward_posterior" else {}))
    assert caught.value.remedy
    assert "marginal" in caught.value.remedy


def test_a_vocabularys_marginal_is_given():
    """p_1 of K = 50,257 states under the uniform kernel: (1 − β)p_0 + β/K, exactly."""
    K = 50_257
    chain = Chain(Distribution.from_weights(range(1, K + 1)), uniform(K), jump(3), 3)
    p = chain.marginal(1)
    assert p[-1] == Fraction(2, 3) * Fraction(2, K + 1) + Fraction(1, 3 * K)
    assert sum(n.numerator * (chain.at(1).marginal.d // n.denominator) for n in p) == chain.at(1).marginal.d


def test_two_strengths_in_turn_are_made_once_each():
    """A schedule that alternates costs two matrices, not T; one that never repeats never holds more than two."""
    coin = Distribution.from_weights([3, 1])
    a, b = Fraction(1, 3), Fraction(1, 5)
    chain = Chain(coin, uniform(2), (a, b, a, b), 4)
    assert [chain.transition(t) for t in (3, 4)] == [chain.transition(t) for t in (1, 2)]
    chain = Chain(coin, uniform(2), jump(9), 9)
    assert max(len(chain._made) for t in range(1, 10) if chain.transition(t)) == 2


def test_two_times_are_remembered_and_no_more():
    """A walk along the chain, a jump, a walk back: the memory of a long chain does not grow with what was asked."""
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), jump(9), 9)
    for t in (0, 1, 2, 3, 9, 8, 4, 5):
        chain.marginal(t)
        assert len(chain._walk) <= 2
