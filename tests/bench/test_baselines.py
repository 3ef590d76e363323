"""Every entry answers the question that is asked, as far as its arithmetic reaches."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import pytest

import markovdiff as md
from markovdiff.bench.baselines import BASELINES, _fractions
from markovdiff.bench.chains import BenchProblem, dense, triangular
from markovdiff.bench.engine import ENGINES, chain
from markovdiff.bench.entries import BenchEntry, of_float
from markovdiff.bench.plan import EVERYONE
from markovdiff.bench.verify import Enclosure, verify
from markovdiff.engines.exact.information import Information


@pytest.fixture(params=EVERYONE)
def entry(request: pytest.FixtureRequest) -> BenchEntry:
    found = EVERYONE[request.param]
    for package in found.needs:
        pytest.importorskip(package)
    return found


def by_paths(problem: BenchProblem, t: int) -> list[list[Fraction]]:
    """q(x_0, x_t), path by path."""
    states = range(problem.K)
    joint = [[Fraction(0) for _ in states] for _ in states]
    for path in product(states, repeat=t + 1):
        p = problem.p0[path[0]]
        for i, j in pairwise(path):
            p *= problem.Q[i][j]
        joint[path[0]][path[-1]] += p
    return joint


def truth(problem: BenchProblem) -> list[Enclosure]:
    """I(x0; x_t) from the paths' joint law, by the formula of entropies in exact logarithms."""
    forms = [md.mutual_information(by_paths(problem, t)) for t in range(problem.T + 1)]
    return [Enclosure(*form.enclosure(digits=30, unit="bits")) for form in forms]


@pytest.mark.parametrize("problem", [dense(2, 5), dense(3, 4), dense(3, 3, seed=7)], ids=["2", "3", "3 again"])
def test_everyone_is_right_early(entry: BenchEntry, problem: BenchProblem) -> None:
    """While I_t is far above rounding, what each answers is I(x0; x_t) of the paths, to six digits and never rising."""
    answers = [entry.exactly(x) for x in entry.answer(problem)]
    found = verify(answers, truth(problem))
    assert found.is_sound
    assert found.missing == 0
    assert found.worst is not None
    assert found.worst < Fraction(1, 10**9)


def test_nothing_is_lost_where_nothing_moves(entry: BenchEntry) -> None:
    """With Q the identity, I(x0; x_t) = H(x0) at every t; zeros in the joint law disturb nobody."""
    p0 = triangular(3)
    still = BenchProblem(p0, tuple(tuple(Fraction(int(i == j)) for j in range(3)) for i in range(3)), 3)
    H = Enclosure(*md.entropy(p0).enclosure(digits=30, unit="bits"))
    assert verify([entry.exactly(x) for x in entry.answer(still)], [H] * 4).is_right


def test_an_answer_has_a_number_for_every_t(entry: BenchEntry) -> None:
    """t = 0, …, T: T + 1 numbers."""
    assert len(entry.answer(dense(2, 3))) == 4


@pytest.mark.parametrize("t", range(4))
def test_the_joint_law_is_that_of_the_paths(t: int) -> None:
    """What the Fraction baseline carries is q(x_0, x_t), exactly."""
    problem = dense(3, 3)
    assert list(_fractions(problem))[t] == by_paths(problem, t)


def test_false_rises_are_what_brute_force_counts() -> None:
    """On a late chain whose every fall is decided strict by integers, numpy's false rises are simply its rises."""
    problem = dense(4, 48)
    before = None
    for moment in chain(problem).moments():
        now = Information(moment, before)
        assert before is None or now.decay == "strict"
        before = now.forget()
    answered = BASELINES["numpy"].answer(problem)
    found = verify([of_float(x) for x in answered], [Enclosure.of(x) for x in ENGINES["exact"].answer(problem)])
    assert found.rises == sum(b > a for a, b in pairwise(answered)) > 0
    assert found.negatives == sum(x < 0 for x in answered)
    assert found.wrong_from is not None


@pytest.mark.parametrize("name", ENGINES)
def test_the_engine_is_right_on_late_chains(name: str) -> None:
    """At I = 1e-30 and below each of the three arithmetics has six digits right, no rise and nothing negative."""
    problem = dense(4, 48)
    enclosed = [Enclosure.of(x) for x in ENGINES["exact"].answer(problem)]
    assert enclosed[-1].upper < Fraction(1, 10**30)
    engine = ENGINES[name]
    assert verify([engine.exactly(x) for x in engine.answer(problem)], enclosed).is_sound


def test_mpmath_numbers_are_taken_exactly() -> None:
    """−5/8 is −5/8, and what is no number is none."""
    mpmath = pytest.importorskip("mpmath")
    exactly = BASELINES["fraction"].exactly
    assert exactly(mpmath.mpf(-5) / 8) == Fraction(-5, 8)
    assert exactly(mpmath.nan) is exactly(mpmath.inf) is None


def test_sympy_numbers_are_taken_exactly() -> None:
    """A Float is the dyadic rational that it holds; a symbol or infinity is no number."""
    sympy = pytest.importorskip("sympy")
    exactly = BASELINES["sympy"].exactly
    assert exactly(sympy.Float("-0.625")) == Fraction(-5, 8)
    assert exactly(sympy.oo) is exactly(sympy.Symbol("x")) is None


@pytest.mark.parametrize("K", [1, 2, 17, 64])
def test_the_chains_are_dense_and_in_thousandths(K: int) -> None:
    """Every row sums to one and every entry is a positive multiple of 1/1000; the same seed draws the same chain."""
    problem = dense(K, 5)
    assert problem.cells == K * K * 6
    assert sum(problem.p0) == 1
    for row in problem.Q:
        assert len(row) == K
        assert sum(row) == 1
        assert all(x > 0 and (1000 * x).denominator == 1 for x in row)
    assert problem == dense(K, 5)
    assert K == 1 or problem != dense(K, 5, seed=2)
