"""β_1 … β_T one by one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from markovdiff.process.schedules.schedule import ScheduleSpec, check_beta


def explicit(betas: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The β_t as given."""
    return tuple(check_beta(beta, f"noise.schedule.betas[{t}]") for t, beta in enumerate(betas))


class ExplicitSpec(ScheduleSpec, frozen=True, tag="explicit"):
    """β_1 … β_T."""

    betas: list[Fraction]

    rank: ClassVar[int] = 5
    brings: ClassVar[str | None] = "betas"

    @property
    def length(self) -> int:
        """How many β there are."""
        return len(self.betas)

    def formula(self, T: int) -> tuple[Fraction, ...]:  # noqa: ARG002
        """Return the β_t as given."""
        return explicit(self.betas)
