"""Noise schedules: β_1 … β_T, each an exact rational in [0, 1]. One file a kind.

The chain scales its kernel by β_t; ᾱ_t = Π_{s≤t} (1 − β_s) is what is left untouched by step t.
Rational schedules are taken as they are. The geometric and the cosine schedule are irrational: each
β_t is rounded to the nearest multiple of `resolution`, once and correctly (that of a cosine never above its cap), and
the chain is then exactly that one. Rounding is decided by enclosures of rising precision, so no digit of it is luck.
"""

from markovdiff.process.schedules.alpha import from_alphas
from markovdiff.process.schedules.constant import constant
from markovdiff.process.schedules.cosine import COSINE_CAP, cosine, cosine_most, cosine_uncapped, cosines_have_ratio
from markovdiff.process.schedules.explicit import explicit
from markovdiff.process.schedules.geometric import geometric
from markovdiff.process.schedules.jump import jump
from markovdiff.process.schedules.linear import linear
from markovdiff.process.schedules.log_linear import log_linear
from markovdiff.process.schedules.polynomial import polynomial
from markovdiff.process.schedules.schedule import RESOLUTION, check_beta, check_resolution
from markovdiff.process.schedules.sigma_geometric import sigma_geometric

__all__ = [
    "COSINE_CAP",
    "RESOLUTION",
    "check_beta",
    "check_resolution",
    "constant",
    "cosine",
    "cosine_most",
    "cosine_uncapped",
    "cosines_have_ratio",
    "explicit",
    "from_alphas",
    "geometric",
    "jump",
    "linear",
    "log_linear",
    "polynomial",
    "sigma_geometric",
]
