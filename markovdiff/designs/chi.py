"""η_χ²(p, Q): how much one step with input law p contracts χ²-information, the square of its maximal correlation.

It is the second largest eigenvalue of Q diag(1/q) Qᵀ diag(p), q = pQ, whose largest is 1 (Hirschfeld 1935; Rényi 1959):
the second singular value, squared, of diag(p)^½ Q diag(q)^−½. It is never above η_KL(Q). It is *not* a bound on
I_t/I_{t−1}: with p = (1/10, 9/10) and rows (1,0), (1/5,4/5) that ratio is 0.4386 and η_χ² is 2/7.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from flint import ctx, fmpq, fmpq_mat, fmpq_poly

from markovdiff.arithmetic.enclosure import ALONE, bits_for, bounds
from markovdiff.arithmetic.quantity import Enclosed, enclose, of_rational
from markovdiff.designs.spectrum import roots_of, simplest
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain

MAX_WORK = 2**34
"""K⁴ times the bits of the denominators up to which it is enclosed: some ten seconds."""


def chi_squared_contraction(chain: Chain, t: int, digits: int) -> Enclosed:
    """Return η_χ²(p_{t−1}, Q_t), enclosed. Raises LimitError where the exact numbers are too long."""
    step = chain.transition(t).dense
    bits = int(step.matrix.d.bit_length())
    _check_work(step.K, bits)
    if chain.K**2 * t > 2**22:
        raise LimitError("p_(t−1) is too far off to be computed exactly", expected="K²·t up to 2^22")
    before = chain.at(t - 1).marginal
    reached = lcm(*(int(n) for n in step.push(before).N.entries() if n))  # each column is divided by its own q_j
    _check_work(step.K, bits + reached.bit_length())
    return second(step.rows(), before.rows()[0], digits)


def _check_work(K: int, bits: int) -> None:
    """Raise LimitError where the denominators have too many bits, those of Q_t alone or those of 1/p_t too."""
    if K**4 * bits > MAX_WORK:
        raise LimitError(
            "numbers too long for its characteristic polynomial",
            expected="K⁴ times the bits of the denominators at most 2^34",
            got=f"{K}⁴ × {bits}",
        )


def second(rows: tuple[tuple[Fraction, ...], ...], p: tuple[Fraction, ...], digits: int) -> Enclosed:
    """Return the second largest eigenvalue for the rows of Q and an input law p.

    >>> rows = ((Fraction(1), Fraction(0)), (Fraction(1, 5), Fraction(4, 5)))
    >>> second(rows, (Fraction(1, 10), Fraction(9, 10)), 15).closed_form
    '2/7'
    """
    inputs = [i for i, x in enumerate(p) if x]
    if len(inputs) == 1:
        return of_rational(Fraction(0), digits)
    K = len(rows[0])
    q = [sum((p[i] * rows[i][j] for i in inputs), Fraction(0)) for j in range(K)]
    Q = fmpq_mat(len(inputs), K, [_fmpq(rows[i][j]) for i in inputs for j in range(K)])
    back = [_fmpq(rows[i][j] * p[i] / q[j]) if q[j] else fmpq(0) for j in range(K) for i in inputs]
    polynomial: fmpq_poly = (Q * fmpq_mat(K, len(inputs), back)).charpoly()
    rest, remainder = divmod(polynomial, fmpq_poly([-1, 1]))
    assert remainder.is_zero()
    while rest.degree() > 0 and rest[0] == 0:
        rest = divmod(rest, fmpq_poly([0, 1]))[0]
    if rest.degree() == 0:
        return of_rational(Fraction(0), digits)
    with ALONE, ctx.workprec(bits_for(digits) + 64):
        top = max((z.real for z, _ in roots_of(rest)), key=bounds)
    near = simplest(top)
    if near is not None and rest(_fmpq(near)) == 0:
        return of_rational(near, digits)
    return enclose(lambda _bits: top, digits)


def _fmpq(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)
