"""The eigenvalues of a kernel that the data excite, and what they say of I(x0;x_t) late in a long chain.

The deviation D_t = Q̄_t − 1p_t has the rows (e_i − p_0)Q^t, i a state of the data. They stay in the smallest space W
that holds all e_i − p_0 and that Q maps into itself, so only eigenvalues of Q on W matter. The minimal polynomial of Q
on W is found exactly, and its roots are isolated by FLINT: with it is known which are multiple (not semisimple).

With one aperiodic closed class and no state outside it reached, p_t tends to a law μ > 0 there, and I_t is about
½ Σ p_0[i] D_t[i,j]²/μ_j:
    limsup I_t^{1/t} = |λ|²,  λ the excited eigenvalue of largest modulus;
    I_t/I_{t−1} → λ² where that λ is real, simple in the minimal polynomial, and alone in modulus.
Where states that are left for good are reached, p_t[j] itself dies out and the square does not hold in general: under
an absorbing kernel with a mask apart I_t = ᾱ_t·H(x0), one power of 1 − β. That is why they are told apart here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import acb, acb_mat, arb, ctx, fmpq, fmpq_mat, fmpq_poly, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import ALONE, bounds
from markovdiff.errors import LimitError
from markovdiff.process.transition import Dense

MAX_POLYNOMIAL = 64
"""States up to which the minimal polynomial is found; its roots may lie close together, and then they take long."""

MAX_STATES = 512
"""States up to which eigenvalues are enclosed at all: some seconds."""

SIMPLE = 10**6
"""Denominators up to which a root is tried as a rational."""


@dataclass(frozen=True)
class Spectrum:
    """The excited eigenvalues of a constant kernel on W, 1's own and 0 apart.

    `roots` are balls of C with their multiplicity in the minimal polynomial, by falling modulus; `excites_one` says
    whether 1 itself is excited (x_t keeps telling which closed class x0 led to), `nilpotent` how many steps the part
    with eigenvalue 0 takes to vanish, `is_cyclic` whether another root of unity is among them. `rational` is the only
    leading root, where it is a rational of few digits.
    """

    roots: tuple[tuple[acb, int], ...]
    excites_one: bool
    nilpotent: int
    is_cyclic: bool = False
    rational: Fraction | None = None

    @property
    def leading(self) -> tuple[tuple[acb, int], ...]:
        """The roots whose modulus may be the largest."""
        if not self.roots:
            return ()
        top = max((abs(z).lower() for z, _ in self.roots), key=bounds)
        return tuple((z, m) for z, m in self.roots if not abs(z) < top)

    @property
    def ends(self) -> bool:
        """Whether nothing is left after finitely many steps."""
        return not self.roots and not self.excites_one


def spectrum(step: Dense, data: Sequence[int], total: int, bits: int, period: int = 1) -> Spectrum:
    """Return the eigenvalues that data with these weights excite, enclosed with about `bits` bits.

    `period` is that of the closed classes that the data reach: which roots of unity may be among them.
    """
    on_W = _restricted(step, data, total)
    if on_W is None:
        return Spectrum((), False, 0)
    x = fmpq_poly([0, 1])
    polynomial = on_W.minpoly()
    polynomial, nilpotent = _divided(polynomial, x)
    polynomial, ones = _divided(polynomial, x - 1)
    if polynomial.degree() < 1:
        return Spectrum((), ones > 0, nilpotent)
    roots: list[tuple[acb, int]]
    with ALONE, ctx.workprec(bits):
        roots = sorted(roots_of(polynomial), key=lambda root: float(abs(root[0]).mid()), reverse=True)
        near = simplest(roots[0][0].real)
    is_cyclic = period > 1 and polynomial.gcd(x**period - 1).degree() > 0
    found = Spectrum(tuple(roots), ones > 0, nilpotent, is_cyclic)
    is_root = near is not None and polynomial(fmpq(near.numerator, near.denominator)) == 0
    return replace(found, rational=near) if is_root and len(found.leading) == 1 else found


def discs(step: Dense, bits: int) -> Spectrum:
    """Return the eigenvalues on all of Σv = 0, as data in every state excite them, between Gershgorin's discs.

    float64 proposes the eigenvectors X; in balls X⁻¹QX is nearly diagonal, and each group of overlapping discs around
    its diagonal holds as many eigenvalues as discs. One alone is simple; those that overlap count as perhaps multiple.
    Raises LimitError where X does not serve, as for a matrix without a basis of eigenvectors.
    """
    import numpy as np

    K, N, d = step.K, step.table, step.matrix.d
    last = N[K - 1]
    rows = [[N[i][j] - last[j] for j in range(K - 1)] for i in range(K - 1)]
    X = np.linalg.eig(np.array([[int(n) / int(d) for n in row] for row in rows]))[1]
    with ALONE, ctx.workprec(bits):
        vectors = acb_mat([[acb(complex(z).real, complex(z).imag) for z in row] for row in X])
        try:
            near = vectors.solve(acb_mat(fmpz_mat(rows)) * vectors)
        except ZeroDivisionError:
            raise LimitError("the eigenvectors are too nearly dependent to enclose the eigenvalues") from None
        found = []
        for i, row in enumerate(near.table()):
            away = sum((abs(z).upper() for j, z in enumerate(row) if j != i), arb(0)).upper()
            around = arb(0, away)
            found.append((row[i] + acb(around, around)) / d)
        lonely = [not any(z.overlaps(w) for k, w in enumerate(found) if k != i) for i, z in enumerate(found)]
    order = sorted(range(len(found)), key=lambda i: bounds(abs(found[i]).upper()), reverse=True)
    return Spectrum(tuple((found[i], 1 if lonely[i] else 2) for i in order), False, 0)


def simplest(x: arb) -> Fraction | None:
    """Return the rational of few digits that a ball may stand for, if one lies in it."""
    low, high = bounds(x)
    near = ((low + high) / 2).limit_denominator(SIMPLE)
    return near if low <= near <= high else None


def roots_of(polynomial: fmpq_poly) -> list[tuple[acb, int]]:
    """Return the roots in the current precision, isolated, with their multiplicities."""
    found: Any = polynomial.numer().complex_roots()
    return [(z, int(m)) for z, m in found]


def _divided(polynomial: fmpq_poly, factor: fmpq_poly) -> tuple[fmpq_poly, int]:
    times = 0
    while polynomial.degree() >= 1:
        quotient, rest = divmod(polynomial, factor)
        if not rest.is_zero():
            break
        polynomial, times = quotient, times + 1
    return polynomial, times


def _restricted(step: Dense, data: Sequence[int], total: int) -> fmpq_mat | None:
    """Q on W in a basis of W; None where W is zero, as with data in one state."""
    K, N, d = step.K, step.table, step.matrix.d
    support = [i for i, w in enumerate(data) if w]
    if len(support) <= 1:
        return None
    if len(support) == K:  # W is all of Σv = 0, with the basis e_i − e_last
        last = N[K - 1]
        return fmpq_mat(fmpz_mat([[N[i][j] - last[j] for j in range(K - 1)] for i in range(K - 1)])) / fmpq(d)
    rows = [[(total if i == j else 0) - data[j] for j in range(K)] for i in support]
    basis, rank = _echelon(fmpz_mat(rows))
    while True:
        more, grown = _echelon(fmpz_mat(basis.table() + (basis * step.matrix.N).table()))
        if grown == rank:
            break
        basis, rank = more, grown
    pivots = [next(j for j, n in enumerate(row) if n != 0) for row in basis.table()]
    image = (basis * step.matrix.N).table()
    own = basis.table()
    return fmpq_mat(rank, rank, [fmpq(image[i][p], own[k][p] * d) for i in range(rank) for k, p in enumerate(pivots)])


def _echelon(rows: fmpz_mat) -> tuple[fmpz_mat, int]:
    """Return the reduced row echelon form without its zero rows; each pivot column has one entry."""
    reduced, _, rank = rows.rref()
    kept = []
    for row in reduced.table()[: int(rank)]:
        g = fmpz(0)
        for n in row:
            g = g.gcd(n)
        kept.append([n // g for n in row])
    return fmpz_mat(kept), int(rank)


def modulus(spectrum: Spectrum) -> arb | None:
    """Return the largest modulus, as a ball around all that may be the largest; None where nothing is excited."""
    if not spectrum.leading:
        return None
    with ALONE, ctx.workprec(256):
        found = [abs(z) for z, _ in spectrum.leading]
        return max((x.lower() for x in found), key=bounds).union(max((x.upper() for x in found), key=bounds))
