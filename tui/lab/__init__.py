"""The lab: ideas of information theory to be moved by hand. A view is a module here, as a panel is in `tui.panels`.

    dials (exact values) → measure (the engine's numbers, asked for late) → render → rows of cells

TITLE, IDEA and TOPIC are its name, its sentence and its page of the chapter; DIALS what is moved; `render` draws it,
`grab` says what a place in it stands for, `settings` what its page is given. Nothing here knows Textual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType
from typing import Any, Protocol

from tui.lab import channel, code, coin, growth, peaks, states
from tui.lab.dial import Dial, Values
from tui.raster import Row

Grab = Callable[[Values, int, int, int, int], tuple[str, Fraction] | None]


class Painter(Protocol):
    """Values, what was measured (None: not yet), the chosen dial, a width and a height → rows."""

    def __call__(self, values: Values, measured: Any, chosen: int, width: int, height: int) -> list[Row]:
        """Draw rows exactly as wide; the page fills up what is not as high."""
        ...


def _anything(values: Values) -> None:
    """Allow every combination of values that the dials allow."""


@dataclass(frozen=True, slots=True)
class View:
    """One view of the lab; `upright` where its dials are bars, `slow` where it is measured beside the screen."""

    title: str
    idea: str
    topic: str
    dials: tuple[Dial, ...]
    measure: Callable[[Values], Any]
    render: Painter
    grab: Grab
    settings: Callable[[Values], list[str]]
    check: Callable[[Values], None]
    upright: bool
    slow: bool


def _view(of: ModuleType, upright: bool = False, slow: bool = False) -> View:
    check = getattr(of, "check", _anything)
    return View(
        of.TITLE, of.IDEA, of.TOPIC, of.DIALS, of.measure, of.render, of.grab, of.settings, check, upright, slow
    )


VIEWS: dict[str, View] = {
    "1": _view(coin),
    "2": _view(code, upright=True),
    "3": _view(peaks, slow=True),
    "4": _view(growth),
    "5": _view(channel),
    "6": _view(states, slow=True),
}
