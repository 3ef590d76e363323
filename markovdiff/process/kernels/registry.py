"""All kinds of kernel: those that ship, and those that other packages bring by the entry point `markovdiff.kernels`."""

from __future__ import annotations

import sys
from pathlib import Path

from markovdiff.errors import InputError
from markovdiff.process.kernels.blend import MatrixSpec, NeighbourSpec
from markovdiff.process.kernels.gaussian import GaussianSpec
from markovdiff.process.kernels.mask_uniform import MaskUniformSpec
from markovdiff.process.kernels.per_step import PerStepSpec
from markovdiff.process.kernels.rank_one import AbsorbingSpec, MixingSpec, UniformSpec
from markovdiff.process.kernels.rate import RateSpec
from markovdiff.process.kernels.spec import KernelSpec
from markovdiff.process.kernels.with_memory import ConditionalSpec

GROUP = "markovdiff.kernels"
"""The entry point's group; each entry is a subclass of `KernelSpec`."""

SHIPPED: dict[str, type[KernelSpec]] = {
    spec.kind(): spec
    for spec in (
        UniformSpec,
        AbsorbingSpec,
        MixingSpec,
        MaskUniformSpec,
        NeighbourSpec,
        GaussianSpec,
        MatrixSpec,
        RateSpec,
        PerStepSpec,
        ConditionalSpec,
    )
}
"""The kinds that an audit knows by name."""


def _is_declared() -> bool:
    """Whether an installed package names the group: `importlib.metadata` takes ten times as long to say so."""
    files = (file for place in sys.path for file in Path(place).glob("*-info/entry_points.txt"))
    return any(GROUP.encode() in file.read_bytes() for file in files)


def _known() -> dict[str, type[KernelSpec]]:
    """All kinds, the simplest first. Raises InputError where an entry is not a kind, or its name is taken."""
    found = dict(SHIPPED)
    if not _is_declared():
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        spec = entry.load()
        if not (isinstance(spec, type) and issubclass(spec, KernelSpec)):
            raise InputError("not a kind of kernel", where=entry.value, expected="a subclass of KernelSpec")
        if spec.kind() in found:
            raise InputError(
                "two kinds of kernel have one name", where=entry.value, expected="another tag", got=spec.kind()
            )
        found[spec.kind()] = spec
    return dict(sorted(found.items(), key=lambda item: item[1].rank))


KERNELS: dict[str, type[KernelSpec]] = _known()
"""Every kind, the simplest first."""
