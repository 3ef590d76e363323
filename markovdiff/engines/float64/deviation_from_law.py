"""e_t = p_t − μ in float64: how far the process is from a law, such as the prior or the stationary law.

Where every step preserves μ, e_t = e_{t−1} Q_t is carried along as the deviation D_t is, and so is what rounding has
made of it. κI + (1−κ)1πᵀ has a formula in ᾱ_t. Otherwise p_t and μ are subtracted as they were rounded.
"""

from __future__ import annotations

import numpy as np

from markovdiff.arithmetic.arrays import LEAST, NOTHING, Approximation, Floats, f, ratio, slip
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.engines.float64.forward import DenseState, FloatState, RankOneState, is_kept, law_of_data, steps, vector
from markovdiff.engines.float64.rounding import first_error, next_error, size
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import law_of

ROUNDED = 2.0**-52
"""The share of themselves that two numbers may be off by before they are subtracted, four roundings."""

UNRESOLVED = 2.0**-3
"""What rounding may have made of e_t, as a share of it, before nothing of it is believed."""


class DeviationFromLaw:
    """`error` is what each entry of e_t may be off by at the time last asked for, beside a small share of itself.

    Where μ is p_T itself and every step preserves another law ν, e_t is (p_t − ν) − (p_T − ν), each carried along.
    """

    def __init__(
        self,
        chain: Chain,
        law: RationalMatrix | None,
        last: FloatState | None = None,
        via: RationalMatrix | None = None,
    ) -> None:
        self.law: Floats = vector(law) if law is not None else _of(last)
        self.kept = law is not None and is_kept(chain, law)
        self.start = None if law is None else vector(law_of_data(chain) + -law)
        self.away, self.rest = _line(chain, law)
        self.starts_there = law == law_of_data(chain)
        self.zero = self.kept and self.starts_there if law is not None else _is_target(chain)
        self.last = last
        self.via = None if via is None or chain.kernel.rank_one_target is not None else DeviationFromLaw(chain, via)
        self.end = None if self.via is None else self.via.at_end(chain)
        self.e: Floats | None = None
        self.t = -1
        self.error: Floats = np.zeros_like(self.law)
        self.probes = first_error(self.error)

    def is_known_zero(self, t: int) -> bool:
        """Say whether p_t = μ is known exactly: kept from the start, at t = 0 itself, or at T where μ is p_T."""
        stays = self.zero or (self.via is not None and self.via.zero)
        return stays or (t == 0 and self.starts_there) or (self.last is not None and t == self.last.t)

    @property
    def uncertain(self) -> float:
        """What TV(p_t, μ) may be off by."""
        return float(self.error.sum()) / 2

    def at(self, now: FloatState) -> Floats:
        """Return p_t − μ; to be called for t = 0, 1, … in turn, and as often as one likes."""
        if self.e is None or self.t != now.t:
            self.t, self.e = now.t, self._next(now)
        return self.e

    def divergence(self, now: FloatState) -> Approximation | None:
        """Return KL(p_t‖μ) from p_t − μ; None where it is infinite; to be asked as `at` is."""
        e, law = self.at(now), self.law
        if (now.possible & (law == 0)).any():
            return None
        if not e.any() and not self.error.any():
            return NOTHING
        x = np.maximum(ratio(e, law), -1.0)
        blur = float(law @ slip(x, ratio(self.error, law)))
        return Approximation.of(float(law @ f(x))).give_or_take(blur + now.dim)

    def _next(self, now: FloatState) -> Floats:
        if isinstance(now, RankOneState):
            return self._forgotten(now)
        if self.zero:
            return np.zeros_like(now.p)
        if self.via is not None:
            return self._between(now)
        if self.e is None or not self.kept or now.Q is None:
            return self._subtracted(now)
        return self._pushed(self.e, now.Q if now.W is None else now.W, now.t)

    def _pushed(self, before: Floats, step: Floats, t: int) -> Floats:
        e = before @ step
        e -= e.sum() * self.law
        self.probes = next_error(self.probes, np.abs(before), step, self.law, t)
        self.error = size(self.probes)
        if self.error.sum() > UNRESOLVED * np.abs(e).sum():
            self.probes += e
            self.error += np.abs(e)
            return np.zeros_like(e)
        return e

    def at_end(self, chain: Chain) -> tuple[Floats, Floats]:
        """Return p_T − μ, where every step preserves μ, and what it may be off by; then begin again."""
        assert self.start is not None
        e, self.probes = self.start, first_error(np.abs(self.start))
        for t, Q in enumerate(steps(chain), 1):
            e = self._pushed(e, Q, t)
        found = e, self.error
        self.error, self.probes = np.zeros_like(self.law), first_error(np.zeros_like(self.law))
        return found

    def _between(self, now: DenseState) -> Floats:
        assert self.via is not None
        assert self.end is not None
        e, (end, error) = self.via.at(now), self.end
        if self.last is not None and now.t == self.last.t:
            self.error = np.zeros_like(e)
            return np.zeros_like(e)
        self.error = ROUNDED * (np.abs(e) + np.abs(end)) + self.via.error + error
        return e - end

    def _forgotten(self, now: RankOneState) -> Floats:
        """ᾱ(p_0 − π) + π − μ, or (ᾱ_t − ᾱ_T)(p_0 − π) where μ = p_T."""
        kept = now.alpha_bar - (self.last.alpha_bar if isinstance(self.last, RankOneState) else 0)
        moved = float(kept) * self.away
        lost = 2 * LEAST * np.abs(self.away) if 0 < kept < LEAST else np.zeros_like(moved)
        if isinstance(self.last, RankOneState) or self.kept:
            self.error = lost
            return moved
        self.error = lost + ROUNDED * (np.abs(moved) + np.abs(self.rest))
        return moved + self.rest

    def _subtracted(self, now: FloatState) -> Floats:
        """Return what rounding leaves of p_t − μ; at t = 0 it is known exactly, and at T where μ is p_T."""
        if now.t == 0 and self.start is not None:
            self.probes = first_error(np.abs(self.start))
            return self.start
        if self.last is not None and now.t == self.last.t:
            self.error = np.zeros_like(now.p)
            return self.error
        steps_taken = now.t if self.last is None else self.last.t
        self.error = (2 + steps_taken / 2) * ROUNDED * (now.p + self.law)
        return now.p - self.law


def _is_target(chain: Chain) -> bool:
    """Say whether the data already have the law that a rank-one kernel draws from: then p_t = p_0 at every t."""
    target = chain.kernel.rank_one_target
    return target is not None and law_of(target) == law_of_data(chain)


def _line(chain: Chain, law: RationalMatrix | None) -> tuple[Floats, Floats]:
    """p_0 − π and π − μ of a chain that forgets towards π, each entry rounded once; of any other, nothing."""
    target = chain.kernel.rank_one_target
    if target is None:
        return np.zeros(0), np.zeros(0)
    pi = law_of(target)
    return vector(law_of_data(chain) + -pi), np.zeros(0) if law is None else vector(pi + -law)


class DeviationsFromLaws:
    """The approaches to the laws that a chain is measured against, each made once."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.made: list[tuple[RationalMatrix, DeviationFromLaw]] = []

    def to(self, law: RationalMatrix) -> DeviationFromLaw:
        """Return the approach to μ."""
        found = next((made for known, made in self.made if known == law), None)
        if found is None:
            self.made.append((law, found := DeviationFromLaw(self.chain, law)))
        return found


def _of(last: FloatState | None) -> Floats:
    assert last is not None
    return last.p
