"""Unmasking by counts: at each stage so many masked positions are drawn at once, each from q(x_0^l | what is shown).

Which positions: chosen uniformly at random (the law of what is drawn is a mixture over orders), in a fixed order, or
the surest first: those with the largest max_k q(x_0^l = k | shown), compared as integers, ties from the left. In any
order but the random one, what is drawn says how it was drawn, so that KL(q‖ν) is the whole excess of the bound.

What is shown and never occurs in the data is lost, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Protocol, TypeAlias, TypeVar

from markovdiff.arithmetic.rational import shown, whole
from markovdiff.errors import InputError
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.drawn import Drawn, Masses, at_last
from markovdiff.sequences.law import Symbols, sequence_of
from markovdiff.sequences.position_models import Weights
from markovdiff.sequences.surroundings import Positions

N = TypeVar("N")
Order: TypeAlias = "str | Sequence[int]"
"""How positions are chosen, as a file has it."""

MAX_OUTCOMES = 2**22
"""Sequences drawn, over all stages and choices, up to which ν is found."""


class Choice(Protocol):
    """A way to choose positions."""

    @property
    def is_random(self) -> bool:
        """Whether the positions are chosen at random."""

    def blocks(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the blocks of b positions that are equally likely; `surest` has a number for each masked one."""

    def is_tied(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> bool:
        """Return whether equals were told apart by where they stand."""


@dataclass(frozen=True)
class AtRandom:
    """Each block alike."""

    is_random = True

    def blocks(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> list[tuple[int, ...]]:  # noqa: ARG002
        """Return every block."""
        return list(combinations(masked, b))

    def is_tied(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> bool:  # noqa: ARG002
        """Never."""
        return False


@dataclass(frozen=True)
class InOrder:
    """Positions in the order given."""

    order: tuple[int, ...]
    is_random = False

    def blocks(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> list[tuple[int, ...]]:  # noqa: ARG002
        """Return the first b that are masked."""
        return [tuple(place for place in self.order if place in masked)[:b]]

    def is_tied(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> bool:  # noqa: ARG002
        """Never."""
        return False


@dataclass(frozen=True)
class SurestFirst:
    """The positions whose likeliest symbol is likeliest, from the left where these are alike."""

    is_random = False

    def blocks(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the b surest."""
        ranked = sorted(zip(surest, masked, strict=True), key=lambda pair: (-pair[0], pair[1]))
        return [tuple(place for _, place in ranked[:b])]

    def is_tied(self, masked: Sequence[int], b: int, surest: Sequence[int]) -> bool:
        """Return whether the last one taken is as sure as the first one left."""
        ranked = sorted(surest, reverse=True)
        return b < len(masked) and ranked[b - 1] == ranked[b]


def choice(order: Order, length: int, where: str = "sampler.order") -> Choice:
    """Return the way to choose. Raises InputError where a list is no order of all positions.

    >>> choice("left-to-right", 3)
    InOrder(order=(0, 1, 2))
    """
    if isinstance(order, str):
        named: dict[str, Choice] = {
            "random": AtRandom(),
            "left-to-right": InOrder(tuple(range(length))),
            "confidence": SurestFirst(),
        }
        if order in named:
            return named[order]
        raise InputError(
            "no such order", where=where, expected=f"one of {', '.join(named)}, or a list", got=shown(order)
        )
    places = [whole(place) for place in order]
    if sorted(p for p in places if p is not None) != list(range(length)) or len(places) != length:
        raise InputError(
            "this is no order of the positions",
            where=where,
            expected=f"each of 0 … {length - 1} once",
            got=shown(order),
        )
    return InOrder(tuple(p for p in places if p is not None))


def block_sizes(sizes: Sequence[object], length: int, where: str = "sampler.unmask") -> tuple[int, ...]:
    """Return block sizes. Raises InputError where they do not add up to the length."""
    found = [whole(b) for b in sizes]
    blocks = tuple(b for b in found if b is not None and b > 0)
    if len(blocks) != len(found) or sum(blocks) != length:
        raise InputError(
            "block sizes that do not add up",
            where=where,
            expected=f"integers ≥ 1 that add up to {length} (data.length)",
            got=f"{shown(sizes)}, {sum(blocks)} in all" if len(blocks) == len(found) else shown(sizes),
            remedy="one size for each stage, in the order of generation",
        )
    return blocks


def outcomes(sizes: Sequence[int], symbols: int, way: Choice) -> int:
    """Return at most how many sequences are drawn over all stages and choices; `symbols` without the mask."""
    L, total, m = sum(sizes), 0, 0
    for b in sizes:
        choices = comb(L, m) * comb(L - m, b) if way.is_random else 1
        total += choices * symbols ** (m + b)
        m += b
    return total


def drawn_by_counts(
    chain: SequenceChain, positions: Positions, sizes: Sequence[int], way: Choice, masses: Masses[N]
) -> tuple[Drawn[N], int]:
    """Return what unmasking draws, and at how many of the sequences shown on the way a tie was broken from the left.

    Raises TooLongError where the masses as integers become too long.
    """
    mask, K, L = chain.mask, chain.K, chain.length
    assert mask is not None
    ties = 0
    lost: dict[Symbols, N] = {}
    law = masses.begin(({(mask,) * L: 1}, 1), K)
    for b in sizes:
        parts: list[tuple[Any, list[Weights]]] = []
        each = 1
        for number, mass in sorted(law.items()):
            x = sequence_of(number, K, L)
            if x not in positions.weights:
                lost[x] = masses.add(lost.get(x, masses.zero()), masses.number(mass))
                continue
            masked = [place for place, k in enumerate(x) if k == mask]
            beliefs = {place: list(positions.beside(x, place)) for place in masked}
            surest = [max(beliefs[place]) for place in masked]
            blocks = way.blocks(masked, b, surest)
            ties += way.is_tied(masked, b, surest)
            each = len(blocks)
            still = [[int(k == i) for i in range(K)] for k in x]
            parts += [(mass, [beliefs[p] if p in block else still[p] for p in range(L)]) for block in blocks]
        law = masses.shared(masses.spread(parts, K), each)
    return at_last(chain, law, lost, masses), ties
