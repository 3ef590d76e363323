"""What each panel shows at a time: pure functions from a scene and a size to rows of cells.

A panel is a module here: `paint` draws it, `spot` says what is under the mouse, `here` what is under the cursor,
ABOUT and FORMULA are its part of the help.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from tui.view import chain, inequality, information, ledger, marginal, matrix, posterior, trajectories
from tui.view.headline import headline
from tui.view.preview import preview
from tui.view.scene import MATRICES, SCALES, Finder, Number, Painter, Readable, ViewState

__all__ = [
    "MATRICES",
    "PANELS",
    "SCALES",
    "Number",
    "Readable",
    "View",
    "ViewState",
    "headline",
    "preview",
]


@dataclass(frozen=True, slots=True)
class View:
    """A numbered panel."""

    title: str
    paint: Painter
    spot: Finder
    here: Callable[[ViewState], Readable]
    about: str
    formula: str


def _view(title: str, of: ModuleType) -> View:
    return View(title, of.paint, of.spot, of.here, of.ABOUT, of.FORMULA)


PANELS: dict[str, View] = {
    "1": _view("information", information),
    "2": _view("Qbar", matrix),
    "3": _view("p(x_t)", marginal),
    "4": _view("posterior", posterior),
    "5": _view("ELBO", ledger),
    "6": _view("the inequality", inequality),
    "7": _view("trajectories", trajectories),
    "8": _view("the chain", chain),
}
