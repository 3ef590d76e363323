"""The waterfall is as high as the sums, step by step, and its last bar as high as L."""

from __future__ import annotations

from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import is_a_picture
from runs import buffer_of

from tui.panels.ledger import _sums
from tui.raster import Cell, Row, text
from tui.waterfall import EIGHTHS, Sums, frame, slot_of, steps_at, waterfall

parts = st.floats(0, 9) | st.just(0.0)


def height_of(column: list[Cell]) -> tuple[float, float]:
    """How high a column is in cells: what is lost, a bar's foot in its shadow being full; and its highest cell."""
    lost = sum(
        1 if cell.back == "series-2" else EIGHTHS.index(cell.char) / 8 for cell in column if cell.char in EIGHTHS
    )
    return lost, max((len(column) - y for y, cell in enumerate(column) if cell.char != " "), default=0)


def columns_of(rows: list[Row], sums: Sums, width: int, height: int) -> list[list[Cell]]:
    margin, plot, _, _ = frame(sums, width, height)
    return [[row[margin + x] for row in rows[:-1]] for x in range(plot)]


@given(st.lists(st.tuples(parts, parts), min_size=1, max_size=40), parts, st.integers(20, 90), st.integers(4, 30))
def test_bars_are_as_high_as_the_sums(steps: list[tuple[float, float]], gap: float, width: int, height: int) -> None:
    """What is lost to an eighth of a cell, the whole to a cell, at each column's last step; none where not known."""
    lost = [sum(a for a, _ in steps[:t]) for t in range(len(steps) + 1)]
    errors = [sum(b for _, b in steps[:t]) for t in range(len(steps) + 1)]
    sums = Sums(lost, errors, (lost[-1] + 1, errors[-1], gap), len(steps))
    rows = waterfall(sums, width, height, len(steps))
    assert is_a_picture(rows, width, height)
    _, plot, cells, top = frame(sums, width, height)
    assert top == pytest.approx(lost[-1] + 1 + errors[-1] + gap)
    for x, column in enumerate(columns_of(rows, sums, width, height)):
        upto = steps_at(x, sums.T, plot)[1]
        seen, whole = height_of(column)
        assert abs(seen - cells * lost[upto] / top) <= 1 / 16 + 1e-9
        assert abs(whole - cells * (lost[upto] + errors[upto]) / top) <= 1
    end = [row[-1] for row in rows[:-1]]
    assert height_of(end)[1] == pytest.approx(cells, abs=1)


@given(st.integers(1, 1000), st.integers(1, 150))
def test_steps_and_columns_belong_together(T: int, plot: int) -> None:
    """Columns have steps in order, none empty, none left out; the middle of a slot shows its step."""
    found = [steps_at(x, T, plot) for x in range(plot)]
    assert (found[0][0], found[-1][1]) == (0, T)
    assert all(0 <= before < upto for before, upto in found)
    assert all(b[0] in (a[0], a[1]) for a, b in pairwise(found))
    for t in range(1, T + 1):
        before, upto = found[slot_of(t, T, plot)]
        assert before < t <= upto


@pytest.mark.parametrize("T", [1, 10, 1000])
def test_what_is_not_finite_stays(T: int) -> None:
    """From the step of an infinite error on each column has ∞ on top, from an undefined one ?; before, neither."""
    at = T // 2 + 1
    lost = [t / T for t in range(T + 1)]
    for size, sign in ((inf, "∞"), (nan, "?")):
        errors = [0.0 if t < at else size for t in range(T + 1)]
        sums = Sums(lost, errors, (1.0, size, 0.0), T)
        rows = waterfall(sums, 60, 9, 0)
        plot = frame(sums, 60, 9).plot
        for x, column in enumerate(columns_of(rows, sums, 60, 9)):
            assert (column[0].char == sign) is (steps_at(x, T, plot)[1] >= at)
        assert rows[0][-1].char == sign
    gap = waterfall(Sums(lost, [0.0] * (T + 1), (1.0, 0.0, inf), T), 60, 9, 0)
    assert [cell.char for cell in gap[0]].count("∞") == 2


@pytest.mark.parametrize("name", ["two-state", "elbo-d3pm", "elbo-mask-prior", "dense-late", "infinite", "impossible"])
def test_the_sums_are_those_of_the_result(name: str) -> None:
    """H(x0|x_T) + I(x0;x_T) is H(x0), the errors come to the model error, and all to L."""
    buffer = buffer_of(name)
    assert buffer.finished is not None
    elbo = {key: float(record["value"].replace("undefined", "nan")) for key, record in buffer.finished["elbo"].items()}
    sums = _sums(buffer)
    assert len(sums.lost) == len(sums.errors) == buffer.T + 1
    left = buffer.numbers("mutual_information")[-1]
    assert sums.lost[-1] + left == pytest.approx(elbo["data_entropy"])  # type: ignore[operator]
    assert sums.end is not None
    assert sums.errors[-1] == pytest.approx(elbo["model_error"], nan_ok=True)
    assert sum(sums.end) == pytest.approx(elbo["negative_elbo"], nan_ok=True)


def test_what_has_not_come_is_blank() -> None:
    """While the run goes on there is no prior, and no bar beyond what is known."""
    rows = waterfall(Sums([0.0, 1.0, 1.5], [0.0, 0.0, 0.0], None, 8), 40, 6, 0)
    assert is_a_picture(rows, 40, 6)
    assert "π" not in text(rows)
    assert not text([row[20:] for row in rows[:-1]]).strip()
