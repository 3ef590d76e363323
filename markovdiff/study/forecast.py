"""How long and how large a run will be, before it starts.

Exact denominators grow: after t dense steps the entries of Q̄_t have the bits of all denominators so far, so
the run costs about Σ_t K³·(bits_t/64) word products and holds a few matrices of K²·bits_T. The constants
below were measured on one core (K = 16 to 64, 100 to 5,000 bits) and are right to a factor of
about three, which is all that a refusal needs. Structured kernels carry one rational and cost O(K).

Balls keep the width they begin with and float64 has one, so there each step costs the same (K = 64 to 1024).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from math import log2
from typing import TYPE_CHECKING

from markovdiff.arithmetic.enclosure import bits_for
from markovdiff.errors import UnfinishedError
from markovdiff.measures.protocol import ArithmeticName
from markovdiff.process.chain import Chain

if TYPE_CHECKING:
    from markovdiff.sequences.chain import SequenceChain

WORD_PRODUCT = 1.0e-9
"""Seconds for a product of two 64-bit words inside a matrix product."""

CELL = 4.5e-6
"""Seconds for one cell of the joint: its deviation and f of it."""

CELL_WORD = 5.0e-9
"""Seconds more for each word of its height."""

MIXED_CELL, MIXED_WORD = 1.8e-5, 1.6e-7
"""The same where a kernel forgets towards one target, for each class of like states."""

SHARES = 2**24
"""Bits of ᾱ_1, ᾱ_2, … together up to which they are multiplied out, to see how many they really have."""

WRITTEN_BIT = 3.0e-8
"""Seconds for a bit of p_0 for each state, in the record of a run."""

KEPT_BIT = 1.0e-7
"""Seconds for a bit of a rational that is kept at each step (ᾱ_t, the distance to the prior) and written out."""

PAIR_OF_ROWS = 1.5e-9
"""Seconds for an entry where two rows are compared, for Dobrushin's coefficient of a new kernel."""

BUILT = 2.0e-6
"""Seconds to build an entry of a new kernel."""

FLOAT_STEP, FLOAT_CELL, FLOAT_PRODUCT = 4.0e-4, 3.0e-8, 5.0e-11
"""Seconds in float64: a step's own, each entry of Q̄_t with two logarithms, each product inside Q̄Q."""

FLOAT_MIXED_STEP, FLOAT_MIXED_CELL = 3.0e-4, 1.2e-7
"""The same where a kernel forgets towards one target: a step's own, each state."""

FLOAT_BUILT = 1.0e-8
"""Seconds for an entry of a new kernel in float64, once the matrix that it is made of has been read."""

BALL_STEP, BALL_CELL, BALL_CELL_WORD = 2.0e-3, 8.0e-7, 2.0e-7
"""Seconds in balls: a step's own, each entry of Q̄_t with a logarithm, and more for each of its words."""

BALL_PRODUCT = 1.0e-9
"""Seconds for a product of two balls of one word inside a matrix product; of w words w^1.5 as much, measured."""

BALL_BUILT = 2.5e-7
"""Seconds to round an entry of a new kernel into a ball, or to write it out where entries share texts."""

MIXING_STEP, MIXING_CELL, MIXING_WORD = 5.0e-4, 1.0e-6, 9.0e-7
"""The same where a kernel forgets towards one target: a step's own, each class of like states, each of its words."""

MODEL_PRODUCTS, FLOAT_MODEL_CELL, BALL_MODEL_CELL = 5, 1.3e-7, 6.0e-6
"""Of a reverse model other than Bayes, at each step: products of K × K matrices, and seconds for each entry of R_t."""

FLOAT_MODEL_STEP = 4.0e-3
"""Seconds for a step of such a model in float64, whatever its size."""

SEQUENCE_CELL, SEQUENCE_PLACE, SEQUENCE_WORD = 3.0e-6, 1.3e-6, 3.0e-7
"""Seconds that each sequence costs at each step: its own, for each of its positions, for each word of its height."""

SEQUENCE_BYTES, SEQUENCE_KEPT, SEQUENCE_BALL, SEQUENCE_COPIES = 500, 48, 100, 24
"""Bytes that each sequence takes once; at each step, beside its probability's digits and as a ball; copies of those."""

