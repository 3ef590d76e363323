"""What the screen has of a run: short numbers, logarithms, and which messages change it."""

from __future__ import annotations

import operator
import pickle

import pytest

from tui.messages import Answer, Died, Failed, Finished, Message, Question, Request, StepDone
from tui.run_buffer import RunBuffer, short, veiled
from tui.worker.study import Study

COIN = 'data = { weights = [3, 1] }\nnoise = { steps = 4, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }'


def run() -> list[Message]:
    sent: list[Message] = []
    Study(Request(COIN, ".", "coin"), sent.append).perform(lambda: None)
    return sent


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        ("0", 6, "0"),
        ("0.0", 6, "0"),
        ("1", 6, "1.00000"),
        ("0.8112781244591328639", 5, "0.8113"),
        ("12.3456789", 5, "12.346"),
        ("-0.5", 3, "-0.50"),
        ("0.00012345678", 4, "0.000"),
        ("1.5e-7", 3, "1.50e-7"),
        ("1.23456e-215", 4, "1.235e-215"),
        ("1234567", 3, "1.23e6"),
        ("inf", 6, "∞"),
        ("undefined", 6, "undefined"),
    ],
)
def test_short(value: str, digits: int, shown: str) -> None:
    """Rounded to so many digits; small and large ones with an exponent, which has no leading zeros."""
    found = short({"value": value}, digits)
    if value == "0.00012345678":
        assert float(found) != 0, "a small number that is not 0 is shown as 0"
    else:
        assert found == shown


def test_short_of_nothing() -> None:
    """What a step does not have is a dot."""
    assert short(None) == "·"


def with_values(*values: str | None) -> RunBuffer:
    buffer = RunBuffer()
    for t, value in enumerate(values):
        record = {"entropy": None if value is None else {"value": value}}
        buffer.take(StepDone(t, record, (), None))
    return buffer


def test_logarithms_below_floats() -> None:
    """log10 of what no float holds; zero, infinity, undefined and nothing have none."""
    found = with_values("1e-5000", "2e400", "0", "inf", "undefined", None).logarithms("entropy")[:6]
    assert found[0] == -5000
    assert found[1] == pytest.approx(400.30103)
    assert found[2:] == [None] * 4


def test_messages_find_their_places() -> None:
    """An opening, steps in order, an end; t beyond what has come is None."""
    buffer, sent = RunBuffer(), run()
    assert buffer.T == 0
    for message in sent:
        assert buffer.take(message)
    assert buffer.T == 4
    assert [step.t for step in buffer.steps] == [0, 1, 2, 3, 4]
    assert isinstance(sent[-1], Finished)
    assert buffer.finished == sent[-1].record
    assert buffer.at(5) is None
    assert buffer.value(5, "entropy") is None
    assert buffer.trouble is None
    bar = buffer.matrix(4, "cumulative")
    assert bar is not None
    assert bar.blocks(1) == [[0.5, 0.5], [0.5, 0.5]]
    assert buffer.matrix(0, "step") is None


def test_the_data_are_kept_once() -> None:
    """The result's data are the opening's own strings, though the two came in messages of their own."""
    buffer = RunBuffer()
    for message in run():
        buffer.take(pickle.loads(pickle.dumps(message)))
    assert buffer.opened is not None
    assert buffer.finished is not None
    assert buffer.finished["scenario"]["data"] == ["3/4", "1/4"]
    assert all(map(operator.is_, buffer.finished["scenario"]["data"], buffer.opened.data))


def test_what_is_missing_is_none() -> None:
    """While steps are missing, curves have None there, one entry a time."""
    buffer, sent = RunBuffer(), run()
    for message in sent[:3]:
        buffer.take(message)
    for points in (buffer.numbers("entropy"), buffer.logarithms("entropy")):
        assert [point is None for point in points] == [False, False, True, True, True]


def test_what_is_drawn_of_a_run_is_kept_until_more_of_it_comes() -> None:
    """Through answers, which are none of it; a run whose future is veiled shares nothing of what is drawn with it."""
    buffer, sent = RunBuffer(), run()
    for message in sent[:3]:
        buffer.take(message)
    buffer.pictures["sums",] = "so far"
    buffer.take(Answer(Question("marginal", 0, 0, 0), "1/2"))
    assert buffer.pictures == {("sums",): "so far"}
    assert veiled(buffer, 0).pictures == {}
    buffer.take(sent[3])
    assert buffer.pictures == {}


def test_trouble_is_kept_and_answers_change_nothing() -> None:
    """A failure's and a death's words are the buffer's trouble; an answer is not its business."""
    buffer = RunBuffer()
    assert not buffer.take(Answer(Question("marginal", 0, 0, 0), "1/2"))
    assert buffer.take(Failed("the reason", 2))
    assert buffer.trouble == "the reason"
    assert buffer.take(Died(-9))
    assert buffer.trouble is not None
    assert "-9" in buffer.trouble
