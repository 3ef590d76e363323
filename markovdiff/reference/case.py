"""An array that differs from the truth, with what a hypothesis about it may ask: other true arrays, other scenarios."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from markovdiff.cached import cached_property
from markovdiff.errors import MarkovdiffError
from markovdiff.reference.arrays import OF_RUN, OF_STEPS, Array, approximate, arrays
from markovdiff.reference.formulas import Ledger
from markovdiff.study.scenario import Scenario

TERMS = ("entropy", "mutual_information", "elbo_terms", "prior_term", "negative_elbo", "nll")
"""Arrays with a unit."""

Near = Callable[[Array, Array], Any]
"""Where two arrays agree within the tolerance."""


@dataclass(frozen=True, eq=False)
class Case:
    """One array that differs: its name, what was given, the truth beside it, and the scenario they are of."""

    study: Scenario
    name: str
    mine: Array
    truth: Array
    times: Sequence[int] | None
    trimmed: Callable[[str, Array], Array]
    near: Near
    given: Mapping[str, Array]
    shared: dict[Any, Any] = field(default_factory=dict)

    def true(self, name: str) -> Array:
        """Return another true array of the same times, without the mask where this one is without it."""
        if name not in self.shared:
            self.shared[name] = arrays(self.study, [name], self.times)[name]
        return self.trimmed(name, self.shared[name])

    def is_of(self, other: Scenario, key: object, scale: float = 1.0) -> bool:
        """Return whether this array is another scenario's: looked at first where it first differs, then as a whole.

        `key` names the other scenario; what a run of it gives is kept under that name. `scale` is that of the unit.
        """
        try:
            if self.name == "betas":
                return meets(self, np.array([float(beta) for beta in other.betas]))
            if self.name in OF_RUN:
                if key not in self.shared:
                    self.shared[key] = approximate(other, self.times)
                expected = self.shared[key].get(self.name)
                return meets(self, expected * scale) and not np.isnan(expected[self.wrong]).all()
            index, t = self.first
            there = self.trimmed(self.name, arrays(other, [self.name], [t])[self.name])
            if not meets(self, there, [index]):
                return False
            return meets(self, self.trimmed(self.name, arrays(other, [self.name], self.times)[self.name]))
        except MarkovdiffError:
            return False

    @property
    def units(self) -> tuple[tuple[float, str], ...]:
        """The scenario's unit and the other one: what an array with a unit is multiplied by, and how that is told."""
        if self.name not in TERMS:
            return ((1.0, ""),)
        log2 = math.log(2)
        other = (log2, ", and nats for bits") if self.study.unit == "bits" else (1 / log2, ", and bits for nats")
        return ((1.0, ""),) if self.name == "prior_term" and not self.mine else ((1.0, ""), other)

    @cached_property
    def law_of_data(self) -> Array:
        """p_0."""
        return np.array([float(p) for p in self.study.chain().marginal(0)])

    @property
    def ledger(self) -> Ledger:
        """The formulas of the terms, from the true arrays."""
        if "ledger" not in self.shared:
            true = arrays(self.study, ["Q", "Qbar", "reverse"])
            if self.study.file.reverse.prior == "marginal":
                prior = self.law_of_data @ true["Qbar"][-1]
            else:
                law = self.study.prior(self.study.chain())
                prior = np.array([float(Fraction(int(n), int(law.d))) for n in law.table()[0]])
            self.shared["ledger"] = Ledger(self.law_of_data, true["Q"], true["Qbar"], true["reverse"], prior)
        ledger: Ledger = self.shared["ledger"]
        return ledger

    @cached_property
    def wrong(self) -> Any:
        """Where the array differs from the truth."""
        return ~self.near(self.mine, self.truth) & ~np.isnan(self.truth)

    @cached_property
    def first(self) -> tuple[int, int]:
        """Where along the first axis the array first differs from the truth, and the time that is there."""
        index = int(np.argwhere(self.wrong)[0][0])
        return index, self.times[index] if self.times is not None else index + (self.name in OF_STEPS)

    @cached_property
    def betas(self) -> tuple[Fraction, ...]:
        """β_1 … β_T."""
        return self.study.betas


def meets(case: Case, expected: Array | None, at: Any = ...) -> bool:
    """Return whether the array, or the part of it at `at`, is what a hypothesis expects, wherever that is a number.

    The hypothesis must also tell the truth's differences: one that is as near to the truth as the tolerance explains
    nothing, although every number fits.
    """
    mine, truth, wrong = case.mine[at], case.truth[at], case.wrong[at]
    if expected is None or expected.shape != mine.shape:
        return False
    counts = ~np.isnan(expected)
    if not counts.any() or not (case.near(mine, expected) | ~counts).all():
        return False
    told = ~case.near(expected, truth)[wrong]
    return bool(2 * told.sum() > told.size)
