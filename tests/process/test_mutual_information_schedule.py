"""The schedule on which information falls evenly: its ᾱ_t by a second route, its special case, what it is not for."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate

import mpmath
import pytest
from chains import examples
from hypothesis import assume, given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.enclosure import bounds
from markovdiff.process.distribution import Distribution
from markovdiff.process.schedules import jump
from markovdiff.process.schedules.mutual_information import Levels, mutual_information

REFERENCE = ["1", "0.92474897968574084158", "0.79475914300327928596", "0.58782468072553081961", "0"]
"""ᾱ_0 … ᾱ_4 for ¾, ¼ under the uniform kernel, to 20 digits; `information` below has I there."""

weights = st.lists(st.integers(0, 9), min_size=2, max_size=5)


def test_reference_values() -> None:
    """Data ¾, ¼ and the uniform kernel, T = 4: the ᾱ_t to 20 digits, and β_t the nearest multiples of 2⁻³²."""
    levels = Levels(Distribution.from_weights([3, 1]), Distribution.from_weights([1, 1]))
    for t, alpha in enumerate(REFERENCE):
        low, high = bounds(levels.root(1 - Fraction(t, 4), 128))
        assert low - Fraction(1, 10**20) < Fraction(alpha) < high + Fraction(1, 10**20)
    with mpmath.workdps(30):
        p, pi = Distribution.from_weights([3, 1]), Distribution.from_weights([1, 1])
        found = [information(p, pi, Fraction(alpha)) / information(p, pi, Fraction(1)) for alpha in REFERENCE]
    assert [float(x) for x in found] == pytest.approx([1, 0.75, 0.5, 0.25, 0], abs=1e-15)
    betas = mutual_information(4, Distribution.from_weights([3, 1]), Distribution.from_weights([1, 1]))
    for t, beta in enumerate(betas, 1):
        exact = 1 - Fraction(REFERENCE[t]) / Fraction(REFERENCE[t - 1])
        assert abs(beta - exact) <= Fraction(1, 2**33) + Fraction(1, 10**18)
        assert (beta * 2**32).denominator == 1


@given(weights, weights, st.integers(2, 6))
@examples(40)
def test_information_falls_evenly(data: list[int], target: list[int], T: int) -> None:
    """I(ᾱ_t) = (1 − t/T)·H(x0) at ᾱ_t = Π(1 − β_s), by mpmath, up to what rounding β to the grid can move it."""
    K = min(len(data), len(target))
    data, target = data[:K], target[:K]
    assume(sum(n > 0 for n in data) > 1 and sum(target))
    p, pi = Distribution.from_weights(data), Distribution.from_weights(target)
    betas = mutual_information(T, p, pi, Fraction(1, 2**48))
    with mpmath.workdps(30):
        for t, alpha in enumerate(accumulate((1 - b for b in betas), lambda a, b: a * b, initial=Fraction(1))):
            found, whole = information(p, pi, alpha), information(p, pi, Fraction(1))
            assert abs(found - (1 - mpmath.mpf(t) / T) * whole) < mpmath.mpf(T * K * 200) / 2**48


def information(p: Distribution, pi: Distribution, alpha: Fraction) -> mpmath.mpf:
    """I(x0;x_t) from the joint law, by its definition."""
    found = mpmath.mpf(0)
    q = [alpha * a + (1 - alpha) * b for a, b in zip(p.probabilities, pi.probabilities, strict=True)]
    for i, a in enumerate(p.probabilities):
        for j, b in enumerate(pi.probabilities):
            w = alpha * (i == j) + (1 - alpha) * b
            if a and w:
                ratio = w / q[j]
                found += (
                    mpmath.mpf((a * w).numerator)
                    / (a * w).denominator
                    * mpmath.log(mpmath.mpf(ratio.numerator) / ratio.denominator)
                )
    return found


@pytest.mark.parametrize("T", [1, 2, 7, 100])
def test_under_an_added_mask_it_is_the_jump_schedule(T: int) -> None:
    """I_t = ᾱ_t·H(x0) there, so ᾱ_t = 1 − t/T: exactly, with nothing rounded."""
    noise = f'steps = {T}, kernel = {{ kind = "absorbing" }}, schedule = {{ kind = "mutual-information" }}'
    assert md.loads(f"data = {{ weights = [5, 2, 1] }}\nnoise = {{ {noise} }}").betas == jump(T)


@pytest.mark.parametrize(
    ("weights", "kernel", "words"),
    [
        ("[1, 0]", '{ kind = "uniform" }', "one x0 alone"),
        ("[2, 1]", '{ kind = "neighbour" }', "towards one law"),
        ("[2, 1]", '{ kind = "uniform", bands = 1 }', "towards one law"),
    ],
)
def test_what_it_is_not_for_is_refused(weights: str, kernel: str, words: str) -> None:
    """Data without information, and kernels that no ᾱ tells."""
    noise = f'steps = 3, kernel = {kernel}, schedule = {{ kind = "mutual-information" }}'
    with pytest.raises(md.InputError, match=words):
        md.loads(f"data = {{ weights = {weights} }}\nnoise = {{ {noise} }}")
