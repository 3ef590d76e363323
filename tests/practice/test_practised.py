"""A habit's numbers and biases, against exact sums of logarithms, plain loops, and the certified run itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import ctx

import markovdiff as md
from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.audit.command import audit
from markovdiff.cli import main
from markovdiff.practice.formats import ZERO, Range
from markovdiff.practice.textbook import EXACT, Textbook, shadow
from markovdiff.study.practised import PracticeResult, Practised

Streams = pytest.CaptureFixture[str]
Inside = Callable[[Fraction], Fraction]

TEXT = """
data = { probabilities = ["7/10", "2/10", "1/10"] }
noise = { steps = 3, kernel = { kind = "uniform" }, schedule = { kind = "linear", start = "1/20", stop = "1/2" } }
reverse = { prior = "uniform", model = { kind = "d3pm" } }
"""


def bounds(q: Enclosed | None) -> tuple[Fraction, Fraction]:
    assert q is not None
    assert q.lower is not None
    assert q.upper is not None
    return Fraction(q.lower), Fraction(q.upper)


def practised(study: md.Scenario, habit: str) -> tuple[md.Result, PracticeResult, dict[str, Practised]]:
    result = md.run(study, practice=[habit])
    found = result.practice[0]
    assert found.elbo is not None
    return result, found, found.elbo


def close(found: Range | None, low: Fraction, high: Fraction, width: Fraction = Fraction(1, 10**25)) -> bool:
    """Whether two enclosures overlap, both being narrow."""
    assert found is not None
    assert isinstance(found[0], Fraction)
    assert isinstance(found[1], Fraction)
    return found[0] <= high and low <= found[1] and found[1] - found[0] < width and high - low < width


# the exact sums of logarithms with a habit in them, from the chain's own rationals


def of_habit(study: md.Scenario, inside: Inside) -> dict[str, LogForm]:
    """Every number of a small run with inside(x) in each logarithm in the place of x, as exact sums of logarithms."""
    chain, log = study.chain(), lambda x: md.log(inside(x))
    K, T, p0 = range(chain.K), chain.T, chain.data.probabilities
    made, model = {}, study.reverse_model(chain)
    assert model is not None
    pi, nu = study.prior(chain).rows()[0], list(study.prior(chain).rows()[0])
    tables = {t: model.step(chain.at(t - 1), chain.at(t)).fractions() for t in range(1, T + 1)}

    def summed(terms: list[LogForm]) -> LogForm:
        return sum(terms, LogForm())

    for t in range(T + 1):
        Q, p = chain.cumulative(t), chain.marginal(t)
        pairs = [(p0[k] * Q[k][j], p0[k] * p[j]) for k in K for j in K]
        made[f"information {t}"] = summed([(log(q) - log(r)) * q for q, r in pairs if q])
    for t in range(2, T + 1):
        terms = []
        for k in K:
            rows = chain.forward_posterior(t, k)
            for j in K:
                weight, row, R = p0[k] * chain.cumulative(t)[k][j], rows[j], tables[t][j]
                assert row is not None
                assert R is not None
                terms += [(log(w) - log(r)) * (w * weight) for w, r in zip(row, R, strict=True) if w]
        made[f"term {t}"] = summed(terms)
    first = [tables[1][j] for j in K]
    made["term 1"] = summed([log(R[k]) * -(p0[k] * chain.step(1)[k][j]) for k in K for j, R in enumerate(first) if R])
    last = chain.cumulative(T)
    made["prior"] = summed([(log(last[k][j]) - log(pi[j])) * (p0[k] * last[k][j]) for k in K for j in K])
    for t in range(T, 0, -1):
        nu = [sum((nu[j] * (tables[t][j] or [])[i] for j in K), Fraction(0)) for i in K]
    made["nll"] = summed([log(nu[k]) * -p0[k] for k in K])
    return made


@pytest.mark.parametrize(
    ("habit", "inside"),
    [
        ("eps=1/10", lambda x: x + Fraction(1, 10)),
        ("clamp=1/4", lambda x: max(x, Fraction(1, 4))),
        ("eps=1e-20", lambda x: x + Fraction(1, 10**20)),
        ("eps=1/10+clamp=1/3", lambda x: max(x + Fraction(1, 10), Fraction(1, 3))),
    ],
)
def test_an_epsilon_is_followed_exactly(habit: str, inside: Inside) -> None:
    """Value and bias of every number are the exact sums of logarithms, formed from the rationals alone."""
    study = md.loads(TEXT)
    _, found, elbo = practised(study, habit)
    by_habit, true = of_habit(study, inside), of_habit(study, lambda x: x)
    mine: dict[str, Practised] = {"prior": elbo["prior"], "nll": elbo["nll"]}
    for step in found.steps:
        mine[f"information {step.t}"] = step.mutual_information
        if step.elbo_term is not None:
            mine[f"term {step.t}"] = step.elbo_term
    assert mine.keys() == by_habit.keys()
    for name, number in mine.items():
        assert number.bias == ZERO or close(number.value, *by_habit[name].enclosure(digits=40, unit="bits"))
        bias = by_habit[name] - true[name]
        if bias == LogForm():
            assert number.bias == ZERO or close(number.bias, Fraction(0), Fraction(0))
        else:
            assert close(number.bias, *bias.enclosure(digits=30, unit="bits"))
    terms = [by_habit[f"term {t}"] for t in range(1, 4)]
    whole = sum(terms, by_habit["prior"]) - sum((true[f"term {t}"] for t in range(1, 4)), true["prior"])
    assert close(elbo["negative_elbo"].bias, *whole.enclosure(digits=30, unit="bits"))


def test_an_added_epsilon_is_followed_exactly() -> None:
    """Unnormalised, an atom's p log p + ε: I_1 of a fair coin that is forgotten, by its four equal terms."""
    study = md.loads(
        "data = { weights = [1, 1] }\n"
        'noise = { steps = 1, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }'
    )
    e = Fraction(1, 8)
    start = practised(study, "unnormalised=1/8")[1].steps[0].mutual_information
    expected = (md.log((1 + e) / (Fraction(1, 2) + e)) * (1 + e)) + md.log(e / (Fraction(1, 2) + e)) * e
    assert close(start.value, *expected.enclosure(digits=40, unit="bits"))
    divided = practised(study, "smoothed=1/8")[1].steps[0].mutual_information
    high, low = (1 + e) / (1 + 2 * e), e / (1 + 2 * e)
    expected = md.log(2 * high) * high + md.log(2 * low) * low
    assert close(divided.value, *expected.enclosure(digits=40, unit="bits"))


