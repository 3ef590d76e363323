"""The forward process of κI + (1−κ)1μᵀ in balls: one number a step, κ_t = ᾱ_t, is all that moves.

    Q̄_t = κ_t I + (1−κ_t) 1μᵀ,   p_t = κ_t p_0 + (1−κ_t) μ,   κ_t = Π_s (1−β_s),   1−κ_t = Σ_s κ_{s−1} β_s

Nothing is subtracted, so every κ_t, 1−κ_t and p_t keeps its relative accuracy, and each is 0 exactly where it is 0.
As no law is made from the one before, any t can be had at any precision by itself. States with the same weights, in
the data, in μ and in every law that the chain is measured against, are one class. Exact answers about κ_t, which has
the bits of all denominators so far, are asked for only where its enclosure leaves them open.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod

from flint import arb, arb_mat, ctx, fmpz

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.cached import cached_property
from markovdiff.errors import UnfinishedError
from markovdiff.process.chain import Chain

MOST_BITS = 16_384
"""No number is enclosed with more bits than this."""

GRAIN = 64
"""Precisions are rounded up to a multiple of this, so that few tables of κ are made."""


REMEMBERED = 4
"""Precisions of which p_0 and μ are kept: a step asks for about three."""


class RankOneRecursion:
    """A chain's κ_t and p_t at any t, at any precision up to a limit; laws on classes of like states."""

    def __init__(self, chain: Chain, laws: Iterable[RationalMatrix]) -> None:
        self.chain = chain
        self.target = chain.target
        self.classes = chain.classes_beside(law.N.entries() for law in laws)
        self.multiplicities = self.classes.multiplicities
        self.p0 = [chain.data.weights[i] for i in self.classes.first]
        self.mu = [self.target.weights[i] for i in self.classes.first]
        self._tables: dict[int, list[tuple[arb, arb]]] = {}
        self._ends: dict[int, tuple[arb_mat, arb_mat]] = {}
        self._last: tuple[tuple[int, int], arb_mat] | None = None

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Return a pickle or a copy is made anew, without what was remembered; its classes are the chain's own."""
        return type(self), (self.chain, ())

    def kept(self, t: int, bits: int) -> tuple[arb, arb]:
        """Return κ_t and 1 − κ_t. Raises UnfinishedError past the limit of precision."""
        if bits > MOST_BITS:
            raise UnfinishedError("enclosures of this precision do not settle it", where=f"t = {t}", got=f"{bits} bits")
        grain = -(-bits // GRAIN) * GRAIN
        if grain not in self._tables:
            self._tables[grain] = self._table(grain)
        return self._tables[grain][t]

    def _table(self, bits: int) -> list[tuple[arb, arb]]:
        with ALONE, ctx.workprec(bits):
            keep, fresh = arb(1), arb(0)
            table = [(keep, fresh)]
            for beta in self.chain.betas:
                n, d = fmpz(beta.numerator), fmpz(beta.denominator)
                fresh = fresh + keep * n / d
                keep = keep * (d - n) / d
                table.append((keep, arb(1) if keep.is_zero() else fresh))
        return table

    def fixed(self, bits: int) -> tuple[arb_mat, arb_mat]:
        """Return the row vectors p_0 and μ (those of the last few precisions are remembered)."""
        if bits not in self._ends:
            if len(self._ends) >= REMEMBERED:
                self._ends.clear()
            data, target = fmpz(self.chain.data.total), fmpz(self.target.total)
            with ALONE, ctx.workprec(bits):
                ends = ([arb(fmpz(n)) / d for n in row] for row, d in ((self.p0, data), (self.mu, target)))
                self._ends[bits] = arb_mat([next(ends)]), arb_mat([next(ends)])
        return self._ends[bits]

    def law(self, t: int, bits: int) -> arb_mat:
        """Return the row vector p_t, an entry a class (the last is remembered)."""
        if self._last is None or self._last[0] != (t, bits):
            keep, fresh = self.kept(t, bits)
            p0, mu = self.fixed(bits)
            with ALONE, ctx.workprec(bits):
                self._last = (t, bits), p0 * keep + mu * fresh
        return self._last[1]

    def pushed(self, p: arb_mat, t: int, bits: int) -> arb_mat:
        """Return the row vector p Q_t."""
        beta = self.chain.betas[t - 1]
        with ALONE, ctx.workprec(bits):
            share = arb(fmpz(beta.numerator)) / beta.denominator
            return p * (1 - share) + self.fixed(bits)[1] * share

    # what is known exactly

    def is_kept(self, t: int) -> bool:
        """Return whether κ_t = 1: nothing has been drawn afresh."""
        return t <= self._first_noise

    def is_gone(self, t: int) -> bool:
        """Return whether κ_t = 0: everything has been."""
        return t >= self._first_fresh

    @cached_property
    def _first_noise(self) -> int:
        return next((t for t, beta in enumerate(self.chain.betas) if beta), self.chain.T)

    @cached_property
    def _first_fresh(self) -> int:
        return next((t for t, beta in enumerate(self.chain.betas, 1) if beta == 1), self.chain.T + 1)

    def possible(self, t: int) -> list[bool]:
        """Return which classes p_t gives mass to."""
        return self._supports[self.is_kept(t), self.is_gone(t)]

    @cached_property
    def _supports(self) -> dict[tuple[bool, bool], list[bool]]:
        """The same, by whether nothing is drawn yet and whether nothing is kept any more."""
        own, drawn = [a != 0 for a in self.p0], [b != 0 for b in self.mu]
        either = [a or b for a, b in zip(own, drawn, strict=True)]
        return {(True, False): own, (False, False): either, (False, True): drawn}

    @cached_property
    def is_stationary(self) -> bool:
        """Whether p_0 = μ, so that p_t never moves."""
        a, b = self.chain.data.total, self.target.total
        return all(n * b == m * a for n, m in zip(self.p0, self.mu, strict=True))

    @cached_property
    def _shares(self) -> dict[int, Fraction]:
        return {}

    def share(self, t: int) -> Fraction:
        """Return κ_t exactly (the last is remembered)."""
        if t not in self._shares:
            self._shares.clear()
            self._shares[t] = prod((1 - beta for beta in self.chain.betas[:t]), start=Fraction(1))
        return self._shares[t]

    def exactly(self, t: int, k: int) -> Fraction:
        """Return the probability of each state of class k in p_t."""
        share = self.share(t)
        own = Fraction(self.p0[k], self.chain.data.total)
        return share * own + (1 - share) * Fraction(self.mu[k], self.target.total)

    def grouped(self, law: RationalMatrix) -> list[fmpz]:
        """Return the law's numerators, one a class."""
        entries = law.N.entries()
        return [entries[i] for i in self.classes.first]

    def place(self, law: RationalMatrix) -> Fraction | None:
        """Return the κ for which κp_0 + (1−κ)μ is the law, 0 if p_0 = μ is; None where there is none."""
        a, b, d = fmpz(self.chain.data.total), fmpz(self.target.total), law.d
        weights = self.grouped(law)
        found: Fraction | None = Fraction(0) if self.is_stationary else None
        for n, m, w in zip(self.p0, self.mu, weights, strict=True):
            apart, off = (n * b - m * a) * d, (w * b - m * d) * a
            if apart != 0 and found is None:
                found = Fraction(int(off), int(apart))
            if found is None and off != 0:
                return None
            if found is not None and found.numerator * apart != off * found.denominator:
                return None
        return found

    def is_at(self, t: int, place: Fraction | None) -> bool:
        """Return whether p_t is the law of that place."""
        if place is None or self.is_stationary:
            return place is not None
        keep, _ = self.kept(t, 128)
        with ALONE, ctx.workprec(128):
            if not keep.overlaps(arb(fmpz(place.numerator)) / place.denominator):
                return False
        return self.share(t) == place
