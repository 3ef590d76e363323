"""KL of mixtures of Gaussians by quadrature, to twelve digits, and why twelve may be believed.

    KL(p‖q) = ∫ p(x) (log p(x) − log q(x)) dx has no closed form once q is a mixture.

The trapezoidal rule on the whole line converges exponentially for an integrand that is analytic in a strip around
it (Trefethen & Weideman 2014, SIAM Review 56, theorem 5.1): halving the step squares the error. Steps are halved until
two results agree to a few units of rounding, so the error left is that of rounding and of the tails, cut where p has
fallen below the smallest float that counts (40 standard deviations).

A second rule that shares nothing but the integrand, adaptive Gauss–Kronrod (QUADPACK), is evaluated beside it.
`digits` is the number of significant digits on which the two agree; nothing is claimed beyond that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, fsum, log2, log10
from typing import TYPE_CHECKING, TypeAlias

from markovdiff.continuous.densities import Mixture
from markovdiff.errors import UnfinishedError

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


Integrand: TypeAlias = "Callable[[Array], tuple[Array, Array]]"

REACH = 40.0
"""Standard deviations after which exp(−z²/2) < 1e-347 is zero in float64."""

MAX_PANELS = 2**20
"""The trapezoidal rule gives up here: the integrand has a kink, or features too narrow for its range."""


@dataclass(frozen=True)
class Integral:
    """One number by two rules."""

    value: float
    """By the trapezoidal rule."""
    second: float
    """By adaptive Gauss–Kronrod."""
    panels: int

    @property
    def digits(self) -> int:
        """Significant digits on which the two rules agree, at most 15."""
        if self.value == self.second:
            return 15
        scale = max(abs(self.value), abs(self.second))
        return max(0, min(15, floor(-log10(abs(self.value - self.second) / scale))))


def kl_by_quadrature(p: Mixture, q: Mixture) -> Integral:
    """Return KL(p‖q) in nats.

    >>> from markovdiff.continuous.densities import TWO_PEAKS, normal
    >>> forward = kl_by_quadrature(normal(), TWO_PEAKS)
    >>> f"{forward.value:.12f}", forward.digits >= 12
    ('0.943340433767', True)
    """
    import numpy as np

    def integrand(x: Array) -> tuple[Array, Array]:
        density, log_p, log_q = np.exp(p.log_density(x)), p.log_density(x), q.log_density(x)
        return density * (log_p - log_q), density * (np.abs(log_p) + np.abs(log_q))

    low = min(m - REACH * s for m, s in zip(p.means, p.sigmas, strict=True))
    high = max(m + REACH * s for m, s in zip(p.means, p.sigmas, strict=True))
    value, panels = trapezoid(integrand, low, high, widest=min(p.sigmas))
    return Integral(value, _gauss_kronrod(integrand, low, high, p), panels)


def trapezoid(f: Integrand, low: float, high: float, widest: float) -> tuple[float, int]:
    """Return ∫ f over [low, high], f negligible at both ends, and the number of panels.

    `f` gives its values and the sizes of what they are differences of, which is what rounding is relative to.
    `widest` is the widest first step: that of the narrowest peak, which a wider one might step over unseen.
    Raises UnfinishedError where MAX_PANELS do not settle it.
    """
    import numpy as np

    panels = 2 ** max(7, ceil(log2((high - low) / widest)))
    total = size = 0.0
    before = None
    while panels <= MAX_PANELS:
        step = (high - low) / panels
        new, sizes = f(np.linspace(low, high, panels + 1) if before is None else low + step * np.arange(1, panels, 2))
        total, size = total + float(new.sum()), size + float(sizes.sum())
        value = total * step
        if before is not None and abs(value - before) <= 8 * np.finfo(float).eps * size * step:
            return value, panels
        before, panels = value, 2 * panels
    raise UnfinishedError(
        "the integral did not settle",
        where="KL by quadrature",
        expected=f"two results that agree, within {MAX_PANELS} panels",
        got=f"{panels} panels wanted",
        remedy="bring the widths of the components nearer to their distances",
    )


def _gauss_kronrod(f: Integrand, low: float, high: float, p: Mixture) -> float:
    """Integrate piece by piece, cut at the means and at ±4σ and ±12σ around each."""
    import numpy as np
    from scipy.integrate import quad

    def at(x: float) -> float:
        return float(f(np.asarray(x))[0])

    inner = {m + k * s for m, s in zip(p.means, p.sigmas, strict=True) for k in (-12, -4, 0, 4, 12)}
    cuts = [low, *sorted(inner), high]
    rule = {"epsabs": 1e-16, "epsrel": 1e-13, "limit": 200, "full_output": 1}
    return fsum(float(quad(at, a, b, **rule)[0]) for a, b in pairwise(cuts))
