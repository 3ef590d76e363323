"""The engine's side of the connection: one scenario is run and streamed, then questions about it are answered.

This module imports the whole engine, so only the child process imports it. A second walk along the chain, in
step with the run's own, has the matrices: it costs about a twentieth of the run. The walk's moments are
kept while they are small, and from them an exact answer takes microseconds.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import nan
from multiprocessing.connection import Connection
from typing import Any

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import as_decimal, decimal_text, stochastic_ball
from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import text
from markovdiff.errors import MarkovdiffError
from markovdiff.process.chain import Chain, Moment
from markovdiff.process.kernels import WithMemory
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.transition import Dense, Transition
from markovdiff.study.forecast import check_forecast, forecast
from markovdiff.study.result import Step
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario, loads
from markovdiff.study.shadow import Shadow as Shades
from markovdiff.study.shadow import check_certified
from tui.messages import (
    Answer,
    Ask,
    Column,
    ColumnAnswer,
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
from tui.sampling import sample

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

COLUMN_MAX_K = 1024
"""Whole posteriors are sent up to this K: longer ones nobody reads."""

SHORT_BITS = 64
"""A fraction in a column is sent exactly while its denominator has at most this many bits: it must fit a panel."""

FLOAT_BITS = 80
"""Precision of the balls that are rounded to doubles."""

TINY = 2.0**-960
"""A probability below this is not divided by as a float, which may have lost it."""

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
        self.scenario, self.chain = scenario, (chain := scenario.chain())
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
        """In balls or floats, too big to be walked exactly beside them: no matrices, and no fractions to ask for."""
        self.has_fractions = False
        given = scenario.file.reverse.prior
        law = last_decimals(chain) if given == "marginal" else scenario.prior(chain).rows()[0]
        self.send(opened(scenario, chain, law, self.request.text))

        def on_step(step: Step) -> None:
            p_t = tuple(map(float, step.marginal))
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
        del record["steps"]
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
        if chain is not None and not _exists(question, chain):
            self.send(_without(question, "undefined"))
        elif chain is not None and t in self.kept:
            self.send(_answer(question, chain, self.kept.get(t - 1), self.kept[t]))
        elif self.running and self.has_fractions:
            self.waiting.append(question)
        elif chain is not None and self.finished:
            before = chain.at(t - 1) if t else None
            self.send(_answer(question, chain, before, chain.at(t)))
        else:
            self.send(_without(question, "unknown"))

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
        """Float64 beside the run; what is asked meanwhile is answered between two steps."""
        if not self.finished or self.chain is None or self.scenario is None:
            return Shadowed((), "the run did not finish")
        found = []
        try:
            check_certified(self.scenario.file.arithmetic.kind)
            shades = Shades(self.chain, self.scenario.unit)
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


def _answer(question: Question | Column, chain: Chain, before: Moment | None, now: Moment) -> Message:
    if isinstance(question, Column):
        return column_of(question, chain, before, now)
    return Answer(question, exact(question, chain, before, now))


def _without(question: Question | Column, why: str) -> Message:
    return ColumnAnswer(question, None, ()) if isinstance(question, Column) else Answer(question, why)


def column_of(column: Column, chain: Chain, before: Moment | None, now: Moment) -> ColumnAnswer:
    """The probabilities asked for, and the fractions that are short."""
    asked = [Question(column.kind, column.t, i, column.j, column.x0) for i in range(chain.K)]
    found = [probability(question, chain, before, now) for question in asked]
    if None in found or not found:
        return ColumnAnswer(column, None, ())
    known = [p for p in found if p is not None]
    exactly = (text(p) if p.denominator.bit_length() <= SHORT_BITS else None for p in known)
    return ColumnAnswer(column, tuple(map(float, known)), tuple(exactly))


def is_affordable(chain: Chain) -> bool:
    """Whether the chain can be walked exactly beside a run in another arithmetic, within a few seconds."""
    return forecast(chain).seconds <= AFFORDABLE_SECONDS


def last_decimals(chain: Chain) -> tuple[Decimal, ...]:
    """P_T in float64, as decimals."""
    from markovdiff.process.floats import last_of

    return tuple(as_decimal(float(p), 15) for p in last_of(chain).p)


def opened(scenario: Scenario, chain: Chain, prior: Sequence[Fraction | Decimal], file: str) -> Opened:
    """What is known before the first step."""
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
        kernel=_tag(spec.noise.kernel),
        schedule="" if schedule is None else _tag(schedule),
        model=_tag(spec.reverse.model) if chain.is_markov else "",
        prior=tuple(text(p) if isinstance(p, Fraction) else decimal_text(p) for p in prior),
        data=tuple(text(p) for p in chain.data.probabilities),
        betas=tuple(text(beta) for beta in chain.betas) or None,
        expectations=tuple(scenario.expectations.items()),
        file=file,
    )


def _tag(spec: Any) -> str:
    return str(type(spec).__struct_config__.tag)


def _exists(question: Question | Column, chain: Chain) -> bool:
    """Whether there is such an entry at all, or such a column of a length that can be shown."""
    first = 1 if question.kind in ("step", "reverse", "forward") else 0
    i = 0 if isinstance(question, Column) else question.i
    within = all(0 <= state < chain.K for state in (i, question.j, question.x0))
    if isinstance(question, Column) and chain.K > COLUMN_MAX_K:
        return False
    return within and first <= question.t <= chain.T and (chain.is_markov or question.kind != "step")


def exact(question: Question, chain: Chain, before: Moment | None, now: Moment) -> str:
    """The number asked for, as text."""
    found = probability(question, chain, before, now)
    return "undefined" if found is None else text(found)


def probability(question: Question, chain: Chain, before: Moment | None, now: Moment) -> Fraction | None:
    """The number asked for, from the moments at t−1 (None at t = 0) and at t; None where it is undefined."""
    i, j = question.i, question.j
    p0, p_t = chain.data.probabilities, _entry(now.marginal, j)
    n, d = Fraction(0), Fraction(1)
    match question.kind:
        case "marginal":
            n = p_t
        case "cumulative":
            n = now.cumulative.entry(i, j)
        case "joint":
            n = p0[i] * now.cumulative.entry(i, j)
        case "posterior":
            n, d = p0[i] * now.cumulative.entry(i, j), p_t
        case "step":
            n = chain.transition(now.t).entry(i, j)
        case "reverse":
            assert before is not None
            n, d = _pair(chain, before, now, i, j), p_t
        case "forward":
            assert before is not None
            k = question.x0
            n, d = before.cumulative.entry(k, i) * _step(chain, now, k, i, j), now.cumulative.entry(k, j)
    return n / d if d else None


def _entry(row: RationalMatrix, j: int) -> Fraction:
    return fraction(row.N[0, j], row.d)


def _step(chain: Chain, now: Moment, k: int, i: int, j: int) -> Fraction:
    """q(x_t = j | x_{t−1} = i, x_0 = k)."""
    if isinstance(chain.kernel, WithMemory):
        return chain.kernel.by_source[k].entry(i, j)
    return chain.transition(now.t).entry(i, j)


def _pair(chain: Chain, before: Moment, now: Moment, i: int, j: int) -> Fraction:
    """q(x_{t−1} = i, x_t = j)."""
    if chain.is_markov:
        return _entry(before.marginal, i) * chain.transition(now.t).entry(i, j)
    sources = enumerate(chain.data.probabilities)
    return sum((p * before.cumulative.entry(k, i) * _step(chain, now, k, i, j) for k, p in sources), Fraction(0))


class Pictures:
    """A chain's matrices as floats, for the screen.

    Kernels are converted entry by entry from exact integers, in balls or by Python's division, which no height
    overflows; products and quotients of the floats then add a rounding each.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.p0 = floats(chain.at(0).marginal)
        self.before: Sequence[float] = self.p0
        self.step: tuple[object, list[float], bytes] = (None, [], b"")

    def matrices(self, before: Moment | None, now: Moment, p_t: Sequence[float]) -> dict[str, bytes]:
        """The matrices of one StepDone; to be called for t = 0, 1, … in order."""
        K, Q_bar = now.marginal.shape[1], _kernel(now.cumulative)
        joint = [p * x for i, p in enumerate(self.p0) for x in Q_bar[i * K : (i + 1) * K]]
        found = {"cumulative": _packed(Q_bar), "joint": _packed(joint)}
        if now.transition is not None and self.step[0] is not now.transition:
            Q = _kernel(now.transition)
            self.step = (now.transition, Q, _packed(Q))
        if now.transition is not None:
            found["step"] = self.step[2]
        if before is not None:
            found["reverse"] = _packed(self._reverse(before, now, p_t))
        self.before = p_t
        return found

    def _reverse(self, before: Moment, now: Moment, p_t: Sequence[float]) -> list[float]:
        """For each j the row q(x_{t−1} | x_t = j), NaN where x_t = j is impossible."""
        K, found = len(p_t), []
        pairs = self._pairs(before, now)
        for j, p in enumerate(p_t):
            if p >= TINY:
                found += [pair / p for pair in pairs[j::K]]
            elif now.marginal.N[0, j] == 0:
                found += [nan] * K
            else:
                exactly = _entry(now.marginal, j)
                found += [float(_pair(self.chain, before, now, i, j) / exactly) for i in range(K)]
        return found

    def _pairs(self, before: Moment, now: Moment) -> list[float]:
        """q(x_{t−1} = i, x_t = j), row by row."""
        if now.transition is not None:
            K, Q = len(self.before), self.step[1]
            return [p * x for i, p in enumerate(self.before) for x in Q[i * K : (i + 1) * K]]
        joint = before.cumulative.dense.matrix.rows_scaled(before.data)
        given, d = self._by_state
        products = [fmpz_mat([column]) * M for column, M in zip(joint.N.transpose().table(), given, strict=True)]
        return [x for row in products for x in floats(RationalMatrix(row, joint.d * d))]

    @cached_property
    def _by_state(self) -> tuple[list[fmpz_mat], fmpz]:
        """For each i the matrix of q(x_t = j | x_{t−1} = i, x_0 = k), row k; all over one denominator."""
        assert isinstance(self.chain.kernel, WithMemory)
        given = [M.matrix for M in self.chain.kernel.by_source]
        d = fmpz(1)
        for M in given:
            d = d.lcm(M.d)
        tables = [(M.N * (d // M.d)).table() for M in given]
        return [fmpz_mat([table[i] for table in tables]) for i in range(self.chain.K)], d


def floats(M: RationalMatrix) -> list[float]:
    """The entries, row by row, each rounded to the nearest double, short of a tie."""
    return [float(x) for x in stochastic_ball([(row, M.d) for row in M.table()], FLOAT_BITS).entries()]


def _kernel(W: Transition) -> list[float]:
    """The entries, row by row; of a Mixing, whose columns have one number off the diagonal, in O(K) divisions."""
    if isinstance(W, Dense):
        return floats(W.matrix)
    kept, whole, total = W.keep.numerator, W.keep.denominator, W.target.total
    fresh = [(whole - kept) * w for w in W.target.weights]
    found = [f / (whole * total) for f in fresh] * W.K
    found[:: W.K + 1] = [(kept * total + f) / (whole * total) for f in fresh]
    return found


def _packed(numbers: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(numbers)}d", *numbers)
