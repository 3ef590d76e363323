"""The float shadow: I(x0;x_t) as most people's code computes it, in float64 and by the textbook formula.

    Q̄_t = Q̄_{t−1} Q_t,   q(i, j) = p_0[i] Q̄_t[i, j],   p_t = p_0 Q̄_t
    I_t = Σ q(i, j) · log( q(i, j) / (p_0[i] p_t[j]) )   over q(i, j) > 0

Nothing is centred, compensated or clamped here: what rounding does to this formula is what it is for. Q_t is made as
people make it, (1−β)I + βM from rounded β and M, or its entries rounded where they were given. Each sum runs from the
first term to the last, so that every operation but the logarithm is one rounding of IEEE 754, the same on every
machine; numpy's own `@` and `sum` add up in an order that depends on the processor, and stray to the same size.
numpy is imported here and by whoever asks for a shadow, not by an exact run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from markovdiff.arithmetic.arrays import Floats
from markovdiff.arithmetic.enclosure import Unit
from markovdiff.engines.float64.forward import array, law_of_data, steps, vector
from markovdiff.process.chain import Chain


def shadow(chain: Chain, unit: Unit) -> Iterator[float]:
    """I(x0;x_t) for t = 0, 1, …, T in `unit`; infinite where p_0[i] p_t[j] leaves float64's range below.

    >>> from fractions import Fraction
    >>> from markovdiff.process.distribution import Distribution
    >>> from markovdiff.process.kernels import absorbing
    >>> coin = Distribution.from_weights([1, 1, 0])
    >>> list(shadow(Chain(coin, absorbing(3, 2), (Fraction(1, 2), Fraction(1)), 2), "bits"))
    [1.0, 0.5, 0.0]
    """
    p0, Q_bar = vector(law_of_data(chain)), np.eye(chain.K)
    yield textbook(p0, Q_bar, unit)
    for Q in kernels(chain):
        Q_bar = product(Q_bar, Q)
        yield textbook(p0, Q_bar, unit)


def kernels(chain: Chain) -> Iterator[Floats]:
    """Q_1, …, Q_T, K × K; of a process with memory K × K × K, the matrix of each x0."""
    if chain.is_markov:
        return steps(chain)
    given = np.array([array(M) for M in chain.by_source])
    return iter([given] * chain.T)


def product(A: Floats, Q: Floats) -> Floats:
    """Return a Q, or row i of A times Q[i]: each entry Σ_k A[i, k] Q[k, j], summed from k = 0 on."""
    total: Floats = A[:, 0, None] * Q[..., 0, :]
    for k in range(1, A.shape[1]):
        total += A[:, k, None] * Q[..., k, :]
    return total


def textbook(p0: Floats, Q_bar: Floats, unit: Unit) -> float:
    """Σ q·log(q/(p_0 p_t)), row by row; the logarithm is that of Python's `math`."""
    joint, p_t = p0[:, None] * Q_bar, product(p0[None, :], Q_bar)
    there = joint > 0
    with np.errstate(divide="ignore", over="ignore"):
        ratios = joint[there] / (p0[:, None] * p_t)[there]
    log, total = math.log2 if unit == "bits" else math.log, 0.0
    for q, ratio in zip(joint[there].tolist(), ratios.tolist(), strict=True):
        total += q * log(ratio)
    return total
