"""The checks: what is observed of the whole process, decided a second time.

Some are theorems once their premises are facts, and the premises are what is verified: every row sums to one and x_t
depends on x_{t−1} alone (checked when the process is built), and μN_t = μ for every t. Then I(x_0;x_t) does not rise,
nor does I(x_s;x_u) as s falls or u rises, I_t ≤ η(N_t)·I_{t−1} (Dobrushin 1956; Cohen et al. 1993), KL(p_t‖μ) does not
rise, and L = H(x_0) + ΣΔ_t + KL(p_T‖π). What is not such a theorem (noise that remembers, a law that is not stationary,
the growth of entropy, a bound on I_T) is decided by signs of enclosures, and by exact forms where these hold zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Any

from markovdiff.audit import budget
from markovdiff.audit.facts import MINUS, ONE, Facts, divergence, entropy
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.noise import KERNELS
from markovdiff.audit.process import Matrix, Moment, Process, Table
from markovdiff.audit.reverse import step_of
from markovdiff.audit.scenario import Question, Scenario

MOST_TIMES = 64


@dataclass(frozen=True)
class Answer:
    """What is observed, and at which times (or triples of times) it shows; empty where there is nothing to show."""

    observed: str
    shows: frozenset[tuple[int, ...]] = frozenset()


class Watch:
    """The checks of a process: it observes every step, then answers each question."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.process = scenario.process
        self.decays: list[str] = []
        self.tight: list[int] = []
        self.asks = {question.name for question in scenario.questions}
        self.laws: list[list[int]] = []
        self.scales: list[int] = []
        self.agree = True
        self.last: LogSum | None = None

    def observe(self, facts: Facts, decay: str | None) -> None:
        """Take in time t."""
        now = facts.now
        budget.hold(now.S.bit_length() / 8 * len(now.P), for_long=True)
        self.laws.append(now.P)
        self.scales.append(now.S)
        self.agree = self.agree and _adds_up(now, facts.before)
        self.last = facts.mutual
        if decay is not None:
            self.decays.append(decay)
        if "sdpi" in self.asks and facts.before is not None and self._is_tight(facts):
            self.tight.append(now.t)

    def _is_tight(self, facts: Facts) -> bool:
        """Return whether I_t = η(N_t)·I_{t−1}: by structure (η = 1 without loss, nothing left, erasure), else by signs.

        An erasure is what leads to one state that no datum is in: I_t = ᾱ_t·H(x_0), and η = 1 − β.
        """
        step, target = step_of(facts.now), self.process.noise.target
        eta, earlier = step.dobrushin, facts.earlier
        erases = sum(map(bool, target)) == 1 and not any(w and d for w, d in zip(target, facts.now.data, strict=True))
        if eta == 0 or earlier.is_zero() or erases or (eta == 1 and facts.loses_nothing):
            return True
        return LogSum.total([(eta, earlier), (MINUS, facts.mutual)]).sign() == 0

    def answer(self, question: Question) -> Answer:
        """Return what is observed."""
        match question.name:
            case "mi-decay":
                return self._decay()
            case "identities":
                return Answer("holds" if self.agree else "violated")
            case "sdpi" | "elbo-ledger":
                return Answer("holds")
            case "h-theorem":
                return self._h_theorem(question.law)
            case "entropy-growth":
                return self._growth()
            case "converged":
                return self._converged(question)
        return Answer("holds") if self.process.is_markov else _triangle(self.process)

    def _decay(self) -> Answer:
        at = {word: [t for t, decay in enumerate(self.decays, 1) if decay == word] for word in set(self.decays)}
        if "violated" in at:
            return Answer("violated", _times(at["violated"]))
        if "equal" not in at:
            return Answer("strict")
        return Answer("equal" if "strict" not in at else "non-increasing", _times(at["equal"]))

    def _growth(self) -> Answer:
        """Return the answer on growth: H(x_t) falls where the sign of H(x_t) − H(x_{t−1}) is −1."""
        forms = self._entropies()
        falls = [t for t, (a, b) in enumerate(pairwise(forms), 1) if LogSum.total([(ONE, b), (MINUS, a)]).sign() < 0]
        return Answer("violated" if falls else "non-decreasing", _times(falls))

    def _entropies(self) -> list[LogSum]:
        """Return H(x_0) … H(x_T)."""
        return [entropy(P, S) for P, S in zip(self.laws, self.scales, strict=True)]

    def _h_theorem(self, law: Sequence[Fraction]) -> Answer:
        if self._is_preserved(law):
            return Answer("holds")
        rises = self._rises(law)
        return Answer("violated" if rises else "holds", _times(rises))

    def _rises(self, law: Sequence[Fraction]) -> list[int]:
        """Return the times at which KL(p_t‖law) rises."""
        laws = [[Fraction(n, S) for n in P] for P, S in zip(self.laws, self.scales, strict=True)]
        return [t for t, (a, b) in enumerate(pairwise(laws), 1) if farther(a, b, law)]

    def _is_preserved(self, law: Sequence[Fraction]) -> bool:
        """Return whether μN_t = μ for every t."""
        return all(is_stationary(self.process, t, law) for t in range(1, self.process.T + 1))

    def _converged(self, question: Question) -> Answer:
        assert self.last is not None
        within = compare(self.last, question.bound, question.unit) <= 0
        return Answer("holds") if within else Answer("violated", _times([self.process.T]))

    def misnamed(self) -> tuple[str, str] | None:
        """Return where a law is not what it is called: π, or the law of the H-theorem."""
        asked = [question for question in self.scenario.questions if question.against]
        named = [
            ("scenario.reverse.prior.kind", self.scenario.prior_kind, self.scenario.prior),
            *((f"scenario.checks.{question.name}.against", question.against, question.law) for question in asked),
        ]
        return next(((where, name) for where, name, law in named if not self._fits(name, law)), None)

    def _fits(self, name: str, law: Sequence[Fraction]) -> bool:
        """Return whether a law is what its name says."""
        process = self.process
        match name:
            case "marginal":
                return [Fraction(n, self.scales[-1]) for n in self.laws[-1]] == list(law)
            case "uniform":
                return len(set(law)) == 1
            case "data":
                return process.p0 == list(law)
            case "mask":
                if self.scenario.kind in KERNELS:
                    absorbs = [w > 0 for w in process.noise.target]
                    return self.scenario.kind == "absorbing" and [p > 0 for p in law] == absorbs
                return process.is_markov and 1 in law and self._is_preserved(law)
        return name == "given" or (process.is_markov and self._is_preserved(law))


