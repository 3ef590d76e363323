"""The derivation of the ELBO against the ledger, and each of its relations where it is strict and where it is not."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from chains import examples, informations, laws, markov, row_vector, with_a_memory
from hypothesis import assume, given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.engines.exact.ledger import Ledger
from markovdiff.learn.derivation import DerivationLine, bayes_model, derive_elbo
from markovdiff.learn.paths import Paths
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import absorbing, uniform
from markovdiff.process.reverse import ReverseTable, row_of

NAMES = ["likelihood", "marginal", "expectation", "jensen", "chain rule", "bayes", "three terms", "ledger"]
HALF = Fraction(1, 2)


def coin(T=2, beta=HALF):
    """A ¾–¼ coin under uniform noise."""
    return Chain(Distribution.from_weights([3, 1]), uniform(2), (beta,) * T, T)


def positive_laws(K):
    """A law with no zero."""
    return st.lists(st.integers(1, 6), min_size=K, max_size=K).map(lambda w: tuple(Fraction(n, sum(w)) for n in w))


@st.composite
def modelled(draw, rows=positive_laws):
    """A process, R_1 … R_T and a prior."""
    process = draw(markov(max_K=3, max_T=3))
    K, T = process.chain.K, process.chain.T
    reverse = tuple(tuple(draw(rows(K)) for _ in range(K)) for _ in range(T))
    return process, reverse, draw(rows(K))


def likelihood_by_paths(process, reverse, prior):
    """p_θ(x0) by plain enumeration of K^T paths."""
    K, T = process.chain.K, process.chain.T
    totals = [Fraction(0)] * K
    for path in product(range(K), repeat=T + 1):
        p = prior[path[-1]]
        for t in range(1, T + 1):
            p *= reverse[t - 1][path[t]][path[t - 1]]
        totals[path[0]] += p
    return totals


def elbo_by_paths(process, reverse, prior):
    """E_q log p_θ(x_{0:T}) / q(x_{1:T}|x0) over the process's own list of paths."""
    p0 = process.chain.data.probabilities
    total = md.LogForm()
    for path, w in process.paths.items():
        p = prior[path[-1]]
        for t in range(1, process.chain.T + 1):
            p *= reverse[t - 1][path[t]][path[t - 1]]
        total += w * md.log(p * p0[path[0]] / w)
    return total


@given(modelled())
@examples(80)
def test_every_line_holds(drawn):
    """Equal where it must be, lower only where Jensen, or a path that q misses, makes it lower."""
    process, reverse, prior = drawn
    d = derive_elbo(process.chain, reverse, prior)
    assert [line.name for line in d.lines] == NAMES
    assert d.holds
    assert all(line.found == "=" for line in d.lines if line.claimed == "=")
    assert ("misses" in d["expectation"].reason) == (d["expectation"].claimed == "≥")
    assert d.gap.sign() >= 0
    for before, line in zip(d.lines, d.lines[1:], strict=False):
        assert (line.found == "=") == (before.value == line.value)
        assert (line.found == ">") == (before.value > line.value)


@given(modelled())
@examples(80)
def test_both_ends_are_those_of_a_plain_enumeration(drawn):
    """The first line is Σ p_0 log p_θ(x0) and the last the path-by-path ELBO, summed here independently."""
    process, reverse, prior = drawn
    d = derive_elbo(process.chain, reverse, prior)
    m = likelihood_by_paths(process, reverse, prior)
    top = sum((a * md.log(x) for a, x in zip(process.chain.data.probabilities, m, strict=True) if a), md.LogForm())
    assert d["likelihood"].value == top
    assert d.elbo == elbo_by_paths(process, reverse, prior)
    assert d.paths == len(process.paths)


@given(modelled())
@examples(60)
def test_the_terms_are_the_ledgers(drawn):
    """Reconstruction, Σ denoising, prior, NLL and L are those that the ledger certifies, as exact forms."""
    process, reverse, prior = drawn
    d = derive_elbo(process.chain, reverse, prior)
    table = ReverseTable(tuple(tuple(row_of(row) for row in rows) for rows in reverse))
    ledger = Ledger(process.chain, table, row_vector(prior), 15)
    for now in informations(process.chain):
        ledger.observe(now)
    totals, _ = ledger.conclude()
    assert totals.reconstruction.form() == d.reconstruction
    assert totals.denoising.form() == sum(d.denoising, md.LogForm())
    assert totals.prior.form() == d.prior
    assert totals.negative_elbo.form() == -d.elbo
    assert totals.nll.form() == -d["likelihood"].value


@given(markov(max_K=3, max_T=3))
@examples(60)
def test_the_bayes_model_is_the_best(process):
    """With the Bayes reverse from p_T every line is an equality, and the ELBO is −H(x0)."""
    d = derive_elbo(process.chain, *bayes_model(process.chain))
    assert d.holds
    assert all(line.found in (None, "=") for line in d.lines)
    assert d.elbo == -md.entropy(process.chain.data.probabilities)


