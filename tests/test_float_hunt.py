"""What float64 once said and was not so, and a short run of the hunt for more of it."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from breadth import few
from float_hunt import claimed, close, compared, falsehoods, hunt, main, scenario

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.result import TOTALS, Check

UNIFORM_MODEL = """
data = { probabilities = ["5/7", "2/7"] }
reverse = { prior = "marginal", model = { kind = "uniform" } }
[noise]
steps = 2
kernel = { kind = "per-step", steps_rows = [
    [["99999999999999999/100000000000000000", "1/100000000000000000"], ["1", "0"]], [["1", "0"], ["0", "1"]]] }
"""

ABSORBING = """
data = { probabilities = ["1/2", "1/4", "1/4"] }
noise = { steps = 1100, kernel = { kind = "absorbing" }, schedule = { kind = "constant", beta = "1/2" } }
reverse = { prior = "uniform" }
"""

TINY_MASS = f"""
data = {{ probabilities = ["1e-300", "0.{"9" * 300}"] }}
noise = {{ steps = 1, kernel = {{ kind = "per-step", steps_rows = [[["1/1000", "999/1000"], [0, 1]]] }} }}
"""

TINY_CONTRACTION = f"""
data = {{ probabilities = ["1/3", "2/3"] }}
[noise]
steps = 3
kernel = {{ kind = "per-step", steps_rows = [[["9/10", "1/10"], ["2/10", "8/10"]],
    [["1/2", "1/2"], ["5{"0" * 27}1/1{"0" * 29}", "4{"9" * 28}/1{"0" * 29}"]], [["9/10", "1/10"], ["2/10", "8/10"]]] }}
"""


def in_floats(text: str) -> md.Result:
    return md.run(md.loads(text).with_options(arithmetic="float"))


def test_a_uniform_model_costs_a_bit_a_state() -> None:
    """π R_2 R_1 = (½, ½) whatever the chain, so NLL = 1 bit; that R_1 deviates from Bayes by 1e17 matters not."""
    found = in_floats(UNIFORM_MODEL).elbo
    assert found.nll.value == "1"
    assert float(found.gap) == pytest.approx(1.0, rel=1e-9)
    assert float(found.model_error) == pytest.approx(float(found.nll_excess) + float(found.gap), rel=1e-9)


@pytest.mark.slow
def test_a_mask_that_takes_all_leaves_the_likelihood_undecided() -> None:
    """From t = 1027 on ᾱ_t = 2^-t is beyond float64: I is undecided, never 0, and so is NLL, exactly 1.5465… bits."""
    exact, found = md.run(md.loads(ABSORBING)), in_floats(ABSORBING)
    assert exact.elbo.nll.value == "1.54655470219574"
    assert exact.elbo.gap.value == "1.95344529780426"
    assert (found.elbo.nll.value, found.elbo.gap.value) == ("undecided", "undecided")
    assert found.elbo.nll.witness == {"t": 1100}
    assert found.elbo.negative_elbo.value == "3.5"
    gone = [step.t for step in found.steps if step.mutual_information.value == "undecided"]
    assert gone == list(range(gone[0], 1101))
    assert 990 < gone[0] < 1027
    assert not list(falsehoods(found, exact, Counter()))
    assert "always with equality" in {check.check: check.detail for check in found.checks}["sdpi"]


def test_a_mass_that_falls_below_the_floor_breaks_no_triangle() -> None:
    """p_1 = 1e-303: no probability, entropy or verdict is made of it."""
    found = in_floats(TINY_MASS)
    assert found.passed
    assert found.steps[1].marginal == (None, 1)
    assert found.steps[1].mutual_information.value == found.steps[1].entropy.value == "undecided"
    assert found.steps[1].decay == "undecided"
    assert not list(falsehoods(found, md.run(md.loads(TINY_MASS)), Counter()))


def test_a_tiny_contraction_has_its_digits() -> None:
    """Rows that differ by 1e-29 contract to 1e-29, and I_2 is 3e-59: the digits are those of exact arithmetic."""
    found, exact = in_floats(TINY_CONTRACTION), md.run(md.loads(TINY_CONTRACTION))
    assert float(found.steps[2].dobrushin or 0) == pytest.approx(1e-29, rel=1e-12)
    for name in ("sdpi_bound", "mutual_information"):
        near, true = float(getattr(found.steps[2], name)), float(getattr(exact.steps[2], name))
        assert near == pytest.approx(true, rel=1e-12, abs=0)
    assert found.passed


@few("text", [UNIFORM_MODEL, ABSORBING, TINY_MASS, TINY_CONTRACTION])
def test_no_sum_of_the_ledger_contradicts_itself(text: str) -> None:
    """L = H + ΣΔ + gap = H + (NLL − H) + (L − NLL), wherever all terms are told."""
    found = in_floats(text).elbo
    columns = [("reconstruction", "denoising", "prior"), ("data_entropy", "model_error", "prior_gap"),
               ("data_entropy", "nll_excess", "gap")]  # fmt: skip
    for names in columns:
        terms = [getattr(found, name) for name in names]
        if all(term.is_finite for term in (*terms, found.negative_elbo)):
            assert sum(map(float, terms)) == pytest.approx(float(found.negative_elbo), rel=1e-9)
    assert {name for name in TOTALS if getattr(found, name) is None} == set()


@pytest.mark.slow
def test_scenarios_at_the_corners(capsys: pytest.CaptureFixture[str]) -> None:
    """A few scenarios at the corners of float64: nothing is said that exact arithmetic refutes (seeded)."""
    assert main(40, 7) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_the_hunt_sees_what_is_wrong(tmp_path: Path) -> None:
    """A digit, a zero, an infinity, a verdict or a check that is not so is named; what is undecided is not."""
    counts = Counter[str]()
    told, tiny = Enclosed("1.5"), Enclosed("1e-400")
    assert compared(told, Enclosed("1.500000001"), counts) is None
    assert compared(told, Enclosed("1.50000001"), counts) == "said 1.5, is 1.50000001"
    assert compared(Enclosed("0"), tiny, counts) == "said 0, is 1E-400"
    assert compared(Enclosed("undecided"), tiny, counts) is None
    assert compared(Enclosed("undefined"), told, counts) == "said undefined, is 1.5"
    assert compared(told, Enclosed("inf"), counts) == "said 1.5, is inf"
    assert close(None, Fraction(1), counts) is None
    exact = md.run(md.loads(TINY_CONTRACTION))
    right = exact.checks[0]
    wrong = Check("mi-decay", "non-increasing", "violated", "fails", "float", "I(x0;x_t) rises", {"t": 1})
    assert "violated" in str(claimed(wrong, right, exact, counts))
    assert claimed(right, right, exact, counts) is None
    assert counts["undecided"] == 2
    text, table = scenario(Random("7/1"))
    assert hunt(text, table, tmp_path, counts) == []


@pytest.mark.slow
def test_an_impossible_x0_is_infinite_whatever_has_underflowed() -> None:
    """A prior on state 0, whose p_T is 1e-1500, cannot lead back to the others: NLL is +∞, L − NLL undefined."""
    text = """
data = { probabilities = ["1/2", "1/4", "1/4"] }
noise = { steps = 500, kernel = { kind = "absorbing" }, schedule = { kind = "constant", beta = "999/1000" } }
reverse = { prior = [1, 0, 0, 0] }
"""
    found, exact = in_floats(text).elbo, md.run(md.loads(text)).elbo
    for name in ("nll", "gap", "negative_elbo"):
        assert getattr(found, name).value == getattr(exact, name).value
    assert (found.nll.value, found.gap.value) == ("inf", "undefined")
