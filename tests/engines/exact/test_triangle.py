"""The data-processing triangle over all pairs of times, against every triple of every path."""

from fractions import Fraction
from itertools import islice, pairwise

import pytest
from chains import constant_chain, examples, markov, matrices, processes
from hypothesis import given
from hypothesis import strategies as st

from markovdiff import mutual_information
from markovdiff.engines.exact.triangle import (
    MOST_TIMES,
    TimePair,
    _columns,
    _inner_equal,
    _later_equal,
    times_of,
    triangle,
)
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend, uniform, with_memory
from markovdiff.process.schedules import jump
from markovdiff.process.transition import Dense


def holds_on_every_triple(process):
    """I(x_s; x_u) ≤ min(I(x_s; x_t), I(x_t; x_u)) for all s ≤ t ≤ u, by exact forms."""
    times = range(process.chain.T + 1)
    pairs = {(s, u): mutual_information(process.table(s, u)) for s in times for u in times if s <= u}
    return all(
        pairs[s, u] <= pairs[s, t] and pairs[s, u] <= pairs[t, u] for s, u in pairs for t in times if s <= t <= u
    )


@given(markov(max_K=4, max_T=5))
@examples(80)
def test_the_triangle_holds_for_every_markov_chain(process):
    """I(x_s; x_u) ≤ min(I(x_s; x_t), I(x_t; x_u)): a theorem for x_s → x_t → x_u."""
    finding = triangle(process.chain)
    assert finding.observed == "holds"
    assert finding.witness is None


@given(processes(max_K=3, max_T=3))
@examples(100)
def test_neighbours_decide_for_every_triple(process):
    """Comparing neighbours in time finds a violation exactly where some triple of all of them has one."""
    finding = triangle(process.chain)
    assert finding.observed == ("holds" if holds_on_every_triple(process) else "violated")


@given(st.tuples(*[matrices(2)] * 2), st.integers(1, 9), st.integers(2, 3))
@examples(80)
def test_a_witness_is_a_triple_that_violates(by_source, w, T):
    """Where noise remembers, the s, t, u named have I(x_s; x_u) > I(x_s; x_t) or I(x_s; x_u) > I(x_t; x_u)."""
    chain = Chain(Distribution.from_weights([w, 10 - w]), with_memory(by_source, 2), (), T)
    finding = triangle(chain)
    if finding.observed == "violated":
        s, t, u = (finding.witness[key] for key in "stu")
        assert s <= t <= u
        larger, earlier, later = (_between(chain, by_source, a, b) for a, b in ((s, u), (s, t), (t, u)))
        assert larger > earlier or larger > later


def _between(chain, by_source, a, b):
    """I(x_a; x_b) by adding up x_0, x_a and x_b, one matrix power for each x_0."""
    joint = [[Fraction(0)] * 2 for _ in range(2)]
    for k, p in enumerate(chain.data.probabilities):
        first, then = _power(by_source[k], a), _power(by_source[k], b - a)
        for i in range(2):
            for j in range(2):
                joint[i][j] += p * first[k][i] * then[i][j]
    return mutual_information(joint)


def _power(M, n):
    rows = ((Fraction(1), Fraction(0)), (Fraction(0), Fraction(1)))
    for _ in range(n):
        rows = tuple(tuple(sum(row[k] * M[k][j] for k in range(2)) for j in range(2)) for row in rows)
    return rows


def test_information_from_nothing_is_found():
    """Fair after one step from either side, told apart after two: I(x_0; x_2) > I(x_0; x_1) = 0.

    Worked by hand: x_1 is a fair coin; then state 1 goes up with ¾ from heads and ½ from tails.
    """
    half = Fraction(1, 2)
    heads, tails = [[half, half], [Fraction(1, 4), Fraction(3, 4)]], [[Fraction(9, 10), Fraction(1, 10)], [half, half]]
    finding = triangle(Chain(Distribution.from_weights([1, 1]), with_memory([heads, tails], 2), (), 2))
    assert finding.observed == "violated"
    assert finding.witness == {"s": 0, "t": 1, "u": 2}


def test_one_step_makes_no_triangle():
    """T = 1: the triples (0, 0, 1) and (0, 1, 1) say I(x_0; x_1) ≤ H(x_0), H(x_1), memory or not."""
    chain = Chain(Distribution.from_weights([1, 3]), with_memory([[[Fraction(1, 2)] * 2] * 2] * 2, 2), (), 1)
    assert triangle(chain).observed == "holds"


@pytest.mark.parametrize("T", [1, 2, 63, MOST_TIMES])
def test_short_chains_are_looked_at_throughout(T):
    """Up to MOST_TIMES steps every t is compared."""
    assert times_of(T) == list(range(T + 1))


@given(st.integers(MOST_TIMES + 1, 10**6))
@examples(100)
def test_long_chains_are_looked_at_evenly(T):
    """Beyond that MOST_TIMES of them, from 0 to T, no two the same and no gap more than one wider than another."""
    times = times_of(T)
    gaps = {b - a for a, b in pairwise(times)}
    assert (times[0], times[-1], len(times)) == (0, T, MOST_TIMES)
    assert min(gaps) > 0
    assert max(gaps) - min(gaps) <= 1


def test_a_long_chain_is_decided_on_its_times():
    """T = 100 of uniform noise and of a cycle: strict falls and exact equalities both come out as holding."""
    data = Distribution.from_weights([1, 2, 4])
    falling = Chain(data, uniform(3), jump(100), 100)
    cycle = Chain(data, Blend(Dense.from_rows([[0, 1, 0], [0, 0, 1], [1, 0, 0]], "rows")), (Fraction(1),) * 100, 100)
    for chain in (falling, cycle):
        told = []
        finding = triangle(chain, told.append)
        assert finding.observed == "holds"
        assert "64 evenly spaced times" in finding.detail
        assert told == sorted(told)
        assert told[-1] == 1


@pytest.mark.parametrize(
    ("p0", "rows"),
    [
        (["1/2", "1/2", 0], [[0, 0, 1], [0, 0, 1], ["1/2", "1/2", 0]]),
        (["1/3", "1/3", "1/3"], [["1/2", "1/2", 0], ["1/2", "1/2", 0], [0, 0, 1]]),
        ([1, 0, 0], [["1/3", "1/3", "1/3"], [0, 1, 0], [0, 0, 1]]),
    ],
)
def test_equalities_are_settled_on_integers(p0, rows):
    """A periodic, a reducible and a branching chain with I(x_s; x_u) = I(x_s; x_{u−1}) at many (s, u): it holds."""
    assert triangle(constant_chain(p0, rows, 12)).observed == "holds"


@given(markov(4, 4), st.data())
@examples(80)
def test_the_integers_say_what_the_informations_are(process, data):
    """x_{s+1} ⟂ x_u given x_s exactly where I(x_{s+1};x_u) = I(x_s;x_u); with x_{u−1}, where I(x_s;x_{u−1}) is that."""
    chain = process.chain
    u = data.draw(st.integers(1, chain.T))
    *_, before, column = islice(_columns(chain, list(range(chain.T + 1))), u + 1)
    s = data.draw(st.integers(0, u - 1))
    step = TimePair(chain.at(s).marginal, chain.transition(s + 1))
    here = column[s].information.form()
    assert _inner_equal(chain, step, column[s + 1]) == (column[s + 1].information.form() == here)
    assert _later_equal(chain, before[s], column[u - 1]) == (before[s].information.form() == here)
