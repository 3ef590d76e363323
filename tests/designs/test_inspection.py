"""`inspect`: reference values, what is refused in words, and second routes for rate, capacity and first times."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from breadth import few
from chains import examples
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.cli import cli
from markovdiff.designs.chi import chi_squared_contraction, second
from markovdiff.study.scenario import Scenario

SWINGING = '[[".1", ".85", ".05"], [".02", ".08", ".9"], [".6", ".1", ".3"]]'


def matrix(rows: str, weights: str = "[1, 1, 1]", T: int = 40, more: str = "") -> Scenario:
    return md.loads(
        f"data = {{ weights = {weights} }}\n"
        f"noise = {{ steps = {T}, kernel = {{ kind = 'matrix', rows = {rows} }}, "
        f"schedule = {{ kind = 'constant', beta = 1 }} }}\n{more}"
    )


def between(x: Enclosed | None, value: float, digits: int = 12) -> bool:
    assert x is not None
    return abs(float(x) - value) < 10.0**-digits


def test_two_state() -> None:
    """The README's chain: rate 81/100 where sdpi_bound says 9/10."""
    found = md.inspect(md.load("two-state"))
    (kernel,) = found.kernels
    assert (found.rate.modulus, found.rate.decay) == (Fraction(9, 10), Fraction(81, 100))
    assert found.rate.behaviour == "tends"
    assert kernel.eta_tv == Fraction(9, 10)
    assert kernel.eta_kl == Fraction(81, 100)
    assert kernel.interchangeable == (("a", "b"),)
    assert found.limit.law == (Fraction(1, 2), Fraction(1, 2))
    assert found.warnings == ()


def test_the_ratio_swings_for_ever() -> None:
    """A complex pair leads: from these data I_t/I_(t−1) keeps swinging between .386 and .513, and has no limit."""
    scenario = matrix(SWINGING, "[4, 3, 1]")
    found = md.inspect(scenario)
    assert found.rate.behaviour == "swings"
    assert between(found.rate.decay, 0.445)
    information = [float(s.mutual_information) for s in md.run(scenario).steps]
    ratios = [b / a for a, b in pairwise(information)][20:]
    assert 0.386 < min(ratios) < 0.39
    assert 0.51 < max(ratios) < 0.513


def test_a_symmetric_ring_is_not_said_to_swing() -> None:
    """A complex pair leads in a turning ring too, but with equal data the ratio does settle: no swing is claimed."""
    found = md.inspect(matrix('[["1/2", "1/2", 0], [0, "1/2", "1/2"], ["1/2", 0, "1/2"]]'))
    assert found.rate.behaviour == "may swing"
    assert between(found.rate.decay, 0.25)


def test_erasure_decays_by_one_power() -> None:
    """Under a mask apart I_t = ᾱ_t·H(x0): the rate is 1 − β, not its square."""
    scenario = md.load("mask-hump")
    found = md.inspect(scenario)
    assert found.rate.decay == found.rate.modulus == Fraction(7, 8)
    steps = md.run(scenario).steps
    assert abs(float(steps[9].mutual_information) / float(steps[8].mutual_information) - 0.875) < 1e-12


def test_one_matrix_two_shapes() -> None:
    """Where transient states are reached the dense route says "unknown" rather than the square."""
    found = md.inspect(matrix('[["1/2", 0, "1/2"], [0, "1/2", "1/2"], [0, 0, 1]]', "[1, 1, 0]"))
    assert found.rate.behaviour == "unknown"
    assert found.rate.decay is None
    assert found.rate.modulus == Fraction(1, 2)


def test_what_is_not_defined_is_said_in_words() -> None:
    """A period, a chain that ends, several laws, changing steps, memory: a reason, and no number."""
    ring = md.inspect(md.load("permutation"))
    assert not ring.limit.exists
    assert "period 7" in ring.limit.detail
    assert ring.mixing_time.t is None
    assert ring.rate.decay is None
    assert ring.rate.behaviour == "stays"
    ends = md.inspect(matrix('[["1/2", "1/2"], ["1/2", "1/2"]]', "[1, 2]"))
    assert ends.rate.behaviour == "ends"
    assert "t = 1" in ends.rate.detail
    several = md.inspect(matrix('[["1/2", "1/2", 0], ["1/2", "1/2", 0], [0, 0, 1]]'))
    assert several.rate.behaviour == "stays"
    assert several.limit.information is not None
    assert between(several.limit.information, 0.918295834054490, 14)
    assert "never" in several.information_time.detail
    assert any("depends on where it starts" in warning for warning in several.warnings)
    changing = md.inspect(md.load("letters-masked"))
    assert changing.rate.decay is None
    assert "steps change" in changing.limit.detail
    memory = md.inspect(md.load("memory"))
    assert memory.kernels == ()
    assert "memory" in memory.rate.detail


