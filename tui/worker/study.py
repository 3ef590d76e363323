"""The engine's side of the connection: one scenario is run and streamed, then questions about it are answered.

This module imports the whole engine, so only the child process imports it. A second walk along the chain, in
step with the run's own, has the matrices: it costs about a twentieth of the run. The walk's moments are
kept while they are small, and from them an exact answer takes microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Any

from markovdiff.arithmetic.enclosure import as_decimal, decimal_text
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import text
from markovdiff.errors import MarkovdiffError
from markovdiff.process.chain import Chain, Moment
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.transition import Dense
from markovdiff.study.forecast import check_forecast, forecast
from markovdiff.study.naive_float import NaiveFloat, check_certified
from markovdiff.study.result import Step
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario, loads
from tui.messages import (
    Ask,
    Column,
    Failed,
    Finished,
    Message,
    Opened,
    Question,
    Request,
    Sample,
    Sampled,
    Shadow,
    Shadowed,
    StepDone,
)
from tui.worker.answers import answer, exists, without
from tui.worker.pictures import Pictures, floats
from tui.worker.sampling import sample

MATRICES_MAX_K = 64
"""Matrices are sent up to this K: beyond, no screen has room for one."""

KEPT_BITS = 2**30
"""Moments are kept for questions while their integers have about this many bits together (128 MiB)."""

AFFORDABLE_SECONDS = 60.0
"""Beside a run in balls or floats a chain is walked exactly, for pictures and fractions, up to this forecast."""

WORD = 128
"""What an integer takes in bits beside its own."""

SHOWN_BITS = 2**22
"""p_t is sent exactly, as digits, while its numbers have at most this many bits together (some 2.5 MB of digits)."""

Send = Callable[[Message], None]
Listen = Callable[[], None]

REHEARSAL = Request(
    'data = { weights = [3, 1] }\nnoise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }',
    ".",
    "rehearsal",
)
"""A small run beforehand does what is done once only, so that the first real step comes sooner."""


class GoneError(Exception):
    """Nobody is at the other end any more."""


def serve(connection: Connection[Any, Any]) -> None:
    """Run the one Request that comes, then answer Questions until the other end is gone."""

    def send(message: Message) -> None:
        try:
            connection.send(message)
        except OSError:
            raise GoneError from None

    def receive() -> Any:
        try:
            return connection.recv()
        except (EOFError, OSError):
            raise GoneError from None

    def listen() -> None:
        try:
            while connection.poll():
                study.ask(receive())
        except OSError:
            raise GoneError from None

    try:
        if not connection.poll():
            Study(REHEARSAL, lambda _message: None).perform(lambda: None)
        study = Study(receive(), send)
        study.perform(listen)
        while True:
            study.ask(receive())
    except GoneError:
        pass


class Study:
    """A request, its run, and what can be asked about it."""

    def __init__(self, request: Request, send: Send) -> None:
        self.request = request
        self.send = send
        self.scenario: Scenario | None = None
        self.chain: Chain | None = None
        self.prior: RationalMatrix
        self.kept: dict[int, Moment] = {}
        self.room = KEPT_BITS
        self.waiting: list[Question | Column | Shadow] = []
        self.truths: list[tuple[Enclosed, str | None]] = []
        self.running, self.finished = True, False
        self.has_fractions = True
        self.samples: list[Sample] = []
        self.sampling = False
        self.listen: Listen = lambda: None

    def perform(self, listen: Listen) -> None:
        """Run and stream; whatever goes wrong is said. `listen` is called between steps, and may `ask`."""
        self.listen = listen
        try:
            self._run()
            self.finished = True
        except GoneError:
            raise
        except MarkovdiffError as error:
            self.send(Failed(str(error), error.status))
        except MemoryError:
            self.send(Failed("out of memory; fewer states or steps, or shorter denominators", 3))
        except Exception as error:  # a bug must be seen on the screen too
            self.send(Failed(f"{type(error).__name__}: {error}", 3))
        self.running = False
        waiting, self.waiting = self.waiting, []
        for question in waiting:
            self.ask(question)
        self._sample()

    def _run(self) -> None:
        scenario = loads(self.request.text, folder=self.request.folder, name=self.request.name)
        scenario = scenario.with_options(unit=self.request.unit)
        self.scenario, self.chain = scenario, (chain := scenario.chain_of_one_symbol("the screen"))
        if scenario.file.arithmetic.kind != "exact" and not is_affordable(chain):
            self._run_inexactly(scenario, chain)
            return
        check_forecast(chain)
        self.prior = scenario.prior(chain)
        self.send(opened(scenario, chain, self.prior.rows()[0], self.request.text))
        moments = chain.moments()
        pictures = Pictures(chain) if chain.K <= MATRICES_MAX_K else None
        before: Moment | None = None

        def on_step(step: Step) -> None:
            nonlocal before
            now = next(moments)
            self._keep(now)
            p_t = floats(now.marginal)
            matrices = None if pictures is None else pictures.matrices(before, now, p_t)
            is_short = now.marginal.d.bit_length() * chain.K <= SHOWN_BITS
            self.send(StepDone(step.t, step.record(distributions=is_short), tuple(p_t), matrices))
            before = now

        self._finish(scenario, on_step)

    def _run_inexactly(self, scenario: Scenario, chain: Chain) -> None:
        """Run in balls or floats what is too big to be walked exactly beside: no matrices, no fractions to ask for."""
        self.has_fractions = False
        given = scenario.file.reverse.prior
        law = last_decimals(chain) if given == "marginal" else scenario.prior(chain).rows()[0]
        self.send(opened(scenario, chain, law, self.request.text))

        def on_step(step: Step) -> None:
            p_t = tuple(0.0 if p is None else float(p) for p in step.marginal)
            self.send(StepDone(step.t, step.record(distributions=True), p_t, None))

        self._finish(scenario, on_step)

    def _finish(self, scenario: Scenario, on_step: Callable[[Step], None]) -> None:
        """Run, answering questions in between, and send the rest of the result."""

        def between(_task: str, _share: float) -> None:
            waiting, self.waiting = self.waiting, []
            for question in waiting:
                self.ask(question)
            self.listen()

        def noting(step: Step) -> None:
            self.truths.append((step.mutual_information, step.decay))
            on_step(step)

        result = run(scenario, noting, between)
        record = replace(result, steps=()).record()
        self.send(Finished(record))

    def _keep(self, now: Moment) -> None:
        """Keep the first moments, as many as there is room for."""
        K = now.marginal.shape[1]
        numbers = K * K if isinstance(now.cumulative, Dense) else K
        self.room -= (now.marginal.d.bit_length() + WORD) * numbers
        if self.room >= 0:
            self.kept[now.t] = now

    def ask(self, question: Ask) -> None:
        """Answer at once if that is cheap, else when the run has ended; particles and shadows wait for its end."""
        if isinstance(question, Sample):
            if self.running and self.samples:  # only the last is wanted then, and each has its reply
                waiting = self.samples.pop()
                self.send(Sampled(waiting.seed, 0, b"", None, 0, "the particles come when the run has ended"))
            self.samples.append(question)
            if not self.running and not self.sampling:
                self._sample()
            return
        if isinstance(question, Shadow):
            if self.running:
                self.waiting.append(question)
            else:
                self.send(self._shadowed())
            return
        chain, t = self.chain if self.has_fractions else None, question.t
        if chain is not None and not exists(question, chain):
            self.send(without(question, "undefined"))
        elif chain is not None and t in self.kept:
            self.send(answer(question, chain, self.kept.get(t - 1), self.kept[t]))
        elif self.running and self.has_fractions:
            self.waiting.append(question)
        elif chain is not None and self.finished:
            before = chain.at(t - 1) if t else None
            self.send(answer(question, chain, before, chain.at(t)))
        else:
            self.send(without(question, "unknown"))

    def _sample(self) -> None:
        """Sample all that has been asked for; what is asked meanwhile is answered between two steps."""
        self.sampling = True
        while self.samples:
            self.send(self._sampled(self.samples.pop(0)))
        self.sampling = False

    def _sampled(self, asked: Sample) -> Sampled:
        if not self.finished or self.chain is None:
            return Sampled(asked.seed, 0, b"", None, 0, "the run did not finish")
        if not self.has_fractions:
            return Sampled(asked.seed, 0, b"", None, 0, "particles need exact arithmetic, too dear for this chain")
        try:
            return sample(asked, self.chain, self._model, self.prior, self.kept, self.listen)
        except GoneError:
            raise
        except Exception as error:  # a bug must be seen on the screen too
            return Sampled(asked.seed, 0, b"", None, 0, f"{type(error).__name__}: {error}")

    def _shadowed(self) -> Shadowed:
        """Send float64 beside the run; what is asked meanwhile is answered between two steps."""
        if not self.finished or self.chain is None or self.scenario is None:
            return Shadowed((), "the run did not finish")
        found = []
        try:
            check_certified(self.scenario.file.arithmetic.kind)
            shades = NaiveFloat(self.chain, self.scenario.unit)
            for truth, decay in self.truths:
                found.append(shades.beside(truth, decay).record())
                self.listen()
        except MarkovdiffError as error:
            return Shadowed((), error.what)
        except GoneError:
            raise
        except Exception as error:  # a bug must be seen on the screen too
            return Shadowed((), f"{type(error).__name__}: {error}")
        return Shadowed(tuple(found))

    @cached_property
    def _model(self) -> ReverseModel | None:
        assert self.scenario is not None
        assert self.chain is not None
        return self.scenario.reverse_model(self.chain)


def is_affordable(chain: Chain) -> bool:
    """Return whether the chain can be walked exactly beside a run in another arithmetic, within a few seconds."""
    return forecast(chain).seconds <= AFFORDABLE_SECONDS


def last_decimals(chain: Chain) -> tuple[Decimal, ...]:
    """Return p_T in float64, as decimals."""
    from markovdiff.engines.float64.forward import last_of

    return tuple(as_decimal(float(p), 15) for p in last_of(chain).p)


def opened(scenario: Scenario, chain: Chain, prior: Sequence[Fraction | Decimal], file: str) -> Opened:
    """Return what is known before the first step."""
    spec = scenario.file
    schedule = spec.noise.schedule
    return Opened(
        name=scenario.name,
        title=scenario.title,
        description=scenario.description,
        unit=scenario.unit,
        states=chain.states,
        T=chain.T,
        K=chain.K,
        kernel=spec.noise.kernel.kind(),
        schedule="" if schedule is None else schedule.kind(),
        model=scenario.model.kind() if chain.is_markov else "",
        prior=tuple(text(p) if isinstance(p, Fraction) else decimal_text(p) for p in prior),
        data=tuple(text(p) for p in chain.data.probabilities),
        betas=tuple(text(beta) for beta in chain.betas) or None,
        expectations=tuple(scenario.expectations.items()),
        file=file,
    )