PAIR_CELL, PAIR_COPIES = 400, 10
"""Bytes an entry of each kernel takes that the triangle keeps, q(x_u | x_s) for each s, and how often its digits."""

KEPT_STEP = 6000
"""Bytes of a step's decimals."""

TEXT, POINTER = 200, 26
"""Bytes an entry takes that the result writes out, in this process and the engine's; and where entries share texts."""

MAX_SECONDS = 3600
"""A run forecast to last longer is refused."""


@dataclass(frozen=True)
class Forecast:
    """Bits of the last denominator or of each ball, seconds, and bytes at the peak: orders of magnitude."""

    bits: float
    seconds: float
    memory: float
    arithmetic: ArithmeticName = "exact"

    def plus(self, seconds: float, memory: float) -> Forecast:
        """Return the forecast with more seconds and bytes."""
        return replace(self, seconds=self.seconds + seconds, memory=self.memory + memory)

    def __str__(self) -> str:
        """Return the forecast in words.

        >>> print(Forecast(5300, 42, 3e8))
        about 42 s and 0.3 GiB, denominators of about 5,300 bits at the end
        >>> print(Forecast(220, 130, 3e9, "ball"))
        about 2 minutes and 2.8 GiB, enclosures of 220 bits
        """
        size = f"{self.memory / 2**30:.1f} GiB" if self.memory >= 2**27 else f"{max(self.memory / 2**20, 1):.0f} MiB"
        seconds = "under 1 s" if self.seconds < 1 else f"about {_duration(self.seconds)}"
        numbers = {
            "exact": f"denominators of about {self.bits:,.0f} bits at the end",
            "ball": f"enclosures of {self.bits:,.0f} bits",
            "float": "in float64",
        }
        return f"{seconds} and {size}, {numbers[self.arithmetic]}"


def forecast(chain: Chain, pairs: int = 0, *, classes: int | None = None, dense: bool = False) -> Forecast:
    """Return the cost of running the chain exactly.

    `pairs` more kernels are made for the triangle; `dense` says that a reverse model needs full matrices. Of a chain
    that forgets towards one law `classes` is how many classes of like states there are, where a law splits some.
    """
    K, T = chain.K, chain.T
    data_bits = log2(chain.data.total) + 1
    own = chain.kernel.structure_bits
    if own is not None and not dense:
        fixed = data_bits + own
        shares = _share_bits(chain)
        kept = sum(shares)
        bits = shares[-1] + fixed
        kinds = classes or (len(chain.alike.first) if chain.alike else K)
        words = (kept / T + fixed) / 64
        seconds = (
            (T + pairs) * kinds * (MIXED_CELL + words * MIXED_WORD) + (T * data_bits + kept) * KEPT_BIT + _told(chain)
        )
        return Forecast(bits, seconds, 40 * K * bits / 8 + (T * data_bits + kept) / 2)
    heights = list(accumulate(map(chain.kernel.bits, chain.strengths), initial=data_bits))
    kept = sum(heights)
    seconds = kept * KEPT_BIT + _told(chain)
    for before, bits in pairwise(heights):
        words = bits / 64
        seconds += K**3 * words * max((bits - before) / 64, 1) * WORD_PRODUCT + K**2 * (CELL + words * CELL_WORD)
    seconds += pairs * seconds / T
    seconds += _kernels(chain) * (K**3 * PAIR_OF_ROWS + K**2 * BUILT)
    memory = 12 * K**2 * (heights[-1] / 8 + 32) + kept / 2 + _written(chain)
    memory += (2 * pairs) ** 0.5 * K**2 * (PAIR_CELL + PAIR_COPIES * heights[-1] / 16)
    return Forecast(heights[-1], seconds, memory)


def _share_bits(chain: Chain) -> list[float]:
    """Return log2 of the denominator of each ᾱ_t: of the product while that is quick, then added up."""
    found, share, spent, bits = [], Fraction(1), 0.0, 0.0
    for strength in chain.strengths:
        kept = chain.kernel.kept(strength)
        assert kept is not None
        if spent < SHARES:
            share *= kept
            bits = float(share.denominator.bit_length())
        else:
            bits += log2(kept.denominator)
        spent += bits
        found.append(bits)
    return found


