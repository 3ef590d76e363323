"""The textbook's formulas as most people's code has them, in any number format and with any recipe.

    Q̄_t = Q̄_{t−1} Q_t,   q(k, j) = p_0[k] Q̄_t[k, j],   p_t = p_0 Q̄_t
    I_t     = Σ q(k, j) · log( q(k, j) / (p_0[k] p_t[j]) )                       over q(k, j) > 0
    L_t     = Σ q(k, j) Σ_i w · log( w / R_t[j, i] ),   w = q(x_{t−1} = i | x_t = j, x_0 = k)
                                                           = Q̄_{t−1}[k, i] Q_t[i, j] / Q̄_t[k, j]
    L_1     = −Σ p_0[k] Q_1[k, j] · log R_1[j, k]                                the reconstruction
    L_prior = Σ p_0[k] Q̄_T[k, j] · log( Q̄_T[k, j] / π[j] )
    NLL     = −Σ p_0[k] · log ν[k],   ν = π R_T ⋯ R_1

Nothing is centred or compensated here: what rounding and a recipe do to these formulas is what they are for. In a
format Q_t is made as people make it, (1−β)I + βM from rounded β and M, or its entries rounded where they were given;
the model's rows are the exact ones, cast. Each sum runs from the first term to the last, so that every operation but
the logarithm is one rounding of IEEE 754, the same on every machine; numpy's own `@` and `sum` add up in an order
that depends on the processor, and stray to the same size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import in_a_line
from markovdiff.engines.float64.forward import array, law_of_data, steps
from markovdiff.practice.formats import FP64, Balls, FloatFormat, NumberFormat, Range, Table
from markovdiff.practice.recipe import Recipe
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel, exact_step
from markovdiff.process.transition import Dense

Key: TypeAlias = tuple[str, int]
"""A number's name and t: of `information` and `term`, and with t = 0 of `prior` and `nll`."""


@dataclass(frozen=True)
class Numbers:
    """What the formulas give, each number in a range; what has no ledger has I_t alone.

    `untouched` are those that the recipe does not change, since it changes none of the probabilities they are made of.
    """

    found: dict[Key, Range | None]
    untouched: frozenset[Key]

    __repr__ = in_a_line


