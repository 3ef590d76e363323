"""Per-position models and what they draw, against the enumeration of all paths, number by number and exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from random import Random

import pytest
import sequence_paths as paths
from sequence_paths import Sampler, Sequences, jump

from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.measures.ledger import Unbounded
from markovdiff.process import kernels
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.law import SequenceLaw
from markovdiff.sequences.position_models import (
    LeaveOneOut,
    PositionD3PM,
    PositionMarginal,
    PositionMixture,
    PositionPosterior,
)
from markovdiff.study.sequence_data import one_symbol

ERROR = Fraction(1, 7)
DENOISERS = {
    "posterior": PositionPosterior(),
    "leave_one_out": LeaveOneOut(),
    "data": PositionMarginal(),
    "error": PositionPosterior(ERROR),
}
MODELS = {
    ("posterior-mixture", "formula"): PositionMixture,
    ("d3pm", "formula"): lambda denoiser: PositionD3PM(denoiser, "formula"),
    ("d3pm", "prediction"): lambda denoiser: PositionD3PM(denoiser, "prediction"),
}


def chain_of(law, kernel, betas, T):
    """The product's chain; `kernel` is one of its kernels, on as many symbols as it has."""
    sequences = SequenceLaw.from_indices(law, "abc"[: kernel.K])
    return SequenceChain(sequences, Chain(one_symbol(sequences), kernel, betas, T))


def by_the_product(chain, form, denoiser, times):
    return PositionReverse(chain, MODELS[form](DENOISERS[denoiser])).sampler(times, JointPrior(chain, None))


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


def random_chain(random):
    K, L = random.choice([(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)])
    T = random.randint(1, 2)
    kind = random.choice(["added mask", "ordinary mask", "uniform", "mixing", "per-step", "neighbour"])
    betas = tuple(Fraction(random.randint(1, 4), 4) for _ in range(T))
    ordinary = range(K - 1) if kind == "added mask" and K > 1 else range(K)
    support = [x for x in product(ordinary, repeat=L) if random.random() < 0.7] or [(0,) * L]
    law = {x: random.randint(1, 5) for x in support}
    if kind == "ordinary mask":
        law[(K - 1,) * L] = 1
    if "mask" in kind:
        return chain_of(law, kernels.absorbing(K, K - 1), betas, T)
    if kind == "uniform":
        return chain_of(law, kernels.uniform(K), betas, T)
    if kind == "neighbour":
        return chain_of(law, kernels.neighbour(K, 1, "reflect"), betas, T)
    if kind == "mixing":
        target = Distribution.from_weights([random.randint(0, 2) for _ in range(K - 1)] + [1], "abc"[:K])
        return chain_of(law, kernels.RankOneKernel(target), betas, T)
    rows = [
        [paths.normalised([Fraction(random.randint(0, 2)) for _ in range(K - 1)] + [Fraction(1)]) for _ in range(K)]
        for _ in range(T)
    ]
    return chain_of(law, kernels.per_step(rows, K), (), T)


def one_random_case(seed):
    random = Random(seed)
    chain = random_chain(random)
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
    for seed in range(1000, 1600):
        one_random_case(seed)


HALF = Fraction(1, 2)
AGREE = {(0, 0): 1, (1, 1): 1}
PARITY = {x: 1 for x in product((0, 1), repeat=3) if sum(x) % 2 == 0}


def markov(stay, length):
    """A fair start, and a symbol that stays."""
    law = {}
    for x in product((0, 1), repeat=length):
        law[x] = HALF * paths.prod((stay if a == b else 1 - stay for a, b in pairwise(x)), start=Fraction(1))
    return law


def under_a_mask(law, T):
    return chain_of(law, kernels.absorbing(3, 2), tuple(jump(T)), T)


@pytest.mark.parametrize(
    ("law", "T", "excess", "kl", "tv", "outside"),
    [
        (AGREE, 2, "0.5", "0.415037499278844", Fraction(1, 4), Fraction(1, 4)),
        (PARITY, 2, "0.625", "0.540568381362703", Fraction(5, 16), Fraction(5, 16)),
        (PARITY, 3, "0.444444444444444", "0.362570079384708", Fraction(2, 9), Fraction(2, 9)),
        (markov(Fraction(3, 4), 3), 2, "0.183026125906", "0.0972441339836", Fraction(13, 80), 0),
        (markov(Fraction(9, 10), 4), 4, "0.338267750882", "0.123051883273", Fraction(135681641, 753375000), 0),
    ],
)
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


@pytest.mark.parametrize(
    ("T", "denoiser", "form", "excess", "kl"),
    [
        (4, "posterior", ("d3pm", "prediction"), "0.300617407698", "0.112541296"),
        (4, "posterior", ("d3pm", "formula"), "0.643317849", "0.247979167"),
        (4, "posterior", ("posterior-mixture", "formula"), "0.193156311328", "0.0962549042"),
        (4, "leave_one_out", ("d3pm", "prediction"), "0.803123782", "0.432167000"),
        (8, "posterior", ("d3pm", "prediction"), "0.385578889008", "0.0857319874"),
        (8, "posterior", ("d3pm", "formula"), "0.683302313", "0.236352864"),
        (8, "leave_one_out", ("d3pm", "formula"), "0.0996462592312", "0.0280591190"),
        (8, "leave_one_out", ("d3pm", "prediction"), "0.843567296", "0.289239562"),
        (16, "posterior", ("d3pm", "prediction"), "0.502585866047", "0.105232578"),
        (16, "posterior", ("d3pm", "formula"), "0.717198394", "0.233874928"),
        (16, "posterior", ("posterior-mixture", "formula"), "0.0502899842246", "0.00724825357"),
        (16, "leave_one_out", ("d3pm", "prediction"), "0.860877927", "0.195356792"),
    ],
)
def test_reference_values_under_uniform_noise(T, denoiser, form, excess, kl):
    """Two bits that agree with probability 9/10: more steps make the bound of the plug-in worse."""
    law = {(0, 0): 9, (1, 1): 9, (0, 1): 1, (1, 0): 1}
    found = by_the_product(chain_of(law, kernels.uniform(2), tuple(jump(T)), T), form, denoiser, tuple(range(T + 1)))
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
