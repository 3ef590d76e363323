"""A kernel from another package: the mask-and-uniform noise of VQ-Diffusion (Gu et al. 2022, arXiv 2111.14822, eq. 8).

With probability β a state is noised: a share `masked` of the time to the mask, where it stays, and else to any of the
other K − 1 states evenly. Nothing but Q(β) is written here; floats, balls, forecasts, the record are the defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from markovdiff.errors import InputError
from markovdiff.process.kernels import Kernel
from markovdiff.process.kernels.spec import KernelSetting, KernelSpec
from markovdiff.process.transition import Dense


@dataclass(frozen=True)
class MaskAndUniform(Kernel):
    """(1−β)e_i + β·masked·e_m + β·(1−masked)·1/(K−1) on all but the mask m = K − 1, which keeps what it has."""

    K: int
    masked: Fraction

    def transition(self, beta: Fraction) -> Dense:
        """Return Q(β)."""
        n = self.K - 1
        fresh = beta * (1 - self.masked) / n
        rows = [[fresh + (1 - beta) * (i == j) for j in range(n)] + [beta * self.masked] for i in range(n)]
        return Dense.from_rows([*rows, [Fraction(0)] * n + [Fraction(1)]], "noise.kernel")


class MaskAndUniformSpec(KernelSpec, frozen=True, tag="mask-and-uniform"):
    """To the mask, or to any other state evenly."""

    masked: Fraction
    mask: str = "[MASK]"

    family: ClassVar[type[Kernel]] = MaskAndUniform

    def added_state(self) -> str:
        """Return the mask's label."""
        return self.mask

    def kernel(self, setting: KernelSetting) -> MaskAndUniform:
        """Return the kernel. Raises InputError where `masked` is no probability, or the mask is not the last state."""
        if not 0 <= self.masked <= 1:
            raise InputError("not a probability", where="noise.kernel.masked", expected="from 0 to 1")
        if setting.data.states.index(self.mask) != setting.data.K - 1 or setting.data.K < 2:
            raise InputError("the mask is not the last of two states or more", where="noise.kernel.mask")
        return MaskAndUniform(setting.data.K, self.masked)
