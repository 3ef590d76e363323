"""What a check found, and what concludes so: the shape that every arithmetic and every check has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.measures.protocol import StepInformation
from markovdiff.process.grouping import Classes

Decided = Literal["exact", "enclosure", "float"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was observed: one word for it, how it was decided, a sentence, and where.

    `open` says that float64 could not follow the claim of a theorem at every step: whether more than that holds is not
    known then.
    """

    observed: str
    decided: Decided
    detail: str
    witness: dict[str, object] | None = None
    open: bool = False


class CheckObserver(Protocol):
    """Something that looks at every step and concludes. It does not know what is expected."""

    @property
    def laws(self) -> Sequence[RationalMatrix]:
        """The laws on the states that it measures against."""

    def group(self, classes: Classes) -> None:
        """Take the states of each class as one, as the run does. Raises InternalError where a law tells them apart."""

    def observe(self, now: StepInformation) -> None:
        """Look at time t; called for t = 0, 1, …, T in turn."""

    def conclude(self) -> Finding:
        """Say what was seen."""
