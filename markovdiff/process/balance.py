"""μQ = μ as a system of linear equations, solved exactly: the stationary law that one closed class carries."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import over_common_denominator, to_fraction
from markovdiff.errors import LimitError

MAX_SOLVING = 2**37
"""K³ times the bits of the common denominator up to which a law is solved for: some ten seconds."""


def check_solvable(K: int, d: fmpz) -> None:
    """Raise LimitError where a class of K states over the denominator d is too large to solve for."""
    if K**3 * d.bit_length() > MAX_SOLVING:
        raise LimitError(
            "too large a system to solve for the stationary law",
            where="noise.kernel",
            expected=f"K³ times the bits of the common denominator at most 2^{MAX_SOLVING.bit_length() - 1}",
            got=f"{K}³ × {d.bit_length()}",
            remedy="name a law (probabilities) instead of 'stationary'",
        )


def law_of_class(table: Sequence[Sequence[fmpz]], d: fmpz, states: Sequence[int]) -> RationalMatrix:
    """Return the stationary law of the matrix table/d that has its mass on a closed class of two or more states."""
    inside = _solved([[table[i][j] for j in states] for i in states], d)
    at = dict(zip(states, inside.N.entries(), strict=True))
    return RationalMatrix(fmpz_mat([[at.get(i, fmpz(0)) for i in range(len(table))]]), inside.d)


def _solved(table: list[list[fmpz]], d: fmpz) -> RationalMatrix:
    """Return μ from Q^T μ = μ with the first equation, which the others imply, replaced by Σμ = 1."""
    K = len(table)
    balance = [list(column) for column in zip(*table, strict=True)]
    for i in range(K):
        balance[i][i] -= d
    balance[0] = [fmpz(1)] * K
    solution = fmpz_mat(balance).solve(fmpz_mat(K, 1, [1] + [0] * (K - 1)))
    numerators, denominator = over_common_denominator([to_fraction(solution[i, 0]) for i in range(K)])
    return RationalMatrix(fmpz_mat([numerators]), denominator)
