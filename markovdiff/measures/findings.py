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
from typing import ClassVar, Literal, Protocol

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown
from markovdiff.errors import UnfinishedError
from markovdiff.measures.protocol import ArithmeticName, Number, StepInformation
from markovdiff.process.distribution import Distribution

REACH = "as far as float64 reaches"
"""What is said of a theorem that float64 could not follow at every step."""

Decided = Literal["exact", "enclosure", "float"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was observed: one word for it, how it was decided, a sentence, and where.

    `open` says that float64 could not follow the claim of a theorem at every step: whether more than that holds is not
    known then.
    """

    observed: str
    decided: Decided
    detail: str
    witness: dict[str, object] | None = None
    open: bool = False


class CheckObserver(Protocol):
    """Something that looks at every step and concludes."""

    def observe(self, now: StepInformation) -> None:
        """Look at time t; called for t = 0, 1, …, T in turn."""

    def conclude(self) -> Finding:
        """Say what was seen."""


@dataclass(slots=True)
class Wording:
    """How a finding is worded and labelled: what rests on floats is never called proved."""

    arithmetic: ArithmeticName = "exact"

    def decided(self, exactly: Decided = "enclosure") -> Decided:
        """The label; `exactly` is what exact arithmetic decides it by."""
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
        """What becomes of a claim that not every step confirms and none contradicts.

        A theorem holds as far as float64 reaches. What may fail where float64 does not reach is undecided.
        """
        where: dict[str, object] = {"t": unknown[0]}
        if self.arithmetic != "float" or not theorem:
            detail = f"{claim}: {at_steps(unknown, T)} that {self.cannot_tell}"
            return Finding("undecided", self.decided(), detail, where)
        detail = f"{claim}, {REACH}: it cannot tell from t = {unknown[0]} on, {len(unknown)} of {T} {_steps(T)}"
        return Finding(observed, "float", detail, where, open=True)


class Decay:
    """`mi-decay`: what I(x0; x_t) does, step by step."""

    def __init__(self) -> None:
        self.at: dict[str, list[int]] = {"strict": [], "equal": [], "violated": [], "undecided": []}
        self.markov = True
        self.voice = Wording()

    def observe(self, now: StepInformation) -> None:
        if now.before is not None:
            self.at[now.decay].append(now.t)
            self.markov = now.markov
            self.voice = Wording(now.arithmetic)

    def conclude(self) -> Finding:
        strict, equal, rises, unknown = (self.at[word] for word in ("strict", "equal", "violated", "undecided"))
        T = len(strict) + len(equal) + len(rises) + len(unknown)
        decided, how = self.voice.decided("exact" if self.markov else "enclosure"), self.voice.how
        if rises:
            detail = f"I(x0;x_t) rises {at_steps(rises, T)}: the inequality is violated{how.replace(':', ',')}"
            return Finding("violated", decided, detail, {"t": rises[0]})
        if unknown and decided == "float" and self.markov:
            return self.voice.as_far("I(x0;x_t) never rises", "non-increasing", unknown, T, theorem=True)
        if unknown:
            detail = f"whether I(x0;x_t) falls {at_steps(unknown, T)} {self.voice.cannot_tell}"
            return Finding("undecided", decided, detail, {"t": unknown[0]})
        if not equal:
            return Finding("strict", decided, f"I(x0;x_t) falls strictly {at_steps(strict, T)}{how}")
        if not strict:
            return Finding("equal", decided, f"I(x0;x_t) stays the same {at_steps(equal, T)}{how}", {"t": equal[0]})
        detail = f"I(x0;x_t) falls strictly {at_steps(strict, T)}, stays the same {at_steps(equal, T)}{how}"
        return Finding("non-increasing", decided, detail, {"t": equal[0]})


class SignedSteps:
    """Steps sorted by a sign: −1 breaks the claim, None is too near to equality for this arithmetic to tell."""

    def __init__(self) -> None:
        self.T = 0
        self.tight: list[int] = []
        self.broken: list[int] = []
        self.unknown: list[int] = []
        self.voice = Wording()

    def enter(self, now: StepInformation, sign: int | None) -> None:
        """Take one step in."""
        self.T += 1
        self.voice = Wording(now.arithmetic)
        where = {-1: self.broken, 0: self.tight, None: self.unknown}.get(sign)
        if where is not None:
            where.append(now.t)

    def finding(
        self, claim: str, broken: str, observed: str = "holds", equality: str = "", *, theorem: bool = True
    ) -> Finding:
        """Violated, undecided, or the claim, which a float may make as far as it reaches."""
        decided, how = self.voice.decided(), self.voice.how
        if self.broken:
            return Finding("violated", decided, f"{broken} {at_steps(self.broken, self.T)}{how}", {"t": self.broken[0]})
        if self.unknown:
            return self.voice.as_far(f"{claim}{equality}", observed, self.unknown, self.T, theorem=theorem)
        return Finding(observed, decided, f"{claim}{equality}{how}")


class StrongDecay:
    """`sdpi`: I_t ≤ η(Q_t)·I_{t−1}, with Dobrushin's coefficient η."""

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


class Identities:
    """`identities`: the four formulas of I(x0; x_t) are one number, at every t.

    Written over the logarithms of p_0[i], p_t[j] and the joint J_ij = p_0[i] Q̄_t[i, j], the formulas
    H(x0) − H(x0|x_t), H(x_t) − H(x_t|x0), H(x0) + H(x_t) − H(x0, x_t) and KL(joint ‖ product) differ only in
    the coefficients p_0[i] against Σ_j J_ij and p_t[j] against Σ_i J_ij. With p_t taken from p_{t−1}Q_t, a route
    that never forms Q̄_t, their equality is a fact to be checked: on integers, by balls that overlap, or up to rounding.
    """

    AGREE: ClassVar[dict[ArithmeticName, str]] = {
        "exact": "coefficient by coefficient: proved",
        "ball": "as far as enclosures of every coefficient can tell",
        "float": "to within rounding",
    }

    def __init__(self) -> None:
        self.T = 0
        self.broken: dict[str, object] | None = None
        self.voice = Wording()

    def observe(self, now: StepInformation) -> None:
        self.T = now.t
        self.voice = Wording(now.arithmetic)
        if self.broken is None:
            self.broken = now.inconsistency()

    def conclude(self) -> Finding:
        decided = self.voice.decided("exact")
        if self.broken:
            detail = f"the formulas of I(x0;x_t) differ at t = {self.broken['t']}"
            return Finding("violated", decided, detail, self.broken)
        agree = self.AGREE[self.voice.arithmetic]
        return Finding("holds", decided, f"the four formulas of I(x0;x_t) agree at each t = 0…{self.T}, {agree}")


class Entropy:
    """`entropy-growth`: whether H(x_t) never falls. It need not: an absorbing chain shows it.

    `kept` says that every step preserves the uniform law, and then it is a theorem.
    """

    def __init__(self, *, kept: bool = False) -> None:
        self.kept = kept
        self.seen = SignedSteps()

    def observe(self, now: StepInformation) -> None:
        if now.before is not None:
            self.seen.enter(now, sign_of(now.entropy.minus(now.before.entropy, zero=now.law_stays or None)))

    def conclude(self) -> Finding:
        claim = f"H(x_t) never falls in {self.seen.T} {_steps(self.seen.T)}"
        return self.seen.finding(claim, "H(x_t) falls", "non-decreasing", theorem=self.kept)


class HTheorem:
    """`h-theorem`: KL(p_t ‖ μ) never rises, for the law μ that every step preserves.

    With another law named it may rise; that is then the finding. `kept` says that every step preserves the law.
    """

    def __init__(self, law: RationalMatrix, name: str, *, kept: bool = False) -> None:
        self.law = law
        self.name = name
        self.kept = kept
        self.seen = SignedSteps()
        self.last: Number | None = None

    def observe(self, now: StepInformation) -> None:
        before, self.last = self.last, now.divergence(self.law)
        if now.before is not None:
            self.seen.enter(now, self._fall(before, self.last, now.law_stays))

    @staticmethod
    def _fall(before: Number | None, now: Number | None, stays: bool) -> int | None:
        if before is None or stays:
            return 0
        return -1 if now is None else sign_of(before.minus(now))

    def conclude(self) -> Finding:
        names = {"stationary": "stationary law", "given": "the law given"}
        what = f"KL(p_t ‖ {names.get(self.name, self.name)})"
        claim = f"{what} never rises in {self.seen.T} {_steps(self.seen.T)}"
        return self.seen.finding(claim, f"{what} rises", theorem=self.kept)


class Converged:
    """`converged`: whether I_T is at most a given number, in the scenario's unit."""

    def __init__(self, bound: Fraction, unit: Unit) -> None:
        self.bound = bound
        self.unit: Unit = unit
        self.last: StepInformation | None = None

    def observe(self, now: StepInformation) -> None:
        self.last = now

    def conclude(self) -> Finding:
        assert self.last is not None
        left, T, voice = self.last.mutual_information, self.last.t, Wording(self.last.arithmetic)
        try:
            sign = left.compare(self.bound, self.unit)
        except UnfinishedError:
            sign = None
        if sign is None:
            detail = f"whether I(x0;x_{T}) is at most {shown(self.bound, 12)} {self.unit} {voice.cannot_tell}"
            return Finding("undecided", voice.decided(), detail, {"t": T})
        side = "at most" if sign <= 0 else "more than"
        told = left.enclosed(3, self.unit)
        value = f"= {told.value} {self.unit}" if told.is_finite else "has no digits in float64 but"
        detail = f"I(x0;x_{T}) {value} is {side} {shown(self.bound, 12)}{voice.how}"
        return Finding("holds" if sign <= 0 else "violated", voice.decided(), detail, None if sign <= 0 else {"t": T})


def sign_of(number: Number) -> int | None:
    """The sign, or None where this arithmetic cannot tell within its limits."""
    try:
        return number.sign()
    except UnfinishedError:
        return None


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
