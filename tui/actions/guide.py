"""Begin, walk and leave the tour; help; leave the program.

On tour the app is driven: a scenario is opened, a time gone to, a panel focused. It stays alive, and all its keys do
what they always do; only a, b and c are the answers while a question is open.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui.actions.action import Action, opens
from tui.actions.look import zoomed
from tui.actions.study import restart
from tui.tour import LETTERS

if TYPE_CHECKING:
    from tui.session import Session


def tour(session: Session) -> None:
    """Begin the tour, or leave it."""
    if session.tour is not None:
        session.leave_tour()
        return
    session.begin_tour()


def predict(letter: str, session: Session) -> None:
    """Answer: now the screen shows it."""
    if session.tour is not None and not session.tour.chosen:
        session.be_at(session.tour.answered(letter))


def onward(session: Session) -> None:
    """Go to the next stop, or leave after the last."""
    after = session.tour.onward() if session.tour else None
    if after is None:
        session.leave_tour()
    else:
        session.be_at(after)


def earlier(session: Session) -> None:
    """Ask the question again, or go to the stop before."""
    if session.tour is not None:
        session.be_at(session.tour.back())


def touring(session: Session) -> bool:
    """Return whether the tour's card is in sight."""
    return session.tour is not None and not zoomed(session)


def asking(session: Session) -> bool:
    """Return whether a question of the tour is open."""
    return touring(session) and session.tour is not None and not session.tour.chosen


def answered(session: Session) -> bool:
    """Return whether the question has been answered."""
    return touring(session) and session.tour is not None and bool(session.tour.chosen)


_act = partial(Action, group="tour", first=True)

TOUR = (
    *(_act(letter, f"predict_{letter}", "predict", do=partial(predict, letter), when=asking) for letter in LETTERS),
    _act("enter", "onward", "the next stop", do=onward, when=answered),
    _act("backspace", "earlier", "the stop before", do=earlier, when=touring),
    _act(
        "escape",
        "leave_error",
        "look at what was computed",
        do=lambda session: session.dismiss_fault(),
        when=lambda session: bool(session.view.fault and session.run.steps),
        first=False,
    ),
    _act("escape", "leave_tour", "leave the tour", do=lambda session: session.leave_tour(), when=touring),
    _act(
        "escape,q", "leave_zoom", "back from zoom", do=lambda session: session.look(zoomed=""), when=zoomed, first=False
    ),
)
"""What keys mean while the tour lasts, or one panel has the room of all."""

GUIDE = (
    Action("T", "tour", "a tour in ten questions, or leave it", "study", tour, footer="Tour", weight=7),
    Action("enter", "restart", "run again, where the run or its engine ended early", "study", restart),
    Action("question_mark", "help", "this help", "program", partial(opens, "help"), footer="Help", weight=10),
    Action(
        "ctrl+z",
        "suspend_process",
        "back to the shell; `fg` brings this here again",
        "program",
        lambda s: s.screen.suspend(),
    ),
    Action("q", "quit", "leave", "program", partial(opens, "leave")),
)
