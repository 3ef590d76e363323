"""The Bayes reverse from any prior: what costs O(K) for κI + (1−κ)1μᵀ is what matrices and the walk back find."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from chains import data_laws, examples, laws, row_vector, schedules
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.enclosure import bounds
from markovdiff.engines.exact.likelihood import Likelihood
from markovdiff.measures.prior_likelihood import PriorLikelihood
from markovdiff.measures.rank_one_prior_likelihood import prior_likelihood
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import Bayes


@st.composite
def ended(draw: st.DrawFn) -> tuple[Chain, PriorLikelihood]:
    """A chain that forgets towards one law, what it ends in (on classes or on states), and a prior."""
    data = draw(data_laws(4))
    kernel = RankOneKernel(Distribution.from_probabilities(draw(laws(data.K) | st.just(data.probabilities))))
    betas = draw(st.integers(1, 3).flatmap(schedules))
    chain = Chain(data, kernel, betas, len(betas))
    prior = row_vector(draw(laws(data.K) | st.just(chain.marginal(chain.T))))
    classes = chain.classes_beside([prior.N.entries()]) if draw(st.booleans()) else None
    *_, last = chain.moments(classes)
    return chain, prior_likelihood(last, prior, chain.states)


def written_out(chain: Chain) -> Moment:
    """The end of the chain with its Q̄_T as a matrix."""
    last = chain.at(chain.T)
    return replace(last, cumulative=last.cumulative.dense)


@given(ended())
@examples(300)
def test_no_matrix_is_needed(case: tuple[Chain, PriorLikelihood]) -> None:
    """Infinite, undefined, m_0, NLL = H(x0), L = NLL and the digits of NLL − H(x0) are those of the written-out Q̄_T."""
    chain, found = case
    dense = PriorLikelihood(written_out(chain), found.prior, chain.states)
    assert found.unbounded == dense.unbounded
    if found.unbounded is not None:
        return
    assert found.likelihood.rows() == dense.likelihood.rows()
    assert found.is_tight == dense.is_tight
    assert found.is_data == dense.is_data == (dense.likelihood == chain.at(0).data)
    assert found.excess.form() == dense.excess.form()
    low, high = bounds(found.excess.ball(200))
    below, above = bounds(dense.excess.ball(400))
    assert low <= above
    assert below <= high


@given(ended())
@examples(100)
def test_equalities_are_those_of_the_walk_back(case: tuple[Chain, PriorLikelihood]) -> None:
    """With R_T, …, R_1 formed one by one: m_0, and whether the model walks forward as the noise does."""
    chain, found = case
    if found.unbounded is not None:
        return
    likelihood = Likelihood(chain, Bayes(), found.prior, 128)
    for before, now in pairwise(chain.moments()):
        likelihood.observe(Bayes().step(before, now), exact=True)
    likelihood.finish(chain.at(chain.T))
    assert likelihood.walk.m0 is not None
    assert likelihood.walk.m0.rows() == found.likelihood.rows()
    assert likelihood.walk.tight == found.is_tight


def test_a_little_left_unmasked_of_500_words() -> None:
    """An all-mask prior where ᾱ_T = 1/1000: I_T = H(x0)/1000 (erasure), L is infinite, and NLL = H(x0)."""
    T = 100
    alphas = ", ".join(f'"{Fraction(1000 * T - 999 * t, 1000 * T)}"' for t in range(1, T + 1))
    study = md.loads(
        f'data = {{ family = {{ kind = "zipf", size = 500 }} }}\nreverse = {{ prior = "mask" }}\n[noise]\nsteps = {T}\n'
        f'kernel = {{ kind = "absorbing" }}\nschedule = {{ kind = "alpha", alphas = [{alphas}] }}\n'
    )
    result = md.run(study)
    assert result.elbo.nll is not None
    assert result.elbo.negative_elbo is not None
    total = sum(Fraction(1, k) for k in range(1, 501))
    entropy = md.entropy([Fraction(1, k) / total for k in range(1, 501)])
    assert result.steps[T].mutual_information.value == "0.00685116749966059"
    low, high = (entropy * Fraction(1, 1000)).enclosure(digits=15, unit="bits")
    assert low - Fraction(1, 10**17) < Fraction("0.00685116749966059") < high + Fraction(1, 10**17)
    assert result.elbo.negative_elbo.value == "inf"
    assert result.elbo.negative_elbo.witness == {"t": T, "x0": "0", "x_t": "0"}
    assert result.elbo.nll.value == result.elbo.data_entropy.value
    assert all(check.verdict == "holds" for check in result.checks)
