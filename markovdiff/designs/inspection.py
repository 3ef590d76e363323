"""What a chain can do at all: its classes, laws, limit, rate, contraction, capacity, and the first times.

    md.inspect(md.load("two-state")).rate.decay

What one step can do is said for each different Q_t (of a long schedule the first, the middle and the last); what
"for ever" means is said where all steps are the same. What is not defined for a chain is None, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from flint import arb

from markovdiff.arithmetic.enclosure import Unit, bits_for, in_unit
from markovdiff.arithmetic.quantity import Enclosed, enclose
from markovdiff.arithmetic.rational import rational, shown, whole
from markovdiff.designs.chi import chi_squared_contraction
from markovdiff.designs.cumulative import Cumulative, capacity_ball, constant_step
from markovdiff.designs.limit import LimitFound, limit_of
from markovdiff.designs.one_step import KernelFound, kernels_found
from markovdiff.designs.rate import DecayRate, rate_of
from markovdiff.designs.times import Deciders, FirstTime, first_time
from markovdiff.designs.warnings import warnings
from markovdiff.errors import InputError, LimitError, MarkovdiffError
from markovdiff.process.chain import Chain
from markovdiff.process.classes import (
    CommunicatingClass,
)
from markovdiff.process.transition import Transition
from markovdiff.study.loading import loaded
from markovdiff.study.plain import plain
from markovdiff.study.scenario import Scenario

EPSILON = Fraction(1, 100)
"""What "nearly nothing" is by default."""


@dataclass(frozen=True)
class CapacityFound:
    """The capacity max I(x0;x_t) over all laws of x0, and η_χ²(p_{t−1}, Q_t), which bounds no ratio I_t/I_{t−1}.

    `lower` ≤ capacity ≤ `upper`, as decimals.
    """

    t: int
    lower: str | None
    upper: str | None
    eta_chi_squared: Enclosed | None
    detail: str


@dataclass(frozen=True)
class Inspection:
    """Everything `inspect` found out. Its fields are the keys of the JSON."""

    name: str
    unit: Unit
    steps: int
    states: tuple[str, ...]
    is_constant: bool
    kernels: tuple[KernelFound, ...]
    limit: LimitFound
    rate: DecayRate
    information_time: FirstTime
    mixing_time: FirstTime
    capacities: tuple[CapacityFound, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Inspection {shown(self.name, 40)}: {len(self.states)} states, {len(self.warnings)} warnings>"

    def record(self) -> dict[str, Any]:
        """Return all of it as plain dicts, lists and strings."""
        found: dict[str, Any] = record(self)
        return found


def record(value: Any) -> Any:
    """Return a finding as plain dicts, lists and strings, by the names of its fields."""
    if isinstance(value, tuple):
        return [record(x) for x in value]
    if is_dataclass(value) and not isinstance(value, Enclosed):
        return {f.name: record(getattr(value, f.name)) for f in fields(value)}
    return plain(value)


def inspect(given: Scenario | str | Path, epsilon: object = EPSILON, times: Iterable[int] | None = None) -> Inspection:
    """Return what a scenario's chain can do at all; it is given as it is, or by its path or name.

    `epsilon` is the bound of both first times: I(x0;x_t) in the scenario's unit, and a total variation. `times` are
    the t whose capacity is enclosed, by default 1 and T. Raises InputError for an ε that is not positive or a t past T.
    """
    bound = rational(epsilon, "epsilon")
    if bound <= 0:
        raise InputError("ε must be positive", where="epsilon", expected="a number above 0", got=shown(epsilon))
    scenario = loaded(given)
    chain = scenario.chain_of_one_symbol("data.length")
    at = _times(times, chain.T)
    step = constant_step(chain)
    notes: list[str] = []
    kernels = tuple(kernels_found(chain, scenario.digits, notes)) if chain.is_markov else ()
    if not chain.is_markov:
        notes.append("the process has memory: there is no Q_t, so classes, laws, contraction and rate are not defined")
    classes = None if step is None else step.communicating_classes()
    limit, law = limit_of(chain, step, classes, scenario)
    deciders = Deciders(chain, scenario.unit)
    return Inspection(
        name=scenario.name,
        unit=scenario.unit,
        steps=chain.T,
        states=chain.states,
        is_constant=step is not None,
        kernels=kernels,
        limit=limit,
        rate=_rate(chain, step, classes, scenario.digits),
        information_time=_information_time(deciders, bound, scenario, limit),
        mixing_time=_mixing_time(deciders, bound, step, classes),
        capacities=tuple(_capacities(chain, at, scenario)),
        warnings=tuple(warnings(scenario, chain, step, kernels, limit, law)),
        notes=tuple(notes),
    )


def _times(times: Iterable[int] | None, T: int) -> tuple[int, ...]:
    asked = (1, T) if times is None else tuple(times)
    for t in asked:
        number = whole(t)
        if number is None or not 1 <= number <= T:
            raise InputError("no such time", where="t", expected=f"an integer from 1 to T = {T}", got=shown(t))
    return tuple(dict.fromkeys(int(t) for t in asked))


# one step


# for ever


def _rate(
    chain: Chain, step: Transition | None, classes: tuple[CommunicatingClass, ...] | None, digits: int
) -> DecayRate:
    if step is None or classes is None:
        what = "the steps change" if chain.is_markov else "the process has memory"
        return DecayRate(None, None, "none", f"{what}: a rate belongs to a kernel that stays the same")
    return rate_of(chain, step, classes, digits)


def _information_time(deciders: Deciders, epsilon: Fraction, scenario: Scenario, limit: LimitFound) -> FirstTime:
    chain = deciders.chain
    left = limit.information
    if left is not None and left.lower is not None and left > epsilon:
        return FirstTime(epsilon, None, False, f"never: I(x0;x_t) tends to {left.short()} {scenario.unit}")
    return first_time(chain, epsilon, lambda t: deciders.informs_at_most(epsilon, t), "I(x0;x_t)")


def _mixing_time(
    deciders: Deciders,
    epsilon: Fraction,
    step: Transition | None,
    classes: tuple[CommunicatingClass, ...] | None,
) -> FirstTime:
    chain = deciders.chain
    if not chain.is_markov:
        return FirstTime(epsilon, None, False, "not defined: the process has memory")
    if step is not None and classes is not None:
        closed = [c for c in classes if c.is_closed]
        if len(closed) > 1:
            return FirstTime(epsilon, None, False, f"not defined: {len(closed)} classes are closed, each with its law")
        period = closed[0].period or 1
        if epsilon < 1 - Fraction(1, period):  # one phase has all of a row, and 1/period of μ
            return FirstTime(epsilon, None, False, f"never: the closed class has period {period}")
    try:
        law = chain.stationary()
    except MarkovdiffError as error:
        return FirstTime(epsilon, None, False, f"not defined: {error.what}")
    return first_time(chain, epsilon, lambda t: deciders.mixes(law, epsilon, t), "the distance of every row from μ")


# at some times


def _capacities(chain: Chain, times: tuple[int, ...], scenario: Scenario) -> Iterable[CapacityFound]:
    digits, unit = scenario.digits, scenario.unit
    bits = bits_for(digits) + 64
    for t in times:
        lower: str | None = None
        upper: str | None = None
        detail = ""
        try:
            low, high = capacity_ball(Cumulative(chain, bits).at(t), bits)
            lower, upper = _reported(low, unit, digits, bits).lower, _reported(high, unit, digits, bits).upper
        except LimitError as error:
            detail = f"{error.what}: {error.expected}, not {error.got}"
        chi: Enclosed | None = None
        if chain.is_markov:
            try:
                chi = chi_squared_contraction(chain, t, digits)
            except LimitError as error:
                detail = detail or f"η_χ²: {error.what}"
        yield CapacityFound(t, lower, upper, chi, detail)


def _reported(x: arb, unit: Unit, digits: int, bits: int) -> Enclosed:
    return enclose(lambda _bits: in_unit(x, unit, bits), digits)


# what people get wrong
