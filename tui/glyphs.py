"""Text as a terminal shows it: glyphs that take one column or two, and labels that can be told apart by eye.

A glyph is a character with the marks that are set on it. Widths are Rich's, which Textual lays strips out by. What
terminals disagree about is not sent to them: joiners and variation selectors are left out, so that a sequence of emoji
is as wide as its parts; controls and other unprintable characters are shown as □; any blank is a space.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from rich.cells import get_character_cell_size

Glyph: TypeAlias = tuple[str, int]
"""A character with its marks, and the columns it takes: 1 or 2."""

JOINERS = frozenset("\u200c\u200d\u2060\u034f\u00ad" + "".join(map(chr, range(0xFE00, 0xFE10))))
"""Characters of no width that change how their neighbours are drawn, if the terminal knows how."""

NUMERAL = re.compile(r"[≈−+-]?\d+(?:[.,/]\d+|e[−+-]?\d+)*")
"""A run of characters that means another number, or none, when a part of it is missing."""


@lru_cache(maxsize=4096)
def glyphs(text: str) -> tuple[Glyph, ...]:
    r"""Return the glyphs of a text.

    >>> [size for _, size in glyphs("天e\u0301\t")]
    [2, 1, 1]
    """
    if text.isascii() and text.isprintable():
        return tuple([(char, 1) for char in text])
    found: list[Glyph] = []
    for char in text:
        if char in JOINERS or 0xE0100 <= ord(char) <= 0xE01EF:
            continue
        if char.isspace():
            found.append((" ", 1))
        elif not char.isprintable():
            found.append(("□", 1))
        elif size := get_character_cell_size(char):
            found.append((char, size))
        elif found:
            found[-1] = (found[-1][0] + char, found[-1][1])
        else:
            found.append((" " + char if unicodedata.category(char)[0] == "M" else "□", 1))
    return tuple(found)


def columns(text: str) -> int:
    """Return how many columns a text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum([size for _, size in glyphs(text)])


def padded(text: str, width: int, align: str = "<") -> str:
    """Return a text filled with blanks to so many columns: < at the left, > at the right, ^ in the middle."""
    free = max(width - columns(text), 0)
    left = {"<": 0, ">": free, "^": free // 2}[align]
    return " " * left + text + " " * (free - left)


@lru_cache(maxsize=4096)
def shorten(text: str, room: int) -> str:
    """Return as much of a text as goes into so many columns, with … where some is missing; no numeral is cut.

    >>> shorten("a long label", 7), shorten("TV 1/1000", 7), shorten("x_10", 3), shorten("天地玄黄", 6)
    ('a long…', 'TV…', 'x_…', '天地…')
    """
    if columns(text) <= room:
        return text
    if room < 1:
        return ""
    used = end = 0
    shown = "".join([char for char, _ in glyphs(text)])
    for char, size in glyphs(text):
        if used + size > room - 1:
            break
        used, end = used + size, end + len(char)
    for numeral in NUMERAL.finditer(shown):
        if numeral.start() < end < numeral.end():
            end = numeral.start()
            break
    return shown[:end].rstrip() + "…"


def tell_apart(labels: Sequence[str]) -> tuple[str, ...]:
    r"""Return labels that differ by eye: those that look alike get their state's number, and a blank one is ␣.

    Two look alike when the same character is composed in one and not in the other, or when they differ only in
    characters that are not shown.

    >>> tell_apart(["\u00e9", "e\u0301", "b", " "])
    ('é#0', 'é#1', 'b', '␣')
    """
    shown = [_visible(label) for label in labels]
    while len(set(shown)) < len(shown):
        often = Counter(shown)
        shown = [f"{look}#{k}" if often[look] > 1 else look for k, look in enumerate(shown)]
    return tuple(shown)


def _visible(label: str) -> str:
    if label.isascii() and label.isprintable() and " " not in label:
        return label or "␣"
    look = "".join([char for char, _ in glyphs(unicodedata.normalize("NFC", label))])
    return look if look.strip() else "␣" * max(len(look), 1)
