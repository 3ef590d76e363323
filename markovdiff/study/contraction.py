"""η_KL(Q_t) beside the steps of a run, and the strong data-processing inequality decided against it too."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import ctx

from markovdiff.arithmetic.enclosure import ALONE, sign_of
from markovdiff.arithmetic.quantity import FIRST_BITS, Enclosed
from markovdiff.errors import InternalError
from markovdiff.measures.checks import signed_steps
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.wording import at_steps
from markovdiff.measures.contraction import MAX_STATES, KLContraction, contraction
from markovdiff.process.chain import Chain


class Contractions:
    """η_KL(Q_t) at each t, found once for equal β_t, and the sign of η_KL(Q_t)·I_{t−1} − I_t."""

    def __init__(self, chain: Chain, digits: int, *, certified: bool) -> None:
        self.chain, self.digits, self.certified = chain, digits, certified
        self.applies = chain.is_markov and chain.K <= MAX_STATES
        self.known: dict[Fraction, KLContraction] = {}
        self.undecided: list[int] = []

    def at(self, now: Any) -> Enclosed | None:
        """Return η_KL(Q_t) for what is known at time t, to be asked at each t in turn; without bounds in float64."""
        if not self.applies or now.before is None:
            return None
        strength = self.chain.strength(now.t)
        if strength not in self.known:
            self.known[strength] = contraction(self.chain.transition(now.t), self.digits)
        found = self.known[strength]
        if not self.certified:
            return Enclosed(found.enclosed.value)
        self._decide(now, found)
        return replace(found.enclosed, closed_form=None)

    def _decide(self, now: Any, found: KLContraction) -> None:
        sign = now.slack_sign if found.value is not None and found.value == now.dobrushin else _sign(now, found)
        if sign is None:
            self.undecided.append(now.t)
        elif sign < 0:
            raise InternalError("I_t is above η_KL(Q_t)·I_(t−1), which is a theorem", where=f"t = {now.t}")

    def conclude(self, finding: Finding) -> Finding:
        """Return what `sdpi` found, with the same against η_KL where it was decided."""
        if not (self.applies and self.certified) or finding.observed != "holds":
            return finding
        T = self.chain.T
        told = f"I_t ≤ η_KL(Q_t)·I_(t−1) {at_steps(range(1, T + 1), T)}: proved"
        if self.undecided:
            told = f"whether I_t ≤ η_KL(Q_t)·I_(t−1) was not decided {at_steps(self.undecided, T)}"
        return replace(finding, detail=f"{finding.detail}; {told}")


def _sign(now: Any, found: KLContraction) -> int | None:
    """Return the sign of η_KL(Q_t)·I_{t−1} − I_t, by exact forms where balls do not tell; None where it is open."""
    before, after = now.before.mutual_information, now.mutual_information
    x, y = before.ball(FIRST_BITS), after.ball(FIRST_BITS)
    with ALONE, ctx.workprec(FIRST_BITS):
        sign = sign_of(found.bounds * x - y)
    if sign is not None or found.value is None:
        return sign
    return signed_steps.sign_of(before.times(found.value).minus(after))
