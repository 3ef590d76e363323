"""Rationals at the edge: what is read is exactly what was written, and nothing inexact gets in."""

from __future__ import annotations

import math
import numbers
import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from chains import examples
from flint import fmpq, fmpz
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.rational import (
    MAX_DIGITS,
    integer,
    numeral,
    over_common_denominator,
    rational,
    shown,
    text,
    to_fmpq,
    to_fraction,
    whole,
)
from markovdiff.errors import InexactError, InputError, LimitError, MarkovdiffError

attack = examples(100)

integers = st.integers(-20, 20) | st.integers(-(10**40), 10**40) | st.integers(-(2**1000), 2**1000)
fractions = st.builds(Fraction, integers, integers.filter(bool))


@attack
@given(fractions)
def test_text_is_read_back_as_the_same_number(q: Fraction) -> None:
    """rational(text(q)) = q, and text is "n/d" in lowest terms, or "n"."""
    assert rational(text(q)) == rational(text(to_fmpq(q))) == q
    assert text(q) == str(q)


@attack
@given(fractions)
def test_flint_and_fraction_hold_the_same_number(q: Fraction) -> None:
    """The way to FLINT and back is the identity, and both are accepted as input."""
    assert to_fraction(to_fmpq(q)) == rational(to_fmpq(q)) == rational(q) == q
    assert rational(fmpz(q.numerator)) == rational(q.numerator) == q.numerator


@attack
@given(st.integers(-(10**30), 10**30), st.integers(-60, 60))
def test_a_decimal_means_the_decimal_written(mantissa: int, exponent: int) -> None:
    """ "m·10^e" is m·10^e in scientific notation, in positional notation and as a Decimal alike."""
    truth = mantissa * Fraction(10) ** exponent
    scientific = f"{mantissa}e{exponent}"
    assert rational(scientific) == rational(scientific.upper()) == rational(Decimal(scientific)) == truth
    assert rational(f"{Decimal(scientific):f}") == truth


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0, Fraction(0)),
        (-7, Fraction(-7)),
        (Fraction(3, 4), Fraction(3, 4)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Decimal("-1.50E-7"), Fraction(-3, 2 * 10**7)),
        (fmpz(-3), Fraction(-3)),
        (fmpq(-6, 8), Fraction(-3, 4)),
        (np.int64(5), Fraction(5)),
        (np.uint8(255), Fraction(255)),
        ("3/4", Fraction(3, 4)),
        ("+3/4", Fraction(3, 4)),
        ("-6/8", Fraction(-3, 4)),
        ("0/5", Fraction(0)),
        ("007", Fraction(7)),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("-0.75", Fraction(-3, 4)),
        ("-.25", Fraction(-1, 4)),
        ("1e-3", Fraction(1, 1000)),
        ("1.5E+2", Fraction(150)),
        ("-0", Fraction(0)),
        ("  1/3\n", Fraction(1, 3)),
    ],
)
def test_every_accepted_form_is_exact(written: object, meant: Fraction) -> None:
    """An int, a Fraction, a Decimal, a FLINT number, a numpy integer, or text: each is taken as it stands."""
    assert rational(written) == meant
    assert type(rational(written)) is Fraction


class Foreign:
    """A rational of another library: gmpy2's and sympy's are registered with `numbers.Rational` like this."""

    def __init__(self, numerator: object, denominator: object) -> None:
        self.numerator, self.denominator = numerator, denominator

    def __float__(self) -> float:
        raise AssertionError("asked for a float")


numbers.Rational.register(Foreign)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (Foreign(1, 3), Fraction(1, 3)),
        (Foreign(np.int64(-6), fmpz(4)), Fraction(-3, 2)),
        (np.uint8(255), Fraction(255)),
        (np.array(7), Fraction(7)),
    ],
)
def test_rationals_of_other_libraries_are_taken_exactly(written: object, meant: Fraction) -> None:
    """Numerator over denominator, and never by way of a float; numpy's integers, also an array of one, as integers."""
    assert rational(written) == meant


