"""ΣC_t, the cross-entropies of a denoiser over all steps, and the hybrid loss L + λ·ΣC_t, recomputed from each step's.

A sum is undefined where one of its parts is, else infinite where one is; a part's own witness shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from markovdiff.audit.confirm import Fact, Unbounded
from markovdiff.audit.facts import Facts
from markovdiff.audit.logsum import Interval, LogSum
from markovdiff.audit.sums import Sum

DENOISER_TOTALS = ("cross_entropy", "hybrid")
"""The keys of `elbo` that later results have besides; a result without them is a sound one."""

MAX_KEPT_BITS = 2**27
"""What the exact forms may take together."""


class DenoiserLosses:
    """C_t, taken in step by step; `weight` is λ, None where no hybrid loss was asked for."""

    def __init__(self, weight: Fraction | None) -> None:
        self.weight = weight
        self.forms: list[LogSum] = []
        self.lost: list[Unbounded] = []
        self.kept_bits = 0

    def observe(self, facts: Facts) -> None:
        """Take in step t, where the model has a denoiser."""
        if facts.guess is None:
            return
        cost = facts.cross_entropy
        if isinstance(cost, Unbounded):
            self.lost.append(cost)
        elif isinstance(cost, LogSum) and self.kept_bits <= MAX_KEPT_BITS:
            self.kept_bits += cost.size
            self.forms.append(cost)

    @property
    def is_too_long(self) -> bool:
        """Whether the forms were too long to be kept, and nothing is known of their sum."""
        return self.kept_bits > MAX_KEPT_BITS and not self.lost

    def totals(self, L: Fact | None, witness: Mapping[str, Any] | None) -> dict[str, Fact | None]:
        """Return the truth about both keys, from that about L and its witness; None for what the result has not."""
        if self.is_too_long or L is None or not (self.forms or self.lost):
            return dict.fromkeys(DENOISER_TOTALS)
        cost: Fact = LogSum.total([(Fraction(1), form) for form in self.forms])
        if self.lost:
            cost = _first(self.lost)
        if isinstance(L, Unbounded):
            L = Unbounded(L.kind, lambda shown: shown == witness)
        return {"cross_entropy": cost, "hybrid": None if self.weight is None else self._hybrid(L, cost, self.weight)}

    @staticmethod
    def _hybrid(L: Fact, cost: Fact, weight: Fraction) -> Fact:
        """Return L + λ·ΣC_t."""
        lost = [part for part in (L, cost if weight else None) if isinstance(part, Unbounded)]
        if lost or not weight:
            return _first(lost) if lost else L
        assert isinstance(L, Sum)
        assert isinstance(cost, LogSum)

        def enclose(bits: int) -> Interval | None:
            loss = L.enclose(bits)
            return None if loss is None else loss + LogSum.total([(weight, cost)]).enclose(loss.bits)

        def form() -> LogSum | None:
            loss = L.form()
            return None if loss is None else LogSum.total([(Fraction(1), loss), (weight, cost)])

        return Sum(enclose, form)


def _first(lost: list[Unbounded]) -> Unbounded:
    """Return what a sum of these is: undefined if one is, else infinite."""
    kind = "undefined" if any(part.kind == "undefined" for part in lost) else "inf"

    def holds(witness: Mapping[str, Any]) -> bool:
        return any(part.kind == kind and part.holds(witness) for part in lost)

    return Unbounded(kind, holds)
