"""Trajectories: every draw is followed into all its outcomes, so that a sampled path's law is compared exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from chains import Process, constant_chain, examples, laws, markov, points, processes, row_vector
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.errors import InputError, LimitError
from markovdiff.process import trajectories
from markovdiff.process.chain import MAX_SAMPLED, Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel, uniform
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    Counted,
    MarginalDenoiser,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    ReverseTable,
    Uniform,
)
from markovdiff.process.trajectories import backward, draw, forward

Path = tuple[int | None, ...]
"""x_0 … x_T of one trajectory; None where it stopped."""


# one draw


class Words(Random):
    """A generator whose `random()` are these words over 2^53, then zeros."""

    def __init__(self, words: list[int]) -> None:
        super().__init__(0)
        self.words = iter(words)
        self.used: list[int] = []

    def random(self) -> float:
        self.used.append(next(self.words, 0))
        return self.used[-1] / 2**53


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any), st.data())
@examples(200)
def test_a_draw_is_the_inverse_of_the_cumulative_distribution(weights: list[int], data: st.DataObject) -> None:
    """All that begins with the words used lies within the drawn state's part of [0, 1), which is not empty."""
    sums = [sum(weights[: k + 1]) for k in range(len(weights))]
    near = [2**53 * s // sums[-1] for s in sums]
    word = st.integers(0, 2**53 - 1) | st.sampled_from([n for n in near if n < 2**53] or [0])
    random = Words(data.draw(st.lists(word, min_size=3, max_size=3)))
    k = draw(sums, random)
    low = sum((Fraction(w, 2 ** (53 * n)) for n, w in enumerate(random.used, 1)), Fraction(0))
    assert weights[k] > 0
    assert Fraction(sums[k] - weights[k], sums[-1]) <= low
    assert low + Fraction(1, 2 ** (53 * len(random.used))) <= Fraction(sums[k], sums[-1])


def test_a_third_needs_more_bits_where_the_first_leave_it_open() -> None:
    """⌊2^53/3⌋ begins numbers on both sides of 1/3: the next word decides."""
    open_word = 2**53 // 3
    for word, state in ((0, 0), (2**53 - 1, 1)):
        random = Words([open_word, word])
        assert draw([1, 3], random) == state
        assert len(random.used) == 2
    assert draw([1, 3], Words([open_word - 1])) == 0
    assert draw([1, 3], Words([open_word + 1])) == 1


def test_eighths_are_drawn_as_often_as_they_should() -> None:
    """Of the eight words that begin the eighths of [0, 1), each state gets as many as its weight."""
    assert Counter(draw([3, 3, 7, 8], Words([k * 2**50])) for k in range(8)) == {0: 3, 2: 4, 3: 1}


# the law of a path


@dataclass
class Ways:
    """A stand-in for `draw` that follows one way through the draws, and notes where others branch off."""

    way: list[int]
    taken: list[int] = field(default_factory=list)
    others: list[list[int]] = field(default_factory=list)
    probability: Fraction = Fraction(1)

    def draw(self, sums: trajectories.Sums, _random: Random) -> int:
        weights = [int(b) - int(a) for a, b in zip([0, *sums], sums, strict=False)]
        first, *rest = [k for k, w in enumerate(weights) if w]
        if len(self.taken) < len(self.way):
            k = self.way[len(self.taken)]
        else:
            k = first
            self.others += [[*self.taken, other] for other in rest]
        self.taken.append(k)
        self.probability *= Fraction(weights[k], int(sums[-1]))
        return k


def law_of(act: Callable[[], Path]) -> dict[Path, Fraction]:
    """The exact law of what `act` returns: every draw in it is followed into each state that it may give."""
    law: dict[Path, Fraction] = {}
    still: list[list[int]] = [[]]
    while still:
        ways = Ways(still.pop())
        with patch.object(trajectories, "draw", ways.draw):
            found = act()
        law[found] = law.get(found, Fraction(0)) + ways.probability
        still += ways.others
    return law


def path_of(rows: Sequence[Sequence[int | None]]) -> Path:
    return tuple(row[0] for row in rows)


@given(processes())
@examples(60)
def test_a_forward_path_has_the_law_of_the_process(process: Process) -> None:
    """q(x_0, …, x_T) exactly, whatever the kernel, with memory too."""
    assert law_of(lambda: path_of(forward(process.chain, 1, Random(0)))) == process.paths


def came_back(chain: Chain, model: ReverseModel, prior: tuple[Fraction, ...]) -> dict[Path, Fraction]:
    """π R_T ⋯ R_1 as a law of paths x_0 … x_T, a path that meets an undefined row None from there on."""
    moments = list(chain.moments())
    law: dict[Path, Fraction] = {(j,): p for j, p in enumerate(prior) if p}
    for before, now in zip(moments[-2::-1], moments[:0:-1], strict=True):
        rows = (*model.step(before, now).fractions(),)
        further: dict[Path, Fraction] = {}
        for path, p in law.items():
            row = None if path[0] is None else rows[path[0]]
            for i, r in [(None, Fraction(1))] if row is None else enumerate(row):
                if r:
                    further[i, *path] = further.get((i, *path), Fraction(0)) + p * r
        law = further
    return law


@st.composite
def forgetting(draw: st.DrawFn) -> Chain:
    """A chain that forgets towards any target, by any β_1 … β_T."""
    K, T = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    data, target = (Distribution.from_probabilities(draw(laws(K))) for _ in "ab")
    betas = draw(st.lists(st.fractions(0, 1, max_denominator=5), min_size=T, max_size=T))
    return Chain(data, RankOneKernel(target), tuple(betas), T)


def chains() -> st.SearchStrategy[Chain]:
    """Any Markov chain, and the structured ones often."""
    return markov().map(lambda process: process.chain) | forgetting()


@given(chains(), st.data())
@examples(80)
def test_a_reverse_path_has_the_law_of_the_model(chain: Chain, data: st.DataObject) -> None:
    """The prior times the model's rows, exactly, for every model; from any prior, so that some rows are undefined."""
    K = chain.K
    belief = row_vector(data.draw(laws(K)))
    moments = list(chain.moments())
    model = data.draw(
        st.sampled_from(
            [
                Bayes(),
                Bayes(belief),
                Uniform(),
                PosteriorMixture(Posterior(Fraction(1, 3))),
                D3PM(MarginalDenoiser()),
                Counted(chain, 5, Fraction(0), 1),
                ReverseTable(tuple(Bayes(belief).step(a, b).rows for a, b in pairwise(moments))),
            ]
        )
    )
    prior = data.draw(laws(K) | points(K))
    kept = {now.t: now for now in moments}
    law = law_of(lambda: path_of(backward(chain, model, row_vector(prior), 1, Random(0), kept)))
    assert law == came_back(chain, model, prior)
    assert sum(law.values()) == 1


@given(chains())
@examples(80)
def test_what_comes_back_by_bayes_from_the_marginal_is_the_forward_process(chain: Chain) -> None:
    """From p_T the Bayes reverse has the forward process's law of paths, and nothing stops."""
    law = law_of(lambda: path_of(backward(chain, Bayes(), row_vector(chain.marginal(chain.T)), 1, Random(0))))
    assert law == law_of(lambda: path_of(forward(chain, 1, Random(0))))


# many trajectories


def test_a_permutation_is_walked_and_inverted() -> None:
    """A deterministic chain's particles have no choice, forwards or, starting from its marginal, backwards."""
    chain = constant_chain(["1/2", "1/3", "1/6"], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], 5)
    there = forward(chain, 50, Random(7))
    back = backward(chain, Bayes(), row_vector(chain.marginal(5)), 50, Random(7))
    for rows in (there, back):
        for t in range(5):
            assert rows[t + 1] == [(i + 1) % 3 for i in rows[t]]