@pytest.mark.parametrize("value", [np.True_, np.array(False), np.array([1]), 1j, np.complex128(1), Foreign], ids=repr)
def test_what_is_no_rational_is_not_called_a_float(value: object) -> None:
    """Booleans, arrays, complex numbers: not a rational number, and the message has what came."""
    with pytest.raises(InputError) as caught:
        rational(value)
    assert caught.value.what == "not a rational number"
    assert caught.value.got is not None


@pytest.mark.parametrize(
    ("value", "remedy"),
    [(0.1, "write it as a string: '0.1'"), (np.float32(0.1), "write it as a string: '0.1'"), (math.nan, "a Fraction")],
)
def test_the_remedy_for_a_float_is_what_it_shows(value: object, remedy: str) -> None:
    """The decimal that was meant, without the name of its type."""
    with pytest.raises(InexactError) as caught:
        rational(value)
    assert str(caught.value.remedy).startswith(remedy)


@pytest.mark.parametrize(
    "value",
    [0.1, 1.0, 0.0, math.nan, math.inf, -math.inf, np.float16(0.5), np.float32(0.5), np.float64(0.5), np.longdouble(1)],
    ids=repr,
)
def test_a_binary_float_is_refused_even_where_it_is_whole(value: object) -> None:
    """A float is refused as a wrong type and as a wrong value, and the message names it and the place."""
    with pytest.raises(InexactError, match="binary float") as caught:
        rational(value, "data.probabilities[2]")
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, MarkovdiffError)
    assert "data.probabilities[2]" in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [True, False, np.True_, None, 1j, [], (1, 2), b"1", Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")],
    ids=repr,
)
def test_what_is_no_number_is_refused(value: object) -> None:
    """A truth value, nothing, a complex number, a container, bytes, NaN, ∞: none is a rational."""
    with pytest.raises(InputError) as caught:
        rational(value, "here")
    assert "where     here" in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        "", " ", ".", "+", "-", "/", "e5", ".e5", "1/", "/2", "1/2/3", "3/-4", "1 / 2", "1.5/2", "1/2.5", "1e", "1e1.5",
        "1,5", "1_000", "0x10", "0b1", "1e1_0", "--1", "+-1", "nan", "NaN", "inf", "-inf", "Infinity", "∞", "half",
        "1/0", "0/0", "-1/000",
        "١/٢", "３/４", "½", "1²", "−1", "1⁄2", "1\x000", "1\n2",
    ],
    ids=ascii,
)  # fmt: skip
def test_text_that_is_no_number_is_refused(written: str) -> None:
    """Only ASCII digits in the three documented forms are read; division by zero is no number."""
    with pytest.raises(InputError):
        rational(written)


def test_division_by_zero_is_said_to_be_that() -> None:
    """1/0 is well-formed and still no number: the message says why."""
    with pytest.raises(InputError, match="division by zero"):
        rational("1/0")


def test_numbers_longer_than_pythons_own_limit_are_read_and_written() -> None:
    """CPython refuses more than 4300 digits of text; a rational of 9000 goes through both ways."""
    n = 10**5000 + 1
    written = "1" + "0" * 4999 + "1/3"
    assert text(Fraction(n, 3)) == text(fmpq(fmpz(n), 3)) == written
    assert rational(written) == Fraction(n, 3)
    assert rational(n) == n
    assert rational("-" + "7" * 9000) == -7 * (10**9000 - 1) // 9
    assert rational("0." + "0" * 5000 + "1") == Fraction(1, 10**5001)


