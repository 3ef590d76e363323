"""Hold what is looked at: the run, the time, and what the person has chosen; and word its numbers.

Panels and lines are pure functions of a ViewState and a size. Nothing here knows Textual, and nothing computes: the
numbers are the engine's, only placed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from tui.film import RunBuffer, short
from tui.glyphs import columns
from tui.messages import ColumnAnswer, Kind, Question

SCALES = ("linear", "square root", "logarithmic")
MATRICES: tuple[Kind, ...] = ("cumulative", "step", "joint", "reverse")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the run by its name in the result: of step t, or one of the ledger's totals where t is None."""

    quantity: str
    t: int | None


Readable: TypeAlias = Question | Number
"""What is under the cursor or the mouse: an entry of a distribution, or a number of the run."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """The film, the time, and the choices of the person who looks.

    `chosen` is the state of x_t and `source` that of x_0 (or of x_{t−1}, where a matrix has that down its rows);
    `beneath` is a film laid under this one; `column` what the engine last said of a posterior's column;
    `backward` shows the reverse process's particles; `shadow` what float64 makes of the information; `playing` is
    whether time runs.
    """

    film: RunBuffer
    t: int
    scale: str = "linear"
    matrix: Kind = "cumulative"
    chosen: int = 0
    source: int = 0
    colour: bool = True
    beneath: RunBuffer | None = None
    columns: tuple[ColumnAnswer, ...] = ()
    backward: bool = False
    shadow: bool = False
    playing: bool = False

    @property
    def unit(self) -> str:
        """The run's unit."""
        return self.film.opened.unit if self.film.opened else ""

    def state(self, i: int) -> str:
        """A state's label, told apart from all others."""
        return self.film.labels[i] if 0 <= i < len(self.film.labels) else "?"


@lru_cache(maxsize=512)
def fraction_forms(exact: str) -> tuple[str, ...]:
    """An exact number, and its roundings from fifteen digits to one, each with ≈; what is no number stays as it is.

    >>> fraction_forms("1/1000")[::15], fraction_forms("1/2")[:2], fraction_forms("undecided")
    (('1/1000', '≈0.001'), ('1/2', '≈0.500000000000000'), ('undecided',))
    """
    if not exact[:1].isdigit():
        return (exact,)
    return tuple(dict.fromkeys([exact, *(approximate(exact, digits) for digits in range(15, 0, -1))]))


def fraction(exact: str, room: int) -> str:
    """A fraction whole if there is room, else ≈ and as many digits as go in; nothing where none does."""
    return next((form for form in fraction_forms(exact) if columns(form) <= room), "")


def roundings(record: dict[str, Any] | None, most: int) -> tuple[str, ...]:
    """A certified number to so many digits and to fewer, down to two."""
    return tuple(dict.fromkeys([short(record, digits) for digits in range(most, 1, -1)]))


def bits(unit: str, value: str) -> str:
    """The unit as it is said of a value: 1 bit, 2 bits.

    >>> bits("bits", "1"), bits("nats", "1.5")
    ('bit', 'nats')
    """
    return unit.removesuffix("s") if value == "1" else unit


def approximate(exact: str, digits: int) -> str:
    """≈ and the size of a fraction n/d, from the first forty digits of each: no number of any length is made an int.

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
