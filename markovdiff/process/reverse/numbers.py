"""The process around step t in the numbers of an arithmetic, and a reverse model beside its Bayes reverse.

A reverse model is compared with B[j, i] = q(x_{t−1} = i | x_t = j) by ρ, R_t[j, i] = B[j, i](1 + ρ[j, i]), in a form
in which the first order of ρ does not cancel. With d = Q̄/p − 1 and a denoiser p̃ = α·q(x0 | x_t) + c:

    posterior-mixture   ρ_ji = Σ_k c_jk ((1 + d_{t−1}[k, i])/(1 + d_t[k, j]) − 1) / Σ_k p̃     over the k that reach j
                              = Σ_k w_jk (d_{t−1}[k, i] − d_t[k, j]),  w = c/((1 + d_t) Σ p̃); less p_0 where c ∝ p_0
    d3pm                1 + ρ_ji = (1 + a_ji)/(1 + b_j),  a_ji = Σ_k p̃(k|j) d_{t−1}[k, i],  b_j = Σ_k p̃(k|j) d_t[k, j]
                        where of the part q(x0 | x_t) = p_0(1 + d) only p_0 d is left, since Σ_k p_0[k] d[k, ·] = 0
    bayes, a belief     1 + ρ_ji = (1 + s_{t−1}[i])/(1 + s_t[j]),  s_t = r_t/p_t − 1 = Σ_k r_0[k] d_t[k, ·]

(R = B(1+ρ) sums to one over i since Σ_i B[j, i] d_{t−1}[k, i] = d_t[k, j].) Each formula is written once, with arrays
of float64 or of balls. They add, multiply and divide as numpy's arrays do; all else is asked of the `StepNumbers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.process.chain import Chain
from markovdiff.process.reverse.rows import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from markovdiff.arithmetic.arrays import Flags
    from markovdiff.process.support import ReverseSupport, SupportPattern

    Array: TypeAlias = NDArray[Any]
    """Numbers of an arithmetic."""


class Side(Protocol):
    """The process at t−1 or at t: rows are the x0 that the model speaks of."""

    @property
    def pattern(self) -> SupportPattern:
        """Where Q̄ > 0."""

    @property
    def r(self) -> Array:
        """The deviation d = Q̄/p − 1, and 0 in impossible columns."""

    @property
    def blur(self) -> float:
        """What d may be off by, as an estimate; 0.0 where numbers carry their own error."""

    @property
    def is_plain(self) -> bool:
        """Whether 1 + d has all the digits of Q̄/p."""

    @property
    def vanished(self) -> bool:
        """Whether d is known to be 0."""


class StepNumbers(Protocol):
    """The step from t−1 to t. A law given x_t is a row for each x_t, a law given x0 a row for each x0."""

    @property
    def chain(self) -> Chain:
        """The chain."""

    @property
    def before(self) -> Side:
        """The process at t−1."""

    @property
    def now(self) -> Side:
        """The process at t."""

    @property
    def allowed(self) -> ReverseSupport:
        """Where R_t > 0."""

    @property
    def fine(self) -> float:
        """The share of itself that a rounded entry may be off by; 0.0 where numbers carry their own error."""

    @property
    def coarse(self) -> float:
        """The same of an entry of a product of matrices."""

    # what is known of the step

    @property
    def B(self) -> Array:
        """The Bayes reverse q(x_{t−1} = i | x_t = j), 0 in impossible rows."""

    @property
    def seen(self) -> Flags:
        """Where B is not too small to be divided by."""

    @property
    def p0(self) -> Array:
        """q(x0), a number for each x0 that the model speaks of."""

    @property
    def posterior(self) -> Array:
        """q(x0 = k | x_t = j), a row for each j."""

    @property
    def data_are_even(self) -> bool:
        """Whether q(x0) is the same for every state."""

    # making arrays

    def number(self, value: Fraction) -> Any:
        """Return a rational, rounded once."""

    def constant(self, value: Fraction, shape: tuple[int, int]) -> Array:
        """Return an array of one number."""

    def table(self, rows: Sequence[Row | None]) -> Array:
        """Return rows, each entry rounded once, and zeros where there is none."""

    def brought(self, rows: Sequence[Row | None]) -> Array:
        """Return the rows of R_t itself, likewise."""

    def exact(self, rows: Sequence[Row | None]) -> Sequence[Row | None]:
        """Return rows that were made exactly. Raises LimitError where this arithmetic cannot hold them."""

    def spread(self, values: Array) -> Array:
        """Return an array with a column for each x0 that the model speaks of as one with a column for every state."""

    # computing with arrays

    def product(self, a: Array, b: Array) -> Array:
        """Return the product of two matrices."""

    def along(self, a: Array, b: Array) -> Array:
        """Return Σ_k a[j, k] b[k, j] for each j; one row of a serves for every j."""

    def where(self, mask: Flags, values: Array, *, otherwise: bool = False) -> Array:
        """Return the values where the mask says so, else 0, or 1."""

    def divided(self, a: Array, b: Array, mask: Flags) -> Array:
        """Return a/b where the mask says so, else 0."""

    def largest(self, values: Array) -> float:
        """Return the largest absolute value, as a float."""

    # sums of terms that are not negative, whatever Q̄ is

    def through(self, c: Array) -> Array:
        """Return Σ_k c[j, k] q(x_{t−1} = i | x_t = j, x0 = k) over the k that reach j."""

    def pairs(self, guess: Array) -> Array:
        """Return the rows ∝ Q_t[i, j] Σ_k guess[j, k] Q̄_{t−1}[k, i]."""

    def reverse_of(self, law: Array) -> Array:
        """Return the rows ∝ law[i] Q_t[i, j]."""

    def carried(self, belief: RationalMatrix) -> tuple[Array, Array, Array] | None:
        """Return r_{t−1}, r_{t−1}/p_{t−1} − 1 and r_t/p_t − 1 of a law r; None where r = p is known.

        To be asked at t = 1, 2, … in turn.
        """


@dataclass(frozen=True, eq=False)
class BesideBayes:
    """R_t, B and ρ, a row for each x_t; ρ means something where B > 0, R where R > 0.

    `noise` is what ρ may be off by, an estimate, 0.0 where numbers carry their own error; `bayes` says that R = B is
    known: then ρ is zero and not merely small.
    """

    R: Array
    B: Array
    rho: Array
    noise: float = 0.0
    bayes: bool = False


def bayes(x: StepNumbers) -> BesideBayes:
    """Return R = B, where the model says anything."""
    return BesideBayes(x.where(x.allowed.defined[:, None], x.B), x.B, x.constant(Fraction(0), x.B.shape), bayes=True)


def compared(x: StepNumbers, R: Array, noise: float) -> BesideBayes:
    """Return R as it is, and ρ = R/B − 1."""
    return BesideBayes(R, x.B, x.where(x.seen, x.divided(R, x.B, x.seen) - 1), noise)
