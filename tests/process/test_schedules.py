"""Schedules: exact rationals where the formula is rational, the nearest grid point where it is not."""

import sys
from fractions import Fraction
from itertools import accumulate, pairwise, product

import mpmath
import pytest
from chains import examples, probabilities
from flint import fmpq
from hypothesis import assume, given
from hypothesis import strategies as st

from markovdiff.errors import InputError
from markovdiff.process.schedules import (
    COSINE_CAP,
    RESOLUTION,
    constant,
    cosine,
    cosine_uncapped,
    cosines_have_ratio,
    explicit,
    from_alphas,
    geometric,
    jump,
    linear,
    log_linear,
    polynomial,
    sigma_geometric,
)

steps = st.integers(1, 40)
positive = st.fractions(Fraction(1, 10**6), 1)
grids = st.sampled_from([RESOLUTION, Fraction(1, 1000), Fraction(1, 3**20), Fraction(1, 7)])


def alpha_bars(betas):
    """ᾱ_1 … ᾱ_T."""
    return list(accumulate((1 - beta for beta in betas), lambda a, b: a * b))


def mp(x):
    return mpmath.mpf(x.numerator) / x.denominator


def assert_nearest(beta, truth, resolution):
    """β is a multiple of the resolution, in [0, 1], and none is nearer to the truth, which mpmath has to 50 digits."""
    assert 0 <= beta <= 1
    assert (beta / resolution).denominator == 1
    assert abs(mp(beta) - truth) <= mp(resolution) / 2 + mpmath.mpf(10) ** -50


@given(st.integers(1, 300))
@examples(50)
def test_jump_falls_evenly_to_nothing(T):
    """β_t = 1/(T−t+1) gives ᾱ_t = (T−t)/T: the last step forgets everything."""
    assert alpha_bars(jump(T)) == [Fraction(T - t, T) for t in range(1, T + 1)]
    assert jump(T)[-1] == 1


@given(st.lists(st.fractions(0, 1), min_size=1, max_size=12).map(lambda a: sorted(a, reverse=True)))
@examples(100)
def test_alphas_come_back(alphas):
    """Π_{s≤t} (1 − β_s) = ᾱ_t, for the β made from ᾱ, zeros at the end included."""
    betas = from_alphas(alphas)
    assert alpha_bars(betas) == alphas
    assert all(beta == 1 for beta, before in zip(betas, [1, *alphas], strict=False) if before == 0)


@given(st.lists(st.fractions(0, Fraction(99, 100)), min_size=1, max_size=12))
@examples(100)
def test_betas_come_back(betas):
    """The β made from the ᾱ of β < 1 are those β."""
    assert list(from_alphas(alpha_bars(betas))) == betas


@given(steps, probabilities, probabilities)
@examples(80)
def test_linear_is_even_and_meets_its_ends(T, start, stop):
    """β_1 = start, β_T = stop and all differences are equal; T = 1 gives start."""
    betas = linear(T, start, stop)
    assert len(betas) == T
    assert betas[0] == start
    if T > 1:
        assert betas[-1] == stop
        assert {b - a for a, b in pairwise(betas)} == {(stop - start) / (T - 1)}


@given(steps, probabilities)
@examples(40)
def test_constant_is_linear_without_slope(T, beta):
    """β_t = β: the constant schedule is the linear one from β to β, and is given outright as well."""
    assert constant(T, beta) == linear(T, beta, beta) == explicit([beta] * T)


@given(steps, positive, positive, grids)
@examples(60)
def test_geometric_is_the_nearest_grid_point(T, start, stop, resolution):
    """|β_t − start·(stop/start)^((t−1)/(T−1))| ≤ resolution/2, by mpmath at 60 digits; T = 1 gives start."""
    betas = geometric(T, start, stop, resolution)
    assert len(betas) == T
    with mpmath.workdps(60):
        for t, beta in enumerate(betas, 1):
            exponent = mpmath.mpf(t - 1) / max(T - 1, 1)
            assert_nearest(beta, mp(start) * (mp(stop) / mp(start)) ** exponent, resolution)


