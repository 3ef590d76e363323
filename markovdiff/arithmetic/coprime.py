"""A pairwise coprime base of integers, found by gcds: over it logarithms are linearly independent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flint import fmpz

TRIAL_PRIMES = 168
"""Primes tried by division (those below 1000) before gcds split what is left."""

_LARGEST_TRIAL_PRIME = 997


def coprime_base(numbers: Iterable[fmpz]) -> list[fmpz]:
    """Return pairwise coprime integers > 1 such that every given number is a product of their powers.

    By gcds alone (Bach, Driscoll & Shallit 1993, "Factor refinement"): two numbers with a common
    divisor g are replaced by g and the two cofactors; each such step divides the product of all by g,
    so it ends.

    >>> coprime_base([fmpz(12), fmpz(18)])
    [2, 3]
    """
    base: list[fmpz] = []
    pending = list(dict.fromkeys(numbers))
    while pending:
        n = pending.pop()
        if n == 1:
            continue
        for k, b in enumerate(base):
            g = n.gcd(b)
            if g != 1:
                del base[k]
                pending += [b // g, g, n // g]
                break
        else:
            base.append(n)
    return base


def _trial_factors(n: fmpz) -> list[tuple[fmpz, int]]:
    """Return n as a product of powers; a factor above the trial primes may be composite."""
    return list(n.factor(trial_limit=TRIAL_PRIMES))


def _exponents(factors: list[tuple[fmpz, int]], base: list[fmpz]) -> Iterator[tuple[fmpz, int]]:
    for q, e in factors:
        if q <= _LARGEST_TRIAL_PRIME:
            yield q, e
            continue
        for b in base:
            if power := _multiplicity(q, b):
                yield b, power * e


def _multiplicity(n: fmpz, b: fmpz) -> int:
    """Return the largest m with b^m dividing n."""
    m = 0
    while n % b == 0:
        n, m = n // b, m + 1
    return m
