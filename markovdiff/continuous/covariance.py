"""Covariance matrices: what they must be, and the triangular factor that everything else is made from.

A covariance Σ is symmetric, and the variance vᵀΣv it gives to every direction v is positive. Then, and
only then, Σ = LLᵀ with L lower triangular and a positive diagonal (Cholesky), and log det Σ = 2 Σ log L_ii.

Float64 cannot tell a direction of no variance from one of 1e-17: the factorisation of a singular
matrix may well succeed, by rounding. But a float *is* a rational, so whether the matrix given is positive
definite can be decided: by Sylvester's criterion, every leading minor > 0, on integers (Bareiss 1968), up
to EXACT_UP_TO dimensions. Above that the floating-point factorisation is believed.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, TypeAlias

from markovdiff.arithmetic.rational import shown
from markovdiff.continuous.reals import vector
from markovdiff.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

EXACT_UP_TO = 32
"""Dimensions up to which positive definiteness is decided on integers; it takes milliseconds there."""


def cholesky(covariance: object, where: str = "covariance") -> Array:
    """Return L, lower triangular, with LLᵀ = Σ.

    Raises InputError, saying which entry or which direction is at fault, unless Σ is a symmetric positive
    definite matrix.

    >>> cholesky([[4, 2], [2, 5]]).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    import numpy as np

    table = _symmetric(covariance, where)
    matrix = np.array(table)
    minor = first_bad_minor(table) if len(table) <= EXACT_UP_TO else None
    if minor is not None:
        raise _not_positive_definite(matrix, where, f"its leading {minor[0]} × {minor[0]} minor is {shown(minor[1])}")
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise _not_positive_definite(matrix, where, "its factorisation breaks down in float64") from None


def first_bad_minor(table: list[list[float]]) -> tuple[int, Fraction] | None:
    """Return the size and value of the first leading minor that is not positive, exactly; None if all are.

    >>> first_bad_minor([[1.0, 2.0], [2.0, 1.0]])
    (2, Fraction(-3, 1))
    """
    exact = [[Fraction(x) for x in row] for row in table]
    d = lcm(*(x.denominator for row in exact for x in row))
    M = [[int(x * d) for x in row] for row in exact]
    before = 1
    for k, pivot_row in enumerate(M):
        pivot = pivot_row[k]
        if pivot <= 0:
            return k + 1, Fraction(pivot, d ** (k + 1))
        for row in M[k + 1 :]:
            row[k + 1 :] = [
                (x * pivot - row[k] * y) // before for x, y in zip(row[k + 1 :], pivot_row[k + 1 :], strict=True)
            ]
        before = pivot
    return None


def _symmetric(covariance: object, where: str) -> list[list[float]]:
    rows = covariance if isinstance(covariance, list | tuple) or hasattr(covariance, "__iter__") else [covariance]
    table = [vector(row, f"{where}[{i}]") for i, row in enumerate(rows)]
    if not table:
        raise InputError("an empty covariance", where=where, expected="a d × d matrix, d ≥ 1", got="no rows")
    for i, row in enumerate(table):
        if len(row) != len(table):
            raise InputError(
                "a covariance must be square: as many columns as rows",
                where=f"{where}[{i}]",
                expected=f"{len(table)} numbers",
                got=str(len(row)),
            )
        for j in range(i):
            if row[j] != table[j][i]:
                raise InputError(
                    "a covariance must be symmetric: cov(x_i, x_j) = cov(x_j, x_i)",
                    where=f"{where}[{i}][{j}]",
                    expected=f"{table[j][i]!r}, as in [{j}][{i}]",
                    got=repr(row[j]),
                    remedy="where the two differ only by rounding, give (C + Cᵀ)/2",
                )
    return table


def _not_positive_definite(matrix: Array, where: str, finding: str) -> InputError:
    import numpy as np

    values, directions = np.linalg.eigh(matrix)
    along = ", ".join(f"{x + 0.0:.3g}" for x in directions[:4, 0]) + (", …" if len(matrix) > 4 else "")
    return InputError(
        "a covariance must be positive definite: some direction here has no variance, or a negative one",
        where=where,
        expected="vᵀΣv > 0 for every direction v ≠ 0",
        got=f"{finding}; about {values[0]:.3g} of variance along v = ({along})",
        remedy="drop a coordinate that the others determine, or correct a covariance that exceeds its variances",
    )
