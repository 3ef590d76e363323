"""Unmasking by counts, by walking what is shown: at each stage so many masked positions are drawn from q(x^l | shown).

Which positions: each block as likely as any other (`random`), in an order that is given, or those whose likeliest
symbol is likeliest, from the left where these are alike (`confidence`). The bound codes each datum along the way that
shows it: what it costs beyond H(x_0) is the excess. At random a stage that begins with m positions shown draws each of
its b positions after a uniform set of m others, and costs b times the mean of H(x^i | x^S). In any other order the
way is settled by x_0, and it is walked for each x_0. What shows no datum is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, combinations
from math import comb
from typing import TypeAlias

from markovdiff.audit.facts import MINUS
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.sequences.curve import ConditionalEntropies
from markovdiff.audit.sequences.positions import NoisedLaw, Symbols
from markovdiff.audit.sequences.process import SequenceProcess
from markovdiff.audit.sequences.sampler import LogTerms, SampledLaw, partly_masked, spread

Order: TypeAlias = "str | Sequence[int]"

MOST_WALKED = 2**22
"""Sequences drawn over all stages and choices, at most."""


@dataclass(frozen=True, eq=False)
class Unmasker:
    """Block sizes in the order of generation, and how positions are chosen: a word, or all positions in order."""

    process: SequenceProcess
    entropies: ConditionalEntropies
    sizes: Sequence[int]
    order: Order

    @cached_property
    def seen(self) -> NoisedLaw:
        """The law of the data and of what any part of them shows."""
        return partly_masked(self.process)

    def beliefs(self, x: Symbols) -> dict[int, list[int]] | None:
        """Return q(x^l | shown) by numerators for each masked position; None where no datum shows this."""
        weights = self.seen.weights(x)
        if not weights:
            return None
        return {place: self.seen.by_symbol(weights, place) for place, k in enumerate(x) if k == self.process.mask}

    def blocks(self, beliefs: dict[int, list[int]], b: int) -> tuple[list[tuple[int, ...]], bool]:
        """Return the blocks of b masked positions that are equally likely, and whether a tie was broken."""
        if self.order == "random":
            return list(combinations(beliefs, b)), False
        if self.order == "confidence":
            surest = {place: max(law) for place, law in beliefs.items()}
            first = sorted(beliefs, key=lambda place: (-surest[place], place))
            is_tied = b < len(first) and surest[first[b - 1]] == surest[first[b]]
            return [tuple(first[:b])], is_tied
        order = range(self.process.L) if isinstance(self.order, str) else self.order
        return [tuple([place for place in order if place in beliefs][:b])], False

    @property
    def is_too_much(self) -> bool:
        """Whether what is drawn is too much to be walked, or its masses are too long to be written as fractions."""
        return self._has_many_ways or self._walked is None

    @property
    def _has_many_ways(self) -> bool:
        symbols = len({k for x in self.process.law for k in x})
        total = 0
        for m, b in zip(accumulate(self.sizes, initial=0), self.sizes, strict=False):
            ways = comb(self.process.L, m) * comb(self.process.L - m, b) if self.order == "random" else 1
            total += ways * symbols ** (m + b)
        return total > MOST_WALKED

    @property
    def is_too_much_to_code(self) -> bool:
        """Whether the excess takes too many subsets."""
        return self.order == "random" and self.entropies.is_too_much

    @property
    def drawn(self) -> SampledLaw:
        """ν, what is false, and at how many of the states on the way a tie was broken; where it is not too much."""
        assert self._walked is not None
        return self._walked

    @cached_property
    def _walked(self) -> SampledLaw | None:
        assert self.process.mask is not None
        law: dict[Symbols, Fraction] = {(self.process.mask,) * self.process.L: Fraction(1)}
        lost: dict[Symbols, Fraction] = {}
        ties = 0
        for b in self.sizes:
            parts = []
            for x, mass in law.items():
                beliefs = self.beliefs(x)
                if beliefs is None:
                    lost[x] = mass
                    continue
                blocks, is_tied = self.blocks(beliefs, b)
                ties += is_tied
                for block in blocks:
                    rows = [
                        (beliefs[place], sum(beliefs[place])) if place in block else self._stays(k)
                        for place, k in enumerate(x)
                    ]
                    parts.append((mass / len(blocks), rows))
            made = spread(parts)
            if made is None:
                return None
            law = made
        return SampledLaw.of(self.process.law, law, lost, ties)

    def _stays(self, k: int) -> tuple[list[int], int]:
        return [int(i == k) for i in range(self.process.K)], 1

    @cached_property
    def excess(self) -> LogSum:
        """L − H(x_0)."""
        if self.order == "random":
            shown = accumulate(self.sizes, initial=0)
            costs = [(Fraction(b), self.entropies.curve[m]) for m, b in zip(shown, self.sizes, strict=False)]
            return LogSum.total([*costs, (MINUS, self.entropies.entropy)])
        cost = LogTerms()
        for x0, q in self.process.law.items():
            self._code(x0, q, cost)
        cost.entropy(list(self.process.law.values()), MINUS)
        return cost.form

    def _code(self, x0: Symbols, q: Fraction, cost: LogTerms) -> None:
        """Add −q log of the probability of each symbol that is drawn on the way that shows x_0."""
        assert self.process.mask is not None
        x = [self.process.mask] * self.process.L
        for b in self.sizes:
            beliefs = self.beliefs(tuple(x))
            assert beliefs is not None
            for place in self.blocks(beliefs, b)[0][0]:
                law = beliefs[place]
                cost.add(-q, Fraction(law[x0[place]], sum(law)))
                x[place] = x0[place]
