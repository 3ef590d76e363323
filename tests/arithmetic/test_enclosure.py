"""Balls: they contain the number, keep their relative accuracy, and round outward."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

import mpmath
import pytest
from chains import examples
from flint import arb, ctx, fmpz
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.decimals import as_decimal, decimal_text, decimals, float_text, rounded, show
from markovdiff.arithmetic.enclosure import (
    accuracy,
    ball,
    bits_for,
    bounds,
    centred_ball,
    combine,
    entropy_ball,
    in_unit,
    log_ball,
    sign_of,
)
from markovdiff.arithmetic.rational import over_common_denominator
from markovdiff.errors import InputError

attack = examples(100)

LOST_BITS = 32
"""Bits of relative accuracy that an evaluation may lose and still give the digits asked for at once:
half of the guard bits."""

weights = st.integers(1, 9) | st.just(10**40) | st.integers(1, 2**200)
precisions = st.sampled_from([bits_for(1), bits_for(15), 256, 1000])


def exactly(x: mpmath.mpf) -> Fraction:
    """The dyadic rational that an mpf is."""
    return Fraction(*mpmath.libmp.to_rational(x._mpf_))


def high(digits: int, value: Callable[[], mpmath.mpf]) -> Fraction:
    """mpmath's value at `digits` digits: the second route to every irrational number here."""
    with mpmath.workdps(digits):
        return exactly(value())


def mpf(q: Fraction) -> mpmath.mpf:
    return mpmath.mpf(q.numerator) / q.denominator


def textbook_kl(p: list[Fraction], q: list[Fraction]) -> mpmath.mpf:
    """Σ p log(p/q), as it is written."""
    return mpmath.fsum(mpf(a) * mpmath.log(mpf(a / b)) for a, b in zip(p, q, strict=True) if a)


def textbook_entropy(p: list[Fraction]) -> mpmath.mpf:
    return -mpmath.fsum(mpf(a) * mpmath.log(mpf(a)) for a in p if a not in (0, 1))


def centred_kl(p: list[Fraction], q: list[Fraction], bits: int) -> arb:
    """KL(p‖q) = Σ q·f(p/q − 1) with q = P/d and p − q = E/d."""
    numbers, d = over_common_denominator([*p, *q])
    a, b = numbers[: len(p)], numbers[len(p) :]
    return centred_ball([(P, [(fmpz(1), n - P)]) for n, P in zip(a, b, strict=True)], d, bits)


def normalised(numbers: list[int]) -> list[Fraction]:
    return [Fraction(n, sum(numbers)) for n in numbers]


def assert_contains(x: arb, truth: Fraction) -> None:
    lower, upper = bounds(x)
    assert lower <= truth <= upper


@st.composite
def nearby(draw: st.DrawFn) -> tuple[list[Fraction], list[Fraction]]:
    """p = (1−ε)q + εr, q > 0, r ≥ 0 anywhere, ε from 1 down to 10^-300: p leaves cells impossible where ε = 1."""
    K = draw(st.integers(2, 5))
    q = normalised(draw(st.lists(weights, min_size=K, max_size=K)))
    r = normalised(draw(st.lists(st.just(0) | weights, min_size=K, max_size=K).filter(any)))
    e = Fraction(1, 10 ** draw(st.just(0) | st.integers(0, 12) | st.integers(30, 300)))
    return [(1 - e) * b + e * c for b, c in zip(q, r, strict=True)], q


@attack
@given(nearby(), precisions)
def test_the_centred_form_is_the_textbook_divergence(pair: tuple[list[Fraction], list[Fraction]], bits: int) -> None:
    """Σ q·f(p/q − 1) = Σ p log(p/q), also where p and q agree to 300 digits or p leaves a cell impossible."""
    p, q = pair
    assert_contains(centred_kl(p, q, bits), high(1500, lambda: textbook_kl(p, q)))


@attack
@given(nearby().filter(lambda pair: pair[0] != pair[1]), precisions)
def test_the_centred_form_is_as_accurate_for_a_small_deviation_as_for_a_large_one(
    pair: tuple[list[Fraction], list[Fraction]], bits: int
) -> None:
    """No term is negative, so nothing cancels: the relative accuracy is that of one term."""
    assert accuracy(centred_kl(*pair, bits)) >= bits - LOST_BITS


