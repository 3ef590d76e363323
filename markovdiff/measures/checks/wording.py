"""How findings are worded: where a claim shows, how it was decided, and what could not be decided.

The audit writes the same sentences a second time (`markovdiff.audit.sentences`), so a change here is a change there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markovdiff.measures.checks.finding import Decided, Finding
from markovdiff.measures.protocol import ArithmeticName

REACH = "as far as float64 reaches"
"""What is said of a theorem that float64 could not follow at every step."""


@dataclass(slots=True)
class Wording:
    """How a finding is worded and labelled: what rests on floats is never called proved."""

    arithmetic: ArithmeticName = "exact"

    def decided(self, exactly: Decided = "enclosure") -> Decided:
        """Return the label; `exactly` is what exact arithmetic decides it by."""
        return exactly if self.arithmetic == "exact" else "enclosure" if self.arithmetic == "ball" else "float"

    @property
    def how(self) -> str:
        """The end of a sentence."""
        return ", in float64" if self.arithmetic == "float" else ": proved"

    @property
    def cannot_tell(self) -> str:
        """Why a step is undecided."""
        return "is beyond float64" if self.arithmetic == "float" else "was not decided by enclosures"

    def as_far(self, claim: str, observed: str, unknown: Sequence[int], T: int, *, theorem: bool) -> Finding:
        """Return the finding on a claim that not every step confirms and none contradicts.

        A theorem holds as far as float64 reaches. What may fail where float64 does not reach is undecided.
        """
        where: dict[str, object] = {"t": unknown[0]}
        if self.arithmetic != "float" or not theorem:
            detail = f"{claim}: {at_steps(unknown, T)} that {self.cannot_tell}"
            return Finding("undecided", self.decided(), detail, where)
        detail = f"{claim}, {REACH}: it cannot tell from t = {unknown[0]} on, {len(unknown)} of {T} {steps(T)}"
        return Finding(observed, "float", detail, where, open=True)


def broken_at(claim: str, broken: Sequence[int], unknown: Sequence[int], T: int, how: str) -> str:
    """Say where a claim is broken; of the steps that were not decided nothing is claimed.

    >>> broken_at("H(x_t) falls", [3, 4], [], 9, ": proved")
    'H(x_t) falls at 2 of 9 steps (t = 3…4): proved'
    >>> broken_at("H(x_t) falls", [3, 4], [1], 9, ": proved")
    'H(x_t) falls at least at 2 of 9 steps (t = 3…4): proved; undecided at 1 of 9 steps (t = 1)'
    """
    if not unknown:
        return f"{claim} {at_steps(broken, T)}{how}"
    return f"{claim} at least {at_steps(broken, T)}{how}; undecided {at_steps(unknown, T)}"


def at_steps(ts: Sequence[int], T: int) -> str:
    """Say where: "at each of 64 steps", "at 3 of 64 steps (t = 5, 7…8)"."""
    if len(ts) == T:
        return "at the one step" if T == 1 else f"at each of {T} steps"
    runs: list[list[int]] = []
    for t in ts:
        if runs and t == runs[-1][1] + 1:
            runs[-1][1] = t
        else:
            runs.append([t, t])
    shown = ", ".join(str(a) if a == b else f"{a}…{b}" for a, b in runs[:3])
    more = ", …" if len(runs) > 3 else ""
    return f"at {len(ts)} of {T} {steps(T)} (t = {shown}{more})"


def steps(n: int) -> str:
    """Return the word for n steps."""
    return "step" if n == 1 else "steps"
