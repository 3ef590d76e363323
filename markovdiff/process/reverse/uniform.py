"""1/K everywhere: what a reverse model that has learnt nothing says."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from flint import fmpz

from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.reverse.model import ReverseModel, ReverseStep
from markovdiff.process.reverse.numbers import BesideBayes, StepNumbers, compared
from markovdiff.process.reverse.rows import Row
from markovdiff.process.reverse.spec import ModelSetting, ModelSpec

if TYPE_CHECKING:
    from markovdiff.process.support import ReverseSupport, SupportPattern


@dataclass(frozen=True, eq=False)
class Uniform(ReverseModel):
    """1/K everywhere."""

    depends_on_process: ClassVar[bool] = False

    __repr__ = in_a_line
    __reduce__ = from_fields

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """Return R_t[j, i] = 1/K."""
        return ReverseStep(_everywhere(now.cumulative.K))

    def rows_alone(self, chain: Chain, t: int) -> tuple[Row, ...]:
        """Return 1/K everywhere."""
        return _everywhere(chain.K)

    def support(self, chain: Chain, before: SupportPattern, now: SupportPattern) -> ReverseSupport:
        """Return everything."""
        import numpy as np

        from markovdiff.process.support import ReverseSupport

        return ReverseSupport(np.ones_like(now.back), np.ones(chain.K, bool))

    def beside_bayes(self, x: StepNumbers) -> BesideBayes:
        """Return 1/K, rounded."""
        K = x.chain.K
        return compared(x, x.constant(Fraction(1, K), (K, K)), x.fine)


def _everywhere(K: int) -> tuple[Row, ...]:
    return (([fmpz(1)] * K, fmpz(K)),) * K


class UniformModelSpec(ModelSpec, frozen=True, tag="uniform"):
    """1/K everywhere."""

    rank: ClassVar[int] = 4

    def model(self, setting: ModelSetting) -> Uniform:
        """Return the model."""
        return Uniform()

    def record(self, model: ReverseModel, chain: Chain) -> dict[str, object]:
        """Return nothing: the kind says all."""
        return {}