@dataclass
class Textbook:
    """The formulas over one chain, one number format and one recipe."""

    chain: Chain
    unit: Unit
    numbers: NumberFormat
    recipe: Recipe = field(default_factory=Recipe)
    touched: bool = False

    def informations(self) -> Iterator[Any]:
        """Yield I(x0;x_t) for t = 0, 1, …, T."""
        p0 = self.law_of_data
        for _, Q_bar in self.forward():
            yield self.information(p0, Q_bar)

    @property
    def law_of_data(self) -> Table:
        """p_0."""
        return self.vector(law_of_data(self.chain))

    def vector(self, row: RationalMatrix) -> Table:
        """Return a row vector in the format."""
        made: Table = self.numbers.numbers([(row.table()[0], row.d)], row.shape[1])[0]
        return made

    def forward(self) -> Iterator[tuple[Table | None, Table]]:
        """Yield Q_t and Q̄_t for t = 0, 1, …, T; there is no Q_0."""
        Q_bar = self.numbers.rounded(self.numbers.zeros((self.chain.K, self.chain.K)))
        np.fill_diagonal(Q_bar, self.numbers.number(Fraction(1)))
        yield None, Q_bar
        for Q in self.kernels():
            Q_bar = self.numbers.product(Q_bar, Q)
            yield Q, Q_bar

    def kernels(self) -> Iterator[Table]:
        """Yield Q_1, …, Q_T, K × K; of a process with memory K × K × K, the matrix of each x0."""
        chain, cast = self.chain, self._cast
        if not chain.is_markov:
            return iter([np.array([cast(M) for M in chain.by_source])] * chain.T)
        if isinstance(self.numbers, FloatFormat):
            return map(self.numbers.rounded, steps(chain))
        return (cast(chain.transition(t).dense) for t in range(1, chain.T + 1))

    def _cast(self, step: Dense) -> Table:
        if isinstance(self.numbers, FloatFormat):
            return self.numbers.rounded(array(step))
        return self.numbers.numbers([(row, step.matrix.d) for row in step.matrix.table()], step.K)

    def information(self, p0: Table, Q_bar: Table) -> Any:
        """Return Σ q·log(q/(p_0 p_t)), row by row."""
        f = self.numbers
        laws, p_t = self.law(Q_bar), self.law(f.product(p0[None, :], Q_bar))
        joint, apart = f.rounded(p0[:, None] * laws), f.rounded(p0[:, None] * p_t)
        there = f.positive(joint)
        return self.divergence(joint[there], joint[there], apart[there])

    def divergence(self, weights: Table, p: Table, r: Table) -> Any:
        """Return Σ weights·log(p/r) over lists of numbers."""
        return self.numbers.summed(self.numbers.rounded(weights * self.log_ratio(p, r)))

    def log_ratio(self, p: Table, r: Table) -> Table:
        """Return log(h(p)/h(r))."""
        return self.numbers.log(self.numbers.divided(self.inside(p), self.inside(r)), self.unit)

    def inside(self, x: Table) -> Table:
        """Return h(x), what stands in a logarithm in the place of x."""
        f, recipe, before = self.numbers, self.recipe, x
        if recipe.added is not None:
            x = f.rounded(x + f.number(recipe.added))
        if recipe.least is not None:
            x = f.larger(x, f.number(recipe.least))
        if recipe.least_log is not None:
            x = f.larger(x, f.exp(recipe.least_log))
        self.touched = self.touched or x is not before
        return x

    def law(self, rows: Table) -> Table:
        """Return rows with what the recipe adds to each probability, divided by their sums or not."""
        f, spread = self.numbers, self.recipe.spread
        if spread is None:
            return rows
        self.touched = True
        rows = f.rounded(rows + f.number(spread))
        return f.divided(rows, f.summed(rows.T)[:, None]) if self.recipe.normalised else rows

    def matching(self, p0: Table, before: Table, Q: Table, Q_bar: Table, R: Table) -> Any:
        """Return L_t, the denoising matching term: the mean of KL(q(x_{t−1} | x_t, x_0) ‖ R_t) over x_0 and x_t."""
        f, parts = self.numbers, []
        for j in range(len(p0)):
            joint = f.rounded(p0 * Q_bar[:, j])
            sources = np.flatnonzero(f.positive(joint))
            if not len(sources):
                continue
            ways = f.rounded(before[sources] * Q[:, j])
            w = self.law(f.divided(ways, Q_bar[sources, j, None]))
            model = np.broadcast_to(self.law(R[None, j]), w.shape)
            there, terms = f.positive(w), f.zeros(w.shape)
            terms[there] = f.rounded(w[there] * self.log_ratio(w[there], model[there]))
            parts.append(f.rounded(joint[sources] * f.summed(terms.T)))
        return f.summed(np.concatenate(parts))

    def reconstruction(self, p0: Table, Q_bar: Table, R: Table) -> Any:
        """Return L_1 = −Σ p_0[k] Q_1[k, j] log R_1[j, k]."""
        joint = self.numbers.rounded(p0[:, None] * Q_bar)
        there = self.numbers.positive(joint)
        return self._cross_entropy(joint[there], self.law(R).T[there])

    def _cross_entropy(self, weights: Table, p: Table) -> Any:
        """Return −Σ weights·log p over lists of numbers."""
        return -self.numbers.summed(self.numbers.rounded(weights * self.numbers.log(self.inside(p), self.unit)))

    def prior_term(self, p0: Table, Q_bar: Table, prior: Table) -> Any:
        """Return the mean of KL(q(x_T | x_0) ‖ π) over x_0."""
        f, laws = self.numbers, self.law(Q_bar)
        weights = f.rounded(p0[:, None] * laws)
        there = f.positive(weights)
        model = np.broadcast_to(self.law(prior[None, :]), laws.shape)
        return self.divergence(weights[there], laws[there], model[there])

    def nll(self, p0: Table, prior: Table, tables: list[Table]) -> Any:
        """Return −Σ p_0[k] log ν[k], ν = π R_T ⋯ R_1; a row that is undefined counts only where ν reaches it."""
        law = prior[None, :]
        for R in reversed(tables):
            reached = self.numbers.positive(law[0])[:, None] | self._is_no_number(law[0])[:, None]
            law = self.numbers.product(law, np.where(reached, R, self.numbers.zeros(R.shape)))
        there = self.numbers.positive(p0)
        return self._cross_entropy(p0[there], self.law(law)[0][there])

    def _is_no_number(self, x: Table) -> Table:
        return np.array([self.numbers.range(value) is None for value in x], dtype=bool)

    def worked_out(
        self,
        model: ReverseModel | None,
        prior: RationalMatrix,
        progress: Callable[[float], None] = lambda _share: None,
    ) -> Numbers:
        """Return all numbers; without a model I_t alone. In balls FLINT's precision must be set by the caller."""
        p0, before, tables = self.law_of_data, np.empty(0), list[Table]()
        found, untouched = dict[Key, Range | None](), set[Key]()

        def enter(name: str, t: int, value: Any) -> None:
            found[name, t] = self.numbers.range(value)
            if not self.touched:
                untouched.add((name, t))
            self.touched = False

        for t, (Q, Q_bar) in enumerate(self.forward()):
            enter("information", t, self.information(p0, Q_bar))
            if model is not None and Q is not None:
                R = self.numbers.numbers(exact_step(self.chain, model, t).rows, self.chain.K)
                tables.append(R)
                first = t == 1
                enter("term", t, self.reconstruction(p0, Q_bar, R) if first else self.matching(p0, before, Q, Q_bar, R))
            before = Q_bar
            progress(t / self.chain.T)
        if model is not None:
            pi = self.vector(prior)
            enter("prior", 0, self.prior_term(p0, before, pi))
            enter("nll", 0, self.nll(p0, pi, tables))
        return Numbers(found, frozenset(untouched))


def shadow(chain: Chain, unit: Unit) -> Iterator[float]:
    """Return I(x0;x_t) for t = 0, 1, …, T in `unit` and float64; infinite where p_0[k] p_t[j] leaves its range below.

    >>> from markovdiff.process.distribution import Distribution
    >>> from markovdiff.process.kernels import absorbing
    >>> coin = Distribution.from_weights([1, 1, 0])
    >>> list(shadow(Chain(coin, absorbing(3, 2), (Fraction(1, 2), Fraction(1)), 2), "bits"))
    [1.0, 0.5, 0.0]
    """
    return map(float, Textbook(chain, unit, FP64).informations())


EXACT = Balls()
