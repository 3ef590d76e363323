"""Every action of the main screen, once: its keys, its words, and what it does to a session.

The bindings, the footer, the help and the palette of commands are all made from this list. An action is a small object:
a function of a session, with its keys. Each group has a file.
"""

from tui.actions.action import Action, spelled
from tui.actions.guide import GUIDE, TOUR
from tui.actions.look import LOOK
from tui.actions.study import STUDY
from tui.actions.time import TIME

ACTIONS = (*TIME, *LOOK, *STUDY, *GUIDE)
"""What the help and the palette list."""

BY_NAME = {action.name: action for action in (*TOUR, *ACTIONS)}
"""Every action by its name; those of the tour come first, and so do their keys."""

__all__ = ["ACTIONS", "BY_NAME", "TOUR", "Action", "spelled"]
