"""Reverse models, from their definitions: R_t[j][i] = p_θ(x_{t−1} = i | x_t = j).

    bayes               q(x_{t−1} | x_t), for q(x_0) the data or another belief
    posterior-mixture   Σ_k q(x_{t−1} | x_t, x_0 = k) p̃(k | x_t); p̃ restricted to the k that reach x_t, rescaled
    d3pm                ∝ Σ_k q(x_{t−1}, x_t | x_0 = k) p̃(k | x_t) for t ≥ 2; R_1 = p̃ itself, or the same formula
    uniform             1/K
    counted, table      the rows that the record brings

p̃ is (1−ε)·q(x_0 | x_t) + ε/K, or q(x_0), or rows that the record brings. A row is numerators over a total, or None
where it is undefined: where what it conditions on is impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TypeAlias

from markovdiff.audit import budget
from markovdiff.audit.process import Matrix, Moment

Row: TypeAlias = "tuple[list[int], int]"
Rows: TypeAlias = "list[Row | None]"
Guess: TypeAlias = "Callable[[Moment], Sequence[Row | None]]"


@dataclass(frozen=True, eq=False)
class Reverse:
    """A reverse model: `rows(before, now)` is R_t; `guess(now)` p̃(x_0 | x_t), where the model has a denoiser."""

    kind: str
    rows: Callable[[Moment, Moment], Rows]
    guess: Guess | None = None

    def guessed(self, now: Moment) -> Sequence[Row | None] | None:
        """Return p̃(x_0 | x_t), where the model has a denoiser."""
        return None if self.guess is None else self.guess(now)


def row(numerators: Sequence[int]) -> Row | None:
    """Return numerators over their sum, in lowest terms; None where all are zero."""
    g = gcd(*numerators)
    return ([n // g for n in numerators], sum(numerators) // g) if g else None


def row_of(probabilities: Sequence[Fraction]) -> Row | None:
    """Return a law of rationals as a row."""
    d = lcm(*(x.denominator for x in probabilities))
    return row([x.numerator * (d // x.denominator) for x in probabilities])


def step_of(now: Moment) -> Matrix:
    """Return N_t, which a Markov chain has."""
    assert now.step is not None
    return now.step


def bayes(belief: Sequence[int]) -> Reverse:
    """Return R_t[j][i] ∝ b_{t−1}[i] N_t[i][j], b_{t−1} = belief·C_{t−1}."""

    def rows(before: Moment, now: Moment) -> Rows:
        b = [sum(w * c for w, c in zip(belief, column, strict=True)) for column in zip(*before.C, strict=True)]
        return [row([x * n for x, n in zip(b, column, strict=True)]) for column in zip(*step_of(now).N, strict=True)]

    return Reverse("bayes", rows)


def uniform(K: int) -> Reverse:
    """Return 1/K everywhere."""
    return Reverse("uniform", lambda _before, _now: [([1] * K, K) for _ in range(K)])


def table(tables: Sequence[Sequence[Row | None]]) -> Reverse:
    """Return R_t as the record brings it."""
    return Reverse("table", lambda _before, now: list(tables[now.t - 1]))


def posterior(error: Fraction) -> Guess:
    """Return (1−ε)·q(x_0 | x_t) + ε/K."""
    a, b = error.numerator, error.denominator

    def given(now: Moment) -> list[Row | None]:
        K = len(now.C)
        columns = zip(now.P, zip(*now.joint, strict=True), strict=True)
        return [row([(b - a) * K * n + a * P for n in column]) if P else None for P, column in columns]

    return given


def data_guess(data: Sequence[int]) -> Guess:
    """Return q(x_0), whatever x_t is."""
    return lambda now: [row(data)] * len(now.C)


def brought(tables: Sequence[Sequence[Row | None]]) -> Guess:
    """Return p̃ as the record brings it."""
    return lambda now: tables[now.t - 1]


def posterior_mixture(guess: Guess) -> Reverse:
    """Return Σ_k q(x_{t−1} | x_t, x_0 = k) p̃(k | x_t)."""

    def rows(before: Moment, now: Moment) -> Rows:
        reach = zip(*now.C, strict=True)
        return [
            g
            and _mixed(
                [Fraction(n, c) if c else Fraction(0) for n, c in zip(g[0], reached, strict=True)], before, now, j
            )
            for j, (g, reached) in enumerate(zip(guess(now), reach, strict=True))
        ]

    return Reverse("posterior-mixture", rows, guess)


def d3pm(guess: Guess, last: str) -> Reverse:
    """Return R_t[j] ∝ Σ_k q(x_{t−1}, x_t | x_0 = k) p̃(k | x_t); at t = 1 p̃ itself where `last` is "prediction"."""

    def rows(before: Moment, now: Moment) -> Rows:
        guesses = list(guess(now))
        if now.t == 1 and last == "prediction":
            return guesses
        return [g and _mixed([Fraction(n) for n in g[0]], before, now, j) for j, g in enumerate(guesses)]

    return Reverse("d3pm", rows, guess)


def _mixed(weights: Sequence[Fraction], before: Moment, now: Moment, j: int) -> Row | None:
    """Return the row ∝ Σ_k weight_k q(x_{t−1} = i, x_t = j | x_0 = k)."""
    d = lcm(*(w.denominator for w in weights))
    u = [w.numerator * (d // w.denominator) for w in weights]
    sources = step_of(now).columns[j]
    budget.spend(len(sources) * len(u) * budget.product(max(u).bit_length(), before.D.bit_length()))
    mixed = [0] * len(before.C)
    for i, n in sources:
        mixed[i] = n * sum(x * line[i] for x, line in zip(u, before.C, strict=True) if x)
    return row(mixed)
