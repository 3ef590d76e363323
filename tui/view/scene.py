"""A scene: the film, the time, and what the person has chosen to look at. And words set into rows of cells.

Everything under `tui.view` is a pure function of a scene and a size. Nothing here knows Textual, and nothing
computes: the numbers are the engine's, only placed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from tui import raster
from tui.film import Film
from tui.messages import ColumnAnswer, Kind, Question
from tui.raster import Cell, Row

SCALES = ("linear", "square root", "logarithmic")
MATRICES: tuple[Kind, ...] = ("cumulative", "step", "joint", "reverse")

Words: TypeAlias = Sequence[tuple[str, str]]
"""Pieces of text, each with the name of its colour."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the run by its name in the result: of step t, or one of the ledger's totals where t is None."""

    quantity: str
    t: int | None


Spot: TypeAlias = Question | Number
"""What is under the cursor or the mouse: an entry of a distribution, or a number of the run."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The film, the time, and the choices of the person who looks.

    `chosen` is the state of x_t and `source` that of x_0 (or of x_{t−1}, where a matrix has that down its rows);
    `beneath` is a film laid under this one; `column` what the engine last said of a posterior's column;
    `backward` shows the reverse process's particles; `shadow` what float64 makes of the information.
    """

    film: Film
    t: int
    scale: str = "linear"
    matrix: Kind = "cumulative"
    chosen: int = 0
    source: int = 0
    colour: bool = True
    beneath: Film | None = None
    columns: tuple[ColumnAnswer, ...] = ()
    backward: bool = False
    shadow: bool = False

    @property
    def unit(self) -> str:
        """The run's unit."""
        return self.film.opened.unit if self.film.opened else ""

    def state(self, i: int) -> str:
        """A state's label, every character one column wide."""
        states = self.film.opened.states if self.film.opened else ()
        return raster.narrow(states[i]) if 0 <= i < len(states) else "?"


Painter: TypeAlias = Callable[[Scene, int, int], list[Row]]
"""A scene, a width and a height → so many rows of so many cells."""

Finder: TypeAlias = Callable[[Scene, int, int, int, int], Spot | None]
"""A scene, x, y, and the width and height it is painted in → what is shown there."""


def line(words: Words, width: int) -> Row:
    """Words with their colours as one row, cut or filled to the width."""
    row = [Cell(c, style) for text, style in words for c in raster.narrow(text)][:width]
    return row + [Cell(" ")] * (width - len(row))


def paragraph(lines: Sequence[Words], width: int, height: int) -> list[Row]:
    """Rows of words, filled up with empty ones."""
    rows = [line(words, width) for words in lines[:height]]
    return rows + [line([], width) for _ in range(height - len(rows))]


def fit(text: str, room: int) -> str:
    """Text cut to the room there is."""
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def fraction(exact: str, room: int) -> str:
    """A fraction whole if there is room, else its size: ≈ and as many digits as go in, at most fifteen."""
    if len(exact) <= room or "/" not in exact:
        return fit(exact, room)
    return approximate(exact, min(max(room - 7, 2), 15))


def approximate(exact: str, digits: int) -> str:
    """≈ and the size of a fraction n/d, from the first forty digits of each: no number of any length is made an int.

    >>> approximate("1/3", 5), approximate("1/3" + "0" * 400, 3), approximate("7", 3)
    ('≈0.33333', '≈3.33e-401', '≈7.00')
    """
    n, _, d = exact.partition("/")
    head, foot = n[:40], (d or "1")[:40]
    value = (Decimal(head) / Decimal(foot)).scaleb(len(n) - len(head) - (len(d or "1") - len(foot)))
    size = value.adjusted()
    if value == 0 or not -4 <= size < digits:
        return f"≈{value:.{digits - 1}e}".replace("e+", "e")
    return f"≈{value:.{digits - 1 - size}f}"
