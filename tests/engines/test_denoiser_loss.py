"""The cross-entropy of a denoiser at each step: its definition in fractions, and what it is made of."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from chains import examples
from hypothesis import assume, given
from modelled import Modelled, exactly, modelled

import markovdiff as md
from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.measures.ledger import Unbounded
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import Denoiser


def predictions(chain: Chain, denoiser: Denoiser, t: int) -> list[list[Fraction] | None]:
    """p̃ at t, a row for each x_t."""
    rows = denoiser.given(chain.at(t))
    return [row and [Fraction(int(n), int(row[1])) for n in row[0]] for row in rows]


@given(modelled())
@examples(60)
def test_it_is_the_mean_of_minus_the_logarithm_of_the_prediction(drawn: Modelled) -> None:
    """C_t = −Σ q(x0, x_t) log p̃(x0|x_t); infinite where p̃ misses an x0, undefined where there is no p̃; ΣC_t."""
    denoiser, chain = drawn.model.prediction, drawn.chain
    entries, totals, _ = exactly(drawn)
    if denoiser is None:
        assert totals.cross_entropy is None
        return
    total: LogForm | None = LogForm()
    for t, entry in enumerate(entries, 1):
        guess, Q_bar = predictions(chain, denoiser, t), chain.cumulative(t)
        cells = [(p * q, guess[j], k) for k, p in enumerate(chain.marginal(0)) for j, q in enumerate(Q_bar[k]) if p * q]
        if any(row is None or not row[k] for _, row, k in cells):
            kind = "undefined" if any(row is None for _, row, _ in cells) else "inf"
            assert isinstance(entry.cost, Unbounded)
            assert entry.cost.kind == kind
            total = None
            continue
        expected = -sum((log(row[k]) * q for q, row, k in cells if row), LogForm())
        assert isinstance(entry.cost, Quantity)
        assert entry.cost.form() == expected
        assert entry.cost.is_zero() == (expected == 0)
        total = None if total is None else total + expected
    assert isinstance(totals.cross_entropy, Unbounded if total is None else Quantity)
    assert total is None or totals.cross_entropy.form() == total


@given(modelled())
@examples(30)
def test_it_is_what_remains_unknown_and_how_wrong_the_prediction_is(drawn: Modelled) -> None:
    """C_t = H(x0|x_t) + E KL(q(x0|x_t) ‖ p̃), so never less than H(x0|x_t)."""
    denoiser, chain = drawn.model.prediction, drawn.chain
    assume(denoiser is not None)
    assert denoiser is not None
    for t, entry in enumerate(exactly(drawn)[0], 1):
        if isinstance(entry.cost, Quantity):
            p_t, posterior, guess = chain.marginal(t), chain.data_posterior(t), predictions(chain, denoiser, t)
            wrong = LogForm()
            for p, true, row in zip(p_t, posterior, guess, strict=True):
                if true is not None and row is not None:
                    divergence = md.kl(true, row)
                    assert isinstance(divergence, LogForm)
                    wrong += divergence * p
            joint = [[p * q for q in line] for p, line in zip(chain.marginal(0), chain.cumulative(t), strict=True)]
            uncertain = md.entropy(chain.marginal(0)) - md.mutual_information(joint)
            assert entry.cost.form() == uncertain + wrong


def audited(file: Path) -> tuple[int, str]:
    """The audit's exit status, and what it says."""
    command = [sys.executable, "-m", "markovdiff.audit", str(file)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    return made.returncode, made.stdout + made.stderr


TEN = 1e-10
"""Float64 keeps ten digits of a cross-entropy: an error of 1e-6 beside the posterior costs it six of sixteen."""

LAST = Fraction(1, 10**14)
"""A float64 result has no bounds: each of its numbers is written to fifteen digits."""


def ends(x: Enclosed | None) -> tuple[Fraction, Fraction]:
    """The bounds of a number, or what its last digit leaves open."""
    assert x is not None
    if x.lower is not None:
        return from_decimal(x.lower), from_decimal(str(x.upper))
    value = from_decimal(x.value)
    return value - abs(value) * LAST, value + abs(value) * LAST


def meet(whole: Enclosed | None, parts: Sequence[tuple[int | Fraction, Enclosed | None]]) -> bool:
    """Whether a number may be the weighted sum, as far as the bounds of all tell."""
    low, high = ends(whole)
    weighted = [(c, ends(x)) for c, x in parts]
    return low <= sum(c * most for c, (_, most) in weighted) and sum(c * least for c, (least, _) in weighted) <= high


@pytest.mark.parametrize(("kind", "key"), [("d3pm", "error = '1/20'"), ("posterior-mixture", "error = '1/1000000'")])
def test_in_every_arithmetic_and_confirmed_by_the_audit(kind: str, key: str, tmp_path: Path) -> None:
    """The same digits in balls, TEN in float64; and the audit recomputes what exact arithmetic says."""
    text = (
        "data = { weights = [3, 1, 4, 0] }\n"
        "noise = { steps = 9, kernel = { kind = 'uniform' }, schedule = { kind = 'jump' } }\n"
        f"reverse.model = {{ kind = '{kind}', {key} }}"
    )
    given = md.loads(text)
    exact, ball, near = (md.run(given.with_options(arithmetic=a)) for a in ("exact", "ball", "float"))
    for a, b, c in zip(exact.steps[1:], ball.steps[1:], near.steps[1:], strict=True):
        assert a.cross_entropy is not None
        assert b.cross_entropy is not None
        assert c.cross_entropy is not None
        assert a.cross_entropy.value == b.cross_entropy.value
        assert float(c.cross_entropy) == pytest.approx(float(a.cross_entropy), rel=TEN)
    file = tmp_path / "r.json"
    file.write_text(exact.to_json())
    status, said = audited(file)
    assert status == 0
    assert "cross_entropy" not in said
    forged = json.loads(file.read_text())
    forged["steps"][3]["cross_entropy"] = forged["steps"][3]["conditional_entropy"]
    file.write_text(json.dumps(forged))
    status, said = audited(file)
    assert status == 1
    assert "cross_entropy" in said


def test_the_hybrid_loss_is_the_bound_and_the_weighted_cross_entropies(tmp_path: Path) -> None:
    """L + λ·ΣC_t in every arithmetic, of one symbol and of sequences; the audit confirms it, and another weight not."""
    given = md.load("elbo-d3pm").replace({"reverse.hybrid": "1/100", "noise.steps": 4})
    for arithmetic in ("exact", "ball", "float"):
        result = md.run(given.with_options(arithmetic=arithmetic))
        elbo, costs = result.elbo, [step.cross_entropy for step in result.steps[1:]]
        assert meet(elbo.cross_entropy, [(1, cost) for cost in costs])
        assert meet(elbo.hybrid, [(1, elbo.negative_elbo), *((Fraction(1, 100), cost) for cost in costs)])
    file, record = tmp_path / "r.json", json.loads(md.run(given).to_json())
    for weight, status in (("1/100", 0), ("1/50", 1)):
        record["scenario"]["reverse"]["hybrid"] = weight
        file.write_text(json.dumps(record))
        assert audited(file)[0] == status
    pair = md.load("pair-uniform").replace({"reverse.hybrid": 1, "noise.steps": 2, "sampler": None, "checks": {}})
    elbo = md.run(pair).elbo
    assert meet(elbo.hybrid, [(1, elbo.negative_elbo), (1, elbo.cross_entropy)])


def test_a_hybrid_loss_that_is_no_number(tmp_path: Path) -> None:
    """A table that excludes an x0 at t = 1: ΣC_t and the hybrid loss are +∞ with the same witness, and audited so."""
    tables = [[[1, 0], ["1/2", "1/2"]], [["1/2", "1/2"], ["1/2", "1/2"]]]
    (tmp_path / "d.json").write_text(json.dumps({"denoiser": tables}))
    text = (
        "data = { weights = [3, 1] }\nreverse.hybrid = 2\n"
        "reverse.model = { kind = 'table', path = 'd.json', form = 'd3pm' }\n"
        "noise = { steps = 2, kernel = { kind = 'uniform' }, schedule = { kind = 'constant', beta = '1/2' } }"
    )
    result = md.run(md.loads(text, folder=tmp_path))
    assert result.steps[1].cross_entropy is not None
    assert result.steps[1].cross_entropy.witness == {"t": 1, "x0": "1", "x_t": "0"}
    assert result.elbo.hybrid is not None
    assert result.elbo.hybrid.value == "inf"
    file = tmp_path / "r.json"
    file.write_text(result.to_json())
    assert audited(file)[0] == 0


@pytest.mark.parametrize(
    ("key", "value", "words"), [("reverse.hybrid", -1, "negative"), ("reverse.model", {"kind": "bayes"}, "has none")]
)
def test_a_hybrid_loss_that_cannot_be_had(key: str, value: object, words: str) -> None:
    """A weight below 0; a model without a denoiser."""
    with pytest.raises(md.InputError, match=words):
        md.load("elbo-d3pm").replace({"reverse.hybrid": 1, key: value})


def test_a_model_without_a_denoiser_has_none() -> None:
    """The Bayes reverse predicts no x0."""
    assert all(step.cross_entropy is None for step in md.run(md.load("two-state")).steps)
