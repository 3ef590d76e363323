"""What the textbook's formulas give with one habit inside them, in float64 from the true arrays.

    q(x_{t−1} = i | x_t = j, x_0 = k) = Q̄_{t−1}[k, i] Q_t[i, j] / Q̄_t[k, j]      with another factor, or ε beside it
    L_t = Σ p_0[k] Q̄_t[k, j] Σ_i w log(w/R_t[j, i]),   w that posterior            with ε inside the logarithms

Code keeps logarithms finite with an ε of its own, so a few powers of ten are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from markovdiff.arithmetic.value import in_a_line
from markovdiff.reference.arrays import Array

Inside: TypeAlias = Callable[[Array], Array]
"""What stands in a logarithm in the place of a probability."""

SMALL = tuple(float(f"1e-{n}") for n in (*range(1, 13), 15, 20, 30))
"""The ε that are tried."""


def posteriors(before: Array | None, Q: Array, now: Array) -> Iterator[tuple[str, Array]]:
    """Yield forward posteriors with a habit, as [t][x_0][x_t][x_{t−1}], from Q̄_{t−1} if there is one, Q_t and Q̄_t."""
    step, law = Q.swapaxes(1, 2)[:, None], now[:, :, :, None]
    late = now[:, :, None] * step
    words = "shifted by a step: Q̄_t in the place of Q̄_{t−1}"
    yield words, late / law
    yield f"{words}, then divided by the sums", _divided(late)
    if before is None:
        return
    for eps in SMALL:
        ways = before[:, :, None]
        yield f"a clamp: ε added above and below, ε = {eps:g}", (ways * step + eps) / (law + eps)
        both = _divided((ways + eps) * (step + eps))
        yield f"a clamp: ε added to both factors, then divided by the sums, ε = {eps:g}", both


def _divided(rows: Array) -> Array:
    divided: Array = rows / rows.sum(axis=-1, keepdims=True)
    return divided


def _added(eps: float) -> Inside:
    return lambda x: x + eps


def _at_least(eps: float) -> Inside:
    return lambda x: np.maximum(x, eps)


def clamps() -> Iterator[tuple[str, Inside, bool]]:
    """Yield habits of logarithms: in words, what stands in them, and whether the model alone has it."""
    for eps in SMALL:
        for form, inside in (("log(x + ε)", _added(eps)), ("log(max(x, ε))", _at_least(eps))):
            yield f"a clamp: {form} for log(x), ε = {eps:g}", inside, False
            yield f"a clamp: {form} for log(x) of the model, ε = {eps:g}", inside, True


@dataclass(frozen=True, eq=False)
class Ledger:
    """The terms of L in nats from p_0, Q_t, Q̄_t, a model R_t and its prior π."""

    p0: Array
    Q: Array
    Q_bar: Array
    R: Array
    prior: Array

    __repr__ = in_a_line

    def joint(self, t: int) -> Array:
        """Return q(x_0, x_t)."""
        joint: Array = self.p0[:, None] * self.Q_bar[t]
        return joint

    def term(self, t: int, inside: Inside, *, model_alone: bool) -> float:
        """Return L_t."""
        joint, R = self.joint(t), np.log(inside(self.R[t - 1]))
        if t == 1:
            return -_sum(joint, R.T)
        w = self.Q_bar[t - 1][:, None] * self.Q[t - 1].T / self.Q_bar[t][:, :, None]  # [x_0][x_t][x_{t−1}]
        return _sum(joint[:, :, None] * w, np.log(w if model_alone else inside(w)) - R)

    def prior_term(self, inside: Inside) -> float:
        """Return the prior term, with the habit in both of its logarithms."""
        return _sum(self.joint(len(self.Q)), np.log(inside(self.Q_bar[-1])) - np.log(inside(self.prior)))


def _sum(weights: Array, logs: Array) -> float:
    there: Any = weights > 0
    return float((weights[there] * logs[there]).sum())
