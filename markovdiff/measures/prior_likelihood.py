"""The likelihood of the Bayes reverse started from a prior π: no walk back, and no matrix where the kernel has none.

The steps R_T ⋯ R_1 together are q(x_0 | x_T), so with w_j = π_j/p_T[j] where p_T[j] > 0

    m_0 = p_0 ∘ g,   g = Q̄_T w,   NLL − H(x0) = KL(p_0‖m_0) = Σ p_0 (δ − log(1+δ)),   δ = g − 1 = Q̄_T (w − 1)

since Σ p_0 δ = 0. Equalities are asked of integers: g = 1 on all possible x0 for NLL = H(x0), and for L = NLL that
from each possible x0 every x_T it can become has one and the same w: the gap is E log g(x0)/w(x_T).
For Q̄_T = κI + (1−κ)1μᵀ all of it costs O(K): δ_i = κ(w_i − 1) + (1−κ) Σ_j μ_j (w_j − 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from flint import arb, arb_mat, ctx, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import ALONE, accuracy
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix, cofactors
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.errors import TooLongError
from markovdiff.measures.information import divergence_of, first_missing
from markovdiff.measures.ledger import Unbounded
from markovdiff.process.chain import Moment
from markovdiff.process.transition import IdentityPlusRankOne

MAX_BITS = 2**22
"""The law m_0 is written out as rationals up to this product of one common denominator's bits and states."""


