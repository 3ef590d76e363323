"""`identities`: the four formulas of I(x0; x_t) are one number, at every t.

Written over the logarithms of p_0[i], p_t[j] and the joint J_ij = p_0[i] Q̄_t[i, j], the formulas
H(x0) − H(x0|x_t), H(x_t) − H(x_t|x0), H(x0) + H(x_t) − H(x0, x_t) and KL(joint ‖ product) differ only in
the coefficients p_0[i] against Σ_j J_ij and p_t[j] against Σ_i J_ij. With p_t taken from p_{t−1}Q_t, a route
that never forms Q̄_t, their equality is a fact to be checked: on integers, by balls that overlap, or up to rounding.
"""

from __future__ import annotations

from typing import Any, ClassVar

from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.checks.kind import CheckKind, CheckSetting
from markovdiff.measures.checks.wording import Wording
from markovdiff.measures.protocol import ArithmeticName, StepInformation


class Identities(CheckKind):
    """The four formulas of I(x0; x_t) agree at every t."""

    name = "identities"

    AGREE: ClassVar[dict[ArithmeticName, str]] = {
        "exact": "coefficient by coefficient: proved",
        "ball": "as far as enclosures of every coefficient can tell",
        "float": "to within rounding",
    }

    @classmethod
    def default(cls, setting: CheckSetting) -> str:
        return "holds"

    @classmethod
    def observer(cls, asked: Any, setting: CheckSetting) -> CheckObserver:
        return cls()

    def __init__(self) -> None:
        self.T = 0
        self.broken: dict[str, object] | None = None
        self.wording = Wording()

    def observe(self, now: StepInformation) -> None:
        self.T = now.t
        self.wording = Wording(now.arithmetic)
        if self.broken is None:
            self.broken = now.inconsistency()

    def conclude(self) -> Finding:
        decided = self.wording.decided("exact")
        if self.broken:
            detail = f"the formulas of I(x0;x_t) differ at t = {self.broken['t']}"
            return Finding("violated", decided, detail, self.broken)
        agree = self.AGREE[self.wording.arithmetic]
        return Finding("holds", decided, f"the four formulas of I(x0;x_t) agree at each t = 0…{self.T}, {agree}")
