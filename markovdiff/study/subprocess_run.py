"""A run in a process of its own, so that a signal ends it at once.

FLINT holds the interpreter's lock through an operation, and one product of large matrices may last for many seconds:
Python's signal handlers wait for its end. So the engine runs in a forked child and tells of every step that is done,
while we only listen; and a listener is interrupted at once. The child is then killed. It has nothing to lose: what
was done is here. A child whose parent is gone ends too.

    run_apart(scenario)      the same Result, or the same error, as run(scenario)
    Interruption             Ctrl-C, with what was done until then

Where forking is not safe (any system but Linux), and where the forecast is a moment, the run is made in this process:
a signal waits for the operation in hand.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import NO_MEMORY, MarkovdiffError, UnfinishedError
from markovdiff.signals import SIGNALS
from markovdiff.study.forecast import Forecast
from markovdiff.study.foresight import foresee
from markovdiff.study.result import Rational, Result, Step
from markovdiff.study.run import Progress, run
from markovdiff.study.scenario import Scenario

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Begin = Callable[[Result, Forecast], object]

MOMENT = 0.1
"""Seconds up to which a forked process, and what it takes to load, would cost more than it is worth."""


class Interruption(KeyboardInterrupt):
    """A run was interrupted; `result` holds the steps that were done, marked as partial, or is None without any."""

    def __init__(self, result: Result | None) -> None:
        super().__init__("interrupted")
        self.result = result


@dataclass(frozen=True)
class Written:
    """A distribution with its numbers written out, the only form that leaves the engine's process."""

    row: tuple[Rational | None, ...]

    __repr__ = in_a_line

    def rows(self) -> tuple[tuple[Rational | None, ...], ...]:
        """Return the one row."""
        return (self.row,)


@dataclass
class _Heard:
    """What has been reported of a run so far."""

    on_begin: Begin
    progress: Progress
    begun: Result | None = None
    steps: list[Step] = field(default_factory=list)

    def begin(self, result: Result, forecast: Forecast) -> None:
        self.begun = result
        self.on_begin(result, forecast)

    @property
    def result(self) -> Result | None:
        return replace(self.begun, steps=tuple(self.steps)) if self.begun and self.steps else None

    def whole(self, result: Result) -> Result:
        return replace(result, steps=tuple(self.steps))


def run_apart(
    scenario: Scenario,
    progress: Progress = lambda _task, _share: None,
    on_begin: Begin = lambda _begun, _forecast: None,
    *,
    distributions: bool = False,
    shadow: bool = False,
    contraction: bool = False,
    practice: Sequence[str] = (),
) -> Result:
    """Run a scenario in a child; with `distributions` its steps bring their marginals, with `shadow` their shadows.

    Raises what `run` raises, Interruption where a KeyboardInterrupt comes in between, and UnfinishedError where the
    system ends the child.
    """
    heard = _Heard(on_begin, progress)
    wanted: dict[str, Any] = {"shadow": shadow, "contraction": contraction, "practice": practice}
    try:
        if sys.platform == "linux" and (any(wanted.values()) or not _is_short(scenario)):
            return _listen(scenario, heard, distributions, wanted)
        return run(scenario, heard.steps.append, progress, heard.begin, **wanted)
    except KeyboardInterrupt:
        raise Interruption(heard.result) from None


def _is_short(scenario: Scenario) -> bool:
    """Return whether a run takes a moment; only in exact arithmetic is that known before anything is walked."""
    return scenario.file.arithmetic.kind == "exact" and foresee(scenario, scenario.chain()).seconds <= MOMENT


def _listen(scenario: Scenario, heard: _Heard, distributions: bool, wanted: dict[str, Any]) -> Result:
    import multiprocessing  # a short run does without

    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_compute, args=(scenario, ours, theirs, distributions, wanted), daemon=True)
    try:
        with ours:
            with theirs, _undisturbed():
                child.start()
            while True:
                match ours.recv():
                    case "begin", result, forecast:
                        heard.begin(result, forecast)
                    case "step", step:
                        heard.steps.append(step)
                    case "progress", task, share:
                        heard.progress(task, share)
                    case "done", result:
                        return heard.whole(result)
                    case "failed", error:
                        raise error
    except EOFError:
        child.join()
        raise _died(child.exitcode) from None
    finally:
        if child.pid is not None:
            child.kill()
            child.join()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold signals back between a fork and the child's own handlers, and warnings that BLAS has threads."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _died(status: int | None) -> UnfinishedError:
    killed = status is not None and status < 0
    return UnfinishedError(
        "the engine's process ended before the run did",
        got=f"signal {-(status or 0)}" if killed else f"exit status {status}",
        remedy="if memory ran out: fewer states or steps, or shorter denominators",
    )


def _compute(
    scenario: Scenario,
    ours: Connection[Any, Any],
    theirs: Connection[Any, Any],
    distributions: bool,
    wanted: dict[str, Any],
) -> None:
    """Run in the child, which ignores Ctrl-C and a closed terminal: its parent answers those."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    ours.close()

    def tell(*message: object) -> None:
        theirs.send(message)

    def on_step(step: Step) -> None:
        tell("step", replace(step, law=Written(step.marginal if distributions else ())))

    with contextlib.suppress(BrokenPipeError):
        try:
            watch_parent()
            result = run(
                scenario,
                on_step,
                lambda task, share: tell("progress", task, share),
                lambda begun, forecast: tell("begin", begun, forecast),
                **wanted,
            )
            tell("done", replace(result, steps=()))
        except (MarkovdiffError, *NO_MEMORY, ImportError) as error:
            tell("failed", error)


def watch_parent() -> None:
    """End with the parent, from now on. Raise MemoryError where there is none left for a thread's stack.

    `threading.Thread.start` waits for the thread's first sign of life, for ever where memory runs out before that.
    """
    try:
        _thread.start_new_thread(_end_with_parent, ())
    except RuntimeError:
        raise MemoryError from None


def _end_with_parent() -> None:
    """End when the pipe closes: the next step would notice too, and a step may be long."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
