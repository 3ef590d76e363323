"""Quantities: certified decimals, and the exact number behind them."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import pytest
from chains import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.arithmetic.quantity import MAX_CLOSED_FORM, Enclosed, Quantity, show_ending

attack = examples(100)

Terms = list[tuple[Fraction, Fraction]]

coefficients = st.builds(
    Fraction,
    st.integers(-9, 9) | st.integers(-(10**20), 10**20),
    st.integers(1, 12) | st.sampled_from([10**5, 10**40]) | st.integers(1, 2**200),
)
naturals = st.integers(1, 30) | st.just(10**40) | st.integers(1, 2**100)
term_lists = st.lists(st.tuples(coefficients, st.builds(Fraction, naturals, naturals)), max_size=4)
units = st.sampled_from(["bits", "nats"])
some_digits = st.integers(1, 60)

HIDDEN_ZERO = log(6) - log(2) - log(3)
"""Zero, though no two of its arguments are equal: digits alone would never tell."""


def form(terms: Terms) -> LogForm:
    return sum((a * log(b) for a, b in terms), LogForm())


def mpf(q: Fraction) -> mpmath.mpf:
    return mpmath.mpf(q.numerator) / q.denominator


def reference(terms: Terms, unit: str, dps: int = 600) -> Fraction:
    """mpmath's Σ a·log b, ten times finer than anything asked of it."""
    with mpmath.workdps(dps):
        total = mpmath.fsum(mpf(a) * (mpmath.log(b.numerator) - mpmath.log(b.denominator)) for a, b in terms)
        return Fraction(*mpmath.libmp.to_rational((total / mpmath.log(2) if unit == "bits" else total)._mpf_))


def magnitude(x: Fraction) -> int:
    """The k with 10^k ≤ |x| < 10^(k+1)."""
    k = len(str(abs(x.numerator))) - len(str(x.denominator))
    return k if abs(x) >= Fraction(10) ** k else k - 1


def significant(written: str) -> int:
    """How many digits are significant: those from the first that is not 0, less the zeros that fill a whole number."""
    digits = written.split("e", maxsplit=1)[0].lstrip("-")
    return len(digits.replace(".", "").lstrip("0") if "." in digits else digits.rstrip("0"))


@attack
@given(term_lists, some_digits, units)
def test_reported_decimals_enclose_the_number(terms: Terms, digits: int, unit: str) -> None:
    """lower ≤ truth ≤ upper, |value − truth| < 1 unit of the last digit, upper − lower ≤ 2·10^(1−digits)·|value|."""
    h = form(terms)
    assume(h != 0)
    truth = reference(terms, unit)
    got = Quantity.of(h).enclosed(digits, unit)
    lower, value, upper = Fraction(got.lower), Fraction(got.value), Fraction(got.upper)
    unit_of_last = Fraction(10) ** (magnitude(value) + 1 - digits)
    assert abs(value - truth) < unit_of_last
    assert lower <= value <= upper
    assert upper - lower <= 2 * Fraction(10) ** (1 - digits) * abs(value)
    if lower == upper:
        assert h == log(2) * value
        assert unit == "bits"
    else:
        assert lower <= truth <= upper
        assert lower < upper
    for written in (got.lower, got.value, got.upper):
        assert ("e" in written) == (abs(Fraction(written)) < Fraction(1, 10**4))


@attack
@given(some_digits, st.integers(-30, 2), st.booleans(), units)
def test_a_number_just_under_a_power_of_ten_gets_no_digit_more(digits: int, k: int, negative: bool, unit: str) -> None:
    """10^k − 10^(k−digits−3) is 10^k to `digits` digits, and 1.0 to one digit is one digit too many."""
    truth = Fraction(10) ** k - Fraction(10) ** (k - digits - 3)
    nudge = 1 - Fraction(1, 10 ** (digits + 20))
    with mpmath.workdps(200):
        nats = mpf(truth) * (mpmath.log(2) if unit == "bits" else 1)
        a = Fraction(*mpmath.libmp.to_rational((nats / mpmath.log(3))._mpf_))
    h = log(3) * (a * nudge) * (-1 if negative else 1)
    got = Quantity.of(h).enclosed(digits, unit)
    assert Fraction(got.lower) < Fraction(got.upper)
    assert abs(Fraction(got.value)) == Fraction(10) ** k
    assert significant(got.value) <= digits