def test_a_number_of_the_greatest_length_is_read_and_a_longer_one_refused() -> None:
    """MAX_DIGITS digits are read; one more is past the limit, on either side of the bar or the point."""
    assert rational("1" * MAX_DIGITS) == (10**MAX_DIGITS - 1) // 9
    assert rational(f"1e-{MAX_DIGITS - 1}") == Fraction(1, 10 ** (MAX_DIGITS - 1))
    for written in ("1" * (MAX_DIGITS + 1), "1/" + "1" * MAX_DIGITS, "0." + "1" * MAX_DIGITS, f"1e-{MAX_DIGITS + 1}"):
        with pytest.raises(LimitError, match="too long"):
            rational(written)
    with pytest.raises(LimitError):
        rational(Decimal((0, (1,) * (MAX_DIGITS + 1), 0)))


def test_text_and_decimal_are_under_the_same_limit() -> None:
    """A decimal of 6000 digits is read from text and from a Decimal alike, whichever way its point is written."""
    digits = "1" * 6000
    for written in (f"0.{digits}", f"{digits[:3000]}.{digits[3000:]}", f"{digits}e-3000"):
        assert rational(written) == rational(Decimal(written)) == Fraction(Decimal(written))


def test_the_limit_is_on_the_number_written_out() -> None:
    """9000 nines followed by 9000 zeros are 18,000 digits, however short the exponent makes them look."""
    with pytest.raises(LimitError):
        rational("9" * 9000 + "e9000")


@pytest.mark.parametrize(
    "value",
    ["1e999999999", "1e-999999999", "-1.5E+999999999", "1e1000000000", "1e-1000000000", "0e999999999",
     Decimal("1e999999999"), Decimal("1e-999999999")],
    ids=str,
)  # fmt: skip
def test_an_exponent_of_a_milliard_is_refused_before_it_is_written_out(value: object) -> None:
    """10^(10^9) has 400 MB; the refusal needs less than one."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            rational(value)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@attack
@given(st.lists(fractions, max_size=8))
def test_the_common_denominator_is_the_least(values: list[Fraction]) -> None:
    """values = n/d with d the least common multiple: nothing divides d and every numerator."""
    numerators, d = over_common_denominator(values)
    assert [Fraction(int(n), int(d)) for n in numerators] == values
    assert d == math.lcm(*(q.denominator for q in values))
    assert math.gcd(int(d), *(int(n) for n in numerators)) == (1 if values else d)


def test_what_holds_a_number_too_long_to_print_is_shown_with_its_first_digits() -> None:
    """A list or a table is quoted, whatever integers Python would refuse to write and whatever its items' repr does."""

    class Sullen:
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown([1, Fraction(1, 2), {"a": (2, 3)}]) == "[1, 1/2, {'a': (2, 3)}]"
    assert shown([1, {"a": (2, 10**5000)}]) == "[1, {'a': (2, 1e+5000)}]"
    assert shown({10**5000, fmpz(3)}) in ("{1e+5000, 3}", "{3, 1e+5000}")
    assert shown([Sullen()]) == "[Sullen]"
    assert len(shown([[10**5000] * 10**6] * 3)) <= 80


@given(st.integers(-(10**900), 10**900))
def test_integers_are_written_and_read_back(n: int) -> None:
    """`integer` undoes `numeral`, and both agree with Python's own conversions where it has them."""
    assert numeral(n) == str(n)
    assert integer(numeral(n)) == n == integer(f"{n:+d}") == integer(f"{n:+0999d}")


def test_only_integers_are_whole() -> None:
    """NumPy's integers and FLINT's are; booleans of either kind and floats are not."""
    assert [whole(x) for x in (3, np.int64(3), np.uint8(3), fmpz(3))] == [3] * 4
    assert [whole(x) for x in (True, np.True_, 3.0, np.float64(3), Fraction(3), "3", None)] == [None] * 7


def test_a_long_number_keeps_its_sign() -> None:
    """Between −1 and 1 as elsewhere: a minus exactly where the number is negative."""
    tiny = Fraction(1, 3 * 10**90)
    assert [shown(x) for x in (tiny, -tiny, 1 + tiny, -1 - tiny)] == [
        "about 3.33333e-91",
        "about -3.33333e-91",
        "about 1",
        "about -1",
    ]
