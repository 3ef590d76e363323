"""The score of a discrete chain: the ratios p_t(y)/p_t(x), and the Bayes reverse made of them alone.

On a continuous space the score ∂ log p_t(x) says how p_t changes around x. On states there is no derivative; what
takes its place is the row of ratios s_t(x)_y = p_t(y)/p_t(x) (Lou, Meng & Ermon 2024, arXiv 2310.16834: the concrete
score). It forgets the normalisation of p_t, and it is all that the reverse needs. Bayes says

    q(x_{t−1}=i | x_t=j) = Q_t[i,j] p_{t−1}[i] / p_t[j],

and the ratio p_{t−1}[i]/p_t[j] comes from the score on either side of the step:
    after    p_{t−1} = p_t Q_t⁻¹, hence  p_{t−1}[i]/p_t[j] = Σ_k s_t(j)_k Q_t⁻¹[k,i],  where Q_t can be inverted;
    before   p_t = p_{t−1} Q_t, hence q(i | j) = Q_t[i,j] s_{t−1}(x)_i / Σ_k Q_t[k,j] s_{t−1}(x)_k, any x.

All of it on rationals: equal means equal. Rows at states of probability zero have no ratios and are None.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from flint import fmpq_mat

from markovdiff.arithmetic.rational import to_fmpq, to_fraction
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain

Row: TypeAlias = "tuple[Fraction, ...]"
Rows: TypeAlias = "tuple[Row | None, ...]"


def concrete_score(chain: Chain, t: int) -> Rows:
    """Return, for each x, the ratios p_t(y)/p_t(x), y = 0 … K−1; None where p_t(x) = 0.

    >>> from markovdiff.process.distribution import Distribution
    >>> from markovdiff.process.kernels import uniform
    >>> coin = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 2),), 1)
    >>> concrete_score(coin, 1)[0]
    (Fraction(1, 1), Fraction(3, 5))
    """
    p = chain.marginal(t)
    return tuple(tuple(y / x for y in p) if x else None for x in p)


def reverse_from_score(chain: Chain, t: int) -> Rows:
    """Return R_t from Q_t and p_t's ratios: R_t[j, i] = Q_t[i, j] Σ_k s_t(j)_k Q_t⁻¹[k, i], t = 1 … T.

    Row j is None where p_t[j] = 0. Raises InputError where Q_t cannot be inverted: then p_t does not say
    what p_{t−1} was, and the score after the step does not suffice.
    """
    Q = chain.step(t)
    before = _undone(Q, concrete_score(chain, t), t)
    return tuple(row and tuple(Q[i][j] * r for i, r in enumerate(row)) for j, row in enumerate(before))


def reverse_from_score_before(chain: Chain, t: int) -> Rows:
    """Return R_t from Q_t and the ratios of p_{t−1}, t = 1 … T, without an inverse or a normalised p_{t−1}."""
    Q = chain.step(t)
    ratios = next(row for row in concrete_score(chain, t - 1) if row is not None)
    pairs = [[Q[i][j] * r for i, r in enumerate(ratios)] for j in range(chain.K)]
    return tuple(tuple(x / total for x in row) if (total := sum(row)) else None for row in pairs)


def _undone(Q: Sequence[Row], score: Rows, t: int) -> Rows:
    """Return each row of ratios s, taken back through the step: the r with r Q = s."""
    A = fmpq_mat([[to_fmpq(x) for x in column] for column in zip(*Q, strict=True)])
    known = [row for row in score if row is not None]
    s = fmpq_mat([[to_fmpq(x) for x in column] for column in zip(*known, strict=True)])
    try:
        solved = A.solve(s)
    except ZeroDivisionError:
        raise InputError(
            "the score after the step does not determine the reverse: Q_t has no inverse",
            where=f"t = {t}",
            expected="det Q_t ≠ 0",
            got="det Q_t = 0: different p_{t−1} lead to the same p_t",
            remedy="use the ratios before the step, `reverse_from_score_before`, or a β below 1",
        ) from None
    rows = iter(zip(*solved.table(), strict=True))
    return tuple(None if row is None else tuple(to_fraction(x) for x in next(rows)) for row in score)
