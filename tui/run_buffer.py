"""Hold what the screen has of a run: its opening, its steps so far, its end.

It grows as the engine streams: each message is frozen, and is added or set once. Panels are given it and t.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import log10
from typing import Any, TypeVar

from markovdiff.errors import UnfinishedError
from tui.glyphs import tell_apart
from tui.kernels import ClosedForm, MatrixPicture, WrittenOut
from tui.messages import (
    Died,
    Failed,
    Finished,
    InspectionAnswer,
    Likely,
    NaiveFloatAnswer,
    Opened,
    SampleAnswer,
    StepDone,
)

Kept = TypeVar("Kept")

TINY = 1e-290
"""A sum of products below this may have lost what it was made of."""

UNPACKED = 12
"""Matrices that are kept as they were unpacked last."""


@dataclass(eq=False)
class RunBuffer:
    """A run as far as it has come: `arrived` messages of it.

    `name` is known before its opening; `pictures` are kept until more of it comes.
    """

    name: str = ""
    opened: Opened | None = None
    steps: list[StepDone] = field(default_factory=list)
    finished: dict[str, Any] | None = None
    drawn: tuple[tuple[Likely, ...], ...] = ()
    trouble: str | None = None
    sampled: SampleAnswer | None = None
    shadowed: NaiveFloatAnswer | None = None
    inspected: InspectionAnswer | None = None
    arrived: int = 0
    pictures: dict[tuple[object, ...], Any] = field(default_factory=dict, repr=False)
    _prior: list[float] | None = field(default=None, repr=False)
    _labels: tuple[str, ...] = field(default=(), repr=False)
    _matrices: dict[tuple[int, str], MatrixPicture | None] = field(default_factory=dict, repr=False)

    def take(self, message: object) -> bool:
        """Put a message of the engine where it belongs; whether the run has more of it now."""
        match message:
            case Opened():
                self.opened = message
            case StepDone():
                self.steps.append(message)
            case Finished():
                self.finished, self.drawn = _sharing(message.record, self.opened), message.drawn
            case SampleAnswer():
                self.sampled = message
            case NaiveFloatAnswer():
                self.shadowed = message
            case InspectionAnswer():
                self.inspected = message
            case Failed():
                self.trouble = message.message
            case Died():
                got = f"exit code {message.exitcode}"
                self.trouble = str(
                    UnfinishedError("the engine's process ended", got=got, remedy="press enter to start it again")
                )
                self.sampled = self.sampled or SampleAnswer(0, 0, b"", None, 0, "the engine's process ended")
                self.inspected = self.inspected or InspectionAnswer((), "the engine's process ended")
            case _:
                return False
        self.arrived += 1
        self.pictures.clear()
        self._matrices.clear()
        return True

    def once(self, key: tuple[object, ...], make: Callable[[], Kept]) -> Kept:
        """Return what is found or drawn of the run as it is now: made once, and kept until more of it comes."""
        if key not in self.pictures:
            self.pictures[key] = make()
        kept: Kept = self.pictures[key]
        return kept

    @property
    def T(self) -> int:
        """The last time there is."""
        return self.opened.T if self.opened else 0

    def at(self, t: int) -> StepDone | None:
        """Return the step at t, if it has arrived."""
        return self.steps[t] if t < len(self.steps) else None

    def value(self, t: int, quantity: str) -> dict[str, Any] | None:
        """Return a quantity's record at t: value, lower, upper, closed_form."""
        step = self.at(t)
        found: dict[str, Any] | None = step.record.get(quantity) if step else None
        return found

    def numbers(self, quantity: str) -> list[float | None]:
        """Return a quantity at t = 0 … T as floats for a picture; None where it is not (yet) known."""
        known = [_float(self.value(t, quantity)) for t in range(len(self.steps))]
        return known + [None] * (self.T + 1 - len(known))

    def logarithms(self, quantity: str) -> list[float | None]:
        """Return log10 of a quantity at t = 0 … T, far below what a float could hold; None for zero."""
        known = [_log10(self.value(t, quantity)) for t in range(len(self.steps))]
        return known + [None] * (self.T + 1 - len(known))

    @property
    def float_errors(self) -> Sequence[dict[str, Any]]:
        """What float64 has beside the steps that have arrived; empty where it was not asked or cannot be had."""
        return self.shadowed.steps[: len(self.steps)] if self.shadowed else ()

    def float_error(self, t: int) -> dict[str, Any] | None:
        """Return what float64 has at t: mutual_information, relative_error, false_rise, stands_still, negative."""
        return self.float_errors[t] if t < len(self.float_errors) else None

    @property
    def prior(self) -> list[float]:
        """π as floats for a picture."""
        if self._prior is None and self.opened is not None:
            self._prior = [_ratio(p) for p in self.opened.prior]
        return self._prior or []

    @property
    def labels(self) -> tuple[str, ...]:
        """The states' labels as they are shown: no two look alike."""
        if not self._labels and self.opened is not None:
            self._labels = tell_apart(self.opened.states)
        return self._labels

    def posterior(self, t: int, j: int) -> list[float] | None:
        """Return q(x_0 | x_t = j) for a picture, from the joint; None where it is undefined, or not known."""
        joint = self.matrix(t, "joint")
        return None if joint is None else _shares([joint.entry(i, j) for i in range(self.K)])

    def forward(self, t: int, j: int, x0: int) -> list[float] | None:
        """Return q(x_{t−1} | x_t = j, x_0 = x0) for a picture; None where it is undefined, or a matrix is missing."""
        before, step = self.matrix(t - 1, "cumulative") if t else None, self.matrix(t, "step")
        if before is None or step is None:
            return None
        return _shares([(before.entry(x0, i) or 0.0) * (step.entry(i, j) or 0.0) for i in range(self.K)])

    @property
    def K(self) -> int:
        """The number of states."""
        return self.opened.K if self.opened else 0

    def matrix(self, t: int, kind: str) -> MatrixPicture | None:
        """Return a matrix of step t for a picture, or None where it has none."""
        if (t, kind) not in self._matrices:
            if len(self._matrices) >= UNPACKED:
                self._matrices.clear()
            self._matrices[t, kind] = self._matrix(t, kind)
        return self._matrices[t, kind]

    def _matrix(self, t: int, kind: str) -> MatrixPicture | None:
        step, o = self.at(t), self.opened
        if step is None or o is None:
            return None
        if step.matrices is not None:
            return WrittenOut.of(step.matrices[kind], step.grain) if kind in step.matrices else None
        if step.parts is None or o.target is None:
            return None
        bar, own = step.parts
        if kind in ("cumulative", "joint"):
            return ClosedForm(bar, o.target, o.mask, self.steps[0].marginal if kind == "joint" else None)
        if own is None:
            return None
        if kind == "step":
            return ClosedForm(own, o.target, o.mask)
        given = [1 / p if p else 0.0 for p in step.marginal]
        return ClosedForm(own, o.target, o.mask, self.steps[t - 1].marginal, given, turned=True)