def forecast_float(chain: Chain, walks: float = 1) -> Forecast:
    """Return the cost of running the chain in float64; the triangle of the inequality walks it more than once."""
    K, T, rows = chain.K, chain.T, len(chain.data.support)
    if chain.kernel.rank_one_target is not None:
        seconds = (
            walks * T * (FLOAT_MIXED_STEP + K * FLOAT_MIXED_CELL) + sum(_share_bits(chain)) * KEPT_BIT + _told(chain)
        )
        return Forecast(53, seconds, 40 * 8 * K + T * KEPT_STEP, "float")
    step = FLOAT_STEP + rows * K * (FLOAT_CELL + K * FLOAT_PRODUCT)
    matrices = 1 if chain.kernel.endpoint is not None else _kernels(chain)
    read = 0 if chain.kernel.has_own_forms else BUILT * K**2 * matrices
    seconds = walks * (T * step + _kernels(chain) * K**2 * FLOAT_BUILT) + read
    return Forecast(53, seconds, 8 * (12 * rows + 8 * K) * K + T * KEPT_STEP + _written(chain), "float")


def forecast_balls(chain: Chain, bits: int, rows: int, *, cheap: bool = False) -> Forecast:
    """Return the cost of running the chain in balls of `bits` bits that hold `rows` rows of Q̄_t.

    Of one that is `cheap` in exact arithmetic each p_t is found exactly too, to tell whether it is a law named.
    """
    K, T, words = chain.K, chain.T, bits / 64
    cell = BALL_CELL + words * BALL_CELL_WORD + K * words**1.5 * BALL_PRODUCT
    seconds = T * (BALL_STEP + rows * K * cell) + forecast_float(chain).seconds
    widest = BUILT * K**2 * cheap if chain.kernel.has_own_forms else K**3 * PAIR_OF_ROWS + K**2 * BUILT
    seconds += _kernels(chain) * (K**2 * BALL_BUILT + widest)
    limbs = 8 * words + 16
    memory = (3 * rows + K) * K * (48 + limbs) + 2 * K**2 * (80 + limbs)
    return Forecast(bits, seconds, memory + T * KEPT_STEP + _written(chain), "ball")


def forecast_mixing(chain: Chain, classes: int, bits: int) -> Forecast:
    """Return the cost of running κI + (1−κ)1μᵀ in balls, with so many classes of like states."""
    T, words = chain.T, bits / 64
    seconds = T * (MIXING_STEP + classes * (MIXING_CELL + words * MIXING_WORD)) + _told(chain)
    return Forecast(bits, seconds, 20 * classes * (64 + 8 * words) + T * KEPT_STEP + _written(chain), "ball")


def with_model(made: Forecast, chain: Chain) -> Forecast:
    """Return the forecast in floats or balls with a reverse model other than Bayes, which needs K × K matrices."""
    K, T, words = chain.K, chain.T, made.bits / 64
    if made.arithmetic == "float":
        cell, entry = FLOAT_MODEL_CELL + MODEL_PRODUCTS * K * FLOAT_PRODUCT, 30 * 8.0
    else:
        cell, entry = BALL_MODEL_CELL + MODEL_PRODUCTS * K * words**1.5 * BALL_PRODUCT, 20 * (64 + 8 * words)
    own = T * FLOAT_MODEL_STEP if made.arithmetic == "float" else 0
    return replace(made, seconds=made.seconds + own + T * K**2 * cell, memory=made.memory + K**2 * (entry + T / 8))


POSITION_WALKED, POSITION_DRAWN, POSITION_PRODUCT = 3.8e-6, 4.0e-7, 1.0e-8
"""Seconds for a symbol at a position of an x_t, its row being made; for each x_s drawn; in a product of halves."""

POSITION_RATED = 1.5e-6
"""Seconds for a symbol at a position of each x_t, where a jump's error is found."""

POSITION_REPEATS = 4
"""How often what is drawn is found anew, as fractions and then in finer balls, where every sequence can be drawn."""

