"""Kernels that forget towards one law, Q(β) = (1−β)I + β·1πᵀ: uniform, absorbing (π = e_m), mixing to any π.

Steps compose to the same form, so a chain of them is one rational a step (`IdentityPlusRankOne`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2, prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import text
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.blend import Blend, banded
from markovdiff.process.kernels.kernel import Kernel, Rates, least_blended, level_of
from markovdiff.process.kernels.moving import MovingTarget
from markovdiff.process.kernels.scaled import Scaled, check_scale, towards
from markovdiff.process.kernels.spec import KernelSetting, KernelSpec
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Transition

if TYPE_CHECKING:
    from markovdiff.arithmetic.arrays import Floats


@dataclass(frozen=True)
class RankOneKernel(Kernel):
    """Q(β) = (1−β)I + β·1πᵀ with target π."""

    target: Distribution

    is_structured: ClassVar[bool] = True

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.target.K

    @property
    def rank_one_target(self) -> Distribution:
        """The target π."""
        return self.target

    def transition(self, beta: Fraction) -> Transition:
        """Return Q(β)."""
        return IdentityPlusRankOne(1 - beta, self.target)

    def identity(self) -> Transition:
        """Return Q̄_0."""
        return IdentityPlusRankOne(Fraction(1), self.target)

    @property
    def generator(self) -> Rates:
        """R = 1πᵀ − I."""
        row = self.target.probabilities
        return tuple(tuple(p - (i == j) for j, p in enumerate(row)) for i in range(self.K))

    def level(self, betas: Sequence[Fraction]) -> LogForm | None:
        """Return −log ᾱ."""
        return level_of(prod((1 - beta for beta in betas), start=Fraction(1)))

    def kept(self, beta: Fraction) -> Fraction:
        """Return 1 − β."""
        return 1 - beta

    def preserves(self, law: RationalMatrix, betas: Sequence[Fraction]) -> bool:
        """Return whether the law is π."""
        target = self.target
        return all(n * target.total == w * law.d for n, w in zip(law.N.entries(), target.weights, strict=True))

    def same_stationary_law(self, betas: Sequence[Fraction]) -> Transition | None:
        """Return Q(1), whose law is π, unless nothing moves."""
        return self.transition(Fraction(1)) if any(betas) else None

    def dobrushin_formula(self, beta: Fraction) -> Fraction:
        """Return 1 − β."""
        return self.transition(beta).dobrushin

    def least_probability(self, betas: Sequence[Fraction]) -> Fraction:
        """Return the least of β·π_j and 1 − β."""
        return least_blended(betas, Fraction(min(filter(None, self.target.weights)), self.target.total))

    def floats(self, beta: Fraction) -> Floats:
        """Return (1−β)I + β·1πᵀ of the rounded β, 1 − β and π."""
        import numpy as np

        pi = np.array([w / self.target.total for w in self.target.weights])
        Q: Floats = float(1 - beta) * np.eye(self.K) + float(beta) * pi
        return Q

    @property
    def structure_bits(self) -> float:
        """Those of π's denominator."""
        return log2(self.target.total)

    def bits(self, beta: Fraction) -> float:
        """Return the bits of β's denominator, all that a step adds: π's stands once in any product of steps."""
        return log2(beta.denominator)

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the target."""
        return {"target": [text(p) for p in self.target.probabilities]}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the target's K probabilities."""
        return self.K, 0


def uniform(K: int) -> RankOneKernel:
    """Return (1−β)I + (β/K)·11ᵀ."""
    return RankOneKernel(Distribution.from_weights([1] * K))


def absorbing(K: int, mask: int) -> RankOneKernel:
    """Return (1−β)I + β·1e_mᵀ."""
    return RankOneKernel(Distribution.from_weights([int(i == mask) for i in range(K)]))


