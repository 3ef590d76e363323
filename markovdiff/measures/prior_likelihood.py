"""The likelihood of the Bayes reverse started from a prior π: no walk back.

The steps R_T ⋯ R_1 together are q(x_0 | x_T), so with w_j = π_j/p_T[j] where p_T[j] > 0

    m_0 = p_0 ∘ g,   g = Q̄_T w,   NLL − H(x0) = KL(p_0‖m_0) = Σ p_0 (δ − log(1+δ)),   δ = g − 1 = Q̄_T (w − 1)

since Σ p_0 δ = 0. Equalities are asked of integers: g = 1 on all possible x0 for NLL = H(x0), and for L = NLL that
from each possible x0 every x_T it can become has one and the same w: the gap is E log g(x0)/w(x_T).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix, cofactors
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.cached import cached_property
from markovdiff.measures.information import divergence_of, first_missing
from markovdiff.measures.ledger import Unbounded
from markovdiff.process.moment import Moment


@dataclass(frozen=True, eq=False)
class PriorLikelihood:
    """The Bayes reverse of the process that ends in `last`, started from a prior."""

    last: Moment
    prior: RationalMatrix
    states: tuple[str, ...]

    @cached_property
    def pairs(self) -> list[tuple[fmpz, fmpz]]:
        """π and p_T over one denominator, state by state, or class by class: w_j is a ratio of these."""
        p, pi = self.last.marginal, self.last.marginal.aligned_with(self.prior)
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

    @cached_property
    def _possible(self) -> list[int]:
        """The x0 that have mass."""
        return [i for i, a in enumerate(self.last.data.N.entries()) if a != 0]

    def _reached(self) -> list[tuple[int, list[int]]]:
        """For each possible x0 the x_T that it can become."""
        table = self.last.seen.dense.table
        return [(i, [j for j, n in enumerate(table[i]) if n != 0]) for i in self._possible]

    @cached_property
    def is_tight(self) -> bool:
        """Whether L = NLL."""
        return all(self._alike(reached) for _, reached in self._reached())

    def _alike(self, places: Sequence[int]) -> bool:
        """Return whether w is the same at all of them."""
        chosen = [self.pairs[k] for k in places]
        return all(a * d == c * b for (a, b), (c, d) in pairwise(chosen))

    @cached_property
    def is_data(self) -> bool:
        """Whether m_0 = p_0, so that NLL = H(x0)."""
        return self.likelihood == self.last.data

    @cached_property
    def likelihood(self) -> RationalMatrix:
        """The row vector m_0. Raises TooLongError where it has too many digits."""
        data, common = self.last.data, self._common_denominator()
        reached, d = self._applied([a * (common // b) if a != 0 else fmpz(0) for a, b in self.pairs])
        numerators = [p * x for p, x in zip(data.N.entries(), reached, strict=True)]
        return data.like(fmpz_mat([numerators]), data.d * d * common).reduced()

    def _common_denominator(self) -> fmpz:
        """Return one that serves every w_j."""
        return reduce(fmpz.lcm, (b for a, b in self.pairs if a != 0), fmpz(1))

    def _applied(self, w: list[fmpz]) -> tuple[list[fmpz], fmpz]:
        """Return Q̄_T w, as integers over a denominator."""
        matrix = self.last.seen.dense.matrix
        return (matrix.N * fmpz_mat(len(w), 1, w)).entries(), matrix.d

    @cached_property
    def excess(self) -> Quantity:
        """NLL − H(x0) = KL(p_0‖m_0), where it is finite."""
        return self._divergence()

    def _divergence(self) -> Quantity:
        found = divergence_of(self.last.data, self.likelihood)
        assert found is not None
        return found
