"""The foot of the screen: what keys do, as many as there is room for, spread over the width.

Where there is little room, those of least weight are left out; the others stay in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.glyphs import columns
from tui.raster import Row, cells
from tui.rows import BLANK

WIDEST_GAP = 4
"""Columns between two keys, at most: beyond, a word seems to belong to no key."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key at the foot: how it is shown, what it does in a word, the action it stands for, how much it matters.

    `in_front` is whether it is a tab, and of that which is in front.
    """

    key: str
    word: str
    action: str
    weight: int
    in_front: bool = False

    @property
    def width(self) -> int:
        """Columns of key, blank and word."""
        return columns(self.key) + 1 + columns(self.word)


def chosen(hints: Sequence[Hint], width: int) -> list[tuple[int, Hint]]:
    """Return the hints that go into the width, each with the column where it begins.

    >>> hints = [Hint("space", "Play", "play", 2), Hint("v", "Scale", "scale", 1), Hint("?", "Help", "help", 3)]
    >>> [(x, hint.word) for x, hint in chosen(hints, 20)]
    [(1, 'Play'), (14, 'Help')]
    """
    kept = list(hints)
    while kept and sum(hint.width + 2 for hint in kept) > width + 1:
        kept.remove(min(reversed(kept), key=lambda hint: hint.weight))
    spare = width + 1 - sum(hint.width + 2 for hint in kept)
    gap = min(2 + spare // max(len(kept) - 1, 1), WIDEST_GAP)
    places, x = [], 1
    for hint in kept:
        places.append((x, hint))
        x += hint.width + gap
    return places


def footer(hints: Sequence[Hint], width: int) -> Row:
    """Return the row of so many cells."""
    row: Row = []
    for x, hint in chosen(hints, width):
        row += [BLANK] * (x - len(row))
        key, word = ("title", "title") if hint.in_front else ("series-2", "")
        row += [*cells(hint.key, key), BLANK, *cells(hint.word, word)]
    return row + [BLANK] * (width - len(row))


def action_at(hints: Sequence[Hint], width: int, x: int) -> str:
    """Return the action whose key or word stands at a column, or ""."""
    return next((h.action for at, h in chosen(hints, width) if at <= x < at + h.width), "")
