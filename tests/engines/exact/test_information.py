"""Data processing: what a step destroys, decided without rounding, against laws added up from paths."""

from dataclasses import replace
from fractions import Fraction

import pytest
from chains import (
    Process,
    constant_chain,
    data_laws,
    erasures,
    examples,
    informations,
    laws,
    markov,
    matrices,
    permutations,
    points,
    with_a_memory,
)
from hypothesis import given
from hypothesis import strategies as st

from markovdiff import LogForm, entropy, log, mutual_information
from markovdiff.engines.exact.information import Information, independent_given_next
from markovdiff.errors import InternalError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend, RankOneKernel, absorbing, per_step, uniform
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.schedules import jump
from markovdiff.process.transition import Dense

half = Fraction(1, 2)


def H(process: Process, *times: int) -> LogForm:
    """H(x_s, x_t, …), from the paths."""
    return entropy(list(process.law(*times).values()))


def destroyed(process: Process, t: int) -> LogForm:
    """I(x_0; x_{t−1} | x_t), from the triples."""
    return H(process, 0, t) + H(process, t - 1, t) - H(process, 0, t - 1, t) - H(process, t)


def left(process: Process, t: int) -> LogForm:
    """I(x_0; x_t), from the pairs."""
    return mutual_information(process.table(0, t))


@given(markov())
@examples(120)
def test_a_step_is_equal_exactly_where_nothing_more_was_known(process):
    """I_t = I_{t−1} ⇔ I(x_0; x_{t−1} | x_t) = 0, and else I_t < I_{t−1}: the data-processing inequality."""
    for now in informations(process.chain)[1:]:
        t = now.moment.t
        lost = destroyed(process, t)
        assert lost >= 0
        assert now.loses_nothing == lost.is_zero()
        assert now.decay == ("equal" if lost.is_zero() else "strict")
        assert now.decay == ("equal" if left(process, t) == left(process, t - 1) else "strict")
        assert now.loss.sign() == lost.sign()


@given(with_a_memory())
@examples(100)
def test_with_memory_the_sign_is_decided(process):
    """Where noise remembers x_0 the verdict is the sign of I_{t−1} − I_t, up, down or equal."""
    for now in informations(process.chain)[1:]:
        t = now.moment.t
        sign = (left(process, t - 1) - left(process, t)).sign()
        assert now.decay == {1: "strict", 0: "equal", -1: "violated"}[sign]
        assert now.dobrushin is None
        assert now.bound is None


@given(with_a_memory())
@examples(60)
def test_memory_owes_what_it_gives_back(process):
    """I_{t−1} − I_t = I(x_0; x_{t−1} | x_t) − I(x_0; x_t | x_{t−1}): only a Markov chain lacks the last term."""
    for now in informations(process.chain)[1:]:
        t = now.moment.t
        given_back = H(process, 0, t - 1) + H(process, t - 1, t) - H(process, 0, t - 1, t) - H(process, t - 1)
        assert now.loss.form() == destroyed(process, t) - given_back


@given(markov())
@examples(100)
def test_the_strong_inequality_is_decided(process):
    """I_t ≤ η(Q_t)·I_{t−1} (Cohen et al. 1993), and where it is tight that is known: the slack's sign is the form's."""
    for now in informations(process.chain)[1:]:
        t = now.moment.t
        rows = process.laws[t - 1][0]
        eta = max(sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2 for p in rows for q in rows)
        slack = eta * left(process, t - 1) - left(process, t)
        assert now.dobrushin == eta
        assert now.bound.form() == eta * left(process, t - 1)
        assert now.slack_sign == slack.sign() >= 0


@given(erasures())
@examples(80)
def test_erasure_keeps_its_share(process):
    """Mask outside the data: I_t = ᾱ_t·H(x_0) and H(x_t) = ᾱ_t·H(x_0) + h(ᾱ_t) (Cover & Thomas 2006, §7.1.5)."""
    h0 = entropy(process.chain.data.probabilities)
    for now in informations(process.chain):
        a = now.moment.alpha_bar
        assert now.mutual_information.form() == a * h0
        assert now.entropy.form() == a * h0 + entropy([a, 1 - a])
        assert now.conditional_entropy.form() == (1 - a) * h0
        assert now.noise_entropy.form() == entropy([a, 1 - a])


@given(erasures())
@examples(60)
def test_erasure_meets_the_strong_inequality(process):
    """With I_t = ᾱ_t·H(x_0) and η(Q_t) = 1 − β_t the strong inequality is an equality, step by step."""
    for now in informations(process.chain)[1:]:
        assert now.dobrushin == 1 - now.moment.beta
        assert now.slack_sign == 0


@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=4),
    st.lists(st.fractions(Fraction(1, 9), Fraction(8, 9), max_denominator=9), min_size=1, max_size=4),
)
@examples(60)
def test_a_mask_that_data_may_show_is_no_erasure(w, betas):
    """Where the mask is itself in the data it hides what it hides: with 0 < β < 1 both inequalities are strict."""
    data = Distribution.from_weights(w)
    for now in informations(Chain(data, absorbing(data.K, 0), tuple(betas), len(betas)))[1:]:
        assert now.dobrushin == 1 - now.moment.beta
        assert now.slack_sign == 1
        assert now.decay == "strict"


