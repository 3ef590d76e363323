"""The fit finds the power law that was put in."""

from __future__ import annotations

from math import isclose

import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.bench.fits import power_law


@given(st.floats(-4, 4), st.floats(1e-6, 1e3), st.lists(st.integers(1, 4096), min_size=3, max_size=8, unique=True))
@examples(200)
def test_a_known_exponent_is_recovered(b: float, a: float, xs: list[int]) -> None:
    """From seconds = a·x^b come b and a, with nothing left over."""
    fit = power_law(xs, [a * x**b for x in xs])
    assert isclose(fit.exponent, b, abs_tol=1e-6)
    assert isclose(fit.residual, 1.0, abs_tol=1e-6)


@pytest.mark.parametrize("c", [1.25, 2.0])
def test_the_residual_is_how_far_off_the_points_are(c: float) -> None:
    """Points off the line by c, 1/c, 1/c, c leave the slope as it is (their moments cancel): the residual is c."""
    xs, off = [1, 2, 4, 8], [c, 1 / c, 1 / c, c]
    fit = power_law(xs, [3 * x**2 * e for x, e in zip(xs, off, strict=True)])
    assert isclose(fit.exponent, 2)
    assert isclose(fit.factor, 3)
    assert isclose(fit.residual, c)


def test_two_points_are_refused() -> None:
    """A line through two points has no residual, whatever they are."""
    with pytest.raises(ValueError, match="three or more"):
        power_law([1, 2], [1.0, 2.0])
