"""The card of what went wrong: what, where, expected, got, remedy, each on lines of its own, and the keys that lead on.

The engine says an error in words that are laid out so (`markovdiff.errors`); the card takes them apart again.
"""

from __future__ import annotations

from tui.glyphs import columns, glyphs
from tui.raster import Row
from tui.rows import Words, paragraph
from tui.view.view_state import ViewState

PARTS = ("where", "expected", "got", "remedy")
LABEL = 11
"""Columns of a part's name, with the blanks around it."""


def parts(message: str) -> tuple[str, list[tuple[str, str]]]:
    r"""Return what went wrong, and the parts that are said of it, in their order.

    >>> parts("unknown key 'foo'\n  where     data.foo")
    ("unknown key 'foo'", [('where', 'data.foo')])
    """
    what, *rest = message.splitlines() or [""]
    found: list[tuple[str, str]] = []
    for words in rest:
        label = words[2:12].strip()
        if words.startswith("  ") and label in PARTS:
            found.append((label, words[12:]))
        else:
            found.append(("", words.strip()))
    return what, found


def card(message: str, keys: str, width: int, most: int) -> list[Row]:
    """Return the card's rows, so many at most; `keys` are the words of its last lines."""
    what, said = parts(message)
    lines: list[Words] = [[(f" {words}", "bad")] for words in wrapped(what, width - 2)]
    lines += [[]] * bool(said)
    room = max(width - LABEL - 2, 8)
    for label, words in said:
        for n, part in enumerate(wrapped(words, room)):
            lines.append([(f" {label if n == 0 else '':<{LABEL - 1}}", "dim"), (part, "")])
    if keys:
        lines += [[], *([(f" {words}", "series-2")] for words in wrapped(keys, width - 2))]
    return paragraph(lines, width, min(len(lines), most))


def title(view: ViewState) -> str:
    """Return the words on the card's border: how far the run came."""
    run = view.run
    if run.finished is not None:
        return "✗ the engine has ended; what is shown is whole"
    if not run.steps:
        return "✗ this chain was not run"
    return f"✗ the run ended early, after t = {len(run.steps) - 1} of {run.T}"


def keys(view: ViewState) -> str:
    """Return what the card says of its keys."""
    ways = ["e edits the chain, ^e its text", "enter tries again"]
    return "; ".join([*ways, *["esc shows what was computed"] * bool(view.run.steps)]) + "."


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of so many columns, broken at blanks where it can be; nothing of it is lost.

    >>> wrapped("a path/that/is/long", 8)
    ['a', 'path/tha', 't/is/lon', 'g']
    """
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and columns(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        for char, size in glyphs(word):
            if columns(lines[-1]) + size > width:
                lines.append("")
            lines[-1] += char
    return lines
