"""Chains of sequences: random ones of every kernel, per-position models, and those of the reference values."""

from fractions import Fraction
from itertools import pairwise, product

import sequence_paths as paths
from sequence_paths import jump

from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.process import kernels
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution, law_of
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


def by_the_product(chain, form, denoiser, times, prior=None):
    """What the product finds; `prior` is a law of a symbol, by default q(x_T)."""
    law = None if prior is None else law_of(Distribution.from_probabilities(prior, chain.law.symbols))
    return PositionReverse(chain, MODELS[form](DENOISERS[denoiser])).sampler(times, JointPrior(chain, law))


SMALL = ((2, 1), (2, 2), (2, 3), (3, 1), (3, 2))
"""Numbers of symbols and lengths of which all paths are few."""


def random_chain(random, sizes=SMALL, longest=3):
    K, L = random.choice(sizes)
    T = random.randint(1, longest)
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


def masked(weights, K):
    """One step that masks everything; K counts no mask."""
    law = SequenceLaw.from_indices(weights, [*"abc"[:K], "?"])
    return SequenceChain(law, Chain(one_symbol(law), kernels.absorbing(K + 1, K), (Fraction(1),), 1))


UNDER_A_MASK = [
    (AGREE, 2, "0.5", "0.415037499278844", Fraction(1, 4), Fraction(1, 4)),
    (PARITY, 2, "0.625", "0.540568381362703", Fraction(5, 16), Fraction(5, 16)),
    (PARITY, 3, "0.444444444444444", "0.362570079384708", Fraction(2, 9), Fraction(2, 9)),
    (markov(Fraction(3, 4), 3), 2, "0.183026125906", "0.0972441339836", Fraction(13, 80), 0),
    (markov(Fraction(9, 10), 4), 4, "0.338267750882", "0.123051883273", Fraction(135681641, 753375000), 0),
]
"""Law, T, excess, KL, TV and the mass outside, in bits, of the ideal denoiser's mixture: three routes agreed."""

PLUG_IN, FORMULA = ("d3pm", "prediction"), ("d3pm", "formula")
MIXTURE = ("posterior-mixture", "formula")

ALIKE = {(0, 0): 9, (1, 1): 9, (0, 1): 1, (1, 0): 1}
"""Two bits that agree with probability 9/10."""

UNDER_UNIFORM_NOISE = [
    (4, "posterior", PLUG_IN, "0.300617407698", "0.112541296"),
    (4, "posterior", FORMULA, "0.643317849", "0.247979167"),
    (4, "posterior", MIXTURE, "0.193156311328", "0.0962549042"),
    (4, "leave_one_out", FORMULA, "0.193156311328", "0.0962549042"),
    (4, "leave_one_out", PLUG_IN, "0.803123782", "0.432167000"),
    (8, "posterior", PLUG_IN, "0.385578889008", "0.0857319874"),
    (8, "posterior", FORMULA, "0.683302313", "0.236352864"),
    (8, "posterior", MIXTURE, "0.0996462592312", "0.0280591190"),
    (8, "leave_one_out", FORMULA, "0.0996462592312", "0.0280591190"),
    (8, "leave_one_out", PLUG_IN, "0.843567296", "0.289239562"),
    (16, "posterior", PLUG_IN, "0.502585866047", "0.105232578"),
    (16, "posterior", FORMULA, "0.717198394", "0.233874928"),
    (16, "posterior", MIXTURE, "0.0502899842246", "0.00724825357"),
    (16, "leave_one_out", FORMULA, "0.0502899842246", "0.00724825357"),
    (16, "leave_one_out", PLUG_IN, "0.860877927", "0.195356792"),
]
"""T, belief, model and its last step, excess and KL in bits of two such bits, ᾱ falling evenly; two routes agreed."""
