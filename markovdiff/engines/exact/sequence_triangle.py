"""The data-processing triangle for sequences: as `exact.triangle`, with products in place of kernels.

    I(x_s; x_u) = H(x_u) − L·H(symbol at u | symbol at s)

Neighbours alone are compared, and equality is asked of one symbol's integers:

    I(x_s; x_{u−1}) = I(x_s; x_u)   ⇔  x_s ⊥ x_{u−1} given x_u     (`facts.loses_nothing`, from p_s on)
    I(x_{s+1}; x_u) = I(x_s; x_u)   ⇔  whatever x_{s+1} follows a possible x_s, the law of x_u from there is the same;
                                       at each position, then, the rows of all symbols that can follow are one row
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from flint import fmpz

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.cached import cached_property
from markovdiff.engines.exact.sequence_information import entropy_of_joint, noise_entropy_of
from markovdiff.engines.exact.triangle import compared, times_of
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.information import SPARE_BITS
from markovdiff.process.transition import Transition
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.facts import is_independent, loses_nothing
from markovdiff.sequences.law import SequenceLaw


@dataclass(frozen=True, eq=False)
class Source:
    """x_s: one symbol's kernel to it, its law at a position drawn at random, and what can stand at each position."""

    chain: SequenceChain
    cumulative: Transition
    symbol: RationalMatrix
    supports: tuple[tuple[int, ...], ...]

    @cached_property
    def law(self) -> SequenceLaw:
        """The joint law by its support, found anew: it is asked for where an enclosure did not settle a pair."""
        space = self.chain.space
        numbered = enumerate(space.at(self.chain.law, self.cumulative).N.entries())
        weights = {space.sequence(n): int(w) for n, w in numbered if w != 0}
        return SequenceLaw.from_indices(weights, self.chain.law.symbols)

    def after(self, step: Transition) -> Source:
        """Return what x_s becomes by one symbol's step."""
        reach = [{j for j, n in enumerate(row) if n != 0} for row in step.dense.table]
        supports = tuple(tuple(sorted(set().union(*(reach[k] for k in support)))) for support in self.supports)
        return Source(self.chain, self.cumulative.then(step), step.push(self.symbol), supports)


@dataclass(frozen=True, eq=False)
class SequencePair:
    """x_s and x_u: the first, one symbol's kernel to the second, and H(x_u)."""

    source: Source
    kernel: Transition
    entropy: Quantity

    @cached_property
    def information(self) -> Quantity:
        """I(x_s; x_u)."""
        form = noise_entropy_of(self.source.symbol, self.kernel.dense, self.source.chain.length)
        noise = Quantity(lambda bits: form.ball(bits + SPARE_BITS), lambda: form)
        return self.entropy.minus(noise, zero=is_independent(self.source.supports, self.kernel))


def triangle(chain: SequenceChain, tick: Callable[[float], None] = lambda _share: None) -> Finding:
    """Return the verdict on every triangle; `tick` is told the share of the work that is done."""
    return compared(chain.T, _columns(chain, times_of(chain.T)), _later_equal, _inner_equal, tick)


def _later_equal(pair: SequencePair, step: SequencePair) -> bool:
    """Whether x_s ⊥ x_{u−1} given x_u, from (s, u−1) and (u−1, u)."""
    return loses_nothing(pair.source.law, pair.kernel, step.kernel, pair.kernel.then(step.kernel))


def _inner_equal(step: SequencePair, pair: SequencePair) -> bool:
    """Whether x_{s+1} ⊥ x_u given x_s, from (s, s+1) and (s+1, u)."""
    rows, following = pair.kernel.dense.table, step.kernel.dense.table
    possible = {k for support in step.source.supports for k in support}
    reached = ([rows[j] for j, n in enumerate(following[k]) if n != fmpz(0)] for k in possible)
    return all(row == group[0] for group in reached for row in group)


def _columns(chain: SequenceChain, times: list[int]) -> Iterator[list[SequencePair]]:
    start = chain.symbol.at(0)
    joint = chain.space.start(chain.law)
    last, entropy = Source(chain, start.cumulative, start.data, chain.supports), entropy_of_joint(joint)
    column = [SequencePair(last, start.cumulative, entropy)]
    yield column
    for a, b in pairwise(times):
        step = chain.symbol.transition(a + 1)
        for t in range(a + 2, b + 1):
            step = step.then(chain.symbol.transition(t))
        joint = chain.space.push(joint, step)
        last, entropy = last.after(step), entropy_of_joint(joint)
        earlier = [SequencePair(pair.source, pair.kernel.then(step), entropy) for pair in column]
        column = [*earlier, SequencePair(last, start.cumulative, entropy)]
        yield column
