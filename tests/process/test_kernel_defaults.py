"""Every fast form of a kernel against the default that is made from its exact Q(β)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from chains import examples, markov
from flint import arb_mat
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.enclosure import bounds
from markovdiff.engines.float64.contraction import widest
from markovdiff.process.distribution import uniform_law
from markovdiff.process.kernels import Kernel, uniform
from markovdiff.process.kernels.kernel import enclosed


@examples(150)
@given(markov(), st.data())
def test_fast_forms_are_the_default_s(process, data):
    """Floats within an ulp or two, balls around Q(β) with its pattern, η(Q) exactly, bits no fewer than there are."""
    chain = process.chain
    kernel, beta = chain.kernel, chain.strength(data.draw(st.integers(1, chain.T)))
    Q = kernel.transition(beta).dense
    assert np.allclose(kernel.floats(beta), Kernel.floats(kernel, beta), rtol=1e-15, atol=1e-16)
    balls, pattern = kernel.own_balls(beta, 64) or enclosed(Q, 64)
    assert isinstance(balls, arb_mat)
    assert pattern.tolist() == Q.support
    ends = [bounds(x) for x in balls.entries()]
    assert all(low <= p <= high for (low, high), p in zip(ends, sum(Q.rows(), ()), strict=True))
    assert kernel.dobrushin_formula(beta) in (None, Q.dobrushin)
    assert float(Q.dobrushin) == pytest.approx(widest(kernel.floats(beta)), abs=1e-14)
    once = kernel.rank_one_target  # whose denominator stands once in any product of steps
    assert kernel.bits(beta) + (np.log2(once.total) if once else 0) >= Kernel.bits(kernel, beta) - 1e-9


@examples(150)
@given(markov())
def test_what_is_known_of_all_steps_is_true_of_each(process):
    """A law that is said to be preserved is preserved; the least probability is no more than any positive entry."""
    chain = process.chain
    kernel, betas, law = chain.kernel, chain.strengths, uniform_law(chain.K)
    assert not kernel.preserves(law, betas) or Kernel.preserves(kernel, law, betas)
    assert float(kernel.least_probability(betas)) <= float(Kernel.least_probability(kernel, betas)) * (1 + 1e-15)
    for Q in (chain.transition(t).dense for t in range(1, chain.T + 1)):
        assert not kernel.is_symmetric or Q.rows() == tuple(zip(*Q.rows(), strict=True))
        assert not kernel.is_mirrored or Q.rows() == tuple(row[::-1] for row in Q.rows()[::-1])


def test_a_probability_below_float64_s_range_is_not_taken_for_zero():
    """The least positive entry of (1−β)I + β/2·11ᵀ is β/2, however small β is."""
    tiny = Fraction(1, 2**2000)
    assert uniform(2).least_probability([tiny]) == Kernel.least_probability(uniform(2), [tiny]) == tiny / 2
