"""Float64 with exponents beside it, against rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.wide import STEP, Wide

Rows = list[list[Fraction]]

entries = st.just(Fraction(0)) | st.builds(lambda n, e: n * Fraction(2) ** -e, st.integers(1, 99), st.integers(0, 2500))


def tables(rows: int, columns: int) -> st.SearchStrategy[Rows]:
    return st.lists(st.lists(entries, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


def wide(rows: Rows) -> Wide:
    """The same numbers, each made by multiplying what float64 can hold."""
    halves = [[Wide.of(np.array([[float(part)]])) for part in factors(x)] for row in rows for x in row]
    made = [a * b * c for a, b, c in halves]
    shape = len(rows), len(rows[0])
    n = np.array([0 if x.n is None else int(x.n[0, 0]) for x in made]).reshape(shape)
    return Wide(np.array([x.M[0, 0] for x in made]).reshape(shape), n if n.any() else None)


def factors(x: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """Three numbers in float64's range whose product is x."""
    third = Fraction(2) ** -((x.denominator.bit_length() - 1) // 3)
    return (x / third**2, third, third) if x else (x, x, x)


def check(found: Wide, truth: Rows) -> None:
    """Each entry is right to 2^-45 of itself, zero where that is, and its mantissa in range."""
    n = np.zeros(found.M.shape, int) if found.n is None else found.n
    for i, row in enumerate(truth):
        for j, x in enumerate(row):
            value = Fraction(found.M[i, j]) * Fraction(2) ** (-STEP * int(n[i, j]))
            assert abs(value - x) <= x / 2**45
            assert x == 0 or Fraction(1, 2**451) < Fraction(found.M[i, j]) < 2**451


def product(a: Rows, b: Rows) -> Rows:
    return [
        [sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0)) for column in zip(*b, strict=True)]
        for row in a
    ]


@examples(60)
@given(tables(3, 4), tables(4, 2), tables(2, 2))
def test_products_keep_relative_accuracy(a: Rows, b: Rows, c: Rows) -> None:
    """(A·B)·C, entry by entry, however small."""
    check(wide(a) @ wide(b) @ wide(c), product(product(a, b), c))


@examples(60)
@given(tables(3, 3), tables(3, 3))
def test_quotients_keep_relative_accuracy(a: Rows, b: Rows) -> None:
    """A∘1/B where B is positive, and 0 where it is 0."""
    truth = [[x / y if y else Fraction(0) for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]
    check(wide(a) * wide(b).reciprocal(), truth)


@examples(60)
@given(tables(3, 3))
def test_shares_sum_to_one(a: Rows) -> None:
    """Each row over its sum, as plain numbers."""
    for row, found in zip(a, wide(a).shares(), strict=True):
        total = sum(row)
        for x, y in zip(row, found, strict=True):
            assert abs(Fraction(y) - (x / total if total else 0)) <= Fraction(1, 2**45)
