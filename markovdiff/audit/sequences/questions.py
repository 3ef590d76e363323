"""The checks on sequences, decided a second time: those of `audit.questions`, for laws of sequences.

What is a theorem there is one here, since x_t depends on x_{t−1} alone: I(x_0;x_t) does not rise, nor does I(x_s;x_u)
as s falls or u rises, I_t ≤ η(N_t^⊗L)·I_{t−1}, and KL(p_t‖μ^⊗L) does not rise where μN_t = μ for every t.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import prod

from markovdiff.audit.facts import MINUS
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.questions import Watch, farther
from markovdiff.audit.sequences.information import SequenceFacts, Symbols
from markovdiff.audit.sequences.scenario import SequenceScenario


class SequenceWatch(Watch):
    """The checks of a run of sequences: it takes in every step, then answers each question."""

    def __init__(self, scenario: SequenceScenario) -> None:
        super().__init__(scenario)
        self.is_bounded = True
        """Whether η of the product kernel is known at every step."""
        self.entropies: list[LogSum] = []
        self.marginals: list[dict[Symbols, Fraction]] = []

    def take_in(self, facts: SequenceFacts, decay: str | None, eta: Fraction | None) -> None:
        """Take in time t; `eta` is the product kernel's, None where it is not known."""
        now = facts.now
        self.entropies.append(facts.entropy)
        self.marginals.append(now.marginal())
        self.agree = self.agree and _adds_up(facts)
        self.last = facts.mutual
        if decay is not None:
            self.decays.append(decay)
            self.is_bounded = self.is_bounded and eta is not None
            if eta is not None and self._is_equality(facts, eta):
                self.tight.append(now.t)

    @staticmethod
    def _is_equality(facts: SequenceFacts, eta: Fraction) -> bool:
        """Return whether I_t = η(N_t^⊗L)·I_{t−1}."""
        if eta == 0 or facts.earlier.is_zero() or (eta == 1 and facts.loses_nothing):
            return True
        return LogSum.total([(eta, facts.earlier), (MINUS, facts.mutual)]).sign() == 0

    def _entropies(self) -> list[LogSum]:
        return self.entropies

    def _rises(self, law: Sequence[Fraction]) -> list[int]:
        found = []
        for t, (before, now) in enumerate(pairwise(self.marginals), 1):
            states = sorted({*before, *now})
            towards = [prod((law[k] for k in x), start=Fraction(1)) for x in states]
            a, b = ([p.get(x, Fraction(0)) for x in states] for p in (before, now))
            found += [t] * farther(a, b, towards)
        return found

    def _fits(self, name: str, law: Sequence[Fraction]) -> bool:
        return True if name == "marginal" and not law else super()._fits(name, law)


def _adds_up(facts: SequenceFacts) -> bool:
    """Return whether Σ_j q(x_0, x_t) = q(x_0), and q(x_t) is also what q(x_{t−1}) becomes."""
    now, sums = facts.now, dict.fromkeys(facts.now.weights, 0)
    for column in now.joint.values():
        for x0, n in column.items():
            sums[x0] += n
    share = now.S // sum(now.weights.values())
    if any(n != now.weights[x0] * share for x0, n in sums.items()):
        return False
    if facts.before is None:
        return True
    walked: dict[Symbols, int] = {}
    for (_, y), n in facts.pairs.items():
        walked[y] = walked.get(y, 0) + n
    return {y: Fraction(n, facts.scale) for y, n in walked.items()} == now.marginal()
