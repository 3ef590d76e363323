"""Runs of sequences, against runs of one symbol whose states are the K^L sequences themselves.

The second route writes the product kernel out as K^L × K^L matrices, of the kind `per-step`: it shares no line with the
walk position by position, nor its decisions, which look at one symbol alone.
"""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from math import prod

import jsonschema
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.rational import text
from markovdiff.study.schema import result_schema

NUMBERS = (
    "entropy",
    "conditional_entropy",
    "noise_entropy",
    "mutual_information",
    "information_loss",
    "decay",
    "sdpi_bound",
    "total_variation_to_prior",
    "elbo_term",
    "model_error",
)
TOTALS = (
    "reconstruction", "denoising", "prior", "negative_elbo", "nll", "data_entropy", "gap", "model_error", "prior_gap",
)  # fmt: skip


def row(draw, K):
    weights = draw(st.lists(st.integers(0, 4), min_size=K, max_size=K).filter(any))
    return [Fraction(n, sum(weights)) for n in weights]


def listed(rows):
    return "[" + ", ".join(f'"{text(p)}"' for p in rows) + "]"


def table(rows):
    return "[" + ", ".join(map(listed, rows)) + "]"


@st.composite
def kernels(draw, K, T):
    """A kernel's table on K symbols a, b, c, and its schedule's, or none."""
    kinds = ["uniform", "neighbour", "gaussian", "mixing", "absorbing", "masked", "matrix", "per-step"]
    kind = draw(st.sampled_from(kinds))
    if kind == "per-step":
        steps = ", ".join(table([row(draw, K) for _ in range(K)]) for _ in range(T))
        return f'kernel = {{ kind = "per-step", steps_rows = [{steps}] }}'
    keys = {
        "uniform": 'kind = "uniform"',
        "neighbour": 'kind = "neighbour"',
        "gaussian": 'kind = "gaussian", resolution = "1/8"',
        "mixing": f'kind = "mixing", target = {listed(row(draw, K))}',
        "absorbing": 'kind = "absorbing", mask = "a"',
        "masked": 'kind = "absorbing", mask = "?"',
        "matrix": f'kind = "matrix", rows = {table([row(draw, K) for _ in range(K)])}',
    }[kind]
    betas = [draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(1)])) for _ in range(T)]
    if kind == "gaussian":
        betas = [max(beta, Fraction(1, 3)) for beta in betas]
    return f'kernel = {{ {keys} }}\nschedule = {{ kind = "explicit", betas = {listed(betas)} }}'


@st.composite
def scenarios(draw):
    """TOML of a scenario of sequences, with zeros."""
    K, L, T = draw(st.integers(2, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    everything = ["".join(x) for x in product("abc"[:K], repeat=L)]
    weights = draw(st.lists(st.integers(0, 3), min_size=len(everything), max_size=len(everything)).filter(any))
    given_weights = ", ".join(f'"{x}" = {w}' for x, w in zip(everything, weights, strict=True) if w)
    noise = draw(kernels(K, T))
    prior = draw(st.sampled_from(["marginal", "uniform", "mask" if "absorbing" in noise else "marginal"]))
    if 'mask = "?"' in noise and K**L > 9:
        prior = "marginal" if prior == "uniform" else prior
    return f"""
data = {{ length = {L}, states = {json.dumps(list("abc"[:K]))}, sequences = {{ {given_weights} }} }}
reverse.prior = "{prior}"
checks.entropy-growth = "non-decreasing"
reverse.model = {{ kind = "bayes" }}
[noise]
steps = {T}
{noise}
"""


def written_out(scenario):
    """The same process with the sequences as states."""
    chain, joint, symbol = scenario.sequence_chain(), scenario.sequences, scenario.chain()
    everything = list(product(range(chain.K), repeat=chain.length))
    p0 = [joint.probability(x) for x in everything]

    def kernel(t):
        Q = symbol.step(t)
        return table([[prod(Q[a][b] for a, b in zip(x, y, strict=True)) for y in everything] for x in everything])

    prior = scenario.file.reverse.prior
    if prior != "marginal":
        pi = scenario.prior(symbol).rows()[0]
        prior = [prod(pi[k] for k in x) for x in everything]
    stacked = ", ".join(kernel(t) for t in range(1, chain.T + 1))
    names = ["".join(chain.law.labels(x)) for x in everything]
    return md.loads(f"""
data = {{ states = {json.dumps(names)}, probabilities = {listed(p0)} }}
reverse.prior = {json.dumps(prior) if isinstance(prior, str) else listed(prior)}
noise.kernel = {{ kind = "per-step", steps_rows = [{stacked}] }}
checks = {{ sdpi = "holds", entropy-growth = "non-decreasing" }}
""")


def compare(source, arithmetic):
    scenario = md.loads(source)
    other = written_out(scenario)
    mine = md.run(scenario.with_options(arithmetic=arithmetic))
    theirs = md.run(other.with_options(arithmetic="exact"))
    for a, b in zip(mine.steps, theirs.steps, strict=True):
        if arithmetic == "exact":
            assert a.dobrushin_product == b.dobrushin
            named = {"".join(x): p for x, p in zip(a.sequences, a.marginal, strict=True) if p}
            assert named == {x: p for x, p in zip(other.data.states, b.marginal, strict=True) if p}
        for name in NUMBERS:
            found, truth = getattr(a, name), getattr(b, name)
            if arithmetic == "exact" or not isinstance(truth, Fraction):
                assert said(found) == said(truth), (name, a.t)
            else:
                assert abs(Fraction(found) - truth) <= Fraction(1, 10**14)
    for name in TOTALS:
        assert said(getattr(mine.elbo, name)) == said(getattr(theirs.elbo, name)), name
    verdicts = {check.check: check.observed for check in theirs.checks}
    for check in mine.checks:
        if check.check in verdicts and check.check != "h-theorem":
            assert check.observed == verdicts[check.check], check
    order = [
        check.detail.split(";")[1]
        for result in (mine, theirs)
        for check in result.checks
        if check.check == "elbo-ledger"
    ]
    assert order[0] == order[1] or "undefined" in order[0] or "∞" in order[0]
    jsonschema.validate(json.loads(mine.to_json(distributions=True)), result_schema())


def said(value):
    """What is reported of a number: the closed form apart, which is there where it is cheap."""
    if value is None or isinstance(value, str | Fraction):
        return value
    return value.value, value.lower, value.upper


@examples(60)
@given(scenarios())
def test_a_run_of_sequences_is_the_run_of_the_product_chain(source):
    """Every number, verdict and decided equality is that of the chain on all K^L sequences, in exact arithmetic."""
    compare(source, "exact")


@examples(20)
@given(scenarios())
def test_in_balls_too(source):
    """Balls say the same, with rationals as decimals."""
    compare(source, "ball")
