"""The ledger of the ELBO: where every bit of it goes.

−ELBO, expected over q(x0), is what a model with reverse steps R_t and prior π pays for x0:

    L = L_0 + Σ_{t≥2} L_{t−1} + L_T
    L_0     = E_q[−log R_1[x_1, x_0]]                            = H(x0|x_1) + Δ_1        reconstruction
    L_{t−1} = E_q KL( q(x_{t−1}|x_t,x0) ‖ R_t[x_t, ·] )           = (I_{t−1} − I_t) + Δ_t   denoising matching
    L_T     = E_q KL( q(x_T|x0) ‖ π )                             = I_T + KL(p_T‖π)        prior matching
    Δ_t     = E_q KL( q(x_{t−1}|x_t) ‖ R_t[x_t, ·] )                                       the model's own error

so L = H(x0) + ΣΔ_t + KL(p_T‖π). The right-hand column gives the digits: each part is non-negative and has its
relative accuracy. The left-hand column gives the proof (`Balance`): both are sums of rational multiples of
log p_t, log Q_t, log Q̄_t, log R_t and log π, and the multiples are the same.

The model's likelihood of x0 is the row vector π R_T ⋯ R_1 = m_0; NLL = −Σ p_0 log m_0, and
H(x0) ≤ NLL ≤ L. An infinite term is a finding with a witness; so is one that is undefined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from flint import arb, fmpz

from markovdiff.arithmetic.enclosure import bits_for, combine
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import text
from markovdiff.engines.exact.denoiser_loss import denoiser_cost
from markovdiff.engines.exact.identity_proof import Balance
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.likelihood import Likelihood
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.information import centred, divergence_of, entropy_of, first_missing
from markovdiff.measures.ledger import Entry, Term, Totals, Unbounded, add, remarks
from markovdiff.measures.protocol import Snapshot
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.reverse import ReverseModel, ReverseStep, Row


class Running:
    """A sum over t, kept as a ball and as what is known of zero; recomputed from the start for more bits."""

    def __init__(self, bits: int, again: Callable[[], Iterator[Term]]) -> None:
        self.bits = bits
        self.again = again
        self.ball = arb(0)
        self.is_zero = True
        self.unbounded: Unbounded | None = None

    def include(self, term: Term) -> None:
        """Add one step's term; of unbounded ones the first counts, and undefined before infinite."""
        if isinstance(term, Unbounded):
            if self.unbounded is None or (term.kind, self.unbounded.kind) == ("undefined", "inf"):
                self.unbounded = term
            return
        if not term.is_zero():
            self.is_zero = False
            self.ball = combine([(fmpz(1), self.ball), (fmpz(1), term.ball(self.bits))], fmpz(1), self.bits)

    def total(self) -> Term:
        """Return the sum."""
        return self.unbounded or Quantity(self._evaluate, self._exact, zero=self.is_zero)

    def _evaluate(self, bits: int) -> arb:
        if bits <= self.bits:
            return self.ball
        return combine(((fmpz(1), term.ball(bits)) for term in self._terms()), fmpz(1), bits)

    def _exact(self) -> LogForm:
        return sum((term.form() for term in self._terms()), LogForm())

    def _terms(self) -> Iterator[Quantity]:
        return (term for term in self.again() if isinstance(term, Quantity))


class Ledger:
    """Kept step by step beside the stream of Information; concluded once x_T has been seen."""

    def __init__(self, chain: Chain, model: ReverseModel, prior: RationalMatrix, digits: int) -> None:
        self.chain = chain
        self.model = model
        self.prior = prior
        self.balance = Balance()
        self.likelihood = Likelihood(chain, model, prior, bits_for(digits))
        self.first_error: Term | None = None
        self.later_errors = Running(bits_for(digits), lambda: self._errors(from_step=2))
        self.restricted: list[int] = []
        self.denoiser = model.prediction
        self.costs = Running(bits_for(digits), self._costs)
        self.now: Information | None = None
        self.first: Snapshot[Moment, Quantity] | None = None
        self.conditional_entropy = Quantity.of(LogForm())

    def observe(self, now: Information) -> Entry[Term] | None:
        """Enter step t in the ledger; at t = 0 there is nothing to enter."""
        self.now = now
        if now.before is None:
            self.balance.start(now.moment)
            return None
        moment, before = now.moment, now.before.moment
        self.balance.step(before, moment)
        reverse = None if self.model.is_bayes else self.model.step(before, moment)
        error = self._error(before, moment, reverse)
        if reverse is not None:
            self.likelihood.observe(reverse, exact=isinstance(error, Quantity) and error.is_zero())
            self.restricted += [moment.t] if reverse.restricted else []
        cost = None if self.denoiser is None else denoiser_cost(now, self.denoiser, self.chain.states)
        if cost is not None:
            self.costs.include(cost)
        if moment.t == 1:
            self.first, self.first_error, self.conditional_entropy = now.forget(), error, now.conditional_entropy
            return Entry(add(now.conditional_entropy, error), error, cost)
        self.later_errors.include(error)
        return Entry(add(now.loss, error), error, cost)

    def _error(self, before: Moment, now: Moment, reverse: ReverseStep | None) -> Term:
        if self.model.is_bayes:
            return Quantity.of(LogForm())
        return model_error(before, now, reverse or self.model.step(before, now), self.chain.states)

    def _errors(self, from_step: int) -> Iterator[Term]:
        """Δ_t once more, from the start of the chain."""
        for before, now in pairwise(self.chain.moments()):
            if now.t >= from_step:
                yield self._error(before, now, None)

    def _costs(self) -> Iterator[Term]:
        """Yield C_t once more, from the start of the chain."""
        before: Snapshot[Moment, Quantity] | None = None
        for moment in self.chain.moments():
            now = Information(moment, before)
            if before is not None and self.denoiser is not None:
                yield denoiser_cost(now, self.denoiser, self.chain.states)
            before = now.forget()

    def conclude(self) -> tuple[Totals[Term], Finding]:
        """Return the lines of the ledger, and the verdict on the identity and on H(x0) ≤ NLL ≤ L."""
        assert self.now is not None
        assert self.first is not None
        assert self.first_error is not None
        self.balance.finish(self.now.moment)
        self.likelihood.finish(self.now.moment)
        data_entropy = entropy_of(self.now.moment.data)
        prior_gap = divergence_to_prior(self.now.moment, self.prior, self.chain.states)
        later = self.later_errors.total()
        error = add(self.first_error, later)
        L = add(data_entropy, error, prior_gap)
        nll = self.likelihood.negative_log()
        totals = Totals(
            reconstruction=add(self.conditional_entropy, self.first_error),
            denoising=add(self.first.mutual_information.minus(self.now.mutual_information), later),
            prior=add(self.now.mutual_information, prior_gap),
            negative_elbo=L,
            nll=nll,
            data_entropy=data_entropy,
            gap=self.likelihood.gap(L, nll),
            model_error=error,
            prior_gap=prior_gap,
            nll_excess=self.likelihood.excess_over_data(nll),
            cross_entropy=None if self.denoiser is None else self.costs.total(),
        )
        return totals, self._finding(totals)

    def _finding(self, totals: Totals[Term]) -> Finding:
        order, wrong = self.likelihood.order(totals.negative_elbo, totals.nll)
        L = totals.negative_elbo
        return balance_finding(self.balance.broken, order, wrong, L, remarks(self.restricted, self.chain.T, L))