@attack
@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(-25, 3), st.integers(15, 60))
def test_a_value_that_ends_is_given_exactly(mantissa: int, exponent: int, digits: int) -> None:
    """m·10^e bits, in however many logarithms it is hidden: lower = upper = value, the number itself."""
    value = mantissa * Fraction(10) ** exponent
    for h in (log(2) * value, log(2) * value + Fraction(7, 10**30) * HIDDEN_ZERO, log(10) * value - log(5) * value):
        got = Quantity.of(h).enclosed(digits, "bits")
        assert Fraction(got.value) == value
        assert got.lower == got.upper == got.value
        assert not trails(got.value)
        assert got.closed_form == h.closed_form("bits", MAX_CLOSED_FORM)


@attack
@given(st.integers(1, 10**15 - 1).filter(lambda m: m % 10), st.integers(-25, 3), st.integers(1, 14))
def test_a_value_that_ends_later_is_enclosed(mantissa: int, exponent: int, digits: int) -> None:
    """With fewer digits than the number has, lower < m·10^e < upper."""
    assume(mantissa >= 10**digits)
    value = mantissa * Fraction(10) ** exponent
    got = Quantity.of(log(2) * value).enclosed(digits, "bits")
    assert Fraction(got.lower) < value < Fraction(got.upper)


@attack
@given(st.integers(1, 10**15 - 1), st.integers(-20, 3), st.integers(60, 300), st.sampled_from([-1, 1]))
def test_what_ends_in_its_first_digits_only_is_not_said_to_end(m: int, exponent: int, k: int, s: int) -> None:
    """m·10^e ± 10^-k·log2(3) bits looks like m·10^e at 15 digits; lower < upper all the same."""
    value = m * Fraction(10) ** exponent
    got = Quantity.of(log(2) * value + Fraction(s, 10**k) * log(3)).enclosed(15, "bits")
    assert Fraction(got.value) == value
    if s > 0:
        assert Fraction(got.lower) <= value < Fraction(got.upper)
    else:
        assert Fraction(got.lower) < value <= Fraction(got.upper)


@attack
@given(st.integers(1, 10**15 - 1), st.integers(-20, 3))
def test_in_nats_only_zero_ends(mantissa: int, exponent: int) -> None:
    """Σ a·log b ≠ 0 is irrational (Lindemann 1882)."""
    got = Quantity.of(log(2) * (mantissa * Fraction(10) ** exponent)).enclosed(15, "nats")
    assert Fraction(got.lower) < Fraction(got.upper)


@attack
@given(some_digits, units)
def test_zero_is_zero(digits: int, unit: str) -> None:
    """An exact zero, said to be one or found to be one, is "0" throughout."""
    for q in (
        Quantity.of(LogForm()),
        Quantity.of(HIDDEN_ZERO),
        Quantity.of(log(3)).minus(Quantity.of(log(9) / 2)),
        Quantity.of(log(3)).times(Fraction(0)),
        Quantity(log(3).ball, lambda: log(3), zero=True),
    ):
        assert q.is_zero()
        assert q.sign() == 0
        assert q.enclosed(digits, unit) == Enclosed("0", "0", "0", "0")


@attack
@given(term_lists, term_lists, coefficients, units)
def test_a_quantity_computes_as_its_form_does(a: Terms, b: Terms, r: Fraction, unit: str) -> None:
    """Signs, differences, multiples and comparisons with rationals are those of the exact number."""
    h, k = form(a), form(b)
    x, y = Quantity.of(h), Quantity.of(k)
    assert x.form() == h
    assert x.sign() == h.sign()
    assert x.is_zero() == h.is_zero()
    assert x.minus(y).form() == h - k
    assert x.minus(y).sign() == (h - k).sign()
    assert x.times(r).form() == r * h
    assert x.times(r).sign() == (r * h).sign()
    bound = log(2) * r if unit == "bits" else r
    assert x.compare(r, unit) == (h > bound) - (h < bound)


@attack
@given(term_lists, units)
def test_the_order_of_questions_does_not_change_the_answers(terms: Terms, unit: str) -> None:
    """Balls are remembered; the decimals are those of a quantity that was never asked before."""
    asked = Quantity.of(form(terms))
    asked.enclosed(60, unit)
    asked.sign()
    for digits in (15, 1, 40):
        fresh = Quantity.of(form(terms)).enclosed(digits, unit)
        again = asked.enclosed(digits, unit)
        assert again.value == fresh.value
        assert (Fraction(again.lower), Fraction(again.upper)) == (Fraction(fresh.lower), Fraction(fresh.upper))


