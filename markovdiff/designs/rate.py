"""How fast I(x0;x_t) dies out under a constant kernel, if it does: see `spectrum` for the theorem and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Literal

from flint import acb, acb_mat, arb, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE, bits_for
from markovdiff.arithmetic.quantity import Enclosed, enclose, of_rational
from markovdiff.designs.spectrum import MAX_POLYNOMIAL, MAX_STATES, Spectrum, discs, modulus, spectrum
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.classes import CommunicatingClass, reachable
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Dense, Transition

MAX_VECTORS = 48
"""States up to which eigenvectors are enclosed, to decide whether the ratio of neighbours swings for ever."""

Behaviour = Literal["tends", "swings", "may swing", "ends", "stays", "unknown", "none"]


@dataclass(frozen=True)
class DecayRate:
    """`modulus` |λ| of the leading excited eigenvalue, `decay` = limsup I_t^{1/t}, and what I_t/I_{t−1} does.

    Either number is None where it is not defined or not known; `detail` says why.
    """

    modulus: Enclosed | None
    decay: Enclosed | None
    behaviour: Behaviour
    detail: str


def rate_of(chain: Chain, step: Transition, classes: tuple[CommunicatingClass, ...], digits: int) -> DecayRate:
    """Return the rate of a chain whose steps are all `step`."""
    support = chain.data.support
    if len(support) <= 1:
        return DecayRate(None, None, "none", "the data are one state, so I(x0;x_t) is 0 at every t")
    if isinstance(step, IdentityPlusRankOne):
        return _of_rank_one(chain, step, digits)
    try:
        return _of_dense(chain, step.dense, classes, digits)
    except LimitError as error:
        return DecayRate(None, None, "unknown", f"not known: {error.what}")


def _of_rank_one(chain: Chain, step: IdentityPlusRankOne, digits: int) -> DecayRate:
    keep = step.keep
    if keep == 1:
        return DecayRate(None, None, "stays", "every step is the identity: I(x0;x_t) = H(x0) for ever")
    if keep == 0:
        return DecayRate(None, None, "ends", "one step ends it: x_1 is drawn afresh whatever x0 is")
    size = of_rational(keep, digits)
    if all(step.target.weights[i] for i in chain.data.support):
        return DecayRate(size, of_rational(keep**2, digits), "tends", "I_t/I_(t−1) tends to λ², λ = 1 − β")
    detail = (
        "I_t/I_(t−1) tends to λ = 1 − β itself, not to its square: some states of the data are not in the target, "
        "and x_t tells x0 as long as it is still there"
    )
    return DecayRate(size, size, "tends", detail)


def _of_dense(chain: Chain, step: Dense, classes: tuple[CommunicatingClass, ...], digits: int) -> DecayRate:
    reach = reachable(step.support)
    reached = {j for i in chain.data.support for j in range(chain.K) if reach[i] >> j & 1}
    closed = [c for c in classes if c.is_closed and reached & set(c.states)]
    passing = any(not c.is_closed and reached & set(c.states) for c in classes)
    period = reduce(lcm, [c.period or 1 for c in closed], 1)
    bits = bits_for(digits) + 64
    if chain.K <= MAX_POLYNOMIAL:
        found = spectrum(step, chain.data.weights, chain.data.total, bits, period)
    else:
        found = _large(chain, step, classes, bits)
    size, square = _numbers(found, digits)
    if found.excites_one:
        detail = "I_t does not tend to 0: x_t keeps telling something about which closed class x0 leads to"
        return DecayRate(size, None, "stays", detail)
    if found.is_cyclic:
        detail = "I_t does not tend to 0: x_t keeps telling something about the phase of a periodic class"
        return DecayRate(size, None, "stays", detail)
    if not found.roots:
        detail = (
            f"I_t is exactly 0 from t = {found.nilpotent} on: only the eigenvalue 0 is excited, so there is no rate"
        )
        return DecayRate(None, None, "ends", detail)
    if passing:
        detail = (
            "states are reached that are left for good; their own probability dies out, "
            "and the square of |λ| need not be the rate of I_t"
        )
        return DecayRate(size, None, "unknown", detail)
    leading = found.leading
    if len(leading) == 1 and leading[0][1] == 1:
        return DecayRate(size, square, "tends", "I_t/I_(t−1) tends to |λ|²: λ is real, simple and alone in modulus")
    if all(m == 1 for _, m in leading) and _swings(chain, step, leading):
        detail = "I_t/I_(t−1) swings for ever around |λ|²: the leading eigenvalues are a complex pair"
        return DecayRate(size, square, "swings", detail)
    why = "are a complex pair, or several of one modulus" if len(leading) > 1 else "is a multiple root"
    detail = f"I_t^(1/t) comes as near as |λ|² again and again; I_t/I_(t−1) may swing: the leading eigenvalue {why}"
    return DecayRate(size, square, "may swing", detail)


def _large(chain: Chain, step: Dense, classes: tuple[CommunicatingClass, ...], bits: int) -> Spectrum:
    """Return the spectrum of a large irreducible aperiodic kernel from data in every state, which excite all of it."""
    whole = len(classes) == 1 and classes[0].period == 1 and len(chain.data.support) == chain.K
    if chain.K > MAX_STATES or not whole:
        raise LimitError(
            f"past {MAX_POLYNOMIAL} states only where all communicate, without a period, the data are in each of them, "
            f"and there are at most {MAX_STATES}"
        )
    return discs(step, bits)


def _numbers(found: Spectrum, digits: int) -> tuple[Enclosed | None, Enclosed | None]:
    if found.is_cyclic:
        return of_rational(Fraction(1), digits), None
    if found.rational is not None:
        return of_rational(abs(found.rational), digits), of_rational(Fraction(found.rational) ** 2, digits)
    ball = modulus(found)
    if ball is None:
        return None, None

    def squared(bits: int) -> arb:
        with ALONE, ctx.workprec(bits + 64):
            return ball * ball

    return enclose(lambda _bits: ball, digits), enclose(squared, digits)


def _swings(chain: Chain, step: Dense, leading: tuple[tuple[acb, int], ...]) -> bool:
    """Whether Σ p_0[i] c_ij²/μ_j ≠ 0 is proved, D_t[i,j] ~ 2·Re(c_ij λ^t): then I_t/|λ|^{2t} has no limit.

    I_t/|λ|^{2t} comes near A + Re(B e^{2iθt}) with that B, up to a factor, and θ is neither 0 nor π for a complex pair.
    """
    if len(leading) != 2 or chain.K > MAX_VECTORS or any(z.imag.contains(0) for z, _ in leading):
        return False
    with ALONE, ctx.workprec(256):
        d = step.matrix.d
        Q = acb_mat([[acb(n) / d for n in row] for row in step.table])
        try:
            values, left, right = Q.eig(left=True, right=True)
        except ValueError:
            return False
        at = [k for k, z in enumerate(values) if z.overlaps(leading[0][0])]
        one = [k for k, z in enumerate(values) if z.overlaps(acb(1))]
        if len(at) != 1 or len(one) != 1:
            return False
        k, K = at[0], range(chain.K)
        row, column = [left[k, j] for j in K], [right[j, k] for j in K]
        law = [left[one[0], j] for j in K]
        mass, scale = sum(law, acb(0)), sum((a * b for a, b in zip(row, column, strict=True)), acb(0))
        mean = sum((column[i] * w for i, w in enumerate(chain.data.weights)), acb(0)) / fmpz(chain.data.total)
        found = acb(0)
        over = sum((x * x * mass / m for x, m in zip(row, law, strict=True) if not m.contains(0)), acb(0))
        if any(m.contains(0) and not x.contains(0) for x, m in zip(row, law, strict=True)):
            return False
        for i, w in enumerate(chain.data.weights):
            found += (column[i] - mean) ** 2 * w
        return not (found * over / scale**2).contains(0)
