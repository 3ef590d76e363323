"""The forward process of sequences: every position by the same Q_t, by itself.

    p_t = p_0 Q̄_t^⊗L,   q(x_t | x_0) = Π_l Q̄_t[x_0^l, x_t^l]

`symbol` is the process of one symbol at a position drawn at random: it has Q_t and Q̄_t, and since a product's noise
entropy is a sum over positions, H(x_t | x_0) is L times that of `symbol`. The joint law is a vector on a `Space`: all
K^L sequences, or under an added mask those alone that can occur.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import prod

from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import from_fields, in_a_line, one_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.sequences.law import SequenceLaw, Symbols, check_joint
from markovdiff.sequences.noise import check_masked
from markovdiff.sequences.spaces import AllSequences, MaskedSequences, Space


@dataclass(frozen=True, eq=False)
class SequenceMoment:
    """The process at time t: that of one symbol, and p_t on the space's sequences."""

    symbol: Moment
    marginal: RationalMatrix

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def t(self) -> int:
        """The time."""
        return self.symbol.t

    @property
    def beta(self) -> Fraction | None:
        """β_t."""
        return self.symbol.beta

    @property
    def alpha_bar(self) -> Fraction | None:
        """ᾱ_t, where the kernel has it."""
        return self.symbol.alpha_bar


@dataclass(frozen=True)
class SequenceChain:
    """T steps of noise on sequences. Raises LimitError, when its space is asked for, where that is too large.

    >>> from markovdiff.process.kernels import absorbing
    >>> from markovdiff.process.distribution import Distribution
    >>> law = SequenceLaw.from_weights({"00": 1, "11": 1}, ["0", "1", "?"])
    >>> symbol = Chain(Distribution.from_weights([1, 1, 0], law.symbols), absorbing(3, 2), (Fraction(1, 2),), 1)
    >>> SequenceChain(law, symbol).marginal(1)[("0", "0")]
    Fraction(1, 8)
    """

    law: SequenceLaw
    symbol: Chain
    _last: list[SequenceMoment] = field(default_factory=list, init=False, compare=False, repr=False)

    __reduce__ = from_fields

    def __repr__(self) -> str:
        return one_line(f"<SequenceChain of {self.T} steps, {self.law!r}>")

    def __post_init__(self) -> None:
        if not self.symbol.is_markov:
            raise InputError(
                "a process with memory noises one symbol",
                where="noise.kernel",
                expected="a Markov chain, for sequences",
                remedy="another kernel, or leave data.length out",
            )

    @property
    def T(self) -> int:
        """The number of steps."""
        return self.symbol.T

    @property
    def K(self) -> int:
        """The number of symbols, with an added mask."""
        return self.law.K

    @property
    def length(self) -> int:
        """The number of symbols L of a sequence."""
        return self.law.length

    @property
    def mask(self) -> int | None:
        """The symbol that noise turns every other into, and that no data have; None where there is no such mask."""
        target = self.symbol.kernel.rank_one_target
        if target is None or len(target.support) != 1 or self.symbol.data.weights[target.support[0]]:
            return None
        return target.support[0]

    @cached_property
    def supports(self) -> tuple[tuple[int, ...], ...]:
        """The symbols that can stand at each position of x_0."""
        return tuple(marginal.support for marginal in self.law.position_marginals)

    @cached_property
    def most_states(self) -> int:
        """At most how many sequences x_t can be, without looking. Raises LimitError where they are too many."""
        if self.mask is None:
            check_joint(self.K, self.length)
            return int(self.K**self.length)
        return check_masked(self.law)

    @cached_property
    def space(self) -> Space:
        """The sequences that x_t can be."""
        return AllSequences(self.K, self.length) if self.mask is None else MaskedSequences.of(self.law, self.mask)

    def labels(self, sequence: Symbols) -> list[str]:
        """Return a sequence as the results have it: a list of labels."""
        return list(self.law.labels(sequence))

    def moments(self) -> Iterator[SequenceMoment]:
        """Return the process at t = 0, 1, …, T, each p_t made from the one before."""
        p = self.space.start(self.law)
        for symbol in self.symbol.moments():
            if symbol.transition is not None:
                p = self.space.push(p, symbol.transition)
            yield SequenceMoment(symbol, p)

    def pairs(self) -> Iterator[tuple[SequenceMoment, SequenceMoment]]:
        """Return the process at t − 1 and t, for t = 1 … T."""
        return pairwise(self.moments())

    def at(self, t: int) -> SequenceMoment:
        """Return the process at time t; p_t straight from the data."""
        if not self._last or self._last[0].t != t:
            symbol = self.symbol.at(t)
            p = self.space.start(self.law) if t == 0 else self.space.at(self.law, symbol.cumulative)
            self._last[:] = [SequenceMoment(symbol, p)]
        return self._last[0]

    @cached_property
    def final_marginal(self) -> RationalMatrix:
        """p_T as a vector on the space."""
        return self.space.at(self.law, self.symbol.at(self.T).cumulative)

    def possible(self, moment: SequenceMoment) -> Iterator[Symbols]:
        """Yield each x_t that is possible, in order."""
        return (self.space.sequence(n) for n, w in enumerate(moment.marginal.N.entries()) if w != 0)

    def is_possible(self, x: Symbols, moment: SequenceMoment) -> bool:
        """Whether x_t can be x."""
        n = self.space.number(x)
        return n is not None and moment.marginal.N[0, n] != 0

    # what a person asks

    def marginal(self, t: int) -> dict[tuple[str, ...], Fraction]:
        """Return q(x_t) for each sequence, by its labels, that is possible."""
        p = self.at(t).marginal
        entries = enumerate(p.N.entries())
        return {self.law.labels(self.space.sequence(n)): fraction(a, p.d) for n, a in entries if a != 0}

    def noise(self, t: int, x0: tuple[str, ...], x_t: tuple[str, ...]) -> Fraction:
        """Return q(x_t | x_0), sequences by their labels."""
        kernel = self.symbol.at(t).cumulative
        pairs = zip(self._indices(x0), self._indices(x_t), strict=True)
        return prod((kernel.entry(a, b) for a, b in pairs), start=Fraction(1))

    def data_posterior(self, t: int, x_t: tuple[str, ...]) -> dict[tuple[str, ...], Fraction] | None:
        """Return q(x_0 | x_t) for each sequence that is possible; None where x_t itself is impossible."""
        joint = {x: w * self.noise(t, self.law.labels(x), x_t) for x, w in self.law.support}
        total = sum(joint.values(), Fraction(0))
        return {self.law.labels(x): p / total for x, p in joint.items() if p} if total else None

    def _indices(self, labels: tuple[str, ...]) -> Symbols:
        known = {label: k for k, label in enumerate(self.law.symbols)}
        if len(labels) != self.length or any(label not in known for label in labels):
            raise InputError(
                "no such sequence",
                where="a sequence",
                expected=f"{self.length} of the symbols {shown(list(self.law.symbols))}",
                got=shown(labels),
            )
        return tuple(known[label] for label in labels)
