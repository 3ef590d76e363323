"""The examination of one record: every claim in it confirmed, or the first that is wrong named.

What is taken from the record is the resolved scenario (the question); that its labels fit its numbers is seen when it
is read. All the rest is a claim: at every t the enclosures, the rationals (β, ᾱ, Dobrushin's coefficient, total
variation, marginal), the verdict, and what float64 has beside it (`shadow`); then the ledger's totals, and the checks
with their verdicts, witnesses and words. What nobody could recompute from the record (names, titles, notes, who made
it) is listed as not covered, and so is whatever the audit does not know how to. Of a part of the steps only what
concerns them alone is examined. Sequences have an examination of their own (`sequences.examination`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

from markovdiff.audit import budget, contraction, scenario
from markovdiff.audit.claims import Claim, WrongError
from markovdiff.audit.confirm import Fact
from markovdiff.audit.confirmer import NEWER_STEP_KEYS, STEP_KEYS, Confirmer, Rates
from markovdiff.audit.denoiser_loss import DenoiserLosses
from markovdiff.audit.facts import Facts
from markovdiff.audit.ledger import Ledger
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.numerals import fraction_text
from markovdiff.audit.process import Moment, total_variation
from markovdiff.audit.questions import Watch
from markovdiff.audit.record import Part
from markovdiff.audit.report import Report
from markovdiff.audit.scenario import Scenario
from markovdiff.audit.shadow import MOST_STATES, Shadow
from markovdiff.audit.totals import TOTALS, totals
from markovdiff.audit.verdicts import Verdicts
from markovdiff.errors import InputError

Tick = Callable[[float], None]


class Examination(Confirmer[Scenario]):
    """A record of one symbol, read; `run` confirms it."""

    def __init__(self, part: Part, scenario_sha256: str | None = None) -> None:
        """Read a record; `scenario_sha256` is the hash of the file that a certificate names, if it is at hand."""
        super().__init__(part, scenario_sha256, scenario.read)
        part["checks"].items(len(self.scenario.questions))
        if self.is_newer:
            self.uncovered += [key for key in ("sequence", "sampler") if part[key].value not in (None, [])]
        self.shown: set[str] = set()

    @property
    def by_balls(self) -> bool:
        """Whether the laws come from balls: those of κI + (1−κ)1πᵀ are rounded correctly there, as exact ones are."""
        return self.in_balls and not self.process.noise.target

    def run(self, chosen: Collection[int] | None = None, tick: Tick = lambda _share: None) -> Report:
        """Confirm the record, or of its steps those chosen. Raise WrongError at the first wrong claim."""
        chosen = range(self.T + 1) if chosen is None else chosen
        whole, last = len(set(chosen)) == self.T + 1, max(chosen)
        watch, shadow = Watch(self.scenario), self._shadow()
        ledger = Ledger(self.scenario, self._bits()) if whole and self.scenario.reverse else None
        losses = DenoiserLosses(self.scenario.hybrid)
        before: Moment | None = None
        for now, rates in zip(self.process.moments(), self._rates(), strict=True):
            if now.t in chosen:
                facts = self._facts(before, now)
                decay = self._step(self.steps[now.t], facts, rates)
                watch.observe(facts, decay)
                if whole and shadow is not None:
                    self._beside(shadow, self.steps[now.t], decay)
                if ledger is not None:
                    self._enter(ledger, facts)
                    losses.observe(facts)
            tick((now.t + 1) / (self.T + 2))
            before = now
            if now.t == last:
                break
            budget.check_pace(now.t + 1, last + 1)
        if whole:
            self._conclude(watch, ledger, losses)
        else:
            self.uncovered += ["what the prior and the laws of the checks are called", "the ledger", "the checks"]
            self.uncovered += ["shadow"] if self.steps[0].get("shadow") else []
        return self._report(chosen)

    def _shadow(self) -> Shadow | None:
        """Return what recomputes float64's values in the record, if it has any."""
        if self.steps[0].get("shadow") is None:
            return None
        if self.process.K > MOST_STATES:
            raise InputError("a shadow of too many states", where="steps[0].shadow", expected=f"K ≤ {MOST_STATES}")
        return Shadow(self.process, self.unit)

    def _beside(self, shadow: Shadow, step: Part, decay: str | None) -> None:
        truth = self._claim(step["mutual_information"], "mutual_information")
        said = step["decay"].value
        if shadow.confirm(step["shadow"], truth, decay if said != "undecided" else "undecided"):
            self.counts["floats beside them"] += 1
        else:
            self.uncovered.append("shadow (another machine's logarithms)")

    def _facts(self, before: Moment | None, now: Moment) -> Facts:
        model, size = self.scenario.reverse, now.D.bit_length()
        budget.hold(self.process.K**2 * (200 + size / 2), for_long=False)
        budget.spend(self.process.K**2 * (2000 + 12 * budget.product(size, 64)))
        rows = None if before is None or model is None else model.rows(before, now)
        guess = None if before is None or model is None else model.guessed(now)
        return Facts(self.process.states, now, before, rows, guess)

    # one step

    def _step(self, part: Part, facts: Facts, rates: Rates) -> str | None:
        """Confirm what is said of time t; returns the true verdict of the step."""
        t, step = facts.now.t, facts.now.step
        newer = () if self.is_certificate or not self.is_newer else NEWER_STEP_KEYS
        optional = NEWER_STEP_KEYS if self.is_certificate else ("marginal", "shadow")
        part.only((*STEP_KEYS, *newer), optional)
        decay = _decay(facts) if facts.before is not None else None
        self._information(part, facts, rates, decay)
        eta = None if step is None else step.dobrushin
        self._rational(part["dobrushin"], t, eta)
        self._sdpi_bound(part["sdpi_bound"], t, facts, eta)
        marginal = facts.now.marginal()
        distance = part["total_variation_to_prior"]
        true_distance = total_variation(marginal, self.scenario.prior)
        if not self._left_open(
            f"t = {t}, total_variation_to_prior", distance.value is None, lambda: fraction_text(true_distance)
        ):
            self._rational(distance, t, true_distance, self.by_balls)
        has_term = facts.rows is not None
        self._number(part["elbo_term"], t, facts.term if has_term else None)
        self._number(part["model_error"], t, facts.error if has_term else None)
        if given := part.get("marginal"):
            for item, p in zip(given.items(self.process.K), marginal, strict=True):
                self._rational(item, t, p, self.by_balls)
        self._newer(part, facts)
        return decay

    def _newer(self, part: Part, facts: Facts) -> None:
        """Examine the keys of a step that schema 2 added."""
        cost = part.get("cross_entropy")
        if cost is not None and cost.value is None and facts.guess is not None:
            self.uncovered.append("cross_entropy (null, though there is a denoiser)")
        elif cost is not None:
            self._number(cost, facts.now.t, None if facts.guess is None else facts.cross_entropy)
        if product := part.get("dobrushin_product"):
            self._rational(product, facts.now.t, None)
        eta_kl = part.get("contraction")
        if eta_kl is not None and eta_kl.value is not None:
            self._contraction(self._claim(eta_kl, f"t = {facts.now.t}, contraction"), facts)

    def _contraction(self, claim: Claim, facts: Facts) -> None:
        """Check η_KL(Q_t) by integers alone, and I_t ≤ η_KL·I_{t−1}, η_KL ≤ η (Raginsky 2016)."""
        step = facts.now.step
        if facts.before is None or step is None:
            raise WrongError(claim.where, claim.text, "null")
        if claim.kind == "finite":
            least = LogSum.total([(claim.upper, facts.earlier), (Fraction(-1), facts.mutual)])
            if not claim.lower <= min(claim.upper, step.dobrushin) or least.sign() < 0:
                raise WrongError(claim.where, claim.text, f"from I_t/I_(t−1) to {fraction_text(step.dobrushin)}")
            if said := contraction.contradiction(step, claim.lower, claim.upper):
                raise WrongError(claim.where, claim.text, said)
            return
        self.uncovered.append("contraction")

    # the totals

    def _enter(self, ledger: Ledger, facts: Facts) -> None:
        """Take step t into the ledger, and note which totals' witnesses it bears out."""
        if facts.before is None:
            ledger.start(facts.now)
            return
        ledger.observe(facts)
        if facts.unbounded is None:
            return
        if f"R_{facts.now.t} " in self._words_of_ledger:
            ledger.wordings[facts.now.t] = facts.words()
        for name in (*TOTALS, "elbo-ledger"):
            witness = self._witness(name)
            if witness is not None and facts.unbounded.holds(witness):
                self.shown.add(name)

    @cached_property
    def _words_of_ledger(self) -> str:
        """The detail of `elbo-ledger`, which may say what is infinite or undefined at some step."""
        details = [check.get("detail") for check in self.checks if check["check"].value == "elbo-ledger"]
        return " ".join(str(detail.value) for detail in details if detail is not None)

    def _witness(self, name: str) -> Mapping[str, Any] | None:
        if name == "elbo-ledger":
            found = [check["witness"].value for check in self.checks if check["check"].value == name]
        else:
            total = self.totals[name].value
            found = [total.get("witness")] if isinstance(total, dict) else []
        return found[0] if found and isinstance(found[0], dict) else None

    def _conclude(self, watch: Watch, ledger: Ledger | None, losses: DenoiserLosses) -> None:
        if misnamed := watch.misnamed():
            raise WrongError(*misnamed, "not what its probabilities are")
        facts: dict[str, Fact | None] = dict.fromkeys(TOTALS) if ledger is None else totals(ledger, self.shown)
        for name in TOTALS:
            self._number(self.totals[name], None, facts[name])
        for name, fact in losses.totals(facts["negative_elbo"], self._witness("negative_elbo")).items():
            part = self.totals.get(name)
            if part is not None and part.value is not None and losses.is_too_long:
                self.uncovered.append(f"elbo.{name} (too long)")
            elif part is not None and part.value is None and fact is not None:
                self.uncovered.append(f"elbo.{name} (null, though there is a denoiser)")
            elif part is not None:
                self._number(part, None, fact)
        either = self.in_balls and self.process.noise.target and not self.scenario.is_bayes
        on_rationals = None if either else not self.in_balls
        verdicts = Verdicts(
            watch,
            ledger,
            elbo=facts["negative_elbo"],
            nll=facts["nll"],
            shown=self.shown,
            on_rationals=self._route(on_rationals),
            is_certificate=self.is_certificate,
        )
        for part, question in zip(self.checks, self.scenario.questions, strict=True):
            found = verdicts.check(part, question)
            self._left_open(f"check {question.name}", found.is_open, found.truth.__str__)
            if found.is_open and not self.in_balls:
                raise WrongError(f"check {question.name}, observed", "undecided", found.truth)
            self.counts["verdicts"] += not found.is_open
            self.counts["sentences"] += found.sentences
            self.uncovered += found.uncovered

    def _route(self, on_rationals: bool | None) -> bool | None:
        """Return whether the run decided on rationals; where either may be so, what the first such check says."""
        if on_rationals is not None or self.is_certificate:
            return on_rationals
        self.uncovered.append("decided (a kernel like this may be run either way)")
        said = [check["decided"].value for check in self.checks if check["check"].value == "identities"]
        return None if said not in (["exact"], ["enclosure"]) else said == ["exact"]


def _decay(facts: Facts) -> str:
    """Return what the information does at a step, decided."""
    if facts.now.step is not None:
        return "equal" if facts.loses_nothing else "strict"
    return {1: "strict", 0: "equal", -1: "violated"}[facts.loss.sign()]
