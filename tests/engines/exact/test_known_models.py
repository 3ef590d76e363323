"""Models whose ledger is known beforehand: Bayes, the mixture, D3PM's equation 4, the uniform one."""

from __future__ import annotations

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
    points,
    row_vector,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from path_accounts import enclosed, expected_log, kept, plus, priors, same, value

from markovdiff.arithmetic.logform import INFINITY, LogForm, log
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.exact.ledger import Totals
from markovdiff.measures.information import entropy, kl
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel, uniform
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    MarginalDenoiser,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    Uniform,
)
from markovdiff.process.schedules import jump

# known models


@examples(80)
@given(markov(4, 3))
def test_bayes_from_the_marginal_pays_the_entropy_and_no_more(process: Process) -> None:
    """With Bayes' own reverse process and π = p_T: every Δ_t = 0 and L = NLL = H(x0), decided."""
    chain = process.chain
    entries, totals, finding = kept(chain, Bayes(), chain.marginal(chain.T))
    H = entropy(chain.data.probabilities)
    assert all(same(value(entry.error), LogForm()) for entry in entries)
    assert same(value(totals.negative_elbo), H)
    assert same(value(totals.nll), H)
    assert same(value(totals.gap), LogForm())
    assert "; H(x0) = NLL = L" in finding.detail


@examples(60)
@given(st.data())
def test_after_the_jump_the_start_no_longer_matters(data: st.DataObject) -> None:
    """Where x_T is independent of x0 (jump), Bayes makes p_0 from any π: NLL = H(x0), and L is above by KL(p_T‖π)."""
    p0 = data.draw(data_laws(4))
    T = data.draw(st.integers(1, 4))
    chain = Chain(p0, uniform(p0.K), jump(T), T)
    prior = data.draw(laws(p0.K))
    uniform_law = (Fraction(1, p0.K),) * p0.K
    assume(prior != uniform_law)
    _, totals, finding = kept(chain, Bayes(), prior)
    H, excess = entropy(p0.probabilities), kl(uniform_law, prior)
    assert same(value(totals.nll), H)
    assert same(value(totals.negative_elbo), plus(H, excess))
    assert same(value(totals.gap), excess)
    assert f"; H(x0) = NLL < L{' = +∞' if excess == INFINITY else ''}" in finding.detail


@examples(80)
@given(st.data())
def test_a_consistent_wrong_belief_has_no_jensen_gap(data: st.DataObject) -> None:
    """Bayes under r ≫ p_0 from r's own marginal makes r: NLL = L = H(x0) + KL(p_0‖r), above H(x0) unless r = p_0."""
    process = data.draw(markov(3, 3))
    chain = process.chain
    p0 = chain.data.probabilities
    weights = data.draw(st.lists(st.integers(1, 6), min_size=chain.K, max_size=chain.K))
    r = tuple(Fraction(w, sum(weights)) for w in weights)
    believed = Chain(Distribution.from_probabilities(r), chain.kernel, chain.betas, chain.T)
    _, totals, finding = kept(chain, Bayes(row_vector(r)), believed.marginal(chain.T))
    excess = kl(p0, r)
    expected = plus(entropy(p0), excess)
    assert same(value(totals.nll), expected)
    assert same(value(totals.negative_elbo), expected)
    assert same(value(totals.nll_excess), excess)
    assert f"; H(x0) {'=' if r == p0 else '<'} NLL = L" in finding.detail


@examples(60)
@given(markov())
def test_the_mixture_of_the_truth_errs_nowhere(process: Process) -> None:
    """Fed q(x0|x_t), the posterior mixture has Δ_t = 0 at every t, and L = NLL = H(x0)."""
    chain = process.chain
    entries, totals, finding = kept(chain, PosteriorMixture(Posterior()), chain.marginal(chain.T))
    assert all(isinstance(entry.error, Quantity) and entry.error.is_zero() for entry in entries)
    assert same(value(totals.nll), entropy(chain.data.probabilities))
    assert "; H(x0) = NLL = L" in finding.detail


