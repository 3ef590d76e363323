"""A claim about every step, each decided by a sign: what `sdpi`, `entropy-growth` and `h-theorem` have in common."""

from __future__ import annotations

from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.wording import Wording, broken_at
from markovdiff.measures.protocol import Number, StepInformation


class SignedSteps:
    """Steps sorted by a sign: −1 breaks the claim, None is too near to equality for this arithmetic to tell."""

    def __init__(self) -> None:
        self.T = 0
        self.tight: list[int] = []
        self.broken: list[int] = []
        self.unknown: list[int] = []
        self.wording = Wording()

    def enter(self, now: StepInformation, sign: int | None) -> None:
        """Take one step in."""
        self.T += 1
        self.wording = Wording(now.arithmetic)
        where = {-1: self.broken, 0: self.tight, None: self.unknown}.get(sign)
        if where is not None:
            where.append(now.t)

    def finding(
        self, claim: str, broken: str, observed: str = "holds", equality: str = "", *, theorem: bool = True
    ) -> Finding:
        """Return the verdict: violated, undecided, or the claim, which a float may make as far as it reaches."""
        decided, how = self.wording.decided(), self.wording.how
        if self.broken:
            detail = broken_at(broken, self.broken, self.unknown, self.T, how)
            return Finding("violated", decided, detail, {"t": self.broken[0]})
        if self.unknown:
            return self.wording.as_far(f"{claim}{equality}", observed, self.unknown, self.T, theorem=theorem)
        return Finding(observed, decided, f"{claim}{equality}{how}")


def sign_of(number: Number) -> int | None:
    """Return the sign, or None where this arithmetic cannot tell within its limits."""
    try:
        return number.sign()
    except UnfinishedError:
        return None
