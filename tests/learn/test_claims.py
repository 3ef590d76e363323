"""What the pages say in words, where no number beside the words says it: by a second route."""

from __future__ import annotations

from fractions import Fraction
from math import log2, pi, sqrt
from typing import Any

import mpmath
import numpy as np
import pytest
from breadth import few

from markovdiff.arithmetic.quantity import Quantity
from markovdiff.learn.blocks import Facts, NumberText, TableBlock
from markovdiff.learn.contents import find
from markovdiff.learn.layout import layout

BY_QUADRATURE = 1e-12
"""What mpmath's own quadrature, in 18 digits, is held to; the numbers shown are printed to fifteen."""


def words_of(topic: str, *settings: str) -> str:
    page = find(topic)
    return " ".join(line.text.strip() for part in layout(page, page.read(settings)) for line in part)


@pytest.mark.parametrize("p", ["1/2", "1/3", "9999/10000"])
def test_a_flip_of_one_half_leaves_nothing(p: str) -> None:
    """Decided as independence; and the page that asks for that flip names it. Any other flip leaves something."""
    assert "A flip of 1/2 leaves nothing" in words_of("mutual-information")
    assert "yes: p(x,y) = p(x)p(y) in every cell" in words_of("mutual-information", f"p={p}", "e=1/2")
    assert "no: not independent" in words_of("mutual-information", f"p={p}", "e=4999/10000")


@pytest.mark.parametrize(("beta", "T"), [("1/5", 3), ("9/10", 2)])
def test_the_loss_of_a_step_is_the_integral_of_the_score_entropy(beta: str, T: int) -> None:
    """By mpmath, from the formula on the page: Q = ᾱI + (1−ᾱ)/3, ᾱ = e^{−σ}, R = 1/3 beside the diagonal."""
    blocks = find("continuous-time").build({"beta": Fraction(beta), "T": Fraction(T)})
    table = next(block for block in blocks if isinstance(block, TableBlock))
    p0, kept = [mpmath.mpf(n) / 10 for n in (6, 3, 1)], 1 - Fraction(beta)
    step = -mpmath.log(mpmath.mpf(kept.numerator) / kept.denominator)

    def rate(sigma: mpmath.mpf) -> mpmath.mpf:
        a = mpmath.exp(-sigma)
        p = [a * x + (1 - a) / 3 for x in p0]
        r = [[(a * (i == x) + (1 - a) / 3) / p[x] for x in range(3)] for i in range(3)]
        pairs = ((i, x, y) for i in range(3) for x in range(3) for y in range(3) if x != y)

        def phi(u: mpmath.mpf, v: mpmath.mpf) -> mpmath.mpf:
            return u * mpmath.log(u / v) - u + v

        return sum(p0[i] * p[x] / 3 * phi(r[i][x], r[i][y]) for i, x, y in pairs) / mpmath.log(2)

    for t, before, after, integral, loss in table.rows:
        with mpmath.workdps(18):
            expected = mpmath.quad(rate, [(t - 1) * step, t * step])
            truths = rate((t - 1) * step), rate(t * step), expected, expected
            for shown, truth in zip((before, after, integral, loss), truths, strict=True):
                assert isinstance(shown, NumberText)
                assert isinstance(shown.value, Quantity)
                assert float(shown.value.enclosed(15, "bits")) == pytest.approx(float(truth), rel=BY_QUADRATURE)
    assert "their enclosures meet" in words_of("continuous-time", f"beta={beta}", f"T={T}")


@pytest.mark.parametrize(("heads", "tails"), [(7, 3), (1, 1), (0, 4), (999, 1)])
def test_training_chooses_the_frequencies(heads: int, tails: int) -> None:
    """Of the models on the page the frequency alone has KL 0 and the least loss, n·H(F), which it keeps."""
    blocks = find("likelihood").build({"heads": Fraction(heads), "tails": Fraction(tails)})
    table = next(block for block in blocks if isinstance(block, TableBlock))
    n, seen = heads + tails, Fraction(heads, heads + tails)
    loss = {
        q: float(cost.value) / float(mpmath.log(2))  # type: ignore[union-attr, arg-type]
        for q, cost in zip(table.column("q"), table.column("−log q(data), bits"), strict=True)
    }
    assert min(loss, key=loss.__getitem__) == seen
    left = -n * sum(float(f) * log2(f) for f in (seen, 1 - seen) if f)
    assert loss[seen] == pytest.approx(left, rel=1e-12, abs=1e-12)


def test_a_smaller_patch_costs_p_log_10_more_in_the_end() -> None:
    """From 1e-6 to 1e-20 fourteen factors of ten: 14·p·log2 10, but for what the patch takes from the other side."""
    blocks = find("infinite").build({"p": Fraction(1, 4)})
    table = next(block for block in blocks if isinstance(block, TableBlock))
    patched = [float(cell.value) / float(mpmath.log(2)) for cell in table.column("KL, bits")]  # type: ignore[union-attr, arg-type]
    assert patched[-1] - patched[-2] == pytest.approx(14 * 0.25 * log2(10), abs=1e-5)


