"""Classes, periods, absorption, reversibility, exchanges: against brute force, and against what others' tests state."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import permutations
from math import gcd, lcm

import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st
from known_chains import KNOWN, KnownChain

import markovdiff as md
from markovdiff.measures.contraction import contraction
from markovdiff.process.classes import absorbed
from markovdiff.process.distribution import Distribution, law_of
from markovdiff.process.masked import MaskedRankOne
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.stationary import stationary_laws
from markovdiff.process.transition import Dense

Rows = list[list[Fraction]]


@st.composite
def matrices(draw: st.DrawFn) -> Dense:
    """Small stochastic matrices with many zeros: periodic and reducible ones among them."""
    K = draw(st.integers(1, 5))
    rows = [draw(st.lists(st.sampled_from([0, 0, 0, 1, 2]), min_size=K, max_size=K)) for _ in range(K)]
    for i, row in enumerate(rows):
        if not any(row):
            row[draw(st.integers(0, K - 1))] = 1
        rows[i] = row
    return Dense.from_rows([[Fraction(n, sum(row)) for n in row] for row in rows], "rows")


def powers(step: Dense, n: int) -> list[list[set[int]]]:
    """For each pair of states the lengths m ≤ n of paths between them, walked one by one."""
    K = range(step.K)
    found: list[list[set[int]]] = [[set() for _ in K] for _ in K]
    for i in K:
        ends = {i}
        for m in range(n + 1):
            for j in ends:
                found[i][j].add(m)
            ends = {k for j in ends for k in K if step.support[j][k]}
    return found


@given(matrices())
@examples(150)
def test_classes_are_what_paths_say(step: Dense) -> None:
    """Two states communicate iff paths lead both ways; closed iff no path leaves; the period is a gcd of returns."""
    K = step.K
    paths = powers(step, 3 * K * K)
    classes = step.communicating_classes()
    assert sorted(i for c in classes for i in c.states) == list(range(K))
    for c in classes:
        i = c.states[0]
        assert set(c.states) == {j for j in range(K) if paths[i][j] and paths[j][i]}
        assert c.is_closed == all(not paths[i][j] or j in c.states for j in range(K))
        returns = paths[i][i] - {0}
        assert c.period == (reduce(gcd, returns) if returns else None)


@given(matrices())
@examples(100)
def test_laws_are_stationary_one_a_closed_class(step: Dense) -> None:
    """μQ = μ exactly, and μ > 0 exactly on its class."""
    closed = [c for c in step.communicating_classes() if c.is_closed]
    laws = stationary_laws(step, step.communicating_classes())
    assert len(laws) == len(closed)
    for c, law in zip(closed, laws, strict=True):
        assert step.push(law) == law
        row = law.rows()[0]
        assert sum(row) == 1
        assert {i for i, p in enumerate(row) if p} == set(c.states)


@given(matrices())
@examples(100)
def test_absorption_is_a_fixed_point(step: Dense) -> None:
    """h = Qh, h = 1 on its own closed class, and the classes' probabilities sum to 1."""
    classes = step.communicating_classes()
    ends = absorbed(step, classes)
    closed = [c for c in classes if c.is_closed]
    rows = step.rows()
    for i in range(step.K):
        assert sum(ends[i]) == 1
        for n, c in enumerate(closed):
            assert ends[i][n] == sum(rows[i][j] * ends[j][n] for j in range(step.K))
            if i in c.states:
                assert ends[i][n] == 1


@given(matrices())
@examples(100)
def test_interchangeable_states_are_automorphisms(step: Dense) -> None:
    """i and j are in one group iff trading them leaves every entry as it is."""
    rows, K = step.rows(), range(step.K)
    groups = step.interchangeable()
    for i, j in permutations(K, 2):
        trade = {i: j, j: i}
        same = all(rows[a][b] == rows[trade.get(a, a)][trade.get(b, b)] for a in K for b in K)
        assert same == any(i in g and j in g for g in groups)


@given(matrices())
@examples(100)
def test_reversible_is_detailed_balance(step: Dense) -> None:
    """μ_i Q_ij = μ_j Q_ji, entry by entry."""
    rows, K = step.rows(), range(step.K)
    for law in stationary_laws(step, step.communicating_classes()):
        mu = law.rows()[0]
        assert step.is_reversible(law) == all(mu[i] * rows[i][j] == mu[j] * rows[j][i] for i in K for j in K)


SHARES = st.sampled_from(["0", "1/3", "1"]).map(Fraction)


@st.composite
def structured(draw: st.DrawFn) -> IdentityPlusRankOne | MaskedRankOne:
    """Steps that are a few numbers: towards one law, or that mask and draw; the ends 0 and 1 among them."""
    if draw(st.booleans()):
        weights = draw(st.lists(st.integers(0, 3), min_size=1, max_size=5).filter(any))
        return IdentityPlusRankOne(draw(SHARES), Distribution.from_weights(weights))
    K = draw(st.integers(2, 5))
    return MaskedRankOne.of(K, draw(st.integers(0, K - 1)), draw(SHARES), draw(SHARES))


@given(structured())
@examples(120)
def test_a_few_numbers_are_as_good_as_the_matrix(step: IdentityPlusRankOne | MaskedRankOne) -> None:
    """A step in closed form has the classes, laws, exchanges and contraction of the same matrix written out."""
    classes = step.communicating_classes()
    assert classes == step.dense.communicating_classes()
    assert sorted(step.interchangeable()) == sorted(step.dense.interchangeable())
    assert step.is_identity == step.dense.is_identity
    assert step.is_doubly_stochastic == step.dense.is_doubly_stochastic
    assert step.widest_pair() == step.dense.widest_pair()
    few, entries = contraction(step), contraction(step.dense)
    assert (few.enclosed, few.value) == (entries.enclosed, entries.value)
    assert few.is_attained == entries.is_attained  # of pairs with one supremum, either may be named
    found = zip(stationary_laws(step, classes), stationary_laws(step.dense, classes), strict=True)
    for law, other in found:
        assert law == other
        for mu in (law, law_of(Distribution.from_weights(range(1, step.K + 1)))):
            assert step.is_reversible(mu) == step.dense.is_reversible(mu)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.source} {len(known.rows)}")
def test_what_others_state(known: KnownChain) -> None:
    """Classes, periods and laws agree with the tests of three other packages."""
    step = Dense.from_rows(known.rows, "rows")
    classes = step.communicating_classes()
    closed = [c for c in classes if c.is_closed]
    assert len(classes) == known.classes
    assert tuple(c.states for c in closed) == known.closed
    assert reduce(lcm, (c.period or 1 for c in closed)) == known.period
    if known.laws:
        assert tuple(law.rows()[0] for law in stationary_laws(step, classes)) == known.laws


def test_a_chain_says_its_classes() -> None:
    """Steps that share their classes have them in common; with other classes, a step has to be named."""
    chain = md.load("two-rooms").chain()
    assert [c.states for c in chain.classes()] == [(0, 1, 2, 3), (4, 5)]
    text = """
    data = { weights = [1, 1] }
    noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "explicit", betas = [0, "1/2"] } }
    """
    chain = md.loads(text).chain()
    assert [len(chain.classes(t)) for t in (1, 2)] == [2, 1]
    with pytest.raises(md.InputError, match=r"chain\.classes\(t\)"):
        chain.classes()
    with pytest.raises(md.InputError, match="memory"):
        md.load("memory").chain().classes()
