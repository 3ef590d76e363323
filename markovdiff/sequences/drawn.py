"""What a sampler draws: ν = π R_T ⋯ R_1, the law of x_0 that a per-position model makes, jump by jump.

Where every sequence can occur, Σ_x m(x) Π_l r^l(·|x) is a product of two matrices: of the first half of the positions,
and of the second. Under an added mask the sequences that can be drawn are walked one by one.

A row may be undefined, for x_t is impossible under q. Under an added mask, where the model never redraws what is
unmasked, a sequence that no data could show at any time stays outside for good: its mass is lost, and it is shown as it
is, with the masks it still holds. Anywhere else ν is undefined, and t and x_t are the witness.

The masses are integers over one denominator, or balls where those would be too long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd, prod
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from flint import arb, arb_mat, ctx, fmpq, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import TooLongError
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.kept_times import jumps
from markovdiff.sequences.law import Symbols, number_of, sequence_of
from markovdiff.sequences.position_models import JumpRows, PositionModel, Weights
from markovdiff.sequences.surroundings import Positions

MOST_WRITTEN = 2**26
"""Bits up to which the masses are kept as integers, all sequences together."""

N = TypeVar("N")
Prior: TypeAlias = "tuple[Mapping[Symbols, int], int]"
"""Where a sampler starts: numerators over one denominator."""


@dataclass(frozen=True, eq=False)
class UndefinedRow:
    """A row that a sampler meets and that its model does not define: R_t at x_t."""

    t: int
    x: Symbols


@dataclass(frozen=True, eq=False)
class Drawn(Generic[N]):
    """The law ν: the masses of the possible sequences in the law's order, and of what is false. All are numbers ≥ 0."""

    inside: tuple[N, ...]
    false: dict[Symbols, N]

    __repr__ = in_a_line


class Masses(Protocol[N]):
    """How the masses of sequences are kept, by their numbers among all K^L."""

    def begin(self, prior: Prior, K: int) -> dict[int, Any]:
        """Take the prior."""

    def spread(self, parts: Sequence[tuple[Any, list[Weights]]], K: int) -> dict[int, Any]:
        """Return Σ m·Π_l r^l over the parts, each a mass and its rows, by walking what can be drawn."""

    def spread_densely(self, parts: Sequence[tuple[Any, list[Weights]]]) -> dict[int, Any]:
        """Return the same, by halves."""

    def shared(self, found: dict[int, Any], n: int) -> dict[int, Any]:
        """Return each mass over n."""

    def number(self, mass: Any) -> N:
        """Return a mass as a number of its own."""

    def add(self, a: N, b: N) -> N:
        """Return the sum of two."""

    def zero(self) -> N:
        """Return the number 0."""


def drawn(
    chain: SequenceChain,
    positions: Positions,
    model: PositionModel,
    prior: Prior,
    times: Sequence[int],
    masses: Masses[N],
) -> Drawn[N] | UndefinedRow:
    """Return ν, or the row that a sampler meets and that is undefined.

    Raises TooLongError where the masses as integers become too long.
    """
    K, L = chain.K, chain.length
    law = masses.begin(prior, K)
    lost: dict[Symbols, N] = {}
    for jump in jumps(chain, times):
        rows = JumpRows(positions, model, jump)
        parts = []
        for number, mass in sorted(law.items()):
            x = sequence_of(number, K, L)
            found = rows.of_model(x)
            if found is not None:
                parts.append((mass, found))
            elif chain.mask is not None and model.fixes and x not in positions.weights:
                lost[x] = masses.add(lost.get(x, masses.zero()), masses.number(mass))
            else:
                return UndefinedRow(jump.t, x)
        law = masses.spread_densely(parts) if chain.mask is None else masses.spread(parts, K)
    return at_last(chain, law, lost, masses)


def at_last(chain: SequenceChain, law: dict[int, Any], lost: dict[Symbols, N], masses: Masses[N]) -> Drawn[N]:
    """Return the law of what is drawn, apart by whether it can occur; what was lost on the way is false."""
    inside, false = {x: masses.zero() for x, _ in chain.law.support}, dict(lost)
    for number, mass in law.items():
        x, end = sequence_of(number, chain.K, chain.length), masses.number(mass)
        if x in inside:
            inside[x] = end
        else:
            false[x] = masses.add(false.get(x, masses.zero()), end)
    return Drawn(tuple(inside.values()), false)


