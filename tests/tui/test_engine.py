"""The engine's process: what it says is what the engine says, and however it ends, the screen hears of it."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from waiting import soon

import markovdiff as md
from markovdiff.arithmetic.rational import text
from markovdiff.designs.words import lines
from tui.engine import AHEAD, EngineProcess
from tui.messages import (
    Answer,
    Died,
    Failed,
    Finished,
    InspectionAnswer,
    InspectionQuestion,
    Message,
    NaiveFloatAnswer,
    NaiveFloatQuestion,
    Opened,
    Question,
    Request,
    StepDone,
)
from tui.worker.study import Study

TWO_STATES = """
title = "Two states"
description = "A coin."
data = { states = ["a", "b"], weights = [3, 1] }
[noise]
steps = 12
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = "1/10" }
[checks]
mi-decay = "strict"
"""

SLOW = """
title = "Slow"
data = { family = { kind = "zipf", size = 40 } }
[noise]
steps = 400
kernel = { kind = "neighbour", boundary = "reflect" }
schedule = { kind = "constant", beta = "123/1000" }
"""

TROUBLE = (Finished, Failed, Died)


def request(scenario: str = TWO_STATES, name: str = "coin") -> Request:
    return Request(scenario, ".", name)


def messages_until(engine: EngineProcess, last: type | tuple[type, ...] = TROUBLE) -> list[Message]:
    """Messages up to and with the first of the type."""
    came: list[Message] = []

    def look() -> list[Message] | None:
        for message in engine.poll(1):
            came.append(message)
            if isinstance(message, last):
                return came
        return None

    return soon(look)


def steps_of(messages: list[Any]) -> list[StepDone]:
    return [message for message in messages if isinstance(message, StepDone)]


def pids(engine: EngineProcess) -> list[int]:
    return [child.process.pid for child in (engine._current, engine._spare) if child and child.process.pid]


def gone(pid: int) -> bool | None:
    """True where no such process lives; a zombie whose parent has not asked for it counts as gone."""
    try:
        return True if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z" else None
    except OSError:
        return True if not Path("/proc/self").exists() or not Path(f"/proc/{pid}").exists() else None


@pytest.fixture(scope="module")
def shared() -> Iterator[EngineProcess]:
    """An engine for the tests that leave it as they found it."""
    engine = EngineProcess()
    engine.start()
    yield engine
    engine.close()


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess()
    yield engine
    engine.close()


# what is said


def test_the_steps_are_the_engines_own(shared: EngineProcess) -> None:
    """Opened, then t = 0 … T in order, then Finished; every record is md.run's."""
    shared.run(request())
    came = messages_until(shared)
    result = md.run(md.loads(TWO_STATES, name="coin"))
    opening, steps, end = came[0], steps_of(came), came[-1]
    assert isinstance(opening, Opened)
    assert isinstance(end, Finished)
    assert came == [opening, *steps, end]
    assert [step.t for step in steps] == list(range(13))
    assert [step.record for step in steps] == [step.record(distributions=True) for step in result.steps]
    assert [tuple(step.marginal) for step in steps] == [tuple(map(float, step.marginal)) for step in result.steps]
    whole = result.record()
    whole["steps"] = []
    assert end.record == whole
    assert shared.alive


def test_the_opening_says_what_was_read(shared: EngineProcess) -> None:
    shared.run(request())
    (opening,) = messages_until(shared, Opened)
    scenario = md.loads(TWO_STATES)
    assert opening == Opened(
        name="coin",
        title="Two states",
        description="A coin.",
        unit="bits",
        states=("a", "b"),
        T=12,
        K=2,
        kernel="uniform",
        schedule="constant",
        model="bayes",
        prior=tuple(text(p) for p in scenario.chain().marginal(12)),
        data=("3/4", "1/4"),
        betas=("1/10",) * 12,
        expectations=tuple(scenario.expectations.items()),
        file=TWO_STATES,
    )


def test_an_exact_answer(shared: EngineProcess) -> None:
    """While steps stream and after they have, an answer is the chain's own Fraction."""
    chain = md.loads(TWO_STATES).chain()
    early = Question("reverse", 3, 0, 1)
    shared.run(request())
    shared.ask(early)
    came = messages_until(shared)
    answers = [message for message in came if isinstance(message, Answer)] or messages_until(shared, Answer)[-1:]
    row = chain.bayes_reverse(3)[1]
    assert row is not None
    assert answers == [Answer(early, text(row[0]))]
    shared.ask(Question("forward", 12, 1, 0, x0=1))
    row = chain.forward_posterior(12, 1)[0]
    assert row is not None
    assert messages_until(shared, Answer) == [Answer(Question("forward", 12, 1, 0, x0=1), text(row[1]))]


