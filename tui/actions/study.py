"""Choose, change, compare and save what is studied."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui.actions.action import Action, opens
from tui.messages import SampleQuestion
from tui.saving import command_line

if TYPE_CHECKING:
    from tui.session import Session


def edit(session: Session) -> None:
    """Change the chain in a form at the side; the picture follows."""
    session.playback.pause()
    session.screen.show_dialogue("form")


def lab(session: Session) -> None:
    """Open the lab, as it was left."""
    session.playback.pause()
    session.screen.show_dialogue("lab")


def mark(session: Session) -> None:
    """Remember this run, to lay it beneath others."""
    if session.run.finished is None:
        session.screen.say("the run has not ended yet: mark it then")
        return
    session.pinned_run = session.run
    session.screen.say(f"marked {session.request.name}: edit, or open another; b lays this beneath it")
    session.look(overlay_run=None)


def compare(session: Session) -> None:
    """Lay the marked run beneath this one, or take it away."""
    marked, opened = session.pinned_run, session.run.opened
    if marked is None or marked.opened is None:
        session.screen.say("no chain is marked: m marks this one")
    elif opened is not None and marked.opened.unit != opened.unit:
        session.screen.say(f"the marked chain is in {marked.opened.unit}: u changes the unit")
    else:
        session.look(overlay_run=None if session.view.overlay_run else marked)


def sample(session: Session) -> None:
    """Draw other particles."""
    from tui.session import PARTICLES

    session.seed += 1
    session.engine.ask(SampleQuestion(session.seed, PARTICLES))


def copy_command(session: Session) -> None:
    """Copy the command line that shows this again."""
    command = command_line(session.request, session.playback.t)
    session.screen.copy(command)
    if session.request.edited:
        session.screen.say(f"{command}   (edited: save it first, with e and ctrl+s)", "warning")
    else:
        session.screen.say(command)


def restart(session: Session) -> None:
    """Run again, where the run or its engine has ended early."""
    if session.run.trouble is not None or not session.engine.alive:
        session.begin(session.request)


_act = partial(Action, group="study")

STUDY = (
    _act("s", "scenarios", "choose a scenario", do=partial(opens, "scenarios"), footer="Scenarios", weight=8),
    _act("e", "edit", "change the chain", do=edit, footer="Edit", weight=7),
    _act("ctrl+e", "edit_text", "change the text of the scenario", do=partial(opens, "text")),
    _act("m", "mark", "mark this chain", do=mark),
    _act("b", "compare", "lay the marked chain beneath this one, or take it away", do=compare),
    _act("n", "sample", "draw other particles", do=sample),
    _act(
        "x",
        "export",
        "save a picture, the numbers, or the result",
        do=partial(opens, "export"),
        footer="Save",
        weight=6,
    ),
    _act("y", "copy_command", "copy the command line of this view", do=copy_command, footer="Copy"),
    _act(
        "ctrl+l",
        "lab",
        "the lab: entropy, cross-entropy, KL, growth, two states",
        do=lab,
        footer="Lab",
        weight=6,
        shown="^l",
    ),
)
