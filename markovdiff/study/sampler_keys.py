"""[sampler] and the check on it, as the file has them: which samplers are asked for, and whether they can be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.measures.checks.sampler import Bounded, SamplerBound, claims_of
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Kernel
from markovdiff.sequences.kept_times import checked_times, evenly
from markovdiff.sequences.law import MarkovSequences, SequenceLaw
from markovdiff.sequences.orders import block_sizes, choice
from markovdiff.study import fileformat


class SamplerSetting(Protocol):
    """What the keys of [sampler] meet in a scenario."""

    @property
    def file(self) -> fileformat.File:
        """The file."""

    @property
    def T(self) -> int:
        """The number of steps."""

    @property
    def data(self) -> Distribution:
        """The law of a symbol."""

    @property
    def kernel(self) -> Kernel:
        """The kernel of a symbol."""

    @property
    def sequences(self) -> SequenceLaw | MarkovSequences | None:
        """The law of sequences, if the data are sequences."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A sampler as the file asks for it: times kept, of so many steps or given outright, or block sizes."""

    steps: int | None = None
    times: tuple[int, ...] | None = None
    unmask: tuple[int, ...] | None = None
    order: str | tuple[int, ...] | None = None

    def record(self) -> dict[str, object]:
        """Return by what it is named, as a result has it."""
        if self.unmask is not None:
            order = self.order if isinstance(self.order, str) else list(self.order or ())
            return {"unmask": list(self.unmask), "order": order}
        return {"times": list(self.times or ())} if self.steps is None else {"steps": self.steps}

    def is_named(self, entry: SamplerBound) -> bool:
        """Return whether an entry of the check speaks of this one."""
        if entry.steps is not None:
            return self.steps == entry.steps
        if entry.times is not None:
            return self.steps is None and self.times == tuple(entry.times)
        return self.unmask == tuple(entry.unmask or ()) and (entry.order is None or self.order == _order(entry.order))


def asked(scenario: SamplerSetting) -> list[Asked]:
    """Return the samplers that the file asks for, in order. Raises InputError for what cannot be had."""
    spec = scenario.file.sampler
    if spec is None:
        return []
    if scenario.sequences is None:
        raise InputError(
            "what a sampler draws is told of sequences",
            where="sampler",
            expected="data that are sequences (data.length)",
            remedy="add `length` to [data], or leave [sampler] out",
        )
    T, L = scenario.T, scenario.sequences.length
    found = [Asked(n, evenly(n, T, f"sampler.steps[{i}]")) for i, n in enumerate(spec.steps or [])]
    found += [Asked(None, checked_times(ts, T, f"sampler.times[{i}]")) for i, ts in enumerate(spec.times or [])]
    if spec.unmask is None and spec.order != "random":
        raise InputError(
            "an order without block sizes",
            where="sampler.order",
            expected="sampler.unmask beside it",
            got=f"order = {shown(spec.order)} alone",
            remedy="add unmask = [[…]], block sizes that add up to data.length, or leave the order out",
        )
    if spec.unmask is not None:
        _check_masks(scenario)
        choice(spec.order, L)
        found += [
            Asked(unmask=block_sizes(sizes, L, f"sampler.unmask[{i}]"), order=_order(spec.order))
            for i, sizes in enumerate(spec.unmask)
        ]
    return found


def _check_masks(scenario: SamplerSetting) -> None:
    target = scenario.kernel.rank_one_target
    masks = target is not None and len(target.support) == 1 and not scenario.data.weights[target.support[0]]
    if not masks:
        raise InputError(
            "unmasking needs a kernel that masks",
            where="sampler.unmask",
            expected='noise.kernel = { kind = "absorbing" } with a mask that is none of the data\'s symbols',
            got=_kernel(scenario),
            remedy="another kernel, or leave sampler.unmask out",
        )


def _kernel(scenario: SamplerSetting) -> str:
    """Return the kind of the kernel, and its mask where that is a symbol of the data."""
    spec, target = scenario.file.noise.kernel, scenario.kernel.rank_one_target
    kind, mask = f'kind = "{spec.kind()}"', spec.added_state()
    return kind if mask is None or target is None else f'{kind} with the mask "{mask}", which the data have'


def _order(order: str | list[int]) -> str | tuple[int, ...]:
    return order if isinstance(order, str) else tuple(order)


def check_asked(scenario: SamplerSetting) -> None:
    """Raise InputError for a sampler that cannot be had, and for a bound on one that is not computed."""
    samplers = asked(scenario)
    claims_of(bounds(scenario), lambda entry, where: find(entry, where, samplers, lambda _: _Unknown()))


def bounds(scenario: SamplerSetting) -> Sequence[SamplerBound]:
    """Return the entries of the check."""
    return getattr(scenario.file.checks, "sampler", None) or []


class _Unknown:
    """Nothing is known of a sampler when the file is read."""

    def compare(self, name: str, bound: Fraction, unit: Unit) -> int | None:  # noqa: ARG002
        """None."""
        return None

    def describe(self, name: str, unit: Unit) -> str:  # noqa: ARG002
        """Nothing."""
        return name


def find(entry: SamplerBound, where: str, samplers: Sequence[Asked], known: Callable[[int], Bounded]) -> Bounded:
    """Return what is known of the sampler that an entry names. Raises InputError where there is none."""
    for i, sampler in enumerate(samplers):
        if sampler.is_named(entry):
            return known(i)
    raise InputError(
        "a check on a sampler that is not computed",
        where=where,
        expected="one that [sampler] has",
        got=entry.says,
        remedy="add it to [sampler]",
    )
