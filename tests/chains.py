"""Rational processes for Hypothesis to draw, each beside the plainest account of itself: all its paths.

A `Process` holds a Chain as the package makes it and `laws[t−1][k]` = q(x_t | x_{t−1}, x_0 = k), written
out from the formulas. Everything asked of the chain can then be asked of the paths, one by one. The
draws favour what breaks theorems that are nearly true: zeros, permutations, closed classes, equal rows,
β = 0 and β = 1, one state, one step, data that sit on one state, and noise that remembers x_0.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import TypeVar

import pytest
from flint import fmpz, fmpz_mat
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.engines.exact.information import Information
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend, Gaussian, Kernel, RankOneKernel, neighbour, per_step, with_memory
from markovdiff.process.schedules import jump
from markovdiff.process.transition import Dense

Law = tuple[Fraction, ...]
Matrix = tuple[Law, ...]


SHARE = {"whole": 1, "third": 3}.get(os.environ.get("MARKOVDIFF_SEARCH", ""), 12)
"""A whole search takes minutes more: mutants make it, `.ci/run` a third; the everyday run draws a twelfth, or seven."""

F = TypeVar("F", bound=Callable[..., None])


def examples(n: int) -> Callable[[F], F]:
    """Mark a test as a search with `n` examples when whole; a slow machine is not a wrong answer."""
    few = max(n // SHARE, min(n, 7))
    chosen = settings(max_examples=few, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return lambda test: pytest.mark.search(chosen(test))


@dataclass(frozen=True, eq=False)
class Process:
    """A chain, and its noise written out: laws[t−1][k][i][j] = q(x_t = j | x_{t−1} = i, x_0 = k)."""

    chain: Chain
    laws: tuple[tuple[Matrix, ...], ...]

    def walks(self, k: int) -> Iterator[tuple[tuple[int, ...], Fraction]]:
        """Every path from x_0 = k with its probability given x_0 = k."""
        for rest in product(range(self.chain.K), repeat=self.chain.T):
            path = (k, *rest)
            p = Fraction(1)
            for t, law in enumerate(self.laws, 1):
                p *= law[k][path[t - 1]][path[t]]
            yield path, p

    @cached_property
    def paths(self) -> dict[tuple[int, ...], Fraction]:
        """Every path with its probability, the impossible ones left out."""
        p0 = self.chain.data.probabilities
        return {path: p0[k] * p for k in range(self.chain.K) for path, p in self.walks(k) if p0[k] * p}

    def law(self, *times: int) -> dict[tuple[int, ...], Fraction]:
        """The joint law of (x_s, x_t, …) at the given times, possible values only."""
        return self._collect(self.paths.items(), times)

    def law_from(self, k: int, *times: int) -> dict[tuple[int, ...], Fraction]:
        """The same given x_0 = k, whether or not the data ever start there."""
        return self._collect(((path, p) for path, p in self.walks(k) if p), times)

    @staticmethod
    def _collect(paths: object, times: tuple[int, ...]) -> dict[tuple[int, ...], Fraction]:
        law: dict[tuple[int, ...], Fraction] = {}
        for path, p in paths:  # type: ignore[attr-defined]
            seen = tuple(path[t] for t in times)
            law[seen] = law.get(seen, Fraction(0)) + p
        return law

    def table(self, s: int, t: int) -> Matrix:
        """q(x_s = i, x_t = j) with its zeros."""
        joint = self.law(s, t)
        K = range(self.chain.K)
        return tuple(tuple(joint.get((i, j), Fraction(0)) for j in K) for i in K)


def informations(chain: Chain) -> list[Information]:
    """What is known at t = 0, …, T, each linked to the one before."""
    seen: list[Information] = []
    for moment in chain.moments():
        seen.append(Information(moment, seen[-1] if seen else None))
    return seen


def row_vector(p: Sequence[Fraction]) -> RationalMatrix:
    """A law in the shape that the engine pushes about."""
    return RationalMatrix.from_rows([p])


def unreduced(p: RationalMatrix, factor: int) -> RationalMatrix:
    """The same law over a denominator that is larger than need be."""
    return RationalMatrix(fmpz_mat(p.N) * fmpz(factor), p.d * factor)


def constant_chain(p0: Sequence[object], rows: Sequence[Sequence[object]], T: int) -> Chain:
    """The chain that applies one and the same matrix T times."""
    data = Distribution.from_probabilities([Fraction(x) for x in p0])
    M = Dense.from_rows([[Fraction(x) for x in row] for row in rows], "rows", data.K)
    return Chain(data, Blend(M), (Fraction(1),) * T, T)


# numbers and laws

probabilities = st.sampled_from([Fraction(0), Fraction(1)]) | st.fractions(0, 1, max_denominator=12)


def laws(K: int) -> st.SearchStrategy[Law]:
    """A law on K states, zeros welcome."""
    some = st.lists(st.integers(0, 6), min_size=K, max_size=K).filter(any)
    spread = some.map(lambda w: tuple(Fraction(n, sum(w)) for n in w))
    return spread | points(K)


def points(K: int) -> st.SearchStrategy[Law]:
    """A law that sits on one state."""
    return st.integers(0, K - 1).map(lambda i: unit(i, K))


def unit(i: int, K: int) -> Law:
    """e_i."""
    return tuple(Fraction(int(i == j)) for j in range(K))


# matrices


def matrices(K: int) -> st.SearchStrategy[Matrix]:
    """A stochastic matrix of any of the kinds below."""
    return st.one_of(
        st.lists(laws(K), min_size=K, max_size=K).map(tuple),
        permutations(K),
        doubly_stochastic(K),
        st.lists(points(K), min_size=K, max_size=K).map(tuple),
        laws(K).map(lambda row: (row,) * K),
        reducible(K),
    )


def permutations(K: int) -> st.SearchStrategy[Matrix]:
    """A permutation: deterministic, invertible, periodic unless it is the identity."""
    return st.permutations(range(K)).map(lambda order: tuple(unit(i, K) for i in order))


@st.composite
def doubly_stochastic(draw: st.DrawFn, K: int) -> Matrix:
    """A mixture of permutations (Birkhoff 1946: there are no others)."""
    parts = draw(st.lists(permutations(K), min_size=1, max_size=3))
    shares = draw(laws(len(parts)))
    return tuple(
        tuple(sum((a * P[i][j] for a, P in zip(shares, parts, strict=True)), Fraction(0)) for j in range(K))
        for i in range(K)
    )


@st.composite
def reducible(draw: st.DrawFn, K: int) -> Matrix:
    """Two rooms: states below the wall stay below it, those above stay above or, at will, come down."""
    wall = draw(st.integers(0, K - 1))
    below = [(*row, *(Fraction(0),) * (K - wall)) for row in draw(st.lists(laws(wall), min_size=wall, max_size=wall))]
    free = draw(st.booleans())
    above = [
        row if free else ((Fraction(0),) * wall + draw(laws(K - wall)))
        for row in draw(st.lists(laws(K), min_size=K - wall, max_size=K - wall))
    ]
    return (*below, *above)


def blend(beta: Fraction, M: Matrix) -> Matrix:
    """(1−β)I + βM."""
    return tuple(tuple((1 - beta) * (i == j) + beta * m for j, m in enumerate(row)) for i, row in enumerate(M))


# processes


def schedules(T: int) -> st.SearchStrategy[tuple[Fraction, ...]]:
    """β_1 … β_T: anything, one β throughout, or the jump schedule."""
    return st.one_of(
        st.lists(probabilities, min_size=T, max_size=T).map(tuple),
        probabilities.map(lambda b: (b,) * T),
        st.just(jump(T)),
    )


@st.composite
def scheduled(draw: st.DrawFn, data: Distribution, T: int) -> Process:
    """A Markov chain from a kernel and a schedule."""
    K, betas = data.K, draw(schedules(T))
    kinds = ["uniform", "absorbing", "mixing", "own marginal", "matrix", "reflect", "periodic", "gaussian"]
    kind = draw(st.sampled_from(kinds))
    kernel: Kernel
    if kind in kinds[:4]:
        target = {
            "uniform": st.just((Fraction(1, K),) * K),
            "absorbing": points(K),
            "mixing": laws(K),
            "own marginal": st.just(data.probabilities),
        }[kind]
        pi = draw(target)
        kernel, M = RankOneKernel(Distribution.from_probabilities(pi)), (pi,) * K
    elif kind == "matrix":
        M = draw(matrices(K))
        kernel = Blend(Dense.from_rows(M, "rows"))
    elif kind == "gaussian":
        kernel = Gaussian(K, Fraction(1, 20))
        steps = [kernel.transition(beta).rows() for beta in betas]
        return Process(Chain(data, kernel, betas, T), tuple((step,) * K for step in steps))
    else:
        kernel = neighbour(K, draw(st.integers(1, K)), kind)
        M = kernel.M.rows()
    return Process(Chain(data, kernel, betas, T), tuple((blend(beta, M),) * K for beta in betas))


@st.composite
def given_outright(draw: st.DrawFn, data: Distribution, T: int) -> Process:
    """A Markov chain whose every step is its own matrix."""
    steps = draw(st.lists(matrices(data.K), min_size=T, max_size=T))
    return Process(Chain(data, per_step(steps, data.K), (), T), tuple((step,) * data.K for step in steps))


@st.composite
def markov(draw: st.DrawFn, max_K: int = 3, max_T: int = 3) -> Process:
    """A Markov chain of any kind."""
    data, T = draw(data_laws(max_K)), draw(st.integers(1, max_T))
    return draw(scheduled(data, T) | given_outright(data, T))


@st.composite
def with_a_memory(draw: st.DrawFn, max_K: int = 3, max_T: int = 3) -> Process:
    """A process whose noise looks back at x_0."""
    data, T = draw(data_laws(max_K)), draw(st.integers(1, max_T))
    by_source = tuple(draw(st.lists(matrices(data.K), min_size=data.K, max_size=data.K)))
    return Process(Chain(data, with_memory(by_source, data.K), (), T), (by_source,) * T)


def processes(max_K: int = 3, max_T: int = 3) -> st.SearchStrategy[Process]:
    """Any process, with memory or without."""
    return markov(max_K, max_T) | with_a_memory(max_K, max_T)


def data_laws(max_K: int) -> st.SearchStrategy[Distribution]:
    """q(x_0) on at most max_K states."""
    return st.integers(1, max_K).flatmap(laws).map(Distribution.from_probabilities)


@st.composite
def erasures(draw: st.DrawFn, max_K: int = 4, max_T: int = 4) -> Process:
    """An absorbing chain whose mask, the last state, no data ever show."""
    seen, T = draw(data_laws(max_K)), draw(st.integers(1, max_T))
    data = seen.with_extra_state("[MASK]")
    K, betas = data.K, draw(schedules(T))
    kernel = RankOneKernel(Distribution.from_probabilities(unit(K - 1, K)))
    steps = tuple((blend(beta, (unit(K - 1, K),) * K),) * K for beta in betas)
    return Process(Chain(data, kernel, betas, T), steps)
