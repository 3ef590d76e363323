"""Per-position models and what they draw, against the enumeration of all paths, number by number and exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
import sequence_paths as paths
from sequence_chains import (
    ALIKE,
    DENOISERS,
    ERROR,
    MODELS,
    UNDER_A_MASK,
    UNDER_UNIFORM_NOISE,
    by_the_product,
    chain_of,
    markov,
    random_chain,
    under_a_mask,
)
from sequence_paths import Sampler, Sequences, jump

import markovdiff as md
from markovdiff.engines.exact import position_likelihood
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.measures.ledger import Unbounded
from markovdiff.process import kernels


def by_paths(chain, form, denoiser, times):
    law = {x: Fraction(w, chain.law.total) for x, w in chain.law.support}
    process = Sequences(law, [[list(row) for row in chain.symbol.step(t)] for t in range(1, chain.T + 1)])
    belief = process.mixed_with_uniform(ERROR) if denoiser == "error" else getattr(process, denoiser)
    fixes = chain.mask is not None and form[1] == "formula" and denoiser != "error"
    return Sampler(process, belief, *form, times, fixes=fixes)


def compare(chain, form, denoiser, times):
    """All that is said of a sampler, by both routes."""
    found = by_the_product(chain, form, denoiser, times)
    truth = by_paths(chain, form, denoiser, times)
    law = truth.process.law
    nu, undefined = truth.drawn()
    possible = [(s, t, y) for s, t in pairwise(times) for y in truth.process.marginal(t)]
    if any(truth.rows(*where) is None for where in possible):
        assert isinstance(found.path_excess, Unbounded)
        assert found.path_excess.kind == "undefined"
        excess = None
    else:
        excess = truth.excess()
        if excess is None:
            assert found.path_excess.kind == "inf"
        else:
            assert found.path_excess.form() == excess
            assert found.path_excess.is_zero() == (excess == 0)
    if undefined is not None:
        t, y = undefined
        assert found.unbounded.kind == "undefined"
        assert found.unbounded.witness == {"t": t, "x_t": list(chain.law.labels(y))}
        return
    kl = paths.kl(law, nu)
    if kl is None:
        assert found.unbounded.kind == "inf"
    else:
        assert found.unbounded is None
        assert found.excess.form() == kl
        assert found.is_data == (kl == 0)
        if excess is not None:
            assert kl <= excess
            assert found.is_tight == (kl == excess)
    assert found.law.total_variation.exact == paths.total_variation(law, nu)
    assert found.law.outside_support.exact == paths.outside(law, nu)
    false = sorted(((p, x) for x, p in nu.items() if not law.get(x)), key=lambda pair: (-pair[0], pair[1]))
    assert [(share.exact, x) for x, share in found.law.false(10)] == false[:10]


def one_random_case(seed, *sizes):
    random = Random(seed)
    chain = random_chain(random, *sizes)
    times = (0, chain.T) if random.random() < 0.3 else tuple(range(chain.T + 1))
    form, denoiser = random.choice(list(MODELS)), random.choice(list(DENOISERS))
    compare(chain, form, denoiser, times)


@pytest.mark.parametrize("seed", range(60))
def test_all_paths_agree(seed):
    """Excess, KL, TV, what is false, what is undefined: random laws with zeros, every model on every kernel."""
    one_random_case(seed)


@pytest.mark.slow
def test_all_paths_agree_on_many():
    """The same of more."""
    for seed in range(1000, 1150):
        one_random_case(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 14))
def test_all_paths_agree_for_three_of_each(seed):
    """Three symbols at three positions, in up to three steps; a draw takes seconds, some of other seeds minutes."""
    one_random_case(seed, [(3, 3)])


@pytest.mark.parametrize(("law", "T", "excess", "kl", "tv", "outside"), UNDER_A_MASK)
def test_reference_values_under_a_mask(law, T, excess, kl, tv, outside):
    """The ideal denoiser's mixture, as three routes gave it; and d3pm, which counts nothing twice under a mask."""
    chain = under_a_mask(law, T)
    for form, denoiser in [
        (("posterior-mixture", "formula"), "posterior"),
        (("d3pm", "formula"), "posterior"),
        (("d3pm", "formula"), "leave_one_out"),
    ]:
        found = by_the_product(chain, form, denoiser, tuple(range(T + 1)))
        assert as_given(found.path_excess, excess)
        assert as_given(found.excess, kl)
        assert (found.law.total_variation.exact, found.law.outside_support.exact) == (tv, outside)


def as_given(quantity, digits):
    """Whether a number has these digits, the last of them rounded."""
    return quantity.enclosed(len(digits.lstrip("0.")), "bits").value == digits


@pytest.mark.parametrize(("T", "denoiser", "form", "excess", "kl"), UNDER_UNIFORM_NOISE)
def test_reference_values_under_uniform_noise(T, denoiser, form, excess, kl):
    """Two bits that agree with probability 9/10: more steps make the bound of the plug-in worse."""
    found = by_the_product(chain_of(ALIKE, kernels.uniform(2), tuple(jump(T)), T), form, denoiser, tuple(range(T + 1)))
    assert as_given(found.path_excess, excess)
    assert as_given(found.excess, kl)


def test_balls_say_what_fractions_say(monkeypatch):
    """Where the masses would be too long they are balls: the same digits, the same support."""
    chain = under_a_mask(markov(Fraction(9, 10), 4), 4)
    exact = by_the_product(chain, ("posterior-mixture", "formula"), "posterior", (0, 1, 2, 3, 4))
    monkeypatch.setattr("markovdiff.sequences.drawn.MOST_WRITTEN", 1)
    balls = by_the_product(chain, ("posterior-mixture", "formula"), "posterior", (0, 1, 2, 3, 4))
    assert balls.law.exact is None
    assert balls.is_data is False
    assert balls.excess.enclosed(40, "bits").value == exact.excess.enclosed(40, "bits").value
    assert (balls.law.outside_support.is_zero, balls.law.total_variation.is_zero) == (True, False)


def test_each_costly_walk_is_done_once(monkeypatch):
    """A run walks what is drawn once where that is in balls, and each step's cross-entropy once, their sum included."""
    walked = []
    monkeypatch.setattr("markovdiff.sequences.drawn.MOST_WRITTEN", 1)
    for owner, name in ((position_likelihood, "Balls"), (PositionReverse, "_cross_entropy")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name), name, walked))
    result = md.run(md.load("pronouns").replace({"sampler": {"steps": [4]}, "checks": {}}))
    assert result.sampler[0].kl.value == result.elbo.nll_excess.value
    assert sorted(walked) == ["Balls", *["_cross_entropy"] * 4]


def counted(act, name, walked):
    """The same, noting each call."""

    def call(*arguments):
        walked.append(name)
        return act(*arguments)

    return call
