"""Claims about a whole chain, watched step by step and concluded at the end.

A watcher is given each time's Information as it streams past, remembers the little it needs, and
says at the end what was observed, how that was decided, and in words. It does not know what was
hoped for: the scenario compares the observation with what it expects.

Every claim here can come out either way. Those that are theorems for a Markov chain are still
computed, and a process with memory, a law that is not stationary, or an entropy that falls show the
other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import shown
from markovdiff.measures.information import divergence_of
from markovdiff.measures.processing import Information
from markovdiff.process.distribution import Distribution

Decided = Literal["exact", "enclosure", "float"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was observed: one word for it, how it was decided, a sentence, and where."""

    observed: str
    decided: Decided
    detail: str
    witness: dict[str, object] | None = None


class Watcher(Protocol):
    """Something that looks at every step and concludes."""

    def observe(self, now: Information) -> None:
        """Look at time t; called for t = 0, 1, …, T in turn."""

    def conclude(self) -> Finding:
        """Say what was seen."""


class Decay:
    """`mi-decay`: what I(x0; x_t) does, step by step."""

    def __init__(self) -> None:
        self.at: dict[str, list[int]] = {"strict": [], "equal": [], "violated": []}
        self.markov = True

    def observe(self, now: Information) -> None:
        if now.before is not None:
            self.at[now.decay].append(now.moment.t)
            self.markov = now.moment.transition is not None

    def conclude(self) -> Finding:
        strict, equal, rises = self.at["strict"], self.at["equal"], self.at["violated"]
        T = len(strict) + len(equal) + len(rises)
        decided: Decided = "exact" if self.markov else "enclosure"
        if rises:
            detail = f"I(x0;x_t) rises {at_steps(rises, T)}: the inequality is violated, proved"
            return Finding("violated", decided, detail, {"t": rises[0]})
        if not equal:
            return Finding("strict", decided, f"I(x0;x_t) falls strictly {at_steps(strict, T)}: proved")
        if not strict:
            return Finding("equal", decided, f"I(x0;x_t) stays the same {at_steps(equal, T)}: proved", {"t": equal[0]})
        detail = f"I(x0;x_t) falls strictly {at_steps(strict, T)}, stays the same {at_steps(equal, T)}: proved"
        return Finding("non-increasing", decided, detail, {"t": equal[0]})


class StrongDecay:
    """`sdpi`: I_t ≤ η(Q_t)·I_{t−1}, with Dobrushin's coefficient η."""

    def __init__(self) -> None:
        self.T = 0
        self.tight: list[int] = []
        self.broken: list[int] = []

    def observe(self, now: Information) -> None:
        if now.before is None:
            return
        self.T += 1
        sign = now.slack_sign
        if sign == 0:
            self.tight.append(now.moment.t)
        elif sign < 0:
            self.broken.append(now.moment.t)

    def conclude(self) -> Finding:
        if self.broken:
            detail = f"I_t > η(Q_t)·I_(t−1) {at_steps(self.broken, self.T)}: proved"
            return Finding("violated", "enclosure", detail, {"t": self.broken[0]})
        equality = f", with equality {at_steps(self.tight, self.T)}" if self.tight else ""
        if len(self.tight) == self.T > 1:
            equality = ", always with equality"
        where = at_steps(range(1, self.T + 1), self.T)
        return Finding("holds", "enclosure", f"I_t ≤ η(Q_t)·I_(t−1) {where}{equality}: proved")


class Identities:
    """`identities`: the four formulas of I(x0; x_t) are one number, at every t.

    Written over the logarithms of p_0[i], p_t[j] and the joint J_ij = p_0[i] Q̄_t[i, j], the formulas
    H(x0) − H(x0|x_t), H(x_t) − H(x_t|x0), H(x0) + H(x_t) − H(x0, x_t) and KL(joint ‖ product) differ only in
    the coefficients p_0[i] against Σ_j J_ij and p_t[j] against Σ_i J_ij. With p_t taken from p_{t−1}Q_t, a route
    that never forms Q̄_t, their equality is a fact to be checked: exactly, on integers.
    """

    def __init__(self) -> None:
        self.T = 0
        self.broken: dict[str, object] | None = None

    def observe(self, now: Information) -> None:
        self.T = now.moment.t
        if self.broken is None:
            self.broken = self._difference(now)

    @staticmethod
    def _difference(now: Information) -> dict[str, object] | None:
        moment = now.moment
        averaged = moment.cumulative.push(moment.data)
        if averaged != moment.marginal:
            return {"t": moment.t, "sum": "Σ_i J_ij ≠ p_t[j]"}
        if moment.cumulative.row_sums_differ(moment.support):
            return {"t": moment.t, "sum": "Σ_j J_ij ≠ p_0[i]"}
        return None

    def conclude(self) -> Finding:
        if self.broken:
            return Finding(
                "violated", "exact", f"the formulas of I(x0;x_t) differ at t = {self.broken['t']}", self.broken
            )
        return Finding(
            "holds",
            "exact",
            f"the four formulas of I(x0;x_t) agree at each t = 0…{self.T}, coefficient by coefficient: proved",
        )