class Rationals:
    """Integers over one denominator. Those that are drawn at last are fractions."""

    def __init__(self) -> None:
        self.d = fmpz(1)

    def begin(self, prior: Prior, K: int) -> dict[int, fmpz]:
        """Take the prior."""
        numerators, d = prior
        self.d = fmpz(d)
        return {number_of(x, K): fmpz(n) for x, n in numerators.items() if n}

    def spread(self, parts: Sequence[tuple[fmpz, list[Weights]]], K: int) -> dict[int, fmpz]:
        """Walk."""
        return self._reduced(_walked(self._scaled(parts), K))

    def spread_densely(self, parts: Sequence[tuple[fmpz, list[Weights]]]) -> dict[int, fmpz]:
        """Multiply by halves."""
        scaled = self._scaled(parts)
        if not scaled:
            return {}
        half = len(scaled[0][1]) // 2
        first = fmpz_mat([_product(rows[:half], mass) for mass, rows in scaled])
        second = fmpz_mat([_product(rows[half:], fmpz(1)) for _, rows in scaled])
        entries = (first.transpose() * second).entries()
        return self._reduced({n: mass for n, mass in enumerate(entries) if mass != 0})

    def _scaled(self, parts: Sequence[tuple[fmpz, list[Weights]]]) -> list[tuple[fmpz, list[Row[fmpz]]]]:
        """Return the rows without common factors, and masses so that all is over one denominator, which is kept."""
        found, common, thin = [], fmpz(1), Rows(_thin)
        for mass, weights in parts:
            rows = thin.each(weights)
            total = prod((sum(row.numbers) for row in rows), start=fmpz(1))
            g = fmpz(mass).gcd(total)
            found.append((mass // g, total // g, rows))
            common = common.lcm(total // g)
            if (common.bit_length() + self.d.bit_length()) * len(parts) > MOST_WRITTEN:
                raise TooLongError("what is drawn has too many digits to be written out exactly")
        self.d *= common
        return [(mass * (common // total), rows) for mass, total, rows in found]

    def _reduced(self, found: dict[int, fmpz]) -> dict[int, fmpz]:
        shared = self.d
        for mass in found.values():
            shared = shared.gcd(mass)
            if shared == 1:
                return found
        self.d //= shared
        return {n: mass // shared for n, mass in found.items()}

    def shared(self, found: dict[int, fmpz], n: int) -> dict[int, fmpz]:
        """Over a denominator n times as large."""
        self.d *= n
        return self._reduced(found)

    def number(self, mass: fmpz) -> fmpq:
        """Return a fraction."""
        return fmpq(mass, self.d)

    def add(self, a: fmpq, b: fmpq) -> fmpq:
        """Return the sum."""
        return a + b

    def zero(self) -> fmpq:
        """Return the fraction 0."""
        return fmpq(0)


class Balls:
    """Balls of so many bits; a mass that is 0 is not kept, so what can be drawn is known exactly."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def begin(self, prior: Prior, K: int) -> dict[int, arb]:
        """Take the prior."""
        numerators, d = prior
        with ALONE, ctx.workprec(self.bits):
            return {number_of(x, K): arb(fmpz(n)) / fmpz(d) for x, n in numerators.items() if n}

    def spread(self, parts: Sequence[tuple[arb, list[Weights]]], K: int) -> dict[int, arb]:
        """Walk."""
        shares = Rows(_shares)
        with ALONE, ctx.workprec(self.bits):
            return _walked([(mass, shares.each(rows)) for mass, rows in parts], K)

    def spread_densely(self, parts: Sequence[tuple[arb, list[Weights]]]) -> dict[int, arb]:
        """Multiply by halves."""
        half, shares = len(parts[0][1]) // 2, Rows(_shares)
        with ALONE, ctx.workprec(self.bits):
            each = [(mass, shares.each(rows)) for mass, rows in parts]
            first = arb_mat([_product(rows[:half], mass) for mass, rows in each])
            second = arb_mat([_product(rows[half:], arb(1)) for _, rows in each])
            entries = (first.transpose() * second).entries()
        return {n: mass for n, mass in enumerate(entries) if not mass.is_zero()}

    def shared(self, found: dict[int, arb], n: int) -> dict[int, arb]:
        """Return each over n."""
        with ALONE, ctx.workprec(self.bits):
            return {number: mass / n for number, mass in found.items()}

    def number(self, mass: arb) -> arb:
        """Return the ball itself."""
        return mass

    def add(self, a: arb, b: arb) -> arb:
        """Return the sum."""
        with ALONE, ctx.workprec(self.bits):
            return a + b

    def zero(self) -> arb:
        """Return the ball of 0 alone."""
        return arb(0)


class Row(Generic[N]):
    """A distribution over symbols, or multiples of one."""

    def __init__(self, numbers: list[N]) -> None:
        self.numbers = numbers
        self.entries = [(k, n) for k, n in enumerate(numbers) if n != 0]


class Rows(Generic[N]):
    """Makes rows of weights, those of equal weights once."""

    def __init__(self, make: Callable[[Weights], list[N]]) -> None:
        self.make = make
        self.known: dict[tuple[int, ...], Row[N]] = {}

    def each(self, weights: Sequence[Weights]) -> list[Row[N]]:
        """Return a row for each."""
        return [self.known.get(key := tuple(one)) or self._made(key, one) for one in weights]

    def _made(self, key: tuple[int, ...], weights: Weights) -> Row[N]:
        row = self.known[key] = Row(self.make(weights))
        return row


def _thin(row: Weights) -> list[fmpz]:
    shared = gcd(*row)
    return [fmpz(n // shared) for n in row]


def _shares(row: Weights) -> list[arb]:
    total = fmpz(sum(row))
    return [arb(fmpz(n)) / total for n in row]


def _product(rows: Sequence[Row[Any]], first: Any) -> list[Any]:
    """Return the Kronecker product of the rows, times a number."""
    return reduce(lambda made, row: [a * n for a in made for n in row.numbers], rows, [first])


def _walked(parts: Sequence[tuple[Any, list[Row[Any]]]], K: int) -> dict[int, Any]:
    """Return Σ mass·Π_l r^l for every sequence that has any. A row with one entry alone has 1 there."""
    found: dict[int, Any] = {}
    for mass, rows in parts:
        fixed, numbers, masses = 0, [0], [mass]
        for power, row in enumerate(rows, 1):
            if len(row.entries) == 1:
                fixed += row.entries[0][0] * K ** (len(rows) - power)
            else:
                steps = [k * K ** (len(rows) - power) for k, _ in row.entries]
                numbers = [n + step for n in numbers for step in steps]
                masses = [m * p for m in masses for _, p in row.entries]
        for n, m in zip(numbers, masses, strict=True):
            at = fixed + n
            found[at] = found[at] + m if at in found else m
    return found