# habits of the sum alone


def test_a_dropped_prior_is_the_bias() -> None:
    """L is too small by exactly the prior term, and nothing else changes."""
    result, found, elbo = practised(md.loads(TEXT), "drop-prior")
    low, high = bounds(result.elbo.prior)
    assert elbo["negative_elbo"].bias == elbo["prior"].bias == (-high, -low)
    assert elbo["nll"].bias == elbo["denoising"].bias == ZERO
    assert {step.mutual_information.bias for step in found.steps} == {ZERO}


def test_a_constant_prior_is_log_k() -> None:
    """log2 3 stands in the place of the prior term."""
    result, _, elbo = practised(md.loads(TEXT), "constant-prior")
    low, high = (md.log(3)).enclosure(digits=40, unit="bits")
    prior = bounds(result.elbo.prior)
    assert close(elbo["prior"].value, low, high)
    assert close(elbo["negative_elbo"].bias, low - prior[1], high - prior[0], Fraction(1, 10**14))


def test_a_mean_over_t_is_a_third_of_three_terms() -> None:
    """Each term is less by 2/3 of itself, exactly, and L by 2/3 of all but its prior term."""
    result, found, elbo = practised(md.loads(TEXT), "mean-over-t")
    for step, mine in zip(result.steps[1:], found.steps[1:], strict=True):
        low, high = bounds(step.elbo_term)
        assert mine.elbo_term is not None
        assert mine.elbo_term.bias == (-high * 2 / 3, -low * 2 / 3)
    parts = [bounds(result.elbo.reconstruction), bounds(result.elbo.denoising)]
    assert elbo["negative_elbo"].bias == tuple(-sum(part[end] for part in parts) * 2 / 3 for end in (1, 0))


def test_an_infinite_truth_made_finite() -> None:
    """A mask prior that cannot be: with ε L is finite, and its bias is −∞; a dropped prior hides it as well."""
    for habit in ("eps=1e-6", "clamp=1e-20", "drop-prior", "fp32+clamp=1e-20"):
        result, _, elbo = practised(md.load("elbo-mask-prior"), habit)
        assert result.elbo.negative_elbo == md.INFINITY
        value = elbo["negative_elbo"].value
        assert value is not None
        assert math.isfinite(value[0])
        assert elbo["prior"].bias == elbo["negative_elbo"].bias == (-math.inf, -math.inf)
    assert elbo["negative_elbo"].record()["bias"] == {"lower": "-inf", "upper": "-inf"}
    _, _, elbo = practised(md.load("elbo-mask-prior"), "fp32")
    assert elbo["negative_elbo"].record() == {"value": "inf", "bias": None}


# number formats


def test_float64_is_the_shadow() -> None:
    """The habit fp64 gives for I the very floats of --shadow."""
    for name in ("two-state", "dense-late", "memory"):
        result = md.run(md.load(name), practice=["fp64"], shadow=True)
        values = [step.mutual_information.value for step in result.practice[0].steps]
        mine = [float(value[0]) for value in values if value is not None]
        assert mine == [step.shadow and step.shadow.value for step in result.steps]
        assert mine == list(shadow(md.load(name).chain(), "bits"))


