"""The ledger of the ELBO for sequences: the lines of `exact.ledger`, x_0 and x_t being sequences.

What makes L = H(x0) + ΣΔ_t + KL(p_T‖π) an identity between multiples of logarithms holds of the product for two
reasons, and both are checked at every t. log Q_t of a sequence is the sum of its positions' logarithms, so those of
Q_t and Q̄_t have the multiples that one symbol's ledger has, L times: `Balance` proves them. Those of the joint p_t,
R_t and π cancel because p_{t−1}Q_t^⊗L and p_0 Q̄_t^⊗L, found by two routes, are one vector.

A reverse model is a `JointReverse`: its Δ_t, and what it makes of the prior. The joint Bayes reverse has Δ_t = 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Protocol

from markovdiff.arithmetic.enclosure import bits_for
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import text
from markovdiff.cached import cached_property
from markovdiff.engines.exact.identity_proof import Balance
from markovdiff.engines.exact.ledger import Running, balance_finding
from markovdiff.engines.exact.likelihood import order_in_words
from markovdiff.engines.exact.sequence_information import SequenceInformation, SequenceSnapshot, divergence
from markovdiff.engines.exact.sequence_likelihood import SequencePriorLikelihood
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.information import first_missing
from markovdiff.measures.ledger import Entry, Term, Totals, Unbounded, add, remarks
from markovdiff.sequences.chain import SequenceChain, SequenceMoment
from markovdiff.sequences.spaces import product_law


class JointLikelihood(Protocol):
    """What a model makes of the data from the prior."""

    @property
    def unbounded(self) -> Unbounded | None:
        """Why NLL is infinite or undefined, where it is."""

    @property
    def excess(self) -> Quantity:
        """NLL − H(x0), where it is finite."""

    @property
    def is_data(self) -> bool | None:
        """Whether NLL = H(x0); None where that is undecided."""

    @property
    def is_tight(self) -> bool | None:
        """Whether L = NLL, both finite; None where that is undecided."""


class JointReverse(Protocol):
    """R_1 … R_T on sequences."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the tables of the model as they were read, in sentences."""

    def error(self, before: SequenceMoment, now: SequenceMoment) -> Term:
        """Return Δ_t = E KL(q(x_{t−1}|x_t) ‖ R_t)."""

    def likelihood(self, chain: SequenceChain, last: SequenceMoment, prior: JointPrior) -> JointLikelihood:
        """Return what comes of the prior."""

    def cross_entropy(self, before: SequenceMoment, now: SequenceMoment) -> Term | None:
        """Return Σ_l E[−log p̃^l(x_0^l | x_t)]; None where there is no denoiser."""

    def split(self, before: SequenceMoment, now: SequenceMoment) -> tuple[Term, Term] | None:
        """Return the two parts of Δ_t: what drawing positions apart costs, and what each position's own model adds."""


@dataclass(frozen=True, eq=False)
class JointPrior:
    """The prior π: p_T where `symbol` is None, else one symbol's law taken at each position."""

    chain: SequenceChain
    symbol: RationalMatrix | None

    @cached_property
    def law(self) -> RationalMatrix:
        """The prior as a vector on the chain's space."""
        return self.chain.final_marginal if self.symbol is None else self._product[0]

    @cached_property
    def _product(self) -> tuple[RationalMatrix, Fraction]:
        assert self.symbol is not None
        return product_law(self.chain.space, self.symbol)

    @property
    def outside(self) -> Fraction:
        """What π gives to sequences that are not in the space."""
        return Fraction(0) if self.symbol is None else self._product[1]

    @property
    def elsewhere(self) -> tuple[str, ...] | None:
        """A sequence that π gives mass to and that is not in the space; None where there is none."""
        if self.symbol is None or not self.outside:
            return None
        support = [k for k, n in enumerate(self.symbol.N.entries()) if n != 0]
        outside = (x for x in product(support, repeat=self.chain.length) if self.chain.space.number(x) is None)
        return self.chain.law.labels(next(outside))

    def divergence(self, last: SequenceMoment) -> Term:
        """Return KL(p_T‖π), or where π misses mass of p_T."""
        if self.symbol is None:
            return Quantity.of(LogForm())
        law = self.law
        found = divergence(last.marginal, law, self.outside)
        if found is not None:
            return found
        n = first_missing(last.marginal.N.entries(), law.N.entries())
        assert n is not None
        x_t = self.chain.space.sequence(n)
        chance = text(fraction(last.marginal.N[0, n], last.marginal.d))
        kernel = last.symbol.cumulative
        x0 = next(x for x, _ in self.chain.law.support if all(kernel.entry(a, b) for a, b in zip(x, x_t, strict=True)))
        labels = self.chain.labels(x_t)
        words = f"the prior gives no mass to {labels!r}, but q(x_{last.t}) gives it {chance}"
        return Unbounded("inf", {"t": last.t, "x0": self.chain.labels(x0), "x_t": labels}, words)


