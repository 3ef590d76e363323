"""The stationary law of a transition matrix: μQ = μ, solved exactly.

It is unique exactly when one set of states can be reached from everywhere and not be left (one closed
communicating class). Where there are several, each carries a law of its own and "the" stationary law
does not exist; the error names them.
"""

from __future__ import annotations

from collections.abc import Sequence

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.classes import CommunicatingClass
from markovdiff.process.transition import Transition


def stationary_of_chain(chain: Chain) -> RationalMatrix:
    """Return the law of the first step that has only one, where every other step preserves it as well.

    Raises InputError where no step has a single law, or some step does not preserve it, or to find it would take long.
    """
    if not chain.is_markov:
        raise InputError(
            "a process with memory has no stationary law",
            where="noise.kernel",
            expected="a Markov chain",
            remedy="name a law (probabilities) instead",
        )
    if (like := chain.kernel.same_stationary_law(chain.strengths)) is not None:
        return stationary(like, chain.states)
    law: RationalMatrix | None = None
    last: Transition | None = None
    problem: InputError | None = None
    for t in range(1, chain.T + 1):
        step = chain.transition(t)
        if step is last:
            continue
        last = step
        if law is None:
            try:
                law, since = stationary(step, chain.states), t
            except InputError as error:
                problem = problem or error
        elif not preserves(step, law):
            raise InputError(
                "the kernel changes and so does its stationary law",
                where=f"t = {t}",
                expected=f"the law of Q_{since} to be stationary at every step",
                remedy="name a law instead",
            )
    if law is None:
        assert problem is not None
        raise problem
    last = None
    for t in range(1, since):
        step = chain.transition(t)
        if step is not last and not preserves(step, law):
            raise InputError(
                "the kernel changes and so does its stationary law", where=f"t = {t}", remedy="name a law instead"
            )
        last = step
    return law


def preserves(step: Transition, law: RationalMatrix) -> bool:
    """Return whether μQ = μ, exactly."""
    return step.push(law) == law


def stationary(step: Transition, states: tuple[str, ...]) -> RationalMatrix:
    """Return the unique μ with μQ = μ, Σμ = 1. Raise InputError that names the closed classes otherwise."""
    classes = closed_classes(step)
    if len(classes) > 1:
        few = "; ".join("{" + ", ".join(states[i] for i in sorted(c)[:8]) + "}" for c in classes[:4])
        raise InputError(
            f"the stationary law is not unique: {len(classes)} classes are closed",
            where="noise.kernel",
            expected="one closed class",
            got=few + ("; …" if len(classes) > 4 else ""),
            remedy="name a law (probabilities) instead of 'stationary'",
        )
    return step.stationary_law_on(tuple(sorted(classes[0])))


def closed_classes(step: Transition) -> list[frozenset[int]]:
    """Return the communicating classes that cannot be left."""
    return [frozenset(c.states) for c in step.communicating_classes() if c.is_closed]


def stationary_laws(step: Transition, classes: Sequence[CommunicatingClass]) -> tuple[RationalMatrix, ...]:
    """Return all extreme stationary laws, one a closed class and zero elsewhere; every other is a mixture of them.

    Raises LimitError where a class is too large to solve for.
    """
    return tuple(step.stationary_law_on(c.states) for c in classes if c.is_closed)
