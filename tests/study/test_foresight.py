"""Forecasts: quick whatever the input, never dense for a prior, and with advice that was not just tried."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from forecasts import SPREAD, measured, scenario

import markovdiff as md
from markovdiff.cli import main
from markovdiff.measures.protocol import ArithmeticName
from markovdiff.process.chain import Chain
from markovdiff.process.transition import Dense
from markovdiff.study import foresight
from markovdiff.study.foresight import admit, advice, foresee, foreseen_bits, smaller
from markovdiff.study.scenario import Scenario

KINDS: tuple[ArithmeticName, ...] = get_args(ArithmeticName)
COSINE = '{ kind = "cosine" }'
LINEAR = '{ kind = "linear", start = "1/1000", stop = "1/10" }'


def study(
    kernel: str, K: int, T: int, schedule: str = COSINE, prior: str = '"uniform"', model: str = "bayes"
) -> Scenario:
    return md.loads(
        f'data = {{ family = {{ kind = "zipf", size = {K} }} }}\n'
        f'reverse = {{ prior = {prior}, model = {{ kind = "{model}" }} }}\n'
        f'[noise]\nsteps = {T}\nkernel = {{ kind = "{kernel}" }}\nschedule = {schedule}\n'
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kernel", ["uniform", "absorbing"])
def test_no_prior_makes_a_structured_chain_dense(kernel: str, kind: ArithmeticName) -> None:
    """A prior costs a structured chain no more than a law that tells all its states apart."""
    given = str([f"{2 * k}/{501 * 500}" for k in range(1, 501)] + ["0"] * (kernel == "absorbing")).replace("'", '"')
    priors = ['"marginal"', '"uniform"', '"stationary"', given] + ['"mask"'] * (kernel == "absorbing")
    made = [foresee(s := study(kernel, 500, 300, prior=prior), s.chain(), kind) for prior in priors]
    assert max(f.seconds for f in made) <= 2 * min(f.seconds for f in made)
    assert max(f.memory for f in made) <= 2 * min(f.memory for f in made)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kernel", ["neighbour", "gaussian", "uniform"])
def test_a_forecast_walks_nothing_exactly(kernel: str, kind: ArithmeticName, monkeypatch: pytest.MonkeyPatch) -> None:
    """No exact product, no p_T, no stationary law and no reverse model is formed."""
    scenario = study(kernel, 128, 500, LINEAR, '"marginal"')

    def never(*_given: object) -> None:
        raise AssertionError("formed")

    for owner, name in ((Dense, "then"), (Dense, "push"), (Scenario, "prior"), (Scenario, "reverse_model")):
        monkeypatch.setattr(owner, name, never)
    monkeypatch.setattr(Chain, "final_marginal", property(never))
    monkeypatch.setattr(Scenario, "stationary", property(never))
    assert foresee(scenario, scenario.chain(), kind).seconds > 0


@pytest.mark.parametrize("kernel", ["neighbour", "gaussian"])
def test_bits_are_estimated_where_a_walk_is_too_long(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a third of what the walk in float64 finds."""
    chain = study(kernel, 24, 200, LINEAR).chain()
    walked = foreseen_bits(chain, 15)
    monkeypatch.setattr(foresight, "WALKED", 0.0)
    assert abs(foreseen_bits(chain, 15) - walked) <= walked / 3


@pytest.mark.parametrize("K", [1, 2, 3])
def test_small_chains_have_an_estimate_too(K: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no vector, or only one, sums to zero."""
    monkeypatch.setattr(foresight, "WALKED", 0.0)
    rows = str([[f"1/{K}"] * K] * K).replace("'", '"')
    chain = md.loads(
        f'data = {{ weights = {[1] * K} }}\n[noise]\nsteps = 9\nkernel = {{ kind = "matrix", rows = {rows} }}\n'
        'schedule = { kind = "constant", beta = "1/2" }\n'
    ).chain()
    assert foreseen_bits(chain, 15) > 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_remedy_never_names_what_was_tried(kind: ArithmeticName, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is refused, and whichever of the others fits."""
    for model, kernel, K in (("bayes", "uniform", 50), ("bayes", "neighbour", 50), ("d3pm", "uniform", 5)):
        scenario = study(kernel, K, 100, LINEAR, model=model).with_options(arithmetic=kind)
        chain = scenario.chain()
        made = foresee(scenario, chain)
        for limit in (made.seconds * 0.9, 1e-9):
            monkeypatch.setattr("markovdiff.study.forecast.MAX_SECONDS", limit)
            with pytest.raises(md.UnfinishedError) as caught:
                admit(scenario, chain)
            assert f"--arithmetic {made.arithmetic}" not in str(caught.value.remedy)
            assert f"--arithmetic {kind}" not in str(caught.value.remedy)
            assert "fewer steps" in str(caught.value.remedy)


def test_what_takes_seconds_is_named_beside_what_takes_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly minutes, in balls seconds: the forecast says so, though nothing is refused; and not the other way."""
    scenario = study("uniform", 1000, 1000)
    chain = scenario.chain()
    exact, ball = (foresee(scenario, chain, kind) for kind in ("exact", "ball"))
    assert exact.seconds > 60 > 8 * ball.seconds
    told = advice(scenario, chain, exact)
    assert told is not None
    assert "`--arithmetic ball`" in told
    assert "`--arithmetic exact`" not in told
    assert advice(scenario.with_options(arithmetic="ball"), chain, ball) is None
    assert advice(scenario, chain, replace(exact, seconds=59)) is None
    assert main(["run", "two-state", "--forecast"]) == 0
    assert "faster" not in capsys.readouterr().out


def test_the_spread_that_forecasts_are_held_against_is_one() -> None:
    """At least 60 runs of every arithmetic; a small one is measured (the command measures all)."""
    rows = [row.split() for row in SPREAD.strip().splitlines()]
    assert len(rows) >= 60
    assert {row[0] for row in rows} == set(KINDS)
    said, took, looked = measured(scenario("ball neighbour 3 2 constant uniform mixture 15"))
    assert min(said, took, looked) > 0


def test_a_constant_beta_is_not_what_a_constant_beta_is_advised_to_be() -> None:
    study = md.loads(
        'data = { family = { kind = "uniform", size = 100 } }\n'
        'noise = { steps = 100, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/3" } }\n'
    )
    assert smaller(study, study.chain()).endswith("(a rounder β)")
