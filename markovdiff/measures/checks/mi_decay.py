"""`mi-decay`: what I(x0; x_t) does, step by step: whether it falls, stays the same, or rises.

For a Markov chain it never rises (the data-processing inequality). A process with memory may give information back,
and is then reported with its t.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias, get_args

from markovdiff.measures.checks.finding import CheckObserver, Finding
from markovdiff.measures.checks.kind import CheckKind, CheckSetting
from markovdiff.measures.checks.wording import Wording, at_steps, broken_at
from markovdiff.measures.protocol import StepInformation

Outcome: TypeAlias = Literal["strict", "non-increasing", "equal", "violated"]


class MiDecay(CheckKind):
    """I(x0; x_t) falls strictly, stays the same, does some of both, or rises."""

    name = "mi-decay"
    asks = Outcome
    may_be: ClassVar[tuple[str, ...]] = get_args(Outcome)
    shows_rounding = True

    @classmethod
    def default(cls, setting: CheckSetting) -> str:
        """Expect that it does not rise, with memory too, where it may."""
        return "non-increasing"

    @classmethod
    def meets(cls, observed: str, expected: str) -> bool:
        """Return whether it is as expected; what falls strictly, or stays the same, does not rise."""
        return observed == expected or (expected == "non-increasing" and observed in ("strict", "equal"))

    @classmethod
    def observer(cls, asked: Any, setting: CheckSetting) -> CheckObserver:
        return cls()

    def __init__(self) -> None:
        self.at: dict[str, list[int]] = {"strict": [], "equal": [], "violated": [], "undecided": []}
        self.markov = True
        self.wording = Wording()

    def observe(self, now: StepInformation) -> None:
        if now.before is not None:
            self.at[now.decay].append(now.t)
            self.markov = now.markov
            self.wording = Wording(now.arithmetic)

    def conclude(self) -> Finding:
        strict, equal, rises, unknown = (self.at[word] for word in ("strict", "equal", "violated", "undecided"))
        T = len(strict) + len(equal) + len(rises) + len(unknown)
        decided, how = self.wording.decided("exact" if self.markov else "enclosure"), self.wording.how
        if rises:
            ending = f": the inequality is violated{how.replace(':', ',')}"
            detail = broken_at("I(x0;x_t) rises", rises, unknown, T, ending)
            return Finding("violated", decided, detail, {"t": rises[0]})
        if unknown and decided == "float" and self.markov:
            return self.wording.as_far("I(x0;x_t) never rises", "non-increasing", unknown, T, theorem=True)
        if unknown:
            detail = f"whether I(x0;x_t) falls {at_steps(unknown, T)} {self.wording.cannot_tell}"
            return Finding("undecided", decided, detail, {"t": unknown[0]})
        if not equal:
            return Finding("strict", decided, f"I(x0;x_t) falls strictly {at_steps(strict, T)}{how}")
        if not strict:
            return Finding("equal", decided, f"I(x0;x_t) stays the same {at_steps(equal, T)}{how}", {"t": equal[0]})
        detail = f"I(x0;x_t) falls strictly {at_steps(strict, T)}, stays the same {at_steps(equal, T)}{how}"
        return Finding("non-increasing", decided, detail, {"t": equal[0]})