@dataclass(frozen=True, eq=False)
class PriorLikelihood:
    """The Bayes reverse of the process that ends in `last`, started from a prior."""

    last: Moment
    prior: RationalMatrix
    states: tuple[str, ...]

    @cached_property
    def pairs(self) -> list[tuple[fmpz, fmpz]]:
        """π and p_T over one denominator, state by state, or class by class: w_j is a ratio of these."""
        p, pi = self.last.marginal, self.last.marginal.beside(self.prior)
        u, v = cofactors(pi.d, p.d)
        return [(a * u, b * v) for a, b in zip(pi.N.entries(), p.N.entries(), strict=True)]

    @cached_property
    def unbounded(self) -> Unbounded | None:
        """Where π reaches what has no posterior (undefined), or no x_T of π can come from a datum (infinite)."""
        T, marginal, states = self.last.t, self.last.marginal, self.states
        j = first_missing((a for a, _ in self.pairs), (b for _, b in self.pairs))
        if j is not None:
            label = states[marginal.state(j)]
            words = f"the model reaches x_{T} = {label!r}, of which R_{T} says nothing"
            return Unbounded("undefined", {"t": T, "x_t": label}, words)
        for i, reached in self._reached():
            if all(self.pairs[k][0] == 0 for k in reached):
                label = states[marginal.state(i)]
                return Unbounded("inf", {"t": 0, "x0": label}, f"the model cannot produce x0 = {label!r}")
        return None

    def _reached(self) -> list[tuple[int, list[int]]]:
        """For each possible x0 the x_T that it can become."""
        kernel, data = self.last.seen, self.last.data.N.entries()
        possible = [i for i, a in enumerate(data) if a != 0]
        if not isinstance(kernel, IdentityPlusRankOne):
            return [(i, [j for j, n in enumerate(kernel.dense.table[i]) if n != 0]) for i in possible]
        drawn = [j for j, w in enumerate(self._target) if w and kernel.keep < 1]
        return [(i, [*drawn, i] if kernel.keep else drawn) for i in possible]

    @property
    def _target(self) -> list[int]:
        assert isinstance(self.last.seen, IdentityPlusRankOne)
        return list(self.last.marginal.per_column(self.last.seen.target.weights))

    @cached_property
    def is_tight(self) -> bool:
        """Whether L = NLL."""
        kernel = self.last.seen
        if isinstance(kernel, IdentityPlusRankOne) and 0 < kernel.keep < 1:
            return self._alike([k for k, (_, b) in enumerate(self.pairs) if b != 0])
        return all(self._alike(reached) for _, reached in self._reached())

    def _alike(self, places: list[int]) -> bool:
        """Return whether w is the same at all of them."""
        chosen = [self.pairs[k] for k in places]
        return all(a * d == c * b for (a, b), (c, d) in pairwise(chosen))

    @cached_property
    def is_data(self) -> bool:
        """Whether m_0 = p_0, so that NLL = H(x0)."""
        kernel = self.last.seen
        if not isinstance(kernel, IdentityPlusRankOne):
            return self.likelihood == self.last.data
        possible = [i for i, a in enumerate(self.last.data.N.entries()) if a != 0]
        return kernel.keep == 0 or self._alike(possible)

    @cached_property
    def likelihood(self) -> RationalMatrix:
        """The row vector m_0. Raises TooLongError where it has too many digits."""
        last, kernel = self.last, self.last.seen
        common = fmpz(1)
        for a, b in self.pairs:
            if a != 0:
                common = common.lcm(b)
                if isinstance(kernel, IdentityPlusRankOne) and common.bit_length() * len(self.pairs) > MAX_BITS:
                    raise TooLongError("the model's likelihood has too many digits to be written out exactly")
        w = [a * (common // b) if a != 0 else fmpz(0) for a, b in self.pairs]
        if isinstance(kernel, IdentityPlusRankOne):
            u, v, total = fmpz(kernel.keep.numerator), fmpz(kernel.keep.denominator), kernel.target.total
            copies = last.marginal.copies
            drawn = sum((m * x * y for m, x, y in zip(copies, self._target, w, strict=True)), fmpz(0))
            reached, d = [u * total * x + (v - u) * drawn for x in w], v * total
        else:
            reached, d = (kernel.dense.matrix.N * fmpz_mat(len(w), 1, w)).entries(), kernel.dense.matrix.d
        numerators = [p * x for p, x in zip(last.data.N.entries(), reached, strict=True)]
        return last.data.like(fmpz_mat([numerators]), last.data.d * d * common).reduced()

    @cached_property
    def excess(self) -> Quantity:
        """NLL − H(x0) = KL(p_0‖m_0), where it is finite."""
        if isinstance(self.last.seen, IdentityPlusRankOne):
            return Quantity(self._excess, self._form, zero=self.is_data)
        found = divergence_of(self.last.data, self.likelihood)
        assert found is not None
        return found

    def _form(self) -> LogForm:
        found = divergence_of(self.last.data, self.likelihood)
        assert found is not None
        return found.form()

    def _excess(self, bits: int) -> arb:
        """Evaluate with more bits until δ, whose two parts may cancel, keeps enough: it does not vanish."""
        spare = 32
        while accuracy(found := self._once(bits + spare)) < bits - 16:
            spare *= 2
        return found

    def _once(self, bits: int) -> arb:
        kernel, data = self.last.seen, self.last.data
        assert isinstance(kernel, IdentityPlusRankOne)
        with ALONE, ctx.workprec(bits):
            w = [arb(0) if b == 0 else arb(a) / b for a, b in self.pairs]
            off = [arb(0) if b == 0 else arb(a - b) / b for a, b in self.pairs]
            keep, fresh = (arb(fmpz(x.numerator)) / x.denominator for x in (kernel.keep, 1 - kernel.keep))
            counted = zip(self.last.marginal.copies, self._target, strict=True)
            target = [arb(m * x) / kernel.target.total for m, x in counted]
            masses = [arb(m * n) / data.d for m, n in zip(self.last.marginal.copies, data.N.entries(), strict=True)]
        return excess_ball(Drawn(keep, fresh, target), masses, w, off, bits)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Q̄_T = κI + (1−κ)1μᵀ in balls; μ with like states added up."""

    keep: arb
    fresh: arb
    target: list[arb]

    def applied(self, column: list[arb]) -> Iterator[arb]:
        """Return Q̄_T times a column vector."""
        drawn = self.fresh * (arb_mat([self.target]) * arb_mat(len(column), 1, column))[0, 0]
        return (self.keep * x + drawn for x in column)


def excess_ball(kernel: Drawn, masses: Sequence[arb], w: list[arb], off: list[arb], bits: int) -> arb:
    """Return Σ p_0 (δ − log(1+δ)), from w and w − 1, for masses p_0 of like states added up.

    Where 1 + δ = g is not near 1 the logarithm is that of g, which is a sum of positive terms.
    """
    with ALONE, ctx.workprec(bits):
        total = arb(0)
        for n, g, delta in zip(masses, kernel.applied(w), kernel.applied(off), strict=True):
            if not n.is_zero():
                total += (delta - (delta.log1p() if abs(delta) < HALF else g.log())) * n
        return total


HALF = arb(1) / 2