def test_hundreds_of_questions_block_nobody(engine: EngineProcess) -> None:
    """Asking never waits, though nobody reads: only a few are under way; each is answered, in order."""
    engine.run(request(SLOW))
    messages_until(engine, Opened)
    questions = [Question("cumulative", 0, i % 40, 0) for i in range(400)]
    for question in questions:
        engine.ask(question)
    assert engine._unanswered == AHEAD
    came: list[Message] = []

    def look() -> bool | None:
        came.extend(message for message in engine.poll() if not isinstance(message, StepDone))
        return len(came) == 400 or None

    soon(look)
    assert came == [Answer(question, "0" if question.i else "1") for question in questions]


def test_messages_are_plain(shared: EngineProcess) -> None:
    """What crosses is numbers, strings, bytes and tuples: a step's record is JSON."""
    shared.run(request())
    for step in steps_of(messages_until(shared)):
        assert json.loads(json.dumps(step.record)) == step.record


# how it ends


@pytest.mark.parametrize(
    ("scenario", "status", "words"),
    [
        ("data = 1", 2, "data"),
        ("not toml", 2, "line 1"),
        (TWO_STATES.replace("[3, 1]", "[0, 0]"), 2, "data.weights"),
        (SLOW.replace("400", "100000"), 3, "too big for this machine"),
    ],
)
def test_what_fails_says_so_and_the_next_run_works(
    shared: EngineProcess, scenario: str, status: int, words: str
) -> None:
    """A MarkovdiffError comes as its message and its status, a question about it has no answer, and life goes on."""
    shared.run(request(scenario))
    *_, failed = messages_until(shared)
    assert isinstance(failed, Failed)
    assert failed.status == status
    assert words in failed.message
    shared.ask(Question("marginal", 1, 0, 0))
    assert messages_until(shared, Answer) == [Answer(Question("marginal", 1, 0, 0), "unknown")]
    shared.run(request())
    assert isinstance(messages_until(shared)[-1], Finished)


def test_a_bug_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody foresaw comes as its text, with status 3."""

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("tui.worker.study.run", broken)
    came: list[Message] = []
    Study(request(), came.append).perform(lambda: None)
    assert came[1:] == [Failed("ZeroDivisionError: by nought", 3)]


def test_a_replaced_run_is_never_heard_again(engine: EngineProcess) -> None:
    """After run() only the new scenario speaks, however much the old one had left to say; its process is gone."""
    engine.start()
    engine.run(request(SLOW, "old"))
    messages_until(engine, StepDone)
    old = pids(engine)[0]
    engine.run(request(name="new"))
    came = messages_until(engine)
    assert isinstance(came[0], Opened)
    assert came[0].name == "new"
    assert [step.t for step in steps_of(came)] == list(range(13))
    assert soon(lambda: gone(old))


def test_many_replacements_leave_two_processes(engine: EngineProcess) -> None:
    """Requests that come faster than processes warm up pile nothing up; the last one is run."""
    others = set(multiprocessing.active_children())
    for n in range(6):
        engine.run(request(SLOW, f"{n}"))
    engine.run(request(name="last"))
    came = messages_until(engine)
    assert isinstance(came[0], Opened)
    assert (came[0].name, type(came[-1])) == ("last", Finished)
    assert len(set(multiprocessing.active_children()) - others) == 2


def test_a_killed_process_is_reported_once_and_replaced(engine: EngineProcess) -> None:
    """Died comes with the signal, poll() is then silent, and run() works."""
    engine.run(request(SLOW))
    messages_until(engine, StepDone)
    os.kill(pids(engine)[0], signal.SIGKILL)
    assert messages_until(engine)[-1] == Died(-signal.SIGKILL)
    assert engine.poll() == []
    assert not engine.alive
    engine.ask(Question("marginal", 0, 0, 0))
    engine.run(request())
    assert isinstance(messages_until(engine)[-1], Finished)


def test_a_dead_spare_is_not_used(engine: EngineProcess) -> None:
    engine.start()
    for pid in pids(engine):
        os.kill(pid, signal.SIGKILL)
        soon(partial(gone, pid))
    engine.run(request())
    assert isinstance(messages_until(engine)[-1], Finished)


def test_close_leaves_nothing(engine: EngineProcess) -> None:
    others = set(multiprocessing.active_children())
    engine.start()
    engine.run(request(SLOW))
    messages_until(engine, StepDone)
    born = pids(engine)
    engine.close()
    assert set(multiprocessing.active_children()) == others
    assert len(born) == 2
    for pid in born:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    engine.close()
    assert engine.poll() == []


# a parent of its own

PARENT = """
    import os, sys, time
    print("main", flush=True)
    from tui.engine import EngineProcess
    from tui.messages import Finished, Request
    engine = EngineProcess()
    engine.start()
    heavy = [m for m in ("flint", "numpy", "textual", "markovdiff") if m in sys.modules]
    print(engine._current.process.pid, engine._spare.process.pid, *heavy, flush=True)
