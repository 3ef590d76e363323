"""What is known at time t of κI + (1−κ)1μᵀ in balls, O(K) a step.

    H(x_t|x0) = −Σ_w [ p_0(w) stay_w log stay_w + (#w − p_0(w)) move_w log move_w ]   over the different weights w of μ
    I_t       = H(x_t) − H(x_t|x0),   where that cancels too far
              = Σ_j p_t[j] { p_0[j] f(κ(1−p_0[j])/p_t[j]) + (1−p_0[j]) f(−κp_0[j]/p_t[j]) }

with stay = κ + (1−κ)w, move = (1−κ)w and f(r) = (1+r)log(1+r) − r ≥ 0: no term of the second cancels another, so
a certain number of bits give a certain number of digits at every t. What vanishes is known from structure. With more
than one possible x0 I_t is strictly convex in κ, unless no possible x0 can be drawn from μ (erasure: I_t = κH(x0)). So

    I_t = 0        exactly where κ_t = 0                  I_{t−1} = I_t     exactly where β_t = 0 or κ_{t−1} = 0
    I_t = η I_{t−1}  for erasure, and where κ_{t−1} = 0 or β_t is 0 or 1; nowhere else

and enclosures have to agree.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb, arb_mat, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE, SERIES_FROM, accuracy, exponent, f_series, sign_of
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.cached import cached_property
from markovdiff.engines.ball.information import EnclosedInformation, Exactly, TimeStep
from markovdiff.engines.ball.rank_one_forward import RankOneRecursion
from markovdiff.engines.ball.sums import never_exact
from markovdiff.engines.exact.information import Information
from markovdiff.errors import InternalError
from markovdiff.measures.information import SPARE_BITS
from markovdiff.measures.protocol import Decay, Snapshot
from markovdiff.process.chain import Chain

HALF = arb(1) / 2


@dataclass(frozen=True, eq=False)
class Against:
    """A law that p_t is compared with: its weights, its κ if it lies between p_0 and μ, and its logarithms."""

    walk: RankOneRecursion
    law: RationalMatrix
    means: dict[int, tuple[arb, arb]] = field(default_factory=dict)

    @cached_property
    def weights(self) -> list[fmpz]:
        """Its numerators, one a class."""
        return self.walk.grouped(self.law)

    @cached_property
    def place(self) -> Fraction | None:
        """Where it lies, if it does."""
        return self.walk.place(self.law)

    def is_at(self, t: int) -> bool:
        """Return whether it is p_t, exactly."""
        return self.walk.is_at(t, self.place)

    def cross_entropy(self, t: int, bits: int) -> arb:
        """Return −Σ p_t log law = κ_t·(−Σ p_0 log law) + (1−κ_t)·(−Σ μ log law), finite where law ≫ p_t."""
        if bits not in self.means:
            self.means.clear()
            with ALONE, ctx.workprec(bits):
                logs = [(arb(w) / self.law.d).log() if w != 0 else arb(0) for w in self.weights]
                column = arb_mat(len(logs), 1, [m * x for m, x in zip(self.walk.multiplicities, logs, strict=True)])
                own, drawn = ((row * column)[0, 0] for row in self.walk.fixed(bits))
            self.means[bits] = own, drawn
        own, drawn = self.means[bits]
        keep, fresh = self.walk.kept(t, bits)
        with ALONE, ctx.workprec(bits):
            return -(keep * own + fresh * drawn)


@dataclass(frozen=True, eq=False)
class RankOneSetting:
    """What all times share: the walk, the laws that p_t is compared with, and the exact chain where that is cheap."""

    walk: RankOneRecursion
    cheap: bool
    laws: list[Against] = field(default_factory=list)
    kept: dict[int, Information] = field(default_factory=dict)

    def against(self, law: RationalMatrix) -> Against:
        """Return the law as it is compared with (remembered)."""
        found = next((known for known in self.laws if known.law == law), None)
        if found is None:
            self.laws.append(found := Against(self.walk, law))
        return found

    def exact(self, t: int) -> Information:
        """Return the exact Information at t, for numbers that end, as 2 bits. Raises TooLongError if it is dear."""
        if not self.cheap:
            never_exact()
        if t not in self.kept:
            chain = self.walk.chain
            before = Information(chain.at(t - 1), None) if t else None
            self.kept.clear()
            self.kept[t] = Information(chain.at(t), before)
        return self.kept[t]

    @cached_property
    def weights(self) -> dict[int, tuple[fmpz, int]]:
        """For each weight of μ the weight that p_0 gives to its states, and how many there are."""
        found: dict[int, tuple[fmpz, int]] = {}
        for n, w, m in zip(self.walk.p0, self.walk.mu, self.walk.multiplicities, strict=True):
            mass, count = found.get(w, (fmpz(0), 0))
            found[w] = mass + n * m, count + m
        return found

    def is_certain(self, t: int) -> bool:
        """Return whether one state alone is possible at t."""
        found = [m for m, there in zip(self.walk.multiplicities, self.walk.possible(t), strict=True) if there]
        return found == [1]

    @cached_property
    def is_erasure(self) -> bool:
        """Whether no possible x0 can be drawn from μ."""
        return not any(a and b for a, b in zip(self.walk.p0, self.walk.mu, strict=True))


@dataclass(frozen=True, eq=False)
class RankOneSnapshot(Snapshot[TimeStep, Quantity]):
    """What the step to t asks of t − 1; `pushed` is p_{t−1} by p_{t−2}Q_{t−1}."""

    pushed: arb_mat


class StructuredInformation(EnclosedInformation):
    """Of a chain whose structure alone decides whether a step loses nothing."""

    @property
    @abstractmethod
    def loses_nothing(self) -> bool:
        """Whether x0 and x_{t−1} are independent given x_t."""

    @cached_property
    def loss(self) -> Quantity:
        assert self.before is not None
        return self.before.mutual_information.minus(self.mutual_information, self.loses_nothing)

    @cached_property
    def decay(self) -> Decay:
        assert self.before is not None
        change = self.before.mutual_information.minus(self.mutual_information)
        return "equal" if vanishes(change, self.t, known=self.loses_nothing) else "strict"


@dataclass(frozen=True, eq=False)
class RankOneBallInformation(StructuredInformation):
    """Information of a chain that forgets towards one law, enclosed."""

    before: RankOneBallInformation | RankOneSnapshot | None
    setting: RankOneSetting

    @property
    def chain(self) -> Chain:
        return self.walk.chain

    @property
    def walk(self) -> RankOneRecursion:
        """Where the enclosures come from."""
        return self.setting.walk

    def forget(self) -> RankOneSnapshot:
        return RankOneSnapshot(self.moment, self.entropy, self.mutual_information, self.data_entropy, self.pushed)

    @property
    def _is_certain(self) -> bool:
        """Whether one x0 alone is possible."""
        return len(self.walk.chain.data.support) == 1

    @property
    def _is_still(self) -> bool:
        """Whether this step does nothing to what x_{t−1} still knows of x0: β_t = 0, or nothing is left."""
        return self.moment.beta == 0 or self.walk.is_gone(self.t - 1)

    @property
    def law_stays(self) -> bool:
        return self.t > 0 and (self._is_still or self.walk.is_stationary)

    def _quantity(self, ball: Callable[[int], arb], exactly: Exactly, zero: bool) -> Quantity:
        """Return a number of time t; nothing here may hold on to this object, or a run would keep all its past."""
        setting, t = self.setting, self.t
        return Quantity(ball, lambda: exactly(setting.exact(t)).form(), zero)

    @cached_property
    def entropy(self) -> Quantity:
        """H(x_t), with bits to spare for differences."""
        setting, t = self.setting, self.t
        certain = setting.is_certain(t)
        return self._quantity(lambda bits: entropy_ball(setting, t, bits), lambda exact: exact.entropy, certain)

    @cached_property
    def noise_entropy(self) -> Quantity:
        """H(x_t|x0)."""
        walk, to = self.walk, self.walk.target.support
        drawn = len(to) == 1 and (walk.is_gone(self.t) or all(i in to for i in walk.chain.data.support))
        setting, t = self.setting, self.t
        return self._quantity(
            lambda bits: noise_ball(setting, t, bits), lambda exact: exact.noise_entropy, walk.is_kept(self.t) or drawn
        )

    @cached_property
    def mutual_information(self) -> Quantity:
        nothing = self._is_certain or self.walk.is_gone(self.t)
        setting, t, H, N = self.setting, self.t, self.entropy, self.noise_entropy

        def evaluate(bits: int) -> arb:
            with ALONE, ctx.workprec(bits + SPARE_BITS):
                found = H.ball(bits) - N.ball(bits)
            return found if accuracy(found) >= bits - SPARE_BITS // 4 else centred_ball(setting, t, bits)

        return self._quantity(evaluate, lambda exact: exact.mutual_information, nothing)

    @cached_property
    def conditional_entropy(self) -> Quantity:
        return self.data_entropy.minus(self.mutual_information, zero=self._is_certain or self.walk.is_kept(self.t))

    @cached_property
    def loses_nothing(self) -> bool:
        """Whether x0 and x_{t−1} are independent given x_t."""
        return self._is_certain or self._is_still

    @cached_property
    def dobrushin(self) -> Fraction | None:
        if self.t == 0:
            return None
        return 1 - self.moment.beta if self.walk.chain.K > 1 and self.moment.beta is not None else Fraction(0)

    @cached_property
    def slack_sign(self) -> int:
        assert self.bound is not None
        tight = self.loses_nothing or self.dobrushin == 0 or self.setting.is_erasure
        return 0 if vanishes(self.bound.minus(self.mutual_information), self.t, known=tight) else 1

    def divergence(self, law: RationalMatrix) -> Quantity | None:
        """Return KL(p_t‖law), None where it is infinite."""
        other = self.setting.against(law)
        if any(there and w == 0 for there, w in zip(self.walk.possible(self.t), other.weights, strict=True)):
            return None

        t, H = self.t, self.entropy

        def evaluate(bits: int) -> arb:
            with ALONE, ctx.workprec(bits + SPARE_BITS):
                found = other.cross_entropy(t, bits + SPARE_BITS) - H.ball(bits)
            return found if accuracy(found) >= bits - SPARE_BITS // 4 else divergence_ball(other, t, bits)

        def exactly(known: Information) -> Quantity:
            found = known.divergence(law)
            assert found is not None
            return found

        return self._quantity(evaluate, exactly, other.is_at(self.t))

    @cached_property
    def pushed(self) -> arb_mat:
        """The law p_t by p_{t−1}Q_t, a route that never forms κ_t."""
        if self.before is None:
            return self.walk.law(self.t, FIRST_BITS)
        return self.walk.pushed(self.before.pushed, self.t, FIRST_BITS)

    def inconsistency(self) -> dict[str, object] | None:
        """Return where the two routes to p_t do not meet, or κ + (1−κ) does not meet 1."""
        keep, fresh = self.walk.kept(self.t, FIRST_BITS)
        if not self.pushed.overlaps(self.walk.law(self.t, FIRST_BITS)):
            return {"t": self.t, "sum": "Σ_i J_ij ≠ p_t[j]"}
        with ALONE, ctx.workprec(FIRST_BITS):
            if not (keep + fresh).overlaps(arb(1)):
                return {"t": self.t, "sum": "Σ_j J_ij ≠ p_0[i]"}
        return None


def vanishes(change: Quantity, t: int, *, known: bool) -> bool:
    """Return what is known from structure, once enclosures do not deny it. Raises InternalError where they do."""
    sign = sign_of(change.ball(FIRST_BITS))
    if sign == -1 or (sign == 1 and known):
        raise InternalError("enclosures contradict the structure of the step", where=f"t = {t}")
    return known


def entropy_ball(setting: RankOneSetting, t: int, bits: int) -> arb:
    """Return H(x_t), with bits to spare for differences."""
    bits += SPARE_BITS
    return entropy_of_law(setting.walk.law(t, bits), setting.walk.multiplicities, bits)


def noise_ball(setting: RankOneSetting, t: int, bits: int) -> arb:
    """Return H(x_t|x0), with bits to spare for differences."""
    walk, bits = setting.walk, bits + SPARE_BITS
    data, target = walk.chain.data.total, walk.target.total
    keep, fresh = walk.kept(t, bits)
    with ALONE, ctx.workprec(bits):
        found = arb(0)
        for w, (mass, count) in setting.weights.items():
            mu, others = arb(w) / target, arb(target - w) / target
            move = fresh * mu
            found -= arb(mass) / data * x_log_x(keep + move, fresh * others)
            found -= arb(count * data - mass) / data * x_log_x(move, keep + fresh * others)
        return found


def centred_ball(setting: RankOneSetting, t: int, bits: int) -> arb:
    """Return I_t as a sum of terms that are not negative."""
    walk, d = setting.walk, setting.walk.chain.data.total
    keep, fresh = walk.kept(t, bits)
    law, mu = walk.law(t, bits).entries(), walk.fixed(bits)[1].entries()
    with ALONE, ctx.workprec(bits):
        found = arb(0)
        for m, n, p, w in zip(walk.multiplicities, walk.p0, law, mu, strict=True):
            if n:
                scale = keep / p
                stays, others = arb(n) / d, arb(d - n) / d
                own = stays * f(scale * others, (keep + fresh * w) / p, bits)
                other = others * f(-scale * stays, fresh * w / p, bits)
                found += p * (own + other) * m
        return found


def divergence_ball(other: Against, t: int, bits: int) -> arb:
    """Return Σ π f(p_t/π − 1), with more bits until the differences p_t − π, which do not all vanish, have enough."""
    spare = 0
    while True:
        more = bits + spare
        p = other.walk.law(t, more).entries()
        with ALONE, ctx.workprec(more):
            found = arb(0)
            for m, x, w in zip(other.walk.multiplicities, p, other.weights, strict=True):
                if w != 0:
                    y = x * other.law.d / w
                    found += f(y - 1, y, more) * (m * w)
            found /= other.law.d
        if accuracy(found) >= bits - SPARE_BITS // 4:
            return found
        spare = 2 * spare or SPARE_BITS


def entropy_of_law(law: arb_mat, multiplicities: Sequence[int], bits: int) -> arb:
    """Return −Σ m·p log p, by log1p of what the others sum to where p > ½."""
    p = law.entries()
    with ALONE, ctx.workprec(bits):
        top = next((k for k, x in enumerate(p) if x > HALF), None)
        logs = [x if x.is_zero() else x.log() for x in p]
        if top is not None:
            others = [m * x for k, (m, x) in enumerate(zip(multiplicities, p, strict=True)) if k != top]
            logs[top] = (-sum(others, arb(0))).log1p()
        if any(m != 1 for m in multiplicities):
            logs = [m * x for m, x in zip(multiplicities, logs, strict=True)]
        return -(law * arb_mat(len(logs), 1, logs))[0, 0]


def x_log_x(x: arb, rest: arb) -> arb:
    """Return the number x·log x; `rest` is 1 − x, by which log x keeps its accuracy near 1."""
    if x.is_zero():
        return x
    return x * ((-rest).log1p() if x > HALF else x.log())


def f(r: arb, y: arb, bits: int) -> arb:
    """Return (1+r)·log(1+r) − r, with y = 1 + r made without a subtraction."""
    if y.is_zero():
        return arb(1)
    if r.is_zero():
        return r
    if (k := -exponent(r)) >= SERIES_FROM:
        return f_series(r, k, bits)
    return y * y.log() - r if y < HALF else y * r.log1p() - r
