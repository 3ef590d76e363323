"""`h-theorem`: KL(p_t ‖ μ) never rises, for the law μ that every step preserves.

With another law named it may rise; that is then the finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import text
from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.checks.kind import CheckKind, CheckSetting, Holds, NamedLaw
from markovdiff.measures.checks.signed_steps import SignedSteps, sign_of
from markovdiff.measures.checks.wording import steps
from markovdiff.measures.protocol import Number, StepInformation
from markovdiff.process.table import Table


class HTheoremSpec(Table, frozen=True):
    """KL(p_t ‖ μ) against a law named here."""

    expected: Holds = "holds"
    against: Literal["stationary", "uniform", "data", "mask"] | list[Fraction] = "stationary"


class HTheorem(CheckKind):
    """KL(p_t ‖ law) never rises. `kept` says that every step preserves the law."""

    name = "h-theorem"
    asks = Holds | HTheoremSpec
    needs_markov = True

    NAMES: ClassVar[dict[str, str]] = {"stationary": "stationary law", "given": "the law given"}

    @classmethod
    def default(cls, setting: CheckSetting) -> str | None:
        return "holds" if setting.is_markov and setting.stationary is not None else None

    @classmethod
    def expected(cls, asked: Any) -> str:
        return asked.expected if isinstance(asked, HTheoremSpec) else str(asked)

    @classmethod
    def against(cls, asked: Any) -> NamedLaw:
        return asked.against if isinstance(asked, HTheoremSpec) else "stationary"

    @classmethod
    def _called(cls, asked: Any) -> str:
        """Return the name of the law in a result, or "given"."""
        named = cls.against(asked)
        return named if isinstance(named, str) else "given"

    @classmethod
    def record(cls, expected: str, asked: Any, setting: CheckSetting) -> object:
        law = cls.law(asked, setting)
        return {"expected": expected, "against": cls._called(asked), "law": [text(p) for p in law.rows()[0]]}

    @classmethod
    def law(cls, asked: Any, setting: CheckSetting) -> RationalMatrix:
        return setting.law(cls.against(asked), f"checks.{cls.name}")

    @classmethod
    def observer(cls, asked: Any, setting: CheckSetting) -> CheckObserver:
        law = cls.law(asked, setting)
        return cls(law, cls._called(asked), kept=setting.keeps(law))

    def __init__(self, law: RationalMatrix, called: str, *, kept: bool = False) -> None:
        self._law = law
        self.called = called
        self.kept = kept
        self.seen = SignedSteps()
        self.last: Number | None = None

    @property
    def laws(self) -> Sequence[RationalMatrix]:
        return (self._law,)

    def observe(self, now: StepInformation) -> None:
        before, self.last = self.last, now.divergence(self._law)
        if now.before is not None:
            self.seen.enter(now, self._fall(before, self.last, now.law_stays))

    @staticmethod
    def _fall(before: Number | None, now: Number | None, stays: bool) -> int | None:
        if before is None or stays:
            return 0
        return -1 if now is None else sign_of(before.minus(now))

    def conclude(self) -> Finding:
        what = f"KL(p_t ‖ {self.NAMES.get(self.called, self.called)})"
        claim = f"{what} never rises in {self.seen.T} {steps(self.seen.T)}"
        return self.seen.finding(claim, f"{what} rises", theorem=self.kept)
