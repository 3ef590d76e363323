"""`converged`: whether I_T is at most a number that the file gives, in the file's unit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.rational import shown, text
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.checks.kind import CheckKind, CheckSetting
from markovdiff.measures.checks.wording import Wording
from markovdiff.measures.protocol import StepInformation
from markovdiff.process.table import Table


class ConvergedSpec(Table, frozen=True):
    """I_T ≤ information, in the scenario's unit."""

    information: Fraction


class Converged(CheckKind):
    """I_T ≤ bound. It is made only where a file gives the bound."""

    name = "converged"
    asks = ConvergedSpec

    @classmethod
    def record(cls, expected: str, asked: Any, setting: CheckSetting) -> object:
        return {"expected": expected, "information": text(asked.information), "unit": setting.file_unit}

    @classmethod
    def observer(cls, asked: Any, setting: CheckSetting) -> CheckObserver:
        return cls(asked.information, setting.file_unit)

    def __init__(self, bound: Fraction, unit: Unit) -> None:
        self.bound = bound
        self.unit: Unit = unit
        self.last: StepInformation | None = None

    def observe(self, now: StepInformation) -> None:
        self.last = now

    def conclude(self) -> Finding:
        assert self.last is not None
        left, T, wording = self.last.mutual_information, self.last.t, Wording(self.last.arithmetic)
        try:
            sign = left.compare(self.bound, self.unit)
        except UnfinishedError:
            sign = None
        if sign is None:
            detail = f"whether I(x0;x_{T}) is at most {shown(self.bound, 12)} {self.unit} {wording.cannot_tell}"
            return Finding("undecided", wording.decided(), detail, {"t": T})
        side = "at most" if sign <= 0 else "more than"
        told = left.enclosed(3, self.unit)
        value = f"= {told.value} {self.unit}" if told.is_finite else "has no digits in float64 but"
        detail = f"I(x0;x_{T}) {value} is {side} {shown(self.bound, 12)}{wording.how}"
        return Finding("holds" if sign <= 0 else "violated", wording.decided(), detail, None if sign <= 0 else {"t": T})
