"""The three arithmetics as entries: the measure that `markovdiff run` reports, and nothing around it.

Exact and ball hand back what a result holds, fifteen certified digits with their enclosure; float hands back floats.
A chain is made afresh for each run, since it remembers what it was asked.
"""

from __future__ import annotations

from fractions import Fraction
from math import log

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.bench.chains import BenchProblem
from markovdiff.bench.entries import BenchEntry, of_float
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend
from markovdiff.process.transition import Dense

DIGITS = 15


def chain(problem: BenchProblem) -> Chain:
    """Return the chain that a problem describes."""
    data = Distribution.from_probabilities(problem.p0)
    return Chain(data, Blend(Dense.from_rows(problem.Q, "Q")), (Fraction(1),) * problem.T, problem.T)


def exactly(problem: BenchProblem, digits: int = DIGITS) -> list[Enclosed]:
    """Return the answer in exact arithmetic."""
    from markovdiff.engines.exact.information import Information

    return [
        Information(moment, None).mutual_information.enclosed(digits, "bits") for moment in chain(problem).moments()
    ]


def by_balls(problem: BenchProblem, digits: int = DIGITS) -> list[Enclosed]:
    """Return the answer in ball arithmetic, at the precision that a run in balls would choose."""
    from markovdiff.engines.ball.forward import EnclosureRecursion
    from markovdiff.engines.ball.information import BallInformation, BallSnapshot, ExactOracle, TimeStep
    from markovdiff.study.balls import needed_bits

    asked = chain(problem)
    walk = EnclosureRecursion(asked, needed_bits(asked, digits))
    zeros = ExactOracle(asked, walk, cheap=False)
    found: list[Enclosed] = []
    before: BallSnapshot | None = None
    for t in range(problem.T + 1):
        now = BallInformation(TimeStep(t, None, None, markov=True), before, zeros, None)
        found.append(now.mutual_information.enclosed(digits, "bits"))
        before = now.forget()
    return found


def by_floats(problem: BenchProblem) -> list[float]:
    """Return the answer in float64."""
    from markovdiff.engines.float64.forward import forward
    from markovdiff.engines.float64.information import FloatPast, information

    found: list[float] = []
    before: FloatPast | None = None
    for moment in forward(chain(problem)):
        now = information(moment, before, None, None)
        found.append(now.mutual_information.value / log(2))
        before = now.forget()
    return found


def of_enclosed(x: Enclosed) -> Fraction:
    """Return the decimal that is shown."""
    return Fraction(x.value)


EXACT = BenchEntry("exact", "exact", exactly, of_enclosed)
BALL = BenchEntry("ball", "ball", by_balls, of_enclosed)
FLOAT = BenchEntry("float", "float", by_floats, of_float)
ENGINES = {engine.name: engine for engine in (EXACT, BALL, FLOAT)}