@examples(60)
@given(markov())
def test_d3pm_of_the_data_forgets_only_the_first_step(process: Process) -> None:
    """Fed q(x0), equation 4 has Δ_t = 0 for t ≥ 2 and Δ_1 = I_1: it makes the last step blindly."""
    chain = process.chain
    first, *later = kept(chain, D3PM(MarginalDenoiser()), chain.marginal(chain.T))[0]
    assert same(value(first.error), informations(chain)[1].mutual_information.form())
    assert all(same(value(entry.error), LogForm()) for entry in later)


@examples(60)
@given(markov())
def test_d3pm_of_the_truth_errs_only_later(process: Process) -> None:
    """Fed q(x0|x_t), equation 4 has Δ_1 = 0."""
    chain = process.chain
    assert same(value(kept(chain, D3PM(Posterior()), chain.marginal(chain.T))[0][0].error), LogForm())


@examples(60)
@given(markov())
def test_d3pm_of_the_data_forgets_nothing_with_the_formula(process: Process) -> None:
    """Fed q(x0), equation 4 at t = 1 too has every Δ_t = 0, and L = NLL = H(x0) under the prior p_T."""
    chain = process.chain
    entries, totals, finding = kept(chain, D3PM(MarginalDenoiser(), "formula"), chain.marginal(chain.T))
    assert all(same(value(entry.error), LogForm()) for entry in entries)
    assert same(value(totals.negative_elbo), entropy(chain.data.probabilities))
    assert "; H(x0) = NLL = L" in finding.detail


def test_d3pm_of_the_truth_errs_at_once_with_the_formula() -> None:
    """Fed q(x0|x_t), equation 4 at t = 1 counts x_1 twice: Δ_1 > 0 where p̃ itself has Δ_1 = 0.

    By hand, two letters 3 : 1 and one uniform step of β = 1/2: Q keeps with 3/4, p_1 = (5/8, 3/8),
    q(x0 = 0 | x_1) = 9/10 and 1/2; R_1[j] ∝ Q[·, j]·q(x0 | x_1 = j) gives 27/28 and 1/4 to x0 = 0.
    """
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 2),), 1)
    by_hand = sum(
        (
            Fraction(weight) * log(Fraction(p) / Fraction(r))
            for weight, p, r in [
                ("9/16", "9/10", "27/28"),
                ("1/16", "1/10", "1/28"),
                ("3/16", "1/2", "1/4"),
                ("3/16", "1/2", "3/4"),
            ]
        ),
        LogForm(),
    )
    (first,), *_ = kept(chain, D3PM(Posterior(), "formula"), chain.marginal(1))
    assert same(value(first.error), by_hand)
    assert by_hand > 0


@pytest.mark.parametrize("T", [2, 3, 6])
def test_d3pm_of_the_truth_errs_on_letters(T: int) -> None:
    """Uniform noise on (1/2, 1/4, 1/8, 1/8): with the true posterior every Δ_t but the first is positive."""
    chain = Chain(Distribution.from_weights([4, 2, 1, 1]), uniform(4), (Fraction(1, 4),) * T, T)
    first, *later = (value(entry.error) for entry in kept(chain, D3PM(Posterior()), chain.marginal(T))[0])
    assert first == 0
    assert all(error > 0 for error in later)  # type: ignore[operator]


@examples(60)
@given(erasures())
def test_d3pm_is_right_about_masks(process: Process) -> None:
    """Absorbing noise with the mask outside the data: fed q(x0|x_t), equation 4 is the Bayes reverse, all Δ_t = 0."""
    chain = process.chain
    for model in (D3PM(Posterior()), D3PM(Posterior(), "formula")):
        entries, _, finding = kept(chain, model, chain.marginal(chain.T))
        assert all(same(value(entry.error), LogForm()) for entry in entries)
        assert "; H(x0) = NLL = L" in finding.detail


def test_a_masked_first_letter_errs() -> None:
    """With the mask among the data that is no longer so: three letters, one of them the mask, and Δ_2 > 0."""
    data = Distribution.from_weights([2, 1, 1])
    chain = Chain(data, RankOneKernel(Distribution.from_weights([0, 0, 1])), (Fraction(1, 3),) * 2, 2)
    assert value(kept(chain, D3PM(Posterior()), chain.marginal(2))[0][1].error) > 0  # type: ignore[operator]


