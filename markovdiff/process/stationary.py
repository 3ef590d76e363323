"""The stationary law of a transition matrix: μQ = μ, solved exactly.

It is unique exactly when one set of states can be reached from everywhere and not be left (one closed
communicating class). Where there are several, each carries a law of its own and "the" stationary law
does not exist; the error names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import over_common_denominator, to_fraction
from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.classes import CommunicatingClass, communicating_classes
from markovdiff.process.transition import Dense, IdentityPlusRankOne, Transition

MAX_SOLVING = 2**37
"""K³ times the bits of the common denominator up to which a law is solved for: some ten seconds."""


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


def uniform_law(K: int) -> RationalMatrix:
    """Return 1/K everywhere: a doubly stochastic kernel that joins all states preserves it, as jumps by one do."""
    return RationalMatrix(fmpz_mat([[fmpz(1)] * K]), fmpz(K))


def preserves(step: Transition, law: RationalMatrix) -> bool:
    """Return whether μQ = μ, exactly."""
    return step.push(law) == law


def stationary(step: Transition, states: tuple[str, ...]) -> RationalMatrix:
    """Return the unique μ with μQ = μ, Σμ = 1. Raise InputError that names the closed classes otherwise."""
    if isinstance(step, IdentityPlusRankOne) and step.keep != 1:
        return RationalMatrix(fmpz_mat([[fmpz(w) for w in step.target.weights]]), fmpz(step.target.total))
    K = step.K
    classes = (
        [frozenset([i]) for i in range(K)] if isinstance(step, IdentityPlusRankOne) else closed_classes(step.dense)
    )
    if len(classes) > 1:
        few = "; ".join("{" + ", ".join(states[i] for i in sorted(c)[:8]) + "}" for c in classes[:4])
        raise InputError(
            f"the stationary law is not unique: {len(classes)} classes are closed",
            where="noise.kernel",
            expected="one closed class",
            got=few + ("; …" if len(classes) > 4 else ""),
            remedy="name a law (probabilities) instead of 'stationary'",
        )
    if step.dense.is_doubly_stochastic:
        return uniform_law(K)
    return _solved(step.dense)


def _solved(step: Dense) -> RationalMatrix:
    """Return μ from Q^T μ = μ with the first equation, which the others imply, replaced by Σμ = 1."""
    K, d = step.K, step.denominator
    if K**3 * d.bit_length() > MAX_SOLVING:
        raise LimitError(
            "too large a system to solve for the stationary law",
            where="noise.kernel",
            expected=f"K³ times the bits of the common denominator at most 2^{MAX_SOLVING.bit_length() - 1}",
            got=f"{K}³ × {d.bit_length()}",
            remedy="name a law (probabilities) instead of 'stationary'",
        )
    balance = step.matrix.N.transpose().table()
    for i in range(K):
        balance[i][i] -= d
    balance[0] = [fmpz(1)] * K
    solution = fmpz_mat(balance).solve(fmpz_mat(K, 1, [1] + [0] * (K - 1)))
    values: list[Fraction] = [to_fraction(solution[i, 0]) for i in range(K)]
    numerators, denominator = over_common_denominator(values)
    return RationalMatrix(fmpz_mat([numerators]), denominator)


def closed_classes(step: Dense) -> list[frozenset[int]]:
    """Return the communicating classes that cannot be left."""
    return [frozenset(c.states) for c in communicating_classes(step) if c.is_closed]


def stationary_laws(step: Transition, classes: Sequence[CommunicatingClass]) -> tuple[RationalMatrix, ...]:
    """All extreme stationary laws, one a closed class and zero elsewhere; every other is a mixture of them.

    Raises LimitError where a class is too large to solve for.
    """
    return tuple(_law_on(step, c.states) for c in classes if c.is_closed)


def _law_on(step: Transition, states: tuple[int, ...]) -> RationalMatrix:
    K = step.K
    if len(states) == 1:
        return RationalMatrix(fmpz_mat([[fmpz(i == states[0]) for i in range(K)]]), fmpz(1))
    if isinstance(step, IdentityPlusRankOne):
        return stationary(step, ())
    dense = step.dense
    if len(states) == K:
        return uniform_law(K) if dense.is_doubly_stochastic else _solved(dense)
    inside = Dense(RationalMatrix(fmpz_mat([[dense.table[i][j] for j in states] for i in states]), dense.matrix.d))
    law = _solved(inside)
    at = dict(zip(states, law.N.entries(), strict=True))
    return RationalMatrix(fmpz_mat([[at.get(i, fmpz(0)) for i in range(K)]]), law.d)
