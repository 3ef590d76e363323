"""Σ a·log b as an exact number: equal when equal, ordered when not, and never by digits alone."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import gcd, inf, nan, nextafter

import mpmath
import numpy as np
import pytest
from chains import examples
from flint import fmpz
from hypothesis import assume, given
from hypothesis import strategies as st

from markovdiff.arithmetic.coprime import coprime_base
from markovdiff.arithmetic.logform import INFINITY, Infinity, LogForm, log
from markovdiff.errors import InexactError, InputError

attack = examples(100)

Terms = list[tuple[Fraction, Fraction]]

coefficients = st.builds(
    Fraction,
    st.integers(-9, 9) | st.sampled_from([-(10**40), 10**40]) | st.integers(-(2**200), 2**200),
    st.integers(1, 12) | st.just(10**40) | st.integers(1, 2**200),
)
naturals = st.integers(1, 30) | st.just(10**40) | st.integers(1, 2**300)
arguments = st.builds(Fraction, naturals, naturals)
term_lists = st.lists(st.tuples(coefficients, arguments), max_size=5)
units = st.sampled_from(["bits", "nats"])


def form(terms: Terms) -> LogForm:
    return sum((a * log(b) for a, b in terms), LogForm())


forms = term_lists.map(form)


def mpf(q: Fraction) -> mpmath.mpf:
    return mpmath.mpf(q.numerator) / q.denominator


def reference(terms: Terms, dps: int = 600, unit: str = "nats") -> Fraction:
    """mpmath's Σ a·log b, with hundreds of digits: the second route to every number here."""
    with mpmath.workdps(dps):
        total = mpmath.fsum(mpf(a) * (mpmath.log(b.numerator) - mpmath.log(b.denominator)) for a, b in terms)
        return Fraction(*mpmath.libmp.to_rational((total / mpmath.log(2) if unit == "bits" else total)._mpf_))


# the vector space over the rationals


@attack
@given(forms, forms, forms, coefficients, coefficients)
def test_the_laws_of_a_vector_space(h: LogForm, k: LogForm, m: LogForm, a: Fraction, b: Fraction) -> None:
    """Sums commute and associate, rationals distribute, and h − h is nothing: exact equalities."""
    assert h + k == k + h
    assert (h + k) + m == h + (k + m)
    assert a * (h + k) == a * h + a * k
    assert (a + b) * h == a * h + b * h
    assert a * (b * h) == (a * b) * h == h * a * b
    assert h - h == 0
    assert h - k == -(k - h)
    assert 0 - (-h) == h + LogForm() == 0 + h == h - 0 == h
    assert 0 - h == -1 * h
    assert sum([h, k, m]) == h + k + m
    assert 0 * h == 0


@attack
@given(forms, coefficients.filter(bool))
def test_division_undoes_multiplication(h: LogForm, a: Fraction) -> None:
    """(ah)/a = h, for a rational a ≠ 0."""
    assert (a * h) / a == h == a * (h / a)


@attack
@given(arguments, arguments, st.integers(-6, 6))
def test_the_laws_of_the_logarithm(x: Fraction, y: Fraction, n: int) -> None:
    """log xy = log x + log y, log x/y = log x − log y, log x^n = n·log x, log 1 = 0."""
    assert log(x * y) == log(x) + log(y)
    assert log(x / y) == log(x) - log(y)
    assert log(x**n) == n * log(x)
    assert log(1) == 0 == LogForm()


@attack
@given(forms)
def test_a_form_is_the_sum_of_the_terms_it_lists(h: LogForm) -> None:
    """Iterating gives (a, b) with Σ a·log b the number, b > 1 rising, no a zero."""
    terms = list(h)
    assert form([(a, Fraction(b)) for a, b in terms]) == h
    assert [b for _, b in terms] == sorted({b for _, b in terms})
    assert all(a != 0 and b > 1 for a, b in terms)


# equality


