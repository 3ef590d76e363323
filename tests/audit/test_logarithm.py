"""The audit's own logarithms hold the truth, against mpmath at many more digits."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovdiff.audit.logarithm import atanh_below, log_two, logarithms, step_up


def exactly(x: object, bits: int) -> int:
    """⌊2^bits·x⌋ of an mpmath number with digits to spare."""
    return int(mpmath.floor(mpmath.ldexp(x, bits)))


@pytest.mark.parametrize("bits", [64, 192, 640, 3328])
def test_log_two(bits: int) -> None:
    """log 2 lies between its bounds, and they are near."""
    low, slack = log_two(bits)
    with mpmath.workprec(bits + 200):
        assert low <= exactly(mpmath.log(2), bits) <= low + slack
    assert slack < 2**32


@settings(deadline=None)
@given(p=st.integers(0, 10**6), q=st.integers(1, 10**6), bits=st.sampled_from([64, 256, 1000]))
def test_atanh(p: int, q: int, bits: int) -> None:
    """atanh p/q, p/q ≤ 1/2, lies between its bounds."""
    if 2 * p > q:
        p = q // 2
    low, slack = atanh_below(p, q, bits)
    with mpmath.workprec(bits + 200):
        assert low <= exactly(mpmath.atanh(mpmath.mpf(p) / q), bits) <= low + slack


@settings(deadline=None)
@given(
    n=st.one_of(st.integers(1, 1000), st.integers(1, 2**200), st.integers(0, 400).map(lambda k: 2**k + 1)),
    bits=st.sampled_from([192, 256, 512, 3328]),
)
def test_logarithms(n: int, bits: int) -> None:
    """L ≤ 2^bits·log n ≤ L + slack, for numbers shorter and longer than the precision."""
    logs = logarithms(bits)
    low = logs.below(n)
    with mpmath.workprec(bits + 400):
        truth = exactly(mpmath.log(n), bits)
    assert low <= truth < low + logs.slack


def test_a_thousand_digits() -> None:
    """log 3 to 1,000 digits agrees with mpmath."""
    bits = step_up(3400)
    low = logarithms(bits).below(3)
    with mpmath.workdps(1100):
        assert abs(mpmath.mpf(low) / mpmath.mpf(2) ** bits - mpmath.log(3)) < mpmath.mpf(10) ** -1000


def test_precisions_step_up() -> None:
    """Never below what was asked, never more than a third above."""
    for bits in range(192, 5000, 7):
        assert bits <= step_up(bits) <= Fraction(4, 3) * bits
