"""A page, or the list of contents, as lines: a title, the blocks, and what to do next.

Lines carry what they are, so that whoever prints them may colour them; as they stand they are plain text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import Literal, NamedTuple, TypeAlias

from markovdiff.learn import contents
from markovdiff.learn.blocks import Kind
from markovdiff.learn.page import HEIGHT, WIDTH, Page, Values

Role: TypeAlias = Kind | Literal["title", "heading", "foot", "blank"]

WHOLE = 1000
"""Lines that a page may take in a stream: blank ones wherever they help."""

COLUMN = 40
"""Width of a column of the contents."""


class Line(NamedTuple):
    """A line of text and what it is."""

    text: str
    role: Role


BLANK = Line("", "blank")


def layout(page: Page, values: Values, height: int = HEIGHT, *, onward: bool = True) -> list[list[Line]]:
    """Return the page's lines, in one stretch up to each question and one after it.

    Blank lines are set as far as `height` allows, the most useful ones first. `onward` names the page to read next.
    """
    parts: list[tuple[Role, list[Line]]] = [("title", [Line(page.title, "title")])]
    for block in page.build(values):
        margin = "" if block.kind == "code" else "  "
        parts += [(block.kind, [Line(f"{margin}{text}".rstrip(), block.kind) for text in block.lines()])]
    parts.append(("foot", [Line(text, "foot") for text in _foot(page, values, onward)]))
    apart = _gaps([kind for kind, _ in parts], height - sum(len(lines) for _, lines in parts))
    stretches: list[list[Line]] = [[]]
    for k, (kind, lines) in enumerate(parts):
        stretches[-1] += [*([BLANK] if k in apart else []), *lines]
        if kind == "ask":
            stretches.append([])
    return stretches


def _gaps(kinds: Sequence[Role], room: int) -> set[int]:
    """Return the parts with a blank line before them, at most `room`: numbers stay with the words before them."""
    wishes = [
        (_usefulness(before, kind), k)
        for k, (before, kind) in enumerate(pairwise(kinds), start=1)
        if _usefulness(before, kind)
    ]
    return {k for _, k in sorted(wishes, key=lambda wish: (-wish[0], wish[1]))[: max(room, 0)]}


def _usefulness(before: Role, kind: Role) -> int:
    """Return how useful a blank line is between two parts; 0 for useless."""
    if before in ("title", "ask"):
        return 4
    return {"foot": 3, "ask": 2, "prose": 1}.get(kind, 1 if before in ("picture", "table") else 0)


def _foot(page: Page, values: Values, onward: bool) -> list[str]:
    """Return what may be set, and where to go on: on one line if they fit."""
    from markovdiff.arithmetic.rational import text

    given = [f"{p.name}={text(values[p.name])} {p.meaning} ({p.bounds})" for p in page.parameters]
    if page.arrays:
        given.append(f"{', '.join(array.name for array in page.arrays)} as lists")
    settings = textwrap.wrap("--set " + " · ".join(given), WIDTH - 1, subsequent_indent="      ") if given else []
    if not onward:
        return settings
    follower = contents.after(page)
    following = f"next: markovdiff learn {follower.name}" if follower else "the end; again: markovdiff learn"
    if settings and len(settings[-1]) + len(following) + 4 <= WIDTH:
        return [*settings[:-1], f"{settings[-1]:<{WIDTH - len(following)}}{following}"]
    return [*settings, following]


def chapter(settings: Sequence[str]) -> Iterator[list[Line]]:
    """Yield the whole chapter, a page at a time, each under its section's heading and its own.

    A setting holds on every page that has the key. Raises InputError, before the first page, where no page has it or
    one refuses the value.
    """
    values = contents.read_all(settings)
    return _stream(values)


def _stream(values: Mapping[str, Values]) -> Iterator[list[Line]]:
    for section in contents.SECTIONS:
        heading = [Line(section.title.upper(), "heading"), Line("═" * WIDTH, "heading"), BLANK]
        for page in section.pages:
            title, *rest = [line for part in layout(page, values[page.name], WHOLE, onward=False) for line in part]
            yield [*heading, Line(f"{title.text}   [{page.name}]", "title"), *rest, BLANK, BLANK]
            heading = []


def listing() -> list[str]:
    """Return one line a page, its name first, for a pipe."""
    known = contents.pages()
    width = max(map(len, known))
    return [f"{name:<{width}}  {page.summary}" for name, page in known.items()]


def table_of_contents() -> list[Line]:
    """Return the contents in two columns, for a screen."""
    halves = contents.SECTIONS[: contents.LEFT_SECTIONS], contents.SECTIONS[contents.LEFT_SECTIONS :]
    rows = zip_longest(*map(_column, halves), fillvalue="")
    lines = [Line("Information theory for diffusion: markovdiff learn TOPIC", "title")]
    return lines + [Line(f"{left:<{COLUMN}}{right}".rstrip(), "facts") for left, right in rows]


def _column(sections: Sequence[contents.Section]) -> Iterator[str]:
    for section in sections:
        yield section.title
        if section.by_name:
            names = [page.name for page in section.pages]
            yield from (f"  {a:<18} {b}".rstrip() for a, b in zip_longest(names[::2], names[1::2], fillvalue=""))
        else:
            yield from (f"  {page.name:<18} {page.title}" for page in section.pages)