def balance_finding(unbalanced: str | None, order: str, wrong: bool, L: Term, told: Sequence[str]) -> Finding:
    """Return the verdict on the ledger: what did not cancel, if anything; the order of H(x0), NLL and L; remarks."""
    if unbalanced is not None:
        return Finding("violated", "exact", f"the multiples of log {unbalanced} do not cancel", None)
    if wrong:
        return Finding("violated", "enclosure", f"the order of H(x0), NLL and L is broken: {order}", None)
    identity = "L = H(x0) + ΣΔ_t + KL(p_T‖π), coefficient by coefficient: proved"
    observed = "undecided" if "undecided" in order else "holds"
    witness = L.witness if isinstance(L, Unbounded) else None
    return Finding(observed, "exact", "; ".join([identity, order, *told]), witness)


def model_error(before: Moment, now: Moment, reverse: ReverseStep, states: tuple[str, ...]) -> Term:
    """Return Δ_t = Σ_j p_t[j] KL( q(x_{t−1}|x_t=j) ‖ R_t[j] ), in the centred form."""
    assert now.transition is not None
    step = now.transition.dense
    scale = before.marginal.d * step.matrix.d
    p = before.marginal.N.entries()
    parts: list[Quantity] = []
    infinite: Unbounded | None = None
    for j, row in enumerate(reverse.rows):
        pair = [a * line[j] for a, line in zip(p, step.table, strict=True)]
        total = sum(pair, fmpz(0))
        if total == 0:
            continue
        if row is None:
            words = f"R_{now.t} says nothing about x_{now.t} = {states[j]!r}, which occurs"
            return Unbounded("undefined", {"t": now.t, "x_t": states[j]}, words)
        i = first_missing(pair, row[0])
        if i is None:
            parts.append(_row_error(pair, total, row, scale))
        elif infinite is None:
            infinite = _impossible_step(before, now.t, i, j, states)
    return infinite or Quantity.total(parts)


def _row_error(pair: list[fmpz], total: fmpz, row: Row, scale: fmpz) -> Quantity:
    """p_t[j] Σ_i R_ji f(r_i), 1 + r_i = (pair_i/total) / R_ji."""
    columns = []
    for u, rho in zip(pair, row[0], strict=True):
        if rho != 0:
            P = rho * total
            columns.append((P, [(fmpz(1), u * row[1] - P)]))
    return centred(columns, row[1] * scale, all(E == 0 for _, [(_, E)] in columns))


def _impossible_step(before: Moment, t: int, i: int, j: int, states: tuple[str, ...]) -> Unbounded:
    x0 = next(k for k in before.support if before.cumulative.entry(k, i) > 0)
    witness: dict[str, object] = {"t": t, "x0": states[x0], "x_t": states[j], "x_t-1": states[i]}
    words = f"R_{t} holds x_{t - 1} = {states[i]!r} impossible given x_{t} = {states[j]!r}, and it occurs"
    return Unbounded("inf", witness, words)


def divergence_to_prior(last: Moment, prior: RationalMatrix, states: tuple[str, ...]) -> Term:
    """Return KL(p_T‖π), or where π misses mass of p_T."""
    divergence = divergence_of(last.marginal, prior)
    if divergence is not None:
        return divergence
    column = first_missing(last.marginal.N.entries(), last.marginal.aligned_with(prior).N.entries())
    assert column is not None
    j = last.marginal.state(column)
    x0 = next(k for k in last.support if last.cumulative.entry(k, j) > 0)
    if isinstance(last.seen, IdentityPlusRankOne) and len(last.seen.target.support) == 1:
        left = f"{text(last.seen.keep)} of it is still unmasked at T = {last.t}"
    else:
        left = f"q(x_{last.t}) gives it {text(fraction(last.marginal.N[0, column], last.marginal.d))}"
    words = f"the prior gives no mass to {states[j]!r}, but {left}"
    return Unbounded("inf", {"t": last.t, "x0": states[x0], "x_t": states[j]}, words)
