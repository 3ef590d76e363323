"""Distances between rational distributions that are rational themselves.

    TV(p, q) = ½ Σ |p − q|                 between 0 and 1; 1 exactly where p and q have no state in common
    χ²(p‖q) = Σ (p − q)²/q = Σ p²/q − 1    ∞ where q misses mass of p

½·(2 TV)² ≤ KL(p‖q) ≤ log(1 + χ²(p‖q)) (Pinsker; Gibbs & Su 2002, theorem 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from markovdiff.arithmetic.logform import INFINITY, Infinity
from markovdiff.measures.information import first_missing, pair

Numbers = Sequence[object]


def total_variation(p: Numbers, q: Numbers) -> Fraction:
    """TV(p, q) = ½ Σ |p − q|, exactly.

    >>> total_variation(["1/2", "1/2"], [1, 0])
    Fraction(1, 2)
    """
    a, b = pair(p, q)
    return sum((abs(x - y) for x, y in zip(a, b, strict=True)), Fraction(0)) / 2


def chi_squared(p: Numbers, q: Numbers) -> Fraction | Infinity:
    """χ²(p‖q) = Σ p²/q − 1, exactly; INFINITY where q misses mass of p.

    >>> chi_squared([1, 0], ["1/4", "3/4"]), chi_squared(["1/4", "3/4"], [1, 0])
    (Fraction(3, 1), INFINITY)
    """
    a, b = pair(p, q)
    if first_missing(a, b) is not None:
        return INFINITY
    return sum((x * x / y for x, y in zip(a, b, strict=True) if x), Fraction(0)) - 1
