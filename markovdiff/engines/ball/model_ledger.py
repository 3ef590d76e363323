"""The ledger of the ELBO in balls, for a reverse model of any kind.

    Δ_t = Σ_j Σ_i q(x_{t−1} = i, x_t = j) g(ρ_ji) + Σ_j p_t[j]·(R_t[j]'s mass where B has none),  g(ρ) = ρ − log(1+ρ)
    NLL = −Σ p_0 log m_0,   m_0 = π R_T ⋯ R_1

Each is asked for the digits wanted, relative, and the walk is started again with more bits where they are missing.
That Δ_t, NLL − H(x0) or L − NLL is zero is known from the model's definition, or from the exact ledger where that is
cheap; else what balls do not tell from zero is said not to be told. Infinite and undefined come from patterns.

The identity is checked step by step by a second formula: E log(Q_t/R_t) − H(x_{t−1}|x0) + H(x_t|x0) has to meet
(I_{t−1} − I_t) + Δ_t.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import numpy as np
from flint import arb, arb_mat, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE, accuracy, combine, product_ball, sign_of
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.cached import cached_property
from markovdiff.engines.ball.forward import EnclosureRecursion, Enclosures
from markovdiff.engines.ball.information import BallInformation, BallSnapshot
from markovdiff.engines.ball.ledger import relation
from markovdiff.engines.ball.prior import ZERO, BallPrior
from markovdiff.engines.ball.reverse import BallReverseStep, BallSide, reverse_ball
from markovdiff.engines.ball.sums import entropy, information, never_exact
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.ledger import Ledger
from markovdiff.engines.exact.ledger import model_error as exact_error
from markovdiff.engines.float64.forward import is_consistent
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.denoiser_loss import is_sure, unbounded_cost
from markovdiff.measures.ledger import Entry, Term, Totals, Unbounded, add, in_order, remarks, unbounded_gap
from markovdiff.measures.likelihood_support import LikelihoodSupport, unbounded_error
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.reverse.denoisers import Denoiser
from markovdiff.process.reverse.numbers import BesideBayes
from markovdiff.process.support import Patterns

SERIES_FROM = 24
"""g(ρ) is summed as a series where |ρ| ≤ 2^-24."""

MOST_BITS = 2048
"""The likelihood is not walked through with more bits: each time costs a walk with all its R_t."""


def g(rho: arb, bits: int) -> arb:
    """Return ρ − log(1+ρ) = Σ_{n≥2} (−ρ)^n/n; after n = N at most 2|ρ|^{N+1}/(N+1) is left for |ρ| ≤ ½."""
    if not abs(rho) < SMALL:
        return rho - rho.log1p()
    N = 2 + bits // SERIES_FROM
    s = arb(0, arb(2) / (N + 1))
    for n in range(N, 1, -1):
        s = s * rho + arb((-1) ** n) / n
    return s * rho * rho


SMALL = arb(1) / 2**SERIES_FROM


class BallModel:
    """A reverse model on a walk: its step at any t, at the walk's precision."""

    def __init__(self, chain: Chain, model: ReverseModel, walk: EnclosureRecursion) -> None:
        rows = model.speaks_of(chain)
        self.chain, self.model = chain, model
        self.walk = walk if list(rows) == walk.rows else EnclosureRecursion(chain, walk.bits, rows)
        self.patterns = Patterns(chain, model, rows, lambda t: self.walk.step(t)[1])
        self.last: tuple[tuple[int, int], BallReverseStep, BesideBayes] | None = None
        self.error: tuple[tuple[int, int], arb] | None = None

    def at(self, t: int) -> tuple[BallReverseStep, BesideBayes]:
        """Return the step from t−1 to t and R_t (the last is remembered)."""
        self.walk.at(t)
        key = t, self.walk.bits
        if self.last is None or self.last[0] != key:
            self.last = key, *self._made(t)
        return self.last[1], self.last[2]

    def _made(self, t: int) -> tuple[BallReverseStep, BesideBayes]:
        now, before = self.walk.at(t), self.walk.at(t - 1)
        seen, pattern, allowed = self.patterns.at(t)
        step = BallReverseStep(
            self.chain, BallSide(before, seen), BallSide(now, pattern), self.walk.step(t)[0], allowed
        )
        return step, reverse_ball(self.model, step)

    def model_error(self, t: int) -> arb:
        """Return Δ_t with the bits that are now thought enough, where it is finite (the last is remembered)."""
        step, reverse = self.at(t)
        key = t, step.bits
        if self.error is None or self.error[0] != key:
            self.error = key, model_error(step, reverse)
        return self.error[1]

    def evaluate(self, t: int, bits: int) -> arb:
        """Return Δ_t to `bits` bits, relative. Raises UnfinishedError where the limit of precision is met."""
        return self.walk.evaluate(t, lambda _now: self.model_error(t), bits)


