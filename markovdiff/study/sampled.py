"""What a result says of sequences and of what samplers draw."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.plain import plain


@dataclass(frozen=True)
class SequenceFacts:
    """What is known of a law of sequences before any noise.

    `information_curve` is c_0 … c_{L−1}, what a position costs once j others are known; it and both correlations are
    None where the subsets of positions are too many to be looked at.
    """

    length: int
    symbols: tuple[str, ...]
    information_curve: tuple[Enclosed, ...] | None = None
    total_correlation: Enclosed | None = None
    dual_total_correlation: Enclosed | None = None

    def record(self) -> dict[str, Any]:
        """Return the same as the JSON has it."""
        curve = self.information_curve
        return {
            "length": self.length,
            "symbols": list(self.symbols),
            "information_curve": None if curve is None else [plain(c) for c in curve],
            "total_correlation": plain(self.total_correlation),
            "dual_total_correlation": plain(self.dual_total_correlation),
        }


@dataclass(frozen=True)
class FalseSequence:
    """A sequence that never occurs in the data, by its labels, and its mass under a sampler."""

    x0: tuple[str, ...]
    mass: Enclosed


@dataclass(frozen=True)
class TrueSequence:
    """A sequence of the data, by its labels, its probability there, and its mass under a sampler."""

    x0: tuple[str, ...]
    probability: Fraction
    mass: Enclosed


@dataclass(frozen=True)
class Sampled:
    """What a sampler draws: by a number of steps or a grid of `times`, or by block sizes and an order.

    `bound` says whether KL(q‖ν) ≤ excess is `strict` or `equal`; None where either is not finite. Of the order by
    confidence `ties` counts the sequences shown on the way at which equals were told apart from the left. `true`
    has the ten likeliest sequences of the data, for pictures: not in JSON.
    """

    steps: int | None
    times: tuple[int, ...] | None
    unmask: tuple[int, ...] | None
    order: str | tuple[int, ...] | None
    excess: Enclosed
    kl: Enclosed | None
    total_variation: Enclosed | None
    outside_support: Enclosed | None
    bound: str | None
    false: tuple[FalseSequence, ...]
    ties: int | None = None
    true: tuple[TrueSequence, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the same as the JSON has it."""
        by: dict[str, Any] = {"steps": self.steps, "times": self.times and list(self.times)}
        if self.unmask is not None:
            order = self.order if isinstance(self.order, str) else list(self.order or ())
            by = {"unmask": list(self.unmask), "order": order}
        numbers = {name: plain(getattr(self, name)) for name in ("excess", "kl", "total_variation", "outside_support")}
        false = [{"x0": list(one.x0), "mass": plain(one.mass)} for one in self.false]
        ties = {} if self.unmask is None else {"ties": self.ties}
        return {**by, **numbers, "bound": self.bound, **ties, "false": false}
