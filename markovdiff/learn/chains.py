"""The small chains that the pages run."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markovdiff.engines.exact.information import Information
    from markovdiff.process.chain import Chain

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def uniform_chain(weights: Sequence[int], betas: Sequence[Fraction]) -> Chain:
    """Return the chain on states a, b, … with the given weights; each step redraws x evenly with probability β."""
    from markovdiff.process.chain import Chain
    from markovdiff.process.distribution import Distribution
    from markovdiff.process.kernels import uniform

    data = Distribution.from_weights(weights, list(LETTERS[: len(weights)]))
    return Chain(data, uniform(data.K), tuple(betas), len(betas))


def masking_chain(weights: Sequence[int], betas: Sequence[Fraction]) -> Chain:
    """Return the chain with the same data and a mask, to which each step moves x with probability β for good."""
    from markovdiff.process.chain import Chain
    from markovdiff.process.distribution import Distribution
    from markovdiff.process.kernels import RankOneKernel

    data = Distribution.from_weights(weights, list(LETTERS[: len(weights)])).with_extra_state("[MASK]")
    mask = Distribution.from_weights([*(0,) * len(weights), 1], data.states)
    return Chain(data, RankOneKernel(mask), tuple(betas), len(betas))


def informations(chain: Chain) -> list[Information]:
    """Return what is known at t = 0 … T, each linked to the one before."""
    from markovdiff.engines.exact.information import Information

    known: list[Information] = []
    for moment in chain.moments():
        known.append(Information(moment, known[-1] if known else None))
    return known


def few(last: int, most: int, first: int = 0) -> list[int]:
    """Return at most `most` times from `first` to `last`, both ends and evenly between."""
    times = last - first + 1
    return sorted({first + round(k * (times - 1) / max(min(most, times) - 1, 1)) for k in range(min(most, times))})
