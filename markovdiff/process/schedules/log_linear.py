"""ᾱ_t falls evenly from 1 to ε: the log-linear noise of SEDD and MDLM.

Their total noise is σ(t) = −log(1 − (1−ε)t) on [0, 1], ε = 1/1000, so that ᾱ = e^{−σ} is linear in t: Lou et al. 2024
(arXiv 2310.16834; github.com/louaaron/Score-Entropy-Discrete-Diffusion, noise_lib.py) and Sahoo et al. 2024 (arXiv
2406.07524; github.com/kuleshov-group/mdlm, noise_schedule.py). LLaDA (Nie et al. 2025, arXiv 2502.09992) masks with
probability (1−ε)t + ε, which is not this: there ᾱ_t = (1−ε)(1−t/T), which ends at 0 (kind `alpha`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.process.schedules.schedule import MAX_LINEAR_BITS, ScheduleSpec, check_length, length_of

EPSILON = Fraction(1, 1000)
"""The ε of both codes."""


def log_linear(T: int, eps: Fraction) -> tuple[Fraction, ...]:
    """Return β_t = 1 − ᾱ_t/ᾱ_{t−1} for ᾱ_t = 1 − (1−ε)t/T, exactly. With ε = 0 it is the jump schedule.

    >>> log_linear(2, Fraction(1, 5))
    (Fraction(2, 5), Fraction(2, 3))
    """
    if not 0 <= eps < 1:
        raise InputError("ε is out of range", where="noise.schedule.eps", expected="0 ≤ ε < 1", got=shown(eps))
    falls = 1 - eps
    return tuple(falls / (T - falls * (t - 1)) for t in range(1, T + 1))


class LogLinearSpec(ScheduleSpec, frozen=True, tag="log-linear"):
    """ᾱ_t = 1 − (1−eps)·t/T, eps 1/1000 where it is left out: SEDD's and MDLM's `loglinear`, σ = −log(1 − (1−ε)t).

    LLaDA's is (1−ε)(1 − t/T): `alpha`.
    """

    eps: Fraction | None = None

    rank: ClassVar[int] = 7

    @property
    def least(self) -> Fraction:
        """The number ε, what ᾱ_T is."""
        return EPSILON if self.eps is None else self.eps

    def check(self, T: int) -> None:
        """Raise LimitError where T numbers would be too long to write out."""
        check_length(T, 2 * length_of(self.least) + T.bit_length(), MAX_LINEAR_BITS)

    def formula(self, T: int) -> tuple[Fraction, ...]:
        """Return β_1 … β_T."""
        return log_linear(T, self.least)
