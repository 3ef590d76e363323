"""What the other positions say of one: q(x_0^l = k, x_t^{−l}), as integers over one denominator.

All that a per-position model needs of the joint law comes of these, by one symbol's kernel, since given x_0^l the
position is noised apart from the others:

    q(x_0^l = k, x_t)     = q(x_0^l = k, x_t^{−l}) Q̄_t[k, x_t^l]
    q(x_s^l = i, x_t)     = Q_{s→t}[i, x_t^l] Σ_k q(x_0^l = k, x_t^{−l}) Q̄_s[k, i]

Over all sequences they are L joint vectors, each noised at all positions but one. Under an added mask they are looked
up: with x^S shown, q(x_0^l = k, x_t^{−l}) is ᾱ^|S|(1−ᾱ)^(L−1−|S|)·q(x_0^S = x^S, x_0^l = k).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from flint import fmpz, fmpz_mat

from markovdiff.cached import cached_property
from markovdiff.sequences.chain import SequenceChain, SequenceMoment
from markovdiff.sequences.law import Symbols, number_of
from markovdiff.sequences.noise import at_positions, masked_states


class Surroundings(Protocol):
    """What is known of each position from the others at one time."""

    @property
    def scale(self) -> fmpz:
        """The denominator of all numerators."""

    def around(self, x: Symbols, place: int) -> list[int]:
        """Return the numerators of q(x_0^l = k, x_t^{−l} = x^{−l}) for each symbol k, l being the place."""


class JointSurroundings:
    """Found from the law on all K^L sequences."""

    def __init__(self, chain: SequenceChain, moment: SequenceMoment) -> None:
        self.chain, self.K, self.length = chain, chain.K, chain.length
        self.kernel = moment.symbol.cumulative.dense.matrix
        self.tables: dict[int, list[int]] = {}

    @cached_property
    def scale(self) -> fmpz:
        """The law's total times the kernel's denominator, L − 1 times."""
        return self.chain.law.total * self.kernel.d ** (self.length - 1)

    def around(self, x: Symbols, place: int) -> list[int]:
        """Return the numerators of q(x_0^l = k, x_t^{−l} = x^{−l}) for each symbol k."""
        if place not in self.tables:
            stay = fmpz_mat([[int(i == j) for j in range(self.K)] for i in range(self.K)])
            matrices = [stay if position == place else self.kernel.N for position in range(self.length)]
            entries = at_positions(self._data, matrices).entries()
            self.tables[place] = [int(n) for n in entries]
        stride = self.K ** (self.length - 1 - place)
        first = number_of(x, self.K) - x[place] * stride
        return self.tables[place][first : first + self.K * stride : stride]

    @cached_property
    def _data(self) -> list[fmpz]:
        dense = [fmpz(0)] * self.chain.law.states
        for sequence, weight in self.chain.law.support:
            dense[number_of(sequence, self.K)] = fmpz(weight)
        return dense


class MaskedSurroundings:
    """Looked up among the sequences that an added mask can leave."""

    def __init__(self, positions: Positions, moment: SequenceMoment, mask: int) -> None:
        self.positions, self.mask, chain = positions, mask, positions.chain
        lost = moment.symbol.cumulative.entry(0 if mask else 1, mask)
        masked, d, L = lost.numerator, lost.denominator, chain.length
        self.chances = [(d - masked) ** j * masked ** (L - 1 - j) for j in range(L)]
        self.scale = fmpz(chain.law.total * d ** (L - 1))

    def around(self, x: Symbols, place: int) -> list[int]:
        """Return the numerators of q(x_0^l = k, x_t^{−l} = x^{−l}) for each symbol k."""
        rest = (*x[:place], self.mask, *x[place + 1 :])
        return self.weighted(shown(rest, self.mask), self.positions.beside(rest, place))

    def weighted(self, shown: int, weights: Sequence[int]) -> list[int]:
        """Return what the data weigh, times the chance that so many of the other symbols are shown and no more."""
        chance = self.chances[shown]
        return [chance * w for w in weights]


class Positions:
    """The surroundings of a chain's sequences at each time that is asked for; those of two times are kept."""

    def __init__(self, chain: SequenceChain) -> None:
        self.chain = chain
        self.kept: dict[int, Surroundings] = {}
        self.known: dict[tuple[int, Symbols], tuple[int, ...]] = {}

    def at(self, moment: SequenceMoment) -> Surroundings:
        """Return what is known of each position from the others at the moment's time."""
        if moment.t not in self.kept:
            if len(self.kept) == 2:
                del self.kept[next(iter(self.kept))]
            self.kept[moment.t] = self._made(moment)
        return self.kept[moment.t]

    def _made(self, moment: SequenceMoment) -> Surroundings:
        mask = self.chain.mask
        if mask is None:
            return JointSurroundings(self.chain, moment)
        return MaskedSurroundings(self, moment, mask)

    @cached_property
    def weights(self) -> dict[Symbols, int]:
        """Under an added mask, the weight in the data of what each sequence shows, of those that it can leave."""
        mask = self.chain.mask
        return {} if mask is None else {x.sequence: x.weight for x in masked_states(self.chain.law, mask)}

    def beside(self, x: Symbols, place: int) -> tuple[int, ...]:
        """Return what the data weigh with each symbol at a masked place, beside what x shows (remembered)."""
        known = self.known.get((place, x))
        if known is None:
            seen = ((*x[:place], k, *x[place + 1 :]) for k in range(self.chain.K))
            weights = (0 if k == self.chain.mask else self.weights.get(y, 0) for k, y in enumerate(seen))
            known = self.known[place, x] = tuple(weights)
        return known

    @cached_property
    def masked_places(self) -> Counter[tuple[int, tuple[int, ...]]]:
        """Under an added mask, how many masked places have so many symbols shown and these weights beside."""
        mask = self.chain.mask
        assert mask is not None
        return Counter(
            (shown(x, mask), self.beside(x, place)) for x in self.weights for place, k in enumerate(x) if k == mask
        )


def shown(x: Symbols, mask: int) -> int:
    """Return how many symbols of a sequence are no mask."""
    return len(x) - x.count(mask)
