"""Reverse models: R_t[j, i] = p_θ(x_{t−1} = i | x_t = j), row by row. One file a kind; `model` says what each has.

    bayes               q(x_{t−1} | x_t) itself, or under another belief r(x0) than the data
    mixture             Σ_k q(x_{t−1} | x_t, x0 = k) p̃(x0 = k | x_t)
    d3pm                ∝ Σ_k q(x_{t−1}, x_t | x0 = k) p̃(x0 = k | x_t)     Austin et al. 2021, eq. 4
    counted             relative frequencies in n sampled trajectories, with additive smoothing
    uniform, table      1/K everywhere; rows brought by the user

The two mixtures take a denoiser p̃ (`denoisers`): the true posterior mixed with ε/K, the data distribution, or a table.
A row that conditions on what the model holds impossible is None: undefined, never patched.

A new kind is a `ReverseModel` with its exact `step` and a `ModelSpec` with its keys, listed in `registry`; another
package lists its own under the entry point `markovdiff.reverse`. Everything else has defaults that are correct.
"""

from markovdiff.process.reverse.bayes import Bayes
from markovdiff.process.reverse.counted import MAX_DRAWS, Counted
from markovdiff.process.reverse.d3pm import D3PM
from markovdiff.process.reverse.denoisers import Denoiser, DenoiserTable, MarginalDenoiser, Posterior
from markovdiff.process.reverse.mixture import PosteriorMixture
from markovdiff.process.reverse.model import ReverseModel, ReverseStep, exact_step
from markovdiff.process.reverse.rows import Row, row_of
from markovdiff.process.reverse.table import ReverseTable
from markovdiff.process.reverse.uniform import Uniform

__all__ = [
    "D3PM",
    "MAX_DRAWS",
    "Bayes",
    "Counted",
    "Denoiser",
    "DenoiserTable",
    "MarginalDenoiser",
    "Posterior",
    "PosteriorMixture",
    "ReverseModel",
    "ReverseStep",
    "ReverseTable",
    "Row",
    "Uniform",
    "exact_step",
    "row_of",
]