def test_warnings() -> None:
    """A limit that is not the prior, a leak that is called absorbing, a step that is the identity."""
    leaky = matrix('[["1/2", "1/2"], ["1/100000", "99999/100000"]]', "[1, 1]", more='reverse = { prior = "uniform" }')
    words = " ".join(md.inspect(leaky).warnings)
    assert "looks absorbing and is not" in words
    nearly = md.loads(
        'data = { weights = [1, 1] }\nnoise = { steps = 3, schedule = { kind = "constant", beta = "1/2" }, '
        'kernel = { kind = "mixing", target = ["99999/100000", "1/100000"] } }\n'
    )
    assert "state 0 looks absorbing and is not" in " ".join(md.inspect(nearly).warnings)
    assert "another law than p_t tends to" in words
    still = md.loads(
        "data = { weights = [1, 2] }\n"
        "noise = { steps = 2, kernel = { kind = 'uniform' }, schedule = { kind = 'explicit', betas = [0, '1/2'] } }"
    )
    assert any("identity" in warning for warning in md.inspect(still).warnings)
    (once,) = md.inspect(md.load("two-rooms")).warnings
    assert once == "every Q_t looked at: 2 classes are closed, so what x_t becomes depends on where it starts"


@few("name", ["two-state", "neighbours", "mask-hump", "pixels", "letters-masked"], ("two-state", "mask-hump"))
def test_first_times_are_those_of_a_run(name: str) -> None:
    """The first t with I_t ≤ ε is the run's, and the first t near the law is found by looking at every t."""
    scenario = md.load(name)
    found = md.inspect(scenario, "1/10")
    steps = md.run(scenario).steps
    below = [s.t for s in steps if float(s.mutual_information) <= 0.1]
    if below:
        assert found.information_time.t == below[0]
    chain = scenario.chain()
    law = chain.stationary()

    def distance(t: int) -> Fraction:
        return max(sum(abs(a - b) for a, b in zip(row, law, strict=True)) / 2 for row in chain.cumulative(t))

    near = next((t for t in range(min(chain.T, 24) + 1) if distance(t) <= Fraction(1, 10)), None)
    if near is not None:
        assert found.mixing_time.t == near


def test_equality_is_decided() -> None:
    """Half a bit is left at t = 1 exactly, and ε = 1/2 is met there."""
    scenario = md.loads(
        "data = { weights = [1, 1] }\n"
        "noise = { steps = 3, kernel = { kind = 'absorbing' }, schedule = { kind = 'constant', beta = '1/2' } }"
    )
    found = md.inspect(scenario, "1/2")
    assert (found.information_time.t, found.mixing_time.t) == (1, 1)


@st.composite
def channels(draw: st.DrawFn) -> str:
    K = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(st.integers(0, 3), min_size=K, max_size=K).filter(any), min_size=K, max_size=K))
    return str([[f"{n}/{sum(row)}" for n in row] for row in rows])


@given(channels())
@examples(25)
def test_capacity_is_above_every_input(rows: str) -> None:
    """No input tried carries more than the upper bound; the bounds are near."""
    K = rows.count("[") - 1
    scenario = matrix(rows, str([1] * K), 2)
    first, *_ = md.inspect(scenario).capacities
    assert first.lower is not None
    assert first.upper is not None
    low, high = float(first.lower), float(first.upper)
    assert low <= high <= low + 1e-3
    table = scenario.chain().step(1)
    for n in range(K):
        p = [Fraction(2 if i == n else 1, K + 1) for i in range(K)]
        joint = [[x * y for y in row] for x, row in zip(p, table, strict=True)]
        assert float(md.mutual_information(joint).enclosure(unit="bits")[0]) <= high


