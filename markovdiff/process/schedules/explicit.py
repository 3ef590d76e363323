"""β_1 … β_T one by one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from markovdiff.process.schedules.schedule import ScheduleSetting, ScheduleSpec, check_beta


def explicit(betas: Sequence[Fraction], *, is_rate: bool = False) -> tuple[Fraction, ...]:
    """Return the β_t as given."""
    return tuple(check_beta(beta, f"noise.schedule.betas[{t}]", is_rate=is_rate) for t, beta in enumerate(betas))


class ExplicitSpec(ScheduleSpec, frozen=True, tag="explicit"):
    """β_1 … β_T, or a file that has them: .csv, .tsv, .npy, .npz or .json."""

    betas: list[Fraction] | None = None
    path: str | None = None

    rank: ClassVar[int] = 5
    tells_rates: ClassVar[bool] = True
    brings: ClassVar[str | None] = "betas"

    def resolved(self, setting: ScheduleSetting) -> ExplicitSpec:
        """Return the schedule with its numbers read. Raises InputError where they are missing, or given twice."""
        return ExplicitSpec(betas=setting.series("betas", self.betas, self.path))

    @property
    def length(self) -> int:
        """How many β there are."""
        return len(self.betas or ())

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return the β_t as given."""
        return explicit(self.betas or ())

    def rates(self, T: int) -> tuple[Fraction, ...]:
        """Return the rates as given."""
        return explicit(self.betas or (), is_rate=True)
