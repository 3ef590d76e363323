"""`sdpi`: I_t ≤ η(Q_t)·I_{t−1}, with Dobrushin's coefficient η (Cohen et al. 1993). A theorem for a Markov chain."""

from __future__ import annotations

from typing import Any

from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.checks.kind import CheckKind, CheckSetting
from markovdiff.measures.checks.signed_steps import SignedSteps
from markovdiff.measures.checks.wording import at_steps
from markovdiff.measures.protocol import StepInformation


class Sdpi(CheckKind):
    """The strong data-processing inequality, step by step."""

    name = "sdpi"
    needs_markov = True
    shows_rounding = True

    @classmethod
    def default(cls, setting: CheckSetting) -> str | None:
        return "holds" if setting.is_markov else None

    @classmethod
    def observer(cls, asked: Any, setting: CheckSetting) -> CheckObserver:
        return cls()

    def __init__(self) -> None:
        self.seen = SignedSteps()

    def observe(self, now: StepInformation) -> None:
        if now.before is not None:
            self.seen.enter(now, now.slack_sign)

    def conclude(self) -> Finding:
        T, tight = self.seen.T, self.seen.tight
        equality = f", with equality {at_steps(tight, T)}" if tight else ""
        if len(tight) == T > 1:
            equality = ", always with equality"
        claim = f"I_t ≤ η(Q_t)·I_(t−1) {at_steps(range(1, T + 1), T)}"
        return self.seen.finding(claim, "I_t > η(Q_t)·I_(t−1)", equality=equality)
