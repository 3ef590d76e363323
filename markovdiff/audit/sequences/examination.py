"""The examination of a record of sequences: every claim in it confirmed, or the first that is wrong named.

As of one symbol (`audit.examination`): the resolved scenario is the question, all the rest is a claim. The information
at every t is found from the joint laws of x_0, x_{t−1} and x_t, state by state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from math import prod

from markovdiff.audit import budget
from markovdiff.audit.claims import WrongError
from markovdiff.audit.confirmer import NEWER_STEP_KEYS, STEP_KEYS, Confirmer, Rates
from markovdiff.audit.process import Matrix
from markovdiff.audit.record import Part
from markovdiff.audit.report import Report
from markovdiff.audit.sequences import bounds, law, scenario
from markovdiff.audit.sequences.information import (
    SequenceFacts,
    SequenceMoment,
    Symbols,
    dobrushin_of_product,
    moments,
)
from markovdiff.audit.sequences.ledger import SequenceLedger, fact_of
from markovdiff.audit.sequences.questions import SequenceWatch
from markovdiff.audit.sequences.reverse import Found, ReverseFacts
from markovdiff.audit.sequences.sampler_claims import SamplerClaims
from markovdiff.audit.sequences.scenario import SequenceScenario
from markovdiff.audit.verdicts import Checked, Verdicts

PARTS = ("expected_total_correlation", "position_error")
"""The two parts of Δ_t, where a model treats each position by itself."""


class SequenceExamination(Confirmer[SequenceScenario]):
    """A record of sequences, read; `run` confirms it."""

    def __init__(self, part: Part, scenario_sha256: str | None = None) -> None:
        """Read a record; `scenario_sha256` is the hash of the file that a certificate names, if it is at hand."""
        super().__init__(part, scenario_sha256, scenario.read)
        part["checks"].items(len(self.scenario.asked))
        self.contractions: dict[Matrix, Fraction | None] = {}
        self.ledger = SequenceLedger(
            self.scenario.sequences, self.process.states, self.scenario.model, self.scenario.prior or None
        )
        self.record = part

    @property
    def may_leave_open(self) -> bool:
        """Whether such a run may leave something undecided: what takes too many logarithms to compare."""
        return True

    def run(self, chosen: Collection[int] | None = None, tick: Callable[[float], None] = lambda _share: None) -> Report:
        """Confirm the record, or of its steps those chosen. Raise WrongError at the first wrong claim."""
        chosen = range(self.T + 1) if chosen is None else chosen
        whole, last = len(set(chosen)) == self.T + 1, max(chosen)
        watch = SequenceWatch(self.scenario)
        before: SequenceMoment | None = None
        sequences = self.scenario.sequences
        walked = moments(self.process, dict(sequences.law), sequences.L)
        for now, rates in zip(walked, self._rates(), strict=True):
            if now.t in chosen:
                step = self._step(self.steps[now.t], SequenceFacts(now, before), rates, watch)
                if step is not None:
                    self.ledger.observe(step)
            tick((now.t + 1) / (self.T + 2))
            before = now
            if now.t == last:
                break
            budget.check_pace(now.t + 1, last + 1)
        if whole:
            self._conclude(watch)
        else:
            self.uncovered += ["what the prior and the laws of the checks are called", "the ledger", "the checks"]
            self.uncovered += [] if self.is_certificate else ["sequence", "sampler"]
        return self._report(chosen)

    # one step

    def _step(self, part: Part, facts: SequenceFacts, rates: Rates, watch: SequenceWatch) -> ReverseFacts | None:
        """Confirm what is said of time t; return what the reverse model adds, None at t = 0."""
        t, later = rates[0], facts.before is not None
        newer = () if self.is_certificate or not self.is_newer else NEWER_STEP_KEYS
        part.only((*STEP_KEYS, *newer), NEWER_STEP_KEYS if self.is_certificate else ("marginal", *PARTS))
        decay = ("equal" if facts.loses_nothing else "strict") if later else None
        self._information(part, facts, rates, decay)
        self._rational(part["dobrushin"], t, facts.step.dobrushin if later else None)
        eta = self._contracted(part, facts)
        self._law(part, facts.now)
        watch.take_in(facts, decay, eta)
        reverse = self.ledger.reversed(facts) if later else None
        self._costs(part, t, reverse)
        return reverse

    def _costs(self, part: Part, t: int, reverse: ReverseFacts | None) -> None:
        """Confirm what the reverse model adds to a step."""
        keys = ("elbo_term", "model_error", "cross_entropy", "contraction", *PARTS)
        claimed: dict[str, Found | None] = dict.fromkeys(keys)
        if reverse is not None:
            claimed |= {
                "elbo_term": reverse.term,
                "model_error": reverse.error,
                "cross_entropy": reverse.cross_entropy,
                "expected_total_correlation": reverse.total_correlation,
                "position_error": reverse.own_error,
            }
        for name, found in claimed.items():
            said = part.get(name)
            if said is not None or (found is not None and not self.is_certificate):
                self._found(part[name], t, found)

    def _found(self, part: Part, t: int | None, found: Found | None) -> None:
        self._number(part, t, None if found is None else fact_of(found, self.process.states))

    def _contracted(self, part: Part, facts: SequenceFacts) -> Fraction | None:
        """Confirm η of the product kernel and what bounds I_t by it; return it, None where it is not known."""
        t, given, bound = facts.now.t, part.get("dobrushin_product"), part["sdpi_bound"]
        if facts.before is None:
            for absent in (given, bound):
                if absent is not None:
                    self._absent(absent, f"t = {t}, {absent.path.rpartition('.')[2]}", True)
            return None
        if facts.step not in self.contractions:
            self.contractions[facts.step] = dobrushin_of_product(facts.step, facts.now.length)
        eta = self.contractions[facts.step]
        if eta is None or bound.value is None:
            self.uncovered.append("dobrushin_product and sdpi_bound (too many pairs of sequences)")
            return None
        if given is not None:
            self._rational(given, t, eta)
        self._sdpi_bound(bound, t, facts, eta)
        return eta

    def _law(self, part: Part, now: SequenceMoment) -> None:
        """Confirm the distance of p_t to the prior, and p_t itself where it is there."""
        t, marginal = now.t, now.marginal()
        distance, true = part["total_variation_to_prior"], 1 - self._shared(marginal)
        if not self._left_open(f"t = {t}, total_variation_to_prior", distance.value is None, true.__str__):
            self._rational(distance, t, true)
        if given := part.get("marginal"):
            self._marginal(given, t, marginal)

    def _shared(self, marginal: dict[Symbols, Fraction]) -> Fraction:
        """Return Σ min(p_t, π)."""
        prior = self.scenario.prior
        if not prior:
            return sum((min(p, self.final.get(x, Fraction(0))) for x, p in marginal.items()), Fraction(0))
        return sum((min(p, prod((prior[k] for k in x), start=Fraction(1))) for x, p in marginal.items()), Fraction(0))

    @cached_property
    def final(self) -> dict[Symbols, Fraction]:
        """q(x_T)."""
        return self.scenario.sequences.marginal(self.T)

    def _marginal(self, given: Part, t: int, marginal: dict[Symbols, Fraction]) -> None:
        """Confirm p_t, listed by the sequences that are possible, in order."""
        for item, (x, p) in zip(given.items(len(marginal)), sorted(marginal.items()), strict=True):
            item.only(("x_t", "probability"))
            said = law.sequence(item["x_t"], self.process.states, self.scenario.sequences.L)
            if said != x:
                raise WrongError(item["x_t"].path, self._words(said), self._words(x))
            self._rational(item["probability"], t, p, self.in_balls)

    def _words(self, x: Symbols) -> str:
        return ", ".join(self.process.states[k] for k in x)

    # the totals

    def _conclude(self, watch: SequenceWatch) -> None:
        if misnamed := watch.misnamed():
            raise WrongError(*misnamed, "not what its probabilities are")
        if self.ledger.disagrees():
            raise WrongError("the audit itself", "L from its terms", "not H(x0) + ΣΔ_t + KL(p_T‖π)")
        truths = self.ledger.totals()
        for name, found in truths.items():
            if found is None:
                self.uncovered.append(f"elbo.{name} (too many sequences to walk)")
            else:
                self._found(self.totals[name], None, found)
        for name, found in self.ledger.denoiser_totals(self.scenario.hybrid).items():
            if (said := self.totals.get(name)) is not None:
                self._found(said, None, found)
        samplers = self._samplers()
        states = self.process.states
        facts = {name: fact_of(found, states) for name, found in truths.items() if found is not None}
        verdicts = Verdicts(
            watch,
            self.ledger,
            elbo=facts["negative_elbo"],
            nll=facts.get("nll"),
            shown=set(),
            on_rationals=not self.in_balls,
            is_certificate=self.is_certificate,
        )
        questions = {question.name: question for question in self.scenario.questions}
        for part, name in zip(self.checks, self.scenario.asked, strict=True):
            if name == "sdpi" and not watch.is_bounded:
                self.uncovered.append(f"check {name} (too many pairs of sequences)")
            elif name in questions:
                on_rationals = not self.in_balls or name == "elbo-ledger"  # whose equality is one of integers
                self._checked(name, replace(verdicts, on_rationals=on_rationals).check(part, questions[name]))
            elif samplers is not None and self.scenario.samplers is not None:
                self._checked(name, bounds.check(part, self.scenario.samplers, samplers.rows))
            else:
                self.uncovered.append(f"check {name} (a certificate has no samplers)")

    def _checked(self, name: str, found: Checked) -> None:
        self._left_open(f"check {name}", found.is_open, found.truth.__str__)
        self.counts["verdicts"] += not found.is_open
        self.counts["sentences"] += found.sentences
        self.uncovered += found.uncovered

    def _samplers(self) -> SamplerClaims | None:
        """Confirm what is said of the law and of samplers; a certificate says nothing of them."""
        if self.is_certificate:
            return None
        found = SamplerClaims(
            self.scenario.sequences,
            self.process.states,
            self.scenario.model,
            self.scenario.prior or None,
            self.unit,
            self.digits,
        )
        if self.ledger.sampler is not None:
            found.known[tuple(range(self.T + 1))] = self.ledger.sampler
        found.confirm_sequence(self.record["sequence"])
        found.confirm_samplers(self.record["sampler"], self.scenario.wanted)
        self.counts.update(found.counts)
        self.uncovered += found.uncovered
        for where, truth in found.left_open:
            self._left_open(where, True, truth.__str__)
        return found