@given(data_laws(4), st.integers(1, 4), st.data())
@examples(60)
def test_a_permutation_loses_nothing(data, T, draw):
    """A bijection of the states moves information and keeps it: every step is equal, H(x_t) = I_t = H(x_0)."""
    P = Dense.from_rows(draw.draw(permutations(data.K)), "rows")
    first, *rest = informations(Chain(data, Blend(P), (Fraction(1),) * T, T))
    for now in rest:
        assert now.decay == "equal"
        assert now.loss.is_zero()
        assert now.slack_sign == 0
        assert now.mutual_information.form() == now.entropy.form() == first.entropy.form()
        assert now.conditional_entropy.is_zero()
        assert now.noise_entropy.is_zero()


def test_noise_that_hides_nothing_is_equal():
    """0 ↦ {0, 2}, 1 ↦ {1, 3} by a fair coin: one bit of noise, H(x_1) = 2 bits, yet x_1 still tells x_0."""
    chain = constant_chain([half, half, 0, 0], [[half, 0, half, 0], [0, half, 0, half]] * 2, 1)
    now = informations(chain)[1]
    assert now.decay == "equal"
    assert now.conditional_entropy.is_zero()
    assert now.entropy.enclosed(15, "bits").value == "2"
    assert now.noise_entropy.enclosed(15, "bits").value == now.mutual_information.enclosed(15, "bits").value == "1"


def test_noise_about_noise_may_be_forgotten():
    """x_1 is 2 or 3 for x_0 = 0 and 4 for x_0 = 1; merging 2 and 3 costs half a bit of noise and no information."""
    split = [[0, 0, half, half, 0], *[[0, 0, 0, 0, 1]] * 4]
    merge = [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 1]]
    steps = [[[Fraction(x) for x in row] for row in rows] for rows in (split, merge)]
    first, one, two = informations(Chain(Distribution.from_weights([1, 1, 0, 0, 0]), per_step(steps, 5), (), 2))
    assert one.decay == two.decay == "equal"
    assert one.entropy.form() - two.entropy.form() == log(2) / 2
    assert one.mutual_information.form() == two.mutual_information.form() == first.entropy.form() == log(2)


@given(data_laws(4), st.integers(1, 4))
@examples(40)
def test_nothing_known_stays_nothing(data, T):
    """Uniform noise at β = 1 forgets x_0 in one step: I_1 = 0 exactly, and every later step is equal."""
    first, *rest = informations(Chain(data, uniform(data.K), (Fraction(1),) * T, T))
    for now in rest:
        assert now.mutual_information.is_zero()
        assert (
            now.mutual_information.enclosed(15, "bits").lower
            == now.mutual_information.enclosed(15, "bits").upper
            == "0"
        )
        assert now.dobrushin == 0
        assert now.slack_sign == 0
    assert rest[0].decay == ("equal" if first.entropy.is_zero() else "strict")
    assert all(now.decay == "equal" for now in rest[1:])


@given(st.integers(1, 4).flatmap(lambda K: st.tuples(points(K), matrices(K))), st.integers(1, 4))
@examples(60)
def test_data_without_doubt_have_nothing_to_lose(drawn, T):
    """H(x_0) = 0 makes every I_t = 0, and every step equal, whatever the noise does."""
    p0, M = drawn
    for now in informations(constant_chain(p0, M, T)):
        assert now.mutual_information.is_zero()
        assert now.conditional_entropy.is_zero()
        assert now.noise_entropy.form() == now.entropy.form()
        if now.before is not None:
            assert now.decay == "equal"
            assert now.slack_sign == 0


@given(markov(max_K=4, max_T=5))
@examples(60)
def test_forgetting_the_past_changes_no_verdict(process):
    """A run that keeps two steps at a time finds the decay, the loss and the slack that one that keeps all does."""
    before = None
    for now in informations(process.chain):
        short = Information(now.moment, before)
        if before is not None:
            assert (short.decay, short.slack_sign) == (now.decay, now.slack_sign)
            assert short.loss.enclosed(15, "bits") == now.loss.enclosed(15, "bits")
        before = short.forget()
        assert not hasattr(before, "before")


@given(
    st.integers(1, 4).flatmap(lambda K: st.tuples(laws(K), laws(K))),
    st.fractions(0, 1, max_denominator=6),
    st.fractions(0, 1, max_denominator=6),
)
@examples(100)
def test_independence_is_one_question_in_either_shape(drawn, a, b):
    """For κI + (1−κ)·1πᵀ twice, independence by formula is independence by minors of the matrices written out."""
    p, pi = drawn
    target = Distribution.from_probabilities(pi)
    before, step = IdentityPlusRankOne(a, target), IdentityPlusRankOne(b, target)
    support = [i for i, x in enumerate(p) if x]
    marginal = Chain(Distribution.from_probabilities(p), RankOneKernel(target), (1 - a, 1 - b), 2).at(2).marginal
    entries = marginal.N.entries()
    assert independent_given_next(before, step, support, entries) == independent_given_next(
        before.dense, step.dense, support, entries
    )


def test_routes_that_disagree_are_an_internal_error():
    """A Q_t that loses nothing beside a Q̄_t that lost everything, or the reverse, is never reported as a finding."""
    chain = Chain(Distribution.from_weights([1, 1]), uniform(2), jump(2), 2)
    start, _, end = (now.moment for now in informations(chain))
    before = Information(start, None)
    identity, forgets = start.cumulative, end.cumulative
    lost = Information(replace(end, transition=identity), before)
    with pytest.raises(InternalError):
        _ = lost.decay
    with pytest.raises(InternalError):
        _ = lost.slack_sign
    grown = Information(replace(start, t=1, transition=chain.transition(1)), Information(chain.at(1), None))
    with pytest.raises(InternalError):
        _ = grown.decay
    assert Information(replace(end, transition=forgets), before).decay == "strict"
