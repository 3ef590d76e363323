"""The information curve of a law of sequences, from its definition: c_j = mean of H(x^i | x^S), |S| = j, i ∉ S.

    H(x^i | x^S) = Σ_s q(x^S = s) H(x^i | x^S = s),    TC = Σ_i H(x^i) − H(x),    DTC = H(x) − Σ_i H(x^i | all others)

Every subset S is looked at, and for each what it may show: no entropy is the difference of two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import comb, lcm

from markovdiff.audit import budget
from markovdiff.audit.facts import MINUS, ONE, entropy
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.sequences.positions import Symbols

MOST_CELLS = 2e8
"""Sequences that are looked at over all subsets and positions, at most: a few minutes of work."""


@dataclass(frozen=True, eq=False)
class ConditionalEntropies:
    """The entropies of a law of sequences, by what is seen of a sequence."""

    law: Mapping[Symbols, Fraction]

    @cached_property
    def weights(self) -> dict[Symbols, int]:
        """q(x) over one denominator."""
        total = lcm(*(p.denominator for p in self.law.values()))
        return {x: p.numerator * (total // p.denominator) for x, p in self.law.items() if p}

    @cached_property
    def L(self) -> int:
        """The length."""
        return len(next(iter(self.weights)))

    @property
    def is_too_much(self) -> bool:
        """Whether the subsets are too many to be looked at."""
        return len(self.weights) * self.L * 2.0 ** (self.L - 1) > MOST_CELLS

    @cached_property
    def curve(self) -> list[LogSum]:
        """c_0 … c_{L−1}."""
        return [self._mean(j) for j in range(self.L)]

    def _mean(self, j: int) -> LogSum:
        """Return the mean of H(x^i | x^S) over the subsets S of j positions and the positions i outside."""
        total = sum(self.weights.values())
        form = LogSum(total * comb(self.L, j) * (self.L - j))
        certain = True
        for seen in combinations(range(self.L), j):
            for i in range(self.L):
                if i not in seen:
                    certain &= self._add_conditional(form, i, seen)
        return form.known(certain)

    def _add_conditional(self, form: LogSum, i: int, seen: Sequence[int]) -> bool:
        """Add the numerator of H(x^i | x^S); return whether x^i is certain given x^S."""
        budget.spend(500 * len(self.weights))
        whole: dict[Symbols, int] = {}
        parts: dict[tuple[Symbols, int], int] = {}
        for x, w in self.weights.items():
            s = tuple(x[k] for k in seen)
            whole[s] = whole.get(s, 0) + w
            parts[s, x[i]] = parts.get((s, x[i]), 0) + w
        for (s, _), w in parts.items():
            form.add(w, whole[s])
            form.add(-w, w)
        return len(parts) == len(whole)

    @cached_property
    def entropy(self) -> LogSum:
        """H(x)."""
        return entropy(list(self.weights.values()), sum(self.weights.values()))

    @cached_property
    def total_correlation(self) -> LogSum:
        """Σ_i H(x^i) − H(x)."""
        return LogSum.total([(Fraction(self.L), self.curve[0]), (MINUS, self.entropy)])

    @cached_property
    def dual_total_correlation(self) -> LogSum:
        """H(x) − Σ_i H(x^i | all other positions)."""
        return LogSum.total([(ONE, self.entropy), (Fraction(-self.L), self.curve[-1])])
