"""Denoisers p̃(x0 | x_t), which a mixture or D3PM's equation 4 makes a reverse step of.

A denoiser has `given`, p̃ in exact rows. From that all else has a default; a denoiser overrides what it knows better.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import fmpz

from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.reverse.by_position import NamedDenoiser
from markovdiff.process.reverse.numbers import StepNumbers
from markovdiff.process.reverse.rows import Row, columns, row, scaled, shares
from markovdiff.process.reverse.spec import WHERE

if TYPE_CHECKING:
    from markovdiff.arithmetic.arrays import Flags
    from markovdiff.process.reverse.numbers import Array
    from markovdiff.process.support import ReverseSupport, SupportPattern


@dataclass(frozen=True, eq=False)
class DenoiserSplit:
    """p̃ = α·q(x0 | x_t) + c for the j that are `defined`: one row of c for all j, or one for each; None where c = 0.

    `as_data` says that c is a multiple of p_0, and then Σ_k c_k d[k, ·] = 0.
    """

    alpha: Fraction
    c: Array | None
    defined: Flags
    as_data: bool = False

    def whole(self, x: StepNumbers) -> Array:
        """Return p̃, a row for each j, and zeros where it is undefined."""
        if self.alpha == 0 and self.c is not None:
            return x.where(self.defined[:, None], self.c)
        found = x.number(self.alpha) * x.posterior
        return x.where(self.defined[:, None], found if self.c is None else found + self.c)


class Denoiser(ABC):
    """p̃(x0 | x_t)."""

    @abstractmethod
    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """Return for each j the distribution p̃(· | x_t = j), or None where it is undefined."""

    @property
    def is_posterior(self) -> bool:
        """Whether p̃ is q(x0 | x_t) by definition."""
        return False

    @property
    def is_data(self) -> bool:
        """Whether p̃ is q(x0), whatever x_t is."""
        return False

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the denoiser's tables as they were read, in sentences."""
        return ()

    def brings(self, K: int) -> Iterable[tuple[fmpz, fmpz]]:
        """Yield the probabilities that p̃ brings into a run, as numerators and denominators."""
        return ()

    def speaks_of(self, chain: Chain) -> tuple[int, ...]:
        """Return the x0 that p̃ may give something: those of the data, or all."""
        return tuple(range(chain.K))

    def support(self, chain: Chain, now: SupportPattern) -> ReverseSupport:
        """Return where p̃(x0 = k | x_t = j) > 0, k the rows of `now`, and for which j it is defined."""
        from markovdiff.process.support import brought

        return brought(self.given(chain.at(now.t)))

    def split(self, x: StepNumbers) -> DenoiserSplit:
        """Return p̃ in the numbers of an arithmetic: by default its exact rows, rounded."""
        rows = x.exact(self.given(x.chain.at(x.now.pattern.t)))
        return DenoiserSplit(Fraction(0), x.table(rows), self.support(x.chain, x.now.pattern).defined)


@dataclass(frozen=True, eq=False)
class Posterior(Denoiser):
    """(1−ε)·q(x0 | x_t) + ε/K."""

    error: Fraction = Fraction(0)

    __repr__ = in_a_line
    __reduce__ = from_fields

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """Return p̃, undefined where x_t = j is impossible: so is q(x0 | x_t = j)."""
        a, b = self.error.numerator, self.error.denominator
        K = now.cumulative.K
        joint = columns(scaled(now.data, now.cumulative.dense.table))
        return tuple(
            (found := row(column)) and row([(b - a) * K * n + a * found[1] for n in found[0]]) for column in joint
        )

    @property
    def is_posterior(self) -> bool:
        """Whether ε = 0."""
        return self.error == 0

    def brings(self, K: int) -> Iterable[tuple[fmpz, fmpz]]:
        """Return ε/K and 1 − ε."""
        return [(fmpz(x.numerator), fmpz(x.denominator)) for x in (self.error / K, 1 - self.error)]

    def speaks_of(self, chain: Chain) -> tuple[int, ...]:
        """Return every state where ε > 0."""
        return tuple(range(chain.K)) if self.error > 0 else chain.data.support

    def support(self, chain: Chain, now: SupportPattern) -> ReverseSupport:
        """Return all, or what the data reach x_t from; undefined where x_t = j is impossible."""
        import numpy as np

        from markovdiff.process.support import ReverseSupport

        found = (now.reach & now.known[:, None]).T if self.error == 0 else np.ones_like(now.reach.T)
        return ReverseSupport(found & now.possible[:, None], now.possible)

    def split(self, x: StepNumbers) -> DenoiserSplit:
        """Return α = 1 − ε and c = ε/K."""
        possible = x.now.pattern.possible
        if self.error == 0:
            return DenoiserSplit(Fraction(1), None, possible)
        c = x.constant(self.error / x.chain.K, (1, len(x.p0)))
        return DenoiserSplit(1 - self.error, c, possible, x.data_are_even)


@dataclass(frozen=True, eq=False)
class MarginalDenoiser(Denoiser):
    """q(x0), whatever x_t is."""

    __repr__ = in_a_line
    __reduce__ = from_fields

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """Return the same row for each j."""
        return (row(now.data.table()[0]),) * now.cumulative.K

    @property
    def is_data(self) -> bool:
        """Yes."""
        return True

    def speaks_of(self, chain: Chain) -> tuple[int, ...]:
        """Return the x0 of the data."""
        return chain.data.support

    def support(self, chain: Chain, now: SupportPattern) -> ReverseSupport:
        """Return the x0 of the data, for every j."""
        import numpy as np

        from markovdiff.process.support import ReverseSupport

        return ReverseSupport(np.tile(now.known, (chain.K, 1)), np.ones(chain.K, bool))

    def split(self, x: StepNumbers) -> DenoiserSplit:
        """Return α = 0 and c = q(x0)."""
        import numpy as np

        return DenoiserSplit(Fraction(0), x.p0[None, :], np.ones(x.chain.K, bool), as_data=True)


@dataclass(frozen=True, eq=False)
class DenoiserTable(Denoiser):
    """p̃ given outright: one K × K table a step; `notes` says what was done to it as it was read."""

    tables: tuple[tuple[Row | None, ...], ...]
    notes: tuple[str, ...] = ()

    __repr__ = in_a_line
    __reduce__ = from_fields

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """Return the table of step t."""
        return self.tables[now.t - 1]

    def brings(self, K: int) -> Iterable[tuple[fmpz, fmpz]]:
        """Return all its probabilities."""
        return shares(self.tables)

    def support(self, chain: Chain, now: SupportPattern) -> ReverseSupport:
        """Return where the table of step t is not 0."""
        from markovdiff.process.support import brought

        return brought(self.tables[now.t - 1])

    def split(self, x: StepNumbers) -> DenoiserSplit:
        """Return α = 0 and c = the table of step t."""
        import numpy as np

        rows = self.tables[x.now.pattern.t - 1]
        return DenoiserSplit(Fraction(0), x.table(rows), np.array([line is not None for line in rows]))


def denoiser_of(named: NamedDenoiser) -> Denoiser:
    """Return the denoiser of one symbol that a name means. Raises InputError for one that speaks of other positions."""
    match named.name:
        case "posterior":
            return Posterior(named.error)
        case "data":
            return MarginalDenoiser()
        case "leave-one-out":
            raise InputError(
                "leave-one-out speaks of the other positions",
                where=f"{WHERE}.denoiser",
                expected="data that are sequences (data.length)",
                remedy='denoiser = "data": of one symbol that is the same',
            )
