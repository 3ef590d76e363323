"""A reverse model from another package: the Bayes reverse that hedges, (1−ε)·q(x_{t−1} | x_t) + ε/K.

Nothing but its exact rows is written here; its pattern, balls, float64 and the record are the defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from markovdiff.errors import InputError
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import Bayes, ReverseModel, ReverseStep
from markovdiff.process.reverse.spec import WHERE, ModelSetting, ModelSpec


@dataclass(frozen=True, eq=False)
class MixedWithUniform(ReverseModel):
    """(1−ε)·q(x_{t−1} | x_t) + ε/K."""

    share: Fraction = Fraction(1, 2)

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """Return R_t, undefined where the Bayes reverse is."""
        K, a, b = now.cumulative.K, self.share.numerator, self.share.denominator
        rows = Bayes().step(before, now).rows
        return ReverseStep(
            tuple(row and ([(b - a) * K * n + a * row[1] for n in row[0]], b * K * row[1]) for row in rows)
        )


class MixedWithUniformSpec(ModelSpec, frozen=True, tag="mixed-with-uniform"):
    """The Bayes reverse, mixed with 1/K."""

    share: Fraction

    def model(self, setting: ModelSetting) -> MixedWithUniform:  # noqa: ARG002
        """Return the model. Raises InputError where `share` is no probability."""
        if not 0 <= self.share <= 1:
            raise InputError("not a probability", where=f"{WHERE}.share", expected="from 0 to 1")
        return MixedWithUniform(self.share)
