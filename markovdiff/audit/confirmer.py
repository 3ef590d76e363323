"""What every examination of a record has: its header read, and how the claims in it are confirmed one by one.

A result in balls has decimals for rationals, and may say of a number or a verdict that it is undecided: that claims
nothing. The audit can decide it, and says what it finds; such a record is not confirmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from typing import Generic, Protocol, TypeAlias, TypeVar

from markovdiff.audit import claims
from markovdiff.audit.claims import Claim, WrongError
from markovdiff.audit.confirm import Fact, Unbounded, confirm, confirm_rounded, shown
from markovdiff.audit.denoiser_loss import DENOISER_TOTALS
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.numerals import fraction_text, quoted
from markovdiff.audit.record import CERTIFICATE, RESULTS, Part
from markovdiff.audit.report import Report, identity
from markovdiff.audit.scenario import Scenario
from markovdiff.audit.totals import TOTALS
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


Rates: TypeAlias = "tuple[int, Fraction | None, Fraction | None]"
"""t, β_t and ᾱ_t, where there are such."""

S = TypeVar("S", bound=Scenario)


class StepTruth(Protocol):
    """What is true at t of x_0 and x_t; `loss` and `earlier`, I_{t−1}, belong to a step."""

    @property
    def entropy(self) -> LogSum:
        """H(x_t)."""

    @property
    def conditional(self) -> LogSum:
        """H(x_0|x_t)."""

    @property
    def noise(self) -> LogSum:
        """H(x_t|x_0)."""

    @property
    def mutual(self) -> LogSum:
        """I(x_0;x_t)."""

    @property
    def loss(self) -> LogSum:
        """I_{t−1} − I_t."""

    @property
    def earlier(self) -> LogSum:
        """I(x_0;x_{t−1})."""


class Confirmer(Generic[S]):
    """One record, read, and what has been confirmed of it so far."""

    def __init__(self, part: Part, scenario_sha256: str | None, read: Callable[[Part, bool], S]) -> None:
        """Read a record, its scenario by `read` (which is told whether it was run in balls).

        `scenario_sha256` is the hash of the file that a certificate names, if it is at hand.
        """
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
        keys = ("schema", "unit", "arithmetic", "scenario", "steps", "elbo", "checks", *versions, *newer)
        part.only(keys, ("practice",) if self.is_newer else ())
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
        self.scenario: S = read(part["scenario"], self.in_balls)
        self.process = self.scenario.process
        self.uncovered += self.scenario.idle
        self.steps = part["steps"].items(self.process.T + 1)
        self.totals = part["elbo"].only(TOTALS, DENOISER_TOTALS)
        self.checks = part["checks"].items()
        self._check_agreement(part)
        self.counts: Counter[str] = Counter()
        self.left_open: list[str] = []
        self.open_count = 0

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
    def T(self) -> int:
        """The number of steps."""
        return self.process.T

    def _bits(self) -> int:
        """Return the precision that the totals should need, if they are as claimed."""
        read = [self._claim(self.totals[name], name) for name in TOTALS if self.totals[name].value is not None]
        return min(max((claim.bits for claim in read), default=192), MOST_FIRST_BITS)

    def _claim(self, part: Part, where: str) -> Claim:
        return claims.read(part, where, self.unit)

    def _rates(self) -> Iterator[Rates]:
        """Yield t, β_t and ᾱ_t for t = 0 … T."""
        alpha_bar = None if self.process.kept(1) is None else Fraction(1)
        yield 0, None, alpha_bar
        for t in range(1, self.T + 1):
            if alpha_bar is not None:
                alpha_bar *= self.process.kept(t) or 0
            yield t, self.process.betas[t - 1] if self.process.betas else None, alpha_bar

    def _information(self, part: Part, truth: StepTruth, rates: Rates, decay: str | None) -> None:
        """Confirm what is said of x_0 and x_t alone; `decay` is None at t = 0."""
        t, beta, alpha_bar = rates
        if part["t"].count(0, 10**9) != t:
            raise WrongError(part["t"].path, str(part["t"].value), str(t))
        self._rational(part["beta"], t, beta)
        self._rational(part["alpha_bar"], t, alpha_bar)
        forms = (truth.entropy, truth.conditional, truth.noise, truth.mutual)
        for name, form in zip(ENCLOSURES, forms, strict=True):
            self._number(part[name], t, form)
        self._number(part["information_loss"], t, None if decay is None else truth.loss)
        self._word(part["decay"], t, decay)

    def _sdpi_bound(self, part: Part, t: int, truth: StepTruth, eta: Fraction | None) -> None:
        """Confirm η·I_{t−1}."""
        if eta is None:
            self._number(part, t, None)
            return
        earlier = truth.earlier
        self._number(part, t, LogSum.total([(eta, earlier)]).known(eta == 0 or earlier.is_zero()))

    def _number(self, part: Part, t: int | None, fact: Fact | None) -> None:
        """Confirm a number, or that there is none."""
        where = part.path.rpartition(".")[2] if t is None else f"t = {t}, {part.path.rpartition('.')[2]}"
        if fact is None or part.value is None:
            self._absent(part, where, fact is None)
            return
        claim = self._claim(part, where)

        def truth() -> str:
            return fact.kind if isinstance(fact, Unbounded) else shown(fact, self.unit)

        if self._left_open(where, claim.kind == "undecided", truth):
            return
        confirm(claim, fact, self.unit, self.digits)
        self.counts["enclosures" if claim.kind == "finite" else "infinite or undefined"] += 1
        self.counts["closed forms"] += claim.form is not None

    @property
    def may_leave_open(self) -> bool:
        """Whether such a run may leave something undecided: balls may."""
        return self.in_balls

    def _left_open(self, where: str, is_open: bool, truth: Callable[[], str]) -> bool:
        """Return whether the record leaves a number open, where it may; count it, and keep the first few truths."""
        is_open = is_open and self.may_leave_open
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

    def _report(self, chosen: Collection[int]) -> Report:
        return Report(
            self.scenario.name,
            dict(self.counts),
            tuple(sorted(set(chosen))),
            self.T,
            tuple(self.left_open),
            self.open_count,
            tuple(dict.fromkeys(self.uncovered)),
        )
