"""The noising process, built again from the resolved scenario: probabilities as integers over one denominator.

    C_t[k][j] / D_t = q(x_t = j | x_0 = k),   N_t[i][j] / d_t = q(x_t = j | x_{t−1} = i),   P_t[j] / S_t = q(x_t = j)

with S_t = s·D_t and q(x_0 = k) = w_k / s. C_t = C_{t−1}N_t is divided by the greatest common divisor g_t of its
entries and its denominator, so D_t = D_{t−1}·d_t / g_t. P_t is the column sums of the joint w_k·C_t[k][j].

A kernel (1−β)I + β·1πᵀ is applied to a row r as (1−β)r + β(Σr)π, which is its definition; the others as
written. Noise that remembers x_0 has a matrix for each x_0, and row k of C_t then has a matrix of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from operator import mul

from markovdiff.audit import budget

Table = list[list[int]]


@dataclass(frozen=True, eq=False)
class Matrix:
    """A stochastic matrix N/d; with `keep` and `target` (over its sum) it is keep·I + (1−keep)·1 targetᵀ."""

    N: Table
    d: int
    keep: Fraction | None = None
    target: Sequence[int] = ()

    @cached_property
    def columns(self) -> list[list[tuple[int, int]]]:
        """For each column its entries above zero, as (row, numerator)."""
        return [[(i, n) for i, n in enumerate(column) if n] for column in zip(*self.N, strict=True)]

    def applied(self, rows: Table) -> Table:
        """Return rows times the matrix, over a denominator d times as large."""
        if self.keep is not None:
            return [self._mixed(row) for row in rows]
        K = len(self.N)
        if sum(map(len, self.columns)) * 2 > K * K:
            dense = list(zip(*self.N, strict=True))
            return [[sum(map(mul, row, column)) for column in dense] for row in rows]
        return [[sum([row[i] * n for i, n in column]) for column in self.columns] for row in rows]

    def _mixed(self, row: list[int]) -> list[int]:
        assert self.keep is not None
        whole = sum(self.target)
        stay = self.keep.numerator * whole
        fresh = (self.keep.denominator - self.keep.numerator) * sum(row)
        scale = self.d // (self.keep.denominator * whole)
        return [scale * (stay * x + fresh * w) for x, w in zip(row, self.target, strict=True)]

    @cached_property
    def dobrushin(self) -> Fraction:
        """1 − min over pairs of rows of Σ_j min(N[i][j], N[k][j])/d, which is max ½Σ|…|, rows summing to one."""
        if self.keep is not None:
            return self.keep if len(self.N) > 1 else Fraction(0)
        rows = [list(row) for row in dict.fromkeys(map(tuple, self.N))]
        budget.spend(50 * len(rows) ** 2 * len(self.N))
        shared = min((sum(map(min, rows[i], rows[k])) for i in range(len(rows)) for k in range(i)), default=self.d)
        return Fraction(self.d - shared, self.d)


def matrix(rows: Sequence[Sequence[Fraction]]) -> Matrix:
    """Return the matrix of rows of rationals."""
    d = lcm(*(x.denominator for row in rows for x in row))
    return Matrix([[x.numerator * (d // x.denominator) for x in row] for row in rows], d)


def mixture(keep: Fraction, target: Sequence[int]) -> Matrix:
    """Return keep·I + (1−keep)·1πᵀ, π the target over its sum."""
    whole = sum(target)
    fresh = keep.denominator - keep.numerator
    d = keep.denominator * whole
    N = [[fresh * w for w in target] for _ in target]
    for i, row in enumerate(N):
        row[i] += keep.numerator * whole
    return Matrix(N, d, keep, target)


def blend(beta: Fraction, M: Sequence[Sequence[Fraction]], scale: Sequence[Fraction] = ()) -> Matrix:
    """Return (1−β)I + βM; with a `scale` row i has β·scale_i in place of β."""
    moves = [beta * s for s in scale] or [beta] * len(M)
    rows = enumerate(zip(moves, M, strict=True))
    return matrix([[b * x + (1 - b) * (i == j) for j, x in enumerate(row)] for i, (b, row) in rows])


@dataclass(frozen=True, eq=False)
class Moment:
    """The process at t, and the step that led to it (None at t = 0 and with memory)."""

    t: int
    data: Sequence[int]
    C: Table
    D: int
    step: Matrix | None
    g: int

    @cached_property
    def joint(self) -> Table:
        """q(x_0 = k, x_t = j), over S."""
        return [[w * c for c in row] for w, row in zip(self.data, self.C, strict=True)]

    @cached_property
    def P(self) -> list[int]:
        """q(x_t = j), over S."""
        return [sum(column) for column in zip(*self.joint, strict=True)]

    @cached_property
    def S(self) -> int:
        """The denominator of `joint` and of `P`."""
        return sum(self.data) * self.D

    def marginal(self) -> list[Fraction]:
        """Return q(x_t), as rationals."""
        return [Fraction(n, self.S) for n in self.P]


@dataclass(frozen=True, eq=False)
class Noise:
    """One of four: a `target` (over its sum) or the matrix `blended`, both by β; `steps` outright; `memory`, by x_0.

    `kept` has ᾱ_t/ᾱ_{t−1} where the steps have an ᾱ.
    """

    target: tuple[int, ...] = ()
    blended: tuple[tuple[Fraction, ...], ...] = ()
    steps: tuple[Matrix, ...] = ()
    memory: tuple[Matrix, ...] = ()
    kept: tuple[Fraction, ...] = ()


@dataclass(frozen=True, eq=False)
class Process:
    """q(x_0) over its sum, and the noise; `betas` is empty where the kernel has no β."""

    states: tuple[str, ...]
    data: tuple[int, ...]
    T: int
    betas: tuple[Fraction, ...]
    noise: Noise
    _made: dict[Fraction, Matrix] = field(default_factory=dict)

    @property
    def K(self) -> int:
        """How many states."""
        return len(self.states)

    @cached_property
    def _moves(self) -> int:
        """About how many products a row of C_t takes."""
        if self.noise.target:
            return 3 * self.K
        return max(sum(map(len, M.columns)) for M in (self.noise.memory or [self.step(1)])) + self.K

    @property
    def is_markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""
        return not self.noise.memory

    @property
    def p0(self) -> list[Fraction]:
        """q(x_0)."""
        return [Fraction(w, sum(self.data)) for w in self.data]

    def step(self, t: int) -> Matrix:
        """Return q(x_t | x_{t−1})."""
        if self.noise.steps:
            return self.noise.steps[t - 1]
        beta = self.betas[t - 1]
        if beta not in self._made:
            if len(self._made) > 1:
                self._made.clear()
            target, M = self.noise.target, self.noise.blended
            budget.spend(4000 * self.K**2)
            self._made[beta] = mixture(1 - beta, target) if target else blend(beta, M)
        return self._made[beta]

    def kept(self, t: int) -> Fraction | None:
        """Return what ᾱ_t is of ᾱ_{t−1}; None where the noise has no ᾱ."""
        if self.noise.target:
            return 1 - self.betas[t - 1]
        return self.noise.kept[t - 1] if self.noise.kept else None

    def start(self) -> Moment:
        """Return the process at t = 0."""
        identity = [[int(i == j) for j in range(self.K)] for i in range(self.K)]
        return Moment(0, self.data, identity, 1, None, 1)

    def after(self, now: Moment) -> Moment:
        """Return the process one step on."""
        step = self.step(now.t + 1) if self.is_markov else None
        bits = now.D.bit_length()
        budget.spend(self.K * (self._moves * budget.product(bits, 64) + self.K * budget.common_divisor(bits, 64)))
        if step is not None:
            C, D = step.applied(now.C), now.D * step.d
        else:
            d = lcm(*(M.d for M in self.noise.memory))
            rows = [M.applied([row])[0] for M, row in zip(self.noise.memory, now.C, strict=True)]
            C = [[n * (d // M.d) for n in row] for M, row in zip(self.noise.memory, rows, strict=True)]
            D = now.D * d
        g = _common(D, C)
        if g > 1:
            C = [[n // g for n in row] for row in C]
        return Moment(now.t + 1, self.data, C, D // g, step, g)

    def moments(self, first: Moment | None = None) -> Iterator[Moment]:
        """Yield the process from `first` (t = 0) to T."""
        now = first or self.start()
        yield now
        while now.t < self.T:
            now = self.after(now)
            yield now

    def final_law(self) -> tuple[Fraction, ...]:
        """Return the law of x_T; for a Markov chain by vectors alone, q(x_t) = q(x_{t−1})N_t."""
        if not self.is_markov:
            *_, last = self.moments()
            return tuple(last.marginal())
        P = list(self.data)
        for t in range(1, self.T + 1):
            size = max(P).bit_length()
            budget.spend((self._moves + self.K) * budget.product(size, 64) + budget.common_divisor(size, size))
            budget.check_pace(t, self.T)
            P = self.step(t).applied([P])[0]
            g = gcd(*P)
            P = [n // g for n in P]
        return tuple(Fraction(n, sum(P)) for n in P)


def _common(D: int, C: Table) -> int:
    g = D
    for row in C:
        for n in row:
            g = gcd(g, n)
            if g == 1:
                return 1
    return g


def total_variation(p: Sequence[Fraction], q: Sequence[Fraction]) -> Fraction:
    """Return 1 − Σ min(p, q), which is ½Σ|p − q|."""
    return 1 - sum(map(min, p, q), Fraction(0))