@pytest.mark.parametrize("exponent", [1, 7, 8, 23, 24, 30, 100, 300, 3000])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_deviation_of_any_size_on_either_side(exponent: int, sign: int) -> None:
    """f(r) for r = ±2^-k, on both sides of where the series takes over, and ±10^-k, to full relative accuracy."""
    bits = bits_for(50)
    for P in (fmpz(2) ** exponent, fmpz(10) ** exponent):
        x = centred_ball([(P, [(fmpz(1), fmpz(sign))])], P, bits)
        r = Fraction(sign, int(P))
        truth = high(6500, lambda r=r: (1 + mpf(r)) * mpmath.log(1 + mpf(r)) - mpf(r))
        assert_contains(x, truth)
        assert accuracy(x) >= bits - LOST_BITS


@pytest.mark.parametrize("exponent", [1, 10, 30, 40, 100, 300])
def test_a_nearly_impossible_cell(exponent: int) -> None:
    """f(−1 + 10^-k) is close to f(−1) = 1 and to be had at any precision: 1 + r = (P + E)/P is exact."""
    bits, P = bits_for(15), fmpz(10) ** exponent
    x = centred_ball([(P, [(fmpz(1), 1 - P)])], P, bits)
    e = Fraction(1, 10**exponent)
    assert accuracy(x) >= bits - LOST_BITS
    assert_contains(x, high(1000, lambda: mpf(e) * mpmath.log(mpf(e)) + 1 - mpf(e)))


def test_an_impossible_cell_costs_its_whole_weight() -> None:
    """f(−1) = 1, and the sum over columns P·w·f/scale is then the rational Σ Pw/scale: exact."""
    columns = [(fmpz(3), [(fmpz(2), fmpz(-3))]), (fmpz(5), [(fmpz(1), fmpz(-5)), (fmpz(7), fmpz(0))])]
    assert bounds(centred_ball(columns, fmpz(1), 64)) == (11, 11)


def test_no_deviation_is_nothing() -> None:
    """f(0) = 0, exactly."""
    assert centred_ball([(fmpz(3), [(fmpz(2), fmpz(0))])], fmpz(7), 64).is_zero()


@attack
@given(st.lists(st.just(0) | weights, min_size=1, max_size=6).filter(any), precisions)
def test_the_entropy_ball_contains_the_entropy(numbers: list[int], bits: int) -> None:
    """−Σ p log p, 0·log 0 = 0; exactly zero for a certain outcome."""
    x = entropy_ball([(fmpz(n), 1) for n in numbers], fmpz(sum(numbers)), bits)
    assert_contains(x, high(600, lambda: textbook_entropy(normalised(numbers))))
    assert x.is_zero() == (sum(map(bool, numbers)) == 1)


@pytest.mark.parametrize("exponent", [1, 15, 30, 100, 300])
def test_the_entropy_of_an_almost_certain_outcome_keeps_its_digits(exponent: int) -> None:
    """h(10^-k) ≈ k·10^-k·log 10 to full relative accuracy, though 1 − p rounds to 1."""
    bits, d = bits_for(15), fmpz(10) ** exponent
    x = entropy_ball([(d - 1, 1), (fmpz(1), 1)], d, bits)
    p = [1 - Fraction(1, 10**exponent), Fraction(1, 10**exponent)]
    assert_contains(x, high(1000, lambda: textbook_entropy(p)))
    assert accuracy(x) >= bits - LOST_BITS


@attack
@given(st.lists(st.tuples(st.integers(-(10**40), 10**40), weights), max_size=5), weights, precisions)
def test_a_combination_of_logarithms_is_enclosed(terms: list[tuple[int, int]], d: int, bits: int) -> None:
    """(Σ c·log n)/d lies in its ball, in nats and in bits."""
    x = combine([(fmpz(c), log_ball(fmpz(n), bits)) for c, n in terms], fmpz(d), bits)
    truth = high(600, lambda: mpmath.fsum(c * mpmath.log(n) for c, n in terms) / d)
    assert_contains(x, truth)
    assert_contains(in_unit(x, "bits", bits), high(600, lambda: mpf(truth) / mpmath.log(2)))
    assert in_unit(x, "nats", bits) is x


