"""Errors as values: what is said of one is never changed on its way."""

from __future__ import annotations

import pytest

from markovdiff.errors import InputError, LimitError, MarkovdiffError


@pytest.mark.parametrize("kind", [InputError, LimitError])
def test_an_error_is_not_changed_on_its_way(kind: type[MarkovdiffError]) -> None:
    """Another place or remedy makes a new error of the same kind; the first says what it said."""
    first = kind("what", where="here", expected="this", got="that", remedy="do so")
    said = str(first)
    placed, advised = first.located("file"), first.but(remedy="rather so")
    assert (type(placed), placed.where, placed.remedy) == (kind, "file: here", "do so")
    assert (type(advised), advised.where, advised.remedy, advised.got) == (kind, "here", "rather so", "that")
    assert str(first) == said
