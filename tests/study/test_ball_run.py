"""Whole runs in balls: ledger, checks and files against exact arithmetic."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from beside import KERNELS, MODELS, PRIORS, assert_fits_the_schema, numbers_of_the_ledger, study, verdicts
from breadth import STORIES, few

import markovdiff as md
from markovdiff.cli import main
from markovdiff.measures.checks.finding import Finding
from markovdiff.process.transition import Dense
from markovdiff.study import balls
from markovdiff.study.result import TOTALS
from markovdiff.study.shipped import shipped_scenarios


@pytest.mark.parametrize("data", ["weights = [5, 2, 1]", "weights = [5, 2, 0]"])
@pytest.mark.parametrize("prior", PRIORS)
@few("kernel", KERNELS, ("neighbour", "gaussian", "matrix"))
def test_the_ledger_meets_the_exact_one(kernel: str, prior: str, data: str) -> None:
    """Every total's enclosure meets the exact run's, infinite and undefined where that is."""
    scenario = study(KERNELS[kernel], prior, data)
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="ball")).elbo
    for name in (*TOTALS, "nll_excess"):
        a, b = getattr(exact, name), getattr(near, name)
        if a.is_finite:
            assert Fraction(b.lower) <= Fraction(a.upper), name
            assert Fraction(a.lower) <= Fraction(b.upper), name
        else:
            assert b.value == a.value, name


def test_an_undefined_likelihood_names_where() -> None:
    """A prior that reaches what the noise never does: NLL is undefined at the same (t, x_t) as exactly."""
    stays = '{ kind = "matrix", rows = [["1/2", 0, "1/2"], [0, 1, 0], ["1/3", 0, "2/3"]] }'
    scenario = study(stays, '["1/4", "1/4", "1/2"]', "weights = [5, 0, 2]")
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="ball")).elbo
    assert exact.nll.value == near.nll.value == "undefined"
    assert exact.nll.witness == near.nll.witness == {"t": 5, "x_t": "1"}


@pytest.mark.parametrize("prior", ['"marginal"', '"uniform"'])
def test_the_order_is_said_as_it_is_exactly(prior: str) -> None:
    """H(x0) = NLL = L from p_T itself, H(x0) < NLL < L from another prior."""
    scenario = study(KERNELS["matrix"], prior)
    said = [
        next(c.detail for c in md.run(scenario.with_options(arithmetic=kind)).checks if c.check == "elbo-ledger")
        for kind in ("exact", "ball")
    ]
    order = "H(x0) = NLL = L" if "marginal" in prior else "H(x0) < NLL < L"
    assert all(order in detail for detail in said)


@few("name", sorted(name for name in shipped_scenarios() if not name.startswith("elbo-")), STORIES)
def test_shipped_scenarios_come_out_as_they_do_exactly(name: str) -> None:
    """Each verdict is the exact one and says enclosure (structured chains stay exact); values and files agree."""
    scenario = md.load(name)
    if scenario.T > 64:
        scenario = md.load("two-rooms")
    exact, near = md.run(scenario), md.run(scenario.with_options(arithmetic="ball"))
    assert [(c.check, c.observed, c.verdict) for c in near.checks] == [
        (c.check, c.observed, c.verdict) for c in exact.checks
    ]
    structured = any(step.alpha_bar is not None for step in exact.steps)
    assert {check.decided for check in near.checks} <= ({"enclosure", "exact"} if structured else {"enclosure"})
    for a, b in zip(exact.steps, near.steps, strict=True):
        assert b.mutual_information.value == a.mutual_information.value
        assert b.decay == a.decay
        assert isinstance(b.total_variation_to_prior, Decimal)
        assert float(b.total_variation_to_prior) == pytest.approx(float(a.total_variation_to_prior), rel=1e-13, abs=0)
        assert [float(p) for p in b.marginal] == pytest.approx([float(p) for p in a.marginal], rel=1e-13, abs=0)
    assert_fits_the_schema(near)


@pytest.mark.parametrize("name", ["two-state", "two-rooms"])
def test_a_run_in_balls_gives_a_certificate(name: str, tmp_path: Path) -> None:
    """Its rationals stand there as the decimals that they are in the result."""
    file, other = tmp_path / "c.json", tmp_path / "r.json"
    both = ["--certificate", str(file), "--json", str(other)]
    assert main(["run", name, "--arithmetic", "ball", "--quiet", *both]) == 0
    made, result = (json.loads(path.read_text(encoding="utf-8")) for path in (file, other))
    for a, b in zip(made["steps"], result["steps"], strict=True):
        for key in ("beta", "alpha_bar", "dobrushin", "total_variation_to_prior"):
            assert a[key] == b[key]


@pytest.mark.parametrize(("K", "told"), [(2, True), (3, False)])
def test_what_balls_do_not_tell_from_zero_is_undecided(monkeypatch: pytest.MonkeyPatch, K: int, told: bool) -> None:
    """With no exact chain beside the balls: halves are balls of no width, thirds are not, and nothing is made up."""
    monkeypatch.setattr("markovdiff.study.balls.CHEAP_SECONDS", 0.0)
    scenario = md.loads(
        f'data = {{ family = {{ kind = "uniform", size = {K} }} }}\nreverse = {{ prior = "uniform" }}\n[noise]\n'
        'steps = 3\nkernel = { kind = "neighbour" }\nschedule = { kind = "constant", beta = "1/3" }\n'
    )
    result = md.run(scenario.with_options(arithmetic="ball"))
    assert result.steps[0].total_variation_to_prior == (0 if told else None)
    assert result.elbo.prior_gap is not None
    assert result.elbo.prior_gap.value == "undecided"
    assert {check.check: check.verdict for check in result.checks}["elbo-ledger"] == "undecided"
    assert_fits_the_schema(result)


def test_a_gaussian_from_the_uniform_law_is_decided_without_an_exact_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Symmetric steps keep it: TV(p_t, π) = 0 and H(x0) = NLL = L are known, where balls alone would not tell."""
    monkeypatch.setattr("markovdiff.study.balls.CHEAP_SECONDS", 0.0)
    scenario = md.loads(
        'data = { family = { kind = "uniform", size = 7 } }\nreverse = { prior = "uniform" }\n[noise]\n'
        'steps = 6\nkernel = { kind = "gaussian" }\nschedule = { kind = "linear", start = "1/10", stop = "1/2" }\n'
    )
    exact, near = (md.run(scenario.with_options(arithmetic=kind)) for kind in ("exact", "ball"))
    assert [step.total_variation_to_prior for step in near.steps] == [0] * 7
    for total in ("prior_gap", "gap", "nll_excess"):
        assert getattr(near.elbo, total).value == getattr(exact.elbo, total).value == "0"
    assert verdicts(near) == verdicts(exact)


