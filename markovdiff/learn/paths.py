"""All paths x_0 → … → x_T of a small chain, weighed by the noise and by a model: the plainest account there is.

    q(x_{0:T}) = p_0(x_0) Π_t Q_t[x_{t−1}, x_t]              the noise, walking forward
    p_θ(x_{0:T}) = π(x_T) Π_t R_t[x_t, x_{t−1}]              the model, walking back

What a formula says in K² numbers a step is here a sum over up to K^(T+1) paths, exactly. It is meant for chains on
which one can check by hand; more than MAX_PATHS paths are refused. So is a model that gives probability 0 to a path
of the noise: the logarithms that are wanted of it do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import fmpz

from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.rational import over_common_denominator, rational, shown
from markovdiff.cached import cached_property
from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import check_distribution

Row: TypeAlias = "tuple[Fraction, ...]"
Rows: TypeAlias = "tuple[Row | None, ...]"
Path: TypeAlias = "tuple[int, ...]"

MAX_PATHS = 20_000
"""The most paths x_0 … x_T that are listed."""


@dataclass(frozen=True, eq=False)
class Paths:
    """A Markov chain and a model of its reverse, on few enough states and steps to list every path."""

    chain: Chain
    reverse: tuple[Rows, ...]
    prior: Row

    @classmethod
    def of(cls, chain: Chain, reverse: Sequence[Sequence[object]], prior: Sequence[object]) -> Paths:
        """Return the paths of exact numbers as people write them; everything is checked."""
        K, T = chain.K, chain.T
        if K ** (T + 1) > MAX_PATHS:
            raise LimitError(
                "too many paths to list",
                where="K, T",
                expected=f"K^(T+1) ≤ {MAX_PATHS}",
                got=f"{K}^{T + 1}",
                remedy="take fewer states or fewer steps; a run needs no list",
            )
        rows = [_sized(line, K, f"reverse[{t}]") for t, line in enumerate(_sized(reverse, T, "reverse"))]
        model = tuple(
            tuple(None if row is None else _law(row, K, f"reverse[{t}][{j}]") for j, row in enumerate(line))
            for t, line in enumerate(rows)
        )
        paths = cls(chain, model, _law(prior, K, "prior"))
        paths.check()
        return paths

    @property
    def T(self) -> int:
        """The number of steps."""
        return self.chain.T

    @cached_property
    def data(self) -> Row:
        """p_0."""
        return self.chain.data.probabilities

    @cached_property
    def Q(self) -> tuple[tuple[Row, ...], ...]:
        """Q_1 … Q_T."""
        return tuple(self.chain.step(t) for t in range(1, self.T + 1))

    @cached_property
    def q(self) -> dict[Path, Fraction]:
        """The probability that the noise gives to each path that occurs, given x_0."""
        weights: dict[Path, Fraction] = {(k,): Fraction(1) for k, a in enumerate(self.data) if a}
        for Q in self.Q:
            weights = {(*x, j): w * a for x, w in weights.items() for j, a in enumerate(Q[x[-1]]) if a}
        return weights

    @cached_property
    def p(self) -> dict[Path, Fraction]:
        """p_θ(x_{0:T}) of every path that the model can walk back to an x_0 of the data."""
        weights: dict[Path, Fraction] = {(j,): a for j, a in enumerate(self.prior) if a}
        for t in range(self.T, 0, -1):
            weights = {(i, *x): w * a for x, w in weights.items() for i, a in enumerate(self.row(t, x[0])) if a}
        return {x: w for x, w in weights.items() if self.data[x[0]]}

    @cached_property
    def misses(self) -> bool:
        """Whether the model can walk a path that the noise cannot."""
        return any(x not in self.q for x in self.p)

    def row(self, t: int, j: int) -> Row:
        """Return p_θ(x_{t−1} | x_t = j), which the model must give wherever it or the noise can be."""
        row = self.reverse[t - 1][j]
        if row is None:
            raise InputError(
                "the model does not say where to go from a state that is reached",
                where=f"reverse[{t - 1}][{j}], x_{t} = {self.chain.states[j]!r}",
                expected="a distribution of x_{t−1}",
                got="None",
            )
        return row

    def check(self) -> None:
        """Raise InputError where the model forbids a path of the noise."""
        forbidden = next((x for x in self.q if x not in self.p), None)
        if forbidden is not None:
            raise InputError(
                "the model gives probability 0 to a path that the noise walks, and log 0 is −∞",
                where="the path x_0 … x_T = " + " → ".join(self.chain.states[i] for i in forbidden),
                expected="p_θ(x_{0:T}) > 0 wherever q(x_{0:T}) > 0",
                got="p_θ(x_{0:T}) = 0, so that the ELBO is −∞",
                remedy="give every step back that can be needed a positive probability",
            )

    def likelihood(self) -> Row:
        """Return p_θ(x0) as the row vector π R_T ⋯ R_1: no path is listed."""
        m = self.prior
        for t in range(self.T, 0, -1):
            reached = [(a, self.row(t, j)) for j, a in enumerate(m) if a]
            m = tuple(sum((a * row[i] for a, row in reached), Fraction(0)) for i in range(self.chain.K))
        return m

    def summed(self, weights: dict[Path, Fraction]) -> Row:
        """Return, for each x0, the sum of the weights of its paths."""
        totals = [Fraction(0)] * self.chain.K
        for x, w in weights.items():
            totals[x[0]] += w
        return tuple(totals)


def expected_log(pairs: Iterable[tuple[Fraction, Fraction]]) -> LogForm:
    """Return Σ w·log x over pairs (w, x), x > 0 wherever w ≠ 0, exactly.

    >>> print(expected_log([(Fraction(1, 2), Fraction(4)), (Fraction(1, 2), Fraction(1, 3))]))
    log 2 − 1/2·log 3
    """
    collected: dict[Fraction, Fraction] = {}
    for w, x in pairs:
        if w:
            collected[x] = collected.get(x, Fraction(0)) + w
    coefficients, d = over_common_denominator(collected.values())
    terms: list[tuple[fmpz, fmpz]] = []
    for c, x in zip(coefficients, collected, strict=True):
        terms += [(fmpz(c), fmpz(x.numerator)), (fmpz(-c), fmpz(x.denominator))]
    return LogForm(terms, d)


def _sized(values: object, size: int, where: str) -> list[object]:
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise InputError("not a list", where=where, expected=f"a list of {size}", got=shown(values))
    items = list(values)
    if len(items) != size:
        raise InputError("a model of another size than the chain", where=where, expected=str(size), got=str(len(items)))
    return items


def _law(values: object, K: int, where: str) -> Row:
    law = tuple(rational(x, f"{where}[{i}]") for i, x in enumerate(_sized(values, K, where)))
    check_distribution(law, where)
    return law
