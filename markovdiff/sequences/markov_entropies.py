"""The mean entropies h_j of a Markov chain's sequences, at any length, in O(L²).

With x^1 … x^L a Markov chain, so is x^S for every subset S: H(x^S) is the first position's entropy and one
conditional entropy for each pair of neighbours in S. A pair at a and a+g has H(x^{a+g} | x^a) = Σ_x p_a(x)·H(P^g[x,·]),
whatever else is in S. So count the subsets of size j whose first position is a, and those with neighbours a and a+g:

    h_j = Σ_{a=1}^{L} C(L−a, j−1)/C(L,j)·H(p_a) + Σ_{g=1}^{L−1} C(L−g−1, j−2)/C(L,j)·Σ_x [Σ_{a≤L−g} p_a(x)]·H(P^g[x,·])

Every term is positive, so nothing cancels in h_j. Digits come from balls; where the integers are few and short enough
the same sum is a LogForm, and equalities are decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import comb

from flint import arb, arb_mat, ctx, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import ALONE, combine, product_ball
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import over_common_denominator
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import TooLongError, UnfinishedError

SPARE_BITS = 64
"""Bits that an entropy is evaluated with beyond those asked for, so that a difference of two can spare them."""

MAX_ATOMS = 2**11
"""Logarithms that a mean entropy may have as an exact sum: comparing two takes gcds of pairs of them."""

MAX_ATOM_BITS = 2**21
"""Bits that their arguments may have together."""

MAX_BITS = 2**14
"""Bits at which a number without an exact form is no longer told from 0."""


@dataclass(frozen=True)
class MarkovEntropies:
    """h_0 … h_L of the chain with the given first law and rows, as balls of any precision and, where short, exactly."""

    initial: tuple[Fraction, ...]
    rows: tuple[tuple[Fraction, ...], ...]
    length: int
    _start: fmpz_mat = field(init=False, repr=False, compare=False)
    _start_scale: fmpz = field(init=False, repr=False, compare=False)
    _step: fmpz_mat = field(init=False, repr=False, compare=False)
    _scale: fmpz = field(init=False, repr=False, compare=False)
    _balls: dict[int, list[arb]] = field(init=False, repr=False, compare=False, default_factory=dict)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def __post_init__(self) -> None:
        """Bring both over one denominator each."""
        start, start_scale = over_common_denominator(self.initial)
        steps, scale = over_common_denominator([x for row in self.rows for x in row])
        matrices = fmpz_mat(1, self.K, start), fmpz_mat(self.K, self.K, steps)
        for name, value in zip(("_start", "_step"), matrices, strict=True):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_start_scale", start_scale)
        object.__setattr__(self, "_scale", scale)

    @property
    def K(self) -> int:
        """The number of symbols."""
        return len(self.initial)

    @property
    def L(self) -> int:
        """The length."""
        return self.length

    def means(self) -> tuple[Quantity, ...]:
        """Return h_0 … h_L in nats."""
        return (Quantity.of(LogForm()), *map(self._mean, range(1, self.L + 1)))

    def _mean(self, j: int) -> Quantity:
        return Quantity(lambda bits: self.balls(bits)[j], lambda: self.form(j))

    def _shares(self, j: int) -> tuple[list[int], list[int]]:
        """C(L−a, j−1) for a = 1 … L and C(L−g−1, j−2) for g = 1 … L−1: how many subsets of size j have it."""
        firsts = [comb(self.L - a, j - 1) for a in range(1, self.L + 1)]
        return firsts, [comb(self.L - g - 1, j - 2) if j > 1 else 0 for g in range(1, self.L)]

    def balls(self, bits: int) -> list[arb]:
        """Return h_0 … h_L as balls (remembered). Raises UnfinishedError past MAX_BITS."""
        if bits not in self._balls:
            if bits > MAX_BITS:
                raise UnfinishedError(
                    "a difference of entropies is not told from 0",
                    expected=f"a sign within {MAX_BITS} bits",
                    remedy="fewer symbols, a shorter length, or rows of smaller denominators: then it is exact",
                )
            self._balls[bits] = self._evaluate(bits + SPARE_BITS + 2 * self.L.bit_length())
        return self._balls[bits]

    def _evaluate(self, bits: int) -> list[arb]:
        entropies, given = self._position_balls(bits), self._neighbour_balls(bits)
        means = [arb(0)]
        for j in range(1, self.L + 1):
            firsts, pairs = self._shares(j)
            terms = [*zip(firsts, entropies, strict=True), *zip(pairs, given, strict=True)]
            means.append(combine(((fmpz(n), x) for n, x in terms if n), fmpz(comb(self.L, j)), bits))
        return means

    def _marginals(self, bits: int) -> Iterator[arb_mat]:
        """p_1 … p_L as row vectors of balls."""
        P = self._row_balls(self._step, self._scale, bits)
        p = self._row_balls(self._start, self._start_scale, bits)
        for _ in range(self.L):
            yield p
            p = product_ball(p, P, bits)

    @staticmethod
    def _row_balls(N: fmpz_mat, d: fmpz, bits: int) -> arb_mat:
        with ALONE, ctx.workprec(bits):
            return arb_mat(N) / d

    def _position_balls(self, bits: int) -> list[arb]:
        """H(p_a) for a = 1 … L."""
        possible = [x != 0 for x in self._start.entries()]
        allowed, found = _pattern(self._step), []
        for p in self._marginals(bits):
            found.append(_entropy(p.entries(), possible, bits))
            possible = [any(a and row[j] for a, row in zip(possible, allowed, strict=True)) for j in range(self.K)]
        return found

    def _neighbour_balls(self, bits: int) -> list[arb]:
        """Σ_x [Σ_{a≤L−g} p_a(x)]·H(P^g[x,·]) for g = 1 … L−1."""
        weights: list[arb_mat] = []
        for p in self._marginals(bits):
            with ALONE, ctx.workprec(bits):
                weights.append(weights[-1] + p if weights else p)
        P = power = self._row_balls(self._step, self._scale, bits)
        pattern = allowed = _pattern(self._step)
        found = []
        for g in range(1, self.L):
            rows = [_entropy(row, may, bits) for row, may in zip(power.table(), allowed, strict=True)]
            with ALONE, ctx.workprec(bits):
                found.append(sum((w * h for w, h in zip(weights[self.L - g - 1].entries(), rows, strict=True)), arb(0)))
            power, allowed = product_ball(power, P, bits), _times(allowed, pattern)
        return found

    def form(self, j: int) -> LogForm:
        """Return h_j as an exact sum of logarithms. Raises TooLongError where those are too many or too long."""
        atoms = self.L * self.K**2
        size = atoms * self.L * (self._scale.bit_length() + 1) // 2
        if atoms > MAX_ATOMS or size > MAX_ATOM_BITS:
            raise TooLongError(f"the mean entropy of {j} of {self.L} positions has up to {atoms} logarithms")
        firsts, pairs = self._shares(j)
        D = self._start_scale * self._scale ** (self.L - 1)
        terms: list[tuple[fmpz, fmpz]] = []
        p, prefix, prefixes = self._start, fmpz_mat(1, self.K, [0] * self.K), []
        d = self._start_scale
        for a in range(self.L):
            terms += _entropy_terms(p.entries(), d, D // d * firsts[a])
            prefix = prefix * self._scale + p if a else p
            prefixes.append(prefix)
            p, d = p * self._step, d * self._scale
        power, d = self._step, self._scale
        for g in range(1, self.L):
            weights = prefixes[self.L - g - 1].entries()
            for w, row in zip(weights, power.table(), strict=True):
                terms += _entropy_terms(row, d, w * pairs[g - 1])
            power, d = power * self._step, d * self._scale
        return LogForm(terms, D * comb(self.L, j))


def _entropy_terms(numerators: Sequence[fmpz], d: fmpz, factor: fmpz | int) -> list[tuple[fmpz, fmpz]]:
    """d·factor·H(n/d) as terms (coefficient, argument)."""
    terms = [(-factor * n, fmpz(n)) for n in numerators if n]
    return [*terms, (factor * sum(numerators, fmpz(0)), d)] if factor else []


def _pattern(N: fmpz_mat) -> list[list[bool]]:
    return [[n != 0 for n in row] for row in N.table()]


def _times(A: list[list[bool]], B: list[list[bool]]) -> list[list[bool]]:
    """Where a product of matrices without negative entries is positive."""
    masks = [sum(1 << j for j, b in enumerate(row) if b) for row in B]
    reached = []
    for row in A:
        mask = 0
        for a, m in zip(row, masks, strict=True):
            mask |= m if a else 0
        reached.append([bool(mask >> j & 1) for j in range(len(masks))])
    return reached


def _entropy(p: Sequence[arb], possible: Sequence[bool], bits: int) -> arb:
    """−Σ p log p over the possible outcomes.

    A probability whose ball reaches 0 is somewhere in (0, u], and −p log p, which rises up to 1/e, in [0, −u log u].
    """
    with ALONE, ctx.workprec(bits):
        total = arb(0)
        for x, may in zip(p, possible, strict=True):
            if not may:
                continue
            if x > 0:
                total -= x * x.log()
            else:
                u = x.abs_upper()
                if not u < arb(1) / 3:
                    raise UnfinishedError("a probability is lost in its ball", expected=f"its size within {bits} bits")
                total -= (u * u.log()).union(arb(0))
        return total
