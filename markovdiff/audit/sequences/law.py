"""The law of x_0 from a record: every possible sequence with its weight, or the rows of a Markov law.

    weights   q(x_0) = weight / total
    Markov    q(x_0) = initial[x^1] Π_l rows[x^{l−1}][x^l]; independent symbols have one row for all

A Markov law is written out path by path, what is impossible left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from markovdiff.audit.claims import WrongError
from markovdiff.audit.numerals import fraction_text, quoted
from markovdiff.audit.record import Part
from markovdiff.errors import InputError, UnfinishedError

MAX_SUPPORT = 2**17
"""Possible sequences that are gone through."""

MAX_LENGTH = 2**12

Law = Mapping[tuple[int, ...], Fraction]


def read(part: Part, symbols: Sequence[str]) -> tuple[int, Law]:
    """Return the length of the sequences and q(x_0). Raise WrongError where weights are not those of their total."""
    length = part["length"].count(1, MAX_LENGTH)
    if part.get("support") is None:
        part.only(("length", "initial", "rows"))
        return length, _markov(part["initial"].law(len(symbols)), part["rows"].rows(len(symbols)), length)
    part.only(("length", "total", "support"))
    law: dict[tuple[int, ...], Fraction] = {}
    weights = []
    for item in part["support"].items(most=MAX_SUPPORT):
        item.only(("x0", "weight"))
        x0 = sequence(item["x0"], symbols, length)
        weight = item["weight"].ratio()
        if weight <= 0 or x0 in law:
            raise item.fail("not a possible sequence, listed once", "a weight above zero, each sequence once")
        law[x0] = weight
        weights.append(weight)
    total = part["total"].ratio()
    if sum(weights, Fraction(0)) != total or not total:
        raise WrongError(part["total"].path, fraction_text(total), fraction_text(sum(weights, Fraction(0))))
    return length, {x0: weight / total for x0, weight in law.items()}


def sequence(part: Part, symbols: Sequence[str], length: int) -> tuple[int, ...]:
    """Return a list of labels as a sequence of their numbers."""
    labels = [item.text() for item in part.items(length)]
    for label in labels:
        if label not in symbols:
            raise InputError(
                "not one of the symbols", where=part.path, expected="a label of `states`", got=quoted(label)
            )
    return tuple(symbols.index(label) for label in labels)


def _markov(initial: Sequence[Fraction], rows: Sequence[Sequence[Fraction]], length: int) -> Law:
    paths = [int(p > 0) for p in initial]  # a row sums to one, so there are never fewer of them
    for _ in range(length - 1):
        paths = [sum(n for n, row in zip(paths, rows, strict=True) if row[k]) for k in range(len(rows))]
        if sum(paths) > MAX_SUPPORT:
            raise UnfinishedError(
                "a law of too many sequences to go through one by one",
                where="scenario.sequences",
                expected=f"at most {MAX_SUPPORT}",
                remedy="audit a run of shorter sequences",
            )
    law: dict[tuple[int, ...], Fraction] = {(k,): p for k, p in enumerate(initial) if p}
    for _ in range(length - 1):
        law = {(*x, k): p * q for x, p in law.items() for k, q in enumerate(rows[x[-1]]) if q}
    return law


def mean_position(law: Law, K: int, length: int) -> list[Fraction]:
    """Return the law of the symbol at a position drawn at random."""
    mean = [Fraction(0)] * K
    for x, p in law.items():
        for k in x:
            mean[k] += p / length
    return mean