@pytest.mark.parametrize("model", MODELS)
@few("kernel", KERNELS, ("neighbour", "gaussian", "matrix"))
def test_a_models_ledger_meets_the_exact_one(kernel: str, model: str) -> None:
    """Of any model each step's term and error and each total enclose what the exact run does."""
    scenario = study(KERNELS[kernel], '["1/2", "1/4", "1/4"]', model=model)
    exact, near = (md.run(scenario.with_options(arithmetic=kind)) for kind in ("exact", "ball"))
    for name, c, d in numbers_of_the_ledger(exact, near):
        if c.is_finite:
            assert Fraction(d.lower) <= Fraction(c.upper), name
            assert Fraction(c.lower) <= Fraction(d.upper), name
        else:
            assert (d.value, d.witness) == (c.value, c.witness), name
    assert verdicts(near) == verdicts(exact)


@pytest.mark.parametrize("name", sorted(name for name in shipped_scenarios() if name.startswith("elbo-")))
def test_shipped_ledgers_come_out_as_they_do_exactly(name: str) -> None:
    """Each line of a shipped scenario's ledger is the exact one to its digits."""
    exact, near = (md.run(md.load(name).with_options(arithmetic=kind)) for kind in ("exact", "ball"))
    for total in TOTALS:
        a, b = getattr(exact.elbo, total), getattr(near.elbo, total)
        assert (a.value, a.witness) == (b.value, b.witness), total
    for a, b in zip(exact.steps[1:], near.steps[1:], strict=True):
        assert (a.elbo_term.value, a.model_error.value) == (b.elbo_term.value, b.model_error.value)
    assert verdicts(near) == verdicts(exact)
    assert_fits_the_schema(near)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kernel", ['{ kind = "uniform" }', '{ kind = "absorbing", mask = "2" }'])