def model_error(step: BallReverseStep, reverse: BesideBayes) -> arb:
    """Return Δ_t, where it is finite."""
    bits, seen = step.bits, step.seen
    outside = step.allowed.cells & ~seen & step.now.pattern.possible[:, None]
    with ALONE, ctx.workprec(bits):
        total = arb(0)
        for pair, rho in zip(step.pair[seen], reverse.rho[seen], strict=True):
            total += pair * g(rho, bits)
        for j, i in np.argwhere(outside).tolist():
            total += step.now.p[j] * reverse.R[j, i]
        return total


def denoiser_cost(step: BallReverseStep, denoiser: Denoiser) -> arb:
    """Return C_t = E[−log p̃(x0|x_t)], where it is finite."""
    pattern = step.now.pattern
    with ALONE, ctx.workprec(step.bits):
        paid = (pattern.reach & pattern.known[:, None]).T
        joint, guess = (step.p0 * step.now.Q_bar.T)[paid], denoiser.split(step).whole(step)[paid]
        return -sum((q * p.log() for q, p in zip(joint, guess, strict=True)), arb(0))


def plainly(step: BallReverseStep, reverse: BesideBayes) -> arb:
    """E log(Q_t/R_t)."""
    with ALONE, ctx.workprec(step.bits):
        seen, total = step.seen, arb(0)
        for pair, Q, R in zip(step.pair[seen], step.back[seen], reverse.R[seen], strict=True):
            total += pair * (Q / R).log()
        return total


def noise(state: Enclosures) -> arb:
    """Return H(x_t|x0)."""
    with ALONE, ctx.workprec(state.bits):
        rows = zip(state.p0, state.rows, state.reach.tolist(), strict=True)
        held = ((p, [x for x, there in zip(row, cells, strict=True) if there]) for p, row, cells in rows)
        found: arb = sum((p * entropy(row, state.bits) for p, row in held if not p.is_zero()), arb(0))
        return found


