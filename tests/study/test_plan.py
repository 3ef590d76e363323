"""A scenario is resolved once: engines are given a plan, and ask the scenario nothing."""

from __future__ import annotations

import pytest

import markovdiff as md
from markovdiff.study.plan import planned
from markovdiff.study.run import _engine
from markovdiff.study.scenario import Scenario

STUDIES = {
    "uniform": 'kernel = { kind = "uniform" }',
    "neighbour": 'kernel = { kind = "neighbour" }',
}
REVERSE = {
    "bayes": "",
    "uniform prior": 'reverse = { prior = "uniform" }\n',
    "d3pm": 'reverse = { model = { kind = "d3pm", error = "1/9" } }\n',
}


def study(kernel: str, reverse: str, arithmetic: str) -> Scenario:
    """Four steps on three states."""
    text = f"data = {{ weights = [4, 2, 1] }}\n{reverse}[noise]\nsteps = 4\n{kernel}\n"
    schedule = 'schedule = { kind = "constant", beta = "1/4" }\n'
    return md.loads(text + schedule).with_options(arithmetic=arithmetic)


@pytest.mark.parametrize("arithmetic", ["exact", "ball", "float"])
@pytest.mark.parametrize("reverse", REVERSE.values(), ids=REVERSE)
@pytest.mark.parametrize("kernel", STUDIES.values(), ids=STUDIES)
def test_an_engine_asks_the_scenario_nothing(
    kernel: str, reverse: str, arithmetic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every way into the scenario shut, an engine reports from its plan what a run reports."""
    scenario = study(kernel, reverse, arithmetic)
    whole, plan = md.run(scenario), planned(scenario, scenario.chain())

    def shut(*_given: object) -> None:
        raise AssertionError("an engine asked the scenario")

    monkeypatch.setattr(Scenario, "__getattribute__", shut)
    engine = _engine(plan)
    steps = [engine.step(now) for now in engine.stream()]
    elbo, finding = engine.conclude()
    assert [step.record() for step in steps] == [step.record() for step in whole.steps]
    assert elbo == whole.elbo
    assert finding is not None
    assert finding.observed == "holds"


@pytest.mark.parametrize("arithmetic", ["exact", "ball", "float"])
def test_a_law_that_a_check_names_is_the_plans_own(arithmetic: str) -> None:
    """No engine changes what watches: the law that `h-theorem` measures against is as it was, state by state."""
    scenario = study(STUDIES["uniform"], "", arithmetic)
    (observer,) = (observer for name, observer in scenario.observers() if name == "h-theorem")
    plan = planned(scenario, scenario.chain())
    engine = _engine(plan)
    for now in engine.stream():
        observer.observe(now)
    (law,) = observer.laws
    assert law == plan.laws["h-theorem"]
    assert type(law) is type(plan.laws["h-theorem"])
    assert observer.conclude().observed == "holds"
