"""Noising kernels: how one step of noise of strength β moves a state. One file a family; `kernel` says what each has.

- `RankOneKernel`    (1−β)I + β·1πᵀ: uniform, absorbing (π = e_m) and mixing to any π
- `MaskUniform`      the same beside a mask: masked with γ_t, else drawn evenly with b_t
- `Blend`            (1−β)I + βM for a fixed matrix M: neighbour, or a matrix of one's own
- `Rate`             exp(sR) for a rate matrix R, on a grid of exact rationals
- `Gaussian`         the discretised Gaussian of Austin et al. 2021, on a grid of exact rationals
- `Scaled`           on the way from I to M, each state at a pace of its own
- `MovingTarget`     a target for each step
- `PerStep`          matrices given outright, one a step, no β
- `WithMemory`       q(x_t | x_{t−1}, x_0): one matrix for each x_0, so not a Markov chain

A new kind is a `Kernel` with its exact `transition` and a `KernelSpec` with its keys, listed in `registry`; another
package lists its own under the entry point `markovdiff.kernels`. Everything else has defaults that are correct.
"""

from markovdiff.process.kernels.blend import Blend, neighbour, reflect
from markovdiff.process.kernels.gaussian import Gaussian
from markovdiff.process.kernels.kernel import Kernel
from markovdiff.process.kernels.mask_uniform import MaskUniform
from markovdiff.process.kernels.per_step import PerStep, per_step
from markovdiff.process.kernels.rank_one import RankOneKernel, absorbing, uniform
from markovdiff.process.kernels.rate import RateKernel
from markovdiff.process.kernels.with_memory import WithMemory, with_memory

__all__ = [
    "Blend",
    "Gaussian",
    "Kernel",
    "MaskUniform",
    "PerStep",
    "RankOneKernel",
    "RateKernel",
    "WithMemory",
    "absorbing",
    "neighbour",
    "per_step",
    "reflect",
    "uniform",
    "with_memory",
]