@given(modelled(rows=laws))
@examples(120)
def test_a_forbidden_path_is_refused_and_no_other_model(drawn):
    """InputError exactly where some path of the noise has p_θ = 0."""
    process, reverse, prior = drawn
    forbidden = False
    for path in process.paths:
        p = prior[path[-1]]
        for t in range(1, process.chain.T + 1):
            p *= reverse[t - 1][path[t]][path[t - 1]]
        forbidden = forbidden or p == 0
    if forbidden:
        with pytest.raises(md.InputError, match="probability 0 to a path"):
            derive_elbo(process.chain, reverse, prior)
    else:
        assert derive_elbo(process.chain, reverse, prior).holds


@given(modelled())
@examples(60)
def test_one_x0_at_a_time(drawn):
    """The ELBO is the average over x0 of the ELBOs of chains whose data sit on that x0."""
    process, reverse, prior = drawn
    chain = process.chain
    total = md.LogForm()
    for k, a in enumerate(chain.data.probabilities):
        if a:
            point = Distribution.from_weights([int(i == k) for i in range(chain.K)])
            total += a * derive_elbo(Chain(point, chain.kernel, chain.betas, chain.T), reverse, prior).elbo
    assert total == derive_elbo(chain, reverse, prior).elbo


def test_jensen_is_strict_for_an_ordinary_model():
    """A model that is not the Bayes reverse loses at Jensen's line and nowhere else."""
    d = derive_elbo(coin(), [[["2/3", "1/3"], ["1/3", "2/3"]]] * 2, ["1/2", "1/2"])
    assert [line.name for line in d.lines if line.found == ">"] == ["jensen"]
    assert d.gap > 0


def test_paths_that_the_noise_cannot_walk_cost_a_line():
    """Absorbing noise never unmasks; a model that can go a → mask → a loses that share before Jensen's line."""
    chain = Chain(Distribution.from_weights([3, 1, 0], ["a", "b", "M"]), absorbing(3, 2), (HALF,) * 2, 2)
    d = derive_elbo(chain, [[["1/2", "1/4", "1/4"]] * 3] * 2, ["1/3"] * 3)
    assert d["expectation"].claimed == "≥"
    assert d["expectation"].found == ">"
    assert d.holds


def test_a_line_can_fail():
    """A line that claims "=" and is lower, or is higher where it claims "≥", does not hold."""
    for claimed, found, holds in [
        ("=", "=", True),
        ("=", ">", False),
        ("≥", ">", True),
        ("≥", "=", True),
        ("≥", "<", False),
    ]:
        assert DerivationLine("", "", "", md.log(2), claimed, found).holds == holds


def test_a_row_that_is_never_needed_may_be_missing():
    """None where neither the noise nor the model ever is; refused where it is reached."""
    still = coin(T=1, beta=Fraction(0))
    point = Chain(Distribution.from_weights([1, 0]), still.kernel, still.betas, 1)
    assert derive_elbo(point, [[[1, 0], None]], [1, 0]).elbo.is_zero()
    with pytest.raises(md.InputError, match="does not say where to go"):
        derive_elbo(point, [[[1, 0], None]], ["1/2", "1/2"])


@given(with_a_memory(max_K=2, max_T=2))
@examples(10)
def test_memory_is_refused(process):
    """A process with memory has no Q_t, and this derivation is of Markov chains."""
    assume(process.chain.K == 2)
    with pytest.raises(md.InputError, match="memory"):
        derive_elbo(process.chain, [[["1/2", "1/2"]] * 2] * process.chain.T, ["1/2", "1/2"])


EVEN = [["1/2", "1/2"]] * 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: derive_elbo(coin(T=20), [EVEN] * 20, ["1/2", "1/2"]), "too many paths"),
        (lambda: derive_elbo(coin(), [EVEN], ["1/2", "1/2"]), "another size"),
        (lambda: derive_elbo(coin(), [EVEN] * 2, [1]), "another size"),
        (lambda: derive_elbo(coin(), [EVEN, 3], ["1/2", "1/2"]), "not a list"),
        (lambda: derive_elbo(coin(), [EVEN, [["1/2", "1/3"]] * 2], ["1/2", "1/2"]), "sum to one"),
        (lambda: derive_elbo(coin(), [EVEN] * 2, [0.5, 0.5]), "binary float"),
        (lambda: derive_elbo(coin(), [EVEN] * 2, [1, 0]), "log 0 is −∞"),
    ],
)
def test_bad_input_is_explained(call, words):
    """Too many paths, a wrong shape, no distribution, a float, a logarithm of zero: a sentence and a place."""
    with pytest.raises(md.InputError, match=words) as caught:
        call()
    assert caught.value.where


def test_paths_are_weighed_once():
    """Σ over paths of q is 1 for each x0 of the data, and Σ p_θ is the likelihood's row."""
    paths = Paths.of(coin(), [[["2/3", "1/3"], ["1/3", "2/3"]]] * 2, ["1/2", "1/2"])
    assert paths.summed(paths.q) == (1, 1)
    assert paths.summed(paths.p) == paths.likelihood()
    assert not paths.misses
