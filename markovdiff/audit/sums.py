"""Numbers that are sums over all the steps: enclosed by adding up, exact only where somebody needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from markovdiff.audit.facts import Facts
from markovdiff.audit.logsum import Interval, LogSum, exactly


@dataclass(eq=False)
class Sums:
    """Σ_{t≥2} of the terms and Σ_{t≥1} of Δ_t, enclosed at one precision, where they are finite."""

    bits: int
    denoising: Interval = field(init=False)
    error: Interval = field(init=False)

    def __post_init__(self) -> None:
        self.denoising = self.error = exactly(0, self.bits)

    def include(self, facts: Facts) -> None:
        """Add step t."""
        if isinstance(facts.error, LogSum):
            self.error += facts.error.enclose(self.bits)
        if facts.now.t > 1 and isinstance(facts.term, LogSum):
            self.denoising += facts.term.enclose(self.bits)


@dataclass(frozen=True, eq=False)
class Sum:
    """A truth found by a walk over all steps: its enclosure at a precision, and its exact form if it could be kept."""

    interval: Callable[[int], Interval | None]
    form: Callable[[], LogSum | None]

    def enclose(self, bits: int) -> Interval | None:
        """Return an interval from a walk at this precision or a finer one."""
        return self.interval(bits)

    def equals(self, value: Fraction, unit: str) -> bool | None:
        """Decide by the exact form."""
        form = self.form()
        return None if form is None else form.equals(value, unit)

    def is_form(self, terms: list[tuple[Fraction, int]]) -> bool | None:
        """Decide by the exact form."""
        form = self.form()
        return None if form is None else form.is_form(terms)
