"""The chapter's pages in reading order, and how to find one.

The pages of a section stand in one module each. Importing them all costs a few milliseconds: they reach for the
engine only when they are built.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from markovdiff.errors import InputError
from markovdiff.learn import (
    bound,
    densities,
    diffusion,
    divergence,
    exercises,
    information,
    questions,
    sequences,
    surprise,
    symbols,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markovdiff.learn.page import Page, Settings


@dataclass(frozen=True)
class Section:
    """A heading and its pages."""

    title: str
    pages: tuple[Page, ...]
    by_name: bool = False
    """Whether the contents on a screen list its pages by name alone, two a line."""


SECTIONS = (
    Section("Before you begin", symbols.PAGES),
    Section("Entropy", surprise.PAGES),
    Section("Two distributions", divergence.PAGES),
    Section("Densities", densities.PAGES),
    Section("Two variables", information.PAGES),
    Section("Diffusion", diffusion.PAGES),
    Section("The ELBO", bound.PAGES),
    Section("Sequences", sequences.PAGES, by_name=True),
    Section("Exercises, solved", exercises.PAGES, by_name=True),
    Section("Questions, answered", questions.PAGES, by_name=True),
)
"""The chapter."""

LEFT_SECTIONS = 4
"""Sections in the left column of the contents; the rest stand to the right."""


@cache
def pages() -> Mapping[str, Page]:
    """Return every page by its name, in reading order."""
    return MappingProxyType({page.name: page for section in SECTIONS for page in section.pages})


def find(name: str) -> Page:
    """Return the page of that name. Raise InputError that names the nearest one."""
    known = pages()
    if name not in known:
        close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
        raise InputError(
            "no such topic",
            where=f"learn {name}",
            expected="a topic that `markovdiff learn` lists",
            remedy=f"did you mean {close[0]!r}?" if close else "see `markovdiff learn`",
        )
    return known[name]


def read_all(settings: Sequence[str]) -> Mapping[str, Settings]:
    """Return the values of every page: each setting KEY=VALUE holds wherever there is such a key.

    Raises InputError where no page has the key, or a page that has it refuses the value.
    """
    keys = {page.name: set(page.keys) for page in pages().values()}
    names = [setting.partition("=")[0].strip() for setting in settings]
    every = sorted(set[str]().union(*keys.values()))
    for name in names:
        if name not in every:
            close = difflib.get_close_matches(name, every, n=1, cutoff=0.4)
            raise InputError(
                "no page has such a number",
                where=f"--set {name}",
                expected=f"one of {', '.join(every)}",
                remedy=f"did you mean {close[0]!r}?" if close else None,
            )
    found = {}
    for page in pages().values():
        mine = [setting for name, setting in zip(names, settings, strict=True) if name in keys[page.name]]
        try:
            found[page.name] = page.read(mine)
        except InputError as error:
            remedy = error.remedy or "leave out --all and name the page that it is for"
            raise error.but(where=f"{error.where}, for the page {page.name}", remedy=remedy) from None
    return found


def after(page: Page) -> Page | None:
    """Return the page to read next; None after the last."""
    order = list(pages().values())
    k = order.index(page) + 1
    return order[k] if k < len(order) else None
