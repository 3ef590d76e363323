"""Exponentials between proven bounds, by integer arithmetic alone, and what the discretised Gaussian makes of them.

exp(−x), x ≥ 0: with y = x/2^k ≤ 1/2 the alternating series Σ (−y)^n/n! is enclosed term by term, what follows a term
being smaller than it; then the enclosure is squared k times. All is rounded outward.

The Gaussian kernel (Austin et al. 2021, appendix A.2) jumps by n ≥ 1 with probability w_n / (1 + 2·Σ_{m=1}^{K−1} w_m),
w_n = exp(−4n²/((K−1)²β)), rounded down to a grid. No such probability is a multiple of the grid: exponentials of
different rationals are independent over the rationals (Lindemann 1882), so narrower bounds always settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

GUARD = 32
"""Bits kept beyond those asked for, and beyond what the squarings lose."""


def exponential(x: Fraction, bits: int) -> tuple[int, int]:
    """Return (L, U) with L ≤ 2^bits·exp(−x) ≤ U.

    >>> exponential(Fraction(0), 8), exponential(Fraction(1000), 8)
    ((256, 256), (0, 1))
    >>> low, high = exponential(Fraction(1), 64)
    >>> low <= 6786177901268885274 <= high, high - low <= 2
    (True, True)
    """
    if x == 0:
        return 1 << bits, 1 << bits
    if x >= bits:
        return 0, 1
    halvings = (2 * x.numerator // x.denominator).bit_length()
    fine = bits + halvings + GUARD
    low = (x.numerator << fine >> halvings) // x.denominator
    low, high = _series(low, low + 2, fine)
    for _ in range(halvings):
        low, high = low * low >> fine, -(-high * high >> fine)
    return low >> fine - bits, -(-high >> fine - bits)


def _series(low: int, high: int, bits: int) -> tuple[int, int]:
    """Return bounds for 2^bits·exp(−y), 0 ≤ low ≤ 2^bits·y ≤ high, y at most about 1/2."""
    one = 1 << bits
    sums, term, n = [one, one], (one, one), 0
    while term[1] > 1:
        n += 1
        term = (term[0] * low >> bits) // n, -((-term[1] * high >> bits) // n)
        near, far = (term[1], term[0]) if n % 2 else (-term[0], -term[1])
        sums = [sums[0] - near, sums[1] - far]
    return sums[0] - 1, sums[1] + 1


def gaussian_weights(K: int, beta: Fraction, bits: int) -> list[tuple[int, int]]:
    """Return bounds for 2^bits·exp(−4n²/((K−1)²β)), n = 0 … K−1, each the one before times exp(−a)^(2n−1)."""
    low, high = exponential(Fraction(4) / ((K - 1) ** 2 * beta), bits)
    square = low * low >> bits, -(-high * high >> bits)
    weights, odd = [(1 << bits, 1 << bits)], (low, high)
    for _ in range(1, K):
        below, above = weights[-1]
        weights.append((below * odd[0] >> bits, -(-above * odd[1] >> bits)))
        odd = odd[0] * square[0] >> bits, -(-odd[1] * square[1] >> bits)
    return weights


def gaussian_jumps(K: int, beta: Fraction, grid: int) -> list[int]:
    """Return the probability of a jump by n = 1 … K−1, rounded down to multiples of 1/grid, in units of it.

    >>> gaussian_jumps(3, Fraction(1, 2), 2**8)
    [27, 0]
    """
    if beta == 0 or K == 1:
        return [0] * (K - 1)
    bits = grid.bit_length() + 64
    while True:
        weights = gaussian_weights(K, beta, bits)
        total = [(1 << bits) + 2 * sum(ends) for ends in zip(*weights[1:], strict=True)]
        below = [grid * low // total[1] for low, _ in weights[1:]]
        if below == [grid * high // total[0] for _, high in weights[1:]]:
            return below
        bits *= 2


def neighbour_rows(K: int, reach: int, *, periodic: bool) -> list[list[int]]:
    """Return rows over 2·reach: one for each place 1 … reach to the left and right, folded back or around the ends."""
    rows = [[0] * K for _ in range(K)]
    for i, row in enumerate(rows):
        for place in (*range(i - reach, i), *range(i + 1, i + reach + 1)):
            around = place % (K if periodic else 2 * K)
            row[min(around, 2 * K - 1 - around) if not periodic else around] += 1
    return rows


def is_neighbour(rows: Sequence[Sequence[Fraction]]) -> bool:
    """Return whether a matrix moves to the 2·reach nearest states for some reach, ends reflecting or joined."""
    K = len(rows)
    for reach in range(1, K + 1):
        for periodic in (False, True):
            if all(x * 2 * reach == n for x, n in zip(rows[0], _first(K, reach, periodic=periodic), strict=True)):
                made = neighbour_rows(K, reach, periodic=periodic)
                if all(x * 2 * reach == n for a, b in zip(rows, made, strict=True) for x, n in zip(a, b, strict=True)):
                    return True
    return False


def is_banded(rows: Sequence[Sequence[Fraction]]) -> bool:
    """Return whether each state moves with 1/K to each that is up to some distance away, and otherwise stays."""
    K = len(rows)
    bands = sum(x > 0 for x in rows[0][1:])
    return all(x * K == (abs(i - j) <= bands) for i, row in enumerate(rows) for j, x in enumerate(row) if i != j)


def is_one_law(rows: Sequence[Sequence[Fraction]]) -> bool:
    """Return whether all rows are alike."""
    return all(row == rows[0] for row in rows)


def _first(K: int, reach: int, *, periodic: bool) -> list[int]:
    """Return the first row of `neighbour_rows`, from state 0."""
    row = [0] * K
    for n in range(1, reach + 1):
        row[n % K if periodic else (n if n < K else 2 * K - 1 - n)] += 1
        row[-n % K if periodic else n - 1] += 1
    return row
