"""The stationary law of a transition matrix: μQ = μ, solved exactly.

It is unique exactly when one set of states can be reached from everywhere and not be left (one closed
communicating class). Where there are several, each carries a law of its own and "the" stationary law
does not exist; the error names them.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import over_common_denominator, to_fraction
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import Blend, Forgetting, WithMemory
from markovdiff.process.transition import Dense, Mixing, Transition


def stationary_of_chain(chain: Chain) -> RationalMatrix:
    """The one law that every Q_t of the chain preserves. Raises InputError where there is none."""
    if isinstance(chain.kernel, WithMemory):
        raise InputError("a process with memory has no stationary law", where="noise.kernel")
    if isinstance(chain.kernel, Forgetting | Blend):
        moving = next((t for t, beta in enumerate(chain.betas, 1) if beta > 0), 1)
    else:
        moving = 1
    law = stationary(chain.transition(moving), chain.states)
    last: Transition | None = None
    for t in range(1, chain.T + 1):
        step = chain.transition(t)
        if step is not last and not preserves(step, law):
            raise InputError(
                "the kernel changes and so does its stationary law",
                where=f"t = {t}",
                expected=f"the law of Q_{moving} to be stationary at every step",
                remedy="name a law instead",
            )
        last = step
    return law


def preserves(step: Transition, law: RationalMatrix) -> bool:
    """Whether μQ = μ, exactly."""
    return step.push(law) == law


def stationary(step: Transition, states: tuple[str, ...]) -> RationalMatrix:
    """The unique μ with μQ = μ, Σμ = 1. Raises InputError that names the closed classes otherwise."""
    if isinstance(step, Mixing) and step.keep != 1:
        return RationalMatrix(fmpz_mat([[fmpz(w) for w in step.target.weights]]), fmpz(step.target.total))
    classes = closed_classes(step.dense)
    if len(classes) > 1:
        shown = "; ".join("{" + ", ".join(states[i] for i in sorted(c)[:8]) + "}" for c in classes[:4])
        raise InputError(
            f"the stationary law is not unique: {len(classes)} classes are closed",
            where="noise.kernel",
            expected="one closed class",
            got=shown + (" …" if len(classes) > 4 else ""),
            remedy="name a law (probabilities) instead of 'stationary'",
        )
    N, d = step.dense.matrix.N, step.dense.matrix.d
    K = N.nrows()
    balance = N.transpose().table()
    for i in range(K):
        balance[i][i] -= d
    balance[0] = [fmpz(1)] * K
    solution = fmpz_mat(balance).solve(fmpz_mat(K, 1, [1] + [0] * (K - 1)))
    values: list[Fraction] = [to_fraction(solution[i, 0]) for i in range(K)]
    numerators, denominator = over_common_denominator(values)
    return RationalMatrix(fmpz_mat([numerators]), denominator)


def closed_classes(step: Dense) -> list[frozenset[int]]:
    """The communicating classes that cannot be left, by transitive closure of the support graph."""
    K = step.K
    reach = [sum(1 << j for j, n in enumerate(row) if n != 0) | 1 << i for i, row in enumerate(step.table)]
    for k in range(K):
        through = reach[k]
        for i in range(K):
            if reach[i] >> k & 1:
                reach[i] |= through
    members = [frozenset(j for j in range(K) if reach[i] >> j & 1) for i in range(K)]
    return list(dict.fromkeys(c for i, c in enumerate(members) if all(reach[j] >> i & 1 for j in c)))
