"""What the pages say in words, where no number beside the words says it: by a second route."""

from __future__ import annotations

from fractions import Fraction
from math import log2, pi, sqrt

import mpmath
import numpy as np
import pytest

from markovdiff.learn.blocks import Facts, Number, Table
from markovdiff.learn.contents import find
from markovdiff.learn.sheet import sheet


def words_of(topic: str, *settings: str) -> str:
    page = find(topic)
    return " ".join(line.text.strip() for part in sheet(page, page.read(settings)) for line in part)


@pytest.mark.parametrize("p", ["1/2", "1/3", "9999/10000"])
def test_a_flip_of_one_half_leaves_nothing(p: str) -> None:
    """Decided as independence; and the page that asks for that flip names it. Any other flip leaves something."""
    assert "A flip of 1/2 leaves nothing" in words_of("mutual-information")
    assert "yes: p(x,y) = p(x)p(y) in every cell" in words_of("mutual-information", f"p={p}", "e=1/2")
    assert "no: not independent" in words_of("mutual-information", f"p={p}", "e=4999/10000")


@pytest.mark.parametrize(("heads", "tails"), [(7, 3), (1, 1), (0, 4), (999, 1)])
def test_training_chooses_the_frequencies(heads: int, tails: int) -> None:
    """Of the models on the page the frequency alone has KL 0 and the least loss, n·H(F), which it keeps."""
    blocks = find("likelihood").build({"heads": Fraction(heads), "tails": Fraction(tails)})
    table = next(block for block in blocks if isinstance(block, Table))
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
    table = next(block for block in blocks if isinstance(block, Table))
    patched = [float(cell.value) / float(mpmath.log(2)) for cell in table.column("KL, bits")]  # type: ignore[union-attr, arg-type]
    assert patched[-1] - patched[-2] == pytest.approx(14 * 0.25 * log2(10), abs=1e-5)


@pytest.mark.parametrize(("K", "beta"), [(8, "1/50"), (8, "1/4"), (12, "1/4"), (24, "1/50"), (48, "1/50")])
def test_on_a_coarse_grid_information_falls_too_slowly(K: int, beta: str) -> None:
    """Where Δx > √β the share of I_1 that is left at T is larger than on the line; where it is finer, the same."""
    grid, line = (_left(K, beta, column) for column in ("I grid", "I line"))
    assert sqrt(Fraction(beta)) < 12 / (K - 1)
    assert line < grid <= 1
    fine = [_left(96, "1/4", column) for column in ("I grid", "I line")]
    assert fine[0] == pytest.approx(fine[1], abs=1e-7)


def _left(K: int, beta: str, column: str) -> float:
    blocks = find("gaussian-noise").build({"K": Fraction(K), "beta": Fraction(beta)})
    table = next(block for block in blocks if isinstance(block, Table))
    first, *_, last = (float(cell) for cell in table.column(column))  # type: ignore[arg-type]
    return last / first


def spread(d: int, r: float) -> float:
    """The spread of log p − log q, p = N(1, S), q = N(0, I): s² = ½ tr (S − I)² + 1ᵀS1, as of any quadratic form."""
    S = np.array([[r ** abs(i - j) for j in range(d)] for i in range(d)])
    return sqrt(0.5 * np.trace((S - np.eye(d)) @ (S - np.eye(d))) + S.sum())


@pytest.mark.parametrize("r", [-0.9, 0.0, 0.5, 0.9])
def test_twice_the_dimensions_err_by_root_two_more(r: float) -> None:
    """At large d; and the closed form of the spread is what the page's estimates claim, s/√n, within their scatter."""
    assert spread(2000, r) / spread(1000, r) == pytest.approx(sqrt(2), rel=0.01)
    blocks = find("exercise-2").build({"d": Fraction(3), "rho": Fraction(r).limit_denominator(10)})
    table = next(block for block in blocks if isinstance(block, Table))
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
    facts = Facts((("float", Number(0.5, "nats")), ("text", "≈ 0.25"), ("word", "yes")))
    assert facts.lines() == ["  float ≈ 0.5 nats  (float)", "  text  ≈ 0.25", "  word    yes"]
