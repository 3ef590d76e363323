"""η_KL: reference values, a grid of inputs, the inequality itself, and exact cases."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from random import Random

import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.measures.contraction import KLContraction, contraction
from markovdiff.process.kernels import absorbing, uniform
from markovdiff.process.transition import Dense


def dense(rows: str) -> Dense:
    return Dense.from_rows([tuple(map(Fraction, row.split())) for row in rows.split(";")], "rows")


def ends(found: KLContraction) -> tuple[Fraction, Fraction]:
    assert found.enclosed.lower is not None
    assert found.enclosed.upper is not None
    return from_decimal(found.enclosed.lower), from_decimal(found.enclosed.upper)


@pytest.mark.parametrize("delta", ["0", "1/10", "1/3", "1/2", "9/10"])
def test_symmetric_channel(delta: str) -> None:
    """BSC(δ): η_KL = (1−2δ)², an exact rational (Ahlswede & Gács 1976), where η_TV = |1−2δ|."""
    d = Fraction(delta)
    step = Dense.from_rows([[1 - d, d], [d, 1 - d]], "rows")
    found = contraction(step)
    assert found.value == (1 - 2 * d) ** 2
    assert step.dobrushin == abs(1 - 2 * d)


@pytest.mark.parametrize("kept", ["1/4", "9/10"])
def test_erasure(kept: str) -> None:
    """Erasure keeps its share exactly, whatever the input: η_KL = η_TV = 1 − β."""
    found = contraction(absorbing(4, 3).transition(1 - Fraction(kept)))
    assert found.value == Fraction(kept)
    assert found.is_attained


def test_limits_that_no_input_reaches() -> None:
    """Rows (.5,.5,0), (0,.3,.7), (.2,0,.8): 4/5, as λ → 0 or 1; and the Z-channel's 4/5."""
    for rows in ("1/2 1/2 0; 0 3/10 7/10; 1/5 0 4/5", "1 0; 1/5 4/5"):
        found = contraction(dense(rows))
        assert found.value == Fraction(4, 5)
        assert found.is_limit
        assert found.share in (0, 1)


def test_uniform_kernel_of_one_number_and_written_out() -> None:
    """The two shapes of one matrix agree: K = 5, β = 1/10 gives 81/94."""
    step = uniform(5).transition(Fraction(1, 10))
    assert contraction(step).value == contraction(step.dense).value == Fraction(81, 94)


def pair_on_a_grid(a: tuple[Fraction, ...], b: tuple[Fraction, ...], n: int) -> Fraction:
    """The largest 1 − Σ ab/(λa + (1−λ)b) over λ = k/n, by Fractions."""
    best = Fraction(0)
    for k in range(1, n):
        x = Fraction(k, n)
        best = max(best, 1 - sum(p * q / (x * p + (1 - x) * q) for p, q in zip(a, b, strict=True) if p and q))
    return best


@st.composite
def kernels(draw: st.DrawFn) -> Dense:
    K = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(st.integers(0, 4), min_size=K, max_size=K).filter(any), min_size=K, max_size=K))
    return Dense.from_rows([[Fraction(n, sum(row)) for n in row] for row in rows], "rows")


@given(kernels())
@examples(60)
def test_enclosure_is_the_supremum(step: Dense) -> None:
    """No λ on a grid is above the enclosure, and the λ that is named comes as near as its digits say."""
    found = contraction(step)
    low, high = ends(found)
    assert low <= high <= low + Fraction(1, 10**13)
    rows = step.rows()
    for a, b in combinations(rows, 2):
        assert pair_on_a_grid(a, b, 16) <= high
    assert high <= step.dobrushin or low <= step.dobrushin
    if found.pair is not None and found.share not in (None, 0, 1):
        i, k = found.pair
        x = found.share
        assert x is not None
        pairs = [(p, q) for p, q in zip(rows[i], rows[k], strict=True) if p and q]
        value = 1 - sum(p * q / (x * p + (1 - x) * q) for p, q in pairs)
        assert low - Fraction(1, 10**13) <= value <= high


@given(kernels(), st.lists(st.integers(1, 5), min_size=4, max_size=4))
@examples(40)
def test_it_bounds_every_ratio(step: Dense, weights: list[int]) -> None:
    """I(U;Y) ≤ η_KL·I(U;X) where U = X: I(X;Y) ≤ η_KL·H(X)."""
    p = [Fraction(w, sum(weights[: step.K])) for w in weights[: step.K]]
    joint = [[x * y for y in row] for x, row in zip(p, step.rows(), strict=True)]
    assert md.mutual_information(joint) <= md.entropy(p) * ends(contraction(step))[1]


@pytest.mark.slow
def test_sixty_four_states() -> None:
    """A dense K = 64 kernel is enclosed to 1e-9."""
    draw = Random(1)
    rows = [[draw.randint(0, 1000) for _ in range(64)] for _ in range(64)]
    step = Dense.from_rows([[Fraction(n, sum(row)) for n in row] for row in rows], "rows")
    low, high = ends(contraction(step))
    assert 0 < high - low < Fraction(1, 10**9)


def test_too_many_rows_are_refused() -> None:
    """Past 64 different rows there is an error that says so; 50,000 states of one weight are two rows."""
    rows = [[Fraction(int(i == j)) for j in range(65)] for i in range(65)]
    with pytest.raises(md.LimitError, match="64"):
        contraction(Dense.from_rows(rows, "rows"))
    assert contraction(uniform(50_000).transition(Fraction(1, 2))).enclosed.value.startswith("0.4999")