@few(("K", "beta"), [(8, "1/50"), (8, "1/4"), (12, "1/4"), (24, "1/50"), (48, "1/50")])
def test_on_a_coarse_grid_information_falls_too_slowly(K: int, beta: str) -> None:
    """Where Δx > √β the share of I_1 that is left at T is larger than on the line; where it is finer, the same."""
    grid, line = _left(K, beta)
    assert sqrt(Fraction(beta)) < 12 / (K - 1)
    assert line < grid <= 1
    fine = _left(96, "1/4")
    assert fine[0] == pytest.approx(fine[1], abs=1e-7)


def _left(K: int, beta: str) -> list[float]:
    blocks = find("gaussian-noise").build({"K": Fraction(K), "beta": Fraction(beta)})
    table = next(block for block in blocks if isinstance(block, TableBlock))
    columns = [np.array(table.column(name), dtype=np.float64).tolist() for name in ("I grid", "I line")]
    return [column[-1] / column[0] for column in columns]


def spread(d: int, r: float) -> float:
    """The spread of log p − log q, p = N(1, S), q = N(0, I): s² = ½ tr (S − I)² + 1ᵀS1, as of any quadratic form."""
    S = r ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))
    D = S - np.eye(d)
    return sqrt(0.5 * (D * D.T).sum() + S.sum())  # tr DD = Σ D_ij D_ji


@few("r", [0.0, -0.9, 0.5, 0.9])
def test_twice_the_dimensions_err_by_root_two_more(r: float) -> None:
    """At large d; and the closed form of the spread is what the page's estimates claim, s/√n, within their scatter."""
    assert spread(2000, r) / spread(1000, r) == pytest.approx(sqrt(2), rel=0.01)
    blocks = find("exercise-2").build({"d": Fraction(3), "rho": Fraction(r).limit_denominator(10)})
    table = next(block for block in blocks if isinstance(block, TableBlock))
    for n, claimed in zip(table.column("samples n"), table.column("claimed"), strict=True):
        assert claimed == pytest.approx(spread(3, r) / sqrt(n), rel=0.1)  # type: ignore[arg-type, type-var]


@pytest.mark.parametrize(("middle", "share"), [(0, sqrt(1 - 2 / pi)), (1, 1.0)], ids=["from P", "from Q"])
def test_the_spread_grows_with_the_distance_of_the_peaks(middle: int, share: float) -> None:
    """Log p − log q = ½a² − log cosh ax: from N(0, 1) its spread is 0.60·a in the end, from N(a, 1) it is a."""
    assert round(share, 1) in (0.6, 1.0)
    for a in (20, 40):
        moments = [
            mpmath.quad(lambda z, k=k, a=a: _summand(z, a, middle * a) ** k * mpmath.npdf(z), POINTS) for k in (1, 2)
        ]
        found = mpmath.sqrt(moments[1] - moments[0] ** 2)
        assert abs(found / a - share) < 0.1 * 20 / a**2 + 1e-3


POINTS = [-12, -6, -3, -1, 0, 1, 3, 6, 12]


def _summand(z: mpmath.mpf, a: int, centre: int) -> mpmath.mpf:
    return mpmath.mpf(a * a) / 2 - mpmath.log(mpmath.cosh(a * (centre + z)))


def test_what_a_fact_is_about_equal_to_stands_under_the_others() -> None:
    """A text that begins with ≈ is aligned as a number is."""
    facts = Facts((("float", NumberText(0.5, "nats")), ("text", "≈ 0.25"), ("word", "yes")))
    assert facts.lines() == ["  float ≈ 0.5 nats  (float)", "  text  ≈ 0.25", "  word    yes"]


@pytest.mark.parametrize(("K", "a"), [(8, "1/3"), (2, "1/2"), (5, "0"), (5, "1"), (1000, "1/7")])
def test_a_tilted_law_is_what_the_words_say(K: int, a: str) -> None:
    """A share a on the first, the rest evenly over all K: H of that law, made from the words, is on the page."""
    assert "spread evenly over all 8, the first among them" in words_of("maximum")
    share = Fraction(a)
    law = [(1 - share) / K for _ in range(K)]
    law[0] += share
    H = -sum(float(p) * log2(p) for p in law if p)
    table = next(
        block for block in find("maximum").build({"K": Fraction(K), "tilt": share}) if isinstance(block, TableBlock)
    )
    shown = dict(zip(table.column("a"), table.column("H, bits"), strict=True))[share]
    assert float(shown.value) / float(mpmath.log(2)) == pytest.approx(H, rel=1e-12, abs=1e-12)  # type: ignore[union-attr, arg-type]
    if (K, a) == (8, "1/3"):
        assert round(H, 3) == 2.617


