"""Name the panels that share a place with one in sight: in a row of their own, or on the border of their place.

A panel that has nothing to say of the run, for it speaks of sequences and the data are none, is not named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui.glyphs import columns
from tui.panel import Panel, alone, layout_of, visible_panels
from tui.panels import PANELS
from tui.raster import Row
from tui.rows import line
from tui.view.footer import Hint, chosen, footer
from tui.view.view_state import ViewState

STRIP_FROM = 24
"""Rows from which on a narrow screen has a row for tabs: many share one place there, whose border is too short."""


def has_strip(view: ViewState) -> bool:
    """Return whether the tabs have a row of their own."""
    return layout_of(view) == "narrow" and view.size[1] >= STRIP_FROM and not view.is_covered and not alone(view)


def spoken(view: ViewState) -> list[Panel]:
    """Return the panels that have something to say of the run."""
    return [panel for panel in PANELS.values() if panel.subject != "sequences" or view.has_sequences]


def sharing(view: ViewState, panel: Panel) -> list[Panel]:
    """Return the panels that share its place, itself among them; none while one panel has the room of all."""
    layout = layout_of(view)
    stack = panel.areas[layout].stack
    return [other for other in spoken(view) if stack and other.areas[layout].stack == stack and not alone(view)]


def on_border(view: ViewState, panel: Panel, room: int) -> str:
    """Return the names of the panels behind this one, or their keys where there is no room for names, or nothing."""
    behind = [other for other in sharing(view, panel) if other.name != panel.name]
    if not behind or has_strip(view):
        return ""
    forms = ("  ".join(f"{other.key} {other.name}" for other in behind), " ".join(other.key for other in behind))
    return next((f"  │ {form}" for form in forms if columns(form) + 4 <= room), "")


def action_on_border(words: str, x: int) -> str:
    """Return the action of the panel whose name or key stands at a column of such words, or "".

    >>> action_on_border("  │ 8 chain  7 trajectories", 4), action_on_border("  │ 8 7", 6)
    ("act('panel_chain')", "act('panel_trajectories')")
    """
    found = (named[1] for named in re.finditer(r"(\d)(?: [a-z]+)?", words) if named.start() <= x < named.end())
    return next((f"act('panel_{panel.name}')" for key in found for panel in PANELS.values() if panel.key == key), "")


def hints(view: ViewState, width: int) -> Sequence[Hint]:
    """Return the tabs: a key and a name each, but only the front's name where not all go in."""
    if not has_strip(view):
        return ()
    front = visible_panels(PANELS.values(), layout_of(view), view.recent)
    stack = next((names for name in front if len(names := sharing(view, PANELS[name])) > 1), [])

    def tabs(*, whole: bool) -> list[Hint]:
        return [
            Hint(p.key, p.name * (whole or p.name in front), f"act('panel_{p.name}')", 1, in_front=p.name in front)
            for p in stack
        ]

    return tabs(whole=True) if len(chosen(tabs(whole=True), width)) == len(stack) else tabs(whole=False)


def strip(view: ViewState, width: int) -> Row:
    """Return the row of tabs."""
    return footer(hints(view, width), width) if hints(view, width) else line([], width)
