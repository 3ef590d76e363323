"""What a sampler draws, and what its bound costs, by walking states: ν = π R_{s_n} ⋯ R_{s_1}.

The excess of the bound over H(x_0) is found from the definition of −ELBO along q's own paths,

    L − H(x_0) = −E log π(x_T) − Σ E log R(x_s | x_t) − Σ H(x_t | x_s) − H(x_0),

with a sum for each jump from t down to s. R is a product, so −E log R needs q(x_s^l, x_t) alone, and H(x_t | x_s) is a
sum over positions. What is drawn is a law on states, walked from T down to 0. A state about which the model says
nothing makes it undefined, but under an added mask, where the model never redraws what is shown, a state that shows
what no data have stays as it is: its mass is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from heapq import nsmallest
from itertools import pairwise
from math import lcm, prod
from typing import Any, TypeAlias

from markovdiff.audit import budget
from markovdiff.audit.facts import divergence
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.reverse import Row
from markovdiff.audit.sequences.positions import BackwardJump, NoisedLaw, PositionwiseModel, Symbols
from markovdiff.audit.sequences.process import SequenceProcess

Law: TypeAlias = "Mapping[Symbols, Fraction]"
Case: TypeAlias = "dict[str, Any]"
"""A witness, its symbols by number."""

MOST_WALKED = 2**25
"""Pairs (x_t, x_s) that a jump may have, at most: a minute of work."""

MOST_WRITTEN = 2**22
"""Bits that the masses of all states may have together: they grow by a factor with each jump."""

MOST_FALSE = 10
"""How many of the likeliest false sequences a record shows."""


@dataclass(frozen=True)
class NoNumber:
    """Why something is "inf" or "undefined": each case shows it."""

    kind: str
    cases: Sequence[Case]

    def labelled(self, symbols: Sequence[str]) -> list[Case]:
        """Return the cases with labels, as a record has them."""

        def label(key: str, value: Any) -> Any:
            if key in ("x0", "x_t"):
                return [symbols[k] for k in value]
            return symbols[value] if key == "symbol" else value

        return [{key: label(key, value) for key, value in case.items()} for case in self.cases]


class LogTerms:
    """Σ c·log n, collected term by term."""

    def __init__(self) -> None:
        self.terms: dict[int, Fraction] = {}

    def add(self, c: Fraction, value: Fraction) -> None:
        """Add c·log value, the value above zero."""
        for n, sign in ((value.numerator, 1), (value.denominator, -1)):
            if n != 1:
                self.terms[n] = self.terms.get(n, Fraction(0)) + sign * c

    def entropy(self, law: Sequence[Fraction], factor: Fraction) -> None:
        """Add factor·H(law)."""
        for p in law:
            if p:
                self.add(-factor * p, p)

    @property
    def form(self) -> LogSum:
        """The sum."""
        return LogSum().minus_logarithms((-c, n) for n, c in self.terms.items() if c)


@dataclass(frozen=True, eq=False)
class Sampler:
    """A reverse model on some of the times, from 0 to T; `prior` is π of a symbol, or None for q(x_T)."""

    process: SequenceProcess
    model: PositionwiseModel
    prior: Sequence[Fraction] | None
    times: Sequence[int]
    _known: dict[tuple[int, Symbols], list[Row] | None] = field(default_factory=dict)

    @cached_property
    def jumps(self) -> list[BackwardJump]:
        """The jumps, from T down to 0."""
        process = self.process
        return [
            BackwardJump(
                s, t, process.between(0, s), process.between(s, t), NoisedLaw(process.law, process.between(0, t))
            )
            for s, t in reversed(list(pairwise(self.times)))
        ]

    @cached_property
    def start(self) -> dict[Symbols, Fraction]:
        """π on states."""
        last = self.jumps[0].now
        if self.prior is None:
            return {x: Fraction(sum(n for _, n in last.weights(x)), last.scale) for x in last.states}
        drawn = [(k, p) for k, p in enumerate(self.prior) if p]
        budget.spend(1000.0 * len(drawn) ** last.L)
        found: dict[Symbols, Fraction] = {(): Fraction(1)}
        for _ in range(last.L):
            found = {(*x, k): m * p for x, m in found.items() for k, p in drawn}
        return found

    @property
    def is_too_much(self) -> bool:
        """Whether what is drawn is too much to be walked, or its masses are too long to be written as fractions."""
        return self._has_many_pairs or self._walked is None

    @property
    def _has_many_pairs(self) -> bool:
        symbols = len({k for x in self.process.law for k in x})
        fixed = self.process.mask is not None and self.model.keeps_what_is_shown
        each = 2 * symbols + 1 if fixed else self.process.K**2
        return float(each) ** self.process.L > MOST_WALKED

    @property
    def is_too_much_to_code(self) -> bool:
        """Whether the possible x_t may be too many to be gone through."""
        if self.process.mask is None:
            return self._has_many_pairs
        return 2.0**self.process.L * len(self.process.law) > MOST_WALKED

    @cached_property
    def excess(self) -> LogSum | NoNumber:
        """L − H(x_0), from the definition."""
        cost = LogTerms()
        undefined: list[Case] = []
        infinite = self._prior_cost(cost)
        for jump in self.jumps:
            self._jump_cost(jump, cost, undefined, infinite)
        cost.entropy(list(self.process.law.values()), Fraction(-1))
        if undefined:
            return NoNumber("undefined", undefined)
        return NoNumber("inf", infinite) if infinite else cost.form

    def _prior_cost(self, cost: LogTerms) -> list[Case]:
        """Add −E log π(x_T); return each x_0 and x_T that occur where π gives no mass."""
        last = self.jumps[0].now
        missed: list[Case] = []
        for x in last.states:
            weights = last.weights(x)
            q, p = Fraction(sum(n for _, n in weights), last.scale), self.start.get(x)
            if p:
                cost.add(-q, p)
            else:
                missed += [{"t": self.jumps[0].t, "x0": x0, "x_t": x} for x0, _ in weights]
        return missed

    def _jump_cost(
        self,
        jump: BackwardJump,
        cost: LogTerms,
        undefined: list[Case],
        infinite: list[Case],
    ) -> None:
        """Add −E log R(x_s | x_t) − H(x_t | x_s); note what makes it no number."""
        for x in jump.now.states:
            rows = self.rows(jump, x)
            if rows is None:
                undefined.append({"t": jump.t, "x_t": x})
                continue
            for place, (joint, (numerators, total)) in enumerate(zip(jump.joint(x), rows, strict=True)):
                for i, (e, n) in enumerate(zip(joint, numerators, strict=True)):
                    if e and n:
                        cost.add(-e / jump.now.scale, Fraction(n, total))
                    elif e:
                        infinite.append({"t": jump.t, "x_t": x, "position": place, "symbol": i})
        for k, held in enumerate(self._held):
            for p, line in zip(jump.before[k], jump.between, strict=True):
                if held and p:
                    cost.entropy(line, -held * p)

    @cached_property
    def _held(self) -> list[Fraction]:
        """How often each symbol is expected in a sequence of the data."""
        found = [Fraction(0)] * self.jumps[0].now.K
        for x0, q in self.process.law.items():
            for k in x0:
                found[k] += q
        return found

    def rows(self, jump: BackwardJump, x: Symbols) -> list[Row] | None:
        """Return r^l given x_t = x (remembered)."""
        if (jump.t, x) not in self._known:
            self._known[jump.t, x] = self.model.rows(jump, x)
        return self._known[jump.t, x]

    @property
    def drawn(self) -> SampledLaw | NoNumber:
        """ν, and what is false, where it is not too much."""
        assert self._walked is not None
        return self._walked

    @cached_property
    def _walked(self) -> SampledLaw | NoNumber | None:
        """Walk from T down to 0; None where the masses become too long."""
        law, lost = self.start, dict[Symbols, Fraction]()
        for jump in self.jumps:
            known = {x: self.rows(jump, x) for x, mass in law.items() if mass}
            undefined = []
            for x, rows in known.items():
                if rows is None and self._is_lost(x):
                    lost[x] = lost.get(x, Fraction(0)) + law[x]
                elif rows is None:
                    undefined.append({"t": jump.t, "x_t": x})
            if undefined:
                return NoNumber("undefined", undefined)
            made = spread([(law[x], rows) for x, rows in known.items() if rows is not None])
            if made is None:
                return None
            law = made
        return SampledLaw.of(self.process.law, law, lost)

    def _is_lost(self, x: Symbols) -> bool:
        """Return whether x shows what no data have, and stays so."""
        fixed = self.process.mask is not None and self.model.keeps_what_is_shown
        return fixed and not self._seen.weights(x)

    @cached_property
    def _seen(self) -> NoisedLaw:
        return partly_masked(self.process)


def partly_masked(process: SequenceProcess) -> NoisedLaw:
    """Return the law of the data and of what may be shown of them, each position masked with probability ½."""
    half, K = Fraction(1, 2), process.K
    return NoisedLaw(process.law, [[half * (i == j) + half * (j == process.mask) for j in range(K)] for i in range(K)])


@dataclass(frozen=True, eq=False)
class SampledLaw:
    """ν beside q(x_0): the masses of the sequences of the data, in the order of `law`, and those of what is false."""

    law: Law
    inside: Mapping[Symbols, Fraction]
    false: Mapping[Symbols, Fraction]
    ties: int = 0

    @classmethod
    def of(cls, law: Law, found: Law, lost: Law, ties: int = 0) -> SampledLaw:
        """Return what was drawn and what was lost on the way, apart by whether it can occur."""
        false = dict(lost)
        for x, mass in found.items():
            if not law.get(x) and mass:
                false[x] = false.get(x, Fraction(0)) + mass
        return cls(law, {x: found.get(x, Fraction(0)) for x, p in law.items() if p}, false, ties)

    @cached_property
    def kl(self) -> LogSum | NoNumber:
        """KL(q‖ν)."""
        found = divergence([self.law[x] for x in self.inside], list(self.inside.values()))
        if found is not None:
            return found
        return NoNumber("inf", [{"t": 0, "x0": x} for x, mass in self.inside.items() if not mass])

    @cached_property
    def total_variation(self) -> Fraction:
        """1 − Σ min(q, ν)."""
        return 1 - sum((min(self.law[x], mass) for x, mass in self.inside.items()), Fraction(0))

    @cached_property
    def outside_support(self) -> Fraction:
        """The mass of what is false."""
        return sum(self.false.values(), Fraction(0))

    @cached_property
    def likeliest_false(self) -> list[tuple[Symbols, Fraction]]:
        """The likeliest false sequences, of equals the first in order."""
        return nsmallest(MOST_FALSE, self.false.items(), key=lambda item: (-item[1], item[0]))


def even_times(n: int, T: int) -> tuple[int, ...]:
    """Return the times that n steps of T keep: s_i = ⌊i·T/n + ½⌋.

    >>> even_times(4, 10)
    (0, 3, 5, 8, 10)
    """
    half = Fraction(1, 2)
    return tuple((Fraction(i * T, n) + half).__floor__() for i in range(n + 1))


def spread(parts: Sequence[tuple[Fraction, Sequence[Row]]]) -> dict[Symbols, Fraction] | None:
    """Return Σ m·Π_l r^l over the parts, each a mass and a row for every position; None where that is too long."""
    totals = [mass / prod(total for _, total in rows) for mass, rows in parts]
    d = 1
    for m in totals:
        d = lcm(d, m.denominator)
        if d.bit_length() * len(parts) > MOST_WRITTEN:
            return None
    found: dict[Symbols, int] = {}
    for m, (_, rows) in zip(totals, parts, strict=True):
        supports = [[(k, n) for k, n in enumerate(numerators) if n] for numerators, _ in rows]
        budget.spend(prod(map(len, supports)) * (600 + d.bit_length()))
        for x, n in _walk(supports, m.numerator * (d // m.denominator)):
            found[x] = found.get(x, 0) + n
    return {x: Fraction(n, d) for x, n in found.items()}


def _walk(supports: Sequence[Sequence[tuple[int, int]]], first: int) -> Iterator[tuple[Symbols, int]]:
    made: list[tuple[Symbols, int]] = [((), first)]
    for support in supports:
        made = [((*x, k), m * n) for x, m in made for k, n in support]
    return iter(made)
