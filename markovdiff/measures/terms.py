"""A term of the ledger: a number, or the finding that it is infinite or undefined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from markovdiff.arithmetic.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Unbounded:
    """A term that is +∞ or undefined: where that comes from, and why, in words."""

    kind: Literal["inf", "undefined"]
    witness: dict[str, object]
    words: str


Term: TypeAlias = "Quantity | Unbounded"


def add(*terms: Term) -> Term:
    """The sum of terms that are not negative: undefined if one is, else infinite if one is."""
    for kind in ("undefined", "inf"):
        for term in terms:
            if isinstance(term, Unbounded) and term.kind == kind:
                return term
    return Quantity.total([term for term in terms if isinstance(term, Quantity)])