def test_undefined_rows_stop() -> None:
    """Under the identity, q(x_{t−1} | x_t) is undefined where the data never are: there particles stop for good."""
    chain = constant_chain(["1/2", "1/2", "0"], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], 3)
    rows = backward(chain, Bayes(), row_vector((Fraction(1, 3),) * 3), 60, Random(1))
    stopped = rows[3].count(2)
    assert 0 < stopped < 60
    for t in range(3):
        assert rows[t] == [None if j == 2 else j for j in rows[3]]


@given(processes(), st.integers(0, 2**40))
@examples(40)
def test_a_seed_says_it_all(process: Process, seed: int) -> None:
    """The same seed gives the same particles, and pausing draws nothing."""
    chain = process.chain
    pauses: list[int] = []
    once = forward(chain, 9, Random(seed))
    assert forward(chain, 9, Random(seed), lambda: pauses.append(1)) == once
    assert len(pauses) == chain.T
    assert [len(row) for row in once] == [9] * (chain.T + 1)


def test_a_vocabulary_needs_no_matrix() -> None:
    """50,257 states: neither direction ever writes a K × K matrix, nor walks along p_t."""
    K, T = 50_257, 8
    data = Distribution.from_weights(list(range(1, K + 1)))
    chain = Chain(data, uniform(K), (Fraction(1, 4),) * T, T)
    nothing = property(lambda _self: pytest.fail("a matrix was made"))
    with (
        patch.object(IdentityPlusRankOne, "dense", nothing),
        patch.object(IdentityPlusRankOne, "push", lambda *_: pytest.fail("p_t was made")),
    ):
        there = forward(chain, 300, Random(3))
        back = backward(chain, Bayes(), row_vector(data.probabilities), 300, Random(3))
    for rows in (there, back):
        assert [len(row) for row in rows] == [300] * (T + 1)
        assert all(0 <= state < K for row in rows for state in row)
        stayed = sum(a == b for row, after in pairwise(rows) for a, b in zip(row, after, strict=True))
        assert 0 < stayed < 300 * T


