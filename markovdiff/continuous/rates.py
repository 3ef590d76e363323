"""Noise in continuous time, Q_σ = e^{σR}: information at any σ > 0, how fast it goes, and the loss as an integral.

Rows of R sum to 0 and R(x, y) ≥ 0 beside the diagonal; r(x) = q(x_σ = x | x0)/p_σ(x). Then

    −dI/dσ = Σ_{x0} p_0(x0) Σ_{x≠y} p_σ(x) R(x, y) φ(r(x), r(y)),    φ(a, b) = a log(a/b) − a + b ≥ 0

is the score entropy at the true score (SEDD, arXiv 2310.16834; arXiv 2510.24088), and its integral from σ_1 to σ_2 is
I(σ_1) − I(σ_2), what the steps between them lose. It is found by FLINT's integrator (Johansson 2018), which encloses:
it asks for e^{zR} on complex boxes and divides them until the logarithms are analytic there. At σ = 0 the integrand is
infinite wherever a state is then impossible, so intervals begin above 0.

R being finite, e^{σR} can be inverted: two x0 that come to a common x never have the same rows, and information is
lost at every σ. Where no two x0 of the data ever meet, none is lost. So what is 0 is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import acb, acb_mat, arb, ctx

from markovdiff.arithmetic.enclosure import ALONE, accuracy, ball
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import to_fmpq
from markovdiff.arithmetic.value import in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import LimitError, TooLongError, UnfinishedError
from markovdiff.measures.information import entropy
from markovdiff.process.kernels.kernel import NoiseLevel, Rates
from markovdiff.process.kernels.rate import reached

MAX_STATES = 64
"""States up to which exponentials on complex boxes are formed."""

MOST_BITS = 4096
"""Bits that are tried at most."""

FIRST = 64
"""Bits beyond those wanted that are tried first."""


@dataclass(frozen=True)
class RateProcess:
    """Data p_0 and a rate matrix R. σ is a rational number above 0, or −log of a rational ᾱ as a LogForm.

    Raises LimitError for more than 64 states.

    >>> coin = RateProcess((Fraction(3, 4), Fraction(1, 4)), ((Fraction(-1), Fraction(1)), (Fraction(1), Fraction(-1))))
    >>> half, one = Fraction(1, 2), Fraction(1)
    >>> coin.loss(half, one).enclosed(20, "bits"), coin.score_entropy(half, one).enclosed(20, "bits")
    (<Enclosed 0.065461884837000977654>, <Enclosed 0.065461884837000977654>)
    """

    data: tuple[Fraction, ...]
    R: Rates

    __repr__ = in_a_line

    def __post_init__(self) -> None:
        if len(self.R) > MAX_STATES:
            raise LimitError(
                "too many states for continuous time", where="K", expected=f"at most {MAX_STATES}", got=str(len(self.R))
            )

    def information(self, sigma: NoiseLevel) -> Quantity:
        """Return I(x0; x_σ)."""
        if self.loses_nothing:
            H = entropy(self.data)
            assert isinstance(H, LogForm)
            return Quantity.of(H)

        def evaluate(state: _State) -> acb:
            cells = ((i, j) for i in self.support for j in self.reach[i])
            return sum((state.p0[i] * state.Q[i, j] * state.log_ratio(i, j) for i, j in cells), acb(0))

        return self._found(lambda bits, _: evaluate(_State(self, acb(level_ball(sigma, bits)), analytic=False)))

    def loss_rate(self, sigma: NoiseLevel) -> Quantity:
        """Return −dI/dσ, the score entropy at the true score."""
        return self._found(lambda bits, _: _State(self, acb(level_ball(sigma, bits)), analytic=False).score_entropy())

    def loss(self, start: NoiseLevel, stop: NoiseLevel) -> Quantity:
        """Return I(x0; x_start) − I(x0; x_stop), from the two informations."""
        return self.information(start).minus(self.information(stop), zero=self.loses_nothing)

    def score_entropy(self, start: NoiseLevel, stop: NoiseLevel) -> Quantity:
        """Return the integral of the score entropy from start to stop."""

        def integrand(z: acb, analytic: bool) -> acb:
            return _State(self, z, analytic=analytic).score_entropy()

        def evaluate(bits: int, wanted: int) -> acb:
            ends = acb(level_ball(start, bits)), acb(level_ball(stop, bits))
            return acb.integral(integrand, *ends, rel_tol=arb(2) ** -wanted, abs_tol=arb(2) ** -bits)

        return self._found(evaluate)

    def _found(self, evaluate: Callable[[int, int], acb]) -> Quantity:
        """Return a number, each ball of it as narrow as is asked for; 0 where nothing is lost.

        `evaluate` is given the precision to work with, and the bits that are wanted.

        Its ball raises UnfinishedError where that takes too many bits.
        """

        def narrow(bits: int) -> arb:
            more = bits + FIRST
            while True:
                with ALONE, ctx.workprec(more):
                    found = evaluate(more, bits + FIRST // 2).real
                if found.is_finite() and accuracy(found) >= bits:
                    return found
                if more > MOST_BITS:
                    raise UnfinishedError("enclosures of this precision do not settle it", got=f"{more} bits")
                more *= 2

        return Quantity(narrow, _has_no_form, zero=self.loses_nothing)

    # what is known without numbers

    @cached_property
    def support(self) -> tuple[int, ...]:
        """The x0 of the data."""
        return tuple(i for i, p in enumerate(self.data) if p)

    @cached_property
    def reach(self) -> tuple[frozenset[int], ...]:
        """The states that each state can come to, itself among them."""
        return reached(self.R)

    @cached_property
    def loses_nothing(self) -> bool:
        """Whether no two x0 of the data ever come to a common state."""
        return all(sum(x in self.reach[i] for i in self.support) <= 1 for x in range(len(self.R)))


class _State:
    """e^{zR} at a complex z near the positive numbers, in the current precision."""

    def __init__(self, process: RateProcess, z: acb, *, analytic: bool) -> None:
        self.process, self.analytic = process, analytic
        rates = [[to_fmpq(x) for x in row] for row in process.R]
        self.p0 = [acb(to_fmpq(x)) for x in process.data]
        self.Q: acb_mat = (acb_mat([[acb(x) for x in row] for row in rates]) * z).exp()
        self.p: list[acb] = (acb_mat([self.p0]) * self.Q).entries()
        self.between = acb_mat([[acb(x if i != j else 0) for j, x in enumerate(row)] for i, row in enumerate(rates)])

    def log_ratio(self, i: int, x: int) -> acb:
        """Log r(x), r(x) = q(x | x0 = i)/p(x), for an x that i comes to."""
        return (self.Q[i, x] / self.p[x]).log(analytic=self.analytic)

    def score_entropy(self) -> acb:
        """Return Σ p_0 Σ_{x≠y} p(x) R(x, y) φ(r(x), r(y)), whatever R's diagonal is.

        With R° = R without its diagonal, A = QR° and b = pR° it is
        Σ_{x0} p_0 [ Σ_x out(x) Q_x log r_x − Σ_y A_y log r_y − Σ_y A_y + Σ_y b_y r_y ].
        """
        process = self.process
        A = self.Q * self.between
        arriving = (acb_mat([self.p]) * self.between).entries()
        total = acb(0)
        for i in process.support:
            for x in process.reach[i]:
                out = -acb(to_fmpq(process.R[x][x]))
                total += self.p0[i] * (out * self.Q[i, x] - A[i, x]) * self.log_ratio(i, x)
                total += self.p0[i] * (arriving[x] * self.Q[i, x] / self.p[x] - A[i, x])
        return total


def _has_no_form() -> LogForm:
    raise TooLongError("a number of continuous time is no sum of logarithms of rationals")


def level_ball(sigma: NoiseLevel, bits: int) -> arb:
    """Return σ as a ball."""
    return sigma.ball(bits) if isinstance(sigma, LogForm) else ball(sigma, bits)
