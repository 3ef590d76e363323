"""Schedules by information: reference values, the property of the written scenario, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from breadth import few
from click.testing import CliRunner

import markovdiff as md
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.cli import cli
from markovdiff.designs import schedule
from markovdiff.designs.schedule import Design, mutual_information_schedule
from markovdiff.study.scenario import Scenario

REFERENCE = ("0.92474897968574084158", "0.79475914300327928596", "0.58782468072553081961", "0")


def scenario(kernel: str, weights: str = "[3, 1]", T: int = 4) -> Scenario:
    return md.loads(
        f"data = {{ weights = {weights} }}\n"
        f"noise = {{ steps = {T}, kernel = {kernel}, schedule = {{ kind = 'jump' }} }}"
    )


def is_on_the_curve(found: Design) -> None:
    """Each certified I_t of the written scenario is as near to share·H(x0) as is said."""
    result = md.run(md.loads(found.scenario))
    assert result.passed
    assert found.deviation.upper is not None
    most = float(from_decimal(found.deviation.upper)) * (1 + 1e-9) + 1e-14
    H = float(result.steps[0].entropy)
    for step, share in zip(result.steps[1:], found.shares, strict=True):
        assert abs(float(step.mutual_information) - float(share) * H) <= most


def test_two_state_reference() -> None:
    """Data ¾, ¼, uniform kernel, T = 4: the reference's twenty digits."""
    found = mutual_information_schedule(scenario("{ kind = 'uniform' }"))
    assert tuple(alpha.value for alpha in found.alphas) == REFERENCE
    assert found.betas[-1] == 1
    is_on_the_curve(found)


@pytest.mark.parametrize(
    ("kernel", "weights"),
    [
        ("{ kind = 'uniform' }", "[5, 3, 1, 1]"),
        ("{ kind = 'mixing', target = ['1/2', '1/4', '1/4', 0] }", "[5, 3, 1, 1]"),
        ("{ kind = 'mixing', target = 'data' }", "[5, 3, 1, 0]"),
        ("{ kind = 'absorbing', mask = '1' }", "[5, 3, 1, 1]"),
    ],
)
def test_the_written_chain_is_on_the_curve(kernel: str, weights: str) -> None:
    """With zeros, masks among the data, and targets apart from uniform."""
    found = mutual_information_schedule(scenario(kernel, weights), 7)
    is_on_the_curve(found)


def test_a_mask_apart_is_the_jump_schedule() -> None:
    """I_t = ᾱ_t·H(x0), so β_t = 1/(T−t+1), with no rounding at all."""
    found = mutual_information_schedule(scenario("{ kind = 'absorbing' }", T=5))
    assert found.betas == tuple(Fraction(1, 5 - t) for t in range(5))
    assert found.deviation.value == "0"
    is_on_the_curve(found)


def test_a_curve() -> None:
    """Any falling curve of shares, with steps at which nothing is lost."""
    found = mutual_information_schedule(scenario("{ kind = 'uniform' }"), curve=["1", "9/10", "9/10", "1/100"])
    assert found.betas[0] == 0
    assert found.betas[2] == 0
    is_on_the_curve(found)


def test_refusals() -> None:
    """A kernel that ᾱ does not tell, data without information, a curve that rises."""
    with pytest.raises(md.InputError, match="alone tells"):
        mutual_information_schedule(md.load("neighbours"))
    with pytest.raises(md.InputError, match="no information"):
        mutual_information_schedule(scenario("{ kind = 'uniform' }", "[1, 0]"))
    with pytest.raises(md.InputError, match="cannot rise"):
        mutual_information_schedule(scenario("{ kind = 'uniform' }"), curve=["1/2", "3/4"])


@pytest.mark.slow
@few("steps", [200, 1000])
def test_letters_take_few_looks_a_step(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """K = 27 or so: each search begins at the ᾱ of the step before and takes few values of I; halving takes many."""
    looks, at = Counter[str](), schedule._Curve.at
    monkeypatch.setattr(schedule._Curve, "at", lambda curve, alpha: (looks.update(["at"]), at(curve, alpha))[1])
    found = mutual_information_schedule(md.load("letters-uniform"), steps)
    assert len(found.betas) == steps
    assert looks["at"] <= 16 * steps


def test_command(tmp_path: Path) -> None:
    """The file holds a scenario that verifies; JSON has the object's names; errors have a remedy."""
    run, file = CliRunner().invoke, tmp_path / "designed.toml"
    made = run(cli, ["design", "two-state", "--for", "mutual-information", "--steps", "5", "-o", str(file)])
    assert made.exit_code == 0
    assert run(cli, ["verify", str(file)]).exit_code == 0
    found = json.loads(
        run(cli, ["design", "two-state", "--for", "mutual-information", "--steps", "2", "--json"]).output
    )
    assert len(found["betas"]) == 2
    wrong = run(cli, ["design", "two-state", "--for", "mutual-information", "--steps", "2", "--curve", "1,0"])
    assert wrong.exit_code != 0
