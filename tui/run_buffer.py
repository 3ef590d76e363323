"""Hold what the screen has of a run: its opening, its steps so far, its end.

It grows as the engine streams: each message is frozen, and is added or set once. Panels are given it and t.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import isnan, log10
from typing import Any

from tui.glyphs import tell_apart
from tui.messages import Died, Failed, Finished, Opened, Sampled, Shadowed, StepDone

TINY = 1e-290
"""A sum of products below this may have lost what it was made of."""


@dataclass(eq=False)
class RunBuffer:
    """A run as far as it has come: `arrived` messages of it. `pictures` are kept for as long as nothing comes."""

    opened: Opened | None = None
    steps: list[StepDone] = field(default_factory=list)
    finished: dict[str, Any] | None = None
    trouble: str | None = None
    sampled: Sampled | None = None
    shadowed: Shadowed | None = None
    arrived: int = 0
    pictures: dict[tuple[object, ...], Any] = field(default_factory=dict, repr=False)
    _prior: list[float] | None = field(default=None, repr=False)
    _labels: tuple[str, ...] = field(default=(), repr=False)

    def take(self, message: object) -> bool:
        """Put a message of the engine where it belongs; whether the run has more of it now."""
        self.pictures.clear()
        match message:
            case Opened():
                self.opened = message
            case StepDone():
                self.steps.append(message)
            case Finished():
                self.finished = message.record
            case Sampled():
                self.sampled = message
            case Shadowed():
                self.shadowed = message
            case Failed():
                self.trouble = message.message
            case Died():
                self.trouble = (
                    f"the engine's process ended (exit code {message.exitcode}); press enter to start it again"
                )
            case _:
                return False
        self.arrived += 1
        return True

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
        """Return q(x_0 | x_t = j) for a picture, from the joint; None where it is undefined, or no matrix is kept."""
        joint = self.matrix(t, "joint")
        return None if joint is None else _shares([row[j] for row in joint])

    def forward(self, t: int, j: int, x0: int) -> list[float] | None:
        """Return q(x_{t−1} | x_t = j, x_0 = x0) for a picture; None where it is undefined, or a matrix is missing."""
        before, step = self.matrix(t - 1, "cumulative") if t else None, self.matrix(t, "step")
        if before is None or step is None:
            return None
        return _shares([(a or 0.0) * (row[j] or 0.0) for a, row in zip(before[x0], step, strict=True)])

    def matrix(self, t: int, kind: str) -> list[list[float | None]] | None:
        """Return a matrix of step t for a picture, or None where it has none."""
        step = self.at(t)
        if step is None or step.matrices is None or kind not in step.matrices or self.opened is None:
            return None
        numbers, K = array("d"), self.opened.K
        numbers.frombytes(step.matrices[kind])
        return [[None if isnan(x) else x for x in numbers[i * K : (i + 1) * K]] for i in range(K)]


def veiled(run: RunBuffer, t: int) -> RunBuffer:
    """Return the run up to t, with nothing told of its end."""
    return replace(run, steps=run.steps[: t + 1], finished=None, sampled=None)


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
