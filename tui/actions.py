"""Every action of the main screen, in one place: keys, words, and the room it belongs to.

The bindings, the footer, the help screen and the command palette are all made from this list.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.panels import PANELS


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do: `name` is the method action_<name> of the app, `argument` what it is given.

    With a word for the `footer` it is shown there, under its first key or as `shown`.
    """

    keys: str
    name: str
    words: str
    group: str
    argument: str = ""
    footer: str = ""
    shown: str | None = None

    @property
    def call(self) -> str:
        """The action as Textual writes it."""
        return f"{self.name}({self.argument})" if self.argument else self.name


TIME, LOOK, STUDY, PROGRAM = "time", "look", "study", "program"

ACTIONS = (
    Action("space", "play_or_pause", "play or pause", TIME, footer="Play"),
    Action("left_square_bracket,left,h", "step", "one step back", TIME, "-1"),
    Action("right_square_bracket,right,l", "step", "one step on", TIME, "1", footer="Step", shown="[ ]"),
    Action("left_curly_bracket,shift+left", "step", "ten steps back", TIME, "-10"),
    Action("right_curly_bracket,shift+right", "step", "ten steps on", TIME, "10"),
    Action("home,g", "go", "to the data, t = 0", TIME, "'first'"),
    Action("end,G", "go", "to the noise, t = T", TIME, "'last'"),
    Action("colon", "ask_time", "go to a time", TIME),
    Action("plus,equals_sign", "speed", "twice as fast", TIME, "1"),
    Action("minus", "speed", "half as fast", TIME, "-1"),
    Action("r", "reverse", "play backwards in time", TIME),
    Action("L", "loop", "begin again at the end", TIME),
    Action("v", "scale", "curves on a linear, square-root or logarithmic scale", LOOK, footer="Scale"),
    Action("F", "shadow", "float64's I(x0;x_t) beside the certified one, or not", LOOK),
    Action("c", "matrix", "the next matrix: Qbar, Q, the joint, the Bayes reverse", LOOK),
    Action("R", "backward", "the noising process's particles, or the reverse one's", LOOK),
    Action("j", "choose", "the next state of x_t", LOOK, "1"),
    Action("k", "choose", "the state of x_t before", LOOK, "-1"),
    Action("J", "choose_source", "the next state of x_0", LOOK, "1"),
    Action("K", "choose_source", "the state of x_0 before", LOOK, "-1"),
    Action("u", "unit", "bits or nats", LOOK),
    *(Action(panel.key, "panel", panel.words, LOOK, f"'{panel.name}'") for panel in PANELS.values()),
    Action("tab", "turn", "the next panel, where several share a place", LOOK),
    Action("f", "zoom", "the focused panel alone, and back", LOOK, footer="Zoom"),
    Action("t", "next_theme", "dark, light, high contrast", LOOK),
    Action("s", "scenarios", "choose a scenario", STUDY, footer="Scenarios"),
    Action("e", "edit", "change the chain", STUDY, footer="Edit"),
    Action("ctrl+e", "edit_text", "change the text of the scenario", STUDY),
    Action("m", "mark", "mark this chain", STUDY),
    Action("b", "compare", "lay the marked chain beneath this one, or take it away", STUDY),
    Action("n", "sample", "draw other particles", STUDY),
    Action("x", "export", "save a picture, the numbers, or the result", STUDY),
    Action("y", "copy_command", "copy the command line of this view", STUDY),
    Action("ctrl+l", "lab", "the lab: entropy, cross-entropy, KL, growth, two states", STUDY),
    Action("T", "tour", "a tour in ten questions, or leave it", STUDY),
    Action("enter", "restart", "start the engine again, if it has ended", STUDY),
    Action("question_mark", "help", "this help", PROGRAM, footer="Help"),
    Action("ctrl+z", "suspend_process", "back to the shell; `fg` brings this here again", PROGRAM),
    Action("q", "quit", "leave", PROGRAM),
)


def spelled(key: str) -> str:
    """A key as it is printed on a keyboard.

    >>> spelled("left_square_bracket"), spelled("ctrl+e")
    ('[', 'ctrl+e')
    """
    return {
        "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}",
        "colon": ":", "plus": "+", "equals_sign": "=", "minus": "-", "question_mark": "?", "left": "←", "right": "→",
    }.get(key, key)  # fmt: skip
