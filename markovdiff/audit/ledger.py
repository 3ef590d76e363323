"""The ledger's totals: −ELBO from its terms, and what it exceeds the likelihood's cost by.

    L = L_0 + Σ_{t≥2} L_{t−1} + L_T,   L_T = Σ q(x_0, x_T) log( q(x_T|x_0) / π(x_T) ),   gap = L − NLL

Digits of the sums come from integers: the terms are enclosed at one precision and added up as the process streams by;
more precision is another pass. Exact equality is asked only where a record claims it, and then of

    L = H(x_0) + ΣΔ_t + KL(p_T‖π),   denoising = I_1 − I_T + Σ_{t≥2} Δ_t

with the exact forms of those Δ_t that are not zero. For NLL see `likelihood`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cached_property

from markovdiff.audit.confirm import Fact
from markovdiff.audit.facts import MINUS, ONE, Facts, divergence
from markovdiff.audit.likelihood import Likelihood
from markovdiff.audit.logsum import Interval, LogSum
from markovdiff.audit.numerals import ratio
from markovdiff.audit.process import Moment
from markovdiff.audit.scenario import Scenario
from markovdiff.audit.sentences import UNTOLD
from markovdiff.audit.sentences import Answer as Told
from markovdiff.audit.sums import Sum, Sums
from markovdiff.errors import MarkovdiffError

MAX_KEPT_BITS = 2**27
"""The exact forms of Δ_t are kept while all of them are no longer than this."""


class Ledger:
    """The ledger of a process: it observes every step, then gives the totals."""

    def __init__(self, scenario: Scenario, bits: int) -> None:
        assert scenario.reverse is not None
        self.scenario = scenario
        self.process = scenario.process
        self.reverse = scenario.reverse
        self.likelihood = Likelihood(scenario)
        self.sums = Sums(bits)
        self.errors: list[LogSum] | None = []
        self.kept_bits = 0
        self.kinds: dict[int, str] = {}
        self.restricted: list[int] = []
        self.wordings: dict[int, set[str]] = {}
        self.losses = self.later_errors = 0
        self.first: Facts | None = None
        self.last: Facts | None = None

    def start(self, now: Moment) -> None:
        """Take in the process at t = 0."""
        self.likelihood.start(now)

    def observe(self, facts: Facts) -> None:
        """Take in step t."""
        t = facts.now.t
        self.sums.include(facts)
        if self.reverse.kind == "posterior-mixture" and _is_restricted(facts):
            self.restricted.append(t)
        self.likelihood.observe(facts)
        if facts.unbounded is not None:
            self.kinds[t] = facts.unbounded.kind
        elif isinstance(facts.error, LogSum) and not facts.error.is_zero():
            self._keep(facts.error)
            self.later_errors += t > 1
        self.losses += t > 1 and not facts.loses_nothing
        if t == 1:
            self.first = facts
        self.last = facts

    def _keep(self, error: LogSum) -> None:
        self.kept_bits += error.size
        if self.errors is not None:
            self.errors.append(error)
            if self.kept_bits > MAX_KEPT_BITS:
                self.errors = None

    def at(self, bits: int) -> Sums:
        """Return the sums at this precision or a finer one; make another pass where they were not taken at it."""
        if self.sums.bits < bits:
            sums, before = Sums(bits), None
            for now in self.process.moments():
                if before is not None:
                    sums.include(self.facts(before, now))
                before = now
            self.sums = sums
        return self.sums

    def facts(self, before: Moment, now: Moment) -> Facts:
        """Return the truth about a step."""
        return Facts(self.process.states, now, before, self.reverse.rows(before, now))

    @cached_property
    def end(self) -> Facts:
        """What is true at T."""
        assert self.last is not None
        return self.last

    @cached_property
    def prior_gap(self) -> LogSum | None:
        """KL(p_T‖π); None where it is infinite."""
        return divergence(self.end.now.marginal(), self.scenario.prior)

    @cached_property
    def prior(self) -> LogSum:
        """L_T, where it is finite."""
        now = self.end.now
        assert self.prior_gap is not None
        to_prior = [(Fraction(P, now.S), pi) for P, pi in zip(now.P, self.scenario.prior, strict=True) if P]
        cost = [(a, pi.numerator) for a, pi in to_prior] + [(-a, pi.denominator) for a, pi in to_prior]
        form = LogSum.total([(MINUS, self.end.noise), (ONE, LogSum().minus_logarithms(cost))])
        return form.known(self.end.mutual.is_zero() and self.prior_gap.is_zero())

    @property
    def error_form(self) -> LogSum | None:
        """ΣΔ_t exactly."""
        return None if self.errors is None else LogSum.total([(ONE, form) for form in self.errors])

    @property
    def model_error(self) -> Fact:
        """ΣΔ_t."""
        return Sum(lambda bits: self.at(bits).error, lambda: self.error_form)

    @property
    def denoising(self) -> Fact:
        """Σ_{t≥2} of the terms."""
        return Sum(lambda bits: self.at(bits).denoising, self._denoising_form)

    def _denoising_form(self) -> LogSum | None:
        assert self.first is not None
        total, first = self.error_form, self.first.error
        if total is None:
            return None
        parts = [(ONE, self.first.mutual), (MINUS, self.end.mutual), (ONE, total)]
        if isinstance(first, LogSum):
            parts.append((MINUS, first))
        form = LogSum.total(parts)
        return form if self.losses or self.later_errors else form.known(True)

    @property
    def negative_elbo(self) -> Sum:
        """L."""
        return Sum(self._elbo, self._elbo_form)

    def _elbo(self, bits: int) -> Interval:
        sums = self.at(bits)
        assert self.first is not None
        first = self.first.term
        assert isinstance(first, LogSum)
        return first.enclose(sums.bits) + sums.denoising + self.prior.enclose(sums.bits)

    def _elbo_form(self) -> LogSum | None:
        total = self.error_form
        if total is None or self.prior_gap is None:
            return None
        return LogSum.total([(ONE, self.end.data_entropy), (ONE, total), (ONE, self.prior_gap)])

    def disagrees(self) -> bool:
        """Return whether L from its terms and H(x_0) + ΣΔ_t + KL(p_T‖π) have no number in common."""
        assert self.prior_gap is not None
        bits = self.sums.bits
        other = self.end.data_entropy.enclose(bits) + self.sums.error + self.prior_gap.enclose(bits)
        return (self._elbo(bits) - other).sign() is not None

    @cached_property
    def gap(self) -> Sum:
        """L − NLL, where both are finite."""
        return Sum(self._gap, self._gap_form)

    def _gap(self, bits: int) -> Interval | None:
        nll = self.likelihood.enclose(max(bits, self.sums.bits))
        L = self._elbo(bits if nll is None else nll.bits)
        return None if nll is None or nll.bits != L.bits else L - nll

    def _gap_form(self) -> LogSum | None:
        if self.likelihood.walk[1]:
            return LogSum().known(True)
        L, nll = self._elbo_form(), self.likelihood.form()
        if L is None or nll is None:
            return None
        return LogSum.total([(ONE, L), (MINUS, nll)])

    def excess_sign(self) -> int | None:
        """Return the sign of NLL − H(x_0), both finite: by enclosures, else by m_0 = p_0; None if undecided."""
        H = self.end.data_entropy
        for bits in (192, 512):
            nll = self.likelihood.enclose(bits)
            if nll is not None and (sign := (nll - H.enclose(nll.bits)).sign()) is not None:
                return sign
        m0 = self.likelihood.walk[0]
        return None if m0 is None else 0 if m0 == self.process.p0 else 1

    def slack_sign(self) -> int | None:
        """Return the sign of L − NLL, where both are finite: by enclosures, else step by step over rationals."""
        for bits in (192, 512):
            gap = self._gap(bits)
            if gap is not None and (sign := gap.sign()) is not None:
                return sign
        tight = self.likelihood.walk[1]
        return None if tight is None else 0 if tight else 1

    def is_why(self, words: str, *, of_likelihood: bool) -> Told:
        """Return whether a reason for what is no number is true."""
        process, likelihood = self.process, self.likelihood
        states, T, now = process.states, process.T, self.end.now
        if of_likelihood:
            missed = {f"the model cannot produce x0 = {states[i]!r}" for i in likelihood.missed}
            if match := re.match(r"the model reaches x_(\d{1,6}) = ", words):
                t = int(match[1])
                reached = range(process.K) if 1 <= t <= T else ()
                return words in {
                    f"the model reaches x_{t} = {states[j]!r}, of which R_{t} says nothing"
                    for j in reached
                    if likelihood.unsaid(t, j)
                }
            return words in missed if words.startswith("the model cannot produce") else UNTOLD
        if match := re.match(r"R_(\d{1,6}) ", words):
            return words in self.wordings.get(int(match[1]), set())
        for j, (P, pi) in enumerate(zip(now.P, self.scenario.prior, strict=True)):
            said = f"the prior gives no mass to {states[j]!r}, but "
            if P and not pi and words.startswith(said):
                return self._is_mass(words.removeprefix(said), Fraction(P, now.S))
        return False if words.startswith("the prior gives no mass to ") else UNTOLD

    def _is_mass(self, words: str, p: Fraction) -> Told:
        """Return whether the words on the mass of an x_T without a prior are true."""
        process = self.process
        if words == f"x_{process.T} can be there":
            return True
        given = re.fullmatch(rf"q\(x_{process.T}\) gives it ([\d/]+)", words)
        still = re.fullmatch(rf"([\d/]+) of it is still unmasked at T = {process.T}", words)
        match = given or still
        if match is None:
            return UNTOLD
        if still and sum(map(bool, process.noise.target)) != 1:
            return False
        kept = Fraction(1)
        for beta in process.betas if still else ():
            kept *= 1 - beta
        try:
            return ratio(match[1]) == (kept if still else p)
        except MarkovdiffError:
            return False


def _is_restricted(facts: Facts) -> bool:
    """Return whether p̃ gives mass to an x_0 that cannot reach x_t, for some x_t that it speaks of."""
    guess = facts.guess or ()
    return any(
        row is not None and any(g and not c for g, c in zip(row[0], column, strict=True))
        for row, column in zip(guess, zip(*facts.now.C, strict=True), strict=True)
    )