@pytest.mark.parametrize("T", [1, 2, 4])
def test_the_prior_pays_for_what_is_left_and_keeps_its_error(T: int) -> None:
    """With eps = 0 the steps' own errors are 0, the prior's is not; what is paid for is H(x0|x_1), the losses, I_T."""
    assert "π is not trained" in words_of("elbo")
    settings = {"eps": Fraction(0), "beta": Fraction(1, 4), "T": Fraction(T)}
    table = next(block for block in find("elbo").build(settings) if isinstance(block, TableBlock))
    first, *steps, prior, _ = ([in_bits(cell) for cell in row[1:]] for row in table.rows)
    p = np.array([4, 2, 1]) / 7
    known = [_mutual(p, np.linalg.matrix_power(0.75 * np.eye(3) + 0.25 / 3, t)) for t in range(T + 1)]
    marginal = p @ np.linalg.matrix_power(0.75 * np.eye(3) + 0.25 / 3, T)
    gap = float((marginal * np.log2(3 * marginal)).sum())
    assert gap > 0
    assert first == pytest.approx([known[0] - known[1], known[0] - known[1], 0], abs=1e-12)
    for t, row in enumerate(steps, 2):
        assert row == pytest.approx([known[t - 1] - known[t]] * 2 + [0], abs=1e-12)
    assert prior == pytest.approx([known[T] + gap, known[T], gap], abs=1e-12)
    if T == 3:
        assert f"{gap:.8f}" == "0.03606840"


def in_bits(shown: Any) -> float:
    """A number on a page that the engine made."""
    return float(shown.value.enclosed(15, "bits"))


def _mutual(p: np.ndarray, Q: np.ndarray) -> float:  # type: ignore[type-arg]
    joint = p[:, None] * Q
    flat = p[:, None] * joint.sum(0)
    return float((joint[joint > 0] * np.log2((joint / flat)[joint > 0])).sum())


@pytest.mark.parametrize("a", ["1/10", "0", "1/2", "1/3"])
@pytest.mark.parametrize("b", ["1/5", "0", "9/10"])
def test_what_a_channel_loses_is_what_the_middle_still_knew(a: str, b: str) -> None:
    """I(X;Y) − I(X;Z) = I(X;Y|Z), decided, where the page says that the two agree."""
    facts = [
        block
        for block in find("data-processing").build({"a": Fraction(a), "b": Fraction(b)})
        if isinstance(block, Facts)
    ]
    lost, still = (facts[0][name].value for name in ("I(X;Y) − I(X;Z)", "I(X;Y|Z)"))  # type: ignore[union-attr]
    assert lost == still


def test_three_coins_that_keep_the_rules_are_no_proof() -> None:
    """Where these coins happen to be symmetric and no detour is shorter, the page says that others are not."""
    alike = words_of("not-a-distance", "a=1/3", "b=9/10", "c=2/3")
    assert "symmetric for these two; the triangle inequality happens to hold. Not so for most coins" in alike
    assert "not symmetric; the triangle inequality fails" in words_of("not-a-distance")


def test_half_not_lost_yet_may_be_lost_later() -> None:
    """With too few steps the page speaks of these steps alone."""
    assert "half is not lost in 1 steps" not in words_of("information-flow", "T=1", "beta=1/50")
    assert "half is not lost in 3 steps" in words_of("information-flow", "T=3", "beta=1/50")


@pytest.mark.parametrize("K", [1, 2, 12, 300, 2000])
def test_the_lopsided_law_falls_behind_by_less_than_its_limit(K: int) -> None:
    """Log K − H(p_k = k/Z) grows with K and stays under log 2 − ½ nats."""

    def deficit(n: int) -> float:
        p = np.arange(1, n + 1) / (n * (n + 1) / 2)
        return float(np.log(n) + (p * np.log(p)).sum())

    assert "the gap tends to log 2 − ½ nats" in words_of("exercise-1")
    assert deficit(K) < deficit(K + 1) < np.log(2) - 0.5
    assert np.log(2) - 0.5 - deficit(10**6) < 1e-5
    assert np.log(2) - 0.5 - deficit(1025) < 0.0005


def test_forward_has_mean_and_variance() -> None:
    """The forward bell on the states has P's mean, as the page shows, and its variance."""
    from markovdiff.continuous.projection import bell, fit_bell
    from markovdiff.learn.divergence import two_peaks

    P = two_peaks(8, Fraction(2, 5))
    fit = fit_bell(P, "forward").best
    i, laws = np.arange(20), (np.array(P, float), np.array(bell(20, fit.centre, fit.width)))
    (m, v), (n, w) = ((p @ i, p @ i**2 - (p @ i) ** 2) for p in laws)
    assert (m, v) == pytest.approx((n, w), rel=1e-6)
