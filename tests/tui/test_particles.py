"""Particles: how many a screen can have, what a study replies, and what the bytes hold; their law: tests/process."""

from __future__ import annotations

from fractions import Fraction
from struct import unpack
from unittest.mock import patch

import pytest
from chains import constant_chain, row_vector

from markovdiff.process import trajectories
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import uniform
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    Counted,
    MarginalDenoiser,
    ReverseModel,
)
from tui.messages import STOPPED, Answer, Failed, Finished, Message, Question, Request, SampleAnswer, SampleQuestion
from tui.worker.sampling import sample
from tui.worker.study import Study

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


# what a screen can have


@pytest.mark.parametrize(
    ("limit", "model"),
    [("LAW_BITS", Bayes()), ("MIXED_WORDS", D3PM(MarginalDenoiser())), ("LEARNT_DRAWS", "counted")],
)
def test_past_a_limit_there_is_no_way_back_and_words_say_so(limit: str, model: ReverseModel | str) -> None:
    """The forward particles are there all the same."""
    chain = constant_chain(["1/2", "1/2"], [["1/2", "1/2"], ["1/3", "2/3"]], 3)
    chosen = Counted(chain, 5, Fraction(1), 1) if isinstance(model, str) else model
    kept = {} if limit == "LAW_BITS" else {now.t: now for now in chain.moments()}
    asked, prior = SampleQuestion(3, 4), row_vector(chain.marginal(3))
    assert sample(asked, chain, chosen, prior, kept).words == ""
    with patch.object(trajectories, limit, 1):
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
    found = sample(SampleQuestion(1, asked), chain, None, row_vector([Fraction(1)]), {})
    assert found.count == count
    assert len(found.forward) == (4 * count * (T + 1) if count else 0)
    assert found.words


# asked of a study


def study(text: str, *asked: SampleQuestion) -> list[Message]:
    sent: list[Message] = []
    made = Study(Request(text, ".", "x"), sent.append)
    for one in asked:
        made.ask(one)
    made.perform(lambda: None)
    return sent


def test_particles_come_when_the_run_has_ended() -> None:
    """Asked at once, they follow Finished; each row is `count` little-endian integers, and the seed says it all."""
    *_, end, first = study(COIN, SampleQuestion(1, 20))
    second = study(COIN, SampleQuestion(2, 20))[-1]
    assert isinstance(end, Finished)
    assert isinstance(first, SampleAnswer)
    assert isinstance(second, SampleAnswer)
    assert (first.seed, first.count, first.undefined, first.words) == (1, 20, 0, "")
    assert first.forward != second.forward
    assert first == study(COIN, SampleQuestion(1, 20))[-1]
    for packed in (first.forward, first.reverse, second.forward, second.reverse):
        assert packed is not None
        assert set(unpack(f"<{20 * 13}I", packed)) == {0, 1}


def test_of_those_asked_for_during_a_run_the_last_is_sampled() -> None:
    """The others are replied to at once, so that none is waited for."""
    early, late, *_, last = study(COIN, SampleQuestion(1, 20), SampleQuestion(2, 20), SampleQuestion(3, 20))
    words = "the particles come when the run has ended"
    assert [early, late] == [SampleAnswer(seed, 0, b"", None, 0, words) for seed in (1, 2)]
    assert last == study(COIN, SampleQuestion(3, 20))[-1]


def test_questions_are_answered_between_the_steps_of_sampling() -> None:
    """What is asked while particles are sampled does not wait for them; another sample does."""
    sent: list[Message] = []
    made = Study(Request(COIN, ".", "x"), sent.append)
    made.perform(lambda: None)
    asked: list[Question | SampleQuestion] = [Question("marginal", 0, 0, 0), SampleQuestion(2, 3)]
    made.listen = lambda: made.ask(asked.pop()) if asked else None
    made.ask(SampleQuestion(1, 3))
    answer, first, second = sent[-3:]
    assert answer == Answer(Question("marginal", 0, 0, 0), "3/4")
    assert isinstance(first, SampleAnswer)
    assert isinstance(second, SampleAnswer)
    assert (first.seed, second.seed) == (1, 2)


def test_a_process_with_memory_has_no_way_back() -> None:
    """From a the chain stays, from b it swaps: forwards the memory is obeyed, and words say why there is no reverse."""
    sampled = study(MEMORY, SampleQuestion(5, 40))[-1]
    assert isinstance(sampled, SampleAnswer)
    assert sampled.reverse is None
    assert "memory" in sampled.words
    states = unpack(f"<{40 * 4}I", sampled.forward)
    assert {states[n::40] for n in range(40)} == {(0, 0, 0, 0), (1, 0, 1, 0)}


def test_stopped_particles_are_counted() -> None:
    """`undefined` is how many of the reverse particles met an undefined row."""
    sampled = study(EMPTY_PRIOR, SampleQuestion(5, 40))[-1]
    assert isinstance(sampled, SampleAnswer)
    assert sampled.reverse is not None
    first = unpack("<40I", sampled.reverse[: 4 * 40])
    assert sampled.undefined == first.count(STOPPED) > 0
    assert set(first) == {0, 1, STOPPED}


@pytest.mark.parametrize("text", ["data = 1", COIN.replace("12", "999999")])
def test_without_a_run_no_particles_but_a_reply(text: str) -> None:
    """Each Sample is replied to, whatever has become of the run."""
    *_, failed, sampled = study(text, SampleQuestion(1, 5))
    assert isinstance(failed, Failed)
    assert sampled == SampleAnswer(1, 0, b"", None, 0, "the run did not finish")


def test_a_bug_in_sampling_is_not_silent() -> None:
    """An exception that nobody foresaw comes as its text, and the study goes on."""
    with patch("tui.worker.study.sample", side_effect=ZeroDivisionError("by nought")):
        sampled = study(COIN, SampleQuestion(1, 5))[-1]
    assert sampled == SampleAnswer(1, 0, b"", None, 0, "ZeroDivisionError: by nought")
