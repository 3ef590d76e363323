"""How code is written: what it does to a probability, in which numbers, and how it adds the terms of L up.

    h(x) = max(x + added, least, e^least_log)                what stands in a logarithm in place of a probability x
    law(p) = p + spread, divided by its sum or not           what a law becomes before it is used at all
    L = Σ terms (or their mean over t) + prior term (or none, or log K)

The recipe that says nothing is the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, TypeAlias

from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import InputError
from markovdiff.practice.formats import FloatFormat, NumberFormat

PriorTerm: TypeAlias = Callable[[NumberFormat, int, str], Any]
"""What stands in the place of the prior term, in a number format, of K states, in a unit."""


@dataclass(frozen=True)
class Recipe:
    """How code is written; whatever is left as it is does nothing. `numbers` is None for exact arithmetic."""

    numbers: FloatFormat | None = None
    added: Fraction | None = None
    least: Fraction | None = None
    least_log: Fraction | None = None
    spread: Fraction | None = None
    normalised: bool = False
    prior: PriorTerm | None = None
    averaged: bool = False

    __repr__ = in_a_line

    def but(self, **changes: Any) -> Recipe:
        """Return the recipe with some parts changed. Raise InputError where one was changed before."""
        plain = Recipe()
        for name in changes:
            if getattr(self, name) != getattr(plain, name):
                raise InputError(
                    "two habits that do not go together",
                    where="--practice",
                    expected="one of a kind: one number format, one ε in a place",
                    remedy="ask for them one by one",
                )
        return replace(self, **changes)

    @property
    def changes_numbers(self) -> bool:
        """Whether anything but the sum of the terms is changed."""
        summing = ("prior", "averaged")
        return any(getattr(self, f.name) != getattr(Recipe(), f.name) for f in fields(self) if f.name not in summing)

    @property
    def bits(self) -> int:
        """Precision that shows what the habit does to numbers of about 1: its ε squared, and digits beyond."""
        small = [x for x in (self.added, self.least, self.spread) if x]
        sizes = [max(x.denominator.bit_length() - x.numerator.bit_length(), 0) for x in small]
        return 160 + 2 * max([*sizes, -2 * int(self.least_log or 0)])
