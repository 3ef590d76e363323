"""The Bayes reverse q(x_{t−1} | x_t), under the data or under another belief about x0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from flint import fmpz

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import law_of
from markovdiff.process.moment import Moment
from markovdiff.process.reverse.model import ReverseModel, ReverseStep
from markovdiff.process.reverse.numbers import BesideBayes, StepNumbers, bayes, compared
from markovdiff.process.reverse.rows import columns, row, scaled, step_table
from markovdiff.process.reverse.spec import OF_SEQUENCES, WHERE, ModelSetting, ModelSpec

if TYPE_CHECKING:
    from markovdiff.process.support import ReverseSupport, SupportPattern

FAR = 0.5
"""Where r_t/p_t is farther from 1 than this, R/B − 1 loses no digit."""


@dataclass(frozen=True, eq=False)
class Bayes(ReverseModel):
    """q(x_{t−1} | x_t), under the data or under another belief about x0 (a row vector)."""

    belief: RationalMatrix | None = None

    __repr__ = in_a_line
    __reduce__ = from_fields

    @property
    def is_bayes(self) -> bool:
        """True unless it holds another belief."""
        return self.belief is None

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """Return R_t[j, i] ∝ p_{t−1}[i] Q_t[i, j]."""
        p = before.marginal if self.belief is None else before.cumulative.push(self.belief)
        return ReverseStep(tuple(row(column) for column in columns(scaled(p, step_table(now)))))

    def brings(self, K: int) -> Iterable[tuple[fmpz, fmpz]]:
        """Return the belief."""
        return () if self.belief is None else [(n, self.belief.d) for n in self.belief.N.entries()]

    def speaks_of(self, chain: Chain) -> tuple[int, ...]:
        """Return every state where the belief has one that the data have not."""
        if self.belief is None:
            return chain.data.support
        known = set(chain.data.support)
        outside = any(n != 0 and k not in known for k, n in enumerate(self.belief.N.entries()))
        return tuple(range(chain.K)) if outside else chain.data.support

    def support(self, chain: Chain, before: SupportPattern, now: SupportPattern) -> ReverseSupport:
        """Return where r_{t−1}[i] > 0 and Q_t[i, j] > 0."""
        import numpy as np

        from markovdiff.process.support import ReverseSupport

        was = before.possible if self.belief is None else before.reached_from(self.belief)
        cells = was & now.back
        return ReverseSupport(cells, np.any(cells, axis=1))

    def beside_bayes(self, x: StepNumbers) -> BesideBayes:
        """Return ρ from the deviations of r_{t−1} and r_t, which do not cancel where the belief is nearly the data."""
        carried = None if self.belief is None else x.carried(self.belief)
        if carried is None:
            return bayes(x)
        law, was, now = carried
        R, size = x.reverse_of(law), max(x.largest(was), x.largest(now))
        if size > FAR:
            return compared(x, R, x.fine)
        return BesideBayes(R, x.B, x.where(x.seen, (was - now[:, None]) / (1 + now[:, None])), x.fine * size)


class BayesSpec(ModelSpec, frozen=True, tag="bayes"):
    """R_t = q(x_{t−1} | x_t), or the same under another belief about x0, over the labels of [data]."""

    data: list[Fraction] | None = None

    rank: ClassVar[int] = 0

    @property
    def is_bayes(self) -> bool:
        """Whether there is no other belief."""
        return self.data is None

    def model(self, setting: ModelSetting) -> Bayes:
        """Return the Bayes reverse. Raises InputError where the belief is no law on the labels."""
        return Bayes(None if self.data is None else law_of(setting.belief(self.data)))

    def by_position(self) -> None:
        """Return None: it is the joint Bayes reverse. Raises InputError for another belief, which is of one symbol."""
        if self.data is not None:
            raise InputError("a belief about one symbol", where=f"{WHERE}.data", expected=OF_SEQUENCES)

    def record(self, model: ReverseModel, chain: Chain) -> dict[str, object]:
        """Return the belief."""
        return self.keys()
