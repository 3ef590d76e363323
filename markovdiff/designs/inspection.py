"""What a chain can do at all: its classes, laws, limit, rate, contraction, capacity, and the first times.

    md.inspect(md.load("two-state")).rate.decay

What one step can do is said for each different Q_t (of a long schedule the first, the middle and the last); what
"for ever" means is said where all steps are the same. What is not defined for a chain is None, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

from flint import arb

from markovdiff.arithmetic.enclosure import Unit, bits_for, in_unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed, enclose
from markovdiff.arithmetic.rational import rational, shown, whole
from markovdiff.designs.chi import chi_squared_contraction
from markovdiff.designs.cumulative import Cumulative, capacity_ball, constant_step
from markovdiff.designs.rate import Rate, rate_of
from markovdiff.designs.times import Deciders, FirstTime, first_time
from markovdiff.errors import InputError, LimitError, MarkovdiffError
from markovdiff.measures.contraction import contraction
from markovdiff.measures.information import information_of
from markovdiff.process.chain import Chain
from markovdiff.process.classes import (
    CommunicatingClass,
    absorbed,
    communicating_classes,
    interchangeable,
    is_reversible,
)
from markovdiff.process.stationary import stationary_laws
from markovdiff.process.transition import Dense, IdentityPlusRankOne, Transition
from markovdiff.study.result import plain
from markovdiff.study.scenario import Scenario, loaded

Row = tuple[Fraction, ...]

EPSILON = Fraction(1, 100)
"""What "nearly nothing" is by default."""

MAX_KINDS = 16
"""Different steps that are looked at one by one; of more, the first, the middle and the last."""

MAX_ROWS = 64
"""States up to which the limit of Q̄_t is written out where its rows differ."""

LEAK, BESIDE = Fraction(1, 1000), 20
"""A state seems absorbing that is left with at most this probability, so many times as seldom as any other."""


@dataclass(frozen=True)
class ClassFound:
    """A communicating class by its labels; `period` is None where no state is ever met again."""

    states: tuple[str, ...]
    is_closed: bool
    period: int | None


@dataclass(frozen=True)
class LawFound:
    """A stationary law, in the order of the states, and whether the step is reversible under it (detailed balance)."""

    probabilities: Row
    is_reversible: bool


@dataclass(frozen=True)
class KernelFound:
    """What one step Q can do, and the `times` t at which Q_t is it, as words.

    `eta_tv` is Dobrushin's coefficient with the pair of rows that reaches it. `eta_kl` is the contraction of
    information, with the pair and the share λ of its first state in the input that reaches it; where `eta_kl_attained`
    is False, it is a limit λ → 0 or 1. None where `notes` says why. `stationary_laws` has one a closed class.
    """

    times: str
    classes: tuple[ClassFound, ...]
    stationary_laws: tuple[LawFound, ...] | None
    is_doubly_stochastic: bool
    is_identity: bool
    interchangeable: tuple[tuple[str, ...], ...]
    eta_tv: Fraction
    eta_tv_pair: tuple[str, str] | None
    eta_kl: Enclosed | None
    eta_kl_pair: tuple[str, str] | None
    eta_kl_share: Fraction | None
    eta_kl_attained: bool | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class LimitFound:
    """The limit of Q̄_t: `law` where it is the same for every x0, else `rows`; None with the reason in `detail`."""

    exists: bool
    law: Row | None
    rows: tuple[Row, ...] | None
    information: Enclosed | None
    detail: str


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
    rate: Rate
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
    kernels = tuple(_kernels(chain, scenario.digits, notes)) if chain.is_markov else ()
    if not chain.is_markov:
        notes.append("the process has memory: there is no Q_t, so classes, laws, contraction and rate are not defined")
    classes = None if step is None else communicating_classes(step)
    limit, law = _limit(chain, step, classes, scenario)
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
        warnings=tuple(_warnings(scenario, chain, step, kernels, limit, law)),
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


def _kernels(chain: Chain, digits: int, notes: list[str]) -> Iterable[KernelFound]:
    places: dict[Fraction, list[int]] = {}
    for t, strength in enumerate(chain.strengths, 1):
        places.setdefault(strength, []).append(t)
    if constant_step(chain) is not None:
        places = {chain.strengths[0]: list(range(1, chain.T + 1))}
    kinds = list(places)
    if len(kinds) > MAX_KINDS:
        notes.append(f"{len(kinds)} different steps: the first, the middle and the last are looked at")
        kinds = [kinds[0], kinds[len(kinds) // 2], kinds[-1]]
    for strength in kinds:
        yield _kernel(chain.kernel.transition(strength), chain.states, _spans(places[strength]), digits)


def _spans(ts: Sequence[int]) -> str:
    """Return the times as words: "1…64", "1, 3, 5, …"."""
    if len(ts) > 1 and ts[-1] - ts[0] == len(ts) - 1:
        return f"{ts[0]}…{ts[-1]}"
    return ", ".join(map(str, ts[:8])) + (", …" if len(ts) > 8 else "")


def _kernel(step: Transition, states: tuple[str, ...], times: str, digits: int) -> KernelFound:
    classes = communicating_classes(step)
    notes: list[str] = []
    laws: tuple[LawFound, ...] | None = None
    try:
        found = stationary_laws(step, classes)
        laws = tuple(LawFound(law.rows()[0], is_reversible(step, law)) for law in found)
    except LimitError as error:
        notes.append(f"stationary laws: {error.what}")
    try:
        kl = contraction(step, digits)
    except LimitError as error:
        kl = None
        notes.append(f"η_KL: {error.what} (at most {error.expected.rpartition(' ')[2] if error.expected else '64'})")
    pair = _widest(step)
    return KernelFound(
        times=times,
        classes=tuple(ClassFound(tuple(states[i] for i in c.states), c.is_closed, c.period) for c in classes),
        stationary_laws=laws,
        is_doubly_stochastic=_is_doubly_stochastic(step),
        is_identity=is_identity(step),
        interchangeable=tuple(tuple(states[i] for i in group) for group in interchangeable(step)),
        eta_tv=step.dobrushin,
        eta_tv_pair=None if pair is None else (states[pair[0]], states[pair[1]]),
        eta_kl=None if kl is None else kl.enclosed,
        eta_kl_pair=None if kl is None or kl.pair is None else (states[kl.pair[0]], states[kl.pair[1]]),
        eta_kl_share=None if kl is None else kl.share,
        eta_kl_attained=None if kl is None else kl.is_attained,
        notes=tuple(notes),
    )


def is_identity(step: Transition) -> bool:
    """Whether Q = I."""
    if isinstance(step, IdentityPlusRankOne):
        return step.keep == 1 or step.K == 1
    return all(row[i] == step.dense.matrix.d for i, row in enumerate(step.dense.table))


def _is_doubly_stochastic(step: Transition) -> bool:
    if isinstance(step, IdentityPlusRankOne):
        return step.keep == 1 or len(set(step.target.weights)) == 1
    return step.dense.is_doubly_stochastic


def _widest(step: Transition) -> tuple[int, int] | None:
    """Return the first pair of rows whose distance is Dobrushin's coefficient; None where all rows are alike."""
    eta = step.dobrushin
    if eta == 0:
        return None
    if isinstance(step, IdentityPlusRankOne):
        return 0, 1
    shared = (1 - eta) * int(step.dense.matrix.d)
    table = [[int(n) for n in row] for row in step.dense.table]
    for i, k in combinations(range(step.K), 2):
        if sum(map(min, table[i], table[k])) == shared:
            return i, k
    return None


