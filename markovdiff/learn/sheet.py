"""A page, or the list of contents, as lines: a title, the blocks, and what to do next.

Lines carry what they are, so that whoever prints them may colour them; as they stand they are plain text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple, TypeAlias

from markovdiff.learn import contents
from markovdiff.learn.blocks import Block, Kind
from markovdiff.learn.page import WIDTH, Page, Values

Role: TypeAlias = Kind | Literal["title", "heading", "foot", "blank"]

COLUMN = 40
"""Width of a column of the contents."""


class Line(NamedTuple):
    """A line of text and what it is."""

    text: str
    role: Role


def sheet(page: Page, values: Values) -> list[list[Line]]:
    """The page's lines, in one stretch up to each question and one after it."""
    stretches = [[Line(page.title, "title"), Line("", "blank")]]
    before: Block | None = None
    for block in page.build(values):
        if before is not None and _stands_apart(before, block):
            stretches[-1].append(Line("", "blank"))
        stretches[-1] += [Line(f"  {text}".rstrip(), block.kind) for text in block.lines()]
        if block.kind == "ask":
            stretches.append([])
        before = block
    stretches[-1] += [Line("", "blank"), *(Line(text, "foot") for text in _foot(page, values))]
    return stretches


def _stands_apart(before: Block, block: Block) -> bool:
    """Whether a blank line goes between two blocks: not where numbers follow the words that announce them."""
    return block.kind in ("prose", "ask") or before.kind in ("ask", "picture", "table")


def _foot(page: Page, values: Values) -> Iterator[str]:
    """What may be set, and where to go on."""
    from markovdiff.arithmetic.rational import text

    given = [f"{p.name}={text(values[p.name])} {p.meaning} ({p.bounds})" for p in page.parameters]
    if given:
        yield from textwrap.wrap("--set " + " · ".join(given), WIDTH - 1, subsequent_indent="      ")
    follower = contents.after(page)
    yield f"next: markovdiff learn {follower.name}" if follower else "the end; again: markovdiff learn"


def listing() -> list[str]:
    """One line a page, its name first, for a pipe."""
    known = contents.pages()
    width = max(map(len, known))
    return [f"{name:<{width}}  {page.summary}" for name, page in known.items()]


def table_of_contents() -> list[Line]:
    """Two columns, for a screen."""
    halves = contents.SECTIONS[: contents.LEFT_SECTIONS], contents.SECTIONS[contents.LEFT_SECTIONS :]
    rows = zip_longest(*map(_column, halves), fillvalue="")
    lines = [Line("Information theory for diffusion: markovdiff learn TOPIC", "title")]
    return lines + [Line(f"{left:<{COLUMN}}{right}".rstrip(), "facts") for left, right in rows]


def _column(sections: Sequence[contents.Section]) -> Iterator[str]:
    for section in sections:
        yield section.title
        for page in section.pages:
            yield f"  {page.name:<18} {page.title}"
