"""What an answer is worth, before its time counts: it is held against enclosures of the truth.

The enclosures are the exact engine's with 25 digits, narrower than any float. Of a entry's v_0, …, v_T are told

    worst        max_t |v_t − truth| / truth, the distance to the enclosure taken as 0 inside it
    wrong_from   the first t with fewer than six digits right, that is, whose relative error is above 1e-6
    rises        t with v_t > v_{t−1} though the enclosures prove I_t ≤ I_{t−1}: violations that are not there
    negatives    t with v_t < 0; `missing` counts what is no number at all

Where I_t = 0 any other answer is infinitely wrong. All this is rational arithmetic on what was answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from markovdiff.arithmetic.quantity import Enclosed

TRUTH_DIGITS = 25

SIX_DIGITS = Fraction(1, 10**6)


@dataclass(frozen=True)
class Enclosure:
    """lower ≤ truth ≤ upper."""

    lower: Fraction
    upper: Fraction

    @classmethod
    def of(cls, known: Enclosed) -> Enclosure:
        """Return the enclosure of a number that the engine reports."""
        assert known.lower is not None
        assert known.upper is not None
        return cls(Fraction(known.lower), Fraction(known.upper))

    def distance(self, v: Fraction) -> Fraction:
        """Return how far v is from every number that may be the truth."""
        return max(self.lower - v, v - self.upper, Fraction(0))

    def meets(self, other: Enclosure) -> bool:
        """Return whether both can be right."""
        return self.lower <= other.upper and other.lower <= self.upper


@dataclass(frozen=True)
class Judgement:
    """What is wrong with an answer; `worst` is None where an error has no bound."""

    worst: Fraction | None
    wrong_from: int | None
    rises: int
    negatives: int
    missing: int = 0

    @property
    def is_right(self) -> bool:
        """Six digits right at every t."""
        return self.wrong_from is None

    @property
    def is_sound(self) -> bool:
        """Right, never negative, and never rising where it falls."""
        return self.is_right and not self.rises and not self.negatives


def verify(answers: Sequence[Fraction | None], truth: Sequence[Enclosure]) -> Judgement:
    """Hold answers at t = 0, …, T against the truth."""
    errors = [relative(v, known) for v, known in zip(answers, truth, strict=True)]
    known_errors = [e for e in errors if e is not None]
    return Judgement(
        worst=max(known_errors) if len(known_errors) == len(errors) else None,
        wrong_from=next((t for t, e in enumerate(errors) if e is None or e > SIX_DIGITS), None),
        rises=sum(_rises_falsely(*pair) for pair in zip(pairwise(answers), pairwise(truth), strict=True)),
        negatives=sum(v is not None and v < 0 for v in answers),
        missing=sum(v is None for v in answers),
    )


def relative(v: Fraction | None, known: Enclosure) -> Fraction | None:
    """Return |v − truth| / truth; None where there is no number, or where it should have been 0."""
    if v is None:
        return None
    off = known.distance(v)
    return off / known.upper if known.upper else None if off else Fraction(0)


def _rises_falsely(answered: tuple[Fraction | None, Fraction | None], known: tuple[Enclosure, Enclosure]) -> bool:
    (before, after), (was, now) = answered, known
    return before is not None and after is not None and after > before and now.upper <= was.lower


def agree(one: Sequence[Enclosure], other: Sequence[Enclosure]) -> int | None:
    """Return the first t at which two lists of enclosures contradict each other; None where they never do."""
    return next((t for t, (a, b) in enumerate(zip(one, other, strict=True)) if not a.meets(b)), None)