class Entropy:
    """`entropy-growth`: whether H(x_t) never falls. It need not: an absorbing chain shows it."""

    def __init__(self) -> None:
        self.T = 0
        self.falls: list[int] = []

    def observe(self, now: Information) -> None:
        if now.before is None:
            return
        self.T += 1
        same = now.moment.marginal == now.before.moment.marginal or None
        if now.entropy.minus(now.before.entropy, zero=same).sign() < 0:
            self.falls.append(now.moment.t)

    def conclude(self) -> Finding:
        if self.falls:
            detail = f"H(x_t) falls {at_steps(self.falls, self.T)}: proved"
            return Finding("violated", "enclosure", detail, {"t": self.falls[0]})
        return Finding("non-decreasing", "enclosure", f"H(x_t) never falls in {self.T} {_steps(self.T)}: proved")


class HTheorem:
    """`h-theorem`: KL(p_t ‖ μ) never rises, for the law μ that every step preserves.

    With another law named it may rise; that is then the finding.
    """

    def __init__(self, law: RationalMatrix, name: str) -> None:
        self.law = law
        self.name = name
        self.T = 0
        self.rises: list[int] = []
        self.last: tuple[RationalMatrix, Quantity | None] | None = None

    def observe(self, now: Information) -> None:
        p, last = now.moment.marginal, self.last
        divergence = divergence_of(p, self.law, now.entropy)
        self.last = (p, divergence)
        if last is None:
            return
        self.T += 1
        if self._rises(last, p, divergence):
            self.rises.append(now.moment.t)

    @staticmethod
    def _rises(last: tuple[RationalMatrix, Quantity | None], p: RationalMatrix, now: Quantity | None) -> bool:
        p_before, before = last
        if before is None or p == p_before:
            return False
        return now is None or now.minus(before).sign() > 0

    def conclude(self) -> Finding:
        names = {"stationary": "stationary law", "given": "the law given"}
        what = f"KL(p_t ‖ {names.get(self.name, self.name)})"
        if self.rises:
            detail = f"{what} rises {at_steps(self.rises, self.T)}: proved"
            return Finding("violated", "enclosure", detail, {"t": self.rises[0]})
        return Finding("holds", "enclosure", f"{what} never rises in {self.T} {_steps(self.T)}: proved")


class Converged:
    """`converged`: whether I_T is at most a given number, in the scenario's unit."""

    def __init__(self, bound: Fraction, unit: Unit) -> None:
        self.bound = bound
        self.unit: Unit = unit
        self.last: Information | None = None

    def observe(self, now: Information) -> None:
        self.last = now

    def conclude(self) -> Finding:
        assert self.last is not None
        left = self.last.mutual
        within = left.compare(self.bound, self.unit) <= 0
        value = left.enclosed(3, self.unit).value
        T = self.last.moment.t
        side = "at most" if within else "more than"
        detail = f"I(x0;x_{T}) = {value} {self.unit} is {side} {shown(self.bound, 12)}: proved"
        return Finding("holds" if within else "violated", "enclosure", detail, None if within else {"t": T})


def law_of(target: Distribution) -> RationalMatrix:
    """A distribution as the row vector that the measures compute with."""
    return RationalMatrix(fmpz_mat([[fmpz(w) for w in target.weights]]), fmpz(target.total))


def _steps(n: int) -> str:
    return "step" if n == 1 else "steps"


def at_steps(ts: Sequence[int], T: int) -> str:
    """Where, in words: "at each of 64 steps", "at 3 of 64 steps (t = 5, 7…8)"."""
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
    return f"at {len(ts)} of {T} {_steps(T)} (t = {shown}{more})"
