"""The model's likelihood of the data: m_0 = π R_T ⋯ R_1, and NLL = −Σ p_0 log m_0.

As a rational m_0 can have millions of digits, so its digits come from balls: V_t = R_t V_{t−1}, V_0 = I, is
carried along with the stream (nothing negative, so nothing cancels), and m_0 = π V_T.

Equalities are decided on rationals, walking back from T with m_{t−1} = m_t R_t:

    NLL = H(x0)  ⇔  m_0 = p_0                                                            (Gibbs)
    L = NLL      ⇔  m_t[j] R_t[j, i] = m_{t−1}[i] Q_t[i, j] wherever p_{t−1}[i] > 0, for every t

The second says that the reverse process, given x0, walks forward exactly as the noise does. The walk back is
given up where numbers grow past a limit; enclosures of rising precision then have the last word, and what they
cannot settle is said to be undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from flint import arb, arb_mat, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import cross_entropy_ball, product_ball, sign_of, stochastic_ball
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.cached import cached_property
from markovdiff.errors import TooLongError, UnfinishedError
from markovdiff.measures.information import cross_entropy_of, entropy_of
from markovdiff.measures.ledger import Term, Unbounded, unbounded_gap
from markovdiff.measures.prior_likelihood import PriorLikelihood
from markovdiff.measures.rank_one_prior_likelihood import prior_likelihood
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import ReverseModel, ReverseStep, Row

MAX_BITS = 200_000
"""The exact walk back is given up where a common denominator is longer than this."""

MAX_PRECISION = 16_384
"""Enclosures are not refined past this many bits."""


@dataclass(frozen=True, slots=True)
class BackwardPass:
    """What the exact walk back found: m_0, and whether L = NLL; None where it was given up."""

    m0: RationalMatrix | None
    tight: bool | None


class Likelihood:
    """Shown each R_t as it comes; asked for NLL, the gap and their order at the end."""

    def __init__(self, chain: Chain, model: ReverseModel, prior: RationalMatrix, bits: int) -> None:
        self.chain = chain
        self.model = model
        self.prior = prior
        self.bits = bits
        self.data = chain.at(0).data
        self.is_data = model.is_bayes and prior == chain.final_marginal
        self.last: Moment | None = None
        self.product: arb_mat | None = None
        self.reached: list[tuple[int | None, ...]] = []
        self.exact_steps = 0

    def finish(self, last: Moment) -> None:
        """Take note of the process at T."""
        self.last = last

    @cached_property
    def bayes(self) -> PriorLikelihood:
        """What the Bayes reverse makes of the prior, without a walk."""
        assert self.last is not None
        return prior_likelihood(self.last, self.prior, self.chain.states)

    def observe(self, reverse: ReverseStep, *, exact: bool) -> None:
        """Take R_t; `exact` says that it is q(x_{t−1} | x_t) wherever that is defined."""
        if exact and self.exact_steps == len(self.reached):
            self.exact_steps += 1
        self.reached.append(tuple(row and _mask(row) for row in reverse.rows))
        self.product = _multiplied(reverse, self.product, self.bits)

    def _replay(self) -> list[tuple[Moment, Moment, ReverseStep]]:
        return [(before, now, self.model.step(before, now)) for before, now in pairwise(self.chain.moments())]

    @cached_property
    def unbounded(self) -> Unbounded | None:
        """Where NLL is undefined (the model meets a row that is) or infinite (it misses a datum)."""
        states = self.chain.states
        if self.model.is_bayes:
            return self.bayes.unbounded
        m = _mask((self.prior.table()[0], self.prior.d))
        for t in range(len(self.reached), 0, -1):
            back = 0
            for j, mask in enumerate(self.reached[t - 1]):
                if not m >> j & 1:
                    continue
                if mask is None:
                    words = f"the model reaches x_{t} = {states[j]!r}, of which R_{t} says nothing"
                    return Unbounded("undefined", {"t": t, "x_t": states[j]}, words)
                back |= mask
            m = back
        missed = next((i for i in self.chain.data.support if not m >> i & 1), None) if self.reached else None
        if missed is None:
            return None
        return Unbounded("inf", {"t": 0, "x0": states[missed]}, f"the model cannot produce x0 = {states[missed]!r}")

    @cached_property
    def raw(self) -> Quantity:
        """NLL, whatever it may equal: by balls; for the Bayes reverse as H(x0) + KL(p_0 ‖ m_0)."""
        if self.model.is_bayes:
            return Quantity.total([entropy_of(self.data), self.bayes.excess])
        return Quantity(self._ball, self._form)

    def _ball(self, bits: int) -> arb:
        """Return −Σ p_0 log m_0 in balls. Raises UnfinishedError where neither bits nor the walk tell it from 0."""
        if bits > 4 * MAX_PRECISION and self.walk.m0 is None:
            words = "the negative log-likelihood is not told from 0, and too long to be written out exactly"
            raise UnfinishedError(words, where="nll", got=f"{4 * MAX_PRECISION} bits")
        product = self.product
        if bits > self.bits:
            product = None
            for before, now in pairwise(self.chain.moments()):
                product = _multiplied(self.model.step(before, now), product, bits)
        assert product is not None
        prior = stochastic_ball([(self.prior.table()[0], self.prior.d)], bits)
        m0 = product_ball(prior, product, bits)
        return cross_entropy_ball(self.data.N.entries(), self.data.d, m0.entries(), bits)

    def _form(self) -> LogForm:
        if self.walk.m0 is None:
            raise TooLongError("the model's likelihood has too many digits to be written out exactly")
        return cross_entropy_of(self.data, self.walk.m0)

    def negative_log(self) -> Term:
        """Return NLL = −E_q log p_θ(x0)."""
        if self.is_data or (self.unbounded is None and self.excess == 0):
            return entropy_of(self.data)
        return self.unbounded or self.raw

    def gap(self, L: Term, nll: Term) -> Term:
        """Return the Jensen gap L − NLL; undefined where both are infinite."""
        if (lost := unbounded_gap(L, nll)) is not None:
            return lost
        assert isinstance(L, Quantity)
        assert isinstance(nll, Quantity)
        if self.is_data:
            return L.minus(nll, zero=True)
        return _difference(L, nll, self.slack(L, nll))

    def excess_over_data(self, nll: Term) -> Term:
        """Return NLL − H(x0)."""
        if isinstance(nll, Unbounded):
            return nll
        if self.model.is_bayes and not self.is_data:
            return self.bayes.excess
        return _difference(nll, entropy_of(self.data), self.excess)

    @cached_property
    def excess(self) -> int | None:
        """The sign of NLL − H(x0), or None where it is undecided."""
        if self.is_data:
            return 0
        if self.model.is_bayes:
            return 0 if self.bayes.is_data else 1
        return self._decided(self.raw.minus(entropy_of(self.data)), self._is_data_after_all)

    def _is_data_after_all(self) -> bool | None:
        return None if self.walk.m0 is None else self.walk.m0 == self.data

    def slack(self, L: Quantity, nll: Quantity) -> int | None:
        """Return the sign of L − NLL, or None where it is undecided."""
        if self.model.is_bayes:
            return 0 if self.is_data or self.bayes.is_tight else 1
        return self._decided(L.minus(nll), lambda: self.walk.tight)

    def _decided(self, difference: Quantity, is_zero: Callable[[], bool | None]) -> int | None:
        """Return a sign: by two enclosures, then by the exact walk back, then by finer enclosures."""
        bits = self.bits
        for bits in (self.bits, 4 * self.bits):
            if sign := sign_of(difference.ball(bits)):
                return sign
        zero = is_zero()
        while not zero and (zero is False or bits <= MAX_PRECISION):
            bits *= 4
            if sign := sign_of(difference.ball(bits)):
                return sign
        return 0 if zero else None

    def order(self, L: Term, nll: Term) -> tuple[str, bool]:
        """Return H(x0), NLL and L in words, and whether they are in the wrong order."""
        low = None if isinstance(nll, Unbounded) else self.excess
        high = self.slack(L, nll) if isinstance(L, Quantity) and isinstance(nll, Quantity) else None
        return order_in_words(L, nll, low, high)

    @cached_property
    def walk(self) -> BackwardPass:
        """m_T = π, m_{t−1} = m_t R_t; from where m_t = p_t and only Bayes steps remain, m_0 = p_0.

        Where m_t has grown past the limit it is unknown, until an R_t whose rows are all alike makes it known again.
        """
        known = True
        tight: bool | None = True
        m = self.prior
        for before, now, reverse in reversed(self._replay()):
            if known and m == now.marginal and (self.model.is_bayes or now.t <= self.exact_steps):
                return BackwardPass(self.data, tight)
            behind = _pushed_back(m, reverse) if known else _same_row(reverse)
            if behind is not None and behind.d.bit_length() > MAX_BITS:
                behind = None
            if tight and known and behind is not None:
                tight = _walks_forward(m, reverse, behind, before, now)
            elif tight:
                tight = None
            known, m = behind is not None, behind or m
        return BackwardPass(m if known else None, tight)


def order_in_words(L: Term, nll: Term, low: int | None, high: int | None) -> tuple[str, bool]:
    """Return H(x0), NLL and L in words, and whether they are in the wrong order.

    `low` and `high` are the signs of NLL − H(x0) and of L − NLL, None where undecided; of what is unbounded not asked.
    """
    if isinstance(nll, Unbounded):
        value = "+∞" if nll.kind == "inf" else "undefined"
        return f"NLL is {value}: {nll.words}", False
    signs = {None: "≤ (undecided)", 0: "=", 1: "<", -1: ">"}
    if isinstance(L, Unbounded):
        if L.kind == "undefined":
            return f"H(x0) {signs[low]} NLL, and L is undefined", low == -1
        return f"H(x0) {signs[low]} NLL < L = +∞", low == -1
    return f"H(x0) {signs[low]} NLL {signs[high]} L", -1 in (low, high)


def _same_row(reverse: ReverseStep) -> RationalMatrix | None:
    """Return what every defined row of R_t is, if they are all one: then that is m_{t−1}, whatever m_t."""
    rows = [row for row in reverse.rows if row is not None]
    first, total = rows[0]
    if any(a * total != b * other for row, other in rows[1:] for a, b in zip(row, first, strict=True)):
        return None
    return RationalMatrix(fmpz_mat([first]), total).reduced()


def _difference(larger: Quantity, smaller: Quantity, sign: int | None) -> Term:
    """Larger − smaller, whose sign has been decided; where it could not be, that is what is said."""
    if sign is None:
        return Unbounded("undefined", {"t": 0}, f"whether this is zero was not decided within {MAX_PRECISION} bits")
    return larger.minus(smaller, zero=sign == 0)


def _mask(row: Row) -> int:
    return sum(1 << i for i, n in enumerate(row[0]) if n != 0)


def _multiplied(reverse: ReverseStep, product: arb_mat | None, bits: int) -> arb_mat:
    R = stochastic_ball(reverse.rows, bits)
    return R if product is None else product_ball(R, product, bits)


def _pushed_back(m: RationalMatrix, reverse: ReverseStep) -> RationalMatrix:
    """m_{t−1} = m_t R_t, the rows that m_t does not reach left out."""
    reached = [(a, row) for a, row in zip(m.N.entries(), reverse.rows, strict=True) if a != 0 and row is not None]
    common = fmpz(1)
    for _, row in reached:
        common = common.lcm(row[1])
    sums = [fmpz(0)] * len(reverse.rows)
    for a, (numerators, total) in reached:
        weight = a * (common // total)
        sums = [s + weight * n for s, n in zip(sums, numerators, strict=True)]
    return RationalMatrix(fmpz_mat([sums]), m.d * common).reduced()


def _walks_forward(
    m: RationalMatrix, reverse: ReverseStep, behind: RationalMatrix, before: Moment, now: Moment
) -> bool:
    """Whether m_t[j] R_t[j, i] = m_{t−1}[i] Q_t[i, j] for every j and every i that q can be in."""
    assert now.transition is not None
    Q = now.transition.dense
    for i, (b, p, line) in enumerate(zip(behind.N.entries(), before.marginal.N.entries(), Q.table, strict=True)):
        if p == 0:
            continue
        for a, row, q in zip(m.N.entries(), reverse.rows, line, strict=True):
            n, total = (row[0][i], row[1]) if row is not None else (fmpz(0), fmpz(1))
            if a * n * behind.d * Q.matrix.d != b * q * m.d * total:
                return False
    return True
