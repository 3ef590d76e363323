"""The chapter on a terminal: lines in colour, and a stop at each question for readers who want to answer it first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from markovdiff.learn.layout import Line, Role

STYLES: dict[Role, str] = {
    "heading": "bold magenta",
    "title": "bold",
    "ask": "bold yellow",
    "formula": "cyan",
    "code": "cyan",
    "picture": "green",
    "foot": "dim",
}


def render(lines: Sequence[Line], console: Console) -> None:
    """Print the lines as they are, neither wrapped nor cut."""
    for line in lines:
        console.print(Text(line.text, style=STYLES.get(line.role, "")), soft_wrap=True)