class UniformSpec(KernelSpec, frozen=True, tag="uniform"):
    """(1−β)I + β/K·11ᵀ; `bands` keeps the jumps by up to so many places, `scale` gives each state a pace of its own."""

    bands: Annotated[int, Meta(ge=1)] | None = None
    scale: list[Fraction] | None = None

    family: ClassVar[type[Kernel]] = RankOneKernel
    rank: ClassVar[int] = 0
    starter: ClassVar[tuple[tuple[str, str], ...]] = (('{ kind = "uniform" }', "Q = (1-beta) I + beta/K"),)

    def described(self) -> dict[str, object]:
        """Return the bands, where there are some."""
        return {} if self.bands is None else {"bands": self.bands}

    @property
    def is_structured(self) -> bool:
        """Whether all states move alike."""
        return self.bands is None and self.scale is None

    def kernel(self, setting: KernelSetting) -> Kernel:
        """Return the kernel towards 1/K. Raises InputError where the scale does not fit the states."""
        K = setting.data.K
        if self.is_structured:
            return uniform(K)
        M = banded(K, self.bands or K)
        return Blend(M) if self.scale is None else Scaled(M, check_scale(self.scale, K))


class AbsorbingSpec(KernelSpec, frozen=True, tag="absorbing"):
    """(1−β)I + β·1e_mᵀ; a mask that is no label is added as a last state."""

    mask: str = "[MASK]"
    scale: list[Fraction] | None = None

    family: ClassVar[type[Kernel]] = RankOneKernel
    rank: ClassVar[int] = 1
    starter: ClassVar[tuple[tuple[str, str], ...]] = (
        ('{ kind = "absorbing" }', "towards a mask, added as a last state"),
    )

    def added_state(self) -> str:
        """Return the mask's label."""
        return self.mask

    def described(self) -> dict[str, object]:
        """Return the mask's label."""
        return {"mask": self.mask}

    @property
    def is_structured(self) -> bool:
        """Whether all states move alike."""
        return self.scale is None

    def kernel(self, setting: KernelSetting) -> Kernel:
        """Return the kernel towards the mask, whose own pace says nothing, and may be left out where it is last."""
        K, m = setting.data.K, setting.data.states.index(self.mask)
        made, scale = absorbing(K, m), self.scale
        if scale is None:
            return made
        return towards(made.target, [*scale, Fraction(1)] if len(scale) == m == K - 1 else scale)


class MixingSpec(KernelSpec, frozen=True, tag="mixing"):
    """(1−β)I + β·1πᵀ; `targets` has a π for each step, `scale` gives each state a pace of its own."""

    target: list[Fraction] | Literal["data"] | None = None
    targets: list[list[Fraction]] | None = None
    scale: list[Fraction] | None = None

    family: ClassVar[type[Kernel]] = RankOneKernel
    rank: ClassVar[int] = 2
    starter: ClassVar[tuple[tuple[str, str], ...]] = (('{ kind = "mixing", target = "data" }', ""),)
    begins: ClassVar[Mapping[str, str]] = MappingProxyType({"target": '"data"'})

    @property
    def is_structured(self) -> bool:
        """Whether all states move alike, towards one law."""
        return self.targets is None and self.scale is None

    def kernel(self, setting: KernelSetting) -> Kernel:
        """Return the kernel towards the target. Raises InputError where that is no law on the states."""
        if (self.target is None) == (not self.targets):
            given = "'target' is missing" if self.target is None else "two targets"
            raise InputError(given, where="noise.kernel.target", expected="either target, or targets with a law a step")
        scale = None if self.scale is None else check_scale(self.scale, setting.data.K)
        if self.targets:
            laws = (setting.law(law, f"noise.kernel.targets[{t}]") for t, law in enumerate(self.targets))
            return MovingTarget(tuple(laws), scale or ())
        assert self.target is not None
        target = setting.law(self.target, "noise.kernel.target")
        return RankOneKernel(target) if scale is None else towards(target, scale)
