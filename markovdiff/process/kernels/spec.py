"""The `kernel` table of a scenario file: one struct a kind, which makes the kernel that the table means.

A kind is a subclass of `KernelSpec` with its keys as fields and `tag` as its name. What lies outside of the table
(the data, other files) is asked of the `Setting`, so that nothing here reads a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import ClassVar, Literal, Protocol

from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.kernel import Kernel
from markovdiff.process.schedules.schedule import ScheduleSpec
from markovdiff.process.table import Kind

MAX_DENSE_STATES = 2048
"""K is at most this where the kernel is a full matrix."""

Stack = Sequence[Sequence[Sequence[Fraction]]]
Normalise = bool | Literal["any"]
Convention = Literal["rows", "columns"]


class Brought(Protocol):
    """A table that brings matrices, under a key of its own or in a file."""

    @property
    def path(self) -> str | None:
        """The file."""

    @property
    def normalise(self) -> Normalise:
        """Whether rows may be divided by their sums."""

    @property
    def convention(self) -> Convention:
        """Whether the file's rows or its columns are the conditional laws."""


class KernelSetting(Protocol):
    """What a kernel's table stands in."""

    @property
    def data(self) -> Distribution:
        """q(x_0), with the state that the kernel adds."""

    def law(self, named: str | list[Fraction], where: str) -> Distribution:
        """Return the law that is named or written out. Raises InputError where it does not fit."""

    def matrices(self, key: str, given: Stack | None, spec: Brought, *, single: bool = False) -> tuple[str, Stack]:
        """Return where the matrices stand and the matrices by rows, from under their key or from the file of `path`."""

    def rates(self, given: Sequence[Sequence[Fraction]] | None, spec: Brought) -> tuple[tuple[Fraction, ...], ...]:
        """Return the rates by rows, from `rows` or from the file of `path`. Raises InputError where they are none."""

    def schedule(self, spec: ScheduleSpec, T: int, where: str) -> tuple[Fraction, ...]:
        """Return β_1 … β_T of another schedule, whose table stands at `where`. Raises InputError where it is none."""


class KernelSpec(Kind, frozen=True, tag_field="kind"):
    """A kind of kernel, as it is written in a scenario file."""

    family: ClassVar[type[Kernel]]
    """The class of the kernel that it makes."""

    rank: ClassVar[int] = 100
    """Its place in lists: the simplest first."""

    starter: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Tables, with a remark each, that a new scenario shows."""

    begins: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What keys that may be left out are first given, as TOML, where the kind is nothing without one of them."""

    def added_state(self) -> str | None:
        """Return the label of the state that is added to the data where they do not have it."""
        return None

    def kernel(self, setting: KernelSetting) -> Kernel:
        """Return the kernel on the states of the setting's data. Raises InputError where it does not fit them."""
        raise NotImplementedError

    @property
    def is_structured(self) -> bool:
        """Whether no K × K matrix is needed."""
        return self.family.is_structured

    def scheduled(
        self,
        kernel: Kernel,
        schedule: ScheduleSpec,
        betas: Sequence[Fraction],
        setting: KernelSetting,
    ) -> Kernel:
        """Return the kernel once β_1 … β_T are known. Raises InputError where they do not suit it."""
        return kernel.scheduled(betas)

    def described(self) -> dict[str, object]:
        """Return what a result says of the table besides its kind and what the kernel records."""
        return {}
