"""What is laid over the main screen: scenarios, the editor, go to, export, help. Each gives back a choice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import groupby
from typing import ClassVar, TypeVar

from rich.table import Table
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from tui import view
from tui.actions import ACTIONS, Action, spelled
from tui.canvas import Canvas, ErrorCard
from tui.engine import EngineProcess
from tui.form import line_of
from tui.messages import Request
from tui.panel import Panel
from tui.panels import PANELS
from tui.run_buffer import RunBuffer
from tui.screens.lists import Choices, Modal
from tui.view.footer import Hint

Chosen = TypeVar("Chosen")


BACK = Hint("esc", "Back", "leave", 9)
"""At the foot of all that escape leaves without a choice."""


class Overlay(Modal[Chosen]):
    """A box over the screen; escape gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back", priority=True)]
    HINTS: ClassVar[tuple[Hint, ...]] = (BACK,)

    def action_leave(self) -> None:
        """Leave: nothing was chosen."""
        self.dismiss(None)


PAUSE = 0.15
"""Seconds that a scenario is highlighted before it is run for its small picture."""


class Scenarios(Overlay[str | None]):
    """The scenarios: a list to filter by typing, and what the one under the cursor shows.

    `entries` maps what is given back to (name, title, paragraph).
    """

    HINTS: ClassVar[tuple[Hint, ...]] = (
        Hint("type", "Filter", "", 1),
        Hint("↑↓", "Choose", "", 2),
        Hint("enter", "Open", "open", 3),
        BACK,
    )

    def __init__(
        self, entries: dict[str, tuple[str, str, str]], request: Callable[[str], Request], engine: EngineProcess
    ) -> None:
        super().__init__()
        self.entries, self.request, self.engine = entries, request, engine
        self.previewed = RunBuffer()
        self.waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out a filter, the list, the paragraph, and a small picture of the run."""
        with Vertical(classes="box"):
            yield Input(placeholder="type to filter; enter opens")
            yield Choices(markup=False)
            yield Static(classes="about", markup=False)
            yield Canvas(classes="preview")

    def on_mount(self) -> None:
        """Show all, and look now and then at what the engine sends of the one highlighted."""
        self.fill("")
        self.set_interval(1 / 20, self.look)

    def on_unmount(self) -> None:
        """Leave no process behind."""
        self.engine.close()

    def look(self) -> None:
        """Paint what has come."""
        messages = self.engine.poll()
        for message in messages:
            self.previewed.take(message)
        canvas = self.query_one(".preview", Canvas)
        canvas.show_rows(view.preview(self.previewed, canvas.size.width, canvas.size.height))

    def run(self, key: str) -> None:
        """Run the one that has been highlighted for a moment."""
        self.previewed, self.waiting = RunBuffer(), None
        with contextlib.suppress(OSError, ValueError):
            self.engine.run(self.request(key))

    def fill(self, wanted: str) -> None:
        """List the scenarios whose name or title has the words."""
        options = self.query_one(OptionList)
        options.clear_options()
        for key, (name, title, _) in self.entries.items():
            if wanted.lower() in f"{name} {title}".lower():
                options.add_option(Option(f"{name:<22}{title}", id=key))
        options.highlighted = 0 if options.option_count else None

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        """Type to filter."""
        self.fill(event.value)

    @on(Input.Submitted)
    def action_open(self) -> None:
        """Open the one that is highlighted."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(options.get_option_at_index(options.highlighted).id)

    def key_down(self) -> None:
        """Go from the filter into the list."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionHighlighted)
    def describe(self, event: OptionList.OptionHighlighted) -> None:
        """Say what it shows."""
        self.query_one(".about", Static).update(self.entries[str(event.option_id)][2], layout=True)
        if self.waiting is not None:
            self.waiting.stop()
        self.waiting = self.set_timer(PAUSE, partial(self.run, str(event.option_id)))
        self.call_after_refresh(event.option_list.scroll_to_highlight)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Give this one back."""
        self.dismiss(event.option_id)


