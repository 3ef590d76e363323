"""What samples would say: reference values, and every table of counts gone through by hand."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from itertools import product
from math import log2, prod, sqrt

import pytest
from breadth import few
from click.testing import CliRunner

import markovdiff as md
from markovdiff.cli import cli
from markovdiff.designs.estimate import _part, estimate, mean_estimate


def brute(joint: list[tuple[tuple[int, int], Fraction]], n: int) -> tuple[float, float, float]:
    """The mean and standard deviation of Î_n in bits, and the mean of Miller and Madow's, over all sequences."""
    first = second = corrected = 0.0
    for sample in product(joint, repeat=n):
        weight = float(prod((p for _, p in sample), start=Fraction(1)))
        pairs = Counter(cell for cell, _ in sample)
        rows, columns = (Counter(cell[axis] for cell, _ in sample) for axis in (0, 1))

        def H(counts: Counter) -> float:  # type: ignore[type-arg]
            return -sum(m / n * log2(m / n) for m in counts.values())

        value = H(rows) + H(columns) - H(pairs)
        bins = len(rows) + len(columns) - len(pairs) - 1
        first += weight * value
        second += weight * value**2
        corrected += weight * (value + bins / (2 * n) / 0.6931471805599453)
    return first, sqrt(max(second - first**2, 0)), corrected


@few(
    ("t", "n", "mean", "digits"),
    [(1, 3, 0.456380689839506964, 14), (3, 5, 0.409274982856734, 14), (64, 1000, 7.24e-4, 6)],
    [(1, 3, 0.456380689839506964, 14), (3, 5, 0.409274982856734, 14)],
)
def test_reference_values(t: int, n: int, mean: float, digits: int) -> None:
    """The shipped two-state chain."""
    (found,) = estimate(md.load("two-state"), n, [t]).estimates
    assert abs(float(found.mean) - mean) < 10.0**-digits


@pytest.mark.parametrize(("name", "t", "n"), [("two-state", 2, 4), ("mask-hump", 3, 4), ("memory", 3, 3)])
def test_against_every_sample(name: str, t: int, n: int) -> None:
    """Mean, standard deviation and Miller–Madow by going through all samples, one by one."""
    chain = md.load(name).chain()
    joint = [((i, j), x) for i, row in enumerate(chain.joint(t)) for j, x in enumerate(row) if x]
    (found,) = estimate(md.load(name), n, [t]).estimates
    for got, true in zip((found.mean, found.standard_deviation, found.miller_madow), brute(joint, n), strict=True):
        assert abs(float(got) - true) < 1e-12
    assert found.is_certified


def test_the_window_encloses_the_whole_sum() -> None:
    """For n = 3000 the sum over a window, with its rest, holds the sum over all counts."""
    from flint import ctx

    from markovdiff.arithmetic.enclosure import ALONE
    from markovdiff.designs import estimate as module

    p, n = Fraction(1, 7), 3000
    with ALONE, ctx.workprec(192):
        window = _part(p, n)
        wide = module.WINDOW
        try:
            module.WINDOW = 1000
            whole = _part(p, n)
        finally:
            module.WINDOW = wide
        assert window.overlaps(whole)
        assert window.rad() < 1e-15


def test_an_exact_form_and_balls_agree() -> None:
    """Where E Î_n is an exact sum of logarithms its enclosure is the one by balls."""
    from markovdiff.designs import estimate as module

    moment = md.load("two-state").chain().at(2)
    joint, _ = module._joint(moment)
    exact = mean_estimate(joint, 9)
    most, module.MAX_EXACT = module.MAX_EXACT, 0
    try:
        balls = mean_estimate(joint, 9)
        assert exact.ball(128).overlaps(balls.ball(128))
    finally:
        module.MAX_EXACT = most


def test_bad_input_and_command() -> None:
    """No samples, a time past T, too many states are refused; JSON has the object's names."""
    for wrong in (0, "3", 10**10):
        with pytest.raises(md.InputError):
            estimate(md.load("two-state"), wrong)
    with pytest.raises(md.InputError, match="time"):
        estimate(md.load("two-state"), 3, [65])
    made = CliRunner().invoke(cli, ["estimate", "two-state", "--samples", "3", "--t", "1", "--json"])
    assert made.exit_code == 0
    assert json.loads(made.output)["estimates"][0]["mean"]["value"] == "0.456380689839507"
    words = CliRunner().invoke(cli, ["estimate", "two-state", "--samples", "3", "--t", "1"]).output
    assert "Miller–Madow" in words


def test_enough_samples_are_looked_for_from_above() -> None:
    """Two-state, t = 7, I = 0.1303: E Î_2 = 0.2304 is within a factor of 2 on its way up, E Î_3 = 0.2723 is not."""
    (found,) = estimate(md.load("two-state"), 2, [7]).estimates
    enough = found.samples_within_factor_2
    means = [float(estimate(md.load("two-state"), n, [7]).estimates[0].mean) for n in range(2, 12)]
    inside = [n for n, mean in enumerate(means, 2) if float(found.truth) / 2 <= mean <= 2 * float(found.truth)]
    assert inside == [2, 6, 7, 8, 9, 10, 11]
    assert enough == 6