@attack
@given(st.builds(Fraction, st.integers(-(2**300), 2**300), weights), precisions)
def test_a_rational_lies_in_its_ball(q: Fraction, bits: int) -> None:
    """lower ≤ q ≤ upper, and the ball settles the sign unless q is the exact zero."""
    x = ball(q, bits)
    assert_contains(x, q)
    assert sign_of(x) == (q > 0) - (q < 0)


def test_a_ball_around_zero_settles_no_sign() -> None:
    """Where both signs are possible the sign is None, and the relative accuracy is negative."""
    assert sign_of(arb(0, 1)) is None
    assert accuracy(arb(0, 1)) < 0


def test_the_working_precision_is_left_as_it_was_found() -> None:
    """FLINT's precision is a global of the process: no call, not even one that fails, leaves it changed."""
    before = ctx.prec
    centred_kl([Fraction(1, 3), Fraction(2, 3)], [Fraction(1, 2)] * 2, 777)
    entropy_ball([(fmpz(1), 1), (fmpz(2), 1)], fmpz(3), 777)
    in_unit(combine([(fmpz(1), log_ball(fmpz(3), 777))], fmpz(2), 777), "bits", 777)
    decimals(ball(Fraction(1, 3), 777), 20)
    with pytest.raises(ZeroDivisionError):
        rounded(lambda _bits: arb(1 // 0), Fraction(1), "nearest", None, "here")
    assert ctx.prec == before


@attack
@given(
    st.builds(Fraction, st.integers(-(2**200), 2**200).filter(bool), weights),
    st.integers(-60, 20),
    st.integers(1, 60),
)
def test_decimals_are_rounded_outward(q: Fraction, exponent: int, digits: int) -> None:
    """lower ≤ q ≤ upper at most two units apart, the value under one unit off, of at least `digits` digits."""
    q *= Fraction(10) ** exponent
    d = decimals(ball(q, bits_for(digits)), digits)
    assert d is not None
    unit = Fraction(10) ** d.exponent
    assert d.lower * unit <= q <= d.upper * unit
    assert d.lower <= d.nearest <= d.upper <= d.lower + 2
    assert abs(d.nearest * unit - q) < unit
    assert 10 ** (digits - 1) * unit <= abs(q) <= 10**digits * unit


@attack
@given(st.integers(-(10**15) + 1, 10**15 - 1).filter(bool), st.integers(-30, 5))
def test_a_decimal_that_ends_is_noticed(mantissa: int, exponent: int) -> None:
    """Where the number is a decimal of the digits asked for, it is the nearest one, and said to be worth a test."""
    q = mantissa * Fraction(10) ** exponent
    d = decimals(ball(q, bits_for(15)), 15)
    assert d is not None
    assert d.may_end
    assert d.nearest * Fraction(10) ** d.exponent == q


def test_a_ball_too_wide_for_the_digits_gives_none() -> None:
    """Digits that the ball does not prove are not given."""
    assert decimals(arb(1, 0.01), 15) is None
    assert decimals(arb(0, 1), 1) is None
    assert decimals(ball(Fraction(1, 3), bits_for(15)), 60) is None


@attack
@given(st.integers(-(10**30), 10**30), st.integers(-90, 20))
def test_show_writes_exactly_the_number(mantissa: int, exponent: int) -> None:
    """The text is mantissa·10^exponent, in scientific notation below 1e-4 and only there."""
    written, q = show(mantissa, exponent), mantissa * Fraction(10) ** exponent
    assert Fraction(written) == q
    assert ("e" in written) == (0 < abs(q) < Fraction(1, 10**4))


@pytest.mark.parametrize(
    ("mantissa", "exponent", "written"),
    [
        (0, 5, "0"),
        (1, 0, "1"),
        (-1, 3, "-1000"),
        (12, -1, "1.2"),
        (12, -2, "0.12"),
        (1, -4, "0.0001"),
        (1, -5, "1e-05"),
        (99999, -9, "9.9999e-05"),
        (-10, -6, "-1.0e-05"),
        (1000, -7, "0.0001000"),
    ],
)
def test_show_by_example(mantissa: int, exponent: int, written: str) -> None:
    """Every digit of the mantissa is shown, and a two-digit exponent as Python has it."""
    assert show(mantissa, exponent) == written


grids = st.builds(Fraction, st.just(1), st.integers(1, 9) | st.just(2**32) | st.just(10**40) | st.just(2**200))
modes = st.sampled_from(["nearest", "down"])
Mode = Literal["nearest", "down"]


def correctly(value: Fraction, grid: Fraction, mode: Mode) -> Fraction:
    """Python's own rounding of a Fraction: half to even, or floor."""
    return (round(value / grid) if mode == "nearest" else math.floor(value / grid)) * grid


@attack
@given(st.builds(Fraction, st.integers(0, 2**100), st.integers(1, 2**100)), grids, modes)
def test_rounding_is_correct(value: Fraction, grid: Fraction, mode: Mode) -> None:
    """The nearest multiple of the grid, or the one below, where only balls are given."""
    got = rounded(lambda bits: ball(value, bits), grid, mode, lambda boundary: boundary == value, "here")
    assert got == correctly(value, grid, mode)


@attack
@given(st.integers(0, 10**6), grids, modes)
def test_a_number_on_the_boundary_is_rounded_too(twice: int, grid: Fraction, mode: Mode) -> None:
    """n/2 grid steps: a tie goes to the even multiple, a multiple stays what it is."""
    value = twice * grid / 2
    got = rounded(lambda bits: ball(value, bits), grid, mode, lambda boundary: boundary == value, "here")
    assert got == correctly(value, grid, mode)


@attack
@given(st.integers(0, 40), st.integers(-12, 12), st.integers(0, 12), modes)
def test_rounding_does_not_depend_on_the_ball(twice: int, offset: int, slack: int, mode: Mode) -> None:
    """Any ball that contains the number, wide or off its centre, leads to the same rounding."""
    grid = Fraction(1, 8)
    value = twice * grid / 2

    def wide_at_first(bits: int) -> arb:
        return arb((twice * 4 + offset, -6), (abs(offset) + slack, -6)) if bits == 128 else ball(value, bits)

    assert rounded(wide_at_first, grid, mode, lambda b: b == value, "here") == correctly(value, grid, mode)


@pytest.mark.parametrize("digits", [1, 10, 50, 200])
def test_an_irrational_number_is_rounded_by_its_digits(digits: int) -> None:
    """π to a decimal grid, by mpmath's digits: truncated, and to the nearest."""
    grid = Fraction(1, 10**digits)
    truth = high(digits + 100, lambda: +mpmath.pi)
    assert rounded(lambda _bits: arb.pi(), grid, "down", None, "here") == math.floor(truth / grid) * grid
    assert rounded(lambda _bits: arb.pi(), grid, "nearest", None, "here") == round(truth / grid) * grid


def test_a_tie_that_cannot_be_told_is_reported() -> None:
    """(√2)²/2·½ is a tie on the grid of 1 and no ball shows it: an error names the place, and nothing is guessed."""
    with pytest.raises(InputError) as caught:
        rounded(lambda _bits: arb(2).sqrt() ** 2 / 4, Fraction(1), "nearest", None, "noise.schedule, t = 3")
    assert "noise.schedule, t = 3" in str(caught.value)
    assert "resolution" in str(caught.value)
    tie = rounded(lambda _bits: arb(2).sqrt() ** 2 / 4, Fraction(1), "nearest", lambda b: b == Fraction(1, 2), "")
    assert tie == 0


@attack
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-999, 999).map(float), st.integers(1, 40))
def test_both_ways_to_write_a_float_are_one(value: float, digits: int) -> None:
    """`float_text` is `decimal_text` of `as_decimal`: the same rounding, the same notation."""
    assert float_text(value, digits) == decimal_text(as_decimal(value, digits))