class BallModelLedger:
    """Kept step by step; `prior` is None where it is p_T itself."""

    def __init__(
        self, chain: Chain, prior: RationalMatrix | None, model: ReverseModel, walk: EnclosureRecursion, cheap: bool
    ) -> None:
        self.chain, self.prior, self.model, self.states = chain, prior, model, chain.states
        self.side = BallPrior(chain, prior)
        self.first: BallSnapshot | None = None
        self.conditional_entropy = ZERO
        self.now: BallInformation | None = None
        self.at = BallModel(chain, model, walk)
        self.reached = LikelihoodSupport(chain.states)
        self.errors: list[Term] = []
        self.terms: list[Term] = []
        self.costs: list[Term] = []
        self.loose: dict[int, arb] = {}
        self.product: arb_mat | None = None
        self.restricted: list[int] = []
        self.broken: int | None = None
        self.cheap = cheap

    def observe(self, now: BallInformation) -> Entry[Term] | None:
        """Enter step t in the ledger."""
        self.now = now
        if now.before is None:
            return None
        step, reverse = self.at.at(now.t)
        self.reached.observe(step.allowed)
        self.restricted += [now.t] if step.allowed.restricted else []
        R = arb_mat(reverse.R.tolist())
        self.product = R if self.product is None else product_ball(R, self.product, step.bits)
        error = self._error(now.t, step, reverse)
        paid = now.conditional_entropy if now.t == 1 else now.loss
        if now.t == 1:
            self.first, self.conditional_entropy = now.forget(), paid
        self.errors.append(error)
        term = self._sum([paid, error])
        if isinstance(error, Quantity):
            plain = plainly(step, reverse)
            self._check(now.walk.at(now.t - 1), now.walk.at(now.t), plain, self.loose.get(now.t, arb(0)))
        cost = self._cost(now, step)
        self.costs += [] if cost is None else [cost]
        return Entry(term, error, cost)

    def _cost(self, now: BallInformation, step: BallReverseStep) -> Term | None:
        """C_t, None where there is no denoiser."""
        denoiser, pattern = self.model.prediction, step.now.pattern
        if denoiser is None:
            return None
        if denoiser.is_posterior:
            return now.conditional_entropy
        if denoiser.is_data:
            return now.data_entropy
        support = denoiser.support(self.chain, pattern)
        lost = unbounded_cost(support, pattern, self.states)
        if lost is not None or is_sure(support, pattern):
            return lost or ZERO
        t = now.t
        evaluate = partial(self.at.walk.evaluate, t, lambda _: denoiser_cost(self.at.at(t)[0], denoiser))
        return Quantity(evaluate, never_exact, zero=False)

    def _error(self, t: int, step: BallReverseStep, reverse: BesideBayes) -> Term:
        """Δ_t."""
        lost = unbounded_error(step.allowed, step.before.pattern, step.now.pattern, self.states)
        if lost is not None:
            return lost
        certain = (step.allowed.cells[step.now.pattern.possible].sum(axis=1) <= 1).all()
        if reverse.bayes or certain:
            return ZERO
        first = self.at.model_error(t)
        self.loose[t] = first
        zero = False if sign_of(first) else self._is_zero(t)
        error = Quantity(lambda bits: self.at.evaluate(t, bits), never_exact, zero)
        if not zero:
            self.loose[t] = self._closest(error, first)
        return error

    def _closest(self, error: Quantity, otherwise: arb) -> arb:
        try:
            return error.ball(FIRST_BITS)
        except UnfinishedError:
            return otherwise

    def _is_zero(self, t: int) -> bool | None:
        """Whether Δ_t = 0, exactly, where that is cheap."""
        if not self.cheap:
            return None
        before, now = self.chain.at(t - 1), self.chain.at(t)
        known = exact_error(before, now, self.model.step(before, now), self.states)
        assert isinstance(known, Quantity)
        return known.is_zero()

    def _check(self, before: Enclosures, now: Enclosures, plain: arb, error: arb) -> None:
        """Whether the two formulas of a step's term meet."""
        with ALONE, ctx.workprec(now.bits):
            first = plain - noise(before) + noise(now)
            second = information(before) - information(now) + error
            if self.broken is None and not first.overlaps(second):
                self.broken = now.t

    def _ball(self, part: Term, bits: int) -> tuple[arb, bool]:
        """Return a part of a sum, and whether it was told from zero; of one that was not, what there is of it."""
        assert isinstance(part, Quantity)
        try:
            return part.ball(bits), True
        except UnfinishedError:
            near = next((self.loose[t] for t, error in enumerate(self.errors, 1) if error is part), None)
            if near is None:
                raise
            return near, False

    def _sum(self, parts: list[Term]) -> Term:
        """Return a sum of terms that are not negative; one that is not told from zero counts as the ball it is."""
        whole = add(*parts)
        if isinstance(whole, Unbounded):
            return whole

        def evaluate(bits: int) -> arb:
            balls, told = zip(*(self._ball(part, bits) for part in parts), strict=True)
            found = combine([(fmpz(1), x) for x in balls], fmpz(1), bits)
            if not all(told) and accuracy(found) < bits - 24:
                raise UnfinishedError("enclosures of this precision do not settle it", got=f"{self.at.walk.bits} bits")
            return found

        numbers = [part for part in parts if isinstance(part, Quantity)]
        zero = True if all(part.known_zero for part in numbers) else None
        return Quantity(evaluate, lambda: sum((part.form() for part in numbers), LogForm()), zero)

    def conclude(self) -> tuple[Totals[Term], Finding]:
        """Return the lines of the ledger, and the verdict on it."""
        assert self.now is not None
        assert self.first is not None
        H, last = self.now.data_entropy, self.now.mutual_information
        gap, error = self.side.gap(self.now), self._sum(self.errors)
        L = self._sum([H, *self.errors, gap])
        nll, excess = self._likelihood(H)
        totals: Totals[Term] = Totals(
            reconstruction=self._sum([self.conditional_entropy, self.errors[0]]),
            denoising=self._sum(
                [self.first.mutual_information.minus(last, zero=self.side.is_still()), *self.errors[1:]]
            ),
            prior=add(last, gap),
            negative_elbo=L,
            nll=nll,
            data_entropy=H,
            gap=self._jensen_gap(add(error, gap), excess),
            model_error=error,
            prior_gap=gap,
            nll_excess=excess,
            cross_entropy=self._sum(self.costs) if self.costs else None,
        )
        return totals, self._verdict(totals)

    def _likelihood(self, H: Quantity) -> tuple[Term, Term]:
        """NLL and NLL − H(x0)."""
        assert self.now is not None
        possible = self.now.walk.at(self.now.t).possible
        prior = possible if self.prior is None else np.array([n != 0 for n in self.prior.N.entries()])
        lost = self.reached.unbounded(prior, self.chain.data.support)
        if lost is not None:
            return lost, lost
        if all(self.model.is_bayes_at(t) for t in range(1, self.chain.T + 1)):
            excess = self.side.excess(self.now)
            return add(H, excess), excess
        if self.model.ends_in_data:
            return H, ZERO
        nll = Quantity(self._nll, never_exact, zero=self._known(lambda exact: exact.nll, self._cross_entropy()))
        first = combine([(fmpz(1), self._cross_entropy()), (fmpz(-1), H.ball(FIRST_BITS))], fmpz(1), FIRST_BITS)
        return nll, nll.minus(H, zero=self._known(lambda exact: exact.nll_excess, first))

    def _known(self, line: Callable[[Totals[Term]], Term], found: arb) -> bool | None:
        """Whether a total is zero: not where a ball around it says so; else exactly, where that is cheap."""
        if sign_of(found):
            return False
        if not self.cheap:
            return None
        known = line(self._exactly)
        return known.is_zero() if isinstance(known, Quantity) else None

    @cached_property
    def _exactly(self) -> Totals[Term]:
        """The totals of the exact ledger."""
        chain, before = self.chain, None
        prior = chain.final_marginal if self.prior is None else self.prior
        ledger = Ledger(chain, self.model, prior, 15)
        for moment in chain.moments():
            now = Information(moment, before)
            ledger.observe(now)
            before = now.forget()
        return ledger.conclude()[0]

    def _nll(self, bits: int) -> arb:
        """−Σ p_0 log m_0."""
        if bits > MOST_BITS:
            raise UnfinishedError("enclosures of this precision do not settle it", got=f"{MOST_BITS} bits")
        found = self._cross_entropy()
        while accuracy(found) < bits - 24 and not found.is_zero():
            walk = self.at.walk
            if walk.bits >= min(walk.limit, 2 * MOST_BITS):
                raise UnfinishedError("enclosures of this precision do not settle it", got=f"{walk.bits} bits")
            walk.bits = min(walk.limit, walk.bits + max(bits - accuracy(found), 96))
            self._again()
            found = self._cross_entropy()
        return found

    def _again(self) -> None:
        """R_T ⋯ R_1 once more, with the bits that are now thought enough."""
        self.product = None
        for t in range(1, self.chain.T + 1):
            step, reverse = self.at.at(t)
            R = arb_mat(reverse.R.tolist())
            self.product = R if self.product is None else product_ball(R, self.product, step.bits)

    def _cross_entropy(self) -> arb:
        assert self.product is not None
        bits = self.at.walk.bits
        data = self.chain.data
        with ALONE, ctx.workprec(bits):
            if self.prior is None:
                pi = self.at.walk.at(self.chain.T).p
            else:
                pi = [arb(n) / self.prior.d for n in self.prior.N.entries()]
            m0 = (arb_mat([pi]) * self.product).tolist()[0]
            return -sum((m0[i].log() * data.weights[i] for i in data.support), arb(0)) / data.total

    def _jensen_gap(self, over: Term, excess: Term) -> Term:
        """L − NLL, from what each has over H(x0); undefined where both are infinite."""
        if (lost := unbounded_gap(over, excess)) is not None:
            return lost
        assert isinstance(over, Quantity)
        assert isinstance(excess, Quantity)
        if (over.known_zero and excess.known_zero) or is_consistent(self.chain, self.model, self.prior):
            return ZERO
        if excess.known_zero:
            return over
        with suppress(UnfinishedError):
            return over.minus(excess, zero=self._known(_gap, over.minus(excess).ball(FIRST_BITS)))
        return over.minus(excess, zero=self._known(_gap, arb(0, 1)))

    def _verdict(self, totals: Totals[Term]) -> Finding:
        if self.broken is not None:
            words = f"the term of t = {self.broken} is not (I_(t−1) − I_t) + Δ_t: their enclosures do not meet"
            return Finding("violated", "enclosure", words)
        L = totals.negative_elbo
        meet = "at each step the enclosures of both formulas of its term meet"
        told = [meet, in_order(totals, relation), *remarks(self.restricted, self.chain.T, L)]
        return Finding("holds", "enclosure", "; ".join(told), L.witness if isinstance(L, Unbounded) else None)


def _gap(totals: Totals[Term]) -> Term:
    return totals.gap
