"""All kinds of kernel: those that ship, and those that other packages bring by the entry point `markovdiff.kernels`."""

from __future__ import annotations

from markovdiff.process.kernels.blend import MatrixSpec, NeighbourSpec
from markovdiff.process.kernels.gaussian import GaussianSpec
from markovdiff.process.kernels.mask_uniform import MaskUniformSpec
from markovdiff.process.kernels.per_step import PerStepSpec
from markovdiff.process.kernels.rank_one import AbsorbingSpec, MixingSpec, UniformSpec
from markovdiff.process.kernels.rate import RateSpec
from markovdiff.process.kernels.spec import KernelSpec
from markovdiff.process.kernels.with_memory import ConditionalSpec
from markovdiff.process.plugins import with_plugins

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

KERNELS: dict[str, type[KernelSpec]] = with_plugins("markovdiff.kernels", KernelSpec, "kernel", SHIPPED)
"""Every kind, the simplest first."""
