"""Hold what is looked at: the run, the time, and what the person has chosen; and word its numbers.

Panels and lines are pure functions of a ViewState and a size. Nothing here knows Textual, and nothing computes: the
numbers are the engine's, only placed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, Inexact, localcontext
from functools import lru_cache
from typing import Any, TypeAlias

from tui.glyphs import columns
from tui.messages import Answer, Column, ColumnAnswer, Kind, Question
from tui.run_buffer import RunBuffer, short

SCALES = ("linear", "square root", "logarithmic")
MATRICES: tuple[Kind, ...] = ("cumulative", "step", "joint", "reverse")

FORM_WIDTH, FORM_BESIDE_FROM = 44, 70
"""Columns of the form, and those that a screen has at least on which it stands beside the picture."""


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number of the run by its name in the result: of step t, of a sampler, or else one of the ledger's totals."""

    quantity: str
    t: int | None
    sampler: int | None = None


Readable: TypeAlias = Question | ReadNumber
"""What is under the cursor or the mouse: an entry of a distribution, or a number of the run."""


@dataclass(frozen=True, slots=True)
class Scrolled:
    """How far a panel's table was scrolled: to the row `first`, while it followed the row `around`."""

    panel: str
    around: int
    first: int


@dataclass(frozen=True, slots=True)
class ViewState:
    """The run, the time, and the choices of the person who looks: all that decides the picture.

    - `run` grows in place; `arrived` says how much of it there was, so that two states differ where it has grown
    - `scale` is one of SCALES, or "" where the curves choose it by themselves
    - `chosen` is the state of x_t and `source` that of x_0 (or of x_{t−1}, where a matrix has that down its rows);
      `has_source` is whether somebody chose x_0
    - `overlay_run` is a run laid beneath this one
    - `answers` are what the engine has said to the questions that are open
    - `backward` shows the reverse process's particles; `shadow` what float64 makes of the information
    - `playing` is whether time runs, and `pace` how, in a few characters
    - `zoomed` is the name of the panel that has the room of all, or ""
    - `recent` are the names of the panels that were asked for, that which has the keys first
    - `hover` is where the mouse is: a panel's name, x and y
    - `sampler` is the number of the sampler that is looked at, counted round and round
    - `edited` is whether the chain was changed and is not saved
    - `scrolled` is how far tables were scrolled
    - `fault` is what went wrong with the run, while its card is in sight
    - `editing` is whether the form stands at the right
    - `greeting` is whether somebody new is told where to begin, where else a number is read out
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
    scrolled: tuple[Scrolled, ...] = ()
    fault: str = ""
    editing: bool = False
    greeting: bool = False
    has_source: bool = False

    @property
    def focused(self) -> str:
        """The name of the panel that has the keys."""
        return self.recent[0] if self.recent else ""

    @property
    def is_covered(self) -> bool:
        """Whether the card stands where the panels are, which have no whole picture of a run that ended early."""
        return bool(self.fault) and self.run.finished is None

    @property
    def beside(self) -> int:
        """Columns at the right that the form has."""
        return form_width(self.size[0]) if self.editing else 0

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


def form_width(width: int) -> int:
    """Return the columns that the form has on a screen of so many; 0 where it has all of them.

    >>> form_width(69), form_width(80), form_width(120)
    (0, 40, 44)
    """
    return 0 if width < FORM_BESIDE_FROM else min(width // 2, FORM_WIDTH)


NUMBER = re.compile(r"\d+(\.\d+)?(e[+-]?\d{1,5})?|\d+/0*[1-9]\d*", re.ASCII)
"""A number as results have it, and people type it."""


def fraction_forms(exact: str) -> tuple[str, ...]:
    """Return an exact number, and its roundings from fifteen digits to one with ≈; what is no number stays as it is.

    A fraction that a decimal is equal to has that, without ≈.

    >>> fraction_forms("1/1000"), fraction_forms("1/3")[::15], fraction_forms("undecided")
    (('1/1000', '0.001'), ('1/3', '≈0.3'), ('undecided',))
    >>> fraction_forms("7/16")[:4], fraction_forms("7/16z"), fraction_forms("1/00")
    (('7/16', '0.4375', '≈0.438', '≈0.44'), ('7/16z',), ('1/00',))
    """
    if not NUMBER.fullmatch(exact):
        return (exact,)
    return tuple(dict.fromkeys([exact, *_roundings(*_leading(exact))]))


@lru_cache(maxsize=2048)
def _roundings(head: str, foot: str, shift: int, whole: bool) -> list[str]:
    """Return the roundings of head/foot·10^shift; a long fraction is not kept, only its leading digits."""
    return [_rounded(head, foot, shift, whole, digits) for digits in range(15, 0, -1)]


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
    ('≈0.33333', '≈3.33e-401', '7')
    """
    return _rounded(*_leading(exact), digits)


def _leading(exact: str) -> tuple[str, str, int, bool]:
    """Return the leading digits of n and d, the power of ten that they lack, and whether n/d is that; decimals stay."""
    n, _, d = exact.partition("/")
    if not d:
        return exact, "1", 0, exact.isdigit()
    head, foot = n[:40], d[:40]
    return head, foot, len(n) - len(head) - (len(d) - len(foot)), (head, foot) == (n, d)


def _rounded(head: str, foot: str, shift: int, whole: bool, digits: int) -> str:
    with localcontext() as context:
        context.prec = 50
        context.clear_flags()
        value = (Decimal(head) / Decimal(foot)).scaleb(shift)
        known = whole and not context.flags[Inexact]
        size = value.adjusted()
        if value == 0:
            return "0" if known else "≈0"
        text = f"{value:.{digits - 1}e}".replace("e+", "e")
        if -4 <= size < digits:
            text = f"{value:.{digits - 1 - size}f}"
        if not known or Decimal(text) != value:
            return f"≈{text}"
        return f"{value.normalize():f}" if -4 <= size < 15 else f"{value.normalize():e}".replace("e+", "e")