@examples(40)
@given(markov())
def test_the_uniform_model_pays_for_its_ignorance(process: Process) -> None:
    """R = 1/K and π = 1/K: Δ_t = log K − H(x_{t−1}|x_t), NLL = log K whatever the data."""
    chain = process.chain
    K, T = chain.K, chain.T
    entries, totals, _ = kept(chain, Uniform(), (Fraction(1, K),) * K)
    for t, entry in enumerate(entries, 1):
        pair, now = process.law(t - 1, t), process.law(t)
        conditional = -expected_log((q, q / now[(j,)]) for (_, j), q in pair.items())
        assert same(value(entry.error), log(K) - conditional)
    assert same(value(totals.nll), log(K))
    noise = -expected_log((q, q / chain.data.probabilities[path[0]]) for path, q in process.paths.items())
    assert same(value(totals.negative_elbo), (T + 1) * log(K) - noise)


def test_the_terms_of_four_letters() -> None:
    """Uniform noise, K = 4, p_0 = (1/2, 1/4, 1/8, 1/8), three steps of the jump schedule, Bayes: worked by hand.

    The terms sum to H(x0) = 7/4 bits and the prior costs nothing.
    """
    chain = Chain(Distribution.from_weights([4, 2, 1, 1]), uniform(4), jump(3), 3)
    entries, totals, _ = kept(chain, Bayes(), chain.marginal(3))
    shown = [enclosed(entry.term).value for entry in entries]
    assert shown == ["1.06960024696829", "0.501629167387823", "0.178770585643888"]
    assert enclosed(totals.prior).value == "0"
    L = enclosed(totals.negative_elbo)
    assert (L.value, L.lower, L.upper, L.closed_form) == ("1.75", "1.75", "1.75", "7/4")


@pytest.mark.parametrize("T", [1, 3])
@pytest.mark.parametrize(
    "model", [Bayes(), Uniform(), D3PM(MarginalDenoiser()), PosteriorMixture(Posterior(Fraction(1)))]
)
def test_one_state_costs_nothing(T: int, model: ReverseModel) -> None:
    """With K = 1 every line of the ledger is an exact 0, and all three are equal."""
    chain = Chain(Distribution.from_weights([1]), uniform(1), (Fraction(1, 2),) * T, T)
    entries, totals, finding = kept(chain, model, (Fraction(1),))
    lines = [getattr(totals, name) for name in Totals.__slots__ if name != "cross_entropy" or model.prediction]
    for term in [*lines, *(entry.term for entry in entries)]:
        assert enclosed(term).value == "0"
    assert "; H(x0) = NLL = L" in finding.detail


@examples(40)
@given(st.data())
def test_data_on_one_state_pay_for_the_model_alone(data: st.DataObject) -> None:
    """Where H(x0) = 0 and Bayes knows the datum, L = KL(p_T‖π) and every denoising term is 0."""
    process = data.draw(markov())
    chain = process.chain
    point = Distribution.from_probabilities(data.draw(points(chain.K)))
    known = Process(Chain(point, chain.kernel, chain.betas, chain.T), process.laws)
    prior = data.draw(priors(known.chain))
    entries, totals, _ = kept(known.chain, Bayes(), prior)
    assert all(same(value(entry.term), LogForm()) for entry in entries)
    assert same(value(totals.negative_elbo), kl(known.chain.marginal(chain.T), prior))


def test_a_restricted_mixture_is_noted() -> None:
    """Where p̃ had to be cut down to what can reach x_t, the finding says so and at which t."""
    chain = constant_chain(["1/2", "1/2"], [[1, 0], [0, 1]], 2)
    _, _, finding = kept(chain, PosteriorMixture(MarginalDenoiser()), chain.marginal(2))
    assert "p̃ was restricted to the x0 that can reach x_t at each of 2 steps" in finding.detail
    _, _, plain = kept(chain, PosteriorMixture(Posterior()), chain.marginal(2))
    assert "restricted" not in plain.detail
