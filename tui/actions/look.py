"""Choose what to look at: scales, states, panels, colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tui.actions.action import Action, following, opens
from tui.panel import LAYOUTS, layout_of, ring, visible_panels
from tui.panels import PANELS
from tui.panels.information import scale_of
from tui.tabs import spoken
from tui.view import reading
from tui.view.view_state import MATRICES, SCALES
from tui.view.window import TableWindow, scrolled

if TYPE_CHECKING:
    from tui.session import Session


def advance(name: str, choices: Sequence[str], session: Session) -> None:
    """Take the next of the choices that there are for a part of the view state."""
    session.look(**{name: following(choices, getattr(session.view, name))})


def scale(session: Session) -> None:
    """Take the scale after the one that the curves have."""
    session.look(scale=following(SCALES, scale_of(session.view)))


def shadow(session: Session) -> None:
    """Lay float64's curve beside the certified one, or take it away."""
    session.look(shadow=not session.view.shadow)
    session.ask_shadow()


def choose(name: str, way: int, session: Session) -> None:
    """Choose the next state of x_t (`chosen`) or x_0 (`source`), or the one before."""
    chosen = (getattr(session.view, name) + way) % session.states
    session.look(**{name: chosen}, has_source=session.view.has_source or name == "source")


def draw_by(way: int, session: Session) -> None:
    """Choose the next sampler, or the one before."""
    session.look(sampler=session.view.sampler + way)


def copy_number(session: Session) -> None:
    """Copy the number that is read out, with all its digits."""
    digits = reading.whole(session.view, session.screen.spot(session.view))
    if digits:
        session.screen.copy(digits)
        session.screen.say(f"copied {digits}" if len(digits) <= 60 else f"copied {len(digits):,} characters")
    else:
        session.screen.say("nothing to copy: no number is read out, or the engine has not answered yet", "warning")


def scroll(rows: int, session: Session) -> None:
    """Scroll the table of the panel that has the keys, so many rows down."""
    seen = _table(session)
    if seen is not None:
        session.look(scrolled=scrolled(session.view, session.view.focused, seen.moved(rows)))


def page(way: int, session: Session) -> None:
    """Scroll it by what is in sight, but for one row."""
    seen = _table(session)
    if seen is not None:
        scroll(way * max(seen.room - 1, 1), session)


def _table(session: Session) -> TableWindow | None:
    name = session.view.focused
    return PANELS[name].table(session.view, *session.screen.room(name)) if name else None


def unit(session: Session) -> None:
    """Change the unit: the engine runs again."""
    now = session.request.unit or (session.run.opened.unit if session.run.opened else "bits")
    session.again(replace(session.request, unit="nats" if now == "bits" else "bits"))


def focus(name: str, session: Session) -> None:
    """Focus a panel; where it shares a place it comes to the front."""
    session.focus(name)


def turn(session: Session) -> None:
    """Focus the next panel; where panels share a place, the next of those."""
    view, layout = session.view, layout_of(session.view)
    seen, names = visible_panels(PANELS.values(), layout, view.recent), ring(spoken(view), layout)
    if LAYOUTS[layout].turned:
        now = next((name for name in seen if name in names), names[-1])
    else:
        names = names if view.zoomed else seen
        now = view.focused if view.focused in names else names[-1]
    session.focus(following(names, now))


def zoom(session: Session) -> None:
    """Give the focused panel the room of all, or each its own again."""
    view = session.view
    session.look(zoomed="" if view.zoomed else view.focused)


def zoomed(session: Session) -> bool:
    """Return whether one panel has the room of all."""
    return bool(session.view.zoomed)


_act = partial(Action, group="look")

LOOK = (
    _act(
        "v",
        "scale",
        "curves on a linear, square-root or logarithmic scale",
        do=scale,
        footer="Scale",
        weight=3,
    ),
    _act("F", "shadow", "float64's I(x0;x_t) beside the certified one, or not", do=shadow, footer="float64", weight=1),
    _act(
        "c", "matrix", "the next matrix: Qbar, Q, the joint, the Bayes reverse", do=partial(advance, "matrix", MATRICES)
    ),
    _act(
        "R",
        "backward",
        "the noising process's particles, or the reverse one's",
        do=lambda session: session.look(backward=not session.view.backward),
    ),
    _act("j", "choose_next", "the next state of x_t", do=partial(choose, "chosen", 1)),
    _act("k", "choose_before", "the state of x_t before", do=partial(choose, "chosen", -1)),
    _act("J", "source_next", "the next state of x_0", do=partial(choose, "source", 1)),
    _act("K", "source_before", "the state of x_0 before", do=partial(choose, "source", -1)),
    _act("down", "scroll_down", "scroll the table of this panel down", do=partial(scroll, 1)),
    _act("up", "scroll_up", "scroll it up", do=partial(scroll, -1)),
    _act("pagedown", "page_down", "scroll it a page down", do=partial(page, 1)),
    _act("pageup", "page_up", "scroll it a page up", do=partial(page, -1)),
    _act("slash", "find_state", "a state, by its name", do=partial(opens, "state"), footer="Find", weight=2),
    _act("d", "sampler_next", "the next sampler, of sequences", do=partial(draw_by, 1)),
    _act("D", "sampler_before", "the sampler before, of sequences", do=partial(draw_by, -1)),
    _act("Y", "copy_number", "copy the number that is read out, with all its digits", do=copy_number),
    _act("w", "whole_number", "the number that is read out, every digit of it", do=partial(opens, "number")),
    _act("u", "unit", "bits or nats", do=unit),
    *(_act(p.key, f"panel_{p.name}", p.words, do=partial(focus, p.name)) for p in PANELS.values()),
    _act("tab", "turn", "the next panel, where several share a place", do=turn, first=True),
    _act("f", "zoom", "the focused panel alone, and back", do=zoom, footer="Zoom", weight=4),
    _act(
        "t", "next_theme", "dark, light, high contrast", do=lambda session: session.screen.next_theme(), footer="Theme"
    ),
)
