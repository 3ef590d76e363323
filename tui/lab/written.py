"""Numbers and rails as rows of cells: certified decimals with their closed form, a float with ≈ and its name."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from tui.glyphs import shorten
from tui.lab.dial import Dial, Values
from tui.raster import Row
from tui.rows import Words, line

if TYPE_CHECKING:
    from markovdiff.arithmetic.quantity import Enclosed

LABEL = 12
"""Columns of a number's or a dial's name."""


def exact(name: str, number: Enclosed, unit: str, width: int, style: str = "", witness: str = "") -> Row:
    """Write a certified number: name, decimals, and its closed form or its enclosure as far as there is room."""
    if number.value == "inf":
        return line([*_name(name, style), ("∞", "bad"), (f"  {witness}", "dim")], width)
    value = f"{number.value} {unit[:-1] if number.value == '1' else unit}"
    if number.lower == number.upper:
        return line([*_name(name, style), (value, "title"), ("  exactly", "dim")], width)
    room = width - LABEL - 2 - len(value)
    found = number.closed_form
    bounds = f"  ∈ [{number.lower}, {number.upper}]"
    more = f"  = {found}" if found and len(found) + 4 <= room else bounds if len(bounds) <= room else "  certified"
    return line([*_name(name, style), (value, "title"), (more, "dim")], width)


def floating(name: str, number: str, words: str, width: int, style: str = "") -> Row:
    """Return what is not certified: it says so right behind the number."""
    return line([*_name(name, style), (f"≈ {number}", ""), (f" (float) {words}", "dim")], width)


def said(name: str, words: str, width: int, style: str = "", colour: str = "dim") -> Row:
    """Return a finding in words."""
    return line([*_name(name, style), (words, colour)], width)


def _name(name: str, style: str) -> list[tuple[str, str]]:
    return [(f" {name:<{LABEL}}", style or "dim")]


def wrapped(text: str, width: int, style: str) -> list[Row]:
    """Return a paragraph."""
    return [line([(f" {words}", style)], width) for words in textwrap.wrap(text, max(width - 2, 1))]


def tail(dial: Dial, values: Values) -> str:
    """Return what stands behind a rail: the value and what it is."""
    return f"{shorten(str(values[dial.name]), 10):<11}{dial.words}"


def rail_span(width: int) -> tuple[int, int]:
    """Return the first column of a rail, and how many it has."""
    return LABEL + 1, max(width - LABEL - 38, 8)


def rail(dial: Dial, values: Values, width: int, chosen: bool) -> Row:
    """Return a dial as a row: its name, a rail with a knob, its value."""
    left, length = rail_span(width)
    knob = round(dial.share(values[dial.name]) * (length - 1))
    style = "highlight" if chosen else "dim"
    words: Words = [
        (f" {'▸' if chosen else ' '} {dial.name:<{left - 3}}", style),
        ("━" * knob, "past"),
        ("●", "knob" if not chosen else "highlight"),
        ("─" * (length - 1 - knob), "axis"),
        (f"  {tail(dial, values)}", "title" if chosen else ""),
    ]
    return line(words, width)
