"""What every arithmetic says about time t: the names that watchers, ledgers and reports rely on.

    exact   `Information` over rationals: a `Quantity` can be evaluated at any precision and decided
    ball    `BallInformation`: a `Quantity` can be evaluated at any precision, and decided where balls decide
    float   `FloatInformation`: an `Approximation` has one precision, so differences that cancel are other formulas

That is the whole protocol: numbers that can be subtracted, scaled, signed and shown. Exact and ball arithmetic share
each formula, for both can ask for more bits. Float cannot, so sharing the text of `H − I` with it would share its
cancellation: there the same quantity is written as a sum of terms of one sign. Nothing is dispatched inside a loop, and
the exact route pays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed

ArithmeticName: TypeAlias = Literal["exact", "ball", "float"]
Decay: TypeAlias = Literal["strict", "equal", "violated", "undecided"]


class Number(Protocol):
    """A real number in nats."""

    def minus(self, other: Any, zero: bool | None = None) -> Number:
        """Return self − other; `zero` says whether that is known to vanish."""

    def sign(self) -> int | None:
        """Return −1, 0, +1, or None where this arithmetic cannot tell."""

    def compare(self, r: Fraction, unit: Unit) -> int | None:
        """Return the sign of self − r, with r in `unit`."""

    def enclosed(self, digits: int, unit: Unit, closed: bool = False) -> Enclosed:
        """Return the number as it is reported."""


M_co = TypeVar("M_co", covariant=True)
N_co = TypeVar("N_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Snapshot(Generic[M_co, N_co]):
    """The part of time t − 1 that the step to t needs, with no link to earlier times: a long run keeps two steps.

    `moment` is the process at that time, as its arithmetic has it.
    """

    moment: M_co
    entropy: N_co
    mutual_information: N_co
    data_entropy: N_co


class Past(Protocol):
    """What checks ask of t − 1."""

    @property
    def entropy(self) -> Number:
        """H(x_t)."""

    @property
    def mutual_information(self) -> Number:
        """I(x0; x_t)."""


class StepInformation(Protocol):
    """What is known at time t, and what the step to it destroyed."""

    @property
    def arithmetic(self) -> ArithmeticName:
        """Which arithmetic speaks."""

    @property
    def t(self) -> int:
        """The time."""

    @property
    def markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""

    @property
    def before(self) -> Past | None:
        """The same at t − 1."""

    @property
    def entropy(self) -> Number:
        """H(x_t)."""

    @property
    def mutual_information(self) -> Number:
        """I(x0; x_t)."""

    @property
    def decay(self) -> Decay:
        """The verdict on the step."""

    @property
    def slack_sign(self) -> int | None:
        """The sign of η(Q_t)·I_{t−1} − I_t."""

    @property
    def law_stays(self) -> bool:
        """Whether p_t = p_{t−1} is known."""

    def divergence(self, law: RationalMatrix) -> Number | None:
        """Return KL(p_t‖μ), None where it is infinite; to be asked at every t in turn."""

    def inconsistency(self) -> dict[str, object] | None:
        """Return where the joint law of x0 and x_t does not have the marginals that it should."""
