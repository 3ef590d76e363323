"""The times a sampler keeps, 0 = s_0 < … < s_n = T, and the jumps between them.

A jump from t down to s passes the composed forward kernel Q_{s+1} ⋯ Q_t. n steps of T keep s_i = ⌊i·T/n + ½⌋.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from markovdiff.arithmetic.rational import shown, whole
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.process.transition import Transition
from markovdiff.sequences.chain import SequenceChain, SequenceMoment


def evenly(n: object, T: int, where: str = "sampler.steps") -> tuple[int, ...]:
    """Return the times that n steps of T keep. Raises InputError where n is not among 1 … T.

    >>> evenly(4, 10)
    (0, 3, 5, 8, 10)
    """
    count = whole(n)
    if count is None or not 1 <= count <= T:
        raise InputError(
            "no such number of steps",
            where=where,
            expected=f"an integer from 1 to {T} (noise.steps)",
            got=shown(n),
            remedy="fewer steps, or more of noise.steps",
        )
    return tuple((2 * i * T + count) // (2 * count) for i in range(count + 1))


def checked_times(times: Sequence[object], T: int, where: str = "sampler.times") -> tuple[int, ...]:
    """Return the times of a grid. Raises InputError where they do not rise from 0 to T."""
    found = [whole(t) for t in times]
    kept = tuple(t for t in found if t is not None)
    rises = all(s < t for s, t in pairwise(kept))
    if len(kept) != len(found) or len(kept) < 2 or not rises or (kept[0], kept[-1]) != (0, T):
        raise InputError(
            "these are no times to keep", where=where, expected=f"integers that rise from 0 to {T}", got=shown(times)
        )
    return kept


@dataclass(frozen=True, eq=False)
class Jump:
    """A step backward from `now`, at time t, to `before`, at time s < t; `step` is what leads forward from s to t."""

    before: SequenceMoment
    now: SequenceMoment
    step: Transition

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def s(self) -> int:
        """The earlier time."""
        return self.before.t

    @property
    def t(self) -> int:
        """The later time."""
        return self.now.t

    @cached_property
    def columns(self) -> list[list[int]]:
        """For each symbol, the numerators of the step's column: how likely every symbol leads to it."""
        return [[int(n) for n in column] for column in zip(*self.step.dense.table, strict=True)]


def jumps(chain: SequenceChain, times: Sequence[int]) -> Iterator[Jump]:
    """Return the jumps between the times kept, from T down to 0."""
    now = chain.at(times[-1])
    for s, t in reversed(list(pairwise(times))):
        before = chain.at(s)
        step = reduce(_then, (chain.symbol.transition(u) for u in range(s + 1, t + 1)))
        yield Jump(before, now, step)
        now = before


def _then(Q: Transition, further: Transition) -> Transition:
    return Q.then(further)