@attack
@given(
    st.lists(st.integers(2, 60) | st.integers(2, 10**40), min_size=1, max_size=4),
    st.lists(st.tuples(coefficients, st.lists(st.integers(-3, 3), min_size=4, max_size=4)), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_relations_true_by_construction_are_equalities(
    bases: list[int], combination: list[tuple[Fraction, list[int]]], random: object
) -> None:
    """Σ_j a_j log Π_i g_i^e_ij = Σ_i (Σ_j a_j e_ij) log g_i, whatever the g_i share and in any order."""
    products: Terms = []
    for a, exponents in combination:
        x = Fraction(1)
        for g, e in zip(bases, exponents, strict=False):
            x *= Fraction(g) ** e
        products.append((a, x))
    collected = [
        (sum((a * exponents[i] for a, exponents in combination), Fraction(0)), Fraction(g)) for i, g in enumerate(bases)
    ]
    random.shuffle(products)
    difference = form(products) - form(collected)
    assert form(products) == form(collected)
    assert form(products) <= form(collected) <= form(products)
    assert difference.is_zero()
    assert difference.sign() == 0
    assert difference.over_coprime_base() == {}
    assert float(difference) == 0.0
    assert difference.enclosure(50) == (0, 0)
    assert str(difference) == "0"


@attack
@given(forms, st.integers(20, 400), st.sampled_from([-1, 1]), st.integers(2, 10**40))
def test_coefficients_that_differ_far_behind_the_point_differ(h: LogForm, k: int, s: int, b: int) -> None:
    """h + ε·log b ≠ h, and on the side of ε's sign, for |ε| = 10^-20 … 10^-400."""
    other = h + Fraction(s, 10**k) * log(b)
    assert other != h
    assert (other > h) == (s > 0)
    assert (other - h).sign() == s
    assert not (other - h).is_zero()


@attack
@given(st.integers(10**60, 10**61) | st.integers(10**300, 10**301), forms)
def test_neighbouring_arguments_differ(n: int, h: LogForm) -> None:
    """log n < log(n + 1), and log n is strictly concave: log(n−1) + log(n+1) = log(n²−1) < 2·log n."""
    assert h + log(n) < h + log(n + 1)
    assert log(n) - log(n + 1) != 0
    assert log(n - 1) + log(n + 1) == log(n * n - 1)
    assert log(n - 1) + log(n + 1) < 2 * log(n)
    assert (2 * log(n) - log(n - 1) - log(n + 1)).sign() == 1


def test_the_last_prime_that_is_tried_counts() -> None:
    """997 is found by trial division, 1009 by the coprime base; neither is lost where enclosures cannot tell."""
    nearly = 1 - Fraction(1, 10**400)
    for prime in (991, 997, 1009):
        assert log(2 * prime) - log(2) == log(prime)
        assert log(2 * prime) - log(2) != nearly * log(prime)


def test_the_best_approximations_to_log2_of_3_are_told_apart() -> None:
    """The convergents p/q of log₂3 lie below and above it in turn, though q·log 3 − p·log 2 is but 1/q."""
    with mpmath.workdps(400):
        x = Fraction(*mpmath.libmp.to_rational((mpmath.log(3) / mpmath.log(2))._mpf_))
    before, p, q_before, q = 1, int(x), 0, 1
    for n in range(150):
        assert (q * log(3) - p * log(2)).sign() == (-1) ** n
        x = 1 / (x - int(x))
        before, p, q_before, q = p, int(x) * p + before, q, int(x) * q + q_before
    assert q > 10**60


@attack
@given(st.lists(naturals.map(fmpz), max_size=6), st.permutations(range(6)))
def test_a_coprime_base_is_coprime_and_generates(numbers: list[fmpz], order: list[int]) -> None:
    """Its members are > 1 and pairwise coprime, every number is a product of their powers, and it is the only one."""
    # Bernstein 2005, "Factoring into coprimes in essentially linear time", section 4: the natural base is unique
    base = coprime_base(numbers)
    assert all(b > 1 for b in base)
    assert all(gcd(int(a), int(b)) == 1 for i, a in enumerate(base) for b in base[:i])
    for n in numbers:
        rest = int(n)
        for b in map(int, base):
            while rest % b == 0:
                rest //= b
        assert rest == 1
    shuffled = [numbers[i] for i in order if i < len(numbers)]
    assert sorted(map(int, coprime_base(shuffled))) == sorted(map(int, base))


@attack
@given(forms)
def test_over_a_coprime_base_the_number_is_the_same(h: LogForm) -> None:
    """The split changes nothing, its arguments are pairwise coprime, and it is empty for zero only."""
    split = h.over_coprime_base()
    assert LogForm([(c, b) for b, c in split.items()], h._denominator) == h
    assert all(gcd(int(a), int(b)) == 1 for i, a in enumerate(split) for b in list(split)[:i])
    assert (not split) == (h == 0)


# order


@attack
@given(st.lists(term_lists, min_size=2, max_size=4))
def test_forms_are_ordered_as_the_numbers_are(many: list[Terms]) -> None:
    """<, ≤, ==, ≥, > agree with 600 digits of mpmath wherever these tell two numbers apart."""
    values = [(form(terms), reference(terms)) for terms in many]
    for h, x in values:
        for k, y in values:
            if abs(x - y) > Fraction(1, 10**400):
                expected = (x > y) - (x < y)
                assert (h - k).sign() == expected
                assert [h < k, h <= k, h == k, h != k, h >= k, h > k] == [
                    expected < 0, expected < 0, False, True, expected > 0, expected > 0,
                ]  # fmt: skip
            else:
                assert h == k


@attack
@given(forms, st.integers(1, 200))
def test_a_form_lies_strictly_between_the_ends_of_its_enclosure(h: LogForm, digits: int) -> None:
    """Σ a·log b ≠ 0 is irrational (Lindemann 1882), hence strictly between, and equal to no rational."""
    assume(h != 0)
    lower, upper = h.enclosure(digits)
    assert lower < h < upper
    assert upper > h > lower
    assert h not in (lower, upper, Fraction(0), 1)
    assert h != lower
    assert h != 0


@attack
@given(coefficients)
def test_zero_is_ordered_among_the_rationals(r: Fraction) -> None:
    """A LogForm of no terms, or of terms that cancel, compares as 0 does."""
    for zero in (LogForm(), log(6) - log(2) - log(3)):
        assert (zero == r) == (r == 0)
        assert (zero < r) == (r > 0)
        assert (zero >= r) == (r <= 0)
    assert log(1) == 0
    assert log(1) == Fraction(0)
    assert log(1) == Decimal(0)
    assert log(1) == fmpz(0)


def test_comparisons_with_every_kind_of_rational() -> None:
    """1/2 < log 2 < 1, where the rational may come from Python, the decimal module, FLINT or numpy."""
    h = log(2)
    for low, high in [(0, 1), (Fraction(1, 2), Fraction(7, 10)), (Decimal("0.69"), Decimal("0.7")), (fmpz(0), fmpz(1))]:
        assert low < h < high
        assert low <= h <= high
        assert h not in (low, high)
    assert np.int64(0) < h < np.int64(1)


@attack
@given(forms)
def test_infinity_is_above_every_form(h: LogForm) -> None:
    """h < ∞, h ≠ ∞, h + ∞ = ∞, ∞ − h = ∞."""
    assert h < INFINITY
    assert h <= INFINITY
    assert h != INFINITY
    assert operator.gt(INFINITY, h)
    assert operator.ge(INFINITY, h)
    assert not operator.lt(INFINITY, h)
    assert not h >= INFINITY
    assert h + INFINITY is INFINITY + h is INFINITY
    assert INFINITY - h == INFINITY
    assert max([h, INFINITY, h]) is INFINITY


def test_infinity_is_above_every_rational_and_equal_to_itself() -> None:
    """∞ = ∞ = float("inf"), ∞ > r; ∞ − ∞ and 0·∞ have no value."""
    assert Infinity() == INFINITY == inf
    assert hash(INFINITY) == hash(inf)
    assert float(INFINITY) == inf
    assert str(INFINITY) == "∞"
    assert Infinity() >= INFINITY
    assert not Infinity() > INFINITY
    for r in (-1, 10**400, Fraction(10**400, 3), 1e308):
        assert r < INFINITY
        assert r != INFINITY
        assert operator.gt(INFINITY, r)
    for undefined in (
        lambda: log(2) - INFINITY,
        lambda: 0 * INFINITY,
        lambda: -1 * INFINITY,
        lambda: INFINITY / 0,
        lambda: log(2) * INFINITY,
        lambda: INFINITY * INFINITY,
        lambda: "2" * INFINITY,
        lambda: 0.5 * INFINITY,
    ):
        with pytest.raises(TypeError):
            undefined()


def test_infinity_weighed_is_infinity() -> None:
    """w·∞ = ∞·w = ∞/w = ∞ for w > 0: a mixture of divergences is infinite where one of them is."""
    for w in (1, 2, Fraction(1, 3), 10**400):
        assert w * INFINITY is INFINITY * w is INFINITY / w is INFINITY
    assert Fraction(1, 2) * log(2) + Fraction(1, 2) * INFINITY is INFINITY


# refusals

arithmetic = [operator.add, operator.sub, operator.mul, operator.truediv]


@pytest.mark.parametrize("value", [0.0, 0.5, nan, inf, np.float32(0.5), np.float64(0.5), 1j, None], ids=repr)
@pytest.mark.parametrize("op", arithmetic, ids=lambda op: op.__name__)
def test_arithmetic_with_what_is_not_exact_is_refused(op: Callable[..., object], value: object) -> None:
    """h ∘ x raises for a float x, from either side; the error is a TypeError or an InputError."""
    for operands in [(log(2), value), (value, log(2))]:
        with pytest.raises((TypeError, InputError)):
            op(*operands)


@pytest.mark.parametrize("op", arithmetic, ids=lambda op: op.__name__)
def test_arithmetic_with_text_is_refused(op: Callable[..., object]) -> None:
    """Text is read where numbers come in, not in the middle of a formula; a comparison does not read it either."""
    for operands in [(log(2), "1/2"), ("1/2", log(2))]:
        with pytest.raises((TypeError, InputError)):
            op(*operands)


@pytest.mark.parametrize("value", [0.5, nan, np.float64(0.5), np.float32(0.5), "1/2", None, 1j], ids=repr)
def test_a_float_or_a_text_is_equal_to_no_form_and_has_no_place_among_them(value: object) -> None:
    """Comparisons are decided, so what is not exact is not compared: == is False, < is a TypeError."""
    assert not log(2) == value  # noqa: SIM201
    assert log(2) != value
    for op in (operator.lt, operator.le, operator.gt, operator.ge):
        for operands in [(log(2), value), (value, log(2))]:
            with pytest.raises(TypeError):
                op(*operands)


def test_a_float_multiplier_is_refused_as_inexact() -> None:
    """The message tells what was wrong with 0.1."""
    for product in (lambda: 0.1 * log(2), lambda: log(2) * 0.1, lambda: log(2) / 0.1, lambda: log(0.1)):
        with pytest.raises(InexactError, match="binary float"):
            product()


def test_a_form_and_a_rational_do_not_add_up() -> None:
    """1 + log 2 is no Σ a·log b: refused, not rounded."""
    for other in (1, Fraction(1, 2), Decimal(1)):
        with pytest.raises(TypeError):
            log(2) + other
        with pytest.raises(TypeError):
            other - log(2)


@pytest.mark.parametrize("x", [0, -1, "-1/2", Fraction(-1, 10**40), "0.0"])
def test_only_a_positive_number_has_a_logarithm(x: object) -> None:
    """log x, x ≤ 0, is refused, and told of x itself; 0·log 0 = 0 is the caller's case."""
    with pytest.raises(InputError, match="not positive") as caught:
        log(x)
    assert caught.value.expected == "a number > 0"


def test_dividing_by_zero_is_an_error() -> None:
    """h/0 raises, as everywhere in Python."""
    with pytest.raises(ZeroDivisionError):
        log(2) / 0


def test_a_form_is_unhashable() -> None:
    """Equal forms are written in many ways, so none is a key."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(log(2))


@pytest.mark.parametrize("digits", [0, -1, 1001, True, 1.0, "15", None])
def test_digits_run_from_1_to_1000(digits: object) -> None:
    """Anything else is refused, and so is a third unit."""
    with pytest.raises(InputError, match="digits"):
        log(2).enclosure(digits)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unit"):
        log(2).enclosure(10, "hartleys")  # type: ignore[arg-type]


# numbers


@attack
@given(term_lists, st.sampled_from([1, 15, 50, 300]), units)
def test_an_enclosure_contains_the_number_and_is_narrow(terms: Terms, digits: int, unit: str) -> None:
    """lower ≤ truth ≤ upper, upper − lower ≤ 10^(1−digits)·|truth|."""
    h, truth = form(terms), reference(terms, 2000, unit)
    lower, upper = h.enclosure(digits, unit)
    if h == 0:
        assert lower == upper == 0
    else:
        assert lower <= truth <= upper
        assert upper - lower <= Fraction(1, 10 ** (digits - 1)) * min(abs(lower), abs(upper))


@pytest.mark.parametrize("digits", [1, 15, 50, 300, 1000])
@pytest.mark.parametrize("exponent", [8, 20, 50, 90, 200])
def test_an_enclosure_is_narrow_where_everything_cancels(digits: int, exponent: int) -> None:
    """log(n+1) − log n ≈ 1/n at n = 10^k: k digits are lost and made up for."""
    n = 10**exponent
    truth = reference([(Fraction(1), Fraction(n + 1)), (Fraction(-1), Fraction(n))], 5000)
    lower, upper = (log(n + 1) - log(n)).enclosure(digits)
    assert lower <= truth <= upper
    assert upper - lower <= Fraction(1, 10 ** (digits - 1)) * lower


@attack
@given(term_lists)
def test_the_float_is_the_nearest_one(terms: Terms) -> None:
    """float(h) is correctly rounded: Python rounds a Fraction of 600 correct digits to the same."""
    h = form(terms)
    assert float(h) == (0.0 if h == 0 else float(reference(terms)))


@attack
@given(st.floats(1e-300, 1e300), st.sampled_from([-1, 1]), st.integers(40, 400))
def test_a_number_next_to_the_middle_of_two_floats_goes_to_its_own_side(x: float, s: int, k: int) -> None:
    """m(1 ± 10^-k), m halfway between two floats, has the upper or the lower one as its nearest."""
    above = nextafter(x, inf)
    m = (Fraction(x) + Fraction(above)) / 2
    with mpmath.workdps(500):
        a = Fraction(*mpmath.libmp.to_rational((mpf(m) / mpmath.log(3))._mpf_))
    assert float(a * (1 + Fraction(s, 10**k)) * log(3)) == (above if s > 0 else x)


@pytest.mark.parametrize("n", [2, 3, 10, 97, 10**40 + 1, 2**61 - 1])
def test_the_float_of_a_logarithm_agrees_with_60_digits(n: int) -> None:
    """float(log n) rounds mpmath's log n, and float(log 1/n) is its negative."""
    assert float(log(n)) == float(reference([(Fraction(1), Fraction(n))], 60))
    assert float(log(Fraction(1, n))) == -float(log(n))


# written out

smooth = st.integers(1, 999).flatmap(
    lambda a: st.sampled_from([1, 2**50, 3**20 * 7, 997**3, 991 * 997]).map(lambda b: Fraction(a * b))
)
smooth_terms = st.lists(st.tuples(coefficients, smooth | smooth.map(lambda b: 1 / b)), max_size=4)

WRITTEN = re.compile(r"(?: ([+−]) |(−)|^)(?:([0-9/]+)·)?log(2?)[( ]([0-9]+)\)?|(?: ([+−]) |(−)|^)([0-9/]+)(?= |$)")


def read(written: str) -> LogForm:
    """A closed form read back: a term a·log b, a·log2(b), or in bits a number standing for a·log 2."""
    if written == "0":
        return LogForm()
    total, end = LogForm(), 0
    for match in WRITTEN.finditer(written):
        assert match.start() == end, written
        end = match.end()
        sign = -1 if "−" in (match[1], match[2], match[6], match[7]) else 1
        total += sign * (log(int(match[5])) * Fraction(match[3] or 1) if match[5] else log(2) * Fraction(match[8]))
    assert end == len(written), written
    return total


@attack
@given(term_lists, units)
def test_a_closed_form_reads_as_the_number(terms: Terms, unit: str) -> None:
    """What is written is the number: evaluated again, it is equal to it."""
    h = form(terms)
    written = h.closed_form(unit)
    assert read(written) == h
    assert (written == "0") == (h == 0)
    if unit == "nats":
        assert written == str(h)


@attack
@given(smooth_terms, smooth_terms, st.randoms(use_true_random=False), units)
def test_a_closed_form_over_small_primes_is_canonical(terms: Terms, detour: Terms, random: object, unit: str) -> None:
    """One number, one text: a detour through other terms, another order, split products change nothing."""
    shuffled = [*terms, *detour, *((-a, b) for a, b in detour)]
    random.shuffle(shuffled)
    split = [(a, part) for a, b in shuffled for part in (b * Fraction(6, 35), Fraction(35, 6))]
    assert form(split).closed_form(unit) == form(terms).closed_form(unit)


@attack
@given(smooth_terms, units, st.integers(1, 120))
def test_a_closed_form_is_left_out_just_where_it_is_too_long(terms: Terms, unit: str, limit: int) -> None:
    """closed_form(limit) is the text where it has at most `limit` characters, else None."""
    written = form(terms).closed_form(unit)
    assert form(terms).closed_form(unit, limit) == (written if len(written) <= limit else None)


def test_a_closed_form_of_one_digit_fits_into_little_space() -> None:
    """log 2 is 1 bit: one character, which fits into any limit from 1 up."""
    assert [log(2).closed_form("bits", limit) for limit in range(1, 8)] == ["1"] * 7


@pytest.mark.parametrize(
    ("h", "nats", "bits"),
    [
        (2 * log(2) - Fraction(3, 4) * log(3), "2·log 2 − 3/4·log 3", "2 − 3/4·log2(3)"),
        (log(4) - log(27) / 4, "2·log 2 − 3/4·log 3", "2 − 3/4·log2(3)"),
        (log("9/8"), "−3·log 2 + 2·log 3", "−3 + 2·log2(3)"),
        (log(2), "log 2", "1"),
        (-log(2), "−log 2", "−1"),
        (-log(3) + log(5), "−log 3 + log 5", "−log2(3) + log2(5)"),
        (log(8) / 12, "1/4·log 2", "1/4"),
        (log(1), "0", "0"),
        (log(6) - log(2) - log(3), "0", "0"),
        (log(10**40), "40·log 2 + 40·log 5", "40 + 40·log2(5)"),
        (log(1009) + log(1013), "log 1009 + log 1013", "log2(1009) + log2(1013)"),
    ],
)
def test_closed_forms_by_example(h: LogForm, nats: str, bits: str) -> None:
    """Coefficients in lowest terms, arguments rising, a 1 not written, the minus sign U+2212."""
    assert str(h) == h.closed_form() == nats
    assert h.closed_form("bits") == bits
    assert repr(h) == f"<LogForm {nats}>"
