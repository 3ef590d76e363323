"""Say which rows of a table are in sight, where it is longer than its room.

A window follows a row of its table, the chosen state or the time: that row is in the middle. Whoever scrolls leaves
it, until another row is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.view.view_state import Scrolled, ViewState


@dataclass(frozen=True, slots=True)
class TableWindow:
    """Rows in sight, from `first`, where there is room for `room` of `total`; `around` is the row that is followed."""

    first: int
    room: int
    total: int
    around: int = 0

    @property
    def rows(self) -> range:
        """The numbers of the rows in sight."""
        return range(self.first, min(self.first + self.room, self.total))

    def moved(self, rows: int) -> TableWindow:
        """Return the window so many rows further down, but not beyond an end."""
        return TableWindow(_within(self.first + rows, self.room, self.total), self.room, self.total, self.around)

    def words(self, width: int) -> str:
        """Return which rows are in sight, or "" where all are, or where there is no room to say so.

        >>> TableWindow(11, 20, 120).words(30), TableWindow(0, 20, 20).words(30), TableWindow(11, 20, 120).words(9)
        ('12–31 of 120', '', '')
        """
        if self.room >= self.total:
            return ""
        told = f"{self.rows.start + 1:,}–{self.rows.stop:,} of {self.total:,}"
        return told if len(told) <= width else ""


def window(
    view: ViewState, panel: str, total: int, room: int, around: int = 0, middle: int | None = None
) -> TableWindow:
    """Return what is in sight of a panel's table: where it was scrolled to, or else the rows round `middle`.

    That is the row `around`, where no other is named.
    """
    room = max(room, 1)
    left = next((one.first for one in view.scrolled if (one.panel, one.around) == (panel, around)), None)
    first = (around if middle is None else middle) - room // 2
    return TableWindow(_within(first if left is None else left, room, total), room, total, around)


def scrolled(view: ViewState, panel: str, seen: TableWindow) -> tuple[Scrolled, ...]:
    """Return where tables are scrolled to, that of this panel to this window."""
    others = (one for one in view.scrolled if one.panel != panel)
    return (*others, Scrolled(panel, seen.around, seen.first))


def _within(first: int, room: int, total: int) -> int:
    return min(max(first, 0), max(total - room, 0))
