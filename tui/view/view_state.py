"""Hold what is looked at: the run, the time, and what the person has chosen; and word its numbers.

Panels and lines are pure functions of a ViewState and a size. Nothing here knows Textual, and nothing computes: the
numbers are the engine's, only placed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from tui.glyphs import columns
from tui.messages import Answer, Column, ColumnAnswer, Kind, Question
from tui.run_buffer import RunBuffer, short

SCALES = ("linear", "square root", "logarithmic")
MATRICES: tuple[Kind, ...] = ("cumulative", "step", "joint", "reverse")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the run by its name in the result: of step t, of a sampler, or else one of the ledger's totals."""

    quantity: str
    t: int | None
    sampler: int | None = None


Readable: TypeAlias = Question | Number
"""What is under the cursor or the mouse: an entry of a distribution, or a number of the run."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """The run, the time, and the choices of the person who looks: all that decides the picture.

    - `run` grows in place; `arrived` says how much of it there was, so that two states differ where it has grown
    - `scale` is one of SCALES, or "" where the curves choose it by themselves
    - `chosen` is the state of x_t and `source` that of x_0 (or of x_{t−1}, where a matrix has that down its rows)
    - `overlay_run` is a run laid beneath this one
    - `answers` are what the engine has said to the questions that are open
    - `backward` shows the reverse process's particles; `shadow` what float64 makes of the information
    - `playing` is whether time runs, and `pace` how, in a few characters
    - `zoomed` is the name of the panel that has the room of all, or ""
    - `recent` are the names of the panels that were asked for, that which has the keys first
    - `hover` is where the mouse is: a panel's name, x and y
    - `sampler` is the number of the sampler that is looked at, counted round and round
    - `edited` is whether the chain was changed and is not saved
    - `size` is the screen's, in columns and rows; `touring` whether the card of the tour takes some of them
    """

    run: RunBuffer
    t: int
    scale: str = ""
    matrix: Kind = "cumulative"
    chosen: int = 0
    source: int = 0
    colour: bool = True
    overlay_run: RunBuffer | None = None
    answers: tuple[Answer | ColumnAnswer, ...] = ()
    backward: bool = False
    shadow: bool = False
    playing: bool = False
    pace: str = ""
    zoomed: str = ""
    recent: tuple[str, ...] = ()
    hover: tuple[str, int, int] | None = None
    size: tuple[int, int] = (0, 0)
    touring: bool = False
    sampler: int = 0
    arrived: int = 0
    edited: bool = False

    @property
    def focused(self) -> str:
        """The name of the panel that has the keys."""
        return self.recent[0] if self.recent else ""

    def answer(self, question: Question | Column) -> Answer | ColumnAnswer | None:
        """Return what the engine has said to a question, if it has."""
        return next((a for a in self.answers if question == (a.question if isinstance(a, Answer) else a.column)), None)

    @property
    def has_sequences(self) -> bool:
        """Whether the data are sequences of symbols."""
        return self.run.opened is not None and self.run.opened.length is not None

    @property
    def unit(self) -> str:
        """The run's unit."""
        return self.run.opened.unit if self.run.opened else ""

    def state(self, i: int) -> str:
        """Return a state's label, told apart from all others."""
        return self.run.labels[i] if 0 <= i < len(self.run.labels) else "?"


@lru_cache(maxsize=512)
def fraction_forms(exact: str) -> tuple[str, ...]:
    """Return an exact number, and its roundings from fifteen digits to one with ≈; what is no number stays as it is.

    >>> fraction_forms("1/1000")[::15], fraction_forms("1/2")[:2], fraction_forms("undecided")
    (('1/1000', '≈0.001'), ('1/2', '≈0.500000000000000'), ('undecided',))
    """
    if not exact[:1].isdigit():
        return (exact,)
    return tuple(dict.fromkeys([exact, *(approximate(exact, digits) for digits in range(15, 0, -1))]))


def fraction(exact: str, room: int) -> str:
    """Return a fraction whole if there is room, else ≈ and as many digits as go in; nothing where none does."""
    return next((form for form in fraction_forms(exact) if columns(form) <= room), "")


def roundings(record: dict[str, Any] | None, most: int) -> tuple[str, ...]:
    """Return a certified number to so many digits and to fewer, down to two."""
    return tuple(dict.fromkeys([short(record, digits) for digits in range(most, 1, -1)]))


def bits(unit: str, value: str) -> str:
    """Return the unit as it is said of a value: 1 bit, 2 bits.

    >>> bits("bits", "1"), bits("nats", "1.5")
    ('bit', 'nats')
    """
    return unit.removesuffix("s") if value == "1" else unit


def approximate(exact: str, digits: int) -> str:
    """Return ≈ and the size of a fraction n/d from the first forty digits of each: no long number is made an int.

    >>> approximate("1/3", 5), approximate("1/3" + "0" * 400, 3), approximate("7", 3)
    ('≈0.33333', '≈3.33e-401', '≈7.00')
    """
    n, _, d = exact.partition("/")
    head, foot = n[:40], (d or "1")[:40]
    value = (Decimal(head) / Decimal(foot)).scaleb(len(n) - len(head) - (len(d or "1") - len(foot)))
    if not d:
        value = Decimal(exact)
    size = value.adjusted()
    if value == 0:
        return "≈0"
    if not -4 <= size < digits:
        return f"≈{value:.{digits - 1}e}".replace("e+", "e")
    return f"≈{value:.{digits - 1 - size}f}"
