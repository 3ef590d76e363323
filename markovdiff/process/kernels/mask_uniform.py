"""Noise by a mask and by uniform draws together: VQ-Diffusion's and GIDD's kernel, in O(K) a step.

On the K° ordinary states Q_t = (1−γ_t)((1−b_t)I + b_t·11ᵀ/K°) + γ_t·1e_mᵀ, and the mask keeps what it has. VQ-Diffusion
(Gu et al. 2022, arXiv 2111.14822, eq. 8) has three rates: α_t = (1−γ_t)(1−b_t) that a token stays, β_t = (1−γ_t)b_t/K°
to each, γ_t to the mask; its code (github.com/microsoft/VQ-Diffusion, `alpha_schedule`) gives what they make of t
steps, ᾱ_t and γ̄_t, both linear in t. GIDD (von Rütte et al. 2025, arXiv 2503.04482) mixes the same two. γ is the
schedule here, b the kernel's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from types import MappingProxyType
from typing import ClassVar

from markovdiff.arithmetic.rational import shown, text
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError, LimitError
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.kernel import Kernel
from markovdiff.process.kernels.spec import MAX_DENSE_STATES, KernelSetting, KernelSpec
from markovdiff.process.masked import MaskedNoise, MaskedRankOne
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.schedules.registry import Schedule
from markovdiff.process.schedules.schedule import ScheduleSpec
from markovdiff.process.transition import Transition


@dataclass(frozen=True)
class MaskUniform(Kernel):
    """(1−γ_t)((1−b_t)e_i + b_t·ν) + γ_t·e_m, ν even on the states besides the mask."""

    K: int
    mask: int
    label: str
    gammas: tuple[Fraction, ...] = ()
    uniform_betas: tuple[Fraction, ...] = ()

    takes_time: ClassVar[bool] = True
    is_structured: ClassVar[bool] = True

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def steps_brought(self) -> int:
        """How many γ_t there are."""
        return len(self.gammas)

    @property
    def masked_noise(self) -> MaskedNoise:
        """The mask, γ_t and b_t."""
        return MaskedNoise(self.mask, self.gammas, self.uniform_betas)

    def transition(self, beta: Fraction) -> MaskedRankOne:
        """Return Q_t, of the t handed in."""
        t = int(beta)
        return MaskedRankOne.of(self.K, self.mask, self.gammas[t - 1], self.uniform_betas[t - 1])

    def identity(self) -> MaskedRankOne:
        """Return Q̄_0."""
        return MaskedRankOne.of(self.K, self.mask, Fraction(0), Fraction(0))

    def kept(self, beta: Fraction) -> Fraction:
        """Return (1−γ_t)(1−b_t)."""
        return self.transition(beta).keep

    def same_stationary_law(self, betas: Sequence[Fraction]) -> Transition | None:
        """Return 1e_mᵀ as soon as some step masks."""
        if not any(self.gammas):
            return None
        return IdentityPlusRankOne(Fraction(0), Distribution.from_weights([int(i == self.mask) for i in range(self.K)]))

    def dobrushin_formula(self, beta: Fraction) -> Fraction:
        """Return 1 − γ_t."""
        return self.transition(beta).dobrushin

    def least_probability(self, betas: Sequence[Fraction]) -> Fraction:
        """Return the least positive of what stays, of what is drawn and of what is masked."""
        steps = map(self.transition, dict.fromkeys(betas))
        drawn = ((Q.keep + Q.fresh / (self.K - 1), Q.fresh / (self.K - 1), Q.gone) for Q in steps)
        return min(p for share in drawn for p in share if p)

    @property
    def structure_bits(self) -> float:
        """Those of K°, and of the share that is masked, which is about as long as the share that stays."""
        return log2(self.K) + sum(log2((1 - gamma).denominator) for gamma in self.gammas[:1])

    def bits(self, beta: Fraction) -> float:
        """Return the bits of (1−γ_t)(1−b_t) and of γ_t, and of K°."""
        Q = self.transition(beta)
        return float(sum(x.denominator.bit_length() for x in (Q.keep, Q.gone)) + (self.K - 1).bit_length())

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the mask's label and the b_t; the γ_t are the schedule's β_t."""
        return {"mask": self.label, "uniform_betas": [text(b) for b in self.uniform_betas]}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the T numbers b_t."""
        return T, 0


class MaskUniformSpec(KernelSpec, frozen=True, tag="mask-uniform"):
    """(1−γ)((1−b)I + b·11ᵀ/K°) + γ·1e_mᵀ on the K° states besides the mask: VQ-Diffusion's and GIDD's.

    γ is the schedule, b the table `uniform`, which is one, too.
    """

    uniform: Schedule
    mask: str = "[MASK]"

    family: ClassVar[type[Kernel]] = MaskUniform
    rank: ClassVar[int] = 2
    starter: ClassVar[tuple[tuple[str, str], ...]] = (
        ('{ kind = "mask-uniform", uniform = { kind = "constant", beta = "1/100" } }', ""),
    )
    begins: ClassVar[Mapping[str, str]] = MappingProxyType({"uniform": '{ kind = "constant", beta = "1/100" }'})

    def added_state(self) -> str:
        """Return the mask's label."""
        return self.mask

    def kernel(self, setting: KernelSetting) -> MaskUniform:
        """Return the kernel, its rates still to come. Raises InputError where there is no state besides the mask."""
        data = setting.data
        m = data.states.index(self.mask)
        if data.K < 2:
            raise InputError("the mask is the only state", where="noise.kernel.mask", expected="another one")
        if data.weights[m] and data.K > MAX_DENSE_STATES:
            raise LimitError(
                "data that may be the mask need K × K matrices",
                where="noise.kernel.mask",
                expected=f"at most {MAX_DENSE_STATES} states, or a mask that no datum is",
                got=shown(data.K),
            )
        return MaskUniform(data.K, m, self.mask)

    def scheduled(
        self,
        kernel: Kernel,
        schedule: ScheduleSpec,
        betas: Sequence[Fraction],
        setting: KernelSetting,
    ) -> MaskUniform:
        """Return the kernel with its rates. Raises InputError where `uniform` is no schedule of as many steps."""
        m = setting.data.states.index(self.mask)
        drawn = setting.schedule(self.uniform, len(betas), "noise.kernel.uniform")
        return MaskUniform(kernel.K, m, self.mask, tuple(betas), drawn)
