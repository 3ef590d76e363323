"""I(x0; x_t) as a good engineer writes it with each library, none of it ours.

    fraction   Python's Fraction for the joint law, mpmath's logarithms at 128 bits
    sympy      a DomainMatrix over ℚ, H(x0) + H(x_t) − H(x0, x_t) in logarithms of integers, evalf to 15 digits
    dit        numpy for the joint law, dit.shannon.mutual_information
    numpy      matmul, and Σ J log2(J/(p q)) over what is positive

Each carries the joint law J_t = diag(p_0) Q^t, one product a step, and the other three sum J log2(J/(p_0 p_t)). sympy
1.14 does that wrongly: its log of a rational near 1 has fewer digits right than evalf(strict=True) believes, and what
comes out is negative. What the others get wrong at a late t they get wrong without a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from markovdiff.bench.chains import BenchProblem
from markovdiff.bench.entries import BenchEntry, of_float

BITS = 128
"""The precision of mpmath's logarithms: 38 digits, more than twice those of a float."""

MOST_DIGITS = 100_000
"""How far evalf may raise its precision."""


def fraction(problem: BenchProblem) -> list[Any]:
    """Answer with Python's Fraction and mpmath's logarithms."""
    import mpmath

    def real(x: Fraction) -> Any:
        return mpmath.mpf(x.numerator) / x.denominator

    found = []
    with mpmath.workprec(BITS):
        for J in _fractions(problem):
            p0, p_t = [sum(row) for row in J], [sum(column) for column in zip(*J, strict=True)]
            terms = ((x, a * b) for row, a in zip(J, p0, strict=True) for x, b in zip(row, p_t, strict=True) if x)
            found.append(mpmath.fsum(real(x) * mpmath.log(real(x / independent), 2) for x, independent in terms))
    return found


def _fractions(problem: BenchProblem) -> Iterator[list[list[Fraction]]]:
    """Yield J_0, …, J_T."""
    columns = list(zip(*problem.Q, strict=True))
    J = [[p if i == j else Fraction(0) for j in range(problem.K)] for i, p in enumerate(problem.p0)]
    yield J
    for _ in range(problem.T):
        J = [[sum((x * q for x, q in zip(row, column, strict=True)), Fraction(0)) for column in columns] for row in J]
        yield J


def of_mpf(x: Any) -> Fraction | None:
    """Return the dyadic rational that an mpf is."""
    from mpmath import isfinite, libmp

    return Fraction(*map(int, libmp.to_rational(x._mpf_))) if isfinite(x) else None


def sympy(problem: BenchProblem) -> list[Any]:
    """Answer with rationals and logarithms kept symbolic, digits by evalf."""
    from sympy import QQ, Add, log
    from sympy.polys.matrices import DomainMatrix

    def table(rows: Iterable[Iterable[Fraction]]) -> Any:
        numbers = [[QQ(x.numerator, x.denominator) for x in row] for row in rows]
        return DomainMatrix(numbers, (problem.K, problem.K), QQ)

    def x_log_x(numbers: Iterable[Any]) -> Any:
        return Add(*(x * (log(x.p) - log(x.q)) for x in numbers if x))

    Q, J = table(problem.Q), table(next(_fractions(problem)))
    found = []
    for t in range(problem.T + 1):
        J = J * Q if t else J
        cells = J.to_Matrix().tolist()
        p0, p_t = (x_log_x(map(sum, lines)) for lines in (cells, zip(*cells, strict=True)))
        joint = x_log_x(x for row in cells for x in row)
        found.append(((joint - p0 - p_t) / log(2)).evalf(15, maxn=MOST_DIGITS, strict=True))
    return found


def of_sympy(x: Any) -> Fraction | None:
    """Return the rational that a sympy Float is."""
    from sympy import Rational

    if not (x.is_Number and x.is_finite):
        return None
    exact = Rational(x)
    return Fraction(int(exact.p), int(exact.q))


def dit(problem: BenchProblem) -> list[float]:
    """Answer with one dit Distribution for each step."""
    from dit import Distribution
    from dit.shannon import mutual_information

    return [mutual_information(Distribution.from_ndarray(J), [0], [1]) for J in _floats(problem)]


def numpy(problem: BenchProblem) -> list[float]:
    """Answer with the textbook's formula on arrays."""
    import numpy as np

    found = []
    for J in _floats(problem):
        there = J > 0
        independent = J.sum(axis=1, keepdims=True) * J.sum(axis=0)
        found.append(float(np.sum(J[there] * np.log2(J[there] / independent[there]))))
    return found


def _floats(problem: BenchProblem) -> Iterator[Any]:
    """Yield J_0, …, J_T in float64."""
    import numpy as np

    J, Q = np.diag(np.array(problem.p0, dtype=float)), np.array(problem.Q, dtype=float)
    yield J
    for _ in range(problem.T):
        J = J @ Q
        yield J


BASELINES = {
    baseline.name: baseline
    for baseline in (
        BenchEntry("fraction", "Fraction, mpmath", fraction, of_mpf, ("mpmath",)),
        BenchEntry("sympy", "sympy", sympy, of_sympy, ("sympy",), most=2**10),
        BenchEntry("dit", "dit", dit, of_float, ("dit",)),
        BenchEntry("numpy", "numpy", numpy, of_float, ("numpy",)),
    )
}
