"""What the audit finds of samplers, by walking states: the reference values, and the engine's numbers exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import pytest
from audited_sequences import decimal, is_same, process_of
from sequence_chains import (
    AGREE,
    ALIKE,
    ERROR,
    UNDER_A_MASK,
    UNDER_UNIFORM_NOISE,
    by_the_product,
    chain_of,
    random_chain,
    under_a_mask,
)
from sequence_chains import MODELS as FORMS
from sequence_paths import jump

from markovdiff.audit.sequences.positions import PositionwiseModel
from markovdiff.audit.sequences.sampler import NoNumber, Sampler
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.measures.ledger import Unbounded
from markovdiff.process import kernels
from markovdiff.sequences.position_models import PositionTable

DENOISERS = {
    "posterior": {"denoiser": "posterior"},
    "leave_one_out": {"denoiser": "leave-one-out"},
    "data": {"denoiser": "data"},
    "error": {"denoiser": "posterior", "error": ERROR},
}
MODELS = [(form, denoiser) for form in FORMS for denoiser in DENOISERS]


def by_the_audit(chain, form, denoiser, times, prior=None):
    kind, last = form
    return Sampler(process_of(chain), PositionwiseModel(kind, last=last, **DENOISERS[denoiser]), prior, times)


def compare(chain, form, denoiser, times, prior=None):
    """All that the engine says of a sampler is what the audit finds."""
    engine, audit = (f(chain, form, denoiser, times, prior) for f in (by_the_product, by_the_audit))
    same(engine, audit, chain)


def same(engine, audit, chain):
    agrees(engine.path_excess, audit.excess, chain)
    drawn = audit.drawn
    if isinstance(drawn, NoNumber):
        agrees(engine.unbounded, drawn, chain)
        return
    agrees(engine.unbounded or engine.excess, drawn.kl, chain)
    assert engine.law.total_variation.exact == drawn.total_variation
    assert engine.law.outside_support.exact == drawn.outside_support
    assert [(x, share.exact) for x, share in engine.law.false(10)] == drawn.likeliest_false
    assert sum(drawn.inside.values(), drawn.outside_support) == 1


def agrees(said, found, chain):
    """Whether a number of the engine is the audit's; of what is no number, whether its witness is among the audit's."""
    if isinstance(said, Unbounded):
        assert isinstance(found, NoNumber)
        assert found.kind == said.kind
        assert said.witness in found.labelled(chain.law.symbols)
    else:
        assert is_same(said.form(), found)
        assert said.is_zero() == found.is_zero()


@pytest.mark.parametrize("seed", range(80))
def test_the_engine_says_the_same(seed):
    """Random laws with zeros; every kernel, an ordinary label as mask too; every model; priors that miss a symbol."""
    random = Random(seed)
    chain = random_chain(random)
    times = (0, chain.T) if random.random() < 0.3 else tuple(range(chain.T + 1))
    form, denoiser = random.choice(MODELS)
    weights = [random.randint(0, 2) for _ in range(chain.K)]
    prior = None
    if random.random() < 0.4 and any(weights):
        prior = [Fraction(w, sum(weights)) for w in weights]
    compare(chain, form, denoiser, times, prior)


def brought(random, chain):
    """A table of p̃ by position, with zeros, that says nothing about some x_t."""

    def law():
        return (*(random.randint(0, 2) for _ in range(chain.K - 1)), 1)

    return tuple(
        tuple(
            None if random.random() < 0.1 else tuple(law() for _ in range(chain.length))
            for _ in range(chain.K**chain.length)
        )
        for _ in range(chain.T)
    )


@pytest.mark.parametrize("seed", range(40))
def test_the_engine_says_the_same_of_brought_tables(seed):
    """Where an x_t is undefined and another would cost infinitely much, both say that the excess is undefined."""
    random = Random(seed)
    chain, (kind, last) = random_chain(random), random.choice(list(FORMS))
    tables = brought(random, chain)
    model = FORMS[kind, last](PositionTable(tables))
    times = tuple(range(chain.T + 1))
    engine = PositionReverse(chain, model).sampler(times, JointPrior(chain, None))
    states = list(product(range(chain.K), repeat=chain.length))
    read = [
        {x: laws and [(list(p), sum(p)) for p in laws] for x, laws in zip(states, of, strict=True)} for of in tables
    ]
    audit = PositionwiseModel(kind, "brought", last=last, tables=read)
    same(engine, Sampler(process_of(chain), audit, None, times), chain)


@pytest.mark.parametrize(("law", "T", "excess", "kl", "tv", "outside"), UNDER_A_MASK)
def test_reference_values_under_a_mask(law, T, excess, kl, tv, outside):
    """The ideal denoiser's mixture, and d3pm, which counts nothing twice under a mask."""
    chain = under_a_mask(law, T)
    for form, denoiser in [
        (("posterior-mixture", "formula"), "posterior"),
        (("d3pm", "formula"), "posterior"),
        (("d3pm", "formula"), "leave_one_out"),
    ]:
        found = by_the_audit(chain, form, denoiser, range(T + 1))
        assert decimal(found.excess, excess)
        assert decimal(found.drawn.kl, kl)
        assert (found.drawn.total_variation, found.drawn.outside_support) == (tv, outside)


def test_a_prediction_redraws_what_leave_one_out_does_not_see():
    """½(00)+½(11) with leave-one-out and `last = "prediction"`: excess 1, KL 1, half of the mass outside."""
    found = by_the_audit(under_a_mask(AGREE, 2), ("d3pm", "prediction"), "leave_one_out", (0, 1, 2))
    assert decimal(found.excess, "1")
    assert decimal(found.drawn.kl, "1")
    assert found.drawn.outside_support == Fraction(1, 2)


@pytest.mark.parametrize(("T", "denoiser", "form", "excess", "kl"), UNDER_UNIFORM_NOISE)
def test_reference_values_under_uniform_noise(T, denoiser, form, excess, kl):
    """Two bits that agree with probability 9/10."""
    found = by_the_audit(chain_of(ALIKE, kernels.uniform(2), tuple(jump(T)), T), form, denoiser, range(T + 1))
    assert decimal(found.excess, excess)
    assert decimal(found.drawn.kl, kl)