@pytest.mark.parametrize("digits", [1, 15, 60, 1000])
@pytest.mark.parametrize("scale", [0, -3, -4, -5, -200])
def test_scientific_notation_begins_below_one_ten_thousandth(digits: int, scale: int) -> None:
    """10^s·log2(3) = 1.58…·10^s bits is positional down to 1e-4, scientific below."""
    got = Quantity.of(log(3) * Fraction(10) ** scale).enclosed(digits, "bits")
    assert ("e" in got.value) == (scale < -4)
    truth = reference([(Fraction(10) ** scale, Fraction(3))], "bits", 1300)
    assert Fraction(got.lower) <= truth <= Fraction(got.upper)
    assert significant(got.value) == digits


def test_the_entropy_of_three_quarters_as_it_is_reported() -> None:
    """H(¾, ¼) = 2 − ¾·log2 3 bits, by mpmath's digits."""
    h = 2 * log(2) - Fraction(3, 4) * log(3)
    with mpmath.workdps(60):
        digits = mpmath.nstr(2 - mpmath.log(3, 2) * 3 / 4, 15)
    got = Quantity.of(h).enclosed(15, "bits", closed=True)
    assert got == Enclosed(digits, "0.811278124459132", "0.811278124459133", "2 − 3/4·log2(3)")
    assert Quantity.of(h).enclosed(15, "nats", closed=True).closed_form == "2·log 2 − 3/4·log 3"
    assert Quantity.of(h).enclosed(15, "bits").closed_form is None
    assert str(got) == digits
    assert float(got) == float(digits)


def test_a_long_closed_form_is_left_out() -> None:
    """Past 80 characters there is none."""
    h = sum((log(p) for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)), LogForm())
    assert len(str(h)) > MAX_CLOSED_FORM == 80
    assert Quantity.of(h).enclosed(15, "nats", closed=True).closed_form is None


@pytest.mark.parametrize(
    ("h", "value"),
    [(log(2) * Fraction(7, 4), "1.75"), (-log(2), "-1"), (log(2) * 1200, "1200"), (log(2) / 10**5, "1e-05"),
     (log(2) / 2**20, "9.5367431640625e-07"), (log(2) / 10**4, "0.0001")],
)  # fmt: skip
def test_values_that_end_by_example(h: LogForm, value: str) -> None:
    """No digit is added to a number that ends."""
    got = Quantity.of(h).enclosed(15, "bits")
    assert (got.lower, got.value, got.upper) == (value, value, value)


@attack
@given(st.integers(-(10**30), 10**30).filter(bool), st.integers(-90, 20))
def test_an_ending_decimal_is_written_without_trailing_zeros(mantissa: int, exponent: int) -> None:
    """The text is the number, with no zero behind its last digit after the point."""
    written = show_ending(mantissa, exponent)
    assert Fraction(written) == mantissa * Fraction(10) ** exponent
    assert not trails(written)


def trails(written: str) -> bool:
    """Whether a decimal ends in a zero, or in nothing, behind its point."""
    digits = written.split("e", maxsplit=1)[0]
    return "." in digits and digits[-1] in "0."


def test_what_is_infinite_or_undefined_has_a_float_too() -> None:
    """The float of "inf" is ∞, of "undefined" NaN."""
    assert float(Enclosed("inf", witness={"t": 3})) == math.inf
    assert math.isnan(float(Enclosed("undefined", witness={"t": 3})))


def test_a_number_known_not_to_vanish_is_refined_until_its_sign_shows() -> None:
    """log(2^2000 + 1) − 2000·log 2 ≈ 2^-2000 is more than 0, and less the other way round."""
    form = log(2**2000 + 1) - 2000 * log(2)
    assert Quantity(form.ball, lambda: form, zero=False).sign() == 1
    assert Quantity((-form).ball, lambda: -form, zero=False).sign() == -1


def test_a_difference_that_no_early_ball_tells_is_not_taken_for_zero() -> None:
    """log 2 and log 2 made larger by 1e-400 differ; what is the same by another way does not."""
    half, much = Quantity.of(log(2)), Quantity.of((1 + Fraction(1, 10**400)) * log(2))
    assert not much.minus(half).is_zero()
    assert Quantity.of(log(4) - log(2)).minus(half).is_zero()
