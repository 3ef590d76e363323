"""What a chain's Q̄_t tends to for ever: one law, or one that depends on x0, or nothing, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.designs.one_step import Row, few_of
from markovdiff.errors import LimitError
from markovdiff.measures.information import information_of
from markovdiff.process.chain import Chain
from markovdiff.process.classes import (
    CommunicatingClass,
    absorbed,
)
from markovdiff.process.stationary import stationary_laws
from markovdiff.process.transition import Dense, Transition
from markovdiff.study.scenario import Scenario

MAX_ROWS = 64
"""States up to which the limit of Q̄_t is written out where its rows differ."""


@dataclass(frozen=True)
class LimitFound:
    """The limit of Q̄_t: `law` where it is the same for every x0, else `rows`; None with the reason in `detail`."""

    exists: bool
    law: Row | None
    rows: tuple[Row, ...] | None
    information: Enclosed | None
    detail: str


def limit_of(
    chain: Chain, step: Transition | None, classes: tuple[CommunicatingClass, ...] | None, scenario: Scenario
) -> tuple[LimitFound, RationalMatrix | None]:
    """Return the limit of Q̄_t, and that of p_t."""

    def none(detail: str) -> tuple[LimitFound, None]:
        return LimitFound(False, None, None, None, detail), None

    if step is None or classes is None:
        what = "the steps change and end" if chain.is_markov else "each x0 has a kernel of its own, which ends"
        return none(f"{what} at T = {chain.T}: a limit for t → ∞ is not defined")
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
