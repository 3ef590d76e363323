"""Number formats: each operation gives the format's own number, by NumPy's formats and by exact rationals."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.practice.formats import BF16, FP16, FP32, FP64, FloatFormat, difference, scaled, total

FLOATS = st.floats(allow_nan=False)
OF_NUMPY = [(FP32, np.float32), (FP16, np.float16)]


def cast(form: FloatFormat, x: float) -> float:
    return float(form.rounded(np.array(x)))


@pytest.mark.parametrize(("form", "dtype"), OF_NUMPY)
@given(x=FLOATS)
def test_a_cast_is_that_of_numpy(form: FloatFormat, dtype: type, x: float) -> None:
    """float32 and float16 of any float64: subnormal, tied, out of range, zero."""
    with np.errstate(over="ignore"):
        expected = float(dtype(x))
    assert cast(form, x) == expected


@pytest.mark.parametrize(("form", "dtype"), OF_NUMPY)
@given(a=st.floats(0, 8, width=16), b=st.floats(0, 8, width=16), data=st.data())
def test_an_operation_is_that_of_numpy(form: FloatFormat, dtype: type, a: float, b: float, data: st.DataObject) -> None:
    """Sum, product and quotient of two numbers of the format, by NumPy's own arithmetic in it."""
    a, b = (cast(form, x * data.draw(st.floats(0.5, 2))) for x in (a, b))
    with np.errstate(all="ignore"):
        assert cast(form, a + b) == float(dtype(a) + dtype(b))
        assert cast(form, a * b) == float(dtype(a) * dtype(b))
        found = float(form.divided(np.array(a), np.array(b)))
        expected = float(dtype(a) / dtype(b))
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def neighbours(x: float) -> list[Fraction]:
    """The bfloat16 numbers beside a positive number, by counting units of the last of 8 bits; 2^−133 is the least."""
    exact = Fraction(x)
    e = exact.numerator.bit_length() - exact.denominator.bit_length()
    e += (Fraction(2) ** e <= exact) - 1
    unit = Fraction(2) ** max(e - 7, -133)
    below = exact // unit * unit
    return [below, below + unit]


@given(st.floats(2.0**-140, 2.0**127, exclude_min=True))
def test_bfloat16_is_the_nearest_and_ties_go_to_the_even(x: float) -> None:
    """Of the two neighbours the nearer; midway the one whose last bit is 0."""
    low, high = neighbours(x)
    found, exact = Fraction(cast(BF16, x)), Fraction(x)
    if exact - low != high - exact:
        assert found == min((low, high), key=lambda y: abs(y - exact))
    else:
        assert found == (low if low / (high - low) % 2 == 0 else high)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (math.pi, 3.140625),
        (0.1, 0.10009765625),
        (1 + 2.0**-8, 1.0),
        (1 + 3 * 2.0**-8, 1 + 2.0**-6),
        (2.0**-134, 0.0),
        (1.5 * 2.0**-133, 2.0**-132),
        (3.3895e38, 3.3895313892515355e38),
        (3.4e38, math.inf),
        (-3.4e38, -math.inf),
    ],
)
def test_bfloat16_by_known_values(x: float, expected: float) -> None:
    """As Torch has them: π is 3.140625 and 0.1 is 0.10009765625; the largest is (2 − 2^−7)·2^127."""
    assert cast(BF16, x) == expected


@given(st.lists(FLOATS, min_size=1, max_size=5))
def test_float64_leaves_everything(values: list[float]) -> None:
    """Every float64 is itself."""
    assert FP64.rounded(np.array(values)).tolist() == values


def test_a_long_sum_stands_still_in_bfloat16() -> None:
    """1 added 300 times stops at 256: 257 needs nine bits."""
    assert float(BF16.summed(np.ones(300))) == 256


def test_infinite_ranges() -> None:
    """∞ − ∞ is none, 0·∞ is 0, and what is none makes a sum none."""
    infinite, one = (math.inf, math.inf), (Fraction(1), Fraction(1))
    assert difference(infinite, infinite) is None
    assert difference(one, infinite) == (-math.inf, -math.inf)
    assert scaled(infinite, Fraction(0)) == (0, 0)
    assert total([one, None]) is None
    assert total([one, infinite]) == infinite