def test_a_structured_chain_takes_balls_where_a_model_is_too_dear(
    kernel: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the exact ledger of a model would cost too much, a structured chain's is enclosed like any other's."""
    text = (
        "data = { weights = [5, 2, 1] }\n"
        f"[noise]\nsteps = 5\nkernel = {kernel}\n"
        'schedule = { kind = "linear", start = "1/10", stop = "1/2" }\n'
        f"[reverse]\nmodel = {model}\n"
    )
    exact = md.run(md.loads(text))
    monkeypatch.setattr(balls, "CHEAP_WORDS", 0)
    near = md.run(md.loads(text).with_options(arithmetic="ball"))
    assert {check.decided for check in near.checks} == {"enclosure"}
    for a, b in zip(exact.steps, near.steps, strict=True):
        assert float(b.alpha_bar) == pytest.approx(float(a.alpha_bar), rel=1e-13)
        assert b.mutual_information.value == a.mutual_information.value
    for name in ("negative_elbo", "reconstruction", "nll"):
        assert getattr(near.elbo, name).value == getattr(exact.elbo, name).value, name


@pytest.mark.parametrize(
    ("kernel", "prior"),
    [
        ('{ kind = "matrix", rows = [[0, 1, 0], [0, 0, 1], [1, 0, 0]] }', '"uniform"'),
        (
            '{ kind = "matrix", rows = [["1/2", "1/2", 0], ["1/3", "2/3", 0], [0, 0, 1]] }',
            '["103/420", "149/420", "2/5"]',
        ),
    ],
)
def test_a_tight_bound_is_known_to_be(kernel: str, prior: str) -> None:
    """L = NLL where π/p_T is one number over all that an x0 can become: a permutation, or a prior on rooms."""
    text = (
        f"data = {{ weights = [5, 2, 1] }}\nreverse = {{ prior = {prior} }}\n[noise]\nsteps = 2\nkernel = {kernel}\n"
        'schedule = { kind = "constant", beta = 1 }\n'
    )
    exact, ball = (md.run(md.loads(text).with_options(arithmetic=kind)).elbo for kind in ("exact", "ball"))
    assert exact.gap.value == ball.gap.value == "0"


def test_a_run_walks_no_exact_matrices_to_ask_for_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether p_t = π, or = μ, is asked of exact vectors: no product of exact matrices where balls decide the rest."""

    def never(_self: Dense, _other: object) -> Dense:
        raise AssertionError("an exact matrix product")

    rows = '[["1/2", "1/4", "1/4"], ["1/3", "1/3", "1/3"], ["1/5", "2/5", "2/5"]]'
    text = (
        f'data = {{ weights = [5, 2, 1] }}\n[noise]\nsteps = 9\nkernel = {{ kind = "matrix", rows = {rows} }}\n'
        'schedule = { kind = "linear", start = "1/10", stop = "1/2" }\n'
        '[checks]\nentropy-growth = "non-decreasing"\nh-theorem = "holds"\n'
    )
    scenario = md.loads(text).with_options(arithmetic="ball")
    monkeypatch.setattr(balls.BallEngine, "triangle", lambda _self, _tick: Finding("holds", "enclosure", ""))
    monkeypatch.setattr(Dense, "then", never)
    assert [step.decay for step in md.run(scenario).steps[1:]] == ["strict"] * 9
