"""Sums over the entries of ᾱI + (1−ᾱ)1πᵀ in float64: in column j the row j is one kind of cell, all others another."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from markovdiff.arithmetic.arrays import (
    Floats,
    complements,
    f,
    minus_x_log_x,
    ratio,
)
from markovdiff.engines.float64.forward import RankOneState

Cells: TypeAlias = tuple[Floats, Floats, Floats, Floats]


def cells(now: RankOneState) -> Cells:
    """Return 1 + r and r of the row that stays, then of the others, for each column."""
    fresh = ratio(now.fresh * now.pi, now.seen)
    stays = ratio(now.kept + now.fresh * now.pi, now.seen)
    others = complements(now.p0)
    return stays, ratio(now.kept * others, now.seen), fresh, -ratio(now.kept * now.p0, now.seen)


def per_column(now: RankOneState, of: Cells) -> Floats:
    """Return Σ_i p_0[i] f(r_ij) for each j."""
    _, r, u_other, r_other = of
    others = np.where(r_other < -0.5, 1 - u_other - minus_x_log_x(u_other, 1 - u_other), f(r_other))
    found: Floats = now.p0 * f(r) + complements(now.p0) * others
    return found


def change(u: Floats, r: Floats, step: Floats) -> Floats:
    """Return F(u + step) − F(u) for F(u) = u·log u − u + 1 and u = 1 + r; near 1 the logarithm is that of r."""
    safe = np.where(u > 0, u, 1.0)
    after = np.maximum(u + step, 0.0)
    log_u = np.where(np.abs(r) < 0.5, np.log1p(np.maximum(r, -0.5)), np.log(safe))
    within = step * log_u + u * f(np.maximum(step / safe, -1.0))
    return np.where(u > 0, within, -minus_x_log_x(after, 1 - after) - after)


def spread(largest: Floats, other: Floats, weights: Floats) -> Floats:
    """Return for each i the entropy of: `largest`_i at i, other_i·weights_j at every j ≠ i."""
    rest = complements(weights)
    own = minus_x_log_x(weights, rest)
    safe = np.where(other > 0, other, 1.0)
    found: Floats = minus_x_log_x(largest, other * rest) + other * (own.sum() - own - rest * np.log(safe))
    return found