POSITION_BYTES = 250
"""Bytes a sequence takes that is drawn, or a symbol at a position of one."""


def forecast_sequences(chain: SequenceChain, arithmetic: ArithmeticName, digits: int) -> Forecast:
    """Return what running sequences will cost: each that can occur is walked at each step, exactly."""
    symbol, L, T = chain.symbol, chain.length, chain.T
    target = symbol.kernel.rank_one_target
    if target is None:
        heights = list(accumulate(map(symbol.kernel.bits, symbol.strengths), initial=0.0))
    else:
        heights = [0.0, *(bits + log2(target.total) for bits in _share_bits(symbol))]
    last = L * heights[-1] + log2(chain.law.total)
    mean = L * sum(heights) / len(heights) + log2(chain.law.total)
    cell = SEQUENCE_CELL + L * SEQUENCE_PLACE + mean / 64 * SEQUENCE_WORD
    states = chain.most_states
    kept = SEQUENCE_KEPT + (mean / 4 if arithmetic == "exact" else SEQUENCE_BALL)
    memory = states * (SEQUENCE_BYTES + 8 * L + SEQUENCE_COPIES * last / 8 + (T + 1) * kept) + T * KEPT_STEP
    shown = last if arithmetic == "exact" else bits_for(digits)
    return Forecast(shown, states * (T + 1) * cell, memory + _written(symbol), arithmetic)


def with_positions(made: Forecast, chain: SequenceChain, walked: int, rated: int, outcomes: int) -> Forecast:
    """Return the forecast with a model that treats each position by itself.

    `walked` jumps draw a sequence from each that can be, `rated` ones are asked for their error; `outcomes` are drawn
    by unmasking.
    """
    K, L, states = chain.K, chain.length, chain.most_states
    cells = states * L * K
    if chain.mask is None:
        seconds = POSITION_REPEATS * walked * (cells * POSITION_WALKED + states * K**L * POSITION_PRODUCT)
        drawn = float(K**L)
    else:
        drawn = float(min((2 * K - 1) ** L, states * K**L))
        seconds = walked * (cells * POSITION_WALKED + drawn * POSITION_DRAWN)
    seconds += rated * cells * POSITION_RATED + outcomes * L * POSITION_DRAWN
    words = 1 + made.bits / 64
    memory = (min(drawn, float(K**L)) + cells) * (POSITION_BYTES + 8 * words) + outcomes * POSITION_BYTES
    return made.plus(seconds, memory)


def _kernels(chain: Chain) -> int:
    """How many different Q_t there are to build."""
    return len(set(chain.strengths))


def _written(chain: Chain) -> float:
    """Return the bytes that the kernel's rows take where the result has them."""
    texts, shared = chain.kernel.record_entries(chain.T, _kernels(chain))
    return TEXT * texts + POINTER * shared


def check_forecast(chain: Chain, pairs: int = 0, *, dense: bool = False) -> Forecast:
    """Return the forecast. Raise UnfinishedError where this machine is not enough."""
    return admitted(forecast(chain, pairs, dense=dense), chain)


def _memory() -> int:
    """Return the bytes that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 2**33


def _told(chain: Chain) -> float:
    """Return the seconds that the record of a run takes, where its numbers are long."""
    return chain.K * max(log2(chain.data.total) - 64, 0) * WRITTEN_BIT


def is_admitted(made: Forecast) -> bool:
    """Return whether this machine is enough for it."""
    return made.seconds <= MAX_SECONDS and made.memory <= _memory() / 2


def admitted(made: Forecast, chain: Chain) -> Forecast:
    """Return the same forecast. Raise UnfinishedError where this machine is not enough for it."""
    if is_admitted(made):
        return made
    height = f", denominators of about {made.bits:.0f} bits at the end" if made.arithmetic == "exact" else ""
    raise UnfinishedError(
        "this run is too big for this machine",
        where=f"K = {chain.K}, T = {chain.T}{height}",
        expected=f"at most {_duration(MAX_SECONDS)} and {_memory() / 2**31:.1f} GiB",
        got=f"a forecast of {made}",
        remedy="fewer steps or states",
    )


def _duration(seconds: float) -> str:
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
