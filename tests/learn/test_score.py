"""The Bayes reverse is made of the ratios p_t(y)/p_t(x), exactly, on any Markov chain."""

from __future__ import annotations

from fractions import Fraction

import pytest
from chains import examples, markov, with_a_memory
from flint import fmpq, fmpq_mat
from hypothesis import given

import markovdiff as md
from markovdiff.learn.score import concrete_score, reverse_from_score, reverse_from_score_before
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import uniform


def bayes_from_paths(process, t):
    """q(x_{t−1} = i | x_t = j) by counting paths, None where x_t = j never is."""
    table = process.table(t - 1, t)
    columns = [list(column) for column in zip(*table, strict=True)]
    return tuple(tuple(x / sum(c) for x in c) if sum(c) else None for c in columns)


def determinant(rows):
    return fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in rows]).det()


@given(markov())
@examples(150)
def test_ratios_are_ratios_of_path_sums(process):
    """s_t(x)_y = p_t(y)/p_t(x), and s(x)_y · s(y)_z = s(x)_z; no row where p_t(x) = 0."""
    for t in range(process.chain.T + 1):
        law, score = process.law(t), concrete_score(process.chain, t)
        K = range(process.chain.K)
        for x in K:
            p = law.get((x,), Fraction(0))
            assert (score[x] is None) == (p == 0)
            if score[x] is not None:
                assert score[x] == tuple(law.get((y,), Fraction(0)) / p for y in K)
                assert all(score[x][y] * score[y][z] == score[x][z] for y in K for z in K if score[y] is not None)


@given(markov())
@examples(200)
def test_the_score_after_the_step_gives_the_reverse(process):
    """R_t[j, i] = Q_t[i, j] Σ_k s_t(j)_k Q_t⁻¹[k, i] equals the reverse from paths; a singular Q_t is refused."""
    for t in range(1, process.chain.T + 1):
        if determinant(process.chain.step(t)) == 0:
            with pytest.raises(md.InputError, match="no inverse"):
                reverse_from_score(process.chain, t)
        else:
            assert reverse_from_score(process.chain, t) == bayes_from_paths(process, t)


@given(markov())
@examples(200)
def test_the_score_before_the_step_gives_the_reverse(process):
    """Q_t[i, j] s_{t−1}(x)_i, normalised over i, equals the reverse from paths, whether or not Q_t has an inverse."""
    for t in range(1, process.chain.T + 1):
        assert reverse_from_score_before(process.chain, t) == bayes_from_paths(process, t)


@given(markov())
@examples(80)
def test_the_three_forms_of_bayes(process):
    """R_t[j, i] = Q_t[i, j] p_{t−1}[i] / p_t[j], the form of the definition, is what the chain itself gives."""
    chain = process.chain
    for t in range(1, chain.T + 1):
        Q, a, b = chain.step(t), chain.marginal(t - 1), chain.marginal(t)
        direct = tuple(tuple(Q[i][j] * a[i] / b[j] for i in range(chain.K)) if b[j] else None for j in range(chain.K))
        assert direct == chain.bayes_reverse(t) == reverse_from_score_before(chain, t)


def test_a_step_that_forgets_everything_hides_what_came_before():
    """At β = 1 two different data laws have one score after the step, and different reverses: nothing can be told."""
    one, other = (Chain(Distribution.from_weights(w), uniform(2), (Fraction(1),), 1) for w in ([3, 1], [1, 1]))
    assert concrete_score(one, 1) == concrete_score(other, 1)
    assert one.bayes_reverse(1) != other.bayes_reverse(1)
    with pytest.raises(md.InputError, match="no inverse") as caught:
        reverse_from_score(one, 1)
    assert caught.value.where == "t = 1"


@given(with_a_memory())
@examples(20)
def test_memory_has_no_step_to_undo(process):
    """A process with memory has no Q_t; it has ratios."""
    assert concrete_score(process.chain, process.chain.T)
    with pytest.raises(md.InputError, match="memory"):
        reverse_from_score(process.chain, 1)
