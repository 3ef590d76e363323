"""What is known at time t, in balls: the numbers of the exact `Information`, their two ingredients enclosed.

    I_t = H(p_t) + Σ_i p_0[i] Σ_j Q̄_t[i, j] log Q̄_t[i, j]                   while some |r| > 2^-24, r = Q̄/p − 1
        = Σ_{n≥2} (−1)^n/(n(n−1)) Σ_i p_0[i] Σ_j p_t[j] r_ij^n               after that, the rest of the series enclosed

Differences of these need no other formula, since a Quantity can be asked for more bits. What balls
cannot give is an equality. Zeros are known from the pattern of possible transitions, or are asked of the exact chain
where its forecast is small; failing both, the step is undecided.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from flint import arb, arb_mat, ctx

from markovdiff.arithmetic.enclosure import ALONE, sign_of
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.cached import cached_property
from markovdiff.engines.ball.forward import EnclosureRecursion, Enclosures
from markovdiff.engines.ball.sums import divergence, entropy, information, never_exact
from markovdiff.engines.exact.information import Information
from markovdiff.errors import UnfinishedError
from markovdiff.measures.information import entropy_of
from markovdiff.measures.protocol import ArithmeticName, Decay, Snapshot
from markovdiff.process.chain import Chain

Measure: TypeAlias = Callable[[Enclosures], arb]
Exactly: TypeAlias = Callable[[Information], Quantity]


@dataclass(frozen=True, eq=False)
class ExactOracle:
    """What is known to vanish at t: from patterns, or from the exact chain where that is cheap; None is unknown."""

    chain: Chain
    walk: EnclosureRecursion
    cheap: bool
    kept: dict[int, Information] = field(default_factory=dict)
    laws: dict[int, RationalMatrix] = field(default_factory=dict)

    @cached_property
    def kept_law(self) -> RationalMatrix | None:
        """The law p_0, where it is known to be p_t for every t."""
        stays = self.chain.kernel.is_symmetric and len(set(self.chain.data.weights)) == 1
        return self.chain.at(0).data if stays else None

    def law(self, t: int) -> RationalMatrix | None:
        """Return the law p_t exactly, by vectors alone from the last one asked for; None where that costs too much.

        Where every state is as likely as any other, symmetric steps leave that as it is.
        """
        if self.kept_law is not None:
            return self.kept_law
        if not self.cheap:
            return None
        if not self.chain.is_markov:
            return self.chain.at(t).marginal
        passed = [s for s in self.laws if s <= t]
        last = max(passed, default=0)
        recent = {last: self.laws[last] if passed else self.chain.at(0).data}
        for s in range(last + 1, t + 1):
            recent = {s - 1: recent[s - 1], s: self.chain.transition(s).push(recent[s - 1])}
        if t not in self.laws:
            self.laws.clear()
            self.laws.update(recent)
        return recent[t]

    def exact(self, t: int) -> Information | None:
        """Return the exact Information at t, linked to the one before; None where it would cost too much."""
        if not self.cheap:
            return None
        if t not in self.kept:
            before = Information(self.chain.at(t - 1), None) if t else None
            found = Information(self.chain.at(t), before)
            self.kept.clear()
            self.kept[t] = found
        return self.kept[t]


@dataclass(frozen=True, eq=False)
class TimeStep:
    """The moment of a ball run: what a report needs beside numbers."""

    t: int
    beta: Fraction | None
    alpha_bar: Fraction | None
    markov: bool


BallSnapshot: TypeAlias = Snapshot[TimeStep, Quantity]


@dataclass(frozen=True, eq=False)
class EnclosedInformation(ABC):
    """What both walks in balls have in common: the arithmetic, and what follows from I_t and H(x_t)."""

    moment: TimeStep
    before: EnclosedInformation | BallSnapshot | None

    @property
    def arithmetic(self) -> ArithmeticName:
        """Which arithmetic speaks."""
        return "ball"

    @property
    def t(self) -> int:
        """The time."""
        return self.moment.t

    @property
    def markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""
        return self.chain.is_markov

    @property
    @abstractmethod
    def chain(self) -> Chain:
        """The chain that is walked."""

    @cached_property
    def data_entropy(self) -> Quantity:
        """H(x0)."""
        return entropy_of(self.chain.at(0).data) if self.before is None else self.before.data_entropy

    @property
    @abstractmethod
    def entropy(self) -> Quantity:
        """H(x_t)."""

    @property
    @abstractmethod
    def mutual_information(self) -> Quantity:
        """I_t."""

    @property
    @abstractmethod
    def conditional_entropy(self) -> Quantity:
        """H(x0 | x_t)."""

    @property
    @abstractmethod
    def noise_entropy(self) -> Quantity:
        """H(x_t | x0)."""

    @property
    @abstractmethod
    def loss(self) -> Quantity:
        """I_{t−1} − I_t."""

    @property
    @abstractmethod
    def decay(self) -> Decay:
        """The verdict on this step."""

    @property
    @abstractmethod
    def dobrushin(self) -> Fraction | None:
        """η(Q_t)."""

    @cached_property
    def bound(self) -> Quantity | None:
        """η(Q_t)·I_{t−1}, what the strong inequality leaves at most."""
        if self.dobrushin is None or self.before is None:
            return None
        return self.before.mutual_information.times(self.dobrushin)

    @property
    @abstractmethod
    def slack_sign(self) -> int | None:
        """The sign of η(Q_t)·I_{t−1} − I_t, None where balls do not tell it."""

    @property
    @abstractmethod
    def law_stays(self) -> bool:
        """Whether p_t = p_{t−1} is known."""

    @abstractmethod
    def divergence(self, law: RationalMatrix) -> Quantity | None:
        """Return KL(p_t‖μ), None where it is infinite."""

    @abstractmethod
    def inconsistency(self) -> dict[str, object] | None:
        """Return where the joint law of x0 and x_t does not have the marginals that it should."""

    @abstractmethod
    def forget(self) -> BallSnapshot:
        """Return what the next step asks of this one."""


@dataclass(frozen=True, eq=False)
class BallInformation(EnclosedInformation):
    """Information of a walk with matrices; `zeros` answers what vanishes, `eta` is η(Q_t)."""

    zeros: ExactOracle
    eta: Fraction | None

    @property
    def chain(self) -> Chain:
        return self.zeros.chain

    @property
    def walk(self) -> EnclosureRecursion:
        """Where the enclosures come from."""
        return self.zeros.walk

    def forget(self) -> BallSnapshot:
        return Snapshot(self.moment, self.entropy, self.mutual_information, self.data_entropy)

    @cached_property
    def entropy(self) -> Quantity:
        certain = int(self.walk.at(self.t).possible.sum()) == 1
        return self.quantity(lambda now: entropy(now.p, now.bits), lambda exact: exact.entropy, certain)

    def quantity(self, measure: Measure, exactly: Exactly, zero: bool | None = None) -> Quantity:
        """Return a number evaluated on the enclosures at t, with the exact chain's form where that is cheap."""
        t, walk, zeros = self.t, self.walk, self.zeros

        def form() -> LogForm:
            exact = zeros.exact(t)
            return never_exact() if exact is None else exactly(exact).form()

        return Quantity(lambda bits: walk.evaluate(t, measure, bits), form, zero)

    @cached_property
    def mutual_information(self) -> Quantity:
        return self.quantity(information, lambda exact: exact.mutual_information, self._vanishes())

    def _vanishes(self) -> bool | None:
        """Whether I_t = 0, where that is known: one x0, the step before, patterns, equal rows, or the exact chain."""
        now = self.walk.at(self.t)
        if len(now.p0) == 1 or (self.markov and self.before is not None and self.before.mutual_information.known_zero):
            return True
        if bool((now.reach != now.reach[0]).any()) or sign_of(information(now)):
            return False
        if self.markov and self.t and self.walk.forgets_all(self.t):
            return True
        exact = self.zeros.exact(self.t)
        return None if exact is None else exact.moment.deviation.vanishes

    @cached_property
    def conditional_entropy(self) -> Quantity:
        reveals = bool((self.walk.at(self.t).reach.sum(axis=0) <= 1).all())
        return self.data_entropy.minus(self.mutual_information, zero=reveals)

    @cached_property
    def noise_entropy(self) -> Quantity:
        noiseless = bool((self.walk.at(self.t).reach.sum(axis=1) == 1).all())
        return self.entropy.minus(self.mutual_information, zero=noiseless)

    @cached_property
    def loss(self) -> Quantity:
        assert self.before is not None
        lost = self.before.mutual_information.minus(self.mutual_information)
        return self.before.mutual_information.minus(self.mutual_information, zero=self._is_equal(lost))

    def _is_equal(self, lost: Quantity) -> bool | None:
        """Whether the step loses nothing, where that is known."""
        assert self.before is not None
        if self.before.mutual_information.known_zero and self.mutual_information.known_zero:
            return True
        with suppress(UnfinishedError):
            if sign_of(lost.ball(FIRST_BITS)):
                return False
        if self.markov and self.walk.undone_by_one(self.t):
            return True
        exact = self.zeros.exact(self.t)
        if exact is None:
            return None
        return exact.loses_nothing if self.markov else exact.loss.is_zero()

    @cached_property
    def decay(self) -> Decay:
        try:
            sign = self.loss.sign()
        except UnfinishedError:
            return "undecided"
        return "strict" if sign > 0 else "equal" if sign == 0 else "violated"

    @cached_property
    def dobrushin(self) -> Fraction | None:
        return self.eta

    @cached_property
    def slack_sign(self) -> int | None:
        assert self.before is not None
        assert self.bound is not None
        tight = self.mutual_information.known_zero and (self.before.mutual_information.known_zero or self.eta == 0)
        slack = self.bound.minus(
            self.mutual_information, zero=tight or (self.eta == 1 and self.loss.known_zero) or None
        )
        if slack.known_zero or (sign := sign_of(slack.ball(FIRST_BITS))) is None:
            exact = None if slack.known_zero else self.zeros.exact(self.t)
            return 0 if slack.known_zero else None if exact is None else exact.slack_sign
        return sign

    @property
    def law_stays(self) -> bool:
        if not self.t:
            return False
        if self.markov and self.walk.moves_nothing(self.t):
            return True
        was = self.zeros.law(self.t - 1)
        return was is not None and was == self.zeros.law(self.t)

    def divergence(self, law: RationalMatrix) -> Quantity | None:
        now = self.walk.at(self.t)
        mu = [n != 0 for n in law.N.entries()]
        if any(there and not positive for there, positive in zip(now.possible, mu, strict=True)):
            return None
        exact = self.zeros.law(self.t) if self.t else self.zeros.chain.at(0).data
        same = None if exact is None else exact == law

        def measure(state: Enclosures) -> arb:
            with ALONE, ctx.workprec(state.bits):
                balls = [arb(n) / law.d for n in law.N.entries()]
            return divergence(state.p, balls, state.bits)

        def exactly(known: Information) -> Quantity:
            found = known.divergence(law)
            assert found is not None
            return found

        return self.quantity(measure, exactly, same)

    def inconsistency(self) -> dict[str, object] | None:
        """Return where p_0 Q̄_t, or a row sum, is certainly not what it should be: where balls do not meet."""
        now = self.walk.at(self.t)
        K = len(now.p)
        with ALONE, ctx.workprec(now.bits):
            sums = (now.W * arb_mat(K, 1, [1] * K)).entries()
        if not all(x.overlaps(y) for x, y in zip(now.averaged(), now.p, strict=True)):
            return {"t": self.t, "sum": "Σ_i J_ij ≠ p_t[j]"}
        if not all(s.overlaps(arb(1)) for s in sums):
            return {"t": self.t, "sum": "Σ_j J_ij ≠ p_0[i]"}
        return None
