"""How long and how large a run will be, before it starts.

Exact denominators grow: after t dense steps the entries of Q̄_t have the bits of all denominators so far, so
the run costs about Σ_t K³·(bits_t/64) word products and holds a few matrices of K²·bits_T. The three
constants were measured on one core (K = 16 to 64, 100 to 5,000 bits) and are right to a factor of
about three, which is all that a refusal needs. Structured kernels carry one rational and cost O(K).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import log2

from markovdiff.errors import UnfinishedError
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import Blend, Forgetting, Gaussian, PerStep, WithMemory

WORD_PRODUCT = 1.0e-9
"""Seconds a product of two 64-bit words costs inside a matrix product."""

CELL = 2.0e-6
"""Seconds one cell of the joint costs: its deviation and f of it."""

CELL_WORD = 4.0e-9
"""Seconds more for each word of its height."""

KEPT_BIT = 4.0e-7
"""Seconds a bit of a rational costs that is kept at each step (ᾱ_t, the distance to the prior) and written out."""

PAIR_OF_ROWS = 1.5e-9
"""Seconds an entry costs where two rows are compared, for Dobrushin's coefficient of a new kernel."""

BUILT = 2.0e-6
"""Seconds an entry of a new kernel costs to build."""

MAX_SECONDS = 3600
"""A run forecast to last longer is refused."""


@dataclass(frozen=True)
class Forecast:
    """Bits of the last denominator, seconds, and bytes at the peak: orders of magnitude."""

    bits: float
    seconds: float
    memory: float

    def __str__(self) -> str:
        """In words.

        >>> print(Forecast(5300, 42, 3e8))
        about 42 s and 0.3 GiB, denominators of about 5,300 bits at the end
        """
        size = f"{self.memory / 2**30:.1f} GiB" if self.memory >= 2**27 else f"{max(self.memory / 2**20, 1):.0f} MiB"
        seconds = "under 1 s" if self.seconds < 1 else f"about {_duration(self.seconds)}"
        return f"{seconds} and {size}, denominators of about {self.bits:,.0f} bits at the end"


def forecast(chain: Chain, pairs: int = 0, *, dense: bool = False) -> Forecast:
    """What running the chain exactly will cost.

    `pairs` more kernels are made for the triangle; `dense` says that a reverse model needs full matrices.
    """
    K, T = chain.K, chain.T
    data_bits = log2(chain.data.total) + 1
    heights = list(accumulate(_step_bits(chain), initial=data_bits))
    kept = sum(heights)
    if isinstance(chain.kernel, Forgetting) and not dense:
        bits = heights[-1] + log2(chain.kernel.target.total)
        kinds = len(chain.classes.first) if chain.classes else K
        seconds = (T + pairs) * kinds * (3 * CELL + bits / 64 * CELL_WORD) + kept * KEPT_BIT
        return Forecast(bits, seconds, 40 * K * bits / 8 + kept / 2)
    seconds = kept * KEPT_BIT
    for before, bits in pairwise(heights):
        words = bits / 64
        seconds += K**3 * words * max((bits - before) / 64, 1) * WORD_PRODUCT + K**2 * (CELL + words * CELL_WORD)
    seconds += pairs * seconds / T
    seconds += len(set(chain.betas) or range(T)) * (K**3 * PAIR_OF_ROWS + K**2 * BUILT)
    return Forecast(heights[-1], seconds, 12 * K**2 * (heights[-1] / 8 + 32) + kept / 2)


def _step_bits(chain: Chain) -> list[float]:
    """log2 of each step's denominator, without building the steps."""
    kernel = chain.kernel
    if isinstance(kernel, PerStep):
        return [log2(int(step.matrix.d)) for step in kernel.steps]
    if isinstance(kernel, WithMemory):
        return [max(log2(int(M.matrix.d)) for M in kernel.by_source)] * chain.T
    if isinstance(kernel, Gaussian):
        return [log2(kernel.resolution.denominator) if beta else 0.0 for beta in chain.betas]
    own = log2(int(kernel.M.matrix.d)) if isinstance(kernel, Blend) else 0.0
    return [log2(beta.denominator) + (own if beta else 0.0) for beta in chain.betas]


def check_forecast(chain: Chain, pairs: int = 0, *, dense: bool = False) -> Forecast:
    """The forecast, or UnfinishedError where this machine is not enough."""
    made = forecast(chain, pairs, dense=dense)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 2**33
    if made.seconds <= MAX_SECONDS and made.memory <= memory / 2:
        return made
    raise UnfinishedError(
        "this run is too big for this machine",
        where=f"K = {chain.K}, T = {chain.T}, denominators of about {made.bits:.0f} bits at the end",
        expected=f"at most {_duration(MAX_SECONDS)} and {memory / 2**31:.1f} GiB",
        got=f"a forecast of {made}",
        remedy="`--arithmetic ball` or `--arithmetic float`; or fewer steps or states, or numbers with shorter "
        "denominators (a coarser `resolution`, a constant β)",
    )


def _duration(seconds: float) -> str:
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