"""

RUN = f"""
    engine.run(Request({TWO_STATES!r}, ".", "coin"))
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if any(isinstance(message, Finished) for message in engine.poll()):
            print("finished", flush=True)
            break
        time.sleep(0.005)
"""


def script(*parts: str) -> str:
    return "\n".join(textwrap.dedent(part) for part in parts)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def finished(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=400, check=False
    )


@pytest.mark.parametrize("how", ["file", "module"])
def test_the_parents_main_is_not_run_again(how: str, tmp_path: Path) -> None:
    """A child does not import __main__, not even one without a guard; and the parent imports no engine."""
    (tmp_path / "unguarded.py").write_text(script(PARENT, RUN))
    command = [str(tmp_path / "unguarded.py")] if how == "file" else ["-m", "unguarded"]
    done = finished([sys.executable, *command], tmp_path)
    lines = done.stdout.split("\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert [lines[0], len(lines[1].split()), *lines[2:]] == ["main", 2, "finished", ""]


def test_a_screen_that_captures_stderr(tmp_path: Path) -> None:
    """Textual's stand-in for stderr has the descriptor −1; processes are spawned all the same."""
    captured = """
    import io, sys
    class Captured(io.StringIO):
        def fileno(self):
            return -1
    sys.stderr = Captured()
    """
    done = finished([sys.executable, "-c", script(captured, PARENT, RUN)], tmp_path)
    assert (done.returncode, done.stdout.split("\n")[2:]) == (0, ["finished", ""])


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """A parent that had no time to close: busy, and idle, its children end by themselves."""
    busy = f"""
    engine.run(Request({SLOW!r}, ".", "slow"))
    time.sleep(60)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", script(PARENT, busy)], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        parent.stdout.readline()
        children = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(children) == 2
    for pid in children:
        assert soon(partial(gone, pid))


# float64 beside the run


def test_float64_comes_once_for_each_time_it_is_asked(shared: EngineProcess) -> None:
    """Asked before the run has ended and after, each has its reply: the very errors of md.run."""
    shared.run(request())
    shared.ask(NaiveFloatQuestion())
    first = messages_until(shared, NaiveFloatAnswer)[-1]
    shared.ask(NaiveFloatQuestion())
    again = messages_until(shared, NaiveFloatAnswer)[-1]
    expected = [step.record()["shadow"] for step in md.run(md.loads(TWO_STATES), shadow=True).steps]
    assert isinstance(first, NaiveFloatAnswer)
    assert (list(first.steps), first.words) == (expected, "")
    assert again == first
    shared.ask(Question("cumulative", 1, 0, 0))
    assert isinstance(messages_until(shared, Answer)[-1], Answer)


def test_what_inspect_says_comes_once_for_each_time_it_is_asked(shared: EngineProcess) -> None:
    """Asked before the run has ended and after, each has its reply: the words of md.inspect."""
    shared.run(request())
    shared.ask(InspectionQuestion())
    first = messages_until(shared, InspectionAnswer)[-1]
    shared.ask(InspectionQuestion())
    again = messages_until(shared, InspectionAnswer)[-1]
    assert first == again == InspectionAnswer(tuple(lines(md.inspect(md.loads(TWO_STATES, name="coin")))))


def test_a_run_that_fails_has_no_shadow(shared: EngineProcess) -> None:
    """It is said that there is none, and the engine lives."""
    shared.run(request("data = 1"))
    shared.ask(NaiveFloatQuestion())
    last = messages_until(shared, NaiveFloatAnswer)[-1]
    assert isinstance(last, NaiveFloatAnswer)
    assert (last.steps, last.words) == ((), "the run did not finish")
