"""Where a reverse model is infinitely wrong or has nothing to say, read off the pattern of what it holds possible.

    Δ_t   undefined where x_t = j occurs and R_t[j] is undefined;  +∞ where q(x_{t−1} = i, x_t = j) > 0 = R_t[j, i]
    NLL   undefined where walking back from π meets a row that is; +∞ where it cannot arrive at some x0 of the data

The words and the witness are those of the exact ledger, which finds the same on rationals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markovdiff.arithmetic.arrays import Flags
from markovdiff.measures.ledger import Unbounded
from markovdiff.process.support import ReverseSupport, SupportPattern

Packed = tuple[NDArray[np.uint8], Flags] | None


def unbounded_error(
    allowed: ReverseSupport, before: SupportPattern, now: SupportPattern, states: tuple[str, ...]
) -> Unbounded | None:
    """Return why Δ_t is no number, if it is none: the first undefined row, else the first infinite one."""
    assert now.step is not None
    silent = np.flatnonzero(now.possible & ~allowed.defined)
    if silent.size:
        return said_nothing(now.t, int(silent[0]), states, "which occurs")
    missed = now.step.T & before.possible & ~allowed.cells
    if not missed.any():
        return None
    j = int(np.flatnonzero(missed.any(axis=1))[0])
    i = int(np.flatnonzero(missed[j])[0])
    x0 = before.rows[int(np.flatnonzero(before.reach[:, i] & before.known)[0])]
    t = now.t
    witness: dict[str, object] = {"t": t, "x0": states[x0], "x_t": states[j], "x_t-1": states[i]}
    words = f"R_{t} holds x_{t - 1} = {states[i]!r} impossible given x_{t} = {states[j]!r}, and it occurs"
    return Unbounded("inf", witness, words)


def said_nothing(t: int, j: int, states: tuple[str, ...], why: str) -> Unbounded:
    """Return the words for a row that is undefined and needed."""
    words = f"R_{t} says nothing about x_{t} = {states[j]!r}, {why}"
    return Unbounded("undefined", {"t": t, "x_t": states[j]}, words)


class LikelihoodSupport:
    """The patterns of R_1, R_2, …, one bit an entry, walked back at the end."""

    def __init__(self, states: tuple[str, ...]) -> None:
        self.states = states
        self.steps: list[Packed] = []

    def observe(self, allowed: ReverseSupport) -> None:
        """Take R_t."""
        plain = bool(allowed.cells.all() and allowed.defined.all())
        self.steps.append(None if plain else (np.packbits(allowed.cells, axis=1), allowed.defined))

    def unbounded(self, prior: Flags, support: tuple[int, ...]) -> Unbounded | None:
        """Return why NLL is no number, if it is none."""
        m = prior
        for t in range(len(self.steps), 0, -1):
            packed = self.steps[t - 1]
            if packed is None:
                m = np.ones_like(m)
                continue
            cells, defined = packed
            silent = np.flatnonzero(m & ~defined)
            if silent.size:
                j = int(silent[0])
                words = f"the model reaches x_{t} = {self.states[j]!r}, of which R_{t} says nothing"
                return Unbounded("undefined", {"t": t, "x_t": self.states[j]}, words)
            m = np.any(np.unpackbits(cells, axis=1, count=len(m)).astype(bool)[m], axis=0)
        missed = next((i for i in support if not m[i]), None)
        if missed is None:
            return None
        x0 = self.states[missed]
        return Unbounded("inf", {"t": 0, "x0": x0}, f"the model cannot produce x0 = {x0!r}")