def test_chi_squared_is_no_bound() -> None:
    """p = (1/10, 9/10), rows (1,0), (1/5,4/5): η_χ² is 2/7, while I(X;Y)/H(X) is 0.438630."""
    rows = ((Fraction(1), Fraction(0)), (Fraction(1, 5), Fraction(4, 5)))
    p = (Fraction(1, 10), Fraction(9, 10))
    assert second(rows, p, 15).closed_form == "2/7"
    joint = [[x * y for y in row] for x, row in zip(p, rows, strict=True)]
    ratio = float(md.mutual_information(joint).enclosure()[0]) / float(md.entropy(p).enclosure()[0])
    assert abs(ratio - 0.438630) < 1e-6


def test_capacity_of_known_channels() -> None:
    """BSC(1/10): 1 − h(1/10) bits; the Z-channel with 1/2: log2(5/4)."""
    for rows, value in (
        ('[[".9", ".1"], [".1", ".9"]]', 0.531004406410719),
        ('[[1, 0], [".5", ".5"]]', 0.321928094887362),
    ):
        found = md.inspect(matrix(rows, "[1, 1]"), times=[1]).capacities[0]
        assert found.lower is not None
        assert abs(float(found.lower) - value) < 1e-12


def test_command() -> None:
    """Words when piped, JSON with the object's names, errors with a remedy."""
    words = CliRunner().invoke(cli, ["inspect", "two-state"])
    assert words.exit_code == 0
    assert "η_KL = 0.81 = 81/100" in words.output
    assert max(map(len, words.output.splitlines())) <= 80
    found = json.loads(
        CliRunner()
        .invoke(
            cli,
            ["inspect", "two-state", "--t", "3,5", "--json"],
        )
        .output
    )
    assert [c["t"] for c in found["capacities"]] == [3, 5]
    assert set(found) == set(vars(md.inspect(md.load("two-state"))))
    for options in (["--t", "0"], ["--t", "x"], ["--epsilon", "0"]):
        result = CliRunner().invoke(cli, ["inspect", "two-state", *options])
        assert result.exit_code != 0


def _cycle(beta: str, K: int) -> md.Scenario:
    rows = [[int(j == (i + 1) % K) for j in range(K)] for i in range(K)]
    kernel = {"kind": "matrix", "rows": rows}
    noise = {"steps": 3, "kernel": kernel, "schedule": {"kind": "constant", "beta": beta}}
    return md.scenario({"data": {"weights": [1] * K}, "noise": noise})


def test_a_cycle_is_mixed_where_one_phase_is_near_enough() -> None:
    """Every row of a cycle of K is 1 − 1/K from its law at each t: never within less, and within that at t = 0."""
    for K in (2, 3):
        far = 1 - Fraction(1, K)
        assert md.inspect(_cycle("1", K), far - Fraction(1, 100)).mixing_time.detail.startswith("never")
        assert md.inspect(_cycle("1", K), far + Fraction(1, 100)).mixing_time.t == 0


def test_no_capacity_is_below_zero() -> None:
    """One state tells nothing: the capacity is 0, and no bound says less."""
    (found,) = md.inspect(
        md.scenario({"data": {"weights": [1]}, "noise": {"steps": 1, "kernel": {"kind": "uniform"}, "schedule": BETA}})
    ).capacities
    assert found.lower == "0"


BETA = {"kind": "constant", "beta": "1/10"}


def test_a_law_is_solved_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel, the limit and the mixing time need one stationary law of one matrix."""
    from markovdiff.process import transition

    asked = []
    solve = transition.law_of_class
    monkeypatch.setattr(transition, "law_of_class", lambda *given: asked.append(given) or solve(*given))
    rows = [["1/2", "1/2"], ["1/3", "2/3"]]
    noise = {"steps": 3, "kernel": {"kind": "matrix", "rows": rows}, "schedule": {"kind": "constant", "beta": 1}}
    md.inspect(md.scenario({"data": {"weights": [1, 2]}, "noise": noise}))
    assert len(asked) == 1


def test_maximal_correlation_counts_the_numbers_it_divides_by() -> None:
    """64 rows of counts: each column is divided by its own p_1[j], minutes of work, which is refused at once."""
    draw, K = Random(2), 64
    rows = [[draw.randint(0, 1000) for _ in range(K)] for _ in range(K)]
    kernel = {"kind": "matrix", "rows": [[str(Fraction(n, sum(row))) for n in row] for row in rows]}
    noise = {"steps": 1, "kernel": kernel, "schedule": {"kind": "constant", "beta": 1}}
    with pytest.raises(md.LimitError, match="characteristic polynomial"):
        chi_squared_contraction(md.scenario({"data": {"weights": [1] * K}, "noise": noise}).chain(), 1, 15)
