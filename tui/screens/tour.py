"""The card of the tour: it lies at the foot of the main screen, which stays alive above it."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message

from tui.canvas import Canvas
from tui.tour import Tour, card, card_height, choice_at


class Card(Canvas):
    """A stop of the tour, in words."""

    DEFAULT_CSS = """
    Card { border: round $md-series-2; border-title-color: $md-title; border-subtitle-color: $md-dim; }
    """

    class Chosen(Message):
        """Somebody clicked on a choice."""

        def __init__(self, letter: str) -> None:
            super().__init__()
            self.letter = letter

    def __init__(self, tour: Tour) -> None:
        super().__init__(id="card")
        self.tour = tour

    def show(self, tour: Tour) -> None:
        """Show where the tour is now."""
        self.tour = tour
        width = max(self.app.size.width - 2, 1)
        rows = card(tour, width, self.brief)
        self.styles.height = (len(rows) if self.brief else card_height(width)) + 2
        self.border_title, self.border_subtitle = Content(tour.title).markup, Content(tour.keys).markup
        self.show_rows(rows)

    @property
    def brief(self) -> bool:
        """Whether there are too few rows for all of it."""
        return self.app.size.height < 20

    def on_mount(self) -> None:
        """Show the first stop."""
        self.show(self.tour)

    def on_resize(self) -> None:
        """Show the same in another width, where it has other lines."""
        self.show(self.tour)

    def on_click(self, event: events.Click) -> None:
        """Take a choice that is clicked."""
        offset = event.get_content_offset(self)
        letter = choice_at(self.tour, offset.x, offset.y, self.size.width, self.brief) if offset else ""
        if letter:
            self.post_message(self.Chosen(letter))
