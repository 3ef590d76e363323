"""What the matrix shows, read as text."""

from __future__ import annotations

import re

import pytest
from runs import NAMES, OWN, drawn, film_of

from tui import raster, view
from tui.glyphs import columns
from tui.messages import Question
from tui.panels import PANELS


@pytest.mark.parametrize("matrix", view.MATRICES)
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_every_matrix_and_state_has_a_picture(name: str, matrix: str) -> None:
    """Every matrix and posterior, for each state of x_t, at the first, second and last times."""
    film = film_of(name)
    assert film.opened is not None
    for t in (0, 1, film.T):
        for chosen in range(0, film.opened.K, 5):
            for colour in (True, False):
                scene = view.ViewState(film, t, matrix=matrix, chosen=chosen, colour=colour)
                drawn("matrix", scene, 33, 9)
                drawn("posterior", scene, 60, 9)


def test_no_step_matrix_at_zero() -> None:
    """At t = 0 there has been no step: the panel says so instead of a picture."""
    for matrix in ("step", "reverse"):
        shown = drawn("matrix", view.ViewState(film_of("two-state"), 0, matrix=matrix), 40, 9)
        assert "no such matrix at t = 0" in shown


def test_a_chain_too_large_for_pictures_says_so() -> None:
    """With K > 64 no matrix is sent, and the panels of matrices say so at every t."""
    film = film_of("many-states")
    for t in range(film.T + 1):
        assert "not kept for this chain" in drawn("matrix", view.ViewState(film, t), 40, 9)
        assert "K up to 1,024" in drawn("posterior", view.ViewState(film, t), 40, 9)


def test_a_memory_process_has_no_step_matrix() -> None:
    """Q_t alone does not exist where noise remembers x0: at t = 1 the reason is not t = 0."""
    shown = drawn("matrix", view.ViewState(film_of("memory"), 1, matrix="step"), 60, 9)
    assert "t = 0" not in shown
    assert shown.strip()


def test_entries_are_squares_with_numbers_and_names() -> None:
    """Two states at t = 1 of the symmetric channel: 0.95 stays, 0.05 flips; a cell is twice as wide as it is high."""
    rows = PANELS["matrix"].draw(view.ViewState(film_of("two-state"), 1), 60, 13)
    shown = raster.text(rows).splitlines()
    assert shown[0].split()[:2] == ["a", "b"]
    numbers = [[float(word.strip("▀")) for word in re.findall(r"\d\.\d+", row)] for row in shown]
    assert [row for row in numbers if row] == [[0.95, 0.05], [0.05, 0.95]]
    corner = rows[1][2].style
    across = sum(1 for cell in rows[1][2:] if cell.style == corner)
    down = 2 * sum(1 for row in rows[1:] if row[2].style == corner and row[2].char == "▀")
    assert across == down == 12


def test_blocks_merge_rows_as_columns() -> None:
    """26 letters on few rows: a cell is the largest of as many rows as columns, and the panel says of how many."""
    film = film_of("letters-uniform")
    entries = film.matrix(3, "cumulative")
    assert entries is not None
    scene = view.ViewState(film, 3, chosen=0, source=25)
    rows = PANELS["matrix"].draw(scene, 60, 7)
    assert "the largest of 3×3" in raster.text(rows[:1])
    largest = max(x for row in entries[3:6] for x in row[:3] if x is not None)
    assert rows[1][0].back == raster.cividis(largest)
    assert PANELS["matrix"].spot(scene, 0, 2, 60, 7) == Question("cumulative", 3, 6, 0)
    assert PANELS["matrix"].spot(scene, 59, 2, 60, 7) is None


def test_wide_names_stand_beside_their_rows() -> None:
    """日 takes two columns at the left and above; each row still has as many columns as the panel."""
    rows = PANELS["matrix"].draw(view.ViewState(film_of("wide"), 1), 60, 26)
    assert all(sum(columns(cell.char) if cell.char else 0 for cell in row) == 60 for row in rows)
    assert "日" in raster.text(rows[:1])
    assert any("日" in raster.text([row[:4]]) for row in rows[1:])
