"""Particles: every draw is followed into all its outcomes, so that a sampled path's law is compared exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from random import Random
from struct import unpack
from unittest.mock import patch

import pytest
from chains import Process, constant_chain, examples, laws, markov, points, processes, row_vector
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel, uniform
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
from markovdiff.process.transition import IdentityPlusRankOne
from tui.messages import STOPPED, Answer, Failed, Finished, Message, Question, Request, Sample, Sampled
from tui.worker import sampling
from tui.worker.sampling import backward, draw, forward, sample
from tui.worker.study import Study

Path = tuple[int, ...]

COIN = """
data = { states = ["a", "b"], weights = [3, 1] }
[noise]
steps = 12
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = "1/10" }
"""

MEMORY = """
data = { weights = [1, 1] }
[noise]
steps = 3
kernel = { kind = "conditional", rows_by_source = [[[1, 0], [0, 1]], [[0, 1], [1, 0]]] }
"""

EMPTY_PRIOR = """
data = { states = ["a", "b", "c"], weights = [1, 1, 0] }
noise = { steps = 2, kernel = { kind = "matrix", rows = [[1,0,0],[0,1,0],[0,0,1]] }, \
schedule = { kind = "constant", beta = 1 } }
reverse = { prior = "uniform" }
"""


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

    def draw(self, sums: sampling.Sums, _random: Random) -> int:
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
        with patch.object(sampling, "draw", ways.draw):
            found = act()
        law[found] = law.get(found, Fraction(0)) + ways.probability
        still += ways.others
    return law


def path_of(rows: list[list[int]]) -> Path:
    return tuple(row[0] for row in rows)


@given(processes())
@examples(60)
def test_a_forward_path_has_the_law_of_the_process(process: Process) -> None:
    """q(x_0, …, x_T) exactly, whatever the kernel, with memory too."""
    assert law_of(lambda: path_of(forward(process.chain, 1, Random(0)))) == process.paths


def came_back(chain: Chain, model: ReverseModel, prior: tuple[Fraction, ...]) -> dict[Path, Fraction]:
    """π R_T ⋯ R_1 as a law of paths x_0 … x_T, a path that meets an undefined row STOPPED from there on."""
    moments = list(chain.moments())
    law = {(j,): p for j, p in enumerate(prior) if p}
    for before, now in zip(moments[-2::-1], moments[:0:-1], strict=True):
        rows = (*model.step(before, now).fractions(),)
        further: dict[Path, Fraction] = {}
        for path, p in law.items():
            row = None if path[0] == STOPPED else rows[path[0]]
            for i, r in [(STOPPED, Fraction(1))] if row is None else enumerate(row):
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


# many particles


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
        assert rows[t] == [STOPPED if j == 2 else j for j in rows[3]]


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


# what cannot be had


def test_a_mixture_without_its_moments_is_too_large() -> None:
    """It needs Q̄_t; one that is missing is not walked to again."""
    chain = constant_chain(["1/2", "1/2"], [["1/2", "1/2"], ["1/3", "2/3"]], 3)
    prior = row_vector(chain.marginal(3))
    kept = {now.t: now for now in chain.moments() if now.t != 2}
    with pytest.raises(LimitError, match="too large to sample back"):
        backward(chain, D3PM(MarginalDenoiser()), prior, 4, Random(0), kept)


@pytest.mark.parametrize(
    ("limit", "model"),
    [("LAW_BITS", Bayes()), ("MIXED_WORDS", D3PM(MarginalDenoiser())), ("LEARNT_DRAWS", "counted")],
)
def test_past_a_limit_there_is_no_way_back_and_words_say_so(limit: str, model: ReverseModel | str) -> None:
    """The forward particles are there all the same."""
    chain = constant_chain(["1/2", "1/2"], [["1/2", "1/2"], ["1/3", "2/3"]], 3)
    chosen = Counted(chain, 5, Fraction(1), 1) if isinstance(model, str) else model
    kept = {} if limit == "LAW_BITS" else {now.t: now for now in chain.moments()}
    asked, prior = Sample(3, 4), row_vector(chain.marginal(3))
    assert sample(asked, chain, chosen, prior, kept).words == ""
    with patch.object(sampling, limit, 1):
        found = sample(asked, chain, chosen, prior, kept)
    assert found.reverse is None
    assert found.words.startswith("too large to sample back: ")
    assert found.forward == sample(asked, chain, chosen, prior, kept).forward


@pytest.mark.parametrize(
    ("asked", "T", "count"), [(9, 3, 9), (10**9, 3, 512), (500, 2**16, 4), (9, 2**18 + 1, 0), (0, 3, 0)]
)
def test_no_more_particles_than_can_be_sampled_in_a_moment(asked: int, T: int, count: int) -> None:
    """Neither too many nor along too many steps; none at all is said in words."""
    chain = Chain(Distribution.from_weights([1]), uniform(1), (Fraction(1, 2),) * T, T)
    found = sample(Sample(1, asked), chain, None, row_vector([Fraction(1)]), {})
    assert found.count == count
    assert len(found.forward) == (4 * count * (T + 1) if count else 0)
    assert found.words


# asked of a study


def study(text: str, *asked: Sample) -> list[Message]:
    sent: list[Message] = []
    made = Study(Request(text, ".", "x"), sent.append)
    for one in asked:
        made.ask(one)
    made.perform(lambda: None)
    return sent


def test_particles_come_when_the_run_has_ended() -> None:
    """Asked at once, they follow Finished; each row is `count` little-endian integers, and the seed says it all."""
    *_, end, first = study(COIN, Sample(1, 20))
    second = study(COIN, Sample(2, 20))[-1]
    assert isinstance(end, Finished)
    assert isinstance(first, Sampled)
    assert isinstance(second, Sampled)
    assert (first.seed, first.count, first.undefined, first.words) == (1, 20, 0, "")
    assert first.forward != second.forward
    assert first == study(COIN, Sample(1, 20))[-1]
    for packed in (first.forward, first.reverse, second.forward, second.reverse):
        assert packed is not None
        assert set(unpack(f"<{20 * 13}I", packed)) == {0, 1}


def test_of_those_asked_for_during_a_run_the_last_is_sampled() -> None:
    """The others are replied to at once, so that none is waited for."""
    early, late, *_, last = study(COIN, Sample(1, 20), Sample(2, 20), Sample(3, 20))
    words = "the particles come when the run has ended"
    assert [early, late] == [Sampled(seed, 0, b"", None, 0, words) for seed in (1, 2)]
    assert last == study(COIN, Sample(3, 20))[-1]


def test_questions_are_answered_between_the_steps_of_sampling() -> None:
    """What is asked while particles are sampled does not wait for them; another sample does."""
    sent: list[Message] = []
    made = Study(Request(COIN, ".", "x"), sent.append)
    made.perform(lambda: None)
    asked: list[Question | Sample] = [Question("marginal", 0, 0, 0), Sample(2, 3)]
    made.listen = lambda: made.ask(asked.pop()) if asked else None
    made.ask(Sample(1, 3))
    answer, first, second = sent[-3:]
    assert answer == Answer(Question("marginal", 0, 0, 0), "3/4")
    assert isinstance(first, Sampled)
    assert isinstance(second, Sampled)
    assert (first.seed, second.seed) == (1, 2)


def test_a_process_with_memory_has_no_way_back() -> None:
    """From a the chain stays, from b it swaps: forwards the memory is obeyed, and words say why there is no reverse."""
    sampled = study(MEMORY, Sample(5, 40))[-1]
    assert isinstance(sampled, Sampled)
    assert sampled.reverse is None
    assert "memory" in sampled.words
    states = unpack(f"<{40 * 4}I", sampled.forward)
    assert {states[n::40] for n in range(40)} == {(0, 0, 0, 0), (1, 0, 1, 0)}


def test_stopped_particles_are_counted() -> None:
    """`undefined` is how many of the reverse particles met an undefined row."""
    sampled = study(EMPTY_PRIOR, Sample(5, 40))[-1]
    assert isinstance(sampled, Sampled)
    assert sampled.reverse is not None
    first = unpack("<40I", sampled.reverse[: 4 * 40])
    assert sampled.undefined == first.count(STOPPED) > 0
    assert set(first) == {0, 1, STOPPED}


@pytest.mark.parametrize("text", ["data = 1", COIN.replace("12", "999999")])
def test_without_a_run_no_particles_but_a_reply(text: str) -> None:
    """Each Sample is replied to, whatever has become of the run."""
    *_, failed, sampled = study(text, Sample(1, 5))
    assert isinstance(failed, Failed)
    assert sampled == Sampled(1, 0, b"", None, 0, "the run did not finish")


def test_a_bug_in_sampling_is_not_silent() -> None:
    """An exception that nobody foresaw comes as its text, and the study goes on."""
    with patch("tui.worker.study.sample", side_effect=ZeroDivisionError("by nought")):
        sampled = study(COIN, Sample(1, 5))[-1]
    assert sampled == Sampled(1, 0, b"", None, 0, "ZeroDivisionError: by nought")