# chain.sample


@given(processes())
@examples(40)
def test_one_sampled_trajectory_has_the_law_of_the_process(process: Process) -> None:
    """Chain.sample(1) is a draw from q(x_0, …, x_T) exactly, with memory too: each outcome of a draw is followed."""
    assert law_of(lambda: process.chain.sample(1)[0]) == process.paths


@given(processes(), st.integers(0, 5), st.integers(0, 2**62))
@examples(40)
def test_a_sample_is_n_possible_trajectories_told_by_the_seed(process: Process, n: int, seed: int) -> None:
    """Each of the n has probability above 0, and the same seed gives the same ones, of another chain object too."""
    chain = process.chain
    paths = chain.sample(n, seed=seed)
    assert len(paths) == n
    assert all(process.paths[path] > 0 for path in paths)
    assert Chain(chain.data, chain.kernel, chain.betas, chain.T).sample(n, seed=np.int64(seed)) == paths


def test_a_permutation_is_walked() -> None:
    """Where each step is a permutation, x_0 says all: x_t = x_0 + t modulo 3."""
    chain = constant_chain(["1/2", "1/3", "1/6"], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], 5)
    paths = chain.sample(50, seed=7)
    assert {path[0] for path in paths} == {0, 1, 2}
    assert all(path == tuple((path[0] + t) % 3 for t in range(6)) for path in paths)


def test_memory_is_obeyed() -> None:
    """From a the process stays, from b it swaps at every step: two trajectories are possible, and both come."""
    kernel = "{ kind = 'conditional', rows_by_source = [[[1, 0], [0, 1]], [[0, 1], [1, 0]]] }"
    text = f"data = {{ weights = [1, 1] }}\nnoise = {{ steps = 3, kernel = {kernel} }}"
    assert set(md.loads(text).chain().sample(40, seed=5)) == {(0, 0, 0, 0), (1, 0, 1, 0)}


def test_a_seed_gives_the_same_states_for_ever() -> None:
    """By hand from the Mersenne Twister of seed 1: 0.134 and 0.847 are a and b under 3/4, 0.764 and 0.255 below 9/10.

    So x_0 is a in the first trajectory and b in the second, and the coin of 1 − β = 9/10 says "stay" to both.
    """
    random = Random(1)
    assert [round(random.random(), 3) for _ in range(4)] == [0.134, 0.847, 0.764, 0.255]
    schedule = "{ kind = 'constant', beta = '1/10' }"
    noise = f"{{ steps = 1, kernel = {{ kind = 'uniform' }}, schedule = {schedule} }}"
    text = f"data = {{ weights = [3, 1] }}\nnoise = {noise}"
    assert md.loads(text).chain().sample(2, seed=1) == ((0, 0), (1, 1))


def test_what_cannot_be_counted_is_refused() -> None:
    """A number of trajectories and a seed are integers from 0 on; a boolean is none, and −1 is not the seed 1."""
    chain = constant_chain([1], [[1]], 3)
    wrong: list[tuple[Any, Any]] = [(-1, 0), (True, 0), (1.0, 0), ("3", 0), (1, -1), (1, False), (1, None)]
    for n, seed in wrong:
        with pytest.raises(InputError, match="an integer of at least 0"):
            chain.sample(n, seed=seed)
    assert chain.sample(0) == ()
    of_numpy: Any = np.int64(2)
    assert chain.sample(of_numpy) == ((0, 0, 0, 0),) * 2


def test_a_sample_has_a_limit() -> None:
    """One trajectory more than n·(T + 1) ≤ MAX_SAMPLED allows is refused before anything is drawn."""
    chain = constant_chain([1], [[1]], 3)
    with (
        patch.object(trajectories, "forward", lambda *_: pytest.fail("it was drawn")),
        pytest.raises(LimitError, match="too many states to sample"),
    ):
        chain.sample(MAX_SAMPLED // 4 + 1)


# what cannot be had


def test_a_mixture_without_its_moments_is_too_large() -> None:
    """It needs Q̄_t; one that is missing is not walked to again."""
    chain = constant_chain(["1/2", "1/2"], [["1/2", "1/2"], ["1/3", "2/3"]], 3)
    prior = row_vector(chain.marginal(3))
    kept = {now.t: now for now in chain.moments() if now.t != 2}
    with pytest.raises(LimitError, match="too large to sample back"):
        backward(chain, D3PM(MarginalDenoiser()), prior, 4, Random(0), kept)
