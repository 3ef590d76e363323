"""Play, step, go."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tui.actions.action import Action, opens
from tui.playback import Playback

if TYPE_CHECKING:
    from tui.session import Session


def turn(change: Callable[[Playback], None], session: Session) -> None:
    """Change the clock, and look."""
    change(session.playback)
    session.look()


def play_or_pause(session: Session) -> None:
    """Let time run, or rest."""
    session.play_or_pause()


def step(n: int, session: Session) -> None:
    """Move by n steps."""
    session.step(n)


_act = partial(Action, group="time")

TIME = (
    _act("space", "play_or_pause", "play or pause", do=play_or_pause, footer="Play", weight=9),
    _act("left_square_bracket,left,h", "step_back", "one step back", do=partial(step, -1)),
    _act(
        "right_square_bracket,right,l",
        "step_on",
        "one step on",
        do=partial(step, 1),
        footer="Step",
        weight=5,
        shown="[ ]",
    ),
    _act("left_curly_bracket,shift+left", "ten_back", "ten steps back", do=partial(step, -10)),
    _act("right_curly_bracket,shift+right", "ten_on", "ten steps on", do=partial(step, 10)),
    _act("home,g", "first", "to the data, t = 0", do=lambda session: session.go(0)),
    _act("end,G", "last", "to the noise, t = T", do=lambda session: session.go(session.run.T)),
    _act("colon", "ask_time", "go to a time", do=partial(opens, "go to"), footer="Go to", weight=2),
    _act("plus,equals_sign", "faster", "twice as fast", do=partial(turn, Playback.faster)),
    _act("minus", "slower", "half as fast", do=partial(turn, Playback.slower)),
    _act("r", "reverse", "play backwards in time", do=partial(turn, Playback.reverse)),
    _act("L", "loop", "begin again at the end", do=partial(turn, Playback.toggle_loop)),
)
