"""Runs of sequences, against runs of one symbol whose states are the K^L sequences themselves.

The second route writes the product kernel out as K^L × K^L matrices, of the kind `per-step`: it shares no line with the
walk position by position, nor its decisions, which look at one symbol alone.
"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import prod

import jsonschema
import pytest
from breadth import few
from chains import examples
from flint import fmpz, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import text
from markovdiff.engines.exact.sequence_information import MOST_ATOMS, entropy_of_joint
from markovdiff.errors import InputError, LimitError, UnfinishedError
from markovdiff.reference.arrays import arrays
from markovdiff.sequences.curve import information_curve, masked_information
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
checks = {{ sdpi = "holds", entropy-growth = "non-decreasing", dpi = "holds" }}
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
            if not isinstance(found, Decimal):
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
    if value is None or isinstance(value, str | Fraction | Decimal):
        return value
    return value.value, value.lower, value.upper


@examples(60)
@given(scenarios())
def test_a_run_of_sequences_is_the_run_of_the_product_chain(source):
    """Every number, verdict and decided equality is that of the chain on all K^L sequences, in exact arithmetic."""
    compare(source, "exact")


@pytest.mark.slow
@examples(20)
@given(scenarios())
def test_in_balls_too(source):
    """Balls say the same, with rationals as decimals."""
    compare(source, "ball")


def scenario_of(data, noise='{ steps = 2, kernel = { kind = "absorbing" }, schedule = { kind = "jump" } }', more=""):
    return md.loads(f'data = {data}\nnoise = {noise}\nreverse.model = {{ kind = "bayes" }}\n{more}')


def test_two_symbols_that_agree_under_a_mask():
    """½(00)+½(11), T = 2: I(x0;x_t) is 1, 3/4, 0 bits; TC = DTC = 1, c = (1, 0), and at T all that is seen is masks."""
    result = md.run(scenario_of('{ length = 2, sequences = { "00" = 1, "11" = 1 } }'))
    assert [step.mutual_information.closed_form for step in result.steps] == ["1", "3/4", "0"]
    assert [c.closed_form for c in result.sequence.information_curve] == ["1", "0"]
    assert result.sequence.total_correlation == result.sequence.dual_total_correlation == 1
    assert result.record(distributions=True)["steps"][2]["marginal"] == [
        {"x_t": ["[MASK]", "[MASK]"], "probability": "1"}
    ]
    assert "marginal[[MASK] [MASK]]" in result.to_csv(distributions=True).splitlines()[0]


def test_under_a_mask_information_is_a_polynomial_in_what_is_kept():
    """I(x0;x_t) = Σ_j C(L,j) ᾱ^j (1−ᾱ)^(L−j) h_j, from the entropies of subsets and no joint law at all."""
    weights = ", ".join(f'"{"".join(x)}" = {n % 5}' for n, x in enumerate(product("abc", repeat=3), 1) if n % 5)
    scenario = scenario_of(
        f"{{ length = 3, sequences = {{ {weights} }} }}",
        '{ steps = 3, kernel = { kind = "absorbing" }, schedule = { kind = "constant", beta = "2/7" } }',
    )
    curve = information_curve(scenario.sequences)
    for step in md.run(scenario).steps:
        assert said(step.mutual_information) == said(masked_information(curve, step.alpha_bar).enclosed(15, "bits"))


@pytest.mark.parametrize("kernel", ["uniform", "absorbing", "neighbour", "gaussian"])
@pytest.mark.parametrize("arithmetic", ["exact", "ball"])
def test_a_sequence_of_one_symbol_is_that_symbol(kernel, arithmetic):
    """With `length = 1` every number and every finding is the one without."""
    noise = f'{{ steps = 4, kernel = {{ kind = "{kernel}" }}, schedule = {{ kind = "constant", beta = "1/4" }} }}'
    more = f'reverse.prior = "{"mask" if kernel == "absorbing" else "uniform"}"\narithmetic.kind = "{arithmetic}"'
    one = md.run(scenario_of("{ weights = [3, 1, 4, 1] }", noise, more))
    same = md.run(scenario_of("{ length = 1, weights = [3, 1, 4, 1] }", noise, more))
    assert [[said(getattr(step, name)) for name in NUMBERS] for step in same.steps] == [
        [said(getattr(step, name)) for name in NUMBERS] for step in one.steps
    ]
    assert [said(getattr(same.elbo, name)) for name in TOTALS] == [said(getattr(one.elbo, name)) for name in TOTALS]
    assert [(c.check, c.verdict) for c in same.checks] == [(c.check, c.verdict) for c in one.checks]


def test_an_equality_over_too_many_logarithms_is_undecided():
    """A number over more logarithms than may be compared exactly is refused where balls alone do not settle it."""
    weights = list(range(1, MOST_ATOMS + 2))
    entropy = entropy_of_joint(RationalMatrix(fmpz_mat([weights]), fmpz(sum(weights))))
    assert entropy.sign() == 1
    with pytest.raises(UnfinishedError):
        entropy.minus(entropy).sign()


def test_information_that_is_nearly_gone_keeps_its_digits():
    """Late in a chain I(x0;x_t) is below 1e-30, and its 15 digits are those of the product chain's centred sum."""
    source = """
data = { length = 2, sequences = { "ab" = 3, "ba" = 1, "aa" = 2 } }
reverse.model = { kind = "bayes" }
reverse.prior = "uniform"
checks.entropy-growth = "non-decreasing"
noise = { steps = 16, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "9/10" } }
"""
    compare(source, "exact")
    assert float(md.run(md.loads(source)).steps[-1].mutual_information) < 1e-30