@given(st.integers(1, 25), st.fractions(0, 1, max_denominator=200), st.sampled_from([RESOLUTION, Fraction(1, 3**20)]))
@examples(40)
def test_cosine_is_the_nearest_grid_point(T, s, resolution):
    """β_t is nearest to 1 − ᾱ_t/ᾱ_{t−1} and never above 999/1000, ᾱ_t = f(t)/f(0), f(t) = cos²((t/T + s)/(1 + s)·π/2).

    Source: Nichol & Dhariwal 2021 (arXiv 2102.09672), eq. 17 and §3.2, evaluated by mpmath at 60 digits.
    """
    betas = cosine(T, s, resolution)
    assert len(betas) == T
    with mpmath.workdps(60):

        def f(t):
            return mpmath.cos((mpmath.mpf(t) / T + mp(s)) / (1 + mp(s)) * mpmath.pi / 2) ** 2

        for t, beta in enumerate(betas, 1):
            truth = 1 - f(t) / f(t - 1)
            if beta + resolution > COSINE_CAP:
                assert beta <= COSINE_CAP
                assert truth > mp(beta) - mp(resolution) / 2
            else:
                assert_nearest(beta, truth, resolution)


@given(steps, st.sampled_from([1, 2]), st.fractions(Fraction(1, 100), 1), grids)
@examples(40)
def test_cosine_ends_at_its_cap(T, power, cap, resolution):
    """f(T) = 0 would make β_T = 1; the cap makes it the largest multiple of the grid that is not above the cap."""
    assume(cap >= resolution)
    betas = cosine(T, resolution=resolution, power=power, cap=cap)
    assert max(betas) == betas[-1] <= cap < betas[-1] + resolution


