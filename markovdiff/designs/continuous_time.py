"""A scenario's noise as a process in continuous time: e^{σR}, of which its Q̄_t are the values at σ_1 … σ_T.

A kernel of rates is that by definition, up to its rounding; (1−β)I + β·1πᵀ is e^{sR} with R = 1πᵀ − I and
s = −log(1−β), exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flint import ctx

from markovdiff.arithmetic.enclosure import ALONE, Unit, bits_for
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import rational, shown
from markovdiff.arithmetic.value import in_a_line
from markovdiff.continuous.rates import RateProcess, level_ball
from markovdiff.errors import InputError
from markovdiff.process.kernels.kernel import NoiseLevel
from markovdiff.study.loading import loaded
from markovdiff.study.scenario import Scenario


@dataclass(frozen=True)
class ContinuousTime:
    """A process in continuous time, its numbers in `unit`, certified to `digits` digits.

    σ is a number above 0, or a LogForm such as `md.log("10/9")`, which is −log of ᾱ = 9/10. `levels` are σ_0 … σ_T of
    the scenario, None where ᾱ_t = 0.

    >>> noise = continuous_time("two-state")
    >>> noise.loss(noise.levels[1], noise.levels[2]), noise.score_entropy(noise.levels[1], noise.levels[2])
    (<Enclosed 0.136880354130532>, <Enclosed 0.136880354130532>)
    """

    process: RateProcess
    unit: Unit
    digits: int
    levels: tuple[NoiseLevel | None, ...]

    __repr__ = in_a_line

    def information(self, sigma: object) -> Enclosed:
        """Return I(x0; x_σ)."""
        return self.process.information(_level(sigma, "sigma")).enclosed(self.digits, self.unit)

    def loss_rate(self, sigma: object) -> Enclosed:
        """Return −dI/dσ, the score entropy at the true score."""
        return self.process.loss_rate(_level(sigma, "sigma")).enclosed(self.digits, self.unit)

    def loss(self, start: object, stop: object) -> Enclosed:
        """Return I(x0; x_start) − I(x0; x_stop), from the two informations."""
        return self.process.loss(*_interval(start, stop)).enclosed(self.digits, self.unit)

    def score_entropy(self, start: object, stop: object) -> Enclosed:
        """Return the integral of the score entropy from start to stop, which is the loss."""
        return self.process.score_entropy(*_interval(start, stop)).enclosed(self.digits, self.unit)

    def agree(self, start: object, stop: object) -> bool:
        """Say whether the enclosures of the integral and of the loss meet, at twice the digits."""
        a, b = _interval(start, stop)
        bits = bits_for(2 * self.digits)
        integral, loss = self.process.score_entropy(a, b).ball(bits), self.process.loss(a, b).ball(bits)
        return bool(integral.overlaps(loss))


def continuous_time(given: Scenario | str | Path) -> ContinuousTime:
    """Return a scenario's process in continuous time; it is given as it is, or by its path or name.

    Raises InputError for sequences and for a kernel that is no exponential of rates, LimitError past 64 states.
    """
    scenario = loaded(given)
    chain = scenario.chain_of_one_symbol("data.length")
    R = chain.kernel.generator
    if R is None:
        raise InputError(
            "this kernel is not told by rates, so it has no continuous time",
            where="noise.kernel",
            expected='kind = "rate", or uniform, absorbing, mixing',
            got=scenario.file.noise.kernel.kind(),
        )
    levels = tuple(chain.kernel.level(chain.betas[:t]) for t in range(chain.T + 1))
    return ContinuousTime(RateProcess(chain.data.probabilities, R), scenario.unit, scenario.digits, levels)


def _level(sigma: object, where: str) -> NoiseLevel:
    """Return σ, a number above 0. Raises InputError for another."""
    level: NoiseLevel = sigma if isinstance(sigma, LogForm) else rational(sigma, where)
    if not level > 0:
        raise InputError(
            "σ must be above 0: at σ = 0 the score entropy is infinite wherever a state is impossible",
            where=where,
            expected="a number above 0",
            got=shown(sigma),
            remedy="what is lost from the start on is H(x0) − I(x0;x_σ)",
        )
    return level


def _interval(start: object, stop: object) -> tuple[NoiseLevel, NoiseLevel]:
    a, b = _level(start, "start"), _level(stop, "stop")
    with ALONE, ctx.workprec(256):
        falls = bool(level_ball(b, 256) < level_ball(a, 256))
    if falls:
        raise InputError("time runs forward", where="stop", expected=f"σ ≥ {shown(start)}", got=shown(stop))
    return a, b