def test_windows_of_a_text(tmp_path):
    """Windows do not run across what the alphabet leaves out; `other` stands in its place."""
    (tmp_path / "corpus.txt").write_text("abba-ab", encoding="utf-8")

    def windows(more):
        text = f'{{ length = 2, text = {{ path = "corpus.txt", {more} }} }}'
        return md.loads(
            f'data = {text}\nnoise = {{ steps = 1, kernel = {{ kind = "uniform" }}, schedule = {{ kind = "jump" }} }}\n'
            'reverse.model = { kind = "bayes" }',
            folder=tmp_path,
        ).sequences

    law = windows('alphabet = "ab"')
    assert {"".join(law.labels(x)): w for x, w in law.support} == {"ab": 2, "bb": 1, "ba": 1}
    law = windows('alphabet = "ab", other = "_"')
    assert {"".join(law.labels(x)): w for x, w in law.support} == {"ab": 2, "bb": 1, "ba": 1, "a_": 1, "_a": 1}


def test_a_markov_law_that_starts_where_it_stays():
    """Rows (9/10,1/10),(3/10,7/10): the stationary first symbol is (3/4,1/4), and so is every later one."""
    law = scenario_of(
        '{ length = 3, markov = { initial = "stationary", rows = [["9/10","1/10"],["3/10","7/10"]] } }'
    ).sequences
    assert [p.probabilities[:2] for p in law.position_marginals] == [(Fraction(3, 4), Fraction(1, 4))] * 3
    assert law.law().probability((0, 1, 1)) == Fraction(3, 4) * Fraction(1, 10) * Fraction(7, 10)


