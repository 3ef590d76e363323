"""What people get wrong about a chain: the sentences that `inspect` warns with."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from heapq import nsmallest

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown
from markovdiff.designs.limit import LimitFound
from markovdiff.designs.one_step import KernelFound, few_of
from markovdiff.process.chain import Chain
from markovdiff.process.transition import Transition
from markovdiff.study.scenario import Scenario

LEAK = Fraction(1, 1000)
"""A state seems absorbing that is left with at most this probability."""

BESIDE = 20
"""How many times as seldom as any other state such a one is left."""


def warnings(
    scenario: Scenario,
    chain: Chain,
    step: Transition | None,
    kernels: tuple[KernelFound, ...],
    limit: LimitFound,
    law: RationalMatrix | None,
) -> Iterable[str]:
    """Yield a sentence for each thing that may not be expected: of the prior, of a step, of what is left for ever."""
    named = scenario.file.reverse.prior
    if law is not None and named != "marginal":
        prior = scenario.prior(chain)
        if prior != law:
            yield f"the reverse process starts from another law than p_t tends to (reverse.prior = {shown(named)})"
    for found in kernels:
        if found.is_identity:
            steps = "these steps" if "…" in found.times else "that step"
            yield f"Q_t at t = {found.times} is the identity: nothing happens in {steps}"
    said: dict[str, list[str]] = {}
    for found in kernels:
        for words in _of_classes(found):
            said.setdefault(words, []).append(found.times)
    for words, times in said.items():
        always = len(times) == len(kernels) > 1
        yield f"{'every Q_t looked at' if always else 'Q_t at t = ' + '; '.join(times)}: {words}"
    if step is not None and not step.is_identity:
        yield from _leaks(step, chain.states)
    if limit.rows is not None and limit.information is not None and limit.information.value != "0":
        yield f"I(x0;x_t) never vanishes: it tends to {limit.information.short()} {scenario.unit}"


def _of_classes(found: KernelFound) -> Iterable[str]:
    """Yield what the closed classes of a kernel do that may not be expected."""
    closed = [c for c in found.classes if c.is_closed]
    for c in closed:
        if c.period != 1:
            yield f"the closed class {few_of(c.states)} has period {c.period}, so p_t need not settle"
    if len(closed) > 1 and not found.is_identity:
        yield f"{len(closed)} classes are closed, so what x_t becomes depends on where it starts"


def _leaks(step: Transition, states: tuple[str, ...]) -> Iterable[str]:
    """Yield the state that is left far less often than any other, and is left."""
    if step.K == 1:
        return
    (leak, i), (other, _) = nsmallest(2, ((1 - step.entry(i, i), i) for i in range(step.K)))
    if 0 < leak <= LEAK and other >= BESIDE * leak:
        yield (
            f"state {states[i]} looks absorbing and is not: it is left with probability "
            f"{shown(leak, 24)} a step, so in the end it is not where everything stays"
        )