# for ever


def _limit(
    chain: Chain, step: Transition | None, classes: tuple[CommunicatingClass, ...] | None, scenario: Scenario
) -> tuple[LimitFound, RationalMatrix | None]:
    """Return the limit of Q̄_t, and that of p_t."""

    def none(detail: str) -> tuple[LimitFound, None]:
        return LimitFound(False, None, None, None, detail), None

    if step is None or classes is None:
        what = "the steps change" if chain.is_markov else "each x0 has a kernel of its own"
        return none(f"{what} and end at T = {chain.T}: a limit for t → ∞ is not defined")
    periodic = [c for c in classes if c.is_closed and c.period != 1]
    if periodic:
        c = periodic[0]
        few = few_of([chain.states[i] for i in c.states])
        return none(f"none: the closed class {few} has period {c.period}")
    try:
        laws = stationary_laws(step, classes)
        if len(laws) == 1:
            law = laws[0]
            zero = Enclosed("0", "0", "0", "0")
            return LimitFound(True, law.rows()[0], None, zero, "the same law for every x0"), law
        if chain.K > MAX_ROWS:
            detail = f"it depends on x0: {len(laws)} classes are closed (not written out past {MAX_ROWS} states)"
            return LimitFound(True, None, None, None, detail), None
        ends = RationalMatrix.from_rows(absorbed(step.dense, classes))
    except LimitError as error:
        return none(f"not found: {error.what}")
    limit = Dense(ends @ RationalMatrix.from_rows([law.rows()[0] for law in laws]))
    data = chain.at(0).data
    left = information_of(limit.deviation(data)).enclosed(scenario.digits, scenario.unit)
    detail = f"it depends on x0: {len(laws)} classes are closed"
    return LimitFound(True, None, limit.rows(), left, detail), limit.push(data)


