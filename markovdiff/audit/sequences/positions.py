"""Reverse models that treat every position by itself, from their definitions: R(x_s | x_t) = Π_l r^l(x_s^l | x_t).

With q(x_0, x_t) = q(x_0) Π_l Q̄_t[x_0^l][x_t^l], summed over those x_0 of the data that can become x_t,

    posterior           p̃^l(k) = (1−ε)·q(x_0^l = k | x_t) + ε/K
    leave-one-out       p̃^l(k) = q(x_0^l = k | x_t without position l)
    data                p̃^l(k) = q(x_0^l = k)
    brought             p̃^l as the record has it, or nothing about some x_t

    posterior-mixture   r^l = Σ_k q(x_s^l | x_t^l, x_0^l = k) p̃^l(k), p̃^l restricted to the k that can become x_t^l
    d3pm                r^l ∝ q(x_t^l | x_s^l) Σ_k q(x_s^l | x_0^l = k) p̃^l(k); p̃^l itself for s = 0 if `last` says so

A law is numerators over their sum. Where what it conditions on is impossible it is None, undefined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import lcm, prod
from typing import TypeAlias

from markovdiff.audit import budget
from markovdiff.audit.reverse import Row, row

Symbols: TypeAlias = "tuple[int, ...]"
Kernel: TypeAlias = "Sequence[Sequence[Fraction]]"
Weighted: TypeAlias = "list[tuple[Symbols, int]]"


class NoisedLaw:
    """q(x_0, x_t): the law of the data, and the kernel of one symbol from time 0 to time t."""

    def __init__(self, law: Mapping[Symbols, Fraction], kernel: Kernel) -> None:
        total = lcm(*(p.denominator for p in law.values()))
        self.data: Weighted = [(x, p.numerator * (total // p.denominator)) for x, p in law.items() if p]
        self.L, self.K = len(self.data[0][0]), len(kernel)
        d = lcm(*(p.denominator for line in kernel for p in line))
        self.N = [[p.numerator * (d // p.denominator) for p in line] for line in kernel]
        self.scale = total * d**self.L
        """The denominator of q(x_0, x_t)."""

    @cached_property
    def holders(self) -> list[list[Weighted]]:
        """For each position and symbol the sequences of the data that can become that symbol there."""
        reach = [[i for i, n in enumerate(line) if n] for line in self.N]
        found: list[list[Weighted]] = [[[] for _ in range(self.K)] for _ in range(self.L)]
        for x0, w in self.data:
            for place, k in enumerate(x0):
                for i in reach[k]:
                    found[place][i].append((x0, w))
        return found

    @cached_property
    def states(self) -> list[Symbols]:
        """The possible x_t, in order."""
        reach = [tuple(i for i, n in enumerate(line) if n) for line in self.N]
        boxes = {tuple(reach[k] for k in x0) for x0, _ in self.data}
        budget.spend(sum(300 * prod(map(len, box)) for box in boxes))
        return sorted({x for box in boxes for x in product(*box)})

    def weights(self, x: Symbols, without: int | None = None) -> Weighted:
        """Return each x_0 that can become x, and the numerator of q(x_0, x_t = x); or x without a position."""
        looked = [place for place in range(self.L) if place != without]
        candidates = min((self.holders[place][x[place]] for place in looked), key=len, default=self.data)
        budget.spend(len(candidates) * len(looked) * 200)
        found = []
        for x0, w in candidates:
            n = w
            for place in looked:
                n *= self.N[x0[place]][x[place]]
                if not n:
                    break
            else:
                found.append((x0, n))
        return found

    def by_symbol(self, weighted: Weighted, place: int) -> list[int]:
        """Return the sums of the weights by the symbol that x_0 has at a position."""
        found = [0] * self.K
        for x0, n in weighted:
            found[x0[place]] += n
        return found


@dataclass(frozen=True, eq=False)
class BackwardJump:
    """From x_t down to x_s: the kernels of one symbol from 0 to s and from s to t, and the law at t."""

    s: int
    t: int
    before: Kernel
    between: Kernel
    now: NoisedLaw
    bridges: dict[tuple[int, int], list[Fraction]] = field(default_factory=dict)

    def bridge(self, k: int, j: int) -> list[Fraction]:
        """Return q(x_s^l = i | x_0^l = k, x_t^l = j) for each i; k can become j."""
        if (k, j) not in self.bridges:
            joint = [a * line[j] for a, line in zip(self.before[k], self.between, strict=True)]
            total = sum(joint, Fraction(0))
            self.bridges[k, j] = [n / total for n in joint]
        return self.bridges[k, j]

    def mixed(self, weights: Sequence[int], j: int) -> list[Fraction]:
        """Return Σ_k w_k q(x_s^l = i | x_0^l = k, x_t^l = j) over the k that can become j."""
        found = [Fraction(0)] * len(weights)
        for k, w in enumerate(weights):
            if w and self.now.N[k][j]:
                for i, p in enumerate(self.bridge(k, j)):
                    if p:
                        found[i] += w * p
        return found

    def joint(self, x: Symbols) -> list[list[Fraction]]:
        """Return for each position q(x_s^l = i, x_t = x), over the scale of the law at t."""
        weighted = self.now.weights(x)
        return [self.mixed(self.now.by_symbol(weighted, place), x[place]) for place in range(len(x))]


@dataclass(frozen=True, eq=False)
class PositionwiseModel:
    """What a record says of a reverse model by position; `tables` holds p̃^l where it is brought, [t−1][x_t][l]."""

    form: str
    denoiser: str = "posterior"
    error: Fraction = Fraction(0)
    last: str = "formula"
    tables: Sequence[Mapping[Symbols, Sequence[Row] | None]] = ()

    @property
    def keeps_what_is_shown(self) -> bool:
        """Whether under an added mask it never redraws what is unmasked, so that what is false stays so."""
        predicts = self.form == "d3pm" and self.last == "prediction"
        return not self.error and self.denoiser != "brought" and not predicts

    def beliefs(self, now: NoisedLaw, t: int, x: Symbols) -> list[Row] | None:
        """Return p̃^l(x_0^l | x_t = x) for each position; None where one is undefined."""
        positions = range(now.L)
        match self.denoiser:
            case "posterior":
                if not (found := now.weights(x)):
                    return None
                laws = [row(self._with_error(now.by_symbol(found, place))) for place in positions]
            case "leave-one-out":
                laws = [row(now.by_symbol(now.weights(x, place), place)) for place in positions]
            case "data":
                laws = [row(now.by_symbol(now.data, place)) for place in positions]
            case "brought":
                given = self.tables[t - 1][x]
                return None if given is None else list(given)
            case unknown:
                raise ValueError(unknown)
        return _all(laws)

    def _with_error(self, joint: Sequence[int]) -> Sequence[int]:
        if not self.error:
            return joint
        a, b = self.error.numerator, self.error.denominator
        return [(b - a) * len(joint) * n + a * sum(joint) for n in joint]

    def rows(self, jump: BackwardJump, x: Symbols) -> list[Row] | None:
        """Return r^l(x_s^l | x_t = x) for each position; None where one is undefined."""
        beliefs = self.beliefs(jump.now, jump.t, x)
        if beliefs is None:
            return None
        match self.form:
            case "posterior-mixture":
                return _all([_row(jump.mixed(p, j)) for (p, _), j in zip(beliefs, x, strict=True)])
            case "d3pm" if jump.s == 0 and self.last == "prediction":
                return beliefs
            case "d3pm":
                return _all([_row(self._formula(jump, p, j)) for (p, _), j in zip(beliefs, x, strict=True)])
        raise ValueError(self.form)

    @staticmethod
    def _formula(jump: BackwardJump, p: Sequence[int], j: int) -> list[Fraction]:
        found = [Fraction(0)] * len(p)
        for i, line in enumerate(jump.between):
            if line[j]:
                reached = (n * jump.before[k][i] for k, n in enumerate(p) if n)
                found[i] = line[j] * sum(reached, Fraction(0))
        return found


def _row(values: Sequence[Fraction]) -> Row | None:
    """Return numbers that are not negative as a law; None where all are 0."""
    d = lcm(*(v.denominator for v in values))
    return row([v.numerator * (d // v.denominator) for v in values])


def _all(laws: Sequence[Row | None]) -> list[Row] | None:
    """Return the laws if each is defined."""
    found = [law for law in laws if law is not None]
    return found if len(found) == len(laws) else None
