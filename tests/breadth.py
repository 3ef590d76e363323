"""Tests over long lists: a few stand for their kinds every day, and `.ci/run` has them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

STORIES = ("two-state", "memory", "letters-masked", "elbo-mask-prior", "elbo-d3pm", "dense-late", "pronouns", "starter")
"""Scenarios of which each is the smallest of its kind."""


def few(
    names: str | Sequence[str],
    values: Iterable[Any],
    daily: Iterable[Any] = (),
    ids: Callable[[Any], str] | None = None,
) -> pytest.MarkDecorator:
    """Parametrise a test with all the values, those that are not daily marked slow; by default the first is daily."""
    every = list(values)
    kept = list(daily) or every[:1]
    given = [(value,) if isinstance(names, str) else value for value in every]
    marks = [() if value in kept else (pytest.mark.slow,) for value in every]
    cases = [pytest.param(*case, marks=mark) for case, mark in zip(given, marks, strict=True)]
    return pytest.mark.parametrize(names, cases, ids=ids)
