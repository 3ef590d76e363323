"""Unmasking schedules for a scenario: the best block sizes beside equal ones and the cosine's.

The excess of random order follows from the data's information curve alone, at any length; KL(q‖ν) is of the sequences
that are drawn, and is there where the state space allows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.engines.exact.position_likelihood import unmasked
from markovdiff.errors import InputError, LimitError
from markovdiff.sequences.curve import information_curve, symbols_of
from markovdiff.sequences.orders import MAX_OUTCOMES, choice, outcomes
from markovdiff.sequences.surroundings import Positions
from markovdiff.sequences.unmasking import Unmasking, best_unmasking, cosine_sizes, equal_sizes, unmasking
from markovdiff.study.plain import plain
from markovdiff.study.scenario import Scenario
from markovdiff.study.sequence_data import Sequences

SCHEMA = "markovdiff.unmask/1"


@dataclass(frozen=True)
class Schedule:
    """Block sizes by name. `ties` counts the block sizes that are as good as the best; None for a rule's."""

    name: str
    unmask: tuple[int, ...]
    excess: Enclosed
    kl: Enclosed | None
    ties: int | None = None
    decided: bool | None = None


@dataclass(frozen=True)
class UnmaskingTable:
    """The curve of a scenario's data and the schedules for a number of stages, in the scenario's unit."""

    scenario: str
    title: str
    unit: str
    length: int
    symbols: int
    stages: int
    entropy: Enclosed
    information_curve: tuple[Enclosed, ...]
    total_correlation: Enclosed
    dual_total_correlation: Enclosed
    schedules: tuple[Schedule, ...]

    def record(self) -> dict[str, Any]:
        """Return the table as plain dicts, lists and strings, as `--json` writes it."""
        return {
            "schema": SCHEMA,
            **{name: plain(x) if isinstance(x, Enclosed) else x for name, x in vars(self).items()},
            "information_curve": [plain(c) for c in self.information_curve],
            "schedules": [{**vars(of), "excess": plain(of.excess), "kl": plain(of.kl)} for of in self.schedules],
        }


def unmasking_table(scenario: Scenario, stages: int) -> UnmaskingTable:
    """Return the best, the equal and the cosine's block sizes for that many stages in random order.

    Raises InputError where the data are no sequences, nothing masks them, or there are more stages than positions.
    """
    law = sequences_of(scenario)
    check_masks(scenario)
    digits, unit = scenario.digits, scenario.unit
    curve = information_curve(law)
    best = best_unmasking(curve, stages)
    divergence = _divergences(scenario)

    def schedule(name: str, of: Unmasking, ties: int | None = None, decided: bool | None = None) -> Schedule:
        return Schedule(
            name, of.sizes, of.excess.enclosed(digits, unit, closed=True), divergence(of.sizes), ties, decided
        )

    return UnmaskingTable(
        scenario.name,
        scenario.title,
        unit,
        curve.length,
        scenario.labels,
        stages,
        curve.entropy.enclosed(digits, unit, closed=True),
        curve.values(digits, unit),
        curve.total_correlation.enclosed(digits, unit, closed=True),
        curve.dual_total_correlation.enclosed(digits, unit, closed=True),
        (
            schedule("best", best, best.ties, best.decided),
            schedule("equal", unmasking(curve, equal_sizes(curve.length, stages))),
            schedule("cosine", unmasking(curve, cosine_sizes(curve.length, stages))),
        ),
    )


def sequences_of(scenario: Scenario) -> Sequences:
    """Return the law of a scenario's sequences. Raises InputError where its data are one symbol."""
    if scenario.sequences is None:
        raise InputError(
            "the data are one symbol, not sequences",
            where="data.length",
            expected="how many symbols a sequence has",
            remedy="add `length` to [data]; `markovdiff show parity` is an example",
        )
    return scenario.sequences


def check_masks(scenario: Scenario) -> None:
    """Raise InputError where the noise does not lead every symbol to a mask that the data have not."""
    target = scenario.kernel.rank_one_target
    if target is None or len(target.support) != 1 or scenario.data.weights[target.support[0]]:
        raise InputError(
            "nothing masks these sequences",
            where="noise.kernel",
            expected="a kernel that adds a mask, for a schedule of what is unmasked together",
            remedy='kernel = { kind = "absorbing" }',
        )


def _divergences(scenario: Scenario) -> Callable[[tuple[int, ...]], Enclosed | None]:
    """KL(q‖ν) of block sizes in random order; None where the sequences on the way are too many."""
    law = sequences_of(scenario)
    way, symbols = choice("random", law.length), symbols_of(law)

    @cache
    def positions() -> Positions | None:
        try:
            chain = scenario.sequence_chain()
            assert chain is not None
            found = Positions(chain)
            _ = found.weights
        except LimitError:
            return None
        return found

    def found(sizes: tuple[int, ...]) -> Enclosed | None:
        if outcomes(sizes, symbols, way) > MAX_OUTCOMES or (known := positions()) is None:
            return None
        drawn = unmasked(known.chain, known, sizes, way)
        return drawn.divergence.enclosed(scenario.digits, scenario.unit, closed=True)

    return found