def test_the_chain_of_sequences_answers():
    """The marginal, the noise and the posterior of sequences, by labels; `chain()` is one symbol's."""
    scenario = scenario_of('{ length = 2, sequences = { "00" = 1, "11" = 1 } }')
    chain = scenario.sequence_chain()
    assert chain.marginal(1)["0", "[MASK]"] == Fraction(1, 8)
    assert chain.noise(1, ("0", "0"), ("0", "[MASK]")) == Fraction(1, 4)
    assert chain.data_posterior(1, ("0", "[MASK]")) == {("0", "0"): 1}
    assert chain.data_posterior(1, ("0", "1")) is None
    assert scenario.chain().marginal(1) == (Fraction(1, 4), Fraction(1, 4), Fraction(1, 2))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ('{ length = 2, sequences = { "ab" = 1, "a" = 1 } }', "a sequence of the wrong length"),
        ('{ length = 2, sequences = [{ tokens = ["she"], weight = 1 }] }', "a sequence of the wrong length"),
        ('{ length = 2, sequences = { "ab" = 1 }, states = ["a"] }', "an unknown symbol 'b'"),
        ('{ length = 2, sequences = { "ab" = 0 } }', "the weights are all zero"),
        ('{ length = 2, sequences = { "ab" = -1 } }', "a negative weight"),
        ('{ length = 2, sequences = {} }', "there are no sequences"),
        ('{ sequences = { "ab" = 1 } }', "data.sequences is of sequences"),
        ('{ length = 2 }', "[data] needs exactly one form"),
        ('{ length = 0, weights = [1, 1] }', "a value of the wrong type or size"),
        ('{ length = 2, markov = { initial = [1, 0], rows = [[1],[1,0]] } }', "a matrix of the wrong shape"),
        ('{ length = 2, markov = { initial = "stationary", rows = [[1,0],[0,1]] } }', "the stationary law is not"),
        ('{ length = 2, markov = { initial = [1, 0], rows = [[1,0],["1/2",1]] } }', "probabilities that do not sum"),
    ],
)  # fmt: skip
def test_what_is_no_law_of_sequences(data, what):
    """Each is refused in words, at a key of [data]."""
    with pytest.raises(InputError) as caught:
        scenario_of(data)
    assert caught.value.what.startswith(what)
    assert caught.value.where.startswith("data")
    assert caught.value.status == 2


def test_a_text_shorter_than_the_window(tmp_path):
    """What is expected, what there is, and what to do."""
    (tmp_path / "corpus.txt").write_text("ab-abc", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        md.loads(
            'data = { length = 4, text = { path = "corpus.txt", alphabet = "abc" } }\n'
            'noise = { steps = 1, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }',
            folder=tmp_path,
        )
    assert (caught.value.what, caught.value.got) == ("the text is shorter than the window", "at most 3")


@few(
    ("data", "kernel", "what"),
    [
        ("{ length = 24, weights = [1, 1] }", "absorbing", "too many different sequences"),
        ("{ length = 17, weights = [1, 1] }", "absorbing", "too many sequences with masks"),
        ("{ length = 20, weights = [1, 1] }", "uniform", "too many sequences to write out a joint law"),
    ],
)
def test_what_is_too_large_is_read_and_not_run(data, kernel, what):
    """A law too large to be walked is a law all the same, for its curve; a run of it is past a limit: status 2."""
    scenario = scenario_of(data, f'{{ steps = 2, kernel = {{ kind = "{kernel}" }}, schedule = {{ kind = "jump" }} }}')
    assert scenario.sequences.length >= 17
    with pytest.raises(LimitError) as caught:
        md.run(scenario)
    assert (caught.value.what, caught.value.where, caught.value.status) == (what, "data.length", 2)
    assert "information curve" in caught.value.remedy
    assert ("an added mask;" in caught.value.remedy) == (kernel == "uniform")


def test_what_sequences_do_not_have():
    """float64, its textbook formula and a process with memory are refused with what to do."""
    data = '{ length = 2, sequences = { "00" = 1, "11" = 1 } }'
    with pytest.raises(InputError, match="not run in float64"):
        scenario_of(data, more='arithmetic.kind = "float"')
    with pytest.raises(InputError, match="not run in float64"):
        md.run(scenario_of(data).with_options(arithmetic="float"))
    with pytest.raises(InputError, match="speaks of one symbol"):
        md.run(scenario_of(data), shadow=True)
    with pytest.raises(InputError, match="speaks of one symbol"):
        arrays(scenario_of(data))
    memory = '{ steps = 2, kernel = { kind = "conditional", rows_by_source = [[[1,0],[0,1]],[[0,1],[1,0]]] } }'
    with pytest.raises(InputError, match="a process with memory"):
        scenario_of(data, memory)