def test_float32_by_plain_loops() -> None:
    """I, the terms, the prior term and NLL in NumPy's own float32, number by number."""
    study = md.loads(TEXT)
    chain, f = study.chain(), np.float32
    K, T, p0 = range(chain.K), chain.T, [f(float(p)) for p in chain.data.probabilities]
    model = study.reverse_model(chain)
    assert model is not None
    tables = [
        [[f(float(x)) for x in row or ()] for row in model.step(chain.at(t - 1), chain.at(t)).fractions()]
        for t in range(1, T + 1)
    ]

    def total(terms: list[np.float32]) -> np.float32:
        found = terms[0]
        for term in terms[1:]:
            found = found + term
        return found

    def log(x: np.float32) -> np.float32:
        return f(math.log2(float(x)))

    Q_bar = [[f(i == j) for j in K] for i in K]
    terms = []
    for t, beta in enumerate(chain.betas, 1):
        third = [[float(1 - beta) * (i == j) + float(beta) * (1 / 3) for j in K] for i in K]
        Q = [[f(x) for x in row] for row in third]
        before, Q_bar = Q_bar, [[total([Q_bar[i][m] * Q[m][j] for m in K]) for j in K] for i in K]
        R, parts = tables[t - 1], []
        for j in K:
            for k in K:
                if t > 1:
                    w = [before[k][i] * Q[i][j] / Q_bar[k][j] for i in K]
                    parts.append(p0[k] * Q_bar[k][j] * total([w[i] * log(w[i] / R[j][i]) for i in K]))
        if t == 1:
            terms.append(-total([p0[k] * Q_bar[k][j] * log(R[j][k]) for k in K for j in K]))
        else:
            terms.append(total(parts))
    p = [total([p0[k] * Q_bar[k][j] for k in K]) for j in K]
    information = total([p0[k] * Q_bar[k][j] * log(p0[k] * Q_bar[k][j] / (p0[k] * p[j])) for k in K for j in K])
    pi = f(1 / 3)
    prior = total([p0[k] * Q_bar[k][j] * log(Q_bar[k][j] / pi) for k in K for j in K])
    nu = [pi, pi, pi]
    for R in reversed(tables):
        nu = [total([nu[j] * R[j][i] for j in K]) for i in K]
    nll = -total([p0[k] * log(nu[k]) for k in K])

    _, found, elbo = practised(study, "fp32")

    def mine(number: Practised | None) -> float:
        assert number is not None
        assert number.value is not None
        return float(number.value[0])

    assert mine(found.steps[T].mutual_information) == float(information)
    assert [mine(step.elbo_term) for step in found.steps[1:]] == [float(x) for x in terms]
    assert mine(elbo["prior"]) == float(prior)
    assert mine(elbo["nll"]) == float(nll)
    assert mine(elbo["negative_elbo"]) == float(total(terms) + prior)


# the formulas themselves


@pytest.mark.parametrize("name", ["two-state", "elbo-d3pm", "jump-masked", "elbo-mask-prior", "permutation"])
def test_without_a_habit_the_textbook_is_right(name: str) -> None:
    """In balls, and with no recipe, the formulas enclose every certified number: a second route to the whole ledger."""
    study = md.load(name)
    chain, result = study.chain(), md.run(study)
    with ALONE, ctx.workprec(256):
        made = Textbook(chain, study.unit, EXACT).worked_out(study.reverse_model(chain), study.prior(chain))
    truths: dict[tuple[str, int], Enclosed | None] = {
        ("prior", 0): result.elbo.prior,
        ("nll", 0): result.elbo.nll,
        **{("information", step.t): step.mutual_information for step in result.steps},
        **{("term", step.t): step.elbo_term for step in result.steps[1:]},
    }
    assert truths.keys() == made.found.keys() == made.untouched
    for key, truth in truths.items():
        assert truth is not None
        if truth.value == "inf":
            assert made.found[key] == (math.inf, math.inf)
        else:
            assert close(made.found[key], *bounds(truth), Fraction(1, 10**12))


def test_a_process_with_memory_has_no_ledger() -> None:
    """Of `memory` I alone is practised."""
    found = md.run(md.load("memory"), practice=["eps=1e-3"]).practice[0]
    assert found.elbo is None
    assert {step.elbo_term for step in found.steps} == {None}
    assert all(step.mutual_information.bias not in (None, ZERO) for step in found.steps)


def test_json_is_additive_and_audited(tmp_path: Path, capsys: Streams) -> None:
    """Without --practice there is no such key; with it the rest is the same, and the audit names it as not covered."""
    file = tmp_path / "r.json"
    assert main(["run", "elbo-d3pm", "--practice", "bf16,eps=1e-6", "--quiet", "--json", str(file)]) == 0
    record = json.loads(file.read_text())
    assert [practice["habit"] for practice in record.pop("practice")] == ["bf16", "eps=1e-6"]
    assert record == json.loads(md.run(md.load("elbo-d3pm")).to_json())
    assert audit(str(file), None, None, 0) == 0
    told = capsys.readouterr().out
    assert "none wrong" in told
    assert "practice" in told.split("not covered:")[1]
