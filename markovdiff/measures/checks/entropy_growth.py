"""`entropy-growth`: whether H(x_t) never falls. It need not grow: an absorbing chain shows it.

Where every step preserves the uniform law it is a theorem (Schur 1923). It is made only where a file asks for it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias, get_args

from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.checks.kind import CheckKind, CheckSetting
from markovdiff.measures.checks.signed_steps import SignedSteps, sign_of
from markovdiff.measures.checks.wording import steps
from markovdiff.measures.protocol import StepInformation
from markovdiff.process.distribution import uniform_law

Outcome: TypeAlias = Literal["non-decreasing", "violated"]


class EntropyGrowth(CheckKind):
    """H(x_t) never falls. `kept` says that every step preserves the uniform law."""

    name = "entropy-growth"
    asks = Outcome
    may_be: ClassVar[tuple[str, ...]] = get_args(Outcome)

    @classmethod
    def observer(cls, asked: Any, setting: CheckSetting) -> CheckObserver:
        return cls(kept=setting.keeps(uniform_law(setting.K)))

    def __init__(self, *, kept: bool = False) -> None:
        self.kept = kept
        self.seen = SignedSteps()

    def observe(self, now: StepInformation) -> None:
        if now.before is not None:
            self.seen.enter(now, sign_of(now.entropy.minus(now.before.entropy, zero=now.law_stays or None)))

    def conclude(self) -> Finding:
        claim = f"H(x_t) never falls in {self.seen.T} {steps(self.seen.T)}"
        return self.seen.finding(claim, "H(x_t) falls", "non-decreasing", theorem=self.kept)
