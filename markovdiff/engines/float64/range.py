"""What float64 cannot hold is refused before a run, not rounded to zero.

A positive probability below float64's range would become an impossible event, and finite terms infinite. One that is
near it overflows in u·log u with u = Q̄_t/p_t, which can be 1/p. So each probability that comes in, of the data, of a
step, of a prior or a reverse model, is 0 or at least LEAST. What later times make of them may be smaller: that is
followed by patterns.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import log2

import numpy as np
from flint import fmpz

from markovdiff.arithmetic.arrays import LEAST
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import Blend, Gaussian, PerStep, RankOneKernel
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    Counted,
    DenoiserTable,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    ReverseTable,
    Row,
)
from markovdiff.process.transition import Dense

LEAST_BITS = -round(log2(LEAST))


def check_chain(chain: Chain) -> None:
    """Raise LimitError where p_0 or some Q_t has an entry that is positive and below LEAST."""
    _check(((fmpz(w), fmpz(chain.data.total)) for w in chain.data.weights), "data")
    kernel, where = chain.kernel, "noise"
    if isinstance(kernel, Gaussian):
        grid = fmpz(kernel.resolution.denominator)
        _check(((fmpz(n), grid) for beta in set(chain.betas) for n in kernel.jumps(beta)), where)
    elif isinstance(kernel, RankOneKernel | Blend):
        _check_blended(kernel, [Fraction(beta) for beta in set(chain.betas)], where)
    else:
        for step in kernel.steps if isinstance(kernel, PerStep) else kernel.by_source:
            _least(step, where)


def is_held(chain: Chain) -> bool:
    """Whether float64 can work with p_0 and every Q_t."""
    try:
        check_chain(chain)
    except LimitError:
        return False
    return True


def check_law(law: RationalMatrix, where: str) -> None:
    """The same of a row vector."""
    _check(((n, law.d) for n in law.N.entries()), where)


def check_model(model: ReverseModel, K: int, where: str = "reverse.model") -> None:
    """The same of what a reverse model brings. Exact rows of a model without a formula are checked as they are made."""
    match model:
        case Bayes(belief=RationalMatrix() as belief):
            check_law(belief, where)
        case ReverseTable(tables=tables) | Counted(tables=tables):
            check_tables(tables, where)
        case PosteriorMixture(denoiser=DenoiserTable(tables)) | D3PM(denoiser=DenoiserTable(tables)):
            check_tables(tables, where)
        case PosteriorMixture(denoiser=Posterior(error)) | D3PM(denoiser=Posterior(error)):
            _check(((fmpz(x.numerator), fmpz(x.denominator)) for x in (error / K, 1 - error)), where)


def _check(shares: Iterable[tuple[fmpz, fmpz]], where: str) -> None:
    if any(n != 0 and n << LEAST_BITS < d for n, d in shares):
        raise _too_small(where)


def check_tables(tables: Iterable[Iterable[Row | None]], where: str) -> None:
    """The same of rows of probabilities."""
    _check(((n, row[1]) for table in tables for row in table if row for n in row[0]), where)


def _check_blended(kernel: RankOneKernel | Blend, betas: list[Fraction], where: str) -> None:
    """(1−β)I + βM, by the least β, the least 1 − β and the least entry of M."""
    if isinstance(kernel, RankOneKernel):
        target = kernel.target
        least = Fraction(min(filter(None, target.weights)), target.total)
    else:
        least = Fraction(_least(kernel.M, where))
    moved = [beta * least for beta in betas if beta]
    stays = [1 - beta for beta in betas if beta != 1]
    _check(((fmpz(x.numerator), fmpz(x.denominator)) for x in moved + stays), where)


def _least(step: Dense, where: str) -> float:
    """The least positive entry; those that are 0 as floats are asked whether they are."""
    table = np.array(step.floats())
    if table.min() < LEAST and (np.array(step.support) & (table < LEAST)).any():
        raise _too_small(where)
    return float(table[table > 0].min())


def _too_small(where: str) -> LimitError:
    return LimitError(
        "a probability is smaller than float64 can work with",
        where=where,
        expected=f"0, or at least {LEAST:.1e}",
        remedy="use `--arithmetic ball` or `exact`",
    )
