"""Who can be asked: a name, what it needs, how it answers, and what its answer is as a rational.

A entry answers a Problem with T + 1 numbers of its own kind. `exactly` says which rational such a number is (a
float is one), or None for what is no number, so that a comparison rounds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from importlib.util import find_spec
from math import isfinite
from typing import Any

from markovdiff.bench.chains import BenchProblem

EXTRA = "pip install 'markovdiff[bench]'"


@dataclass(frozen=True)
class BenchEntry:
    """One way to I(x0; x_t). `needs` are the packages it imports, `most` the cells that it can do in a short run."""

    name: str
    words: str
    answer: Callable[[BenchProblem], Sequence[Any]]
    exactly: Callable[[Any], Fraction | None]
    needs: tuple[str, ...] = ()
    most: int | None = None

    @property
    def missing(self) -> str | None:
        """A line that says what has to be installed; None where all is there."""
        absent = [name for name in self.needs if find_spec(name) is None]
        return f"{self.name}: {' and '.join(absent)} not installed; {EXTRA}" if absent else None

    @property
    def versions(self) -> dict[str, str]:
        """The packages that it rests on, with their versions."""
        return {name: version(name) for name in self.needs}


def of_float(x: float) -> Fraction | None:
    """Return the dyadic rational that a float is.

    >>> of_float(0.5), of_float(float("nan"))
    (Fraction(1, 2), None)
    """
    return Fraction(float(x)) if isfinite(x) else None