class Editor(Overlay[str | None]):
    """The scenario as it is written, checked while one types by the engine's own reader."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "apply", "apply", priority=True)]
    HINTS: ClassVar[tuple[Hint, ...]] = (
        Hint("^s", "Keep", "apply", 8),
        Hint("esc", "Leave", "leave", 9),
        Hint("^z", "Undo", "undo", 3),
        Hint("^y", "Redo", "redo", 2),
    )

    def __init__(self, text: str, check: Callable[[str], str | None], fault: str = "") -> None:
        """Take the text, its reader, and what the engine has refused it for."""
        super().__init__()
        self.text, self.check, self.fault = text, check, fault
        self.problem: str | None = None

    def compose(self) -> ComposeResult:
        """Lay out the text, and what is wrong with it."""
        with Vertical(classes="box") as box:
            box.border_title = "edit the chain as text"
            yield TextArea(self.text, show_line_numbers=True, tab_behavior="indent")
            yield Static(classes="why", markup=False)

    def on_mount(self) -> None:
        """Judge the text, which may be wrong already, and go to the line that is."""
        self.validate()
        if fault := self.fault or self.problem:
            self.query_one(TextArea).cursor_location = (line_of(fault, self.text), 0)

    @on(TextArea.Changed)
    def validate(self) -> None:
        """Ask the reader what it thinks of the text."""
        text = self.query_one(TextArea).text
        self.problem = self.check(text)
        said = self.problem or (self.fault if text == self.text else "")
        why = self.query_one(".why", Static)
        why.set_class(not said, "fine")
        why.update(f"✗ {said}" if said else "✓ a scenario")

    def action_undo(self) -> None:
        """Take the last change back."""
        self.query_one(TextArea).undo()

    def action_redo(self) -> None:
        """Make it again."""
        self.query_one(TextArea).redo()

    def action_apply(self) -> None:
        """Give the text back if it is a scenario."""
        if self.problem is None:
            self.dismiss(self.query_one(TextArea).text)

    def action_leave(self) -> None:
        """Leave without keeping; where something would be lost, ask."""

        def answered(key: str | None) -> None:
            if key == "y":
                self.dismiss_later(None)
            elif key == "k":
                self.call_later(self.action_apply)

        if self.query_one(TextArea).text == self.text:
            self.dismiss(None)
        else:
            self.app.push_screen(Confirmation("the changes are not kept", LOSE), answered)


class GoTo(Overlay[int | None]):
    """A time to go to."""

    HINTS: ClassVar[tuple[Hint, ...]] = (Hint("enter", "Go", "go", 3), BACK)

    def __init__(self, T: int) -> None:
        super().__init__()
        self.T = T

    def compose(self) -> ComposeResult:
        """Lay out one field."""
        with Vertical(classes="small") as box:
            box.border_title = f"go to t, from 0 to {self.T}"
            yield Input(type="integer", max_length=7)
            yield Static(classes="why", markup=False)

    @on(Input.Submitted)
    def action_go(self) -> None:
        """Give the time back, if there is such a one."""
        given = self.query_one(Input).value
        if given.isdecimal() and int(given) <= self.T:
            self.dismiss(int(given))
        else:
            self.query_one(".why", Static).update(f"t is a whole number from 0 to {self.T}")


class Export(Overlay[str | None]):
    """What to save."""

    HINTS: ClassVar[tuple[Hint, ...]] = (Hint("↑↓", "Choose", "", 2), Hint("enter", "Save", "", 3), BACK)

    KINDS: ClassVar[dict[str, str]] = {
        "svg": "a picture of this screen, SVG",
        "csv": "the numbers, one row a step, CSV",
        "json": "the result, JSON",
        "toml": "the scenario, TOML",
    }

    def compose(self) -> ComposeResult:
        """Lay out a short list."""
        with Vertical(classes="small") as box:
            box.border_title = "save into the current folder"
            yield Choices(*(Option(words, id=kind) for kind, words in self.KINDS.items()))

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Give this one back."""
        self.dismiss(event.option_id)


LOSE = {"n": "stay", "k": "keep them", "y": "lose them"}
"""What can become of changes that are not kept."""


class Confirmation(Overlay[str | None]):
    """A question with a key to each answer. The first changes nothing, and so does escape, which gives None."""

    def __init__(self, question: str, answers: Mapping[str, str]) -> None:
        super().__init__()
        self.question, self.answers = question, answers

    def hints(self) -> tuple[Hint, ...]:
        """Return the answers by their letters."""
        return *(Hint(key, words, f"answer('{key}')", 3) for key, words in self.answers.items()), BACK

    def compose(self) -> ComposeResult:
        """Lay out the answers."""
        with Vertical(classes="small") as box:
            box.border_title = Content(self.question).markup
            yield Choices(*(Option(f"{key}  {words}", id=key) for key, words in self.answers.items()), markup=False)

    def on_key(self, event: events.Key) -> None:
        """Take an answer by its letter."""
        if event.key in self.answers:
            event.stop()
            self.action_answer(event.key)

    def action_answer(self, key: str) -> None:
        """Give an answer back."""
        self.dismiss(key)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Give this one back."""
        self.dismiss(event.option_id)


class Refused(Overlay[None]):
    """The card of what was refused; what lies behind it goes on as it was."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message

    def compose(self) -> ComposeResult:
        """Lay out the card."""
        card = ErrorCard()
        card.border_title = "✗ refused"
        yield card

    def on_mount(self) -> None:
        """Show what was refused."""
        self.query_one(ErrorCard).show(self.message, "")


def _keys(actions: Iterable[Action]) -> Table:
    """List keys on the left, what they do on the right, where the rest of a long line stays too; then an empty line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=16, no_wrap=True)
    table.add_column()
    for action in actions:
        table.add_row(Text("  " + " ".join(map(spelled, action.keys.split(",")))), Text(action.words))
    table.add_row("")
    return table


class Help(Overlay[None]):
    """The panel in focus, every action from the registry, and what each other panel means."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,question_mark", "leave", "back", priority=True)]
    HINTS: ClassVar[tuple[Hint, ...]] = (Hint("↑↓", "Scroll", "", 2), Hint("q", "Back", "leave", 9))

    def __init__(self, state: view.ViewState) -> None:
        """Take what is looked at: panels have their titles from it, and that which has the keys comes first."""
        super().__init__()
        self.state = state
        self.panels = sorted(PANELS.values(), key=lambda panel: panel.name != state.focused)
        self.first = 1 if state.focused in PANELS else 0

    def compose(self) -> ComposeResult:
        """Lay out the panel in focus, the keys, then the other panels."""
        with VerticalScroll(classes="box") as box:
            box.border_title = "help"
            yield from self._about(self.panels[: self.first])
            for group, actions in groupby(ACTIONS, key=lambda action: action.group):
                yield Static(group, markup=False)
                yield Static(_keys(actions))
            yield from self._about(self.panels[self.first :])

    def _about(self, panels: Iterable[Panel]) -> ComposeResult:
        for panel in panels:
            title = f"{panel.key} {panel.title(self.state)}"
            yield Static(Content.assemble((title, "bold"), f"\n{panel.about}\n"), markup=False)
            formulas = "\n".join(f"  {formula}" for formula in panel.formula.split(";   "))
            yield Static(f"{formulas}\n", classes="formula", markup=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()
