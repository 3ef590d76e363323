"""What a reverse model of sequences adds to a step, from q(x_{t−1}, x_t), pair by pair of states.

    Δ_t           = Σ q(i, j) log( q(i | j) / R_t(i | j) )
    term, t ≥ 2   = Σ q(k, i, j) log( q(k, i, j) / (q(k, j) R_t(i | j)) ),     t = 1:  −Σ q(i, j) log R_1(i | j)
    E TC          = Σ_j q(j) ( Σ_l H(x_{t−1}^l | x_t = j) − H(x_{t−1} | x_t = j) )
    own           = Σ_j q(j) Σ_l KL( q(x_{t−1}^l | x_t = j) ‖ r^l )
    cross-entropy = −Σ q(k, j) Σ_l log p̃^l(k^l | x_t = j)

R_t is q(i | j) for the joint Bayes reverse, Π_l r^l for a model by position. Where it says nothing about an x_t that
occurs, all of these are undefined; where r^l misses a symbol that occurs they are infinite.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeAlias

from markovdiff.audit import budget
from markovdiff.audit.facts import MINUS, ONE
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.reverse import Row
from markovdiff.audit.sequences.information import SequenceFacts, Symbols
from markovdiff.audit.sequences.sampler import Case, NoNumber

Found: TypeAlias = "LogSum | NoNumber"
Rows: TypeAlias = "Mapping[Symbols, Sequence[Row] | None]"


@dataclass(frozen=True, eq=False)
class ReverseFacts:
    """The truth about R_t; `rows` has r^l and `beliefs` p̃^l for each possible x_t, None for the joint Bayes reverse."""

    facts: SequenceFacts
    rows: Rows | None = None
    beliefs: Rows | None = None

    @property
    def t(self) -> int:
        """The time."""
        return self.facts.now.t

    @cached_property
    def by_end(self) -> dict[Symbols, dict[Symbols, int]]:
        """q(x_{t−1} = i, x_t = j) as by_end[j][i], over `scale`."""
        found: dict[Symbols, dict[Symbols, int]] = {}
        for (i, j), a in self.facts.pairs.items():
            found.setdefault(j, {})[i] = a
        return found

    @cached_property
    def positions(self) -> dict[Symbols, list[dict[int, int]]]:
        """q(x_{t−1}^l = k, x_t = j) as positions[j][l][k], over `scale`; what is impossible is left out."""
        budget.spend(400.0 * self.facts.now.length * len(self.facts.pairs))
        found = {}
        for j, column in self.by_end.items():
            sums: list[dict[int, int]] = [{} for _ in j]
            for i, a in column.items():
                for place, k in enumerate(i):
                    sums[place][k] = sums[place].get(k, 0) + a
            found[j] = sums
        return found

    def _form(self) -> LogSum:
        return LogSum(self.facts.scale)

    # what is no number

    @cached_property
    def no_number(self) -> NoNumber | None:
        """Why Δ_t is undefined or infinite, where it is."""
        return None if self.rows is None else self._of(self.rows, self.positions)

    def _of(self, rows: Rows, occurs: Mapping[Symbols, Sequence[Mapping[int, int]]]) -> NoNumber | None:
        unsaid: list[Case] = [{"t": self.t, "x_t": j} for j in occurs if rows[j] is None]
        if unsaid:
            return NoNumber("undefined", unsaid)
        missed: list[Case] = [
            {"t": self.t, "x_t": j, "position": place, "symbol": k}
            for j, sums in occurs.items()
            for place, (law, (numerators, _)) in enumerate(zip(sums, rows[j] or (), strict=True))
            for k in law
            if not numerators[k]
        ]
        return NoNumber("inf", missed) if missed else None

    # what is one

    @cached_property
    def error(self) -> Found:
        """Δ_t; of the joint Bayes reverse R_t is q(i | j)."""
        if self.rows is None:
            return LogSum().known(True)
        if self.no_number is not None:
            return self.no_number
        form, fits = self._form(), True
        for _, column, rows in self._each(self.rows):
            whole, totals = sum(column.values()), prod(total for _, total in rows)
            for i, a in column.items():
                form.add(a, a)
                form.add(-a, whole)
                fits = fits and a * totals == whole * prod(n[k] for (n, _), k in zip(rows, i, strict=True))
        form.add_all(self.cost)
        return form.known(fits)

    def _each(self, rows: Rows) -> Iterator[tuple[Symbols, dict[Symbols, int], Sequence[Row]]]:
        for j, column in self.by_end.items():
            if (row := rows[j]) is not None:
                yield j, column, row

    @cached_property
    def cost(self) -> LogSum:
        """−Σ q(i, j) log R_t(i | j), where it is a number; of a product the sum over its positions."""
        form = self._form()
        for j, _, rows in [] if self.rows is None else self._each(self.rows):
            for law, (numerators, total) in zip(self.positions[j], rows, strict=True):
                for k, e in law.items():
                    form.add(-e, numerators[k])
                    form.add(e, total)
        if self.rows is not None:
            return form
        for column in self.by_end.values():
            whole = sum(column.values())
            for a in column.values():
                form.add(-a, a)
                form.add(a, whole)
        return form

    @cached_property
    def term(self) -> Found:
        """The term of −ELBO that belongs to step t."""
        if isinstance(self.error, NoNumber):
            return self.error
        facts = self.facts
        if self.t == 1:
            return self.cost.known(self.error.is_zero() and facts.conditional.is_zero())
        parts = [(ONE, self.cost), (ONE, facts.now.joint_entropy), (MINUS, facts.triple_entropy)]
        return LogSum.total(parts).known(self.error.is_zero() and facts.loses_nothing)

    @cached_property
    def total_correlation(self) -> LogSum | None:
        """E TC(x_{t−1} | x_t); None for the joint Bayes reverse, which draws the positions together."""
        if self.rows is None:
            return None
        form, apart = self._form(), True
        for j, column in self.by_end.items():
            whole, sums = sum(column.values()), self.positions[j]
            form.add((len(sums) - 1) * whole, whole)
            for e in (e for law in sums for e in law.values()):
                form.add(-e, e)
            for a in column.values():
                form.add(a, a)
            apart = apart and len(column) == prod(map(len, sums))
            apart = apart and all(
                a * whole ** (len(sums) - 1) == prod(law[k] for law, k in zip(sums, i, strict=True))
                for i, a in column.items()
            )
        return form.known(apart)

    @cached_property
    def own_error(self) -> Found | None:
        """Σ_l E KL(q(x_{t−1}^l | x_t) ‖ r^l); None for the joint Bayes reverse."""
        if self.rows is None or self.no_number is not None:
            return self.no_number
        form, fits = self._form(), True
        for j, column, rows in self._each(self.rows):
            whole = sum(column.values())
            for law, (numerators, total) in zip(self.positions[j], rows, strict=True):
                for k, e in law.items():
                    if e * total != numerators[k] * whole:
                        fits = False
                        form.add(e, e)
                        form.add(-e, whole)
                        form.add(-e, numerators[k])
                        form.add(e, total)
        return form.known(fits)

    @cached_property
    def cross_entropy(self) -> Found | None:
        """E[−log p̃(x_0 | x_t)], the positions' sum; None where there is no denoiser."""
        if self.beliefs is None:
            return None
        occurs: dict[Symbols, list[dict[int, int]]] = {}
        for j, column in self.facts.now.joint.items():
            sums: list[dict[int, int]] = [{} for _ in j]
            for x0, a in column.items():
                for place, k in enumerate(x0):
                    sums[place][k] = sums[place].get(k, 0) + a
            occurs[j] = sums
        if (none := self._of(self.beliefs, occurs)) is not None:
            return none
        form = LogSum(self.facts.now.S)
        for j, sums in occurs.items():
            for law, (numerators, total) in zip(sums, self.beliefs[j] or (), strict=True):
                for k, a in law.items():
                    if numerators[k] != total:
                        form.add(-a, numerators[k])
                        form.add(a, total)
        return form
