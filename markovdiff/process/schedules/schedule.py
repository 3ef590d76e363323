"""The `schedule` table of a scenario file: one struct a kind, which makes β_1 … β_T."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError, LimitError
from markovdiff.process.table import Kind

RESOLUTION = Fraction(1, 2**32)
"""Default grid for irrational schedules and kernels."""

MAX_LINEAR_BITS, MAX_ROUNDED_BITS = 2**27, 2**24
"""All β_t of a schedule together may be this long; those of an irrational one are dear to compute."""


class ScheduleSpec(Kind, frozen=True, tag_field="kind"):
    """A kind of schedule, as it is written in a scenario file."""

    rank: ClassVar[int] = 100
    """Its place in lists: the simplest first."""

    brings: ClassVar[str | None] = None
    """The key that lists the β_t, or what they are made of, one by one."""

    @property
    def length(self) -> int | None:
        """How many steps the table lists, where it does."""
        return None

    @property
    def grid(self) -> Fraction | None:
        """What β_t is rounded to multiples of, where it is rounded."""
        return None

    @property
    def ceiling(self) -> tuple[Fraction, Fraction] | None:
        """The cap and the largest β_t under it, where the schedule is capped. Raises InputError for a wrong cap."""
        return None

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T without the cap. Raises InputError where some β_t is no probability."""
        raise NotImplementedError

    def schedule(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T."""
        if (ceiling := self.ceiling) is None:
            return self.formula(T)
        return tuple(min(beta, ceiling[1]) for beta in self.formula(T))

    def is_one(self, t: int, T: int) -> bool:  # noqa: ARG002
        """Whether the formula's own β_t is 1; asked of a schedule that is rounded."""
        return False


def length_of(x: Fraction) -> int:
    """Return how many bits a rational takes."""
    return x.numerator.bit_length() + x.denominator.bit_length()


def check_length(T: int, bits: int, most: int) -> None:
    """Raise LimitError where T numbers of so many bits are more than `most`."""
    if T * bits > most:
        raise LimitError(
            "a schedule too long to write out exactly",
            where="noise.schedule",
            expected="fewer steps, shorter numbers, or a coarser `resolution`",
            got=f"{T} numbers of about {bits} bits",
        )


def check_beta(beta: Fraction, where: str) -> Fraction:
    """β itself, or InputError where it is not in [0, 1]."""
    if not 0 <= beta <= 1:
        raise InputError("β is not a probability", where=where, expected="a number from 0 to 1", got=shown(beta))
    return beta


def check_resolution(resolution: Fraction, where: str) -> None:
    """Raise InputError unless 1/resolution is a positive integer (else 1 would not be on the grid)."""
    if resolution <= 0 or resolution.numerator != 1:
        raise InputError(
            "the resolution is not one over an integer",
            where=f"{where}.resolution",
            expected="1/n, such as '1/4294967296'",
            got=shown(resolution),
        )
