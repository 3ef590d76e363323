"""Axes have round ticks, and labels that are whole and stand where their value is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import is_a_picture

from tui.axes import decade_ticks, plain, round_step, square_ticks, time_axis, time_labels, time_marks, value_ticks
from tui.raster import column_of, text

spans = st.floats(1e-250, 1e250)


def is_round(value: Decimal) -> bool:
    """Whether a number is 1, 2 or 5 times a power of ten."""
    return value.normalize().as_tuple().digits in {(1,), (2,), (5,)}


@given(spans, st.integers(1, 40))
def test_a_step_is_round_and_the_least(span: float, most: int) -> None:
    """It goes whole into the span at most so often, and the next smaller round one goes in oftener."""
    step = round_step(span, most)
    assert is_round(step)
    assert floor(Fraction(span) / Fraction(step)) <= most
    smaller = step / 2 if step.normalize().as_tuple().digits != (5,) else step * 2 / 5
    assert floor(Fraction(span) / Fraction(smaller)) > most


@pytest.mark.parametrize(("span", "most"), [(0.0, 3), (-1.0, 3), (1.0, 0), (float("inf"), 3), (float("nan"), 3)])
def test_there_is_no_step_in_nothing(span: float, most: int) -> None:
    """A range without an extent, or no room, has no step."""
    with pytest.raises(ValueError, match="span > 0"):
        round_step(span, most)


@given(spans, st.integers(2, 40))
def test_value_ticks_are_multiples_of_one_step(high: float, most: int) -> None:
    """From the top down to 0 by one round step; each label is the tick's own value."""
    ticks = value_ticks(0.0, high, most)
    values = [Decimal(tick.label) for tick in ticks]
    assert 2 <= len(ticks) <= most + 1
    assert values[-1] == 0
    steps = {a - b for a, b in pairwise(values)}
    assert len(steps) == 1
    assert is_round(steps.pop())
    assert values[0] <= Decimal(high)
    assert [float(value) for value in values] == [tick.y for tick in ticks]


def test_where_nothing_differs_there_is_one_tick() -> None:
    """A curve that is 0 throughout has the tick 0, and no other range without extent has any."""
    assert [tick.label for tick in value_ticks(0.0, 0.0, 4)] == ["0"]
    assert value_ticks(2.0, 2.0, 4) == []
    assert [tick.label for tick in value_ticks(-1.0, 1.0, 2)] == ["1", "0", "-1"]


def test_ticks_of_square_roots_stand_at_the_roots() -> None:
    """The label is the value, the place its square root."""
    assert [(tick.y, tick.label) for tick in square_ticks(2.0, 4)] == [
        (2.0, "4"), (3.0**0.5, "3"), (2.0**0.5, "2"), (1.0, "1"), (0.0, "0")
    ]  # fmt: skip


@given(st.integers(-400, 5), st.integers(1, 300), st.integers(1, 40))
def test_decades_are_powers_of_ten(bottom: int, span: int, most: int) -> None:
    """Each label is ten to the power of its place; the places are multiples of one round step, within the range."""
    ticks = decade_ticks(bottom, bottom + span, most)
    assert len(ticks) <= most + 1
    assert all(Decimal(tick.label) == Decimal(10) ** int(tick.y) for tick in ticks)
    steps = {int(a.y - b.y) for a, b in pairwise(ticks)}
    assert len(steps) <= 1
    assert all(is_round(Decimal(step)) and all(tick.y % step == 0 for tick in ticks) for step in steps)
    assert all(bottom <= tick.y <= bottom + span for tick in ticks)


@given(st.integers(0, 10**9), st.integers(-300, 300))
def test_a_label_says_its_number(digits: int, exponent: int) -> None:
    """Read back, a label is the number that it was made from."""
    value = Decimal(digits).scaleb(exponent)
    assert Decimal(plain(value)) == value
    assert Decimal(plain(-value)) == -value


@given(st.integers(0, 5000), st.integers(0, 200), st.one_of(st.none(), st.integers(0, 5000)))
def test_time_labels_are_whole_apart_and_in_place(T: int, width: int, cursor: int | None) -> None:
    """Whatever the room, labels are whole numbers with a blank between; each covers the column of its time.

    The cursor's is there whenever any is.
    """
    labels = time_labels(T, width, cursor)
    end = -1
    for t, start, label in labels:
        assert label == str(t)
        assert 0 <= t <= T
        assert start > end
        assert start + len(label) <= width
        assert start <= column_of(t, T, width) < start + len(label)
        end = start + len(label)
    if labels and cursor is not None and cursor <= T and len(str(cursor)) <= width:
        assert cursor in {t for t, _, _ in labels}


@given(st.integers(1, 5000), st.integers(1, 200))
def test_marked_times_are_round(T: int, width: int) -> None:
    """Between 0 and T all are multiples of one round step."""
    marks = time_marks(T, width)
    assert (marks[0], marks[-1]) == (0, T)
    steps = {b - a for a, b in pairwise(marks[:-1])}
    assert len(steps) <= 1
    assert all(is_round(Decimal(step)) for step in steps)


@given(st.integers(0, 5000), st.integers(0, 120), st.integers(0, 9), st.integers(0, 2))
def test_an_axis_fills_its_room(T: int, width: int, margin: int, height: int) -> None:
    """So many rows of so many columns, with a mark over each label."""
    rows = time_axis(T, width, height, 0, margin)
    assert is_a_picture(rows, margin + width, height)
    if height == 2:
        marks, labels = (row[margin:] for row in text(rows).split("\n"))
        for t, _, _ in time_labels(T, width, 0):
            assert marks[column_of(t, T, width)] in "└┴"
        assert [int(label) for label in labels.split()] == [t for t, _, _ in time_labels(T, width, 0)]


@pytest.mark.parametrize(
    ("T", "width", "shown"),
    [(1, 30, "0 1"), (10, 40, "0 2 4 6 8 10"), (1000, 40, "0 200 400 600 800 1000")],
)  # fmt: skip
def test_the_usual_axes(T: int, width: int, shown: str) -> None:
    """T = 1, 10 and 1000, as they are read."""
    assert text(time_axis(T, width, 1)).split() == shown.split()
