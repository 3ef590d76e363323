"""One entry, or one column, of what a chain is made of: exact, from the moments at t−1 and t."""

from __future__ import annotations

from fractions import Fraction

from markovdiff.arithmetic.matrix import RationalMatrix, fraction
from markovdiff.arithmetic.rational import text
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from tui.messages import COLUMN_MAX_K, Answer, Column, ColumnAnswer, Message, Question

SHORT_BITS = 64
"""A fraction in a column is sent exactly while its denominator has at most this many bits: it must fit a panel."""


def answer(question: Question | Column, chain: Chain, before: Moment | None, now: Moment) -> Message:
    """Return the reply to a question that has an answer."""
    if isinstance(question, Column):
        return column_of(question, chain, before, now)
    return Answer(question, exact(question, chain, before, now))


def without(question: Question | Column, why: str) -> Message:
    """Return the reply to a question that has none, and why."""
    return ColumnAnswer(question, None, ()) if isinstance(question, Column) else Answer(question, why)


def column_of(column: Column, chain: Chain, before: Moment | None, now: Moment) -> ColumnAnswer:
    """Return the probabilities asked for, and the fractions that are short."""
    asked = [Question(column.kind, column.t, i, column.j, column.x0) for i in range(chain.K)]
    found = [probability(question, chain, before, now) for question in asked]
    if None in found or not found:
        return ColumnAnswer(column, None, ())
    known = [p for p in found if p is not None]
    exactly = (text(p) if p.denominator.bit_length() <= SHORT_BITS else None for p in known)
    return ColumnAnswer(column, tuple(map(float, known)), tuple(exactly))


def exists(question: Question | Column, chain: Chain) -> bool:
    """Return whether there is such an entry at all, or such a column of a length that can be shown."""
    first = 1 if question.kind in ("step", "reverse", "forward") else 0
    i = 0 if isinstance(question, Column) else question.i
    within = all(0 <= state < chain.K for state in (i, question.j, question.x0))
    if isinstance(question, Column) and chain.K > COLUMN_MAX_K:
        return False
    return within and first <= question.t <= chain.T and (chain.is_markov or question.kind != "step")


def exact(question: Question, chain: Chain, before: Moment | None, now: Moment) -> str:
    """Return the number asked for, as text."""
    found = probability(question, chain, before, now)
    return "undefined" if found is None else text(found)


def probability(question: Question, chain: Chain, before: Moment | None, now: Moment) -> Fraction | None:
    """Return the number asked for, from the moments at t−1 (None at t = 0) and at t; None where it is undefined."""
    i, j = question.i, question.j
    p0, p_t = chain.data.probabilities, entry_of(now.marginal, j)
    n, d = Fraction(0), Fraction(1)
    match question.kind:
        case "marginal":
            n = p_t
        case "cumulative":
            n = now.cumulative.entry(i, j)
        case "joint":
            n = p0[i] * now.cumulative.entry(i, j)
        case "posterior":
            n, d = p0[i] * now.cumulative.entry(i, j), p_t
        case "step":
            n = chain.transition(now.t).entry(i, j)
        case "reverse":
            assert before is not None
            n, d = pair(chain, before, now, i, j), p_t
        case "forward":
            assert before is not None
            k = question.x0
            n, d = before.cumulative.entry(k, i) * _step(chain, now, k, i, j), now.cumulative.entry(k, j)
    return n / d if d else None


def entry_of(row: RationalMatrix, j: int) -> Fraction:
    """Return entry j of a row vector."""
    return fraction(row.N[0, j], row.d)


def _step(chain: Chain, now: Moment, k: int, i: int, j: int) -> Fraction:
    """Return q(x_t = j | x_{t−1} = i, x_0 = k)."""
    return (chain.transition(now.t) if chain.is_markov else chain.by_source[k]).entry(i, j)


def pair(chain: Chain, before: Moment, now: Moment, i: int, j: int) -> Fraction:
    """Return q(x_{t−1} = i, x_t = j)."""
    if chain.is_markov:
        return entry_of(before.marginal, i) * chain.transition(now.t).entry(i, j)
    sources = enumerate(chain.data.probabilities)
    return sum((p * before.cumulative.entry(k, i) * _step(chain, now, k, i, j) for k, p in sources), Fraction(0))
