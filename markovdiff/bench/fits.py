"""How cost grows: the exponent b of seconds = a·x^b, by least squares on logarithms.

    b = Σ (u − ū)(v − v̄) / Σ (u − ū)²,   u = log x, v = log seconds

`residual` is the root mean square of v − (fit), as the factor that it comes to: 1.05 says that a typical point lies 5 %
off the line. An exponent between two powers is what a cost with several terms looks like on a short range; it holds for
the range that is given and promises nothing beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt


@dataclass(frozen=True)
class PowerLaw:
    """seconds ≈ factor · x^exponent, off by the factor `residual` at a typical point."""

    exponent: float
    factor: float
    residual: float


def power_law(xs: Sequence[float], seconds: Sequence[float]) -> PowerLaw:
    """Fit a power law to at least three points.

    >>> power_law([1, 2, 4], [3, 12, 48])
    PowerLaw(exponent=2.0, factor=3.0, residual=1.0)
    """
    if len(xs) < 3:
        raise ValueError(f"a power law through {len(xs)} points fits whatever they are; give three or more")
    u, v = [log(x) for x in xs], [log(s) for s in seconds]
    middle_u, middle_v = sum(u) / len(u), sum(v) / len(v)
    spread = sum((a - middle_u) ** 2 for a in u)
    b = sum((a - middle_u) * (c - middle_v) for a, c in zip(u, v, strict=True)) / spread
    height = middle_v - b * middle_u
    off = sqrt(sum((c - height - b * a) ** 2 for a, c in zip(u, v, strict=True)) / len(u))
    return PowerLaw(round(b, 12), round(exp(height), 12), round(exp(off), 12))
