"""The audit's own η_KL: it confirms the engine's, by integers alone, and finds one that is not true."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import markovdiff as md
from markovdiff.audit.contraction import contradiction
from markovdiff.audit.process import matrix


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ("9/10 1/10; 1/10 9/10", "16/25"),
        ("1 0; 1/5 4/5", "4/5"),
        ("1/2 1/2 0; 0 3/10 7/10; 1/5 0 4/5", "4/5"),
        ("1/2 1/2; 1/2 1/2", "0"),
        ("1 0; 0 1", "1"),
    ],
)
def test_known_values(rows: str, value: str) -> None:
    """A true value is confirmed, also as a limit; one a little off is not."""
    step = matrix([[Fraction(x) for x in row.split()] for row in rows.split(";")])
    true, little = Fraction(value), Fraction(1, 10**30)
    assert contradiction(step, true, true) is None
    assert contradiction(step, true + little, true + little) is not None
    if true:
        assert contradiction(step, true - little, true - little) is not None


@pytest.mark.parametrize("name", ["two-state", "mask-hump", "elbo-d3pm"])
def test_a_result_with_contraction_is_confirmed(name: str) -> None:
    """Every step's η_KL stands between its bounds, never above Dobrushin's."""
    scenario = md.load(name)
    chain = scenario.chain()
    result = md.run(scenario, contraction=True)
    record = json.loads(result.to_json())
    (sdpi,) = [check for check in record["checks"] if check["check"] == "sdpi"]
    assert f"I_t ≤ η_KL(Q_t)·I_(t−1) at each of {chain.T} steps: proved" in sdpi["detail"]
    assert record["steps"][0]["contraction"] is None
    for step in record["steps"][1:]:
        found = step["contraction"]
        low, high = Fraction(found["lower"]), Fraction(found["upper"])
        assert contradiction(matrix(chain.step(step["t"])), low, high) is None
        assert low <= Fraction(step["dobrushin"])
