"""The `schedule` table of a scenario file: one struct a kind, which makes β_1 … β_T."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Protocol

from markovdiff.arithmetic.rational import shown, text
from markovdiff.errors import InputError, LimitError
from markovdiff.process.table import Kind

RESOLUTION = Fraction(1, 2**32)
"""Default grid for irrational schedules and kernels."""

MAX_LINEAR_BITS, MAX_ROUNDED_BITS = 2**27, 2**24
"""All β_t of a schedule together may be this long; those of an irrational one are dear to compute."""


if TYPE_CHECKING:
    from markovdiff.process.distribution import Distribution


class ScheduleSetting(Protocol):
    """What a schedule's table stands in."""

    @property
    def data(self) -> Distribution:
        """The law q(x_0), with the state that the kernel adds."""

    @property
    def target(self) -> Distribution | None:
        """The law π of a kernel (1−β)I + β·1πᵀ; None for any other."""

    def series(self, key: str, given: Sequence[Fraction] | None, path: str | None) -> list[Fraction]:
        """Return the numbers under their key, or in the file of `path`. Raises InputError unless one is given."""


class ScheduleSpec(Kind, frozen=True, tag_field="kind"):
    """A kind of schedule, as it is written in a scenario file."""

    rank: ClassVar[int] = 100
    """Its place in lists: the simplest first."""

    tells_rates: ClassVar[bool] = False
    """Whether its numbers may also be rates, of any size; other schedules tell ᾱ."""

    brings: ClassVar[str | None] = None
    """The key that lists the β_t, or what they are made of, one by one."""

    def resolved(self, setting: ScheduleSetting) -> ScheduleSpec:
        """Return the same schedule with all that it needs from outside of its table."""
        return self

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

    def rates(self, T: int) -> tuple[Fraction, ...]:
        """Return the numbers as rates. Raises InputError where some is negative; asked where `tells_rates`."""
        raise NotImplementedError

    def schedule(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T."""
        if (ceiling := self.ceiling) is None:
            return self.formula(T)
        return tuple(min(beta, ceiling[1]) for beta in self.formula(T))

    def is_one(self, t: int, T: int) -> bool:
        """Return whether the formula's own β_t is 1; asked of a schedule that is rounded."""
        return False

    def is_zero(self, t: int) -> bool:
        """Return whether the formula's own β_t is 0; asked of a schedule that is rounded."""
        return False

    def described(self) -> dict[str, object]:
        """Return what a result says of the table: its kind, and what it is made of but for lists and files."""
        given = {name: getattr(self, name) for name in self.__struct_fields__ if name not in (self.brings, "path")}
        written = {name: text(x) if isinstance(x, Fraction) else x for name, x in given.items() if x is not None}
        return {"kind": self.kind(), **written}


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


def check_beta(beta: Fraction, where: str, *, is_rate: bool = False) -> Fraction:
    """Return β itself, or InputError where it is not in [0, 1]; a rate only has to be ≥ 0."""
    if is_rate and beta < 0:
        raise InputError("a negative rate", where=where, expected="≥ 0", got=shown(beta))
    if not is_rate and not 0 <= beta <= 1:
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
