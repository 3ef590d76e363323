"""What the worker answers and draws, without a process of its own: the chain's fractions, and those rounded."""

from __future__ import annotations

import math
from fractions import Fraction
from struct import unpack
from typing import Any

import pytest
from chains import Process, examples, processes
from hypothesis import given
from hypothesis import strategies as st
from sessions import TWO_STATE

from markovdiff.arithmetic.rational import text
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import neighbour, per_step
from markovdiff.process.moment import Moment
from tui.messages import Answer, Finished, Message, Question, Request
from tui.worker.answers import exact
from tui.worker.pictures import Pictures, floats
from tui.worker.study import Study

REQUEST = Request(TWO_STATE, ".", "two-state")


def pairs_of_moments(chain: Chain) -> list[tuple[Moment | None, Moment]]:
    moments = list(chain.moments())
    return list(zip([None, *moments], moments, strict=False))


def entries(chain: Chain, t: int, x0: int) -> dict[str, Any]:
    """The chain's own matrices at t, each with the entry that a question's (i, j) means."""
    joint, posterior = chain.joint(t), chain.data_posterior(t)
    found: dict[str, Any] = {
        "cumulative": lambda i, j: chain.cumulative(t)[i][j],
        "joint": lambda i, j: joint[i][j],
        "marginal": lambda _, j: chain.marginal(t)[j],
        "posterior": lambda i, j: (posterior[j] or {i: None})[i],
    }
    if t:
        reverse, forward = chain.bayes_reverse(t), chain.forward_posterior(t, x0)
        found["reverse"] = lambda i, j: (reverse[j] or {i: None})[i]
        found["forward"] = lambda i, j: (forward[j] or {i: None})[i]
        if chain.is_markov:
            found["step"] = lambda i, j: chain.step(t)[i][j]
    return found


@examples(100)
@given(processes(), st.data())
def test_an_answer_is_the_chains_own_fraction(process: Process, data: st.DataObject) -> None:
    """Every kind of entry, with memory and without, possible and impossible."""
    chain = process.chain
    x0 = data.draw(st.integers(0, chain.K - 1))
    for before, now in pairs_of_moments(chain):
        for kind, entry in entries(chain, now.t, x0).items():
            for i in range(chain.K):
                for j in range(chain.K):
                    value = entry(i, j)
                    question = Question(kind, now.t, i, j, x0)  # type: ignore[arg-type]  # the keys of `entries` are kinds
                    assert exact(question, chain, before, now) == ("undefined" if value is None else text(value))


@pytest.mark.parametrize(
    "question",
    [
        Question("step", 0, 0, 0),
        Question("reverse", 0, 0, 0),
        Question("marginal", 65, 0, 0),
        Question("joint", -1, 0, 0),
        Question("joint", 1, 2, 0),
        Question("joint", 1, 0, -1),
        Question("forward", 1, 0, 0, 2),
    ],
)
def test_an_entry_that_there_is_not_is_undefined(question: Question) -> None:
    came: list[Message] = []
    study = Study(REQUEST, came.append)
    study.perform(lambda: None)
    study.ask(question)
    assert came[-1] == Answer(question, "undefined")


def test_what_was_not_kept_is_walked_to_again() -> None:
    """Where there is no room for moments, answers wait for the end and are the same."""
    answers = []
    for room in (10**9, 0):
        came: list[Message] = []
        study = Study(REQUEST, came.append)
        study.room = room
        study.ask(Question("reverse", 7, 1, 0))
        study.perform(lambda: None)
        study.ask(Question("posterior", 2, 1, 0))
        answers.append([message for message in came if isinstance(message, Answer)])
        assert isinstance(came[-2], Answer if room == 0 else Finished)
    assert answers[0] == answers[1]
    assert len(answers[0]) == 2


def near(shown: float, value: Fraction | None) -> bool:
    """Within four units of the last place of the exact number; NaN where there is none."""
    if value is None:
        return math.isnan(shown)
    return abs(Fraction(shown) - value) <= 4 * Fraction(math.ulp(float(value))) and (shown == 0) == (float(value) == 0)


def check_pictures(chain: Chain) -> None:
    pictures = Pictures(chain)
    for before, now in pairs_of_moments(chain):
        p_t = floats(now.marginal)
        assert all(map(near, p_t, now.probabilities))
        found, K = pictures.matrices(before, now, p_t), chain.K
        expected = entries(chain, now.t, 0)
        assert set(found) == set(expected) - {"marginal", "posterior", "forward"}
        for kind, packed in found.items():
            numbers = unpack(f"<{K * K}d", packed)
            for i in range(K):
                for j in range(K):
                    shown = numbers[j * K + i] if kind == "reverse" else numbers[i * K + j]
                    assert near(shown, expected[kind](i, j))


@examples(100)
@given(processes())
def test_pictures_are_the_exact_matrices_rounded(process: Process) -> None:
    check_pictures(process.chain)


def test_pictures_of_tall_and_of_tiny_numbers() -> None:
    """Integers of thousands of bits do not overflow, and where p_t[j] is no float any more its reverse still is."""
    data = Distribution.from_probabilities([Fraction(1, 3), Fraction(2, 3), Fraction(0)])
    check_pictures(Chain(data, neighbour(3, 1, "reflect"), (Fraction(3, 10**400 + 7),) * 4, 4))
    tiny = Fraction(1, 10**320)
    rows = [
        [1 - tiny, Fraction(0), tiny],
        [Fraction(1, 2) - tiny, Fraction(1, 2), tiny],
        [Fraction(0), Fraction(0), Fraction(1)],
    ]
    check_pictures(Chain(data, per_step([rows, rows], 3), (), 2))
