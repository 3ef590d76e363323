"""The engine's side of the connection: one scenario is run and streamed, then questions about it are answered.

This module imports the whole engine, so only the child process imports it. A second walk along the chain, in
step with the run's own, has the matrices: it costs about a twentieth of the run. The walk's moments are
kept while they are small, and from them an exact answer takes microseconds.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from multiprocessing.connection import Connection
from typing import Any

from markovdiff.arithmetic.decimals import as_decimal, decimal_text
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import text
from markovdiff.cached import cached_property
from markovdiff.designs.inspection import inspect
from markovdiff.designs.words import lines
from markovdiff.errors import NO_MEMORY, MarkovdiffError, UnfinishedError
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.transition import Dense
from markovdiff.study.forecast import check_forecast, forecast
from markovdiff.study.loading import loads
from markovdiff.study.naive_float import NaiveFloat, check_certified
from markovdiff.study.plain import plain
from markovdiff.study.result import Step
from markovdiff.study.run import run
from markovdiff.study.sampled import Sampled
from markovdiff.study.scenario import Scenario
from markovdiff.study.summary import first_lost
from tui.messages import (
    Ask,
    Column,
    Failed,
    Finished,
    InspectionAnswer,
    InspectionQuestion,
    KernelParts,
    Likely,
    Message,
    NaiveFloatAnswer,
    NaiveFloatQuestion,
    Opened,
    Question,
    Request,
    SampleAnswer,
    SampleQuestion,
    StepDone,
)
from tui.worker.answers import answer, exists, without
from tui.worker.pictures import Pictures, closed_forms, coarse, floats, in_floats
from tui.worker.sampling import sample

MATRICES_MAX_K = 64
"""Matrices are sent whole up to this K: beyond, no screen has room for one, and blocks or closed forms are sent."""

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
        self.waiting: list[Question | Column | NaiveFloatQuestion | InspectionQuestion] = []
        self.truths: list[tuple[Enclosed, str | None]] = []
        self.running, self.finished = True, False
        self.has_fractions = True
        self.samples: list[SampleQuestion] = []
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
        except NO_MEMORY:
            remedy = "fewer states or steps, or shorter denominators"
            self.send(Failed(str(UnfinishedError("out of memory", remedy=remedy)), 3))
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
        self.scenario, self.chain = scenario, (chain := scenario.chain())
        sequences = scenario.sequences is not None  # their forecast is the run's own
        if not sequences and scenario.file.arithmetic.kind != "exact" and not is_affordable(chain):
            self._run_inexactly(scenario, chain)
            return
        if not sequences:
            check_forecast(chain)
        self.prior = scenario.prior(chain)
        self.send(opened(scenario, chain, self.prior.rows()[0], self.request.text))
        moments, closed = chain.moments(), self._closed(chain)
        pictures, grain = (None, 1) if closed else (Pictures(chain), ceil(chain.K / MATRICES_MAX_K))
        before: Moment | None = None

        def on_step(step: Step) -> None:
            nonlocal before
            now = next(moments)
            self._keep(now)
            p_t = floats(now.marginal)
            matrices = None if pictures is None else pictures.matrices(before, now, p_t)
            if matrices is not None and grain > 1:
                matrices = coarse(matrices, chain.K, grain)
            is_short = now.marginal.d.bit_length() * chain.K <= SHOWN_BITS
            record = step.record(distributions=is_short and not sequences)
            self.send(StepDone(step.t, record, array("d", p_t), matrices, grain, next(closed) if closed else None))
            before = now

        self._finish(scenario, on_step)

    def _run_inexactly(self, scenario: Scenario, chain: Chain) -> None:
        """Run in balls or floats what is too big to be walked exactly beside: no fractions to ask for.

        There are no matrices either, but those in closed form.
        """
        self.has_fractions = False
        given = scenario.file.reverse.prior
        law = last_decimals(chain) if given == "marginal" else scenario.prior(chain).rows()[0]
        self.send(opened(scenario, chain, law, self.request.text))

        closed = self._closed(chain)

        def on_step(step: Step) -> None:
            p_t = array("d", (0.0 if p is None else float(p) for p in step.marginal))
            parts = next(closed) if closed else None
            self.send(StepDone(step.t, step.record(distributions=True), p_t, None, parts=parts))

        self._finish(scenario, on_step)

    def _closed(self, chain: Chain) -> Iterator[tuple[KernelParts, KernelParts | None]] | None:
        """Return Q̄_t and Q_t for t = 0 … T in closed form, where a large chain has that."""
        if not has_closed_form(chain):
            return None
        return ((in_floats(bar), in_floats(step) if step else None) for bar, step in closed_forms(chain))

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
        self.send(Finished(record, tuple(likely(sampled) for sampled in result.sampler)))

    def _keep(self, now: Moment) -> None:
        """Keep the first moments, as many as there is room for."""
        K = now.marginal.shape[1]
        numbers = K * K if isinstance(now.cumulative, Dense) else K
        self.room -= (now.marginal.d.bit_length() + WORD) * numbers
        if self.room >= 0:
            self.kept[now.t] = now

    def ask(self, question: Ask) -> None:
        """Answer at once if that is cheap, else when the run has ended; what is not one number waits for its end."""
        if isinstance(question, SampleQuestion):
            if self.running and self.samples:  # only the last is wanted then, and each has its reply
                waiting = self.samples.pop()
                self.send(SampleAnswer(waiting.seed, 0, b"", None, 0, "the particles come when the run has ended"))
            self.samples.append(question)
            if not self.running and not self.sampling:
                self._sample()
            return
        if isinstance(question, NaiveFloatQuestion | InspectionQuestion):
            if self.running:
                self.waiting.append(question)
            else:
                self.send(self._shadowed() if isinstance(question, NaiveFloatQuestion) else self._inspected())
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

    def _sampled(self, asked: SampleQuestion) -> SampleAnswer:
        if not self.finished or self.chain is None:
            return SampleAnswer(asked.seed, 0, b"", None, 0, "the run did not finish")
        if not self.has_fractions:
            return SampleAnswer(asked.seed, 0, b"", None, 0, "particles need exact arithmetic, too dear for this chain")
        try:
            return sample(asked, self.chain, self._model, self.prior, self.kept, self.listen, self._without_model)
        except GoneError:
            raise
        except Exception as error:  # a bug must be seen on the screen too
            return SampleAnswer(asked.seed, 0, b"", None, 0, f"{type(error).__name__}: {error}")

    def _shadowed(self) -> NaiveFloatAnswer:
        """Send float64 beside the run; what is asked meanwhile is answered between two steps."""
        if not self.finished or self.chain is None or self.scenario is None:
            return NaiveFloatAnswer((), "the run did not finish")
        found = []
        try:
            check_certified(self.scenario.file.arithmetic.kind)
            self.scenario.chain_of_one_symbol("float64's formula")
            float64 = NaiveFloat(self.chain, self.scenario.unit)
            for truth, decay in self.truths:
                found.append(float64.compared_with(truth, decay))
                self.listen()
        except MarkovdiffError as error:
            return NaiveFloatAnswer((), error.what)
        except GoneError:
            raise
        except Exception as error:  # a bug must be seen on the screen too
            return NaiveFloatAnswer((), f"{type(error).__name__}: {error}")
        return NaiveFloatAnswer(tuple(one.record() for one in found), lost=first_lost(found))

    def _inspected(self) -> InspectionAnswer:
        """Send what `inspect` says; what is asked meanwhile waits."""
        if not self.finished or self.scenario is None:
            return InspectionAnswer((), "the run did not finish")
        try:
            return InspectionAnswer(tuple(lines(inspect(self.scenario))))
        except MarkovdiffError as error:
            return InspectionAnswer((), str(error))
        except NO_MEMORY:
            return InspectionAnswer((), "out of memory")
        except Exception as error:  # a bug must be seen on the screen too
            return InspectionAnswer((), f"{type(error).__name__}: {error}")

    @cached_property
    def _model(self) -> ReverseModel | None:
        assert self.scenario is not None
        assert self.chain is not None
        return None if self.scenario.sequences is not None else self.scenario.reverse_model(self.chain)

    @property
    def _without_model(self) -> str:
        """Why there is no reverse model of one symbol, where there is none."""
        if self.scenario is not None and self.scenario.sequences is not None:
            return "the reverse model looks at whole sequences, and these particles are single symbols"
        return "a process with memory has no reverse model"


def likely(sampled: Sampled) -> tuple[Likely, ...]:
    """Return the likeliest sequences of the data beside what a sampler makes of them."""
    return tuple((one.x0, text(one.probability), plain(one.mass)) for one in sampled.true)


def is_affordable(chain: Chain) -> bool:
    """Return whether the chain can be walked exactly beside a run in another arithmetic, within a few seconds."""
    return forecast(chain).seconds <= AFFORDABLE_SECONDS


def last_decimals(chain: Chain) -> tuple[Decimal, ...]:
    """Return p_T in float64, as decimals."""
    from markovdiff.engines.float64.forward import last_of

    return tuple(as_decimal(float(p), 15) for p in last_of(chain).p)


def has_closed_form(chain: Chain) -> bool:
    """Return whether all matrices of a chain that is too large for them have few distinct values."""
    identity = chain.kernel.identity() if chain.K > MATRICES_MAX_K else None
    return identity is not None and identity.parts is not None


def opened(scenario: Scenario, chain: Chain, prior: Sequence[Fraction | Decimal], file: str) -> Opened:
    """Return what is known before the first step."""
    spec = scenario.file
    schedule = spec.noise.schedule
    closed = next(closed_forms(chain))[0] if has_closed_form(chain) else None
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
        length=None if scenario.sequences is None else scenario.sequences.length,
        target=None if closed is None else tuple(w / closed.target.total for w in closed.target.weights),
        mask=None if closed is None else closed.mask,
    )
