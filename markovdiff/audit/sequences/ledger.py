"""The ledger of sequences: −ELBO from its terms, and the likelihood from what the model draws, walked state by state.

    L = L_0 + Σ_{t≥2} L_{t−1} + L_T,   L_T = Σ q(x_0, x_T) log( q(x_T|x_0) / π(x_T) ),   NLL = −Σ q(x_0) log ν(x_0)

with ν = π R_T ⋯ R_1. π is q(x_T), or a symbol's law at each position. All forms are exact sums of logarithms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import prod

from markovdiff.audit import budget
from markovdiff.audit.confirm import Fact, Unbounded
from markovdiff.audit.denoiser_loss import DENOISER_TOTALS
from markovdiff.audit.facts import MINUS, ONE
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.sentences import UNTOLD
from markovdiff.audit.sentences import Answer as Told
from markovdiff.audit.sequences.information import SequenceFacts, Symbols
from markovdiff.audit.sequences.positions import PositionwiseModel
from markovdiff.audit.sequences.process import SequenceProcess, onward
from markovdiff.audit.sequences.reverse import Found, ReverseFacts
from markovdiff.audit.sequences.sampler import Case, NoNumber, SampledLaw, Sampler

KINDS = {"undefined": 0, "inf": 1}
"""Of what is no number, what a sum is: undefined before infinite."""


@dataclass(eq=False)
class SequenceLedger:
    """The ledger of a run: it takes in every step, then gives the totals.

    `model` is None for the joint Bayes reverse, and `prior` for q(x_T); else it is a symbol's law.
    """

    process: SequenceProcess
    symbols: Sequence[str]
    model: PositionwiseModel | None
    prior: Sequence[Fraction] | None
    terms: list[Found] = field(default_factory=list)
    errors: list[Found] = field(default_factory=list)
    costs: list[Found] = field(default_factory=list)
    last: SequenceFacts | None = None
    restricted: tuple[int, ...] = ()
    """A mixture by position says nothing about where it was restricted."""

    @cached_property
    def sampler(self) -> Sampler | None:
        """What draws by the model at every time."""
        if self.model is None:
            return None
        return Sampler(self.process, self.model, self.prior, range(self.process.T + 1))

    def reversed(self, facts: SequenceFacts) -> ReverseFacts:
        """Return what the model adds to a step."""
        if self.model is None or self.sampler is None:
            return ReverseFacts(facts)
        jump = self.sampler.jumps[self.process.T - facts.now.t]
        rows = {x: self.sampler.rows(jump, x) for x in facts.now.P}
        return ReverseFacts(facts, rows, {x: self.model.beliefs(jump.now, jump.t, x) for x in facts.now.P})

    def observe(self, step: ReverseFacts) -> None:
        """Take in step t."""
        self.terms.append(step.term)
        self.errors.append(step.error)
        self.last = step.facts
        if step.cross_entropy is not None:
            self.costs.append(step.cross_entropy)

    @property
    def end(self) -> SequenceFacts:
        """What is true at T."""
        assert self.last is not None
        return self.last

    # the lines

    @cached_property
    def prior_gap(self) -> Found:
        """KL(p_T‖π)."""
        if self.prior is None:
            return LogSum().known(True)
        now, cost = self.end.now, self._prior_cost
        if isinstance(cost, NoNumber):
            return cost
        fits = all(Fraction(P, now.S) == self._chance(x) for x, P in now.P.items())
        return LogSum.total([(ONE, cost), (MINUS, now.entropy)]).known(fits)

    def _chance(self, x: Symbols) -> Fraction:
        return prod((self.prior[k] for k in x), start=Fraction(1)) if self.prior is not None else Fraction(0)

    @cached_property
    def _prior_cost(self) -> Found:
        """−E log π(x_T), or each x_0 → x_T where π gives nothing."""
        now = self.end.now
        if self.prior is None:
            return now.entropy
        missed: list[Case] = [
            {"t": now.t, "x0": x0, "x_t": x} for x, column in now.joint.items() if not self._chance(x) for x0 in column
        ]
        if missed:
            return NoNumber("inf", missed)
        form = LogSum(now.S)
        for x, P in now.P.items():
            for k in x:
                form.add(-P, self.prior[k].numerator)
                form.add(P, self.prior[k].denominator)
        return form

    @cached_property
    def prior_term(self) -> Found:
        """L_T."""
        gap, cost = self.prior_gap, self._prior_cost
        if isinstance(cost, NoNumber) or isinstance(gap, NoNumber):
            return cost
        form = LogSum.total([(ONE, cost), (MINUS, self.end.noise)])
        return form.known(self.end.mutual.is_zero() and gap.is_zero())

    @cached_property
    def model_error(self) -> Found:
        """ΣΔ_t."""
        return added(self.errors)

    @cached_property
    def denoising(self) -> Found:
        """Σ_{t≥2} of the terms."""
        return added(self.terms[1:])

    @cached_property
    def negative_elbo(self) -> Found:
        """L."""
        return added([*self.terms, self.prior_term])

    @cached_property
    def drawn(self) -> SampledLaw | NoNumber | None:
        """ν; None where that is too much to walk."""
        if self.sampler is None:
            return self._walked_by_bayes()
        return None if self.sampler.is_too_much else self.sampler.drawn

    def _walked_by_bayes(self) -> SampledLaw | NoNumber:
        """ν of the joint Bayes reverse: m_{t−1}(i) = Σ_j m_t(j) q(i | j)."""
        process = self.process
        mass = self._start()
        for t in range(process.T, 0, -1):
            before, rows = process.marginal(t - 1), process.steps[t - 1]
            budget.spend(4000.0 * len(before) * max(len(row) for row in rows) ** process.L)
            pairs = [(i, j, p * q) for i, p in before.items() for j, q in onward(i, rows)]
            whole: dict[Symbols, Fraction] = {}
            for _, j, a in pairs:
                whole[j] = whole.get(j, Fraction(0)) + a
            if unsaid := [{"t": t, "x_t": j} for j, m in mass.items() if m and j not in whole]:
                return NoNumber("undefined", unsaid)
            back: dict[Symbols, Fraction] = {}
            for i, j, a in pairs:
                if m := mass.get(j):
                    back[i] = back.get(i, Fraction(0)) + m * a / whole[j]
            mass = back
        return SampledLaw.of(process.law, mass, {})

    def _start(self) -> dict[Symbols, Fraction]:
        """π on states."""
        if self.prior is None:
            return self.process.marginal(self.process.T)
        found: dict[Symbols, Fraction] = {(): Fraction(1)}
        budget.spend(1500.0 * sum(map(bool, self.prior)) ** self.process.L)
        for _ in range(self.process.L):
            found = {(*x, k): m * p for x, m in found.items() for k, p in enumerate(self.prior) if p}
        return found

    @cached_property
    def nll(self) -> Found | None:
        """NLL; None where ν is too much to walk."""
        if self.drawn is None or isinstance(self.drawn, NoNumber):
            return self.drawn
        missed: list[Case] = [{"t": 0, "x0": x} for x, mass in self.drawn.inside.items() if not mass]
        if missed:
            return NoNumber("inf", missed)
        masses = [(self.process.law[x], mass) for x, mass in self.drawn.inside.items()]
        form = LogSum().minus_logarithms((p, mass.numerator) for p, mass in masses)
        return form.minus_logarithms((-p, mass.denominator) for p, mass in masses)

    @cached_property
    def gap(self) -> Found | None:
        """L − NLL; undefined where NLL is no number."""
        if isinstance(self.nll, NoNumber):
            return NoNumber("undefined", self.nll.cases)
        if self.nll is None or isinstance(self.negative_elbo, NoNumber):
            return self.nll and self.negative_elbo
        form = LogSum.total([(ONE, self.negative_elbo), (MINUS, self.nll)])
        return form.known(True) if self._is_all_bayes else form

    @property
    def _is_all_bayes(self) -> bool:
        """Whether every Δ_t and the prior's gap are 0: then ν = q, and L = NLL = H(x_0)."""
        parts = (self.model_error, self.prior_gap)
        return all(isinstance(part, LogSum) and part.is_zero() for part in parts)

    def excess_sign(self) -> int | None:
        """Return the sign of NLL − H(x_0), both finite; None where NLL is not known."""
        if self.drawn is None or isinstance(self.drawn, NoNumber) or not isinstance(self.nll, LogSum):
            return None
        if self.drawn.inside == dict(self.process.law):
            return 0
        return LogSum.total([(ONE, self.nll), (MINUS, self.end.now.data_entropy)]).sign()

    def slack_sign(self) -> int | None:
        """Return the sign of L − NLL, both finite; None where NLL is not known."""
        return self.gap.sign() if isinstance(self.gap, LogSum) else None

    def disagrees(self) -> bool:
        """Return whether L from its terms and H(x_0) + ΣΔ_t + KL(p_T‖π) have no number in common."""
        L, other = self.negative_elbo, added([self.end.now.data_entropy, self.model_error, self.prior_gap])
        if isinstance(L, NoNumber) or isinstance(other, NoNumber):
            return isinstance(L, NoNumber) != isinstance(other, NoNumber)
        return (L.enclose(192) - other.enclose(192)).sign() is not None

    def totals(self) -> dict[str, Found | None]:
        """Return what is true of each of the ledger's totals; None where it is not known."""
        return {
            "reconstruction": self.terms[0],
            "denoising": self.denoising,
            "prior": self.prior_term,
            "negative_elbo": self.negative_elbo,
            "nll": self.nll,
            "data_entropy": self.end.now.data_entropy,
            "gap": self.gap,
            "model_error": self.model_error,
            "prior_gap": self.prior_gap,
        }

    def denoiser_totals(self, weight: Fraction | None) -> dict[str, Found | None]:
        """Return ΣC_t, the cross-entropies of the denoiser, and L + λ·ΣC_t; None for what the result has not."""
        if not self.costs:
            return dict.fromkeys(DENOISER_TOTALS)
        cost = added(self.costs)
        weighted = [LogSum.total([(weight, cost)]) if isinstance(cost, LogSum) else cost] if weight else []
        hybrid = None if weight is None else added([self.negative_elbo, *weighted])
        return {"cross_entropy": cost, "hybrid": hybrid}

    # in words

    def is_why(self, words: str, *, of_likelihood: bool) -> Told:
        """Return whether a reason for what is no number is true."""
        found = self.nll if of_likelihood else self.negative_elbo
        if not isinstance(found, NoNumber):
            return False
        return words in self._reasons(found, of_likelihood) or (False if _REASON.match(words) else UNTOLD)

    def _reasons(self, found: NoNumber, of_likelihood: bool) -> Iterator[str]:
        what = "model" if self.model is None else "sampler"
        for case in found.labelled(self.symbols):
            t, x_t = case["t"], case.get("x_t")
            if of_likelihood and found.kind == "undefined":
                yield f"the {what} reaches x_{t} = {x_t!r}, of which R_{t} says nothing"
            elif of_likelihood:
                yield f"the {what} cannot {'produce' if self.model is None else 'draw'} x0 = {case['x0']!r}"
            elif found.kind == "undefined":
                yield f"R_{t} says nothing of x_{t} = {x_t!r}"
            elif "position" in case:
                expects = f"does not expect {case['symbol']!r} at position {case['position']}, and q does"
                yield f"at x_{t} = {x_t!r} the model {expects}"
            else:
                x = tuple(self.symbols.index(label) for label in case["x_t"])
                chance = Fraction(self.end.now.P[x], self.end.now.S)
                yield f"the prior gives no mass to {x_t!r}, but q(x_{t}) gives it {chance}"


_REASON = re.compile(
    r"the (model|sampler) (reaches|cannot)|R_\d+ says nothing of|at x_\d+ = .* does not expect|the prior gives no mass"
)
"""How a reason begins, right or wrong."""


def added(parts: Sequence[Found]) -> Found:
    """Return a sum: undefined where a part is, else infinite where one is."""
    kinds = {part.kind for part in parts if isinstance(part, NoNumber)}
    if kinds:
        kind = min(kinds, key=KINDS.__getitem__)
        cases = [case for part in parts if isinstance(part, NoNumber) and part.kind == kind for case in part.cases]
        return NoNumber(kind, cases)
    return LogSum.total([(ONE, part) for part in parts if isinstance(part, LogSum)])


def fact_of(found: Found, symbols: Sequence[str]) -> Fact:
    """Return a truth as claims are compared with it, its witnesses by labels."""
    if isinstance(found, LogSum):
        return found
    return Unbounded(found.kind, lambda witness: dict(witness) in found.labelled(symbols))