def _rate(chain: Chain, step: Transition | None, classes: tuple[CommunicatingClass, ...] | None, digits: int) -> Rate:
    if step is None or classes is None:
        what = "the steps change" if chain.is_markov else "the process has memory"
        return Rate(None, None, "none", f"{what}: a rate belongs to a kernel that stays the same")
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
        if closed[0].period != 1:
            return FirstTime(epsilon, None, False, f"never: the closed class has period {closed[0].period}")
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


def _warnings(
    scenario: Scenario,
    chain: Chain,
    step: Transition | None,
    kernels: tuple[KernelFound, ...],
    limit: LimitFound,
    law: RationalMatrix | None,
) -> Iterable[str]:
    named = scenario.file.reverse.prior
    if law is not None and named != "marginal":
        prior = scenario.prior(chain)
        if prior != law:
            yield f"the reverse process starts from another law than p_t tends to (reverse.prior = {shown(named)})"
    for found in kernels:
        at = f"Q_t at t = {found.times}"
        for c in found.classes:
            if c.is_closed and c.period != 1:
                yield f"{at}: the closed class {few_of(c.states)} has period {c.period}, so p_t need not settle"
        closed = [c for c in found.classes if c.is_closed]
        if found.is_identity:
            yield f"{at} is the identity: nothing happens in {'these steps' if '…' in found.times else 'that step'}"
        elif len(closed) > 1:
            yield f"{at}: {len(closed)} classes are closed, so what x_t becomes depends on where it starts"
    if step is not None and not is_identity(step):
        yield from _leaks(step, chain.states)
    if limit.rows is not None and limit.information is not None and limit.information.value != "0":
        yield f"I(x0;x_t) never vanishes: it tends to {limit.information.short()} {scenario.unit}"


def _leaks(step: Transition, states: tuple[str, ...]) -> Iterable[str]:
    if isinstance(step, IdentityPlusRankOne):
        return
    leaves = [1 - step.entry(i, i) for i in range(step.K)]
    for i, leak in enumerate(leaves):
        others = [x for k, x in enumerate(leaves) if k != i]
        if 0 < leak <= LEAK and others and min(others) >= BESIDE * leak:
            yield (
                f"state {states[i]} looks absorbing and is not: it is left with probability "
                f"{shown(leak, 24)} a step, so in the end it is not where everything stays"
            )


def few_of(labels: Sequence[str]) -> str:
    """Labels in braces, the first eight of many."""
    return "{" + ", ".join(labels[:8]) + (", …" if len(labels) > 8 else "") + "}"
