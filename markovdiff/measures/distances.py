"""Distances between rational distributions that are rational, or the logarithm of a rational.

    TV(p, q) = ½ Σ |p − q|                 between 0 and 1; 1 exactly where p and q have no state in common
    χ²(p‖q) = Σ (p − q)²/q = Σ p²/q − 1    ∞ where q misses mass of p
    D_α(p‖q) = log(Σ p^α q^(1−α))/(α − 1)  Rényi 1961; for whole α; D_0 = −log q(p > 0), D_1 = KL, D_∞ = log max p/q

2·TV² ≤ KL(p‖q) ≤ log(1 + χ²(p‖q)) = D_2(p‖q) (Pinsker; Gibbs & Su 2002, theorem 5). D_α never falls with α
(van Erven & Harremoës 2014, theorem 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from markovdiff.arithmetic.logform import INFINITY, Infinity, LogForm, log
from markovdiff.arithmetic.rational import shown, whole
from markovdiff.errors import InputError
from markovdiff.measures.information import first_missing, kl, pair

Numbers = Sequence[object]

MAX_ORDER = 1000
"""Order that a Rényi divergence may have: powers of so many digits are still quick."""


def total_variation(p: Numbers, q: Numbers) -> Fraction:
    """Return TV(p, q) = ½ Σ |p − q|, exactly.

    >>> total_variation(["1/2", "1/2"], [1, 0])
    Fraction(1, 2)
    """
    a, b = pair(p, q)
    return sum((abs(x - y) for x, y in zip(a, b, strict=True)), Fraction(0)) / 2


def chi_squared(p: Numbers, q: Numbers) -> Fraction | Infinity:
    """Return χ²(p‖q) = Σ p²/q − 1, exactly; INFINITY where q misses mass of p.

    >>> chi_squared([1, 0], ["1/4", "3/4"]), chi_squared(["1/4", "3/4"], [1, 0])
    (Fraction(3, 1), INFINITY)
    """
    a, b = pair(p, q)
    if first_missing(a, b) is not None:
        return INFINITY
    return sum((x * x / y for x, y in zip(a, b, strict=True) if x), Fraction(0)) - 1


def renyi(p: Numbers, q: Numbers, order: int | Infinity) -> LogForm | Infinity:
    """Return D_α(p‖q) for a whole order α from 0 to 1000, or for `md.INFINITY`; INFINITY where it is infinite.

    Other orders add up roots, which no LogForm holds.

    >>> print(renyi(["1/2", "1/2"], ["1/4", "3/4"], 2))
    2·log 2 − log 3
    """
    a, b = pair(p, q)
    alpha = whole(order)
    if not isinstance(order, Infinity) and (alpha is None or not 0 <= alpha <= MAX_ORDER):
        raise InputError(
            "no such order of a Rényi divergence",
            where="order",
            expected=f"a whole number from 0 to {MAX_ORDER}, or md.INFINITY",
            got=shown(order),
        )
    if alpha == 1:
        return kl(a, b)
    if alpha != 0 and first_missing(a, b) is not None:
        return INFINITY
    inside = [(x, y) for x, y in zip(a, b, strict=True) if x]
    if alpha is None:
        return log(max(x / y for x, y in inside))
    total = sum((x**alpha * y ** (1 - alpha) for x, y in inside), Fraction(0))
    return log(total) / (alpha - 1) if total else INFINITY