def return_free_memory() -> None:
    """Give the system what the C library holds free; nothing where that library is not glibc.

    The messages of a large run are blocks of megabytes between small ones that stay, and glibc keeps their room: after
    three runs of 4,097 states, each replaced by a small one, the process had 173 MB, of which it used 41.
    """
    import ctypes  # late: it is not wanted before the first picture

    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def veiled(run: RunBuffer, t: int) -> RunBuffer:
    """Return the run up to t, with nothing told of its end."""
    steps = run.steps[: t + 1]
    return replace(run, steps=steps, finished=None, drawn=(), sampled=None, inspected=None, pictures={}, _matrices={})


def _sharing(record: dict[str, Any], opened: Opened | None) -> dict[str, Any]:
    """Return the record with the opening's own data, where it has those too: of many states they are megabytes."""
    scenario = record.get("scenario", {})
    if opened is None or scenario.get("data") != list(opened.data):
        return record
    return record | {"scenario": scenario | {"data": list(opened.data)}}


def _ratio(exact: str) -> float:
    """Return a fraction "n/d" in [0, 1] as a float, however long: by its leading digits."""
    n, _, d = exact.partition("/")
    size = max(len(d) - 300, 0)
    return float(n[: max(len(n) - size, 0)] or 0) / float(d[: len(d) - size] or 1)


def _shares(weights: Sequence[float | None]) -> list[float] | None:
    """Return weights as parts of their sum, where floats can hold that."""
    total = sum(w or 0.0 for w in weights)
    return [(w or 0.0) / total for w in weights] if total > TINY else None


NO_NUMBERS = {"inf", "undefined", "undecided"}
"""What a record may say in place of a number."""


def _float(record: dict[str, Any] | None) -> float | None:
    if record is None or record["value"] in NO_NUMBERS:
        return None
    return float(record["value"])


def _log10(record: dict[str, Any] | None) -> float | None:
    if record is None or record["value"] in NO_NUMBERS:
        return None
    value = Decimal(record["value"])
    return float(value.adjusted() + log10(float(value.scaleb(-value.adjusted())))) if value > 0 else None


def short(record: dict[str, Any] | None, digits: int = 6) -> str:
    """Return a certified number to a few digits, for a place where there is little room."""
    if record is None:
        return "·"
    text = str(record["value"])
    if text in NO_NUMBERS:
        return "∞" if text == "inf" else text
    number = Decimal(text)
    if number == 0:
        return "0"
    size = number.adjusted()
    if -4 <= size < digits:
        return f"{number:.{digits - 1 - size if size >= 0 else digits - 2 - size}f}"
    return f"{number:.{digits - 1}e}".replace("e+", "e")
