"""The examination of one record: every claim in it confirmed, or the first that is wrong named.

What is taken from the record is the resolved scenario (the question); that its labels fit its numbers is seen when it
is read. All the rest is a claim: at every t the enclosures, the rationals (β, ᾱ, Dobrushin's coefficient, total
variation, marginal), the verdict, and what float64 has beside it (`shadow`); then the ledger's totals, and the checks
with their verdicts, witnesses and words. What nobody could recompute from the record (names, titles, notes, who made
it) is listed as not covered, and so is whatever the audit does not know how to. Of a part of the steps only what
concerns them alone is examined.

A result in balls has decimals for rationals, and may say of a number or a verdict that it is undecided: that claims
nothing. The audit can decide it, and says what it finds; such a record is not confirmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

from markovdiff.audit import budget, claims, contraction, scenario
from markovdiff.audit.claims import Claim, WrongError
from markovdiff.audit.confirm import Fact, Unbounded, confirm, confirm_rounded, shown
from markovdiff.audit.facts import Facts
from markovdiff.audit.ledger import Ledger
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.numerals import fraction_text, quoted
from markovdiff.audit.process import Moment, total_variation
from markovdiff.audit.questions import Watch
from markovdiff.audit.record import CERTIFICATE, RESULTS, Part
from markovdiff.audit.report import Report, identity
from markovdiff.audit.shadow import MOST_STATES, Shadow
from markovdiff.audit.totals import TOTALS, totals
from markovdiff.audit.verdicts import Verdicts
from markovdiff.errors import InputError

ENCLOSURES = ("entropy", "conditional_entropy", "noise_entropy", "mutual_information")
STEP_KEYS = (
    *("t", "beta", "alpha_bar", *ENCLOSURES, "information_loss", "decay", "dobrushin", "sdpi_bound"),
    *("total_variation_to_prior", "elbo_term", "model_error"),
)
NEWER_STEP_KEYS = ("cross_entropy", "contraction", "dobrushin_product")
"""The keys that schema 2 added to a step; a certificate may have them."""

NEWER_KEYS = ("notes", "sequence", "sampler")

MOST_FIRST_BITS = 4096
"""A first pass for the totals is made at no more than this, whatever digits a record claims to have."""

MOST_OPEN = 3
"""How many of the numbers that a record left undecided are reported with their truth."""

Tick = Callable[[float], None]


class Examination:
    """One record, read; `run` confirms it."""

    def __init__(self, part: Part, scenario_sha256: str | None = None) -> None:
        """Read a record; `scenario_sha256` is the hash of the file that a certificate names, if it is at hand."""
        schema = part["schema"].text((*RESULTS, CERTIFICATE))
        self.is_certificate = schema == CERTIFICATE
        self.is_newer = schema == RESULTS[-1]
        self.uncovered = identity(part, scenario_sha256)
        if part.get("partial"):
            raise InputError(
                "a run that was interrupted concluded nothing", where="partial", remedy="run the scenario to its end"
            )
        versions = ("scenario_sha256", "versions") if self.is_certificate else ("markovdiff",)
        newer = NEWER_KEYS if self.is_newer else ()
        part.only(("schema", "unit", "arithmetic", "scenario", "steps", "elbo", "checks", *versions, *newer))
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
        self.uncovered += self.scenario.idle
        self.steps = part["steps"].items(self.process.T + 1)
        self.totals = part["elbo"].only(TOTALS)
        self.checks = part["checks"].items(len(self.scenario.questions))
        self._check_agreement(part)
        self.counts: Counter[str] = Counter()
        self.left_open: list[str] = []
        self.open_count = 0
        self.shown: set[str] = set()
        self.wordings: dict[int, set[str]] = {}

    def _check_agreement(self, part: Part) -> None:
        """Check that fields that appear twice agree, and that a field of one step is there at every step."""
        unit = part["scenario"].get("unit")
        if unit is not None and unit.value != self.unit:
            raise unit.fail("not the unit of the result", self.unit)
        if len({step.get("marginal") is None for step in self.steps}) > 1:
            raise InputError("marginals at some steps and not at others", where="steps", expected="all, or none")
        if len({step.get("shadow") is None for step in self.steps}) > 1:
            raise InputError("a shadow at some steps and not at others", where="steps", expected="all, or none")
        for key in NEWER_STEP_KEYS:
            if len({step.get(key) is None for step in self.steps}) > 1:
                raise InputError(f"{key!r} at some steps and not at others", where="steps", expected="all, or none")

    @property
    def by_balls(self) -> bool:
        """Whether the laws come from balls: those of κI + (1−κ)1πᵀ are rounded correctly there, as exact ones are."""
        return self.in_balls and not self.process.noise.target

    @property
    def T(self) -> int:
        """The number of steps."""
        return self.process.T

    def run(self, chosen: Collection[int] | None = None, tick: Tick = lambda _share: None) -> Report:
        """Confirm the record, or of its steps those chosen. Raise WrongError at the first wrong claim."""
        chosen = range(self.T + 1) if chosen is None else chosen
        whole, last = len(set(chosen)) == self.T + 1, max(chosen)
        watch, shadow = Watch(self.scenario), self._shadow()
        ledger = Ledger(self.scenario, self._bits()) if whole and self.scenario.reverse else None
        before: Moment | None = None
        alpha_bar = None if self.process.kept(1) is None else Fraction(1)
        for now in self.process.moments():
            beta = self.process.betas[now.t - 1] if now.t and self.process.betas else None
            if alpha_bar is not None and now.t:
                alpha_bar *= self.process.kept(now.t) or 0
            if now.t in chosen:
                facts = self._facts(before, now)
                decay = self._step(self.steps[now.t], facts, beta, alpha_bar)
                watch.observe(facts, decay)
                if whole and shadow is not None:
                    self._beside(shadow, self.steps[now.t], decay)
                if ledger is not None:
                    self._enter(ledger, facts)
            tick((now.t + 1) / (self.T + 2))
            before = now
            if now.t == last:
                break
            budget.check_pace(now.t + 1, last + 1)
        if whole:
            self._conclude(watch, ledger)
        else:
            self.uncovered += ["what the prior and the laws of the checks are called", "the ledger", "the checks"]
            self.uncovered += ["shadow"] if self.steps[0].get("shadow") else []
        return Report(
            self.scenario.name,
            dict(self.counts),
            tuple(sorted(set(chosen))),
            self.T,
            tuple(self.left_open),
            self.open_count,
            tuple(dict.fromkeys(self.uncovered)),
        )

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

    def _bits(self) -> int:
        """Return the precision that the totals should need, if they are as claimed."""
        read = [self._claim(self.totals[name], name) for name in TOTALS if self.totals[name].value is not None]
        return min(max((claim.bits for claim in read), default=192), MOST_FIRST_BITS)

    def _claim(self, part: Part, where: str) -> Claim:
        return claims.read(part, where, self.unit)

    # one step

    def _step(self, part: Part, facts: Facts, beta: Fraction | None, alpha_bar: Fraction | None) -> str | None:
        """Confirm what is said of time t; returns the true verdict of the step."""
        t, step = facts.now.t, facts.now.step
        newer = () if self.is_certificate or not self.is_newer else NEWER_STEP_KEYS
        optional = NEWER_STEP_KEYS if self.is_certificate else ("marginal", "shadow")
        part.only((*STEP_KEYS, *newer), optional)
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

    @staticmethod
    def _bound(facts: Facts, eta: Fraction) -> LogSum:
        """Return η(N_t)·I_{t−1}."""
        earlier = facts.earlier
        return LogSum.total([(eta, earlier)]).known(eta == 0 or earlier.is_zero())

    def _number(self, part: Part, t: int | None, fact: Fact | None) -> None:
        """Confirm a number, or that there is none."""
        where = part.path.rpartition(".")[2] if t is None else f"t = {t}, {part.path.rpartition('.')[2]}"
        if fact is None or part.value is None:
            self._absent(part, where, fact is None)
            return
        claim = self._claim(part, where)
        truth = lambda: fact.kind if isinstance(fact, Unbounded) else shown(fact, self.unit)  # noqa: E731
        if self._left_open(where, claim.kind == "undecided", truth):
            return
        confirm(claim, fact, self.unit, self.digits)
        self.counts["enclosures" if claim.kind == "finite" else "infinite or undefined"] += 1
        self.counts["closed forms"] += claim.form is not None

    def _left_open(self, where: str, is_open: bool, truth: Callable[[], str]) -> bool:
        """Return whether the record leaves a number open, as balls may; count it, and keep the first few truths."""
        is_open = is_open and self.in_balls
        self.open_count += is_open
        if is_open and len(self.left_open) < MOST_OPEN:
            self.left_open.append(f"{where}: {truth()}")
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
        if self._left_open(f"t = {t}, decay", word is not None and part.value == "undecided", lambda: str(word)):
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
        if f"R_{facts.now.t} " in self._words_of_ledger:
            self.wordings[facts.now.t] = facts.words()
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

    def _conclude(self, watch: Watch, ledger: Ledger | None) -> None:
        if misnamed := watch.misnamed():
            raise WrongError(*misnamed, "not what its probabilities are")
        facts: dict[str, Fact | None] = dict.fromkeys(TOTALS) if ledger is None else totals(ledger, self.shown)
        for name in TOTALS:
            self._number(self.totals[name], None, facts[name])
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
            wordings=self.wordings,
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
