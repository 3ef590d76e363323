"""Noise by class: state i moves with β·scale_i in place of β, Q(β)[i] = (1−β·s_i)·e_i + β·s_i·M[i].

With s = 1 it is the kernel on the way from I to M; a state with s_i = 0 never moves. What has rarer or coarser symbols
noised at another pace is of this form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from markovdiff.arithmetic.rational import shown, text
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.kernel import Kernel, written
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Dense, Transition


@dataclass(frozen=True)
class Scaled(Kernel):
    """Q(β) = I + β·diag(s)(M − I)."""

    M: Dense
    scale: tuple[Fraction, ...]

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def K(self) -> int:
        """The number of states."""
        return self.M.K

    def transition(self, beta: Fraction) -> Transition:
        """Return Q(β). Raises InputError where some state would move with more than probability 1."""
        return scaled_step(self.M, self.scale, beta)

    def scheduled(self, betas: Sequence[Fraction]) -> Scaled:
        """Itself, once every β·scale_i is seen to be a probability."""
        check_moves(self.scale, betas)
        return self

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return the rows of M and the scale."""
        return {"rows": written(self.M), "scale": [text(s) for s in self.scale]}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return the entries of M and of the scale."""
        return self.K * (self.K + 1), 0


def towards(target: Distribution, scale: Sequence[Fraction]) -> Scaled:
    """Return the kernel of states that move towards one law, each at its pace. Raises InputError on a wrong scale."""
    return Scaled(IdentityPlusRankOne(Fraction(0), target).dense, check_scale(scale, target.K))


def check_scale(scale: Sequence[Fraction], K: int) -> tuple[Fraction, ...]:
    """Return the scale itself. Raises InputError unless it has K numbers, none below 0."""
    if len(scale) != K:
        raise InputError(
            "not one pace a state",
            where="noise.kernel.scale",
            expected=f"{K} numbers, one a state",
            got=str(len(scale)),
        )
    for i, s in enumerate(scale):
        if s < 0:
            raise InputError("a negative pace", where=f"noise.kernel.scale[{i}]", expected="≥ 0", got=shown(s))
    return tuple(scale)


def check_moves(scale: Sequence[Fraction], betas: Sequence[Fraction]) -> None:
    """Raise InputError where some β·scale_i is above 1."""
    most, i = max((s, -i) for i, s in enumerate(scale))
    t, beta = max(enumerate(betas, 1), key=lambda item: item[1])
    if beta * most > 1:
        raise InputError(
            "a state would move with more than probability 1",
            where=f"noise.kernel.scale[{-i}]",
            expected=f"β_t·scale ≤ 1, and so at most {shown(1 / beta)} beside β_{t} = {shown(beta)}",
            got=shown(most),
        )


def scaled_step(M: Dense, scale: Sequence[Fraction], beta: Fraction) -> Dense:
    """Return I + β·diag(s)(M − I)."""
    check_moves(scale, (beta,))
    rows = [
        [beta * s * x + (1 - beta * s) * (i == j) for j, x in enumerate(row)]
        for i, (s, row) in enumerate(zip(scale, M.rows(), strict=True))
    ]
    return Dense.from_rows(rows, "noise.kernel")
