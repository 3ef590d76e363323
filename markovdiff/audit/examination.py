"""The examination of one record: every claim in it confirmed, or the first that is wrong named.

What is taken from the record is the resolved scenario (the question) and nothing else. All the rest is a claim: at
every t the enclosures, the rationals (β, ᾱ, Dobrushin's coefficient, total variation, marginal) and the verdict; then
ledger's totals, and the checks with their verdicts and witnesses. Prose (titles, details), who made the record, the
word for how the engine came to a verdict, and what float64 has beside it (`shadow`) are not claims about the process.
Of a part of the steps only what concerns them alone is examined.

A result in balls has decimals for rationals, and may say of a number or a verdict that it is undecided: that claims
nothing, and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from markovdiff.audit import claims, questions, scenario
from markovdiff.audit.claims import Claim, WrongError
from markovdiff.audit.confirm import Fact, Unbounded, confirm, confirm_rounded
from markovdiff.audit.facts import Facts
from markovdiff.audit.ledger import Ledger
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.numerals import fraction_text, quoted
from markovdiff.audit.process import Moment, total_variation
from markovdiff.audit.questions import Watch
from markovdiff.audit.record import CERTIFICATE, RESULT, RESULT_1, Part
from markovdiff.audit.scenario import Question
from markovdiff.audit.totals import TOTALS, totals
from markovdiff.errors import InputError

ENCLOSURES = ("entropy", "conditional_entropy", "noise_entropy", "mutual_information")
OF_A_STEP = ("information_loss", "sdpi_bound", "elbo_term", "model_error")
STEP_KEYS = (
    *("t", "beta", "alpha_bar", *ENCLOSURES, "information_loss", "decay", "dobrushin", "sdpi_bound"),
    *("total_variation_to_prior", "elbo_term", "model_error"),
)
ADDED, ADDED_TO_STEP = ("notes", "sequence", "sampler"), ("cross_entropy", "contraction", "dobrushin_product")
"""Keys of the second schema: `notes` is prose, and of the others nothing is claimed yet."""

OPEN = "left undecided"
"""What is counted where a record claims nothing."""

MOST_FIRST_BITS = 4096
"""A first pass for the totals is made at no more than this, whatever digits a record claims to have."""

Tick = Callable[[float], None]


@dataclass(frozen=True)
class Report:
    """What was confirmed."""

    name: str
    counts: Mapping[str, int]
    steps: tuple[int, ...]
    T: int

    @property
    def is_whole(self) -> bool:
        """Whether all of the record was examined."""
        return len(self.steps) == self.T + 1


class Examination:
    """One record, read; `run` confirms it."""

    def __init__(self, part: Part) -> None:
        schema = part["schema"].text((RESULT_1, RESULT, CERTIFICATE))
        self.is_second = schema == RESULT
        self.is_certificate = schema == CERTIFICATE
        versions = ("scenario_sha256", "versions") if self.is_certificate else ("markovdiff",)
        if part.get("partial"):
            raise InputError(
                "a run that was interrupted concluded nothing", where="partial", remedy="run the scenario to its end"
            )
        part.only(
            ("schema", "unit", "arithmetic", "scenario", "steps", "elbo", "checks", *versions, *ADDED * self.is_second)
        )
        if self.is_second:
            _check_added(part)
        arithmetic = part["arithmetic"].only(("kind", "digits"))
        kind = arithmetic["kind"].text(("exact", "ball", "float"))
        if kind == "float":
            raise InputError(
                "a result of float arithmetic has no enclosures to confirm",
                where=arithmetic["kind"].path,
                expected="exact or ball",
                remedy="run the scenario in exact or ball arithmetic",
            )
        self.digits = arithmetic["digits"].count(1, 1000)
        self.unit = part["unit"].text(("bits", "nats"))
        self.in_balls = kind == "ball"
        self.scenario = scenario.read(part["scenario"], self.in_balls)
        self.process = self.scenario.process
        self.steps = part["steps"].items(self.process.T + 1)
        self.totals = part["elbo"].only(TOTALS)
        self.checks = part["checks"].items(len(self.scenario.questions))
        self._check_agreement(part)
        self.counts: Counter[str] = Counter()
        self.shown: set[str] = set()

    def _check_agreement(self, part: Part) -> None:
        """What stands in two places is the same in both, and what is at one step is at all."""
        unit = part["scenario"].get("unit")
        if unit is not None and unit.value != self.unit:
            raise unit.fail("not the unit of the result", self.unit)
        if len({step.get("marginal") is None for step in self.steps}) > 1:
            raise InputError("marginals at some steps and not at others", where="steps", expected="all, or none")

    @property
    def by_balls(self) -> bool:
        """Whether the laws come from balls: κI + (1−κ)1πᵀ stays exact in balls too, and is only rounded."""
        return self.in_balls and not self.process.noise.target

    @property
    def T(self) -> int:
        """The number of steps."""
        return self.process.T

    def run(self, chosen: Collection[int] | None = None, tick: Tick = lambda _share: None) -> Report:
        """Confirm the record, or of its steps those chosen. Raises WrongError at the first wrong claim."""
        chosen = range(self.T + 1) if chosen is None else chosen
        whole = len(set(chosen)) == self.T + 1
        watch = Watch(self.scenario)
        ledger = Ledger(self.scenario, self._bits()) if whole and self.scenario.reverse else None
        before: Moment | None = None
        alpha_bar = Fraction(1) if self.process.noise.target else None
        for now in self.process.moments():
            beta = self.process.betas[now.t - 1] if now.t and self.process.betas else None
            if alpha_bar is not None and beta is not None:
                alpha_bar *= 1 - beta
            if now.t in chosen:
                facts = self._facts(before, now)
                watch.observe(facts, self._step(self.steps[now.t], facts, beta, alpha_bar))
                if ledger is not None:
                    self._enter(ledger, facts)
            tick((now.t + 1) / (self.T + 2))
            before = now
        if whole:
            self._conclude(watch, ledger)
        return Report(self.scenario.name, dict(self.counts), tuple(sorted(set(chosen))), self.T)

    def _facts(self, before: Moment | None, now: Moment) -> Facts:
        model = self.scenario.reverse
        rows = None if before is None or model is None else model.rows(before, now)
        return Facts(self.process.states, now, before, rows)

    def _bits(self) -> int:
        """The precision that the totals should need, if they are as claimed."""
        read = [self._claim(self.totals[name], name) for name in TOTALS if self.totals[name].value is not None]
        return min(max((claim.bits for claim in read), default=192), MOST_FIRST_BITS)

    def _claim(self, part: Part, where: str) -> Claim:
        return claims.read(part, where, self.unit)

    # one step

    def _step(self, part: Part, facts: Facts, beta: Fraction | None, alpha_bar: Fraction | None) -> str | None:
        """Confirm what is said of time t; returns the true verdict of the step."""
        t, step = facts.now.t, facts.now.step
        part.only((*STEP_KEYS, *ADDED_TO_STEP * self.is_second), ("marginal", "shadow"))
        for name in ADDED_TO_STEP * self.is_second:
            self._absent(part[name], f"t = {t}, {name}", True)
        if part["t"].count(0, 10**9) != t:
            raise WrongError(part["t"].path, str(part["t"].value), str(t))
        self._rational(part["beta"], t, beta)
        self._rational(part["alpha_bar"], t, alpha_bar)
        for name, form in zip(ENCLOSURES, (facts.entropy, facts.conditional, facts.noise, facts.mutual), strict=True):
            self._number(part[name], t, form)
        later = facts.before is not None
        self._number(part["information_loss"], t, facts.loss if later else None)
        decay = _decay(facts) if later else None
        self._word(part["decay"], t, decay)
        eta = None if step is None else step.dobrushin
        self._rational(part["dobrushin"], t, eta)
        self._number(part["sdpi_bound"], t, None if eta is None else self._bound(facts, eta))
        marginal = facts.now.marginal()
        distance = part["total_variation_to_prior"]
        if not self._left_open(distance.value is None):
            self._rational(distance, t, total_variation(marginal, self.scenario.prior), self.by_balls)
        has_term = facts.rows is not None
        self._number(part["elbo_term"], t, facts.term if has_term else None)
        self._number(part["model_error"], t, facts.error if has_term else None)
        if given := part.get("marginal"):
            for item, p in zip(given.items(self.process.K), marginal, strict=True):
                self._rational(item, t, p, self.by_balls)
        return decay

    @staticmethod
    def _bound(facts: Facts, eta: Fraction) -> LogSum:
        """η(N_t)·I_{t−1}."""
        assert facts.before is not None
        earlier = Facts(facts.states, facts.before, None, None).mutual
        return LogSum.total([(eta, earlier)]).known(eta == 0 or earlier.is_zero())

    def _number(self, part: Part, t: int | None, fact: Fact | None) -> None:
        """Confirm a number, or that there is none."""
        where = part.path.rpartition(".")[2] if t is None else f"t = {t}, {part.path.rpartition('.')[2]}"
        if fact is None or part.value is None:
            self._absent(part, where, fact is None)
            return
        claim = self._claim(part, where)
        if self._left_open(claim.kind == "undecided"):
            return
        confirm(claim, fact, self.unit, self.digits)
        self.counts["enclosures" if claim.kind == "finite" else "infinite or undefined"] += 1
        self.counts["closed forms"] += claim.form is not None

    def _left_open(self, is_open: bool) -> bool:
        """Whether the record claims nothing, as balls may; counted."""
        is_open = is_open and self.in_balls
        self.counts[OPEN] += is_open
        return is_open

    def _rational(self, part: Part, t: int, value: Fraction | None, from_balls: bool = False) -> None:
        where = f"t = {t}, {part.path.partition('].')[2] or part.path}"
        if value is None or part.value is None:
            self._absent(part, where, value is None)
            return
        if self.in_balls:
            confirm_rounded(where, part.decimal(), value, self.digits, from_balls)
        elif (said := part.ratio()) != value:
            raise WrongError(where, fraction_text(said), fraction_text(value))
        self.counts["decimals" if self.in_balls else "rationals"] += 1

    def _absent(self, part: Part, where: str, is_absent: bool) -> None:
        if not is_absent or part.value is not None:
            raise WrongError(where, quoted(part.value), "null" if is_absent else "a number")

    def _word(self, part: Part, t: int, word: str | None) -> None:
        if self._left_open(word is not None and part.value == "undecided"):
            return
        if part.value != word:
            raise WrongError(f"t = {t}, decay", quoted(part.value), quoted(word))
        self.counts["verdicts"] += word is not None

    # the totals

    def _enter(self, ledger: Ledger, facts: Facts) -> None:
        """Take step t into the ledger, and note which totals' witnesses it bears out."""
        if facts.before is None:
            ledger.start(facts.now)
            return
        ledger.observe(facts)
        if facts.unbounded is None:
            return
        for name in (*TOTALS, "elbo-ledger"):
            witness = self._witness(name)
            if witness is not None and facts.unbounded.holds(witness):
                self.shown.add(name)

    def _witness(self, name: str) -> Mapping[str, Any] | None:
        if name == "elbo-ledger":
            found = [check["witness"].value for check in self.checks if check["check"].value == name]
        else:
            total = self.totals[name].value
            found = [total.get("witness")] if isinstance(total, dict) else []
        return found[0] if found and isinstance(found[0], dict) else None

    def _conclude(self, watch: Watch, ledger: Ledger | None) -> None:
        if misnamed := watch.misnamed():
            raise WrongError(*misnamed, "not what its probabilities are")
        facts: dict[str, Fact | None] = dict.fromkeys(TOTALS) if ledger is None else totals(ledger, self.shown)
        for name in TOTALS:
            self._number(self.totals[name], None, facts[name])
        for part, question in zip(self.checks, self.scenario.questions, strict=True):
            self._check(part, question, watch, facts["negative_elbo"])

    # the checks

    def _check(self, part: Part, question: Question, watch: Watch, elbo: Fact | None) -> None:
        """Confirm what was observed, the verdict, and the witness."""
        keys = ("check", "expected", "observed", "verdict", "witness")
        part.only(keys, () if self.is_certificate else ("decided", "detail"))
        where = f"check {question.name}"
        if part["check"].value != question.name or part["expected"].value != question.expected:
            said = f"{quoted(part['check'].value)}, expected {quoted(part['expected'].value)}"
            raise WrongError(part.path, said, f"{question.name}, expected {question.expected}")
        answer = watch.answer(question)
        observed, verdict, witness = part["observed"].text(), part["verdict"].text(), part["witness"]
        if not self.is_certificate:
            part["decided"].text(("exact", "enclosure"))
            part["detail"].text()
        if observed == "undecided":
            if verdict != observed:
                raise WrongError(f"{where}, verdict", quoted(verdict), observed)
            self.counts[OPEN] += 1
            return
        if observed != answer.observed:
            raise WrongError(f"{where}, observed", quoted(observed), answer.observed)
        agrees = observed == question.expected or (
            question.name == "mi-decay" and question.expected == "non-increasing" and observed in ("strict", "equal")
        )
        if verdict != ("holds" if agrees else "fails"):
            raise WrongError(f"{where}, verdict", quoted(verdict), "holds" if agrees else "fails")
        shown = None if witness.value is None else witness.witness()
        if question.name == "elbo-ledger" and isinstance(elbo, Unbounded):
            fits = shown is not None and (elbo.holds(shown) or "elbo-ledger" in self.shown)
        else:
            fits = questions.shows(answer, shown)
        if not fits:
            said = "none" if shown is None else claims.witness_text(shown)
            raise WrongError(f"{where}, witness", said, "not one that shows what was observed")
        self.counts["verdicts"] += 1


def _check_added(part: Part) -> None:
    """What the second schema added at the top: sentences, and nothing about sequences, which are not examined here."""
    for note in part["notes"].items():
        note.text()
    part["sampler"].items(0)
    if part["sequence"].value is not None:
        raise part["sequence"].fail("a claim that is not examined here", "null")


def _decay(facts: Facts) -> str:
    """What the information does at a step, decided."""
    if facts.now.step is not None:
        return "equal" if facts.loses_nothing else "strict"
    return {1: "strict", 0: "equal", -1: "violated"}[facts.loss.sign()]