def is_stationary(process: Process, t: int, law: Sequence[Fraction]) -> bool:
    """Return whether μN_t = μ; a matrix that is the same as at t − 1 is not examined twice."""
    step = process.step(t)
    if t > 1 and not process.noise.steps and process.betas[t - 1] == process.betas[t - 2]:
        return True
    d = lcm(*(p.denominator for p in law))
    numerators = [p.numerator * (d // p.denominator) for p in law]
    return step.applied([numerators]) == [[n * step.d for n in numerators]]


def compare(form: LogSum, bound: Fraction, unit: str) -> int:
    """Return the sign of form − bound, with the bound in a unit."""
    if unit == "bits":
        return form.minus_logarithms([(bound, 2)]).sign()
    if bound == 0:
        return form.sign()
    bits = 192
    while True:
        x = form.enclose(bits)
        if x.below(bound) or x.above(bound):
            return -1 if x.below(bound) else 1
        bits *= 2


def _times(times: Sequence[int]) -> frozenset[tuple[int, ...]]:
    return frozenset((t,) for t in times)


def shows(answer: Answer, witness: Mapping[str, Any] | None) -> bool:
    """Return whether a witness (of times) is one of those that show the answer, or there is none to show."""
    if witness is None:
        return not answer.shows
    if not answer.shows:
        return False
    names = ("s", "t", "u") if len(next(iter(answer.shows))) == 3 else ("t",)
    return set(witness) == set(names) and tuple(witness[name] for name in names) in answer.shows


def _adds_up(now: Moment, before: Moment | None) -> bool:
    """Return whether Σ_j q(x_0, x_t) = q(x_0), and q(x_t) is also q(x_{t−1})N_t."""
    if any(sum(row) != now.D for row in now.C):
        return False
    if before is None or now.step is None:
        return True
    return now.step.applied([before.P])[0] == [n * now.g for n in now.P]


def farther(before: Sequence[Fraction], now: Sequence[Fraction], law: Sequence[Fraction]) -> bool:
    """Return whether KL to the law rises."""
    if list(before) == list(now):
        return False
    a, b = divergence(before, law), divergence(now, law)
    if a is None or b is None:
        return b is None and a is not None
    return LogSum.total([(ONE, b), (MINUS, a)]).sign() > 0


def times_of(T: int) -> list[int]:
    """Return the times at which the triangle is examined: all, or 64 evenly spaced ones of a longer process."""
    return (
        list(range(T + 1)) if T <= MOST_TIMES else [round(Fraction(k * T, MOST_TIMES - 1)) for k in range(MOST_TIMES)]
    )


def _triangle(process: Process) -> Answer:
    """Compare I(x_s;x_u) with memory for all pairs, from joint laws summed over x_0, each with its neighbours."""
    times = times_of(process.T)
    needed = {b - a for b in times for a in times if a <= b}
    d = lcm(*(M.d for M in process.noise.memory))
    powers = [_powers(M, d, process.T, needed) for M in process.noise.memory]
    forms = {
        (s, u): _pair_information(process.data, powers, times[s], times[u])
        for u in range(len(times))
        for s in range(u + 1)
    }
    broken = set()
    for (s, u), outer in forms.items():
        for inner, t in (((s, u - 1), u - 1), ((s + 1, u), s + 1)):
            if s < u and LogSum.total([(ONE, forms[inner]), (MINUS, outer)]).sign() < 0:
                broken.add((times[s], times[t], times[u]))
    return Answer("violated" if broken else "holds", frozenset(broken))


def _powers(M: Matrix, d: int, T: int, needed: Collection[int]) -> dict[int, Table]:
    """Return those of M^0 … M^T that are needed, the n-th over d^n."""
    K, kept = len(M.N), {}
    power = [[int(i == j) for j in range(K)] for i in range(K)]
    for n in range(T + 1):
        if n:
            budget.spend(K**3 * budget.product(n * d.bit_length(), d.bit_length()))
            power = [[x * (d // M.d) for x in row] for row in M.applied(power)]
        if n in needed:
            budget.spend(30 * K**2 * n * d.bit_length())
            kept[n] = power
    return kept


def _pair_information(data: Sequence[int], powers: Sequence[Mapping[int, Table]], s: int, u: int) -> LogSum:
    """Return I(x_s;x_u), with q(x_s = i, x_u = j) = Σ_k q(x_0 = k) M_k^s[k][i] M_k^(u−s)[i][j]."""
    K = range(len(data))
    size = max(powers[0][u][0]).bit_length()
    budget.spend(len(K) ** 3 * budget.product(size, size))
    parts = [(w, power[s][k], power[u - s]) for k, (w, power) in enumerate(zip(data, powers, strict=True)) if w]
    joint = [[sum(w * start[i] * onward[i][j] for w, start, onward in parts) for j in K] for i in K]
    cells = [n for row in joint for n in row]
    whole = sum(cells)
    rows, columns = [sum(row) for row in joint], [sum(column) for column in zip(*joint, strict=True)]
    return LogSum.total([(ONE, entropy(rows, whole)), (ONE, entropy(columns, whole)), (MINUS, entropy(cells, whole))])
