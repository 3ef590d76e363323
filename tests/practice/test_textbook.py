"""The float shadow is the textbook formula and nothing else: neither better nor worse than float64 is."""

from __future__ import annotations

import math
from fractions import Fraction

from chains import Process, examples, permutations, processes
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.practice.textbook import shadow
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend, RankOneKernel, per_step


def rounded_step(process: Process, t: int, k: int) -> list[list[float]]:
    """Q_t for x_0 = k in float64: (1−β)I + βM of rounded parts where there is a β and an M, else entry by entry."""
    kernel, K = process.chain.kernel, process.chain.K
    if not isinstance(kernel, RankOneKernel | Blend):
        return [[float(x) for x in row] for row in process.laws[t - 1][k]]
    M = [kernel.target.probabilities] * K if isinstance(kernel, RankOneKernel) else kernel.M.rows()
    beta = process.chain.betas[t - 1]
    keep, go = float(1 - beta), float(beta)
    return [[keep * float(i == j) + go * float(M[i][j]) for j in range(K)] for i in range(K)]


def summed(terms: list[float]) -> float:
    """From the first to the last; Python's own `sum` compensates since 3.12."""
    total = 0.0
    for term in terms:
        total = total + term
    return total


def by_loops(process: Process) -> list[float]:
    """I(x0;x_t) in bits by loops over Python's floats, without numpy and without the module under test."""
    K, T = process.chain.K, process.chain.T
    p0 = [float(p) for p in process.chain.data.probabilities]
    rows, found = [[float(i == j) for j in range(K)] for i in range(K)], []
    for t in range(T + 1):
        if t:
            steps = [rounded_step(process, t, k) for k in range(K)]
            rows = [[summed([rows[k][m] * steps[k][m][j] for m in range(K)]) for j in range(K)] for k in range(K)]
        p = [summed([p0[k] * rows[k][j] for k in range(K)]) for j in range(K)]
        joint = [(p0[k] * rows[k][j], p0[k] * p[j]) for k in range(K) for j in range(K)]
        found.append(summed([q * math.log2(q / apart) for q, apart in joint if q > 0]))
    return found


@examples(150)
@given(processes(4, 4))
def test_it_is_the_textbook_formula_bit_for_bit(process: Process) -> None:
    """Every chain, with memory or without: the very floats that plain loops in the stated order give."""
    assert list(shadow(process.chain, "bits")) == by_loops(process)


@given(st.integers(0, 3), st.data())
def test_dyadic_numbers_are_not_rounded(n: int, data: st.DataObject) -> None:
    """x0 uniform on 2^n states, permuted, then halved again and again: I is n, …, n, n−1, …, 0 bits, exactly."""
    K = 2**n
    halves = [[[Fraction(int(j == i // 2)) for j in range(K)] for i in range(K)]] * n
    shuffled = data.draw(st.lists(permutations(K), max_size=3))
    steps = [*shuffled, *halves]
    if steps:
        chain = Chain(Distribution.from_weights([1] * K), per_step(steps, K), (), len(steps))
        assert list(shadow(chain, "bits")) == [float(n)] * (len(shuffled) + 1) + [float(k) for k in range(n)][::-1]


def test_nats_are_by_the_natural_logarithm() -> None:
    """A fair coin that is kept has log 2 nats: twice half the logarithm of 2."""
    coin = Distribution.from_weights([1, 1])
    chain = Chain(coin, per_step([[[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]], 2), (), 1)
    assert list(shadow(chain, "nats")) == [math.log(2)] * 2


def test_what_leaves_the_range_of_float64_is_infinite() -> None:
    """p_0[i] p_t[j] = 1e-400 is 0 in float64, and q/0 infinite: said, not repaired."""
    rare = Distribution.from_probabilities([1 - Fraction(1, 10**200), Fraction(1, 10**200)])
    chain = Chain(rare, per_step([[[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]], 2), (), 1)
    assert list(shadow(chain, "bits")) == [math.inf] * 2


def test_every_positive_entry_counts() -> None:
    """A fair coin of which one side shows itself once in 1e305: half of that, in bits, and not 0."""
    rare = Fraction(1, 10**305)
    rows = [[Fraction(1), Fraction(0)], [1 - rare, rare]]
    chain = Chain(Distribution.from_weights([1, 1]), per_step([rows], 2), (), 1)
    assert list(shadow(chain, "bits")) == [1.0, 1e-305 / 2]
