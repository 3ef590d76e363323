"""Rows made from fields: each has its wordings, from the longest to the shortest, and no number is ever cut.

A row is laid out by choosing wordings, not by cutting characters. Where the longest ones do not go in, the field of
least rank takes its next wording, and so on; an empty one leaves it out. What has no shorter wording and still does
not go in is words, which end in … in front of the numeral that would be cut, or a number, which is left out.
Every row of words on the screen is made by `line`; `paragraph` says how many lines are below its edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from tui.glyphs import columns, shorten
from tui.raster import Cell, Row, cells

BLANK = Cell(" ")


class RowField(NamedTuple):
    """A part of a row: its wordings, its colour, and how long it holds on to them.

    `whole` is for numbers and what belongs to them: the field is shown in one of its wordings or not at all.
    """

    forms: Sequence[str]
    style: str = ""
    rank: int = 0
    whole: bool = False


Words: TypeAlias = Sequence[tuple[str, str] | RowField]
"""Fields, or plain pieces of text with the names of their colours."""


def number(forms: Sequence[str], style: str = "", rank: int = 0) -> RowField:
    """Return a field for a number, by its roundings: the finest that goes in is shown, or nothing."""
    return RowField((*forms, ""), style, rank, whole=True)


def line(words: Words, width: int) -> Row:
    """Return a row of exactly so many cells."""
    pieces = _chosen(words, width)
    row: Row = []
    for text, style, whole in pieces:
        room = width - len(row)
        size = columns(text)
        if size > room:
            row += cells(shorten(text, room), style) if not whole else cells("…"[:room], style)
            break
        row += cells(text, style)
    return row + [BLANK] * (width - len(row))


def _chosen(words: Words, width: int) -> list[tuple[str, str, bool]]:
    """Return the wording of each field."""
    fields = [piece if isinstance(piece, RowField) else RowField((piece[0],), piece[1]) for piece in words]
    at = [0] * len(fields)
    used = sum([columns(field.forms[0]) for field in fields])
    while used > width:
        able = [k for k, field in enumerate(fields) if at[k] + 1 < len(field.forms)]
        if not able:
            break
        k = min(able, key=lambda k: (fields[k].rank, -k))
        used -= columns(fields[k].forms[at[k]]) - columns(fields[k].forms[at[k] + 1])
        at[k] += 1
    return [(field.forms[k], field.style, field.whole) for field, k in zip(fields, at, strict=True)]


def paragraph(lines: Sequence[Words], width: int, height: int) -> list[Row]:
    """Return rows of words, filled up with empty ones; … says how many more lines there are.

    It stands at the right of the last row, whose words give way to it. Of a table its window says so, on the border.
    """
    more = sum(_spoken(words) for words in lines[height:])
    rows = [line(words, width) for words in lines[:height]]
    rows += [line([], width) for _ in range(height - len(rows))]
    if more and height > 0:
        rows[-1] = signed(lines[height - 1], more, width)
    return rows


def signed(words: Words, more: int, width: int) -> Row:
    """Return a row whose right end says that there are more lines below, in as many words as the row leaves room."""
    used = columns("".join([_first(piece) for piece in words]).rstrip())
    forms = (f" … {more} more", f" … {more}")
    sign = next((form for form in forms if used + columns(form) <= width), forms[-1])
    sign = sign if columns(sign) <= width else "…"[:width]
    return [*line(words, width - columns(sign)), *cells(sign, "mark")]


def wrapped(words: str, width: int) -> list[str]:
    """Return words in lines of so many columns; one that is longer has a line of its own."""
    lines = [""]
    for word in words.split():
        fits = columns(lines[-1]) + columns(word) < width
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if fits or not lines[-1] else [*lines, word]
    return lines


def _spoken(words: Words) -> bool:
    """Return whether a line has anything but blanks."""
    return any(_first(piece).strip() for piece in words)


def _first(piece: tuple[str, str] | RowField) -> str:
    """Return the longest wording."""
    return piece.forms[0] if isinstance(piece, RowField) else piece[0]
