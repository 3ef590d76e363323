"""What is known at time t of noise by a mask and by uniform draws in balls, O(K) a step.

Whether x_t is the mask says nothing about x_0, and where it is not, x_t is y_t, a state of the uniform chain with the
steps (1−b_t)I + b_t·11ᵀ/K° alone. With c_t = Π(1−γ_s) the probability that x_t is not masked, and h the binary entropy,

    I_t = c_t·I(x0;y_t)      H(x_t) = h(c_t) + c_t·H(y_t)      H(x_t|x0) = h(c_t) + c_t·H(y_t|x0)
    KL(p_t‖μ) = KL((c_t, 1−c_t)‖(1−μ_m, μ_m)) + c_t·KL(q(y_t)‖μ°),   μ° = μ given that it is not the mask

so `rank_one_information` knows of y_t all that is needed, and only what is not negative is added.
The strong inequality is an equality where no state is drawn: η(Q_t) = 1 − γ_t. For data with no mass on the mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.cached import cached_property
from markovdiff.engines.ball.information import TimeStep
from markovdiff.engines.ball.rank_one_information import (
    RankOneBallInformation,
    RankOneSnapshot,
    StructuredInformation,
    vanishes,
)
from markovdiff.errors import InternalError
from markovdiff.measures.information import divergence_of, entropy_of
from markovdiff.measures.protocol import Snapshot
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import uniform
from markovdiff.process.masked import MaskedNoise


def noise_of(chain: Chain) -> MaskedNoise:
    """Return the chain's mask and rates. Raises InternalError where its steps are others."""
    noise = chain.kernel.masked_noise
    if noise is None:
        raise InternalError(f"a kernel that masks and draws was expected, not {chain.kernel!r}")
    return noise


def unmasked_chain(chain: Chain) -> Chain:
    """Return the chain of y_t, on the states besides the mask."""
    noise = noise_of(chain)
    return Chain(chain.data.without_state(noise.mask), uniform(chain.K - 1), noise.draws, chain.T)


def unmasked(law: RationalMatrix, mask: int) -> RationalMatrix | None:
    """Return a law given that it is not the mask; None where it always is."""
    weights = law.N.entries()
    del weights[mask]
    whole = sum(weights, fmpz(0))
    return RationalMatrix(fmpz_mat([weights]), whole).reduced() if whole else None


def masked_or_not(left: Fraction) -> RationalMatrix:
    """Return the law of whether x_t is the mask, as a row vector: no, and yes."""
    n, d = left.numerator, left.denominator
    return RationalMatrix(fmpz_mat([[n, d - n]]), fmpz(d))


@dataclass(frozen=True, eq=False)
class MaskedSnapshot(Snapshot[TimeStep, Quantity]):
    """What the step to t asks of t − 1: besides, what is known of y_{t−1}, and c_{t−1}."""

    drawn: RankOneSnapshot
    left: Fraction


@dataclass(frozen=True, eq=False)
class MaskedBallInformation(StructuredInformation):
    """Information of a chain that masks and draws, enclosed: `drawn` is what is known of y_t, `left` is c_t."""

    before: MaskedSnapshot | None
    whole: Chain
    drawn: RankOneBallInformation
    left: Fraction

    @property
    def chain(self) -> Chain:
        return self.whole

    @property
    def noise(self) -> MaskedNoise:
        """The mask and the rates."""
        return noise_of(self.whole)

    def forget(self) -> MaskedSnapshot:
        return MaskedSnapshot(
            self.moment, self.entropy, self.mutual_information, self.data_entropy, self.drawn.forget(), self.left
        )

    @property
    def _gamma(self) -> Fraction:
        return self.noise.gammas[self.t - 1]

    @property
    def _draws(self) -> Fraction:
        return self.noise.draws[self.t - 1]

    @cached_property
    def _mask_entropy(self) -> Quantity:
        """The binary entropy h(c_t)."""
        return entropy_of(masked_or_not(self.left))

    @cached_property
    def entropy(self) -> Quantity:
        """H(x_t)."""
        return Quantity.total([self._mask_entropy, self.drawn.entropy.times(self.left)])

    @cached_property
    def noise_entropy(self) -> Quantity:
        """H(x_t|x0)."""
        return Quantity.total([self._mask_entropy, self.drawn.noise_entropy.times(self.left)])

    @cached_property
    def mutual_information(self) -> Quantity:
        return self.drawn.mutual_information.times(self.left)

    @cached_property
    def conditional_entropy(self) -> Quantity:
        told = len(self.whole.data.support) == 1 or (self.left == 1 and self.drawn.walk.is_kept(self.t))
        return self.data_entropy.minus(self.mutual_information, zero=told)

    @cached_property
    def loses_nothing(self) -> bool:
        """Whether x0 and x_{t−1} are independent given x_t."""
        assert self.before is not None
        still = self._gamma == self._draws == 0
        nothing_left = self.before.left == 0 or self.drawn.walk.is_gone(self.t - 1)
        return len(self.whole.data.support) == 1 or still or nothing_left

    @cached_property
    def dobrushin(self) -> Fraction | None:
        return 1 - self._gamma if self.t else None

    @cached_property
    def slack_sign(self) -> int:
        assert self.bound is not None
        tight = self.loses_nothing or self._gamma == 1 or self._draws == 0
        return 0 if vanishes(self.bound.minus(self.mutual_information), self.t, known=tight) else 1

    @property
    def law_stays(self) -> bool:
        if self.before is None:
            return False
        return self.before.left == 0 or (self._gamma == 0 and self.drawn.law_stays)

    def divergence(self, law: RationalMatrix) -> Quantity | None:
        """Return KL(p_t‖law), None where it is infinite."""
        others = unmasked(law, self.noise.mask)
        share = Fraction(int(law.N[0, self.noise.mask]), int(law.d))
        of_mask = divergence_of(masked_or_not(self.left), masked_or_not(1 - share))
        if of_mask is None or self.left == 0 or others is None:
            return of_mask
        of_drawn = self.drawn.divergence(others)
        return None if of_drawn is None else Quantity.total([of_mask, of_drawn.times(self.left)])

    def inconsistency(self) -> dict[str, object] | None:
        """Return where the two routes to the law of y_t do not meet."""
        return self.drawn.inconsistency()
