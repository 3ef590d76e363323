"""Say what an action is: its keys, its words, and what it does to a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tui.session import Session

Choice = TypeVar("Choice")


def always(session: Session) -> bool:  # noqa: ARG001  (any action's)
    """Return that the keys mean it whatever is on the screen."""
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.

    - `keys` as Textual writes them, apart by commas
    - `name` by which code and bindings call it, `words` and `group` of the help and the palette
    - `do` does it
    - `footer` is its word at the foot of the screen, if it is shown there: under its first key, or as `shown`;
      of two that do not both go in, that of greater `weight` stays
    - `when` says whether its keys mean it now; `first` lets them mean it before a widget is asked
    """

    keys: str
    name: str
    words: str
    group: str
    do: Callable[[Session], None]
    footer: str = ""
    weight: int = 0
    shown: str | None = None
    when: Callable[[Session], bool] = always
    first: bool = False


def opens(dialogue: str, session: Session) -> None:
    """Lay a dialogue over the screen, by its name."""
    session.screen.show_dialogue(dialogue)


def following(choices: Sequence[Choice], now: Choice) -> Choice:
    """Return the choice after this one, going round."""
    return choices[(choices.index(now) + 1) % len(choices)]


def spelled(key: str) -> str:
    """Return a key as it is printed on a keyboard.

    >>> spelled("left_square_bracket"), spelled("ctrl+e")
    ('[', 'ctrl+e')
    """
    return {
        "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}",
        "colon": ":", "plus": "+", "equals_sign": "=", "minus": "-", "question_mark": "?", "slash": "/",
        "down": "↓", "up": "↑", "left": "←", "right": "→",
    }.get(key, key)  # fmt: skip
