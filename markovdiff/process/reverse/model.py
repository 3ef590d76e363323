"""What every reverse model has: exact rows, and from them a correct default for all that an engine asks.

A model is a frozen dataclass with `step`, R_t in exact rationals. Everything else has a default made from `step`; a
model overrides what it can do faster, to more digits, or knows without looking. Its array form is one text for balls
and for float64 (`numbers`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from flint import fmpz

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.reverse.numbers import BesideBayes, StepNumbers, compared
from markovdiff.process.reverse.rows import Row

if TYPE_CHECKING:
    from markovdiff.process.reverse.denoisers import Denoiser
    from markovdiff.process.support import ReverseSupport, SupportPattern


@dataclass(frozen=True, eq=False)
class ReverseStep:
    """R_t: for each j a row, or None where it is undefined; and where a mixture was restricted."""

    rows: tuple[Row | None, ...]
    restricted: tuple[int, ...] = ()

    __repr__ = in_a_line
    __reduce__ = from_fields

    def fractions(self) -> tuple[tuple[Fraction, ...] | None, ...]:
        """Return the rows as Fractions."""
        return tuple(row and tuple(Fraction(int(n), int(row[1])) for n in row[0]) for row in self.rows)


class ReverseModel(ABC):
    """Something that makes R_t[j, i] = p_θ(x_{t−1} = i | x_t = j) from the process at t−1 and t."""

    depends_on_process: ClassVar[bool] = True
    """Whether the numbers of R_t are made of those of the process."""

    @abstractmethod
    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """Return R_t, exactly."""

    # what a model may be

    @property
    def is_bayes(self) -> bool:
        """Whether R_t is q(x_{t−1} | x_t) by definition, at every t."""
        return False

    def is_bayes_at(self, t: int) -> bool:
        """Say whether R_t is the Bayes reverse by definition, wherever it is defined."""
        return self.is_bayes

    @property
    def ends_in_data(self) -> bool:
        """Whether every row of R_1 is q(x0), so that NLL = H(x0)."""
        return False

    @property
    def belief(self) -> RationalMatrix | None:
        """The law r(x0), other than the data, of which the model is the Bayes reverse."""
        return None

    @property
    def prediction(self) -> Denoiser | None:
        """The denoiser p̃(x0 | x_t) that R_t is made of; None where there is none."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the tables of the model as they were read, in sentences."""
        return ()

    def brings(self, K: int) -> Iterable[tuple[fmpz, fmpz]]:
        """Yield the probabilities that the model brings into a run, as numerators and denominators.

        Rows that are made exactly and then rounded are not among them: they are looked at as they are made.
        """
        return ()

    def rows_alone(self, chain: Chain, t: int) -> tuple[Row | None, ...] | None:
        """Return the rows of R_t where they need nothing of the process, else None."""
        return None

    @property
    def draws(self) -> int:
        """Transitions that are sampled before the first row is known."""
        return 0

    # other arithmetics

    def speaks_of(self, chain: Chain) -> tuple[int, ...]:
        """Return the x0 that `support` and `beside_bayes` ask about: the denoiser's, else those of the data."""
        return chain.data.support if self.prediction is None else self.prediction.speaks_of(chain)

    def support(self, chain: Chain, before: SupportPattern, now: SupportPattern) -> ReverseSupport:
        """Return where R_t > 0 and which rows there are: by default as the exact rows say."""
        from markovdiff.process.support import brought

        exact = exact_step(chain, self, now.t)
        return brought(exact.rows, restricted=bool(exact.restricted))

    def beside_bayes(self, x: StepNumbers) -> BesideBayes:
        """Return R_t beside the Bayes reverse in the numbers of an arithmetic: by default the exact rows, rounded."""
        return compared(x, x.brought(x.exact(exact_step(x.chain, self, x.now.pattern.t).rows)), x.fine)


def exact_step(chain: Chain, model: ReverseModel, t: int) -> ReverseStep:
    """Return R_t from the exact process."""
    before = chain.at(t - 1)
    return model.step(before, chain.at(t))