@dataclass(frozen=True)
class JointBayes:
    """q(x_{t−1} | x_t) of the sequences themselves."""

    notes: tuple[str, ...] = ()

    def error(self, before: SequenceMoment, now: SequenceMoment) -> Term:  # noqa: ARG002
        """Return 0."""
        return Quantity.of(LogForm())

    def cross_entropy(self, before: SequenceMoment, now: SequenceMoment) -> None:
        """Return None: there is no denoiser."""

    def split(self, before: SequenceMoment, now: SequenceMoment) -> None:
        """Return None: the positions are drawn together."""

    def likelihood(self, chain: SequenceChain, last: SequenceMoment, prior: JointPrior) -> JointLikelihood:
        """Return what q(x_0 | x_T) makes of π."""
        return SequencePriorLikelihood(chain, last, prior.law, prior.elsewhere)


class SequenceLedger:
    """Kept step by step beside the stream of SequenceInformation; concluded once x_T has been seen."""

    def __init__(self, chain: SequenceChain, model: JointReverse, prior: JointPrior, digits: int) -> None:
        self.chain, self.model, self.prior = chain, model, prior
        self.balance = Balance()
        self.broken: str | None = None
        self.lost = False
        self.first_error: Term | None = None
        self.later_errors = Running(bits_for(digits), self._later)
        self.costs: Running | None = None
        self.now: SequenceInformation | None = None
        self.first: SequenceSnapshot | None = None
        self.conditional_entropy = Quantity.of(LogForm())

    def observe(self, now: SequenceInformation) -> Entry[Term] | None:
        """Enter step t in the ledger; at t = 0 there is nothing to enter."""
        self.now = now
        if now.inconsistency() is not None and self.broken is None:
            self.broken = f"p_{now.t}"
        if now.before is None:
            self.balance.start(now.moment.symbol)
            return None
        moment, before = now.moment, now.before.moment
        self.balance.step(before.symbol, moment.symbol)
        error, cost = self.model.error(before, moment), self.model.cross_entropy(before, moment)
        if cost is not None:
            self.costs = self.costs or Running(self.later_errors.bits, self._costs)
            self.costs.include(cost)
        if now.t == 1:
            self.first, self.first_error, self.conditional_entropy = now.forget(), error, now.conditional_entropy
            return Entry(add(now.conditional_entropy, error), error, cost)
        self.lost |= not now.loses_nothing
        self.later_errors.include(error)
        return Entry(add(now.loss, error), error, cost)

    def _later(self) -> Iterator[Term]:
        """Δ_2 … Δ_T once more, from the start of the chain."""
        for before, now in self.chain.pairs():
            if now.t >= 2:
                yield self.model.error(before, now)

    def _costs(self) -> Iterator[Term]:
        """Yield the cross-entropies once more, from the start of the chain."""
        for before, now in self.chain.pairs():
            cost = self.model.cross_entropy(before, now)
            assert cost is not None
            yield cost

    def conclude(self) -> tuple[Totals[Term], Finding]:
        """Return the lines of the ledger, and the verdict on the identity and on H(x0) ≤ NLL ≤ L."""
        assert self.now is not None
        assert self.first is not None
        assert self.first_error is not None
        last = self.now.moment
        self.balance.finish(last.symbol)
        data_entropy = self.now.data_entropy
        prior_gap = self.prior.divergence(last)
        later = self.later_errors.total()
        error = add(self.first_error, later)
        L = add(data_entropy, error, prior_gap)
        likelihood = self.model.likelihood(self.chain, last, self.prior)
        excess: Term = likelihood.unbounded or likelihood.excess
        nll = excess if isinstance(excess, Unbounded) else add(data_entropy, excess)
        totals = Totals(
            reconstruction=add(self.conditional_entropy, self.first_error),
            denoising=add(self.first.mutual_information.minus(self.now.mutual_information, not self.lost), later),
            prior=add(self.now.mutual_information, prior_gap),
            negative_elbo=L,
            nll=nll,
            data_entropy=data_entropy,
            gap=_gap(L, nll, likelihood),
            model_error=error,
            prior_gap=prior_gap,
            nll_excess=excess,
            cross_entropy=None if self.costs is None else self.costs.total(),
        )
        return totals, self._finding(totals, likelihood)

    def _finding(self, totals: Totals[Term], likelihood: JointLikelihood) -> Finding:
        L, nll = totals.negative_elbo, totals.nll
        low = high = None
        if isinstance(nll, Quantity):
            low = _sign(likelihood.is_data)
            high = _sign(likelihood.is_tight) if isinstance(L, Quantity) else None
        order, wrong = order_in_words(L, nll, low, high)
        return balance_finding(self.broken or self.balance.broken, order, wrong, L, remarks((), self.chain.T, L))


def _sign(vanishes: bool | None) -> int | None:
    return None if vanishes is None else 0 if vanishes else 1


def _gap(L: Term, nll: Term, likelihood: JointLikelihood) -> Term:
    """Return the Jensen gap L − NLL; undefined where both are infinite."""
    if isinstance(nll, Unbounded):
        both = Unbounded("undefined", nll.witness, f"L and NLL are both infinite: {nll.words}")
        return nll if nll.kind == "undefined" else both
    if isinstance(L, Unbounded):
        return L
    tight = likelihood.is_tight
    if tight is None:
        return Unbounded("undefined", {"t": 0}, "whether this is zero was not decided")
    return L.minus(nll, zero=tight)
