"""Entropy, I(x0;x_t) and divergence of enclosed probabilities, in the form in which nothing cancels."""

from __future__ import annotations

from flint import arb, arb_mat, ctx

from markovdiff.arithmetic.enclosure import ALONE, exponent
from markovdiff.arithmetic.logform import LogForm
from markovdiff.engines.ball.forward import Enclosures
from markovdiff.errors import TooLongError

SMALL = 24
"""The series is summed where every |r| ≤ 2^-24: six terms at 15 digits, and no logarithm."""


def entropy(p: list[arb], bits: int) -> arb:
    """Return −Σ p log p, the largest p by log1p of what the others sum to."""
    with ALONE, ctx.workprec(bits):
        there = [x for x in p if not x.is_zero()]
        top = max(range(len(there)), key=lambda j: float(there[j]))
        rest = there[:top] + there[top + 1 :]
        complement = sum(rest, arb(0))
        found: arb = -sum((x * x.log() for x in rest), there[top] * (-complement).log1p())
        return found


def information(now: Enclosures) -> arb:
    """Return I_t (remembered)."""
    if "information" not in now.seen:
        now.seen["information"] = _information(now)
    return now.seen["information"]


def _information(now: Enclosures) -> arb:
    with ALONE, ctx.workprec(now.bits):
        if now.reach.all() and _is_near(now):
            inverse = [1 / x for x in now.p]
            r = [x * y - 1 for row in now.rows for x, y in zip(row, inverse, strict=True)]
            return _series([w * x for w in now.p0 for x in now.p], r, now.bits)
        reached = zip(now.W.tolist(), now.reach.tolist(), strict=False)
        terms = [_negentropy([x for x, there in zip(*row, strict=True) if there]) for row in reached]
        return entropy(now.p, now.bits) + dot(now.weights, terms)


def _is_near(now: Enclosures) -> bool:
    """Whether every |r| ≤ 2^-24, which the first entry mostly denies."""
    return all(abs(x - p) < SMALL_BALL * p for row in now.rows for x, p in zip(row, now.p, strict=True))


def _negentropy(row: list[arb]) -> arb:
    """Σ x·log x."""
    return dot(row, [x.log() for x in row])


SMALL_BALL = arb(1) / 2**SMALL


def _series(weights: list[arb], r: list[arb], bits: int) -> arb:
    """Σ w f(r) = Σ_n (−1)^n/(n(n−1)) Σ w r^n; after N at most Σ w r²·(2^-k)^{N−1}·2/((N+1)N) is left.

    Every |r| < 2^-k, k ≥ 24: late in a chain k is hundreds, and a few terms do.
    """
    k = max(min((-exponent(x) for x in r if not x.is_zero()), default=SMALL), SMALL)
    N = 2 + bits // k
    power, total, square = r, arb(0), arb(0)
    for n in range(2, N + 1):
        power = [x * y for x, y in zip(power, r, strict=True)]
        moment = dot(weights, power)
        square = moment if n == 2 else square
        total += moment * (-1) ** n / (n * (n - 1))
    rest = square * (arb(1) / 2) ** (k * (N - 1)) * 2 / ((N + 1) * N)
    found: arb = total + rest * arb(0, 1)
    return found


def dot(a: list[arb], b: list[arb]) -> arb:
    """Return Σ a·b, in one call."""
    if not a:
        return arb(0)
    return (arb_mat(1, len(a), a) * arb_mat(len(b), 1, b))[0, 0]


def divergence(p: list[arb], law: list[arb], bits: int) -> arb:
    """Return Σ p log(p/μ), for p that is zero where μ is; where p is near μ, Σ μ f(p/μ − 1) by its series."""
    with ALONE, ctx.workprec(bits):
        pairs = [(x, y) for x, y in zip(p, law, strict=True) if not y.is_zero()]
        if all(abs(x - y) < SMALL_BALL * y for x, y in pairs):
            return _series([y for _, y in pairs], [x / y - 1 for x, y in pairs], bits)
        found: arb = sum((x * (x / y).log() for x, y in pairs if not x.is_zero()), arb(0))
        return found


def never_exact() -> LogForm:
    """Balls have no exact form."""
    raise TooLongError("ball arithmetic has no exact form of this number")
