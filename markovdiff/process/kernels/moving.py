"""A target that moves, Q_t = (1−β_t)I + β_t·1π_tᵀ: mixing towards a law of its own at each step.

Q_t is then no function of β_t alone, so the kernel holds its β_t and is asked for Q_t by t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from markovdiff.arithmetic.rational import text
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.kernel import Kernel
from markovdiff.process.kernels.scaled import check_moves, scaled_step
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Transition


@dataclass(frozen=True)
class MovingTarget(Kernel):
    """(1−β_t)I + β_t·1π_tᵀ; with a `scale` state i moves with β_t·scale_i."""

    targets: tuple[Distribution, ...]
    scale: tuple[Fraction, ...] = ()
    betas: tuple[Fraction, ...] = ()

    takes_time: ClassVar[bool] = True

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.targets[0].K

    @property
    def steps_brought(self) -> int:
        """How many targets there are."""
        return len(self.targets)

    def scheduled(self, betas: Sequence[Fraction]) -> MovingTarget:
        """Return the same with its β_t. Raises InputError unless there is one target a step."""
        if len(betas) != len(self.targets):
            raise InputError(
                "not one target a step",
                where="noise.kernel.targets",
                expected=f"{len(betas)}, as many as there are steps",
                got=str(len(self.targets)),
            )
        if self.scale:
            check_moves(self.scale, betas)
        return replace(self, betas=tuple(betas))

    def transition(self, beta: Fraction) -> Transition:
        """Return Q_t, of the t handed in."""
        t = int(beta)
        target, beta = self.targets[t - 1], self.betas[t - 1]
        fresh = IdentityPlusRankOne(Fraction(0), target).dense
        return scaled_step(fresh, self.scale or (Fraction(1),) * self.K, beta)

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the targets, and the scale where there is one."""
        targets = {"targets": [[text(p) for p in target.probabilities] for target in self.targets]}
        return {**targets, "scale": [text(s) for s in self.scale]} if self.scale else {**targets}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the probabilities of T targets."""
        return self.K * T, 0
