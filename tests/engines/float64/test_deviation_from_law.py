"""The forward process in float64 against the rationals."""

from __future__ import annotations

from fractions import Fraction

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.engines.float64.deviation_from_law import DeviationFromLaw
from markovdiff.engines.float64.forward import forward
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend
from markovdiff.process.transition import Dense


def test_the_distance_to_a_law_that_no_step_keeps_is_off_by_no_more_than_it_says() -> None:
    """TV(p_t, μ) from the difference that rounding leaves, against exact numbers, at each t from 1."""
    weights = [[(i + 1) * (j + 2) % 7 + 1 for j in range(5)] for i in range(5)]
    Q = Dense.from_rows([[Fraction(w, sum(row)) for w in row] for row in weights], "Q")
    chain = Chain(Distribution.from_weights([3, 1, 4, 1, 5]), Blend(Q), (Fraction(1, 3),) * 6, 6)
    law = [Fraction(k, 15) for k in range(1, 6)]
    approach = DeviationFromLaw(chain, RationalMatrix.from_rows([law]))
    for now in forward(chain):
        found = sum((abs(Fraction(float(e))) for e in approach.at(now)), Fraction(0)) / 2
        exact = sum((abs(p - m) for p, m in zip(chain.marginal(now.t), law, strict=True)), Fraction(0)) / 2
        if now.t:
            assert abs(found - exact) <= approach.uncertain