def test_the_cap_of_the_paper_is_not_exceeded():
    """999/1000 lies between two multiples of 2^-32; the one above it, nearer by a tenth, is not taken."""
    assert cosine(4)[-1] == Fraction(999 * 2**32 // 1000, 2**32) < COSINE_CAP
    assert cosine(4, resolution=Fraction(1, 1000))[-1] == COSINE_CAP == Fraction(999, 1000)


def test_the_cosine_of_d3pm_is_not_squared():
    """power = 1: ᾱ_t = f(t)/f(0), f(t) = cos((t/T + s)/(1 + s)·π/2), as D3PM's code has it; ᾱ_500 of 1000 is 0.7027.

    Squared, as Nichol & Dhariwal have it, it is 0.4938.
    """
    with mpmath.workdps(40):
        for power, rough in ((1, "0.7027"), (2, "0.4938")):
            betas = cosine(1000, power=power)
            s = mpmath.mpf(8) / 1000
            f = [mpmath.cos((mpmath.mpf(t) / 1000 + s) / (1 + s) * mpmath.pi / 2) ** power for t in range(501)]
            alpha_bar = mp(alpha_bars(betas[:500])[-1])
            assert mpmath.nstr(alpha_bar, 4) == rough
            assert abs(alpha_bar - f[500] / f[0]) < mpmath.mpf(500) / 2**32


@given(steps, st.fractions(0, Fraction(99, 100)))
@examples(60)
def test_log_linear_is_linear_in_alpha_bar(T, eps):
    """ᾱ_t = 1 − (1−ε)t/T, exactly; ε = 0 is the jump schedule."""
    assert alpha_bars(log_linear(T, eps)) == [1 - (1 - eps) * Fraction(t, T) for t in range(1, T + 1)]
    assert log_linear(T, Fraction(0)) == jump(T)


@given(steps, st.integers(1, 8))
@examples(60)
def test_polynomial_is_a_power_in_alpha_bar(T, power):
    """ᾱ_t = 1 − (t/T)^power, exactly; power = 1 is the jump schedule."""
    assert alpha_bars(polynomial(T, power)) == [1 - Fraction(t, T) ** power for t in range(1, T + 1)]
    assert polynomial(T, 1) == jump(T)


@given(steps, positive, positive, grids)
@examples(60)
def test_sigma_geometric_is_the_nearest_grid_point(T, start, stop, resolution):
    """β_t is nearest to 1 − exp(σ_{t−1} − σ_t), σ_t = start^(1−t/T)·stop^(t/T), σ_0 = 0; by mpmath at 60 digits."""
    start, stop = sorted((start, 4 * stop))
    with mpmath.workdps(60):
        sigma = [mpmath.mpf(0), *(mp(start) * (mp(stop) / mp(start)) ** (mpmath.mpf(t) / T) for t in range(1, T + 1))]
        for t, beta in enumerate(sigma_geometric(T, start, stop, resolution), 1):
            assert_nearest(beta, 1 - mpmath.exp(sigma[t - 1] - sigma[t]), resolution)


def test_noise_that_stands_still_is_exactly_nothing():
    """σ from ½ to ½: the first step makes it, the others do nothing, and none of them is called rounded to 0."""
    first, *others = sigma_geometric(4, Fraction(1, 2), Fraction(1, 2))
    assert first > 0
    assert others == [0, 0, 0]


@pytest.mark.parametrize("beta", [Fraction(1, 10), Fraction(1), Fraction(1, 2**32)])
def test_one_step_is_the_start(beta):
    """T = 1: linear and constant give β_1 = start; geometric the same on its grid; jump forgets at once."""
    assert linear(1, beta, Fraction(1, 2)) == constant(1, beta) == (beta,)
    assert abs(geometric(1, beta, Fraction(1, 2))[0] - beta) <= RESOLUTION / 2
    assert jump(1) == (1,)


@pytest.mark.parametrize("n", range(6))
def test_a_tie_goes_to_the_even_multiple(n):
    """A β_t that lies exactly half way, (n + ½)·resolution, is rounded to the even one of its neighbours.

    At β_1 (where start itself is the tie), at β_T (where it is computed), and in the middle.
    """
    resolution = Fraction(1, 8)
    half_way = (n + Fraction(1, 2)) * resolution
    even = (n + n % 2) * resolution
    assert geometric(2, Fraction(1), half_way, resolution)[-1] == even
    assert geometric(2, half_way, Fraction(1), resolution)[0] == even
    assert geometric(1, half_way, half_way, resolution)[0] == even
    assert geometric(3, half_way**2, Fraction(1), resolution)[1] == even


@pytest.mark.parametrize(
    ("T", "s", "resolution", "betas"),
    [
        (2, Fraction(0), Fraction(1, 3), (Fraction(2, 3), Fraction(2, 3))),
        (3, Fraction(0), Fraction(1, 2), (Fraction(0), Fraction(1, 2), Fraction(1, 2))),
        (3, Fraction(0), Fraction(1, 6), (Fraction(1, 3), Fraction(2, 3), Fraction(5, 6))),
        (1, Fraction(8, 1000), Fraction(1, 500), (Fraction(499, 500),)),
    ],
)
def test_a_cosine_that_is_rational_is_rounded_like_any_rational(T, s, resolution, betas):
    """Where β_t is a known rational, a tie is a tie, and goes to the even multiple.

    s = 0: T = 2 gives β_1 = ½ and T = 3 gives β = ¼, ⅔ (cos² of 45°, 30° and 60° are ½, ¾, ¼; Niven 1956). The
    cap, 999/1000, lies half way between 499/500 and 1, and the lower one is taken.
    """
    assert cosine(T, s, resolution) == betas


@pytest.mark.parametrize(
    ("a", "b", "ratio"), [("1/3", "0", "1/2"), ("1/3", "2/3", "-1"), ("1/2", "1/7", "0"), ("1/5", "1/5", "1")]
)
def test_ratios_of_plain_cosines_are_decided(a, b, ratio):
    """cos 60° = ½·cos 0, cos 60° = −cos 120°, cos 90° = 0; a ratio that misses by a hair is not one."""
    a, b, ratio = fmpq(*Fraction(a).as_integer_ratio()), fmpq(*Fraction(b).as_integer_ratio()), Fraction(ratio)
    assert cosines_have_ratio(a, b, ratio, Fraction(0))
    assert not cosines_have_ratio(a, b, ratio + Fraction(1, 10**50), Fraction(0))


def test_no_other_two_cosines_have_a_rational_ratio():
    """With a denominator above 5 none is near a fraction over 1 … 1000, but for a = b, a = 1 − b (Conway & Jones)."""
    angles = sorted({Fraction(p, q) for q in range(1, 13) for p in range(q)})
    with mpmath.workdps(40):
        cosines = {a: mpmath.cos(mpmath.pi * a.numerator / a.denominator) for a in angles}
        for c, a, b in product((0, 1), angles, angles):
            if a in (b, 1 - b) or max(a.denominator, b.denominator) <= 5 or Fraction(1, 2) in (a, b):
                continue
            ratio = (c + cosines[a]) / (c + cosines[b])
            nearest = Fraction(int(ratio * 10**30), 10**30).limit_denominator(1000)
            assert abs(ratio - mp(nearest)) > mpmath.mpf(10) ** -25


def test_a_fine_grid_takes_no_polynomial(monkeypatch):
    """At 128 bits every β_t lies by a middle of the grid 2⁻¹²⁸, and T = 997 has angles of orders beyond 10⁵."""
    monkeypatch.setattr(sys.modules[cosine.__module__], "fmpz_poly", None)
    fine, coarse = (cosine(997, Fraction(8, 1000), Fraction(1, 2**bits)) for bits in (128, 32))
    assert all(abs(a - b) <= Fraction(1, 2**32) for a, b in zip(fine, coarse, strict=True))
    with pytest.raises(InputError, match="cannot be decided"):
        cosine(997, Fraction(8, 1000), Fraction(1, 2**10_000))


@pytest.mark.parametrize(("T", "n", "betas"), [(2, 3**200, ["1/2", "1"]), (3, 2 * 3**1500, ["1/4", "2/3", "1"])])
def test_a_tie_on_a_fine_grid_goes_to_the_even_multiple(T, n, betas):
    """½ and ¼ lie half way between multiples of 1/3²⁰⁰ and of 1/(2·3¹⁵⁰⁰)."""
    uncapped = cosine_uncapped(T, Fraction(0), Fraction(1, n))
    assert uncapped == tuple(Fraction(round(Fraction(beta) * n), n) for beta in betas)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: constant(3, Fraction(11, 10)), "noise.schedule.beta"),
        (lambda: linear(3, Fraction(-1, 10), Fraction(1)), "noise.schedule.start"),
        (lambda: linear(3, Fraction(1, 10), Fraction(2)), "noise.schedule.stop"),
        (lambda: geometric(3, Fraction(0), Fraction(1)), "noise.schedule.start"),
        (lambda: geometric(3, Fraction(1, 2), Fraction(0)), "noise.schedule.stop"),
        (lambda: geometric(3, Fraction(1, 2), Fraction(1), Fraction(2, 3)), "noise.schedule.resolution"),
        (lambda: cosine(3, Fraction(-1, 10)), "noise.schedule.s"),
        (lambda: cosine(3, resolution=Fraction(0)), "noise.schedule.resolution"),
        (lambda: cosine(3, cap=Fraction(0)), "noise.schedule.cap"),
        (lambda: cosine(3, cap=Fraction(11, 10)), "noise.schedule.cap"),
        (lambda: cosine(3, resolution=Fraction(1, 3), cap=Fraction(1, 4)), "noise.schedule.cap"),
        (lambda: log_linear(3, Fraction(1)), "noise.schedule.eps"),
        (lambda: sigma_geometric(3, Fraction(0), Fraction(1)), "noise.schedule.start"),
        (lambda: sigma_geometric(3, Fraction(2), Fraction(1)), "noise.schedule.start"),
        (lambda: sigma_geometric(3, Fraction(1), Fraction(2), Fraction(2, 3)), "noise.schedule.resolution"),
        (lambda: explicit([Fraction(1, 2), Fraction(3, 2)]), "noise.schedule.betas[1]"),
        (lambda: from_alphas([Fraction(1, 2), Fraction(2, 3)]), "noise.schedule.alphas[1]"),
        (lambda: from_alphas([Fraction(1, 2), Fraction(0), Fraction(1, 9)]), "noise.schedule.alphas[2]"),
        (lambda: from_alphas([Fraction(-1, 2)]), "noise.schedule.alphas[0]"),
    ],
)
def test_what_is_not_a_schedule_is_refused_by_place(make, where):
    """A β outside [0, 1], an ᾱ that rises, a grid that misses 1: each is an InputError that says where."""
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.where == where
