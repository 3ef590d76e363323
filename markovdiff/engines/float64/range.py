"""What float64 cannot hold is refused before a run, not rounded to zero.

A positive probability below float64's range would become an impossible event, and finite terms infinite. One that is
near it overflows in u·log u with u = Q̄_t/p_t, which can be 1/p. So each probability that comes in, of the data, of a
step, of a prior or a reverse model, is 0 or at least LEAST. What later times make of them may be smaller: that is
followed by patterns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log2

from flint import fmpz

from markovdiff.arithmetic.arrays import LEAST
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel, Row
from markovdiff.process.reverse.rows import shares

LEAST_BITS = -round(log2(LEAST))


def check_chain(chain: Chain) -> None:
    """Raise LimitError where p_0 or some Q_t has an entry that is positive and below LEAST."""
    _check(((fmpz(w), fmpz(chain.data.total)) for w in chain.data.weights), "data")
    least = chain.kernel.least_probability(chain.strengths)
    _check([(fmpz(least.numerator), fmpz(least.denominator))], "noise")


def is_held(chain: Chain) -> bool:
    """Return whether float64 can work with p_0 and every Q_t."""
    try:
        check_chain(chain)
    except LimitError:
        return False
    return True


def check_law(law: RationalMatrix, where: str) -> None:
    """Return the same of a row vector."""
    _check(((n, law.d) for n in law.N.entries()), where)


def check_model(model: ReverseModel, K: int) -> None:
    """Return the same of what a model brings. Exact rows of one without a formula are checked as they are made."""
    _check(model.brings(K), "reverse.model")


def _check(shares: Iterable[tuple[fmpz, fmpz]], where: str) -> None:
    if any(n != 0 and n << LEAST_BITS < d for n, d in shares):
        raise _too_small(where)


def check_rows(rows: Sequence[Row | None]) -> None:
    """Return the same of rows that a reverse model made."""
    _check(shares([rows]), "reverse.model")


def _too_small(where: str) -> LimitError:
    return LimitError(
        "a probability is smaller than float64 can work with",
        where=where,
        expected=f"0, or at least {LEAST:.1e}",
        remedy="use `--arithmetic ball` or `exact`",
    )
